// `netstead up` as other people's programs see it: dig, kdig, dnspython, curl, wget, Python's http.client, Chromium.
import Foundation
import TestKit
import Testing
import Trace
import Transport
import World

@testable import Host

/// A home host on free ports of loopback, with a folder served, for the length of `body`.
func withHomeHost<R>(serving root: String = "public", _ body: (HomeHost, TraceStore, _ folder: String) async throws -> R) async throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-home-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder + "/public", withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try Data("<h1>home</h1>\n".utf8).write(to: URL(fileURLWithPath: folder + "/public/index.html"))
  try Data(String(repeating: "0123456789", count: 20_000).utf8).write(to: URL(fileURLWithPath: folder + "/public/digits.txt"))
  var settings = HostSettings()
  settings.ports.dns = 0
  settings.ports.http = 0
  settings.ports.https = 0
  settings.webRoot = folder + "/" + root
  settings.records = "text TXT \"a text\"\nbig TXT \(Array(repeating: "\"\(String(repeating: "x", count: 200))\"", count: 10).joined(separator: " "))\n"
  let network = SocketNetwork(loops: 1)
  let store = TraceStore()
  let host = try await HomeHost.start(settings, dataDirectory: folder, network: network, recorder: store)
  let result: Result<R, any Error>
  do { result = .success(try await body(host, store, folder)) } catch { result = .failure(error) }
  await host.assembly.stop(grace: .zero)
  await network.shutDown()
  return try result.get()
}

extension HomeHost {
  /// The port of the service with this name.
  func port(_ service: String) throws -> String {
    String(try needed(assembly.running.first { $0.name == service }).endpoint.port)
  }
}

@Suite("a home host and the programs of other people", .serialized)
struct HomeHostPeerTests {
  struct Lookup: Sendable, CustomTestStringConvertible {
    var program: String
    var arguments: [String]
    var expected: [String]
    var testDescription: String { "\(program) \(arguments.joined(separator: " "))" }
  }

  @Test("names", arguments: [
    Lookup(program: "dig", arguments: ["home.test", "A", "+norec"], expected: ["status: NOERROR", "flags: qr aa", "home.test.\t\t300\tIN\tA\t127.0.0.1", "EDNS: version: 0"]),
    Lookup(program: "dig", arguments: ["WWW.home.TEST", "A", "+norec", "+noedns"], expected: ["WWW.home.TEST.\t\t300\tIN\tA\t127.0.0.1"]),
    Lookup(program: "dig", arguments: ["nowhere.home.test", "A", "+norec"], expected: ["status: NXDOMAIN", "SOA\tns1.home.test. hostmaster.home.test."]),
    Lookup(program: "dig", arguments: ["text.home.test", "A", "+norec"], expected: ["status: NOERROR", "ANSWER: 0", "SOA"]),
    Lookup(program: "dig", arguments: ["other.example", "A", "+norec"], expected: ["status: REFUSED"]),
    Lookup(program: "dig", arguments: ["big.home.test", "TXT", "+norec", "+noedns"], expected: ["Truncated, retrying in TCP mode", "ANSWER: 1", "(TCP)"]),
    Lookup(program: "dig", arguments: ["text.home.test", "TXT", "+norec", "+tcp"], expected: ["\"a text\"", "(TCP)"]),
    Lookup(program: "dig", arguments: ["home.test", "+opcode=15", "+norec"], expected: ["status: NOTIMP"]),
    Lookup(program: "dig", arguments: ["home.test", "+edns=7", "+noednsnegotiation", "+norec"], expected: ["status: BADVERS"]),
    Lookup(program: "kdig", arguments: ["www.home.test", "A", "+edns"], expected: ["status: NOERROR", "127.0.0.1"]),
    Lookup(program: "kdig", arguments: ["text.home.test", "TXT", "+tcp"], expected: ["\"a text\""]),
  ])
  func names(_ lookup: Lookup) async throws {
    guard let program = ProgramRunner(lookup.program) else { return }
    try await withHomeHost { host, _, _ in
      let outcome = await program.run(["@127.0.0.1", "-p", try host.port("DNS")] + lookup.arguments)
      #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
      for part in lookup.expected { #expect(outcome.text.contains(part), "no \(part) in:\n\(outcome.text)") }
    }
  }

  @Test("curl: a page, a condition, a range, a host unknown, HTTPS by the local authority")
  func curl() async throws {
    guard let program = ProgramRunner("curl") else { return }
    try await withHomeHost { host, store, folder in
      let http = try host.port("HTTP")
      let https = try host.port("HTTPS")
      let base = "http://www.home.test:\(http)"
      let resolve = ["-sS", "--resolve", "www.home.test:\(http):127.0.0.1", "--resolve", "www.home.test:\(https):127.0.0.1"]
      let page = await program.run(resolve + ["-i", base + "/"])
      #expect(page.text.hasPrefix("HTTP/1.1 200 OK\r\n") && page.text.hasSuffix("<h1>home</h1>\n"), "\(page.text)\(page.errorText)")
      let tag = try #require(page.text.firstMatch(of: #/ETag: ([^\r]+)/#.ignoresCase())).1
      let again = await program.run(resolve + ["-i", "-H", "If-None-Match: \(tag)", base + "/"])
      #expect(again.text.hasPrefix("HTTP/1.1 304 ") && again.text.hasSuffix("\r\n\r\n"))
      let range = await program.run(resolve + ["-i", "-r", "5-14", base + "/digits.txt"])
      #expect(range.text.hasPrefix("HTTP/1.1 206 ") && range.text.hasSuffix("5678901234"))
      let whole = await program.run(resolve + [base + "/digits.txt"])
      #expect(whole.output.count == 200_000, "\(whole.status) \(whole.errorText)")
      let missing = await program.run(resolve + ["-o", "/dev/null", "-w", "%{http_code}", base + "/%2e%2e/secret"])
      #expect(["400", "404"].contains(missing.text))
      let authority = folder + "/ca.pem"
      try Data(host.authorityPEM.utf8).write(to: URL(fileURLWithPath: authority))
      let secure = await program.run(resolve + ["--cacert", authority, "https://www.home.test:\(https)/digits.txt"])
      #expect(secure.output.count == 200_000, "\(secure.status) \(secure.errorText)")
      let other = folder + "/other.pem"
      try Data(CertificateAuthority(at: Instant(secondsSince1970: 1_767_225_600)).authorityPEM.utf8).write(to: URL(fileURLWithPath: other))
      let strange = await program.run(resolve + ["--cacert", other, "https://www.home.test:\(https)/"])
      #expect(strange.status == 60, "a certificate of an unknown authority must be refused: \(strange.status)")
      #expect(store.conversations().contains { $0.info.encrypted })
    }
  }

  @Test("a renewed certificate is shown to the next connection")
  func renewal() async throws {
    guard let program = ProgramRunner("curl") else { return }
    try await withHomeHost { host, _, folder in
      let other = try CertificateAuthority(at: SystemClock().now)
      try Data(other.authorityPEM.utf8).write(to: URL(fileURLWithPath: folder + "/other.pem"))
      let https = try host.port("HTTPS")
      func status() async -> Int32 {
        await program.run(["-sS", "--cacert", folder + "/other.pem", "--connect-to", "::127.0.0.1:\(https)", "https://www.home.test/"]).status
      }
      #expect(await status() == 60)
      host.identities.renew([try other.issue(for: ["www.home.test"], at: SystemClock().now)])
      #expect(await status() == 0)
    }
  }

  @Test("dnspython asks over UDP and TCP")
  func dnspython() async throws {
    guard let python = ProgramRunner("/usr/bin/python3"), await python.run(["-c", "import dns.query"]).status == 0 else {
      return skipped("dnspython", because: "it is not installed")
    }
    try await withHomeHost { host, _, _ in
      let script = """
        import dns.flags, dns.message, dns.query, dns.resolver
        port = \(try host.port("DNS"))
        for ask in (dns.query.udp, dns.query.tcp):
            answer = ask(dns.message.make_query("text.home.test", "TXT"), "127.0.0.1", port=port, timeout=5)
            print(answer.answer[0][0], bool(answer.flags & dns.flags.AA))
        answer, tcp = dns.query.udp_with_fallback(dns.message.make_query("big.home.test", "TXT"), "127.0.0.1", port=port, timeout=5)
        print(tcp, len(answer.answer[0]))
        resolver = dns.resolver.Resolver(configure=False); resolver.nameservers = ["127.0.0.1"]; resolver.port = port
        print(resolver.resolve("www.home.test", "A")[0])
        """
      let outcome = await python.run(["-c", script])
      #expect(outcome.text == "\"a text\" True\n\"a text\" True\nTrue 1\n127.0.0.1\n", "\(outcome.text)\(outcome.errorText)")
    }
  }

  @Test("Chromium shows a page that is served")
  func browser() async throws {
    guard let chromium = ProgramRunner("chromium") else { return }
    try await withHomeHost { host, _, folder in
      let shown = await chromium.run(
        [
          "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder)/chromium", "--timeout=4000", "--dump-dom",
          "--host-resolver-rules=MAP home.test 127.0.0.1", "http://home.test:\(try host.port("HTTP"))/",
        ], timeout: .seconds(45))
      #expect(shown.text.contains("<h1>home</h1>"), "\(shown.text.prefix(300))\(shown.errorText.suffix(300))")
    }
  }

  @Test("without a folder to serve there is a page that says what to do")
  func welcome() async throws {
    guard let program = ProgramRunner("curl") else { return }
    try await withHomeHost(serving: "no-such-folder") { host, _, _ in
      let page = await program.run(["-sS", "-i", "http://127.0.0.1:\(try host.port("HTTP"))/"])
      #expect(page.text.hasPrefix("HTTP/1.1 200 OK\r\n") && page.text.contains("home.test is up") && page.text.contains("no-such-folder"), "\(page.text)")
    }
  }

  @Test("wget and Python's http.client, on one connection")
  func otherClients() async throws {
    try await withHomeHost { host, _, _ in
      let http = try host.port("HTTP")
      if let wget = ProgramRunner("wget") {
        let outcome = await wget.run(["-q", "-O", "-", "http://127.0.0.1:\(http)/digits.txt", "--header", "Host: www.home.test"])
        #expect(outcome.output.count == 200_000, "\(outcome.errorText)")
      }
      if let python = ProgramRunner("python3") {
        let script = """
          import http.client
          c = http.client.HTTPConnection("127.0.0.1", \(http), timeout=10)
          for i in range(3):
              c.request("GET", "/", headers={"Host": "home.test"})
              r = c.getresponse(); body = r.read()
              print(r.status, r.getheader("Content-Type"), len(body))
          c.request("HEAD", "/digits.txt", headers={"Host": "home.test"})
          r = c.getresponse(); print(r.status, r.getheader("Content-Length"), len(r.read()))
          c.request("POST", "/", body=b"x" * 10, headers={"Host": "home.test"})
          r = c.getresponse(); print(r.status, r.getheader("Allow")); r.read()
          """
        let outcome = await python.run(["-c", script])
        let lines = outcome.text.split(separator: "\n")
        #expect(lines.count == 5 && lines[0...2].allSatisfy { $0 == "200 text/html; charset=utf-8 14" }, "\(outcome.text)\(outcome.errorText)")
        #expect(lines.count == 5 && lines[3] == "200 200000 0" && lines[4].hasPrefix("405 GET"), "\(outcome.text)")
      }
    }
  }
}
