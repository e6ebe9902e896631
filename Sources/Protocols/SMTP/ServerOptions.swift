// What a listener offers. Not here: bounds (Limits.swift).
public import Mail

/// How one listener speaks.
public struct ServerOptions: Sendable, Hashable {
  /// Where TLS comes in.
  public enum TLS: Sendable, Hashable {
    case absent
    /// By STARTTLS.
    case offered
    /// Before the first byte: port 465.
    case fromTheStart
  }

  /// Whether users log in here.
  public enum Authentication: Sendable, Hashable {
    case never
    case onlyInsideTLS
    /// Also in the clear: for networks nobody else can hear.
    case always
  }

  /// What becomes of a client that goes on talking where it must wait, without having logged in.
  public enum EarlyBytes: Sendable, Hashable {
    case refused
    case taken
  }

  public var role: Role
  /// Our name, as in the greeting.
  public var name: String
  /// Where mail for `<Postmaster>` goes.
  public var postmaster: MailAddress
  public var tls: TLS
  public var authentication: Authentication
  public var earlyBytes = EarlyBytes.refused

  /// A listener called `name`. On submission users log in inside TLS; on relay nobody does.
  public init(_ role: Role, name: String, postmaster: MailAddress, tls: TLS = .offered) {
    self.role = role
    self.name = name
    self.postmaster = postmaster
    self.tls = tls
    authentication = role == .submission ? .onlyInsideTLS : .never
  }
}
