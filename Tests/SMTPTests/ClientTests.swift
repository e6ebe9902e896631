// The client's half: against scripted servers, and against our own.
import Bytes
import Mail
import SMTP

import TestKit
import Testing
import World

/// A file in memory.
private final class MemoryFile: FileReference {
  let descriptor: Int32 = -1
  let bytes: Buffer
  init(_ bytes: Buffer) { self.bytes = bytes }
  func read(at offset: Int64, length: Int) -> Buffer? { bytes[Int(offset)..<Int(offset) + length] }
}

@Suite("SMTP client")
struct ClientTests {
  typealias End = BareEnd<ClientConversation>

  static func address(_ text: String) -> MailAddress { try! MailAddress(text) }

  static func delivery(_ recipients: String..., content: Buffer = "Subject: x\r\n\r\n.dots\r\nend\r\n", isEightBit: Bool = false) -> Delivery {
    Delivery(sender: .mailbox(address("alice@home.test")), recipients: recipients.map(address), content: [.bytes(content)], isEightBit: isEightBit)
  }

  /// What a client told its owner, in words.
  static func told(_ questions: [ClientConversation.Question]) -> [String] {
    questions.map { question in
      switch question {
      case .ready(let peer): "ready \(peer.name)"
      case .read(_, let slice): "read \(slice.offset)+\(slice.length)"
      case .delivered(let fates): "delivered " + fates.map(word).joined(separator: ", ")
      case .ended(let failure): "ended \(failure.map(\.description) ?? "well")"
      }
    }
  }

  static func word(_ fate: Fate) -> String {
    switch fate {
    case .accepted(let reply): "accepted \(reply.code)"
    case .temporary(let reply): "temporary \(reply.code)"
    case .permanent(let reply): "permanent \(reply.code)"
    case .undecided(let failure): "undecided \(failure)"
    }
  }

  /// Plays a server: each line of it is said when the client has said what stands before it. `C` lines are expected.
  static func play(_ options: ClientOptions, _ script: String, limits: SMTP.Limits = SMTP.Limits(), deliveries: [Delivery] = []) -> (End, [String]) {
    var left = deliveries[...]
    let end = BareEnd(ClientConversation(options, limits: limits)) { question in
      if case .ready = question { return [left.popFirst().map { .deliver($0) } ?? .quit] }
      if case .read(let ticket, let slice) = question { return [.piece(ticket, slice.file.read(at: slice.offset, length: Int(slice.length)) ?? Buffer())] }
      return []
    }
    for line in script.split(separator: "\n") {
      if line == "securing" {
        #expect(end.isSecuring)
        end.happen(.secured)
      } else if line.hasPrefix("C: ") {
        let expected = Pattern(line.dropFirst(3)) ?? Pattern(literal: "?")
        var said = end.takeOutput()
        #expect(said.array.suffix(2).elementsEqual("\r\n".utf8))
        said.dropLast(2)
        #expect(expected.length(in: said) == said.count, "expected \(line), found \(said)")
      } else if line.hasPrefix("S: ") {
        // `|` stands between lines that come together.
        end.receive(Buffer(line.dropFirst(3).split(separator: "|").map { $0 + "\r\n" }.joined()))
      } else if line.hasPrefix("wait ") {
        end.advance(by: .seconds(Int(line.dropFirst(5)) ?? 0))
      } else if line == "lost" {
        end.happen(.lost)
      }
    }
    return (end, told(end.takeQuestions()))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var options = ClientOptions(name: "a.test", tls: .opportunistic)
    var script: String
    var deliveries: [Delivery] = []
    var told: [String]
    var testDescription: String { name }
  }

  static let user = SASL.Credentials(user: "alice", password: "secret")
  static let hello = "S: 220 mx.test\nC: EHLO a.test\nS: 250-mx.test|250-PIPELINING|250 SIZE 1000\n"
  static let slow = "S: 220 mx.test\nC: EHLO a.test\nS: 250 mx.test\n"

  @Test("what a client says and what comes of it", arguments: [
    Case(name: "one message, pipelined", script: hello + #"""
      C: MAIL FROM:<alice@home.test> SIZE=26\r\nRCPT TO:<bob@b.test>\r\nRCPT TO:<carol@b.test>
      S: 250 ok|250 ok|550 5.1.1 no
      C: DATA
      S: 354 go
      C: Subject: x\r\n\r\n..dots\r\nend\r\n.
      S: 250 2.0.0 queued
      C: QUIT
      S: 221 bye
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered accepted 250, permanent 550", "ready mx.test", "ended well"]),
    Case(name: "one by one where the server does not pipeline", script: slow + #"""
      C: MAIL FROM:<alice@home.test>
      S: 250 ok
      C: RCPT TO:<bob@b.test>
      S: 250 ok
      C: RCPT TO:<carol@b.test>
      S: 451 later
      C: DATA
      S: 354 go
      C: *end\r\n.
      S: 250 queued
      C: QUIT
      S: 221 bye
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered accepted 250, temporary 451", "ready mx.test", "ended well"]),
    Case(name: "an old server", script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 502 what?
      C: HELO a.test
      S: 250 mx.test
      C: MAIL FROM:<alice@home.test>
      """#, deliveries: [delivery("bob@b.test")], told: ["ready mx.test"]),
    Case(name: "a sender that is refused", script: hello + #"""
      C: MAIL*RCPT*
      S: 550 5.7.1 spam|503 no|503 no
      C: QUIT
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered permanent 550, permanent 550", "ready mx.test"]),
    Case(name: "no recipient is taken", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|450 4.2.1 later
      C: RSET
      S: 250 ok
      C: MAIL*RCPT*
      S: 250 ok|250 ok
      C: DATA
      S: 354 go
      C: *end\r\n.
      S: 250 ok
      C: QUIT
      """#, deliveries: [delivery("bob@b.test"), delivery("carol@b.test")],
      told: ["ready mx.test", "delivered temporary 450", "ready mx.test", "delivered accepted 250", "ready mx.test"]),
    Case(name: "DATA is refused", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|250 ok|550 no
      C: DATA
      S: 452 4.3.1 full
      C: RSET
      S: 250 ok
      C: QUIT
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered temporary 452, permanent 550", "ready mx.test"]),
    Case(name: "the message is refused at its end", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|250 ok|451 later
      C: DATA
      S: 354 go
      C: *end\r\n.
      S: 554 5.6.0 worm
      C: QUIT
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered permanent 554, temporary 451", "ready mx.test"]),
    Case(name: "too many recipients for one transaction", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|250 ok|452 4.5.3 enough
      C: DATA
      S: 354 go
      C: *end\r\n.
      S: 250 one
      C: MAIL FROM:<alice@home.test> SIZE=26\r\nRCPT TO:<carol@b.test>
      S: 250 ok|250 ok
      C: DATA
      S: 354 go
      C: *end\r\n.
      S: 250 two
      C: QUIT
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered accepted 250, accepted 250", "ready mx.test"]),
    Case(name: "a full mailbox is no full transaction", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|250 ok|452 4.2.2 mailbox full
      C: DATA
      S: 354 go
      C: *end\r\n.
      S: 250 one
      C: QUIT
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered accepted 250, temporary 452", "ready mx.test"]),
    Case(name: "recipients as many as the server announces", script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250-PIPELINING|250 LIMITS RCPTMAX=1
      C: MAIL FROM:<alice@home.test>\r\nRCPT TO:<bob@b.test>
      S: 250 ok|250 ok
      C: DATA
      S: 354 go
      C: *end\r\n.
      S: 250 one
      C: MAIL FROM:<alice@home.test>\r\nRCPT TO:<carol@b.test>
      S: 250 ok|550 no
      C: RSET
      S: 250 ok
      C: QUIT
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")], told: ["ready mx.test", "delivered accepted 250, permanent 550", "ready mx.test"]),
    Case(name: "too big for this server", script: hello + "C: QUIT", deliveries: [delivery("bob@b.test", content: Buffer(repeatElement(97, count: 1_001)))],
      told: ["ready mx.test", "delivered permanent 552", "ready mx.test"]),
    Case(name: "8 bits for a server of 7", script: hello + "C: QUIT", deliveries: [delivery("bob@b.test", isEightBit: true)],
      told: ["ready mx.test", "delivered permanent 554", "ready mx.test"]),
    Case(name: "stray CR and LF leave as spaces, so that nothing is smuggled", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|250 ok
      C: DATA
      S: 354 go
      C: a . MAIL FROM:<x@y.test>  .  b\r\n.
      S: 250 ok
      C: QUIT
      """#, deliveries: [delivery("bob@b.test", content: "a\n.\nMAIL FROM:<x@y.test>\r\r.\n\rb")], told: ["ready mx.test", "delivered accepted 250", "ready mx.test"]),
    Case(name: "a server that closes in the middle", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|421 4.3.2 down
      """#, deliveries: [delivery("bob@b.test")],
      told: ["ready mx.test", "delivered undecided RCPT: the server closes: 421 4.3.2 down", "ended RCPT: the server closes: 421 4.3.2 down"]),
    Case(name: "a connection that goes after the whole message", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|250 ok|550 no
      C: DATA
      S: 354 go
      C: *end\r\n.
      lost
      """#, deliveries: [delivery("bob@b.test", "carol@b.test")],
      told: ["ready mx.test", "delivered undecided end of content: the connection went, permanent 550", "ended end of content: the connection went"]),
    Case(name: "a server that has nothing to say", script: "wait 301", told: ["ended greeting: no answer in time"]),
    Case(name: "no verdict", script: hello + #"""
      C: MAIL*RCPT*
      S: 250 ok|250 ok
      C: DATA
      wait 119
      S: 354 go
      C: *end\r\n.
      wait 599
      wait 2
      """#, deliveries: [delivery("bob@b.test")],
      told: ["ready mx.test", "delivered undecided end of content: no answer in time", "ended end of content: no answer in time"]),
    Case(name: "no leave", script: hello + "C: MAIL*RCPT*\nS: 250 ok|250 ok\nC: DATA\nwait 121", deliveries: [delivery("bob@b.test")],
      told: ["ready mx.test", "delivered undecided DATA: no answer in time", "ended DATA: no answer in time"]),
    Case(name: "a greeting that refuses", script: "S: 554 5.7.1 go away\nC: QUIT", told: ["ended greeting: 554 5.7.1 go away"]),
    Case(name: "a greeting that closes", script: "S: 421 4.7.0 busy", told: ["ended greeting: the server closes: 421 4.7.0 busy"]),
    Case(name: "more replies than commands", script: hello + "C: MAIL*RCPT*\nS: 250 ok|250 ok|250 ok", deliveries: [delivery("bob@b.test")],
      told: ["ready mx.test", "delivered undecided DATA: expected leave to send the message, found 250 ok", "ended DATA: expected leave to send the message, found 250 ok"]),
    Case(name: "no SMTP at all", script: "S: SSH-2.0-OpenSSH", told: ["ended greeting: expected Reply-code at byte 0 (RFC 5321 §4.2)"]),

    // TLS.
    Case(name: "TLS when it is offered", script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 STARTTLS
      C: STARTTLS
      S: 220 go
      securing
      C: EHLO a.test
      S: 250 inside.test
      C: QUIT
      """#, told: ["ready inside.test"]),
    Case(name: "TLS that is refused, for who does not insist", script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 STARTTLS
      C: STARTTLS
      S: 454 4.7.0 not now
      C: QUIT
      """#, told: ["ready mx.test"]),
    Case(name: "TLS that is not offered, for who insists", options: ClientOptions(name: "a.test", tls: .required), script: hello + "C: QUIT",
      told: ["ended the server does not offer TLS"]),
    Case(name: "TLS that is refused, for who insists", options: ClientOptions(name: "a.test", tls: .required), script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 STARTTLS
      C: STARTTLS
      S: 454 4.7.0 not now
      C: QUIT
      """#, told: ["ended STARTTLS: 454 4.7.0 not now"]),
    Case(name: "who insists on TLS does not fall back to HELO", options: ClientOptions(name: "a.test", tls: .required), script: "S: 220 x\nC: EHLO a.test\nS: 502 what\nC: QUIT",
      told: ["ended EHLO: 502 what"]),
    Case(name: "a reply to STARTTLS before it was said", script: "S: 220 x\nC: EHLO a.test\nS: 250-mx.test|250 STARTTLS|220 go",
      told: ["ended EHLO: a reply to STARTTLS came before it was said (RFC 3207 §6)"]),
    Case(name: "something in the clear behind the reply to STARTTLS", script: "S: 220 x\nC: EHLO a.test\nS: 250-mx.test|250 STARTTLS\nC: STARTTLS\nS: 220 go|250 evil.test",
      told: ["ended STARTTLS: something came in the clear behind the reply to STARTTLS (RFC 3207 §6)"]),
    Case(name: "a handshake that fails", script: "S: 220 x\nC: EHLO a.test\nS: 250-mx.test|250 STARTTLS\nC: STARTTLS\nS: 220 go\nlost", told: ["ended TLS handshake: the connection went"]),

    // AUTH.
    Case(name: "PLAIN in one line", options: ClientOptions(name: "a.test", tls: .fromTheStart, credentials: user), script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 AUTH LOGIN PLAIN
      C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
      S: 235 2.7.0 welcome
      C: QUIT
      """#, told: ["ready mx.test"]),
    Case(name: "LOGIN where nothing better is offered", options: ClientOptions(name: "a.test", tls: .fromTheStart, credentials: user), script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 AUTH CRAM-MD5 LOGIN
      C: AUTH LOGIN
      S: 334 VXNlcm5hbWU6
      C: YWxpY2U=
      S: 334 UGFzc3dvcmQ6
      C: c2VjcmV0
      S: 334 bW9yZQ==
      C: \*
      S: 501 cancelled
      C: QUIT
      """#, told: ["ended AUTH: 501 cancelled"]),
    Case(name: "a wrong password", options: ClientOptions(name: "a.test", tls: .fromTheStart, credentials: user), script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 AUTH PLAIN
      C: AUTH*
      S: 535 5.7.8 wrong
      C: QUIT
      """#, told: ["ended AUTH: 535 5.7.8 wrong"]),
    Case(name: "no password in the clear", options: ClientOptions(name: "a.test", tls: .opportunistic, credentials: user), script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 AUTH PLAIN
      C: QUIT
      """#, told: ["ended cannot log in: not without TLS"]),
    Case(name: "nothing to log in with", options: ClientOptions(name: "a.test", tls: .fromTheStart, credentials: user), script: #"""
      S: 220 mx.test
      C: EHLO a.test
      S: 250-mx.test|250 AUTH GSSAPI
      C: QUIT
      """#, told: ["ended cannot log in: the server offers GSSAPI"]),
  ])
  func playing(_ c: Case) {
    let (_, told) = Self.play(c.options, c.script, deliveries: c.deliveries)
    #expect(told == c.told)
  }

  @Test("many recipients are named a bounded number ahead")
  func pipelineBound() {
    var limits = SMTP.Limits()
    limits.pipelinedMax = 3
    let (end, _) = Self.play(ClientOptions(name: "a.test"), Self.hello, limits: limits, deliveries: [
      Delivery(sender: .empty, recipients: (0..<5).map { Self.address("u\($0)@b.test") }, content: [.bytes("x\r\n")])
    ])
    #expect(end.takeOutput() == "MAIL FROM:<> SIZE=3\r\nRCPT TO:<u0@b.test>\r\nRCPT TO:<u1@b.test>\r\n")
    end.receive("250 ok\r\n")
    #expect(end.takeOutput() == "RCPT TO:<u2@b.test>\r\n")
    end.receive("250 ok\r\n250 ok\r\n")
    #expect(end.takeOutput() == "RCPT TO:<u3@b.test>\r\nRCPT TO:<u4@b.test>\r\n")
    end.receive("250 ok\r\n250 ok\r\n250 ok\r\n")
    #expect(end.takeOutput() == "DATA\r\n")
  }

  @Test("a file is read in pieces, as fast as the server takes them")
  func pieces() {
    var limits = SMTP.Limits()
    limits.contentPieceBytes = 4
    let file = MemoryFile("....a\r\n.b\r\n..rest")
    let slice = FileSlice(file: file, offset: 2, length: 8)
    let end = BareEnd(ClientConversation(ClientOptions(name: "a.test"), limits: limits)) { question in
      if case .ready = question { return [.deliver(Delivery(sender: .empty, recipients: [Self.address("b@b.test")], content: [.bytes("X: y\r\n\r\n"), .file(slice), .bytes("c")]))] }
      return []
    }
    for line in ["220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n"] { end.receive(Buffer(line)) }
    _ = end.takeOutput()
    end.receive("354 go\r\n")
    #expect(end.takeOutput() == "X: y\r\n\r\n")
    guard case .read(let first, let wanted) = end.takeQuestions().last else { return #expect(Bool(false)) }
    #expect(wanted == FileSlice(file: file, offset: 2, length: 4))
    end.happen(.congested)
    end.give(.piece(first, file.read(at: 2, length: 4) ?? Buffer()))
    // The CR at the piece's end waits for what follows it.
    #expect(end.takeOutput() == "...a")
    #expect(end.takeQuestions().isEmpty)
    end.happen(.relieved)
    guard case .read(let second, let rest) = end.takeQuestions().last else { return #expect(Bool(false)) }
    #expect(rest == FileSlice(file: file, offset: 6, length: 4))
    end.give(.piece(first, "late"))
    end.give(.piece(second, file.read(at: 6, length: 4) ?? Buffer()))
    // "\n.b\r" of the file, and the part behind it.
    #expect(end.takeOutput() == "\r\n..b c\r\n.\r\n")
  }

  @Test("a file that is shorter than it was ends the connection, not the message")
  func unreadable() {
    let file = MemoryFile("x\r\n")
    let delivery = Delivery(sender: .empty, recipients: [Self.address("b@b.test")], content: [.file(FileSlice(file: file, offset: 0, length: 10))])
    let (end, told) = Self.play(ClientOptions(name: "a.test"), Self.slow + "S: 250 ok\nS: 250 ok\nS: 354 go", deliveries: [delivery])
    #expect(told.suffix(2) == ["delivered undecided the message could not be read", "ended the message could not be read"])
    #expect(end.closing == .now)
    #expect(!end.takeOutput().text.hasSuffix(".\r\n"))
  }

  @Test("a server that has had enough before the message's end")
  func earlyVerdict() {
    let file = MemoryFile("x\r\n")
    let end = BareEnd(ClientConversation(ClientOptions(name: "a.test"))) { question in
      if case .ready = question { return [.deliver(Delivery(sender: .empty, recipients: [Self.address("b@b.test")], content: [.file(FileSlice(file: file, offset: 0, length: 3))]))] }
      return []
    }
    for line in ["220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "552 5.3.4 enough\r\n"] { end.receive(Buffer(line)) }
    #expect(Self.told(end.takeQuestions()).suffix(2) == ["delivered permanent 552", "ended content: 552 5.3.4 enough"])
    #expect(end.closing == .now)
  }

  @Test("an idle connection says goodbye, a retired one too")
  func leaving() {
    for event in [ConnectionEvent.deadlineReached, .retired] {
      let end = BareEnd(ClientConversation(ClientOptions(name: "a.test")))
      end.receive("220 x\r\n250 x\r\n")
      _ = end.takeOutput()
      end.happen(event)
      #expect(end.takeOutput() == "QUIT\r\n")
      end.receive("221 bye\r\n")
      #expect(Self.told(end.takeQuestions()) == ["ready x", "ended well"])
      #expect(end.closing == .afterFlush)
    }
  }

  @Test("no password enters a trace")
  func secrets() {
    let (plain, _) = Self.play(ClientOptions(name: "a.test", tls: .fromTheStart, credentials: Self.user), "S: 220 x\nS: 250-x|250 AUTH PLAIN\nS: 235 ok")
    #expect(plain.shown.contains("AUTH PLAIN ********************\r\n"))
    let (login, _) = Self.play(
      ClientOptions(name: "a.test", tls: .fromTheStart, credentials: Self.user), "S: 220 x\nS: 250-x|250 AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nS: 334 UGFzc3dvcmQ6\nS: 235 ok")
    #expect(login.shown.filter { $0.text.hasPrefix("*") }.count == 2 && !login.shown.contains { $0.text.contains("c2VjcmV0") })
  }

  // MARK: Both ends

  @Test("our client and our server", arguments: [Role.relay, .submission], [ServerOptions.TLS.absent, .offered, .fromTheStart])
  func together(_ role: Role, _ tls: ServerOptions.TLS) {
    let owner = Owner()
    let server = BareEnd(ServerConversation(options(role, tls: tls))) { owner.answer($0).map { [$0] } ?? [] }
    let wish: ClientOptions.TLS = tls == .absent ? .never : tls == .offered ? .required : .fromTheStart
    var clientOptions = ClientOptions(name: "pc.home.test", tls: wish, credentials: role == .submission ? Self.user : nil)
    clientOptions.logsIn = .always
    // Beside each other all the traps: dots, long lines, empty messages.
    let contents: [Buffer] = [".\r\n..\r\n...\r\nQUIT\r\n", "", Buffer(repeatElement(46, count: 100_000)) + "\r\n", "no end", "8 bits: \u{FC}\r\n"]
    var left = contents[...]
    let client = BareEnd(ClientConversation(clientOptions)) { question in
      guard case .ready = question else { return [] }
      return [left.popFirst().map { .deliver(Self.delivery("bob@home.test", "nobody@home.test", "later@home.test", content: $0, isEightBit: true)) } ?? .quit]
    }
    converse(client, server)
    let fates = Self.told(client.takeQuestions()).filter { $0.hasPrefix("delivered") }
    #expect(fates == Array(repeating: "delivered accepted 250, permanent 550, temporary 451", count: contents.count))
    #expect(owner.messages == contents.map { $0.isEmpty || $0.text.hasSuffix("\r\n") ? $0 : $0 + "\r\n" })
    #expect(owner.sessions.allSatisfy { $0.isEncrypted == (tls != .absent) && $0.user == (role == .submission ? "alice" : nil) })
    #expect(client.closing == .afterFlush && server.closing == .afterFlush)
  }
}

func + (a: Buffer, b: Buffer) -> Buffer {
  var sum = a
  sum.append(b)
  return sum
}
