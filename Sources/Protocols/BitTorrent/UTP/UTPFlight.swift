// What is under way: each packet sent and not acknowledged, when it was sent, whether it seems lost.
// A value that knows neither window nor timers. Read next: UTPConnection.swift, UTPSending.swift.
import Bytes

/// The packets between the oldest not acknowledged and the next to be sent.
struct UTPFlight: Sendable {
  /// One packet.
  struct Sent: Sendable {
    var payload = Buffer()
    var isFinish = false
    var fate = Fate.underWay
    /// Unit: times.
    var transmissions = 1
    /// Unit: nanoseconds.
    var sentAt: Int64 = 0
    /// Counts transmissions up: what was sent later has a higher one, also when it was sent again.
    var order = 0
    /// As a trial it was this large; 0: it is none. Unit: bytes.
    var trialBytes = 0
  }

  enum Fate { case underWay, lost, arrived }

  /// What an acknowledgement brought.
  struct Gain {
    /// Unit: bytes of payload.
    var bytes = 0
    var packets = 0
    /// How long the latest packet of those that were sent once took. Unit: nanoseconds.
    var roundTrip: Int64?
    /// The size of a trial that passed.
    var trial: Int?
  }

  /// The oldest number not acknowledged.
  private(set) var first: UInt16
  private(set) var count = 0
  /// Bytes under way: neither arrived nor thought lost.
  private(set) var bytes = 0
  /// Packets thought lost and not sent again yet.
  private(set) var lostCount = 0
  /// By number modulo the ring's length, which is a power of two.
  private var ring: [Sent] = []
  private var orders = 0
  /// The highest order of all that arrived.
  private var arrivedOrder = 0
  /// Packets that arrived beyond the first gap.
  private(set) var arrivedCount = 0

  init(first: UInt16) { self.first = first }

  /// The number of the next packet.
  var next: UInt16 { first &+ UInt16(truncatingIfNeeded: count) }
  var isEmpty: Bool { count == 0 }

  private func index(_ number: UInt16) -> Int { Int(number) & (ring.count - 1) }

  /// The packet with this number, which must be under way.
  subscript(number: UInt16) -> Sent { ring[index(number)] }

  /// Gives back the room for what was under way once: idle connections keep none.
  mutating func rest() { if isEmpty { ring = [] } }

  /// A new packet leaves.
  mutating func add(_ payload: Buffer, isFinish: Bool, trialBytes: Int, at now: Int64) {
    if count >= ring.count { grow() }
    orders += 1
    ring[index(next)] = Sent(payload: payload, isFinish: isFinish, sentAt: now, order: orders, trialBytes: trialBytes)
    bytes += payload.count
    count += 1
  }

  private mutating func grow() {
    let size = max(16, ring.count * 2)
    var larger = [Sent](repeating: Sent(), count: size)
    for offset in 0..<count {
      let number = first &+ UInt16(truncatingIfNeeded: offset)
      larger[Int(number) & (size - 1)] = ring[index(number)]
    }
    ring = larger
  }

  /// A lost packet leaves again, without padding.
  mutating func resend(_ number: UInt16, at now: Int64) {
    let index = index(number)
    orders += 1
    if ring[index].fate == .lost {
      lostCount -= 1
      bytes += ring[index].payload.count
    }
    ring[index].fate = .underWay
    ring[index].transmissions += 1
    ring[index].sentAt = now
    ring[index].order = orders
    ring[index].trialBytes = 0
  }

  /// The first lost packet; nil: none.
  var firstLost: UInt16? {
    guard lostCount > 0 else { return nil }
    for offset in 0..<count {
      let number = first &+ UInt16(truncatingIfNeeded: offset)
      if ring[index(number)].fate == .lost { return number }
    }
    return nil
  }

  /// The peer has everything up to `last`, and what `selective` names beyond it.
  mutating func acknowledged(upTo last: UInt16, selective: Buffer, at now: Int64) -> Gain {
    var gain = Gain()
    let whole = Int(Int16(bitPattern: last &- first)) + 1
    if whole > 0 {
      for _ in 0..<min(whole, count) {
        let index = index(first)
        arrive(index, &gain, now)
        arrivedCount -= 1
        ring[index].payload = Buffer()
        first &+= 1
        count -= 1
      }
    }
    guard !selective.isEmpty, count > 1 else { return gain }
    // BEP 29, selective ACK: bits for packets that were not sent say nothing.
    selective.withUnsafeBytes { mask in
      for (place, byte) in mask.enumerated() where byte != 0 {
        for bit in 0..<8 where byte & 1 << UInt8(bit) != 0 {
          let number = last &+ 2 &+ UInt16(truncatingIfNeeded: place * 8 + bit)
          let offset = Int(Int16(bitPattern: number &- first))
          if offset > 0, offset < count { arrive(index(number), &gain, now) }
        }
      }
    }
    return gain
  }

  private mutating func arrive(_ index: Int, _ gain: inout Gain, _ now: Int64) {
    let fate = ring[index].fate
    guard fate != .arrived else { return }
    let length = ring[index].payload.count
    if fate == .lost { lostCount -= 1 } else { bytes -= length }
    gain.bytes += length
    gain.packets += 1
    // BEP 29: only what was sent once is timed.
    if ring[index].transmissions == 1 { gain.roundTrip = now - ring[index].sentAt }
    if ring[index].trialBytes > 0 { gain.trial = ring[index].trialBytes }
    arrivedOrder = max(arrivedOrder, ring[index].order)
    arrivedCount += 1
    ring[index].fate = .arrived
  }

  /// What may be lost at once: three packets behind it have arrived (BEP 29), the latest of which was sent after it. Calls `lost` for each.
  mutating func findLost(duplicates: Int, _ lost: (UInt16, Sent) -> Void) {
    guard count > 0, arrivedCount >= 3 || duplicates >= 3 else { return }
    // Once: whoever says nothing of what came behind it says the same of every further packet. After that the clock decides.
    if duplicates >= 3, arrivedCount == 0 { return ring[index(first)].transmissions == 1 ? lose(first, lost) : () }
    var behind = 0
    for offset in (0..<count).reversed() {
      let number = first &+ UInt16(truncatingIfNeeded: offset)
      let sent = ring[index(number)]
      if sent.fate == .arrived {
        behind += 1
      } else if sent.fate == .underWay, behind >= 3, sent.order + 2 < arrivedOrder {
        lose(number, lost)
      }
    }
  }

  private mutating func lose(_ number: UInt16, _ lost: (UInt16, Sent) -> Void) {
    let index = index(number)
    guard ring[index].fate == .underWay else { return }
    ring[index].fate = .lost
    lostCount += 1
    bytes -= ring[index].payload.count
    lost(number, ring[index])
    ring[index].trialBytes = 0
  }

  /// The clock ran out: nothing that is under way is believed to arrive.
  mutating func loseAll(_ lost: (UInt16, Sent) -> Void) {
    for offset in 0..<count { lose(first &+ UInt16(truncatingIfNeeded: offset), lost) }
  }
}
