// Names as the tables of zones see them: lower case, zeros after the end, eight bytes at a time.
// A wire-format name is folded without looking at its labels: a length byte is at most 63 and no letter.
// Not here: names as values (DNS/Name.swift).
import DNS

/// Arithmetic on names in memory that is readable up to eight zero bytes past their end.
enum FoldedName {
  /// RFC 1035 §2.3.3, RFC 4343 §3: eight bytes with their ASCII letters in lower case.
  @inline(__always)
  static func folded(_ word: UInt64) -> UInt64 {
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let fromA = low &+ 0x3F3F_3F3F_3F3F_3F3F
    let pastZ = low &+ 0x2525_2525_2525_2525
    return word | ((fromA ^ pastZ) & ~word & 0x8080_8080_8080_8080) >> 2
  }

  /// How many bytes a name of `count` bytes takes in a table, zeros included.
  @inline(__always)
  static func padded(_ count: Int) -> Int { (count &+ 7) & ~7 }

  /// Copies the `count` bytes at `source` to `target` in lower case, and zeros after them.
  /// At least eight bytes before the end of the name must be readable (a header stands before every name in a message), and
  /// `target` must hold `padded(count) + 8` bytes.
  @inline(__always)
  static func fold(_ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
    var index = 0
    while index &+ 8 <= count {
      target.storeBytes(of: folded(source.loadUnaligned(fromByteOffset: index, as: UInt64.self)), toByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    let rest = count &- index
    if rest > 0 {
      // The last bytes are read as the top of the eight that end with them (little-endian: the later byte is the higher).
      let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)) &>> UInt64(64 &- 8 &* rest)
      target.storeBytes(of: folded(word).littleEndian, toByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    target.storeBytes(of: 0, toByteOffset: index, as: UInt64.self)
  }

  /// The hash of the folded name of `count` bytes at `name`.
  @inline(__always)
  static func hash(_ name: UnsafeRawPointer, _ count: Int) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    var index = 0
    while index < count {
      let word = hash ^ name.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let product = (word ^ 0x2D35_8DCC_AA6C_78A5).multipliedFullWidth(by: 0x8BB8_4B93_962E_ACC9)
      hash = product.high ^ product.low
      index &+= 8
    }
    return hash
  }

  /// Whether the folded names of `count` bytes at `a` and `b` are the same.
  @inline(__always)
  static func equal(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    var index = 0
    while index < count {
      if a.loadUnaligned(fromByteOffset: index, as: UInt64.self) != b.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
      index &+= 8
    }
    return true
  }

  /// The wire form of `name` in lower case, with zeros to a multiple of eight and eight more.
  static func bytes(of name: Name) -> [UInt8] {
    var bytes = name.wire.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
    bytes += Array(repeating: 0, count: padded(bytes.count) &- bytes.count &+ 8)
    return bytes
  }
}

/// A table from names to numbers: open addressing over 64-bit slots, the upper half of the hash beside a 32-bit number (zero: empty).
/// It owns the slots until `release`; where the names stand is the caller's business.
struct NameSlots {
  let slots: UnsafeMutablePointer<UInt64>
  let mask: Int

  /// A table for `count` names, at most two thirds full.
  init(for count: Int) {
    var size = 4
    while size &* 2 < count &* 3 &+ 2 { size &*= 2 }
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
    mask = size &- 1
  }

  func release() { slots.deallocate() }

  /// Unit: bytes.
  var byteCount: Int { (mask &+ 1) &* 8 }

  func insert(_ hash: UInt64, _ number: UInt32) {
    var index = Int(truncatingIfNeeded: hash) & mask
    while slots[index] != 0 { index = (index &+ 1) & mask }
    slots[index] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number)
  }

  /// The number with this hash that `isMatch` accepts; zero: none.
  @inline(__always)
  func find(_ hash: UInt64, _ isMatch: (UInt32) -> Bool) -> UInt32 {
    var index = Int(truncatingIfNeeded: hash) & mask
    while true {
      let slot = slots[index]
      if slot == 0 { return 0 }
      if (slot ^ hash) &>> 32 == 0 {
        let number = UInt32(truncatingIfNeeded: slot)
        if isMatch(number) { return number }
      }
      index = (index &+ 1) & mask
    }
  }
}
