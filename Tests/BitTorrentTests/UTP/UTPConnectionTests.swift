// Pairs of connections over links that lose, repeat, reorder and delay; single ends against peers that lie.
import BitTorrent
import Bytes
import TestKit
import Testing
import Trace
import World

@Suite("uTP connections")
struct UTPConnectionTests {
  /// A link, and how much goes each way.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var link: PairLink
    var there = 300_000
    var back = 40_000
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "perfect", link: PairLink()),
    Case(name: "no delay", link: PairLink(delay: .zero)),
    Case(name: "loses one in fifty", link: PairLink(loss: 0.02)),
    Case(name: "loses one in eight", link: PairLink(loss: 0.125), there: 60_000, back: 20_000),
    Case(name: "repeats", link: PairLink(duplicate: 0.3)),
    Case(name: "reorders", link: PairLink(reorder: 0.2)),
    Case(name: "everything at once", link: PairLink(loss: 0.03, duplicate: 0.1, reorder: 0.1), there: 150_000),
    Case(name: "a tiny queue", link: PairLink(rate: 200_000, queueBytesMax: 6_000)),
    Case(name: "a long way", link: PairLink(delay: .milliseconds(400), loss: 0.01), there: 200_000),
    Case(name: "small datagrams", link: PairLink(loss: 0.01, datagramBytesMax: 700)),
  ]

  @Test("all bytes arrive once and in order, bounds hold, both ends end", .spec("BEP 29"), arguments: cases, [UInt64](1...2))
  func arrives(_ c: Case, seed: UInt64) {
    var pair = UTPPair(link: c.link, seed: seed)
    let there = pattern(c.there)
    let back = pattern(c.back)
    pair.run(for: .seconds(20)) { $0.caller.isOpen }
    #expect(pair.caller.isOpen)
    pair.write(there)
    pair.run(for: .seconds(20)) { $0.called?.isOpen == true }
    pair.write(back, ofCaller: false)
    pair.run(for: .seconds(600)) { $0.called?.read.count == there.count && $0.caller.read.count == back.count }
    #expect(pair.called?.read == there)
    #expect(pair.caller.read == back)
    #expect(max(pair.caller.heldMax, pair.called?.heldMax ?? 0) <= pair.limits.receiveBytesMax + c.there)
    pair.give(.close(.afterFlush), toCaller: true)
    pair.run(for: .seconds(60)) { $0.called?.sawFinish == true }
    #expect(pair.called?.sawFinish == true)
    pair.give(.close(.afterFlush), toCaller: false)
    pair.run(for: .seconds(120)) { $0.caller.ending != nil && $0.called?.ending != nil }
    #expect(pair.caller.ending != nil && pair.caller.ending != .timedOut)
    #expect(pair.called?.ending != nil && pair.called?.ending != .timedOut)
    let isQuiet = pair.run(for: .zero)
    #expect(isQuiet)
  }

  @Test("numbers run over their end", .spec("BEP 29"), arguments: [UInt16(0xFFF0), 0xFFFF, 0x7FF8])
  func wraps(_ sequence: UInt16) {
    var pair = UTPPair(link: PairLink(delay: .milliseconds(1), loss: 0.02), sequences: (sequence, sequence &+ 3))
    pair.run(for: .seconds(5)) { $0.caller.isOpen }
    let bytes = pattern(60_000)
    pair.write(bytes)
    pair.run(for: .seconds(20)) { $0.called?.isOpen == true }
    pair.write(bytes, ofCaller: false)
    pair.run(for: .seconds(60)) { $0.called?.read.count == bytes.count && $0.caller.read.count == bytes.count }
    #expect(pair.called?.read == bytes && pair.caller.read == bytes)
  }

  @Test("the largest packet that passes is found, and lost trials halve nothing", arguments: [1_472, 1_400, 1_000, 600, 548])
  func searches(_ datagramBytesMax: Int) {
    // A small window, so that the search has many round trips.
    var limits = UTPLimits()
    limits.windowBytesMax = 20_000
    var pair = UTPPair(link: PairLink(datagramBytesMax: datagramBytesMax), limits: limits)
    pair.run(for: .seconds(5)) { $0.caller.isOpen }
    let bytes = pattern(1_000_000)
    pair.write(bytes)
    pair.run(for: .seconds(120)) { $0.called?.read.count == bytes.count }
    #expect(pair.called?.read == bytes)
    #expect(pair.caller.connection.datagramBytes <= datagramBytesMax)
    #expect(pair.caller.connection.datagramBytes > datagramBytesMax - 17)
    #expect(pair.caller.connection.halvings == 0)
  }

  @Test("who does not read closes the window; reading opens it, even when that news is lost")
  func window() {
    var limits = UTPLimits()
    limits.receiveBytesMax = 20_000
    var pair = UTPPair(limits: limits)
    pair.run(for: .seconds(5)) { $0.caller.isOpen }
    pair.write("first")
    pair.run(for: .seconds(1))
    pair.change(false) { $0.isReading = false }
    let bytes = pattern(100_000)
    pair.write(bytes)
    pair.run(for: .seconds(25))
    #expect(pair.called?.heldMax ?? 0 <= 20_000)
    #expect(pair.caller.ending == nil)
    // Everything is lost while the window opens.
    pair.link.loss = 1
    pair.change(false) { $0.isReading = true }
    pair.settle(false)
    pair.link.loss = 0
    pair.run(for: .seconds(120)) { $0.called?.read.count == bytes.count + 5 }
    #expect(pair.called?.read[5..<(bytes.count + 5)] == bytes)
  }

  @Test("a peer that takes nothing is given up")
  func stalls() {
    var limits = UTPLimits()
    limits.receiveBytesMax = 20_000
    var pair = UTPPair(limits: limits)
    pair.run(for: .seconds(5)) { $0.caller.isOpen }
    pair.change(false) { $0.isReading = false }
    pair.write(pattern(50_000))
    pair.give(.close(.afterFlush), toCaller: true)
    pair.run(for: .seconds(60)) { $0.caller.ending != nil }
    #expect(pair.caller.ending == .stalled)
    pair.run(for: .seconds(1))
    #expect(pair.called?.ending == .resetByPeer)
  }

  @Test("nobody there: the call is given up after two more SYNs", .spec("BEP 29"))
  func nobody() {
    var pair = UTPPair(link: PairLink(loss: 1))
    pair.run(for: .seconds(60))
    #expect(pair.caller.ending == .timedOut)
    #expect(pair.caller.sent.map(\.kind) == [.open, .open, .open])
    #expect(pair.now == .simulationStart + .seconds(60))
  }

  @Test("a peer that falls silent is given up")
  func silent() {
    var pair = UTPPair()
    pair.run(for: .seconds(5)) { $0.caller.isOpen }
    pair.write("x")
    pair.run(for: .seconds(1))
    pair.link.loss = 1
    pair.write(pattern(5_000))
    pair.run(for: .seconds(120)) { $0.caller.ending != nil }
    #expect(pair.caller.ending == .timedOut)
  }

  @Test("an idle connection stays open, and is kept alive every 29 seconds", .spec("BEP 29"))
  func idle() {
    var pair = UTPPair()
    pair.run(for: .seconds(5)) { $0.caller.isOpen }
    let before = pair.caller.packetsSent
    pair.run(for: .seconds(300))
    #expect(pair.caller.ending == nil && pair.called?.ending == nil)
    #expect((9...11).contains(pair.caller.packetsSent - before))
  }

  @Test("a close at once is a RESET")
  func closesNow() {
    var pair = UTPPair()
    pair.run(for: .seconds(5)) { $0.called?.isOpen == true }
    pair.write(pattern(50_000))
    pair.give(.close(.now), toCaller: true)
    #expect(pair.caller.ending == .reset)
    pair.run(for: .seconds(1))
    #expect(pair.called?.ending == .resetByPeer)
  }

  @Test("one direction ends, the other goes on")
  func half() {
    var pair = UTPPair()
    pair.run(for: .seconds(5)) { $0.called?.isOpen == true }
    pair.write("question")
    pair.give(.close(.afterFlush), toCaller: true)
    pair.run(for: .seconds(1))
    #expect(pair.called?.sawFinish == true && pair.called?.read == "question")
    #expect(pair.called?.connection.stateName == "open, peer finished")
    pair.write("late answer", ofCaller: false)
    pair.run(for: .milliseconds(500))
    #expect(pair.caller.connection.stateName == "finishing")
    pair.run(for: .seconds(5))
    #expect(pair.caller.ending == .closed)
  }

  @Test("acknowledgements are few: one for two packets, a single one after 20 ms")
  func acknowledgements() {
    var pair = UTPPair(link: PairLink(delay: .milliseconds(5)))
    pair.run(for: .seconds(5)) { $0.called?.isOpen == true }
    let before = pair.called?.packetsSent ?? 0
    pair.write(pattern(200_000))
    pair.run(for: .seconds(60)) { $0.called?.read.count == 200_000 }
    pair.run(for: .seconds(1))
    let data = pair.caller.packetsSent
    #expect((pair.called?.packetsSent ?? 0) - before <= data / 2 + 5)
    #expect(pair.caller.connection.resent == 0)
  }

  // MARK: LEDBAT

  @Test("alone on a slow link the queue stays near the target", .spec("BEP 29"), arguments: [(Duration.seconds(1_000), 50), (.zero, -50)])
  func queueing(_ offset: Duration, _ drift: Int) {
    // 5 Mbit/s, and a queue of a second.
    var pair = UTPPair(link: PairLink(rate: 625_000, queueBytesMax: 625_000))
    pair.clockOffset = offset
    pair.clockDrift = drift
    pair.run(for: .seconds(5)) { $0.caller.isOpen }
    pair.write(pattern(25_000_000))
    pair.run(for: .seconds(10))
    var worst = 0
    var total = 0
    for _ in 0..<100 {
      pair.run(for: .milliseconds(200))
      worst = max(worst, pair.caller.connection.queueing)
      total += pair.caller.connection.queueing
    }
    #expect((60_000...130_000).contains(total / 100), "the mean delay is \(total / 100) µs")
    #expect(worst < 160_000)
    // The link is used.
    #expect(pair.called?.read.count ?? 0 > 625_000 * 27)
    #expect(pair.caller.connection.halvings <= 1)
  }

  // MARK: Lies

  private func opened(_ limits: UTPLimits = UTPLimits()) -> UTPPair {
    var pair = UTPPair(limits: limits)
    pair.run(for: .seconds(5)) { $0.called?.isOpen == true }
    return pair
  }

  private func packet(_ kind: UTPPacket.Kind, to connection: UTPConnection, _ sequence: UInt16, _ acknowledgement: UInt16, _ payload: Buffer = Buffer()) -> UTPPacket {
    var packet = UTPPacket(kind, connection: connection.receiveID, sequence: sequence, acknowledgement: acknowledgement)
    packet.window = 1_000_000
    packet.payload = payload
    return packet
  }

  @Test("a SYN is answered by one STATE of twenty bytes, and by nothing else")
  func reflection() {
    var pair = UTPPair(link: PairLink(loss: 1))
    let syn = pair.caller.sent[0].bytes
    for _ in 0..<10 { pair.arrive(syn, toCaller: false) }
    // The owner may have much to say; nobody has proved that it hears us.
    pair.write(pattern(10_000), ofCaller: false)
    pair.run(for: .seconds(60))
    #expect(pair.called?.sent.map(\.kind) == Array(repeating: .state, count: 10))
    #expect(pair.called?.bytesSent == 10 * syn.count)
    #expect(pair.called?.ending == .timedOut)
    #expect(pair.called?.isOpen == false)
  }

  @Test("a guess at our random number does not open a connection")
  func guesses() throws {
    var pair = UTPPair(link: PairLink(loss: 1))
    pair.arrive(pair.caller.sent[0].bytes, toCaller: false)
    let called = try #require(pair.called)
    let right = called.sent[0].sequence &- 1
    for guess in UInt16.min...UInt16.max where guess != right {
      pair.give(.received(packet(.data, to: called.connection, pair.caller.sent[0].sequence &+ 1, guess, "x")), toCaller: false)
    }
    #expect(pair.called?.isOpen == false)
    pair.give(.received(packet(.data, to: called.connection, pair.caller.sent[0].sequence &+ 1, right, "x")), toCaller: false)
    #expect(pair.called?.isOpen == true)
  }

  @Test("acknowledgements of packets that were never sent are refused, with all that comes with them")
  func optimistic() throws {
    var pair = opened()
    pair.link.loss = 1
    pair.write(pattern(100_000))
    let caller = pair.caller
    let next = try #require(caller.sent.last).sequence &+ 1
    let window = caller.connection.windowBytes
    for ahead in UInt16(0)..<1_000 {
      pair.give(.received(packet(.data, to: caller.connection, pair.calledSequence, next &+ ahead, "lie")), toCaller: true)
    }
    #expect(pair.caller.connection.windowBytes == window)
    #expect(!pair.caller.connection.hasUnread)
    var lie = packet(.state, to: caller.connection, pair.calledSequence, next &- 3)
    // Bits far beyond what is under way say nothing.
    lie.selective = Buffer(repeatElement(0xFF, count: 252))
    pair.give(.received(lie), toCaller: true)
    #expect(pair.caller.connection.windowBytes <= 4 * window)
  }

  @Test("a RESET with a number that was not sent lately is ignored")
  func resets() throws {
    var pair = opened()
    let next = try #require(pair.caller.sent.last).sequence
    for distance in UInt16(10)..<60_000 {
      pair.give(.received(packet(.reset, to: pair.caller.connection, 0, next &+ distance)), toCaller: true)
    }
    #expect(pair.caller.ending == nil)
    pair.give(.received(packet(.reset, to: pair.caller.connection, 0, next &- 1)), toCaller: true)
    #expect(pair.caller.ending == .resetByPeer)
  }

  @Test("what comes early is bounded by bytes and by packets")
  func early() throws {
    var limits = UTPLimits()
    limits.receiveBytesMax = 50_000
    limits.packetsMax = 100
    var pair = opened(limits)
    let acknowledgement = try #require(pair.caller.sent.last).sequence &- 1
    for distance in UInt16(1)..<2_000 {
      pair.give(.received(packet(.data, to: pair.caller.connection, pair.calledSequence &+ distance, acknowledgement, pattern(1_000))), toCaller: true)
    }
    #expect(pair.caller.connection.heldBytes <= 50_000)
    #expect(!pair.caller.connection.hasUnread)
    for distance in UInt16(1)..<2_000 {
      pair.give(.received(packet(.data, to: pair.caller.connection, pair.calledSequence &+ distance, acknowledgement, "")), toCaller: true)
    }
    pair.settle(true)
    #expect(pair.caller.sent.last?.selective.count ?? 0 <= 100 / 8 + 4)
  }

  @Test("data behind the peer's FIN, and a second FIN elsewhere, are refused")
  func behindTheEnd() throws {
    var pair = opened()
    let acknowledgement = try #require(pair.caller.sent.last).sequence &- 1
    let first = pair.calledSequence
    pair.give(.received(packet(.finish, to: pair.caller.connection, first &+ 2, acknowledgement)), toCaller: true)
    pair.give(.received(packet(.data, to: pair.caller.connection, first &+ 3, acknowledgement, "behind")), toCaller: true)
    pair.give(.received(packet(.finish, to: pair.caller.connection, first &+ 1, acknowledgement)), toCaller: true)
    pair.give(.received(packet(.data, to: pair.caller.connection, first, acknowledgement, "a")), toCaller: true)
    pair.give(.received(packet(.data, to: pair.caller.connection, first &+ 1, acknowledgement, "b")), toCaller: true)
    pair.settle(true)
    #expect(pair.caller.read == "ab")
    #expect(pair.caller.sawFinish)
  }

  @Test("without selective acknowledgements a packet is sent again once, not for each duplicate", .spec("BEP 29"))
  func duplicates() throws {
    var pair = opened()
    pair.link.loss = 1
    pair.write(pattern(20_000))
    pair.settle(true)
    let lost = try #require(pair.caller.sent.last { $0.kind == .data }).sequence &- UInt16(pair.caller.sent.count { $0.kind == .data }) &+ 1
    let before = pair.caller.sent.count
    for _ in 0..<100 {
      pair.give(.received(packet(.state, to: pair.caller.connection, pair.calledSequence, lost &- 1)), toCaller: true)
      pair.settle(true)
    }
    #expect(pair.caller.sent[before...].filter { $0.kind == .data }.map(\.sequence) == [lost])
  }

  @Test("many tiny packets do not make a window of bytes a mountain of memory")
  func tiny() throws {
    var pair = opened()
    pair.change(true) { $0.isReading = false }
    let acknowledgement = try #require(pair.caller.sent.last).sequence &- 1
    for number in 0..<5_000 {
      let sequence = pair.calledSequence &+ UInt16(truncatingIfNeeded: number)
      pair.give(.received(packet(.data, to: pair.caller.connection, sequence, acknowledgement, "x")), toCaller: true)
    }
    #expect(pair.caller.connection.heldBytes == 5_000)
  }
}
