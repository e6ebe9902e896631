// What the answers of the lessons about ports, the bytes and the load of the DNS, and its attackers really are, from the bytes in the trace's own records
// and what was drawn, by plain code.
// Read before: LessonTruthTests.swift, which asks.
import Bytes
import Foundation
@testable import Lab
import TestKit
import Testing
import Trace
import World

extension Truth {
  /// What a host did at its steps, in their order: how long each took in milliseconds; nil: it failed.
  func steps(_ variant: String = "", of host: String) -> [(took: Double, hasFailed: Bool)] {
    (run.leg(variant)?.outcomes ?? []).filter { $0.host == host }.map { ($0.took / .milliseconds(1), $0.hasFailed) }
  }
}

extension Truth {
  /// One message of the DNS, as the host that asked recorded it.
  struct NameMessage {
    var asker: String
    var server: String
    /// Unit: milliseconds, at the asker.
    var at: Double
    var isAnswer: Bool
    var isStream: Bool
    /// Without the length in front of it on a stream.
    var bytes: [UInt8]

    func number(_ index: Int) -> Int { bytes.count > index + 1 ? Int(bytes[index]) << 8 | Int(bytes[index + 1]) : 0 }
    var code: Int { number(2) & 15 }
    var isCut: Bool { number(2) & 0x0200 != 0 }
    var answers: Int { number(6) }
    /// The labels of the question, and where its name ends.
    var labels: [String] { NameMessage.name(bytes, 12).labels }
    var name: String { labels.joined(separator: ".") }
    var type: Int { number(NameMessage.name(bytes, 12).end) }
    /// Each record behind the question: where it begins, where its name points to, its owner, type, time to live and data's place.
    var records: [(start: Int, pointer: Int?, name: String, type: Int, ttl: Int, data: Range<Int>)] {
      var index = NameMessage.name(bytes, 12).end + 4
      return (0..<(number(6) + number(8) + number(10))).map { _ in
        let (labels, end, pointer) = NameMessage.name(bytes, index)
        defer { index = end + 10 + number(end + 8) }
        return (index, pointer, labels.joined(separator: "."), number(end), number(end + 4) << 16 | number(end + 6), (end + 10)..<(end + 10 + number(end + 8)))
      }
    }
    /// The addresses of the answer section.
    var addresses: [String] { records.prefix(answers).filter { $0.type == 1 }.map { $0.data.map { "\(bytes[$0])" }.joined(separator: ".") } }

    static func name(_ bytes: [UInt8], _ start: Int) -> (labels: [String], end: Int, pointer: Int?) {
      var (index, labels, end, pointer) = (start, [String](), Int?.none, Int?.none)
      while index < bytes.count, bytes[index] != 0 {
        if bytes[index] >= 0xC0 {
          let target = Int(bytes[index] & 0x3F) << 8 | Int(bytes[index + 1])
          if end == nil { (end, pointer) = (index + 2, target) }
          index = target
        } else {
          let length = Int(bytes[index])
          labels.append(String(decoding: bytes[(index + 1)...(index + length)], as: UTF8.self))
          index += 1 + length
        }
      }
      return (labels, end ?? index + 1, pointer)
    }
  }

  /// Every message of the DNS in a run, in the order of its times.
  func nameMessages(_ variant: String = "", by asker: String? = nil) -> [NameMessage] {
    guard let leg = run.leg(variant) else { return [] }
    let records = leg.store.conversations().filter { $0.info.role == .client && $0.info.dialect == .dns && run.lesson.hosts.contains($0.info.host) }
    return records.flatMap { record in
      leg.store.events(of: record.id).filter { $0.kind == .sent || $0.kind == .received }.map { event in
        let isStream = record.info.carrier == .tcp
        return (event.sequence, NameMessage(
          asker: record.info.host, server: run.world.host(at: record.info.remote.address)?.name ?? "?",
          at: Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6, isAnswer: event.kind == .received, isStream: isStream,
          bytes: Array(event.bytes.array.dropFirst(isStream ? 2 : 0))))
      }
    }.sorted { ($0.1.at, $0.0) < ($1.1.at, $1.0) }.map(\.1).filter { asker ?? $0.asker == $0.asker }
  }
}

private func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined(separator: " ") }

private func yes(_ truth: Bool) -> String { truth ? "yes" : "no" }

/// The answers to the questions of these lessons. Each is a function: the compiler of Swift 6.3 mixes closures up that stand in one literal.
let courseTruths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "S5": { try truthS5($0) },
  "S6": { try truthS6($0) },
  "W1": { try truthW1($0) },
  "H11": { try truthH11($0) },
  "H13": { try truthH13($0) },
  "D2": { try truthD2($0) },
  "D8": { try truthD8($0) },
  "D12": { try truthD12($0) },
  "D13": { try truthD13($0) },
  "D14": { try truthD14($0) },
]

private func truthS5(_ truth: Truth) throws -> [String: String] {
  let all = truth.spoken("", .uppercase)
  let pc = truth.steps(of: "pc")
  let place = truth.draw("place")
  func refusal(_ variant: String) -> String {
    let rogue = truth.steps(variant, of: "rogue")[0]
    return rogue.hasFailed ? rogue.took > 1_000 ? "silence" : "a refusal" : "an answer"
  }
  #expect(all.filter { $0.client == "pc" }.map(\.said) == (["second", "third"] + (place == "127.0.0.1" ? [] : ["first"])).map { truth.draw($0) + "\r\n" })
  // The port at 127.0.0.1 and the closed one; the odd one when it is not for pc.
  let resets = 2 + (place == "127.0.0.1" ? 1 : 0)
  // A SYN, and again after 1, 3 and 7 seconds; ten are pc's patience.
  return [
    "guess": "2", "inner": "no", "itself": "\(truth.draw("first").uppercased()), \(truth.draw("third").uppercased())",
    "twice": "it was refused because the address is in use", "odd": place, "resets": "\(resets)", "refused": "\(2 * (Double(truth.draw("delay").dropLast(2)) ?? 0))",
    "syns": "4", "silence": "\(((pc.last?.took ?? 0) / 1_000).rounded())", "stranger": "GIVE ME \(truth.draw("second").uppercased())", "narrow": refusal("narrow"),
    "wall": refusal("wall"), "through": try #require(truth.port(of: "pc2", in: "wall")),
  ]
}

private func truthS6(_ truth: Truth) throws -> [String: String] {
  /// When each of what pc sent on its connections over TCP left and was there whole, by connection. Unit: milliseconds.
  func carried(_ variant: String) -> [[(left: Double, arrived: Double, bytes: Int)]] {
    guard let store = truth.run.leg(variant)?.store else { return [] }
    let all = store.conversations().filter { $0.info.carrier == .tcp }.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    return all.filter { $0.info.host == "pc" }.map { own in
      let other = all.first { $0.info.host == "srv" && $0.info.remote == own.info.local }
      var there = 0
      let arrivals = store.events(of: other?.id ?? own.id).filter { $0.kind == .received }.map { event in
        there += event.length
        return (event.time, there)
      }
      var sent = 0
      return store.events(of: own.id).filter { $0.kind == .sent }.map { event in
        sent += event.length
        let arrival = arrivals.filter { $0.1 >= sent }.first
        return (event.time.sinceStart, arrival?.0.sinceStart ?? 0, event.length)
      }
    }
  }
  /// How many datagrams left pc and came to srv between two times.
  func datagrams(_ from: Double, _ to: Double) -> (sent: Int, came: Int, bytes: Int) {
    guard let store = truth.run.leg("")?.store else { return (0, 0, 0) }
    let all = store.conversations().filter { $0.info.carrier == .udp }
    func events(_ host: String, _ kind: Event.Kind) -> [Event] {
      all.filter { $0.info.host == host }.flatMap { store.events(of: $0.id) }.filter { $0.kind == kind && $0.time.sinceStart > from && $0.time.sinceStart < to }
    }
    let sent = events("pc", .sent)
    return (sent.count, events("srv", .received).count, sent.first?.length ?? 0)
  }
  let (file, voice) = (datagrams(0, 10_000), datagrams(59_000, 80_000))
  func late(_ variant: String, _ place: Int) -> String { "\(carried(variant)[place].filter { $0.arrived - $0.left > 150 }.count)" }
  let streams = carried("")
  #expect(file.sent == 20 && voice.sent == 100 && streams[1].count == 100)
  return [
    "guess": "UDP", "holes": "\(file.sent - file.came)", "wrong": "\((file.sent - file.came) * file.bytes)", "whole": "\(streams[0].reduce(0) { $0 + $1.bytes })",
    "gaps": "\(voice.sent - voice.came)", "latest": truth.draw("delay").dropLast(2).description, "late": late("", 1),
    "buffer": "\(streams[1].map { $0.arrived - $0.left }.max() ?? 0)", "worse": late("worse", 2), "clean": late("clean", 2),
  ]
}

private func truthW1(_ truth: Truth) throws -> [String: String] {
  let pc = truth.steps(of: "pc").map { "\($0.took)".prefix(9).description }
  let (fetched, other) = (truth.fetches(by: "pc"), truth.fetches(by: "pc2"))
  let late = try needed(truth.nameMessages("update", by: "pc").first { $0.isAnswer && $0.at > 409_000 })
  let asked = truth.fetches(to: "attic")
  let place = truth.draw("where") == "203.0.113.90" ? "attic" : "relay"
  #expect(fetched.map(\.server) == ["www.garnet.test", "attic", "relay", "registrar", place] && other[0].server == "relay")
  let told = try needed(truth.nameMessages(by: "resolver").first { $0.isAnswer && $0.at > 44_000 && $0.addresses == [truth.draw("where")] })
  return [
    "guess": truth.steps(of: "pc")[2].took > truth.steps(of: "pc")[1].took ? "the relay" : "the attic", "rented": pc[0], "home": pc[1],
    "line": "\(Double(truth.draw("size")).map { $0 * 8 / (Double(truth.draw("rate")) ?? 1) } ?? 0)", "asked": "\(asked.count)",
    "whom": try needed(asked.first { $0.client == "relay" }).sent("host") ?? "?", "second": "\(truth.steps(of: "pc2")[0].took)",
    "status": other[0].received("cache-status") ?? "?", "shut": "10", "form": String(fetched[3].response.components(separatedBy: " ")[1]), "keeper": told.server, "own": place, "bought": place == "relay" ? "the name and the relay" : "the name", "relay": truth.fetches("relay", to: "attic").max { ($0.sentAt.last ?? 0) < ($1.sentAt.last ?? 0) }?.client ?? "?", "moved": "203.0.113.99",
    "still": yes(!truth.steps("update", of: "pc")[6].hasFailed), "left": "\(late.records[0].ttl)", "back": truth.fetches("update", by: "pc").last?.server ?? "?",
  ]
}

extension Truth {
  /// One record of TLS as the host that called sent it or got it: only what its five bytes of head and its first byte of content say.
  struct Record {
    var connection: Int
    var server: String
    var isSent: Bool
    /// Unit: milliseconds.
    var at: Double
    var bytes: [UInt8]

    /// The kind of message that a record of the handshake begins with; nil: another record.
    var message: UInt8? { bytes[0] == 22 && bytes.count > 5 ? bytes[5] : nil }
  }

  /// What passed on the wire of the connections that pc made, in the order of its records.
  func wire(_ variant: String = "") -> [Record] {
    guard let store = run.leg(variant)?.store else { return [] }
    let records = store.conversations().filter { $0.info.role == .client && $0.info.encrypted }.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    return records.enumerated().flatMap { index, record in
      store.events(of: record.id).filter(\.kind.isWire).map {
        Record(
          connection: index, server: run.world.host(at: record.info.remote.address)?.name ?? "?", isSent: $0.kind == .wireSent,
          at: Double($0.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6, bytes: $0.bytes.array)
      }
    }
  }
}

private func truthH11(_ truth: Truth) throws -> [String: String] {
  let (stale, other, strange) = (truth.draw("stale"), truth.draw("other"), truth.draw("strange"))
  let wrongName = "another-name.\(truth.draw("grove")).garnet.test"
  let wire = truth.wire()
  func number(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
  /// What stands behind a list of two-byte numbers' length at `place` of a ClientHello's extension `type`.
  func place(of type: UInt8, in hello: [UInt8]) throws -> Int {
    var place = 5 + 4 + 2 + 32
    place += 1 + Int(hello[place])
    place += 2 + number(Array(hello[place...(place + 1)]))
    place += 1 + Int(hello[place]) + 2
    while place + 4 <= hello.count, number(Array(hello[place...(place + 1)])) != Int(type) { place += 4 + number(Array(hello[(place + 2)...(place + 3)])) }
    try #require(place + 4 <= hello.count)
    return place + 4
  }
  func versions(_ hello: [UInt8]) throws -> [String] {
    let start = try place(of: 43, in: hello) + 1
    return stride(from: start, to: start + Int(hello[start - 1]), by: 2).map { "1.\(hello[$0 + 1] - 1)" }
  }
  func hello(_ connection: Int, _ variant: String = "") throws -> Truth.Record { try needed(truth.wire(variant).first { $0.connection == connection && $0.message == 1 }) }
  /// What passed from the greeting to the first request.
  func beginning(_ connection: Int) -> ArraySlice<Truth.Record> {
    let own = wire.filter { $0.connection == connection }
    return own[...(own.firstIndex { $0.isSent && $0.bytes[0] == 23 && ($0.bytes.count > 5 + 53 || $0.bytes[2] != 3) } ?? 0)]
  }
  /// Its round trips, counted by flights: each time the talk turns from pc to the server.
  func trips(_ connection: Int) -> Int { zip(beginning(connection), beginning(connection).dropFirst()).filter { $0.isSent && !$1.isSent }.count }
  /// How long it took.
  func flight(_ connection: Int) -> String { "\((beginning(connection).last?.at ?? 0) - (beginning(connection).first?.at ?? 0))" }
  func alert(_ record: Truth.Record) throws -> String {
    try #require(record.bytes[0] == 21 && record.bytes.count == 7)
    return try #require([45: "certificate_expired", 47: "illegal_parameter", 48: "unknown_ca", 70: "protocol_version"][record.bytes[6]])
  }
  func alerts(_ variant: String) -> [Truth.Record] { truth.wire(variant).filter { $0.bytes[0] == 21 && $0.bytes.count == 7 } }
  func text(_ record: Truth.Record) -> String { String(decoding: record.bytes, as: UTF8.self) }

  let first = try hello(0)
  let second = try hello(1).bytes
  let name = try place(of: 0, in: second)
  let choice = try needed(wire.first { $0.connection == 1 && $0.message == 2 }).bytes
  let suite = 5 + 4 + 2 + 32 + 1 + Int(choice[43])
  let careless = truth.wire("careless").filter { $0.message == 11 }
  let served = truth.run.leg("lowered")?.store.conversations().filter { $0.info.role == .server && $0.info.encrypted } ?? []
  let lowered = try needed(served.max { $0.id < $1.id })
  let heard = try needed(truth.run.leg("lowered")?.store.events(of: lowered.id).first { $0.kind == .wireReceived })
  let mark = try needed(truth.wire("lowered").last { $0.message == 2 }).bytes
  // UTCTime is 23, 13, twelve digits and a Z; the certificate's second one is its end.
  let bytes = careless[1].bytes
  let places = bytes.indices.dropLast(14).filter { bytes[$0] == 23 && bytes[$0 + 1] == 13 && bytes[$0 + 14] == UInt8(ascii: "Z") }
  let until = String(decoding: bytes[(places[1] + 2)..<(places[1] + 14)], as: UTF8.self)
  #expect(text(careless[0]).contains("\(truth.draw("old")).garnet.test") && text(careless[1]).contains(stale) && text(careless[3]).contains(strange))
  #expect(Set(try versions(first.bytes)).count == 2 && Array(mark[(5 + 4 + 2 + 24)..<(5 + 4 + 2 + 31)]) == Array("DOWNGRD".utf8))
  return [
    "guess": "the site's name and about how long the page is", "offered": try versions(first.bytes).joined(separator: ", "), "chosen": "1.\(choice[10] - 1)",
    "suite": number(Array(choice[suite...(suite + 1)])) == 0xC02B ? "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" : "?",
    "protocol": text(first).contains("http/1.1") ? "http/1.1" : "?", "name": String(decoding: second[(name + 5)..<(name + 5 + number(Array(second[(name + 3)...(name + 4)])))], as: UTF8.self),
    "trips": "\(trips(0))", "more": "\(trips(1))", "flight": flight(0), "later": flight(1), "clear": "\(wire.count { $0.connection == 0 && $0.bytes[0] != 23 })",
    "sealed": "\(wire.filter { $0.connection == 1 && !$0.isSent && $0.bytes[0] == 23 }.reduce(0) { $0 + $1.bytes.count })",
    "issuer": text(careless[0]).contains("Netstead simulated authority") ? "Netstead simulated authority" : "?",
    "hidden": "\(wire.count { $0.connection == 0 && $0.message == 11 })", "pages": "\(truth.steps("careless", of: "pc").dropFirst(2).count { !$0.hasFailed })",
    "until": "20\(until.prefix(2))-\(until.dropFirst(2).prefix(2))-\(until.dropFirst(4).prefix(2))",
    "for": text(careless[2]).contains(wrongName) && !text(careless[2]).contains(other) ? wrongName : "?",
    "refused": "\(truth.steps("validation", of: "pc").dropFirst(2).count { !$0.hasFailed })", "stale": try alert(alerts("validation")[0]),
    "strange": try alert(needed(alerts("validation").last)), "heard": Set(try versions(heard.bytes.array)).joined(), "mark": "www's random number says that it could speak a newer version",
    "noticed": try alert(needed(alerts("lowered").last)), "relic": alerts("minimum")[0].isSent ? "pc" : alerts("minimum")[0].server,
    "least": try alert(needed(alerts("minimum").last { $0.server == "elder" && !$0.isSent })),
  ]
}

private func truthH13(_ truth: Truth) throws -> [String: String] {
  func status(_ variant: String) -> String { String(truth.spoken(variant, .http, by: "rogue")[1].heard.dropFirst(9).prefix(3)) }
  func page(_ variant: String, _ host: String) -> String { truth.fetches(variant, by: host)[0].content.trimmingCharacters(in: .newlines) }
  func passed(_ variant: String) -> Int { truth.fetches(variant, by: "proxy").reduce(0) { $0 + $1.request.components(separatedBy: "POST / HTTP/1.1").count - 1 } }
  #expect(page("", "pc") == "this is \(truth.draw("text"))" && page("smuggled", "pc2") == page("smuggled", "pc"))
  return [
    "guess": "refuse it", "plain": String(truth.spoken("", .http, by: "rogue")[0].heard.dropFirst(9).prefix(3)), "both": status(""), "own": page("", "pc"), "reach": "\(passed(""))",
    "stolen": "this is \(truth.draw("lie"))", "rogue": status("smuggled"), "connections": "\(truth.fetches("smuggled", by: "proxy").count)", "kept": page("smuggled", "pc2"),
    "why": truth.fetches("smuggled", by: "pc2")[0].received("cache-status") ?? "?", "strict": page("origin", "pc"), "refusal": status("origin"), "front": "\(passed("proxy"))",
  ]
}

private func truthD2(_ truth: Truth) throws -> [String: String] {
  let (asked, answered) = (truth.nameMessages(by: "pc").filter { !$0.isAnswer }, truth.nameMessages(by: "pc").filter(\.isAnswer))
  let (alias, cut, whole) = (answered[2].records, try needed(answered.first(where: \.isCut)), try needed(answered.first(where: \.isStream)))
  let number = try needed(truth.number(ofAnswerTo: "pc") { $0[2] & 2 != 0 })
  #expect(answered[0].answers == 1 && answered[1].code == 3 && whole.answers == 16 && cut.bytes.count <= 1_232)
  return [
    "head": hex(asked[0].bytes.prefix(12)), "label": hex([UInt8(truth.draw("name").utf8.count)] + truth.draw("name").utf8), "flags": hex(answered[1].bytes[2...3]),
    "code": "3", "pointer": "12", "start": "\(12 + truth.draw("alias").utf8.count + 1 + 13 + 4)", "inside": "\(alias[0].data.lowerBound)", "cut": "\(cut.bytes.count)",
    "whole": "\(whole.bytes.count)", "mark": "\(number)", "blocked": "no", "vain": "4", "retry": "16",
  ]
}

private func truthD8(_ truth: Truth) throws -> [String: String] {
  let turns = truth.nameMessages(by: "pc").filter { $0.isAnswer && $0.server == "ns1.cdn.test" }
  let fetched = truth.fetches(by: "pc")
  let counts = (1...3).map { number in fetched.count { $0.server == "edge\(number).cdn.test" } }
  let own = truth.nameMessages(by: "pc").filter { $0.isAnswer && $0.server == "resolver" && $0.name == "pool.cdn.test" }
  let least = try needed(truth.nameMessages(by: "pc2").first { $0.isAnswer && $0.name == "least.cdn.test" })
  func slow(_ variant: String) -> [Double] { truth.steps(variant, of: "pc2").dropFirst().map(\.took).filter { $0 > 1_000 } }
  let last = try needed(truth.nameMessages("health", by: "pc2").last { $0.isAnswer })
  #expect(counts.reduce(0, +) == Int(truth.draw("times")))
  return [
    "guess": "\(truth.nameMessages(by: "resolver").count { !$0.isAnswer && $0.name == "pool.cdn.test" && $0.type == 1 })",
    "turns": turns.map { $0.addresses[0] }.joined(separator: ", "), "list": "3", "first": "\(Set(fetched.prefix(3).map(\.server)).count)", "most": "\(counts[0])",
    "share": "\(100 * Double(counts.max() ?? 0) / Double(fetched.count))".prefix(7).description, "left": "\(own[1].records[0].ttl)", "least": "\(least.answers)",
    "dead": "\(slow("dead").count)", "wait": "\((truth.steps("dead", of: "pc2").map(\.took).max() ?? 0) / 1_000)", "health": "\(slow("health").count)",
    "listed": last.addresses.joined(separator: ", "),
  ]
}

private func truthD12(_ truth: Truth) throws -> [String: String] {
  let (pc, resolver) = (truth.nameMessages(by: "pc"), truth.nameMessages(by: "resolver"))
  func asked(_ from: Double, _ to: Double) -> String { Set(resolver.filter { !$0.isAnswer && $0.at > from && $0.at < to }.map(\.server)).sorted().joined(separator: ", ") }
  let late = resolver.filter { !$0.isAnswer && $0.at > 9_099_000 && $0.at < 9_111_000 }
  #expect(late.allSatisfy { $0.server.hasPrefix("root") } && !resolver.contains { $0.isAnswer && $0.at > 9_099_000 && $0.at < 9_149_000 })
  let stale = truth.nameMessages("stale", by: "pc").filter { $0.at > 9_099_000 }
  let way = 4.0
  return [
    "guess": truth.draw("ttl"), "first": try needed(pc.first { $0.isAnswer && $0.at > 50_000 }).addresses[0], "below": asked(50_000, 70_000),
    "hours": asked(6_999_000, 7_010_000).components(separatedBy: ", ").filter { $0.hasPrefix("tld") }.joined(separator: ", "), "vain": "\(late.count)", "silence": "10",
    "code": "SERVFAIL", "lucky": resolver.last { $0.isAnswer }?.server ?? "?", "known": yes(!truth.steps("tld", of: "pc")[1].hasFailed), "unknown": yes(!truth.steps("tld", of: "pc")[2].hasFailed),
    // The lab's zones give an hour unless they say otherwise.
    "zone": "3600", "stale": "\(try needed(stale.first(where: \.isAnswer)).records[0].ttl)",
    // From the answer's arrival at pc, less the way of both.
    "patience": "\(try needed(stale.first(where: \.isAnswer)).at - stale[0].at - 2 * way)", "never": yes(truth.nameMessages("stale", by: "pc").last { $0.isAnswer }?.name == "www.cobalt.test" && truth.nameMessages("stale", by: "pc").last { $0.isAnswer }?.code == 0),
    "other": try needed(truth.nameMessages("anycast", by: "resolver").first { $0.isAnswer && $0.at > 9_099_000 }).server,
  ]
}

private func truthD13(_ truth: Truth) throws -> [String: String] {
  let asked = truth.nameMessages(by: "pc").filter { !$0.isAnswer && $0.type == 16 }
  let honest = truth.nameMessages(by: "pc2").filter { !$0.isAnswer }
  let file = asked.flatMap { $0.labels.dropFirst().dropLast(3) }.joined()
  let text = String(decoding: stride(from: 0, to: file.count, by: 2).compactMap { UInt8(file.dropFirst($0).prefix(2), radix: 16) }, as: UTF8.self)
  #expect(text == String(repeating: "\(truth.draw("user")) has \(truth.draw("secret")) in \(truth.draw("place")). ", count: Int(truth.draw("repeats")) ?? 0))
  let rogue = truth.nameMessages().filter { !$0.isAnswer && $0.server == "rogue" }
  let watched = truth.nameMessages("watch", by: "pc").filter(\.isAnswer)
  let refusal = try needed(truth.number(ofAnswerTo: "pc", in: "watch") { $0[3] & 15 == 5 })
  return [
    "guess": "117", "questions": "\(asked.count)", "longest": "\(asked[0].name.utf8.count)", "secret": truth.draw("secret"), "who": rogue[0].asker, "shortened": "\(rogue.count)",
    "wire": "\(asked.reduce(0) { $0 + $1.bytes.count })", "honest": "\(Set(honest.map(\.name)).count)",
    "mean": "\(Double(honest.reduce(0) { $0 + $1.name.utf8.count }) / Double(honest.count))".prefix(6).description,
    "refused": truth.draw("bound"), "mark": "\(refusal)", "others": yes(watched.last?.code == 0 && watched.last?.name == "www.garnet.test"),
    "crude": "\(8 - (Int(truth.draw("bound")) ?? 0))",
  ]
}

private func truthD14(_ truth: Truth) throws -> [String: String] {
  let pc = truth.nameMessages(by: "pc").filter(\.isAnswer)
  func work(_ variant: String, at prefix: String) -> Int {
    truth.nameMessages(variant, by: "resolver").filter { told in !told.isAnswer && told.at > 19_000 && told.server.hasPrefix(prefix) }.count
  }
  let fetched = truth.fetches(by: "pc")
  let bomb = work("bomb", at: "ns1.cobalt") + work("bomb", at: "ns2.cobalt")
  let limits = work("limits", at: "ns1.cobalt") + work("limits", at: "ns2.cobalt")
  let mirror = truth.nameMessages("mirror", by: "resolver").filter { $0.server == "resolver" }
  #expect(mirror.allSatisfy { !$0.isAnswer || $0.code == 5 })
  #expect(bomb > limits && fetched[1].server == "printer")
  return [
    "guess": yes(fetched[1].response.hasPrefix("HTTP/1.1 200")), "first": pc[0].addresses[0], "life": "\(pc[0].records[0].ttl)", "second": "10.0.0.\(truth.draw("last"))",
    "host": fetched[1].sent("host") ?? "?", "leak": "paper 12, last page for \(truth.draw("secret"))", "screened": "\(truth.fetches("screen", to: "printer").count)",
    "empty": "\(truth.nameMessages("screen", by: "pc").last { $0.isAnswer }?.answers ?? -1)", "circle": "SERVFAIL", "effort": "\(work("circle", at: ""))",
    "mirror": "\(mirror.count { !$0.isAnswer })", "itself": "REFUSED", "bomb": "\(bomb)", "limits": "\(limits)",
  ]
}

extension Truth {
  /// The number of the first answer over UDP to a host whose bytes are so.
  fileprivate func number(ofAnswerTo host: String, in variant: String = "", _ isSo: ([UInt8]) -> Bool) -> UInt64? {
    guard let store = run.leg(variant)?.store else { return nil }
    let own = store.conversations().filter { $0.info.role == .client && $0.info.host == host && $0.info.carrier == .udp }
    let received = own.flatMap { store.events(of: $0.id) }.filter { $0.kind == .received && $0.bytes.count > 12 }
    return received.sorted { $0.sequence < $1.sequence }.first { isSo($0.bytes.array) }?.sequence
  }

  /// The port from which a host spoke last.
  fileprivate func port(of host: String, in variant: String) -> String? {
    run.leg(variant)?.store.conversations().filter { $0.info.role == .client && $0.info.host == host }.max { $0.opened < $1.opened }.map { "\($0.info.local.port)" }
  }
}

extension Instant {
  /// Unit: milliseconds.
  fileprivate var sinceStart: Double { Double(nanoseconds - Instant.simulationStart.nanoseconds) / 1e6 }
}
