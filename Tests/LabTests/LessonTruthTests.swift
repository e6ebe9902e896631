// What the lessons' answers really are: worked out from what was drawn and from the bytes in the trace's own records, by plain code that knows
// nothing of facts and expressions. A key that says something else is wrong. Read next: LessonTests.swift, which asks the keys themselves.
import Bytes
import Foundation
@testable import Lab
import TestKit
import Testing
import Trace
import World

@Suite("Truth of the lessons")
struct LessonTruthTests {
  static let ids = truths.keys.sorted()

  @Test("every key is what the bytes say", arguments: ids)
  func isTrue(_ id: String) throws {
    let run = try carriedOut(id, "ada")
    let answers = try truths[id]?(Truth(run)) ?? [:]
    for (question, key) in zip(run.lesson.questions, try run.keys()) {
      let answer = try #require(answers[question.id], "\(id) \(question.id) is not worked out")
      let score = try run.score([question.id: answer])
      #expect(score.points == question.points, "\(id) \(question.id): the bytes say \(answer), the key \(key.value.description)")
    }
    #expect(answers.count == run.lesson.questions.count)
  }
}

/// One run of a lesson as its records have it.
struct Truth {
  let run: LessonRun

  init(_ run: LessonRun) { self.run = run }

  /// One connection of HTTP, as the host that opened it recorded it.
  struct Fetch {
    var client: String
    var server: String
    /// When each piece left or came, from the start of the run. Unit: milliseconds.
    var sentAt: [Double]
    var receivedAt: [Double]
    var request: String
    var response: String

    var requestLine: String { request.line(0) }
    var target: String { requestLine.word(1) }
    var status: String { response.line(0).word(1) }
    var content: String { response.behindHead }
    var form: String { request.behindHead }
    func sent(_ field: String) -> String? { request.field(field) }
    func received(_ field: String) -> String? { response.field(field) }
  }

  func draw(_ name: String) -> String { run.lesson.draws.first { $0.name == name }?.value ?? "?" }

  /// The connections of one run, in the order they were opened; empty name: the lesson itself.
  func fetches(_ variant: String = "", by client: String? = nil, to server: String? = nil) -> [Fetch] {
    guard let store = run.leg(variant)?.store else { return [] }
    let records = store.conversations().filter { $0.info.role == .client && $0.info.dialect == .http }.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    return records.map { record in
      let events = store.events(of: record.id)
      let (sent, received) = (events.filter { $0.kind == .sent }, events.filter { $0.kind == .received })
      func text(_ events: [Event]) -> String { events.map { String(decoding: $0.bytes.array, as: UTF8.self) }.joined() }
      func times(_ events: [Event]) -> [Double] { events.map { Double($0.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6 } }
      return Fetch(
        client: record.info.host, server: run.world.host(at: record.info.remote.address)?.name ?? "?", sentAt: times(sent), receivedAt: times(received),
        request: text(sent), response: text(received))
    }.filter { (client ?? $0.client) == $0.client && (server ?? $0.server) == $0.server }
  }
}

extension String {
  fileprivate func line(_ number: Int) -> String {
    let lines = components(separatedBy: "\r\n")
    return lines.indices.contains(number) ? lines[number] : ""
  }

  fileprivate func word(_ number: Int) -> String {
    let words = split(separator: " ")
    return words.indices.contains(number) ? String(words[number]) : ""
  }

  fileprivate var behindHead: String { components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }

  fileprivate func field(_ name: String) -> String? {
    let head = components(separatedBy: "\r\n\r\n").first ?? ""
    let line = head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
    return line.map { String($0.dropFirst(name.count + 1)).trimmingCharacters(in: .whitespaces) }
  }

  /// What stands between two texts, the first time.
  fileprivate func between(_ start: String, _ end: String) -> String? {
    guard let from = range(of: start), let to = range(of: end, range: from.upperBound..<endIndex) else { return nil }
    return String(self[from.upperBound..<to.lowerBound])
  }

  fileprivate func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}

/// The answers to a lesson's questions, by lesson.
private let truths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "H6": { truth in
    let main = truth.fetches()
    let pair = truth.draw("user") + ":" + truth.draw("password")
    let code = Data(pair.utf8).base64EncodedString()
    return [
      "refused": "401", "realm": "Basic realm=\"www.garnet.test\", charset=\"UTF-8\"", "page": "\(main[0].content.utf8.count)", "code": code, "pair": pair,
      "times": "\(main.count { $0.request.contains("Authorization: Basic \(code)\r\n") })",
      "requests": "\(main.count { (2_000..<4_000).contains($0.sentAt[0]) })", "wrong": "401", "tapped": "200", "stolen": truth.draw("length"),
    ]
  },
  "H7": { truth in
    let main = truth.fetches()
    let form = "article=\(truth.draw("stone"))&pieces=\(truth.draw("pieces"))"
    let search = "q=\(truth.draw("words"))"
    let guarded = try #require(truth.fetches("origin").first { $0.requestLine.hasPrefix("POST") && $0.form.hasSuffix("-1") })
    return [
      "query": search, "same": "http://shop.garnet.test/search?\(search)", "other": "http://shop.garnet.test/", "bytes": "\(form.utf8.count)", "content": form,
      "type": "application/x-www-form-urlencoded", "more": "\((main[4].sent("content-length").flatMap { Int($0) } ?? 0) - form.utf8.count)", "next": "/",
      "log": main[0].requestLine.contains(search) && !main[3].requestLine.contains(form) ? "by GET" : "?", "forged": "303", "guarded": "403",
      "origin": "http://www.cobalt.test", "kept": guarded.request.contains("Cookie:") ? "yes" : "no",
    ]
  },
  "H8": { truth in
    let main = truth.fetches(by: "pc")
    let number = try #require(main[0].received("set-cookie")?.between("session=", ";"))
    let tables = main.filter { $0.target == "/sessions" }
    let days = (Int(truth.draw("later").dropLast()) ?? 0) / 86_400
    let pieces = (Int(truth.draw("pieces")) ?? 0) + (Int(truth.draw("more")) ?? 0)
    let renewed = try #require(truth.fetches("renewed", by: "pc").first { $0.target == "/login" }?.received("set-cookie")?.between("session=", ";"))
    func greeting(_ variant: String) -> String { truth.fetches(variant, by: "rogue").last?.content.between("<p id=\"greeting\">", "</p>") ?? "" }
    func given(_ variant: String) -> String { "\(truth.fetches(variant, to: "ads").count { $0.received("set-cookie") != nil })" }
    #expect(renewed != number && tables.count == 2)
    return [
      "number": number, "attributes": "Max-Age=2592000, Path=/, HttpOnly, SameSite=Lax", "carried": "\(main.count { $0.sent("cookie") == "session=\(number)" })",
      "visitors": "\(tables[0].content.count(of: "<tr") - 1)", "basket": "\(pieces) × \(truth.draw("stone"))", "later": days < 30 ? "yes" : "no",
      // Whoever is not seen for thirty days is forgotten, and pc2 was not seen again.
      "rows": days < 30 ? "2" : "1", "stolen": greeting("stolen"), "renewed": renewed, "outside": greeting("renewed"),
      "seen": "http://www.cobalt.test/, http://www.garnet.test/", "given": given("tracker"), "apart": given("apart"),
    ]
  },
  "H9": { truth in
    let main = truth.fetches(to: "proxy")
    let onward = truth.fetches(by: "proxy").map { $0.request }.joined()
    let (size, other) = (Int(truth.draw("size")) ?? 0, Int(truth.draw("other")) ?? 0)
    // The proxy's own record of what it answered, by the client's port.
    let store = try #require(truth.run.leg("")?.store)
    let served = store.conversations().filter { $0.info.role == .server && $0.info.host == "proxy" && $0.info.dialect == .http }.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    let answeredAt = served.map { record in
      let first = store.events(of: record.id).first { $0.kind == .sent }
      return Double((first?.time.nanoseconds ?? 0) - Instant.simulationStart.nanoseconds) / 1e6
    }
    let delays = zip(main, answeredAt).map { $1 - $0.sentAt[0] }
    #expect(delays.count == 5 && main.map { $0.received("cache-status")?.contains("hit") } == [false, true, true, false, true])
    return [
      "target": "http://www.garnet.test/\(truth.draw("first")).txt", "passed": "/\(truth.draw("first")).txt", "hits": "\(100 * (5 - onward.count(of: "GET ")) / 5)",
      "bytes": "\(size + other)", "saved": "\(2 * size + other)", "age": "9", "status": main[4].received("cache-status") ?? "", "miss": "\(delays[0].rounded())",
      "hit": "\(delays[1].rounded())", "mean": "\(0.4 * delays[0] + 0.6 * delays[1])".prefix(7).description, "measured": "\((delays.reduce(0, +) / 5).rounded())",
      "careless": truth.draw("language"), "vary": "en", "poisoned": "Log in at http://\(truth.draw("evil")).test/login",
      "strict": "Log in at http://hello.garnet.test/login",
    ]
  },
]
