// What the answers of the lessons about peers really are: for the ring by walking around the circle with plain arithmetic, for distribution by the
// formulas, for swarms from the lines that peers recorded. Read before: LessonTruthTests.swift.
import Bytes
import Foundation
@testable import Lab
import TestKit
import Testing
import Trace
import World

extension Truth {
  /// One line or note of a model's node.
  struct Line {
    var host: String
    var other: String
    var kind: Event.Kind
    var text: String
    /// Since the start of the run. Unit: seconds.
    var at: Double

    func word(_ place: Int) -> String {
      let words = text.split(separator: " ")
      return words.indices.contains(place) ? String(words[place]) : "?"
    }
  }

  /// Everything that nodes of models recorded, in the order of its times.
  func lines(_ variant: String = "") -> [Line] {
    guard let store = run.leg(variant)?.store else { return [] }
    let records = store.conversations().filter { [.ring, .swarmModel].contains($0.info.dialect) }
    return records.flatMap { record in
      store.events(of: record.id).filter { [.sent, .received, .note].contains($0.kind) }.map { event in
        (event.sequence, Line(
          host: record.info.host, other: ModelKind.name(at: record.info.remote.address) ?? "?", kind: event.kind,
          text: event.kind == .note ? event.text : String(decoding: event.bytes.array, as: UTF8.self),
          at: Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e9))
      }
    }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  func said(_ step: Int, _ variant: String = "") -> String { run.leg(variant)?.outcomes[step].said ?? "" }
  /// A word of what a step came to.
  func said(_ step: Int, _ variant: String = "", word: Int) -> String {
    let words = said(step, variant).split(separator: " ")
    return words.indices.contains(word) ? String(words[word]) : "?"
  }

  /// How many never had everything.
  func never(_ variant: String) -> String { said(0, variant).contains("never done") ? said(0, variant, word: 0) : "0" }

  /// A drawn number.
  func number(_ name: String) -> Int { Int(draw(name)) ?? -1 }
  /// A drawn rate. Unit: bits per second.
  func rate(_ name: String) -> Double { (Double(draw(name).prefix { $0.isNumber }) ?? 0) * 1_000 }

  /// The nodes of the ring in the order of the circle.
  var circle: [Int] { ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map { number($0) } }
}

/// The circle of 64 numbers, walked on foot.
private struct Circle {
  var nodes: [Int]

  func owner(_ key: Int) -> Int { nodes.first { $0 >= key } ?? nodes[0] }
  func ahead(_ from: Int, _ to: Int) -> Int { (to - from + 64) % 64 }
  func successor(_ node: Int, _ count: Int = 1) -> Int { nodes[((nodes.firstIndex(of: node) ?? 0) + count) % nodes.count] }

  /// From neighbour to neighbour, without the first, with the owner.
  func plain(_ key: Int, from node: Int) -> [Int] {
    var path: [Int] = []
    var at = node
    while at != owner(key) {
      at = successor(at)
      path.append(at)
    }
    return path
  }

  /// By the farthest known that does not pass the key, of two successors and six shortcuts.
  func quick(_ key: Int, from node: Int, shortcuts: [Int: [Int]] = [:]) -> [Int] {
    var path: [Int] = []
    var at = node
    while at != owner(key) {
      let near = [successor(at), successor(at, 2)]
      if let last = near.first(where: { ahead(at, $0) >= ahead(at, key) }) {
        at = last
      } else {
        let far = shortcuts[at] ?? fingers(at)
        // The longest that leads past both successors and stops before the key.
        at = far.last { ahead(at, $0) > ahead(at, near[1]) && ahead(at, $0) < ahead(at, key) } ?? near[1]
      }
      path.append(at)
    }
    return path
  }

  func fingers(_ node: Int) -> [Int] { (0..<6).map { owner((node + (1 << $0)) % 64) } }
}

private func names(_ nodes: [Int]) -> String { nodes.map { "n\($0)" }.joined(separator: ", ") }

let modelTruths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "P6": { try truthP6($0) },
  "P7": { try truthP7($0) },
  "P1": { try truthP1($0) },
  "P3": { try truthP3($0) },
  "P4": { try truthP4($0) },
]

private func truthP6(_ truth: Truth) throws -> [String: String] {
  let circle = Circle(nodes: truth.circle)
  let (key, other, a, g) = (truth.number("key"), truth.number("other"), truth.number("a"), truth.number("g"))
  let b = truth.number("b")
  var wrong = circle.fingers(a)
  for place in 3...5 { wrong[place] = b }
  // Wrong shortcuts cost something, whatever was drawn.
  #expect(circle.quick(key, from: a, shortcuts: [a: wrong]).count > circle.quick(key, from: a).count)
  let rightOnes = (0..<6).count { circle.fingers(a)[$0] != b && $0 > 2 }
  return [
    "owner": "n\(circle.owner(key))", "other": "n\(circle.owner(other))", "plain": "\(circle.plain(key, from: a).count)", "round": names(circle.plain(other, from: g)),
    "longest": "n\(circle.fingers(a)[5])", "known": "\(Set(circle.fingers(a) + [circle.successor(a), circle.successor(a, 2)]).count)",
    "quick": "\(circle.quick(key, from: a).count)", "path": names(circle.quick(key, from: a)),
    // By the rules, not by counting: every distance is as likely as any other; half of the bits, less what two successors save, and the last step.
    "half": "249.5", "logarithm": "4.9",
    "wrong": "\(circle.quick(key, from: a, shortcuts: [a: wrong]).count)", "still": "yes", "mended": "\(rightOnes)", "again": "\(circle.quick(key, from: a).count)",
  ]
}

private func truthP7(_ truth: Truth) throws -> [String: String] {
  let circle = Circle(nodes: truth.circle)
  let (c, d, e, f) = (truth.number("c"), truth.number("d"), truth.number("e"), truth.number("f"))
  let lines = truth.lines()
  let sent = lines.count { $0.kind == .sent && $0.other == "n\(d)" }
  let heard = lines.count { $0.kind == .received && $0.host == "n\(d)" }
  let left = try needed(lines.first { $0.text == "leaves without a word" })
  let noticed = try needed(lines.first { $0.kind == .note && $0.text.hasSuffix("because n\(d) did not answer") })
  let changed = try needed(lines.first { $0.host == "n\(c)" && $0.text.contains("because n\(d) did not answer") })
  #expect(circle.owner(truth.number("lost")) == d && left.host == "n\(d)" && changed.at - left.at < 11)
  return [
    "void": "\(sent - heard)", "notice": noticed.host, "first": "n\(e)", "second": "n\(f)", "before": names([c, e]), "behind": "n\(c)",
    "repair": "\(((changed.at - left.at) * 1_000).rounded())", "owner": "n\(e)", "keys": truth.draw("lost"), "torn": "no", "nobody": "n\(c)", "longer": "n\(f)",
    "copies": "yes", "keeper": "n\(f)",
  ]
}

private func truthP1(_ truth: Truth) throws -> [String: String] {
  let (n, file) = (Double(truth.number("n")), Double(truth.number("pieces")) * 32_768 * 8)
  let (us, u, d) = (truth.rate("seed"), truth.rate("up"), truth.rate("down"))
  let me = "peer\(truth.number("me"))"
  let server = max(n * file / us, file / d)
  let peers = max(file / us, file / d, n * file / (us + n * u))
  let third = truth.lines().filter { $0.at >= 7_200 }
  let done = try needed(third.first { $0.host == me && $0.text == "has everything" })
  let last = try needed(Double(truth.said(2, word: 3)))
  #expect(last >= peers && last >= done.at - 7_200 - 0.05 && last < peers * 1.6)
  func pieces(_ variant: String) -> String { "\(truth.lines(variant).count { $0.host == me && $0.text.hasPrefix("has piece ") })" }
  return [
    "share": "\((us / n).rounded())", "server": "\(server)", "own": "\((us / n).rounded())", "feeders": "\(Int(n))", "peers": "\(peers)", "blocks": "\(last)", "beats": "no",
    "mine": "\(done.at - 7_200)", "givers": "\(Set(third.filter { $0.host == me && $0.kind == .received && $0.text.hasPrefix("PIECE") }.map(\.other)).count)",
    "never": truth.never("early"), "pieces": pieces("early"), "copied": truth.never("copied"),
  ]
}

private func truthP3(_ truth: Truth) throws -> [String: String] {
  let me = "peer\(truth.number("me"))"
  let piece = truth.draw("piece")
  let own = truth.lines().filter { $0.at >= 7_200 && $0.host == me }
  let choices = own.filter { $0.kind == .note && $0.text.hasPrefix("chooses piece ") }
  let times = (0..<3).compactMap { Double(truth.said($0, word: 3)) }
  try #require(times.count == 3)
  let slowest = times[0] >= times[1] && times[0] >= times[2] ? "sequential" : times[1] >= times[2] ? "random" : "rarest first"
  func pieces(_ variant: String) -> String { "\(truth.lines(variant).count { $0.host == me && $0.text.hasPrefix("has piece ") })" }
  return [
    "order": choices.prefix(6).map { $0.word(2) }.joined(separator: ", "), "scarce": choices.first { $0.word(2) == piece }?.word(4) ?? "?",
    "told": "\(own.count { $0.kind == .received && $0.text == "HAVE \(piece)" })",
    "giver": own.first { $0.kind == .received && $0.text.hasPrefix("PIECE \(piece) ") }?.other ?? "?", "sequential": "\(times[0])", "random": "\(times[1])",
    "rarest": "\(times[2])", "slowest": slowest, "lonely": truth.never("early"), "stuck": pieces("early"), "saved": truth.never("rarest"), "mine": pieces("rarest"),
  ]
}

private func truthP4(_ truth: Truth) throws -> [String: String] {
  let (me, late) = ("peer\(truth.number("me"))", "peer\(truth.number("late"))")
  let all = truth.lines()
  let own = all.filter { $0.at < 7_200 && $0.host == me }
  let lucky = own.filter { $0.kind == .note && $0.text.contains("by luck") }
  let earned = try needed(own.first { $0.kind == .note && $0.text.hasPrefix("unchoked: it sent us") })
  let welcome = try needed(all.first { $0.at >= 7_200 && $0.other == late && $0.host != "seed" && $0.text.hasPrefix("unchoked") })
  func begun(_ variant: String) -> Double {
    truth.lines(variant).first { $0.host == late && $0.kind == .received && $0.text == "UNCHOKE" }?.at ?? .nan
  }
  let reason = try needed(truth.lines("noluck").first { $0.other == late && $0.text.hasPrefix("unchoked") })
  return [
    "firstluck": lucky.first?.other ?? "?", "firstmerit": earned.other, "bytes": earned.word(4), "lucky": "\(lucky.count)",
    "served": own.filter { $0.kind == .sent && $0.text == "UNCHOKE" && $0.at == earned.at }.map(\.other).joined(separator: ", "),
    "sources": "\(Set(own.filter { $0.kind == .received && $0.text == "UNCHOKE" }.map(\.other)).count)", "givers": truth.said(0, word: 9), "riders": truth.said(0, word: 13),
    "newcomer": welcome.text.contains("by luck") ? "luck" : welcome.text.contains("free") ? "a free slot" : "what it sent", "waited": "\(begun("noluck"))", "begun": "\(begun("luck"))",
    "reason": reason.text.contains("turn") ? "the other has everything and serves each in turn" : "it sent something",
  ]
}
