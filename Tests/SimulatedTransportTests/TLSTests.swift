// TLS over virtual links: the same BoringSSL as on sockets, in virtual time. What repeats from a seed, and how handshakes fail.
import Bytes
import SimulatedTransport
import Sockets
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("TLS in the simulator")
struct SimulatedTLSTests {
  static let name = "www.garnet.test"

  /// What is otherwise than with two ends that agree.
  struct Oddity: Sendable {
    var certified = SimulatedTLSTests.name
    var lifetime: Duration?
    var served = TLSVersion.spoken
    var asked = TLSVersion.spoken
    var trusts = true
    var tampering: SimulatedInternet.Tampering?
    var link = Link(delay: .milliseconds(20))
  }

  /// What came of one question to the uppercase service.
  struct Outcome {
    var answer = ""
    var failure = ""
    /// Everything the ends recorded, and every packet.
    var events: [String] = []
    var kinds: [Event.Kind] = []
    var took = Duration.zero
  }

  static func ask(_ odd: Oddity = Oddity(), seed: UInt64 = 1) throws -> Outcome {
    let pair = Pair(odd.link, seed: seed)
    if let tampering = odd.tampering { pair.internet.tamper(with: [Pair.clientAddress], tampering) }
    let (store, packets) = (TraceStore(), TraceStore())
    pair.internet.logPackets(.everything, into: packets)
    let authority = try CertificateAuthority(drawnFrom: SeededRandom(seed: seed), at: .simulationStart)
    let stranger = try CertificateAuthority(drawnFrom: SeededRandom(seed: 99), at: .simulationStart)
    let issued = Instant.simulationStart.advanced(by: odd.lifetime == nil ? .zero : .seconds(-86_400 * 30))
    let identity = try authority.issue(for: [odd.certified], at: issued, lifetime: odd.lifetime)
    let (client, server) = (pair.client, pair.server)
    let answer = Mutex("")
    let service = UppercaseService(.concurrent)
    var outcome = Outcome()
    let start = pair.internet.now
    outcome.failure = try pair.internet.run {
      var tls = TLSServerOptions(identities: [identity], protocols: ["upper"])
      tls.versions = odd.served
      let serving = TraceContext(recorder: store, host: "www", role: .server)
      _ = try await server.listen(at: Pair.place, options: ListenOptions(tls: tls)) { remote, _ in service.end(for: remote, trace: serving) }
      var asking = TLSClientOptions(serverName: Self.name, authorities: (odd.trusts ? authority : stranger).authorityPEM, protocols: ["upper"])
      asking.versions = odd.asked
      do throws(NetworkError) {
        let speaking = TraceContext(recorder: store, host: "pc", role: .client)
        _ = try await client.connect(UppercaseStreamClient(lines: ["hello"]), to: Pair.place, options: DialOptions(tls: asking), trace: speaking) { question, _ in
          if case .deliver(_, let text) = question { answer.withLock { $0 = text } }
          return nil
        }
        return ""
      } catch { return "\(error)" }
    }
    #expect(pair.internet.runUntilQuiet())
    outcome.took = pair.internet.now - start
    outcome.answer = answer.withLock { $0 }
    for one in [store, packets] {
      for event in one.events(after: 0).events {
        outcome.kinds.append(event.kind)
        outcome.events.append("\(event.time.nanoseconds) \(event.conversation.number) \(event.kind.rawValue) \(event.length) \(event.text) \(event.bytes)")
      }
    }
    return outcome
  }

  @Test("an answer comes, and the trace has what passed on the wire and what was in it", arguments: [TLSVersion.v1_2, .v1_3])
  func works(_ version: TLSVersion) throws {
    let outcome = try Self.ask(Oddity(asked: version...version))
    #expect(outcome.failure.isEmpty && outcome.answer == "HELLO")
    #expect(outcome.kinds.contains(.wireSent) && outcome.kinds.contains(.sent))
    #expect(!outcome.events.contains { $0.contains(" note ") && !$0.hasSuffix(" ") }, "the log of packets holds no ciphertext")
  }

  @Test("a version later costs a round trip less", .spec("RFC 8446", "2"))
  func trips() throws {
    let (new, old) = (try Self.ask(), try Self.ask(Oddity(asked: .v1_2 ... .v1_2)))
    #expect(old.took - new.took == .milliseconds(40))
  }

  @Test("the same seed gives the same trace, byte for byte, also on a bad link", arguments: [TLSVersion.v1_2, .v1_3])
  func repeats(_ version: TLSVersion) throws {
    let odd = Oddity(asked: version...version, link: Link(delay: .milliseconds(20), jitter: .milliseconds(3), loss: 0.1, bandwidth: 50_000))
    for seed: UInt64 in 1...4 {
      let (first, second) = (try Self.ask(odd, seed: seed), try Self.ask(odd, seed: seed))
      #expect(first.events == second.events && first.events.count > 20)
      #expect(first.answer == "HELLO")
    }
  }

  struct Failure: Sendable {
    var odd: Oddity
    var words: String
  }

  @Test("a handshake that must not succeed fails, and says why", arguments: [
    Failure(odd: Oddity(certified: "www.cobalt.test"), words: "another name"),
    Failure(odd: Oddity(lifetime: .seconds(86_400)), words: "not valid now"),
    Failure(odd: Oddity(trusts: false), words: "no authority trusted here"),
    Failure(odd: Oddity(served: .v1_0 ... .v1_1), words: "PROTOCOL_VERSION"),
    Failure(odd: Oddity(served: .v1_0 ... .v1_2, asked: .v1_3 ... .v1_3), words: "PROTOCOL_VERSION"),
    Failure(odd: Oddity(tampering: { Self.lowering($0) }), words: "DOWNGRADE"),
  ])
  func fails(_ failure: Failure) throws {
    let outcome = try Self.ask(failure.odd)
    #expect(outcome.failure.contains(failure.words), "\(outcome.failure)")
    #expect(outcome.answer.isEmpty && !outcome.kinds.contains(.received))
  }

  /// 1.2 in place of 1.3 in a ClientHello's list.
  static func lowering(_ bytes: Buffer) -> Buffer? {
    var changed = bytes.array
    guard let place = changed.indices.dropLast(8).first(where: { Array(changed[$0..<($0 + 7)]) == [0, 43, 0, 5, 4, 3, 4] }) else { return nil }
    changed[place + 6] = 3
    return Buffer(changed)
  }

  @Test("a server that says nothing is given up, in virtual time")
  func silence() throws {
    let pair = Pair(Link(delay: .milliseconds(20)))
    let (client, server) = (pair.client, pair.server)
    let error = try pair.internet.run { () -> NetworkError? in
      _ = try await server.listen(at: Pair.place, options: ListenOptions()) { _, _ in NotingEnd() }
      do throws(NetworkError) {
        try await client.dial(Pair.place, options: DialOptions(timeout: .seconds(3), tls: TLSClientOptions(serverName: Self.name))) { NotingEnd() }
        return nil
      } catch { return error }
    }
    #expect(error == .timedOut(Pair.place))
  }

  @Test("TLS begins in the middle when both ends ask for it")
  func later() throws {
    let pair = Pair(Link(delay: .milliseconds(20)))
    let (client, server) = (pair.client, pair.server)
    let authority = try CertificateAuthority(drawnFrom: SeededRandom(seed: 3), at: .simulationStart)
    let identity = try authority.issue(for: [Self.name], at: .simulationStart)
    let (one, other) = (SecuringEnd(says: "inside"), SecuringEnd(says: "too"))
    try pair.internet.run {
      _ = try await server.listen(at: Pair.place, options: ListenOptions(startTLS: TLSServerOptions(identities: [identity]))) { _, _ in other }
      let options = DialOptions(startTLS: TLSClientOptions(serverName: Self.name, authorities: authority.authorityPEM))
      try await client.dial(Pair.place, options: options) { one }
    }
    #expect(pair.internet.runUntilQuiet())
    #expect(one.story == ["opened", "heard ready", "heard go", "secured", "heard too", "peer closed", "closed: closed by the peer"])
    #expect(other.story.prefix(4) == ["opened", "heard begin", "secured", "heard inside"])
  }

  /// An end that begins TLS as mail does: the server says `ready`, the client `begin`, the server `go`.
  private final class SecuringEnd: StreamEnd, @unchecked Sendable {
    // Unchecked: touched on the simulation's thread only.
    private let word: String
    private var carrier: (any Carrier)?
    var story: [String] = []

    init(says word: String) { self.word = word }

    private var isServer: Bool { word == "too" }
    var deadline: Instant? { nil }
    var wantsWire: Bool { false }

    private func say(_ text: String) {
      carrier?.send(Buffer(text))
      carrier?.flush()
    }

    func opened(on carrier: any Carrier) {
      self.carrier = carrier
      story.append("opened")
      say(isServer ? "ready" : "")
    }
    func received(_ bytes: Buffer) {
      story.append("heard \(bytes.text)")
      switch bytes.text {
      case "ready": say("begin")
      case "begin":
        say("go")
        carrier?.startTLS()
      case "go": carrier?.startTLS()
      case "inside":
        say("too")
        carrier?.close(.afterFlush)
      default: break
      }
    }
    func secured() {
      story.append("secured")
      if !isServer { say(word) }
    }
    func peerClosed() {
      story.append("peer closed")
      carrier?.close(.afterFlush)
    }
    func deadlineReached() {}
    func congested(_ isCongested: Bool) {}
    func closed(because reason: String) { story.append("closed: \(reason)") }
    func wire(_ bytes: Buffer, sent: Bool) {}
  }
}
