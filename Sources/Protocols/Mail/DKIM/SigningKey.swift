// A key that mail is signed with, as a value: read from and written to text, and what a domain publishes about it.
// Not here: where keys are kept, and when they change (the mail server's).
import Bytes
import Crypto
import CryptoExtras
public import DNS

/// A private key.
// RFC 6376 §3.3, RFC 8463 §3
public struct SigningKey: Sendable {
  private enum Key: Sendable {
    case rsa(_RSA.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)
  }

  private let key: Key

  /// Reads a key from PEM (RSA), or `ed25519:` and the base64 of its 32 bytes; nil: it is none that may sign.
  public init?(_ text: String) {
    if text.hasPrefix(Self.shortPrefix) {
      guard let bytes = Base64.bytes(text.dropFirst(Self.shortPrefix.count).utf8.filter { !ASCII.isSpace($0) }) else { return nil }
      self.init(seed: bytes)
    } else {
      // RFC 8301 §3.2: signers use at least 2,048 bits.
      guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: text) else { return nil }
      self.init(.rsa(key))
    }
  }

  /// The Ed25519 key that these 32 bytes are; nil for any other number. The caller draws them from chance.
  public init?(seed: [UInt8]) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { return nil }
    self.init(.ed25519(key))
  }

  private init(_ key: Key) { self.key = key }

  /// A fresh RSA key of 2,048 bits, from the chance of the cryptographic library; takes some tenths of a second.
  public static func makeRSA() -> SigningKey? { (try? _RSA.Signing.PrivateKey(keySize: .bits2048)).map { SigningKey(.rsa($0)) } }

  private static let shortPrefix = "ed25519:"

  /// The key as text. A secret.
  public var text: String {
    switch key {
    case .rsa(let key): key.pemRepresentation
    case .ed25519(let key): Self.shortPrefix + Base64.text(key.rawRepresentation)
    }
  }

  /// As `a=` has it.
  public var algorithm: String {
    switch key {
    case .rsa: SignatureField.Algorithm.rsa.rawValue
    case .ed25519: SignatureField.Algorithm.ed25519.rawValue
    }
  }

  /// What the domain publishes.
  // RFC 6376 §3.6.1, RFC 8463 §4.2
  public var record: String {
    switch key {
    case .rsa(let key): "v=DKIM1; k=rsa; p=\(Base64.text(key.publicKey.derRepresentation))"
    case .ed25519(let key): "v=DKIM1; k=ed25519; p=\(Base64.text(key.publicKey.rawRepresentation))"
    }
  }

  /// The same as data of a TXT record: strings of at most 255 bytes.
  // RFC 6376 §3.6.2.2
  public var recordData: RecordData {
    let bytes = Array(record.utf8)
    return .txt(stride(from: 0, to: bytes.count, by: 255).map { Array(bytes[$0..<min($0 + 255, bytes.count)]) })
  }

  /// The name of that record.
  // RFC 6376 §3.6.2.1
  public static func recordName(selector: String, domain: String) -> Name? { Name(plain: "\(selector)._domainkey.\(domain)") }

  /// The signature of a hash; nil: the library refuses.
  func signature(of hash: SHA256Digest) -> [UInt8]? {
    switch key {
    case .rsa(let key): (try? key.signature(for: hash, padding: .insecurePKCS1v1_5)).map { Array($0.rawRepresentation) }
    case .ed25519(let key): (try? key.signature(for: Array(hash))).map { Array($0) }
    }
  }

  /// The signature of what `bytes` hash to.
  func signature(ofBytes bytes: some Sequence<UInt8>) -> [UInt8]? { signature(of: SHA256.hash(data: Array(bytes))) }
}
