// Both halves of a tunnel as conversations: the server's after CONNECT, and the one that the tunnel leads to.
import Bytes
import HTTP
import Synchronization
import TestKit
import Testing
import Transport
import World

@Suite("Tunnels", .spec("RFC 9110", "9.3.6"))
struct TunnelTests {
  /// A server that opens a tunnel for every CONNECT and keeps what it is told.
  final class Desk {
    var heard: [String] = []
    var content = Buffer()

    func answer(_ question: ServerConversation.Question) -> ServerConversation.Input? {
      switch question {
      case .request(let ticket, let head):
        heard.append("\(head.methodText) \(head.authority.text)")
        return .respond(ticket, Response(.ok, body: .tunnel))
      case .requestBody(_, let bytes): content.append(bytes)
      case .requestEnd: heard.append("end")
      case .abandoned: heard.append("abandoned")
      case .retired: heard.append("retired")
      case .holdParts, .resumeParts, .partTaken: break
      }
      return nil
    }
  }

  private func connection(_ desk: Desk, limits: Limits = Limits()) -> (MemoryConnection, ConversationDriver<ServerConversation>) {
    let driver = ConversationDriver(ServerConversation(limits: limits), trace: nil) { question, _ in desk.answer(question) }
    return (MemoryConnection(driver), driver)
  }

  @Test("after CONNECT every byte passes as it is, however it was cut")
  func passes() {
    let said = Buffer("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n\u{0}\u{1}")
    for pieces in [[said], Cutter.single(said)] {
      let desk = Desk()
      let (connection, driver) = connection(desk)
      for piece in pieces { connection.receive(piece) }
      #expect(desk.heard == ["CONNECT a.test:443"])
      #expect(desk.content == "GET /hidden HTTP/1.1\r\n\r\n\u{0}\u{1}")
      driver.answers.give(.part(Ticket(), "raw"))
      connection.receive(Buffer())
      let sent = connection.takeOutput().text
      #expect(sent.hasPrefix("HTTP/1.1 200 OK\r\n") && sent.hasSuffix("\r\n\r\nraw"))
      #expect(!sent.contains("Content-Length") && !sent.contains("Transfer-Encoding"))
      connection.peerCloses()
      #expect(desk.heard == ["CONNECT a.test:443", "end"])
      #expect(connection.closing == nil)
      driver.answers.give(.finish(Ticket()))
      connection.receive(Buffer())
      #expect(connection.closing == .afterFlush)
    }
  }

  @Test("what the owner does not take is not read")
  func pace() {
    var limits = Limits()
    limits.bodyUnaskedBytesMax = 4
    let desk = Desk()
    let (connection, driver) = connection(desk, limits: limits)
    connection.receive("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n0123456789")
    #expect(desk.content == "0123")
    #expect(!connection.isReading)
    driver.answers.give(.takeBody(Ticket(), 3))
    connection.receive(Buffer())
    #expect(desk.content == "0123456")
  }

  @Test("silence ends it")
  func silence() {
    let desk = Desk()
    let (connection, _) = connection(desk)
    connection.receive("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    connection.advance(by: .seconds(599))
    #expect(connection.closing == nil)
    connection.advance(by: .seconds(2))
    #expect(connection.closing == .afterFlush)
    #expect(desk.heard.last == "abandoned")
  }

  @Test("the far half: bytes both ways, its pace, its end")
  func farHalf() {
    let told = Mutex<[TunnelConversation.Question]>([])
    let driver = ConversationDriver(TunnelConversation(unaskedBytesMax: 4, timeout: .seconds(10)), trace: nil) { question, _ in
      told.withLock { $0.append(question) }
      return nil
    }
    let connection = MemoryConnection(driver)
    connection.receive("012345")
    #expect(told.withLock { $0 } == [.received("0123")])
    driver.answers.give(.take(10))
    connection.receive(Buffer())
    #expect(told.withLock { $0 } == [.received("0123"), .received("45")])
    driver.answers.give(.send("up"))
    connection.receive(Buffer())
    #expect(connection.takeOutput() == "up")
    connection.advance(by: .seconds(9))
    #expect(connection.closing == nil)
    connection.peerCloses()
    #expect(told.withLock { $0 } == [.received("0123"), .received("45"), .sent(2), .ended])
    #expect(connection.closing == .afterFlush)
  }

  @Test("when the listener closes, the owner of a tunnel is told, and a far half that is told lasts only while bytes pass")
  func retires() {
    let desk = Desk()
    let (near, server) = connection(desk)
    near.receive("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    server.retired()
    #expect(desk.heard == ["CONNECT a.test:443", "retired"] && near.closing == nil)

    let far = ConversationDriver(TunnelConversation(unaskedBytesMax: 100, timeout: .seconds(10)), trace: nil) { _, _ in nil }
    let connection = MemoryConnection(far)
    connection.advance(by: .seconds(5))
    far.answers.give(.retire(.milliseconds(250)))
    connection.settle()
    for _ in 0..<10 {
      connection.advance(by: .milliseconds(200))
      connection.receive("more")
    }
    #expect(connection.closing == nil)
    connection.advance(by: .milliseconds(251))
    #expect(connection.closing == .afterFlush)
  }

  @Test("a request that comes whole after the listener closed is answered, and its owner told")
  func retiresLate() {
    let desk = Desk()
    let (connection, driver) = connection(desk)
    connection.receive("CONNECT a.test:443 HT")
    driver.retired()
    #expect(desk.heard.isEmpty && connection.closing == nil)
    connection.receive("TP/1.1\r\nHost: a.test\r\n\r\n")
    #expect(desk.heard == ["CONNECT a.test:443", "retired"])
  }

  @Test("a broken-off answer ends the connection without its end")
  func breaksOff() {
    let driver = ConversationDriver(ServerConversation(), trace: nil) { question, _ in
      if case .request(let ticket, _) = question { .respond(ticket, Response(.ok, body: .parts(length: nil))) } else { nil }
    }
    let connection = MemoryConnection(driver)
    connection.receive("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    driver.answers.give(.part(Ticket(), "half"))
    driver.answers.give(.breakOff(Ticket()))
    connection.receive(Buffer())
    #expect(connection.closing == .now)
    #expect(!connection.takeOutput().text.contains("\r\n0\r\n"))
  }
}
