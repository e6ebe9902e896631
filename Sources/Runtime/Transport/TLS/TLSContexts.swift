// NIOSSL's contexts made of our options, one for each distinct value: session tickets live in them, and making one is dear.
// Not here: certificates' making (Certificates/), the recording of ciphertext (CiphertextTap.swift).
import NIOCore
import NIOSSL
import NIOTLS
import Synchronization
import Trace
import World

/// All TLS contexts of one network.
final class TLSContexts: Sendable {
  private struct ServerKey: Hashable {
    var identities: [TLSIdentity]
    var protocols: [String]
    var versions: ClosedRange<TLSVersion>
    var keyLog: ObjectIdentifier?
  }

  private struct ClientKey: Hashable {
    var authorities: String
    var acceptsAnything: Bool
    var protocols: [String]
    var keyLog: ObjectIdentifier?
  }

  private struct Made {
    var servers: [ServerKey: NIOSSLContext] = [:]
    var clients: [ClientKey: NIOSSLContext] = [:]
  }

  /// Most contexts kept of each kind. Past it: all are forgotten, and made anew when asked for.
  private static let contextsMax = 256
  private let made = Mutex(Made())

  /// The context of a server.
  func server(_ options: TLSServerOptions) throws -> NIOSSLContext {
    let key = ServerKey(identities: options.identities, protocols: options.protocols, versions: options.versions, keyLog: options.keyLog.map { ObjectIdentifier($0) })
    if let known = made.withLock({ $0.servers[key] }) { return known }
    let identities = try options.identities.map { try ParsedIdentity($0) }
    guard let first = identities.first else { throw NetworkError.other(.unknown, "no certificate given for TLS") }
    var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: first.chain, privateKey: first.key)
    configuration.minimumTLSVersion = Self.version(options.versions.lowerBound)
    configuration.maximumTLSVersion = Self.version(options.versions.upperBound)
    configuration.applicationProtocols = options.protocols
    configuration.shutdownTimeout = .seconds(1)
    configuration.keyLogCallback = Self.keyLogger(options.keyLog)
    if identities.count > 1 {
      configuration.sslContextCallback = { hello, promise in
        // RFC 6066 §3: the name the client wants to reach; unknown or none gets the first identity.
        let chosen = hello.serverHostname.flatMap { name in identities.first { $0.isFor(name) } }
        var change = NIOSSLContextConfigurationOverride.noChanges
        if let chosen {
          change.certificateChain = chosen.chain
          change.privateKey = chosen.key
        }
        promise.succeed(change)
      }
    }
    let context = try NIOSSLContext(configuration: configuration)
    made.withLock {
      if $0.servers.count >= Self.contextsMax { $0.servers = [:] }
      $0.servers[key] = context
    }
    return context
  }

  /// The context of a client.
  func client(_ options: TLSClientOptions) throws -> NIOSSLContext {
    let key = ClientKey(
      authorities: options.authorities, acceptsAnything: options.acceptsAnything, protocols: options.protocols,
      keyLog: options.keyLog.map { ObjectIdentifier($0) })
    if let known = made.withLock({ $0.clients[key] }) { return known }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = options.protocols
    configuration.shutdownTimeout = .seconds(1)
    configuration.keyLogCallback = Self.keyLogger(options.keyLog)
    if options.acceptsAnything {
      configuration.certificateVerification = .none
    } else if !options.authorities.isEmpty {
      configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(options.authorities.utf8)))
    }
    let context = try NIOSSLContext(configuration: configuration)
    made.withLock {
      if $0.clients.count >= Self.contextsMax { $0.clients = [:] }
      $0.clients[key] = context
    }
    return context
  }

  private static func version(_ version: TLSVersion) -> NIOSSL.TLSVersion {
    switch version {
    case .v1_0: .tlsv1
    case .v1_1: .tlsv11
    case .v1_2: .tlsv12
    case .v1_3: .tlsv13
    }
  }

  private static func keyLogger(_ recorder: (any Recorder)?) -> NIOSSLKeyLogCallback? {
    guard let recorder else { return nil }
    return { line in
      guard recorder.isOn else { return }
      let text = String(buffer: line)
      recorder.keep(tlsSecret: text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
  }
}

/// A server's identity as NIOSSL wants it.
private struct ParsedIdentity: Sendable {
  var chain: [NIOSSLCertificateSource]
  var key: NIOSSLPrivateKeySource
  private var names: [String]

  init(_ identity: TLSIdentity) throws {
    chain = try NIOSSLCertificate.fromPEMBytes(Array(identity.chain.utf8)).map { .certificate($0) }
    key = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
    names = identity.names.map { $0.lowercased() }
  }

  func isFor(_ name: String) -> Bool {
    let name = name.lowercased()
    if names.contains(name) { return true }
    // RFC 9525 §6.3: a wildcard stands for exactly one leftmost label.
    guard let dot = name.firstIndex(of: ".") else { return false }
    return names.contains("*" + name[dot...])
  }
}

/// Puts TLS, and the tap for its ciphertext, between the socket and `carrier`.
func installTLS(server context: NIOSSLContext, under carrier: SocketCarrier, in channel: any Channel) throws {
  let pipeline = channel.pipeline.syncOperations
  try pipeline.addHandlers([CiphertextTap(carrier), NIOSSLServerHandler(context: context), carrier])
}

/// The same for the calling side. An address as the server's name is not sent; the certificate is
/// then checked against the connection's address, which `dial` has made sure is the same.
func installTLS(client context: NIOSSLContext, to serverName: String, under carrier: SocketCarrier, in channel: any Channel) throws {
  let pipeline = channel.pipeline.syncOperations
  try pipeline.addHandlers([CiphertextTap(carrier), try clientHandler(context, to: serverName), carrier])
}

/// Begins TLS on a connection whose `carrier` stands in the channel already.
func startTLS(server context: NIOSSLContext, under carrier: SocketCarrier, in channel: any Channel) throws {
  try begin(NIOSSLServerHandler(context: context), under: carrier, in: channel)
}

/// The same for the calling side.
func startTLS(client context: NIOSSLContext, to serverName: String, under carrier: SocketCarrier, in channel: any Channel) throws {
  try begin(clientHandler(context, to: serverName), under: carrier, in: channel)
}

private func begin(_ tls: some ChannelHandler, under carrier: SocketCarrier, in channel: any Channel) throws {
  let pipeline = channel.pipeline.syncOperations
  if carrier.wantsWire { try pipeline.addHandler(CiphertextTap(carrier), position: .before(carrier)) }
  try pipeline.addHandler(tls, position: .before(carrier))
}

private func clientHandler(_ context: NIOSSLContext, to serverName: String) throws -> NIOSSLClientHandler {
  let name: String? = serverName.isEmpty || Address(serverName) != nil ? nil : serverName
  return try NIOSSLClientHandler(context: context, serverHostname: name)
}

/// The end of a handshake and what it agreed on; nil for any other event.
func tlsHandshakeDone(_ event: Any) -> (negotiatedProtocol: String?, ())? {
  guard case TLSUserEvent.handshakeCompleted(let name) = event else { return nil }
  return (name.flatMap { $0.isEmpty ? nil : $0 }, ())
}

/// Whether `error` says that the peer ended TLS without saying so.
func isUncleanTLSEnd(_ error: any Error) -> Bool {
  if case NIOSSLError.uncleanShutdown = error { true } else { false }
}

/// Why TLS failed, in a sentence; nil when `error` is not TLS's.
func tlsFailure(_ error: any Error) -> String? {
  switch error {
  case let error as NIOSSLExtraError where error == .failedToValidateHostname: "the certificate is for another name"
  case let error as NIOSSLExtraError: "\(error)"
  case NIOSSLError.handshakeFailed(let inner): handshakeFailure("\(inner)")
  case let error as NIOSSLError: "\(error)"
  case let error as BoringSSLError: handshakeFailure("\(error)")
  default: nil
  }
}

/// BoringSSL's own words, with the commonest one explained.
private func handshakeFailure(_ text: String) -> String {
  text.contains("CERTIFICATE_VERIFY_FAILED") ? "no authority trusted here signed the certificate, or it is not valid now (\(text))" : text
}
