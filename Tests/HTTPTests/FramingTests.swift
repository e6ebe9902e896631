// Plays every framing case whole, byte by byte, at random cuts, and with the next message glued on.
import Bytes
import HTTP
import TestKit
import Testing
import World

@Suite("Framing of requests", .spec("RFC 9112", "2", "3", "5", "6", "7", "9"))
struct FramingTests {
  private static let next = "GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n"

  /// The ways one case is played.
  private func ways(_ bytes: Buffer) -> [[Buffer]] {
    var random = SeededRandom(seed: 7)
    // Byte by byte is enough once for the long ones; the short ones are also cut at every place.
    return bytes.count > 600 ? [[bytes]] + Cutter.random(bytes, count: 2, using: &random) + [Cutter.single(bytes)] : Cutter.cuts(of: bytes)
  }

  @Test("each case, however it is cut", arguments: FramingCase.all)
  func eachCase(_ c: FramingCase) {
    let input = Buffer(latin: c.input)
    for pieces in ways(input) {
      let site = Site()
      for piece in pieces { site.receive(piece) }
      judge(c, site, extra: 0)
    }
  }

  @Test("each case with the next message glued on", arguments: FramingCase.all)
  func glued(_ c: FramingCase) {
    switch c.outcome {
    case .goesOn:
      let site = Site()
      site.receive(Buffer(latin: c.input + Self.next))
      judge(c, site, extra: 1)
      #expect(site.seen.last?.target == "/next")
    case .ends:
      let site = Site()
      site.receive(Buffer(latin: c.input + Self.next))
      judge(c, site, extra: 0)
      #expect(site.seen.allSatisfy { $0.target != "/next" })
    case .timesOut: break
    }
  }

  private func judge(_ c: FramingCase, _ site: Site, extra: Int) {
    switch c.outcome {
    case .goesOn(let statuses):
      let heard = site.heard()
      #expect(heard?.map(\.status) == statuses + Array(repeating: 200, count: extra), "\(site.sent)")
      #expect(heard?.contains { $0.closes } == false)
      #expect(site.closing == nil)
      if extra == 0 {
        site.receive(Buffer(Self.next))
        #expect(site.heard()?.count == statuses.count + 1)
        #expect(site.seen.last?.target == "/next")
      }
    case .ends(let statuses):
      let heard = site.heard()
      #expect(heard?.map(\.status) == statuses, "\(site.sent)")
      #expect(heard?.last?.closes == true)
      #expect(heard?.last?.body.isEmpty == false)
      #expect(site.closing == .afterFlush || (site.closing == .whenSent && heard?.last?.status == 200))
      #expect(!site.seen.contains { $0.target == "/hidden" } || statuses.first == 200)
    case .timesOut(let status):
      #expect(site.sent.isEmpty && site.closing == nil)
      site.advance(by: .seconds(11))
      #expect(site.heard()?.map(\.status) == (status == 0 ? [] : [status]))
      #expect(site.closing == .afterFlush)
    }
    if let bodies = c.bodies { #expect(Array(site.seen.map { $0.body.text }.prefix(bodies.count)) == bodies) }
  }
}
