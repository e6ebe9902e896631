// The listeners for SMTP: port 25 for other servers, 587 and 465 for users.
// Not here: what is decided (Reception). Read next: SMTP/ServerConversation.swift, Reception/Reception.swift.
package import Mail
package import SMTP
package import Transport
package import World

/// SMTP on the network.
package enum MailExchange {
  /// Receives mail at `endpoint` until the listener is closed. `tls` without certificates is none.
  package static func start(
    _ post: PostOffice, _ role: Role, isEncrypted: Bool = false, tls: TLSServerOptions?, postmaster: MailAddress, at endpoint: Endpoint,
    limits: SMTP.Limits = SMTP.Limits(), listening: ListenLimits = ListenLimits(), mayLogInInTheClear: Bool = false
  ) async throws(NetworkError) -> any Listener {
    var options = ServerOptions(role, name: post.name.description, postmaster: postmaster, tls: tls == nil ? .absent : isEncrypted ? .fromTheStart : .offered)
    if role == .submission, mayLogInInTheClear { options.authentication = .always }
    let listen = ListenOptions(tls: isEncrypted ? tls : nil, startTLS: isEncrypted ? nil : tls, limits: listening)
    let speech = options
    return try await post.network.listen(at: endpoint, options: listen) { remote, _ in
      let mayCome = post.clients.connect(remote.address, at: post.network.clock.now)
      let reception = Reception(post, client: remote, isCounted: mayCome)
      let conversation = ServerConversation(speech, limits: limits, refusing: mayCome ? nil : .tooManyConnections)
      return ConversationDriver(conversation, trace: post.trace) { question, answers in reception.answer(question, answers) }
    }
  }
}
