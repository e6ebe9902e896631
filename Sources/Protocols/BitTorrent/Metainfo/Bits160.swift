// Twenty bytes as a value: what hashes, peers and nodes are told apart by. It fits into three words, so that tables of it need no arrays.
public import Bytes

/// 160 bits in the order they are written.
public struct Bits160: Hashable, Sendable, Comparable {
  private var high: UInt64
  private var middle: UInt64
  private var low: UInt32

  /// How many bytes it is.
  public static let byteCount = 20
  /// All zeros.
  public static let zero = Bits160(high: 0, middle: 0, low: 0)

  private init(high: UInt64, middle: UInt64, low: UInt32) {
    self.high = high
    self.middle = middle
    self.low = low
  }

  /// The value of twenty bytes; nil for any other number.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.init(high: 0, middle: 0, low: 0)
    for (index, byte) in bytes.enumerated() {
      if index < 8 { high = high << 8 | UInt64(byte) } else if index < 16 { middle = middle << 8 | UInt64(byte) } else { low = low << 8 | UInt32(byte) }
    }
  }

  /// The same for twenty bytes of a message.
  public init?(_ bytes: Buffer) {
    guard let value = bytes.withUnsafeBytes({ Bits160($0) }) else { return nil }
    self = value
  }

  /// A value made by chance.
  public static func random(using chance: inout some RandomNumberGenerator) -> Bits160 {
    Bits160(high: chance.next(), middle: chance.next(), low: UInt32(truncatingIfNeeded: chance.next()))
  }

  public var bytes: [UInt8] {
    (0..<20).map { index in
      index < 8 ? UInt8(truncatingIfNeeded: high >> (56 - 8 * index))
        : index < 16 ? UInt8(truncatingIfNeeded: middle >> (120 - 8 * index)) : UInt8(truncatingIfNeeded: low >> (152 - 8 * index))
    }
  }

  /// Forty hexadecimal digits.
  public var hex: String { Hexadecimal.text(bytes) }

  public static func ^ (a: Bits160, b: Bits160) -> Bits160 { Bits160(high: a.high ^ b.high, middle: a.middle ^ b.middle, low: a.low ^ b.low) }

  public static func < (a: Bits160, b: Bits160) -> Bool { (a.high, a.middle, a.low) < (b.high, b.middle, b.low) }

  /// How many zeros it begins with: 160 for zero.
  public var leadingZeroBitCount: Int {
    if high != 0 { return high.leadingZeroBitCount }
    return middle != 0 ? 64 + middle.leadingZeroBitCount : 128 + low.leadingZeroBitCount
  }

  /// The bit `index` places behind the first; false past the end.
  public func bit(_ index: Int) -> Bool {
    switch index {
    case 0..<64: high >> (63 - index) & 1 == 1
    case 64..<128: middle >> (127 - index) & 1 == 1
    case 128..<160: low >> (159 - index) & 1 == 1
    default: false
    }
  }
}

extension Buffer {
  /// Appends the twenty bytes.
  public mutating func append(_ bits: Bits160) { append(bits.bytes) }
}
