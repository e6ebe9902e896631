// Chance that repeats: the same seed gives the same numbers on every machine, and parts do not disturb each other.
import TestKit
import Testing
import World

@Suite("Seeded random")
struct ChanceTests {
  /// The generator's published first outputs for seed 1234567.
  @Test("gives the numbers that SplitMix64 gives")
  func known() {
    var random = SeededRandom(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect((0..<5).map { _ in random.next() } == expected)
  }

  @Test("derived generators differ by label and do not depend on later use")
  func derived() {
    var random = SeededRandom(seed: 3)
    var one = random.derived("one")
    var two = random.derived("two")
    var again = random.derived("one")
    _ = random.next()
    let first = one.next()
    #expect(first == again.next())
    #expect(first != two.next())
  }

  @Test("tickets count up")
  func tickets() {
    var ticket = Ticket()
    #expect(ticket.taken().number == 0)
    #expect(ticket.taken().number == 1)
    #expect(ticket.number == 2)
  }
}
