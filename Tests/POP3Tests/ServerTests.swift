// The server's half where transcripts do not reach: TLS, what happens to the mailbox, bounds, secrets.
import Bytes
import Mail
import POP3
import TestKit
import Testing
import World

@Suite("POP3 server")
struct ServerTests {
  typealias End = BareEnd<ServerConversation>

  static func end(_ options: ServerOptions = options(), limits: POP3.Limits = POP3.Limits(), owner: Owner = Owner()) -> End {
    BareEnd(ServerConversation(options, limits: limits)) { owner.answer($0).map { [$0] } ?? [] }
  }

  @discardableResult static func say(_ end: End, _ lines: String...) -> String {
    _ = end.takeOutput()
    for line in lines {
      _ = end.takeOutput()
      end.receive(Buffer(line + "\r\n"))
    }
    return end.takeOutput().text
  }

  @Test("no login before TLS, and what was said before it is forgotten", .spec("RFC 2595", "4"))
  func startTLS() {
    let end = Self.end(options(tls: .offered, login: .onlyInsideTLS))
    let before = Self.say(end, "CAPA")
    #expect(before.contains("STLS\r\n") && !before.contains("USER") && !before.contains("SASL"))
    #expect(Self.say(end, "USER alice") == "-ERR Not without TLS\r\n")
    #expect(Self.say(end, "STLS") == "+OK Ready for TLS\r\n")
    #expect(end.isSecuring)
    end.happen(.secured)
    #expect(Self.say(end, "PASS secret") == "-ERR USER first\r\n")
    let inside = Self.say(end, "CAPA")
    #expect(!inside.contains("STLS") && inside.contains("USER\r\nSASL PLAIN LOGIN\r\n"))
    #expect(Self.say(end, "AUTH PLAIN AGFsaWNlAHNlY3JldA==") == "+OK 3 messages\r\n")
    // A user named in the clear is nobody inside.
    let named = Self.end(options(tls: .offered))
    Self.say(named, "USER alice", "STLS")
    named.happen(.secured)
    #expect(Self.say(named, "PASS secret") == "-ERR USER first\r\n")
  }

  @Test("what comes in the clear behind STLS ends the connection")
  func injection() {
    let end = Self.end(options(tls: .offered))
    end.receive("STLS\r\nUSER x\r\n")
    #expect(end.takeOutput().text.hasSuffix("-ERR You spoke before the answer\r\n"))
    #expect(end.closing == .afterFlush && !end.isSecuring)
    let slow = Self.end(options(tls: .offered))
    Self.say(slow, "STLS")
    slow.advance(by: .seconds(61))
    #expect(slow.closing == .now)
  }

  struct Ending: Sendable, CustomTestStringConvertible {
    var name: String
    var lines: [String]
    var event: ConnectionEvent?
    var story: [String]
    var testDescription: String { name }
  }

  @Test("the mailbox is given back once, and only QUIT deletes", .spec("RFC 1939", "6"), arguments: [
    Ending(name: "QUIT", lines: ["USER alice", "PASS secret", "DELE 3", "DELE 1", "QUIT"], story: ["opened", "deleted [0, 2]"]),
    Ending(name: "QUIT with nothing marked", lines: ["USER alice", "PASS secret", "DELE 3", "RSET", "QUIT"], story: ["opened", "deleted []"]),
    Ending(name: "the client goes", lines: ["USER alice", "PASS secret", "DELE 1"], event: .peerClosed, story: ["opened", "released"]),
    Ending(name: "the connection breaks", lines: ["USER alice", "PASS secret", "DELE 1"], event: .lost, story: ["opened", "released"]),
    Ending(name: "silence", lines: ["USER alice", "PASS secret", "DELE 1"], event: .deadlineReached, story: ["opened", "released"]),
    Ending(name: "the service ends", lines: ["USER alice", "PASS secret", "DELE 1"], event: .retired, story: ["opened", "released"]),
    Ending(name: "never logged in", lines: ["QUIT"], story: []),
    Ending(name: "never let in", lines: ["USER bob", "PASS x"], event: .lost, story: []),
  ])
  func endings(_ ending: Ending) {
    let owner = Owner()
    let end = Self.end(owner: owner)
    for line in ending.lines { Self.say(end, line) }
    if let event = ending.event { end.happen(event) }
    #expect(owner.story == ending.story)
    #expect(end.closing != nil)
    end.happen(.lost)
    #expect(owner.story == ending.story)
  }

  @Test("a connection that ends while the login is undecided gives the mailbox back all the same")
  func releasedBeforeOpened() {
    let end = BareEnd(ServerConversation(options()))
    Self.say(end, "USER alice", "PASS secret")
    #expect(end.takeQuestions().count == 1)
    end.happen(.lost)
    #expect(end.takeQuestions() == [.released])
  }

  @Test("twenty bad commands after login")
  func faults() {
    let end = Self.end()
    Self.say(end, "FROB", "FROB", "USER alice", "PASS secret")
    for _ in 0..<30 { #expect(Self.say(end, "RETR 17") == "-ERR No such message\r\n") }
    for _ in 0..<19 { #expect(Self.say(end, "FROB") == "-ERR Expected a command\r\n") }
    #expect(end.closing == nil)
    Self.say(end, "FROB")
    #expect(end.closing == .afterFlush)
  }

  @Test("a message goes as fast as the client takes it")
  func congestion() {
    var limits = POP3.Limits()
    limits.contentPieceBytes = 8
    let end = BareEnd(ServerConversation(options(), limits: limits)) { question in
      if case .login(let ticket, _, _) = question { return [.opened(ticket, Maildrop([Maildrop.Entry(size: 12, uniqueID: "u")]))] }
      return []
    }
    Self.say(end, "USER alice", "PASS secret", "RETR 1")
    guard case .read(let first, 0, 0, 8) = end.takeQuestions().last else { return #expect(Bool(false)) }
    end.happen(.congested)
    end.give(.piece(first, "ab\r\n.c\r\n"))
    #expect(end.takeOutput() == "+OK 12 octets\r\nab\r\n..c\r\n")
    #expect(end.takeQuestions().isEmpty && !end.conversation.acceptsBytes)
    end.happen(.relieved)
    guard case .read(let second, 0, 8, 4) = end.takeQuestions().last else { return #expect(Bool(false)) }
    end.give(.piece(second, "last"))
    #expect(end.takeOutput() == "last\r\n.\r\n")
    #expect(Self.say(end, "NOOP") == "+OK\r\n")
    // Twice the client stops taking: the second time for good.
    Self.say(end, "RETR 1")
    end.happen(.congested)
    guard case .read(let third, 0, 0, 8) = end.takeQuestions().last else { return #expect(Bool(false)) }
    end.give(.piece(third, "ab\r\n.c\r\n"))
    end.advance(by: .seconds(181))
    #expect(end.closing == .now)
  }

  @Test("a message that cannot be read: before it begins, and in the middle")
  func unreadable() {
    var limits = POP3.Limits()
    limits.contentPieceBytes = 4
    let end = BareEnd(ServerConversation(options(), limits: limits)) { question in
      if case .login(let ticket, _, _) = question { return [.opened(ticket, Maildrop([Maildrop.Entry(size: 8, uniqueID: "u")]))] }
      return []
    }
    Self.say(end, "USER alice", "PASS secret", "RETR 1")
    guard case .read(let ticket, _, _, _) = end.takeQuestions().last else { return #expect(Bool(false)) }
    end.give(.piece(ticket, nil))
    #expect(end.takeOutput() == "-ERR [SYS/TEMP] That message cannot be read at the moment\r\n")
    Self.say(end, "RETR 1")
    guard case .read(let again, _, _, _) = end.takeQuestions().last else { return #expect(Bool(false)) }
    end.give(.piece(again, "abcd"))
    guard case .read(let rest, _, _, _) = end.takeQuestions().last else { return #expect(Bool(false)) }
    end.give(.piece(rest, "e"))
    // Half a message must not look like a whole one.
    #expect(end.closing == .now)
  }

  @Test("no password enters a trace")
  func secrets() {
    let end = Self.end()
    Self.say(end, "USER alice", "PASS sesame and more", "AUTH PLAIN AGFsaWNlAHg=", "AUTH LOGIN", "hunter2")
    let shown = end.shown.map(\.text)
    #expect(shown.contains("PASS ***************\r\n") && shown.contains("AUTH PLAIN ************\r\n"))
    #expect(!shown.contains { $0.contains("hunter2") || $0.contains("sesame") || $0.contains("AGFs") })
    #expect(ServerConversation.secrets(in: "USER alice\r\n").isEmpty && ServerConversation.secrets(in: "PASS \r\n").isEmpty)
  }

  @Test("a connection that is refused is told why")
  func refused() {
    let end = BareEnd(ServerConversation(options(), refusing: "Too many connections"))
    #expect(end.takeOutput() == "-ERR [SYS/TEMP] Too many connections\r\n")
    #expect(end.closing == .afterFlush)
  }
}
