// The client conversation: what it sends, how it reads each kind of response, and how failures are told.
import Bytes
import HTTP
import TestKit
import Testing
import Transport
import World

/// A client conversation on a connection in memory, which writes down what it is told.
private final class Caller {
  let connection: MemoryConnection
  private let driver: ConversationDriver<ClientConversation>
  private let box = Box()

  private final class Box { var told: [String] = [] }

  init() {
    let box = box
    driver = ConversationDriver(ClientConversation(), trace: nil) { question, _ in
      switch question {
      case .opened: box.told.append("opened")
      case .interim(let ticket, let head): box.told.append("\(ticket.number) interim \(head.status.rawValue)")
      case .responseHead(let ticket, let head): box.told.append("\(ticket.number) \(head.status.rawValue)")
      case .bodyPart(let ticket, let bytes):
        // Parts are joined, so that a cut makes no difference.
        if let last = box.told.last, last.hasPrefix("\(ticket.number) body ") {
          box.told[box.told.count - 1] = last + bytes.text
        } else {
          box.told.append("\(ticket.number) body \(bytes.text)")
        }
      case .responseEnd(let ticket, let trailers): box.told.append("\(ticket.number) end\(trailers.isEmpty ? "" : " \(trailers.count)")")
      case .failed(let ticket, let failure): box.told.append("\(ticket.number) failed \(failure.kind)\(failure.isRepeatable ? " repeatable" : "")")
      case .giveBody(let ticket): box.told.append("\(ticket.number) give")
      case .holdParts, .resumeParts, .partTaken: break
      case .ended: box.told.append("ended")
      }
      return nil
    }
    connection = MemoryConnection(driver)
  }

  var told: [String] { Array(box.told.dropFirst()) }
  func give(_ input: ClientConversation.Input) {
    driver.answers.give(input)
    connection.settle()
  }
  func send(_ number: UInt64, _ request: Request) { give(.send(Ticket(number: number), request)) }
  func output() -> String { connection.takeOutput().text }
}

private let site = "a.test"

@Suite("Client", .spec("RFC 9112", "6.3", "9"))
struct ClientTests {
  struct Case: Sendable {
    var bytes: String
    var told: [String]
    var method = HTTP.Method.get
    /// Whether the server closes after these bytes.
    var closes = false
    var isOpenAfter = true
  }

  static let cases: [Case] = [
    Case(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", told: ["1 200", "1 body hello", "1 end"]),
    Case(bytes: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", told: ["1 200", "1 end"]),
    Case(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", told: ["1 200", "1 end"], method: .head),
    Case(bytes: "HTTP/1.1 204 No Content\r\n\r\n", told: ["1 204", "1 end"]),
    Case(bytes: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", told: ["1 304", "1 end"]),
    Case(bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
      told: ["1 interim 100", "1 interim 103", "1 204", "1 end"]),
    Case(bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n", told: ["1 200", "1 body hello", "1 end 1"]),
    Case(bytes: "HTTP/1.1 200 OK\r\n\r\nhello", told: ["1 200", "1 body hello", "1 end", "ended"], closes: true, isOpenAfter: false),
    Case(bytes: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", told: ["1 200", "1 body hi", "1 end", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", told: ["1 200", "1 body hi", "1 end", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", told: ["1 200", "1 body he", "1 failed closedEarly", "ended"], closes: true, isOpenAfter: false),
    Case(bytes: "", told: ["1 failed closedEarly repeatable", "ended"], closes: true, isOpenAfter: false),
    Case(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/2.0 200 OK\r\n\r\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 20 OK\r\n\r\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 200 OK\nContent-Length: 0\n\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 101 Switching Protocols\r\n\r\n", told: ["1 interim 101"], isOpenAfter: false),
    Case(bytes: "SSH-2.0-OpenSSH_9.2\r\n", told: ["1 failed badResponse", "ended"], isOpenAfter: false),
    Case(bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", told: ["1 200", "1 failed badResponse", "ended"], isOpenAfter: false),
  ]

  @Test("each kind of response, however it is cut", arguments: cases)
  func reads(_ c: Case) {
    for pieces in Cutter.cuts(of: Buffer(c.bytes)) {
      let caller = Caller()
      caller.send(1, Request(c.method, "/", authority: site))
      for piece in pieces { caller.connection.receive(piece) }
      if c.closes { caller.connection.peerCloses() }
      if c.told == ["1 interim 101"] {
        #expect(caller.told == ["1 failed badResponse", "ended"])
      } else {
        #expect(caller.told == c.told)
      }
      #expect((caller.connection.closing == nil) == c.isOpenAfter)
    }
  }

  @Test("what is sent", .spec("RFC 9112", "3")) func writes() {
    let cases: [(Request, String)] = [
      (Request(authority: "a.test:81"), "GET / HTTP/1.1\r\nHost: a.test:81\r\n\r\n"),
      (Request(.post, "/x?y", authority: site), "POST /x?y HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n"),
      (Request(.put, "/", authority: site, body: .bytes("hi"), afterwards: .close), "PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
      (Request(.get, "/", authority: site, version: .http10), "GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n"),
    ]
    for (request, expected) in cases {
      let caller = Caller()
      caller.send(1, request)
      #expect(caller.output() == expected)
    }
    for bad in [Request(.get, "/a b", authority: site), Request(.get, "/", authority: "a/b"), Request(.get, "", authority: site), Request(.get, "/\r\nX: y", authority: site)] {
      let caller = Caller()
      caller.send(1, bad)
      #expect(caller.told == ["1 failed badRequest"] && caller.output() == "")
    }
  }

  @Test("idempotent requests are pipelined, others wait") func pipelines() {
    let caller = Caller()
    caller.send(1, Request(authority: site))
    caller.send(2, Request(.get, "/2", authority: site))
    caller.send(3, Request(.post, "/3", authority: site))
    caller.send(4, Request(.get, "/4", authority: site))
    #expect(caller.output().components("HTTP/1.1") == 2)
    caller.connection.receive("HTTP/1.1 204 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n")
    #expect(caller.output().hasPrefix("POST /3"))
    caller.connection.receive("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nx")
    #expect(caller.output().hasPrefix("GET /4"))
    caller.connection.peerCloses()
    #expect(caller.told == ["1 204", "1 end", "2 204", "2 end", "3 200", "3 body x", "3 end", "4 failed closedEarly repeatable", "ended"])
  }

  @Test("content in parts, and after 100 Continue") func content() {
    let parts = Caller()
    parts.send(1, Request(.post, "/", authority: site, body: .parts(length: nil)))
    parts.give(.part(Ticket(number: 1), "abc"))
    parts.give(.finish(Ticket(number: 1)))
    #expect(parts.output().hasSuffix("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
    let waits = Caller()
    waits.send(1, Request(.post, "/", authority: site, body: .bytes("abc"), expectsContinue: true))
    #expect(waits.output().hasSuffix("Expect: 100-continue\r\n\r\n"))
    waits.connection.receive("HTTP/1.1 100 Continue\r\n\r\n")
    #expect(waits.output() == "abc")
    let impatient = Caller()
    impatient.send(1, Request(.post, "/", authority: site, body: .bytes("abc"), expectsContinue: true))
    impatient.connection.advance(by: .seconds(1))
    #expect(impatient.output().hasSuffix("abc"))
    let refused = Caller()
    refused.send(1, Request(.post, "/", authority: site, body: .bytes("abc"), expectsContinue: true))
    refused.connection.receive("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n")
    #expect(!refused.output().hasSuffix("abc") && refused.connection.closing == .afterFlush)
  }

  @Test("silence and unasked bytes end the connection") func ends() {
    let silent = Caller()
    silent.send(1, Request(authority: site))
    silent.connection.advance(by: .seconds(61))
    #expect(silent.told == ["1 failed timedOut", "ended"] && silent.connection.closing == .now)
    let broken = Caller()
    broken.send(1, Request(authority: site))
    broken.connection.receive("HTTP/1.1 200 OK\r\n\r\nhello")
    broken.connection.reset()
    #expect(broken.told == ["1 200", "1 body hello", "1 failed closedEarly", "ended"])
    let unasked = Caller()
    unasked.connection.receive("HTTP/1.1 200 OK\r\n\r\n")
    #expect(unasked.told == ["ended"] && unasked.connection.closing == .now)
    let retired = Caller()
    retired.give(.retire)
    #expect(retired.connection.closing == .afterFlush)
  }
}

extension String {
  /// How often `part` stands in this text.
  fileprivate func components(_ part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let index = rest.utf8.indices.first(where: { rest[$0...].hasPrefix(part) }) {
      count += 1
      rest = rest[index...].dropFirst()
    }
    return count
  }
}
