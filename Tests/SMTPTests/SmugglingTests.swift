// Where a message ends, and where it does not: the places where two programs see two different messages.
import Bytes
import SMTP
import TestKit
import Testing
import World

@Suite("SMTP smuggling", .spec("RFC 5321", "2.3.8", "4.1.1.4"))
struct SmugglingTests {
  /// None of these ends a message: CVE-2023-51764, -51765, -51766, -51747 and their kin.
  static let fakeEnds = [
    "\n.\n", "\r.\r", "\r.\n", "\n.\r", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r", "\r\n\0.\r\n", "\r\n.\0\r\n", "\r\n.\r\r\n",
  ]

  static let preamble: Buffer = "EHLO a.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<bob@home.test>\r\nDATA\r\n"

  /// A listener that has been told the preamble, and perhaps logged in to.
  static func opened(_ role: Role) -> (BareEnd<ServerConversation>, Owner) {
    let owner = Owner()
    let end = BareEnd(ServerConversation(options(role))) { owner.answer($0).map { [$0] } ?? [] }
    if role == .submission { for line in ["EHLO a.test\r\n", "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n"] { end.receive(Buffer(line)) } }
    for line in ["EHLO a.test\r\n", "MAIL FROM:<a@a.test>\r\n", "RCPT TO:<bob@home.test>\r\n", "DATA\r\n"] { end.receive(Buffer(line)) }
    _ = end.takeOutput()
    return (end, owner)
  }

  @Test("from other servers: read to the true end, then refused", arguments: fakeEnds)
  func relay(_ fake: String) {
    let smuggled = "one\(fake)MAIL FROM:<admin@home.test>\r\nRCPT TO:<victim@home.test>\r\nDATA\r\ntwo\r\n.\r\nNOOP\r\n"
    for pieces in [[Buffer(smuggled)], Cutter.single(Buffer(smuggled))] {
      let (end, owner) = Self.opened(.relay)
      for piece in pieces { end.receive(piece) }
      let said = end.takeOutput()
      // A NUL is no line end, alone or not.
      if fake.contains("\0") {
        #expect(said == "250 2.0.0 Message accepted\r\n250 2.0.0 OK\r\n", "\(said)")
        #expect(owner.messages.count == 1)
      } else {
        #expect(said == "550 5.5.2 Lines end in CR LF, and neither stands alone\r\n250 2.0.0 OK\r\n", "\(said)")
        #expect(owner.messages.isEmpty && owner.abandoned == 1)
      }
      #expect(owner.envelopes.count == 1)
      // Nothing of that transaction is left.
      end.receive("DATA\r\n")
      #expect(end.takeOutput() == "503 5.5.1 Name a sender first\r\n")
    }
  }

  @Test("from users: one message, its lines made whole", arguments: fakeEnds)
  func submission(_ fake: String) {
    let smuggled = "one\(fake)MAIL FROM:<admin@home.test>\r\n..two\r\n.\r\nNOOP\r\n"
    var seen: Set<Buffer> = []
    for pieces in Cutter.cuts(of: Buffer(smuggled)) {
      let (end, owner) = Self.opened(.submission)
      for piece in pieces { end.receive(piece) }
      #expect(end.takeOutput() == "250 2.0.0 Message accepted\r\n250 2.0.0 OK\r\n")
      #expect(owner.messages.count == 1)
      seen.formUnion(owner.messages)
    }
    #expect(seen.count == 1, "cuts make no difference")
    let message = seen.first?.array ?? []
    for (index, byte) in message.enumerated() {
      if byte == 13 { #expect(index + 1 < message.count && message[index + 1] == 10) }
      if byte == 10 { #expect(index > 0 && message[index - 1] == 13) }
    }
    #expect(message.suffix(6).elementsEqual(".two\r\n".utf8))
  }

  @Test("counted content is held to the same lines", .spec("RFC 3030", "2"), arguments: fakeEnds)
  func chunks(_ fake: String) {
    for role in Role.allCases {
      let (end, owner) = Self.opened(role)
      end.receive("x\r\n.\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<bob@home.test>\r\n")
      _ = end.takeOutput()
      let text = Buffer("a\(fake)b")
      end.receive(Buffer("BDAT \(text.count) LAST\r\n"))
      for piece in Cutter.single(text) { end.receive(piece) }
      if fake.contains("\0") || role == .submission {
        #expect(end.takeOutput() == "250 2.0.0 Message accepted\r\n")
        #expect(owner.messages.last?.array.suffix(3).elementsEqual("b\r\n".utf8) == true)
      } else {
        #expect(end.takeOutput() == "550 5.5.2 Lines end in CR LF, and neither stands alone\r\n")
        #expect(owner.messages.count == 1)
      }
    }
  }

  @Test("commands end in CR LF")
  func commands() {
    let end = BareEnd(ServerConversation(options(.relay)))
    end.receive("EHLO a.test\nMAIL FROM:<a@a.test>\r\nNOOP\r\n")
    #expect(end.takeOutput() == "220 mx.home.test ESMTP\r\n500 5.5.2 Lines end in CR LF\r\n250 2.0.0 OK\r\n")
    #expect(end.problems == ["expected CR LF, found a bare LF at byte 11 (RFC 5321 §2.3.8)"])
  }

  @Test("a program that does not wait for its answers", .spec("RFC 2920", "3.1"), arguments: [
    "EHLO a.test\r\nMAIL FROM:<a@a.test>\r\n", "HELO a.test\r\nX", "EHLO a.test\r\n\r\n",
  ])
  func earlyTalker(_ said: String) {
    let end = BareEnd(ServerConversation(options(.relay)))
    end.receive(Buffer(said))
    #expect(end.takeOutput() == "220 mx.home.test ESMTP\r\n554 5.5.0 You spoke before the answer\r\n")
    #expect(end.closing == .afterFlush)
  }

  @Test("content poured out before leave is given")
  func earlyContent() {
    let owner = Owner()
    let end = BareEnd(ServerConversation(options(.relay))) { owner.answer($0).map { [$0] } ?? [] }
    end.receive("EHLO a.test\r\n")
    end.receive("MAIL FROM:<a@a.test>\r\nRCPT TO:<bob@home.test>\r\nDATA\r\nSubject: x\r\n")
    #expect(end.takeOutput().text.hasSuffix("554 5.5.0 You spoke before the answer\r\n"))
    #expect(owner.envelopes.isEmpty)
    // A user who has logged in may.
    let (user, known) = Self.opened(.submission)
    user.receive("x\r\n.\r\n")
    user.receive("MAIL FROM:<a@a.test>\r\nRCPT TO:<bob@home.test>\r\nDATA\r\nSubject: x\r\n.\r\n")
    #expect(known.messages.count == 2)
    // And one who has not may not talk behind AUTH.
    let guest = BareEnd(ServerConversation(options(.submission)))
    guest.receive("EHLO a.test\r\n")
    guest.receive("AUTH LOGIN\r\nYWxpY2U=\r\n")
    #expect(guest.takeOutput().text.hasSuffix("554 5.5.0 You spoke before the answer\r\n"))
  }
}
