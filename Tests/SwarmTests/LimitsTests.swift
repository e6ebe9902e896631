// The bounds that other programs count on.
import Swarm
import Testing

@Suite struct LimitsTests {
  @Test func standsAsDocumented() { #expect(SwarmLimits().peersMax == 200) }
}
