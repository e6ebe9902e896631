// Heads: where fields begin and end, folds, limits, and what ends a head early.
import Bytes
import TestKit
import Testing
import World

@testable import Mail

@Suite struct MessageHeadTests {
  @Test("fields in order, with their places; a fold is taken out", .spec("RFC 5322", "2.2", "2.2.3"))
  func fields() throws {
    let message: Buffer = "From: a@b.test\r\nSubject: one\r\n two\r\n\tthree \r\nsubject : again\r\nX:\r\n\r\nbody: none\r\n"
    let head = MessageHead(reading: message)
    #expect(head.fields.map { head.name(of: $0).text } == ["From", "Subject", "subject", "X"])
    #expect(head.fields.map { head.value(of: $0).text } == ["a@b.test", "one two\tthree", "again", ""])
    #expect(head.rawValue(of: head.fields[1]) == " one\r\n two\r\n\tthree ")
    #expect(head.fields.map { head.bytes[$0.whole].text }.joined() == head.bytes[0..<head.fieldsEnd].text)
    #expect(head.isComplete && head.excess == nil)
    #expect(message[head.bytes.count..<message.count] == "body: none\r\n")
    #expect(head.all("subject").count == 2)
    #expect(head.value("subject") == "one two\tthree")
    #expect(head.first("nothing") == nil)
    #expect(head.selected(["subject"]) == "Subject: one\r\n two\r\n\tthree \r\nsubject : again\r\n\r\n")
    #expect(head.selected(["subject", "x"], isExcluding: true) == "From: a@b.test\r\n\r\n")
    #expect(head.removing { head.isNamed("subject", $0) } == "From: a@b.test\r\nX:\r\n\r\n")
  }

  @Test("what ends a head", arguments: [
    ("", 0, false), ("\r\n", 2, true), ("\r\nA: b\r\n", 2, true), ("A: b\r\n", 6, false), ("A: b", 4, false), ("A: b\r\n\r\nx", 8, true), ("A: b\n\nx", 6, true),
    ("A: b\r\nno field\r\nC: d\r\n\r\n", 6, false), (" A: b\r\n\r\n", 0, false), ("From a@b.test Sat Nov 29\r\nA: b\r\n\r\n", 0, false), (": b\r\n\r\n", 0, false),
    ("A: b\r\n \r\n\r\n", 11, true), ("A\0: b\r\n\r\n", 0, false), ("A: b\r\r\n\r\n", 9, true), ("A: b\r\n\r", 6, false), ("é: b\r\n\r\n", 0, false),
  ])
  func endings(_ text: String, _ bodyStart: Int, _ isComplete: Bool) {
    let head = MessageHead(reading: Buffer(text))
    #expect(head.bytes.count == bodyStart)
    #expect(head.isComplete == isComplete)
  }

  @Test("limits: past one the rest is body", arguments: [
    // fieldBytesMax 20, fieldsMax 3, headBytesMax 50
    ("A: 345678901234567\r\n\r\n", 22, nil), ("A: 3456789012345678\r\n\r\n", 0, "fieldBytesMax"), ("A: b\r\nC: 345678\r\n 345678901\r\n\r\n", 6, "fieldBytesMax"),
    ("A: b\r\nB: b\r\nC: b\r\n\r\n", 20, nil), ("A: b\r\nB: b\r\nC: b\r\nD: b\r\n\r\n", 18, "fieldsMax"),
    ("A: 34567890123456\r\nB: 34567890123456\r\nC: 34567\r\n\r\n", 50, nil), ("A: 34567890123456\r\nB: 34567890123456\r\nC: 345678\r\n\r\n", 49, "headBytesMax"),
    ("A: 34567890123456\r\nB: 34567890123456\r\nC: 345678901\r\n 3\r\n\r\n", 38, "headBytesMax"),
  ] as [(String, Int, String?)])
  func limits(_ text: String, _ bodyStart: Int, _ limit: String?) {
    var limits = Limits()
    limits.fieldBytesMax = 20
    limits.fieldsMax = 3
    limits.headBytesMax = 50
    let head = MessageHead(reading: Buffer(text), limits: limits)
    #expect(head.bytes.count == bodyStart)
    #expect(head.excess?.limit == limit)
    #expect(head.fieldsEnd == (limit == nil ? bodyStart - 2 : bodyStart))
    // In pieces it is the same.
    for pieces in Cutter.cuts(of: Buffer(text)) {
      var reader = StructureReader(limits: limits)
      for piece in pieces { reader.take(piece) }
      #expect(reader.finish().head == head)
    }
  }

  @Test("the defaults are those of the reference")
  func defaults() {
    let limits = Limits()
    #expect([limits.headBytesMax, limits.fieldBytesMax, limits.fieldsMax, limits.depthMax, limits.partsMax, limits.boundaryBytesMax, limits.parametersMax]
      == [1 << 20, 100 << 10, 2_000, 100, 10_000, 256, 128])
  }

  @Test("huge heads cost their length: CVE-2024-23185", arguments: ["A: b\r\n", " ", "A: b\r\n c\r\n", "A", "To: a@b.test, c@d.test\r\n ", "\r\n "])
  func linear(_ unit: String) {
    #expect(isLinear { count in
      let text = Buffer("A: b\r\n" + String(repeating: unit, count: count / unit.utf8.count))
      return {
        let head = MessageHead(reading: text)
        _ = MessageEnvelope(head)
      }
    })
  }
}
