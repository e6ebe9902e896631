// Entrances of uTP: a packet, both roles of a connection, and a whole port.
import BitTorrent
import Bytes
import Swarm
import Trace
import Transport
import World

let utpEntrances: [Entrance] = [
  Entrance("utp-packet") { bytes in
    mustCover(bytes, explainUTP(bytes))
    guard let packet = try? UTPPacket.read(bytes) else { return }
    must(UTPPacket.isLikely(bytes), "what is read was likely")
    must(packet.count <= bytes.count, "a packet is not longer than its datagram")
    // What we do not write (several extensions of a kind, padding of other shapes) reads back as what we do.
    let again = try? UTPPacket.read(packet.bytes)
    must(again == packet, "a packet reads back: \(packet)")
  },
  Entrance("utp-connection") { bytes in
    // The first byte says which side we are; then each step is a length and that many bytes, of which one says what happens.
    guard let choice = bytes[at: 0] else { return }
    var limits = UTPLimits()
    limits.receiveBytesMax = 4_096
    limits.windowBytesMax = 8_192
    limits.outgoingBytesMax = 2_048
    limits.packetsMax = 64
    limits.datagramBytesSafe = 150
    limits.datagramBytesMax = 300
    let now = Instant.simulationStart
    var syn = UTPPacket(.open, connection: 99, sequence: 1, acknowledgement: 0)
    syn.window = 4_096
    let connection = choice % 2 == 0
      ? UTPConnection(calling: 99, sequence: 7, limits: limits, at: now) : UTPConnection(calledBy: syn, sequence: 500, limits: limits, at: now)
    var victim = Victim(connection, isCaller: choice % 2 == 0, at: now)
    victim.give(.flush)
    for piece in bytes[1..<bytes.count].steps { victim.suffer(piece) }
    victim.end()
  },
  Entrance("utp-port") { bytes in
    var limits = UTPLimits()
    limits.connectionsMax = 8
    limits.connectionsPerAddressMax = 4
    limits.halfOpenMax = 3
    limits.resetsPerSecondMax = 5
    let port = StrangersPort(limits)
    for piece in bytes.steps { port.receive(piece) }
    port.end()
  },
]

extension Buffer {
  /// The bytes in pieces, each behind its length.
  fileprivate var steps: [Buffer] {
    var steps: [Buffer] = []
    var rest = self
    while let length = rest.take(1)?[at: 0] { steps.append(rest.take(Swift.min(Int(length), rest.count)) ?? Buffer()) }
    return steps
  }
}

/// A connection that a stranger plays with.
private struct Victim {
  private var connection: UTPConnection
  private let isCaller: Bool
  private var now: Instant
  private var isOpen = false
  private var endings = 0
  private var written = 0
  /// What our packets said of ourselves last.
  private var lastSequence: UInt16 = 0
  private var lastAcknowledgement: UInt16 = 0

  init(_ connection: UTPConnection, isCaller: Bool, at now: Instant) {
    self.connection = connection
    self.isCaller = isCaller
    self.now = now
  }

  mutating func give(_ input: UTPConnection.Input) {
    var actions: [UTPConnection.Action] = []
    connection.handle(input, at: now, into: &actions)
    for action in actions {
      must(endings == 0, "nothing comes behind the end")
      switch action {
      case .send(let packet):
        must(packet.count <= 300, "no packet is larger than allowed")
        must((try? UTPPacket.read(packet.bytes)) == packet, "what is sent can be read")
        must(isCaller || isOpen || packet.kind == .state && packet.payload.isEmpty && packet.count == 20, "a stranger gets one STATE")
        lastSequence = packet.sequence
        lastAcknowledgement = packet.acknowledgement
      case .opened:
        must(!isOpen, "a connection opens once")
        isOpen = true
      case .congested: break
      case .closed: endings += 1
      }
    }
    must(connection.isClosed == (endings == 1), "an end is told")
    must(connection.heldBytes <= 4_096 + written, "what is held is bounded")
  }

  mutating func suffer(_ step: Buffer) {
    guard let what = step[at: 0], endings == 0 else { return }
    let rest = step[1..<step.count]
    switch what % 8 {
    case 0:
      if let packet = try? UTPPacket.read(rest) { give(.received(packet)) }
    case 1, 2, 3:
      // A packet near the truth: kind, distance of its numbers from ours, window, and a mask.
      guard var packet = UTPPacket.Kind(rawValue: (rest[at: 0] ?? 0) % 5).map({ UTPPacket($0, connection: 0, sequence: 0, acknowledgement: 0) }) else { return }
      packet.sequence = lastAcknowledgement &+ UInt16(truncatingIfNeeded: Int(rest[at: 1] ?? 0) - 100)
      packet.acknowledgement = lastSequence &+ UInt16(truncatingIfNeeded: Int(rest[at: 2] ?? 0) - 200)
      packet.window = UInt32(rest[at: 3] ?? 0) << 6
      packet.timestamp = UInt32(rest[at: 4] ?? 0) << 16
      packet.difference = UInt32(rest[at: 5] ?? 0) << 12
      if what % 8 == 2 { packet.selective = Buffer((0..<8).map { rest[at: 6 + $0] ?? 0 }) } else { packet.payload = rest[min(6, rest.count)..<rest.count] }
      give(.received(packet))
    case 4:
      guard written < 65_536 else { return }
      let bytes = Buffer(repeatElement(7, count: Int(rest[at: 0] ?? 0) * 16))
      written += bytes.count
      give(.write(bytes))
    case 5:
      now = now + .milliseconds(Int(rest[at: 0] ?? 0) * 40)
      if let deadline = connection.deadline, deadline <= now { give(.deadlineReached) }
    case 6:
      _ = connection.read()
    default:
      give(.close([Closing.afterFlush, .whenSent, .now][Int(rest[at: 0] ?? 0) % 3]))
    }
    give(.flush)
  }

  /// Left alone, it comes to its end or waits for nothing but keeping the path open.
  mutating func end() {
    give(.close(.afterFlush))
    for _ in 0..<200 where endings == 0 {
      guard let deadline = connection.deadline else { break }
      now = max(now, deadline)
      give(.deadlineReached)
      give(.flush)
    }
    must(endings == 1, "a connection that nobody answers ends: \(connection.stateName)")
  }
}

/// A port to which strangers speak.
private final class StrangersPort: DatagramCarrier {
  private(set) var now = Instant.simulationStart
  let local = Endpoint(Address(192, 0, 2, 1), 6_881)
  private let end: any DatagramEnd
  private var posted: [() -> Void] = []
  private var sentBytes = 0
  private var receivedBytes = 0
  private let limits: UTPLimits

  init(_ limits: UTPLimits) {
    self.limits = limits
    end = UTPPort.end(limits: limits, chance: SeededRandom(seed: 3)) { _, _ in Echo() }
    end.opened(on: self)
    runPosted()
  }

  func receive(_ step: Buffer) {
    guard let first = step[at: 0] else { return }
    now = now + .milliseconds(Int(first >> 4))
    let remote = Endpoint(Address(203, 0, 113, first & 3), 6_881)
    let bytes = step[1..<step.count]
    receivedBytes += bytes.count
    let before = sentBytes
    end.received(bytes, from: remote)
    end.settled()
    runPosted()
    // Nobody is open here without proof, and who is echoes what came.
    must(sentBytes - before <= 20 + 2 * (receivedBytes + 1_472), "little is answered by little")
    if let deadline = end.deadline, deadline <= now { end.deadlineReached() }
    runPosted()
  }

  func end(_ turns: Int = 300) {
    for _ in 0..<turns {
      guard let deadline = end.deadline else { break }
      now = max(now + .milliseconds(1), deadline)
      end.deadlineReached()
      runPosted()
    }
    end.closed()
    runPosted()
  }

  private func runPosted() {
    var turns = 0
    while !posted.isEmpty {
      let batch = posted
      posted = []
      for work in batch { work() }
      turns += 1
      must(turns < 1_000, "a port comes to rest")
    }
  }

  func send(_ bytes: Buffer, to remote: Endpoint) {
    must((try? UTPPacket.read(bytes)) != nil, "what is sent is uTP")
    sentBytes += bytes.count
  }
  func flush() {}
  func close() {}
  func onLoop(_ work: @escaping @Sendable () -> Void) { posted.append(work) }
}

/// Says everything back, and closes when the peer does.
private final class Echo: StreamEnd {
  private var carrier: (any Carrier)?
  var deadline: Instant?
  let wantsWire = false
  func opened(on carrier: any Carrier) { self.carrier = carrier }
  func received(_ bytes: Buffer) {
    carrier?.send(bytes)
    carrier?.flush()
  }
  func peerClosed() { carrier?.close(.afterFlush) }
  func deadlineReached() {}
  func congested(_ isCongested: Bool) {}
  func closed(because reason: String) { carrier = nil }
  func wire(_ bytes: Buffer, sent: Bool) {}
}
