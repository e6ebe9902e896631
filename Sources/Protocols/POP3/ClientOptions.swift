// How a client presents itself and what it insists on. Not here: bounds (Limits.swift).
public import Mail

/// One client.
public struct ClientOptions: Sendable, Hashable {
  /// What is wanted of TLS. Whether a certificate is good is the transport's to judge.
  public enum TLS: Sendable, Hashable {
    case never
    /// When it is offered.
    case opportunistic
    /// Or nothing is said.
    case required
    /// Before the first byte: port 995.
    case fromTheStart
  }

  /// Where a password may be said.
  public enum LogsIn: Sendable, Hashable {
    case onlyInsideTLS
    case always
  }

  public var credentials: SASL.Credentials
  public var tls: TLS
  public var logsIn = LogsIn.onlyInsideTLS

  public init(_ credentials: SASL.Credentials, tls: TLS = .required) {
    self.credentials = credentials
    self.tls = tls
  }
}
