// A POP3 server: listens, and runs one conversation per connection, whose questions a desk of its own answers from the mail store.
// Read next: POP3Desk.swift.
package import POP3
package import Transport
package import World

/// What every connection of one POP3 server shares.
package final class POP3Service: Sendable {
  let store: MailStore
  let gate: LoginGate
  let start: @Sendable (@escaping @Sendable () async -> Void) -> Void
  private let options: ServerOptions
  private let limits: POP3.Limits
  private let trace: TraceContext?

  private init(
    store: MailStore, gate: LoginGate, options: ServerOptions, limits: POP3.Limits, trace: TraceContext?,
    start: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void
  ) {
    self.store = store
    self.gate = gate
    self.options = options
    self.limits = limits
    self.trace = trace
    self.start = start
  }

  /// Serves the INBOXes of `store` at `endpoint` until the listener is closed. With `tls` inside TLS from the first byte (port 995), with
  /// `startTLS` when the client asks for it (port 110). Without either, passwords are taken from loopback addresses only,
  /// or from everywhere with `mayLogInInTheClear`.
  package static func start(
    network: any Network, endpoint: Endpoint, store: MailStore, gate: LoginGate, hostName: String, tls: TLSServerOptions? = nil,
    startTLS: TLSServerOptions? = nil, trace: TraceContext? = nil, limits: POP3.Limits = POP3.Limits(), listening: ListenLimits = ListenLimits(),
    boundSocket: Int32? = nil, mayLogInInTheClear: Bool = false
  ) async throws(NetworkError) -> any Listener {
    var options = ServerOptions(name: hostName, tls: tls != nil ? .fromTheStart : startTLS != nil ? .offered : .absent)
    if mayLogInInTheClear { options.login = .always }
    let service = POP3Service(store: store, gate: gate, options: options, limits: limits, trace: trace, start: { network.start($0) })
    return try await network.listen(at: endpoint, options: ListenOptions(tls: tls, startTLS: startTLS, limits: listening, boundSocket: boundSocket)) { remote, _ in
      service.makeEnd(for: remote)
    }
  }

  /// The end of a new connection.
  private func makeEnd(for remote: Endpoint) -> any StreamEnd {
    let desk = POP3Desk(self, remote: remote.address)
    var options = options
    if remote.address.isLoopback { options.login = .always }
    return ConversationDriver(ServerConversation(options, limits: limits), trace: trace) { question, answers in
      desk.take(question, answers)
      return nil
    }
  }
}
