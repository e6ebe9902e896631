// Points of edwards25519 and how they are added: what swift-crypto keeps to itself and the GNU Name System's blinded keys need.
// Not here: signatures made of them (Signatures.swift).

/// A point of edwards25519.
// RFC 8032 §5.1.4: in extended coordinates (X : Y : Z : T) with x = X/Z, y = Y/Z, x y = T/Z.
struct CurvePoint: Sendable {
  private var x: FieldElement
  private var y: FieldElement
  private var z: FieldElement
  private var t: FieldElement

  private init(_ x: FieldElement, _ y: FieldElement, _ z: FieldElement, _ t: FieldElement) { (self.x, self.y, self.z, self.t) = (x, y, z, t) }

  /// The point that adds nothing.
  static let identity = CurvePoint(.zero, .one, .one, .zero)

  /// The point that public keys are multiples of: y is 4/5, and x even.
  // RFC 8032 §5.1
  static let base = CurvePoint([0x58] + [UInt8](repeating: 0x66, count: 31)) ?? .identity

  /// The point written in 32 bytes: y, and in the highest bit which of the two x. Nil: no point of the curve is written so.
  // RFC 8032 §5.1.3
  init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard let y = FieldElement(canonical: bytes) else { return nil }
    let isOdd = bytes[31] >> 7 == 1
    let ySquared = y.squared
    let u = ySquared - .one
    let v = FieldElement.curveConstant * ySquared + .one
    let v3 = v.squared * v
    var x = u * v3 * (u * v3.squared * v).raisedForRoot
    let vxx = v * x.squared
    if vxx == -u { x = x * .rootOfMinusOne } else if !(vxx == u) { return nil }
    if x == .zero, isOdd { return nil }
    if x.isOdd != isOdd { x = -x }
    self.init(x, y, .one, x * y)
  }

  /// The point in 32 bytes.
  // RFC 8032 §5.1.2
  var bytes: [UInt8] {
    let inverse = z.inverse
    var bytes = (y * inverse).bytes
    if (x * inverse).isOdd { bytes[31] |= 0x80 }
    return bytes
  }

  /// The x coordinate in 32 bytes, the lowest first.
  var xBytes: [UInt8] { (x * z.inverse).bytes }

  static func == (p: CurvePoint, q: CurvePoint) -> Bool { p.x * q.z == q.x * p.z && p.y * q.z == q.y * p.z }

  // RFC 8032 §5.1.4: the formulas hold for any two points, a point and itself too.
  static func + (p: CurvePoint, q: CurvePoint) -> CurvePoint {
    let a = (p.y - p.x) * (q.y - q.x)
    let b = (p.y + p.x) * (q.y + q.x)
    let product = p.t * q.t * .curveConstant
    let c = product + product
    let zz = p.z * q.z
    let d = zz + zz
    let (e, f, g, h) = (b - a, d - c, d + c, b + a)
    return CurvePoint(e * f, g * h, f * g, e * h)
  }

  static prefix func - (p: CurvePoint) -> CurvePoint { CurvePoint(-p.x, p.y, p.z, -p.t) }

  /// The point added to itself.
  var doubled: CurvePoint {
    let a = x.squared
    let b = y.squared
    let zz = z.squared
    let h = a + b
    let e = h - (x + y).squared
    let g = a - b
    let f = zz + zz + g
    return CurvePoint(e * f, g * h, f * g, e * h)
  }

  /// The point added to nothing `factor` times.
  static func * (factor: Scalar, point: CurvePoint) -> CurvePoint {
    // Four bits at a time. All sixteen multiples are looked at and a mask takes one, so that the steps do not tell the bits.
    var multiples = [identity]
    for _ in 1..<16 { multiples.append(multiples[multiples.count - 1] + point) }
    var result = identity
    for place in (0..<64).reversed() {
      for _ in 0..<4 { result = result.doubled }
      let digit = factor.bits(4 * place, count: 4)
      var multiple = identity
      for (number, other) in multiples.enumerated() {
        let difference = UInt64(number) ^ digit
        multiple = multiple.replaced(by: other, where: 0 &- ((difference &- 1) >> 63))
      }
      result = result + multiple
    }
    return result
  }

  /// The sum of two multiples. For factors that everybody may know: the steps tell them.
  static func sum(_ a: Scalar, _ p: CurvePoint, _ b: Scalar, _ q: CurvePoint) -> CurvePoint {
    let both = p + q
    var result = identity
    for bit in (0..<253).reversed() {
      result = result.doubled
      switch (a.bits(bit, count: 1), b.bits(bit, count: 1)) {
      case (0, 0): break
      case (_, 0): result = result + p
      case (0, _): result = result + q
      case (_, _): result = result + both
      }
    }
    return result
  }

  /// Whether the point is a multiple of the base point: L times it is nothing. The identity is not one that anybody has a key for.
  var isOfPrimeOrder: Bool { !(self == .identity) && -self == Scalar.negatedOne * self }

  private func replaced(by other: CurvePoint, where mask: UInt64) -> CurvePoint {
    CurvePoint(
      x.replaced(by: other.x, where: mask), y.replaced(by: other.y, where: mask), z.replaced(by: other.z, where: mask),
      t.replaced(by: other.t, where: mask))
  }
}
