// Explanations: each field of a known message, and every byte of messages of all kinds.
import Bytes
import DNS
import Testing
import Trace
import World

@Suite struct ExplanationTests {
  /// `depth name = value [range]`, one line per field.
  private func outline(_ fields: [Field], depth: Int = 0) -> [String] {
    fields.flatMap { field in
      ["\(String(repeating: " ", count: depth))\(field.name) = \(field.value) [\(field.range.lowerBound)..<\(field.range.upperBound)]"]
        + outline(field.children, depth: depth + 1)
    }
  }

  @Test("a query, field by field")
  func query() {
    let explanation = explain(Buffer(queryBytes))
    #expect(explanation.title == "query www.garnet.test. A" && explanation.problem == nil)
    #expect(outline(explanation.fields) == [
      "Header = QUERY 4660 [0..<12]", " Identifier = 4660 [0..<2]", " Flags = 0x0100 [2..<4]", "  QR = 0 [2..<3]", "  Opcode = QUERY (0) [2..<3]",
      "  AA = 0 [2..<3]", "  TC = 0 [2..<3]", "  RD = 1 [2..<3]", "  RA = 0 [3..<4]", "  Z = 0 [3..<4]", "  AD = 0 [3..<4]", "  CD = 0 [3..<4]",
      "  RCODE = NOERROR (0) [3..<4]", " Questions = 1 [4..<6]", " Answers = 0 [6..<8]", " Authorities = 0 [8..<10]", " Additionals = 0 [10..<12]",
      "Question 1 = www.garnet.test. IN A [12..<33]", " Name = www.garnet.test. [12..<29]", "  Label = \"www\" [12..<16]", "  Label = \"garnet\" [16..<23]",
      "  Label = \"test\" [23..<28]", "  Root = 0 [28..<29]", " Type = A (1) [29..<31]", " Class = IN (1) [31..<33]",
    ])
  }

  @Test("an answer with a pointer and EDNS, length before it")
  func answer() throws {
    var answer = try Message(reading: Buffer(queryBytes)).reply(edns: EDNS(options: [.extendedError(.staleAnswer, "old")]))
    answer.flags.isAuthoritative = true
    answer.answers = [try ResourceRecord("www.garnet.test. 300 MX 10 mail.garnet.test.")]
    let framed = StreamFraming.framed(answer.wire())
    let explanation = explain(framed, framing: .lengthPrefixed)
    #expect(explanation.title == "answer NOERROR www.garnet.test. A, 1 record, authoritative" && explanation.problem == nil)
    let lines = outline(explanation.fields)
    #expect(lines.first == "Length = 74 bytes [0..<2]")
    #expect(lines.dropFirst(26) == [
      "Answer 1 = www.garnet.test. MX 10 mail.garnet.test. [35..<56]", " Name = www.garnet.test. [35..<37]", "  Pointer = pointer to byte 12 [35..<37]",
      " Type = MX (15) [37..<39]", " Class = IN (1) [39..<41]", " Time to live = 300 s [41..<45]", " Data length = 9 [45..<47]",
      " Data = 10 mail.garnet.test. [47..<56]", "  Preference = 10 [47..<49]", "  Exchange = mail.garnet.test. [49..<56]", "   Label = \"mail\" [49..<54]",
      "   Pointer = pointer to byte 16 [54..<56]",
      "Additional 1 = EDNS, 1232 bytes [56..<76]", " Name = . [56..<57]", "  Root = 0 [56..<57]", " Type = OPT (41) [57..<59]", " Payload size = 1232 bytes [59..<61]",
      " Extended response code = 0 [61..<62]", " Version = 0 [62..<63]", " EDNS flags = 0x0000 [63..<65]", "  DO = 0 [63..<64]", "  Z = 0x0000 [63..<65]",
      " Data length = 9 [65..<67]", " Option = EDE 3 (Stale Answer): \"old\" [67..<76]", "  Option code = EDE (15) [67..<69]", "  Option length = 5 [69..<71]",
      "  Option data = 3 (Stale Answer): \"old\" [71..<76]",
    ])
    expectCovered(explanation, framed.count)
  }

  @Test("a message cut off is explained up to there")
  func cut() {
    let explanation = explain(Buffer(queryBytes[..<30]))
    #expect(explanation.problem == "expected the type, found 1 byte before the end of the message at byte 29 (RFC 1035 §4.1.2)")
    #expect(outline(explanation.fields).suffix(7) == [
      "Question 1 = damaged [12..<29]", " Name = www.garnet.test. [12..<29]", "  Label = \"www\" [12..<16]", "  Label = \"garnet\" [16..<23]",
      "  Label = \"test\" [23..<28]", "  Root = 0 [28..<29]", "Rest = 1 bytes [29..<30]",
    ])
    #expect(explain(Buffer()).problem != nil)
    #expect(explain(Buffer([1]), framing: .lengthPrefixed).problem != nil)
  }

  @Test("every byte of every type is explained", arguments: RecordDataTests.cases.map(\.type))
  func everyType(_ type: RecordType) throws {
    for c in RecordDataTests.cases where c.type == type {
      let record = ResourceRecord(try Name("a.test"), ttl: 1, try RecordData(type, c.text))
      let wire = Message(id: 1, questions: [Question(record.name, type)], answers: [record], edns: EDNS(options: [.padding(4)])).wire()
      let explanation = explain(wire)
      #expect(explanation.problem == nil)
      expectCovered(explanation, wire.count)
    }
  }

  @Test("the form of dig")
  func presentation() throws {
    var answer = try Message(reading: Buffer(queryBytes)).reply(edns: EDNS(options: [.extendedError(.blocked, "a\u{1b}b"), .nsid("n1"), .padding(2)]))
    answer.flags.isAuthoritative = true
    answer.answers = [try ResourceRecord("www.garnet.test. 300 CNAME web.garnet.test."), try ResourceRecord("web.garnet.test. 5 A 192.0.2.1")]
    #expect(answer.presentation == """
      ;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660
      ;; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

      ;; OPT PSEUDOSECTION:
      ; EDNS: version: 0, flags:; udp: 1232
      ; EDE: 15 (Blocked): "a\\027b"
      ; NSID: 6e31 ("n1")
      ; PADDING: 2 bytes

      ;; QUESTION SECTION:
      ;www.garnet.test.  IN  A

      ;; ANSWER SECTION:
      www.garnet.test.  300  IN  CNAME  web.garnet.test.
      web.garnet.test.  5    IN  A      192.0.2.1

      """)
  }
}
