// What the answers of the lessons about files and letters really are, from the bytes in the trace's own records, by plain code.
// Read before: LessonTruthTests.swift, which asks.
import Bytes
import Foundation
@testable import Lab
import TestKit
import Testing
import Trace
import World

extension Truth {
  /// One connection of lines, as the host that accepted it recorded it.
  struct Spoken {
    var client: String
    var server: String
    var port: UInt16
    var opened: Double
    /// What passed, in its order. Unit: milliseconds from the start of the run.
    var pieces: [(isSaid: Bool, at: Double, text: String, bytes: Int, number: UInt64)]

    /// All that the client said, all that it heard.
    var said: String { pieces.filter(\.isSaid).map(\.text).joined() }
    var heard: String { pieces.filter { !$0.isSaid }.map(\.text).joined() }
    var replies: [String] { heard.components(separatedBy: "\r\n").filter { $0.dropFirst(3).first != "-" && !$0.isEmpty } }
    var lines: [String] { said.components(separatedBy: "\r\n").filter { !$0.isEmpty } }
    var bytes: Int { pieces.reduce(0) { $0 + $1.bytes } }

    /// The last line of what was heard between the line that begins so and the next one said: the first such line, or the one after `skip` others.
    func reply(to start: String, skip: Int = 0) -> String {
      let places = pieces.indices.filter { pieces[$0].isSaid && pieces[$0].text.hasPrefix(start) }
      guard places.indices.contains(skip) else { return "?" }
      let rest = pieces[(places[skip] + 1)...].prefix { !$0.isSaid }.map(\.text).joined()
      return rest.components(separatedBy: "\r\n").last { !$0.isEmpty } ?? "?"
    }
    func code(of start: String, skip: Int = 0) -> String { String(reply(to: start, skip: skip).prefix(3)) }
    /// What stands behind a word at a line's beginning.
    func behind(_ start: String) -> String { lines.first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) } ?? "?" }
    /// The letters in it, as they passed: from behind each invitation to the lone dot.
    var letters: [String] {
      said.components(separatedBy: "DATA\r\n").dropFirst().map { rest in
        rest.range(of: "\r\n.\r\n").map { String(rest[..<$0.lowerBound]) + "\r\n" } ?? rest
      }
    }
  }

  /// The connections of one protocol in a run, in the order they were opened.
  func spoken(_ variant: String = "", _ dialect: Dialect, by client: String? = nil) -> [Spoken] {
    guard let store = run.leg(variant)?.store else { return [] }
    func time(_ instant: Instant) -> Double { Double(instant.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6 }
    let records = store.conversations().filter { $0.info.role == .server && $0.info.dialect == dialect }.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    return records.map { record in
      let pieces = store.events(of: record.id).filter { $0.kind == .sent || $0.kind == .received }.map {
        (isSaid: $0.kind == .received, at: time($0.time), text: String(decoding: $0.bytes.array, as: UTF8.self), bytes: $0.length, number: $0.sequence)
      }
      return Spoken(
        client: run.world.host(at: record.info.remote.address)?.name ?? "?", server: record.info.host, port: record.info.local.port, opened: time(record.opened), pieces: pieces)
    }.filter { client ?? $0.client == $0.client }
  }
}

extension String {
  /// The number between two marks.
  fileprivate func number(between start: String, _ end: String) -> Int? {
    guard let from = range(of: start), let to = range(of: end, range: from.upperBound..<endIndex) else { return nil }
    return Int(self[from.upperBound..<to.lowerBound])
  }

  /// The six numbers in it as address and port.
  fileprivate var place: (address: String, port: Int) {
    let numbers = split { !"0123456789,".contains($0) }.first { $0.filter { $0 == "," }.count == 5 }?.split(separator: ",").compactMap { Int($0) } ?? []
    return numbers.count == 6 ? (numbers[..<4].map(String.init).joined(separator: "."), numbers[4] * 256 + numbers[5]) : ("?", 0)
  }

  fileprivate var undone: String { Data(base64Encoded: self).map { String(decoding: $0, as: UTF8.self) } ?? "?" }
}

/// The answers to the questions about files and letters, by lesson.
let lineTruths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "F1": { try truthF1($0) },
  "F2": { try truthF2($0) },
  "M1": { try truthM1($0) },
  "M3": { try truthM3($0) },
  "M4": { try truthM4($0) },
]

private func truthF1(_ truth: Truth) throws -> [String: String] {
  let session = try #require(truth.spoken("", .ftp).first)
  let carried = truth.spoken("", .ftpData).filter { $0.opened < 9_000 }
  let ports = session.heard.components(separatedBy: "229 ").dropFirst().compactMap { $0.number(between: "(|||", "|)") }
  let (full, resumed) = (truth.spoken("full", .ftp), truth.spoken("resume", .ftp))
  let (upload, kept) = (Int(truth.draw("upload")) ?? 0, Int(truth.draw("kept")) ?? 0)
  #expect(resumed[3].reply(to: "SIZE") == "213 \(upload)")
  #expect(ports.count == 4 && carried.map { Int($0.port) } == ports)
  let sizes = ["small", "middle", "size"].compactMap { Int(truth.draw($0)) }
  #expect(carried.dropFirst().map(\.bytes) == sizes && carried.allSatisfy { $0.client == "pc" && $0.said.isEmpty })
  return [
    "guess": "\(1 + carried.count)", "named": session.code(of: "USER"), "welcome": session.code(of: "PASS"), "password": truth.draw("password"), "replies": "150, 226",
    "port": "\(ports[2])", "opener": "pc", "closer": "ftp.garnet.test", "bytes": truth.draw("middle"), "all": "\(carried[0].bytes + sizes.reduce(0, +))",
    "talk": "\(session.lines.count)", "missing": "550", "full": "552", "left": full[3].code(of: "SIZE"), "noted": resumed[3].code(of: "REST"), "rest": "\(upload - kept)",
    "whole": "\(upload)",
  ]
}

private func truthF2(_ truth: Truth) throws -> [String: String] {
  let sessions = truth.spoken("", .ftp)
  let passive = sessions[0].reply(to: "PASV")
  let data = truth.spoken("", .ftpData)
  let (nat, closed, bounce, epsv) = (truth.spoken("nat", .ftp), truth.spoken("closed", .ftp), truth.spoken("bounce", .ftp), truth.spoken("epsv", .ftp))
  let bouncing = try needed(bounce.first { $0.client == "rogue" })
  return [
    "numbers": String(passive.dropFirst(4)), "passive": "\(passive.place.port)", "address": "198.51.100.14", "caller": "pc",
    "command": "PORT " + sessions[1].behind("PORT "), "active": "\(sessions[1].behind("PORT ").place.port)", "server": "ftp.garnet.test",
    "extended": "\(sessions[2].reply(to: "EPSV").number(between: "(|||", "|)") ?? 0)", "opened": "\(data.count { $0.client == "pc" })", "tap": truth.draw("password"),
    "home": "10.0.0." + truth.draw("home"), "nat": nat[3].code(of: "PORT"), "nofile": nat[3].code(of: "RETR"), "closed": closed[3].code(of: "PORT"),
    "late": closed[3].code(of: "RETR"), "bounced": "0", "refused": bouncing.code(of: "PORT"), "epsv": epsv[3].code(of: "RETR", skip: 1),
  ]
}

private func truthM1(_ truth: Truth) throws -> [String: String] {
  let sessions = truth.spoken("", .smtp)
  let wire = try #require(sessions[0].letters.first)
  let ended = try needed(sessions[0].pieces.last { $0.isSaid && $0.text.hasSuffix(".\r\n") && !$0.text.hasPrefix("QUIT") })
  let bare = try #require(truth.spoken("bare", .smtp).last)
  let letter = bare.said.components(separatedBy: "DATA\r\n").dropFirst().joined(separator: "DATA\r\n")
  let stuffed = try #require(truth.spoken("stuffed", .smtp).last)
  let passed = truth.spoken("completed", .smtp, by: "mail.garnet.test")
  let whole = passed.map(\.said).joined()
  let dotted = wire.components(separatedBy: "\r\n").count { $0.hasPrefix(".") }
  #expect(passed.count == 1 && stuffed.letters.count >= 1 && stuffed.code(of: "QUIT") == "221")
  #expect(whole.contains("\r\n..\r\nMAIL FROM:<\(truth.draw("boss"))@garnet.test>\r\n"))
  return [
    "guess": "\(dotted)", "greeting": "220", "verbs": "EHLO, MAIL, RCPT, DATA, QUIT", "invites": sessions[0].code(of: "DATA"), "envelope": truth.draw("sender") + "@pc.test",
    "from": truth.draw("claimed") + "@garnet.test", "gets": truth.draw("reader") + "@cobalt.test", "end": "\(ended.number)", "own": "\(wire.utf8.count - dotted)", "dots": "\(dotted + 3)",
    "nobody": sessions[1].code(of: "RCPT"), "relay": String(sessions[1].reply(to: "RCPT", skip: 2).split(separator: " ")[1]), "taken": truth.draw("post") + "@cobalt.test",
    "bare": "550", "smuggled": truth.draw("boss") + "@garnet.test", "ends": "\(letter.replacingOccurrences(of: "\r\n", with: "").filter { $0 == "\n" }.count)",
    "stuffed": "1", "inside": "a line of the letter", "passed": "\(passed.count)", "whole": "\(whole.replacingOccurrences(of: "\r\n", with: "").filter { $0 == "\n" }.count)",
  ]
}

private func truthM3(_ truth: Truth) throws -> [String: String] {
  let sessions = truth.spoken("", .smtp)
  let offer = sessions[0].heard.components(separatedBy: "\r\n").filter { $0.hasPrefix("250") }
  let login = sessions[2].lines
  let onward = try needed(sessions.first { $0.server == "mail.cobalt.test" })
  let tapped = truth.spoken("tap", .smtp)
  let insisting = try #require(truth.spoken("insist", .smtp).last)
  let rogues = try needed(tapped.first { $0.client == "rogue" })
  #expect(login[2].undone == truth.draw("user") && login[3].undone == truth.draw("password"))
  return [
    "offered": offer.contains { $0.contains("STARTTLS") } ? "yes" : "no", "lines": "\(offer.count)", "first": sessions[0].code(of: "MAIL"), "asks": "Username:",
    "wrong": sessions[1].code(of: Data(truth.draw("wrong").utf8).base64EncodedString()), "user": truth.draw("user"), "password": truth.draw("password"),
    "welcome": sessions[2].code(of: login[3]), "onward": onward.client, "again": onward.said.contains("AUTH") ? "yes" : "no",
    "tapped": rogues.code(of: ".\r\n"), "shown": truth.draw("user") + "@garnet.test", "injected": truth.spoken("injected", .smtp).last.map { String($0.replies.last?.prefix(3) ?? "") } ?? "?",
    "insists": insisting.code(of: "STARTTLS"), "silent": insisting.lines == ["EHLO pc.test", "STARTTLS", "QUIT"] ? "0" : "?", "policy": truth.draw("policy"), "dane": truth.draw("print") + "887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d",
  ]
}

private func truthM4(_ truth: Truth) throws -> [String: String] {
  let first = try #require(truth.spoken("", .smtp, by: "pc").first)
  let letter = try #require(first.letters.first)
  let boundary = try needed(letter.components(separatedBy: "boundary=\"").last?.prefix { $0 != "\"" })
  // Each part: its fields, an empty line, its content; the line end before a boundary is the boundary's.
  let parts = letter.components(separatedBy: "--\(boundary)").dropFirst().dropLast().map { $0.components(separatedBy: "\r\n\r\n") }
  func field(_ name: String, _ head: String) -> String { head.components(separatedBy: "\r\n").first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count + 2)) } ?? "?" }
  // The line end of the last line is its own, the next one the boundary's.
  let picture = parts[1][1...].joined().utf8.count + 2
  let size = Int(truth.draw("size")) ?? 0
  let passed = try #require(truth.spoken("", .smtp, by: "mail.garnet.test").first?.letters.first)
  let second = try #require(truth.spoken("", .smtp, by: "pc").last?.letters.first)
  let dish = truth.draw("dish")
  #expect((size + 2) / 3 * 4 + ((size + 2) / 3 * 4 + 75) / 76 * 2 == picture)
  #expect(Data(base64Encoded: parts[1][1].filter { !$0.isWhitespace })?.count == size)
  let sum = ProgramRunner("sha256sum")?.runBlocking([], input: Array(truth.draw("secret").utf8)).text.prefix { $0 != " " } ?? ""
  return [
    "guess": "\(picture)", "type": "multipart/mixed", "boundary": String(boundary), "parts": "\(parts.count)",
    "types": parts.map { String(field("Content-Type", $0[0]).prefix { $0 != ";" }) }.joined(separator: ", "), "name": truth.draw("note") + ".txt",
    "growth": "\(100 * Double(picture) / Double(size) - 100)", "secret": truth.draw("secret"), "hash": String(sum),
    "subject": field("Subject", letter), "encoding": field("Content-Transfer-Encoding", second), "word": dish.utf8.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "=" + String($0, radix: 16, uppercase: true) }.joined(),
    "same": passed.hasSuffix(letter.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")) ? "no" : "yes", "declared": "BODY=8BITMIME", "bytes": "\(dish.utf8.count)",
    "cleared": String(decoding: dish.utf8.map { $0 & 0x7F }, as: UTF8.self), "fit": "nothing", "decoded": dish,
  ]
}
