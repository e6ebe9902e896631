// Numbers modulo 2^255 - 19: the coordinates of points on edwards25519.
// Five limbs of 51 bits, products in 128 bits. The same steps whatever the number, but no promise that a compiler keeps it so: see Names.docc.
// Read next: CurvePoint.swift, which is made of these; Scalar.swift, the numbers that points are multiplied with.

/// A coordinate: a number modulo 2^255 - 19.
struct FieldElement: Sendable {
  // Each limb is below 2^52 between two operations; the number is their sum, limb n counting 2^(51 n).
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64
  private var e: UInt64

  private static let mask: UInt64 = 1 << 51 - 1

  private init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64) { (self.a, self.b, self.c, self.d, self.e) = (a, b, c, d, e) }

  static let zero = FieldElement(0, 0, 0, 0, 0)
  static let one = FieldElement(1, 0, 0, 0, 0)

  /// The curve's constant, -121665/121666.
  // RFC 8032 §5.1
  static let curveConstant = FieldElement(0x34DC_A135_978A3, 0x1A82_83B1_56EBD, 0x5E7A_2600_1C029, 0x739C_663A_03CBB, 0x5203_6CEE_2B6FF)
  /// 2^((p-1)/4): a square root of -1.
  static let rootOfMinusOne = FieldElement(0x61B2_74A0_EA0B0, 0x0D5A_5FC8_F189D, 0x7EF5_E9CB_D0C60, 0x7859_5A68_04C9E, 0x2B83_2480_4FC1D)

  /// The number written in 32 bytes, the lowest first; the highest bit is not looked at. Nil: not 32 bytes, or not below 2^255 - 19.
  init?(canonical bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() { words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8)) }
    words[3] &= 1 << 63 - 1
    let isTooLarge = words[3] == 1 << 63 - 1 && words[2] == .max && words[1] == .max && words[0] >= .max - 18
    guard !isTooLarge else { return nil }
    a = words[0] & Self.mask
    b = (words[0] >> 51 | words[1] << 13) & Self.mask
    c = (words[1] >> 38 | words[2] << 26) & Self.mask
    d = (words[2] >> 25 | words[3] << 39) & Self.mask
    e = words[3] >> 12
  }

  /// The number in 32 bytes, the lowest first.
  var bytes: [UInt8] {
    let words = words
    return [words.0, words.1, words.2, words.3].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
  }

  /// The number in four words, the lowest first.
  private var words: (UInt64, UInt64, UInt64, UInt64) {
    var n = carried().carried()
    // Subtract p once if that leaves no less than nothing: the carry out of n + 19 tells.
    var carry = (n.a + 19) >> 51
    carry = (n.b + carry) >> 51
    carry = (n.c + carry) >> 51
    carry = (n.d + carry) >> 51
    carry = (n.e + carry) >> 51
    n.a += 19 * carry
    n.b += n.a >> 51
    n.c += n.b >> 51
    n.d += n.c >> 51
    n.e += n.d >> 51
    let (a, b, c, d, e) = (n.a & Self.mask, n.b & Self.mask, n.c & Self.mask, n.d & Self.mask, n.e & Self.mask)
    return (a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | e << 12)
  }

  /// Whether the number, as it is written, is odd: which of two roots it is.
  var isOdd: Bool { words.0 & 1 == 1 }

  static func == (x: FieldElement, y: FieldElement) -> Bool { x.words == y.words }

  static func + (x: FieldElement, y: FieldElement) -> FieldElement {
    FieldElement(x.a &+ y.a, x.b &+ y.b, x.c &+ y.c, x.d &+ y.d, x.e &+ y.e).carried()
  }

  static func - (x: FieldElement, y: FieldElement) -> FieldElement {
    // Four times p is added first, so that no limb falls below nothing.
    let low: UInt64 = (1 << 51 - 19) * 4
    let high: UInt64 = (1 << 51 - 1) * 4
    return FieldElement(low &+ x.a &- y.a, high &+ x.b &- y.b, high &+ x.c &- y.c, high &+ x.d &- y.d, high &+ x.e &- y.e).carried()
  }

  static prefix func - (x: FieldElement) -> FieldElement { zero - x }

  static func * (x: FieldElement, y: FieldElement) -> FieldElement {
    // Nothing overflows: limbs are below 2^53, their products below 2^111 with the 19.
    func product(_ m: UInt64, _ n: UInt64) -> UInt128 { UInt128(m) &* UInt128(n) }
    // What lies at 2^255 and above comes back 19 times at the bottom.
    let (b, c, d, e) = (19 &* y.b, 19 &* y.c, 19 &* y.d, 19 &* y.e)
    let r0 = product(x.a, y.a) &+ product(x.b, e) &+ product(x.c, d) &+ product(x.d, c) &+ product(x.e, b)
    let r1 = product(x.a, y.b) &+ product(x.b, y.a) &+ product(x.c, e) &+ product(x.d, d) &+ product(x.e, c) &+ r0 &>> 51
    let r2 = product(x.a, y.c) &+ product(x.b, y.b) &+ product(x.c, y.a) &+ product(x.d, e) &+ product(x.e, d) &+ r1 &>> 51
    let r3 = product(x.a, y.d) &+ product(x.b, y.c) &+ product(x.c, y.b) &+ product(x.d, y.a) &+ product(x.e, e) &+ r2 &>> 51
    let r4 = product(x.a, y.e) &+ product(x.b, y.d) &+ product(x.c, y.c) &+ product(x.d, y.b) &+ product(x.e, y.a) &+ r3 &>> 51
    func low(_ limb: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: limb) & mask }
    let carry = UInt64(truncatingIfNeeded: r4 &>> 51) &* 19
    return FieldElement(low(r0) &+ carry, low(r1), low(r2), low(r3), low(r4)).carried()
  }

  var squared: FieldElement { self * self }

  /// The number that makes one with this one; nothing for nothing.
  var inverse: FieldElement {
    // Raised to p - 2 = 2^255 - 21: all bits are ones but the second and the fourth.
    var result = FieldElement.one
    for bit in (0..<255).reversed() {
      result = result.squared
      if bit != 2 && bit != 4 { result = result * self }
    }
    return result
  }

  /// Raised to (p - 5) / 8 = 2^252 - 3: the way to a square root.
  var raisedForRoot: FieldElement {
    var result = FieldElement.one
    for bit in (0..<252).reversed() {
      result = result.squared
      if bit != 1 { result = result * self }
    }
    return result
  }

  /// `self` where `mask` is all zeros, `other` where it is all ones.
  func replaced(by other: FieldElement, where mask: UInt64) -> FieldElement {
    FieldElement(
      a ^ (mask & (a ^ other.a)), b ^ (mask & (b ^ other.b)), c ^ (mask & (c ^ other.c)), d ^ (mask & (d ^ other.d)), e ^ (mask & (e ^ other.e)))
  }

  /// What each limb has above 51 bits goes to the next one.
  private func carried() -> FieldElement {
    let mask = Self.mask
    return FieldElement(
      a & mask &+ 19 &* (e &>> 51), b & mask &+ a &>> 51, c & mask &+ b &>> 51, d & mask &+ c &>> 51, e & mask &+ d &>> 51)
  }
}
