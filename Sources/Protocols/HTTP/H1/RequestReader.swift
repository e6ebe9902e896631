// Reads request heads strictly and in place. Every rule here is there because some other reader is lenient about it.
// Not here: lines and fields (HeadReader.swift), target and authority grammar (TargetReader.swift), framing (FramingReader.swift).
public import Bytes

/// Reads one request head after the other off the front of a buffer.
public struct RequestReader: Sendable {
  private var head = HeadReader()
  private var facts = RequestFacts()
  private var framing = FramingFields()
  private var blankLines = 0
  private var hasStartLine = false
  private let limits: Limits

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Takes the next whole head off the front. Nil: it has not arrived whole, and nothing was taken.
  public mutating func next(from bytes: inout Buffer) throws(Refusal) -> RequestHead? {
    let length = try bytes.withUnsafeBytes { all throws(Refusal) in try read(all) }
    guard length > 0, let taken = bytes.take(length) else { return nil }
    let whole = RequestHead(fields: Fields(bytes: taken, places: head.places), facts: facts)
    reset()
    return whole
  }

  /// Prepares for the next head. The field table is emptied only when the next head begins, so that this head can let go of it first.
  @inline(__always)
  private mutating func reset() {
    hasStartLine = false
    blankLines = 0
    isFresh = true
  }

  private var isFresh = true

  @inline(__always)
  private mutating func begin() {
    head.reset()
    facts = RequestFacts()
    framing = FramingFields()
    isFresh = false
  }

  /// Goes on reading; returns the head's length once it is whole, else zero.
  @inline(__always)
  private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Int {
    if isFresh { begin() }
    while true {
      let line: Range<Int>
      if let whole = try head.nextLine(bytes) {
        line = whole
      } else {
        try checkUnfinished(bytes)
        return 0
      }
      if hasStartLine {
        if line.isEmpty {
          try finish(bytes)
          return line.upperBound &+ 2
        }
        let code = try head.readField(bytes, line, limits)
        if code != 0 { try framing.note(code, at: head.places.count &- 1, bytes, head.places) }
      } else if line.isEmpty {
        // RFC 9112 §2.2: an empty line or two before the request line are forgiven.
        blankLines &+= 1
        if blankLines > limits.leadingLinesMax {
          throw Refusal(expected: "a request line", found: "\(blankLines) empty lines", at: line.lowerBound, "RFC 9112 §2.2")
        }
      } else {
        try readStartLine(bytes, line)
        hasStartLine = true
        head.beginFields()
      }
    }
  }

  private func checkUnfinished(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
    if hasStartLine {
      try head.checkUnfinished(limits)
    } else if head.searched &- head.lineStart > limits.startLineBytesMax {
      throw tooLong(bytes, head.lineStart..<head.searched)
    } else if head.searched &- head.lineStart > limits.methodBytesMax {
      _ = try methodEnd(bytes, head.lineStart..<head.searched)
    }
  }

  private func tooLong(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Refusal {
    do throws(Refusal) { _ = try methodEnd(bytes, line) } catch { return error }
    return Refusal(.uriTooLong, limit: "startLineBytesMax", allowed: limits.startLineBytesMax, unit: "bytes")
  }

  /// Where the space after the method stands.
  @inline(__always)
  private func methodEnd(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(Refusal) -> Int {
    let bound = Swift.min(line.upperBound, line.lowerBound &+ limits.methodBytesMax &+ 1)
    let space = bytes.first(0x20, in: line.lowerBound, bound)
    for index in line.lowerBound..<space where !Characters.isToken(bytes[index]) {
      throw Refusal(expected: "a method", found: Refusal.name(of: bytes[index]), at: index, "RFC 9112 §3.1")
    }
    guard space < bound, space > line.lowerBound else {
      let found = space == line.lowerBound ? "a space" : space == line.upperBound ? "the line's end" : "a longer word"
      throw Refusal(expected: "a method of at most \(limits.methodBytesMax) bytes, then a space", found: found, at: space, "RFC 9112 §3")
    }
    return space
  }

  // RFC 9112 §3 request-line
  @inline(__always)
  private mutating func readStartLine(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(Refusal) {
    if line.count > limits.startLineBytesMax { throw tooLong(bytes, line) }
    let space = try methodEnd(bytes, line)
    facts.methodStart = UInt32(truncatingIfNeeded: line.lowerBound)
    facts.methodEnd = UInt32(truncatingIfNeeded: space)
    facts.method = Method(UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<space]))
    let start = space &+ 1
    var index = start
    var question = 0
    while index < line.upperBound, Characters.isTarget(bytes[index]) {
      if bytes[index] == 0x3F, question == 0 { question = index }
      index &+= 1
    }
    guard index > start else {
      throw Refusal(
        expected: "a request target", found: index < line.upperBound ? Refusal.name(of: bytes[index]) : "the line's end", at: index,
        "RFC 9112 §3.2")
    }
    guard index < line.upperBound, bytes[index] == 0x20 else { throw badTarget(bytes, line, index) }
    facts.targetStart = UInt32(truncatingIfNeeded: start)
    facts.targetEnd = UInt32(truncatingIfNeeded: index)
    facts.pathEnd = UInt32(truncatingIfNeeded: question == 0 ? index : question)
    facts.version = try version(bytes, (index &+ 1)..<line.upperBound)
    if bytes[start] == 0x2F, facts.method != .connect {
      facts.form = .origin
      facts.pathStart = facts.targetStart
    } else {
      try TargetReader.read(bytes, &facts)
    }
  }

  private func badTarget(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ index: Int) -> Refusal {
    guard index < line.upperBound else {
      // RFC 9112 §3: HTTP/0.9's request line without a version is not taken.
      return Refusal(expected: "a space and HTTP/1.1 after the target", found: "the line's end", at: index, "RFC 9112 §3")
    }
    return Refusal(expected: "a character that may stand in a target", found: Refusal.name(of: bytes[index]), at: index, "RFC 9112 §3.2")
  }

  // RFC 9112 §2.3 HTTP-version
  @inline(__always)
  private func version(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(Refusal) -> Version {
    guard let (major, minor) = VersionText.read(bytes, range) else {
      throw Refusal(
        expected: "HTTP/1.1 and the end of the line", found: "something else", at: range.lowerBound, "RFC 9112 §2.3")
    }
    // RFC 9110 §2.5: a higher minor version is spoken as the highest we know; another major version is another protocol.
    guard major == 1 else {
      throw Refusal(.httpVersionNotSupported, "expected HTTP/1.0 or HTTP/1.1, found HTTP/\(major).\(minor) (RFC 9110 §15.6.6)")
    }
    return minor == 0 ? .http10 : .http11
  }

  /// Draws the conclusions from the whole head.
  @inline(__always)
  private mutating func finish(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
    if let host = framing.host {
      let value = head.places[host].value
      try TargetReader.checkAuthority(bytes, value, name: "Host")
      if facts.form == .origin || facts.form == .asterisk {
        facts.authorityStart = UInt32(truncatingIfNeeded: value.lowerBound)
        facts.authorityEnd = UInt32(truncatingIfNeeded: value.upperBound)
      }
    } else if facts.version == .http11 {
      // RFC 9112 §3.2
      throw Refusal(expected: "a Host field", found: "none", at: head.lineStart, "RFC 9112 §3.2")
    }
    try framing.conclude(&facts, bytes, head.places, limits)
  }
}

/// The eight bytes that name a protocol version.
enum VersionText {
  @inline(__always)
  static func read(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> (major: UInt8, minor: UInt8)? {
    guard range.count == 8, let base = bytes.baseAddress else { return nil }
    let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
    // "HTTP/" and ".", from the last byte to the first, with the two digits left out.
    guard word & 0x00FF_00FF_FFFF_FFFF == 0x002E_002F_5054_5448 else { return nil }
    let major = bytes[range.lowerBound &+ 5]
    let minor = bytes[range.lowerBound &+ 7]
    guard Characters.isDigit(major), Characters.isDigit(minor) else { return nil }
    return (major &- 0x30, minor &- 0x30)
  }
}
