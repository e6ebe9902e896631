// The guards of `netstead up`'s name server, seen by other people's programs: dig and kdig with their cookies, a program that asks too much.
import Foundation
import TestKit
import Testing

@Suite("guards of a name server and the programs of other people", .serialized)
struct GuardPeerTests {
  /// A host at a port of its own with what `dns` says.
  private func withHome(_ dns: String, _ body: (Int) async throws -> Void) async throws {
    try await withRuntimeFolder { environment, folder in
      let port = Int.random(in: 20_000..<30_000)
      let file = folder + "/home.yaml"
      try "domain: home.test\nports: {dns: \(port), http: 0, https: 0, console: 0}\ndns:\n\(dns)\n".write(toFile: file, atomically: true, encoding: .utf8)
      let host = try Background(["up", "--settings", file, "--data", folder + "/data"], environment: environment, in: folder, until: "stop by")
      try await body(port)
      #expect(host.stop() == 0)
    }
  }

  @Test("dig and kdig get cookies and show them again")
  func cookies() async throws {
    guard let dig = ProgramRunner("dig") else { return }
    try await withHome("  answer-cookie: yes") { port in
      let at = ["@127.0.0.1", "-p", "\(port)", "+norec", "+tries=1", "www.home.test"]
      let first = await dig.run(at + ["+cookie"]).text
      let cookie = try #require(first.firstMatch(of: /COOKIE: ([0-9a-f]{48}) \(good\)/)?.1, "\(first)")
      let again = await dig.run(at + ["+cookie=\(cookie)"]).text
      #expect(again.contains("COOKIE: \(cookie) (good)"), "\(again)")
      #expect(!(await dig.run(at + ["+nocookie"]).text.contains("COOKIE")))
      #expect(await dig.run(at + ["+cookie=00"]).text.contains("FORMERR"))
      if let kdig = ProgramRunner("kdig") { #expect(await kdig.run(["@127.0.0.1", "-p", "\(port)", "+cookie", "www.home.test"]).text.contains("COOKIE: ")) }
    }
  }

  @Test("where cookies are required, dig asks once more and is answered; over TCP at once")
  func required() async throws {
    guard let dig = ProgramRunner("dig") else { return }
    try await withHome("  require-server-cookie: yes\n  cookie-secret: [e5e973e5a6b2a43f48e7dc849e37bfcf]") { port in
      let at = ["@127.0.0.1", "-p", "\(port)", "+norec", "+tries=1", "www.home.test"]
      #expect(await dig.run(at + ["+cookie", "+nobadcookie"]).text.contains("status: BADCOOKIE"))
      let answered = await dig.run(at + ["+cookie", "+badcookie"]).text
      #expect(answered.contains("status: NOERROR") && answered.contains("ANSWER: 1"), "\(answered)")
      #expect(await dig.run(at + ["+cookie", "+tcp"]).text.contains("status: NOERROR"))
      #expect(await dig.run(at + ["+nocookie"]).text.contains("status: NOERROR"), "who knows no cookies")
    }
  }

  @Test("who asks too much gets few answers, some of them cut; dig then comes over TCP, or with its cookie")
  func rates() async throws {
    guard let dig = ProgramRunner("dig"), let python = ProgramRunner("python3") else { return }
    try await withHome("  rate-limit: {responses-per-second: 20, slip: 2, window: 60, exempt-clients: [192.0.2.0/24]}") { port in
      let at = ["@127.0.0.1", "-p", "\(port)", "+norec", "+tries=1", "+time=2", "www.home.test"]
      let first = await dig.run(at + ["+cookie"]).text
      let cookie = try #require(first.firstMatch(of: /COOKIE: ([0-9a-f]{48})/)?.1, "\(first)")
      let script = """
        import socket
        query = bytes.fromhex("abcd01000001000000000000" + "03777777" + "04686f6d65" + "0474657374" + "00" + "00010001")
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.5)
        for _ in range(400): s.sendto(query, ("127.0.0.1", \(port)))
        whole = cut = 0
        try:
            while True:
                answer = s.recv(2000)
                if answer[2] & 2: cut += 1
                else: whole += 1
        except TimeoutError: pass
        print(whole <= 60, 150 <= cut <= 200)
        """
      #expect(await python.run(["-c", script]).text == "True True\n")
      // In debt for a while. A cookie pays for itself, and TCP always does.
      #expect(await dig.run(at + ["+cookie=\(cookie)"]).text.contains("ANSWER: 1"))
      #expect(await dig.run(at + ["+nocookie", "+tcp"]).text.contains("ANSWER: 1"))
    }
  }
}
