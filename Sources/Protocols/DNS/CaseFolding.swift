// Letter case of names: comparing and hashing wire bytes without regard to it, eight bytes at a time.
// Length bytes are at most 63 and letters start at 65, so a whole wire-format name is folded without looking at its labels.

/// RFC 1035 §2.3.3, RFC 4343 §3: only the 26 ASCII letters have case.
enum CaseFolding {
  /// `byte` in lower case.
  @inline(__always)
  static func folded(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// Eight bytes in lower case.
  @inline(__always)
  static func folded(_ word: UInt64) -> UInt64 {
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let fromA = low &+ 0x3F3F_3F3F_3F3F_3F3F
    let pastZ = low &+ 0x2525_2525_2525_2525
    let upper = (fromA ^ pastZ) & ~word & 0x8080_8080_8080_8080
    return word | upper >> 2
  }

  /// The up to seven bytes after the last whole word of `count` bytes at `base`, folded, as one word.
  @inline(__always)
  static func tail(_ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
    var word: UInt64 = 0
    var index = count & ~7
    while index < count {
      word = word << 8 | UInt64(base.load(fromByteOffset: index, as: UInt8.self))
      index &+= 1
    }
    return folded(word)
  }

  /// Whether `count` bytes at `a` and `b` are the same but for case.
  @inline(__always)
  static func equal(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    var index = 0
    while index &+ 8 <= count {
      let x = a.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let y = b.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if x != y, folded(x) != folded(y) { return false }
      index &+= 8
    }
    return tail(a, count) == tail(b, count)
  }

  /// A hash of `count` bytes at `base` without regard to case. `seed` keeps others from knowing which names collide.
  @inline(__always)
  static func hash(_ base: UnsafeRawPointer, _ count: Int, seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: count)
    var index = 0
    while index &+ 8 <= count {
      hash = mixed(hash ^ folded(base.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
      index &+= 8
    }
    return mixed(hash ^ tail(base, count))
  }

  @inline(__always)
  private static func mixed(_ value: UInt64) -> UInt64 {
    let product = (value ^ 0x2D35_8DCC_AA6C_78A5).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }
}
