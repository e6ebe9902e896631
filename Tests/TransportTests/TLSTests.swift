// TLS between our two ends: who is believed, which certificate is shown, what is recorded, what garbage does.
import Bytes
import Synchronization
import Testing
import Trace
import Transport
import World

@Suite("TLS")
struct TLSTests {
  let now = SystemClock().now

  private func server(_ network: SocketNetwork, _ identities: [TLSIdentity], trace: TraceContext? = nil) async throws -> any Listener {
    let tls = TLSServerOptions(identities: identities, protocols: ["h2", "http/1.1"], keyLog: trace?.recorder)
    return try await network.echo(options: ListenOptions(tls: tls), trace: trace)
  }

  @Test("a trusted server with the right name is believed, and the protocol agreed on", arguments: ["here.test", "127.0.0.1"])
  func good(name: String) async throws {
    let authority = try CertificateAuthority(at: now)
    let identity = try authority.issue(for: ["here.test", "127.0.0.1"], at: now)
    try await withNetwork { network in
      let server = try await server(network, [identity])
      let tls = TLSClientOptions(serverName: name, authorities: authority.authorityPEM, protocols: ["http/1.1"])
      let client = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(tls: tls))
      #expect(client.carrier?.negotiatedProtocol == "http/1.1")
      #expect(client.carrier?.isEncrypted == true)
      let text = String(repeating: "over and over ", count: 10_000)
      client.send(text)
      #expect(await client.waits { $0.count == text.utf8.count })
      #expect(client.text == text)
    }
  }

  @Test("a certificate for one address is not asked for at another")
  func otherAddress() async throws {
    let authority = try CertificateAuthority(at: now)
    let identity = try authority.issue(for: ["127.0.0.1", "127.0.0.2"], at: now)
    try await withNetwork { network in
      let server = try await server(network, [identity])
      let tls = TLSClientOptions(serverName: "127.0.0.2", authorities: authority.authorityPEM)
      do {
        _ = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(tls: tls))
        Issue.record("127.0.0.1 was believed to be 127.0.0.2")
      } catch { #expect("\(error)".contains("127.0.0.2"), "\(error)") }
    }
  }

  @Test("an unknown authority and a wrong name are refused with their reason", arguments: [
    (name: "here.test", trusts: false, word: "authority"), (name: "there.test", trusts: true, word: "name"),
  ])
  func refused(name: String, trusts: Bool, word: String) async throws {
    let authority = try CertificateAuthority(at: now)
    let other = try CertificateAuthority(name: "Somebody else", at: now)
    let identity = try authority.issue(for: ["here.test"], at: now)
    try await withNetwork { network in
      let server = try await server(network, [identity])
      let tls = TLSClientOptions(serverName: name, authorities: (trusts ? authority : other).authorityPEM)
      do {
        _ = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(tls: tls))
        Issue.record("the server was believed")
      } catch let error as NetworkError {
        guard case .tls(server.endpoint, let why) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(why.contains(word), "\(why)")
      }
      // The same server without any check.
      let blind = TLSClientOptions(serverName: name, acceptsAnything: true)
      _ = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(tls: blind))
    }
  }

  @Test("each name gets its own certificate", arguments: [("a.test", true), ("b.test", true), ("deep.c.test", true), ("d.test", false)])
  func serverName(name: String, isThere: Bool) async throws {
    let authority = try CertificateAuthority(at: now)
    let identities = try [["a.test"], ["b.test"], ["*.c.test"]].map { try authority.issue(for: $0, at: now) }
    try await withNetwork { network in
      let server = try await server(network, identities)
      let tls = TLSClientOptions(serverName: name, authorities: authority.authorityPEM)
      if isThere {
        let client = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(tls: tls))
        client.send("hi")
        #expect(await client.waits { $0.bytes == "hi" })
      } else {
        await #expect(throws: NetworkError.self) { _ = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(tls: tls)) }
      }
    }
  }

  @Test("the recording begins with the handshake's first byte and has the keys")
  func recorded() async throws {
    let authority = try CertificateAuthority(at: now)
    let identity = try authority.issue(for: ["here.test"], at: now)
    let recorder = MemoryRecorder()
    try await withNetwork { network in
      let server = try await server(network, [identity], trace: TraceContext(recorder: recorder, host: "server", role: .server))
      let tls = TLSClientOptions(serverName: "here.test", authorities: authority.authorityPEM)
      let client = try await network.probe(Probe(wantsWire: true), at: server.endpoint, options: DialOptions(tls: tls))
      client.send("secret words")
      #expect(await client.waits { $0.bytes == "secret words" })
      #expect(client.seen.withLock { $0.wire.prefix(2) } == [true, false])
    }
    let book = recorder.book.withLock { $0 }
    #expect(book.opened.map(\.encrypted) == [true])
    // A TLS record of the handshake, the client's hello: before the conversation's first message.
    #expect(book.events.first?.0 == .wireReceived)
    #expect(book.events.first?.2.array.prefix(3) == [0x16, 0x03, 0x01])
    let kinds = book.events.map(\.0)
    #expect(kinds.firstIndex(of: .wireSent) ?? .max < kinds.firstIndex(of: .received) ?? .min)
    #expect(kinds.last == .closed)
    #expect(book.events.filter { $0.0 == .received }.map(\.2) == ["secret words"])
    #expect(book.secrets.contains { $0.hasPrefix("CLIENT_HANDSHAKE_TRAFFIC_SECRET ") })
    #expect(book.secrets.contains { $0.hasPrefix("SERVER_TRAFFIC_SECRET_0 ") })
    #expect(book.secrets.allSatisfy { !$0.contains("\n") })
  }

  @Test("a client that is given a trace keeps its keys there")
  func clientKeys() async throws {
    let authority = try CertificateAuthority(at: now)
    let identity = try authority.issue(for: ["here.test"], at: now)
    let recorder = MemoryRecorder()
    try await withNetwork { network in
      let server = try await server(network, [identity])
      let tls = TLSClientOptions(serverName: "here.test", authorities: authority.authorityPEM)
      let trace = TraceContext(recorder: recorder, host: "client", role: .client)
      let answers = try await network.connect(Echo(), to: server.endpoint, options: DialOptions(tls: tls), trace: trace)
      answers.give(.bytes("once around"))
      #expect(await eventually { recorder.book.withLock { $0.events.contains { $0.0 == .received && $0.2 == "once around" } } })
    }
    #expect(recorder.book.withLock { !$0.secrets.isEmpty })
    #expect(recorder.book.withLock { $0.events.first?.0 } == .wireSent)
  }

  @Test("who says farewell first is answered before the connection goes", arguments: [true, false])
  func farewell(saysMore: Bool) async throws {
    let identity = try CertificateAuthority(at: now).issue(for: ["here.test"], at: now)
    try await withNetwork { network in
      let server = try await server(network, [identity])
      let tls = TLSClientOptions(serverName: "here.test", acceptsAnything: true)
      let client = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(tls: tls))
      client.send("hi")
      #expect(await client.waits { $0.bytes == "hi" })
      client.act { carrier in
        if saysMore { carrier.send("and goodbye") }
        carrier.close(.afterFlush)
      }
      #expect(await client.waits { $0.closedBecause != nil })
      // RFC 8446 §6.1: without close_notify nobody knows that this was all.
      #expect(client.carrier?.wasCutShort == false)
      #expect(await eventually { server.load.open == 0 })
    }
  }

  @Test("garbage at a TLS port ends the connection", arguments: ["GET / HTTP/1.1\r\nHost: here.test\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}", "\0\0\0\0\0\0\0\0"])
  func garbage(text: String) async throws {
    var limits = StreamLimits()
    limits.handshakeTimeout = .milliseconds(500)
    let identity = try CertificateAuthority(at: now).issue(for: ["here.test"], at: now)
    try await withNetwork(limits: limits) { network in
      let server = try await server(network, [identity])
      let client = try await network.probe(Probe(), at: server.endpoint)
      client.send(text)
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
      #expect(await eventually { server.load.open == 0 })
    }
  }

  @Test("a client that says nothing is closed when the handshake's time is over")
  func silent() async throws {
    var limits = StreamLimits()
    limits.handshakeTimeout = .milliseconds(200)
    let identity = try CertificateAuthority(at: now).issue(for: ["here.test"], at: now)
    try await withNetwork(limits: limits) { network in
      let server = try await server(network, [identity])
      let client = try await network.probe(Probe(), at: server.endpoint)
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
    }
  }

  @Test("dialling TLS at a port that never answers times out")
  func timesOut() async throws {
    try await withNetwork { network in
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in Probe() }
      let options = DialOptions(timeout: .milliseconds(300), tls: TLSClientOptions(serverName: "here.test", acceptsAnything: true))
      await #expect(throws: NetworkError.timedOut(server.endpoint)) { _ = try await network.probe(Probe(), at: server.endpoint, options: options) }
    }
  }

  @Test("a key that is none is an error of listening, not a trap")
  func badKey() async throws {
    try await withNetwork { network in
      await #expect(throws: NetworkError.self) {
        _ = try await self.server(network, [TLSIdentity(chain: "no chain", key: "no key", names: [])])
      }
      await #expect(throws: NetworkError.self) { _ = try await self.server(network, []) }
    }
  }
}
