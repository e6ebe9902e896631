// Entrances of HTTP: both ends of a connection, and the small grammars inside fields and targets.
import Bytes
import HTTP
import Trace
import Transport
import World

let httpEntrances: [Entrance] = [
  Entrance("http-server") { bytes in mustNotDependOnCuts(bytes) { Served(Limits()).story($0) } },
  Entrance("http-server-bounds") { bytes in mustNotDependOnCuts(bytes) { Served(narrow).story($0) } },
  Entrance("http-chunked") { bytes in
    let head: Buffer = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    mustNotDependOnCuts(bytes) { Served(narrow).story([head] + $0) }
  },
  Entrance("http-client") { bytes in mustNotDependOnCuts(bytes) { asked(Limits(), $0) } },
  Entrance("http-client-bounds") { bytes in mustNotDependOnCuts(bytes) { asked(narrow, $0) } },
  Entrance("http-explain") { bytes in
    let explanation = HTTP.explain(bytes)
    for field in explanation.fields {
      must(field.range.lowerBound >= 0 && field.range.upperBound <= bytes.count, "a field lies in its message")
      mustContainParts(field)
    }
    for range in ServerConversation.secrets(in: bytes) + ClientConversation.secrets(in: bytes) {
      must(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a secret lies in its message")
    }
  },
  Entrance("http-date") { bytes in
    guard let instant = DateText.instant(of: bytes, now: .simulationStart) else { return }
    let text = DateText.bytes(of: instant)
    must(DateText.instant(of: text, now: .simulationStart)?.secondsSince1970 == instant.secondsSince1970, "a date reads back from its text")
  },
  Entrance("http-preconditions") { bytes in
    var reader = RequestReader()
    var head: Buffer = "GET / HTTP/1.1\r\nHost: a\r\n"
    head.append(bytes)
    head.append("\r\n\r\n")
    guard let request = try? reader.next(from: &head) else { return }
    let now = Instant.simulationStart
    let changed = Instant(secondsSince1970: 784_111_777)
    for current in [
      Preconditions.Current(tag: EntityTag("a"), lastModified: changed), Preconditions.Current(exists: false),
      Preconditions.Current(tag: EntityTag("a", isWeak: true), lastModified: Instant(nanoseconds: .min)),
    ] {
      _ = Preconditions.evaluate(request, current, now: now)
      _ = Preconditions.wantsRange(request, current, now: now)
    }
    for name in [FieldName.ifMatch, .ifNoneMatch, .range, .acceptEncoding] { _ = request.fields.joined(name) }
  },
  Entrance("http-lists") { bytes in
    if let tag = EntityTag(parsing: bytes) { must(EntityTag(parsing: Buffer(tag.description)) != nil || !isASCII(bytes), "a tag reads back") }
    if case .tags(let tags) = EntityTagList(parsing: bytes) { must(tags.count <= 64, "tags are bounded") }
    let list = QualityList(parsing: bytes)
    must(list.elements.count <= 64 && list.elements.allSatisfy { (0...1_000).contains($0.quality) }, "weights lie in their range")
    _ = list.best(of: ["br", "gzip", "identity"])
  },
  Entrance("http-range") { bytes in
    for length: Int64 in [0, 1, 100, .max] {
      guard case .parts(let parts) = ByteRanges(parsing: bytes, length: length) else { continue }
      must(!parts.isEmpty && parts.count <= 16, "parts are bounded")
      must(parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= length }, "parts lie in the whole")
      let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
      must(zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }, "parts do not overlap")
    }
  },
  Entrance("http-path") { bytes in
    if let path = try? SafePath(bytes) {
      for segment in path.segments {
        must(!segment.isEmpty && segment != "." && segment != "..", "a segment is a name")
        must(segment.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x5C }, "a segment is one name")
      }
      let text = "/" + path.segments.map(PercentText.encoded).joined(separator: "/") + (path.isDirectory && !path.segments.isEmpty ? "/" : "")
      must((try? SafePath(Buffer(text))) == path, "a path reads back from its text")
    }
    must(PercentText.decoded(Buffer(PercentText.encoded(bytes.text))) == Buffer(bytes.text), "a text reads back from its percent signs")
  },
]

/// Bounds that short inputs reach.
private let narrow: Limits = {
  var limits = Limits()
  limits.startLineBytesMax = 40
  limits.methodBytesMax = 8
  limits.fieldsBytesMax = 120
  limits.fieldsMax = 4
  limits.leadingLinesMax = 1
  limits.bodyBytesMax = 40
  limits.bodyUnaskedBytesMax = 4
  limits.bodyDrainedBytesMax = 16
  limits.chunkExtensionBytesMax = 8
  limits.chunkExtensionsBytesMax = 12
  limits.trailerBytesMax = 40
  limits.interimMax = 2
  limits.pipelinedMax = 3
  return limits
}()

private func isASCII(_ bytes: Buffer) -> Bool { bytes.array.allSatisfy { $0 < 0x80 } }

/// A connection to a site that answers in every way there is, as the target asks for: at once or after the body, whole or in parts, in
/// order or not.
private final class Served {
  private let told = Told()
  private var methods: [HTTP.Method] = []
  private var answersLate: [Ticket: String] = [:]
  private let limits: Limits

  init(_ limits: Limits) { self.limits = limits }

  func story(_ pieces: [Buffer]) -> Story {
    let driver = ConversationDriver(ServerConversation(limits: limits), trace: nil) { [self] question, answers in answer(question, answers) }
    var story = Story(of: Wire(driver), told, pieces)
    story.sent = withoutReasons(story.sent, answering: methods)
    return story
  }

  private func answer(_ question: ServerConversation.Question, _ answers: Answers<ServerConversation.Input>) -> ServerConversation.Input? {
    switch question {
    case .request(let ticket, let head):
      told.add("request \(head.methodText) \(head.target) \(head.host) \(head.fields.count)")
      methods.append(head.method)
      // Parts to HTTP/1.0 end the connection too.
      let target = head.version == .http11 ? head.target.text : head.target.text.replacing("parts", with: "whole")
      if head.hasBody, !target.contains("early") {
        answersLate[ticket] = target
        return .takeBody(ticket, 1 << 40)
      }
      return respond(to: ticket, target, answers)
    case .requestBody(_, let bytes): told.add(piece: bytes)
    case .requestEnd(let ticket, let trailers):
      told.add("end \(trailers.count)")
      if let target = answersLate.removeValue(forKey: ticket) { return respond(to: ticket, target, answers) }
    case .abandoned, .holdParts, .resumeParts, .partTaken, .retired: break
    }
    return nil
  }

  private func respond(to ticket: Ticket, _ target: String, _ answers: Answers<ServerConversation.Input>) -> ServerConversation.Input? {
    // What comes beside a body that is still on its way, or ends the connection, comes at once: else it would depend on the cuts what is first.
    guard target.contains("parts"), !target.contains("early") else {
      let response = Response.text(target.contains("none") ? .noContent : .ok, target, afterwards: target.contains("close") ? .close : .keepOpen)
      guard target.contains("late"), !target.contains("early"), response.afterwards == .keepOpen else { return .respond(ticket, response) }
      answers.give(.respond(ticket, response))
      return nil
    }
    answers.give(.part(ticket, Buffer(target)))
    answers.give(.part(ticket, "abc"))
    answers.give(.finish(ticket))
    return .respond(ticket, Response(.ok, body: .parts(length: target.contains("sized") ? 3 : nil)))
  }
}

/// What a server `sent`, which a client of ours can read, but of a refusal only that it is one: what is wrong first with a message depends on
/// how much of it is there.
func withoutReasons(_ sent: Buffer, answering methods: [HTTP.Method]) -> Buffer {
  var rest = sent
  var kept = Buffer()
  var reader = ResponseReader()
  var index = 0
  while !rest.isEmpty {
    let method = index < methods.count ? methods[index] : .get
    let before = rest
    guard let head = try? reader.next(from: &rest, answering: method) else { fatalError("broken promise: a response can be read: \(before)") }
    if !head.status.isInterim { index += 1 }
    must(index <= methods.count + 1, "no more answers than requests, and one refusal")
    let isRefusal = !head.keepsAlive && head.status.rawValue >= 400
    if isRefusal { kept.append("refused") } else { kept.append(head.bytes) }
    switch head.framing {
    case .none: break
    case .length(let length):
      guard let body = rest.take(Int(clamping: length)) else { return kept }
      if !isRefusal { kept.append(body) }
    case .chunked:
      // Our own chunks: an empty one ends them, and no content of ours looks like it.
      let end: [UInt8] = Array("\r\n0\r\n\r\n".utf8)
      let bytes = rest.array
      let length = bytes.indices.first { bytes[$0...].starts(with: end) }.map { $0 + end.count } ?? bytes.count
      kept.append(rest.take(length) ?? Buffer())
    case .untilClose: kept.append(rest.takeAll())
    }
  }
  return kept
}

/// A client that has asked five things, one of them with a body.
private func asked(_ limits: Limits, _ pieces: [Buffer]) -> Story {
  let told = Told()
  var outcomes: [UInt64: Int] = [:]
  let driver = ConversationDriver(ClientConversation(limits: limits), trace: nil) { question, answers in
    switch question {
    case .opened, .holdParts, .resumeParts, .partTaken: break
    case .interim(let ticket, let head): told.add("interim \(ticket.number) \(head.status)")
    case .responseHead(let ticket, let head): told.add("head \(ticket.number) \(head.status) \(head.fields.count) \(head.reason)")
    case .bodyPart(let ticket, let bytes):
      told.add(piece: bytes)
      return .takeBody(ticket, bytes.count)
    case .responseEnd(let ticket, let trailers):
      told.add("end \(ticket.number) \(trailers.count)")
      outcomes[ticket.number, default: 0] += 1
    case .failed(let ticket, let failure):
      told.add("failed \(ticket.number) \(failure.kind)")
      outcomes[ticket.number, default: 0] += 1
    case .giveBody(let ticket):
      answers.give(.part(ticket, "abc"))
      return nil
    case .ended: told.add("ended")
    }
    return nil
  }
  let wire = Wire(driver)
  let requests = [
    Request(.get, "/", authority: "a"), Request(.head, "/", authority: "a"), Request(.get, "/b", authority: "a"),
    Request(.post, "/c", authority: "a", body: .bytes("abc"), expectsContinue: true), Request(.get, "/d", authority: "a"),
  ]
  for (number, request) in requests.enumerated() { driver.answers.give(.send(Ticket(number: UInt64(number)), request)) }
  wire.receive(Buffer())
  let story = Story(of: wire, told, pieces)
  must(outcomes.count == requests.count && outcomes.values.allSatisfy { $0 == 1 }, "every request has one outcome: \(story)")
  return story
}
