// A certificate authority of this machine's own: made at the first start, kept in a directory, signing what the local servers show.
// Not here: files (KeptFile.swift), TLS (TLS/), public authorities. Keys need the system's randomness, which the runtime may use.
// X509 takes times as Foundation's `Date`: this file is the one place below Product that touches it.
import Crypto
import FoundationEssentials
import SwiftASN1
public import World
import X509

/// Why certificates could not be made or loaded.
public enum CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file of the authority cannot be read or written: which, and why.
  case file(String, String)
  /// A file of the authority holds something else.
  case malformed(String)
  case notMade(String)

  public var description: String {
    switch self {
    case .file(let path, let why): "\(path): \(why)"
    case .malformed(let path): "\(path) does not hold what was kept there; move it away, and a new one is made"
    case .notMade(let why): "the certificate could not be made: \(why)"
    }
  }
}

/// An authority that signs certificates for the names of this machine's servers.
public struct CertificateAuthority: Sendable {
  /// The authority's certificate, for clients to trust.
  public let authorityPEM: String
  let certificate: Certificate
  private let keys: Keys
  let key: Certificate.PrivateKey

  /// Where keys and serial numbers come from.
  private enum Keys {
    /// The system's randomness.
    case system
    /// A seed: the same seed, names and dates give the same certificates, byte for byte. They are worth nothing outside of a simulation.
    case drawn(SeededRandom)

    /// A new key for `what`. Ed25519 where it is drawn: a signature of the same has the same bytes, which ECDSA's have not.
    func key(for what: String) throws -> Certificate.PrivateKey {
      switch self {
      case .system: return Certificate.PrivateKey(P256.Signing.PrivateKey())
      case .drawn(let chance): return Certificate.PrivateKey(try Curve25519.Signing.PrivateKey(rawRepresentation: bytes(32, "key of \(what)", chance)))
      }
    }

    func serial(for what: String) -> Certificate.SerialNumber {
      switch self {
      case .system: return Certificate.SerialNumber()
      // RFC 5280 §4.1.2.2: positive, and here always of one length.
      case .drawn(let chance): return Certificate.SerialNumber(bytes: [0x40] + bytes(15, "serial of \(what)", chance))
      }
    }

    private func bytes(_ count: Int, _ label: String, _ chance: SeededRandom) -> [UInt8] {
      var chance = chance.derived(label)
      return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
    }
  }

  /// Whether its keys come from a seed, and are of another kind.
  var signsBySeed: Bool { if case .drawn = keys { true } else { false } }

  /// How long what is made holds.
  private static let authorityLifetime = Duration.seconds(3_653 * 86_400)
  public static let leafLifetime = Duration.seconds(90 * 86_400)
  private static let simulatedLifetime = Duration.seconds(36_525 * 86_400)
  /// Certificates hold from a little before now, since clocks differ.
  private static let clockSkew = Duration.seconds(3_600)

  /// A new authority, kept nowhere.
  public init(name: String = "Netstead local authority", at now: Instant) throws(CertificateError) {
    try self.init(name, .system, from: now, until: now + Self.authorityLifetime)
  }

  /// An authority for a simulation, whose certificates follow from `chance`. It holds for a century, and so does what it issues unless told
  /// otherwise: BoringSSL holds certificates against the machine's clock, not the simulation's.
  package init(name: String = "Netstead simulated authority", drawnFrom chance: SeededRandom, at now: Instant) throws(CertificateError) {
    try self.init(name, .drawn(chance), from: now, until: now + Self.simulatedLifetime)
  }

  private init(_ name: String, _ keys: Keys, from now: Instant, until end: Instant) throws(CertificateError) {
    do {
      let key = try keys.key(for: name)
      let subject = try DistinguishedName { CommonName(name) }
      let publicKey = key.publicKey
      let certificate = try Certificate(
        version: .v3, serialNumber: keys.serial(for: name), publicKey: publicKey,
        notValidBefore: Date(now.advanced(by: .zero - Self.clockSkew)), notValidAfter: Date(end),
        issuer: subject, subject: subject,
        extensions: try Certificate.Extensions {
          // RFC 5280 §4.2.1.9: an authority says that it is one; no authorities stand below this one.
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          Critical(KeyUsage(keyCertSign: true, cRLSign: true))
          SubjectKeyIdentifier(hash: publicKey)
        },
        issuerPrivateKey: key)
      try self.init(certificate, key, keys)
    } catch {
      throw .notMade("\(error)")
    }
  }

  private var ordinaryLifetime: Duration { if case .drawn = keys { Self.simulatedLifetime } else { Self.leafLifetime } }

  private init(_ certificate: Certificate, _ key: Certificate.PrivateKey, _ keys: Keys) throws {
    self.certificate = certificate
    self.key = key
    self.keys = keys
    authorityPEM = try certificate.serializeAsPEM().pemString + "\n"
  }

  /// The authority kept in `directory` (`authority.pem`, `authority.key`), made when there is none or it will soon no longer hold.
  public static func kept(in directory: String, at now: Instant) throws(CertificateError) -> CertificateAuthority {
    let certificateFile = KeptFile(directory: directory, name: "authority.pem")
    let keyFile = KeptFile(directory: directory, name: "authority.key")
    if let keyText = try keyFile.read(), let certificateText = try certificateFile.read() {
      let known: CertificateAuthority
      do {
        known = try CertificateAuthority(Certificate(pemEncoded: certificateText), Self.privateKey(keyText), .system)
      } catch {
        throw .malformed(certificateFile.path)
      }
      guard known.certificate.publicKey == known.key.publicKey else { throw .malformed(keyFile.path) }
      if known.certificate.notValidAfter > Date(now + leafLifetime) { return known }
    }
    let made = try CertificateAuthority(at: now)
    // The key first: a certificate without its key would be refused at the next start.
    try keyFile.write(made.keyPEM(), mode: 0o600)
    try certificateFile.write(made.authorityPEM, mode: 0o644)
    return made
  }

  private func keyPEM() throws(CertificateError) -> String {
    do { return try key.serializeAsPEM().pemString + "\n" } catch { throw .notMade("\(error)") }
  }

  /// The key kept in `directory` for what the servers of one host show (`server.key`, PEM), made at the first start. It stays the same while
  /// certificates come and go, so that a hash of it can stand in the DNS (RFC 7671 §8.1).
  public static func keptServerKey(in directory: String) throws(CertificateError) -> String {
    let file = KeptFile(directory: directory, name: "server.key")
    if let text = try file.read() {
      guard (try? P256.Signing.PrivateKey(pemRepresentation: text)) != nil else { throw .malformed(file.path) }
      return text
    }
    let text = P256.Signing.PrivateKey().pemRepresentation + "\n"
    try file.write(text, mode: 0o600)
    return text
  }

  /// Another authority, with keys from where this one's come from.
  package func stranger(named name: String, at now: Instant) throws(CertificateError) -> CertificateAuthority {
    try CertificateAuthority(name, keys, from: now, until: now + ordinaryLifetime)
  }

  /// An identity for `names` that no authority signed but its own key: what nobody should trust.
  package func selfSigned(for names: [String], at now: Instant) throws(CertificateError) -> TLSIdentity {
    do {
      let what = names.joined(separator: " ")
      let own = try keys.key(for: what)
      return try Self.leaf(names, own, keys.serial(for: what), from: now, until: Date(now + ordinaryLifetime), by: own, named: nil)
    } catch { throw .notMade("\(error)") }
  }

  /// An identity for `names` (DNS names, wildcards or addresses), holding for `lifetime`, with the key of `keyPEM` or a new one. It says that the
  /// list of what was revoked is at `revocationList`, an address on the web.
  public func issue(
    for names: [String], at now: Instant, lifetime: Duration? = nil, keyPEM: String? = nil, revocationList: String? = nil
  ) throws(CertificateError) -> TLSIdentity {
    guard !names.isEmpty else { throw .notMade("no name was given") }
    do {
      let what = names.joined(separator: " ")
      let leafKey = try keyPEM.map { try Self.privateKey($0) } ?? keys.key(for: what)
      let end = min(Date(now + (lifetime ?? ordinaryLifetime)), certificate.notValidAfter)
      return try Self.leaf(names, leafKey, keys.serial(for: what), from: now, until: end, by: key, named: certificate.subject, revocationList)
    } catch {
      throw .notMade("\(error)")
    }
  }

  /// A server's certificate with its key, signed with the key of `issuer`, whose name is `name`; nil: it signs itself.
  private static func leaf(
    _ names: [String], _ key: Certificate.PrivateKey, _ serial: Certificate.SerialNumber, from start: Instant, until end: Date,
    by issuer: Certificate.PrivateKey, named name: DistinguishedName?, _ revocationList: String? = nil
  ) throws -> TLSIdentity {
    let first = names.first ?? ""
    let publicKey = key.publicKey
    // RFC 5280 appendix A: a common name has at most 64 characters; what counts is the alternative name.
    let subject = try DistinguishedName { CommonName(first.count <= 64 ? first : "Netstead server") }
    let leaf = try Certificate(
      version: .v3, serialNumber: serial, publicKey: publicKey,
      notValidBefore: Date(start.advanced(by: .zero - clockSkew)), notValidAfter: end, issuer: name ?? subject, subject: subject,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames(names.map { alternativeName($0) })
        SubjectKeyIdentifier(hash: publicKey)
        AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuer.publicKey).keyIdentifier)
        if let revocationList { try distributionPoint(revocationList) }
      },
      issuerPrivateKey: issuer)
    return TLSIdentity(chain: try leaf.serializeAsPEM().pemString + "\n", key: try key.serializeAsPEM().pemString + "\n", names: names)
  }

  private static func privateKey(_ pem: String) throws -> Certificate.PrivateKey { Certificate.PrivateKey(try P256.Signing.PrivateKey(pemRepresentation: pem)) }

  private static func alternativeName(_ name: String) -> GeneralName {
    // RFC 5280 §4.2.1.6: an address goes in as its bytes, a name without a dot at its end.
    if let address = Address(name) { return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...])) }
    return .dnsName(name.hasSuffix(".") ? String(name.dropLast()) : name)
  }
}

extension TLSIdentity {
  /// The SHA-256 of the public key as certificates hold it, for a TLSA record 3 1 1 (RFC 6698 §2.1). Nil: the key is of another kind.
  public var publicKeyHash: [UInt8]? {
    (try? P256.Signing.PrivateKey(pemRepresentation: key)).map { Array(SHA256.hash(data: $0.publicKey.derRepresentation)) }
  }
}

extension Date {
  /// Whole seconds: certificates know no fractions.
  fileprivate init(_ instant: Instant) { self.init(timeIntervalSince1970: Double(instant.secondsSince1970)) }
}
