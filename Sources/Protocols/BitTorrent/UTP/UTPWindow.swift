// How much may be under way: LEDBAT (RFC 6817) with the gain of BEP 29, slow start at the beginning and after silence.
// Delay is the signal: above the target the window shrinks before anything is lost, so that whoever fills the queue has the right of way.
// Read next: DelayHistory.swift, RoundTrip.swift.

/// The congestion window of one direction.
struct UTPWindow: Sendable {
  /// Unit: bytes.
  private(set) var bytes: Int
  private var threshold = Int.max
  private(set) var isSlowStart = true
  private let bytesMax: Int
  private let gain: Int
  /// Unit: microseconds.
  private let target: Int
  /// Parts of a byte that growth still owes.
  private var owed = 0.0

  /// RFC 6817 §2.5: never less than two packets while packets arrive.
  private static let packetsMin = 2

  init(_ limits: UTPLimits, packet: Int) {
    bytes = limits.initialPackets * packet
    bytesMax = max(limits.windowBytesMax, 2 * limits.datagramBytesMax)
    gain = limits.gainBytes
    target = Int(max(1, limits.delayTarget.wholeNanoseconds / 1_000))
  }

  /// `count` bytes arrived, and packets wait for `queueing` microseconds. `isLimited`: the window, not the lack of data, bounds what is under way.
  mutating func acknowledged(_ count: Int, queueing: Int, isLimited: Bool, packet: Int) {
    if isSlowStart {
      // Delay beyond the target ends slow start; what is under way filled the queue, so half of it is about right.
      if queueing > target {
        isSlowStart = false
        threshold = bytes / 2
      } else {
        if isLimited { bytes += count }
        if bytes >= threshold { isSlowStart = false }
      }
    } else {
      // RFC 6817 §2.4.2: window += gain * off_target * bytes_newly_acked / window. Differs from BEP 29: its prose has the sign reversed.
      let offTarget = Double(target - queueing) / Double(target)
      guard offTarget < 0 || isLimited else { return }
      owed += Double(gain) * offTarget * Double(count) / Double(max(bytes, packet))
      let whole = owed.rounded(.towardZero)
      owed -= whole
      bytes += Int(max(-1e9, min(1e9, whole)))
    }
    bytes = max(Self.packetsMin * packet, min(bytes, bytesMax))
  }

  /// A packet was lost. RFC 6817 §2.4.2: half, at most once for each round trip.
  mutating func halve(packet: Int) {
    bytes = max(bytes / 2, Self.packetsMin * packet)
    threshold = bytes
    isSlowStart = false
    owed = 0
  }

  /// Nothing was heard until the clock ran out. Differs from BEP 29: one packet of the present size, not one of 150 bytes.
  mutating func collapse(packet: Int) {
    threshold = max(bytes / 2, Self.packetsMin * packet)
    bytes = packet
    isSlowStart = true
    owed = 0
  }
}
