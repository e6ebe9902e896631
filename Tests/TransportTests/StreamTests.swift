// Streams over real loopback sockets: echo in every cut, half closing, backpressure, deadlines, limits, many at once.
import Bytes
import Synchronization
import Testing
import Transport
import World

@Suite("streams")
struct StreamTests {
  /// How a message reaches the server.
  enum Cut: CaseIterable { case whole, byteByByte, withTheNextGluedOn }

  @Test("what is sent comes back, however it is cut", arguments: Cut.allCases)
  func echoes(_ cut: Cut) async throws {
    try await withNetwork { network in
      let server = try await network.echo()
      let client = try await network.probe(Probe(), at: server.endpoint)
      let message = "one fish\r\n"
      switch cut {
      case .whole: client.send(message)
      case .byteByByte: for character in message { client.send(String(character)) }
      case .withTheNextGluedOn: client.send(message + "two fish\r\n")
      }
      let expected = cut == .withTheNextGluedOn ? message + "two fish\r\n" : message
      #expect(await client.waits { $0.bytes.count >= expected.utf8.count })
      #expect(client.text == expected)
      await server.close(grace: .zero)
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
    }
  }

  @Test("a peer that shuts its direction still gets its whole answer, then the end")
  func halfCloses() async throws {
    try await withNetwork { network in
      let server = try await network.echo()
      let client = try #require(RawClient(server.endpoint))
      // A megabyte while the client does not read: much of the answer still waits when the client's end comes.
      let bytes = pattern(1_000_000)
      #expect(client.send(bytes))
      client.shutOutput()
      #expect(client.readToEnd() == bytes)
      client.close()
    }
  }

  @Test("a last answer is not destroyed by what the peer sends meanwhile")
  func lingers() async throws {
    try await withNetwork { network in
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in
        Probe(whenReceived: { carrier, _ in
          carrier.send(Buffer(pattern(100_000)))
          carrier.close(.afterFlush)
        })
      }
      let client = try #require(RawClient(server.endpoint))
      client.send([1])
      for _ in 0..<10 {
        client.send(pattern(4_000))
        try await Task.sleep(for: .milliseconds(2))
      }
      #expect(client.readToEnd() == pattern(100_000))
      client.close()
      #expect(await eventually { server.load.open == 0 })
    }
  }

  @Test("a producer is stopped by a reader that does not read, and all arrives when it does")
  func backpressure() async throws {
    try await withNetwork { network in
      let total = 64 << 20
      let produced = Mutex(0)
      let pourer = Pourer(total: total) { amount in produced.withLock { $0 += amount } }
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in pourer }
      let client = try await network.probe(Probe(keepsBytes: false, whenOpen: { $0.setReading(false) }), at: server.endpoint)
      #expect(await eventually { pourer.isStopped })
      try await Task.sleep(for: .milliseconds(100))
      let held = produced.withLock { $0 }
      // What the kernel holds for both sockets, and our own bound.
      #expect(held < 24 << 20, "\(held) bytes were produced for a reader that read nothing")
      client.act { $0.setReading(true) }
      #expect(await client.waits(atMost: 60) { $0.count == total })
    }
  }

  @Test("a silent peer is told, and closed at the deadline; a talking one is not", .timeLimit(.minutes(1)))
  func deadlines() async throws {
    try await withNetwork { network in
      let server = try await network.echo(patience: .seconds(2))
      let client = try await network.probe(Probe(), at: server.endpoint)
      for _ in 0..<10 {
        client.send("x")
        try await Task.sleep(for: .milliseconds(250))
      }
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
      // Ten words over more time than the patience: each renewed it.
      #expect(client.text == "xxxxxxxxxxtoo slow")
      client.act { $0.close(.now) }
      #expect(await eventually { server.load.open == 0 })
    }
  }

  @Test("connections past the limit per address are closed and counted, and a place that is left is free again")
  func limits() async throws {
    try await withNetwork { network in
      let server = try await network.echo(options: ListenOptions(limits: ListenLimits(connectionsMax: 10, connectionsPerAddressMax: 2)))
      let first = try await network.probe(Probe(), at: server.endpoint)
      let second = try await network.probe(Probe(), at: server.endpoint)
      #expect(await eventually { server.load.open == 2 })
      let third = try await network.probe(Probe(), at: server.endpoint)
      #expect(await third.waits { $0.peerHasClosed || $0.closedBecause != nil })
      #expect(server.load == ListenerLoad(open: 2, refused: 1))
      // Another address has its own count.
      let other = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(from: Address(127, 0, 0, 2)))
      other.send("hi")
      #expect(await other.waits { $0.bytes == "hi" })
      first.act { $0.close(.now) }
      #expect(await eventually { server.load.open == 2 })
      let fourth = try await network.probe(Probe(), at: server.endpoint)
      fourth.send("hello")
      second.send("still here")
      #expect(await fourth.waits { $0.bytes == "hello" })
      #expect(await second.waits { $0.bytes == "still here" })
    }
  }

  @Test("a thousand connections at once", .timeLimit(.minutes(2)), arguments: [false, true])
  func many(isSharded: Bool) async throws {
    SocketNetwork.allowManyConnections()
    try await withNetwork { network in
      let server = try await network.echo(options: ListenOptions(isSharded: isSharded), patience: .seconds(60))
      var clients: [Probe] = []
      for _ in 0..<1_000 { clients.append(try await network.probe(Probe(), at: server.endpoint)) }
      #expect(await eventually { server.load.open == 1_000 })
      for (index, client) in clients.enumerated() { client.send("client \(index)") }
      for (index, client) in clients.enumerated() { #expect(await client.waits { $0.bytes.text == "client \(index)" }) }
      for client in clients { client.act { $0.close(.now) } }
      #expect(await eventually { server.load.open == 0 })
      await server.close(grace: .zero)
    }
  }

  @Test("a sharded listener finds its port in use too")
  func shardedInUse() async throws {
    try await withNetwork { network in
      let server = try await network.echo(options: ListenOptions(isSharded: true))
      await #expect(throws: NetworkError.addressInUse(server.endpoint)) {
        _ = try await network.listen(at: server.endpoint, options: ListenOptions(isSharded: true)) { _, _ in nil }
      }
    }
  }

  @Test("closing with grace waits for a conversation, but not longer")
  func grace() async throws {
    try await withNetwork { network in
      for finishes in [true, false] {
        let server = try await network.echo()
        let client = try await network.probe(Probe(), at: server.endpoint)
        client.send("a")
        #expect(await client.waits { $0.count == 1 })
        async let closing: Void = server.close(grace: finishes ? .seconds(60) : .milliseconds(200))
        try await Task.sleep(for: .milliseconds(50))
        client.send("b")
        #expect(await client.waits { $0.count == 2 })
        if finishes { client.act { $0.close(.afterFlush) } }
        await closing
        #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
      }
    }
  }

  @Test("files arrive whole, small and large, between other bytes, in the clear and inside TLS", arguments: [false, true])
  func files(isEncrypted: Bool) async throws {
    let authority = try CertificateAuthority(at: SystemClock().now)
    let identity = try authority.issue(for: ["files.test"], at: SystemClock().now)
    let small = pattern(10_000)
    let large = pattern(9_000_000)
    let smallFile = TemporaryFile(small)
    let largeFile = TemporaryFile(large)
    try await withNetwork { network in
      let options = ListenOptions(tls: isEncrypted ? TLSServerOptions(identities: [identity]) : nil)
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: options) { _, _ in
        Probe(whenOpen: { carrier in
          carrier.send("head ")
          carrier.send(FileSlice(file: smallFile, offset: 100, length: 9_000))
          carrier.send(FileSlice(file: largeFile, offset: 7, length: 8_999_000))
          carrier.send(" middle ")
          carrier.send(FileSlice(file: smallFile, offset: 0, length: 10_000))
          carrier.send(FileSlice(file: largeFile, offset: 0, length: 70_000))
          carrier.send(" tail")
          carrier.close(.afterFlush)
        })
      }
      let dial = DialOptions(tls: isEncrypted ? TLSClientOptions(serverName: "files.test", authorities: authority.authorityPEM) : nil)
      let client = try await network.probe(Probe(), at: server.endpoint, options: dial)
      #expect(await client.waits(atMost: 60) { $0.peerHasClosed || $0.closedBecause != nil })
      var expected = Array("head ".utf8)
      expected += small[100..<9_100]
      expected += large[7..<8_999_007]
      expected += " middle ".utf8
      expected += small
      expected += large[..<70_000]
      expected += " tail".utf8
      let got = client.seen.withLock { $0.bytes.array }
      #expect(got.count == expected.count)
      #expect(got == expected)
    }
  }

  @Test("a file shorter than promised closes the connection", arguments: [1_000, 5_000_000])
  func shortFile(length: Int) async throws {
    let file = TemporaryFile(pattern(length))
    file.truncate(to: length - 1)
    try await withNetwork { network in
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in
        Probe(whenReceived: { carrier, _ in carrier.send(FileSlice(file: file, offset: 0, length: Int64(length))) })
      }
      let client = try await network.probe(Probe(keepsBytes: false), at: server.endpoint)
      client.send("please")
      #expect(await client.waits { $0.peerHasClosed || $0.closedBecause != nil })
      #expect(client.seen.withLock { $0.count } < length)
    }
  }

  @Test("a peer that takes nothing is given up")
  func stalled() async throws {
    var limits = StreamLimits()
    limits.stallTimeout = .milliseconds(200)
    try await withNetwork(limits: limits) { network in
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in
        Probe(whenReceived: { carrier, _ in
          carrier.send(Buffer(Array(repeating: 1, count: 32 << 20)))
          carrier.close(.afterFlush)
        })
      }
      let client = try #require(RawClient(server.endpoint))
      client.send([1])
      #expect(await eventually { server.load.open == 0 })
      client.close()
    }
  }

  @Test("a connection to a port where nobody listens is refused")
  func refused() async throws {
    try await withNetwork { network in
      let server = try await network.echo()
      await server.close(grace: .zero)
      await #expect(throws: NetworkError.refused(server.endpoint)) { _ = try await network.probe(Probe(), at: server.endpoint) }
    }
  }

  @Test("a port in use and an address of another machine are told apart")
  func cannotListen() async throws {
    try await withNetwork { network in
      let server = try await network.echo()
      await #expect(throws: NetworkError.addressInUse(server.endpoint)) {
        _ = try await network.listen(at: server.endpoint, options: ListenOptions()) { _, _ in nil }
      }
      let elsewhere = Endpoint(Address(192, 0, 2, 1), 0)
      await #expect(throws: NetworkError.addressNotHere(elsewhere)) {
        _ = try await network.listen(at: elsewhere, options: ListenOptions()) { _, _ in nil }
      }
    }
  }
}

/// Sends as much as it is let, up to a total.
final class Pourer: StreamEnd, @unchecked Sendable {
  // Unchecked: touched on the connection's loop; `stopped` is behind a lock.
  private var carrier: (any Carrier)?
  private var left: Int
  private let note: @Sendable (Int) -> Void
  private let stopped = Mutex(false)
  private var isCongested = false
  let deadline: Instant? = nil
  let wantsWire = false
  private let chunk = Buffer(Array(repeating: 9, count: 65_536))

  init(total: Int, note: @escaping @Sendable (Int) -> Void) {
    left = total
    self.note = note
  }

  var isStopped: Bool { stopped.withLock { $0 } }

  func opened(on carrier: any Carrier) {
    self.carrier = carrier
    pour()
  }

  /// A little at a time, so that the carrier can say stop.
  private func pour() {
    guard let carrier, left > 0, !isCongested else { return }
    let amount = min(left, chunk.count)
    carrier.send(chunk[0..<amount])
    left -= amount
    note(amount)
    carrier.flush()
    carrier.onLoop { self.pour() }
  }

  func congested(_ isCongested: Bool) {
    self.isCongested = isCongested
    if isCongested { stopped.withLock { $0 = true } }
    pour()
  }

  func received(_ bytes: Buffer) {}
  func peerClosed() {}
  func deadlineReached() {}
  func closed(because reason: String) {}
  func wire(_ bytes: Buffer, sent: Bool) {}
}
