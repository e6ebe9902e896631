// What the drivers keep and tell: room for half messages, how each side's end is told, the end of a listener.
// Not here: what is recorded of refused messages (HTTPTests/RecordingTests.swift).
import Bytes
import NIOCore
import Synchronization
import TestKit
import Testing
import Trace
@testable import Transport
import World

/// Takes three bytes at a time.
private struct Triples: StreamConversation {
  typealias Question = Never
  typealias Action = StreamAction<Never>
  enum Input: Sendable { case triple, end }

  static var dialect: Dialect { .raw }
  var stateName: String { "counting" }
  var acceptsBytes: Bool { true }
  var deadline: Instant? { nil }

  mutating func next(from bytes: inout Buffer) -> Input? { bytes.take(3).map { _ in .triple } }
  func input(for event: ConnectionEvent) -> Input? { event == .retired ? .end : nil }
  mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if case .end = input { actions += [.send("bye"), .close(.afterFlush)] }
  }
}

@Suite("drivers")
struct DriverTests {
  @Test("the way back to a conversation is as long after many answers as at first")
  func manyAnswers() {
    // Were it longer by a call each time, each answer would come out deeper in the stack than the one before.
    let answers = Answers<Int>()
    let places = Mutex<[UInt]>([])
    answers.connect { _, _ in
      var here: UInt8 = 0
      let place = withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
      places.withLock { $0.append(place) }
    }
    for _ in 0..<1_000 { answers.give(1) }
    let all = places.withLock { $0 }
    #expect(all.count == 1_000 && Set(all).count == 1)
  }

  @Test("a peer whose segments always end inside the next message makes nothing grow")
  func halfMessages() {
    let driver = ConversationDriver(Triples(), trace: nil)
    let connection = MemoryConnection(driver)
    connection.receive("x")
    for _ in 0..<1_000 { connection.receive(Buffer(repeatElement(0x78, count: 3_000))) }
    #expect(driver.incoming == "x")
    #expect(driver.incoming.storage.capacity < 3 * 65_536)
  }

  @Test("when a listener closes every open end is told, and its grace is not waited for")
  func retires() async throws {
    try await withNetwork { network in
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in
        ConversationDriver(Triples(), trace: nil)
      }
      let clients = [Probe(), Probe()]
      for client in clients { _ = try await network.probe(client, at: server.endpoint) }
      #expect(await eventually { server.load.open == 2 })
      let closing = Task { await server.close(grace: .seconds(60)) }
      for client in clients {
        #expect(await client.waits { $0.bytes == "bye" && $0.peerHasClosed })
        client.act { $0.close(.afterFlush) }
      }
      let began = network.clock.now
      await closing.value
      #expect(began.duration(to: network.clock.now) < .seconds(30))
    }
  }

  /// Who ends the connection, and how.
  enum Parting: CaseIterable, Sendable { case clientFinishes, clientResets, serverFinishes }

  @Test("each end is told who ended it and how, in the words the trace understands", arguments: Parting.allCases)
  func endings(_ parting: Parting) async throws {
    try await withNetwork { network in
      let served = Probe()
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in served }
      let client = try #require(RawClient(server.endpoint))
      #expect(await served.waits { $0.isOpen })
      switch parting {
      case .clientFinishes:
        client.shutOutput()
        #expect(await served.waits { $0.peerHasClosed })
        served.act { $0.close(.afterFlush) }
        #expect(client.readToEnd() == [])
        client.close()
      case .clientResets:
        // Closing over bytes that were not read is a reset.
        served.send("unread")
        #expect(client.waits())
        client.close()
      case .serverFinishes:
        served.act { $0.close(.afterFlush) }
        #expect(client.readToEnd() == [])
        client.close()
      }
      #expect(await served.waits { $0.closedBecause != nil })
      let expected: Ending =
        switch parting {
        case .clientFinishes: .closedByPeer
        case .clientResets: .resetByPeer
        case .serverFinishes: .closed
        }
      #expect(served.seen.withLock { $0.closedBecause } == expected.rawValue)
    }
  }
}
