// A host's services together: how long stopping them takes.
import Bytes
import SimulatedTransport
import TestKit
import Testing
import Transport
import WebServer
import World

@testable import Host

@Suite("assembly")
struct AssemblyTests {
  @Test("all services stop at once: the grace of one is the grace of all")
  func stops() throws {
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(10)) }
    let host = internet.addHost("host", Address(192, 0, 2, 1))
    let pc = internet.addHost("pc", Address(203, 0, 113, 2))
    try internet.run {
      let assembly = Assembly(name: "host", network: host, recorder: nil)
      let sites = SiteSwitch(SiteSet([]))
      for port in [80, 81, 82] as [UInt16] {
        let place = Endpoint(host.addresses[0], port)
        try await assembly.serveSites(sites, at: place)
        let end = ScriptedEnd()
        try await pc.dial(place, options: DialOptions()) { end }
        // A head that never becomes whole.
        end.say("GET / HT")
      }
      try await pc.clock.sleep(until: pc.clock.now + .seconds(1))
      let start = host.clock.now
      await assembly.stop(grace: .seconds(4))
      #expect(host.clock.now - start == .seconds(4))
    }
  }
}
