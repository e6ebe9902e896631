// The bounds that other programs count on.
import Names
import Testing

@Suite struct LimitsTests {
  @Test func standsAsDocumented() { #expect(Limits().delegationsMax == 32) }
}
