// An FTP client: a session as calls, one after the other. Listings, files both ways, resumed, in passive and in active mode.
// Not here: the control connection's machine (FTP/ClientConversation), data connections (ClientTransfer.swift), files on disk (the tool's).
package import Bytes
package import FTP
import Synchronization
import Trace
package import Transport
package import World

/// Why something did not work out.
package enum FileClientFailure: Error, CustomStringConvertible {
  case network(NetworkError)
  case session(ClientConversation.Failure)
  /// The server said no.
  case refused(Verb, Reply)
  /// The server let nobody in.
  case login(Reply)
  /// The data connection broke, or the control connection said so.
  case broken(String)
  /// Fewer or more bytes came than the server had announced.
  case wrongLength(came: Int64, announced: Int64)
  /// What was to be done with the content failed on this side.
  case local(String)

  package var description: String {
    switch self {
    case .network(let error): "\(error)"
    case .session(let failure): "\(failure)"
    case .refused(let verb, let reply): "\(verb.rawValue): \(reply.code) \(reply.text)"
    case .login(let reply): "login: \(reply.code) \(reply.text)"
    case .broken(let why): why
    case .wrongLength(let came, let announced): "\(came) bytes came where \(announced) were announced"
    case .local(let why): why
    }
  }
}

/// One session with a server.
package final class FileClient: Sendable {
  /// How the data connections come to be.
  package enum Mode: Sendable, Hashable { case passive, active }

  /// How a session is begun.
  package struct Options: Sendable {
    package var mode = Mode.passive
    /// Ask by EPSV and EPRT where that is possible, by PASV and PORT otherwise.
    package var usesExtended = true
    /// TLS around the control connection and the data connections; nil: in the clear.
    package var tls: TLSClientOptions?
    package var connectTimeout = Duration.seconds(10)
    package var limits = FTP.Limits()
    package var trace: TraceContext?

    package init() {}
  }

  struct State {
    var nextTicket = Ticket(number: 1)
    var replies: [Ticket: Mailbox<Result<Reply, ClientConversation.Failure>>] = [:]
    var features: Set<String> = []
    var type: ContentType?
    /// Whether EPSV and EPRT are worth trying.
    var isExtended = true
  }

  let state = Mutex(State())
  let network: any Network
  package let options: Options
  private let answers: Answers<ClientConversation.Input>
  private let ends: ControlEnds

  private init(_ network: any Network, _ options: Options, _ answers: Answers<ClientConversation.Input>, _ ends: ControlEnds) {
    self.network = network
    self.options = options
    state.withLock { $0.isExtended = options.usesExtended }
    self.answers = answers
    self.ends = ends
  }

  /// Calls the server at `endpoint`; with `options.tls` the session is inside TLS when this returns.
  package static func connect(to endpoint: Endpoint, over network: any Network, _ options: Options = Options()) async throws(FileClientFailure) -> FileClient {
    let ends = ControlEnds()
    let greeting = Ticket(number: 0)
    let box = Mutex<FileClient?>(nil)
    // The driver is made here and only ever touched on the connection's loop.
    nonisolated(unsafe) let driver = ConversationDriver(
      ClientConversation(greeting: greeting, limits: options.limits), trace: options.trace
    ) { question, _ in
      box.withLock { $0 }?.note(question)
      return nil
    }
    let client = FileClient(network, options, driver.answers, ends)
    client.state.withLock { $0.replies[greeting] = Mailbox() }
    box.withLock { $0 = client }
    do throws(NetworkError) {
      var tls = options.tls
      if tls?.keyLog == nil { tls?.keyLog = options.trace?.recorder }
      try await network.dial(endpoint, options: DialOptions(timeout: options.connectTimeout, startTLS: tls)) { ClientControlConnection(driver, ends) }
    } catch {
      box.withLock { $0 = nil }
      throw .network(error)
    }
    let hello = try await client.reply(to: greeting)
    guard hello.kind == .completed else { throw .refused(Verb(rawValue: "greeting"), hello) }
    if options.tls != nil { try await client.secure() }
    return client
  }

  private func secure() async throws(FileClientFailure) {
    try await require(Command(.auth, "TLS"))
    let ticket = take()
    answers.give(.secure(ticket))
    _ = try await reply(to: ticket)
    // RFC 4217 §8, §9
    try await require(Command(.pbsz, "0"))
    try await require(Command(.prot, "P"))
  }

  /// Logs in, asks what the server can do, and asks for names in UTF-8.
  package func logIn(user: String = "anonymous", password: String = "guest@") async throws(FileClientFailure) {
    var reply = try await perform(Command(.user, Buffer(user)))
    if reply.kind == .intermediate { reply = try await perform(Command(.pass, Buffer(password))) }
    guard reply.kind == .completed else { throw .login(reply) }
    let features = try await perform(Command(.feat))
    guard features.kind == .completed else { return }
    let names = Set(features.lines.dropFirst().dropLast().compactMap { $0.text.split(separator: " ").first?.uppercased() })
    state.withLock { $0.features = names }
    // RFC 2640 §3.2: some servers want to be asked.
    if names.contains("UTF8") { _ = try await perform(Command(.opts, "UTF8 ON")) }
  }

  /// Whether the server said that it has this.
  package func has(_ feature: String) -> Bool { state.withLock { $0.features.contains(feature) } }

  /// The endpoints of the control connection.
  package var local: Endpoint { ends.both.withLock { $0?.local } ?? Endpoint(.any, 0) }
  package var remote: Endpoint { ends.both.withLock { $0?.remote } ?? Endpoint(.any, 0) }

  // MARK: Commands

  /// Says a command and returns its last reply, whatever it is.
  @discardableResult
  package func perform(_ command: Command) async throws(FileClientFailure) -> Reply {
    let ticket = send(command)
    while true {
      let reply = try await reply(to: ticket)
      if reply.kind != .preliminary { return reply }
    }
  }

  /// The same where only success will do.
  @discardableResult
  package func require(_ command: Command) async throws(FileClientFailure) -> Reply {
    let reply = try await perform(command)
    guard reply.kind == .completed || reply.kind == .intermediate else { throw .refused(command.verb, reply) }
    return reply
  }

  package func enterFolder(_ path: Buffer) async throws(FileClientFailure) { try await require(Command(.cwd, path)) }
  package func makeFolder(_ path: Buffer) async throws(FileClientFailure) { try await require(Command(.mkd, path)) }
  package func removeFile(_ path: Buffer) async throws(FileClientFailure) { try await require(Command(.dele, path)) }

  package func rename(_ path: Buffer, to target: Buffer) async throws(FileClientFailure) {
    try await require(Command(.rnfr, path))
    try await require(Command(.rnto, target))
  }

  /// How many bytes the file has; nil: the server does not say.
  package func size(of path: Buffer) async throws(FileClientFailure) -> Int64? {
    try await setType(.image)
    let reply = try await perform(Command(.size, path))
    return reply.code == 213 ? Int64(reply.text.prefix { $0 != " " }) : nil
  }

  /// When the file was last changed; nil: the server does not say.
  package func modified(_ path: Buffer) async throws(FileClientFailure) -> Instant? {
    let reply = try await perform(Command(.mdtm, path))
    return reply.code == 213 ? TimeValue.instant(Buffer(reply.text)) : nil
  }

  func setType(_ type: ContentType) async throws(FileClientFailure) {
    if state.withLock({ $0.type == type }) { return }
    try await require(Command(.type, type == .image ? "I" : "A"))
    state.withLock { $0.type = type }
  }

  /// Says goodbye.
  package func quit() async {
    _ = try? await perform(Command(.quit))
    answers.give(.close)
  }

  /// Leaves without a word.
  package func leave() { answers.give(.close) }

  // MARK: Replies

  private func take() -> Ticket {
    state.withLock { state in
      let ticket = state.nextTicket.taken()
      state.replies[ticket] = Mailbox()
      return ticket
    }
  }

  func send(_ command: Command) -> Ticket {
    let ticket = take()
    answers.give(.perform(ticket, command))
    return ticket
  }

  /// Says ABOR although a reply is awaited.
  func interrupt() -> Ticket {
    let ticket = take()
    answers.give(.interrupt(ticket, Command(.abor)))
    return ticket
  }

  /// The next reply to a command.
  func reply(to ticket: Ticket) async throws(FileClientFailure) -> Reply {
    guard let mailbox = state.withLock({ $0.replies[ticket] }) else { throw .session(.closedEarly) }
    switch await mailbox.next() {
    case .success(let reply):
      if reply.kind != .preliminary { state.withLock { $0.replies[ticket] = nil } }
      return reply
    case .failure(let failure):
      state.withLock { $0.replies[ticket] = nil }
      throw .session(failure)
    }
  }

  private func note(_ question: ClientConversation.Question) {
    switch question {
    case .replied(let ticket, let reply): state.withLock { $0.replies[ticket] }?.put(.success(reply))
    case .secured(let ticket): state.withLock { $0.replies[ticket] }?.put(.success(Reply(200, "TLS")))
    case .failed(let ticket, let failure): state.withLock { $0.replies[ticket] }?.put(.failure(failure))
    case .ended: break
    }
  }

  /// What a data connection is recorded as: because of this session.
  var dataTrace: TraceContext? { options.trace?.because(of: answers.conversation) }
}

/// Things on their way to one who waits for them.
final class Mailbox<Item: Sendable>: Sendable {
  private let state = Mutex<(items: [Item], waiter: CheckedContinuation<Item, Never>?)>(([], nil))

  func put(_ item: Item) {
    let waiter = state.withLock { state -> CheckedContinuation<Item, Never>? in
      if let waiter = state.waiter {
        state.waiter = nil
        return waiter
      }
      state.items.append(item)
      return nil
    }
    waiter?.resume(returning: item)
  }

  /// The next one, once it is there. One at a time may wait.
  func next() async -> Item {
    await withCheckedContinuation { continuation in
      let item = state.withLock { state -> Item? in
        if !state.items.isEmpty { return state.items.removeFirst() }
        state.waiter = continuation
        return nil
      }
      if let item { continuation.resume(returning: item) }
    }
  }
}

/// Where a control connection leads, once it is there.
final class ControlEnds: Sendable {
  let both = Mutex<(local: Endpoint, remote: Endpoint)?>(nil)
}

/// The end of a client's control connection, which notes its endpoints.
private final class ClientControlConnection: DrivenEnd {
  let driver: ConversationDriver<ClientConversation>
  private let ends: ControlEnds

  init(_ driver: ConversationDriver<ClientConversation>, _ ends: ControlEnds) {
    self.driver = driver
    self.ends = ends
  }

  func opened(on carrier: any Carrier) {
    ends.both.withLock { $0 = (carrier.local, carrier.remote) }
    driver.opened(on: carrier)
  }
}
