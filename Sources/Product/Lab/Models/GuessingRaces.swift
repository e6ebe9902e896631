// Races between a right answer and forged ones, as bare guesses: what a resolver's question has in it that the forger does not see, against what the
// forger tries. The resolver's choices are made by its own code; no message is sent, so that a thousand races take no time.
// Not here: races with messages (Running/ForgeryDeeds.swift), a resolver (NameServer/Recursive).
package import DNS
import NameServer
import World

/// Many races, each with chance of its own.
package struct GuessingRaces: Sendable, Equatable {
  /// Unit: races.
  package var raceCount = 1_000
  /// How many different answers are sent in each. Unit: messages.
  package var forgeryCount = 100
  /// Whether the forger knows the port that the question comes from.
  package var knowsPort = false
  /// Whether the resolver mixes large and small letters, and wants them back.
  package var mixesCase = false
  package var name = Name.root

  static var words: String { "N races, N forgeries, port known, letters mixed or name NAME" }

  /// Where systems choose a port from when none is named (RFC 6335 §6).
  private static let ports: ClosedRange<UInt16> = 49_152...65_535

  /// Reads settings with semicolons between them.
  static func read(_ text: String) -> Result<GuessingRaces, ScriptSlip> {
    var races = GuessingRaces()
    for part in text.split(separator: ";") {
      let words = part.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      guard races.take(words) else { return .failure(ScriptSlip(step: words.joined(separator: " "), expected: Self.words)) }
    }
    return .success(races)
  }

  private mutating func take(_ words: [String]) -> Bool {
    guard words.count == 2 else { return false }
    switch (words[0], words[1]) {
    case ("port", "known"): knowsPort = true
    case ("letters", "mixed"): mixesCase = true
    case ("name", let text):
      guard let name = try? Name(text) else { return false }
      self.name = name
    case (let number, "races"):
      guard let count = Int(number), (1...10_000).contains(count) else { return false }
      raceCount = count
    case (let number, "forgeries"):
      guard let count = Int(number), (1...65_536).contains(count) else { return false }
      forgeryCount = count
    default: return false
    }
    return true
  }

  /// How many races the forger wins.
  func wins(seed: UInt64) -> Int {
    (0..<raceCount).count { race in
      var chance = SeededRandom(seed: seed).derived("race \(race)")
      // What the resolver asks with.
      let asked = mixesCase ? name.inMixedCase(using: &chance) : name
      let identifier = Resolver.identifier(using: &chance)
      let port = UInt16.random(in: Self.ports, using: &chance)
      // The identifiers after one that was seen elsewhere: one forgery for each, with a port that is known, or guessed for each anew.
      let first = Resolver.identifier(using: &chance)
      let tried = knowsPort ? port : UInt16.random(in: Self.ports, using: &chance)
      return Int(identifier &- first) < forgeryCount && tried == port && asked.wire == name.wire
    }
  }
}
