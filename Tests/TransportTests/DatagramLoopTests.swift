// The fast datagram loop: answers, silence, several threads at one port, wildcard ports, what it records, stopping.
import Bytes
import Synchronization
import Testing
import Trace
import Transport
import World

/// Keeps what is recorded, for looking at it.
final class MemoryRecorder: Recorder {
  struct Book {
    var opened: [ConversationInfo] = []
    var events: [(Event.Kind, ConversationID, Buffer, String)] = []
    var secrets: [String] = []
  }

  let book = Mutex(Book())
  let isOn: Bool

  init(isOn: Bool = true) { self.isOn = isOn }

  func open(_ info: ConversationInfo, at time: Instant) -> ConversationID {
    book.withLock {
      $0.opened.append(info)
      return ConversationID(UInt64($0.opened.count))
    }
  }

  func carryOn(_ conversation: ConversationID, because cause: ConversationID, at time: Instant) {}

  func record(_ kind: Event.Kind, in conversation: ConversationID, at time: Instant, bytes: RawSpan, length: Int, text: String) {
    let copy = Buffer(copying: bytes)
    book.withLock { $0.events.append((kind, conversation, copy, text)) }
  }

  func keep(tlsSecret line: String) { book.withLock { $0.secrets.append(line) } }
}

@Suite("datagram loop")
struct DatagramLoopTests {
  /// Upper case back; `silence` gets no answer.
  @Sendable static func upper(_ thread: Int) -> DatagramLoop.Answer {
    { query, _, room in
      if query.elementsEqual("silence".utf8) { return 0 }
      for (index, byte) in query.enumerated() { room[index] = (0x61...0x7A).contains(byte) ? byte - 32 : byte }
      return query.count
    }
  }

  @Test("answers from the address asked", arguments: [
    (Address.loopback, Address.loopback), (Address.any, Address(127, 0, 0, 7)), (Address.loopback6, Address.loopback6),
    (Address.v6(0, 0), Address.loopback6),
  ])
  func answers(bound: Address, asked: Address) async throws {
    let recorder = MemoryRecorder()
    let server = try DatagramLoop(
      at: Endpoint(bound, 0), limits: DatagramLoopLimits(threads: 2), clock: SystemClock(), dialect: .raw,
      trace: TraceContext(recorder: recorder, host: "here", role: .server), makeAnswer: Self.upper)
    let target = Endpoint(asked, server.endpoint.port)
    try await withNetwork { network in
      // Many ports, so that the kernel gives some to each thread.
      var probes: [DatagramProbe] = []
      for _ in 0..<16 {
        let probe = DatagramProbe(answers: false)
        let here: Address = if case .v4 = asked { .loopback } else { .loopback6 }
        _ = try await network.bind(Endpoint(here, 0), options: BindOptions(peer: target)) { probe }
        probe.send("silence", to: target)
        probe.send("hello", to: target)
        probes.append(probe)
      }
      for probe in probes {
        #expect(await eventually { probe.seen.withLock { !$0.isEmpty } })
        #expect(probe.seen.withLock { $0.map(\.0) } == ["HELLO"])
      }
    }
    await server.close(grace: .zero)
    let book = recorder.book.withLock { $0 }
    #expect(book.opened.count == 32)
    #expect(book.events.count { $0.0 == .received } == 32)
    #expect(book.events.filter { $0.0 == .sent }.map(\.2) == Array(repeating: "HELLO", count: 16))
    let outcomes = book.events.filter { $0.0 == .closed }.map(\.3)
    #expect(outcomes.count { $0 == "answered" } == 16 && outcomes.count { $0 == "not answered" } == 16)
  }

  @Test("a port in use is told, and free again after closing")
  func inUse() async throws {
    func make(_ endpoint: Endpoint) throws -> DatagramLoop {
      try DatagramLoop(at: endpoint, limits: DatagramLoopLimits(threads: 2), clock: SystemClock(), dialect: .raw, trace: nil, makeAnswer: Self.upper)
    }
    let first = try make(Endpoint(.loopback, 0))
    #expect(throws: NetworkError.addressInUse(first.endpoint)) { _ = try make(first.endpoint) }
    await first.close(grace: .zero)
    let again = try make(first.endpoint)
    await again.close(grace: .zero)
  }
}
