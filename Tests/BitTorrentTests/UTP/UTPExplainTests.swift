// Packets explained: every byte belongs to a field, and the titles say what the packet is.
import BitTorrent
import Bytes
import TestKit
import Testing
import Trace

@Suite("uTP explained")
struct UTPExplainTests {
  @Test("every byte is explained", arguments: UTPPacketTests.cases)
  func covers(_ c: UTPPacketTests.Case) {
    let explanation = explainUTP(c.bytes)
    #expect(explanation.title == c.packet.description)
    #expect(explanation.problem == nil)
    #expect(explanation.fields.first?.range.lowerBound == 0)
    for (field, next) in zip(explanation.fields, explanation.fields.dropFirst()) { #expect(field.range.upperBound == next.range.lowerBound) }
    #expect(explanation.fields.last?.range.upperBound == c.bytes.count)
  }

  @Test("a selective acknowledgement names what came")
  func selective() throws {
    let explanation = explainUTP(hex("21 01 1234 00000000 00000000 00000000 0005 0009 00 04 f1000080"))
    let field = try needed(explanation.fields.first { $0.name == "selective acknowledgement" })
    #expect(field.value == "+2, +6…+9, +33")
  }

  @Test("what is no packet is said to be none")
  func nothing() {
    let explanation = explainUTP("hello")
    #expect(explanation.title == "no uTP packet")
    #expect(explanation.problem == "expected a head of 20 bytes, found 5 bytes at byte 5 (BEP 29, header format)")
  }
}
