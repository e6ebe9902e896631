// What the answers of the lessons about the way of mail and mailboxes really are, from the bytes that the clients recorded.
// Read before: LessonTruthTests.swift.
import Bytes
import Foundation
@testable import Lab
import TestKit
import Testing
import Trace
import World

extension Truth {
  /// One connection as the host that opened it recorded it.
  struct Session {
    var client: String
    var server: String
    var port: Int
    var events: [Event]

    func text(_ kind: Event.Kind) -> String { String(decoding: events.filter { $0.kind == kind }.flatMap { $0.bytes.array }, as: UTF8.self) }
    var sent: String { text(.sent) }
    var received: String { text(.received) }
    var receivedBytes: Int { events.reduce(0) { $0 + ($1.kind == .received ? $1.length : 0) } }

    /// When the first message left that has this in it. Unit: seconds from the start of the run.
    func sentAt(_ part: String) -> Double {
      let event = events.first { $0.kind == .sent && String(decoding: $0.bytes.array, as: UTF8.self).contains(part) }
      return Double((event?.time.nanoseconds ?? 0) - Instant.simulationStart.nanoseconds) / 1e9
    }

    /// The messages that were retrieved by POP3.
    var letters: [String] {
      received.components(separatedBy: " octets\r\n").dropFirst().map { $0.components(separatedBy: "\r\n.\r\n")[0] }
    }
  }

  /// The connections of one protocol, in the order they were opened.
  func sessions(_ dialect: Dialect, _ variant: String = "", by client: String? = nil, to server: String? = nil) -> [Session] {
    guard let store = run.leg(variant)?.store else { return [] }
    let records = store.conversations().filter { $0.info.role == .client && $0.info.dialect == dialect && run.lesson.hosts.contains($0.info.host) }
    return records.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }.map { record in
      Session(
        client: record.info.host, server: run.world.host(at: record.info.remote.address)?.name ?? "?", port: Int(record.info.remote.port),
        events: store.events(of: record.id))
    }.filter { (client ?? $0.client) == $0.client && (server ?? $0.server) == $0.server }
  }

  /// The number of the first message that a server has of a client, in one direction, with this in it.
  func message(_ dialect: Dialect, _ variant: String = "", with client: String, _ kind: Event.Kind, _ part: String, skip: Int = 0) -> String {
    let store = run.leg(variant)?.store
    let records = store?.conversations().filter { $0.info.role == .server && $0.info.dialect == dialect && run.world.host(at: $0.info.remote.address)?.name == client } ?? []
    let events = records.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }.flatMap { store?.events(of: $0.id) ?? [] }
    let found = events.filter { $0.kind == kind && String(decoding: $0.bytes.array.prefix(200), as: UTF8.self).contains(part) }.dropFirst(skip)
    return "\(found.first?.sequence ?? 0)"
  }

  /// When a host asked for records of a type, by the two bytes behind the name. Unit: seconds from the start of the run.
  func questions(_ variant: String = "", by host: String, type: UInt8) -> [Double] {
    sessions(.dns, variant, by: host).flatMap(\.events).filter { $0.kind == .sent }.compactMap { event in
      guard let end = event.bytes.array.dropFirst(12).firstIndex(of: 0), event.bytes.array[end + 2] == type else { return nil }
      return Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e9
    }.sorted()
  }
}

extension String {
  /// What stands between two texts, the first time.
  fileprivate func between(_ start: String, _ end: String) -> String {
    guard let from = range(of: start), let to = range(of: end, range: from.upperBound..<endIndex) else { return "?" }
    return String(self[from.upperBound..<to.lowerBound])
  }

  fileprivate func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
  fileprivate var lines: [String] { components(separatedBy: "\r\n") }
  /// The numbers in it.
  fileprivate var numbers: [Int] { split { !$0.isNumber }.compactMap { Int($0) } }
  /// The values of a letter's fields of this name, each on one line.
  fileprivate func fields(_ name: String) -> [String] {
    let head = components(separatedBy: "\r\n\r\n")[0].replacingOccurrences(of: "\r\n\t", with: " ").replacingOccurrences(of: "\r\n ", with: " ")
    return head.lines.filter { $0.lowercased().hasPrefix(name.lowercased() + ": ") }.map { String($0.dropFirst(name.count + 2)) }
  }
  /// What a server found out, by the method's name.
  fileprivate func verdict(_ method: String) -> String { fields("Authentication-Results").joined().between("\(method)=", " ") }
  /// The second of the day at its end.
  fileprivate var clock: Int {
    let parts = components(separatedBy: ":").suffix(3).flatMap(\.numbers)
    return parts.count < 4 ? 0 : parts[parts.count - 4] * 3_600 + parts[parts.count - 3] * 60 + parts[parts.count - 2]
  }
}

/// The answers to a lesson's questions, by lesson.
let mailTruths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "M2": { try truthM2($0) },
  "M5": { try truthM5($0) },
  "M6": { try truthM6($0) },
  "M7": { try truthM7($0) },
  "M8": { try truthM8($0) },
  "M9": { try truthM9($0) },
]

private func truthM2(_ truth: Truth) throws -> [String: String] {
  let smtp = truth.sessions(.smtp)
  let letter = try #require(truth.sessions(.pop3, by: "pc2").first?.letters.first)
  let size = try #require(truth.sessions(.pop3, by: "pc2").first?.received.between("+OK The list\r\n1 ", "\r\n"))
  let onward = try needed(smtp.first { $0.server == "mail.cobalt.test" })
  #expect(onward.sent.count(of: "DATA\r\n") == 1 && smtp.count == 2 * (Int(truth.draw("letters")) ?? 0))
  let late = try #require(truth.sessions(.smtp, "down", to: "mail.cobalt.test").first)
  let first = try #require(truth.sessions(.smtp, "down", by: "pc").first)
  let tries = truth.questions("gone", by: "mail.garnet.test", type: 15)
  let reports = try #require(truth.sessions(.pop3, "gone", by: "pc").last?.letters)
  let second = try #require(truth.sessions(.pop3, "second", by: "pc2").last?.letters.first)
  return [
    "connections": "\(smtp.count)", "opener": onward.client, "port": "\(smtp[0].port)", "type": "MX", "order": "mail.cobalt.test, mail.opal.test", "push": "pulled",
    "each": "1", "stamps": "\(letter.fields("Received").count)", "lowest": letter.fields("Received").last?.between("by ", " ") ?? "?",
    "manner": letter.fields("Received").last?.between("with ", " ") ?? "?", "growth": "\((Int(size) ?? 0) - (smtp[0].sent.between("SIZE=", "\r\n").numbers.first ?? 0))",
    "waited": "\(late.sentAt("Received:") - first.sentAt("Subject:"))", "stand-in": truth.sessions(.smtp, "second", by: "mail.garnet.test").first?.server ?? "?",
    "hops": "\(second.fields("Received").count)", "attempts": "\(tries.count)", "days": "\((tries.last ?? 0) / 86_400)", "reports": "\(reports.count)",
    "nobody": reports.last?.fields("Return-Path").first ?? "?", "last": reports.last?.fields("Subject").first ?? "?",
  ]
}

private func truthM5(_ truth: Truth) throws -> [String: String] {
  let honest = try #require(truth.sessions(.pop3, by: "pc2").first?.letters.first).fields("Received")
  let forged = try #require(truth.sessions(.pop3, "forged", by: "pc2").last?.letters.last).fields("Received")
  let own = try #require(truth.sessions(.pop3, "own", by: "pc2").last?.letters.last)
  let lies = truth.draw("lines").count(of: "Received: ")
  #expect(forged.count == lies + 2 && forged[1].contains("[203.0.113.\(truth.draw("last"))]"))
  return [
    "stamps": "\(honest.count)", "way": honest.reversed().map { $0.between("by ", " ") }.joined(separator: ", "), "delay": "\(honest[0].clock - honest[1].clock)",
    "saw": honest[1].between("[IPv6:", "]"), "pointer": "mail.garnet.test", "many": "\(forged.count)", "false": "\(lies)", "trusted": forged[1].between("by ", " "),
    "origin": "203.0.113.\(truth.draw("last"))", "claim": truth.draw("name"), "owner": "forger.test", "lie": truth.message(.smtp, "forged", with: "forger", .received, "EHLO "), "enough": "1",
    "proof": own.fields("Received")[0].between("[", "]"), "verdict": own.verdict("spf"),
  ]
}

private func truthM6(_ truth: Truth) throws -> [String: String] {
  /// The last letter that came over the last connection of IMAP.
  func last(_ variant: String) -> String {
    let said = truth.sessions(.imap, variant, by: "pc2").last?.received ?? ""
    return String((said.components(separatedBy: "BODY[] {").last ?? "").drop { $0 != "\r\n" }.dropFirst())
  }
  let both = try #require(truth.sessions(.imap, by: "pc2").first?.received).components(separatedBy: "BODY[] {").dropFirst().map { String($0.drop { $0 != "\r\n" }.dropFirst()) }
  #expect(both.count == 2 && both[0].fields("Subject") == [truth.draw("subject")])
  let (envelope, list, forwarded) = (last("envelope"), last("list"), last("forwarder"))
  return [
    "spf": both[0].verdict("spf"), "signer": both[0].between("header.d=", "\r\n"), "asked": "s1._domainkey.garnet.test", "policy": "\"v=spf1 mx -all\"",
    "forged": both[1].verdict("spf"), "folder": "Junk", "junk": truth.draw("bait"), "from": both[1].fields("Received")[0].between("[", "]"),
    "nothing": "\(last("careless").fields("Authentication-Results").count)", "envelope": envelope.between("smtp.mailfrom=\(truth.draw("stranger"))@", ";"), "seen": "\(truth.draw("author"))@garnet.test", "aligned": "no",
    "slipped": "INBOX", "broken": forwarded.verdict("spf"), "whole": forwarded.verdict("dkim"), "delivered": "INBOX", "changed": list.verdict("dkim"),
    "vouched": list.between("smtp.mailfrom=\(truth.draw("club"))@", ";"), "returns": truth.draw("club") + "@opal.test",
    "relay": truth.sessions(.smtp, "relay", by: "forger").last?.received.lines.first { $0.hasPrefix("550") }.map { String($0.prefix(3)) } ?? "?",
    "refused": truth.sessions(.smtp, "refusing", by: "forger").last?.received.between("550 ", " ") ?? "?",
  ]
}

private func truthM7(_ truth: Truth) throws -> [String: String] {
  let letters = try #require(truth.sessions(.pop3, by: "pc2").first).letters
  let fakes = letters.indices.filter { letters[$0].fields("Received").last?.contains("[203.0.113.66]") == true }.map { $0 + 1 }
  #expect(letters.count == 10 && fakes.count == 6)
  // The reply to RETR with the number of the letter that garnet disowns.
  let disowned = try needed(letters.firstIndex { $0.verdict("spf") == "fail" })
  func about(_ subject: String) -> String { letters.first { $0.fields("Subject") == [subject] } ?? "?" }
  let desk = about("Your mailbox is full")
  return [
    "fakes": fakes.map(String.init).joined(separator: ", "), "proof": truth.message(.pop3, with: "pc2", .sent, " octets\r\n", skip: disowned), "lookalike": truth.draw("lookalike"),
    "name": about("Your invoice").fields("From").joined().between("<", ">"), "reply": "writer@\(truth.draw("reply")).example",
    "desk": "\(truth.draw("trap")).example", "clone": "\((letters.firstIndex { $0.contains(truth.draw("copy") + ".example") } ?? 0) + 1)",
    "signed": "\(letters.count { $0.verdict("dkim") == "pass" })", "unproven": desk.verdict("spf"),
    "blind": "\(truth.sessions(.pop3, "blind", by: "phone").last?.letters.last?.fields("Authentication-Results").count ?? -1)",
    "refused": "\(truth.sessions(.pop3, "refused", by: "pc").last?.received.lines.last { $0.wholeMatch(of: /\+OK \d+ \d+/) != nil }?.numbers.first ?? -1)",
  ]
}

private func truthM8(_ truth: Truth) throws -> [String: String] {
  /// The answers to STAT.
  func status(_ variant: String, _ host: String) -> [[Int]] {
    truth.sessions(.pop3, variant, by: host).compactMap { $0.received.lines.first { $0.wholeMatch(of: /\+OK \d+ \d+/) != nil }?.numbers }
  }
  let (pc, phone) = (try #require(truth.sessions(.pop3, by: "pc").first), try #require(truth.sessions(.pop3, by: "phone").first))
  let sizes = pc.received.between("+OK The list\r\n", "\r\n.\r\n").lines.map { $0.numbers[1] }
  func names(_ talk: Truth.Session) -> [String] { talk.received.lines.filter { $0.wholeMatch(of: /\d+ [0-9a-f]*[a-f][0-9a-f]*/) != nil }.map { $0.components(separatedBy: " ")[1] } }
  let letters = Int(truth.draw("letters")) ?? 0
  #expect(sizes.count == letters + 1 && status("cut", "phone").count == 1 && pc.letters.count == letters + 1)
  return [
    "foresight": status("cut", "phone").last?.first == letters ? "all letters" : "?", "count": "\(letters + 1)", "bytes": "\(sizes.reduce(0, +))", "second": "\(sizes[1])",
    "name": names(pc).last ?? "?", "same": names(pc) == names(phone) ? "yes" : "no", "kept": "\(phone.letters.count)", "traffic": "\(phone.receivedBytes)",
    "deleted": "\(status("delete", "phone").first?.first ?? -1)", "marks": "\(truth.sessions(.pop3, "delete", by: "pc").first?.sent.count(of: "DELE ") ?? -1)",
    "busy": truth.sessions(.pop3, "cut", by: "phone").first?.received.lines.first { $0.hasPrefix("-ERR") }?.components(separatedBy: " ")[1] ?? "?",
    "there": "\(status("cut", "phone").last?.first ?? -1)", "gone": "\(status("quit", "phone").last?.first ?? -1)", "moment": truth.message(.pop3, "quit", with: "pc", .received, "QUIT\r\n"),
  ]
}

private func truthM9(_ truth: Truth) throws -> [String: String] {
  let phone = truth.sessions(.imap, by: "phone")
  let lines = phone[0].received.lines
  /// What came between the phone's asking to wait and its end.
  let waiting = phone[0].received.between("\r\n+ ", "OK IDLE").lines
  let folder = try needed(phone[1].received.lines.last { $0.contains(" FETCH (") })
  let list = lines.filter { $0.contains(" FETCH (") && $0.contains("ENVELOPE") }
  func validity(_ talk: Truth.Session) -> Int { talk.received.between("UIDVALIDITY ", "]").numbers.first ?? 0 }
  let told = try needed(waiting.first { $0.contains(" FETCH (") })
  let retrieved = try #require(truth.sessions(.pop3, by: "phone").first)
  let wrong = try #require(truth.sessions(.imap, "renewed", by: "phone").last)
  let again = truth.sessions(.imap, "resync", by: "phone")
  #expect(list.count == Int(truth.draw("letters")))
  // A step of its own. Inside the string below, Swift 6.3.1 gives this closure the name of an earlier one in a `#require`, both in this closure, and
  // with it that one's body: it looked for the first ` FETCH (` and found a line of 273 bytes.
  let completed = try needed(lines.first { $0.hasSuffix("OK FETCH completed") })
  let listing = (list + [completed]).reduce(0) { $0 + $1.utf8.count + 2 }
  return [
    "exists": truth.draw("letters"), "next": lines.first { $0.contains("UIDNEXT") }?.between("UIDNEXT ", "]") ?? "?", "validity": "\(validity(phone[0]))",
    "seen": told.between("FLAGS (\\", ")").components(separatedBy: " ")[0], "which": truth.draw("pick"), "newest": "\((Int(truth.draw("letters")) ?? 0) + 1)", "gone": "EXPUNGE",
    "left": (1...(Int(truth.draw("letters")) ?? 0) + 1).filter { "\($0)" != truth.draw("pick") }.map(String.init).joined(separator: ", "), "uid": folder.components(separatedBy: "UID ")[1].numbers.first.map(String.init) ?? "?",
    "flags": folder.between("FLAGS (", ")").components(separatedBy: " ").map { String($0.drop { $0 == "\\" }) }.joined(separator: ", "),
    "listing": "\(listing)",
    "fetching": "\(retrieved.letters.reduce(0) { $0 + $1.utf8.count + 5 } + retrieved.received.lines.filter { $0.hasSuffix(" octets") }.reduce(0) { $0 + $1.utf8.count + 2 })",
    "wrong": wrong.received.contains("\"\(truth.draw("last"))\"") ? truth.draw("last") : "?", "before": "\(validity(again[1]))",
    "after": "\(validity(try #require(again.last)) - validity(again[1]))",
  ]
}
