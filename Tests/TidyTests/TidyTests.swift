// What a machine can judge fairly about the source: layers, banned calls, names, citations, and that the walks name what exists.
// Lengths are advice and not tested. Each rule is a function over one file's text, and is itself tested with a text that breaks it.
import Foundation
import Testing

/// One source file.
struct Source {
  var path: String
  var text: String
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  /// `Protocols/DNS` for `Sources/Protocols/DNS/Name.swift`.
  var layer: String { String(path.split(separator: "/").dropFirst().first ?? "") }
  var module: String { String(path.split(separator: "/").dropFirst(2).first ?? "") }
}

/// The package's root, found from this file.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// All Swift files below a folder of the package, in order of their paths.
func sources(in folder: String) throws -> [Source] {
  let base = root.appendingPathComponent(folder)
  let walker = FileManager.default.enumerator(atPath: base.path)
  let names = (walker?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".swift") }.sorted()
  return try names.map { Source(path: "\(folder)/\($0)", text: try String(contentsOf: base.appendingPathComponent($0), encoding: .utf8)) }
}

/// The code of a line: without comments and without what stands in string literals.
func code(of line: Substring) -> String {
  var code = ""
  var isQuoted = false
  var previous: Character = " "
  for character in line {
    if character == "\"" && previous != "\\" { isQuoted.toggle() }
    if !isQuoted {
      if character == "/" && previous == "/" { return String(code.dropLast()) }
      code.append(character)
    }
    previous = character
  }
  return code
}

enum Rule {
  /// Which modules each module may import, beside the standard library. Imports point down only.
  static let ground: Set<String> = ["Bytes", "World", "Trace", "Settings", "Synchronization"]
  static let allowed: [String: Set<String>] = [
    "Bytes": ["NIOCore"], "World": ["Bytes"], "Trace": ["Bytes", "World", "Synchronization"], "Settings": ["Yams", "CYaml", "World"],
    "Sockets": ["Bytes", "World", "Trace"], "DNS": ["Bytes", "World", "Trace", "Crypto"], "HTTP": ["Bytes", "World", "Trace"], "TLS": ["Bytes", "World", "Trace"], "Video": ["Bytes"],
    "Mail": ["Bytes", "World", "Trace", "DNS", "Crypto", "CryptoExtras"], "SMTP": ["Bytes", "World", "Trace", "Mail"],
    "POP3": ["Bytes", "World", "Trace", "Mail"], "IMAP": ["Bytes", "World", "Trace", "Mail"], "FTP": ["Bytes", "World", "Trace"],
    "BitTorrent": ["Bytes", "World", "Trace", "Crypto"], "Names": ["Bytes", "World", "Trace", "Crypto", "CryptoExtras", "Swift"],
    "Accounts": ["Bytes", "World", "Synchronization", "Crypto", "CryptoExtras"],
    "Transport": ["Bytes", "World", "Trace", "Synchronization", "CNetsteadSystem", "Glibc", "NIOCore", "NIOPosix", "NIOEmbedded", "NIOSSL", "NIOTLS", "X509", "Crypto", "SwiftASN1", "FoundationEssentials", "Foundation"],
    "SimulatedTransport": ["Bytes", "World", "Trace", "TLS", "Transport", "Synchronization", "Glibc"],
    "Storage": ["Bytes", "World", "CNetsteadSystem", "Glibc", "GRDB", "GRDBSQLite", "NIOCore", "Synchronization"],
    "NameServer": ["Bytes", "World", "Trace", "DNS", "Names", "Transport", "Storage", "Synchronization"],
    "WebServer": ["Bytes", "World", "Trace", "HTTP", "Video", "Transport", "Storage", "Accounts", "Synchronization", "CNetsteadSystem", "Glibc", "Crypto", "CryptoExtras"],
    "MailServer": ["Bytes", "World", "Trace", "DNS", "Mail", "SMTP", "POP3", "IMAP", "Transport", "Storage", "Accounts", "Synchronization", "Crypto", "CryptoExtras"],
    "Swarm": ["Bytes", "World", "Trace", "HTTP", "BitTorrent", "Transport", "Storage", "Synchronization", "CNetsteadSystem", "Crypto", "Glibc"],
    "FileServer": ["Bytes", "World", "Trace", "FTP", "Transport", "Storage", "Accounts", "Synchronization", "CNetsteadSystem", "Glibc"],
    "Host": ground.union([
      "Sockets", "DNS", "HTTP", "Mail", "SMTP", "POP3", "IMAP", "FTP", "BitTorrent", "Names", "Transport", "Storage", "Accounts", "NameServer", "WebServer", "MailServer", "FileServer", "Swarm",
    ]),
    "Console": [
      "Bytes", "World", "Trace", "Sockets", "DNS", "HTTP", "Mail", "SMTP", "POP3", "IMAP", "FTP", "BitTorrent", "Names", "Transport", "WebServer", "FoundationEssentials",
    ],
    "Lab": ground.union(system).union([
      "Sockets", "DNS", "HTTP", "TLS", "Video", "Mail", "SMTP", "POP3", "IMAP", "FTP", "BitTorrent", "Names", "CNetsteadSystem", "Transport", "SimulatedTransport", "Storage", "Accounts", "NameServer",
      "WebServer", "MailServer", "FileServer", "Swarm", "Host", "FoundationEssentials", "Crypto",
    ]),
    "netstead": ground.union(system).union([
      "Sockets", "DNS", "HTTP", "TLS", "Mail", "SMTP", "POP3", "IMAP", "FTP", "BitTorrent", "Names", "Transport", "Storage", "Accounts", "NameServer", "WebServer", "MailServer", "FileServer", "Swarm", "Host", "Lab",
      "Console", "ArgumentParser", "Dispatch",
    ]),
  ]
  /// The C library, by its name on each system.
  static let system: Set<String> = ["Glibc", "Musl", "Darwin"]

  static func imports(_ source: Source) -> [String] {
    guard let allowed = allowed[source.module] else { return [] }
    return source.lines.compactMap { line in
      let words = code(of: line).split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index <= 1, let name = words.last else { return nil }
      let module = String(name.split(separator: ".")[0])
      if module == "NIOPosix" && source.module == "Transport" && !source.path.contains("/Sockets/") { return "\(source.path): NIOPosix only in Transport/Sockets" }
      if ["NIOSSL", "NIOEmbedded"].contains(module) && !source.path.contains("/TLS/") { return "\(source.path): \(module) only in Transport/TLS" }
      return allowed.contains(module) ? nil : "\(source.path): \(source.module) must not import \(module)"
    }
  }

  /// Calls that read the outside. Below Host nobody makes them; the real clock and chance live in Transport/Sockets and Certificates.
  static let banned = [
    "Date()", "ContinuousClock().now", "ContinuousClock.now", "NIODeadline.now()", "UUID()", "Task.detached", "DispatchQueue", "getenv(",
    "ProcessInfo", "CommandLine.", "SystemRandomNumberGenerator()",
  ]

  /// The system's own clocks: one file reads them.
  static let clocks = ["clock_gettime(", "gettimeofday("]

  static func clockReads(_ source: Source) -> [String] {
    if source.path.hasSuffix("Transport/Sockets/SystemClock.swift") { return [] }
    return source.lines.enumerated().compactMap { number, line in
      let text = code(of: line)
      return clocks.first { text.contains($0) }.map { "\(source.path):\(number + 1): \($0) outside SystemClock" }
    }
  }

  static func calls(_ source: Source) -> [String] {
    guard ["Ground", "Protocols", "Servers", "Runtime"].contains(source.layer) else { return [] }
    let isOutside = source.path.contains("Transport/Sockets/") || source.path.contains("Transport/Certificates/")
    if isOutside { return [] }
    return source.lines.enumerated().compactMap { number, line in
      let text = code(of: line)
      if let call = banned.first(where: { text.contains($0) }) { return "\(source.path):\(number + 1): \(call) below Host" }
      if text.contains(".random(in:") && !text.contains("using:") { return "\(source.path):\(number + 1): chance without a generator" }
      return nil
    }
  }

  /// Words that hide what a type is. `Handler` is for NIO's channel handlers, which stand in Transport.
  static let forbidden = ["Manager", "Helper", "Util", "Utils", "Common", "Base", "Misc", "Impl", "Info", "Wrapper", "Processor", "New", "Old"]
  static let named: Set<String> = ["ConversationInfo"]

  static func names(_ source: Source) -> [String] {
    source.lines.enumerated().compactMap { number, line in
      let words = code(of: line).split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
      guard let kind = words.firstIndex(where: { ["struct", "class", "enum", "actor", "protocol", "typealias"].contains($0) }), kind + 1 < words.count
      else { return nil }
      let name = words[kind + 1]
      guard name.first?.isUppercase == true, !named.contains(name) else { return nil }
      if let word = forbidden.first(where: { name.hasSuffix($0) }) { return "\(source.path):\(number + 1): \(name) ends in \(word)" }
      if name == source.module { return "\(source.path):\(number + 1): \(name) is named like its module" }
      if name.hasSuffix("Handler") && source.module != "Transport" { return "\(source.path):\(number + 1): \(name) is no channel handler" }
      return nil
    }
  }

  /// `RFC 9112 §5.1`, `RFC 9112 §5.1, §6` or `RFC 9112 appendix B`, or a bare document; never `RFC9112`, `rfc 9112`, `RFC 9112, section 5`.
  static func citations(_ source: Source) -> [String] {
    source.lines.enumerated().flatMap { number, line -> [String] in
      let text = String(line)
      let wrong = [#"\bRFC(?!822)[0-9]"#, #"\brfc [0-9]"#, #"RFC [0-9]+,? [Ss]ection"#, #"RFC [0-9]+ § "#, #"//.*https?://[a-z.]*(rfc-editor|ietf)\."#]
      return wrong.compactMap { pattern in
        text.range(of: pattern, options: .regularExpression) == nil || text.contains("RFC8482") ? nil : "\(source.path):\(number + 1): citation: \(text.trimmingCharacters(in: .whitespaces))"
      }
    }
  }

  /// Traps that a peer's bytes could reach, in the layers that read them.
  static func traps(_ source: Source) -> [String] {
    guard source.layer == "Protocols" || source.layer == "Servers" else { return [] }
    return source.lines.enumerated().compactMap { number, line in
      let text = code(of: line)
      if let trap = ["try!", "as!", "fatalError(", "preconditionFailure("].first(where: { text.contains($0) }) {
        return "\(source.path):\(number + 1): \(trap) in \(source.layer)"
      }
      // A `!` right behind a name, a call or an index, and not the beginning of `!=`.
      let unwraps = text.range(of: #"[A-Za-z0-9_)\]]!(?!=)"#, options: .regularExpression) != nil
      return unwraps ? "\(source.path):\(number + 1): a forced unwrapping in \(source.layer)" : nil
    }
  }

  static func opening(_ source: Source) -> [String] { source.text.hasPrefix("//") ? [] : ["\(source.path) does not open with what is in it"] }
}

/// Records each complaint as an issue of its own.
func expectNone(_ complaints: [String]) { for complaint in complaints { Issue.record("\(complaint)") } }

@Suite("tidy")
struct TidyTests {
  @Test("layers import downwards, NIO and TLS stay where they belong")
  func imports() throws {
    #expect(Rule.imports(Source(path: "Sources/Protocols/DNS/X.swift", text: "import NIOCore\nimport Bytes\npublic import HTTP")).count == 2)
    expectNone(try sources(in: "Sources").flatMap(Rule.imports))
  }

  @Test("nothing below Host reads the clock, the environment or system randomness")
  func calls() throws {
    #expect(Rule.calls(Source(path: "Sources/Servers/NameServer/X.swift", text: "let t = Date() // now\n// Date()\nInt.random(in: 0..<2)")).count == 2)
    expectNone(try sources(in: "Sources").flatMap(Rule.calls))
    #expect(Rule.clockReads(Source(path: "Sources/Runtime/Transport/Sockets/X.swift", text: "clock_gettime(CLOCK_MONOTONIC, &time)")).count == 1)
    expectNone(try sources(in: "Sources").flatMap(Rule.clockReads))
  }

  @Test("names say what a thing is")
  func names() throws {
    #expect(Rule.names(Source(path: "Sources/Protocols/DNS/X.swift", text: "struct ZoneManager {}\npublic final class DNS {}\nenum Good {}")).count == 2)
    expectNone(try sources(in: "Sources").flatMap(Rule.names))
  }

  @Test("citations have one shape")
  func citations() throws {
    #expect(Rule.citations(Source(path: "Sources/A/B/X.swift", text: "// RFC1035 x\n// RFC 1035, section 4\n// RFC 1035 §4.1.1: good")).count == 2)
    expectNone(try (sources(in: "Sources") + sources(in: "Tests")).filter { !$0.path.hasPrefix("Tests/TidyTests") }.flatMap(Rule.citations))
  }

  @Test("no trap where a peer's bytes come by")
  func traps() throws {
    #expect(Rule.traps(Source(path: "Sources/Protocols/DNS/X.swift", text: "let x = try! y()\nlet s = \"try!\"")).count == 1)
    let unwrapping = "let x = y!\nlet z = list.first!.name\nlet u = at[0]!\nlet v = f()!\nif a != b, !c { d = !e }\nlet s = \"Hello!\""
    #expect(Rule.traps(Source(path: "Sources/Servers/WebServer/X.swift", text: unwrapping)).count == 4)
    expectNone(try sources(in: "Sources").flatMap(Rule.traps))
  }

  @Test("every file opens with what is here")
  func openings() throws { expectNone(try (sources(in: "Sources") + sources(in: "Tests")).flatMap(Rule.opening)) }

  @Test("the walks name files and symbols that exist")
  func walks() throws {
    let text = try String(contentsOf: root.appendingPathComponent("docs/WALKS.md"), encoding: .utf8)
    let all = try sources(in: "Sources")
    var checked = 0
    // A line of a walk: `Layer/Module/File.swift: symbol`, or `symbol, symbol`.
    for line in text.split(separator: "\n") {
      guard let match = line.firstMatch(of: #/`([A-Za-z0-9_/+-]+\.swift): ([^`]+)`/#) else { continue }
      checked += 1
      guard let file = all.first(where: { $0.path.hasSuffix("/" + match.1) }) else {
        Issue.record("docs/WALKS.md names \(match.1), which does not exist")
        continue
      }
      for symbol in match.2.split(separator: ",") {
        let name = symbol.trimmingCharacters(in: .whitespaces).split { !$0.isLetter && !$0.isNumber && $0 != "_" }.last.map(String.init) ?? ""
        #expect(file.text.range(of: "\\b\(name)\\b", options: .regularExpression) != nil, "docs/WALKS.md: \(match.1) has no \(name)")
      }
    }
    #expect(checked > 10)
  }

  @Test("every part of the source has tests of its own")
  func tests() throws {
    let modules = Set(try sources(in: "Sources").map(\.module)).subtracting(["netstead"])
    for module in modules.sorted() {
      let folder = root.appendingPathComponent("Tests/\(module)Tests").path
      #expect(FileManager.default.fileExists(atPath: folder), "\(module) has no Tests/\(module)Tests")
    }
  }
}
