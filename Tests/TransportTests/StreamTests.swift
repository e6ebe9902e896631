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

  @Test("a peer that shuts its direction still gets its answer, then the end")
  func halfCloses() async throws {
    try await withNetwork { network in
      let server = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in
        ConversationDriver(Echo(), trace: nil)
      }
      // A megabyte, so that much of the answer still waits when the peer's end comes.
      let client = try await network.probe(
        Probe(keepsBytes: false, whenOpen: {
          $0.send(Buffer(Array(repeating: 7, count: 1_000_000)))
          $0.close(.afterFlush)
        }), at: server.endpoint)
      #expect(await client.waits { $0.closedBecause != nil })
      await server.close(grace: .zero)
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
