// `netstead up` whose address changes, and names of it whose addresses take turns, as dig and curl see both.
import Foundation
import Glibc
import TestKit
import Testing

@Suite("hosts that move, and names that many answer for", .serialized)
struct MovingHostPeerTests {
  private static let hash = "$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88"

  /// A host with these settings beside its ports, the port of its name server, and a way to ask it.
  private struct Home {
    let host: Background
    let dig: ProgramRunner
    let port: String

    init?(_ settings: String, _ environment: [String: String], _ folder: String, ports: String = "dns: 0, http: 0, https: 0, console: 0") throws {
      guard let dig = ProgramRunner("dig") else { return nil }
      self.dig = dig
      try "ports: {\(ports)}\n\(settings)".write(toFile: folder + "/netstead.yaml", atomically: true, encoding: .utf8)
      host = try Background(["up", "--settings", folder + "/netstead.yaml", "--data", folder + "/data"], environment: environment, in: folder, until: "stop by")
      port = String(try #require(host.endpoint("DNS")?.split(separator: ":").last, "\(host.said)"))
    }

    func ask(_ words: String...) async -> [String] {
      await dig.run(["@127.0.0.1", "-p", port, "+norec", "+short", "+time=2", "+tries=1"] + words).text.split(separator: "\n").map(String.init)
    }

    func serial() async -> UInt32 { await ask("home.test", "SOA").first?.split(separator: " ").dropFirst(2).first.flatMap { UInt32($0) } ?? 0 }

    /// Asks for the addresses of a name until they are these, for a bounded time.
    func shows(_ wanted: Set<String>, _ name: String) async throws -> Bool {
      for _ in 0..<100 {
        if Set(await ask(name, "A")) == wanted { return true }
        try await Task.sleep(for: .milliseconds(100))
      }
      return false
    }
  }

  @Test("a router reports its address: the zone, its pointers and its secondaries follow; what is wrong is told in the protocol's words", .timeLimit(.minutes(2)))
  func router() async throws {
    guard let curl = ProgramRunner("curl") else { return }
    try await withRuntimeFolder { environment, folder in
      let (secondary, secondaryPort) = try listener()
      defer { close(secondary) }
      let settings = """
        publish: [192.0.2.1]
        publish-from: {update-by: {router: '\(Self.hash)'}}
        mail: {}
        dns: {notify: ['127.0.0.1:\(secondaryPort)']}

        """
      let mail = "smtp: 0, submission: 0, submissions: 0, pop3: 0, pop3s: 0, imap: 0, imaps: 0"
      guard let home = try Home(settings, environment, folder, ports: "dns: 0, http: 0, https: 0, console: 0, \(mail)") else { return }
      func report(_ query: String, user: String = "router:ruby", scheme: String = "https", _ more: [String] = []) async throws -> String {
        let endpoint = try #require(home.host.endpoint(scheme.uppercased()))
        let arguments = more + ["-sSk", "-u", user, "-w", " %{http_code}", "--connect-to", "::\(endpoint)", "\(scheme)://home.test/nic/update?\(query)"]
        return await curl.run(arguments).text.replacing("\n", with: "|")
      }
      let before = await home.serial()
      for (query, wanted) in [
        ("hostname=home.test&myip=203.0.113.9", "good 203.0.113.9| 200"), ("hostname=home.test&myip=203.0.113.9", "nochg 203.0.113.9| 200"),
        ("hostname=www.home.test&myip=203.0.113.9", "nochg 203.0.113.9| 200"), ("hostname=other.test&myip=203.0.113.9", "nohost| 200"),
        ("hostname=home.test,other.test&myip=203.0.113.9", "nochg 203.0.113.9|nohost| 200"), ("hostname=home&myip=203.0.113.9", "notfqdn| 200"),
        ("myip=203.0.113.9", "notfqdn| 200"), ("hostname=home.test&myip=203.0.113.10,2001:db8::10", "good 203.0.113.10,2001:db8::10| 200"),
        ("hostname=home.test&myip=203.0.113.11", "good 203.0.113.11| 200"), ("hostname=home.test&myip=nonsense", "good 127.0.0.1| 200"),
        ("hostname=home.test&myip=0.0.0.0", "nochg 127.0.0.1| 200"),
        ("hostname=home.test&myip=203.0.113.11&myipv6=2001:db8::11", "good 203.0.113.11,2001:db8::11| 200"),
      ] { #expect(try await report(query) == wanted, "\(query)") }
      #expect(try await report("hostname=home.test&myip=192.0.2.66", user: "router:wrong") == "badauth| 401")
      #expect(try await report("hostname=home.test&myip=192.0.2.66", user: "nobody:ruby") == "badauth| 401")
      #expect(try await report("hostname=home.test&myip=192.0.2.66", scheme: "http").hasSuffix(" 403"))
      // What another site's page makes a browser ask for, with the password that the browser was told once.
      for field in ["Sec-Fetch-Site: cross-site", "Origin: https://other.test"] {
        #expect(try await report("hostname=home.test&myip=192.0.2.66", ["-H", field]) == "badagent| 403")
      }

      #expect(await home.ask("home.test", "A") == ["203.0.113.11"])
      #expect(await home.ask("www.home.test", "AAAA") == ["2001:db8::11"])
      #expect(await home.ask("-x", "203.0.113.11") == ["home.test."])
      #expect(await home.ask("-x", "203.0.113.9").isEmpty)
      // The senders' policy names the mail host, whose address has followed.
      #expect(await home.ask("home.test", "TXT") == ["\"v=spf1 mx -all\""])
      #expect(await home.ask("mail.home.test", "A") == ["203.0.113.11"])
      #expect(await home.ask("_dmarc.home.test", "TXT") == ["\"v=DMARC1; p=quarantine\""])
      let after = await home.serial()
      #expect(after > before)
      // RFC 1996 §4.5: opcode 4, and the question for the zone's start.
      var seen = [UInt8](repeating: 0, count: 512)
      #expect(recv(secondary, &seen, seen.count, 0) > 12 && seen[2] & 0x78 == 0x20, "no NOTIFY came")
      #expect(home.host.stop() == 0)

      // It begins again where it was.
      guard let again = try Home(settings, environment, folder, ports: "dns: 0, http: 0, https: 0, console: 0, \(mail)") else { return }
      #expect(await again.ask("home.test", "A") == ["203.0.113.11"])
      #expect(await again.serial() >= after)
      #expect(again.host.stop() == 0)
    }
  }

  @Test("a page says where its reader comes from, and the zone follows", .timeLimit(.minutes(2)))
  func page() async throws {
    try await withRuntimeFolder { environment, folder in
      guard let python = ProgramRunner("python3") else { return }
      let port = freePort()
      try FileManager.default.createDirectory(atPath: folder + "/pages", withIntermediateDirectories: true)
      func say(_ text: String) throws { try text.write(toFile: folder + "/pages/ip", atomically: true, encoding: .utf8) }
      try say("<html><body>Current IP Address: 198.51.100.7</body></html>")
      async let server = python.run(["-m", "http.server", "--bind", "127.0.0.1", "-d", folder + "/pages", "\(port)"], timeout: .seconds(20))
      guard let home = try Home("publish-from: {page: 'http://127.0.0.1:\(port)/ip', every: 1s}\n", environment, folder) else { return }
      #expect(try await home.shows(["198.51.100.7"], "www.home.test"))
      let before = await home.serial()
      try say("nothing at all")
      try await Task.sleep(for: .milliseconds(1_500))
      #expect(await home.ask("www.home.test", "A") == ["198.51.100.7"])
      #expect(await home.serial() == before)
      try say("198.51.100.8\n")
      #expect(try await home.shows(["198.51.100.8"], "www.home.test"))
      #expect(await home.serial() > before)
      #expect(home.host.stop() == 0)
      _ = await server
    }
  }

  @Test("an interface's address is published", .timeLimit(.minutes(1)))
  func interface() async throws {
    try await withRuntimeFolder { environment, folder in
      guard let home = try Home("publish: [192.0.2.1]\npublish-from: {interface: lo}\n", environment, folder) else { return }
      #expect(try await home.shows(["127.0.0.1"], "home.test"))
      #expect(home.host.stop() == 0)
    }
  }

  @Test("answers by weight and in turn; a server without its page leaves them, and comes back", .timeLimit(.minutes(2)))
  func balance() async throws {
    try await withRuntimeFolder { environment, folder in
      guard let python = ProgramRunner("python3") else { return }
      let port = freePort()
      for name in ["one", "two"] { try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true) }
      let pages = ["127.0.0.1", "127.0.0.2"].map { "\(folder)/\($0 == "127.0.0.1" ? "one" : "two")/health" }
      for page in pages { try "well\n".write(toFile: page, atomically: true, encoding: .utf8) }
      async let first = python.run(["-m", "http.server", "--bind", "127.0.0.1", "-d", folder + "/one", "\(port)"], timeout: .seconds(40))
      async let second = python.run(["-m", "http.server", "--bind", "127.0.0.2", "-d", folder + "/two", "\(port)"], timeout: .seconds(40))
      let settings = """
        dns:
          balance:
            - {name: www, addresses: [192.0.2.1 weight 3, 192.0.2.2 weight 1, 192.0.2.3 weight 0]}
            - {name: turn, addresses: [192.0.2.1, 192.0.2.2, 192.0.2.3], ttl: 7}
            - {name: app, addresses: [127.0.0.1, 127.0.0.2], check: 'http://app.home.test:\(port)/health'}

        """
      guard let home = try Home(settings, environment, folder) else { return }
      // Two hundred questions on one line.
      func many(_ name: String) async -> [String: Int] {
        let words = (0..<200).flatMap { _ in [name, "A"] }
        let answers = await home.dig.run(["@127.0.0.1", "-p", home.port, "+norec", "+short", "+time=2", "+tries=1"] + words, timeout: .seconds(60)).text
        return Dictionary(answers.split(separator: "\n").map { (String($0), 1) }, uniquingKeysWith: +)
      }
      let shares = await many("www.home.test")
      #expect((145...155).contains(shares["192.0.2.1"] ?? 0) && (45...55).contains(shares["192.0.2.2"] ?? 0) && shares.count == 2, "\(shares)")
      var firsts: Set<String> = []
      for _ in 0..<3 {
        let all = await home.ask("turn.home.test", "A")
        #expect(Set(all) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        firsts.insert(all.first ?? "")
      }
      #expect(firsts.count == 3)
      let shown = await home.dig.run(["@127.0.0.1", "-p", home.port, "turn.home.test", "+norec", "+noall", "+answer"]).text
      #expect(shown.contains("\t7\tIN\tA"), "\(shown)")
      #expect(try await home.shows(["127.0.0.1", "127.0.0.2"], "app.home.test"))
      try FileManager.default.removeItem(atPath: pages[1])
      #expect(try await home.shows(["127.0.0.1"], "app.home.test"))
      try "well\n".write(toFile: pages[1], atomically: true, encoding: .utf8)
      #expect(try await home.shows(["127.0.0.1", "127.0.0.2"], "app.home.test"))
      #expect(home.host.stop() == 0)
      _ = await (first, second)
    }
  }

  /// A socket at any port of loopback that waits a few seconds for a datagram, and its port.
  private func listener() throws -> (Int32, Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var wait = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
    let isBound = withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0 }
    }
    #expect(isBound)
    return (descriptor, Int(UInt16(bigEndian: place.sin_port)))
  }
}
