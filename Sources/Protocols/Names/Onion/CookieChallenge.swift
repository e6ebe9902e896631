// Logging in at tor's control port without showing its cookie (SAFECOOKIE): each side proves that it knows it.
// Not here: reading the cookie, and when to ask for this (Host/OnionLogin).
import Bytes
import Crypto

/// Two proofs that the cookie is known, one of each side, for two numbers that were never used before.
// Tor control-spec AUTHCHALLENGE
package struct CookieChallenge: Sendable {
  private let cookie: [UInt8]
  private let nonce: [UInt8]

  /// Why what tor replied proves nothing.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// It is not what a challenge is replied to with.
    case malformed(String)
    case wrongProof

    package var description: String {
      switch self {
      case .malformed(let reply): "expected tor's proof that it knows its cookie, found \(reply)"
      case .wrongProof: "what takes orders there does not know tor's cookie"
      }
    }
  }

  /// The length of each side's number. Unit: bytes.
  private static let nonceBytes = 32
  private static let serverKey = SymmetricKey(data: Array("Tor safe cookie authentication server-to-controller hash".utf8))
  private static let clientKey = SymmetricKey(data: Array("Tor safe cookie authentication controller-to-server hash".utf8))

  package init(cookie: [UInt8], using random: inout some RandomNumberGenerator) {
    self.cookie = cookie
    nonce = (0..<Self.nonceBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// The line that asks tor for its proof.
  package var question: String { "AUTHCHALLENGE SAFECOOKIE " + Hexadecimal.text(nonce) }

  /// The line with our proof. Throws when `reply` has none: then nothing is to be said.
  package func answer(to reply: String) throws(Failure) -> String {
    guard let match = reply.firstMatch(of: #/^250 AUTHCHALLENGE SERVERHASH=([0-9A-Fa-f]+) SERVERNONCE=([0-9A-Fa-f]+)$/#),
      let hash = Hexadecimal.bytes(match.output.1.utf8), let theirs = Hexadecimal.bytes(match.output.2.utf8), theirs.count == Self.nonceBytes
    else { throw .malformed(reply) }
    let told = cookie + nonce + theirs
    guard HMAC<SHA256>.isValidAuthenticationCode(hash, authenticating: told, using: Self.serverKey) else { throw .wrongProof }
    return "AUTHENTICATE " + Hexadecimal.text(Array(HMAC<SHA256>.authenticationCode(for: told, using: Self.clientKey)))
  }
}
