// Both halves of a TCP connection: framing, pipelining, bounds, silence; whole, byte by byte, and against each other.
import Bytes
import DNS
import Testing
import World

/// Feeds bytes to a conversation as a driver does: only what it accepts, input by input.
struct Feeder<C: StreamConversation> {
  var conversation: C
  var held = Buffer()
  var actions: [StreamAction<C.Question>] = []
  var now = Instant.simulationStart

  init(_ conversation: C) { self.conversation = conversation }

  mutating func handle(_ input: C.Input) {
    conversation.handle(input, at: now, into: &actions)
    pump()
  }

  mutating func feed(_ bytes: Buffer, in pieces: Int) {
    var rest = bytes
    while let piece = rest.isEmpty ? nil : rest.take(min(pieces, rest.count)) {
      held.append(piece)
      pump()
    }
  }

  private mutating func pump() {
    while conversation.acceptsBytes, let input = conversation.next(from: &held) { conversation.handle(input, at: now, into: &actions) }
  }

  mutating func taken() -> [StreamAction<C.Question>] {
    defer { actions = [] }
    return actions
  }
}

@Suite struct TCPConversationTests {
  @Test("when the service ends an idle connection is closed, another one after what is owed")
  func retires() throws {
    var idle = Feeder(TCPServerConversation())
    idle.handle(.opened)
    idle.handle(.retired)
    #expect(idle.taken() == [.close(.afterFlush)])
    var busy = Feeder(TCPServerConversation())
    busy.handle(.opened)
    busy.feed(StreamFraming.framed(try TCPConversationTests.query(1)), in: 1_000)
    guard case .ask(let query)? = busy.taken().first else {
      Issue.record("not asked")
      return
    }
    busy.handle(.retired)
    busy.feed(StreamFraming.framed(try TCPConversationTests.query(2)), in: 1_000)
    #expect(busy.taken() == [])
    busy.handle(.answered(query.ticket, "answer"))
    #expect(busy.taken() == [.send(StreamFraming.framed("answer")), .close(.afterFlush)])
  }

  static func query(_ id: UInt16, _ name: String = "www.garnet.test") throws -> Buffer { try Message.query(Name(name), .a, id: id).wire() }

  @Test("queries come out however the bytes are cut, and answers go in any order", arguments: [1, 2, 3, 7, 1000])
  func server(_ pieces: Int) throws {
    var server = Feeder(TCPServerConversation())
    server.handle(.opened)
    #expect(server.conversation.deadline == server.now + .seconds(30) && server.conversation.stateName == "idle")
    let first = try TCPConversationTests.query(1)
    let second = try TCPConversationTests.query(2)
    var bytes = StreamFraming.framed(first)
    bytes.append(StreamFraming.framed(second))
    server.feed(bytes, in: pieces)
    let zero = Ticket(number: 0)
    let one = Ticket(number: 1)
    #expect(server.taken() == [.ask(.init(ticket: zero, message: first)), .ask(.init(ticket: one, message: second))])
    #expect(server.conversation.deadline == nil && server.conversation.stateName == "answering")
    server.handle(.answered(one, Buffer("late")))
    server.handle(.peerClosed)
    #expect(server.conversation.stateName == "finishing" && !server.conversation.acceptsBytes)
    server.handle(.answered(one, Buffer("twice")))
    server.handle(.answered(zero, nil))
    #expect(server.taken() == [.send(Buffer([0, 4] + "late".utf8)), .close(.afterFlush)])
    server.handle(.answered(zero, Buffer("x")))
    #expect(server.taken() == [] && server.conversation.stateName == "closed" && server.conversation.deadline == nil)
  }

  @Test("past the bound nothing is read until an answer is given")
  func bound() throws {
    var limits = Limits()
    limits.inFlightMax = 2
    var server = Feeder(TCPServerConversation(limits: limits))
    let query = StreamFraming.framed(try TCPConversationTests.query(1))
    for _ in 0..<4 { server.feed(query, in: 1000) }
    #expect(server.taken().count == 2 && !server.conversation.acceptsBytes)
    server.handle(.answered(Ticket(number: 0), Buffer("x")))
    #expect(server.taken().count == 2 && !server.conversation.acceptsBytes)
  }

  @Test("silence, half a query and messages that are none end the connection")
  func silence() throws {
    var idle = Feeder(TCPServerConversation())
    idle.handle(.opened)
    let deadline = idle.conversation.deadline
    idle.now = idle.now + .seconds(20)
    // A byte now and then is no query: the deadline stands.
    idle.feed(Buffer([0]), in: 1)
    #expect(idle.conversation.deadline == deadline)
    idle.handle(.silentTooLong)
    #expect(idle.taken() == [.close(.afterFlush)])
    for bytes in [[0, 0], [0, 3, 1, 2, 3]] as [[UInt8]] {
      var short = Feeder(TCPServerConversation())
      short.handle(.opened)
      short.feed(Buffer(bytes), in: 1000)
      let actions = short.taken()
      #expect(actions.count == 2 && actions.last == .close(.afterFlush))
    }
  }

  @Test("a peer that does not read is not read from, and loses the connection")
  func congestion() throws {
    var server = Feeder(TCPServerConversation())
    server.handle(.opened)
    server.handle(.congested)
    #expect(!server.conversation.acceptsBytes && server.conversation.deadline != nil)
    server.handle(.relieved)
    #expect(server.conversation.acceptsBytes)
    server.handle(.congested)
    server.handle(.silentTooLong)
    #expect(server.taken() == [.close(.now)])
  }

  @Test("a client's queries wait for the connection and find their answers", arguments: [1, 5, 1000])
  func client(_ pieces: Int) throws {
    var client = Feeder(TCPClientConversation())
    let first = try TCPConversationTests.query(1)
    let second = try TCPConversationTests.query(2, "b.test")
    // The same identifier twice: the second waits until the first is answered.
    let third = try TCPConversationTests.query(1, "c.test")
    client.handle(.query(Ticket(number: 10), first))
    client.handle(.query(Ticket(number: 11), second))
    client.handle(.query(Ticket(number: 12), third))
    #expect(client.taken() == [] && client.conversation.stateName == "connecting")
    client.handle(.opened)
    #expect(client.taken() == [.send(StreamFraming.framed(first)), .send(StreamFraming.framed(second))])
    #expect(client.conversation.deadline == client.now + .seconds(5))
    func answer(_ query: Buffer) throws -> Buffer { try Message(reading: query).reply(.noSuchName).wire() }
    client.feed(StreamFraming.framed(try answer(second)), in: pieces)
    client.feed(StreamFraming.framed(try answer(first)), in: pieces)
    #expect(client.taken() == [
      .ask(.init(ticket: Ticket(number: 11), result: .answered(try answer(second)))),
      .ask(.init(ticket: Ticket(number: 10), result: .answered(try answer(first)))), .send(StreamFraming.framed(third)),
    ])
    // Another question under the right identifier, a wrong identifier, a query instead of an answer: not taken.
    for stray in [try answer(first), try answer(TCPConversationTests.query(9)), third] { client.feed(StreamFraming.framed(stray), in: pieces) }
    #expect(client.taken().allSatisfy { if case .problem = $0 { true } else { false } })
    client.handle(.finished)
    #expect(client.taken() == [])
    client.feed(StreamFraming.framed(try answer(third)), in: pieces)
    #expect(client.taken() == [.ask(.init(ticket: Ticket(number: 12), result: .answered(try answer(third)))), .close(.afterFlush)])
    client.handle(.query(Ticket(number: 13), first))
    #expect(client.taken() == [.ask(.init(ticket: Ticket(number: 13), result: .connectionClosed))])
  }

  @Test("a client gives up single queries, then the idle connection")
  func clientDeadlines() throws {
    var client = Feeder(TCPClientConversation())
    client.handle(.opened)
    client.handle(.query(Ticket(number: 1), try TCPConversationTests.query(1)))
    client.now = client.now + .seconds(3)
    client.handle(.query(Ticket(number: 2), try TCPConversationTests.query(2)))
    _ = client.taken()
    client.now = client.now + .seconds(2)
    client.handle(.deadlineReached)
    #expect(client.taken() == [.ask(.init(ticket: Ticket(number: 1), result: .timedOut))])
    client.handle(.peerClosed)
    #expect(client.taken() == [.ask(.init(ticket: Ticket(number: 2), result: .connectionClosed)), .close(.afterFlush)])
    var idle = Feeder(TCPClientConversation())
    idle.handle(.opened)
    idle.handle(.query(Ticket(number: 3), Buffer("short")))
    #expect(idle.taken() == [.ask(.init(ticket: Ticket(number: 3), result: .refused))])
    idle.now = idle.now + .seconds(30)
    idle.handle(.deadlineReached)
    #expect(idle.taken() == [.close(.afterFlush)])
  }

  @Test("client and server with each other", arguments: [1, 4, 1000])
  func pair(_ pieces: Int) throws {
    var client = Feeder(TCPClientConversation())
    var server = Feeder(TCPServerConversation())
    client.handle(.opened)
    server.handle(.opened)
    for number in 0..<20 { client.handle(.query(Ticket(number: UInt64(number)), try TCPConversationTests.query(UInt16(number), "h\(number).test"))) }
    for case .send(let bytes) in client.taken() { server.feed(bytes, in: pieces) }
    var asked: [TCPServerConversation.Query] = []
    for case .ask(let query) in server.taken() { asked.append(query) }
    for query in asked.reversed() { server.handle(.answered(query.ticket, try Message(reading: query.message).reply(.refused).wire())) }
    for case .send(let bytes) in server.taken() { client.feed(bytes, in: pieces) }
    var answered: [UInt64] = []
    for case .ask(let outcome) in client.taken() {
      guard case .answered(let message) = outcome.result else { continue }
      #expect(try Message(reading: message).questions[0].name == Name("h\(outcome.ticket.number).test"))
      answered.append(outcome.ticket.number)
    }
    #expect(answered == (0..<20).reversed().map { UInt64($0) })
  }
}
