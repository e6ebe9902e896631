// The receiving half of one uTP connection: puts packets in order, keeps what came early, says what is missing.
// A value that knows neither time nor the other half. Read next: UTPConnection.swift.
import Bytes

/// What has come, and what is missing.
struct UTPReceiver: Sendable {
  /// What a packet was.
  enum Arrival: Equatable {
    /// The one awaited.
    case next
    /// Beyond a gap, and kept.
    case early
    /// Here already.
    case again
    /// Beyond what there is room for, or behind the end.
    case refused
  }

  /// The last number before which nothing is missing.
  private(set) var last: UInt16
  /// The number of the peer's FIN, once it is known.
  private(set) var finish: UInt16?
  /// What came early, by number modulo the ring's length, which is a power of two.
  private var early: [Buffer?] = []
  private var earlyCount = 0
  private var earlyBytes = 0
  /// The highest number kept; meaningless while nothing is.
  private var highest: UInt16
  /// What came in order and was not read yet: first what nobody read when it came, copied together, then the packets since.
  private var kept = Buffer()
  private var pieces: [Buffer] = []
  private(set) var unreadBytes = 0
  private let bytesMax: Int
  private let packetsMax: Int

  /// Most pieces that wait for the end of a batch. Unit: pieces. Past it: they are copied together.
  private static let piecesMax = 1_024
  /// An extension's length is one byte, and a multiple of four.
  private static let maskBytesMax = 252

  init(last: UInt16, limits: UTPLimits) {
    self.last = last
    highest = last
    bytesMax = limits.receiveBytesMax
    packetsMax = min(max(1, limits.packetsMax), 16_384)
  }

  /// Whether everything up to the peer's FIN is here.
  var isWhole: Bool { finish == last }
  var hasGap: Bool { earlyCount > 0 }
  /// How much more there is room for. Unit: bytes.
  var window: Int { max(0, bytesMax - unreadBytes - earlyBytes) }
  /// Everything held. Unit: bytes.
  var heldBytes: Int { unreadBytes + earlyBytes }

  /// Takes a DATA or a FIN.
  mutating func take(_ number: UInt16, _ payload: Buffer, isFinish: Bool) -> Arrival {
    let distance = Int(Int16(bitPattern: number &- last))
    guard distance > 0 else { return .again }
    guard distance <= packetsMax, payload.count <= window || payload.isEmpty else { return .refused }
    if let finish, Int16(bitPattern: number &- finish) > 0 || (number == finish) != isFinish { return .refused }
    // An end before what has come already is none.
    if isFinish, earlyCount > 0, Int16(bitPattern: highest &- number) > 0 { return .refused }
    if distance > 1 {
      guard keep(number, payload, distance) else { return .again }
      if isFinish { finish = number }
      return .early
    }
    if isFinish { finish = number }
    last = number
    accept(payload)
    while earlyCount > 0 {
      let index = Int(last &+ 1) & (early.count - 1)
      guard let next = early[index] else { break }
      early[index] = nil
      earlyCount -= 1
      earlyBytes -= next.count
      last &+= 1
      accept(next)
    }
    if earlyCount == 0 { early = [] }
    return .next
  }

  private mutating func accept(_ payload: Buffer) {
    guard !payload.isEmpty else { return }
    unreadBytes += payload.count
    pieces.append(payload)
    if pieces.count >= Self.piecesMax { keep() }
  }

  /// Nobody reads now. A piece that waits longer must not keep the storage of the whole batch it came in.
  mutating func keep() {
    for piece in pieces { kept.append(copying: piece.span) }
    pieces.removeAll(keepingCapacity: true)
  }

  /// Keeps what came early; false: it is kept already.
  private mutating func keep(_ number: UInt16, _ payload: Buffer, _ distance: Int) -> Bool {
    if distance >= early.count { grow(to: distance + 1) }
    let index = Int(number) & (early.count - 1)
    guard early[index] == nil else { return false }
    // A copy: one packet must not keep the storage of the whole batch it came in.
    early[index] = Buffer(copying: payload.span)
    if earlyCount == 0 || Int16(bitPattern: number &- highest) > 0 { highest = number }
    earlyCount += 1
    earlyBytes += payload.count
    return true
  }

  private mutating func grow(to count: Int) {
    var size = max(32, early.count)
    while size < count { size *= 2 }
    var larger = [Buffer?](repeating: nil, count: size)
    for distance in 0..<early.count {
      let number = last &+ UInt16(truncatingIfNeeded: distance)
      larger[Int(number) & (size - 1)] = early[Int(number) & (early.count - 1)]
    }
    early = larger
  }

  /// Gives back the room for what came once: idle connections keep none.
  mutating func rest() { if unreadBytes == 0 { pieces = [] } }

  /// Everything that came in order since the last call.
  mutating func read() -> Buffer {
    defer {
      pieces.removeAll(keepingCapacity: true)
      unreadBytes = 0
    }
    if kept.isEmpty, pieces.count == 1, let only = pieces.first { return only }
    guard kept.isEmpty else {
      keep()
      return kept.takeAll()
    }
    var all = Buffer(capacity: unreadBytes)
    for piece in pieces { all.append(piece) }
    return all
  }

  /// BEP 29, selective ACK: bit 0 of the first byte is `last + 2`, and set when that packet is here. Empty: there is no gap.
  var selective: Buffer {
    guard earlyCount > 0 else { return Buffer() }
    let bits = Int(Int16(bitPattern: highest &- last)) - 1
    let count = min(Self.maskBytesMax, (bits + 31) / 32 * 4)
    var mask = Buffer(capacity: count)
    for byte in 0..<count {
      var value: UInt8 = 0
      for bit in 0..<8 where byte * 8 + bit < bits {
        let number = last &+ 2 &+ UInt16(truncatingIfNeeded: byte * 8 + bit)
        if early[Int(number) & (early.count - 1)] != nil { value |= 1 << UInt8(bit) }
      }
      mask.append(value)
    }
    return mask
  }
}
