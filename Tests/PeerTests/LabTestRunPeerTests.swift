// `netstead lab --ci`: other people's suites of tests, each in a world of its own; what a red one leaves; the same run again.
import Foundation
import TestKit
import Testing

@Suite("netstead lab --ci", .serialized)
struct LabTestRunPeerTests {
  /// A suite and the program that runs it.
  struct TestSuite: Sendable, CustomTestStringConvertible {
    var program: String
    var file: String
    var green: String
    var red: String
    var testDescription: String { file }
    var path: String { repositoryRoot + "/Tests/PeerTests/Scripts/" + file }
  }

  private static let suites = [
    // The system's own Python, which Debian's packages are for.
    TestSuite(program: "/usr/bin/python3", file: "ci_suite.py", green: "Service", red: "Wrong"),
    TestSuite(program: "node", file: "ci_suite.mjs", green: "service", red: "wrong"),
    TestSuite(program: "/bin/sh", file: "ci_suite.sh", green: "service", red: "wrong"),
  ]

  private func run(_ netstead: ProgramRunner, _ options: [String] = [], _ command: [String], _ environment: [String: String]) async -> ProgramOutcome {
    await netstead.run(["lab", "--ci"] + options + (command.isEmpty ? [] : ["--"] + command), environment: environment, timeout: .seconds(120))
  }

  private func leftovers(in folder: String) -> [String] { names(in: folder).filter { $0.hasPrefix("netstead-ci-") } }

  @Test("a green suite leaves nothing, a red one a report that others can read, and that plays again", .enabled(if: hasNamespaces), arguments: suites)
  func runs(_ suite: TestSuite) async throws {
    let netstead = try executable()
    guard ProgramRunner(suite.program) != nil else { return }
    for tool in suite.file.hasSuffix(".sh") ? ["dig", "curl", "swaks"] : [] where ProgramRunner(tool) == nil { return }
    if suite.file.hasSuffix(".py"), ProgramRunner(suite.program)?.runBlocking(["-c", "import requests, dns"]).status != 0 {
      return skipped("the suite in Python", because: "python3-requests or python3-dnspython is not installed")
    }
    try await withRuntimeFolder { environment, folder in
      let report = folder + "/report"
      let green = await run(netstead, ["--report", report], [suite.program, suite.path, suite.green], environment)
      #expect(green.status == 0, "\(green.text)\(green.errorText)")
      #expect(!FileManager.default.fileExists(atPath: report) && leftovers(in: folder).isEmpty)
      let red = await run(netstead, ["--report", report, "--seed", "7"], [suite.program, suite.path, suite.red], environment)
      #expect(red.status == 1 && red.errorText.contains("report.html"), "\(red.text)\(red.errorText)")
      try await checkReport(report, of: suite)
      let again = await run(netstead, ["--replay", report + "/replay.yaml", "--report", folder + "/again"], [], environment)
      #expect(again.status == 1, "\(again.text)\(again.errorText)")
      let (first, second) = (contents(of: report + "/world.yaml"), contents(of: folder + "/again/world.yaml"))
      #expect(first != nil && first == second)
      #expect(contents(of: folder + "/again/replay.yaml").map { String(decoding: $0, as: UTF8.self) }?.contains("\nseed: 7\n") == true)
    }
  }

  private func checkReport(_ folder: String, of suite: TestSuite) async throws {
    #expect(Set(names(in: folder)) == ["report.html", "events.jsonl", "run.pcapng", "world.yaml", "replay.yaml"])
    let page = String(decoding: try #require(contents(of: folder + "/report.html")), as: UTF8.self)
    for part in [suite.file, "exit code 1", "<svg", "www.garnet.test", "replay.yaml"] { #expect(page.contains(part), "no \(part) in the page") }
    #expect(!page.contains("never-shown") && ["<img", "<script", "<link", "<iframe"].allSatisfy { !page.contains($0) }, "it shows or loads what it must not")
    let lines = String(decoding: try #require(contents(of: folder + "/events.jsonl")), as: UTF8.self).split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines {
      let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(event["schema"] as? Int == 1)
    }
    if let tshark = ProgramRunner("tshark") {
      let pages = await tshark.run(["-r", folder + "/run.pcapng", "-Y", "http.response.code == 200", "-T", "fields", "-e", "frame.number"])
      #expect(pages.status == 0 && !pages.text.isEmpty, "\(pages.errorText)")
      let bad = await tshark.run(["-r", folder + "/run.pcapng", "-Y", "_ws.malformed"])
      #expect(bad.text.isEmpty, "\(bad.text)")
    }
  }

  @Test("exit codes and signals pass through; no lab that runs is met", .enabled(if: hasNamespaces))
  func codes() async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      let lab = try Background(["lab", "--console-port", "0"], environment: environment, in: folder, until: "stop  ")
      defer { #expect(lab.stop() == 0) }
      let network = await netstead.run(["lab", "exec", "--", "readlink", "/proc/self/ns/net"], environment: environment)
      for (script, status) in [("exit 7", 7 as Int32), ("kill -TERM $$", 143), ("test -n \"$NETSTEAD_API\" && readlink /proc/self/ns/net", 0)] {
        let outcome = await run(netstead, ["--report", folder + "/report"], ["sh", "-c", script], environment)
        #expect(outcome.status == status, "\(outcome.errorText)")
        #expect(status != 0 || outcome.text != network.text && !outcome.text.isEmpty)
      }
      #expect(await run(netstead, [], ["no-such-program-anywhere"], environment).status == 127)
      // What cannot be raised leaves nothing either.
      #expect(await run(netstead, ["--no-namespace", "--as", "phone"], ["true"], environment).status == 2)
      // A signal to netstead is the command's.
      let waiting = try Background(
        ["lab", "--ci", "--report", folder + "/report", "--", "sh", "-c", "trap 'exit 9' TERM; echo waits >&2; while :; do sleep 0.1; done"], environment: environment,
        in: folder, until: "waits")
      #expect(waiting.end(by: SIGTERM) == 9)
      #expect(leftovers(in: folder).isEmpty)
    }
  }

  @Test("one world for each worker, side by side", .enabled(if: hasNamespaces))
  func manyAtOnce() async throws {
    let netstead = try executable()
    guard ProgramRunner("curl") != nil else { return }
    try await withRuntimeFolder { environment, folder in
      let worker = """
        curl -sS -H 'Content-Type: application/json' -d "{\\"name\\": \\"me.garnet.test\\", \\"type\\": \\"TXT\\", \\"data\\": \\"$1\\"}" $NETSTEAD_API/records >/dev/null
        curl -sS "$NETSTEAD_API/records?name=me.garnet.test"
        """
      let texts = await withTaskGroup(of: String.self) { group in
        for number in 1...3 { group.addTask { await run(netstead, ["--report", folder + "/\(number)"], ["sh", "-c", worker, "sh", "worker \(number)"], environment).text } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      for number in 1...3 { #expect(texts.contains { $0.contains("worker \(number)") }, "\(texts)") }
    }
  }

  @Test("where there are no namespaces, the second world on the loopback has higher ports")
  func onLoopback() async throws {
    let netstead = try executable()
    guard ProgramRunner("dig") != nil, ProgramRunner("curl") != nil else { return }
    try await withRuntimeFolder { environment, folder in
      let script = """
        dig @${NETSTEAD_RESOLVER%:*} -p ${NETSTEAD_RESOLVER##*:} +short www.garnet.test
        curl -sS $NETSTEAD_HTTP/notes.txt | head -1
        echo ${NETSTEAD_RESOLVER##*:}
        """
      let inner = "\(program) lab --ci --no-namespace --report \(folder)/inner -- sh -c '\(script)'"
      let outcome = await run(netstead, ["--no-namespace", "--report", folder + "/outer"], ["sh", "-c", script + "\n" + inner], environment)
      let lines = outcome.text.split(separator: "\n").map(String.init)
      #expect(outcome.status == 0 && lines.count == 6, "\(outcome.text)\(outcome.errorText)")
      #expect(lines.prefix(2) == ["127.51.100.10", "Things to try on this site"])
      #expect(lines.dropFirst(3).prefix(2) == lines.prefix(2))
      #expect(Int(lines.last ?? "").map { $0 - (Int(lines.dropFirst(2).first ?? "") ?? 0) } ?? 0 >= 1_000, "\(lines)")
      #expect(leftovers(in: folder).isEmpty)
    }
  }

  @Test("with another command a replay gives the orders of the first run again, at their times", .enabled(if: hasNamespaces))
  func ordersAgain() async throws {
    let netstead = try executable()
    guard ProgramRunner("curl") != nil else { return }
    try await withRuntimeFolder { environment, folder in
      let order = "curl -sS -H 'Content-Type: application/json' -d '{\"host\": \"www.garnet.test\", \"cut\": true}' $NETSTEAD_API/faults >/dev/null; exit 3"
      #expect(await run(netstead, ["--report", folder + "/report"], ["sh", "-c", order], environment).status == 3)
      let look = "for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS $NETSTEAD_API/faults | grep '\"cut\":true' && exit 0; sleep 0.3; done; exit 1"
      let again = await run(netstead, ["--replay", folder + "/report/replay.yaml", "--report", folder + "/again"], ["sh", "-c", look], environment)
      #expect(again.status == 0 && again.text.contains("www.garnet.test"), "\(again.text)\(again.errorText)")
    }
  }

  @Test("what is asked for wrongly is told in a sentence", arguments: [
    (["lab", "--ci"], "expects a command"), (["lab", "--report", "x"], "--report goes with --ci"), (["lab", "--", "true"], "goes with --ci"),
    (["lab", "--ci", "--replay", "/nowhere.yaml"], "/nowhere.yaml cannot be read"), (["lab", "--ci", "--replay", "x.yaml", "--seed", "3"], "own world and seed"),
  ] as [([String], String)])
  func usage(_ arguments: [String], _ says: String) async throws {
    let outcome = try await executable().run(arguments)
    #expect(outcome.status == 2 && outcome.errorText.contains(says), "\(outcome.status) \(outcome.errorText)")
  }
}
