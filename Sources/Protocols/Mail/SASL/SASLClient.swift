// The client's half of an authentication: the mechanism's lines, made of credentials.
// Read before: SASL.swift.
public import Bytes

extension SASL {
  /// One exchange, seen from the client.
  public struct Client: Sendable {
    public let mechanism: Mechanism
    /// What is still to be said, in order, in base64.
    private var unsaid: ArraySlice<String>

    /// An exchange by `mechanism`, which is one of ours.
    public init(_ mechanism: Mechanism, _ credentials: Credentials) {
      self.mechanism = mechanism
      // RFC 4616 §2: message = [authzid] UTF8NUL authcid UTF8NUL passwd
      unsaid = mechanism == .login
        ? [Base64.text(credentials.user.utf8), Base64.text(credentials.password.utf8)]
        : [Base64.text("\(credentials.actingAs)\0\(credentials.user)\0\(credentials.password)".utf8)]
    }

    /// The best mechanism of ours among those the server names; nil: none.
    public static func choice(among names: some Sequence<some StringProtocol>) -> Mechanism? {
      let offered = Set(names.compactMap { Mechanism(named: $0) })
      return Mechanism.all.first(where: offered.contains)
    }

    /// What may be said together with the command, without being asked, if it is not longer than this; nil: the server asks for it.
    public mutating func initialResponse(bytesMax: Int = .max) -> String? {
      guard mechanism == .plain, let response = unsaid.first, response.utf8.count <= bytesMax else { return nil }
      return unsaid.popFirst()
    }

    /// The line that answers a challenge, without its end. `*` gives up: the server asks for more than the mechanism has to say.
    public mutating func answer(to challenge: Buffer) -> String { unsaid.popFirst() ?? "*" }
  }
}
