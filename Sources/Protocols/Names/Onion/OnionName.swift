// Names that are their own key, the onion kind: 56 digits hold the key of the service, a checksum and a version.
// Nobody gives such a name out and nobody can take it; nobody can remember it either, and a name that begins alike is made by trying.
// Not here: finding the service (that is the onion network's, and not done).
import Bytes
import Crypto

/// The name of an onion service, version 3.
///
///     base32( KEY (32 bytes) | CHECKSUM (2) | VERSION (1) ) ".onion"
///     CHECKSUM = the first two bytes of SHA3-256( ".onion checksum" | KEY | VERSION )
// Tor rend-spec-v3 §6
public struct OnionName: Sendable, Hashable {
  /// The service's key, an Ed25519 public key.
  public let key: [UInt8]

  public static let version: UInt8 = 3
  /// Digits before `.onion`.
  public static let digitCount = 56

  /// The name of a key; nil: not 32 bytes.
  public init?(key: some Collection<UInt8>) {
    guard key.count == 32 else { return nil }
    self.key = Array(key)
  }

  /// The name written as `text`, with or without `.onion`; what stands before a dot in front of it (a subdomain) is not looked at.
  public init(_ text: some StringProtocol) throws(Problem) {
    var digits = text.lowercased()
    if digits.hasSuffix(".onion") { digits.removeLast(6) }
    if let dot = digits.lastIndex(of: ".") { digits = String(digits[digits.index(after: dot)...]) }
    guard digits.utf8.count == Self.digitCount else { throw digits.utf8.count == 16 ? .old : .length(digits.utf8.count) }
    guard let bytes = Base32.lower.bytes(digits.utf8), bytes.count == 35 else { throw .digits }
    let (key, checksum, version) = (Array(bytes[0..<32]), Array(bytes[32..<34]), bytes[34])
    guard version == Self.version else { throw .version(version) }
    let right = Self.checksum(of: key)
    guard checksum == right else { throw .checksum(found: Hexadecimal.text(checksum), expected: Hexadecimal.text(right)) }
    // Tor rend-spec-v3 §1.2: a key with a part of small order has eight names.
    guard let point = CurvePoint(key) else { throw .noKey }
    guard point.isOfPrimeOrder else { throw .torsion }
    self.key = key
  }

  /// Why a text is no onion name.
  public enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
    case length(Int)
    /// 16 digits: a name of version 2, given up in 2021.
    case old
    case digits
    case version(UInt8)
    case checksum(found: String, expected: String)
    case noKey
    case torsion

    public var description: String {
      switch self {
      case .length(let count): "expected \(OnionName.digitCount) digits before .onion, found \(count)"
      case .old: "a name of version 2, half of a SHA-1: such services are no more"
      case .digits: "expected the digits a to z and 2 to 7"
      case .version(let version): "expected version \(OnionName.version), found \(version)"
      case .checksum(let found, let expected): "the checksum is \(found) and should be \(expected): a digit is wrong"
      case .noKey: "the 32 bytes are no point of edwards25519, so no key"
      case .torsion: "the key has a part of small order: it would have several names"
      }
    }
  }

  /// The checksum of a key's name.
  public static func checksum(of key: [UInt8]) -> [UInt8] {
    Array(SHA3_256.hash(data: Array(".onion checksum".utf8) + key + [version]).prefix(2))
  }

  /// The 56 digits.
  public var digits: String { Base32.lower.text(key + Self.checksum(of: key) + [Self.version]) }

  /// How far two names are alike.
  public struct Likeness: Sendable, Hashable {
    /// Digits at the front that are the same.
    public var commonPrefix: Int
    /// Digits at the end that are the same.
    public var commonSuffix: Int
    public var isSame: Bool { commonPrefix == OnionName.digitCount }
    /// How many keys have to be tried on average for as many digits at the front: each digit is five bits. As a power of two.
    public var triesLog2: Int { 5 * commonPrefix }
    /// Whether someone who looks at front and end only could take one for the other.
    public var isDeceptive: Bool { !isSame && commonPrefix >= 4 }
  }

  /// Compares the whole of both names: what a person's eye does not do.
  public func likeness(to other: OnionName) -> Likeness {
    let (a, b) = (Array(digits.utf8), Array(other.digits.utf8))
    let front = zip(a, b).prefix { $0 == $1 }.count
    let back = zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
    return Likeness(commonPrefix: front, commonSuffix: back)
  }
}

extension OnionName: CustomStringConvertible {
  public var description: String { digits + ".onion" }
}
