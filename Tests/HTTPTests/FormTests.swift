// Forms as text and in parts, values with parameters, Basic credentials. Multipart bodies are played whole, byte by byte, and in pieces.
import Bytes
import HTTP
import TestKit
import Testing
import Trace

@Suite("Forms as text")
struct FormFieldTests {
  @Test("reads", arguments: [
    ("a=1&b=two+words&c&=d&e=%26&a=2", ["a|1", "b|two words", "c|", "|d", "e|&", "a|2"]), ("", []), ("&&", []), ("a==b", ["a|=b"]),
    ("%zz=%4&%C3%A4=%ff", ["%zz|%4", "ä|\u{FFFD}"]), ("a=1;b=2", ["a|1;b=2"]),
  ])
  func reads(text: String, pairs: [String]) throws {
    let form = try FormFields(parsing: Buffer(text))
    #expect(form.all.map { "\($0.name)|\($0.value)" } == pairs)
    #expect(try FormFields(parsing: form.encoded) == form)
  }

  @Test("writes as browsers do") func writes() {
    var form = FormFields()
    form.append("a b", "1&2=3")
    form.append("ä~", "*-._\r\n")
    #expect(form.encoded == "a+b=1%262%3D3&%C3%A4%7E=*-._%0D%0A")
    #expect(form["a b"] == "1&2=3" && form["x"] == nil && form.values(of: "ä~") == ["*-._\r\n"])
  }

  @Test("bounds") func bounds() throws {
    var limits = FormLimits()
    limits.fieldsMax = 2
    limits.textBytesMax = 10
    #expect(try FormFields(parsing: "a=1&&b=2", limits: limits).all.count == 2)
    for text in ["a&b&c", "a=123456789"] {
      #expect { try FormFields(parsing: Buffer(text), limits: limits) } throws: { ($0 as? Refusal)?.status == .contentTooLarge }
    }
  }
}

@Suite("Values with parameters", .spec("RFC 9110", "5.6.6"))
struct ParameterTests {
  @Test("reads", arguments: [
    ("text/HTML", "text/html"), ("multipart/form-data; boundary=abc", "multipart/form-data boundary=abc"), ("a; X=\"y\\\"z\"", "a x=y\"z"),
    ("form-data; name=\"a\"; filename=\"C:\\dir\\file\"", "form-data name=a filename=C:\\dir\\file"), ("a;", "a"), ("a; ;b=c", "a b=c"),
    ("a; b=c:d/e", "a b=c:d/e"), ("", "-"), ("a b", "-"), ("a; b", "-"), ("a; b=", "-"), ("a; b=\"c", "-"), ("a; =c", "-"), ("a; b=\"c\"d", "-"), ("a; b=\"\u{1}\"", "-"),
  ])
  func reads(text: String, expected: String) {
    let value = ParameterizedValue(parsing: Buffer(text))
    #expect((value.map { ([$0.word] + $0.parameters.map { "\($0.name)=\($0.value.text)" }).joined(separator: " ") } ?? "-") == expected)
  }
}

@Suite("Forms in parts", .spec("RFC 7578", "4"))
struct MultipartTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var body: String
    /// `name|file|type|content` of each part, or why it is refused.
    var parts: [String] = []
    var problem: String?
    var testDescription: String { body.debugDescription }
  }

  static let cases: [Case] = [
    Case(body: "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n", parts: ["a|||1"]),
    Case(
      body: "ignored\r\n--B  \r\ncontent-disposition: form-data; name=a; filename=\"/x/y.txt\"\r\nContent-Type: text/plain\r\n\r\nline\r\n--Bx no\r\n--B--",
      problem: "RFC 2046 §5.1.1"),
    Case(
      body: "ignored\r\n--B \t\r\ncontent-disposition: form-data; name=a; filename=\"/x/y.txt\"\r\nContent-Type: text/plain\r\n\r\nli\r\n-ne\r\n\r--C\r\n--B--trailing",
      parts: ["a|y.txt|text/plain|li\r\n-ne\r\n\r--C"]),
    Case(
      body: "--B\r\nContent-Disposition: form-data; name=\"a%22b\"; filename=\"\"\r\n\r\n\r\n--B\r\nContent-Disposition: form-data; name=c\r\n\r\n--B--",
      parts: ["a\"b|||", "c|||"]),
    Case(body: "--B--", parts: []),
    Case(body: "", problem: "last boundary"), Case(body: "--B\r\n", problem: "last boundary"),
    Case(body: "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nhalf", problem: "last boundary"),
    Case(body: "--B\r\nX: y\r\n\r\n\r\n--B--", problem: "RFC 7578 §4.2"), Case(body: "--B\r\n\r\n\r\n--B--", problem: "RFC 7578 §4.2"),
    Case(body: "--B\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--B--", problem: "form-data"),
    Case(body: "--B\nContent-Disposition: form-data; name=a\n\n1\n--B--", problem: "RFC 2046"),
    Case(body: "--B\r\nContent-Disposition: form-data; name=a\n\r\n1\r\n--B--", problem: "bare LF"),
    Case(body: "--B\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\n\r\n--B--", problem: "two"),
    Case(body: "--B\r\n folded\r\n\r\n\r\n--B--", problem: "field name"), Case(body: "--B-x", problem: "--"),
  ]

  /// What a reader makes of pieces.
  static func read(_ pieces: [Buffer], boundary: Buffer = "B", limits: FormLimits = FormLimits()) -> (parts: [String], problem: String?) {
    guard var reader = MultipartReader(boundary: boundary, limits: limits) else { return ([], "no boundary") }
    var parts: [(PartHead, Buffer)] = []
    do throws(Refusal) {
      for piece in pieces {
        reader.push(piece)
        while let event = try reader.next() {
          switch event {
          case .part(let head): parts.append((head, Buffer()))
          case .data(let bytes): parts[parts.count - 1].1.append(bytes)
          case .partEnd, .end: break
          }
        }
      }
      try reader.finish()
    } catch { return ([], error.explanation) }
    return (parts.map { "\($0.0.name)|\($0.0.fileName ?? "")|\($0.0.contentType ?? "")|\($0.1.text)" }, nil)
  }

  @Test("any cut gives the same parts", arguments: cases)
  func cuts(_ c: Case) {
    let body = Buffer(c.body)
    for size in [max(1, body.count), 1, 2, 3, 5, 7, 11] {
      let pieces = stride(from: 0, to: body.count, by: size).map { body[$0..<min(body.count, $0 + size)] }
      let (parts, problem) = Self.read(pieces)
      if let expected = c.problem { #expect(problem?.contains(expected) == true, "cut by \(size): \(problem ?? "no problem") \(parts)") } else {
        #expect(problem == nil && parts == c.parts, "cut by \(size): \(problem ?? "")")
      }
    }
  }

  @Test("bounds count the same, however the bytes are cut", arguments: [1, 4, 10_000])
  func bounds(size: Int) {
    var limits = FormLimits()
    limits.partsMax = 1
    limits.partHeadBytesMax = 60
    limits.partFieldsMax = 2
    limits.preambleBytesMax = 8
    let one = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"
    for (body, fits) in [
      (one + "--B--", true), (one + one + "--B--", false), ("12345678\r\n" + one + "--B--", true), ("1234567890\r\n" + one + "--B--", false),
      ("--B\r\nContent-Disposition: form-data; name=" + String(repeating: "a", count: 40) + "\r\n\r\n\r\n--B--", false),
      ("--B\r\nA: b\r\nC: d\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--B--", false), ("--B" + String(repeating: " ", count: 9) + "\r\n", false),
    ] {
      let bytes = Buffer(body)
      let pieces = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min(bytes.count, $0 + size)] }
      #expect((Self.read(pieces, limits: limits).problem == nil) == fits, "\(body.debugDescription)")
    }
  }

  @Test("boundaries", arguments: [
    ("multipart/form-data; boundary=abc", true), ("multipart/form-data", false), ("multipart/mixed; boundary=abc", false), ("multipart/form-data; boundary=\"a b\"", true),
    ("multipart/form-data; boundary=\"\"", false), ("multipart/form-data; boundary=" + String(repeating: "a", count: 71), false), ("text/plain", false),
  ])
  func boundaries(type: String, isOne: Bool) { #expect((MultipartReader(contentType: Buffer(type)) != nil) == isOne) }

  @Test("what is written reads back")
  func writes() {
    let parts = [FormPart("a", "1"), FormPart("q\"\r\n", "\r\n--b\r\n"), FormPart("f", [0, 255], fileName: "x\".bin", contentType: "a/b\r\nX: y")]
    let read = Self.read([MultipartWriter.body(parts, boundary: "bound")], boundary: "bound")
    #expect(read.problem == nil && read.parts == ["a|||1", "q\"%0D%0A|||\r\n--b\r\n", "f|x\".bin|a/bX: y|\u{0}\u{FFFD}"])
  }
}

@Suite("Basic credentials", .spec("RFC 7617", "2"))
struct CredentialsTests {
  @Test("reads", arguments: [
    ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin|open sesame"), ("basic  dGVzdDoxMjPCow==", "test|123£"), ("BASIC OjE=", "|1"), ("Basic YTpiOmM=", "a|b:c"),
    ("Basic", "-"), ("Basic YWI=", "-"), ("Basic YTpi=", "-"), ("Basic YTp/", "-"), ("Basic a b", "-"), ("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "-"), ("Basic YToBYg==", "-"), ("", "-"),
  ])
  func reads(field: String, expected: String) {
    let credentials = BasicCredentials(parsing: Buffer(field))
    #expect((credentials.map { "\($0.user)|\($0.password)" } ?? "-") == expected)
    if let credentials { #expect(BasicCredentials(parsing: Buffer(credentials.text)) == credentials) }
  }

  @Test("what cannot be written is none, and a realm cannot end its quotes")
  func writes() {
    #expect(BasicCredentials(user: "a:b", password: "") == nil && BasicCredentials(user: "a", password: "\n") == nil)
    #expect(BasicCredentials.challenge(realm: "a\"b\\\r\nc") == "Basic realm=\"abc\", charset=\"UTF-8\"")
  }
}

@Suite("Forms and cookies explained")
struct ExplainedValueTests {
  @Test("every part lies where it is said to be") func places() {
    let bytes: Buffer = """
      POST /login?from=here HTTP/1.1\r\nHost: a.test\r\nCookie: session=12; theme=dark\r\nAuthorization: Basic YTpi\r\n\
      Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: 24\r\n\r\nuser=alice&password=a%20b
      """
    let explanation = HTTP.explain(bytes)
    let inside = explanation.fields.flatMap { [$0] + $0.children }
    for (name, value) in [("session", "12"), ("theme", "dark"), ("user", "a"), ("password", "b"), ("charset", "utf-8"), ("user", "alice"), ("password", "a b")] {
      #expect(inside.contains { $0.name == name && $0.value == value }, "\(name)=\(value)")
    }
    #expect(ServerConversation.secrets(in: bytes).map { bytes[$0].text } == ["12", "dark", "YTpi", "a%20b"])
    #expect(ServerConversation.secrets(in: "user=alice&password=x").map(\.count) == [1])
  }

  @Test("Set-Cookie, attribute by attribute, and a form in parts") func others() {
    let set: Buffer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: id=1; Path=/; HttpOnly; SameSite=Lax\r\n\r\n"
    let children = HTTP.explain(set).fields.first { $0.name == "Set-Cookie" }?.children ?? []
    #expect(children.map { "\($0.name)|\($0.value)" } == ["id|1", "Path|/", "HttpOnly|", "SameSite|Lax"])
    #expect(children.map { set[$0.range].text } == ["id=1", "Path=/", "HttpOnly", "SameSite=Lax"])
    let form: Buffer = "--B\r\nContent-Disposition: form-data; name=a; filename=b.txt\r\n\r\nhello\r\n--B\r\nContent-Disposition: form-data; name=c\r\n\r\n\r\n--B--\r\n"
    #expect(HTTP.explain(form).fields.first?.children.map { "\($0.name)|\($0.value)" } == ["part a|file b.txt", "part c|a value"])
  }
}
