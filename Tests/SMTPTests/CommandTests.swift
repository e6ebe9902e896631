// Command lines and replies, read and written.
import Bytes
import Mail
import TestKit
import Testing

@testable import SMTP

@Suite("SMTP lines")
struct CommandTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var line: String
    /// What it comes to, or the first three digits of the reply.
    var reading: Result<Command, Code>
    var testDescription: String { "\(Buffer(line))" }

    init(_ line: String, _ command: Command) { (self.line, reading) = (line, .success(command)) }
    init(_ line: String, _ code: UInt16, _ enhanced: String = "5.5.4") { (self.line, reading) = (line, .failure(Code(code: code, enhanced: enhanced))) }
  }

  struct Code: Error, Equatable, Sendable {
    var code: UInt16
    var enhanced: String
  }

  static func address(_ text: String) -> MailAddress { try! MailAddress(text) }
  static let bob = address("bob@home.test")

  @Test("what a line says", .spec("RFC 5321", "4.1.1", "4.1.2"), arguments: [
    Case("EHLO a.test", .hello(Hello(name: "a.test", isExtended: true))),
    Case("eHlO  a.test  ", .hello(Hello(name: "a.test", isExtended: true))),
    Case("HELO [IPv6:2001:db8::1]", .hello(Hello(name: "[IPv6:2001:db8::1]", isExtended: false))),
    Case("EHLO MY_PC", .hello(Hello(name: "MY_PC", isExtended: true))),
    Case("EHLO", 501), Case("EHLO \u{FC}.test", 501), Case("EHLO a\0b", 501), Case("EHLO <script>", 501), Case("EHLO " + String(repeating: "x", count: 256), 501),
    Case("MAIL FROM:<>", .mail(Sender(.empty))),
    Case("MAIL FROM:<bob@home.test>", .mail(Sender(.mailbox(bob)))),
    Case("mail from:<bob@home.test>", .mail(Sender(.mailbox(bob)))),
    Case("MAIL FROM: <bob@home.test>", .mail(Sender(.mailbox(bob)))),
    Case("MAIL FROM:<bob@home.test> SIZE=17 BODY=8bitmime AUTH=a+40b.test", .mail(Sender(.mailbox(bob), size: 17, body: .eightBit, submitter: "a@b.test"))),
    Case("MAIL FROM:<bob@home.test> body=7BIT AUTH=<>", .mail(Sender(.mailbox(bob), body: .sevenBit, submitter: ""))),
    Case("MAIL FROM:<@a.test,@b.test:bob@home.test>", .mail(Sender(.mailbox(bob)))),
    Case("MAIL FROM:<\"a b>\"@home.test>", .mail(Sender(.mailbox(address("\"a b>\"@home.test"))))),
    Case("MAIL", 501, "5.1.7"), Case("MAIL FROM", 501, "5.1.7"), Case("MAIL FROM:", 501, "5.1.7"), Case("MAIL FROM:bob@home.test", 501, "5.1.7"),
    Case("MAIL FROM:<bob>", 501, "5.1.7"), Case("MAIL FROM:<bob@home.test", 501, "5.1.7"), Case("MAIL FROM:<bob@home.test>SIZE=1", 501, "5.1.7"),
    Case("MAIL FROM:<bob\0@home.test>", 501, "5.1.7"), Case("MAIL FROM:<bo b@home.test>", 501, "5.1.7"), Case("MAIL FROM:<b\u{FC}@home.test>", 501, "5.1.7"),
    Case("MAIL FROM:<\(String(repeating: "x", count: 65))@home.test>", 501, "5.1.7"),
    Case("MAIL FROM:<>  SIZE=", 501), Case("MAIL FROM:<> SIZE", 501), Case("MAIL FROM:<> SIZE=1x", 501), Case("MAIL FROM:<> =1", 501), Case("MAIL FROM:<> -A=1", 501),
    Case("MAIL FROM:<> SIZE=123456789012345678901", 501), Case("MAIL FROM:<> BODY=7BIT BODY=7BIT", 501), Case("MAIL FROM:<> AUTH=a+4", 501), Case("MAIL FROM:<> AUTH=+ff", 501),
    Case("MAIL FROM:<> BODY=BINARYMIME", 555), Case("MAIL FROM:<> SMTPUTF8", 555), Case("MAIL FROM:<> X=Y", 555),
    Case("RCPT TO:<bob@home.test>", .recipient(.mailbox(bob))),
    Case("RCPT TO:<postMASTER>", .recipient(.postmaster)),
    Case("RCPT TO:<@a.test:bob@home.test>", .recipient(.mailbox(bob))),
    Case("RCPT TO:<>", 501, "5.1.3"), Case("RCPT TO:<\"\"@home.test>", 501, "5.1.3"), Case("RCPT TO:<bob@home.test\r>", 501, "5.1.3"), Case("RCPT FROM:<bob@home.test>", 501, "5.1.3"),
    Case("RCPT TO:<bob@home.test> ORCPT=rfc822;bob@home.test", 555),
    Case("DATA", .data), Case("DATA ", .data), Case("DATA now", 501),
    Case("BDAT 0 LAST", .chunk(bytes: 0, isLast: true)), Case("BDAT 86 last", .chunk(bytes: 86, isLast: true)), Case("BDAT 1", .chunk(bytes: 1, isLast: false)),
    Case("BDAT 99999999999999999999", .chunk(bytes: .max, isLast: false)),
    Case("BDAT", 501), Case("BDAT -1", 501), Case("BDAT 1 FIRST", 501), Case("BDAT 1 LAST 2", 501), Case("BDAT 999999999999999999999", 501),
    Case("RSET", .reset), Case("RSET x", 501), Case("QUIT", .quit), Case("NOOP x y", .noOperation), Case("VRFY b\u{FC}b", .verify), Case("EXPN staff", .expand), Case("HELP", .help),
    Case("STARTTLS", .startTLS), Case("STARTTLS now", 501),
    Case("AUTH PLAIN", .authenticate("PLAIN", initialResponse: nil)), Case("AUTH plain =", .authenticate("plain", initialResponse: "=")),
    Case("AUTH", 501), Case("AUTH PLAIN a b", 501),
    Case("ETRN a.test", .foreign("ETRN")),
    Case("", 500, "5.5.1"), Case(" EHLO a.test", 500, "5.5.1"), Case("EHLO\ta.test", 500, "5.5.1"), Case("EHL\u{D6} a", 500, "5.5.1"), Case("GET / HTTP/1.1", 500, "5.5.1"), Case("MAILFROM:<>", 500, "5.5.1"),
  ])
  func reads(_ c: Case) {
    do throws(Command.Fault) {
      let command = try Command(Buffer(c.line))
      #expect(c.reading == .success(command))
    } catch {
      let reply = Reply(to: error)
      #expect(c.reading == .failure(Code(code: reply.code, enhanced: reply.enhanced?.description ?? "")), "\(error)")
    }
  }

  @Test("enhanced codes", .spec("RFC 3463", "2"), arguments: [
    ("2.1.5", EnhancedCode(2, 1, 5)), ("5.7.999", EnhancedCode(5, 7, 999)), ("3.1.1", nil), ("2.1", nil), ("2.1.1.1", nil), ("2.1.", nil), ("2.1000.1", nil), ("2.+1.1", nil), ("", nil),
  ])
  func enhancedCodes(_ text: String, _ code: EnhancedCode?) { #expect(EnhancedCode(text) == code) }

  static let replies = [
    Reply(220, nil, "mx.home.test ESMTP"), Reply(250, EnhancedCode(2, 0, 0), "OK"), Reply(334, nil, ""),
    Reply(250, nil, lines: ["mx.home.test", "SIZE 100", "8BITMIME"]), Reply(550, EnhancedCode(5, 1, 1), lines: ["No", "such"]),
  ]

  @Test("a reply reads back in every cut", .spec("RFC 5321", "4.2.1"), arguments: replies)
  func readsBack(_ reply: Reply) {
    for pieces in Cutter.cuts(of: reply.bytes) {
      var reader = ReplyReader(limits: Limits())
      var waiting = Buffer()
      var found: [ReplyReader.Found] = []
      for piece in pieces {
        waiting.append(piece)
        while let next = reader.next(from: &waiting) { found.append(next) }
      }
      #expect(found == [.reply(reply)])
    }
  }

  @Test("no text begins another reply, and none is too long")
  func harmless() {
    #expect(Reply(550, nil, "a\r\n250 b\0\u{FC}").bytes == "550 a??250 b???\r\n")
    let long = Reply(550, EnhancedCode(5, 1, 1), String(repeating: "x", count: 2_000)).bytes
    #expect(long.count == 512)
    #expect(Reply(250, nil, lines: []).bytes == "250 \r\n")
  }

  @Test("what is no reply", .spec("RFC 5321", "4.2"), arguments: [
    "25 ok\r\n", "x\r\n", "\r\n", "650 ok\r\n", "199 ok\r\n", "2500 ok\r\n", "250-a\r\n251 b\r\n", "250 ok\n", "250 o\rk\r\n",
    "250 " + String(repeating: "x", count: 3_000) + "\r\n", String(repeating: "250-x\r\n", count: 200),
  ])
  func noReplies(_ text: String) {
    for pieces in [[Buffer(text)], Cutter.single(Buffer(text))] {
      var reader = ReplyReader(limits: Limits())
      var waiting = Buffer()
      var found: [ReplyReader.Found] = []
      for piece in pieces {
        waiting.append(piece)
        while found.isEmpty, let next = reader.next(from: &waiting) { found.append(next) }
      }
      guard case .broken = found.first else { return #expect(Bool(false), "\(found)") }
    }
  }

  @Test("replies of others are read as they are meant", arguments: [
    ("250\r\n", Reply(250, nil, "")), ("250 2.1.5\r\n", Reply(250, EnhancedCode(2, 1, 5), "")), ("550 2.1.5 no\r\n", Reply(550, nil, "2.1.5 no")),
    ("250-2.0.0 a\r\n250 2.0.0 b\r\n", Reply(250, EnhancedCode(2, 0, 0), lines: ["a", "b"])),
  ])
  func lenient(_ text: String, _ reply: Reply) {
    var reader = ReplyReader(limits: Limits())
    var waiting = Buffer(text)
    #expect(reader.next(from: &waiting) == .reply(reply))
  }

  @Test("what a server offers", .spec("RFC 5321", "4.1.1.1"))
  func peers() {
    let lines = ["mx.test at your service", "PIPELINING", "size 1000", "STARTTLS", "AUTH LOGIN PLAIN", "AUTH=CRAM-MD5 X", "LIMITS MAILMAX=5 rcptmax=50", "8BITMIME"]
    let peer = Peer(Reply(250, nil, lines: lines), isExtended: true, isEncrypted: false)
    #expect(peer.name == "mx.test" && peer.pipelines && peer.offersTLS && peer.takesEightBits && peer.takesSizes)
    #expect(peer.messageBytesMax == 1_000 && peer.recipientsMax == 50)
    #expect(peer.mechanisms == ["LOGIN", "PLAIN", "CRAM-MD5", "X"])
    let plain = Peer(Reply(250, nil, lines: lines), isExtended: false, isEncrypted: false)
    #expect(!plain.pipelines && plain.mechanisms.isEmpty)
    let unlimited = Peer(Reply(250, nil, lines: ["x", "SIZE 0", "LIMITS RCPTMAX=0"]), isExtended: true, isEncrypted: false)
    #expect(unlimited.takesSizes && unlimited.messageBytesMax == nil && unlimited.recipientsMax == nil)
  }
}
