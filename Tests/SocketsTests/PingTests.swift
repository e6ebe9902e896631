// The ping service: its datagram both ways, its losses, its client's bookkeeping.
import Bytes
import Sockets
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("Ping")
struct PingTests {
  static let server = Endpoint(Address(192, 0, 2, 1), 12_000)

  @Test("the datagram is read as it was written, in either case")
  func message() throws {
    for nanoseconds in [0, 1, 999_999_999, 1_767_225_600_250_000_000] as [Int64] {
      let ping = PingMessage(sequence: 7, sentAt: Instant(nanoseconds: nanoseconds))
      #expect(try PingMessage(ping.bytes) == ping)
      #expect(try PingMessage(uppercase(ping.bytes)) == ping)
    }
    #expect(PingMessage(sequence: 3, sentAt: .simulationStart).bytes == "ping 3 1767225600.000000000")
  }

  @Test("what is no ping is refused with a reason", arguments: [
    "", "pong 1 1.000000000", "ping", "ping 1", "ping 1 1.5", "ping x 1.000000000", "ping -1 1.000000000", "ping 1 1.000000000 ", "ping 1 1.00000000x",
    "ping 99999999999 1.000000000", "ping  1.000000000", "ping 1 .000000000", "\u{0}", "ping 1 1.000000000\r\n",
    // Later than any instant.
    "ping 1 9223372037.000000000", "ping 1 9999999999.999999999",
  ])
  func refused(_ text: String) {
    #expect(throws: SyntaxError.self) { try PingMessage(Buffer(text)) }
    #expect(explain(Buffer(text), as: .ping)?.problem != nil)
  }

  @Test("the server loses the share it was told to, the same ones for the same seed", arguments: [0.0, 0.3, 1.0])
  func loss(_ share: Double) {
    func answers(seed: UInt64) -> [Bool] {
      let port = MemoryPort(
        DatagramDriver(PingDatagramConversation(port: 12_000, lossShare: share, chance: SeededRandom(seed: seed)), trace: nil))
      return (0..<2_000).map { _ in
        port.receive("ping")
        return port.takeSent().count == 1
      }
    }
    let one = answers(seed: 1)
    #expect(one == answers(seed: 1))
    let lost = Double(one.filter { !$0 }.count) / 2_000
    #expect(abs(lost - share) < 0.03)
  }

  @Test("a remark stands in the exchange it is about, whoever spoke last")
  func remarks() {
    let recorder = TestRecorder()
    let trace = TraceContext(recorder: recorder, host: "srv", role: .server)
    let port = MemoryPort(DatagramDriver(PingDatagramConversation(port: 12_000, lossShare: 1, chance: SeededRandom(seed: 1)), trace: trace))
    let peers = [1, 2, 1].map { Endpoint(Address(203, 0, 113, $0), 49_152) }
    for peer in peers { port.receive("ping", from: peer) }
    let remarks = recorder.events.filter { $0.kind == .note }
    #expect(remarks.map { recorder.participants(of: $0.conversation)?.remote } == peers)
  }

  @Test("the client's statistics")
  func statistics() {
    var told: [PingDatagramClient.Question] = []
    let port = MemoryPort(DatagramDriver(PingDatagramClient(server: Self.server, count: 4), trace: nil) { question, _ in
      told.append(question)
      return nil
    })
    func answer(after delay: Duration) {
      let sent = port.takeSent()
      #expect(sent.count == 1)
      port.advance(by: delay)
      for ping in sent { port.receive(uppercase(ping.bytes), from: Self.server) }
    }
    answer(after: .milliseconds(10))
    answer(after: .milliseconds(1_500))
    answer(after: .milliseconds(30))
    answer(after: .milliseconds(20))
    // The second answer came when the third ping was out: it counts as lost, and does not count for the third.
    #expect(told.contains(.lost(sequence: 2)))
    guard case .finished(let statistics) = told.last else {
      Issue.record("not finished: \(told)")
      return
    }
    #expect(statistics.sent == 4)
    #expect(statistics.received == 3)
    #expect(statistics.lossShare == 0.25)
    #expect(statistics.shortest == .milliseconds(10))
    #expect(statistics.longest == .milliseconds(530))
    #expect(statistics.average == .milliseconds(560) / 3)
    #expect(statistics.description.hasPrefix("4 sent, 3 received, 25 % lost, round trip min 0.01 seconds"))
    #expect(port.deadline == nil)
  }

  @Test("no ping at all is finished at once")
  func none() {
    var told: [PingDatagramClient.Question] = []
    let port = MemoryPort(DatagramDriver(PingDatagramClient(server: Self.server, count: 0), trace: nil) { question, _ in
      told.append(question)
      return nil
    })
    #expect(told == [.finished(PingStatistics())])
    #expect(port.takeSent().isEmpty)
  }

  @Test("explained fields cover the message", arguments: [
    (Dialect.ping, "ping 12 1767225600.000000000"), (.ping, "PING 007 1767225600.000000000"), (.uppercase, "hello\r\n"), (.uppercase, "hello\n"), (.uppercase, "hello"), (.uppercase, ""),
    (.uppercase, "\n"),
  ])
  func explained(_ dialect: Dialect, _ text: String) throws {
    let explanation = try #require(explain(Buffer(text), as: dialect))
    #expect(explanation.problem == nil)
    var covered = [Bool](repeating: false, count: text.utf8.count)
    for field in explanation.fields { for index in field.range { covered[index] = true } }
    let gaps = covered.indices.filter { !covered[$0] }.map { Array(text.utf8)[$0] }
    #expect(gaps.allSatisfy { $0 == UInt8(ascii: " ") })
    #expect(explain(Buffer(text), as: .dns) == nil)
  }
}
