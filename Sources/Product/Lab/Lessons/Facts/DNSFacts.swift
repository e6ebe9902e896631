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
    let bytes = passed.passage.event.bytes
    // RFC 1035 §4.2.2: two bytes of length stand before a message on a stream.
    let bare = passed.carrier == .tcp ? bytes[min(2, bytes.count)..<bytes.count] : bytes
    return try? Message(reading: bare)
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
    members["answer"] = .list(message.answers.map { record($0, number) })
    members["authority"] = .list(message.authorities.map { record($0, number) })
    members["additional"] = .list(message.additionals.map { record($0, number) })
    if let query { members["query"] = .fact(query) }
    if let subnet = Self.subnet(message) { members["scope"] = .number(Double(subnet.scopeLength)) }
    return LessonFact(.dnsResponse, members, message: number)
  }

  private static func subnet(_ message: Message) -> ClientSubnet? { message.edns?.options.lazy.compactMap(\.clientSubnet).first }

  private func addQuestion(_ message: Message, _ passed: TraceFacts.Passed, _ members: inout [String: LessonValue]) {
    members["id"] = .number(Double(message.id))
    members["carrier"] = .text(passed.carrier.rawValue)
    members["opcode"] = .text("\(message.flags.opcode)")
    guard let question = message.questions.first else { return }
    members["name"] = .text(Self.bare("\(question.name)"))
    members["type"] = .text("\(question.type)")
  }

  private func record(_ record: ResourceRecord, _ message: UInt64) -> LessonValue {
    .fact(
      LessonFact(.record, [
        "name": .text(Self.bare("\(record.name)")), "type": .text("\(record.type)"), "ttl": .number(Double(record.ttl)),
        "data": .text(Self.bare("\(record.data)")),
      ], message: message))
  }

  /// Without the dot at the end, as people say names.
  private static func bare(_ text: String) -> String { text.count > 1 && text.hasSuffix(".") ? String(text.dropLast()) : text }
}
