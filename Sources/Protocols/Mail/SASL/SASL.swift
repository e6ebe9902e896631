// Who somebody is, said inside a protocol of mail: the exchanges PLAIN and LOGIN, whose lines SMTP, POP3 and IMAP wrap in their own.
// Here: the words both ends use. Not here: whether the credentials are right (the owner), TLS, which each protocol wants first.
// Read next: SASLServer.swift, SASLClient.swift.
public import World

/// Simple authentication: one machine for each end.
// RFC 4422 §3
public enum SASL {
  /// A way to say who one is.
  public struct Mechanism: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// In capitals.
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// The mechanism called `name`, however it is spelled; nil: none of ours.
    // RFC 4422 §3.1: names are capitals, digits, hyphens and underscores; protocols take them in both cases.
    public init?(named name: some StringProtocol) {
      guard let known = Self.all.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8.lazy.map(asciiUppercase)) }) else { return nil }
      self = known
    }

    /// User and password in one line.
    public static let plain = Mechanism(rawValue: "PLAIN")
    /// User and password, asked for one after the other: never a standard, spoken by everybody.
    public static let login = Mechanism(rawValue: "LOGIN")
    /// Those we speak, the better first.
    public static let all = [plain, login]

    public var description: String { rawValue }
  }

  /// Who somebody says they are, and what is to prove it.
  public struct Credentials: Sendable, Hashable {
    /// As whom they want to act; empty: as themselves.
    // RFC 4616 §2: whether `user` may act as somebody else is the owner's to say.
    public var actingAs: String
    public var user: String
    public var password: String

    public init(actingAs: String = "", user: String, password: String) {
      self.actingAs = actingAs
      self.user = user
      self.password = password
    }

    /// Whether somebody asks to act as somebody else.
    public var wantsAnotherIdentity: Bool { !actingAs.isEmpty && actingAs != user }
  }

  /// Why an exchange came to nothing. Each protocol has its own words for these.
  public enum Failure: Error, Sendable, Hashable {
    /// The client took it back with `*`.
    case cancelled
    /// A line longer than the limit.
    case tooLong(LimitReached)
    /// The line is no base64, or what it says is not in the mechanism's grammar.
    case malformed(SyntaxError)
  }

  /// What an exchange may cost.
  public struct Limits: Sendable, Hashable {
    /// Longest line of the client, without its end. Unit: bytes. RFC 4954 §4 asks for 12,288. Past it: the exchange fails as too long.
    public var responseBytesMax = 12_288
    /// Longest user name or identity. Unit: bytes. RFC 4616 §2 asks for 255. Past it: the exchange fails as malformed.
    public var nameBytesMax = 1_024
    /// Longest password. Unit: bytes. RFC 4616 §2 asks for 255. Past it: the exchange fails as malformed.
    public var passwordBytesMax = 4_096

    public init() {}
  }
}

/// A lower-case letter in upper case, every other byte as it is.
func asciiUppercase(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte & 0xDF : byte }

