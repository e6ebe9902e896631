// Whose turn it is when upstream connections are few: two upstreams that share them, over virtual links.
// Not here: the pool behind a real proxy (ProxyLawTests.swift).
import SimulatedTransport
import Synchronization
import TestKit
import Testing
import Transport
import World

@testable import WebServer

/// Two upstreams that take every connection and say nothing, and a pool of connections to them.
private final class Shared: Sendable {
  let internet = SimulatedInternet(seed: 4) { _, _ in Link(delay: .milliseconds(10)) }
  let pool: UpstreamPool
  private let upstreams: [SimulatedNetwork]
  private let front: SimulatedNetwork
  /// Whose turn came, in order.
  let turns = Mutex<[String]>([])

  init(_ change: (inout ProxyLimits) -> Void) {
    var limits = ProxyLimits()
    change(&limits)
    front = internet.addHost("front", Address(192, 0, 2, 1))
    upstreams = [internet.addHost("a", Address(192, 0, 2, 10)), internet.addHost("b", Address(192, 0, 2, 11))]
    pool = UpstreamPool(front, trace: nil, limits: limits, tls: nil)
  }

  func run(_ body: @escaping @Sendable () async throws -> Void) throws {
    try internet.run { [self] in
      for upstream in upstreams { _ = try await upstream.listen(at: Endpoint(upstream.addresses[0], 80), options: ListenOptions()) { _, _ in ScriptedEnd() } }
      try await body()
      pool.close()
    }
  }

  /// Asks for a connection, and notes when it is there.
  @discardableResult
  func connect(_ name: String) async throws -> (connection: UpstreamConnection, isFresh: Bool) {
    let upstream = upstreams[name == "a" ? 0 : 1]
    let place = UpstreamPlace(host: name, port: 80, isSecure: false)
    let got = try await pool.connect(place, [Endpoint(upstream.addresses[0], 80)], because: nil)
    turns.withLock { $0.append(name) }
    return got
  }

  func giveBack(_ connection: UpstreamConnection) { pool.giveBack(connection, at: front.clock.now) }

  /// Lets everything happen that is under way.
  func wait() async throws { try await front.clock.sleep(until: front.clock.now + .milliseconds(100)) }
}

@Suite("turns for upstream connections")
struct UpstreamPoolTests {
  @Test("who waits for one upstream holds nobody up who wants another, neither by being first nor by being many")
  func apart() throws {
    let shared = Shared {
      $0.perUpstreamMax = 1
      $0.waitingMax = 1
    }
    try shared.run {
      let first = try await shared.connect("a").connection
      async let second = shared.connect("a")
      try await shared.wait()
      let other = try await shared.connect("b").connection
      #expect(shared.turns.withLock { $0 } == ["a", "b"])
      // One waits for each of them, and that is as many as may.
      async let third = shared.connect("b")
      try await shared.wait()
      await #expect(throws: ProxyFailure.self) { try await shared.connect("b") }
      shared.giveBack(other)
      shared.giveBack(first)
      #expect(try await second.connection === first)
      #expect(try await third.connection === other)
    }
  }

  @Test("the room of a connection goes to who came first, also when the next one could use the connection itself")
  func inOrder() throws {
    let shared = Shared { $0.upstreamConnectionsMax = 1 }
    try shared.run {
      let first = try await shared.connect("a").connection
      async let second = shared.connect("b")
      try await shared.wait()
      async let third = shared.connect("a")
      try await shared.wait()
      shared.giveBack(first)
      try await shared.wait()
      #expect(shared.turns.withLock { $0 } == ["a", "b"] && shared.pool.openCount == 1)
      shared.giveBack(try await second.connection)
      #expect(try await third.isFresh)
      #expect(shared.turns.withLock { $0 } == ["a", "b", "a"] && shared.pool.openCount == 1)
    }
  }

  @Test("who came first cannot have it when it wants one upstream too many: then the next one goes")
  func overTaken() throws {
    let shared = Shared {
      $0.upstreamConnectionsMax = 2
      $0.perUpstreamMax = 1
    }
    try shared.run {
      let first = try await shared.connect("a").connection
      let other = try await shared.connect("b").connection
      async let second = shared.connect("b")
      try await shared.wait()
      async let third = shared.connect("a")
      try await shared.wait()
      shared.giveBack(first)
      #expect(try await third.connection === first)
      shared.giveBack(other)
      #expect(try await second.connection === other)
    }
  }

  @Test("a connection that has ended is given to nobody: its room is")
  func ended() throws {
    let shared = Shared { $0.perUpstreamMax = 1 }
    try shared.run {
      let first = try await shared.connect("a").connection
      async let second = shared.connect("a")
      try await shared.wait()
      first.end()
      shared.giveBack(first)
      #expect(try await second.isFresh)
    }
  }
}
