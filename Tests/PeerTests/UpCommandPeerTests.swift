// `netstead up`, the executable, in bad times: killed at any moment, without room on its disk, with a thousand rude peers at each port.
import Foundation
import TestKit
import Testing

@Suite("netstead up in bad times", .serialized)
struct UpCommandPeerTests {
  /// Settings that take any free port, in a file in `folder`.
  private func settings(in folder: String) throws -> [String] {
    let file = folder + "/netstead.yaml"
    try "domain: home.test\nports: {dns: 0, http: 0, https: 0, console: 0}\n".write(toFile: file, atomically: true, encoding: .utf8)
    return ["up", "--settings", file, "--data", folder + "/data"]
  }

  /// Whether a page comes, in the clear and inside TLS.
  private func serves(_ host: Background, _ curl: ProgramRunner) async throws -> Bool {
    for (service, scheme) in [("HTTP", "http"), ("HTTPS", "https")] {
      let endpoint = try #require(host.endpoint(service), "no \(service) in\n\(host.said)")
      let port = endpoint.split(separator: ":").last ?? ""
      let page = await curl.run(["-sSk", "--connect-to", "::127.0.0.1:\(port)", "\(scheme)://www.home.test/"])
      guard page.status == 0, page.text.contains("home.test") else {
        Issue.record("\(service): \(page.text)\(page.errorText)")
        return false
      }
    }
    return true
  }

  @Test("killed at any moment, it starts again with what it had", .timeLimit(.minutes(3)))
  func killed() async throws {
    let netstead = try executable()
    guard let curl = ProgramRunner("curl") else { return }
    try await withRuntimeFolder { environment, folder in
      let arguments = try settings(in: folder)
      for milliseconds in [5, 10, 20, 30, 40, 60, 80, 100, 130, 160, 200, 300, 500] {
        let outcome = await netstead.run(arguments, environment: environment, timeout: .milliseconds(milliseconds))
        #expect(outcome.timedOut, "it ended by itself after a kill: \(outcome.errorText)")
      }
      let host = try Background(arguments, environment: environment, in: folder, until: "stop by")
      #expect(try await serves(host, curl))
      #expect(host.stop() == 0)
    }
  }

  @Test("the console goes elsewhere when its port is taken; a folder that appears is served; one that was chosen must be there", .timeLimit(.minutes(2)))
  func places() async throws {
    let netstead = try executable()
    guard let curl = ProgramRunner("curl") else { return }
    try await withRuntimeFolder { environment, folder in
      let file = folder + "/netstead.yaml"
      let ports = "ports: {dns: 0, http: 0, https: 0}\n"
      try ports.write(toFile: file, atomically: true, encoding: .utf8)
      let arguments = ["up", "--settings", file, "--data", folder + "/data"]
      let first = try Background(arguments, environment: environment, in: folder, until: "stop by")
      let second = try Background(arguments, environment: environment, in: folder, until: "stop by")
      let consoles = [try #require(first.console, "\(first.said)"), try #require(second.console, "\(second.said)")]
      #expect(consoles[0] != consoles[1])
      let taken = await netstead.run(arguments + ["--console-port", String(consoles[0].filter(\.isNumber))], environment: environment)
      #expect(taken.status == 4 && taken.errorText.contains("--console-port"), "\(taken.errorText)")
      #expect(second.stop() == 0)

      let port = try #require(first.endpoint("HTTP")?.split(separator: ":").last)
      func page() async -> String { await curl.run(["-sS", "--connect-to", "::127.0.0.1:\(port)", "http://home.test/"]).text }
      #expect(await page().contains("home.test is up"))
      try FileManager.default.createDirectory(atPath: folder + "/public", withIntermediateDirectories: false)
      try "my own page".write(toFile: folder + "/public/index.html", atomically: true, encoding: .utf8)
      var shown = ""
      for _ in 0..<40 where shown != "my own page" {
        try await Task.sleep(for: .milliseconds(250))
        shown = await page()
      }
      #expect(shown == "my own page")
      #expect(first.stop() == 0)

      try (ports + "web:\n  root: nowhere\n").write(toFile: file, atomically: true, encoding: .utf8)
      for (command, status) in [(arguments, 2), (["check", file], 1)] as [([String], Int32)] {
        let refused = await netstead.run(command, environment: environment)
        #expect(refused.status == status && (refused.text + refused.errorText).contains("\(file):3:9: expected a folder"), "\(refused.text)\(refused.errorText)")
      }
    }
  }

  @Test("a disk without room is told, and nothing is broken by it", .timeLimit(.minutes(2)))
  func fullDisk() async throws {
    guard let unshare = ProgramRunner("unshare") else { return }
    guard await unshare.run(["--user", "--map-root-user", "--mount", "true"]).status == 0 else {
      return skipped("a disk without room", because: "no user namespaces here")
    }
    try await withRuntimeFolder { environment, folder in
      let arguments = try settings(in: folder)
      try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
      // No room at all, then room for a part of what is written at the first start.
      for size in ["4k", "12k", "24k"] {
        let outcome = await unshare.run(
          ["--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=\(size) none \"$1\" && shift && exec \"$@\"", "sh", folder + "/data", program]
            + arguments, environment: environment, timeout: .seconds(2))
        // Either there was room enough, and it was still at work when the time was over, or it says what is wrong.
        #expect(outcome.timedOut || (outcome.status == 4 && outcome.errorText.lowercased().contains("space")), "\(size): \(outcome.status) \(outcome.errorText)")
        if size == "4k" { #expect(!outcome.timedOut) }
      }
    }
  }

  @Test("it stops soon although streams without an end are open: the console's, and one that it relays", .timeLimit(.minutes(2)))
  func stops() async throws {
    guard let python = ProgramRunner("python3"), let curl = ProgramRunner("curl") else { return }
    _ = try executable()
    try await withRuntimeFolder { environment, folder in
      // An origin that says something at once, and then nothing for a minute.
      let script = """
        import socket, time
        listener = socket.create_server(("127.0.0.1", 0))
        open("\(folder)/port.part", "w").write(str(listener.getsockname()[1]))
        import os; os.rename("\(folder)/port.part", "\(folder)/port")
        peer = listener.accept()[0]
        peer.recv(9999)
        peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n\\r\\ndata: one\\n\\n")
        peer.settimeout(60)
        print("ended:", peer.recv(9999))
        """
      async let origin = python.run(["-c", script], timeout: .seconds(80))
      var port = ""
      for _ in 0..<1_000 where port.isEmpty {
        try await Task.sleep(for: .milliseconds(20))
        port = (try? String(contentsOfFile: folder + "/port", encoding: .utf8)) ?? ""
      }
      let file = folder + "/netstead.yaml"
      try """
        ports: {dns: 0, http: 0, https: 0, console: 0}
        web: {reverse-proxy: [{names: [events.home.test], upstream: "http://127.0.0.1:\(port)"}]}
        """.write(toFile: file, atomically: true, encoding: .utf8)
      let host = try Background(["up", "--settings", file, "--data", folder + "/data"], environment: environment, in: folder, until: "stop by")
      let place = try #require(host.endpoint("HTTP"), "\(host.said)")
      let console = try #require(host.console)
      async let relayed = curl.run(["-sSN", "-o", folder + "/relayed", "--connect-to", "::\(place)", "http://events.home.test/"], timeout: .seconds(80))
      async let live = curl.run(["-sSN", "-o", folder + "/live", console + "events"], timeout: .seconds(80))
      for name in ["relayed", "live"] {
        for _ in 0..<1_000 where contents(of: "\(folder)/\(name)")?.isEmpty != false { try await Task.sleep(for: .milliseconds(20)) }
      }
      let took = ContinuousClock().measure { #expect(host.stop() == 0) }
      // The grace is five seconds, and nobody used it up.
      #expect(took < .seconds(4), "\(took)")
      // What never ends is broken off where it is only passed on, and ends properly where it is ours.
      #expect(await relayed.status == 18 && contents(of: folder + "/relayed") == Array("data: one\n\n".utf8))
      #expect(await live.status == 0)
      #expect(await origin.text == "ended: b''\n")
    }
  }

  @Test("a thousand rude peers at each port: garbage, halves, silence; those who speak properly are served", .timeLimit(.minutes(3)))
  func storm() async throws {
    guard let python = ProgramRunner("python3"), let curl = ProgramRunner("curl") else { return }
    try await withRuntimeFolder { environment, folder in
      let host = try Background(settings(in: folder), environment: environment, in: folder, until: "stop by")
      let places = host.said.split(separator: "\n").compactMap { $0.firstMatch(of: #/127\.0\.0\.1:[0-9]+$/#).map { String($0.0) } }
      #expect(places.count >= 3, "\(host.said)")
      let storm = await python.run([repositoryRoot + "/Tests/PeerTests/Scripts/storm.py", "rude"] + places, timeout: .seconds(100))
      #expect(storm.status == 0 && storm.text.contains("stormed \(places.count * 1_000)"), "\(storm.errorText)")
      #expect(try await serves(host, curl))
      #expect(host.isRunning && host.stop() == 0)
    }
  }

  @Test("ten thousand connections (or as many as are permitted) hold, and each is answered again", .timeLimit(.minutes(3)))
  func patient() async throws {
    guard let python = ProgramRunner("python3"), FileManager.default.fileExists(atPath: program) else { return }
    try await withRuntimeFolder { environment, folder in
      let host = try Background(settings(in: folder), environment: environment, in: folder, until: "stop by")
      let place = try #require(host.endpoint("HTTP"))
      let many = await python.run([repositoryRoot + "/Tests/PeerTests/Scripts/storm.py", "patient", "10000", place], timeout: .seconds(100))
      #expect(many.status == 0 && many.text.hasPrefix("held "), "\(many.errorText)")
      print("netstead up: \(many.text.split(separator: "\n").first ?? "") connections")
      #expect(host.isRunning && host.stop() == 0)
    }
  }
}
