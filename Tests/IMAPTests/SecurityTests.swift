// TLS begun in the middle and the attacks on it, secrets in traces, floods, and what a stranger's answers may cost a client.
import Bytes
import Mail
import TestKit
import Testing
import World

@testable import IMAP

/// A conversation without a driver: inputs by hand, actions to look at.
private struct Bare<C: StreamConversation> {
  var conversation: C
  var actions: [C.Action] = []
  var now = Instant.simulationStart
  private var bytes = Buffer()

  init(_ conversation: C) {
    self.conversation = conversation
    happen(.opened)
  }

  mutating func happen(_ event: ConnectionEvent) {
    if let input = conversation.input(for: event) { conversation.handle(input, at: now, into: &actions) }
  }

  mutating func give(_ input: C.Input) { conversation.handle(input, at: now, into: &actions) }

  /// Hands in bytes, as far as the conversation takes them. Returns what is left.
  @discardableResult
  mutating func receive(_ more: Buffer) -> Buffer {
    bytes.append(more)
    while conversation.acceptsBytes, let input = conversation.next(from: &bytes) { conversation.handle(input, at: now, into: &actions) }
    return bytes
  }

  mutating func takeSent() -> String {
    defer { actions = [] }
    return actions.map { if case .send(let bytes) = $0 { bytes.text } else { "" } }.joined()
  }
}

@Suite("TLS in the middle")
struct SecurityTests {
  @Test("STARTTLS, and nothing that was known before it", .spec("RFC 3501", "6.2.1"))
  func server() {
    var bare = Bare(ServerConversation(.open))
    #expect(bare.takeSent().contains("STARTTLS LOGINDISABLED"))
    // What is sent behind the command in the clear is not read.
    let left = bare.receive("1 STARTTLS\r\n2 LOGIN alice secret\r\n")
    #expect(left == "2 LOGIN alice secret\r\n")
    #expect(!bare.conversation.acceptsBytes)
    guard case .startTLS = bare.actions.last else { return #expect(Bool(false), "\(bare.actions)") }
    #expect(bare.takeSent() == "1 OK begin TLS now\r\n")
    var secure = Bare(ServerConversation(.open))
    secure.receive("1 STARTTLS\r\n")
    secure.happen(.secured)
    _ = secure.takeSent()
    secure.receive("2 CAPABILITY\r\n3 STARTTLS\r\n")
    let said = secure.takeSent()
    #expect(said.contains("AUTH=PLAIN"))
    #expect(!said.contains("LOGINDISABLED"))
    #expect(said.contains("3 BAD this is TLS already"))
    secure.receive("4 LOGIN alice secret\r\n")
    guard case .ask(.logIn(_, "alice", "secret")) = secure.actions.last else { return #expect(Bool(false)) }
  }

  private static let greeting: Buffer = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\r\n"

  @Test("a client goes through STARTTLS before anything else")
  func client() {
    var bare = Bare(ClientConversation(security: .startTLS))
    bare.receive(Self.greeting)
    #expect(bare.takeSent() == "n1 STARTTLS\r\n")
    bare.receive("n1 OK go\r\n")
    guard case .startTLS = bare.actions.last else { return #expect(Bool(false), "\(bare.actions)") }
    #expect(!bare.conversation.acceptsBytes)
    _ = bare.takeSent()
    bare.happen(.secured)
    #expect(bare.takeSent() == "n2 CAPABILITY\r\n")
    bare.receive("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nn2 OK\r\n")
    #expect(bare.actions.contains(.ask(.ready(capabilities: ["IMAP4rev1", "AUTH=PLAIN"], isLoggedIn: false))))
  }

  @Test(
    "a client stops where somebody may be between",
    arguments: [
      // Not offered, refused, nobody need log in, somebody answers before being asked.
      ["* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n"], ["* OK hi\r\n", "* CAPABILITY IMAP4rev1\r\nn1 OK\r\n"], [greeting, "n1 NO\r\n"], [greeting, "n1 BAD\r\n"],
      ["* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"], [greeting + "n1 OK go\r\n"], [greeting, "n7 OK go\r\n"],
      // Data before TLS.
      [greeting, "* LIST () \"/\" evil\r\n"], [greeting, "* 1 EXISTS\r\n"], [greeting, "* 1 FETCH (BODY[] {1}\r\nx)\r\n"], [greeting, "* X-EVIL\r\n"], [greeting, "* (((\r\n"],
    ] as [[Buffer]])
  func stops(_ said: [Buffer]) {
    var bare = Bare(ClientConversation(security: .startTLS))
    for bytes in said { bare.receive(bytes) }
    let endings = bare.actions.compactMap { if case .ask(.ended(let ending)) = $0 { ending } else { nil } }
    guard case .unsafe = endings.first, endings.count == 1 else { return #expect(Bool(false), "\(bare.actions)") }
    #expect(bare.actions.last == .close(.now))
    #expect(!bare.takeSent().contains("LOGIN"))
  }

  @Test("a client does not send a password where it must not")
  func loginDisabled() {
    var bare = Bare(ClientConversation())
    bare.receive(Self.greeting)
    bare.give(.order(Ticket(), .logIn(.init(user: "a", password: "b"))))
    #expect(bare.takeSent() == "")
  }

  @Test(
    "a client ends on answers that are none",
    arguments: ["* BAD no\r\n", "hello\r\n", "* 1 EXISTS\r\n", "+ go\r\n", "* OK [CAPABILITY IMAP4rev1] hi\r\nn1 OK\r\n", "* OK [CAPABILITY IMAP4rev1] hi\r\n+ x\r\n", "* OK [CAPABILITY X] hi\r\n* PREAUTH\r\n"] as [Buffer])
  func broken(_ said: Buffer) {
    var bare = Bare(ClientConversation())
    bare.receive(said)
    let endings = bare.actions.compactMap { if case .ask(.ended(let ending)) = $0 { ending } else { nil } }
    if said == "hello\r\n" {
      // Not understood is not ended: the greeting is still awaited, and does not come.
      #expect(endings.isEmpty)
      bare.happen(.deadlineReached)
      #expect(bare.actions.contains(.ask(.ended(.timedOut))))
    } else {
      guard case .broken = endings.first else { return #expect(Bool(false), "\(bare.actions)") }
    }
  }

  @Test("what a server announces is not held before it comes, and has a bound")
  func bounds() {
    func found(_ text: String, limits: IMAP.Limits = IMAP.Limits()) -> ResponseReader.Found? {
      var reader = ResponseReader(limits: limits)
      var bytes = Buffer(text)
      return reader.next(from: &bytes)
    }
    // CPython gh-119511: what is announced costs nothing.
    for size in ["99999999999999999999", "9223372036854775807", "1048577"] {
      guard case .broken = found("* LIST () \"/\" {\(size)}\r\n") else { return #expect(Bool(false)) }
    }
    guard case .broken = found("* 1 FETCH (BODY[] {1073741825}\r\n") else { return #expect(Bool(false)) }
    guard case .contentBegins(1, _, 1_073_741_824) = found("* 1 FETCH (BODY[] {1073741824}\r\n") else { return #expect(Bool(false)) }
    #expect(found("* OK {-100}\r\n") == .response(.status(tag: nil, .init(.ok, nil, "{-100}"))))
    guard case .broken = found("* OK " + String(repeating: "x", count: 1_048_576)) else { return #expect(Bool(false)) }
    // Literals small and many.
    var many = IMAP.Limits()
    many.answerLiteralsMax = 3
    guard case .broken = found("* X {1}\r\na {1}\r\nb {1}\r\nc {1}\r\nd\r\n", limits: many) else { return #expect(Bool(false)) }
    // A string of somebody's letter that ends like a section's name is a string: what follows is none of the letter's content.
    guard case .response(.fetch(let answer)) = found("* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL {7}\r\n BODY[] {1}\r\nx))\r\n") else { return #expect(Bool(false)) }
    #expect(answer.envelope?.inReplyTo == " BODY[]" && answer.envelope?.messageID == "x")
    #expect(found("* BODY[ {1}\r\nx\r\n") == .response(.other("BODY[ {1}\r\nx")))
    guard case .malformed = found("* 1 FETCH (BODYSTRUCTURE \(String(repeating: "(", count: 100_000))\r\n") else { return #expect(Bool(false)) }
  }

  @Test(
    "passwords are masked",
    arguments: [
      ("a LOGIN alice secret\r\n", "a LOGIN alice ******\r\n"), ("a login \"al ice\" \"sec\\\"ret\"\r\n", "a login \"al ice\" **********\r\n"),
      ("a LOGIN {5}\r\nalice {6}\r\nsecret\r\n", "a LOGIN {5}\r\nalice ***********\r\n"), ("LOGIN alice secret\r\n", "LOGIN*************\r\n"), ("a LOGIN alice sec", "a LOGIN alice ***"),
      ("a AUTHENTICATE PLAIN AGEAYg==\r\n", "a AUTHENTICATE PLAIN ********\r\n"), ("a AUTHENTICATE PLAIN\r\n", "a AUTHENTICATE PLAIN\r\n"), 
      ("DONE\r\n", "DONE\r\n"), ("*\r\n", "*\r\n"), ("a LOGIN alice\r\n", "a LOGIN alice\r\n"), ("a SELECT x\r\n", "a SELECT x\r\n"), ("* OK [CAPABILITY] LOGIN x\r\n", "* OK [CAPABILITY] LOGIN x\r\n"),
      ("a LOGIN {99999999999999999999}\r\nx", "a LOGIN {99999999999999999999}\r\nx"),
    ])
  func secrets(_ said: String, _ shown: String) {
    var bytes = Buffer(said).array
    for range in ServerConversation.secrets(in: Buffer(said)) { for index in range { bytes[index] = UInt8(ascii: "*") } }
    #expect(String(decoding: bytes, as: UTF8.self) == shown)
    #expect(ClientConversation.secrets(in: Buffer(said)) == ServerConversation.secrets(in: Buffer(said)))
  }

  @Test("answers to challenges are masked as a whole, by either side, and nothing else is")
  func responses() {
    let server = BareEnd(ServerConversation(.loopback))
    server.receive("a AUTHENTICATE LOGIN\r\nYWxpY2U=\r\nhunter2\r\n")
    server.receive("NOOP\r\n")
    #expect(server.shown.map(\.text).filter { !$0.hasPrefix("* ") && !$0.hasPrefix("a ") } == ["+ VXNlcm5hbWU6\r\n", "**********", "+ UGFzc3dvcmQ6\r\n", "*********", "NOOP\r\n", "NOOP BAD expected SP, found the end at byte 4\r\n"])
    // Half a response before the end.
    let clumsy = BareEnd(ServerConversation(.loopback))
    clumsy.receive("a AUTHENTICATE LOGIN\r\nYWxpY2U=\r\n")
    clumsy.receive("hunt")
    clumsy.happen(.lost)
    #expect(!clumsy.shown.contains { $0.text.contains("hunt") })

    let client = BareEnd(ClientConversation())
    client.receive("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n")
    var tickets = Ticket()
    client.give(.order(tickets.taken(), .logIn(.init(user: "alice", password: "secret"))))
    client.receive("+ \r\n")
    #expect(client.shown.map(\.text).suffix(3) == ["n1 AUTHENTICATE PLAIN\r\n", "+ \r\n", String(repeating: "*", count: 22)])
  }
}

@Suite("floods")
struct FloodTests {
  @Test("two thousand commands a minute, then nothing is read until it is over")
  func throttle() {
    var limits = IMAP.Limits()
    limits.commandsPerMinuteMax = 5
    var bare = Bare(ServerConversation(.loopback, limits: limits))
    let left = bare.receive(Buffer(String(repeating: "a NOOP\r\n", count: 8)))
    #expect(left.count == 16)
    #expect(bare.conversation.deadline == bare.now + .seconds(60))
    bare.now = bare.now + .seconds(60)
    bare.happen(.deadlineReached)
    #expect(bare.receive(Buffer()).isEmpty)
  }

  @Test("a peer that takes nothing is not read, not fetched for, and not kept")
  func congestion() {
    var limits = IMAP.Limits()
    limits.indexBatchMax = 2
    let account = Account.alice()
    var bare = Bare(ServerConversation(.loopback, limits: limits))
    func answer() {
      while let question = bare.actions.last.flatMap({ if case .ask(let question) = $0 { question } else { nil } }) {
        let inputs = account.inputs(question)
        bare.actions.removeLast()
        for input in inputs { bare.give(input) }
        if inputs.isEmpty { return }
      }
    }
    bare.receive("1 LOGIN alice secret\r\n")
    answer()
    bare.receive("2 SELECT INBOX\r\n")
    answer()
    bare.receive("3 FETCH 1:* FLAGS\r\n")
    bare.happen(.congested)
    answer()
    #expect(account.asked.count { if case .fetch = $0 { true } else { false } } == 1)
    #expect(!bare.conversation.acceptsBytes)
    bare.happen(.relieved)
    answer()
    #expect(account.asked.count { if case .fetch = $0 { true } else { false } } == 9)
    #expect(bare.takeSent().hasSuffix("3 OK FETCH completed\r\n"))
    bare.happen(.congested)
    #expect(bare.conversation.deadline == bare.now + limits.writeTimeout)
    bare.now = bare.now + limits.writeTimeout
    bare.happen(.deadlineReached)
    #expect(bare.actions.last == .close(.now))
  }

  @Test("a long answer leaves in bursts, so that the carrier can say that nobody takes it")
  func bursts() {
    var limits = IMAP.Limits()
    limits.indexBatchMax = 2
    limits.burstBytesMax = 100
    let session = Session.selected(limits: limits)
    let fetched = session.run(.fetch(.init(.sequence, .all, [.flags])))
    #expect(fetched.completion == nil)
    #expect((1..<18).contains(fetched.told.count))
    session.advance(by: .zero)
    #expect(session.told.count { if case .response = $0 { true } else { false } } == 18)
    guard case .done(_, let completion) = session.told.last else { return #expect(Bool(false)) }
    #expect(completion.status == .ok)
  }

  @Test("literals of one command: each, all together, and how many")
  func literals() {
    func found(_ text: String) -> CommandReader.Found? {
      var reader = CommandReader()
      reader.noteLogin()
      var bytes = Buffer(text)
      return reader.next(from: &bytes)
    }
    guard case .literalRefused("a", _) = found("a SELECT {100001}\r\n") else { return #expect(Bool(false)) }
    guard case .literalAwaited = found("a SELECT {100000}\r\n") else { return #expect(Bool(false)) }
    guard case .broken("a", _) = found("a SELECT {100001+}\r\n") else { return #expect(Bool(false)) }
    let hundred = "{100000+}\r\n" + String(repeating: "x", count: 100_000)
    guard case .bad = found("a NOOP \(Array(repeating: hundred, count: 10).joined(separator: " "))\r\n") else { return #expect(Bool(false)) }
    guard case .broken = found("a NOOP \(Array(repeating: hundred, count: 11).joined(separator: " "))\r\n") else { return #expect(Bool(false)) }
    guard case .bad = found("a NOOP \(Array(repeating: "{1+}\r\nx", count: 1_000).joined(separator: " "))\r\n") else { return #expect(Bool(false)) }
    guard case .broken = found("a NOOP \(Array(repeating: "{1+}\r\nx", count: 1_001).joined(separator: " "))\r\n") else { return #expect(Bool(false)) }
    // A command of many lines is one command: its lines together have the bound of one.
    guard case .broken = found("a NOOP \(Array(repeating: String(repeating: "x", count: 1_000) + " {1+}\r\nx", count: 66).joined(separator: " "))\r\n") else { return #expect(Bool(false)) }
  }

  @Test("work grows with what came, not with its square")
  func linear() {
    func time(_ count: Int) -> Duration {
      var reader = CommandReader()
      reader.noteLogin()
      var bytes = Buffer()
      let start = ContinuousClock().now
      bytes.append("a SELECT {\(count)+}\r\n")
      for _ in 0..<count {
        bytes.append(UInt8(ascii: "x"))
        _ = reader.next(from: &bytes)
      }
      bytes.append("\r\n")
      let found = reader.next(from: &bytes)
      #expect(found.map { if case .command = $0 { true } else { false } } == true)
      return start.duration(to: ContinuousClock().now)
    }
    _ = time(1_000)
    let small = (0..<3).map { _ in time(12_000) }.min() ?? .zero
    let large = (0..<3).map { _ in time(96_000) }.min() ?? .zero
    #expect(large < small * 24, "\(small) \(large)")
  }
}

extension Buffer {
  fileprivate static func + (a: Buffer, b: Buffer) -> Buffer {
    var sum = a
    sum.append(b)
    return sum
  }
}
