// Our own tools in a running lab and beside it: look-ups, pages, a shell, traces, what happens on signals; manual pages and completions.
// Not here: other people's programs (LabCommandPeerTests), `netstead up` (UpCommandPeerTests).
import Foundation
import TestKit
import Testing

@Suite("the tools", .serialized)
struct ToolPeerTests {
  /// Raises a lab for the length of `body`, to which it gives a way to run commands inside.
  private func withLab(
    _ body: (_ inside: ([String], String) async -> ProgramOutcome, _ environment: [String: String], _ folder: String) async throws -> Void
  ) async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      let lab = try Background(["lab", "--console-port", "0"], environment: environment, in: folder, until: "stop  ")
      defer { #expect(lab.stop() == 0, "\(lab.said)") }
      try await body(
        { await netstead.run(["lab", "exec", "--"] + $0, input: Array($1.utf8), environment: environment, timeout: .seconds(60)) }, environment, folder)
    }
  }

  private func object(_ text: some StringProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "no JSON object: \(text)")
  }

  @Test("look-ups, pages and ports, as people and as programs want them", .enabled(if: hasNamespaces), .timeLimit(.minutes(3)))
  func tools() async throws {
    try await withLab { inside, environment, folder in
      let walk = await inside([program, "dns", "--trace", "www.garnet.test"], "")
      #expect(walk.status == 0 && walk.text.contains(";; from root1.test.") && walk.text.contains("A\t198.51.100.10"), "\(walk.text)\(walk.errorText)")
      let overTCP = await inside([program, "dns", "--trace", "--tcp", "www.garnet.test"], "")
      #expect(overTCP.status == 0 && overTCP.text.contains("over TCP") && !overTCP.text.contains("over UDP"), "\(overTCP.text)")
      let nowhere = await inside([program, "dns", "--trace", "nowhere.garnet.test"], "")
      #expect(nowhere.status == 1 && nowhere.errorText.contains("NXDOMAIN"), "\(nowhere.errorText)")
      let steps = try object(await inside([program, "dns", "--trace", "--json", "--explain", "www.garnet.test"], "").text)["steps"] as? [[String: Any]]
      #expect(steps?.count == 4 && steps?.allSatisfy { ($0["explanation"] as? [String: Any])?["fields"] is [Any] } == true, "\(steps ?? [])")
      #expect(await inside([program, "dns", "--trace", "--no-recursion", "www.garnet.test"], "").status == 2)
      let answer = try object(await inside([program, "dns", "--json", "--explain", "www.garnet.test"], "").text)
      #expect(answer["code"] as? String == "NOERROR" && answer["explanation"] is [String: Any])
      let plain = try object(await inside([program, "dns", "--json", "www.garnet.test"], "").text)
      #expect(plain["code"] as? String == "NOERROR" && plain["explanation"] == nil)
      let explained = await inside([program, "dns", "--explain", "www.garnet.test"], "")
      #expect(explained.text.contains("? ") && explained.text.contains("< "), "\(explained.text)")

      let page = await inside([program, "http", "https://www.garnet.test/notes.txt"], "")
      #expect(page.status == 0 && page.text.contains("the answer is 304"), "\(page.errorText)")
      let told = try object(await inside([program, "http", "--json", "--explain", "http://www.garnet.test/notes.txt"], "").text)
      #expect(told["status"] as? Int == 200 && (told["content"] as? String)?.contains("the answer is 304") == true && told["messages"] is [Any])
      let secret = await inside([program, "nc", "--tls", "--crlf", "www.garnet.test", "443"], "GET /notes.txt HTTP/1.0\nHost: www.garnet.test\n\n")
      #expect(secret.text.hasPrefix("HTTP/1.1 200 ") && secret.text.contains("the answer is 304"), "\(secret.text)\(secret.errorText)")
      let events = await inside([program, "nc", "--jsonl", "srv", "6790"], "hello\n")
      for line in events.text.split(separator: "\n") { #expect(try object(line)["schema"] as? Int == 1) }
      #expect(events.text.contains("48454c4c4f"), "\(events.text)\(events.errorText)")

      let netstead = try executable()
      let shell = await netstead.run(
        ["lab", "shell"], input: Array("echo $NETSTEAD_LAB; exit 5\n".utf8), environment: environment.merging(["SHELL": "/bin/sh"]) { $1 })
      #expect(shell.status == 5 && shell.text == "namespace\n", "\(shell.text)\(shell.errorText)")
      for option in [["--seed", "3"], ["--world", "w.yaml"], ["--no-namespace"], ["--console-port", "0"]] {
        let refused = await netstead.run(["lab", "exec"] + option + ["--", "true"], environment: environment)
        #expect(refused.status == 2, "\(option): \(refused.status) \(refused.errorText)")
      }
      try await traces(netstead, environment, folder)
    }
  }

  /// What was said until now, as lines, as text, as packets.
  private func traces(_ netstead: ProgramRunner, _ environment: [String: String], _ folder: String) async throws {
    let lines = await netstead.run(["trace", "--jsonl"], environment: environment)
    for line in lines.text.split(separator: "\n") { #expect(try object(line)["schema"] as? Int == 1) }
    let file = folder + "/run.jsonl"
    try Data(lines.output).write(to: URL(fileURLWithPath: file))
    let text = await netstead.run(["trace", file, "--explain", "--host", "resolver"])
    #expect(text.text.contains("query www.garnet.test. A") && text.text.contains("? "), "\(text.text.prefix(400))\(text.errorText)")
    let all = await netstead.run(["trace", file, "--pcap", folder + "/all.pcapng"])
    #expect(all.status == 0 && all.errorText.contains("no TLS keys"), "\(all.errorText)")
    let some = await netstead.run(["trace", file, "--dialect", "uppercase", "--pcap", folder + "/some.pcapng"])
    #expect(some.status == 0 && !some.errorText.contains("no TLS keys"), "\(some.errorText)")
    guard let tshark = ProgramRunner("tshark") else { return }
    let names = await tshark.run(["-r", folder + "/all.pcapng", "-Y", "dns", "-T", "fields", "-e", "dns.qry.name"])
    #expect(names.text.contains("www.garnet.test"), "\(names.errorText)")
    #expect(await tshark.run(["-r", folder + "/some.pcapng", "-Y", "dns"]).text.isEmpty)
  }

  @Test("dnspython asks the lab's servers, and Chromium shows one of its sites", .enabled(if: hasNamespaces), .timeLimit(.minutes(3)))
  func strangers() async throws {
    try await withLab { inside, _, folder in
      let script = """
        import dns.message, dns.query, dns.resolver
        for ask in (dns.query.udp, dns.query.tcp):
            answer = ask(dns.message.make_query("www.garnet.test", "A", use_edns=0), "198.51.100.11", timeout=5)
            print(answer.answer[0][0], "AA" in dns.flags.to_text(answer.flags))
        print(dns.resolver.resolve("web.cobalt.test", "A").canonical_name)
        try: dns.resolver.resolve("nowhere.garnet.test", "A")
        except dns.resolver.NXDOMAIN: print("no such name")
        """
      if let python = ProgramRunner("/usr/bin/python3"), await python.run(["-c", "import dns.resolver"]).status == 0 {
        let outcome = await inside([python.path, "-c", "import dns.flags\n" + script], "")
        #expect(outcome.text == "198.51.100.10 True\n198.51.100.10 True\nwww.cobalt.test.\nno such name\n", "\(outcome.text)\(outcome.errorText)")
      } else {
        skipped("dnspython as a client", because: "dnspython is not installed")
      }
      if let chromium = ProgramRunner("chromium") {
        let shown = await inside(
          [
            chromium.path, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder)/chromium", "--timeout=4000", "--dump-dom",
            "http://www.garnet.test/",
          ], "")
        #expect(shown.text.contains("This page came from"), "\(shown.text.prefix(300))\(shown.errorText.suffix(300))")
      }
    }
  }

  @Test("a signal to `lab exec` reaches its command, and a kill takes the command along", .enabled(if: hasNamespaces), .timeLimit(.minutes(1)))
  func signals() async throws {
    try await withRuntimeFolder { environment, folder in
      for (signal, status) in [(SIGINT, 130), (SIGTERM, 143), (SIGQUIT, 131)] as [(Int32, Int32)] {
        let run = try Background(["lab", "exec", "--", "sh", "-c", "echo ready >&2; exec sleep 30"], environment: environment, in: folder, until: "ready")
        #expect(run.end(by: signal) == status)
      }
      let run = try Background(["lab", "exec", "--", "sh", "-c", "echo me $$ >&2; exec sleep 30"], environment: environment, in: folder, until: "me ")
      let child = try #require(run.said.firstMatch(of: #/me ([0-9]+)/#).flatMap { Int32($0.1) })
      _ = run.end(by: SIGKILL)
      func isThere() -> Bool {
        let state = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8))?.split(separator: ")").last
        return state.map { !$0.hasPrefix(" Z") } ?? false
      }
      for _ in 0..<200 where isThere() { try await Task.sleep(for: .milliseconds(20)) }
      #expect(!isThere())
      // nohup's promise: who ignores a hang-up goes on ignoring it, and so does what it runs.
      let sh = try #require(ProgramRunner("sh"))
      let deaf = await sh.run(
        ["-c", "trap '' HUP; exec \"$0\" lab exec -- sh -c 'kill -HUP $PPID; kill -HUP $$; echo still here'", program], environment: environment)
      #expect(deaf.text == "still here\n" && deaf.status == 0, "\(deaf.status) \(deaf.errorText)")
    }
  }

  @Test("an option that a command could not obey is none of its options", arguments: [
    ["up", "--pcap", "x"], ["up", "--timeout", "1s"], ["lab", "exec", "--explain", "--", "true"], ["lab", "shell", "--json"], ["lab", "--wire"],
    ["lab", "--jsonl"], ["nc", "--json", "srv", "1"], ["trace", "--json"], ["dns", "--json", "--wire", "a.test"], ["dns", "--json", "--jsonl", "a.test"],
    ["dns", "--trace", "--subnet", "192.0.2.0/24", "a.test"], ["lab", "--delays"], ["lab", "check", "--pcap", "x"],
    ["doctor", "--explain"], ["check", "--pcap", "x", "f"],
  ])
  func options(_ arguments: [String]) async throws {
    let outcome = await (try executable()).run(arguments)
    #expect(outcome.status == 2 && outcome.text.isEmpty, "\(outcome.status) \(outcome.text)\(outcome.errorText)")
  }

  @Test("http gives up on a server that says nothing", .timeLimit(.minutes(1)))
  func silence() async throws {
    guard let python = ProgramRunner("python3") else { return }
    let script = """
      import socket, subprocess, sys
      s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
      print(subprocess.run([sys.argv[1], "http", "--timeout", "500ms", "http://127.0.0.1:%d/" % s.getsockname()[1]], stderr=subprocess.DEVNULL, timeout=8).returncode)
      """
    let outcome = await python.run(["-c", script, program])
    #expect(outcome.text == "4\n", "\(outcome.errorText)")
  }

  @Test("doctor and check speak to people and to programs")
  func care() async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      let doctor = await netstead.run(["doctor", "--json"], environment: environment)
      let checks = try object(doctor.text)["checks"] as? [[String: Any]]
      #expect(checks?.contains { $0["id"] as? String == "lab.namespaces" } == true && doctor.status == 0)
      #expect(await netstead.run(["doctor"], environment: environment).text.contains("tool.dig"))
      let world = folder + "/world.yaml"
      let text = await netstead.run(["lab", "--print-world"]).text
      try text.write(toFile: world, atomically: true, encoding: .utf8)
      let good = await netstead.run(["check", world])
      #expect(good.status == 0 && good.errorText == "\(world): good\n", "\(good.text)")
      try (text + "\n").replacingOccurrences(of: "SRV 0 0 80 www", with: "SRV 0 ten 80 www").write(toFile: world, atomically: true, encoding: .utf8)
      let bad = await netstead.run(["check", world])
      #expect(bad.status == 1 && bad.text.hasPrefix("\(world):") && bad.text.contains("ten"), "\(bad.text)")
      let scenario = folder + "/scenario.txt"
      try "world built-in\nat 0s pcx asks resolver www.garnet.test\n".write(toFile: scenario, atomically: true, encoding: .utf8)
      let slip = await netstead.run(["check", "--json", scenario])
      let problems = try object(slip.text)["problems"] as? [String]
      #expect(slip.status == 1 && problems?.first?.contains(":2:7: ") == true, "\(slip.text)")
    }
  }

  @Test("manual pages and completions are made for every command")
  func manuals() async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      let pages = await netstead.run(["manual", folder], environment: environment)
      #expect(pages.status == 0)
      let written = names(in: folder).filter { $0.hasSuffix(".1") }
      #expect(written.count == 15, "\(written)")
      for name in written {
        let page = String(decoding: contents(of: "\(folder)/\(name)") ?? [], as: UTF8.self)
        for section in [".TH NETSTEAD", ".SH NAME", ".SH SYNOPSIS", ".SH EXIT STATUS"] { #expect(page.contains(section), "\(name): no \(section)") }
      }
      if let man = ProgramRunner("man") {
        let shown = await man.run(["-l", "\(folder)/netstead-dns.1"], environment: ["MANWIDTH": "80", "LC_ALL": "C.UTF-8"])
        #expect(shown.text.contains("netstead dns") && shown.errorText.isEmpty, "\(shown.errorText)")
      }
      for shell in ["bash", "zsh", "fish"] {
        let script = await netstead.run(["--generate-completion-script", shell])
        #expect(script.status == 0 && script.text.contains("print-world"))
        guard let program = ProgramRunner(shell) else { continue }
        let syntax = await program.run(["-n", "/dev/stdin"], input: script.output)
        #expect(syntax.status == 0, "\(shell): \(syntax.errorText)")
      }
    }
  }
}
