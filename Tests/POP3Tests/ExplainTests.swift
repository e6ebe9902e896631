// Explanations: what is named, and where it stands.
import Bytes
import POP3
import TestKit
import Testing
import Trace

@Suite("POP3 explanations")
struct ExplainTests {
  static func outline(_ fields: [Field]) -> String {
    fields.map { "\($0.name)=\($0.value)" + ($0.children.isEmpty ? "" : "[\(outline($0.children))]") }.joined(separator: " ")
  }

  @Test("every part has a name and a place", arguments: [
    ("RETR 1\r\n", "RETR 1", "command=RETR 1[keyword=RETR message=1]", nil),
    ("top 1 10\r\n", "top 1 10", "command=top 1 10[keyword=TOP message=1 lines=10]", nil),
    ("PASS a b\r\n", "PASS", "command=PASS[keyword=PASS password=3 bytes]", nil),
    ("AUTH PLAIN ****\r\n", "AUTH PLAIN", "command=AUTH PLAIN ****[keyword=AUTH mechanism=PLAIN initial response=4 bytes]", nil),
    ("RETR x\r\n", "RETR x", "command=RETR x[keyword=RETR message=x]", "expected a number at byte 0 (RFC 1939 §3)"),
    ("QUIT", "QUIT", "command=QUIT[keyword=QUIT]", "the line has no end"),
    ("+OK 2 320\r\n", "+OK 2 320", "answer=+OK 2 320[status=+OK text=2 320]", nil),
    ("-ERR [IN-USE] open\r\n", "-ERR [IN-USE] open", "answer=-ERR [IN-USE] open[status=-ERR response code=IN-USE text=open]", nil),
    ("-ERR\r\n", "-ERR", "answer=-ERR[status=-ERR]", nil),
    ("+OK list\r\n1 5\r\n.\r\n", "+OK list", "answer=+OK list[status=+OK text=list] lines=1 5\r\n end=.", nil),
    ("+ VXNl\r\n", "challenge", "challenge line=+ VXNl[mark=+ challenge=VXNl]", nil),
    ("+ \r\n", "challenge", "challenge line=+ [mark=+]", nil),
    ("****\r\n", "response, 4 bytes", "response=****", nil),
    ("*\r\n", "cancellation", "cancellation=*", nil),
    ("a\r\nb\r\n.\r\n", "lines, 6 bytes", "lines=a\r\nb\r\n end=.", nil),
    (".\r\n", "end of the answer", "end=.", nil),
    ("", "nothing", "", nil),
  ] as [(String, String, String, String?)])
  func explained(_ text: String, _ title: String, _ outline: String, _ problem: String?) {
    let bytes = Buffer(text)
    let explanation = POP3.explain(bytes)
    #expect(explanation.title == title)
    #expect(Self.outline(explanation.fields) == outline)
    #expect(explanation.problem == problem)
    var end = 0
    for field in explanation.fields {
      #expect(field.range.lowerBound == end)
      end = field.range.upperBound
    }
    #expect(end == bytes.count)
  }

  @Test("a message that is fetched is explained as one, in its places")
  func content() throws {
    let bytes: Buffer = "+OK 27 octets\r\nSubject: x\r\n\r\nhello\r\n.\r\n"
    let content = try needed(POP3.explain(bytes).fields.first { $0.name == "lines" })
    let subject = try #require(content.children.first)
    #expect(subject.name == "Subject" && bytes[subject.range].text == "Subject: x\r\n")
  }
}
