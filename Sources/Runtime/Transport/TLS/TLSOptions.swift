// What a server or client says about TLS. The certificates themselves are made and kept in Certificates/.
// Read next: TLSContexts.swift, which makes NIOSSL's contexts of these values.
import Synchronization
public import Trace

/// A version of TLS, by its number on the wire (RFC 8446 §4.2.1).
public enum TLSVersion: UInt16, Sendable, Hashable, Comparable, CaseIterable {
  case v1_0 = 0x0301
  case v1_1 = 0x0302
  case v1_2 = 0x0303
  case v1_3 = 0x0304

  /// What is spoken unless told otherwise: RFC 8996 §2 forbids the others.
  public static let spoken = v1_2...v1_3

  public static func < (a: TLSVersion, b: TLSVersion) -> Bool { a.rawValue < b.rawValue }
}

/// A certificate chain and its key, as PEM text.
public struct TLSIdentity: Sendable, Hashable {
  /// Leaf first.
  public var chain: String
  public var key: String
  /// The DNS names and addresses the leaf is for.
  public var names: [String]

  public init(chain: String, key: String, names: [String]) {
    self.chain = chain
    self.key = key
    self.names = names
  }
}

/// The identities of a listener, which may be renewed while it listens: connections made from then on see the new ones.
public final class TLSIdentities: Sendable {
  private let shown: Mutex<[TLSIdentity]>

  public init(_ identities: [TLSIdentity]) { shown = Mutex(identities) }

  public var current: [TLSIdentity] { shown.withLock { $0 } }

  public func renew(_ identities: [TLSIdentity]) { shown.withLock { $0 = identities } }
}

/// TLS on a listener.
public struct TLSServerOptions: Sendable {
  /// The identity whose names match the client's SNI is shown; without a match the first.
  public var identities: [TLSIdentity] { renewable.current }
  private let renewable: TLSIdentities
  /// ALPN, most wanted first.
  public var protocols: [String]
  public var versions = TLSVersion.spoken
  /// Where the keys of each connection are kept while it is on, so that an exported capture can be read.
  public var keyLog: (any Recorder)?

  public init(identities: [TLSIdentity], protocols: [String] = [], keyLog: (any Recorder)? = nil) {
    self.init(renewable: TLSIdentities(identities), protocols: protocols, keyLog: keyLog)
  }

  public init(renewable: TLSIdentities, protocols: [String] = [], keyLog: (any Recorder)? = nil) {
    self.renewable = renewable
    self.protocols = protocols
    self.keyLog = keyLog
  }
}

/// TLS on an outgoing connection.
public struct TLSClientOptions: Sendable {
  /// The name the certificate must be for, also sent as SNI.
  public var serverName: String
  /// PEM of the authorities trusted; empty: the system's.
  public var authorities: String
  /// Accept any certificate. For looking at broken servers only.
  public var acceptsAnything: Bool
  public var protocols: [String]
  /// Where the keys of each connection are kept while it is on. `Network.connect` fills it from the trace it is given.
  public var keyLog: (any Recorder)?

  public init(
    serverName: String, authorities: String = "", acceptsAnything: Bool = false, protocols: [String] = [], keyLog: (any Recorder)? = nil
  ) {
    self.serverName = serverName
    self.authorities = authorities
    self.acceptsAnything = acceptsAnything
    self.protocols = protocols
    self.keyLog = keyLog
  }
}
