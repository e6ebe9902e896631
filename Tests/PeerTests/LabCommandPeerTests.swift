// The executable itself: a lab in its namespace with the programs of Debian in it, its exit codes, its exports, its console in a browser.
// Read next: ToolPeerTests.swift, our own tools in such a lab.
import Foundation
import TestKit
import Testing

@Suite("netstead lab, the program", .serialized)
struct LabCommandPeerTests {
  @Test("a command in a lab raised for it: dig walks from the root, curl gets pages, exit codes come through", .enabled(if: hasNamespaces))
  func execute() async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, _ in
      func lab(_ command: String...) async -> ProgramOutcome {
        await netstead.run(["lab", "exec", "--"] + command, environment: environment, timeout: .seconds(60))
      }
      if ProgramRunner("dig") != nil {
        let trace = await lab("dig", "+trace", "+nodnssec", "www.garnet.test")
        for part in ["root1.test.", "tld1.test.", "ns1.garnet.test.", "www.garnet.test.\t300\tIN\tA\t198.51.100.10", "from 203.0.113.53#53"] {
          #expect(trace.text.contains(part), "no \(part) in\n\(trace.text)\(trace.errorText)")
        }
      }
      if ProgramRunner("curl") != nil {
        let page = await lab("curl", "-sSv", "http://www.garnet.test/")
        #expect(page.text.contains("This page came from <code>www.garnet.test</code>") && page.errorText.contains("< HTTP/1.1 200 OK"), "\(page.errorText)")
        let secure = await lab("curl", "-sS", "https://www.cobalt.test/")
        #expect(secure.text.contains("Everything here is blue"), "\(secure.errorText)")
      }
      let seven = await lab("sh", "-c", "exit 7")
      #expect(seven.status == 7)
      try await checkSignals(netstead, environment)
      let missing = await lab("no-such-program-anywhere")
      #expect(missing.status == 127)
      // Nothing leads out: the only routes are those of the world's own addresses.
      let routes = await lab("sh", "-c", "tail -n +2 /proc/net/route; wc -l < /proc/net/route")
      #expect(!routes.text.contains("\t00000000\t"), "a default route:\n\(routes.text)")
      // Bash's own connections; the first shows that they work at all.
      let out = await lab(
        "bash", "-c", "for host in www.garnet.test 192.88.99.1 8.8.8.8; do (exec 3<>/dev/tcp/$host/80) 2>/dev/null && echo reached $host; done")
      #expect(out.text == "reached www.garnet.test\n", "\(out.errorText)")
    }
  }

  @Test("a command speaks as another host, with the resolver near that one; a running lab has its own", .enabled(if: hasNamespaces))
  func speaksAs() async throws {
    let netstead = try executable()
    guard ProgramRunner("curl") != nil, ProgramRunner("dig") != nil else { return print("without curl and dig: no command as another host") }
    try await withRuntimeFolder { environment, folder in
      func lab(_ words: String...) async -> ProgramOutcome { await netstead.run(["lab"] + words, environment: environment, timeout: .seconds(60)) }
      let asia = await lab(
        "exec", "--as", "pc-asia", "--", "sh", "-c",
        "curl -4 -s -o page -w '%{local_ip}\n' http://www.garnet.test/; dig video.cdn.test | grep -o 'SERVER: [0-9.]*'; grep -m1 nameserver /etc/resolv.conf; rm page")
      #expect(asia.text == "198.18.30.50\nSERVER: 198.18.30.53\nnameserver 198.18.30.53\n", "\(asia.text)\(asia.errorText)")
      for (words, status, complaint) in [
        (["exec", "--as", "www.garnet.test", "--", "true"], 2 as Int32, "expected a host with role client (pc, "),
        (["exec", "--as", "phone", "--no-namespace", "--", "true"], 2, "needs a network namespace"),
      ] {
        let refused = await netstead.run(["lab"] + words, environment: environment)
        #expect(refused.status == status && refused.errorText.contains(complaint), "\(refused.errorText)")
      }
      let running = try Background(["lab", "--console-port", "0"], environment: environment, in: folder, until: "stop  ")
      defer { #expect(running.stop() == 0) }
      let late = await lab("exec", "--as", "phone", "--", "true")
      #expect(late.status == 2 && late.errorText.contains("--as is about raising one"), "\(late.errorText)")
      // There a program says itself from where it speaks.
      let phone = await lab("exec", "--", "curl", "-s", "-o", "/dev/null", "-w", "%{local_ip}", "--interface", "203.0.113.12", "http://198.51.100.10/")
      #expect(phone.text == "203.0.113.12", "\(phone.errorText)")
    }
  }

  @Test("a running lab is joined; trace, capture and console show what was said", .enabled(if: hasNamespaces))
  func running() async throws {
    let netstead = try executable()
    guard ProgramRunner("dig") != nil, let curl = ProgramRunner("curl") else { return }
    try await withRuntimeFolder { environment, folder in
      let lab = try Background(["lab", "--console-port", "0"], environment: environment, in: folder, until: "stop  ")
      defer { #expect(lab.stop() == 0) }
      let console = try #require(lab.console, "no console in \(lab.said)")
      let dig = await netstead.run(["lab", "exec", "--", "dig", "+short", "www.garnet.test"], environment: environment)
      #expect(dig.text == "198.51.100.10\n", "\(dig.text)\(dig.errorText)")
      let secure = await netstead.run(["lab", "exec", "--", "curl", "-sS", "https://www.garnet.test/notes.txt"], environment: environment)
      #expect(secure.text.contains("the answer is 304"), "\(secure.errorText)")

      try await checkSignals(netstead, environment)
      let page = await curl.run(["-sS", console + "conversations"])
      #expect(page.text.contains("www.garnet.test"), "\(page.text.prefix(500))\(page.errorText)")
      let transcript = await netstead.run(["trace"], environment: environment)
      #expect(transcript.text.contains("query www.garnet.test. A") && transcript.text.contains("~"), "\(transcript.text)\(transcript.errorText)")
      let saved = await curl.run(["-sS", "-o", folder + "/lab.pcapng", console + "export.pcapng"])
      #expect(saved.status == 0, "\(saved.errorText)")
      try await checkCapture(folder + "/lab.pcapng")
      // The program's own way to the same file, keys and names included.
      let own = await netstead.run(["trace", "--pcap", folder + "/own.pcapng"], environment: environment)
      #expect(own.status == 0, "\(own.errorText)")
      try await checkCapture(folder + "/own.pcapng")
      try await checkStory(netstead, environment, folder)
      try await checkExplained(console, curl)
      try await checkBrowser(console, folder)
    }
  }

  /// A command has no signal blocked, and does not ignore SIGPIPE: one ends it, as at home.
  private func checkSignals(_ netstead: ProgramRunner, _ environment: [String: String]) async throws {
    let status = await netstead.run(["lab", "exec", "--", "cat", "/proc/self/status"], environment: environment)
    func signals(_ key: String) throws -> UInt64 {
      let line = try #require(status.text.split(separator: "\n").first { $0.hasPrefix(key) }, "\(status.errorText)")
      return try #require(UInt64(line.drop { $0 != "\t" }.dropFirst(), radix: 16))
    }
    #expect(try signals("SigBlk:") == 0)
    #expect(try signals("SigIgn:") & 1 << UInt64(SIGPIPE - 1) == 0)
  }

  /// tshark dissects DNS, HTTP, and with the secrets inside also TLS; addresses have the hosts' names.
  private func checkCapture(_ file: String) async throws {
    guard let tshark = ProgramRunner("tshark") else { return }
    let names = await tshark.run(["-r", file, "-Y", "dns.flags.response == 1", "-T", "fields", "-e", "dns.qry.name"])
    #expect(names.text.contains("www.garnet.test"), "\(names.errorText)")
    let pages = await tshark.run(["-r", file, "-Y", "tls and http", "-T", "fields", "-e", "http.request.uri", "-e", "http.response.code"])
    #expect(pages.text.contains("/notes.txt") && pages.text.contains("200"), "TLS was not read:\n\(pages.text)\(pages.errorText)")
    let hosts = await tshark.run(["-r", file, "-Nn", "-Y", "dns", "-T", "fields", "-e", "ip.dst_host"])
    #expect(hosts.text.contains("resolver"), "no host names:\n\(hosts.text.prefix(300))\(hosts.errorText)")
    // tshark says of every signature that it cannot check it.
    let bad = await tshark.run(["-r", file, "-Y", "_ws.malformed or (_ws.expert.severity >= 6291456 and not dns.tsig.algorithm_name)"])
    #expect(bad.text.isEmpty, "\(bad.text)")
  }

  /// A page that curl gets through the proxy is one ladder, from the running lab and from a file of its trace.
  private func checkStory(_ netstead: ProgramRunner, _ environment: [String: String], _ folder: String) async throws {
    let page = await netstead.run(["lab", "exec", "--", "curl", "-sS", "-x", "http://proxy:3128", "http://www.cobalt.test/"], environment: environment)
    #expect(page.text.contains("Everything here is blue"), "\(page.errorText)")
    let lines = await netstead.run(["trace", "--jsonl"], environment: environment, timeout: .seconds(120))
    #expect(lines.status == 0 && !lines.timedOut, "\(lines.output.count) bytes, \(lines.errorText)")
    let file = folder + "/story.jsonl"
    try Data(lines.output).write(to: URL(fileURLWithPath: file))
    let asked = try lines.text.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
      .first { $0["host"] as? String == "proxy" && $0["role"] as? String == "server" }
    let number = String(try #require(asked?["conversation"] as? Int))
    let story = await netstead.run(["trace", "--story", number], environment: environment)
    let hosts = try #require(story.text.split(separator: "\n").first)
    for host in ["proxy", "resolver", "www.cobalt.test"] { #expect(hosts.contains(host), "no \(host) in\n\(story.text)\(story.errorText)") }
    for label in ["GET http://www.cobalt.test/", "query www.cobalt.test. A", "GET /", "200 OK"] {
      #expect(story.text.contains("  \(label)"), "no \(label) in\n\(story.text)")
    }
    #expect(await netstead.run(["trace", file, "--story", number]).text == story.text)
    #expect(await netstead.run(["trace", file, "--story", number, "--explain"]).text.contains("? Via = "))
    #expect(await netstead.run(["trace", file, "--story", "999999"]).status == 2)
    if let sh = ProgramRunner("sh") {
      let full = await sh.run(["-c", "\"$1\" trace \"$2\" --jsonl > /dev/full", "sh", netstead.path, file])
      #expect(full.status == 1 && full.errorText.contains("standard output cannot be written: No space left on device"), "\(full.errorText)")
    }
  }

  /// Every byte of what dig and curl said and heard belongs to a field with a name and a meaning.
  private func checkExplained(_ console: String, _ curl: ProgramRunner) async throws {
    let lines = await curl.run(["-sS", console + "events.jsonl"]).text.split(separator: "\n")
    var judged: [String: Int] = [:]
    for line in lines {
      let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      guard let dialect = event["dialect"] as? String, let hex = event["hex"] as? String, ["sent", "received"].contains(event["kind"] as? String) else { continue }
      let fields = try #require(event["fields"] as? [[String: Any]], "nothing explained: \(line.prefix(300))")
      var covered = Set<Int>()
      for field in fields {
        let (offset, length) = (field["offset"] as? Int ?? 0, field["length"] as? Int ?? 0)
        covered.formUnion(offset..<(offset + length))
        #expect(!(field["name"] as? String ?? "").isEmpty && !(field["meaning"] as? String ?? "").isEmpty, "\(field)")
      }
      #expect(covered == Set(0..<(hex.utf8.count / 2)), "\(dialect): bytes without a field in \(line.prefix(200))")
      judged[dialect, default: 0] += 1
    }
    #expect((judged["dns"] ?? 0) > 10 && (judged["http"] ?? 0) >= 2, "\(judged)")
  }

  /// A real browser shows the console.
  private func checkBrowser(_ console: String, _ folder: String) async throws {
    guard let chromium = ProgramRunner("chromium") else { return }
    let common = ["--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder)/chromium", "--timeout=4000"]
    let shown = await chromium.run(common + ["--dump-dom", console], timeout: .seconds(45))
    #expect(shown.text.contains("garnet"), "\(shown.text.prefix(300))\(shown.errorText.suffix(300))")
    let picture = folder + "/console.png"
    _ = await chromium.run(common + ["--window-size=1400,1000", "--screenshot=\(picture)", console], timeout: .seconds(45))
    #expect((contents(of: picture)?.count ?? 0) > 10_000, "no picture of the console")
  }

  @Test("one seed, one trace: two processes print the same, another seed another")
  func sameSeed() async throws {
    let netstead = try executable()
    for name in names(in: repositoryRoot + "/Tests/Scenarios") {
      let script = repositoryRoot + "/Tests/Scenarios/" + name
      func run(_ more: [String], hashing: String) async -> ProgramOutcome {
        await netstead.run(
          ["lab", "--virtual-time", script, "--jsonl"] + more, environment: ["SWIFT_DETERMINISTIC_HASHING": hashing, "NO_COLOR": "1"], timeout: .seconds(120))
      }
      let first = await run([], hashing: "")
      #expect(first.status == 0, "\(name): \(first.errorText)")
      let second = await run([], hashing: "1")
      #expect(first.output == second.output, "\(name): the same seed gave another trace")
      let other = await run(["--seed", "4711"], hashing: "")
      #expect(!first.output.isEmpty && first.output != other.output, "\(name): the seed changes nothing")
    }
  }

  struct Usage: Sendable {
    var arguments: [String]
    var status: Int32
    var says: String
  }

  @Test("exit codes and errors", arguments: [
    Usage(arguments: ["--no-such-option"], status: 2, says: "no-such-option"),
    Usage(arguments: ["lab", "--world", "/nowhere.yaml"], status: 2, says: "/nowhere.yaml"),
    Usage(arguments: ["http", "http://127.0.0.1:9/"], status: 4, says: "127.0.0.1:9"),
    Usage(arguments: ["dns", "example.test", "@127.0.0.1:9", "--timeout", "1s"], status: 4, says: "127.0.0.1"),
    Usage(arguments: ["nc", "127.0.0.1", "9"], status: 4, says: "127.0.0.1:9"),
  ])
  func usage(_ usage: Usage) async throws {
    let netstead = try executable()
    let outcome = await netstead.run(usage.arguments)
    #expect(outcome.status == usage.status, "\(outcome.text)\(outcome.errorText)")
    #expect(outcome.errorText.contains(usage.says), "\(outcome.errorText)")
  }
}
