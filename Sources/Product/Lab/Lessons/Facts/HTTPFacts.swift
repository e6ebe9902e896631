// Requests and responses as facts. A message of HTTP may have passed in several pieces (head, content, chunks): what follows a head in the same
// direction belongs to it until the next head. Heads are read from HTTP's own explanation, so that broken ones make facts too.
import Bytes
import HTTP
import Trace
import World

/// Reads HTTP messages as facts.
struct HTTPFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  /// Most of a content kept as text. Unit: bytes.
  private static var bodyBytesMax: Int { 65_536 }

  func facts() -> (requests: [LessonValue], responses: [LessonValue]) {
    var requests: [Draft] = []
    var responses: [Draft] = []
    for (index, dialogue) in trace.dialogues.enumerated() where dialogue.exchange.best.info.dialect == .http {
      let (asked, answered) = drafts(of: dialogue, index)
      requests += asked
      responses += answered
    }
    requests.sort { $0.order < $1.order }
    responses.sort { $0.order < $1.order }
    return (requests.map { .fact(fact(of: $0)) }, responses.map { .fact(fact(of: $0)) })
  }

  // MARK: Messages put together

  /// One message while its pieces are gathered.
  private struct Draft {
    var first: TraceFacts.Passed
    var explanation: Explanation
    /// Unit: bytes.
    var headBytes: Int
    var bodyBytes = 0
    var bytes: Int
    var isChunked: Bool
    var body = Buffer()
    var finished: Instant
    /// For a response: its request.
    var request: LessonFact?
    /// For a response: no content may follow (HEAD, 204, 304).
    var isBodiless = false

    var order: Order { Order(time: first.passage.time, sequence: first.passage.event.sequence) }
  }

  private struct Order: Comparable {
    var time: Instant
    var sequence: UInt64
    static func < (a: Order, b: Order) -> Bool { (a.time, a.sequence) < (b.time, b.sequence) }
  }

  private func drafts(of dialogue: Dialogue, _ connection: Int) -> (requests: [Draft], responses: [Draft]) {
    var requests: [Draft] = []
    var responses: [Draft] = []
    var answered = 0
    for passage in dialogue.passages().prefix(TraceFacts.messagesMax) {
      let passed = TraceFacts.Passed(passage: passage, dialogue: dialogue, connection: connection)
      if passage.direction == .toServer {
        take(passed, into: &requests)
      } else {
        let before = responses.count
        take(passed, into: &responses)
        guard responses.count > before, let last = responses.indices.last else { continue }
        // RFC 9110 §15.2: an interim response answers nothing yet.
        let status = text("status", of: responses[last].explanation) ?? ""
        if requests.indices.contains(answered) { responses[last].request = fact(of: requests[answered]) }
        responses[last].isBodiless = status == "204" || status == "304" || text("method", of: requests.indices.contains(answered) ? requests[answered].explanation : nil) == "HEAD"
        if !status.hasPrefix("1") { answered += 1 }
      }
    }
    return (requests, responses)
  }

  private func take(_ passed: TraceFacts.Passed, into drafts: inout [Draft]) {
    let event = passed.passage.event
    // A large content comes in many pieces, and explaining one takes a while.
    let explanation = drafts.isEmpty || Self.mayBegin(event.bytes) ? HTTP.explain(event.bytes) : nil
    let isHead = explanation?.fields.first.map { $0.name == "request line" || $0.name == "status line" } ?? false
    guard let explanation, isHead else {
      guard let last = drafts.indices.last else { return }
      drafts[last].bytes += event.length
      drafts[last].finished = passed.passage.sent ?? passed.passage.time
      add(event.bytes, length: event.length, to: &drafts[last])
      return
    }
    let content = explanation.fields.last.flatMap { $0.name == "content" ? $0.range : nil }
    let headBytes = content?.lowerBound ?? event.bytes.count
    let coding = explanation.fields.first { $0.name.lowercased() == "transfer-encoding" }?.value.lowercased() ?? ""
    var draft = Draft(
      first: passed, explanation: explanation, headBytes: headBytes, bytes: event.length, isChunked: coding.contains("chunked"),
      finished: passed.passage.sent ?? passed.passage.time)
    add(event.bytes[headBytes..<event.bytes.count], length: event.length - headBytes, to: &draft)
    drafts.append(draft)
  }

  /// Whether the first word may be a method or HTTP's name.
  private static func mayBegin(_ bytes: Buffer) -> Bool {
    let word = bytes[0..<min(bytes.count, 24)].array.prefix { $0 != 0x20 }
    return word.starts(with: "HTTP/".utf8) || !word.isEmpty && word.count < 24 && word.allSatisfy { (0x41...0x5A).contains($0) }
  }

  private func add(_ bytes: Buffer, length: Int, to draft: inout Draft) {
    guard length > 0 else { return }
    guard draft.isChunked else {
      draft.bodyBytes += length
      keep(bytes, in: &draft)
      return
    }
    // RFC 9112 §7.1: size in hexadecimal, line end, so many bytes, line end.
    var rest = bytes
    while let end = rest.firstIndex(of: 0x0A, from: 0), let size = Self.chunkSize(rest[0..<end].text) {
      draft.bodyBytes += size
      let from = end + 1
      keep(rest[from..<min(rest.count, from + size)], in: &draft)
      let next = from + size + 2
      guard size > 0, next < rest.count else { break }
      rest = rest[next..<rest.count]
    }
  }

  private static func chunkSize(_ line: String) -> Int? {
    let digits = line.prefix { $0.isHexDigit }
    guard (1...12).contains(digits.count) else { return nil }
    return Int(digits, radix: 16)
  }

  private func keep(_ bytes: Buffer, in draft: inout Draft) {
    let room = Self.bodyBytesMax - draft.body.count
    if room > 0 { draft.body.append(bytes[0..<min(room, bytes.count)]) }
  }

  // MARK: Facts

  private func fact(of draft: Draft) -> LessonFact {
    var members = trace.members(of: draft.first)
    members["bytes"] = .number(Double(draft.bytes))
    members["headBytes"] = .number(Double(draft.headBytes))
    members["bodyBytes"] = .number(Double(draft.bodyBytes))
    if let text = draft.body.printableText { members["body"] = .text(text) }
    if let version = text("version", of: draft.explanation) { members["version"] = .text(version) }
    var fields: [String: LessonValue] = [:]
    for field in draft.explanation.fields.dropFirst() where field.name != "content" {
      let name = field.name.lowercased()
      // RFC 9110 §5.3: lines of one name count as one, with commas.
      if case .text(let before)? = fields[name] { fields[name] = .text(before + ", " + field.value) } else { fields[name] = .text(field.value) }
    }
    members["field"] = .fact(LessonFact(.fields, fields, message: draft.first.passage.event.sequence))
    let number = draft.first.passage.event.sequence
    guard draft.explanation.fields.first?.name == "status line" else {
      if let host = fields["host"] { members["host"] = host }
      members["cookie"] = .fact(LessonFact(.cookies, Self.cookies(fields["cookie"]), message: number))
      addRequestLine(draft, &members)
      return LessonFact(.httpRequest, members, message: number)
    }
    if let status = text("status", of: draft.explanation).flatMap({ Double($0) }) { members["status"] = .number(status) }
    if let reason = text("reason", of: draft.explanation) { members["reason"] = .text(reason) }
    members["finished"] = trace.moment(draft.finished)
    var isComplete = true
    if !draft.isBodiless, case .text(let length)? = fields["content-length"], let announced = Int(length) { isComplete = draft.bodyBytes == announced }
    members["complete"] = .truth(isComplete)
    if let request = draft.request { members["request"] = .fact(request) }
    members["setCookie"] = .list(draft.explanation.fields.filter { $0.name.lowercased() == "set-cookie" }.map { .fact(Self.given($0.value, number)) })
    return LessonFact(.httpResponse, members, message: number)
  }

  /// RFC 6265 §4.2.1: `name=value` between semicolons.
  private static func cookies(_ field: LessonValue?) -> [String: LessonValue] {
    guard case .text(let text)? = field else { return [:] }
    let pairs = text.split(separator: ";").map { $0.trimmed.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
    return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0].lowercased(), .text(String($0[1]))) }) { first, _ in first }
  }

  /// RFC 6265 §4.1.1: a cookie, then its attributes.
  private static func given(_ field: String, _ message: UInt64) -> LessonFact {
    let parts = field.split(separator: ";").map { $0.trimmed }
    let pair = (parts.first ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return LessonFact(.givenCookie, [
      "name": .text(String(pair.first ?? "")), "value": .text(pair.count > 1 ? String(pair[1]) : ""),
      "attributes": .list(parts.dropFirst().map { .text($0) }),
    ], message: message)
  }

  private func addRequestLine(_ draft: Draft, _ members: inout [String: LessonValue]) {
    if let method = text("method", of: draft.explanation) { members["method"] = .text(method) }
    guard let target = text("target", of: draft.explanation) else { return }
    members["target"] = .text(target)
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    members["path"] = .text(String(parts.first ?? ""))
    if parts.count > 1 { members["query"] = .text(String(parts[1])) }
  }

  /// A part of the start line.
  private func text(_ part: String, of explanation: Explanation?) -> String? {
    explanation?.fields.first?.children.first { $0.name == part }?.value
  }
}
