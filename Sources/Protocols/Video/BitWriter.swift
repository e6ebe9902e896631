// Bits as H.264 writes them: most significant first, Exp-Golomb numbers, and the byte that keeps start codes out of the data.
// Not here: what is written (PictureCoder.swift).

/// A NAL unit's payload in the making.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var current: UInt8 = 0
  /// Unit: bits of `current` that are used.
  private var used = 0
  /// Zero bytes written last, in a row.
  private var zeros = 0

  /// Appends the `count` lowest bits of `value`.
  mutating func append(_ value: UInt32, bits count: Int) {
    for shift in stride(from: count - 1, through: 0, by: -1) {
      current = current << 1 | UInt8(truncatingIfNeeded: value >> UInt32(shift) & 1)
      used += 1
      if used == 8 { put() }
    }
  }

  /// H.264 §9.1 ue(v): as many zeros as there are bits after the first one of `value + 1`, then those bits.
  mutating func append(unsigned value: UInt32) {
    let code = value &+ 1
    let width = 32 - code.leadingZeroBitCount
    append(0, bits: width - 1)
    append(code, bits: width)
  }

  /// H.264 §9.1.1 se(v): 1, -1, 2, -2 … as 1, 2, 3, 4 …
  mutating func append(signed value: Int32) {
    append(unsigned: value > 0 ? UInt32(value) * 2 - 1 : UInt32(-value) * 2)
  }

  /// Zero bits up to the next byte.
  mutating func align() { if used > 0 { append(0, bits: 8 - used) } }

  /// Appends whole bytes at a byte's border. None of them is below 4, so that none needs protection.
  mutating func append(samples: ArraySlice<UInt8>) {
    bytes += samples
    zeros = 0
  }

  /// H.264 §7.3.2.11: a one, then zeros to the end of the byte.
  mutating func finish() {
    append(1, bits: 1)
    align()
  }

  private mutating func put() {
    // H.264 §7.4.1: after two zero bytes a byte below 4 is preceded by a 3, so that no start code is imitated.
    if zeros >= 2, current <= 3 {
      bytes.append(3)
      zeros = 0
    }
    bytes.append(current)
    zeros = current == 0 ? zeros + 1 : 0
    current = 0
    used = 0
  }
}
