// An IMAP server: listens, and runs one conversation per connection, whose questions a desk of its own answers from the mail store.
// Read next: IMAPDesk.swift.
package import IMAP
package import Transport
package import World

/// What every connection of one IMAP server shares.
package final class IMAPService: Sendable {
  let store: MailStore
  let gate: LoginGate
  let start: @Sendable (@escaping @Sendable () async -> Void) -> Void
  private let options: ServerConversation.Options
  private let limits: IMAP.Limits
  private let trace: TraceContext?

  private init(
    store: MailStore, gate: LoginGate, options: ServerConversation.Options, limits: IMAP.Limits, trace: TraceContext?,
    start: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void
  ) {
    self.store = store
    self.gate = gate
    self.options = options
    self.limits = limits
    self.trace = trace
    self.start = start
  }

  /// Serves the mailboxes of `store` at `endpoint` until the listener is closed. With `tls` inside TLS from the first byte (port 993), with
  /// `startTLS` when the client asks for it (port 143). Without either, passwords are taken from loopback addresses only,
  /// or from everywhere with `mayLogInInTheClear`.
  package static func start(
    network: any Network, endpoint: Endpoint, store: MailStore, gate: LoginGate, hostName: String, tls: TLSServerOptions? = nil,
    startTLS: TLSServerOptions? = nil, trace: TraceContext? = nil, limits: IMAP.Limits = IMAP.Limits(), listening: ListenLimits = ListenLimits(),
    boundSocket: Int32? = nil, mayLogInInTheClear: Bool = false
  ) async throws(NetworkError) -> any Listener {
    let options = ServerConversation.Options(
      isSecure: tls != nil, offersTLS: startTLS != nil, allowsClearPasswords: mayLogInInTheClear, hostName: hostName)
    let service = IMAPService(store: store, gate: gate, options: options, limits: limits, trace: trace, start: { network.start($0) })
    return try await network.listen(at: endpoint, options: ListenOptions(tls: tls, startTLS: startTLS, limits: listening, boundSocket: boundSocket)) { remote, _ in
      service.makeEnd(for: remote)
    }
  }

  /// The end of a new connection.
  private func makeEnd(for remote: Endpoint) -> any StreamEnd {
    let desk = IMAPDesk(self, remote: remote.address)
    var options = options
    if remote.address.isLoopback { options.allowsClearPasswords = true }
    return ConversationDriver(ServerConversation(options, limits: limits), trace: trace) { question, answers in desk.take(question, answers) }
  }
}
