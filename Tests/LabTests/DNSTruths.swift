// What the answers of the lessons about domains and forged datagrams really are, from what was drawn and from the messages in the servers' own
// records. Messages are read as messages; nothing here knows of facts and expressions.
// Read before: LessonTruthTests.swift, which asks.
import Bytes
import DNS
import Foundation
@testable import Lab
import TestKit
import Testing
import Trace
import World

extension Truth {
  /// One message, as a server recorded it.
  struct Told {
    /// By its datagram; who really sent it, nobody knows.
    var from: String
    var to: String
    /// Unit: milliseconds.
    var at: Double
    /// Unit: bytes, with the length before it on a stream.
    var bytes: Int
    var isStream: Bool
    var message: Message
    var question: String { message.questions.first.map { "\($0.name)" } ?? "" }
    var type: String { message.questions.first.map { "\($0.type)" } ?? "" }
    var isAnswer: Bool { message.flags.isResponse }
    var serial: String { message.answers.lazy.compactMap(\.startOfAuthority).first.map { "\($0.serial)" } ?? "?" }
    var addresses: [String] { message.answers.compactMap { $0.data.address?.description } }
  }

  /// All of them, in their order.
  func told(_ variant: String = "") -> [Told] {
    guard let store = run.leg(variant)?.store else { return [] }
    return store.conversations().filter { $0.info.role == .server && $0.info.dialect == .dns }.flatMap { record in
      store.events(of: record.id).filter { $0.kind == .received || $0.kind == .sent }.compactMap { event -> (UInt64, Told)? in
        let isStream = record.info.carrier == .tcp
        guard let message = try? Message(reading: isStream ? event.bytes[min(2, event.bytes.count)..<event.bytes.count] : event.bytes) else { return nil }
        let (here, there) = (record.info.host, run.world.host(at: record.info.remote.address)?.name ?? "?")
        return (event.sequence, Told(
          from: event.kind == .sent ? here : there, to: event.kind == .sent ? there : here,
          at: Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6, bytes: event.length, isStream: isStream, message: message))
      }
    }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// The statuses of a registrar's pages.
  func statuses(_ variant: String = "") -> [String] { fetches(variant, to: "registrar").map { $0.response.components(separatedBy: " ")[1] } }
}

let dnsTruths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "D5": { try truthD5($0) },
  "D6": { try truthD6($0) },
  "D7": { try truthD7($0) },
  "D9": { try truthD9($0) },
  "D11": { try truthD11($0) },
]

private func truthD5(_ truth: Truth) throws -> [String: String] {
  let (name, other) = (truth.draw("name"), truth.draw("other"))
  let denial = try needed(truth.told().first { $0.to == "resolver" && $0.message.responseCode == .noSuchName })
  let denied = try #require(denial.message.authorities.first)
  let minimum = min(denied.ttl, try #require(denied.startOfAuthority).minimum)
  let update = try needed(truth.told().first { $0.message.flags.opcode == .update })
  let notice = try needed(truth.told().first { $0.message.flags.opcode == .notify })
  #expect(update.from == "registrar" && update.to == "tld1" && notice.from == "tld1" && notice.question == "test.")
  #expect(update.message.authorities.count == 2 && update.message.answers.count == 1)
  let late = truth.datagrams(from: "resolver").filter { $0.at > 15_000 && $0.at < 30_000 }
  let again = try #require(needed(truth.told().first { $0.to == "pc" && $0.at > 15_000 && $0.isAnswer }).message.authorities.first)
  let lame = try needed(truth.told("lame").last { $0.from == "ns1.cobalt.test" && $0.isAnswer })
  return [
    "before": "NXDOMAIN", "denier": denial.from, "opcode": "UPDATE", "key": "registrar.test", "told": notice.to, "late": "NXDOMAIN", "asked": "\(late.count)",
    "negative": "\(minimum)", "left": "\(again.ttl)", "address": "198.51.100.\(truth.draw("web"))", "mail": "mail.\(name).test", "above": "0", "glue": "198.51.100.11", "glueless": truth.statuses("glueless").last ?? "",
    "lame": "SERVFAIL", "refused": "\(lame.message.responseCode)", "taken": truth.statuses("taken").last ?? "", "checked": "ns1.\(other).test",
  ]
}

private func truthD6(_ truth: Truth) throws -> [String: String] {
  let all = truth.told()
  let update = try needed(all.first { $0.message.flags.opcode == .update && $0.from == "pc" })
  let serials = all.filter { $0.to == "pc" && $0.type == "SOA" && $0.message.flags.opcode == .query }.map(\.serial)
  let notice = try needed(all.first { $0.from == "ns1.garnet.test" && $0.message.flags.opcode == .notify })
  let (old, fresh, evil) = ("203.0.113.\(truth.draw("old"))", "203.0.113.\(truth.draw("fresh"))", "203.0.113.\(truth.draw("evil"))")
  let rogue = truth.told("rogue").filter { $0.to == "rogue" }
  let second = truth.told("second").filter { $0.to == "pc" && $0.message.flags.opcode == .update }
  let refused = truth.told("tsig").filter { $0.to == "rogue" }
  #expect(refused.count == 2 && refused.allSatisfy { $0.message.responseCode == .refused })
  #expect(serials.count == 2 && Int(serials[1]) == (Int(serials[0]) ?? 0) + 1)
  return [
    "opcode": "UPDATE", "before": serials[0], "after": serials[1], "code": "NOERROR", "bytes": "\(update.bytes)", "authority": fresh, "stale": old,
    "worst": truth.draw("ttl"), "fresh": fresh, "told": notice.to, "rogue": "\(rogue[0].message.responseCode)", "believed": evil,
    "second": "\(second[1].message.responseCode)", "same": serials[1], "tsig": "REFUSED", "kept": fresh,
  ]
}

private func truthD7(_ truth: Truth) throws -> [String: String] {
  let all = truth.told()
  let serials = all.filter { $0.to == "pc" && $0.type == "SOA" && $0.message.flags.opcode == .query }.map(\.serial)
  let notice = try needed(truth.run.leg("")?.store.events(after: 0).events.first { event in
      guard event.kind == .sent, let message = try? Message(reading: event.bytes) else { return false }
      return message.flags.opcode == .notify && !message.flags.isResponse
    })
  let asked = all.filter { $0.from == "ns2.garnet.test" && !$0.isAnswer && $0.at > 10_000 && $0.at < 14_000 }.map(\.type)
  let (whole, steps) = (all.filter { $0.to == "pc" && $0.type == "AXFR" }, all.filter { $0.to == "pc" && $0.type == "IXFR" })
  let change = try needed(all.first { $0.to == "ns2.garnet.test" && $0.type == "IXFR" && $0.isAnswer })
  let down = truth.datagrams(from: "resolver").filter { $0.at > 39_000 }
  let unanswered = down.filter { $0.to == "ns1.garnet.test" }.count
  let copied = truth.told("anyone").filter { $0.to == "rogue" && $0.isAnswer }
  let (bytes, fewer) = (whole.reduce(0) { $0 + $1.bytes }, steps.reduce(0) { $0 + $1.bytes })
  let left = try needed(truth.datagrams(from: "pc").first { $0.at >= 10_000 }).at
  return [
    "version": serials[0], "notice": "\(notice.sequence)", "asks": asked.joined(separator: ", "), "lag": "\(change.at - left)",
    "there": "198.51.100.\(truth.draw("host"))", "next": serials[1], "whole": "\(bytes)", "steps": "\(fewer)", "spared": "\(Double(bytes) / Double(fewer))",
    "survives": "ns2.garnet.test", "retries": "\(unanswered)", "first": "NOERROR", "other": "NXDOMAIN", "anyone": "\(copied[0].message.answers.count)", "acl": "REFUSED",
  ]
}

private func truthD9(_ truth: Truth) throws -> [String: String] {
  let (evil, right) = ("203.0.113.\(truth.draw("last"))", "198.51.100.35")
  let flood = Double(truth.draw("flood")) ?? 1
  let race = truth.told("race")
  let guessed = try needed(race.last { $0.from == "resolver-old" && $0.question == "mail.opal.test." && !$0.isAnswer })
  let asked = try needed(truth.told().first { $0.to == "ns1.cobalt.test" && $0.from == "resolver" && $0.question == "mail.opal.test." && !$0.isAnswer })
  let won = Int(truth.said(2).split(separator: " ")[0]) ?? -1
  // Within five times the spread of what chance allows.
  let expected = 1_000 * flood / 65_536
  #expect(abs(Double(won) - expected) < 5 * expected.squareRoot())
  let ends = ["race", "chance", "careful"].map { variant in truth.told(variant).last { $0.to == "pc" }?.addresses.last ?? "" }
  #expect(ends == [evil, right, right])
  let ttl = try #require(race.last { $0.to == "pc" }?.message.answers.last?.ttl)
  return [
    "said": evil, "got": right, "asked": "ns1.cobalt.test", "identifiers": "\(asked.message.id)", "thousand": "\(won)", "blind": "\(65_536 / flood)", "ports": "\(65_536 * 16_384 / flood)",
    "letters": "\("\(truth.draw("lure")).\(truth.draw("evil")).test".count { $0 != "." })", "poisoned": ends[0], "guessed": "\(guessed.message.id)", "port": "5300", "lasts": "\(ttl)", "chance": ends[1], "careful": ends[2],
  ]
}

private func truthD11(_ truth: Truth) throws -> [String: String] {
  let flood = truth.told().filter { $0.at < 9_000 }
  let (questions, answers) = (flood.filter { !$0.isAnswer }, flood.filter(\.isAnswer))
  let bytes = answers.reduce(0) { $0 + $1.bytes }
  #expect(questions.count == 2 * (Int(truth.draw("times")) ?? 0) && answers.count == questions.count)
  let span = ((answers.last?.at ?? 0) - answers[0].at) / 1_000
  let limited = truth.told("rrl").filter { $0.from == "ns1.cobalt.test" && $0.at < 1_000 }
  let (whole, cut) = (limited.filter { !$0.message.flags.isTruncated }, limited.filter(\.message.flags.isTruncated))
  #expect(whole.count >= 20 && whole.count < questions.count && cut.allSatisfy { $0.bytes <= questions[0].bytes })
  func carrier(_ variant: String, _ host: String) -> String {
    truth.told(variant).last { $0.from == "ns1.cobalt.test" && $0.to == host && !$0.message.answers.isEmpty }.map { $0.isStream ? "tcp" : "udp" } ?? "?"
  }
  #expect(carrier("cookies", "resolver-careful") == "udp" && carrier("cookies", "resolver") == "tcp" && carrier("rrl", "pc-america") == "tcp")
  let open = truth.told("open").filter { $0.from == "resolver" && $0.to == "pc-america" }
  let closed = try needed(truth.told("closed").first { $0.from == "resolver-careful" && $0.to == "pc-america" })
  return [
    "small": "\(questions[0].bytes)", "large": "\(answers[0].bytes)", "factor": "\(Double(answers[0].bytes) / Double(questions[0].bytes))", "victim": "pc-america", "all": "\(bytes)",
    "rate": "\(Double(8 * bytes) / span / 1e6)", "open": "\(open.count)", "closed": "\(closed.bytes)", "whole": "\(whole.count)", "cut": "\(cut.count)",
    "left": "\(limited.reduce(0) { $0 + $1.bytes })", "honest": "tcp", "cookie": "udp", "without": "tcp", "filter": "0",
  ]
}
