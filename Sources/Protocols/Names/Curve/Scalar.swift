// Numbers modulo the order of edwards25519's base point: private keys, blinding factors, the halves of signatures.
// Multiplied by Montgomery's way: four limbs of 64 bits, reduced as they grow. Not here: the points (CurvePoint.swift).

/// A number modulo L = 2^252 + 27742317777372353535851937790883648493.
// RFC 8032 §5.1
struct Scalar: Sendable, Hashable {
  /// Four limbs, the lowest first; always below L.
  private var limbs: [UInt64]

  private static let order: [UInt64] = [0x5812_631A_5CF5_D3ED, 0x14DE_F9DE_A2F7_9CD6, 0, 0x1000_0000_0000_0000]
  /// -1/L modulo 2^64.
  private static let negatedInverse: UInt64 = 0xD2B5_1DA3_1254_7E1B
  /// 2^256 and 2^512 modulo L.
  private static let radix: [UInt64] = [0xD6EC_3174_8D98_951D, 0xC6EF_5BF4_737D_CF70, 0xFFFF_FFFF_FFFF_FFFE, 0x0FFF_FFFF_FFFF_FFFF]
  private static let radixSquared: [UInt64] = [0xA406_11E3_449C_0F01, 0xD00E_1BA7_6885_9347, 0xCEEC_73D2_17F5_BE65, 0x0399_411B_7C30_9A3D]

  static let zero = Scalar(limbs: [0, 0, 0, 0])
  static let one = Scalar(limbs: [1, 0, 0, 0])
  /// L - 1.
  static let negatedOne = Scalar(limbs: [order[0] - 1] + order[1...])

  private init(limbs: [UInt64]) { self.limbs = limbs }

  /// The number that up to 64 bytes write, the lowest byte first, modulo L.
  init(reducing bytes: some Collection<UInt8>) {
    var words = [UInt64](repeating: 0, count: 8)
    for (index, byte) in bytes.prefix(64).enumerated() { words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8)) }
    let low = Scalar(limbs: Self.product(Array(words[0..<4]), Self.radix))
    let high = Scalar(limbs: Self.product(Array(words[4..<8]), Self.radixSquared))
    self = low + high
  }

  /// The same with the highest byte first.
  init(reducingBigEndian bytes: some BidirectionalCollection<UInt8>) { self.init(reducing: Array(bytes.reversed())) }

  /// The number of 32 bytes, the highest first; nil: not 32 bytes, or not below L.
  init?(canonicalBigEndian bytes: some BidirectionalCollection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.init(reducingBigEndian: bytes)
    guard bigEndianBytes.elementsEqual(bytes) else { return nil }
  }

  /// 32 bytes, the lowest first.
  var bytes: [UInt8] { limbs.flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(8 * $0)) } } }

  /// 32 bytes, the highest first.
  var bigEndianBytes: [UInt8] { bytes.reversed() }

  var isZero: Bool { self == .zero }

  /// The bit that counts 2^`index`, for `index` below 256.
  func bit(_ index: Int) -> UInt64 { limbs[index >> 6] >> UInt64(index & 63) & 1 }

  static func + (x: Scalar, y: Scalar) -> Scalar {
    var sum = [UInt64](repeating: 0, count: 4)
    var carry: UInt64 = 0
    for index in 0..<4 {
      let total = UInt128(x.limbs[index]) + UInt128(y.limbs[index]) + UInt128(carry)
      sum[index] = UInt64(truncatingIfNeeded: total)
      carry = UInt64(truncatingIfNeeded: total >> 64)
    }
    return Scalar(limbs: reducedOnce(sum, 0))
  }

  static func * (x: Scalar, y: Scalar) -> Scalar { Scalar(limbs: product(product(x.limbs, y.limbs), radixSquared)) }

  /// The number that makes one with this one; nothing for nothing.
  var inverse: Scalar {
    // Raised to L - 2: L's lowest limb is odd and large enough that nothing is borrowed.
    let exponent = [Self.order[0] - 2] + Self.order[1...]
    var result = Scalar.one
    for bit in (0..<253).reversed() {
      result = result * result
      if exponent[bit >> 6] >> UInt64(bit & 63) & 1 == 1 { result = result * self }
    }
    return result
  }

  /// x y / 2^256 modulo L, for an `x` below 2^256 and a `y` below L.
  private static func product(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
    var t = [UInt64](repeating: 0, count: 6)
    for i in 0..<4 {
      addProduct(of: x[i], y, to: &t)
      // What is added now makes the lowest limb nothing, and is nothing modulo L.
      addProduct(of: t[0] &* negatedInverse, order, to: &t)
      t.removeFirst()
      t.append(0)
    }
    return reducedOnce(Array(t[0..<4]), t[4])
  }

  private static func addProduct(of factor: UInt64, _ y: [UInt64], to t: inout [UInt64]) {
    var carry: UInt128 = 0
    for j in 0..<4 {
      let total = UInt128(factor) * UInt128(y[j]) + UInt128(t[j]) + carry
      t[j] = UInt64(truncatingIfNeeded: total)
      carry = total >> 64
    }
    let total = UInt128(t[4]) + carry
    t[4] = UInt64(truncatingIfNeeded: total)
    t[5] &+= UInt64(truncatingIfNeeded: total >> 64)
  }

  /// A number below 2 L, less L where it is not below it.
  private static func reducedOnce(_ x: [UInt64], _ top: UInt64) -> [UInt64] {
    var less = [UInt64](repeating: 0, count: 4)
    var borrow: UInt64 = 0
    for index in 0..<4 {
      let (first, under) = x[index].subtractingReportingOverflow(order[index])
      let (second, again) = first.subtractingReportingOverflow(borrow)
      less[index] = second
      borrow = under || again ? 1 : 0
    }
    let keeps: UInt64 = top < borrow ? .max : 0
    return (0..<4).map { (x[$0] & keeps) | (less[$0] & ~keeps) }
  }
}
