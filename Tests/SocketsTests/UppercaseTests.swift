// The uppercase service: its transcripts in memory, its datagrams, the iterative and the concurrent form.
import Bytes
import Sockets
import TestKit
import Testing
import Transport
import World

@Suite("Uppercase service")
struct UppercaseTests {
  @Test("transcripts, whole, byte by byte and glued", arguments: Script.all("uppercase"))
  func transcripts(_ transcript: Script) throws {
    try TranscriptPlayer { UppercaseStreamConversation() } owner: { question, _ in question == .turn ? .turnCame : nil }.play(transcript)
  }

  @Test("the same transcripts over real sockets", arguments: Script.all("uppercase").filter { !$0.hasWaits })
  func sockets(_ transcript: Script) async throws {
    let network = SocketNetwork(loops: 1)
    try await TranscriptPlayer.play(transcript, from: network, to: network, at: Endpoint(.loopback, 0)) {
      UppercaseStreamConversation()
    } owner: { question, _ in question == .turn ? .turnCame : nil }
    await network.shutDown()
  }

  @Test("every byte")
  func everyByte() {
    let answer = uppercase(Buffer(UInt8.min...UInt8.max))
    for byte in UInt8.min...UInt8.max {
      let isLower = Character(Unicode.Scalar(byte)).isASCII && Character(Unicode.Scalar(byte)).isLowercase
      #expect(answer[at: Int(byte)] == (isLower ? byte - 32 : byte))
    }
  }

  @Test("nothing is served before the turn has come, and then everything")
  func turn() {
    let driver = ConversationDriver(UppercaseStreamConversation(), trace: nil) { _, _ in nil }
    let connection = MemoryConnection(driver)
    connection.receive("early\r\n")
    connection.advance(by: .seconds(3_600))
    #expect(connection.takeOutput().isEmpty)
    #expect(!connection.isReading)
    driver.answers.give(.turnCame)
    #expect(connection.takeOutput() == "EARLY\r\n")
  }

  @Test("a refused turn closes the connection")
  func refusedTurn() {
    let connection = MemoryConnection(ConversationDriver(UppercaseStreamConversation(), trace: nil) { question, _ in question == .turn ? .turnRefused : nil })
    #expect(connection.endedBecause != nil)
  }

  @Test("a client that does not read its answers is not read from")
  func congestion() {
    let driver = ConversationDriver(UppercaseStreamConversation(), trace: nil) { question, _ in question == .turn ? .turnCame : nil }
    let connection = MemoryConnection(driver)
    driver.congested(true)
    #expect(!connection.isReading)
    connection.receive("held\r\n")
    #expect(connection.takeOutput().isEmpty)
    driver.congested(false)
    #expect(connection.takeOutput() == "HELD\r\n")
  }

  @Test("every way to end gives the turn back exactly once", arguments: ["closes", "resets", "idles", "talks too long"])
  func leaving(_ how: String) {
    var leaves = 0
    let driver = ConversationDriver(UppercaseStreamConversation(), trace: nil) { question, _ in
      if question == .leave { leaves += 1 }
      return question == .turn ? .turnCame : nil
    }
    let connection = MemoryConnection(driver)
    switch how {
    case "closes": connection.peerCloses()
    case "resets": connection.reset()
    case "idles": connection.advance(by: .seconds(61))
    default: connection.receive(Buffer([UInt8](repeating: 65, count: 2_000)))
    }
    #expect(connection.endedBecause != nil)
    #expect(leaves == 1)
  }

  @Test("over UDP each datagram is answered, but not those of services")
  func datagrams() {
    let port = MemoryPort(
      DatagramDriver(UppercaseDatagramConversation(port: 9_876), trace: nil), local: Endpoint(Address(192, 0, 2, 1), 9_876))
    let client = Endpoint(Address(203, 0, 113, 2), 50_000)
    port.receive("hello", from: client)
    port.receive("", from: client)
    port.receive("loop", from: Endpoint(Address(203, 0, 113, 9), 9_876))
    port.receive("loop", from: Endpoint(Address(203, 0, 113, 9), 7))
    #expect(port.takeSent() == [MemoryPort.Sent(bytes: "HELLO", remote: client), MemoryPort.Sent(bytes: "", remote: client)])
  }

  @Test("the stream client says one line at a time")
  func client() throws {
    var told: [UppercaseStreamClient.Question] = []
    let connection = MemoryConnection(ConversationDriver(UppercaseStreamClient(lines: ["a", "b"]), trace: nil) { question, _ in
      told.append(question)
      return nil
    })
    #expect(connection.takeOutput() == "a\r\n")
    connection.receive("A\r\n")
    #expect(connection.takeOutput() == "b\r\n")
    connection.receive("B\r\n")
    #expect(told == [.deliver(line: "a", answer: "A"), .deliver(line: "b", answer: "B"), .finished])
    #expect(connection.closing == .afterFlush)
  }

  @Test("the stream client gives up", arguments: ["silent", "closed", "long"])
  func clientGivesUp(_ server: String) {
    var told: [UppercaseStreamClient.Question] = []
    let connection = MemoryConnection(ConversationDriver(UppercaseStreamClient(lines: ["a"]), trace: nil) { question, _ in
      told.append(question)
      return nil
    })
    switch server {
    case "silent": connection.advance(by: .seconds(6))
    case "closed": connection.peerCloses()
    default: connection.receive(Buffer([UInt8](repeating: 65, count: 2_000)))
    }
    #expect(told.count == 1)
    #expect(told.first.map { if case .failed = $0 { true } else { false } } == true)
  }

  @Test("the datagram client counts what did not come, and believes only the server")
  func datagramClient() {
    let server = Endpoint(Address(192, 0, 2, 1), 9_876)
    var told: [UppercaseDatagramClient.Question] = []
    let port = MemoryPort(DatagramDriver(UppercaseDatagramClient(lines: ["a", "b"], to: server), trace: nil) { question, _ in
      told.append(question)
      return nil
    })
    #expect(port.takeSent() == [MemoryPort.Sent(bytes: "a", remote: server)])
    port.receive("A", from: Endpoint(Address(203, 0, 113, 66), 9_876))
    port.receive("X", from: server)
    #expect(told.isEmpty)
    port.advance(by: .seconds(5))
    port.receive("A", from: server)
    port.receive("B", from: server)
    #expect(told == [.deliver(line: "a", answer: nil), .deliver(line: "b", answer: "B"), .finished])
    #expect(port.deadline == nil)
  }
}

@Suite("Service order")
struct ServiceOrderTests {
  @Test("the iterative form serves one at a time, in the order of arrival")
  func iterative() {
    var queue = ServiceQueue<Int, String>(.iterative)
    #expect(queue.arrive(1, waiter: "one") == .now)
    #expect(queue.arrive(2, waiter: "two") == .later)
    #expect(queue.arrive(3, waiter: "three") == .later)
    #expect(queue.arrive(4, waiter: "four") == .later)
    // One that leaves while waiting makes it nobody's turn, and its own never comes.
    #expect(queue.leave(3) == nil)
    #expect(queue.leave(1) == "two")
    #expect(queue.leave(2) == "four")
    #expect(queue.leave(4) == nil)
    #expect(queue.arrive(5, waiter: "five") == .now)
  }

  @Test("the concurrent form serves all")
  func concurrent() {
    var queue = ServiceQueue<Int, String>(.concurrent)
    for client in 0..<1_000 { #expect(queue.arrive(client, waiter: "") == .now) }
    #expect(queue.leave(0) == nil)
    #expect(queue.waitingCount == 0)
  }

  @Test("who comes when too many wait is refused")
  func bound() {
    var limits = Limits()
    limits.clientsWaitingMax = 2
    var queue = ServiceQueue<Int, String>(.iterative, limits: limits)
    #expect((0..<4).map { queue.arrive($0, waiter: "") } == [.now, .later, .later, .never])
  }
}
