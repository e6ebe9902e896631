// A public key as a domain publishes it, `v=DKIM1; k=rsa; p=…`, and the answers of the DNS it is in.
// Read before: TagList.swift. Read next: SignatureCheck.swift.
import Bytes
import Crypto
import CryptoExtras

/// A published key.
// RFC 6376 §3.6.1, RFC 8463 §4
struct KeyRecord: Sendable {
  /// The key itself.
  enum PublicKey: Sendable {
    case rsa(_RSA.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
  }

  /// Why there is no usable key, in a few words.
  struct Flaw: Error, Hashable, Sendable {
    var what: String
  }

  var key: PublicKey
  /// Of RSA. Unit: bits.
  var keyBits: Int
  /// The domain is only trying it out.
  var isTest = false
  /// The identity must be in the domain itself, not below it.
  var isStrict = false

  init(_ text: [UInt8], for algorithm: SignatureField.Algorithm) throws(Flaw) {
    guard let tags = TagList(text) else { throw Flaw(what: "the key record is no list of tags") }
    // RFC 6376 §3.6.1: the version stands first, if at all.
    if let version = tags.text("v"), version != "DKIM1" || tags.tags.first?.name != "v" { throw Flaw(what: "a key record of another version") }
    guard (tags.text("k") ?? "rsa").lowercased() == algorithm.keyType else { throw Flaw(what: "a key of another type") }
    if let hashes = tags.words("h"), !hashes.contains(where: { $0.lowercased() == "sha256" }) { throw Flaw(what: "the key does not allow SHA-256") }
    if let services = tags.words("s"), !services.contains(where: { $0 == "*" || $0.lowercased() == "email" }) { throw Flaw(what: "the key is not for mail") }
    for flag in tags.words("t") ?? [] {
      if flag.lowercased() == "y" { isTest = true }
      if flag.lowercased() == "s" { isStrict = true }
    }
    guard let digits = tags.compact("p") else { throw Flaw(what: "no p= in the key record") }
    guard !digits.isEmpty else { throw Flaw(what: "the key was revoked") }
    guard let bytes = Base64.bytes(digits) else { throw Flaw(what: "p= is no base64") }
    switch algorithm {
    case .ed25519:
      // RFC 8463 §4.2: the bare 32 bytes.
      guard bytes.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { throw Flaw(what: "p= is no Ed25519 key") }
      self.key = .ed25519(key)
      keyBits = 256
    case .rsa, .weak:
      guard let key = try? _RSA.Signing.PublicKey(unsafeDERRepresentation: bytes) else { throw Flaw(what: "p= is no RSA key, or one below 1,024 bits") }
      self.key = .rsa(key)
      keyBits = key.keySizeInBits
    }
  }

  /// Whether `signature` is of `hash`, the SHA-256 of what was signed.
  func isValid(_ signature: [UInt8], of hash: SHA256Digest) -> Bool {
    switch key {
    // RFC 6376 §3.3.2: RSASSA-PKCS1-v1_5.
    case .rsa(let key): key.isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: hash, padding: .insecurePKCS1v1_5)
    // RFC 8463 §3: the hash is what is signed.
    case .ed25519(let key): signature.count == 64 && key.isValidSignature(signature, for: Array(hash))
    }
  }
}
