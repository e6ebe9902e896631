// The store's promises: what is kept comes back, what does not fit is counted, nobody waits for a follower.
import Bytes
import Testing
import Trace
import World

/// Two ends and a clock for the tests of this target.
enum Sample {
  static let client = Endpoint(Address(203, 0, 113, 10), 40_000)
  static let server = Endpoint(Address(198, 51, 100, 1), 53)

  static func info(
    _ host: String = "resolver", _ role: ConversationInfo.Role = .server, _ carrier: ConversationInfo.Carriage = .udp,
    _ dialect: Dialect = .dns, local: Endpoint = server, remote: Endpoint = client, encrypted: Bool = false
  ) -> ConversationInfo {
    ConversationInfo(host: host, role: role, carrier: carrier, dialect: dialect, local: local, remote: remote, encrypted: encrypted)
  }

  static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: Instant.simulationStart.nanoseconds + milliseconds * 1_000_000) }
}

extension Recorder {
  func record(_ kind: Event.Kind, in id: ConversationID, at time: Instant, _ bytes: Buffer, text: String = "", length: Int? = nil) {
    record(kind, in: id, at: time, bytes: bytes.span, length: length ?? bytes.count, text: text)
  }
}

@Suite struct TraceStoreTests {
  @Test func keepsWhatWasSaid() throws {
    let store = TraceStore()
    let id = store.open(Sample.info(), at: Sample.at(0))
    let other = store.open(Sample.info("www"), at: Sample.at(1))
    store.record(.received, in: id, at: Sample.at(2), "question", text: "ready")
    store.record(.received, in: other, at: Sample.at(3), "else", text: "ready")
    store.record(.sent, in: id, at: Sample.at(4), "answer", text: "done")
    store.record(.note, in: id, at: Sample.at(5), text: "why")
    store.record(.closed, in: id, at: Sample.at(6), text: "said everything")

    let events = store.events(of: id)
    #expect(events.map(\.kind) == [.opened, .received, .sent, .note, .closed])
    #expect(events.map(\.sequence) == [1, 3, 5, 6, 7])
    #expect(events[1].bytes == "question")
    #expect(events[2].text == "done")
    let record = try #require(store.conversation(id))
    #expect((record.sent, record.received, record.sentBytes, record.receivedBytes) == (1, 1, 6, 8))
    #expect((record.firstMessage, record.lastMessage, record.state, record.closed) == (3, 5, "done", "said everything"))
    #expect(record.last == Sample.at(6))
    #expect(store.conversations().map(\.id) == [other, id])
    #expect(store.conversations(limit: 1).map(\.id) == [other])
    #expect(store.conversations(before: other).map(\.id) == [id])
    #expect(store.events(after: 4).events.map(\.sequence) == [5, 6, 7])
    #expect(store.events(after: 7).events.isEmpty && store.events(after: 7).lost == 0)
    #expect(store.event(5)?.bytes == "answer")
    #expect(store.event(8) == nil)
    #expect(store.counters.recorded == 7)
  }

  @Test func forgetsTheOldestEvents() {
    let store = TraceStore(limits: .init(eventsMax: 4))
    let id = store.open(Sample.info(), at: Sample.at(0))
    for number in 0..<9 { store.record(.sent, in: id, at: Sample.at(1), Buffer([UInt8(number)])) }
    #expect(store.events(of: id).map(\.bytes.array) == [[5], [6], [7], [8]])
    #expect(store.counters.forgotten == 6)
    let batch = store.events(after: 2)
    #expect(batch.events.map(\.sequence) == [7, 8, 9, 10])
    #expect(batch.lost == 4)
  }

  /// Every size around the ring's, so that messages end before, at and past its end.
  @Test(arguments: 1...40)
  func keepsWholeMessagesInTheByteRing(size: Int) {
    let store = TraceStore(limits: .init(bytesMax: 64, eventsMax: 50, bytesPerEventMax: 32))
    let id = store.open(Sample.info(), at: Sample.at(0))
    for number in 0..<60 {
      let message = Buffer(Array(repeating: UInt8(number), count: size))
      store.record(.sent, in: id, at: Sample.at(1), message)
      let kept = store.events(of: id).filter { $0.kind == .sent }
      #expect(kept.last?.bytes == message[0..<32])
      #expect(kept.reduce(0) { $0 + $1.bytes.count } <= 64)
      for event in kept {
        #expect(event.length == size)
        #expect(Set(event.bytes.array).count == 1)
      }
    }
    #expect(store.counters.cut == (size > 32 ? 60 : 0))
  }

  @Test func oldConversationsGoButOpenOnesStay() {
    let store = TraceStore(limits: .init(conversationsMax: 4, longLivedMax: 2))
    let stays = store.open(Sample.info("stays"), at: Sample.at(0))
    for number in 0..<10 {
      let id = store.open(Sample.info("short"), at: Sample.at(Int64(number)))
      store.record(.closed, in: id, at: Sample.at(Int64(number)), text: "done")
    }
    store.record(.sent, in: stays, at: Sample.at(20), "still here")
    #expect(store.conversation(stays)?.sent == 1)
    #expect(store.events(of: stays).last?.bytes == "still here")
    #expect(store.conversations().map(\.id.number) == [11, 10, 9, 8, 1])
    #expect(store.counters.conversationsForgotten == 6)
    // Open conversations without end: the oldest of them are forgotten, and what they say is skipped.
    for _ in 0..<10 { _ = store.open(Sample.info("open"), at: Sample.at(30)) }
    store.record(.sent, in: stays, at: Sample.at(40), "nobody listens")
    #expect(store.conversation(stays) == nil)
    #expect(store.counters.skipped == 1)
  }

  @Test func skipsAboveTheRate() {
    let store = TraceStore(limits: .init(eventsPerSecondMax: 3))
    let id = store.open(Sample.info(), at: Sample.at(0))
    for _ in 0..<5 { store.record(.sent, in: id, at: Sample.at(10), "x") }
    store.record(.sent, in: id, at: Sample.at(1_000), "y")
    store.record(.closed, in: id, at: Sample.at(1_000), text: "end")
    #expect(store.events(of: id).map(\.sequence) == [1, 2, 3, 4, 7, 8])
    #expect(store.counters.skipped == 2)
    #expect(store.conversation(id)?.skipped == 2)
    #expect(store.events(after: 0).lost == 2)
  }

  @Test func followersSeeEventsAndGaps() async {
    let store = TraceStore(limits: .init(eventsMax: 8))
    let id = store.open(Sample.info(), at: Sample.at(0))
    let follower = store.follow()
    var iterator = follower.makeAsyncIterator()
    store.record(.sent, in: id, at: Sample.at(1), "a")
    store.record(.sent, in: id, at: Sample.at(1), "b")
    #expect(await iterator.next()?.events.map(\.bytes.text) == ["a", "b"])
    for _ in 0..<20 { store.record(.sent, in: id, at: Sample.at(2), "c") }
    let late = await iterator.next()
    #expect(late?.events.count == 8)
    #expect(late?.lost == 12)
    let reader = Task {
      var seen = 0
      for await batch in store.follow(after: 23) {
        seen += batch.events.count
        if seen == 3 { break }
      }
      return seen
    }
    for _ in 0..<3 { store.record(.sent, in: id, at: Sample.at(3), "d") }
    #expect(await reader.value == 3)
    follower.stop()
    #expect(await iterator.next()?.events.count == 3)
    #expect(await iterator.next() == nil)
  }

  @Test func manyThreadsRecordAtOnce() async {
    let store = TraceStore(limits: .init(bytesMax: 1 << 16, eventsMax: 1_000, eventsPerSecondMax: nil))
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let id = store.open(Sample.info("host\(worker)"), at: Sample.at(0))
          for _ in 0..<2_000 { store.record(.sent, in: id, at: Sample.at(1), Buffer(Array(repeating: UInt8(worker), count: 100))) }
        }
      }
    }
    #expect(store.counters.recorded == 8_004)
    #expect(store.lastSequence == 8_004)
    for event in store.events(after: 0).events where event.kind == .sent { #expect(Set(event.bytes.array).count == 1) }
  }

  @Test func secretsAndSwitch() {
    let store = TraceStore(limits: .init(secretsMax: 8), isOn: false)
    #expect(!store.isOn)
    store.setOn(true)
    #expect(store.isOn)
    for number in 0..<9 { store.keep(tlsSecret: "LINE \(number)") }
    #expect(store.tlsSecrets.count == 8)
    #expect(store.tlsSecrets.last == "LINE 8")
  }
}
