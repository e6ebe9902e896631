// TLS begun in the middle of a connection: by both ends in order, behind a link, and against those who speak out of turn.
import Bytes
import Synchronization
import Testing
import Trace
import Transport
import World

/// Answers `go` by `ready` and begins TLS; inside it echoes. As a client it says `go`, begins TLS at `ready`, then says what it came for.
private struct Upgrade: StreamConversation {
  typealias Question = String
  typealias Action = StreamAction<String>
  enum Input: Sendable {
    case opened
    case line(String)
    case secured
    case over
  }

  static var dialect: Dialect { .text }
  let isServer: Bool
  private(set) var stateName = "clear"
  let deadline: Instant? = nil
  let acceptsBytes = true

  init(isServer: Bool) { self.isServer = isServer }

  mutating func next(from bytes: inout Buffer) -> Input? {
    guard let end = bytes.array.firstIndex(of: UInt8(ascii: "\n")), let line = bytes.take(end + 1) else { return nil }
    return .line(String(line.text.dropLast()))
  }

  func input(for event: ConnectionEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .secured: .secured
    case .peerClosed, .lost: .over
    case .deadlineReached, .congested, .relieved, .retired: nil
    }
  }

  mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    switch (input, stateName, isServer) {
    case (.opened, _, false): actions.append(.send("go\n"))
    case (.line("go"), "clear", true):
      actions += [.send("ready\n"), .startTLS]
      stateName = "securing"
    case (.line("ready"), "clear", false):
      actions.append(.startTLS)
      stateName = "securing"
    case (.secured, _, true): stateName = "inside"
    case (.secured, _, false):
      stateName = "inside"
      actions.append(.send("a secret\n"))
    case (.line(let line), "inside", true): actions.append(.send(Buffer("inside: \(line)\n")))
    case (.line(let line), _, _): actions.append(.ask(line))
    case (.over, _, _): actions += [.ask("over"), .close(.afterFlush)]
    case (.opened, _, true): break
    }
  }
}

/// What the client's owner was told.
private final class Heard: Sendable {
  private let kept = Mutex<[String]>([])
  var lines: [String] { kept.withLock { $0 } }
  func add(_ line: String) { kept.withLock { $0.append(line) } }
}

@Suite("TLS in the middle")
struct StartTLSTests {
  let now = SystemClock().now

  private func listen(_ network: any Network, _ tls: TLSServerOptions?, trace: TraceContext? = nil) async throws -> any Listener {
    try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions(startTLS: tls)) { _, _ in
      ConversationDriver(Upgrade(isServer: true), trace: trace) { _, _ in nil }
    }
  }

  @Test("both ends begin TLS in order, on a straight network and behind a link", arguments: [false, true])
  func upgrades(isBehindLink: Bool) async throws {
    let authority = try CertificateAuthority(at: now)
    let identity = try authority.issue(for: ["here.test"], at: now)
    try await withNetwork { sockets in
      let network: any Network =
        isBehindLink ? ShapedNetwork(sockets, seed: 1, link: { _, _ in Link(delay: .milliseconds(5)) }, isInside: { _ in true }) : sockets
      let store = TraceStore()
      let server = try await listen(
        network, TLSServerOptions(identities: [identity], keyLog: store), trace: TraceContext(recorder: store, host: "server", role: .server))
      let heard = Heard()
      let tls = TLSClientOptions(serverName: "here.test", authorities: authority.authorityPEM)
      _ = try await network.connect(
        Upgrade(isServer: false), to: server.endpoint, options: DialOptions(startTLS: tls), trace: nil,
        owner: { question, _ in
          heard.add(question)
          return nil
        })
      #expect(await eventually { heard.lines == ["inside: a secret"] }, "\(heard.lines)")
      let kinds = store.events(after: 0).events.map(\.kind)
      let begins = try #require(kinds.firstIndex(of: .tlsBegun))
      #expect(!kinds[..<begins].contains(where: \.isWire) && kinds[begins...].contains(.wireSent) && kinds[begins...].contains(.wireReceived))
      #expect(store.events(after: 0).events.contains { $0.kind == .received && $0.bytes.text == "a secret\n" })
      #expect(!store.tlsSecrets.isEmpty)
    }
  }

  @Test("what is said in the clear behind the command is never heard inside", arguments: ["go\nevil\n", "go\ngo\n", "go\n\u{16}"])
  func injected(text: String) async throws {
    let identity = try CertificateAuthority(at: now).issue(for: ["here.test"], at: now)
    try await withNetwork { network in
      let store = TraceStore()
      let server = try await listen(network, TLSServerOptions(identities: [identity]), trace: TraceContext(recorder: store, host: "server", role: .server))
      let client = try await network.probe(Probe(), at: server.endpoint)
      client.send(text)
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
      #expect(store.events(after: 0).events.contains { $0.kind == .problem && $0.text.contains("in the clear") })
      #expect(!client.text.contains("inside"))
    }
  }

  @Test("who was to begin TLS and heard more in the clear is told that it is over")
  func injectedAtClient() async throws {
    try await withNetwork { network in
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in
        Probe(whenReceived: { carrier, _ in carrier.send("ready\nevil\n") })
      }
      let heard = Heard()
      let tls = TLSClientOptions(serverName: "here.test", acceptsAnything: true)
      _ = try await network.connect(
        Upgrade(isServer: false), to: server.endpoint, options: DialOptions(startTLS: tls), trace: nil,
        owner: { question, _ in
          heard.add(question)
          return nil
        })
      #expect(await eventually { heard.lines == ["over"] }, "\(heard.lines)")
    }
  }

  @Test("without certificates the order ends the connection")
  func unprovided() async throws {
    try await withNetwork { network in
      let server = try await listen(network, nil)
      let client = try await network.probe(Probe(), at: server.endpoint)
      client.send("go\n")
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
      #expect(await eventually { server.load.open == 0 })
    }
  }

  @Test("who never begins the handshake, or talks on in the clear, is closed", arguments: ["", "hello in the clear\n"])
  func silent(then text: String) async throws {
    var limits = StreamLimits()
    limits.handshakeTimeout = .milliseconds(300)
    let identity = try CertificateAuthority(at: now).issue(for: ["here.test"], at: now)
    try await withNetwork(limits: limits) { network in
      let server = try await listen(network, TLSServerOptions(identities: [identity]))
      let client = try await network.probe(Probe(), at: server.endpoint)
      client.send("go\n")
      #expect(await client.waits { $0.bytes.text.hasPrefix("ready") })
      if !text.isEmpty { client.send(text) }
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
      #expect(await eventually { server.load.open == 0 })
    }
  }
}
