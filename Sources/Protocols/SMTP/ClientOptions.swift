// How a client presents itself and what it insists on. Not here: bounds (Limits.swift).
public import Mail

/// One client.
public struct ClientOptions: Sendable, Hashable {
  /// What is wanted of TLS. Whether a certificate is good is the transport's to judge.
  public enum TLS: Sendable, Hashable {
    case never
    /// When it is offered.
    // RFC 7435 §3
    case opportunistic
    /// Or nothing is sent.
    case required
    /// Before the first byte: port 465.
    case fromTheStart
  }

  /// Who we are, for EHLO.
  public var name: String
  public var tls: TLS
  /// Who we log in as; nil: we do not.
  public var credentials: SASL.Credentials?
  /// Whether a password may be said in the clear.
  public var logsIn = LogsIn.onlyInsideTLS

  public enum LogsIn: Sendable, Hashable {
    case onlyInsideTLS
    case always
  }

  public init(name: String, tls: TLS = .opportunistic, credentials: SASL.Credentials? = nil) {
    self.name = name
    self.tls = tls
    self.credentials = credentials
  }
}
