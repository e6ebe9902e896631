// Explanations: what is named, where it stands, what is masked.
import Bytes
import HTTP
import TestKit
import Testing
import Trace

@Suite("Explanations")
struct ExplainTests {
  @Test("a request, every field in its place") func request() {
    let bytes: Buffer = "GET /a?b HTTP/1.1\r\nHost: a.test\r\nAuthorization: Basic c2VjcmV0\r\nX-Y: z\r\n\r\n"
    let explanation = HTTP.explain(bytes)
    #expect(explanation.title == "GET /a?b" && explanation.problem == nil)
    #expect(explanation.fields.map(\.name) == ["request line", "Host", "Authorization", "X-Y", "empty line"])
    #expect(explanation.fields[0].children.map(\.value) == ["GET", "/a?b", "HTTP/1.1"])
    for child in explanation.fields[0].children { #expect(bytes[child.range].text == child.value) }
    #expect(explanation.fields[1].source == "RFC 9110 §7.2" && bytes[explanation.fields[1].range].text == "Host: a.test\r\n")
    #expect(ServerConversation.secrets(in: bytes).map { bytes[$0].text } == ["c2VjcmV0"])
  }

  @Test("a response, its content, and a cookie") func response() {
    let bytes: Buffer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nSet-Cookie: id=1\r\n\r\nhi"
    let explanation = HTTP.explain(bytes)
    #expect(explanation.title == "200 OK text/html 2 bytes" && explanation.problem == nil)
    #expect(explanation.fields.last?.name == "content" && explanation.fields.last?.value == "hi")
    #expect(ClientConversation.secrets(in: bytes).map { bytes[$0].text } == ["1"])
  }

  @Test("chunks, content and broken messages", arguments: [
    ("5;a=b\r\nhello\r\n", "chunk of 5 bytes", nil), ("0\r\n\r\n", "last chunk", nil), ("just bytes", "content, 10 bytes", nil), ("", "nothing", nil),
    ("GET / HTTP/1.1\r\n\r\n", "GET /", "expected a Host field, found none at byte 18 (RFC 9112 §3.2)"), ("GET / HT", "GET /", "the head is not whole"),
  ] as [(String, String, String?)])
  func others(_ text: String, _ title: String, _ problem: String?) {
    let explanation = HTTP.explain(Buffer(text))
    #expect(explanation.title == title && explanation.problem == problem)
  }
}
