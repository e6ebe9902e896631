// A keyed hash for short inputs: SipHash-2-4 with 64 bits, by which cookies are made and tables are kept from being foreseen.
// Not here: what is hashed (ServerCookie.swift).

/// A key of 128 bits for SipHash.
public struct SipKey: Hashable, Sendable {
  public var low: UInt64
  public var high: UInt64

  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// A key by chance.
  public init(using chance: inout some RandomNumberGenerator) { self.init(low: chance.next(), high: chance.next()) }

  /// Sixteen bytes; nil for any other number.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    func word(_ start: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) } }
    self.init(low: word(0), high: word(8))
  }

  /// The hash of `bytes`.
  // SipHash (Aumasson, Bernstein 2012) §2: two rounds for each word, four at the end.
  public func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var state = State(self)
    let whole = bytes.count & ~7
    var index = 0
    while index < whole {
      state.take(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
      index &+= 8
    }
    var last = UInt64(truncatingIfNeeded: bytes.count) << 56
    var shift: UInt64 = 0
    while index < bytes.count {
      last |= UInt64(bytes[index]) << shift
      shift &+= 8
      index &+= 1
    }
    state.take(last)
    return state.finished()
  }

  /// The hash of two words.
  @inline(__always)
  public func hash(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var state = State(self)
    state.take(first)
    state.take(second)
    state.take(16 << 56)
    return state.finished()
  }

  private struct State {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    @inline(__always)
    init(_ key: SipKey) {
      a = key.low ^ 0x736F_6D65_7073_6575
      b = key.high ^ 0x646F_7261_6E64_6F6D
      c = key.low ^ 0x6C79_6765_6E65_7261
      d = key.high ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    private mutating func turn() {
      a = a &+ b
      b = b << 13 | b >> 51
      b ^= a
      a = a << 32 | a >> 32
      c = c &+ d
      d = d << 16 | d >> 48
      d ^= c
      a = a &+ d
      d = d << 21 | d >> 43
      d ^= a
      c = c &+ b
      b = b << 17 | b >> 47
      b ^= c
      c = c << 32 | c >> 32
    }

    @inline(__always)
    mutating func take(_ word: UInt64) {
      d ^= word
      turn()
      turn()
      a ^= word
    }

    @inline(__always)
    mutating func finished() -> UInt64 {
      c ^= 0xFF
      for _ in 0..<4 { turn() }
      return a ^ b ^ c ^ d
    }
  }
}
