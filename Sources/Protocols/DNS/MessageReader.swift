// Reads the parts of a message one after the other: header, questions, records, names with their compression pointers.
// It never reads past the bytes it was given and never follows a pointer that does not lead further to the front.
// Not here: what the parts of a message must be together (Message.swift), the data of records (RecordDataWire.swift).
public import World

/// A place in a message, moving forward. It borrows the bytes: they must outlive it.
public struct MessageReader {
  let bytes: UnsafeRawBufferPointer
  /// Where the next part begins. Unit: bytes from the start of the message.
  public private(set) var offset: Int
  /// Where reading must stop: the end of the message, or inside a record of its data.
  private(set) var end: Int
  let limits: Limits
  /// The name at byte 12, which most other names point at.
  private var firstName: Name?

  /// A reader at the start of `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer, limits: Limits = Limits()) {
    self.bytes = bytes
    offset = 0
    end = bytes.count
    self.limits = limits
  }

  /// Unit: bytes between here and the end.
  public var remaining: Int { end - offset }

  /// The next byte.
  public mutating func uint8(_ what: String, _ rule: String) throws(SyntaxError) -> UInt8 {
    try need(1, what, rule)
    defer { offset &+= 1 }
    return bytes[offset]
  }

  /// The next two bytes.
  @inline(__always)
  public mutating func uint16(_ what: String, _ rule: String) throws(SyntaxError) -> UInt16 {
    try need(2, what, rule)
    defer { offset &+= 2 }
    return UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// The next four bytes.
  @inline(__always)
  public mutating func uint32(_ what: String, _ rule: String) throws(SyntaxError) -> UInt32 {
    try need(4, what, rule)
    defer { offset &+= 4 }
    return UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The next eight bytes.
  mutating func uint64(_ what: String, _ rule: String) throws(SyntaxError) -> UInt64 {
    try need(8, what, rule)
    defer { offset &+= 8 }
    return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int, _ what: String, _ rule: String) throws(SyntaxError) -> [UInt8] {
    try need(count, what, rule)
    defer { offset &+= count }
    return Array(bytes[offset..<(offset &+ count)])
  }

  /// Goes past the next `count` bytes.
  mutating func skip(_ count: Int, _ what: String, _ rule: String) throws(SyntaxError) {
    try need(count, what, rule)
    offset &+= count
  }

  /// RFC 1035 §3.3: a length byte and that many bytes.
  mutating func characterString(_ what: String) throws(SyntaxError) -> [UInt8] {
    let length = try uint8("the length of \(what)", "RFC 1035 §3.3")
    return try take(Int(length), what, "RFC 1035 §3.3")
  }

  @inline(__always)
  private func need(_ count: Int, _ what: String, _ rule: String) throws(SyntaxError) {
    if end &- offset < count { throw SyntaxError(expected: what, found: found, at: offset, rule: rule) }
  }

  /// What there is instead of enough.
  private var found: String {
    let place = end == bytes.count ? "the message" : "the record"
    return remaining == 0 ? "the end of \(place)" : "\(remaining) byte\(remaining == 1 ? "" : "s") before the end of \(place)"
  }

  /// Runs `body` with the end set `count` bytes from here, and checks that it read them all.
  mutating func within<T>(
    _ count: Int, _ what: @autoclosure () -> String, _ rule: String, _ body: (inout MessageReader) throws(SyntaxError) -> T
  ) throws(SyntaxError) -> T {
    let outer = try narrow(to: count, what(), rule)
    defer { end = outer }
    let value = try body(&self)
    try finish(what(), rule)
    return value
  }

  /// Sets the end `count` bytes from here, and returns where it was, for `widen`.
  mutating func narrow(to count: Int, _ what: @autoclosure () -> String, _ rule: String) throws(SyntaxError) -> Int {
    if remaining < count { throw SyntaxError(expected: "\(count) bytes of \(what())", found: found, at: offset, rule: rule) }
    defer { end = offset &+ count }
    return end
  }

  /// Sets the end back.
  mutating func widen(to outer: Int) { end = Swift.min(outer, bytes.count) }

  /// Throws unless the end is reached.
  func finish(_ what: @autoclosure () -> String, _ rule: String) throws(SyntaxError) {
    guard offset == end else {
      throw SyntaxError(expected: "the end of \(what())", found: "\(remaining) more bytes", at: offset, rule: rule)
    }
  }
}

// Names

extension MessageReader {
  /// The next name, with compression undone.
  public mutating func name() throws(SyntaxError) -> Name {
    let start = offset
    // Nearly every owner is a pointer to the question's name: the two then share their bytes.
    if let firstName, limits.pointersMax > 0, end &- start >= 2, bytes[start] == 0xC0, bytes[start &+ 1] == UInt8(Limits.Format.headerSize) {
      offset &+= 2
      return firstName
    }
    let length = try skipName()
    if length == 1 { return .root }
    let name = copiedName(from: start, length)
    if start == Limits.Format.headerSize { firstName = name }
    return name
  }

  /// The name at `start`, whose uncompressed length is known and all of whose bytes are proved to be there.
  private func copiedName(from start: Int, _ length: Int) -> Name {
    let bytes = bytes
    return Name(proven: Array(unsafeUninitializedCapacity: length) { target, count in
      var index = start
      while count < length {
        let byte = bytes[index]
        if byte >= 0xC0 {
          index = Int(byte & 0x3F) << 8 | Int(bytes[index &+ 1])
          continue
        }
        let size = Swift.min(Int(byte) &+ 1, length &- count)
        for step in 0..<size { target.initializeElement(at: count &+ step, to: bytes[index &+ step]) }
        count &+= size
        index &+= size
      }
    })
  }

  /// Goes past the next name, and returns how long it is uncompressed.
  @discardableResult
  public mutating func skipName() throws(SyntaxError) -> Int {
    var index = offset
    var bound = end
    var lowest = offset
    var length = 0
    var pointers = 0
    var after: Int?
    while true {
      guard index < bound else {
        throw SyntaxError(expected: "a label", found: bound == bytes.count ? "the end of the message" : "the end of the record", at: index, rule: "RFC 1035 §3.1")
      }
      let byte = bytes[index]
      switch byte {
      case 0:
        length &+= 1
        try checkLength(length, at: index)
        offset = after ?? (index &+ 1)
        return length
      case 1...63:
        length &+= 1 &+ Int(byte)
        try checkLength(length, at: index)
        index &+= 1 &+ Int(byte)
        guard index <= bound else {
          throw SyntaxError(expected: "\(byte) bytes of a label", found: "\(bound - (index - Int(byte)))", at: index - Int(byte), rule: "RFC 1035 §3.1")
        }
      case 0xC0...:
        guard index &+ 1 < bound else {
          throw SyntaxError(expected: "the second byte of a pointer", found: "the end", at: index + 1, rule: "RFC 1035 §4.1.4")
        }
        let target = Int(byte & 0x3F) << 8 | Int(bytes[index &+ 1])
        // RFC 1035 §4.1.4: a pointer leads to a prior place. Each one leading before all read so far, no loop is possible.
        guard target < lowest else {
          throw SyntaxError(expected: "a pointer to before byte \(lowest)", found: "one to byte \(target)", at: index, rule: "RFC 1035 §4.1.4")
        }
        pointers &+= 1
        guard pointers <= limits.pointersMax else {
          throw SyntaxError(expected: "at most \(limits.pointersMax) pointers in a name", at: index, rule: "RFC 1035 §4.1.4")
        }
        if after == nil { after = index &+ 2 }
        lowest = target
        bound = bytes.count
        index = target
      default:
        throw SyntaxError(
          expected: "a label's length or a pointer", found: "the reserved label type \(byte >> 6)", at: index, rule: "RFC 6891 §5")
      }
    }
  }

  @inline(__always)
  private func checkLength(_ length: Int, at index: Int) throws(SyntaxError) {
    if length > Limits.Format.nameMax {
      throw SyntaxError(expected: "a name of at most 255 bytes", found: "at least \(length)", at: index, rule: "RFC 1035 §2.3.4")
    }
  }
}

// Header, question, record

extension MessageReader {
  /// RFC 1035 §4.1.1.
  public mutating func header() throws(SyntaxError) -> Header {
    Header(
      id: try uint16("the message's identifier", "RFC 1035 §4.1.1"),
      flags: Flags(rawValue: try uint16("the flags", "RFC 1035 §4.1.1")),
      questionCount: try uint16("the number of questions", "RFC 1035 §4.1.1"),
      answerCount: try uint16("the number of answers", "RFC 1035 §4.1.1"),
      authorityCount: try uint16("the number of authority records", "RFC 1035 §4.1.1"),
      additionalCount: try uint16("the number of additional records", "RFC 1035 §4.1.1"))
  }

  /// RFC 1035 §4.1.2.
  public mutating func question() throws(SyntaxError) -> Question {
    let name = try name()
    let type = RecordType(rawValue: try uint16("the question's type", "RFC 1035 §4.1.2"))
    return Question(name, type, class: RecordClass(rawValue: try uint16("the question's class", "RFC 1035 §4.1.2")))
  }

  /// RFC 1035 §4.1.3. An OPT record comes out with its bytes as data.
  public mutating func record() throws(SyntaxError) -> ResourceRecord {
    let name = try name()
    let type = RecordType(rawValue: try uint16("the record's type", "RFC 1035 §4.1.3"))
    let `class` = RecordClass(rawValue: try uint16("the record's class", "RFC 1035 §4.1.3"))
    var ttl = try uint32("the record's time to live", "RFC 1035 §4.1.3")
    // RFC 2181 §8: a TTL with its highest bit set counts as zero. In an OPT record the field is no TTL.
    if ttl > 0x7FFF_FFFF, type != .opt { ttl = 0 }
    let length = Int(try uint16("the length of the record's data", "RFC 1035 §4.1.3"))
    let data = try within(length, "the data of the \(type) record", "RFC 1035 §4.1.3") { (reader) throws(SyntaxError) in
      try RecordData(type: type, class: `class`, from: &reader)
    }
    return ResourceRecord(name, class: `class`, ttl: ttl, data)
  }
}
