// Reads what an answer needs straight from the bytes of a query: the question and what EDNS says. Nothing is allocated.
// Not here: messages as values (DNS/Message.swift).
import DNS

/// A query, as far as an answer needs it.
struct Query {
  let bytes: UnsafeRawPointer
  let count: Int
  var flags: UInt16 = 0
  /// Unit: bytes of the question's name.
  var nameCount = 0
  /// Unit: labels of the question's name.
  var labelCount = 0
  var type: UInt16 = 0
  var `class`: UInt16 = 0
  /// Where the question ends. Unit: bytes from the start of the message.
  var questionEnd = 0
  var hasEDNS = false
  /// Unit: bytes the asker takes over UDP.
  var payloadSize = 0
  var version: UInt8 = 0
  var dnssecOK = false
  /// Whether a TSIG record (RFC 8945) stands among the additional ones.
  var isSigned = false
  /// Where the data of a client subnet option (RFC 7871) stand, and how long they are; 0: there is none. Unit: bytes.
  var subnetAt = 0
  var subnetCount = 0
  /// Where the data of a cookie option (RFC 7873) stand, and how long they are; 0: there is none. Unit: bytes.
  var cookieAt = 0
  var cookieCount = 0

  /// What reading came to.
  enum Verdict { case readable, ignore, formatError, notImplemented, transfer }

  init(_ bytes: UnsafeRawPointer, _ count: Int) {
    self.bytes = bytes
    self.count = count
  }

  @inline(__always)
  private func uint16(at offset: Int) -> UInt16 { UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }

  @inline(__always)
  private func byte(at offset: Int) -> UInt8 { bytes.load(fromByteOffset: offset, as: UInt8.self) }

  /// Reads everything. `starts` gets where each label of the name begins, and must hold 128 bytes.
  @inline(__always)
  mutating func read(labelStarts starts: UnsafeMutablePointer<UInt8>, optionsMax: Int) -> Verdict {
    // Without a header there is nobody to answer; an answer is never answered, so that two servers cannot talk for ever.
    guard count >= 12 else { return .ignore }
    flags = uint16(at: 2)
    guard flags & 0x8000 == 0 else { return .ignore }
    // RFC 8906 §3.2: what is not implemented is said so.
    guard flags & 0x7800 == 0 else { return refused(.notImplemented, starts, optionsMax) }
    // RFC 9619: a query asks one thing. An answer section in a query makes no sense.
    guard uint16(at: 4) == 1, uint16(at: 6) == 0 else { return refused(.formatError, starts, optionsMax) }
    guard readQuestion(starts) else { return .formatError }
    if type == RecordType.axfr.rawValue || type == RecordType.ixfr.rawValue { return refused(.transfer, starts, optionsMax) }
    guard uint16(at: 8) == 0, type != RecordType.opt.rawValue else { return refused(.formatError, starts, optionsMax) }
    let additionals = uint16(at: 10)
    if additionals == 0 { return questionEnd == count ? .readable : .formatError }
    return readAdditionals(Int(additionals), optionsMax) ? .readable : .formatError
  }

  /// `verdict`, after reading what a refusal gives back as far as it can be read: the question, and whether EDNS was spoken (RFC 6891 §6.1.1).
  private mutating func refused(_ verdict: Verdict, _ starts: UnsafeMutablePointer<UInt8>, _ optionsMax: Int) -> Verdict {
    let questions = uint16(at: 4)
    guard questions == 0 || (questions == 1 && readQuestion(starts)) else { return verdict }
    if questions == 0 { questionEnd = 12 }
    // A query has nothing in its answer section, so what stands there is not stepped over; an IXFR query has an authority section.
    if uint16(at: 6) == 0 { _ = readAdditionals(Int(uint16(at: 8)) + Int(uint16(at: 10)), optionsMax) }
    return verdict
  }

  /// RFC 1035 §4.1.2. A pointer in the first name of a message could only lead into the header.
  @inline(__always)
  private mutating func readQuestion(_ starts: UnsafeMutablePointer<UInt8>) -> Bool {
    var index = 12
    var labels = 0
    while true {
      guard index < count else { return false }
      let length = byte(at: index)
      if length == 0 { break }
      // RFC 1035 §2.3.4: labels of 63 bytes, names of 255.
      guard length <= 63, index &- 12 < 254 else { return false }
      starts[labels] = UInt8(truncatingIfNeeded: index &- 12)
      labels &+= 1
      index &+= 1 &+ Int(length)
    }
    nameCount = index &- 11
    labelCount = labels
    guard nameCount <= 255, index &+ 5 <= count else { return false }
    type = uint16(at: index &+ 1)
    `class` = uint16(at: index &+ 3)
    questionEnd = index &+ 5
    return true
  }

  /// Looks for the OPT record and a signature. Other additional records are stepped over.
  // Not done: RFC 2931, SIG(0).
  private mutating func readAdditionals(_ records: Int, _ optionsMax: Int) -> Bool {
    var index = questionEnd
    for _ in 0..<records {
      let isRoot = index < count && byte(at: index) == 0
      guard let data = endOfName(from: index), data &+ 10 <= count else { return false }
      let end = data &+ 10 &+ Int(uint16(at: data &+ 8))
      guard end <= count else { return false }
      if uint16(at: data) == RecordType.opt.rawValue {
        // RFC 6891 §6.1.1: one OPT record, and its owner is the root.
        guard isRoot, !hasEDNS, areOptionsWhole(from: data &+ 10, to: end, optionsMax) else { return false }
        hasEDNS = true
        payloadSize = Int(uint16(at: data &+ 2))
        version = byte(at: data &+ 5)
        dnssecOK = byte(at: data &+ 6) & 0x80 != 0
      }
      if uint16(at: data) == RecordType.tsig.rawValue { isSigned = true }
      index = end
    }
    return index == count
  }

  private func endOfName(from start: Int) -> Int? {
    var index = start
    while index < count {
      let length = byte(at: index)
      if length == 0 { return index &+ 1 }
      if length >= 0xC0 { return index &+ 2 }
      guard length <= 63 else { return nil }
      index &+= 1 &+ Int(length)
    }
    return nil
  }

  private mutating func areOptionsWhole(from start: Int, to end: Int, _ optionsMax: Int) -> Bool {
    var index = start
    var options = 0
    while index < end {
      guard index &+ 4 <= end, options < optionsMax else { return false }
      let code = uint16(at: index)
      let length = Int(uint16(at: index &+ 2))
      // Noted only when it is all there: also a query that is refused has its cookie looked at.
      guard index &+ 4 &+ length <= end else { return false }
      if code == OptionCode.clientSubnet.rawValue, subnetAt == 0 {
        subnetAt = index &+ 4
        subnetCount = length
      }
      // RFC 7873 §5.2.2: of several cookies the first one counts.
      if code == OptionCode.cookie.rawValue, cookieAt == 0 {
        cookieAt = index &+ 4
        cookieCount = length
      }
      index &+= 4 &+ length
      options &+= 1
    }
    return index == end
  }
}
