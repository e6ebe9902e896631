// Links: the law in virtual time, then real connections and datagrams behind them, with generous bounds.
import Bytes
import Synchronization
import TestKit
import Testing
@testable import Transport
import World

@Suite("one direction of a link")
struct LinkDirectionTests {
  let now = Instant.simulationStart

  private func arrivals(_ fate: LinkDirection.Fate) -> [Instant] {
    if case .arrives(let times, _) = fate { times } else { [] }
  }

  @Test("a perfect link takes no time and loses nothing")
  func perfect() {
    var direction = LinkDirection()
    var random = SeededRandom(seed: 1)
    #expect(direction.carry(1_028, over: .perfect, at: now, using: &random) == .arrives([now], remark: nil))
    #expect(direction.arrival(ofStreamBytes: 1_000_000, over: .perfect, at: now, using: &random) == now)
  }

  @Test("packets follow one another at the link's speed, and its queue drops what is too much")
  func bandwidth() {
    var direction = LinkDirection()
    var random = SeededRandom(seed: 1)
    // 1,000 bytes with headers every millisecond.
    let link = Link(delay: .milliseconds(20), bandwidth: 8_000_000, queueBytesMax: 3_000)
    let fates = (0..<5).map { _ in direction.carry(1_000, over: link, at: now, using: &random) }
    #expect(fates.prefix(3) == [21, 22, 23].map { .arrives([now + .milliseconds($0)], remark: nil) }[...])
    #expect(fates.suffix(2) == [.lost(because: "the link's queue is full"), .lost(because: "the link's queue is full")][...])
  }

  @Test("shares of loss, repetition and jitter are about as told")
  func shares() {
    var direction = LinkDirection()
    var random = SeededRandom(seed: 5)
    let link = Link(delay: .milliseconds(50), jitter: .milliseconds(10), loss: 0.1, duplicate: 0.2)
    let fates = (0..<10_000).map { _ in direction.carry(128, over: link, at: now, using: &random) }
    let arrived = fates.map { arrivals($0) }
    #expect((850...1_150).contains(arrived.count { $0.isEmpty }))
    #expect((1_600...2_000).contains(arrived.count { $0.count == 2 }))
    for time in arrived.compactMap(\.first) { #expect(time >= now + .milliseconds(40) && time <= now + .milliseconds(60)) }
  }

  @Test("streams stay in order whatever the jitter and the loss; datagrams may overtake")
  func order() {
    var direction = LinkDirection()
    var random = SeededRandom(seed: 3)
    let link = Link(delay: .milliseconds(50), jitter: .milliseconds(40), loss: 0.2, reorder: 0.3)
    let stream = (0..<200).map { direction.arrival(ofStreamBytes: 100, over: link, at: now + .milliseconds($0), using: &random) }
    #expect(stream == stream.sorted())
    var other = LinkDirection()
    let datagrams = (0..<200).flatMap { arrivals(other.carry(128, over: link, at: now + .milliseconds($0), using: &random)) }
    #expect(datagrams != datagrams.sorted())
  }

  @Test("what a cut or small link does not take", arguments: [(Link(isDown: true), 10), (Link(mtu: 500), 501), (Link(loss: 1), 10)])
  func refused(link: Link, bytes: Int) {
    var direction = LinkDirection()
    var random = SeededRandom(seed: 1)
    #expect(arrivals(direction.carry(bytes, over: link, at: now, using: &random)).isEmpty)
  }

  @Test("things in flight come out in the order they arrive")
  func inFlight() {
    var flight = InFlight<Int>()
    for time in [5, 1, 9, 1, 3] { flight.add(time, arriving: now + .milliseconds(time)) }
    var seen: [Int] = []
    for time in 0..<10 { while let thing = flight.take(at: now + .milliseconds(time)) { seen.append(thing) } }
    #expect(seen == [1, 1, 3, 5, 9])
    #expect(flight.isEmpty)
  }
}

@Suite("shaped connections and ports, in a time that tests move")
struct ShapedCarrierTests {
  /// Which directions are cut now.
  private struct Cuts: Sendable {
    var here = false
    var there = false
  }

  private let here = Address(192, 0, 2, 1)

  /// An echo behind links that `cuts` cuts, with a peer outside: both directions are shaped here.
  private func echo(_ cuts: @escaping @Sendable () -> Cuts) -> MemoryConnection {
    let shaping = Shaping(link: { [here] from, _ in Link(delay: .milliseconds(10), isDown: from == here ? cuts().here : cuts().there) },
      isInside: { _ in false }, report: { _, _, _ in })
    return MemoryConnection(ShapedStream(ConversationDriver(Echo(), trace: nil), shaping: shaping, random: SeededRandom(seed: 1)))
  }

  @Test("nothing comes in over a cut link, neither bytes nor the peer's end, before it is whole again")
  func holdsInbound() {
    let cuts = Mutex(Cuts(there: true))
    let connection = echo { cuts.withLock { $0 } }
    connection.receive("hello")
    connection.peerCloses()
    connection.advance(by: .seconds(20))
    #expect(connection.takeOutput() == "" && connection.closing == nil)
    cuts.withLock { $0.there = false }
    connection.advance(by: .seconds(1))
    #expect(connection.takeOutput() == "hello" && connection.endedBecause == "closed")
  }

  @Test("a connection that ends over a cut link ends when the link is whole, or hard after a while", arguments: [true, false])
  func farewell(heals: Bool) {
    let cuts = Mutex(Cuts(here: true))
    let connection = echo { cuts.withLock { $0 } }
    // Nothing is queued: only the farewell itself has to pass.
    connection.peerCloses()
    connection.advance(by: .seconds(20))
    #expect(connection.closing == nil)
    if heals { cuts.withLock { $0.here = false } }
    connection.advance(by: .seconds(11))
    #expect(connection.closing == (heals ? .afterFlush : .now))
  }

  @Test("datagrams under way over a long link without bandwidth are bounded, and those too many are told")
  func underWay() {
    let reported = Mutex(0)
    let shaping = Shaping(link: { _, _ in Link(delay: .seconds(5), mtu: 65_535) }, isInside: { _ in false }) { _, _, _ in reported.withLock { $0 += 1 } }
    let probe = DatagramProbe(answers: false)
    let port = MemoryPort(ShapedPort(probe, shaping: shaping, random: SeededRandom(seed: 1)))
    let datagram = Buffer(repeatElement(0, count: 60_000))
    let room = ShapedPort.bytesUnderWayMax / 60_128
    for _ in 0..<(room + 7) { port.receive(datagram) }
    port.advance(by: .seconds(6))
    #expect(probe.seen.withLock { $0.count } == room && reported.withLock { $0 } == 7)
    // What has arrived makes room.
    port.receive(datagram)
    port.advance(by: .seconds(6))
    #expect(probe.seen.withLock { $0.count } == room + 1)
  }
}

@Suite("shaped network")
struct ShapedNetworkTests {
  /// The plain network with `link` to and from 127.0.0.9, everybody inside or nobody.
  private func shaped(_ network: SocketNetwork, _ link: Link, allInside: Bool) -> ShapedNetwork {
    ShapedNetwork(network, seed: 7, link: { from, to in
      from == Address(127, 0, 0, 9) || to == Address(127, 0, 0, 9) ? link : .perfect
    }, isInside: { _ in allInside })
  }

  @Test("a stream is delayed both ways, whole and in order", arguments: [true, false])
  func stream(allInside: Bool) async throws {
    try await withNetwork { plain in
      let network = shaped(plain, Link(delay: .milliseconds(60), jitter: .milliseconds(10), loss: 0.02), allInside: allInside)
      // Outside: the server is behind no link of its own, so the client shapes both directions.
      let serving: any Network = allInside ? network : plain
      let server = try await serving.listen(at: Endpoint(Address(127, 0, 0, 9), 0), options: ListenOptions()) { _, _ in
        ConversationDriver(Echo(), trace: nil)
      }
      let began = plain.clock.now
      let client = try await network.probe(Probe(), at: server.endpoint)
      #expect(began.duration(to: plain.clock.now) >= .milliseconds(100))
      let asked = plain.clock.now
      let text = (0..<20_000).map { "\($0) " }.joined()
      client.send(text)
      #expect(await client.waits { $0.count == text.utf8.count })
      #expect(client.text == text)
      #expect(asked.duration(to: plain.clock.now) >= .milliseconds(100))
      client.act { $0.close(.afterFlush) }
      #expect(await eventually { server.load.open == 0 })
    }
  }

  @Test("a stream takes as long as the link's speed says, and its sender is held back")
  func pace() async throws {
    try await withNetwork { plain in
      let network = shaped(plain, Link(bandwidth: 8_000_000, queueBytesMax: 50_000), allInside: true)
      let pourer = Pourer(total: 500_000) { _ in }
      let server = try await network.listen(at: Endpoint(Address(127, 0, 0, 9), 0), options: ListenOptions()) { _, _ in pourer }
      let began = plain.clock.now
      let client = try await network.probe(Probe(keepsBytes: false), at: server.endpoint)
      #expect(await client.waits { $0.count == 500_000 })
      // Half a second at 1,000,000 bytes per second.
      #expect(began.duration(to: plain.clock.now) >= .milliseconds(450))
      #expect(pourer.isStopped)
    }
  }

  @Test("a cut link lets no connection come, and holds one that is there until it is whole again")
  func cut() async throws {
    try await withNetwork { plain in
      let isDown = Mutex(false)
      let network = ShapedNetwork(plain, seed: 1, link: { _, _ in Link(isDown: isDown.withLock { $0 }) }, isInside: { _ in true })
      let server = try await network.echo()
      let client = try await network.probe(Probe(), at: server.endpoint)
      isDown.withLock { $0 = true }
      client.send("held")
      await #expect(throws: NetworkError.timedOut(server.endpoint)) {
        _ = try await network.probe(Probe(), at: server.endpoint, options: DialOptions(timeout: .milliseconds(200)))
      }
      #expect(client.text == "")
      isDown.withLock { $0 = false }
      #expect(await client.waits { $0.bytes == "held" })
    }
  }

  @Test("datagrams are lost and delayed about as told, each way once", arguments: [true, false])
  func datagrams(allInside: Bool) async throws {
    try await withNetwork { plain in
      let lost = Mutex(0)
      let network = ShapedNetwork(plain, seed: 9, link: { _, _ in Link(delay: .milliseconds(30), loss: 0.3) }, isInside: { _ in allInside }) { _, _, _ in
        lost.withLock { $0 += 1 }
      }
      let serving: any Network = allInside ? network : plain
      let server = try await serving.bind(Endpoint(.loopback, 0), options: BindOptions()) { DatagramProbe(answers: true) }
      let probe = DatagramProbe(answers: false)
      _ = try await network.bind(Endpoint(.loopback, 0), options: BindOptions()) { probe }
      let began = plain.clock.now
      for index in 0..<400 {
        probe.send(Buffer("\(index)"), to: server.endpoint)
        // No more at once than the kernel's buffers surely hold.
        if index % 50 == 49 { try await Task.sleep(for: .milliseconds(15)) }
      }
      #expect(await eventually { probe.seen.withLock { $0.count } + lost.withLock { $0 } == 400 })
      #expect(began.duration(to: plain.clock.now) >= .milliseconds(55))
      // 0.7 × 0.7 of 400 come back: 196.
      let came = probe.seen.withLock { $0.count }
      #expect((140...255).contains(came), "\(came) came back")
    }
  }
}
