// Explanations: what is named, and where it stands.
import Bytes
import SMTP
import TestKit
import Testing
import Trace

@Suite("SMTP explanations")
struct ExplainTests {
  /// The fields of a message, `name=value`, parts in brackets.
  static func outline(_ fields: [Field]) -> String {
    fields.map { "\($0.name)=\($0.value)" + ($0.children.isEmpty ? "" : "[\(outline($0.children))]") }.joined(separator: " ")
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var bytes: String
    var title: String
    var outline: String
    var problem: String?
    var testDescription: String { title }
  }

  @Test("every part has a name and a place", arguments: [
    Case(bytes: "MAIL FROM:<alice@home.test> SIZE=12 X=y\r\n", title: "MAIL FROM:<alice@home.test> SIZE=12 X=y",
      outline: "command=MAIL FROM:<alice@home.test> SIZE=12 X=y[verb=MAIL reverse path=<alice@home.test>[local part=alice domain=home.test] SIZE=12 X=y]",
      problem: "expected SIZE, BODY or AUTH, found X at byte 39 (RFC 5321 §4.1.1.11)"),
    Case(bytes: "mail from:<>\r\n", title: "mail from:<>", outline: "command=mail from:<>[verb=MAIL reverse path=<>]"),
    Case(bytes: "RCPT TO:<\"a>b\"@home.test>\r\n", title: "RCPT TO:<\"a>b\"@home.test>",
      outline: "command=RCPT TO:<\"a>b\"@home.test>[verb=RCPT forward path=<\"a>b\"@home.test>[local part=\"a>b\" domain=home.test]]"),
    Case(bytes: "RCPT TO:<Postmaster>\r\n", title: "RCPT TO:<Postmaster>", outline: "command=RCPT TO:<Postmaster>[verb=RCPT forward path=<Postmaster>]"),
    Case(bytes: "EHLO a.test\r\n", title: "EHLO a.test", outline: "command=EHLO a.test[verb=EHLO name=a.test]"),
    Case(bytes: "BDAT 86 LAST\r\n", title: "BDAT 86 LAST", outline: "command=BDAT 86 LAST[verb=BDAT chunk size=86 last=LAST]"),
    Case(bytes: "AUTH PLAIN ****\r\n", title: "AUTH PLAIN", outline: "command=AUTH PLAIN ****[verb=AUTH mechanism=PLAIN initial response=4 bytes]"),
    Case(bytes: "QUIT", title: "QUIT", outline: "command=QUIT[verb=QUIT]", problem: "the line has no end"),
    Case(bytes: "MAIL FROM\r\n", title: "MAIL FROM", outline: "command=MAIL FROM[verb=MAIL]", problem: "expected FROM: at byte 5 (RFC 5321 §4.1.1.2)"),
    Case(bytes: "550 5.1.1 No such mailbox here\r\n", title: "550 5.1.1 No such mailbox here",
      outline: "reply line=550 5.1.1 No such mailbox here[code=550 mark=space enhanced code=5.1.1[class=5 subject=1 detail=1] text=No such mailbox here]"),
    Case(bytes: "250-mx greets a\r\n250-SIZE 100\r\n250 XYZ\r\n", title: "250 mx greets a",
      outline: "reply line=250-mx greets a[code=250 mark=- text=mx greets a] reply line=250-SIZE 100[code=250 mark=- SIZE= 100] reply line=250 XYZ[code=250 mark=space XYZ=]"),
    Case(bytes: "250 ok\r\n250 more\r\n", title: "250 ok", outline: "reply line=250 ok[code=250 mark=space text=ok] reply line=250 more[code=250 mark=space text=more]",
      problem: "there are 10 bytes behind the reply"),
    Case(bytes: "334 VXNlcm5hbWU6\r\n", title: "334 VXNlcm5hbWU6", outline: "reply line=334 VXNlcm5hbWU6[code=334 mark=space text=VXNlcm5hbWU6]"),
    Case(bytes: "************", title: "response, 12 bytes", outline: "response=************"),
    Case(bytes: "*\r\n", title: "cancellation", outline: "cancellation=*"),
    Case(bytes: "Subject: x\r\n\r\n..a\r\n.\r\n", title: "content, 19 bytes, and its end", outline: "content=Subject: x\r\n\r\n..a\r\n end=."),
    Case(bytes: ".\r\n", title: "end of content", outline: "end=."),
    Case(bytes: "", title: "nothing", outline: ""),
  ])
  func explained(_ c: Case) {
    let bytes = Buffer(c.bytes)
    let explanation = SMTP.explain(bytes)
    #expect(explanation.title == c.title)
    #expect(Self.outline(explanation.fields) == c.outline)
    #expect(explanation.problem == c.problem)
    var end = 0
    for field in explanation.fields {
      #expect(field.range.lowerBound == end, "fields follow each other")
      end = field.range.upperBound
    }
    #expect(end == bytes.count, "and cover the message")
  }

  @Test("content that begins a message is explained as one, in its places")
  func content() throws {
    let bytes: Buffer = "Subject: x\r\nFrom: a@a.test\r\n\r\nhello\r\n.\r\n"
    let explanation = SMTP.explain(bytes)
    #expect(explanation.title == "message “x” from a@a.test, 37 bytes, and its end")
    let content = try #require(explanation.fields.first)
    let subject = try #require(content.children.first)
    #expect(subject.name == "Subject" && bytes[subject.range].text == "Subject: x\r\n")
  }

  @Test("a path's parts stand where they say")
  func places() throws {
    let bytes: Buffer = "MAIL FROM:<alice@home.test> SIZE=12\r\n"
    let command = try #require(SMTP.explain(bytes).fields.first)
    let path = try needed(command.children.first { $0.name == "reverse path" })
    #expect(bytes[path.range].text == "<alice@home.test>" && path.children.map { bytes[$0.range].text } == ["alice", "home.test"])
    #expect(command.children.last.map { bytes[$0.range].text } == "SIZE=12")
    #expect(command.children.last?.source == "RFC 1870 §6")
  }
}
