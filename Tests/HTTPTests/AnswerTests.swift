// How the server conversation answers: what may have a body, order, parts, deadlines, ends; and what must never trap.
import Bytes
import HTTP
import TestKit
import Testing
import Transport
import World

/// A server conversation driven by hand: bytes in, questions out, answers when the test says so.
private final class Desk {
  let connection: MemoryConnection
  var questions: [ServerConversation.Question] = []
  private let driver: ConversationDriver<ServerConversation>
  private let box: Box

  private final class Box { var questions: [ServerConversation.Question] = [] }

  init(limits: Limits = Limits()) {
    let box = Box()
    self.box = box
    driver = ConversationDriver(ServerConversation(limits: limits), trace: nil) { question, _ in
      box.questions.append(question)
      return nil
    }
    connection = MemoryConnection(driver)
  }

  func receive(_ text: String) { connection.receive(Buffer(text)) }
  func give(_ input: ServerConversation.Input) {
    driver.answers.give(input)
    connection.settle()
  }
  func retire() {
    driver.retired()
    connection.settle()
  }
  func output() -> String { connection.takeOutput().text }
  var tickets: [Ticket] { box.questions.compactMap { if case .request(let ticket, _) = $0 { ticket } else { nil } } }
  var abandoned: [Ticket] { box.questions.compactMap { if case .abandoned(let ticket) = $0 { ticket } else { nil } } }
  var bodyBytes: Int { box.questions.reduce(0) { if case .requestBody(_, let bytes) = $1 { $0 + bytes.count } else { $0 } } }
}

private func get(_ target: String = "/", _ fields: String = "", method: String = "GET") -> String {
  "\(method) \(target) HTTP/1.1\r\nHost: a.test\r\n\(fields)\r\n"
}

extension String {
  /// How often `part` stands in it.
  fileprivate func components(of part: String) -> Int { indices.count { self[$0...].hasPrefix(part) } }
}

private let date = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"

@Suite("Answers", .spec("RFC 9112", "6", "9"))
struct AnswerTests {
  @Test("interim responses leave before the answer they are for, and only then", .spec("RFC 9110", "15.2")) func interim() throws {
    var link = FieldLines()
    link.append("Link", "</a.css>")
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    let desk = Desk()
    desk.receive(get() + get("/second"))
    // The second one's would be taken for the first one's.
    desk.give(.inform(desk.tickets[1], .earlyHints, link))
    desk.give(.inform(desk.tickets[0], .ok, link))
    #expect(desk.output().isEmpty)
    desk.give(.inform(desk.tickets[0], .earlyHints, link))
    #expect(desk.output() == hint)
    desk.give(.respond(desk.tickets[0], .text(.ok, "one")))
    _ = desk.output()
    desk.give(.inform(desk.tickets[0], .earlyHints, link))
    #expect(desk.output().isEmpty)
    desk.give(.inform(desk.tickets[1], .earlyHints, link))
    #expect(desk.output() == hint)
    desk.give(.respond(desk.tickets[1], Response(.ok, body: .parts(length: nil))))
    desk.give(.inform(desk.tickets[1], .earlyHints, link))
    #expect(!desk.output().contains("103"))
    let old = Desk()
    old.receive("GET / HTTP/1.0\r\n\r\n")
    old.give(.inform(old.tickets[0], .earlyHints, link))
    #expect(old.output().isEmpty)
  }

  @Test("what each kind of answer looks like") func shapes() throws {
    let cases: [(String, Response, String)] = [
      (get(), .text(.ok, "hi"), "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\(date)\r\nhi"),
      (get(method: "HEAD"), .text(.ok, "hi"), "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\(date)\r\n"),
      (get(), Response(.noContent, body: .bytes("hi")), "HTTP/1.1 204 No Content\r\n\(date)\r\n"),
      (get(), Response(.notModified, body: .bytes("hi")), "HTTP/1.1 304 Not Modified\r\n\(date)\r\n"),
      (get(), Response(.notModified, body: .absent(length: 7)), "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\(date)\r\n"),
      (get(), Response(.ok), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(date)\r\n"),
      (get(), Response(Status(rawValue: 299)), "HTTP/1.1 299 \r\nContent-Length: 0\r\n\(date)\r\n"),
      ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Response(.ok), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(date)Connection: keep-alive\r\n\r\n"),
      ("GET / HTTP/1.0\r\n\r\n", Response(.ok), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(date)Connection: close\r\n\r\n"),
      (get(), Response(.ok, afterwards: .close), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(date)Connection: close\r\n\r\n"),
    ]
    for (input, response, expected) in cases {
      for prepares in [false, true] {
        let desk = Desk()
        desk.receive(input)
        var given = response
        if prepares {
          given = .prepared(try #require(PreparedResponse(response)))
          given.afterwards = response.afterwards
        }
        desk.give(.respond(try #require(desk.tickets.first), given))
        #expect(desk.output() == expected)
        #expect((desk.connection.closing != nil) == expected.contains("close"))
      }
    }
  }

  @Test("answers leave in the order of the requests, also parts") func order() {
    let desk = Desk()
    desk.receive(get("/1") + get("/2") + get("/3"))
    let tickets = desk.tickets
    #expect(tickets.count == 3)
    desk.give(.respond(tickets[2], .text(.ok, "three")))
    desk.give(.respond(tickets[1], Response(.ok, body: .parts(length: nil))))
    desk.give(.part(tickets[1], "two"))
    #expect(desk.output() == "")
    desk.give(.respond(tickets[0], Response(.ok)))
    let first = desk.output()
    #expect(first.hasSuffix("Transfer-Encoding: chunked\r\n\(date)\r\n3\r\ntwo\r\n"))
    desk.give(.part(tickets[1], ""))
    desk.give(.finish(tickets[1]))
    let second = desk.output()
    #expect(second.hasPrefix("0\r\n\r\nHTTP/1.1 200 OK") && second.hasSuffix("three"))
    // A late answer changes nothing.
    desk.give(.respond(tickets[0], .text(.ok, "again")))
    #expect(desk.output() == "" && desk.connection.closing == nil)
  }

  @Test("an unsafe request waits for those before it, and those after it wait for it") func unsafe() {
    let desk = Desk()
    desk.receive(get("/1") + get("/2", "Content-Length: 2\r\n", method: "POST") + "hi" + get("/3"))
    #expect(desk.tickets.count == 1)
    desk.give(.respond(desk.tickets[0], Response(.ok)))
    #expect(desk.tickets.count == 2 && desk.bodyBytes == 2)
    desk.give(.respond(desk.tickets[1], Response(.ok)))
    #expect(desk.tickets.count == 3)
  }

  @Test("reading pauses at sixty-four unanswered requests") func pipelined() {
    let desk = Desk()
    desk.receive(String(repeating: get(), count: 100))
    #expect(desk.tickets.count == 64 && !desk.connection.isReading)
    for ticket in desk.tickets { desk.give(.respond(ticket, Response(.ok))) }
    #expect(desk.tickets.count == 100 && desk.connection.isReading)
  }

  @Test("parts to HTTP/1.0 end with the connection; parts of known length are counted") func parts() {
    let old = Desk()
    old.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    old.give(.respond(old.tickets[0], Response(.ok, body: .parts(length: nil))))
    old.give(.part(old.tickets[0], "x"))
    old.give(.finish(old.tickets[0]))
    #expect(old.output() == "HTTP/1.1 200 OK\r\n\(date)Connection: close\r\n\r\nx" && old.connection.closing == .afterFlush)
    let short = Desk()
    short.receive(get())
    short.give(.respond(short.tickets[0], Response(.ok, body: .parts(length: 5))))
    short.give(.part(short.tickets[0], "abc"))
    short.give(.finish(short.tickets[0]))
    #expect(short.connection.closing == .now)
    let long = Desk()
    long.receive(get())
    long.give(.respond(long.tickets[0], Response(.ok, body: .parts(length: 2))))
    long.give(.part(long.tickets[0], "abc"))
    long.give(.finish(long.tickets[0]))
    #expect(long.output().hasSuffix("\r\n\r\nab") && long.connection.closing == nil)
  }

  @Test("a body is handed over as the owner takes it, and its rest is thrown away or ends the connection") func bodies() {
    var limits = Limits()
    limits.bodyUnaskedBytesMax = 10
    limits.bodyDrainedBytesMax = 100
    let desk = Desk(limits: limits)
    desk.receive(get("/", "Content-Length: 50\r\n", method: "POST") + String(repeating: "x", count: 50) + get("/next"))
    #expect(desk.bodyBytes == 10)
    desk.give(.takeBody(desk.tickets[0], 15))
    #expect(desk.bodyBytes == 25)
    desk.give(.respond(desk.tickets[0], Response(.ok)))
    #expect(desk.tickets.count == 2 && desk.bodyBytes == 25)
    let large = Desk(limits: limits)
    large.receive(get("/", "Content-Length: 500\r\n", method: "POST") + "x")
    large.give(.respond(large.tickets[0], Response(.ok)))
    #expect(large.output().contains("Connection: close") && large.connection.closing == .afterFlush)
    let waiting = Desk()
    waiting.receive(get("/", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
    #expect(waiting.output() == "")
    waiting.give(.takeBody(waiting.tickets[0], 1_000))
    #expect(waiting.output() == "HTTP/1.1 100 Continue\r\n\r\n")
    let refused = Desk()
    refused.receive(get("/", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
    refused.give(.respond(refused.tickets[0], Response(.contentTooLarge)))
    #expect(refused.connection.closing == .afterFlush)
  }

  @Test("deadlines and ends") func ends() {
    let idle = Desk()
    idle.receive(get())
    idle.connection.advance(by: .seconds(600))
    #expect(idle.connection.closing == nil)
    idle.give(.respond(idle.tickets[0], Response(.ok)))
    idle.connection.advance(by: .seconds(59))
    #expect(idle.connection.closing == nil)
    idle.connection.advance(by: .seconds(2))
    #expect(idle.connection.closing == .afterFlush)
    let gone = Desk()
    gone.receive(get())
    gone.connection.peerCloses()
    #expect(gone.abandoned == gone.tickets)
    gone.give(.respond(gone.tickets[0], Response(.ok)))
    #expect(gone.output().contains("Connection: close") && gone.connection.closing == .afterFlush)
    let broken = Desk()
    broken.receive(get("/", "Content-Length: 5\r\n", method: "POST") + "he")
    broken.connection.peerCloses()
    #expect(broken.abandoned == broken.tickets && broken.output().hasPrefix("HTTP/1.1 400 ") && broken.connection.closing == .afterFlush)
    let slow = Desk()
    slow.receive(get("/", "Content-Length: 100000\r\n", method: "POST"))
    for _ in 0..<20 {
      slow.receive(String(repeating: "x", count: 1_300))
      slow.connection.advance(by: .seconds(5))
    }
    #expect(slow.connection.closing == nil)
    slow.receive("x")
    slow.connection.advance(by: .seconds(6))
    #expect(slow.output().hasPrefix("HTTP/1.1 408 "))
  }

  @Test("a connection of a service that ends: at once between two requests, otherwise after what has begun") func retires() {
    func desk(_ received: String, answers: Int = 0) -> Desk {
      let desk = Desk()
      desk.receive(received)
      for ticket in desk.tickets.prefix(answers) { desk.give(.respond(ticket, Response(.ok))) }
      desk.retire()
      return desk
    }
    #expect(desk("").connection.closing == .afterFlush)
    #expect(desk(get(), answers: 1).connection.closing == .afterFlush)
    // The rest of a body that nobody wants is no reason to stay.
    #expect(desk(get("/", "Content-Length: 10\r\n", method: "POST") + "x", answers: 1).connection.closing == .afterFlush)
    let busy = desk(get())
    #expect(busy.connection.closing == nil)
    busy.give(.respond(busy.tickets[0], Response(.ok)))
    #expect(busy.output().contains("Connection: close") && busy.connection.closing == .afterFlush)
    let reading = desk("GET / HT")
    reading.receive("TP/1.1\r\nHost: a.test\r\n\r\n")
    reading.give(.respond(reading.tickets[0], Response(.ok)))
    #expect(reading.output().contains("Connection: close") && reading.connection.closing == .afterFlush)
    let pipelined = desk(get("/1") + get("/2") + "GET /3 HT")
    pipelined.receive("TP/1.1\r\nHost: a.test\r\n\r\n")
    #expect(pipelined.tickets.count == 2)
    pipelined.connection.advance(by: .seconds(60))
    for ticket in pipelined.tickets { pipelined.give(.respond(ticket, Response(.ok))) }
    #expect(pipelined.output().components(of: "HTTP/1.1 200") == 2 && pipelined.connection.closing == .afterFlush)
  }

  @Test("who waits for 100 Continue is waited for by nobody, and gets it when its turn comes", .spec("RFC 9110", "10.1.1")) func expectations() {
    let fields = "Content-Length: 5\r\nExpect: 100-continue\r\n"
    let slow = Desk()
    slow.receive(get("/", fields, method: "POST"))
    slow.connection.advance(by: .seconds(600))
    #expect(slow.connection.closing == nil && slow.output() == "")
    slow.give(.takeBody(slow.tickets[0], 100))
    #expect(slow.output() == "HTTP/1.1 100 Continue\r\n\r\n")
    // From now on it is the client who is waited for.
    slow.connection.advance(by: .seconds(6))
    #expect(slow.output().hasPrefix("HTTP/1.1 408 "))
    let second = Desk()
    second.receive(get("/1") + get("/2", fields))
    second.give(.takeBody(second.tickets[1], 100))
    second.connection.advance(by: .seconds(600))
    #expect(second.output() == "" && second.connection.closing == nil)
    second.give(.respond(second.tickets[0], Response(.ok)))
    #expect(second.output().hasSuffix("\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"))
    second.receive("hello")
    #expect(second.bodyBytes == 5)
    // No interim response in the middle of a final one.
    let answered = Desk()
    answered.receive(get("/", fields, method: "POST"))
    answered.give(.respond(answered.tickets[0], Response(.ok, body: .parts(length: nil))))
    answered.give(.takeBody(answered.tickets[0], 100))
    #expect(!answered.output().contains("100 Continue"))
  }

  @Test("a body that the owner takes again after a pause has to come as fast as before") func paused() {
    var limits = Limits()
    limits.bodyUnaskedBytesMax = 10
    let desk = Desk(limits: limits)
    desk.receive(get("/", "Content-Length: 50\r\n", method: "POST") + String(repeating: "x", count: 10))
    desk.connection.advance(by: .seconds(600))
    #expect(desk.connection.closing == nil)
    desk.give(.takeBody(desk.tickets[0], 40))
    desk.connection.advance(by: .seconds(6))
    #expect(desk.output().hasPrefix("HTTP/1.1 408 "))
  }

  @Test("mutated requests never trap, and end in whole responses") func garbage() {
    var random = SeededRandom(seed: 20_260_101)
    let seeds = FramingCase.all.map { Buffer(latin: $0.input).array }.filter { $0.count < 400 }
    for _ in 0..<25_000 {
      var bytes = seeds.randomElement(using: &random) ?? []
      if Bool.random(using: &random) { bytes += seeds.randomElement(using: &random) ?? [] }
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: place)
        }
      }
      let site = Site()
      site.receive(Buffer(bytes))
      site.peerCloses()
      if site.heard() == nil { Issue.record("not a row of responses to \(Buffer(bytes))") }
      _ = HTTP.explain(Buffer(bytes))
    }
  }
}
