// Every kind of web listener under five thousand connections at once (or as many as are permitted), half of them garbage, halves and
// silence: a site that is written to, the door for addresses, reverse proxies with a cache and without, a forward proxy, an edge, a shop with sessions, a
// registrar, the API of a world. And a name server whose zone is changed over TCP.
// Not here: plain pages and ten thousand connections (UpCommandPeerTests).
import Foundation
import TestKit
import Testing

@Suite("five thousand connections at each listener", .serialized, .timeLimit(.minutes(5)))
struct BusyListenersPeerTests {
  /// Most memory the whole program may have afterwards. Unit: bytes.
  private static let residentBytesMax = 500 << 20

  /// Lets five thousand connections come to the service at `place`; half of them ask for what `request` says. Returns how often each status came.
  private func storm(_ host: Background, _ place: String, _ statuses: String, _ request: String) async throws -> [String: Int] {
    let python = try #require(ProgramRunner("python3"))
    let outcome = await python.run(
      [repositoryRoot + "/Tests/PeerTests/Scripts/storm.py", "busy", "5000", place, statuses, request], timeout: .seconds(200))
    #expect(outcome.status == 0 && outcome.text.hasPrefix("held "), "\(place): \(outcome.text)\(outcome.errorText)")
    print("\(place): \(outcome.text.split(separator: "\n").first ?? ""), \(host.residentBytes >> 20) MiB")
    #expect(host.isRunning && host.residentBytes < Self.residentBytesMax)
    return outcome.text.split(separator: " ").reduce(into: [:]) { counts, word in
      let parts = word.split(separator: ":")
      if parts.count == 2 { counts[String(parts[0])] = Int(parts[1].filter(\.isNumber)) }
    }
  }

  @Test("netstead up: a writable site, reverse proxies, a forward proxy")
  func host() async throws {
    guard let curl = ProgramRunner("curl"), ProgramRunner("python3") != nil else { return }
    try await withRuntimeFolder { environment, folder in
      try FileManager.default.createDirectory(atPath: folder + "/origin", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(atPath: folder + "/public/drop", withIntermediateDirectories: true)
      try "from the origin".write(toFile: folder + "/origin/index.html", atomically: true, encoding: .utf8)
      let ports = "ports: {dns: 0, http: 0, https: 0, console: 0}\ntrace: {on: false}\n"
      try (ports + "web: {root: origin}\n").write(toFile: folder + "/origin.yaml", atomically: true, encoding: .utf8)
      let origin = try Background(["up", "--settings", folder + "/origin.yaml", "--data", folder + "/a"], environment: environment, in: folder, until: "stop by")
      let upstream = try #require(origin.endpoint("HTTP"), "\(origin.said)")
      try (ports + """
        web:
          root: public
          users: {alice: '$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88'}
          write: [/drop]
          reverse-proxy:
            - {names: [kept.home.test], upstream: "http://\(upstream)", preserve-host: false, cache: {}}
            - {names: [passed.home.test], upstream: "http://\(upstream)", preserve-host: false}
        forward-proxy: {port: 0, cache: {}}
        """).write(toFile: folder + "/host.yaml", atomically: true, encoding: .utf8)
      let host = try Background(["up", "--settings", folder + "/host.yaml", "--data", folder + "/b"], environment: environment, in: folder, until: "stop by")
      let place = try #require(host.endpoint("HTTP"), "\(host.said)")
      let proxy = try #require(host.endpoint("HTTP proxy"), "\(host.said)")

      // The page is new, so it is not fresh for long and many of these are asked of the origin: on few connections, one after the other.
      let kept = try await storm(host, place, "200", "GET / HTTP/1.1\\r\\nHost: kept.home.test\\r\\n\\r\\n")
      #expect(kept["200"] ?? 0 > 0)
      let passed = try await storm(host, place, "200", "GET /?{n} HTTP/1.1\\r\\nHost: passed.home.test\\r\\n\\r\\n")
      #expect(passed["200"] ?? 0 > 0)
      let put = try await storm(
        host, place, "201,204,503",
        "PUT /drop/{n}.txt HTTP/1.1\\r\\nHost: home.test\\r\\nAuthorization: Basic YWxpY2U6cnVieQ==\\r\\nContent-Length: 2\\r\\n\\r\\nok")
      #expect(put["201"] ?? 0 > 0 && put["204"] ?? 0 > 0, "\(put)")
      // Addresses inside are not asked for others.
      _ = try await storm(host, proxy, "403", "GET http://10.0.0.1/{n} HTTP/1.1\\r\\nHost: 10.0.0.1\\r\\n\\r\\n")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/public").filter { $0.hasPrefix(".") }
      #expect(names.isEmpty, "left unfinished: \(names)")

      let page = await curl.run(["-sS", "--connect-to", "::\(place)", "http://kept.home.test/"])
      #expect(page.text == "from the origin", "\(page.text)\(page.errorText)")
      #expect(host.stop() == 0 && origin.stop() == 0)
    }
  }

  @Test("netstead up: the door for addresses, inside TLS and in the clear")
  func door() async throws {
    guard ProgramRunner("python3") != nil else { return }
    try await withRuntimeFolder { environment, folder in
      try """
        ports: {dns: 0, http: 0, https: 0, console: 0}
        trace: {on: false}
        publish-from: {update-by: {alice: '$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88'}}

        """.write(toFile: folder + "/host.yaml", atomically: true, encoding: .utf8)
      let host = try Background(["up", "--settings", folder + "/host.yaml", "--data", folder + "/b"], environment: environment, in: folder, until: "stop by")
      let (secure, clear) = (try #require(host.endpoint("HTTPS"), "\(host.said)"), try #require(host.endpoint("HTTP"), "\(host.said)"))
      let report = "GET /nic/update?hostname=home.test&myip=192.0.2.{n} HTTP/1.1\\r\\nHost: home.test\\r\\nAuthorization: Basic "
      // Many askers have a number that makes no address: their own counts.
      let told = try await storm(host, "https://\(secure)", "200,503", report + "YWxpY2U6cnVieQ==\\r\\n\\r\\n")
      #expect(told["200"] ?? 0 > 0, "\(told)")
      _ = try await storm(host, "https://\(secure)", "401,503", report + "YWxpY2U6d3Jvbmc=\\r\\n\\r\\n")
      _ = try await storm(host, clear, "403", report + "YWxpY2U6cnVieQ==\\r\\n\\r\\n")
      #expect(host.stop() == 0)
    }
  }

  @Test("netstead up: a zone that is changed over TCP")
  func names() async throws {
    guard let python = ProgramRunner("/usr/bin/python3"), await python.run(["-c", "import dns.update"]).status == 0 else {
      return skipped("names changed by thousands", because: "dnspython is not installed")
    }
    try await withRuntimeFolder { environment, folder in
      let secret = "c2VjcmV0IGZvciB0aGUgbGFib3JhdG9yeSBvbmx5IQ=="
      try """
        ports: {dns: 0, http: 0, https: 0, console: 0}
        trace: {on: false}
        dns: {keys: [{name: lab.key, secret: "\(secret)"}], update-by: [key lab.key]}

        """.write(toFile: folder + "/host.yaml", atomically: true, encoding: .utf8)
      let host = try Background(["up", "--settings", folder + "/host.yaml", "--data", folder + "/b"], environment: environment, in: folder, until: "stop by")
      let place = try #require(host.endpoint("DNS"), "\(host.said)")
      let outcome = await python.run([scriptPath("storm.py"), "names", "5000", place, "home.test", "lab.key", secret], timeout: .seconds(280))
      #expect(outcome.status == 0 && outcome.text.hasPrefix("held "), "\(outcome.text)\(outcome.errorText)")
      print("\(place): \(outcome.text.split(separator: "\n").first ?? ""), \(host.residentBytes >> 20) MiB")
      #expect(host.isRunning && host.residentBytes < Self.residentBytesMax)
      #expect(host.stop() == 0)
    }
  }

  @Test("netstead lab: the access network's proxy, an edge, the shop, the registrar, the API, the console")
  func lab() async throws {
    guard let curl = ProgramRunner("curl"), ProgramRunner("python3") != nil else { return }
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      // The built-in world, at addresses that no other lab on this machine has.
      var world = await netstead.run(["lab", "--print-world"]).text
      for (net, other) in [("192.0.2.", "10.81.2."), ("198.51.100.", "10.81.100."), ("203.0.113.", "10.81.113."), ("198.18.", "10.82.")] {
        world = world.replacingOccurrences(of: net, with: other)
      }
      try world.write(toFile: folder + "/world.yaml", atomically: true, encoding: .utf8)
      let lab = try Background(
        ["lab", "--no-namespace", "--console-port", "0", "--world", folder + "/world.yaml"], environment: environment, in: folder, until: "Ctrl-C")
      #expect(lab.isRunning, "\(lab.said)")
      let proxied = try await storm(lab, "127.81.113.31:3128", "200", "GET http://www.garnet.test/notes.txt?{n} HTTP/1.1\\r\\nHost: www.garnet.test\\r\\n\\r\\n")
      #expect(proxied["200"] ?? 0 > 2_500, "\(proxied)")
      _ = try await storm(lab, "127.82.10.1:8080", "200", "GET /?{n} HTTP/1.1\\r\\nHost: video.garnet.test\\r\\n\\r\\n")
      _ = try await storm(lab, "127.81.100.13:8080", "200", "GET / HTTP/1.1\\r\\nHost: shop.garnet.test:8080\\r\\n\\r\\n")
      // Each name is free the first time, and taken the second time.
      let registered = try await storm(
        lab, "127.81.2.20:8080", "201,409,502,503,504",
        "POST /register HTTP/1.1\\r\\nHost: registrar.test\\r\\nContent-Type: application/x-www-form-urlencoded\\r\\nContent-Length: 31\\r\\n\\r\\n"
          + "name=n{nnnn}&servers=ns1.cdn.test")
      #expect(registered["201"] ?? 0 > 0 && registered["409"] ?? 0 > 0, "\(registered)")
      let api = await netstead.run(["lab", "env"], environment: environment).text.firstMatch(of: #/NETSTEAD_API=\W*http:\/\/([0-9.:]+)/#).map { String($0.output.1) }
      _ = try await storm(lab, try #require(api), "200", "GET /messages?to=nobody@garnet.test HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
      let console = try #require(lab.console.flatMap { $0.split(separator: ":").last?.dropLast() })
      _ = try await storm(lab, "127.0.0.1:\(console)", "200", "GET / HTTP/1.1\\r\\nHost: localhost:\(console)\\r\\n\\r\\n")
      let page = await curl.run(["-sS", "-x", "http://127.81.113.31:3128", "http://shop.garnet.test/"])
      #expect(page.text.contains("Welcome, visitor"), "\(page.text)\(page.errorText)")
      #expect(lab.stop() == 0)
    }
  }
}
