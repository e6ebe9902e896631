// How an onion service's orders come past tor's control port: a port of the test's own answers, and notes what it is told.
// Not here: a real tor (PeerTests/OnionPeerTests).
import Bytes
import Crypto
import Foundation
import SimulatedTransport
import Synchronization
import TestKit
import Testing
import Transport
import World

@testable import Host

@Suite("logging in at tor's control port")
struct OnionLoginTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var methods: String
    var password: String?
    /// Whether the port knows the cookie.
    var isGenuine = true
    /// Whether the port lets anybody in.
    var isOpen = true
    /// What the AUTHENTICATE line begins with; nil: there is none.
    var login: String?
    var failure: String?
    var testDescription: String { "\(methods) \(isGenuine) \(isOpen)" }
  }

  private static let cookie = (0..<32).map { UInt8($0 &* 7) }
  private static let nonce = (0..<32).map { UInt8(255 - $0) }

  private static func proof(_ direction: String, _ cookie: [UInt8], _ client: [UInt8]) -> String {
    let key = SymmetricKey(data: Array("Tor safe cookie authentication \(direction) hash".utf8))
    return Hexadecimal.text(Array(HMAC<SHA256>.authenticationCode(for: cookie + client + nonce, using: key)))
  }

  // Tor control-spec AUTHCHALLENGE
  @Test("the cookie is proved, never shown, and not even proved to who does not know it; who does not let us in gets no orders", arguments: [
    Case(methods: "COOKIE,SAFECOOKIE,HASHEDPASSWORD", login: "AUTHENTICATE proof"),
    Case(methods: "SAFECOOKIE", login: "AUTHENTICATE proof"),
    Case(methods: "NULL,SAFECOOKIE", login: "AUTHENTICATE proof"),
    Case(methods: "NULL", login: "AUTHENTICATE"),
    Case(methods: "COOKIE", failure: "wants a password"),
    Case(methods: "SAFECOOKIE", isOpen: false, login: "AUTHENTICATE proof", failure: "does not let us in: 515"),
    Case(methods: "COOKIE,SAFECOOKIE", password: "a \"b\"", login: #"AUTHENTICATE "a \"b\"""#),
    Case(methods: "COOKIE,SAFECOOKIE", isGenuine: false, failure: "does not know tor's cookie"),
    Case(methods: "HASHEDPASSWORD", failure: "wants a password"),
  ])
  func logsIn(_ example: Case) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-onion-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(Self.cookie).write(to: URL(fileURLWithPath: folder + "/cookie"))
    let internet = SimulatedInternet(seed: 3) { _, _ in Link(delay: .milliseconds(1)) }
    let (host, tor) = (internet.addHost("host", Address("192.0.2.1")!), internet.addHost("tor", Address("192.0.2.2")!))
    let place = Endpoint(Address("192.0.2.2")!, 9_051)
    let heard = Mutex<[String]>([])
    var serving = try #require(try HostSettings(file: "n.yaml", text: "onion: {control: '\(place)'}", isPrivileged: false).onion)
    serving.password = example.password
    let service = try OnionService(serving, dataDirectory: folder, network: host)
    let outcome: String? = try internet.run(atMost: .seconds(60)) {
      let listener = try await tor.listen(at: place, options: ListenOptions()) { _, _ in
        let end = ScriptedEnd()
        tor.start { await Self.answer(on: end, example, cookieFile: folder + "/cookie", clock: tor.clock) { line in heard.withLock { $0.append(line) } } }
        return end
      }
      var outcome: String?
      do { try await service.offer(Endpoint(.loopback, 80)) } catch { outcome = "\(error)" }
      await listener.close(grace: .zero)
      return outcome
    }
    let lines = heard.withLock { $0 }
    let nonce = lines.first { $0.hasPrefix("AUTHCHALLENGE SAFECOOKIE ") }.flatMap { Hexadecimal.bytes($0.dropFirst(25).utf8) }
    let proof = "AUTHENTICATE " + Self.proof("controller-to-server", Self.cookie, nonce ?? [])
    #expect(lines.first { $0.hasPrefix("AUTHENTICATE") } == (example.login == "AUTHENTICATE proof" ? proof : example.login))
    #expect(lines.contains { $0.hasPrefix("ADD_ONION ED25519-V3:") } == (example.failure == nil))
    if let failure = example.failure { #expect(outcome?.contains(failure) == true, "\(outcome ?? "")") } else { #expect(outcome == nil) }
    if example.login?.hasSuffix("proof") == true { #expect(nonce?.count == 32) }
  }

  /// A control port's half of one connection.
  private static func answer(
    on end: ScriptedEnd, _ example: Case, cookieFile: String, clock: any WorldClock, _ note: @Sendable (String) -> Void
  ) async {
    while !end.isConnected { try? await clock.sleep(until: clock.now + .milliseconds(1)) }
    while true {
      let heard = await end.hear { bytes in bytes.array.firstIndex(of: 0x0A).map { $0 + 1 } }
      guard heard.isAwaited else { return }
      let line = String(heard.bytes.text.dropLast(heard.bytes.text.hasSuffix("\r\n") ? 1 : 0))
      note(line)
      if line == "PROTOCOLINFO 1" {
        end.say(Buffer("250-PROTOCOLINFO 1\r\n250-AUTH METHODS=\(example.methods) COOKIEFILE=\"\(cookieFile)\"\r\n250-VERSION Tor=\"0.4\"\r\n250 OK\r\n"))
      } else if line.hasPrefix("AUTHCHALLENGE SAFECOOKIE ") {
        let client = Hexadecimal.bytes(line.dropFirst(25).utf8) ?? []
        let hash = proof("server-to-controller", example.isGenuine ? cookie : cookie.reversed(), client)
        end.say(Buffer("250 AUTHCHALLENGE SERVERHASH=\(hash.uppercased()) SERVERNONCE=\(Hexadecimal.text(nonce).uppercased())\r\n"))
      } else {
        end.say(Buffer(example.isOpen ? "250 OK\r\n" : "515 Bad authentication\r\n"))
      }
    }
  }
}
