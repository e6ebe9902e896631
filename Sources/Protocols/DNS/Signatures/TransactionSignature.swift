// The TSIG record (RFC 8945 §4): who signed a message, when, and with which code. It is always the last record of a message.
// Not here: whether the code is right (TransactionSession.swift), the record explained (Explanation/ExplainedSignature.swift).
public import Bytes
public import World

/// What a TSIG record says.
///
///     algorithm      a name, never compressed
///     time signed    48 bits, seconds since 1970
///     fudge          16 bits, how many seconds two clocks may differ
///     MAC size, MAC  16 bits, and so many bytes of code
///     original ID    16 bits, the message's identifier before anybody passed it on under another
///     error          16 bits
///     other length, other data    16 bits, and so many bytes: with BADTIME the server's time in 48 bits
public struct TransactionSignature: Hashable, Sendable {
  /// The owner of the record.
  public var keyName: Name
  public var algorithm: Name
  /// Unit: seconds since 1970; 48 bits.
  public var timeSigned: UInt64
  /// Unit: seconds.
  public var fudge: UInt16
  /// The MAC.
  public var code: [UInt8]
  public var originalID: UInt16
  public var error: ResponseCode
  public var otherData: [UInt8]

  public init(
    keyName: Name, algorithm: Name, timeSigned: UInt64, fudge: UInt16, code: [UInt8] = [], originalID: UInt16, error: ResponseCode = .noError,
    otherData: [UInt8] = []
  ) {
    self.keyName = keyName
    self.algorithm = algorithm
    self.timeSigned = timeSigned & 0xFFFF_FFFF_FFFF
    self.fudge = fudge
    self.code = code
    self.originalID = originalID
    self.error = error
    self.otherData = otherData
  }

  static let rule = "RFC 8945 §4.2"

  /// Reads the data of a record whose owner is `keyName`.
  init(keyName: Name, from reader: inout MessageReader) throws(SyntaxError) {
    let algorithm = try reader.name()
    let high = try reader.uint16("the time signed", Self.rule)
    let time = UInt64(high) << 32 | UInt64(try reader.uint32("the time signed", Self.rule))
    let fudge = try reader.uint16("the fudge", Self.rule)
    let code = try reader.take(Int(try reader.uint16("the size of the MAC", Self.rule)), "the MAC", Self.rule)
    let originalID = try reader.uint16("the original identifier", Self.rule)
    let error = ResponseCode(rawValue: try reader.uint16("the error", Self.rule))
    let other = try reader.take(Int(try reader.uint16("the length of other data", Self.rule)), "other data", Self.rule)
    self.init(
      keyName: keyName, algorithm: algorithm, timeSigned: time, fudge: fudge, code: code, originalID: originalID, error: error, otherData: other)
  }

  /// The data of the record.
  var data: [UInt8] {
    algorithm.wire + Self.bytes(timeSigned, 6) + Self.bytes(UInt64(fudge), 2) + Self.bytes(UInt64(code.count), 2) + code
      + Self.bytes(UInt64(originalID), 2) + Self.bytes(UInt64(error.rawValue), 2) + Self.bytes(UInt64(otherData.count), 2) + otherData
  }

  /// The record, as a message's last.
  public var record: ResourceRecord { ResourceRecord(keyName, class: .any, ttl: 0, .unknown(.tsig, data)) }

  // RFC 8945 §4.3.3: what of the record the code covers, names in lower case.
  var variables: Buffer {
    Buffer(
      keyName.lowercased.wire + [0, 255, 0, 0, 0, 0] + algorithm.lowercased.wire + Self.bytes(timeSigned, 6) + Self.bytes(UInt64(fudge), 2)
        + Self.bytes(UInt64(error.rawValue), 2) + Self.bytes(UInt64(otherData.count), 2) + otherData)
  }

  // RFC 8945 §5.3.1: in the later messages of one answer only the time.
  var timers: Buffer { Buffer(Self.bytes(timeSigned, 6) + Self.bytes(UInt64(fudge), 2)) }

  /// The last `count` bytes of `value`, the highest first.
  static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - $0) * 8)) }
  }

  /// Whether the clocks agree: `now` lies within `fudge` of the time signed.
  func isTimely(at now: Instant) -> Bool {
    let here = UInt64(clamping: now.secondsSince1970)
    return (here > timeSigned ? here - timeSigned : timeSigned - here) <= UInt64(fudge)
  }
}

/// A message and the signature that stood at its end.
public struct SignedMessage: Sendable {
  /// The message as it was before it was signed: without the record, with its original identifier.
  public var bare: Buffer
  public var signature: TransactionSignature

  /// Takes `message` apart; nil: it is not signed. Only lengths are read, not what other records say.
  public init?(reading message: Buffer, limits: Limits = Limits()) throws(SyntaxError) {
    let found = try message.withUnsafeBytes { (bytes) throws(SyntaxError) -> (start: Int, signature: TransactionSignature)? in
      var reader = MessageReader(bytes, limits: limits)
      let header = try reader.header()
      for _ in 0..<header.questionCount {
        try reader.skipName()
        _ = try reader.uint32("the question's type and class", "RFC 1035 §4.1.2")
      }
      let records = Int(header.answerCount) + Int(header.authorityCount) + Int(header.additionalCount)
      for number in 0..<records {
        let start = reader.offset
        guard number == records - 1, header.additionalCount > 0 else {
          try SignedMessage.skipRecord(&reader)
          continue
        }
        let name = try reader.name()
        guard try reader.uint16("the record's type", "RFC 1035 §4.1.3") == RecordType.tsig.rawValue else { return nil }
        let signature = try SignedMessage.signature(of: name, &reader)
        return (start, signature)
      }
      return nil
    }
    guard let found else { return nil }
    signature = found.signature
    var bare = message[0..<found.start]
    let count = UInt16(message[at: 10] ?? 0) << 8 | UInt16(message[at: 11] ?? 0)
    bare.overwrite(at: 0, with: signature.originalID)
    bare.overwrite(at: 10, with: count &- 1)
    self.bare = bare
  }

  private static func skipRecord(_ reader: inout MessageReader) throws(SyntaxError) {
    let start = reader.offset
    try reader.skipName()
    // RFC 8945 §5.1: the record comes once, and last.
    guard try reader.uint16("the record's type", "RFC 1035 §4.1.3") != RecordType.tsig.rawValue else {
      throw SyntaxError(expected: "a TSIG record only as the last one", at: start, rule: "RFC 8945 §5.1")
    }
    _ = try reader.uint16("the record's class", "RFC 1035 §4.1.3")
    _ = try reader.uint32("the record's time to live", "RFC 1035 §4.1.3")
    try reader.skip(Int(try reader.uint16("the length of the record's data", "RFC 1035 §4.1.3")), "the record's data", "RFC 1035 §4.1.3")
  }

  private static func signature(of name: Name, _ reader: inout MessageReader) throws(SyntaxError) -> TransactionSignature {
    let start = reader.offset
    let `class` = RecordClass(rawValue: try reader.uint16("the record's class", TransactionSignature.rule))
    let ttl = try reader.uint32("the record's time to live", TransactionSignature.rule)
    guard `class` == .any, ttl == 0 else {
      throw SyntaxError(expected: "class ANY and time to live 0 in the TSIG record", found: "\(`class`) and \(ttl)", at: start, rule: TransactionSignature.rule)
    }
    let length = Int(try reader.uint16("the length of the record's data", TransactionSignature.rule))
    let signature = try reader.within(length, "the data of the TSIG record", TransactionSignature.rule) { (reader) throws(SyntaxError) in
      try TransactionSignature(keyName: name, from: &reader)
    }
    try reader.finish("the message", "RFC 8945 §5.1")
    return signature
  }

  /// `message` with `signature` as its last record.
  static func signed(_ message: Buffer, _ signature: TransactionSignature) -> Buffer {
    var signed = message
    let count = UInt16(message[at: 10] ?? 0) << 8 | UInt16(message[at: 11] ?? 0)
    signed.overwrite(at: 10, with: count &+ 1)
    let data = signature.data
    signed.append(
      signature.keyName.wire + TransactionSignature.bytes(UInt64(RecordType.tsig.rawValue), 2) + [0, 255, 0, 0, 0, 0]
        + TransactionSignature.bytes(UInt64(data.count), 2) + data)
    return signed
  }
}
