// The end of proxies: what has no end of its own does not use up the grace, connections to upstreams go, nothing half stays in the folder.
// Not here: what a conversation does about it (HTTPTests/TunnelTests), the executable (PeerTests/UpCommandPeerTests).
import Bytes
import Foundation
import HTTP
import Synchronization
import TestKit
import Testing
import Transport
import World

@testable import WebServer

@Suite("the end of a proxy", .timeLimit(.minutes(1)))
struct ClosingTests {
  /// A connection that keeps what it hears.
  final class Peer: Sendable {
    let heard = Mutex(Buffer())
    let hasEnded = Atomic<Bool>(false)

    static func connect(_ network: SocketNetwork, _ port: UInt16, saying opening: String) async throws -> Peer {
      let peer = Peer()
      let answers = try await network.connect(
        TunnelConversation(unaskedBytesMax: .max, timeout: .seconds(60)), to: Endpoint(.loopback, port), trace: nil
      ) { question, _ in
        switch question {
        case .received(let bytes): peer.heard.withLock { $0.append(bytes) }
        case .ended: peer.hasEnded.store(true, ordering: .releasing)
        case .sent, .hold, .resume: break
        }
        return nil
      }
      answers.give(.send(Buffer(opening)))
      return peer
    }

    var text: String { heard.withLock { $0.text } }
  }

  private func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<500 {
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// Closes the proxy's listener with a long grace; how long it really took.
  private func close(_ world: ProxiedOrigin) async -> Duration {
    await ContinuousClock().measure { await world.listeners[1].close(grace: .seconds(30)) }
  }

  @Test("an idle tunnel and a stream of events end soon, an answer under way is finished")
  func endless() async throws {
    var rules = ForwardRules()
    rules.reachesInside = true
    rules.tunnelPorts = Set(1...65_535)
    try await ProxiedOrigin.forward(rules) { world in
      let place = "origin.test:\(world.originPort)"
      let tunnel = try await Peer.connect(world.network, world.port, saying: "CONNECT \(place) HTTP/1.1\r\nHost: \(place)\r\n\r\n")
      let events = try await Peer.connect(
        world.network, world.port, saying: "GET http://\(place)/e?open=text/event-stream HTTP/1.1\r\nHost: \(place)\r\n\r\n")
      let slow = try await Peer.connect(world.network, world.port, saying: "GET http://\(place)/s?delay=700&size=5 HTTP/1.1\r\nHost: \(place)\r\n\r\n")
      #expect(await eventually { tunnel.text.hasPrefix("HTTP/1.1 200") && events.text.contains("text/event-stream") && world.origin.count("/s") == 1 })
      #expect(await close(world) < .seconds(5))
      #expect(slow.text.hasPrefix("HTTP/1.1 200") && slow.text.contains("Content-Length: 5"), "\(slow.text)")
      #expect(!events.text.contains("\r\n0\r\n"), "what never ends must not look ended")
      world.proxy.close()
      #expect(await eventually { world.proxy.pool.openCount == 0 && tunnel.hasEnded.load(ordering: .acquiring) && world.listeners[0].load.open == 0 })
    }
  }

  @Test("what was being kept when the proxy closed goes, what was whole stays, nothing is asked afterwards")
  func keeping() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-closing-\(UUID().uuidString.prefix(8))").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var settings = CacheSettings()
    settings.folder = folder
    settings.diskBytesMax = 1 << 30
    let names = { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
    try await ProxiedOrigin.reverse(settings) { world in
      _ = try await world.get("/whole?cc=max-age=60&size=100000")
      let half = try await Peer.connect(
        world.network, world.port, saying: "GET /half?cc=max-age=60&open=text/plain&size=100000 HTTP/1.1\r\nHost: here.test\r\n\r\n")
      #expect(await eventually { half.heard.withLock { $0.count } > 100_000 })
      #expect(names().count == 3 && names().contains { $0.hasPrefix("half-") }, "\(names())")
      world.proxy.close()
      #expect(await eventually { world.proxy.pool.openCount == 0 && half.hasEnded.load(ordering: .acquiring) && names().count == 2 }, "\(names())")
      #expect(try await world.get("/whole?cc=max-age=60&size=100000").text(.cacheStatus).contains("; hit"))
      #expect(try await world.get("/other").status == 503)
      #expect(world.origin.count("/other") == 0)
    }
    let kept = try WebCache(settings)
    #expect(kept.load.entries == 1)
  }
}
