// A whole message as a value, and how one is read from bytes (RFC 1035 §4.1). Writing stands in MessageWriting.swift.
// Not here: which answer to give (NameServer), the length before a message on TCP (StreamFraming.swift).
public import Bytes
public import World

/// A DNS message: a query or an answer.
public struct Message: Hashable, Sendable {
  public var id: UInt16
  /// The header's bits; of the response code only the low four.
  public var flags: Flags
  public var questions: [Question]
  public var answers: [ResourceRecord]
  public var authorities: [ResourceRecord]
  /// Without the OPT record: that is `edns`.
  public var additionals: [ResourceRecord]
  /// What the OPT record says; nil: there is none.
  public var edns: EDNS?

  public init(
    id: UInt16, flags: Flags = Flags(), questions: [Question] = [], answers: [ResourceRecord] = [], authorities: [ResourceRecord] = [],
    additionals: [ResourceRecord] = [], edns: EDNS? = nil
  ) {
    self.id = id
    self.flags = flags
    self.questions = questions
    self.answers = answers
    self.authorities = authorities
    self.additionals = additionals
    self.edns = edns
  }

  /// All twelve bits of the response code (RFC 6891 §6.1.3). Without EDNS only the low four can be set.
  public var responseCode: ResponseCode {
    get { ResponseCode(rawValue: flags.rawValue & 15 | UInt16(edns?.extendedResponse ?? 0) << 4) }
    set {
      flags.responseCode = newValue
      edns?.extendedResponse = UInt8(truncatingIfNeeded: newValue.rawValue >> 4)
    }
  }

  /// A query for one name. `recursionDesired` is for asking a resolver, not an authority.
  public static func query(
    _ name: Name, _ type: RecordType, class: RecordClass = .internet, id: UInt16, recursionDesired: Bool = true, edns: EDNS? = EDNS()
  ) -> Message {
    var flags = Flags()
    flags.recursionDesired = recursionDesired
    return Message(id: id, flags: flags, questions: [Question(name, type, class: `class`)], edns: edns)
  }

  /// The beginning of the answer to this query: its identifier, opcode, question, and RD and CD as they came (RFC 1035 §4.1.1, RFC 4035 §3.1.6).
  public func reply(_ code: ResponseCode = .noError, edns: EDNS? = nil) -> Message {
    var reply = Message(id: id, questions: questions, edns: edns)
    reply.flags.isResponse = true
    reply.flags.opcode = flags.opcode
    reply.flags.recursionDesired = flags.recursionDesired
    reply.flags.checkingDisabled = flags.checkingDisabled
    reply.responseCode = code
    return reply
  }

  /// The most bytes the asker takes over UDP (RFC 6891 §6.2.3, §6.2.5).
  public var replySizeMax: Int { Swift.max(Limits.Format.datagramMax, Int(edns?.payloadSize ?? 0)) }
}

// Reading

extension Message {
  /// The message in `bytes`, which hold it and nothing else.
  public init(reading bytes: Buffer, limits: Limits = Limits()) throws(SyntaxError) {
    self = try bytes.withUnsafeBytes { (bytes) throws(SyntaxError) in try Message(reading: bytes, limits: limits) }
  }

  /// The message in `bytes`, which hold it and nothing else.
  public init(reading bytes: RawSpan, limits: Limits = Limits()) throws(SyntaxError) {
    self = try bytes.withUnsafeBytes { (bytes) throws(SyntaxError) in try Message(reading: bytes, limits: limits) }
  }

  /// The message in `bytes`, which hold it and nothing else.
  public init(reading bytes: UnsafeRawBufferPointer, limits: Limits = Limits()) throws(SyntaxError) {
    var reader = MessageReader(bytes, limits: limits)
    let header = try reader.header()
    self.init(id: header.id, flags: header.flags)
    for _ in 0..<header.questionCount { questions.append(try reader.question()) }
    answers = try Message.records(header.answerCount, from: &reader)
    authorities = try Message.records(header.authorityCount, from: &reader)
    // One is nearly always the OPT record, which is none of them.
    if header.additionalCount > 1 { additionals.reserveCapacity(Swift.min(Int(header.additionalCount), reader.remaining / 11)) }
    for _ in 0..<header.additionalCount {
      let start = reader.offset
      let record = try reader.record()
      guard case .unknown(.opt, let options) = record.data else {
        additionals.append(record)
        continue
      }
      guard edns == nil else {
        throw SyntaxError(expected: "at most one OPT record", at: start, rule: "RFC 6891 §6.1.1")
      }
      edns = try EDNS(record, options, endingAt: reader.offset, startingAt: start, limits: limits)
    }
    guard reader.remaining == 0 else {
      throw SyntaxError(
        expected: "the end of the message", found: "\(reader.remaining) more bytes", at: reader.offset, rule: "RFC 1035 §4.1")
    }
  }

  private static func records(_ count: UInt16, from reader: inout MessageReader) throws(SyntaxError) -> [ResourceRecord] {
    if count == 0 { return [] }
    var records: [ResourceRecord] = []
    // The count is the peer's word; no record is shorter than eleven bytes.
    records.reserveCapacity(Swift.min(Int(count), reader.remaining / 11))
    for _ in 0..<count {
      let start = reader.offset
      let record = try reader.record()
      guard record.type != .opt else {
        throw SyntaxError(expected: "an OPT record only among the additional ones", at: start, rule: "RFC 6891 §6.1.1")
      }
      records.append(record)
    }
    return records
  }
}

extension EDNS {
  /// What an OPT record says whose data is `options` and ends at byte `end` of the message.
  init(_ record: ResourceRecord, _ options: [UInt8], endingAt end: Int, startingAt start: Int, limits: Limits) throws(SyntaxError) {
    guard record.name.isRoot else {
      throw SyntaxError(expected: "the root as the owner of the OPT record", at: start, rule: "RFC 6891 §6.1.2")
    }
    self.init(
      payloadSize: record.class.rawValue, version: UInt8(truncatingIfNeeded: record.ttl >> 16), flags: UInt16(truncatingIfNeeded: record.ttl))
    extendedResponse = UInt8(truncatingIfNeeded: record.ttl >> 24)
    let first = end - options.count
    var index = 0
    while index < options.count {
      guard index + 4 <= options.count else {
        throw SyntaxError(expected: "an option's code and length", found: "\(options.count - index) bytes", at: first + index, rule: "RFC 6891 §6.1.2")
      }
      let code = UInt16(options[index]) << 8 | UInt16(options[index + 1])
      let length = Int(options[index + 2]) << 8 | Int(options[index + 3])
      guard index + 4 + length <= options.count else {
        throw SyntaxError(
          expected: "\(length) bytes of an option", found: "\(options.count - index - 4)", at: first + index + 4, rule: "RFC 6891 §6.1.2")
      }
      guard self.options.count < limits.optionsMax else {
        throw SyntaxError(expected: "at most \(limits.optionsMax) options", at: first + index, rule: "RFC 6891 §6.1.2")
      }
      self.options.append(EDNSOption(OptionCode(rawValue: code), Array(options[(index + 4)..<(index + 4 + length)])))
      index += 4 + length
    }
  }
}
