// The character classes of HTTP and the searches over raw bytes that the readers are made of.
// Not here: any grammar rule longer than one character.

/// Which bytes may stand where. Each class is a bitmap over the 128 ASCII bytes in two words, so that a test is arithmetic only.
enum Characters {
  // RFC 9110 §5.6.2 tchar
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool { isMember(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE) }

  /// What a request target may consist of: the visible characters without `"`, `#`, `<`, `>` and `\`.
  // Differs from RFC 3986 §2: `^`, `` ` ``, `{`, `|` and `}` are let pass, because browsers send them unescaped.
  @inline(__always)
  static func isTarget(_ byte: UInt8) -> Bool { isMember(byte, 0xAFFF_FFF2_0000_0000, 0x7FFF_FFFF_EFFF_FFFF) }

  // RFC 3986 §3.2.2 reg-name, without the comma, which only ever comes from joined fields.
  @inline(__always)
  static func isHost(_ byte: UInt8) -> Bool { isMember(byte, 0x2BFF_6FF2_0000_0000, 0x47FF_FFFE_87FF_FFFE) }

  @inline(__always)
  static func isHex(_ byte: UInt8) -> Bool { isMember(byte, 0x03FF_0000_0000_0000, 0x0000_007E_0000_007E) }

  // RFC 9110 §8.8.3 etagc
  @inline(__always)
  static func isTag(_ byte: UInt8) -> Bool { byte >= 0x80 || isMember(byte, 0xFFFF_FFFA_0000_0000, 0x7FFF_FFFF_FFFF_FFFF) }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  @inline(__always)
  private static func isMember(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
    byte < 128 && ((byte < 64 ? low : high) &>> UInt64(byte & 63)) & 1 != 0
  }
}

extension UnsafeRawBufferPointer {
  /// The first control byte other than TAB at or after `start`: CR, LF, NUL, DEL and the like. `count` when there is none.
  @inline(__always)
  func firstControl(from start: Int) -> Int {
    guard let base = baseAddress else { return 0 }
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    var index = start
    while index &+ 8 <= count {
      let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      // Below 0x20, or 0x7F. A borrow can only disturb bytes above the lowest hit, and only that one is used.
      let low = (word &- ones &* 0x20) & ~word & tops
      let del = word ^ (ones &* 0x7F)
      let hits = low | ((del &- ones) & ~del & tops)
      if hits == 0 {
        index &+= 8
        continue
      }
      index &+= hits.trailingZeroBitCount &>> 3
      if base.load(fromByteOffset: index, as: UInt8.self) != 0x09 { return index }
      index &+= 1
    }
    while index < count {
      let byte = base.load(fromByteOffset: index, as: UInt8.self)
      if byte < 0x20 ? byte != 0x09 : byte == 0x7F { return index }
      index &+= 1
    }
    return count
  }

  /// The first `byte` in `start..<end`; `end` when there is none. `end` must not lie past the bytes.
  @inline(__always)
  func first(_ byte: UInt8, in start: Int, _ end: Int) -> Int {
    var index = start
    while index < end, self[index] != byte { index &+= 1 }
    return index
  }

  /// `start..<end` without the spaces and tabs around.
  // RFC 9110 §5.6.3 OWS
  @inline(__always)
  func trimmed(_ start: Int, _ end: Int) -> Range<Int> {
    var low = start
    var high = end
    while low < high, Characters.isBlank(self[low]) { low &+= 1 }
    while high > low, Characters.isBlank(self[high &- 1]) { high &-= 1 }
    return low..<high
  }

  /// Whether the bytes in `range` spell `word`, which is written in lower case, in any letter case.
  @inline(__always)
  func spells(_ word: StaticString, _ range: Range<Int>) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    var index = 0
    while index < range.count {
      let byte = self[range.lowerBound &+ index]
      let folded = byte &- 0x41 < 26 ? byte | 0x20 : byte
      if folded != word.utf8Start[index] { return false }
      index &+= 1
    }
    return true
  }

  /// Calls `body` with each element of a comma-separated list, blanks around it removed; empty elements too. Stops on false.
  @inline(__always)
  func eachElement(of range: Range<Int>, _ body: (Range<Int>) -> Bool) {
    var start = range.lowerBound
    while start <= range.upperBound {
      let comma = first(0x2C, in: start, range.upperBound)
      if !body(trimmed(start, comma)) { return }
      start = comma &+ 1
    }
  }
}
