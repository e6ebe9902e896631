// Messages explained: every field with a sentence and a section, every range inside its parent, what is wrong said.
import Bytes
import TestKit
import Testing
import Trace

@testable import Mail

@Suite struct ExplanationTests {
  static let message = Buffer("""
    Return-Path: <ann@x.test>
    Received: from mta.y.test (out.y.test [192.0.2.1]) by mx.x.test with ESMTPS id 42
     for <bob@x.test>; Sat, 29 Nov 2025 08:25:00 +0100
    Authentication-Results: mx.x.test; spf=pass smtp.mailfrom=x.test; dkim=fail (a; b)
    DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s1; h=from:to; bh=AAAA; b=BBBB
    From: =?utf-8?q?caf=C3=A9?= <ann@x.test>, "Cee, B" <b@x.test>
    To: bob@x.test
    Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=
    Date: Sat, 29 Nov 2025 08:25:00 +0100
    References: <1@x.test> <2@x.test>
    X-New: anything
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary="b;1"; charset=x

    --b;1
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    caf=C3=A9
    --b;1
    Content-Disposition: attachment; filename="a.bin"
    Content-Type: message/rfc822

    Subject: inside

    x
    --b;1--

    """.replacing("\n", with: "\r\n"))

  static func told(_ field: Field, _ depth: Int = 0) -> [String] {
    [String(repeating: " ", count: depth) + "\(field.name)=\(field.value)"] + field.children.flatMap { told($0, depth + 1) }
  }

  @Test("a whole message")
  func whole() {
    let explanation = Mail.explain(Self.message)
    #expect(explanation.title == "message “grüße” from ann@x.test, 3 parts, \(Self.message.count) bytes")
    #expect(explanation.problem == nil)
    #expect(explanation.fields.flatMap { Self.told($0) }.joined(separator: "\n") == """
      Return-Path=<ann@x.test>
       address=<ann@x.test>
      Received=from mta.y.test (out.y.test [192.0.2.1]) by mx.x.test with ESMTPS id 42 for <bob@x.test>; Sat, 29 Nov 2025 08:25:00 +0100
       from=mta.y.test (out.y.test [192.0.2.1])
       by=mx.x.test
       with=ESMTPS
       id=42
       for=<bob@x.test>
       date-time=Sat, 29 Nov 2025 08:25:00 +0100
      Authentication-Results=mx.x.test; spf=pass smtp.mailfrom=x.test; dkim=fail (a; b)
       server=mx.x.test
       spf=spf=pass smtp.mailfrom=x.test
       dkim=dkim=fail (a; b)
      DKIM-Signature=v=1; a=rsa-sha256; d=x.test; s=s1; h=from:to; bh=AAAA; b=BBBB
       v=1
       a=rsa-sha256
       d=x.test
       s=s1
       h=from:to
       bh=AAAA
       b=BBBB
      From==?utf-8?q?caf=C3=A9?= <ann@x.test>, "Cee, B" <b@x.test>
       address==?utf-8?q?caf=C3=A9?= <ann@x.test>
       address="Cee, B" <b@x.test>
      To=bob@x.test
       address=bob@x.test
      Subject=grüße
      Date=Sat, 29 Nov 2025 08:25:00 +0100
       date-time=Sat, 29 Nov 2025 08:25:00 +0100
      References=<1@x.test> <2@x.test>
       identifier=<1@x.test>
       identifier=<2@x.test>
      X-New=anything
      MIME-Version=1.0
      Content-Type=multipart/mixed; boundary="b;1"; charset=x
       boundary="b;1"
       charset=x
      empty line=
      content=multipart/mixed
       part 1=text/plain
        Content-Type=text/plain; charset=utf-8
         charset=utf-8
        Content-Transfer-Encoding=quoted-printable
        data=café
       part 2=message/rfc822 “a.bin”
        Content-Disposition=attachment; filename="a.bin"
         filename="a.bin"
        Content-Type=message/rfc822
        message inside=text/plain
         Subject=inside
         data=x
      """)
    let from = explanation.fields.first { $0.name == "From" }
    #expect(from?.children.map(\.meaning) == ["“café”, at ann@x.test.", "“Cee, B”, at b@x.test."])
  }

  @Test("every range lies in its parent and holds what it says")
  func ranges() {
    func check(_ field: Field, in parent: Range<Int>) {
      #expect(parent.lowerBound <= field.range.lowerBound && field.range.upperBound <= parent.upperBound, "\(field.name)")
      #expect(!field.meaning.isEmpty && !field.source.isEmpty, "\(field.name)")
      for child in field.children { check(child, in: field.range) }
    }
    for field in Mail.explain(Self.message).fields { check(field, in: 0..<Self.message.count) }
    let first = Mail.explain(Self.message).fields[1].children[1]
    #expect(Self.message[first.range] == "by mx.x.test")
  }

  @Test("what is wrong", .spec("RFC 5322", "3.6"), arguments: [
    ("From: a@x.test\n\n", "expected a field date, found none (RFC 5322 §3.6)"), ("Date: x\nFrom: a\nFrom: b\n\n", "expected one field from, found 2 (RFC 5322 §3.6)"), ("Date: x\nFrom: é\n\n", "expected fields of ASCII in lines of at most 998 bytes (RFC 5322 §2.1.1)"),
    ("Date: x\nFrom: a\n", "expected an empty line behind the head (RFC 5322 §2.1)"), ("Date: x\nFrom: a\nContent-Type: multipart/mixed\n\nx", "a multipart without a usable boundary, or too deep (mixed; RFC 2046 §5.1.1)"), ("Date: x\nFrom: a\n\n", nil),
    ("", "expected a field date, found none (RFC 5322 §3.6)"),
  ] as [(String, String?)])
  func problems(_ text: String, _ problem: String?) { #expect(Mail.explain(Buffer(text.replacing("\n", with: "\r\n"))).problem == problem) }

  @Test("the registry: names in lower case, sentences, sections")
  func registry() {
    for (name, entry) in FieldMeaning.table {
      #expect(name == name.lowercased() && entry.meaning.hasSuffix(".") && entry.source.contains("§"), "\(name)")
    }
    #expect(FieldMeaning.table.count > 70)
  }

  @Test("much is explained in bounded space, in time that grows with the length only", arguments: ["X: y\r\n", "To: a@x.test,\r\n b@x.test\r\n", "Received: from a by b; c\r\n", "DKIM-Signature: a=b; c=d\r\n", "To: (", "Received: from "])
  func linear(_ unit: String) {
    #expect(isLinear { count in
      let text = Buffer(String(repeating: unit, count: count / unit.utf8.count) + "\r\n\r\n")
      return { _ = Mail.explain(text) }
    })
    let explanation = Mail.explain(Buffer(String(repeating: "X: y\r\n", count: 1_900) + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + String(repeating: "--b\r\n\r\nx\r\n", count: 9_000)))
    #expect(explanation.fields.count < 300)
    #expect(explanation.fields.last?.children.count ?? 0 < 200)
  }
}
