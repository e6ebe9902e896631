// The answers of four authoritative servers to 1,901 small zones, from the published vectors; the majority is right.
// The vectors lie beside the package in shared/vectors/dns/ferret; where they are absent, one line says so.
import Bytes
import DNS
import Foundation
import Testing
import Trace
import World

@testable import NameServer

/// One JSON file of the set.
private struct Vector: Decodable {
  struct Query: Decodable {
    var Name: String
    var `Type`: String
  }
  struct Group: Decodable {
    var servers: String
    var Response: [String]
    enum CodingKeys: String, CodingKey {
      case servers = "Server/s"
      case Response
    }
  }
  var Query: Query
  var expected: [Group]
  enum CodingKeys: String, CodingKey {
    case Query
    case expected = "Expected Response"
  }
}

/// What is compared of an answer: everything but the additional section.
private struct Outcome: Hashable {
  var code: String
  var flags: String
  var answers: Set<ResourceRecord>
  var authorities: Set<ResourceRecord>

  init(_ message: Message) {
    code = message.responseCode.description
    flags = message.flags.names
    answers = Set(message.answers)
    authorities = Set(message.authorities)
  }

  init(lines: [String]) throws {
    var section = ""
    var sections: [String: String] = [:]
    code = ""
    flags = ""
    for line in lines {
      if line.hasPrefix(";") {
        section = line
      } else if line.hasPrefix("rcode ") {
        code = String(line.dropFirst(6))
      } else if line.hasPrefix("flags ") {
        flags = line.dropFirst(6).lowercased()
      } else {
        sections[section, default: ""] += line + "\n"
      }
    }
    answers = Set(try records(sections[";ANSWER"] ?? ""))
    authorities = Set(try records(sections[";AUTHORITY"] ?? ""))
  }
}

@Suite("ferret vectors")
struct FerretTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/vectors/dns/ferret")

  @Test("answers as the majority of BIND, NSD, Knot and PowerDNS does")
  func majority() throws {
    let files = ((try? FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)) ?? [])
      .filter { $0.pathExtension == "zone" }.sorted { $0.path < $1.path }
    if files.isEmpty { return print("skipped: no vectors in ../shared/vectors/dns/ferret") }
    var failures: [String] = []
    for file in files {
      let label = file.deletingPathExtension().lastPathComponent
      if let failure = try run(file) { failures.append("\(label): \(failure)") }
    }
    #expect(failures.isEmpty, "\(failures.count) of \(files.count):\n\(failures.prefix(12).joined(separator: "\n"))")
    #expect(files.count == 1_901)
  }

  private func run(_ file: URL) throws -> String? {
    let zone = try String(contentsOf: file, encoding: .utf8)
    let json = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: file.deletingPathExtension().appendingPathExtension("json")))
    let vector = try #require(json.first)
    var votes: [Outcome: Int] = [:]
    for group in vector.expected {
      votes[try Outcome(lines: group.Response), default: 0] += group.servers.split(separator: " ").count
    }
    let type = try #require(RecordType(vector.Query.Type))
    let most = votes.values.max() ?? 0
    // Where each server ends an endless chain elsewhere, it is asked over TCP, so that the whole of ours is seen.
    let isEndless = most == 1
    let message = try responder([zone], .full).ask(vector.Query.Name, type, over: isEndless ? .tcp : .udp)
    if isEndless {
      let kinds = message.answers.map(\.type)
      return kinds.prefix(2) == [.dname, .cname] && kinds.count <= 2 * 11 + 2 ? nil : "endless: \(message.answers)"
    }
    let outcome = Outcome(message)
    if votes.contains(where: { $0.key == outcome && $0.value == most }) { return nil }
    return "\(vector.Query.Name) \(vector.Query.Type)\n  zone: \(zone)\n  found \(outcome)\n  expected \(votes)"
  }
}
