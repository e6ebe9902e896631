// Datagrams over real loopback sockets.
import Bytes
import Synchronization
import Testing
import Transport
import World

/// Sends each datagram back in upper case, or only keeps it.
final class DatagramProbe: DatagramEnd, @unchecked Sendable {
  // Unchecked: `carrier` is set on the loop before anybody can ask for it, and used through `onLoop`.
  let seen = Mutex<[(Buffer, Endpoint)]>([])
  private(set) var carrier: (any DatagramCarrier)?
  private let answers: Bool
  let deadline: Instant? = nil

  init(answers: Bool) { self.answers = answers }

  func opened(on carrier: any DatagramCarrier) { self.carrier = carrier }

  func received(_ bytes: Buffer, from remote: Endpoint) {
    seen.withLock { $0.append((bytes, remote)) }
    if answers { carrier?.send(Buffer(bytes.text.uppercased()), to: remote) }
    carrier?.flush()
  }

  func deadlineReached() {}
  func closed() {}

  func send(_ bytes: Buffer, to remote: Endpoint) {
    guard let carrier else { return }
    nonisolated(unsafe) let inside = carrier
    carrier.onLoop {
      inside.send(bytes, to: remote)
      inside.flush()
    }
  }
}

@Suite("datagrams")
struct DatagramTests {
  @Test("answers come from the address that was asked", arguments: [
    (Address.loopback, Address.loopback), (Address.any, Address(127, 0, 0, 1)), (Address.any, Address(127, 0, 0, 9)),
    (Address.loopback6, Address.loopback6), (Address.v6(0, 0), Address.loopback6),
  ])
  func answers(bound: Address, asked: Address) async throws {
    try await withNetwork { network in
      let server = try await network.bind(Endpoint(bound, 0), options: BindOptions()) { DatagramProbe(answers: true) }
      let target = Endpoint(asked, server.endpoint.port)
      let probe = DatagramProbe(answers: false)
      let here: Address = if case .v4 = asked { .loopback } else { .loopback6 }
      // Connected: anything from another address than the one asked does not get in.
      let client = try await network.bind(Endpoint(here, 0), options: BindOptions(peer: target)) { probe }
      probe.send("hello", to: target)
      #expect(await eventually { probe.seen.withLock { !$0.isEmpty } })
      #expect(probe.seen.withLock { $0.first?.0 } == "HELLO")
      #expect(probe.seen.withLock { $0.first?.1 } == target)
      await client.close(grace: .zero)
      await server.close(grace: .zero)
    }
  }

  @Test("a port that cannot be connected to its peer names the peer")
  func unreachable() async throws {
    // From a loopback address there is no way to one that is not.
    let peer = Endpoint(Address(203, 0, 113, 1), 53)
    try await withNetwork { network in
      do {
        _ = try await network.bind(Endpoint(.loopback, 0), options: BindOptions(peer: peer)) { DatagramProbe(answers: false) }
        Issue.record("connected")
      } catch { #expect("\(error)".contains("203.0.113.1"), "\(error)") }
    }
  }

  @Test("the largest datagram passes whole")
  func largest() async throws {
    try await withNetwork { network in
      let server = try await network.bind(Endpoint(.loopback, 0), options: BindOptions()) { DatagramProbe(answers: true) }
      let probe = DatagramProbe(answers: false)
      _ = try await network.bind(Endpoint(.loopback, 0), options: BindOptions(peer: server.endpoint)) { probe }
      probe.send(Buffer(Array(repeating: UInt8(ascii: "a"), count: 65_507)), to: server.endpoint)
      #expect(await eventually { probe.seen.withLock { !$0.isEmpty } })
      #expect(probe.seen.withLock { $0.first?.0.count } == 65_507)
    }
  }
}
