// The server's half where transcripts do not reach: TLS, questions left open, bounds, patience, secrets.
import Bytes
import Mail
import SMTP
import TestKit
import Testing
import World

@Suite("SMTP server")
struct ServerTests {
  typealias End = BareEnd<ServerConversation>

  static func end(_ options: ServerOptions, limits: SMTP.Limits = SMTP.Limits(), owner: Owner? = Owner()) -> End {
    BareEnd(ServerConversation(options, limits: limits)) { owner?.answer($0).map { [$0] } ?? [] }
  }

  /// Says lines one after the other, each when the answer before it has come, and returns the last answer.
  @discardableResult static func say(_ end: End, _ lines: String...) -> String {
    _ = end.takeOutput()
    for line in lines {
      _ = end.takeOutput()
      end.receive(Buffer(line + "\r\n"))
    }
    return end.takeOutput().text
  }

  // MARK: TLS

  @Test("TLS begins, and everything said before it is forgotten", .spec("RFC 3207", "4.2"))
  func startTLS() {
    let owner = Owner()
    let end = Self.end(options(.submission, tls: .offered) { $0.authentication = .onlyInsideTLS }, owner: owner)
    let hello = Self.say(end, "EHLO evil.test")
    #expect(hello.contains("250-STARTTLS\r\n") && !hello.contains("AUTH"))
    #expect(Self.say(end, "AUTH PLAIN AGFsaWNlAHNlY3JldA==") == "538 5.7.11 Not without TLS\r\n")
    #expect(Self.say(end, "MAIL FROM:<alice@home.test>") == "530 5.7.0 STARTTLS first\r\n")
    #expect(Self.say(end, "STARTTLS") == "220 2.0.0 Ready for TLS\r\n")
    #expect(end.isSecuring && !end.hasPlaintextPending)
    end.happen(.secured)
    // RFC 3207 §4.2: the client has to say hello again.
    #expect(Self.say(end, "MAIL FROM:<alice@home.test>") == "503 5.5.1 Say hello first\r\n")
    let inside = Self.say(end, "EHLO pc.home.test")
    #expect(!inside.contains("STARTTLS") && inside.contains("250-AUTH PLAIN LOGIN\r\n"))
    #expect(Self.say(end, "STARTTLS") == "503 5.5.1 TLS is on\r\n")
    #expect(Self.say(end, "AUTH PLAIN AGFsaWNlAHNlY3JldA==") == "235 2.7.0 Welcome\r\n")
    #expect(Self.say(end, "MAIL FROM:<alice@home.test>") == "250 2.1.0 Sender accepted\r\n")
    #expect(owner.sessions == [Session(role: .submission, hello: Hello(name: "pc.home.test", isExtended: true), isEncrypted: true, user: "alice")])
    #expect(owner.sessions.first?.protocolName == "ESMTPSA")
  }

  @Test("what comes in the clear behind STARTTLS ends the connection", arguments: ["MAIL FROM:<a@a.test>\r\n", "\u{16}\u{3}", " "])
  func injection(_ behind: String) {
    let end = Self.end(options(.relay, tls: .offered))
    Self.say(end, "EHLO a.test")
    end.receive(Buffer("STARTTLS\r\n" + behind))
    #expect(end.takeOutput() == "554 5.5.0 You spoke before the answer\r\n")
    #expect(end.closing == .afterFlush && !end.isSecuring)
    // Whatever the option says: here it is no matter of manners.
    let patient = Self.end(options(.relay, tls: .offered) { $0.earlyBytes = .taken })
    Self.say(patient, "EHLO a.test")
    patient.receive(Buffer("STARTTLS\r\n" + behind))
    #expect(patient.closing == .afterFlush)
  }

  @Test("a handshake that does not come to its end")
  func handshakeTimeout() {
    let end = Self.end(options(.relay, tls: .offered))
    Self.say(end, "EHLO a.test", "STARTTLS")
    end.advance(by: .seconds(59))
    #expect(end.closing == nil)
    end.advance(by: .seconds(2))
    #expect(end.closing == .now)
  }

  @Test("TLS from the start: logging in at once, STARTTLS not offered", .spec("RFC 8314", "3.3"))
  func fromTheStart() {
    let end = Self.end(options(.submission, tls: .fromTheStart) { $0.authentication = .onlyInsideTLS })
    let hello = Self.say(end, "EHLO pc.home.test")
    #expect(!hello.contains("STARTTLS") && hello.contains("AUTH PLAIN LOGIN"))
    #expect(Self.say(end, "MAIL FROM:<alice@home.test>") == "530 5.7.0 Log in first\r\n")
  }

  // MARK: Questions

  @Test("nothing is read while a question is open, and late answers are nobody's")
  func tickets() throws {
    let end = BareEnd(ServerConversation(options(.relay)))
    _ = Self.say(end, "EHLO a.test")
    end.receive("MAIL FROM:<a@a.test>\r\nRCPT TO:<bob@home.test>\r\n")
    let questions = end.takeQuestions()
    guard questions.count == 1, case .sender(let ticket, let sender, let session) = questions[0] else { return #expect(Bool(false), "\(questions)") }
    #expect(try sender == Sender(.mailbox(MailAddress("a@a.test"))))
    #expect(session == Session(role: .relay, hello: Hello(name: "a.test", isExtended: true)))
    #expect(!end.conversation.acceptsBytes)
    end.give(.answered(Ticket(number: 99), .senderAccepted))
    #expect(end.takeOutput().isEmpty)
    end.give(.answered(ticket, .senderAccepted))
    #expect(end.takeOutput() == "250 2.1.0 Sender accepted\r\n")
    end.give(.answered(ticket, .senderRefused))
    #expect(end.takeOutput().isEmpty)
    guard case .recipient = end.takeQuestions().first else { return #expect(Bool(false)) }
    // An owner that never answers does not hold the client for ever.
    end.advance(by: .seconds(601))
    #expect(end.takeOutput() == "421 4.3.0 Something is wrong here; try again later\r\n")
    #expect(end.closing == .afterFlush)
  }

  @Test("content waits for the owner")
  func backpressure() {
    var limits = SMTP.Limits()
    limits.contentUntakenBytesMax = 10
    let end = BareEnd(ServerConversation(options(.relay), limits: limits)) { question in
      switch question {
      case .sender(let ticket, _, _): [.answered(ticket, .senderAccepted)]
      case .recipient(let ticket, _, _, _): [.answered(ticket, .recipientAccepted)]
      case .message(let ticket, _, _): [.answered(ticket, .goAhead)]
      default: []
      }
    }
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    _ = end.takeQuestions()
    end.receive("0123456789\r\n")
    guard case .content(let ticket, let bytes) = end.takeQuestions().first else { return #expect(Bool(false)) }
    #expect(bytes == "0123456789\r\n" && !end.conversation.acceptsBytes)
    end.receive("more\r\n.\r\n")
    #expect(end.takeQuestions().isEmpty)
    end.give(.contentTaken(ticket, 1))
    #expect(!end.conversation.acceptsBytes)
    end.give(.contentTaken(ticket, 11))
    #expect(end.takeQuestions() == [.content(ticket, "more\r\n"), .messageEnd(ticket)])
    // The owner is the slow one; the client is not blamed for it.
    end.advance(by: .seconds(599))
    #expect(end.closing == nil)
    end.give(.answered(ticket, .contentAccepted))
    #expect(end.takeOutput() == "250 2.0.0 Message accepted\r\n")
  }

  @Test("an owner that has had enough says so at the message's end")
  func refusedHalfway() {
    let end = BareEnd(ServerConversation(options(.relay))) { question in
      switch question {
      case .sender(let ticket, _, _): [.answered(ticket, .senderAccepted)]
      case .recipient(let ticket, _, _, _): [.answered(ticket, .recipientAccepted)]
      case .message(let ticket, _, _): [.answered(ticket, .goAhead)]
      case .content(let ticket, _): [.answered(ticket, .storageFull)]
      default: []
      }
    }
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA", "one", "two")
    #expect(end.takeOutput().isEmpty)
    #expect(Self.say(end, ".") == "452 4.3.1 No room for mail at the moment\r\n")
    #expect(end.takeQuestions().count { if case .abandoned = $0 { true } else { false } } == 1)
  }

  @Test("a connection that ends in the middle of a message leaves nothing", arguments: [ConnectionEvent.lost, .peerClosed, .deadlineReached])
  func abandoned(_ event: ConnectionEvent) {
    let owner = Owner()
    let end = Self.end(options(.relay), owner: owner)
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA", "half")
    end.happen(event)
    #expect(owner.abandoned == 1 && owner.messages.isEmpty)
    #expect(end.closing != nil)
  }

  @Test("RSET and EHLO between chunks end the message", .spec("RFC 3030", "2"), arguments: ["RSET", "EHLO a.test", "QUIT"])
  func abandonedChunks(_ command: String) {
    let owner = Owner()
    let end = Self.end(options(.relay), owner: owner)
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "BDAT 3\r\nabc\(command)")
    #expect(owner.abandoned == 1)
    #expect(Self.say(end, "BDAT 3 LAST\r\nabcNOOP").hasPrefix(command == "QUIT" ? "" : "503 5.5.1 Name a sender first\r\n250 "))
  }

  @Test("goodbye is answered as the owner wants it, or not at all", .spec("RFC 5321", "4.1.1.10"))
  func farewell() {
    let end = Self.end(options(.relay))
    Self.say(end, "EHLO a.test")
    end.give(.farewell(Reply(451, EnhancedCode(4, 3, 0), "Not yet")))
    #expect(Self.say(end, "QUIT") == "451 4.3.0 Not yet\r\n" && end.closing == .afterFlush)
    let silent = Self.end(options(.relay))
    Self.say(silent, "EHLO a.test")
    silent.give(.farewell(nil))
    #expect(Self.say(silent, "QUIT", "NOOP") == "" && silent.closing == nil && silent.conversation.stateName == "unanswered")
    // It does not stay for ever.
    silent.advance(by: SMTP.Limits().answerTimeout)
    #expect(silent.closing != nil)
  }

  // MARK: Bounds

  @Test("too many recipients are no fault", .spec("RFC 5321", "4.5.3.1.10"))
  func recipients() {
    var limits = SMTP.Limits()
    limits.recipientsMax = 3
    let owner = Owner()
    let end = Self.end(options(.relay), limits: limits, owner: owner)
    #expect(Self.say(end, "EHLO a.test").contains("LIMITS RCPTMAX=3"))
    Self.say(end, "MAIL FROM:<a@a.test>")
    let answers = (0..<50).map { Self.say(end, "RCPT TO:<u\($0)@home.test>").prefix(9) }
    #expect(answers.prefix(3).allSatisfy { $0 == "250 2.1.5" })
    #expect(answers.dropFirst(3).allSatisfy { $0 == "452 4.5.3" })
    Self.say(end, "DATA", "one", ".")
    #expect(owner.envelopes.first?.recipients.map(\.localPart) == ["u0", "u1", "u2"])
  }

  @Test("a message that grows past the bound is read to its end", .spec("RFC 1870", "6.3"))
  func size() {
    var limits = SMTP.Limits()
    limits.messageBytesMax = 10
    limits.messageDiscardedBytesMax = 20
    let owner = Owner()
    let end = Self.end(options(.relay), limits: limits, owner: owner)
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    #expect(Self.say(end, "01234567", ".") == "250 2.0.0 Message accepted\r\n")
    Self.say(end, "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    #expect(Self.say(end, "012345678", ".") == "552 5.3.4 The message is too big\r\n")
    Self.say(end, "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>")
    #expect(Self.say(end, "BDAT 11\r\n01234567890NOOP") == "552 5.3.4 The message is too big\r\n250 2.0.0 OK\r\n")
    Self.say(end, "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "BDAT 5\r\n01234RCPT TO:<c@home.test>")
    #expect(Self.say(end, "BDAT 6 LAST\r\n012345NOOP") == "552 5.3.4 The message is too big\r\n250 2.0.0 OK\r\n")
    Self.say(end, "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    #expect(Self.say(end, "012345678901234567890") == "421 4.3.4 The message does not end\r\n")
    #expect(owner.messages.count == 1 && owner.abandoned == 4)
  }

  @Test("a line of content past the bound")
  func contentLine() {
    var limits = SMTP.Limits()
    limits.contentLineBytesMax = 8
    let end = Self.end(options(.relay), limits: limits)
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    #expect(Self.say(end, "012345", ".") == "250 2.0.0 Message accepted\r\n")
    Self.say(end, "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    #expect(Self.say(end, "0123456", ".") == "554 5.6.0 A line of the message is too long\r\n")
  }

  @Test("commands of any length", .spec("RFC 5321", "4.5.3.1.4"), arguments: [2_048, 2_049, 12_288, 12_291, 100_000])
  func commandLength(_ length: Int) {
    let end = Self.end(options(.relay))
    let line = "NOOP " + String(repeating: "x", count: length - 7)
    #expect(Self.say(end, line) == (length <= 2_048 ? "250 2.0.0 OK\r\n" : "500 5.5.2 The line is too long\r\n"))
    Self.say(end, line)
    let third = Self.say(end, line)
    #expect(third == (length <= 2_048 ? "250 2.0.0 OK\r\n" : "421 4.7.0 Too many errors\r\n"))
  }

  @Test("AUTH may be as long as a response", .spec("RFC 4954", "4"))
  func longResponses() {
    let password = String(repeating: "x", count: 4_000)
    let long = Base64.text("\0alice\0\(password)".utf8)
    let end = Self.end(options(.submission))
    #expect(Self.say(end, "EHLO a.test", "AUTH PLAIN \(long)") == "535 5.7.8 Wrong user or password\r\n")
    #expect(Self.say(end, "AUTH PLAIN", String(repeating: "A", count: 12_292)) == "500 5.5.6 The line is too long\r\n")
    #expect(Self.say(end, "NOOP") == "250 2.0.0 OK\r\n")
    #expect(Self.say(end, "AUTH PLAIN", String(repeating: "A", count: 99_999)) == "421 4.7.0 Too many errors\r\n")
  }

  @Test("a hundred commands that bring nothing on, then they are faults")
  func idleCommands() {
    let end = Self.end(options(.relay))
    for _ in 0..<109 { #expect(Self.say(end, "NOOP") == "250 2.0.0 OK\r\n") }
    #expect(Self.say(end, "VRFY \u{FC}") == "")
    end.advance(by: .seconds(1))
    #expect(end.takeOutput() == "252 2.5.0 Send mail and see\r\n")
    for _ in 0..<9 {
      Self.say(end, "RSET")
      end.advance(by: .seconds(1))
    }
    #expect(Self.say(end, "NOOP") == "421 4.7.0 Too many errors\r\n")
  }

  @Test("twenty errors, the last ten a second apart; a message in between begins anew")
  func errors() {
    let end = Self.end(options(.relay))
    Self.say(end, "EHLO a.test")
    for _ in 0..<9 { Self.say(end, "FROB") }
    Self.say(end, "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA", "one", ".")
    for _ in 0..<9 { #expect(Self.say(end, "FROB") == "500 5.5.1 No such command\r\n") }
    for _ in 0..<10 {
      #expect(Self.say(end, "FROB") == "" && !end.conversation.acceptsBytes)
      end.advance(by: .milliseconds(999))
      #expect(end.takeOutput().isEmpty)
      end.advance(by: .milliseconds(1))
      #expect(end.takeOutput() == "500 5.5.1 No such command\r\n")
    }
    #expect(Self.say(end, "FROB") == "421 4.7.0 Too many errors\r\n")
    #expect(end.closing == .afterFlush)
  }

  @Test("content of the slowest kind that is borne")
  func slowContent() {
    let end = Self.end(options(.relay))
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    let line = Buffer(String(repeating: "x", count: 498) + "\r\n")
    for _ in 0..<2_000 {
      end.advance(by: .seconds(1))
      end.receive(line)
    }
    #expect(end.closing == nil)
    for _ in 0..<600 {
      end.advance(by: .seconds(2))
      end.receive(line)
    }
    #expect(end.takeOutput() == "421 4.4.2 Too slow\r\n")
  }

  @Test("a thousand tiny chunks have no more time than one message")
  func slowChunks() {
    let end = Self.end(options(.relay))
    Self.say(end, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>")
    var chunks = 0
    while end.closing == nil, chunks < 100 {
      end.receive("BDAT 1\r\nx")
      end.advance(by: .seconds(60))
      chunks += 1
    }
    #expect(chunks == 6)
  }

  @Test("a client that takes nothing of what it is told")
  func congestion() {
    let end = Self.end(options(.relay))
    Self.say(end, "EHLO a.test")
    end.happen(.congested)
    end.receive("NOOP\r\n")
    #expect(end.takeOutput().isEmpty)
    end.happen(.relieved)
    #expect(end.takeOutput() == "250 2.0.0 OK\r\n")
    end.happen(.congested)
    end.advance(by: .seconds(181))
    #expect(end.closing == .now)
  }

  @Test("a service that ends finishes the message under way")
  func retired() {
    let owner = Owner()
    let idle = Self.end(options(.relay), owner: owner)
    Self.say(idle, "EHLO a.test")
    idle.happen(.retired)
    #expect(idle.takeOutput() == "421 4.3.2 Closing down; try again later\r\n")
    let busy = Self.end(options(.relay), owner: owner)
    Self.say(busy, "EHLO a.test", "MAIL FROM:<a@a.test>", "RCPT TO:<b@home.test>", "DATA")
    busy.happen(.retired)
    #expect(busy.closing == nil)
    #expect(Self.say(busy, "one", ".") == "250 2.0.0 Message accepted\r\n421 4.3.2 Closing down; try again later\r\n")
    #expect(owner.messages == ["one\r\n"])
  }

  @Test("a connection that is refused is told why")
  func refused() {
    let end = BareEnd(ServerConversation(options(.relay), refusing: .tooManyConnections))
    #expect(end.takeOutput() == "421 4.7.0 Too many connections from you; try again later\r\n")
    #expect(end.closing == .afterFlush)
  }

  // MARK: Secrets

  @Test("no password enters a trace")
  func secrets() {
    let end = Self.end(options(.submission))
    Self.say(end, "EHLO a.test", "AUTH PLAIN AGFsaWNlAHgx", "AUTH LOGIN", "YWxpY2U=", "c2VjcmV0")
    #expect(end.shown.map(\.text).filter { $0.contains("AUTH") || $0.contains("334") || $0.contains("***") }.suffix(6) == [
      "AUTH PLAIN ************\r\n", "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", "**********", "334 UGFzc3dvcmQ6\r\n", "**********",
    ])
    // What is no base64 may be a password all the same; and half a line before the end.
    let clumsy = Self.end(options(.submission))
    Self.say(clumsy, "EHLO a.test", "AUTH LOGIN", "hunter2")
    clumsy.receive("AUTH LOGIN\r\n")
    clumsy.receive("hunt")
    clumsy.happen(.retired)
    #expect(!clumsy.shown.contains { $0.text.contains("hunt") })
    #expect(ServerConversation.secrets(in: "auth plain\r\n").isEmpty && ServerConversation.secrets(in: "NOOP\r\n").isEmpty)
  }
}
