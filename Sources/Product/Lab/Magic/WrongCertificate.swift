// Certificates with which something is wrong on purpose.
// Not here: who shows them (FailNames.swift, Running/RaisedWorld.swift).
package import Transport
package import World

/// What is wrong with a certificate.
package enum WrongCertificate: String, Sendable, Hashable, CaseIterable {
  /// It held for a day, a month ago.
  case expired
  case wrongName = "wrong-name"
  case selfSigned = "self-signed"
  /// Signed by an authority that nobody was told of.
  case unknownRoot = "unknown-root"

  /// Such an identity, to be shown to whoever asks for `name`.
  package func identity(for name: String, by authority: CertificateAuthority, at now: Instant) throws(CertificateError) -> TLSIdentity {
    let day = Duration.seconds(86_400)
    switch self {
    case .expired: return try authority.issue(for: [name], at: now.advanced(by: .zero - day * 30), lifetime: day)
    case .wrongName:
      let parent = name.drop { $0 != "." }
      let other = try authority.issue(for: ["another-name\(parent)"], at: now)
      return TLSIdentity(chain: other.chain, key: other.key, names: [name])
    case .selfSigned: return try authority.selfSigned(for: [name], at: now)
    case .unknownRoot: return try authority.stranger(named: "An authority nobody knows", at: now).issue(for: [name], at: now)
    }
  }
}
