// Our client and our server over networks: virtual links that lose packets, and real sockets with TLS begun by STARTTLS.
import Bytes
import Mail
import SMTP
import SimulatedTransport
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

/// What was received and what the client was told, from any thread.
private final class Kept: Sendable {
  private let state = Mutex<(messages: [Buffer], told: [String], content: Buffer)>(([], [], Buffer()))
  var messages: [Buffer] { state.withLock { $0.messages } }
  var told: [String] { state.withLock { $0.told } }

  /// Takes every message for anybody, from whoever knows the password.
  func answer(_ question: ServerConversation.Question) -> ServerConversation.Input? {
    switch question {
    case .sender(let ticket, _, _): return .answered(ticket, .senderAccepted)
    case .recipient(let ticket, _, _, _): return .answered(ticket, .recipientAccepted)
    case .credentials(let ticket, let credentials, _):
      return credentials == ClientTests.user ? .authenticated(ticket, user: credentials.user) : .answered(ticket, .wrongCredentials)
    case .message(let ticket, _, _): return .answered(ticket, .goAhead)
    case .content(let ticket, let bytes):
      state.withLock { $0.content.append(bytes) }
      return .contentTaken(ticket, bytes.count)
    case .messageEnd(let ticket):
      state.withLock { $0.messages.append($0.content.takeAll()) }
      return .answered(ticket, .contentAccepted)
    case .abandoned: return nil
    }
  }

  func hear(_ question: ClientConversation.Question) { state.withLock { $0.told += ClientTests.told([question]) } }
}

@Suite("SMTP over networks")
struct NetworkTests {
  /// A file of so many lines that begin with dots.
  private final class Lines: FileReference {
    let descriptor: Int32 = -1
    static let line = Array("..dots\r\n".utf8)
    let length: Int64
    init(lines: Int) { length = Int64(lines * Self.line.count) }
    func read(at offset: Int64, length: Int) -> Buffer? {
      Buffer((offset..<min(offset + Int64(length), self.length)).map { Self.line[Int($0 % Int64(Self.line.count))] })
    }
  }

  /// Hands two messages over, one of them from a file, and waits for the farewell.
  private func deliver(_ options: ClientOptions, to endpoint: Endpoint, on network: any Network, dial: DialOptions = DialOptions(), trace: TraceContext? = nil, _ kept: Kept) async throws {
    let file = Lines(lines: 20_000)
    let deliveries = [
      ClientTests.delivery("bob@home.test"),
      Delivery(sender: .empty, recipients: [ClientTests.address("bob@home.test")], content: [.bytes("X: y\r\n\r\n"), .file(FileSlice(file: file, offset: 0, length: file.length))]),
    ]
    let left = Mutex(deliveries[...])
    _ = try await network.connect(ClientConversation(options), to: endpoint, options: dial, trace: trace) { question, answers in
      kept.hear(question)
      switch question {
      case .ready: return left.withLock { $0.popFirst() }.map { .deliver($0) } ?? .quit
      case .read(let ticket, let slice):
        answers.give(.piece(ticket, slice.file.read(at: slice.offset, length: Int(slice.length)) ?? Buffer()))
        return nil
      case .delivered, .ended: return nil
      }
    }
    for _ in 0..<3_000 where kept.told.last?.hasPrefix("ended") != true { try await network.clock.sleep(until: network.clock.now + .milliseconds(10)) }
  }

  private func expectDelivered(_ kept: Kept) {
    #expect(kept.told.filter { !$0.hasPrefix("read ") } == ["ready mx.home.test", "delivered accepted 250", "ready mx.home.test", "delivered accepted 250", "ready mx.home.test", "ended well"])
    #expect(kept.messages.map(\.count) == [26, 8 + 160_000])
    #expect(kept.messages.last?.array.suffix(10).elementsEqual("\r\n..dots\r\n".utf8) == true)
  }

  @Test("over virtual links", arguments: [0.0, 0.05])
  func simulated(_ loss: Double) throws {
    let internet = SimulatedInternet(seed: 3) { _, _ in Link(delay: .milliseconds(10), loss: loss) }
    let client = internet.addHost("a", Address(203, 0, 113, 2))
    let server = internet.addHost("mx", Address(192, 0, 2, 1))
    let kept = Kept()
    try internet.run {
      let listener = try await server.listen(at: Endpoint(server.addresses[0], 25), options: ListenOptions()) { _, _ in
        ConversationDriver(ServerConversation(options(.relay)), trace: nil) { question, _ in kept.answer(question) }
      }
      try await deliver(ClientOptions(name: "a.test"), to: listener.endpoint, on: client, kept)
      await listener.close(grace: .seconds(1))
    }
    expectDelivered(kept)
  }

  @Test("over real sockets, inside TLS begun by STARTTLS, logged in", .spec("RFC 3207", "4"))
  func real() async throws {
    let network = SocketNetwork(loops: 1)
    let kept = Kept()
    let store = TraceStore()
    do {
      let now = SystemClock().now
      let authority = try CertificateAuthority(at: now)
      let identity = try authority.issue(for: ["mx.home.test"], at: now)
      let listener = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions(startTLS: TLSServerOptions(identities: [identity]))) { _, _ in
        ConversationDriver(
          ServerConversation(options(.submission, tls: .offered) { $0.authentication = .onlyInsideTLS }), trace: TraceContext(recorder: store, host: "mx", role: .server)
        ) { question, _ in kept.answer(question) }
      }
      let dial = DialOptions(startTLS: TLSClientOptions(serverName: "mx.home.test", authorities: authority.authorityPEM))
      try await deliver(
        ClientOptions(name: "pc.home.test", tls: .required, credentials: ClientTests.user), to: listener.endpoint, on: network, dial: dial,
        trace: TraceContext(recorder: store, host: "pc", role: .client), kept)
    } catch {
      await network.shutDown()
      throw error
    }
    await network.shutDown()
    expectDelivered(kept)
    let said = store.events(after: 0).events.filter { $0.kind == .sent || $0.kind == .received }.map(\.bytes.text)
    #expect(said.contains("AUTH PLAIN ********************\r\n") && !said.contains { $0.contains("AGFsaWNlAHNlY3JldA") })
  }
}
