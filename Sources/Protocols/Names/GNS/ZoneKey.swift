// A zone of the GNU Name System is its public key. Here: the key as text, its blinding for each label, the cipher of its blocks.
// Not here: the secret half (ZoneSecret.swift), blocks (ZoneBlock.swift). Read next: ZoneBlock.swift.
import Bytes
import Crypto
import CryptoExtras
public import World

/// The two kinds of zones: they differ in signature and cipher.
// RFC 9498 §5.1
public enum ZoneKind: UInt32, Sendable, Hashable, CaseIterable {
  /// ECDSA over edwards25519, AES-256 in counter mode.
  case pkey = 65_536
  /// EdDSA, XSalsa20-Poly1305.
  case edkey = 65_556

  /// The record that delegates to such a zone.
  public var recordType: RecordType { RecordType(rawValue: rawValue) }

  /// As it stands in blocks and texts.
  var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (24 - 8 * $0)) } }
}

/// A zone's name for everybody: its public key and what kind of key it is.
public struct ZoneKey: Sendable, Hashable {
  public let kind: ZoneKind
  /// 32 bytes.
  public let bytes: [UInt8]

  /// Nil: not 32 bytes.
  public init?(_ kind: ZoneKind, _ bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.kind = kind
    self.bytes = Array(bytes)
  }

  /// The key written as a zone's top-level domain.
  // RFC 9498 §4.1 zTLD
  public init(_ text: some StringProtocol) throws(SyntaxError) {
    let rule = "RFC 9498 §4.1"
    guard let all = Base32.zone.bytes(text.utf8) else { throw SyntaxError(expected: "digits of base32 as GNS writes it", at: 0, rule: rule) }
    guard all.count == 36 else { throw SyntaxError(expected: "a zone's type and key, 36 bytes", found: "\(all.count) bytes", at: 0, rule: rule) }
    let number = all.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard let kind = ZoneKind(rawValue: number) else { throw SyntaxError(expected: "a zone's type, 65536 or 65556", found: "\(number)", at: 0, rule: rule) }
    self.kind = kind
    bytes = Array(all.dropFirst(4))
  }

  /// Type and key.
  public var identifier: [UInt8] { kind.bytes + bytes }

  /// The key as a top-level domain: 58 digits.
  public var text: String { Base32.zone.text(identifier) }

  /// The key that stands in blocks for `label`: who does not know the zone cannot tell whose it is. Nil: the zone's key is no point of the curve.
  // RFC 9498 §5.1.1, §5.1.2 ZKDF
  public func blinded(for label: ZoneLabel) -> ZoneKey? {
    guard let point = CurvePoint(bytes) else { return nil }
    return ZoneKey(kind, (Scalar(reducingBigEndian: blinding(for: label)) * point).bytes)
  }

  /// Where the block for `label` is stored.
  // RFC 9498 §6.1: the hash of the blinded key.
  public func query(for label: ZoneLabel) -> BlockQuery? { blinded(for: label).map { BlockQuery(of: $0) } }

  /// The 64 bytes of the blinding factor h, the highest first.
  func blinding(for label: ZoneLabel) -> [UInt8] { derived("key-derivation", Array(label.text.utf8) + Array("gns".utf8), 64) }

  /// HKDF, with SHA-512 for extracting and SHA-256 for expanding.
  private func derived(_ salt: String, _ info: [UInt8], _ count: Int) -> [UInt8] {
    let extracted = HKDF<SHA512>.extract(inputKeyMaterial: SymmetricKey(data: bytes), salt: Array(salt.utf8))
    return HKDF<SHA256>.expand(pseudoRandomKey: extracted, info: info, outputByteCount: count).withUnsafeBytes { Array($0) }
  }

  /// The key of the cipher of the block for `label`.
  func cipherKey(for label: ZoneLabel) -> [UInt8] {
    derived(kind == .pkey ? "gns-aes-ctx-key" : "gns-xsalsa-ctx-key", Array(label.text.utf8), 32)
  }

  /// The cipher's nonce (and for PKEY its first counter) for a block that expires at `expiration`.
  func cipherNonce(for label: ZoneLabel, expiration: UInt64) -> [UInt8] {
    let time = (0..<8).map { UInt8(truncatingIfNeeded: expiration >> UInt64(56 - 8 * $0)) }
    return switch kind {
    case .pkey: derived("gns-aes-ctx-iv", Array(label.text.utf8), 4) + time + [0, 0, 0, 1]
    case .edkey: derived("gns-xsalsa-ctx-iv", Array(label.text.utf8), 16) + time
    }
  }

  /// `plain` as it stands in the block for `label`.
  func sealed(_ plain: [UInt8], for label: ZoneLabel, expiration: UInt64) -> [UInt8] {
    let (key, nonce) = (cipherKey(for: label), cipherNonce(for: label, expiration: expiration))
    return switch kind {
    case .pkey: Self.counted(plain, key, nonce)
    case .edkey: SecretBox.seal(plain, key: key, nonce: nonce)
    }
  }

  /// What a block for `label` holds; nil: it was not sealed for this zone and label.
  func opened(_ sealed: [UInt8], for label: ZoneLabel, expiration: UInt64) -> [UInt8]? {
    let (key, nonce) = (cipherKey(for: label), cipherNonce(for: label, expiration: expiration))
    return switch kind {
    case .pkey: Self.counted(sealed, key, nonce)
    case .edkey: SecretBox.open(sealed, key: key, nonce: nonce)
    }
  }

  /// AES-256 in counter mode, which is its own opposite.
  private static func counted(_ bytes: [UInt8], _ key: [UInt8], _ nonce: [UInt8]) -> [UInt8] {
    do {
      return Array(try AES._CTR.encrypt(bytes, using: SymmetricKey(data: key), nonce: AES._CTR.Nonce(nonceBytes: nonce)))
    } catch {
      Invariant.broken("AES refuses a key of 32 bytes or a nonce of 16: \(error)")
      return []
    }
  }
}

extension ZoneKey: CustomStringConvertible {
  public var description: String { text }
}

/// Under what a block is stored and asked for.
public struct BlockQuery: Sendable, Hashable, CustomStringConvertible {
  /// 64 bytes.
  public let bytes: [UInt8]

  /// Nil: not 64 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 64 else { return nil }
    self.bytes = Array(bytes)
  }

  /// Of a blinded key.
  // RFC 9498 §6.1
  init(of blinded: ZoneKey) { bytes = Array(SHA512.hash(data: blinded.bytes)) }

  public var description: String { Hexadecimal.text(bytes) }
}
