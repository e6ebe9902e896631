// The ladder's model, and its pictures as far as a machine can judge them: well-formed, linked, without anything a peer wrote as markup.
import Bytes
import Foundation
import FoundationXML
import Testing
import Trace
import World

@Suite struct LadderTests {
  private func ladder(_ store: TraceStore, rowsMax: Int = 400) -> Ladder {
    Ladder(
      store.exchanges().reversed().map { store.dialogue(of: $0) }, names: { address in Sample.names.first { $0.address == address }?.name },
      explain: Sample.explain, rowsMax: rowsMax)
  }

  @Test func lanesAndArrows() {
    let store = TraceStore()
    Sample.recordLookup(in: store)
    Sample.recordPage(in: store, client: Endpoint(Sample.client.address, 41_000), server: Endpoint(Address(198, 51, 100, 80), 80), from: 2_000)
    let ladder = ladder(store)
    #expect(ladder.lanes.map(\.name) == ["pc", "ns1.garnet.test", "www.garnet.test"])
    let arrows = ladder.rows.compactMap { row -> Ladder.Arrow? in if case .arrow(let arrow) = row.content { arrow } else { nil } }
    #expect(arrows.map { [$0.from, $0.to] } == [[0, 1], [0, 1], [1, 0], [0, 2], [2, 0]])
    #expect(arrows.map(\.fate) == [.lost, .arrived, .arrived, .arrived, .arrived])
    #expect(arrows.map(\.label) == [
      "query www.garnet.test A", "query www.garnet.test A", "answer www.garnet.test A", "GET /index.html HTTP/1.1", "HTTP/1.1 200 OK",
    ])
    #expect(ladder.sentence(about: arrows[2]) == "ns1.garnet.test to pc: answer www.garnet.test A (dns, 49 bytes, 10 ms on the way)")
    #expect(self.ladder(store, rowsMax: 2).hidden == ladder.rows.count - 2)
    #expect(ladder.mermaid.hasPrefix("""
      sequenceDiagram
        participant h0 as pc
        participant h1 as ns1.garnet.test
        participant h2 as www.garnet.test
        h0-xh1: +0.000 lost: query www.garnet.test A
        h0->>h1: +1.000 query www.garnet.test A
        h1->>h0: +1.011 answer www.garnet.test A

      """))
  }

  @Test func aPictureIsWellFormedAndHarmless() throws {
    let store = TraceStore()
    let hostile = "<script>alert('\u{202E}1')</script>\u{0}&"
    let id = store.open(Sample.info(hostile, .server, .tcp, .http), at: Sample.at(0))
    store.record(.received, in: id, at: Sample.at(1), Buffer("GET /\(hostile) HTTP/1.1\r\n"))
    store.record(.sent, in: id, at: Sample.at(2), "<script>x</script>\r\n")
    store.record(.problem, in: id, at: Sample.at(3), text: hostile)
    let svg = ladder(store).svg(title: hostile) { "/message/\($0)" }
    #expect(!svg.contains("<script"))
    #expect(!svg.contains("style="))
    #expect(svg.contains("href=\"/message/2\""))
    let reader = XMLParser(data: Data(svg.utf8))
    let isWhole = reader.parse()
    #expect(isWhole)
    #expect(!ladder(store).mermaid.contains("<script"))
  }
}
