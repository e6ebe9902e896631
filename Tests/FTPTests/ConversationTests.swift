// What transcripts cannot show: the connection's own events, questions and late answers, the client's half, data connections.
import Bytes
import TestKit
import Testing
import Transport
import World

@testable import FTP

/// A driver with an owner that only notes what it is asked.
final class Noting<C: StreamConversation> where C.Question: Hashable {
  private(set) var asked: [C.Question] = []
  private var driver: ConversationDriver<C>?
  private var link: MemoryConnection?

  init(_ conversation: C) {
    let driver = ConversationDriver(conversation, trace: nil) { [unowned self] question, _ in
      asked.append(question)
      return nil
    }
    self.driver = driver
    link = MemoryConnection(driver)
  }

  var connection: MemoryConnection { link! }
  func give(_ input: C.Input) {
    driver?.answers.give(input)
    link?.settle()
  }
  func takeAsked() -> [C.Question] {
    defer { asked = [] }
    return asked
  }
  var said: String { link?.takeOutput().text ?? "" }
}

@Suite("FTP conversations")
struct ConversationTests {
  // MARK: Server

  private func loggedIn(_ setting: ServerConversation.Setting = .init()) -> Noting<ServerConversation> {
    let server = Noting(ServerConversation(peer: Address(203, 0, 113, 2), setting: setting))
    server.connection.receive("USER a\r\nPASS b\r\n")
    #expect(server.takeAsked() == [.login(Ticket(number: 0), user: "a", password: "b")])
    server.give(.loggedIn(Ticket(number: 0), .accepted))
    _ = server.said
    return server
  }

  @Test("an answer nobody waits for changes nothing")
  func lateAnswers() {
    let server = loggedIn()
    server.give(.loggedIn(Ticket(number: 0), .wrong))
    server.give(.answered(Ticket(number: 7), .done))
    server.give(.transferEnded(Ticket(number: 0), .complete))
    server.give(.transferBegan(Ticket(number: 0), size: nil, name: nil))
    server.give(.passiveOpened(Ticket(number: 0), nil))
    #expect(server.said == "")
    server.connection.receive("PWD\r\n")
    #expect(server.said.hasPrefix("257 "))
  }

  @Test("each failure has its code", .spec("RFC 959", "4.2.2"), arguments: [
    (FileFailure.absent, 550, 550), (.denied, 550, 550), (.exists, 550, 550), (.notEmpty, 550, 550), (.isFolder, 550, 550), (.notFolder, 550, 550),
    (.badName, 553, 553), (.badOffset, 554, 554), (.full, 452, 552), (.busy, 450, 450), (.broken, 451, 451),
  ])
  func failures(_ failure: FileFailure, _ before: Int, _ during: Int) {
    let server = loggedIn()
    server.connection.receive("DELE a\r\nPORT 203,0,113,2,19,137\r\nSTOR a\r\n")
    server.give(.answered(Ticket(number: 1), .failed(failure)))
    #expect(server.said.hasPrefix("\(before) "))
    server.give(.transferBegan(Ticket(number: 2), size: nil, name: nil))
    _ = server.said
    server.give(.transferEnded(Ticket(number: 2), .failed(failure)))
    #expect(server.said.hasPrefix("\(during) "))
  }

  @Test("with the control connection everything ends", .spec("RFC 959", "3.2"), arguments: [true, false])
  func control(_ isLost: Bool) {
    let server = loggedIn()
    server.connection.receive("PASV\r\n")
    server.give(.passiveOpened(Ticket(number: 1), Endpoint(Address(192, 0, 2, 1), 5_001)))
    server.connection.receive("RETR a\r\n")
    _ = server.takeAsked()
    if isLost { server.connection.reset() } else { server.connection.peerCloses() }
    #expect(server.takeAsked() == [.ended])
  }

  @Test("STAT is answered while content moves", .spec("RFC 959", "4.1.3"))
  func status() {
    let server = loggedIn()
    server.connection.receive("PORT 203,0,113,2,19,137\r\nRETR a\r\n")
    #expect(server.takeAsked() == [.transfer(Ticket(number: 1), TransferOrder(.retrieve(TreePath.root.appending([0x61]), from: 0), type: .text, way: .active(Endpoint(Address(203, 0, 113, 2), 5_001))))])
    _ = server.said
    server.connection.receive("STAT\r\n")
    #expect(server.said.contains("A data connection is awaited"))
    server.give(.transferBegan(Ticket(number: 1), size: 5, name: nil))
    server.connection.receive("STAT\r\n")
    let said = server.said
    #expect(said.hasPrefix("150 ") && said.contains("A transfer is under way"))
  }

  @Test("a data connection that does not come is waited for so long", arguments: [("EPSV", 30), ("PORT 203,0,113,2,19,137", 60)])
  func lateData(_ way: String, _ seconds: Int) {
    let server = loggedIn()
    server.connection.receive(Buffer(way + "\r\n"))
    server.give(.passiveOpened(Ticket(number: 1), Endpoint(Address(192, 0, 2, 1), 5_001)))
    server.connection.receive("RETR a\r\n")
    _ = server.said
    let ticket = Ticket(number: way == "EPSV" ? 2 : 1)
    server.connection.advance(by: .seconds(seconds - 1))
    #expect(!server.takeAsked().contains(.abort(ticket)))
    server.connection.advance(by: .seconds(1))
    #expect(server.takeAsked() == [.abort(ticket)])
    server.give(.transferEnded(ticket, .aborted))
    #expect(server.said.hasPrefix("425 "))
  }

  @Test("no more commands are read than may wait")
  func held() {
    let server = loggedIn()
    server.connection.receive("PORT 203,0,113,2,19,137\r\nRETR a\r\n")
    server.connection.receive(Buffer(String(repeating: "NOOP\r\n", count: 16)))
    #expect(!server.connection.isReading)
    server.give(.transferEnded(Ticket(number: 1), .broken))
    #expect(server.connection.isReading)
    _ = server.said
  }

  @Test("a closing server lets a transfer finish")
  func retired() {
    let server = Noting(ServerConversation(peer: Address(203, 0, 113, 2)))
    var conversation = ServerConversation(peer: Address(203, 0, 113, 2))
    var actions: [ServerConversation.Action] = []
    conversation.handle(.connection(.retired), at: .simulationStart, into: &actions)
    #expect(actions.contains(.close(.afterFlush)))
    _ = server.said
    conversation = ServerConversation(peer: Address(203, 0, 113, 2))
    conversation.login = .user("a")
    conversation.way = .active(Endpoint(Address(203, 0, 113, 2), 5_001))
    conversation.handle(.command(Command(.retr, "a")), at: .simulationStart, into: &actions)
    actions = []
    conversation.handle(.connection(.retired), at: .simulationStart, into: &actions)
    #expect(actions.isEmpty)
    conversation.handle(.transferEnded(Ticket(number: 0), .complete), at: .simulationStart, into: &actions)
    #expect(actions == [.send("226 Transfer complete.\r\n"), .send("421 The server shuts down.\r\n"), .ask(.ended), .close(.afterFlush)])
  }

  @Test("nothing is read from a peer that takes no replies")
  func congested() {
    var conversation = ServerConversation(peer: .loopback)
    var actions: [ServerConversation.Action] = []
    conversation.handle(.connection(.congested), at: .simulationStart, into: &actions)
    #expect(!conversation.acceptsBytes)
    conversation.handle(.connection(.relieved), at: .simulationStart, into: &actions)
    #expect(conversation.acceptsBytes)
  }

  @Test("IPv6 has no PASV and another PORT", .spec("RFC 2428"))
  func six() throws {
    var conversation = ServerConversation(peer: .loopback6)
    conversation.login = .user("a")
    func say(_ line: String) throws -> [ServerConversation.Action] {
      var actions: [ServerConversation.Action] = []
      conversation.handle(.command(try Command(reading: Buffer(line))), at: .simulationStart, into: &actions)
      return actions
    }
    func code(_ actions: [ServerConversation.Action]) -> String {
      for case .send(let bytes) in actions { return bytes[0..<3].text }
      return ""
    }
    #expect(code(try say("PASV")) == "425")
    #expect(code(try say("PORT 127,0,0,1,19,137")) == "501")
    #expect(code(try say("EPRT |1|127.0.0.1|5001|")) == "522")
    #expect(code(try say("EPRT |2|::1|5001|")) == "200")
    #expect(code(try say("EPSV 1")) == "522")
    #expect(try say("EPSV 2") == [.ask(.openPassive(Ticket(number: 0), isProtected: false))])
  }

  @Test("a passive port is closed when nobody will use it", arguments: ["PORT 203,0,113,2,19,137", "ABOR", "REIN", "USER b", "EPRT |1|203.0.113.9|5001|"])
  func closingPassive(_ line: String) {
    let server = loggedIn()
    server.connection.receive("EPSV\r\n")
    server.give(.passiveOpened(Ticket(number: 1), Endpoint(Address(192, 0, 2, 1), 5_001)))
    _ = server.takeAsked()
    server.connection.receive(Buffer(line + "\r\n"))
    #expect(server.takeAsked().contains(.closePassive))
  }

  @Test("TLS on the control connection", .spec("RFC 4217", "4", "9"))
  func secure() throws {
    var conversation = ServerConversation(peer: .loopback, setting: .init(offersTLS: true, requiresTLS: true))
    var actions: [ServerConversation.Action] = []
    func say(_ line: String) throws -> String {
      actions = []
      conversation.handle(.command(try Command(reading: Buffer(line))), at: .simulationStart, into: &actions)
      if case .send(let bytes)? = actions.first { return bytes[0..<3].text }
      return ""
    }
    #expect(try say("USER a") == "530")
    #expect(try say("AUTH SSL") == "504")
    #expect(try say("PBSZ 0") == "503")
    #expect(try say("PROT P") == "503")
    #expect(try say("AUTH TLS") == "234")
    #expect(actions.last == .startTLS && !conversation.acceptsBytes)
    conversation.handle(.connection(.secured), at: .simulationStart, into: &actions)
    #expect(conversation.acceptsBytes)
    #expect(try say("AUTH TLS") == "503")
    #expect(try say("PROT P") == "503")
    #expect(try say("PBSZ x") == "501")
    #expect(try say("PBSZ 0") == "200")
    #expect(try say("PROT S") == "536")
    #expect(try say("PROT X") == "504")
    #expect(try say("PROT C") == "534")
    #expect(try say("CCC") == "533")
    conversation.login = .user("a")
    #expect(try say("EPRT |1|127.0.0.1|5001|") == "200")
    #expect(try say("LIST") == "522")
    #expect(try say("PROT P") == "200")
    #expect(try say("EPRT |1|127.0.0.1|5001|") == "502")
    #expect(try say("EPSV") == "" && actions == [.ask(.openPassive(Ticket(number: 0), isProtected: true))])
    conversation.handle(.passiveOpened(Ticket(number: 0), Endpoint(.loopback, 5_001)), at: .simulationStart, into: &actions)
    #expect(try say("LIST") == "")
    guard case .ask(.transfer(_, let order))? = actions.first else { return #expect(Bool(false), "a transfer is asked for") }
    #expect(order.isProtected)
  }

  @Test("what was said outside TLS, also behind a transfer, is forgotten", .spec("RFC 4217", "4"))
  func injection() throws {
    var conversation = ServerConversation(peer: .loopback, setting: .init(offersTLS: true))
    var actions: [ServerConversation.Action] = []
    conversation.login = .user("a")
    conversation.folder = TreePath.root.appending([0x61])
    conversation.way = .active(Endpoint(.loopback, 5_001))
    for line in ["RETR a", "AUTH TLS", "DELE b"] { conversation.handle(.command(try Command(reading: Buffer(line))), at: .simulationStart, into: &actions) }
    actions = []
    conversation.handle(.transferEnded(Ticket(number: 0), .complete), at: .simulationStart, into: &actions)
    #expect(actions.last == .startTLS)
    actions = []
    conversation.handle(.connection(.secured), at: .simulationStart, into: &actions)
    #expect(actions.isEmpty && conversation.login == .nobody && conversation.folder == .root)
  }

  // MARK: Client

  private func client() -> Noting<ClientConversation> { Noting(ClientConversation(greeting: Ticket(number: 100))) }

  @Test("one command at a time, each with its replies")
  func replies() {
    let client = client()
    client.give(.perform(Ticket(number: 0), Command(.user, "a")))
    client.give(.perform(Ticket(number: 1), Command(.retr, "b")))
    #expect(client.said == "")
    client.connection.receive("220 hello\r\n")
    #expect(client.takeAsked() == [.replied(Ticket(number: 100), Reply(220, "hello"))])
    #expect(client.said == "USER a\r\n")
    client.connection.receive("331 more\r\n")
    #expect(client.said == "RETR b\r\n")
    client.connection.receive("150 begins\r\n226 done\r\n")
    #expect(client.takeAsked() == [
      .replied(Ticket(number: 0), Reply(331, "more")), .replied(Ticket(number: 1), Reply(150, "begins")), .replied(Ticket(number: 1), Reply(226, "done")),
    ])
    client.connection.receive("200 what\r\n")
    #expect(client.takeAsked() == [])
  }

  @Test("ABOR does not wait")
  func interrupt() {
    let client = client()
    client.connection.receive("220 hello\r\n")
    client.give(.perform(Ticket(number: 0), Command(.retr, "b")))
    client.give(.interrupt(Ticket(number: 1), Command(.abor)))
    #expect(client.said == "RETR b\r\nABOR\r\n")
    client.connection.receive("150 a\r\n426 b\r\n226 c\r\n")
    #expect(client.takeAsked().suffix(2) == [.replied(Ticket(number: 0), Reply(426, "b")), .replied(Ticket(number: 1), Reply(226, "c"))])
  }

  @Test("whoever waits learns that nothing will come", arguments: ["nonsense\r\n", nil])
  func failing(_ bytes: String?) {
    let client = client()
    client.give(.perform(Ticket(number: 0), Command(.noop)))
    if let bytes { client.connection.receive(Buffer(bytes)) } else { client.connection.peerCloses() }
    let asked = client.takeAsked()
    #expect(asked.count == 3 && asked.last == .ended)
    client.give(.perform(Ticket(number: 1), Command(.noop)))
    #expect(client.connection.endedBecause != nil)
  }

  @Test("a reply has its time")
  func timeout() {
    let client = client()
    client.connection.advance(by: .seconds(59))
    #expect(client.asked.isEmpty)
    client.connection.advance(by: .seconds(1))
    #expect(client.takeAsked() == [.failed(Ticket(number: 100), .timedOut), .ended])
  }

  // MARK: Data

  @Test("content comes until the connection ends, as far as it is wanted")
  func receiving() {
    let data = Noting(DataConversation())
    #expect(data.takeAsked() == [.opened])
    data.connection.receive("ab")
    #expect(data.asked.isEmpty)
    data.give(.receive(1))
    #expect(data.takeAsked() == [.received("ab")])
    data.connection.receive("cd")
    #expect(data.asked.isEmpty)
    data.give(.take(10))
    #expect(data.takeAsked() == [.received("cd")])
    data.connection.peerCloses()
    #expect(data.takeAsked() == [.receivedAll])
    #expect(data.connection.closing == .whenSent)
  }

  @Test("a broken connection is no end of content")
  func broken() {
    let data = Noting(DataConversation())
    data.give(.receive(10))
    data.connection.receive("ab")
    data.connection.reset()
    #expect(data.takeAsked() == [.opened, .received("ab"), .broken])
  }

  @Test("content that stands still is broken off")
  func stalled() {
    let data = Noting(DataConversation())
    data.give(.receive(10))
    data.connection.advance(by: .seconds(299))
    data.connection.receive("ab")
    data.connection.advance(by: .seconds(299))
    #expect(!data.asked.contains(.broken))
    data.connection.advance(by: .seconds(1))
    #expect(data.asked.contains(.broken))
  }

  @Test("pieces are asked for as the peer takes them")
  func sending() {
    var data = DataConversation()
    var actions: [StreamAction<DataConversation.Question>] = []
    func handle(_ input: DataConversation.Input) -> [StreamAction<DataConversation.Question>] {
      actions = []
      data.handle(input, at: .simulationStart, into: &actions)
      return actions
    }
    #expect(handle(.sendPieces) == [.ask(.more)])
    #expect(handle(.piece("a")) == [.send("a"), .ask(.more)])
    #expect(handle(.connection(.congested)) == [])
    #expect(handle(.piece("b")) == [.send("b")])
    #expect(handle(.connection(.relieved)) == [.ask(.more)])
    #expect(handle(.connection(.peerClosed)) == [])
    #expect(handle(.finish) == [.close(.whenSent)])
    #expect(handle(.piece("c")) == [])
  }

  @Test("who leaves before anything was ordered is gone")
  func early() {
    var data = DataConversation()
    var actions: [StreamAction<DataConversation.Question>] = []
    data.handle(.connection(.lost), at: .simulationStart, into: &actions)
    #expect(actions == [.ask(.broken), .close(.now)])
  }
}
