// Our sender checks against the published test suite of RFC 7208, and against pyspf on policies made up from a seed.
// Needs /usr/bin/python3 with PyYAML, and pyspf (Debian: python3-yaml, python3-spf); without them each test says so and passes.
import Bytes
import DNS
import Foundation
import Mail
import Testing
import TestKit
import World

/// A script of ours for /usr/bin/python3, which has Debian's modules.
struct PeerScript {
  static let python = "/usr/bin/python3"
  let path: String

  /// Nil, and one printed line, when one of `modules` is not there.
  init?(_ name: String, modules: String, for test: String = #function) {
    guard let python = ProgramRunner(Self.python, for: test) else { return nil }
    guard python.runBlocking(["-c", "import \(modules)"]).status == 0 else {
      skipped(test, because: "one of the Python modules \(modules) is not installed")
      return nil
    }
    path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts/\(name)").path
  }

  /// The lines it printed; what it complained about becomes a failure.
  func lines(_ arguments: [String] = [], input: [UInt8] = []) throws -> [String] {
    let outcome = try #require(ProgramRunner(Self.python)).runBlocking([path] + arguments, input: input, timeout: .seconds(300))
    try #require(outcome.status == 0, "\(outcome.errorText)")
    return outcome.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0) }
  }
}

/// A zone as the scripts write it: for each name, in lower case, the data of each type. A type TIMEOUT stands for all that are not there.
struct JSONZone {
  var names: [String: [String: [Any]]]

  func answer(_ question: LookupQuestion, depth: Int = 0) -> LookupAnswer {
    let name = Self.plain(question.name).lowercased()
    guard let types = names[name] else { return .noName }
    if let data = types[question.type.description] {
      if data.contains(where: { $0 as? String == "TIMEOUT" }) { return .failed }
      return .records(data.compactMap { Self.data(question.type, $0) })
    }
    if let alias = types["CNAME"]?.first as? String, depth < 8, let target = try? Name(alias) {
      return answer(LookupQuestion(target, question.type), depth: depth + 1)
    }
    return types["TIMEOUT"] == nil ? .records([]) : .failed
  }

  /// Without the backslashes of a zone file.
  private static func plain(_ name: Name) -> String {
    var labels: [String] = []
    var index = 0
    while index < name.wire.count, name.wire[index] > 0 {
      labels.append(String(decoding: name.wire[(index + 1)...(index + Int(name.wire[index]))], as: UTF8.self))
      index += 1 + Int(name.wire[index])
    }
    return labels.joined(separator: ".")
  }

  private static func name(_ text: String) -> Name? { text.isEmpty || text == "." ? .root : try? Name(text) }

  private static func data(_ type: RecordType, _ value: Any) -> RecordData? {
    switch type {
    case .txt: (value as? [String]).map { .txt($0.map { Array($0.utf8) }) }
    case .a, .aaaa: (value as? String).flatMap { Address($0) }.map { RecordData($0) }
    case .ptr: (value as? String).flatMap(name).map { .ptr($0) }
    case .mx: (value as? [Any]).flatMap { $0.last as? String }.flatMap(name).map { .mx(preference: ((value as? [Any])?.first as? Int).flatMap { UInt16(exactly: $0) } ?? 0, exchange: $0) }
    default: nil
    }
  }
}

@Suite struct SenderPolicyPeerTests {
  /// What we say about a sender.
  static func verdict(_ zone: JSONZone, client: String, helo: String, sender: String) throws -> SenderVerdict {
    let at = sender.lastIndex(of: "@")
    var check = SenderCheck(
      client: try #require(Address(client)), helo: helo, localPart: at.map { String(sender[..<$0]) } ?? "", domain: at.map { String(sender[$0...].dropFirst()) } ?? helo,
      receiver: "receiver.test", at: .simulationStart)
    var questions = 0
    while case .ask(let question) = check.step {
      questions += 1
      try #require(questions < 500)
      check.take(zone.answer(question))
    }
    guard case .done(let verdict) = check.step else { throw SyntaxError(expected: "an end", at: 0, rule: "RFC 7208 §4") }
    return verdict
  }

  private static func object(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test("the published suite", .spec("RFC 7208"))
  func suite() throws {
    guard let file = vectors("mail/spf/rfc7208-tests.yml"), let script = PeerScript("spf_suite.py", modules: "yaml") else { return }
    var count = 0
    for line in try script.lines([file]) {
      let scenario = try Self.object(line)
      let zone = JSONZone(names: try #require(scenario["zone"] as? [String: [String: [Any]]]))
      for case let test as [String: Any] in try #require(scenario["tests"] as? [Any]) {
        count += 1
        let name = "\(scenario["description"] ?? ""): \(test["name"] ?? "")"
        let results = try #require(test["results"] as? [String])
        let verdict = try Self.verdict(
          zone, client: try #require(test["host"] as? String), helo: test["helo"] as? String ?? "", sender: test["sender"] as? String ?? "")
        #expect(results.contains(verdict.result.rawValue), "\(name): \(verdict)")
        // DEFAULT: the receiver's own words. The suite writes the nibbles of IPv6 in capitals, RFC 7208 §7.3 in small letters.
        if let explanation = test["explanation"] as? String, explanation != "DEFAULT" { #expect(verdict.explanation?.lowercased() == explanation.lowercased(), "\(name)") }
      }
    }
    #expect(count > 200)
  }

  @Test("policies made up from a seed: pyspf says the same", .spec("RFC 7208"), arguments: [1, 2])
  func madeUp(_ seed: Int) throws {
    guard let script = PeerScript("spf_differential.py", modules: "spf") else { return }
    var results: [String: Int] = [:]
    for line in try script.lines(["\(seed)", "1500"]) {
      let test = try Self.object(line)
      let zone = JSONZone(names: try #require(test["zone"] as? [String: [String: [Any]]]))
      let result = try #require(test["result"] as? String)
      let verdict = try Self.verdict(
        zone, client: try #require(test["client"] as? String), helo: "helo.test", sender: try #require(test["sender"] as? String))
      #expect(verdict.result.rawValue == result, "seed \(seed): \(verdict), pyspf: \(line)")
      results[result, default: 0] += 1
    }
    // Each kind of verdict occurs but none, which has no zone to differ in.
    #expect(results.count == 6 && results.values.allSatisfy { $0 > 5 }, "\(results)")
  }
}
