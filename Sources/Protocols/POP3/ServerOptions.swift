// What a listener offers. Not here: bounds (Limits.swift).

/// How one listener speaks.
public struct ServerOptions: Sendable, Hashable {
  /// Where TLS comes in.
  public enum TLS: Sendable, Hashable {
    case absent
    /// By STLS.
    case offered
    /// Before the first byte: port 995.
    case fromTheStart
  }

  /// Where users may log in.
  public enum Login: Sendable, Hashable {
    case onlyInsideTLS
    /// Also in the clear: for networks nobody else can hear.
    case always
  }

  /// Our name, as in the greeting.
  public var name: String
  public var tls: TLS
  public var login = Login.onlyInsideTLS

  public init(name: String, tls: TLS = .offered) {
    self.name = name
    self.tls = tls
  }
}
