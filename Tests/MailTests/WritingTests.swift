// What we write: messages, reports, trace fields, verdicts, messages made seven-bit; each is read back by our own readers.
import Bytes
import TestKit
import Testing
import World

@testable import Mail

private func lines(_ text: String) -> Buffer { Buffer(text.replacing("\n", with: "\r\n")) }

/// Whether every line is ASCII, short, and ends with CR LF.
func isSafe(_ message: Buffer) -> Bool {
  let text = message.array
  guard text.allSatisfy({ $0 < 0x80 && $0 != 0 }), text.suffix(2) == [0x0D, 0x0A] else { return false }
  var length = 0
  for (index, byte) in text.enumerated() {
    if byte == 0x0A {
      if index == 0 || text[index - 1] != 0x0D || length > 999 { return false }
      length = 0
    } else {
      if byte == 0x0D, index + 1 >= text.count || text[index + 1] != 0x0A { return false }
      length += 1
    }
  }
  return true
}

/// The content of a part, decoded.
func decoded(_ message: Buffer, _ numbers: [Int]) -> Buffer? {
  let structure = MessageStructure(reading: message)
  guard let index = structure.part(numbers), let encoding = TransferEncoding(structure.parts[index].content.encoding) else { return nil }
  return TransferDecoder.decoded(message[structure.parts[index].body], encoding)
}

@Suite struct WritingTests {
  static func draft(_ change: (inout MessageDraft) -> Void = { _ in }) throws -> MessageDraft {
    var draft = MessageDraft(
      from: NamedAddress(try MailAddress("ann@x.test"), name: "Ann"), to: [NamedAddress(try MailAddress("bob@y.test"))], subject: "Hello", text: "Hi\n",
      date: MailDate(.simulationStart), messageID: "1@x.test")
    change(&draft)
    return draft
  }

  static func written(_ draft: MessageDraft) throws -> Buffer {
    var random = SeededRandom(seed: 1)
    return try draft.written(using: &random)
  }

  static func types(_ message: Buffer) -> [String] { MessageStructure(reading: message).parts.map { "\($0.content.type)/\($0.content.subtype)" } }

  @Test("a plain message", .spec("RFC 5322", "3.6"))
  func plain() throws {
    #expect(try Self.written(Self.draft()) == lines("""
      Date: Thu, 1 Jan 2026 00:00:00 +0000
      From: Ann <ann@x.test>
      To: bob@y.test
      Subject: Hello
      Message-ID: <1@x.test>
      MIME-Version: 1.0
      Content-Type: text/plain; charset=us-ascii
      Content-Transfer-Encoding: 7bit

      Hi

      """))
  }

  @Test("shapes: text, HTML, pictures in it, files", .spec("RFC 2046", "5.1.3", "5.1.4"))
  func shapes() throws {
    let picture = MessageDraft.Attachment(name: "p.png", type: "image/png", content: [1, 2, 3], contentID: "p@x.test")
    let file = MessageDraft.Attachment(name: "f.bin", content: Buffer((0...255).map { UInt8($0) }))
    let all = try Self.written(Self.draft {
      $0.html = "<p>Hi</p>"
      $0.attachments = [picture, file]
    })
    #expect(Self.types(all) == ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "application/octet-stream"])
    #expect(decoded(all, [2]) == file.content)
    #expect(decoded(all, [1, 2, 2]) == picture.content)
    #expect(isSafe(all))
    #expect(Self.types(try Self.written(Self.draft { $0.html = "<p>" })) == ["multipart/alternative", "text/plain", "text/html"])
    #expect(Self.types(try Self.written(Self.draft { ($0.text, $0.html) = (nil, "<p>") })) == ["text/html"])
    #expect(Self.types(try Self.written(Self.draft { ($0.text, $0.attachments) = (nil, [file]) })) == ["multipart/mixed", "application/octet-stream"])
    #expect(Self.types(try Self.written(Self.draft { $0.attachments = [picture] })) == ["multipart/mixed", "text/plain", "image/png"])
    #expect(Self.types(try Self.written(Self.draft { $0.text = nil })) == ["text/plain"])
  }

  @Test("texts that need more than seven bits or have long lines come back the same", arguments: [
    "Grüße aus Köln\nzwei", "привет, мир\n", String(repeating: "long ", count: 400), String(repeating: "x", count: 2_000), "trailing \nblanks\t\n", "From here\n.\n..\n=41\n", "a\r\nb\rc\nd", "", "\n\n", "nul\0", "日本語\u{1F600}",
    String(repeating: "é", count: 300) + "\n", "\t", "=", "x" + String(repeating: " ", count: 200) + "\n" + String(repeating: "é ", count: 50) + "\n",
  ])
  func texts(_ text: String) throws {
    let message = try Self.written(Self.draft { ($0.text, $0.html) = (text, "<p>\(text)") })
    #expect(isSafe(message))
    let expected = MessageDraft.lines(text)
    #expect(decoded(message, [1]) == expected)
    #expect(decoded(message, [2]) == MessageDraft.lines("<p>" + text))
  }

  @Test("names and subjects beyond ASCII come back the same", .spec("RFC 2047", "5"), arguments: [
    "Grüße", "Ann", "Dr. Ann, X", "\"quoted\" \\ back", "日本語のとても長い件名をここに書いてみるとどうなるか日本語のとても長い件名をここに書いてみる", "=?utf-8?q?x?=", String(repeating: "word ", count: 60) + "end", "a  b", " a", "é" + String(repeating: "x", count: 300), "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
    String(repeating: "x", count: 1_500),
  ])
  func words(_ text: String) throws {
    let message = try Self.written(Self.draft {
      $0.subject = text
      $0.from.name = text
      $0.cc = [NamedAddress($0.from.address, name: text), NamedAddress($0.from.address)]
    })
    #expect(isSafe(message))
    let head = MessageHead(reading: message)
    #expect(head.text("subject") == text)
    #expect(head.addresses("from").mailboxes.map(\.displayName) == [text])
    #expect(head.addresses("cc").mailboxes.map(\.displayName) == [text, nil])
    #expect(head.addresses("cc").mailboxes.map { $0.address?.description } == ["ann@x.test", "ann@x.test"])
  }

  @Test("file names come back the same, without folders", .spec("RFC 2231", "3", "4"), arguments: [
    ("a.txt", "a.txt"), ("a b.txt", "a b.txt"), ("Grüße.pdf", "Grüße.pdf"), ("\"q\\\".txt", "\".txt"), ("../../etc/passwd", "passwd"), ("C:\\x\\y.txt", "y.txt"), (String(repeating: "長い名前", count: 20) + ".txt", String(repeating: "長い名前", count: 20) + ".txt"), ("50%'*.txt", "50%'*.txt"),
    (String(repeating: "n", count: 250), String(repeating: "n", count: 250)), ("", nil), ("x/", nil),
  ] as [(String, String?)])
  func fileNames(_ name: String, _ expected: String?) throws {
    let message = try Self.written(Self.draft { $0.attachments = [.init(name: name, content: "x")] })
    #expect(isSafe(message))
    #expect(message.text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    #expect(MessageStructure(reading: message).parts[2].content.fileName == expected)
  }

  @Test("an attached message is made seven-bit inside, or is just bytes", .spec("RFC 2046", "5.2.1"))
  func attachedMessage() throws {
    let inside = lines("Subject: in\n\nGrüße\n")
    let message = try Self.written(Self.draft { $0.attachments = [.init(name: "m.eml", type: "message/rfc822", content: inside)] })
    #expect(isSafe(message))
    #expect(Self.types(message) == ["multipart/mixed", "text/plain", "message/rfc822", "text/plain"])
    #expect(decoded(message, [2, 1]) == "Grüße\r\n")
    let wrong = try Self.written(Self.draft { $0.attachments = [.init(name: "m.eml", type: "message/rfc822", content: "Subject: é\r\n\r\n")] })
    #expect(isSafe(wrong))
    #expect(Self.types(wrong) == ["multipart/mixed", "text/plain", "application/octet-stream"])
  }

  @Test("nothing a user types gets into the head", .spec("RFC 5322", "2.2"), arguments: [
    { $0.subject = "x\r\nBcc: e@evil.test" }, { $0.subject = "x\ny" }, { $0.subject = "x\0" }, { $0.from.name = "x\r\ny" }, { $0.attachments = [.init(name: "a\r\nX: y", content: "")] }, { $0.attachments = [.init(name: "a", type: "text/plain\r\nX: y", content: "")] },
    { $0.attachments = [.init(name: "a", type: "text", content: "")] }, { $0.attachments = [.init(name: "a", type: "multipart/mixed", content: "")] }, { $0.attachments = [.init(name: "a", content: "", contentID: "a>b")] }, { $0.messageID = "a>\r\n" }, { $0.messageID = "" }, { $0.references = ["a b"] }, { $0.inReplyTo = "é" },
    { $0.fields = [("X: y\r\nZ", "a")] }, { $0.fields = [("X", "a\r\nb")] }, { $0.fields = [("", "a")] },
  ] as [@Sendable (inout MessageDraft) -> Void])
  func injection(_ change: @Sendable (inout MessageDraft) -> Void) throws {
    let draft = try Self.draft(change)
    #expect(throws: SyntaxError.self) { try Self.written(draft) }
  }

  @Test("who gets it, and that Bcc stands nowhere", .spec("RFC 5322", "3.6.3"))
  func recipients() throws {
    let draft = try Self.draft {
      $0.cc = [$0.to[0]]
      $0.bcc = [NamedAddress($0.from.address)]
      $0.replyTo = [$0.from]
      $0.inReplyTo = "0@x.test"
      $0.references = ["a@x.test", "0@x.test"]
      $0.fields = [("X-Note", "é")]
    }
    #expect(draft.recipients.map(\.description) == ["bob@y.test", "ann@x.test"])
    let head = MessageHead(reading: try Self.written(draft))
    #expect(head.first("bcc") == nil)
    #expect(head.value("references") == "<a@x.test> <0@x.test>" && head.value("in-reply-to") == "<0@x.test>" && head.text("x-note") == "é" && head.value("reply-to") == "Ann <ann@x.test>")
  }

  @Test("boundaries come from the seed and stand in no part")
  func boundaries() throws {
    let draft = try Self.draft { $0.html = "x" }
    #expect(try Self.written(draft) == Self.written(draft))
    var random = SeededRandom(seed: 2)
    #expect(try draft.written(using: &random) != Self.written(draft))
  }

  // MARK: Reports

  static func report(_ change: (inout DeliveryReport) -> Void = { _ in }) throws -> Buffer {
    var failed = DeliveryReport.Recipient(try MailAddress("bob@y.test"), .failed, status: "5.1.1", remoteServer: "mx.y.test", diagnostic: "550 5.1.1 no such mailbox")
    failed.lastAttempt = .simulationStart
    failed.original = "rfc822;bob+x@y.test"
    var report = DeliveryReport(from: "mx.x.test", to: try MailAddress("ann@x.test"), [failed], about: lines("Subject: hello\nFrom: ann@x.test\n\nbody\n"))
    report.arrivedAt = .simulationStart
    report.envelopeID = "QQ1"
    change(&report)
    var random = SeededRandom(seed: 1)
    return report.written(messageID: "r1@mx.x.test", at: .simulationStart, using: &random)
  }

  @Test("a report", .spec("RFC 3464", "2"), .spec("RFC 6522", "3"))
  func report() throws {
    let message = try Self.report()
    #expect(isSafe(message))
    #expect(Self.types(message) == ["multipart/report", "text/plain", "message/delivery-status", "text/rfc822-headers"])
    let head = MessageHead(reading: message)
    #expect(head.value("from") == "Mail Delivery System <MAILER-DAEMON@mx.x.test>" && head.value("auto-submitted") == "auto-replied" && head.value("message-id") == "<r1@mx.x.test>")
    #expect(MessageStructure(reading: message).root.content.parameter("report-type")?.text == "delivery-status")
    #expect(decoded(message, [2]).map { MessageHead(reading: $0).value("reporting-mta") } == "dns; mx.x.test")
    let status = try #require(decoded(message, [2])?.text)
    #expect(status == """
      Original-Envelope-Id: QQ1\r
      Reporting-MTA: dns; mx.x.test\r
      Arrival-Date: Thu, 1 Jan 2026 00:00:00 +0000\r
      \r
      Original-Recipient: rfc822;bob+x@y.test\r
      Final-Recipient: rfc822; bob@y.test\r
      Action: failed\r
      Status: 5.1.1\r
      Remote-MTA: dns; mx.y.test\r
      Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\r
      Last-Attempt-Date: Thu, 1 Jan 2026 00:00:00 +0000\r

      """)
    #expect(decoded(message, [3]) == "Subject: hello\r\nFrom: ann@x.test\r\n\r\n")
    #expect(decoded(message, [1])?.text.contains("mx.y.test said: 550 5.1.1 no such mailbox") == true)
  }

  @Test("a report of a delay, and one with the whole message")
  func otherReports() throws {
    let delay = try Self.report {
      $0.recipients[0].action = .delayed
      $0.recipients[0].givesUpAt = .simulationStart + .seconds(86_400)
    }
    #expect(MessageHead(reading: delay).value("subject") == "Delayed mail: still being tried")
    #expect(decoded(delay, [2])?.text.contains("Will-Retry-Until: Fri, 2 Jan 2026") == true)
    let whole = try Self.report { $0.isWhole = true }
    #expect(Self.types(whole) == ["multipart/report", "text/plain", "message/delivery-status", "message/rfc822", "text/plain"])
    #expect(decoded(whole, [3, 1]) == "body\r\n")
  }

  @Test("what a server said and what a head holds cannot break a report", arguments: [
    "550 é\r\nFinal-Recipient: rfc822; e@evil.test", String(repeating: "x", count: 5_000), "\0", "", "a\tb", String(repeating: "é", count: 3_000),
  ])
  func foreign(_ text: String) throws {
    let message = try Self.report {
      $0.recipients[0].diagnostic = text
      $0.recipients[0].remoteServer = text
      $0.recipients[0].status = text
      $0.envelopeID = text
      $0.original = Buffer("Subject: \(text)\r\nX: é\r\n\r\n")
    }
    #expect(isSafe(message))
    #expect(Self.types(message).count == 4)
    let status = try #require(decoded(message, [2]))
    #expect(MessageHead(reading: status[(MessageHead(reading: status).bytes.count)..<status.count]).all("final-recipient").count == 1)
  }

  // MARK: Trace fields

  @Test("Received, Return-Path, Delivered-To", .spec("RFC 5321", "4.4"))
  func trace() throws {
    let arrival = TraceFields.Arrival(
      helo: "mta.y.test", client: Address(192, 0, 2, 1), clientName: "out.y.test", server: "mx.x.test", protocolName: "ESMTPS", id: "42", recipient: try MailAddress("ann@x.test"), time: .simulationStart)
    #expect(TraceFields.received(arrival) == "Received: from mta.y.test (out.y.test [192.0.2.1])\r\n\tby mx.x.test with ESMTPS id 42\r\n\tfor <ann@x.test>;\r\n\tThu, 1 Jan 2026 00:00:00 +0000\r\n")
    var foreign = arrival
    foreign.helo = "x) by evil.test;\r\nSubject: a"
    foreign.client = .v6(0x2001_0DB8_0000_0000, 1)
    (foreign.clientName, foreign.recipient) = (nil, nil)
    #expect(TraceFields.received(foreign).text.hasPrefix("Received: from xbyevil.testSubject:a ([IPv6:2001:db8::1])\r\n\tby mx.x.test with ESMTPS id 42;\r\n"))
    foreign.helo = "()"
    #expect(TraceFields.received(foreign).text.hasPrefix("Received: from unknown ("))
    #expect(TraceFields.returnPath(.empty) == "Return-Path: <>\r\n")
    #expect(TraceFields.returnPath(.mailbox(try MailAddress("a@x.test"))) == "Return-Path: <a@x.test>\r\n")
    #expect(TraceFields.deliveredTo(try MailAddress("\"a b\"@x.test")) == "Delivered-To: \"a b\"@x.test\r\n")
  }

  @Test("Authentication-Results", .spec("RFC 8601", "2.2"))
  func results() throws {
    var results = AuthenticationResults(server: "mx.x.test")
    #expect(results.field == "Authentication-Results: mx.x.test; none\r\n")
    results.add(SenderVerdict(result: .fail, domain: "y.test", term: "-all", problem: nil, explanation: nil), sender: .mailbox(try MailAddress("a@y.test")))
    results.add(SenderVerdict(result: .permerror, domain: "h.test", problem: "say \"no\"\r\nX: y"), sender: .empty)
    results.add([SignatureVerdict]())
    results.add([
      SignatureVerdict(result: .pass, domain: "y.test", selector: "s", identity: "@y.test", algorithm: "rsa-sha256", mark: "ab+/=;"),
      SignatureVerdict(result: .neutral, domain: "a b", selector: "", identity: "", algorithm: "", problem: "odd", mark: ""),
    ])
    #expect(results.field.text == """
      Authentication-Results: mx.x.test;\r
      \tspf=fail\r
      \t smtp.mailfrom=a@y.test;\r
      \tspf=permerror reason="say \\"no\\"X: y"\r
      \t smtp.helo=h.test;\r
      \tdkim=none;\r
      \tdkim=pass\r
      \t header.d=y.test\r
      \t header.s=s\r
      \t header.a=rsa-sha256\r
      \t header.b="ab+/=;";\r
      \tdkim=neutral reason="odd"\r
      \t header.d="a b"\r

      """)
  }

  @Test("whose results a field claims to be, however it is written", .spec("RFC 8601", "5"), arguments: [
    ("mx.x.test; none", true), ("MX.X.test 1; none", true), (" (hello (x)) mx.x.test;", true), ("\"mx.x.test\"; none", true), ("\"mx\\.x.test\"", true), ("mx.x.test(c); none", true), ("\r\n mx.x.test", true), ("(\\)mx.y.test) mx.x.test", true),
    ("mx.y.test; none", false), ("", false), ("mx.x.test.evil; none", false), ("(mx.x.test) mx.y.test", false), ("; mx.x.test", false),
  ])
  func claims(_ value: String, _ isOurs: Bool) {
    let head = MessageHead(reading: Buffer("authentication-RESULTS:\(value)\r\nSubject: x\r\n\r\n"))
    #expect(AuthenticationResults.claims(of: "mx.X.test", in: head).count == (isOurs ? 1 : 0))
  }

  // MARK: Seven bits

  @Test("messages made seven-bit say the same as before", .spec("RFC 6152", "3"), arguments: [
    "Subject: x\n\nGrüße\n", "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n.\nFrom x\n", "Content-Type: image/png\nContent-Transfer-Encoding: binary\n\n\0\u{1}é\n",
    "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\nprä\n--b\nContent-Type: text/html\n\nö\n--b\nContent-Type: application/x\nContent-Transfer-Encoding: 8bit\n\nü\n--b\n\nplain\n--b--\nepilög\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: in\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nä\n--c--\n--b\n\nö\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\nö\n--b\nContent-Type: multipart/mixed; boundary=c\n\nö\n--c\n\nx\n--c--\nö\n--b\n\nx\n--b--\nö\n", "no head with ü\n", "\nü", "Content-Type: text/plain\n\n\(String(repeating: "x", count: 1_500))\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: 8bit\n--b\n\nü\n--b--\n",
  ])
  func downgraded(_ text: String) throws {
    let message = lines(text)
    let structure = MessageStructure(reading: message)
    #expect(Downgrade.isNeeded(structure))
    let result = try #require(Downgrade.sevenBit(message))
    let after = MessageStructure(reading: result)
    #expect(result.array.allSatisfy { $0 < 0x80 && $0 != 0 })
    #expect(MessageDraft.isSafe(result))
    #expect(!Downgrade.isNeeded(after))
    #expect(after.parts.map(\.kind) == structure.parts.map(\.kind))
    for (before, now) in zip(structure.parts, after.parts) where before.kind == .leaf {
      let encoding = try #require(TransferEncoding(now.content.encoding))
      #expect(TransferDecoder.decoded(result[now.body], encoding) == message[before.body])
    }
    #expect(MessageHead(reading: result).first("mime-version") != nil || structure.root.kind != .leaf)
  }

  @Test("what is seven-bit stays, what breaks the rules itself is refused", arguments: [
    ("Subject: x\n\nplain\n", true), ("Subject: ü\n\nx\n", false), ("Content-Transfer-Encoding: base64\n\nü\n", false), ("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nü\n", false),
    ("Content-Type: multipart/mixed\n\nü\n", false), ("Subject: \(String(repeating: "x", count: 1_000))\n\nü\n", false), ("Content-Type: multipart/mixed; boundary=b\n\n\(String(repeating: "x", count: 1_500))\n--b\n\nx\n--b--\n", false),
  ])
  func kept(_ text: String, _ isFine: Bool) {
    let message = lines(text)
    #expect(Downgrade.sevenBit(message) == (isFine ? message : nil))
  }
}
