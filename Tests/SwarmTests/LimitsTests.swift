// The bounds that other programs count on.
import Swarm
import Testing

@Suite struct LimitsTests {
  @Test func standsAsDocumented() {
    let limits = SwarmLimits()
    #expect(limits.peersMax == 200 && limits.callTimeout == .seconds(15) && limits.heldBytesMax == 104_857_600 && limits.fullDiskPause == .seconds(600))
  }
}
