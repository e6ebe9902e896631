// What only keeps house does not keep a simulation going: deadlines of connections, of ports, of who sleeps.
import Bytes
import SimulatedTransport
import Synchronization
import TestKit
import Testing
import Transport
import World

/// Says a byte every minute for as long as it lives.
private final class ReminderEnd: StreamEnd, @unchecked Sendable {
  // Unchecked: touched on the simulation's thread only.
  private var carrier: (any Carrier)?
  private(set) var deadline: Instant?
  let heard = Mutex(0)

  func opened(on carrier: any Carrier) {
    self.carrier = carrier
    deadline = carrier.now + .seconds(60)
  }
  func received(_ bytes: Buffer) { heard.withLock { $0 += bytes.count } }
  func peerClosed() {}
  func deadlineReached() {
    guard let carrier else { return }
    carrier.send(Buffer("."))
    carrier.flush()
    deadline = carrier.now + .seconds(60)
  }
  func congested(_ isCongested: Bool) {}
  func closed(because reason: String) { carrier = nil }
  func wire(_ bytes: Buffer, sent: Bool) {}
  var wantsWire: Bool { false }
}

@Suite("What only keeps house")
struct BackgroundTests {
  private static let place = Endpoint(Address(192, 0, 2, 1), 80)

  private func connected(inBackground: Bool) throws -> (internet: SimulatedInternet, ends: [ReminderEnd]) {
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(10)) }
    let (a, b) = (internet.addHost("a", Self.place.address), internet.addHost("b", Address(192, 0, 2, 2)))
    let ends = [ReminderEnd(), ReminderEnd()]
    let (server, client): (any Network, any Network) = inBackground ? (a.background, b.background) : (a, b)
    try internet.run {
      _ = try await server.listen(at: Self.place, options: ListenOptions()) { _, _ in ends[0] }
      try await client.dial(Self.place, options: DialOptions()) { ends[1] }
    }
    return (internet, ends)
  }

  @Test("a connection that is only kept alive lets the simulation come to rest")
  func rest() throws {
    let (internet, ends) = try connected(inBackground: true)
    #expect(internet.runUntilQuiet(atMost: .seconds(3_600)))
    #expect(internet.now < .simulationStart + .seconds(60) && ends.allSatisfy { $0.heard.withLock { $0 } == 0 })
    // Otherwise it goes on for ever.
    #expect(!(try connected(inBackground: false).internet.runUntilQuiet(atMost: .seconds(3_600))))
  }

  @Test("while something else goes on, it is kept alive all the same")
  func meanwhile() throws {
    let (internet, ends) = try connected(inBackground: true)
    internet.after(.seconds(600)) {}
    #expect(internet.runUntilQuiet())
    #expect(ends.allSatisfy { $0.heard.withLock { $0 } == 9 }, "\(ends.map { $0.heard.withLock { $0 } })")
  }

  @Test("what was said and is lost is said again, although only a housekeeper said it")
  func lost() throws {
    let (internet, ends) = try connected(inBackground: true)
    let (a, b) = (Self.place.address, Address(192, 0, 2, 2))
    internet.after(.seconds(59)) { internet.partition([a], from: [b]) }
    internet.after(.seconds(61)) { internet.partition([a], from: [b], isDown: false) }
    #expect(internet.runUntilQuiet())
    #expect(internet.now < .simulationStart + .seconds(120) && ends.allSatisfy { $0.heard.withLock { $0 } == 1 })
  }

  @Test("who sleeps in the background holds nobody up, and is woken in time")
  func sleep() throws {
    let internet = SimulatedInternet(seed: 1)
    let host = internet.addHost("a", Self.place.address)
    let woken = Mutex(0)
    internet.start {
      for _ in 0..<100 {
        do { try await host.background.clock.sleep(until: host.clock.now + .seconds(1)) } catch { return }
        woken.withLock { $0 += 1 }
      }
    }
    #expect(internet.runUntilQuiet())
    #expect(woken.withLock { $0 } == 0)
    internet.after(.seconds(10)) {}
    #expect(internet.runUntilQuiet())
    #expect(woken.withLock { $0 } == 9 || woken.withLock { $0 } == 10)
  }
}
