// The bounds that other programs count on.
import BitTorrent
import Testing

@Suite struct LimitsTests {
  @Test func standsAsDocumented() { #expect(Limits().blockBytesMax == 16_384) }
}
