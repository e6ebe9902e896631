// The client's half: against scripted servers, and against our own.
import Bytes
import Mail
import POP3
import TestKit
import Testing
import World

@Suite("POP3 client")
struct ClientTests {
  static let alice = SASL.Credentials(user: "alice", password: "secret")

  /// A client that does these orders, and what it told its owner, in words.
  static func play(_ options: ClientOptions, _ script: String, orders: [Order] = [.quit], limits: POP3.Limits = POP3.Limits()) -> (BareEnd<ClientConversation>, [String]) {
    var left = orders[...]
    let end = BareEnd(ClientConversation(options, limits: limits)) { question in
      switch question {
      case .ready, .answered: left.popFirst().map { [.order($0)] } ?? []
      case .content(let bytes): [.contentTaken(bytes.count)]
      case .ended: []
      }
    }
    for line in script.split(separator: "\n") {
      if line == "securing" {
        #expect(end.isSecuring)
        end.happen(.secured)
      } else if line == "lost" {
        end.happen(.lost)
      } else if line.hasPrefix("wait ") {
        end.advance(by: .seconds(Int(line.dropFirst(5)) ?? 0))
      } else if line.hasPrefix("C: ") {
        #expect(end.takeOutput().text == line.dropFirst(3) + "\r\n")
      } else {
        end.receive(Buffer(line.dropFirst(3).split(separator: "|", omittingEmptySubsequences: false).map { $0 + "\r\n" }.joined()))
      }
    }
    return (end, end.takeQuestions().map(word))
  }

  static func word(_ question: ClientConversation.Question) -> String {
    switch question {
    case .ready: "ready"
    case .content(let bytes): "content \(bytes)"
    case .answered(.refused(let refusal)): "\(refusal)"
    case .answered(.list(let entries)): "list \(entries.map { "\($0.number)=\($0.value)" }.joined(separator: " "))"
    case .answered(.uniqueIDs(let entries)): "ids \(entries.map { "\($0.number)=\($0.value)" }.joined(separator: " "))"
    case .answered(.status(let messages, let bytes)): "status \(messages) \(bytes)"
    case .answered(.done): "done"
    case .answered(.messageEnd): "end"
    case .ended(let failure): "ended \(failure?.description ?? "well")"
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var tls = ClientOptions.TLS.fromTheStart
    var credentials = alice
    var script: String
    var orders: [Order] = [.quit]
    var told: [String]
    var testDescription: String { name }
  }

  static let open = "S: +OK hi\nC: CAPA\nS: -ERR what\nC: USER alice\nS: +OK\nC: PASS secret\nS: +OK in\n"

  @Test("what a client says and what comes of it", .spec("RFC 1939", "5", "6", "7"), arguments: [
    Case(name: "USER and PASS at an old server", script: open + "C: QUIT\nS: +OK bye", told: ["ready", "ended well"]),
    Case(name: "AUTH where it is offered", script: "S: +OK hi\nC: CAPA\nS: +OK|TOP|sasl login plain|.\nC: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: +OK in\nC: QUIT", told: ["ready"]),
    Case(name: "LOGIN", script: "S: +OK hi\nC: CAPA\nS: +OK|SASL LOGIN|.\nC: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: YWxpY2U=\nS: + UGFzc3dvcmQ6\nC: c2VjcmV0\nS: +OK in", told: ["ready"]),
    Case(name: "a password too long for one line", credentials: SASL.Credentials(user: "a", password: String(repeating: "x", count: 300)),
      script: "S: +OK hi\nC: CAPA\nS: +OK|SASL PLAIN|.\nC: AUTH PLAIN\nS: +\nC: \(Base64.text(("\0a\0" + String(repeating: "x", count: 300)).utf8))\nS: +OK in", told: ["ready"]),
    Case(name: "a wrong password", script: "S: +OK hi\nC: CAPA\nS: -ERR\nC: USER alice\nS: +OK\nC: PASS secret\nS: -ERR [AUTH] wrong\nC: QUIT", told: ["ended login: -ERR [AUTH] wrong"]),
    Case(name: "a password that would be two lines", credentials: SASL.Credentials(user: "a", password: "x\r\nDELE 1"), script: "S: +OK hi\nC: CAPA\nS: -ERR\nC: QUIT",
      told: ["ended cannot log in: the server takes no such user or password"]),
    Case(name: "a greeting that refuses", script: "S: -ERR [SYS/TEMP] busy\nC: QUIT", told: ["ended greeting: -ERR [SYS/TEMP] busy"]),
    Case(name: "no POP3 at all", script: "S: 220 smtp", told: ["ended greeting: expected +OK or -ERR, found 220 smtp (RFC 1939 §3)"]),
    Case(name: "TLS", tls: .required, script: "S: +OK hi\nC: CAPA\nS: +OK|STLS|.\nC: STLS\nS: +OK go\nsecuring\nC: CAPA\nS: +OK|SASL PLAIN|.\nC: AUTH PLAIN AGFsaWNlAHNlY3JldA==", told: []),
    Case(name: "TLS that is not offered", tls: .required, script: "S: +OK hi\nC: CAPA\nS: +OK|TOP|.\nC: QUIT", told: ["ended the server does not offer TLS"]),
    Case(name: "TLS that is refused", tls: .required, script: "S: +OK hi\nC: CAPA\nS: +OK|STLS|.\nC: STLS\nS: -ERR no\nC: QUIT", told: ["ended STLS: -ERR no"]),
    Case(name: "no password in the clear", tls: .opportunistic, script: "S: +OK hi\nC: CAPA\nS: +OK|TOP|.\nC: QUIT", told: ["ended cannot log in: not without TLS"]),
    Case(name: "an answer to STLS before it was said", tls: .required, script: "S: +OK hi\nC: CAPA\nS: +OK|STLS|.|+OK go", told: ["ended CAPA: an answer to STLS came before it was said (RFC 2595 §4)"]),
    Case(name: "something in the clear behind the answer to STLS", tls: .required, script: "S: +OK hi\nC: CAPA\nS: +OK|STLS|.\nC: STLS\nS: +OK go|+OK evil",
      told: ["ended STLS: something came in the clear behind the answer to STLS (RFC 2595 §4)"]),
    Case(name: "orders", script: open + #"""
      C: STAT
      S: +OK 2 320
      C: LIST
      S: +OK 2|1 120|2 200|.
      C: UIDL
      S: +OK|1 whqtswO00WBw418f9t5JxYwZ|2 QhdPYR:00WBw1Ph7x7|.
      C: RETR 1
      S: +OK|Subject: x||..dot|.
      C: TOP 2 5
      S: -ERR no such message
      C: DELE 1
      S: +OK
      C: NOOP
      S: +OK
      C: RSET
      S: +OK
      C: QUIT
      S: +OK
      """#, orders: [.status, .list, .uniqueIDs, .retrieve(1), .top(2, lines: 5), .delete(1), .noOperation, .reset, .quit],
      told: ["ready", "status 2 320", "list 1=120 2=200", "ids 1=whqtswO00WBw418f9t5JxYwZ 2=QhdPYR:00WBw1Ph7x7", "content Subject: x\\r\\n\\r\\n.dot\\r\\n", "end", "-ERR no such message", "done", "done", "done", "ended well"]),
    Case(name: "a farewell that tells of failure", script: open + "C: QUIT\nS: -ERR some deleted messages not removed", told: ["ready", "ended QUIT: -ERR some deleted messages not removed"]),
    Case(name: "an answer nobody asked for", script: open + "S: +OK surprise", orders: [], told: ["ready", "ended between orders: an answer nobody asked for: +OK surprise"]),
    Case(name: "a listing that is none", script: open + "C: LIST\nS: +OK|x y", orders: [.list], told: ["ready", "ended order: expected a message's number and more, found x y (RFC 1939 §5)"]),
    Case(name: "a status that is none", script: open + "C: STAT\nS: +OK many", orders: [.status], told: ["ready", "ended order: expected two numbers in the answer to STAT (RFC 1939 §5)"]),
    Case(name: "a connection that goes", script: open + "C: LIST\nS: +OK|1 2\nlost", orders: [.list], told: ["ready", "ended order: the connection went"]),
    Case(name: "no answer", script: open + "C: LIST\nwait 301", orders: [.list], told: ["ready", "ended order: no answer in time"]),
    Case(name: "nothing to do", script: open + "wait 301\nC: QUIT\nS: +OK", orders: [], told: ["ready", "ended well"]),
  ])
  func playing(_ c: Case) {
    let (_, told) = Self.play(ClientOptions(c.credentials, tls: c.tls), c.script, orders: c.orders)
    #expect(told == c.told)
  }

  @Test("a message is read as fast as the owner takes it")
  func backpressure() {
    var limits = POP3.Limits()
    limits.contentUntakenBytesMax = 4
    let end = BareEnd(ClientConversation(ClientOptions(Self.alice, tls: .fromTheStart), limits: limits)) { $0 == .ready ? [.order(.retrieve(1))] : [] }
    for line in ["+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n", "abcd\r\n"] { end.receive(Buffer(line)) }
    #expect(!end.conversation.acceptsBytes && end.conversation.deadline == nil)
    end.receive(".\r\n")
    #expect(end.takeQuestions().last == .content("abcd\r\n"))
    end.give(.contentTaken(6))
    #expect(end.takeQuestions() == [.answered(.messageEnd)])
  }

  @Test("bounds of listings", arguments: [true, false])
  func listings(_ isLong: Bool) {
    var limits = POP3.Limits()
    limits.listingLinesMax = 3
    let (_, told) = Self.play(ClientOptions(Self.alice, tls: .fromTheStart), Self.open + "C: LIST\nS: +OK|1 1|2 1|\(isLong ? "3 1|4 1" : ".")", orders: [.list], limits: limits)
    #expect(told.last == (isLong ? "ended order: expected a listing of at most 3 lines" : "list 1=1 2=1"))
  }

  @Test("no password enters a trace")
  func secrets() {
    let (end, _) = Self.play(ClientOptions(Self.alice, tls: .fromTheStart), Self.open)
    #expect(end.shown.contains("PASS ******\r\n"))
    let (login, _) = Self.play(ClientOptions(Self.alice, tls: .fromTheStart), "S: +OK hi\nS: +OK|SASL LOGIN|.\nS: + VXNlcm5hbWU6\nS: + UGFzc3dvcmQ6\nS: +OK in")
    #expect(!login.shown.contains { $0.text.contains("c2Vj") || $0.text.contains("YWxp") })
  }

  @Test("our client and our server", arguments: [ServerOptions.TLS.absent, .offered, .fromTheStart], [1, 7, 65_536])
  func together(_ tls: ServerOptions.TLS, _ pieceBytes: Int) {
    var limits = POP3.Limits()
    limits.contentPieceBytes = pieceBytes
    let owner = Owner()
    let server = BareEnd(ServerConversation(options(tls: tls, login: tls == .absent ? .always : .onlyInsideTLS), limits: limits)) { owner.answer($0).map { [$0] } ?? [] }
    var clientOptions = ClientOptions(Self.alice, tls: tls == .absent ? .never : tls == .offered ? .required : .fromTheStart)
    clientOptions.logsIn = .always
    var orders: ArraySlice<Order> = [.status, .list, .uniqueIDs, .retrieve(1), .retrieve(2), .retrieve(3), .top(3, lines: 1), .delete(2), .quit]
    var content = Buffer()
    let client = BareEnd(ClientConversation(clientOptions)) { question in
      switch question {
      case .ready, .answered: return orders.popFirst().map { [.order($0)] } ?? []
      case .content(let bytes):
        content.append(bytes)
        return [.contentTaken(bytes.count)]
      case .ended: return []
      }
    }
    converse(client, server)
    let told = client.takeQuestions().map(Self.word).filter { !$0.hasPrefix("content") }
    #expect(told == ["ready", "status 3 53", "list 1=21 2=0 3=32", "ids 1=u1 2=u2 3=u3", "end", "end", "end", "end", "done", "ended well"])
    #expect(content.text == Owner.messages[0].text + Owner.messages[2].text + "Subject: b\r\n\r\none\r\n")
    #expect(owner.story == ["opened", "deleted [1]"])
  }
}
