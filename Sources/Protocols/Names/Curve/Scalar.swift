// Numbers modulo the order of edwards25519's base point: private keys, blinding factors, the halves of signatures.
// Multiplied by Montgomery's way: four limbs of 64 bits, reduced as they grow. Not here: the points (CurvePoint.swift).

/// A number modulo L = 2^252 + 27742317777372353535851937790883648493.
// RFC 8032 §5.1
struct Scalar: Sendable, Hashable {
  // Four limbs, the lowest first. The number is below L, but for what is only to be multiplied.
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  private init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) { (self.a, self.b, self.c, self.d) = (a, b, c, d) }

  private static let order = Scalar(0x5812_631A_5CF5_D3ED, 0x14DE_F9DE_A2F7_9CD6, 0, 0x1000_0000_0000_0000)
  /// -1/L modulo 2^64.
  private static let negatedInverse: UInt64 = 0xD2B5_1DA3_1254_7E1B
  /// 2^256 and 2^512 modulo L.
  private static let radix = Scalar(0xD6EC_3174_8D98_951D, 0xC6EF_5BF4_737D_CF70, 0xFFFF_FFFF_FFFF_FFFE, 0x0FFF_FFFF_FFFF_FFFF)
  private static let radixSquared = Scalar(0xA406_11E3_449C_0F01, 0xD00E_1BA7_6885_9347, 0xCEEC_73D2_17F5_BE65, 0x0399_411B_7C30_9A3D)

  static let zero = Scalar(0, 0, 0, 0)
  static let one = Scalar(1, 0, 0, 0)
  /// L - 1.
  static let negatedOne = Scalar(order.a - 1, order.b, order.c, order.d)

  /// The number that up to 64 bytes write, the lowest byte first, modulo L.
  init(reducing bytes: some Collection<UInt8>) {
    var words = [UInt64](repeating: 0, count: 8)
    for (index, byte) in bytes.prefix(64).enumerated() { words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8)) }
    let low = Scalar(words[0], words[1], words[2], words[3])
    let high = Scalar(words[4], words[5], words[6], words[7])
    self = Self.product(low, Self.radix) + Self.product(high, Self.radixSquared)
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
  var bytes: [UInt8] { [a, b, c, d].flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(8 * $0)) } } }

  /// 32 bytes, the highest first.
  var bigEndianBytes: [UInt8] { bytes.reversed() }

  var isZero: Bool { self == .zero }

  /// The `count` bits from the one on that counts 2^`index`. They lie in one limb: `index` is below 256 and a multiple of `count`, 1 or 4.
  func bits(_ index: Int, count: Int) -> UInt64 {
    let limb = switch index >> 6 {
    case 0: a
    case 1: b
    case 2: c
    default: d
    }
    return limb >> UInt64(index & 63) & (1 << UInt64(count) - 1)
  }

  static func + (x: Scalar, y: Scalar) -> Scalar {
    var sum = UInt128(x.a) &+ UInt128(y.a)
    let a = low(sum)
    sum = UInt128(x.b) &+ UInt128(y.b) &+ sum &>> 64
    let b = low(sum)
    sum = UInt128(x.c) &+ UInt128(y.c) &+ sum &>> 64
    let c = low(sum)
    // Both are below L, so nothing is carried out of this.
    sum = UInt128(x.d) &+ UInt128(y.d) &+ sum &>> 64
    return reducedOnce(Scalar(a, b, c, low(sum)), 0)
  }

  static func * (x: Scalar, y: Scalar) -> Scalar { product(product(x, y), radixSquared) }

  /// The number that makes one with this one; nothing for nothing.
  var inverse: Scalar {
    // Raised to L - 2: L's lowest limb is odd and large enough that nothing is borrowed.
    let exponent = Scalar(Self.order.a - 2, Self.order.b, Self.order.c, Self.order.d)
    // All of it in Montgomery's form, in which a product is one step.
    let number = Self.product(self, Self.radixSquared)
    var result = Self.radix
    for bit in (0..<253).reversed() {
      result = Self.product(result, result)
      if exponent.bits(bit, count: 1) == 1 { result = Self.product(result, number) }
    }
    return Self.product(result, .one)
  }

  private static func low(_ number: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: number) }

  /// x y / 2^256 modulo L, for an `x` below 2^256 and a `y` below L.
  private static func product(_ x: Scalar, _ y: Scalar) -> Scalar {
    var (t0, t1, t2, t3, t4): (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    func add(_ factor: UInt64) {
      func times(_ m: UInt64, _ n: UInt64) -> UInt128 { UInt128(m) &* UInt128(n) }
      var sum = times(factor, y.a) &+ UInt128(t0)
      t0 = low(sum)
      sum = times(factor, y.b) &+ UInt128(t1) &+ sum &>> 64
      t1 = low(sum)
      sum = times(factor, y.c) &+ UInt128(t2) &+ sum &>> 64
      t2 = low(sum)
      sum = times(factor, y.d) &+ UInt128(t3) &+ sum &>> 64
      t3 = low(sum)
      sum = UInt128(t4) &+ sum &>> 64
      t4 = low(sum)
      let t5 = low(sum &>> 64)
      // What is added now makes the lowest limb nothing, and is nothing modulo L. All limbs move down by one.
      let multiple = t0 &* negatedInverse
      sum = times(multiple, order.a) &+ UInt128(t0)
      sum = times(multiple, order.b) &+ UInt128(t1) &+ sum &>> 64
      t0 = low(sum)
      sum = UInt128(t2) &+ sum &>> 64
      t1 = low(sum)
      sum = times(multiple, order.d) &+ UInt128(t3) &+ sum &>> 64
      t2 = low(sum)
      sum = UInt128(t4) &+ sum &>> 64
      t3 = low(sum)
      t4 = t5 &+ low(sum &>> 64)
    }
    add(x.a)
    add(x.b)
    add(x.c)
    add(x.d)
    return reducedOnce(Scalar(t0, t1, t2, t3), t4)
  }

  /// A number below 2 L, less L where it is not below it.
  private static func reducedOnce(_ x: Scalar, _ top: UInt64) -> Scalar {
    var borrow: UInt64 = 0
    func less(_ limb: UInt64, _ other: UInt64) -> UInt64 {
      let (first, under) = limb.subtractingReportingOverflow(other)
      let (second, again) = first.subtractingReportingOverflow(borrow)
      borrow = under || again ? 1 : 0
      return second
    }
    let (a, b, c, d) = (less(x.a, order.a), less(x.b, order.b), less(x.c, order.c), less(x.d, order.d))
    let keeps: UInt64 = top < borrow ? .max : 0
    return Scalar(x.a & keeps | a & ~keeps, x.b & keeps | b & ~keeps, x.c & keeps | c & ~keeps, x.d & keeps | d & ~keeps)
  }
}
