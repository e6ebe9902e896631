// Queries and answers as facts, read by the DNS's own reader. A message that cannot be read makes no fact.
import Bytes
import DNS
import Trace
import World

/// Reads DNS messages as facts.
struct DNSFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  func facts(of passed: [TraceFacts.Passed]) -> (queries: [LessonValue], responses: [LessonValue]) {
    var read: [(passed: TraceFacts.Passed, message: Message)] = []
    for one in passed where one.dialect == .dns && one.passage.fate != .repeated {
      guard let message = Self.message(one) else { continue }
      read.append((one, message))
    }
    read.sort { ($0.passed.passage.time, $0.passed.passage.event.sequence) < ($1.passed.passage.time, $1.passed.passage.event.sequence) }
    var queries: [LessonFact] = []
    var responses: [LessonValue] = []
    // The newest query of each identifier in each exchange.
    var asked: [Key: Int] = [:]
    for (one, message) in read {
      let key = Key(connection: one.connection, id: message.id)
      if message.flags.isResponse {
        if let index = asked[key] { queries[index].members["answered"] = .truth(!one.isLost) }
        responses.append(.fact(response(one, message, asked[key].map { queries[$0] })))
      } else {
        asked[key] = queries.count
        queries.append(query(one, message))
      }
    }
    return (queries.map { .fact($0) }, responses)
  }

  private struct Key: Hashable {
    var connection: Int
    var id: UInt16
  }

  private static func message(_ passed: TraceFacts.Passed) -> Message? {
    try? Message(reading: bare(passed))
  }

  private static func bare(_ passed: TraceFacts.Passed) -> Buffer {
    let bytes = passed.passage.event.bytes
    // RFC 1035 §4.2.2: two bytes of length stand before a message on a stream.
    return passed.carrier == .tcp ? bytes[min(2, bytes.count)..<bytes.count] : bytes
  }

  private static func hex(_ bytes: Buffer) -> String {
    bytes.array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  /// Where each record of an answer section begins, and where its name's pointer leads; nil: it has none. Unit: bytes from the message's first.
  // RFC 1035 §4.1.4
  private static func places(_ bytes: Buffer, questions: Int, count: Int) -> [(start: Int, pointer: Int?)] {
    let bytes = bytes.array
    func byte(_ index: Int) -> Int { bytes.indices.contains(index) ? Int(bytes[index]) : 0 }
    /// The end of the name at `start`, and where it points to.
    func end(of start: Int) -> (end: Int, pointer: Int?) {
      var index = start
      while byte(index) > 0, byte(index) < 0xC0, index < bytes.count { index += 1 + byte(index) }
      return byte(index) >= 0xC0 ? (index + 2, (byte(index) & 0x3F) << 8 | byte(index + 1)) : (index + 1, nil)
    }
    var index = 12
    for _ in 0..<questions { index = end(of: index).end + 4 }
    return (0..<count).map { _ in
      let (start, name) = (index, end(of: index))
      index = name.end + 10 + (byte(name.end + 8) << 8 | byte(name.end + 9))
      return (start, name.pointer)
    }
  }

  private func query(_ passed: TraceFacts.Passed, _ message: Message) -> LessonFact {
    var members = trace.members(of: passed)
    addQuestion(message, passed, &members)
    members["host"] = members["to"]
    members["rd"] = .truth(message.flags.recursionDesired)
    members["answered"] = .truth(false)
    if let signature = message.additionals.last, signature.type == .tsig { members["signed"] = .text(Self.bare("\(signature.name)")) }
    if let subnet = Self.subnet(message), let address = subnet.address { members["subnet"] = .text("\(address)/\(subnet.sourceLength)") }
    return LessonFact(.dnsQuery, members, message: passed.passage.event.sequence)
  }

  private func response(_ passed: TraceFacts.Passed, _ message: Message, _ query: LessonFact?) -> LessonFact {
    var members = trace.members(of: passed)
    addQuestion(message, passed, &members)
    members["host"] = members["from"]
    members["rcode"] = .text("\(message.responseCode)")
    members["aa"] = .truth(message.flags.isAuthoritative)
    members["tc"] = .truth(message.flags.isTruncated)
    members["ra"] = .truth(message.flags.recursionAvailable)
    let number = passed.passage.event.sequence
    let places = Self.places(Self.bare(passed), questions: message.questions.count, count: message.answers.count)
    members["answer"] = .list(zip(message.answers, places).map { record($0, number, at: $1) })
    members["authority"] = .list(message.authorities.map { record($0, number) })
    members["additional"] = .list(message.additionals.map { record($0, number) })
    if let query { members["query"] = .fact(query) }
    if let subnet = Self.subnet(message) { members["scope"] = .number(Double(subnet.scopeLength)) }
    return LessonFact(.dnsResponse, members, message: number)
  }

  private static func subnet(_ message: Message) -> ClientSubnet? { message.edns?.options.lazy.compactMap(\.clientSubnet).first }

  private func addQuestion(_ message: Message, _ passed: TraceFacts.Passed, _ members: inout [String: LessonValue]) {
    members["id"] = .number(Double(message.id))
    members["hex"] = .text(Self.hex(Self.bare(passed)))
    members["flags"] = .number(Double(message.flags.rawValue))
    members["carrier"] = .text(passed.carrier.rawValue)
    members["opcode"] = .text("\(message.flags.opcode)")
    guard let question = message.questions.first else { return }
    members["name"] = .text(Self.bare("\(question.name)"))
    members["type"] = .text("\(question.type)")
  }

  private func record(_ record: ResourceRecord, _ message: UInt64, at place: (start: Int, pointer: Int?)? = nil) -> LessonValue {
    var members: [String: LessonValue] = [
      "name": .text(Self.bare("\(record.name)")), "type": .text("\(record.type)"), "ttl": .number(Double(record.ttl)),
      "data": .text(Self.bare("\(record.data)")),
    ]
    if let place { members["start"] = .number(Double(place.start)) }
    if let pointer = place?.pointer { members["pointer"] = .number(Double(pointer)) }
    return .fact(LessonFact(.record, members, message: message))
  }

  /// Without the dot at the end, as people say names.
  private static func bare(_ text: String) -> String { text.count > 1 && text.hasSuffix(".") ? String(text.dropLast()) : text }
}
