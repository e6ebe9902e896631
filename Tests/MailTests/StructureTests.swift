// Messages taken apart: the tree, its ranges, sections by number; cut anywhere, and beyond every limit.
import Bytes
import TestKit
import Testing
import World

@testable import Mail

@Suite struct StructureTests {
  /// The tree as text: type, then the body's bytes of leaves or the children in parentheses.
  private static func told(_ structure: MessageStructure, _ message: Buffer, _ index: Int = 0) -> String {
    let part = structure.parts[index]
    let children = part.children.map { told(structure, message, $0) }.joined(separator: " ")
    let type = "\(part.content.type)/\(part.content.subtype)"
    switch part.kind {
    case .leaf: return "\(type)[\(message[part.body].description)]\(part.lines)"
    case .multipart: return "\(type)(\(children))"
    case .message: return "\(type){\(children)}\(part.lines)"
    }
  }

  private static func lines(_ text: String) -> Buffer { Buffer(text.replacing("\n", with: "\r\n")) }

  static let cases: [(String, String, String)] = [
    ("no head", "\nbody\n", "text/plain[body\\r\\n]1"),
    ("nothing", "", "text/plain[]0"),
    ("plain text", "Subject: x\n\none\ntwo", "text/plain[one\\r\\ntwo]1"),
    ("two parts", "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n\n--b--\nafter\n",
      "multipart/mixed(text/plain[one]0 text/html[two\\r\\n]1)"),
    ("no closing line", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n", "multipart/mixed(text/plain[one\\r\\n]1)"),
    ("no line end behind the closing line", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--", "multipart/mixed(text/plain[one]0)"),
    ("blanks behind a boundary", "Content-Type: multipart/mixed; boundary=\"b c\"\n\n--b c \t\n\none\n--b c--  \nx\n--b c\n\nno part\n", "multipart/mixed(text/plain[one]0)"),
    ("a line that only begins like it", "Content-Type: multipart/mixed; boundary=b\n\n--bc\n--b\n\n--bc\n --b\n--b--c\n--b--\n", "multipart/mixed(text/plain[--bc\\r\\n --b\\r\\n--b--c]2)"),
    ("empty parts", "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\n\n\n--b--\n", "multipart/mixed(text/plain[]0 text/plain[]0 text/plain[]0)"),
    ("a part without an empty line", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b--\n", "multipart/mixed(text/html[]0)"),
    ("a head ended by its own boundary", "Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--\n", "multipart/mixed(text/plain[one]0)"),
    ("no part at all", "Content-Type: multipart/mixed; boundary=b\n\nnothing\n", "multipart/mixed()"),
    ("no boundary", "Content-Type: multipart/mixed\n\n--\n\none\n----\n", "multipart/mixed[--\\r\\n\\r\\none\\r\\n----\\r\\n]4"),
    ("nested", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n\n--a\n\nthree\n--a--\n",
      "multipart/mixed(multipart/alternative(text/plain[one]0 text/plain[two]0) text/plain[three]0)"),
    ("the outer boundary ends the inner multipart", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--a\n\nthree\n--a--\n",
      "multipart/mixed(multipart/alternative(text/plain[one]0) text/plain[three]0)"),
    ("one boundary twice: the outer one's", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a--\n",
      "multipart/mixed(multipart/mixed[]0 text/plain[one]0)"),
    ("a boundary that is another with hyphens", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a--\n\n--a--\n\none\n--a----\n--a--\n",
      "multipart/mixed(multipart/mixed(text/plain[one]0))"),
    ("a message in a message", "Content-Type: message/rfc822\n\nSubject: in\n\none\ntwo\n", "message/rfc822{text/plain[one\\r\\ntwo\\r\\n]2}4"),
    ("an encoded message is a leaf", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdA==\n", "message/rfc822[U3ViamVjdA==\\r\\n]1"),
    ("a message as a part", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--a\n\ntwo\n--a--\n",
      "multipart/mixed(message/rfc822{multipart/mixed(text/plain[one]0)}6 text/plain[two]0)"),
    ("a digest", "Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: in\n\none\n--a\nContent-Type: text/plain\n\ntwo\n--a--\n",
      "multipart/digest(message/rfc822{text/plain[one]0}2 text/plain[two]0)"),
    ("a message whose head a boundary ends", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nSubject: in\n--a--\n",
      "multipart/mixed(message/rfc822{text/plain[]0}1)"),
    ("the line end before a boundary is a head's empty line", "Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: in\n\n--a--\n", "multipart/digest(message/rfc822{text/plain[]0}2)"),
    ("a type that is none", "Content-Type: words\n\nx", "text/plain[x]0"),
    ("a head that ends at a line that is no field", "Subject: x\nno field\nmore\n", "text/plain[no field\\r\\nmore\\r\\n]2"),
    ("the closing line ends only its own multipart", "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\nx\n--a--\n",
      "multipart/mixed(multipart/mixed())"),
  ]

  @Test("a border at the very end is no line unless it has a line's end", arguments: [("--b", 0), ("--b\n", 1), ("--b--", 0), ("x\n--b", 1), ("x\n--b\n", 2)])
  func lastBorder(_ body: String, _ lines: Int) {
    let head = "Content-Type: multipart/mixed; boundary=b\n"
    #expect(MessageStructure(reading: Buffer(head + "\n" + body)).parts[0].lines == lines)
    // A border ends a head, too.
    if body.hasPrefix("--") { #expect(MessageStructure(reading: Buffer(head + body)).parts[0].lines == lines) }
  }

  @Test("trees", .spec("RFC 2046", "5.1.1", "5.1.5", "5.2.1"), arguments: cases)
  func trees(_ name: String, _ text: String, _ told: String) {
    let message = Self.lines(text)
    let structure = MessageStructure(reading: message)
    #expect(Self.told(structure, message) == told, "\(name)")
    #expect(structure.size == message.count)
    for pieces in Cutter.cuts(of: message) {
      var reader = StructureReader()
      for piece in pieces { reader.take(piece) }
      let read = reader.finish()
      #expect(read.structure == structure, "\(name) in pieces \(pieces.map(\.count))")
      #expect(read.head == MessageHead(reading: message))
    }
    // LF alone ends lines too: the same tree, the ranges shorter.
    let bare = Buffer(text)
    #expect(Self.told(MessageStructure(reading: bare), bare) == told.replacing("\\r\\n", with: "\\n"), "\(name)")
  }

  /// RFC 3501's own example of part numbers, made small.
  static let numbered = lines("""
    Subject: outer
    Content-Type: multipart/mixed; boundary=a

    --a

    one
    --a
    Content-Type: application/octet-stream

    two
    --a
    Content-Type: message/rfc822

    Subject: three
    Content-Type: multipart/mixed; boundary=b

    --b

    three one
    --b
    X: y

    three two
    --b--
    --a
    Content-Type: multipart/mixed; boundary=c

    --c
    Content-Type: image/gif

    four one
    --c
    Content-Type: message/rfc822

    Subject: four two

    four two one
    --c--
    --a--

    """)

  @Test("sections by number", .spec("RFC 9051", "6.4.5.1"), arguments: [
    ([1], .content, "one"), ([1], .mime, "\r\n"), ([2], .content, "two"), ([2], .mime, "Content-Type: application/octet-stream\r\n\r\n"),
    ([3], .header, "Subject: three\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"), ([3, 1], .content, "three one"), ([3, 2], .content, "three two"),
    ([3, 2], .mime, "X: y\r\n\r\n"), ([3], .mime, "Content-Type: message/rfc822\r\n\r\n"),
    ([3], .text, "--b\r\n\r\nthree one\r\n--b\r\nX: y\r\n\r\nthree two\r\n--b--"), ([4, 1], .content, "four one"), ([4, 2], .header, "Subject: four two\r\n\r\n"),
    ([4, 2], .text, "four two one"), ([4, 2, 1], .content, "four two one"), ([4, 2], .content, "Subject: four two\r\n\r\nfour two one"),
    ([4, 2, 1], .mime, "Subject: four two\r\n\r\n"), ([], .header, "Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"),
    ([5], .content, nil), ([0], .content, nil), ([-1], .content, nil), ([1, 1], .content, nil), ([4, 2, 2], .content, nil), ([4, 2, 1, 1], .content, nil), ([1], .header, nil),
    ([4], .text, nil), ([], .mime, nil), ([3, 3], .mime, nil),
  ] as [([Int], MessageStructure.SectionText, String?)])
  func sections(_ numbers: [Int], _ text: MessageStructure.SectionText, _ content: String?) {
    let structure = MessageStructure(reading: Self.numbered)
    #expect(structure.range(numbers, text).map { Self.numbered[$0].text } == content)
  }

  @Test("a message that is no multipart has one part", .spec("RFC 9051", "6.4.5.1"))
  func single() {
    let plain = Self.lines("Subject: x\n\nbody\n")
    let structure = MessageStructure(reading: plain)
    #expect(structure.range([1], .content).map { plain[$0] } == "body\r\n")
    #expect(structure.range([1], .mime).map { plain[$0] } == "Subject: x\r\n\r\n")
    #expect(structure.range([], .content) == 0..<plain.count)
    #expect(structure.range([], .text) == structure.range([1], .content))
    #expect(structure.range([2], .content) == nil)
    #expect(structure.range([1, 1], .content) == nil)
    let forwarded = Self.lines("Content-Type: message/rfc822\n\nSubject: in\n\nbody\n")
    let inside = MessageStructure(reading: forwarded)
    #expect(inside.range([1], .content).map { forwarded[$0] } == "Subject: in\r\n\r\nbody\r\n")
    #expect(inside.range([1], .header).map { forwarded[$0] } == "Subject: in\r\n\r\n")
    #expect(inside.range([1, 1], .content).map { forwarded[$0] } == "body\r\n")
    #expect(inside.range([1, 2], .content) == nil)
  }

  @Test("what the fields say", .spec("RFC 9051", "7.5.2"))
  func content() throws {
    let message = Self.lines("""
      Content-Type: TEXT/Html; charset=UTF-8; format = flowed ; name*0*=utf-8'de'caf%C3; name*1*=%A9; name*2=".txt" (a comment)
      Content-Transfer-Encoding: Quoted-Printable (odd)
      Content-Disposition: Attachment; filename="a \\"b\\".txt"; size=3
      Content-ID: <1@b.test>
      Content-Description: =?utf-8?q?caf=C3=A9?=
      Content-Language: de, en
      Content-Location: http://a.test/
      Content-MD5: Q2hlY2s=

      x
      """)
    let content = MessageStructure(reading: message).root.content
    #expect(content.type == "text" && content.subtype == "html" && content.encoding == "quoted-printable")
    #expect(content.charset == "utf-8")
    #expect(content.parameters.map(\.name) == ["charset", "format", "name"])
    #expect(content.parameter("name")?.text == "café.txt")
    #expect(content.parameter("name")?.language == "de")
    #expect(content.parameter("name").map { "\($0.wire.name)=\($0.wire.value.text)" } == "name*=utf-8'de'caf%C3%A9.txt")
    #expect(content.parameter("format")?.wire.name == "format")
    #expect(content.disposition == "attachment")
    #expect(content.fileName == "a \"b\".txt")
    #expect(content.id == "<1@b.test>" && content.md5 == "Q2hlY2s=" && content.location == "http://a.test/")
    #expect(content.languages == ["de", "en"])
    #expect(content.description == "=?utf-8?q?caf=C3=A9?=")
  }

  @Test("envelopes of the message and of those inside", .spec("RFC 9051", "7.5.2"))
  func envelopes() throws {
    let message = Self.lines("""
      Date: Sat, 29 Nov 2025 08:25:00 +0100
      Subject: two
       lines
      From: Ann <a@b.test>
      To: b@b.test,
       c@b.test
      To: d@b.test
      In-Reply-To: <0@b.test>
      Message-ID: <1@b.test>
      Content-Type: message/rfc822

      Subject: inside
      Sender: s@b.test

      """)
    let structure = MessageStructure(reading: message)
    let envelope = try #require(structure.root.envelope)
    #expect(envelope.date == "Sat, 29 Nov 2025 08:25:00 +0100" && envelope.subject == "two lines" && envelope.messageID == "<1@b.test>" && envelope.inReplyTo == "<0@b.test>")
    #expect(envelope.sender == envelope.from && envelope.replyTo == envelope.from)
    #expect(envelope.to.mailboxes.map(\.localPart) == ["b", "c", "d"])
    #expect(envelope.cc.items.isEmpty)
    let inside = try #require(structure.parts[1].envelope)
    #expect(inside.subject == "inside" && inside.from.items.isEmpty && inside.sender.mailboxes.count == 1 && inside.date == nil)
  }

  @Test("beyond a limit: an opaque leaf, and parts that stay together: CVE-2020-12100")
  func limits() {
    var limits = Limits()
    limits.depthMax = 3
    limits.partsMax = 5
    limits.boundaryBytesMax = 4
    func nested(_ depth: Int) -> String {
      (0..<depth).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined() + "\nx"
    }
    let deep = Self.lines(nested(5))
    let structure = MessageStructure(reading: deep, limits: limits)
    #expect(structure.parts.map(\.kind) == [.multipart, .multipart, .leaf])
    #expect(structure.parts[2].bodyType == ("application", "octet-stream"))
    let wide = Self.lines("Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 9) + "--b--\n")
    let many = MessageStructure(reading: wide, limits: limits)
    #expect(many.parts.count == 5)
    #expect(many.parts[4].body.upperBound == wide.count - 9)
    let long = MessageStructure(reading: Self.lines("Content-Type: multipart/mixed; boundary=12345\n\n--12345\n\nx\n"), limits: limits)
    #expect(long.parts.map(\.kind) == [.leaf])
    let messages = Self.lines(String(repeating: "Content-Type: message/rfc822\n\n", count: 9))
    #expect(MessageStructure(reading: messages, limits: limits).parts.map(\.kind) == [.message, .message, .leaf])
    // At the real limits.
    let deepest = MessageStructure(reading: Self.lines(nested(200)))
    #expect(deepest.parts.count == 100)
    #expect(MessageStructure(reading: Self.lines("Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n", count: 10_100))).parts.count == 10_000)
  }

  @Test("lines too long to be a boundary, and heads past their bounds, cut anywhere")
  func longLines() {
    var limits = Limits()
    limits.boundaryBytesMax = 4
    limits.fieldBytesMax = 60
    let blanks = String(repeating: " ", count: 300)
    for text in [
      "Content-Type: multipart/mixed; boundary=b\n\n--b\(blanks)\n--b\n\none\n--b\(blanks)\n--b--",
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: \(blanks)\(blanks)\n--b\n\none\n--b--",
      "Content-Type: multipart/mixed; boundary=b\nX: \(blanks)\(blanks)\n--b\n\none\n--b--", "X: \(blanks)\n\(blanks)\(blanks)\n\n",
    ] {
      let message = Self.lines(text)
      let whole = MessageStructure(reading: message, limits: limits)
      var random = SeededRandom(seed: 1)
      for pieces in Cutter.random(message, count: 50, using: &random) + [Cutter.single(message)] {
        var reader = StructureReader(limits: limits)
        for piece in pieces { reader.take(piece) }
        #expect(reader.finish().structure == whole)
      }
    }
  }

  @Test("the work grows with the length only", arguments: [
    "--b\r\n", "--b\r\n\r\n", "--\r\n", "-", "--b", "--b--\r\n", "\r\n", "--b\r\nContent-Type: message/rfc822\r\n\r\n", "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
    "--b\r\nContent-Type: multipart/digest; boundary=c\r\n\r\n--c\r\n\r\n", "--b ", "x", "--b\r\nContent-Type: text/plain; a=b; c*0=d; c*1*=e\r\n\r\n",
  ])
  func linear(_ unit: String) {
    #expect(isLinear { count in
      let text = Buffer("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + String(repeating: unit, count: count / unit.utf8.count))
      return { _ = MessageStructure(reading: text) }
    })
  }

  @Test("parameters: the work grows with the length only: CVE-2026-27859", arguments: ["; a=b", ";", "; a*0=b", "; a*9*=b", "=", "\"", "(", ";a*=x'y'z", "; a(", "\\"])
  func linearParameters(_ unit: String) {
    #expect(isLinear { count in
      let text = Buffer("text/plain" + String(repeating: unit, count: count / unit.utf8.count))
      return { _ = FieldParameters(reading: text) }
    })
  }
}
