// Our DNS messages against dnspython's: what one writes the other reads to the same, damaged messages are refused by both.
// Needs /usr/bin/python3 with dnspython (Debian: python3-dnspython); without it each test says so and passes.
import Bytes
import DNS
import Foundation
import Testing
import TestKit
import World

@Suite struct DNSDifferentialTests {
  private static let python = "/usr/bin/python3"

  /// What the program printed, line by line; nil: it failed.
  private static func run(_ arguments: [String], input: String = "") -> [Substring]? {
    guard let outcome = ProgramRunner(python)?.runBlocking(arguments, input: Array(input.utf8), timeout: .seconds(120)), outcome.status == 0 else { return nil }
    return outcome.text.split(separator: "\n")
  }

  private static var script: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts/dns_differential.py").path
  }

  /// Whether dnspython is there; says so when it is not.
  private static func hasPeer() -> Bool {
    guard run(["-c", "import dns.message"]) != nil else {
      print("skipped: dnspython is not installed (python3-dnspython)")
      return false
    }
    return true
  }

  /// The same canonical form as the script's.
  private static func canonical(_ message: Message) -> String {
    var words = ["id=\(message.id)", "flags=\(message.flags.rawValue)"]
    words += message.questions.map { "q=\(hex($0.name.wire)),\($0.type.rawValue),\($0.class.rawValue)" }
    if let edns = message.edns {
      let fields = UInt32(edns.extendedResponse) << 24 | UInt32(edns.version) << 16 | UInt32(edns.flags)
      words.append("e=\(edns.payloadSize),\(fields)" + edns.options.map { ",\($0.code.rawValue):\(hex($0.data))" }.joined())
    }
    for (key, records) in [("an", message.answers), ("au", message.authorities), ("ad", message.additionals)] {
      for record in records {
        words.append("\(key)=\(hex(record.name.wire)),\(record.type.rawValue),\(record.class.rawValue),\(record.ttl),\(hex(record.data.wire))")
      }
    }
    return words.joined(separator: " ")
  }

  private static func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

  private static func bytes(_ hex: Substring) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) }
  }

  @Test("what we write, dnspython reads the same", arguments: [1, 2] as [UInt64])
  func ours(_ seed: UInt64) throws {
    guard DNSDifferentialTests.hasPeer() else { return }
    var generator = MessageGenerator(seed: seed)
    let messages = (0..<1500).map { _ in generator.message() }
    let wires = messages.map { $0.wire().array }
    let lines = try #require(DNSDifferentialTests.run([DNSDifferentialTests.script], input: wires.map { DNSDifferentialTests.hex($0) + "\n" }.joined()))
    try #require(lines.count == wires.count)
    for (wire, line) in zip(wires, lines) where line != "skip" {
      // Read back rather than the original: compression may have changed the case of a name.
      let ours = DNSDifferentialTests.canonical(try Message(reading: Buffer(wire)))
      #expect(ours == line, "seed \(seed): \(DNSDifferentialTests.hex(wire))")
    }
    #expect(lines.count { $0 != "skip" } > 1000)
  }

  @Test("what dnspython writes, we read the same, and write back the same", arguments: [1, 2])
  func theirs(_ seed: Int) throws {
    guard DNSDifferentialTests.hasPeer() else { return }
    let lines = try #require(DNSDifferentialTests.run([DNSDifferentialTests.script, "make", "\(seed)", "1500"]))
    #expect(lines.count == 1500)
    for line in lines {
      let parts = line.split(separator: " ", maxSplits: 1)
      try #require(parts.count == 2)
      let message = try Message(reading: Buffer(DNSDifferentialTests.bytes(parts[0])))
      #expect(DNSDifferentialTests.canonical(message) == parts[1], "seed \(seed): \(parts[0])")
      #expect(try Message(reading: message.wire()) == message)
    }
  }

  @Test("damaged messages: both read the same or both refuse", arguments: [3, 4] as [UInt64])
  func damaged(_ seed: UInt64) throws {
    guard DNSDifferentialTests.hasPeer() else { return }
    var generator = MessageGenerator(seed: seed)
    let wires = (0..<5000).map { _ in
      let wire = generator.message().wire().array
      return generator.damaged(wire)
    }
    // An empty line would be no message to the script.
    .filter { !$0.isEmpty }
    let lines = try #require(DNSDifferentialTests.run([DNSDifferentialTests.script], input: wires.map { DNSDifferentialTests.hex($0) + "\n" }.joined()))
    try #require(lines.count == wires.count)
    var refused = 0
    for (wire, line) in zip(wires, lines) where line != "skip" {
      let ours: String
      do throws(SyntaxError) {
        ours = DNSDifferentialTests.canonical(try Message(reading: Buffer(wire)))
      } catch {
        refused += 1
        #expect(line.hasPrefix("error"), "seed \(seed): we refuse (\(error)), dnspython reads \(DNSDifferentialTests.hex(wire))")
        continue
      }
      #expect(ours == line, "seed \(seed): \(DNSDifferentialTests.hex(wire))")
    }
    #expect(refused > 1000 && refused < wires.count - 500)
  }
}
