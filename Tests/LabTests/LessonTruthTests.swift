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
  static let all = truths.merging(lineTruths) { $1 }.merging(mailTruths) { $1 }.merging(modelTruths) { $1 }.merging(peerTruths) { $1 }.merging(nameTruths) { $1 }.merging(dnsTruths) { $1 }.merging(courseTruths) { $1 }
  static let ids = all.keys.sorted()

  @Test("every key is what the bytes say", arguments: ids)
  func isTrue(_ id: String) throws {
    let run = try carriedOut(id, "ada")
    let answers = try Self.all[id]?(Truth(run)) ?? [:]
    for (question, key) in zip(run.lesson.questions, try run.keys()) {
      let answer = try #require(answers[question.id], "\(id) \(question.id) is not worked out")
      let score = try run.score([question.id: answer])
      let (points, possible) = (score.points, question.points)
      #expect(points == possible, "\(id) \(question.id): the bytes say \(answer), the key \(key.value.description)")
    }
    #expect(answers.count == run.lesson.questions.count)
  }
}

/// One run of a lesson as its records have it.
final class Truth {
  let run: LessonRun
  /// By variant: what was read once.
  private var known: [String: [Fetch]] = [:]

  init(_ run: LessonRun) { self.run = run }

  /// One connection of HTTP, as the host that opened it recorded it.
  struct Fetch {
    var client: String
    var server: String
    /// When each piece left or came, from the start of the run. Unit: milliseconds.
    var sentAt: [Double]
    var receivedAt: [Double]
    /// Heads with their empty lines, and what follows them up to a bound.
    var request: String
    var response: String
    /// Unit: bytes.
    var contentBytes: Int

    var requestLine: String { request.line(0) }
    var target: String { requestLine.word(1) }
    var content: String { response.behindHead }
    var form: String { request.behindHead }
    func sent(_ field: String) -> String? { request.field(field) }
    func received(_ field: String) -> String? { response.field(field) }
  }

  /// The queries that a host sent over UDP, with whom they were for.
  func datagrams(_ variant: String = "", from host: String) -> [(to: String, at: Double)] {
    guard let store = run.leg(variant)?.store else { return [] }
    let records = store.conversations().filter { $0.info.role == .client && $0.info.dialect == .dns && $0.info.host == host }
    return records.flatMap { record in
      store.events(of: record.id).filter { $0.kind == .sent }.map { event in
        (run.world.host(at: record.info.remote.address)?.name ?? "?", Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6)
      }
    }.sorted { $0.1 < $1.1 }
  }

  func draw(_ name: String) -> String { run.lesson.draws.first { $0.name == name }?.value ?? "?" }

  /// The connections of one run, in the order they were opened; empty name: the lesson itself.
  func fetches(_ variant: String = "", by client: String? = nil, to server: String? = nil) -> [Fetch] {
    let all = known[variant] ?? read(variant)
    known[variant] = all
    return all.filter { (client ?? $0.client) == $0.client && (server ?? $0.server) == $0.server }
  }

  private func read(_ variant: String) -> [Fetch] {
    guard let store = run.leg(variant)?.store else { return [] }
    // What no host of the lesson began is no part of it.
    let records = store.conversations().filter { $0.info.role == .client && $0.info.dialect == .http && run.lesson.hosts.contains($0.info.host) }
    return records.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }.map { record in
      let events = store.events(of: record.id)
      let (sent, received) = (events.filter { $0.kind == .sent }, events.filter { $0.kind == .received })
      func text(_ events: [Event]) -> String { String(decoding: events.flatMap { $0.bytes.array.prefix(8_192) }.prefix(32_768), as: UTF8.self) }
      func times(_ events: [Event]) -> [Double] { events.map { Double($0.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6 } }
      let answer = text(received)
      return Fetch(
        client: record.info.host, server: run.world.host(at: record.info.remote.address)?.name ?? "?", sentAt: times(sent), receivedAt: times(received),
        request: text(sent), response: answer,
        contentBytes: received.reduce(0) { $0 + $1.length } - ((answer.components(separatedBy: "\r\n\r\n").first?.utf8.count ?? 0) + 4))
    }
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
  "H4": { try truthH4($0) },
  "H5": { try truthH5($0) },
  "H10": { try truthH10($0) },
  "H6": { try truthH6($0) },
  "H7": { try truthH7($0) },
  "H8": { try truthH8($0) },
  "H9": { try truthH9($0) },
  "C1": { try truthC1($0) },
  "C2": { try truthC2($0) },
  "C3": { try truthC3($0) },
  "C4": { try truthC4($0) },
]

private func truthH4(_ truth: Truth) throws -> [String: String] {
  let first = truth.fetches().filter { $0.sentAt[0] < 9_000 }
  let second = truth.fetches(to: "www.garnet.test").filter { $0.sentAt[0] > 10_000 }
  // The page, its style sheet, cobalt's picture, and each of garnet's pictures once.
  let pictures = Set(truth.draw("pictures").components(separatedBy: "src=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) })
  let outcomes = try #require(truth.run.leg("")).outcomes
  func took(_ place: Int) -> String { "\((outcomes[place].took / .milliseconds(1)).rounded())" }
  func wait(_ variant: String, _ server: String?) -> String {
    let all = truth.fetches(variant, to: server).map { $0.sentAt[0] }
    return "\(((all.max() ?? 0) - (truth.fetches(variant).map { $0.sentAt[0] }.min() ?? 0)).rounded())"
  }
  return [
    "gets": "\(pictures.count + 3)", "garnet": "\(pictures.count + 2)", "hosts": "www.garnet.test, www.cobalt.test", "queries": "2",
    "last": first.max { $0.sentAt[0] < $1.sentAt[0] }?.target ?? "?", "bytes": "\(first.reduce(0) { $0 + $1.contentBytes })",
    "manner": second[2].sentAt[0] < second[1].receivedAt[0] ? "several at a time" : "one after the other", "serial": took(0), "together": took(1),
    "slow": wait("slow", nil), "parallel": wait("parallel", "www.garnet.test"),
  ]
}

private func truthH5(_ truth: Truth) throws -> [String: String] {
  let (count, k) = (truth.draw("objects").count(of: "<img"), Int(truth.draw("k")) ?? 1)
  let outcomes = try #require(truth.run.leg("")).outcomes
  /// When the answer for /a.txt began to arrive after the page was asked for.
  func arrival(_ variant: String) -> String {
    guard let store = truth.run.leg(variant)?.store else { return "?" }
    let begin = truth.fetches(variant)[0].sentAt[0]
    // By the client's own record: the head that follows the large content, or stands first on a connection for /a.txt.
    for record in store.conversations() where record.info.role == .client && record.info.dialect == .http {
      let events = store.events(of: record.id)
      let asked = events.filter { $0.kind == .sent }.map { String(decoding: $0.bytes.array, as: UTF8.self).line(0).word(1) }
      guard let place = asked.firstIndex(of: "/a.txt") else { continue }
      var heads = 0
      for event in events where event.kind == .received {
        heads += String(decoding: event.bytes.array, as: UTF8.self).count(of: "HTTP/1.1 200")
        if heads > place { return "\((Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6 - begin).rounded())" }
      }
    }
    return "?"
  }
  return [
    "first": "2(n+1)", "objects": "\(count)", "new": "\(2 * (count + 1))", "parallel": "\(2 + 2 * ((count + k - 1) / k))", "kept": "\(2 + count)", "pipelined": "3",
    "connections": "\(2 * (count + 1) + 2)", "seconds": "\(((outcomes[0].took - outcomes[2].took) / .milliseconds(1)).rounded())",
    "blocked": arrival("blocked"), "beside": arrival("beside"),
  ]
}

private func truthH10(_ truth: Truth) throws -> [String: String] {
  [
    "address": "198.51.100.10", "line": "stories.garnet.test", "target": "no", "first": truth.draw("size"), "second": truth.draw("other"), "nobody": "www.garnet.test",
    "both": "stories.garnet.test", "wrong": "200", "whose": truth.draw("size"), "strict": "421",
  ]
}

private func truthH6(_ truth: Truth) throws -> [String: String] {
  let main = truth.fetches()
  let pair = truth.draw("user") + ":" + truth.draw("password")
  let code = Data(pair.utf8).base64EncodedString()
  return [
    "refused": "401", "realm": "Basic realm=\"www.garnet.test\", charset=\"UTF-8\"", "page": "\(main[0].contentBytes)", "code": code, "pair": pair,
    "times": "\(main.count { $0.request.contains("Authorization: Basic \(code)\r\n") })",
    "requests": "\(main.count { (2_000..<4_000).contains($0.sentAt[0]) })", "wrong": "401", "tapped": "200", "stolen": truth.draw("length"),
  ]
}

private func truthH7(_ truth: Truth) throws -> [String: String] {
  let main = truth.fetches()
  let form = "article=\(truth.draw("stone"))&pieces=\(truth.draw("pieces"))"
  let search = "q=\(truth.draw("words"))"
  let guarded = try needed(truth.fetches("origin").first { $0.requestLine.hasPrefix("POST") && $0.form.hasSuffix("-1") })
  return [
    "query": search, "same": "http://shop.garnet.test/search?\(search)", "other": "http://shop.garnet.test/", "bytes": "\(form.utf8.count)", "content": form,
    "type": "application/x-www-form-urlencoded", "more": "\((main[4].sent("content-length").flatMap { Int($0) } ?? 0) - form.utf8.count)", "next": "/",
    "log": main[0].requestLine.contains(search) && !main[3].requestLine.contains(form) ? "by GET" : "?", "forged": "303", "guarded": "403",
    "origin": "http://www.cobalt.test", "kept": guarded.request.contains("Cookie:") ? "yes" : "no",
  ]
}

private func truthH8(_ truth: Truth) throws -> [String: String] {
  let main = truth.fetches(by: "pc")
  let number = try #require(main[0].received("set-cookie")?.between("session=", ";"))
  let tables = main.filter { $0.target == "/sessions" }
  let days = (Int(truth.draw("later").dropLast()) ?? 0) / 86_400
  let pieces = (Int(truth.draw("pieces")) ?? 0) + (Int(truth.draw("more")) ?? 0)
  let renewed = try needed(truth.fetches("renewed", by: "pc").first { $0.target == "/login" }?.received("set-cookie")?.between("session=", ";"))
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
}

private func truthH9(_ truth: Truth) throws -> [String: String] {
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
}

private func truthC1(_ truth: Truth) throws -> [String: String] {
  // By the name in the request, for each of the three ways.
  func asked(_ site: String) -> [Truth.Fetch] { truth.fetches().filter { $0.sent("host") == site && !$0.client.hasPrefix("edge") } }
  func share(_ site: String) -> String {
    let all = asked(site)
    return "\(Double(100 * all.count { $0.received("cache-status")?.contains("; hit") == true }) / Double(all.count))".prefix(7).description
  }
  func size(_ site: String) -> Int { asked(site).first?.contentBytes ?? 0 }
  // Each edge fetched its own copy; without edges everybody did.
  func copies(_ site: String) -> Int { Set(asked(site).map(\.server)).count }
  let sizes = ["static.cdn.test", "home.cdn.test", "origin.garnet.test"].map { size($0) }
  let outcomes = try #require(truth.run.leg("")).outcomes
  func took(_ host: String, _ place: Int) -> String {
    let all = outcomes.filter { $0.host == host }
    return "\((all[place].took / .milliseconds(1)).rounded())"
  }
  // From the moment a step began to the end of its answer.
  let ends = asked("static.cdn.test").enumerated().map { ($1.receivedAt.last ?? 0) - Double($0) * 2_000 }
  return [
    "edge": "edge3.cdn.test", "deep": share("static.cdn.test"), "home": share("home.cdn.test"), "deep-bytes": "\(copies("static.cdn.test") * sizes[0])",
    "home-bytes": "\(copies("home.cdn.test") * sizes[1])", "server-bytes": "\(asked("origin.garnet.test").count * sizes[2])", "deep-delay": took("pc2-asia", 0),
    "home-delay": took("pc2-asia", 1), "server-delay": took("pc2-asia", 2), "mean": "\(ends.reduce(0, +) / 6)".prefix(7).description, "crowd": "6", "edges": "3",
  ]
}

private func truthC2(_ truth: Truth) throws -> [String: String] {
  let (film, pool) = (truth.draw("film") + ".garnet.test", truth.draw("pool") + ".cdn.test")
  let (lasting, pause) = (Int(truth.draw("lasting")) ?? 0, Int(truth.draw("pause").dropLast()) ?? 0)
  let first = truth.datagrams(from: "resolver").filter { $0.at < 5_000 }
  // What the resolver's questions passed, in their order, without those asked twice.
  let levels = first.map { datagram in
    ["root": "root", "tld": "test", "ns1.garnet": "garnet", "ns2.garnet": "garnet", "ns1.cdn": "cdn", "ns2.cdn": "near"].first { datagram.to.hasPrefix($0.key) }?.value ?? "?"
  }
  let order = levels.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  // Between the first question and the answer's arrival some of the alias's second may pass, but no second one.
  return [
    "chain": "\(film), \(pool), film.near.cdn.test", "order": order.joined(separator: ", "), "queries": "\(first.count)", "who": "ns2.cdn.test", "edge": "198.18.10.1",
    "choice": "5", "alias": "\(lasting)", "again": "\(truth.datagrams(from: "resolver").count { $0.at > 5_000 })", "left": "\(lasting - pause)", "america": "198.18.20.1",
    "far": "198.18.30.1", "subnet": "198.18.10.1", "scope": "24",
  ]
}

private func truthC3(_ truth: Truth) throws -> [String: String] {
  let ways = ["europe", "america", "asia"].map { (Int($0 == "europe" ? truth.draw("europe").dropLast(2) : truth.draw($0).dropLast(2)) ?? 0) }
  let quickest = (0..<3).min { ways[$0] < ways[$1] } ?? 0
  let alive = (1..<3).min { ways[$0] < ways[$1] } ?? 0
  let main = truth.fetches(by: "pc")
  let dead = try #require(truth.run.leg("dead")).outcomes.filter { $0.began >= .seconds(40) }
  let list = try #require(truth.run.leg("list")).outcomes.last
  let last = try needed(truth.fetches("dead", by: "pc").last { !$0.response.isEmpty })
  #expect(main[0].server == "edge1.cdn.test" && truth.fetches("list", by: "pc").last?.server == "edge\(alive + 1).cdn.test")
  return [
    "table": "edge1.cdn.test", "asia": "edge3.cdn.test", "start": "\((main[0].receivedAt.last ?? 0).rounded())", "addresses": "3",
    "order": "198.18.10.1, 198.18.20.1, 198.18.30.1", "chosen": "edge\(quickest + 1).cdn.test", "price": "4", "least": "edge1.cdn.test", "busy": "edge2.cdn.test",
    "failed": "\(dead.count(where: \.hasFailed))", "after": last.server, "list": "edge\(alive + 1).cdn.test",
    "wait": "\(((list?.took ?? .zero) / .milliseconds(1)).rounded())",
  ]
}

private func truthC4(_ truth: Truth) throws -> [String: String] {
  func segments(_ run: String) -> [Truth.Fetch] { truth.fetches(run, by: "pc").filter { $0.target.hasSuffix(".m4s") } }
  func quality(_ fetch: Truth.Fetch) -> String { String(fetch.target.split(separator: "/")[0]) }
  /// How long the picture stood still: each piece has to be there when the one before has been shown. Unit: milliseconds.
  func stillness(_ run: String) -> Double {
    let arrivals = segments(run).map { $0.receivedAt.last ?? 0 }
    var (end, still) = (arrivals[0], 0.0)
    for arrival in arrivals {
      still += max(0, arrival - end)
      end = max(arrival, end) + 2_000
    }
    return still
  }
  /// What pc had asked for last when the line changed.
  func underWay(_ run: String) -> String {
    let when = Double(truth.draw("when").dropLast(2)) ?? 0
    return truth.fetches(run, by: "pc").last { $0.sentAt[0] < when }?.target ?? "?"
  }
  let main = segments("")
  let qualities = main.map { quality($0) }
  return [
    "qualities": "3", "piece": quality(main[(Int(truth.draw("piece")) ?? 1) - 1]), "low": "\(qualities.count { $0 == "low" })",
    "bytes": "\(main.reduce(0) { $0 + $1.contentBytes })", "start": "\((main[0].receivedAt.last ?? 0).rounded())",
    "switches": "\(zip(qualities, qualities.dropFirst()).count { $0 != $1 })", "caught": underWay("slow"), "stalled": "\(stillness("slow").rounded())",
    "careful": underWay("buffer"), "still": "\(stillness("buffer").rounded())", "price": "\(segments("buffer").prefix(4).count { quality($0) == "low" })",
  ]
}
