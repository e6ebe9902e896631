// What a trace shows of bytes that never became a message: refused heads and chunks, half a head before the end, what follows a goodbye.
import Bytes
import HTTP
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("What cannot be read is recorded all the same")
struct RecordingTests {
  struct Case: Sendable {
    var received: String
    /// Whether the peer closes after it, or time passes.
    var after = After.nothing
    /// How many bytes of the end need not have been taken when they come one by one.
    var unread = 0

    enum After: Sendable { case nothing, peerCloses, time }
  }

  static let cases = [
    Case(received: "GET / HTTP/1.1\r\nHost: a.test\r\nBad Name: x\r\n\r\n", unread: 8),
    Case(received: "\u{1}\u{2}\u{3}garbage", unread: 9),
    Case(received: "GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\nHost: a.test\n\n", unread: 15),
    Case(received: "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", unread: 3),
    Case(received: "GET / HTTP/1.1\r\nHo", after: .peerCloses),
    Case(received: "GET / HTTP/1.1\r\nHo", after: .time),
    Case(received: "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\nmore", unread: 4),
  ]

  @Test("by the server", arguments: cases)
  func server(_ c: Case) {
    for pieces in Cutter.cuts(of: Buffer(c.received)) {
      let recorder = TestRecorder()
      let trace = TraceContext(recorder: recorder, host: "www", role: .server)
      let driver = ConversationDriver(ServerConversation(), trace: trace) { question, _ in
        if case .request(let ticket, let head) = question { head.hasBody ? .takeBody(ticket, 1_000) : .respond(ticket, Response(.ok)) } else { nil }
      }
      let connection = MemoryConnection(driver)
      for piece in pieces { connection.receive(piece) }
      switch c.after {
      case .nothing: break
      case .peerCloses: connection.peerCloses()
      case .time: connection.advance(by: .seconds(20))
      }
      let seen = recorder.bytes(.received)
      #expect(Buffer(c.received)[0..<seen.count] == seen && seen.count >= c.received.utf8.count - c.unread, "\(pieces)")
      if pieces.count == 1 { #expect(seen == Buffer(c.received)) }
      // What was refused stands before the words about it.
      let kinds = recorder.events.map(\.kind)
      if let problem = kinds.firstIndex(of: .problem), let last = kinds.lastIndex(of: .received) { #expect(last < problem, "\(kinds)") }
    }
  }

  @Test("by the client")
  func client() {
    for received in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"] {
      let recorder = TestRecorder()
      let driver = ConversationDriver(ClientConversation(), trace: TraceContext(recorder: recorder, host: "pc", role: .client)) { _, _ in nil }
      let connection = MemoryConnection(driver)
      driver.answers.give(.send(Ticket(number: 1), Request(authority: "a.test")))
      connection.settle()
      connection.receive(Buffer(received))
      connection.peerCloses()
      #expect(recorder.bytes(.received) == Buffer(received))
    }
  }

  @Test("and its secrets are masked like those of other messages")
  func secrets() {
    let recorder = TestRecorder()
    let driver = ConversationDriver(ServerConversation(), trace: TraceContext(recorder: recorder, host: "www", role: .server)) { _, _ in nil }
    let connection = MemoryConnection(driver)
    connection.receive("GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\nBad Name: x\r\n\r\n")
    connection.settle()
    #expect(recorder.bytes(.received).text.contains("Authorization") && !recorder.bytes(.received).text.contains("c2VjcmV0"))
  }
}
