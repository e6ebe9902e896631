// What a session's conversation asks, done: logins, operations on files, passive ports, transfers.
// Read before: FTP/ServerConversation. Read next: TransferRun.swift, PassivePorts.swift.
import Bytes
import FTP
import Synchronization
import Trace
import Transport
import World

/// The owner of one session's conversation.
final class Session: Sendable {
  private struct State {
    var account: FileAccount?
    /// The port that waits for the client's next data connection.
    var passive: Passive?
    var transfer: TransferRun?
    var isOver = false
  }

  /// A passive port and where its connection will arrive.
  private struct Passive: Sendable {
    var port: PassivePort
    var slot: DataSlot
  }

  private let state = Mutex(State())
  private let service: FileService
  private let remote: Endpoint
  private let local: Endpoint

  init(_ service: FileService, remote: Endpoint, local: Endpoint) {
    self.service = service
    self.remote = remote
    self.local = local
  }

  /// Answers a question of the conversation, at once or later.
  func take(_ question: ServerConversation.Question, _ answers: Answers<ServerConversation.Input>) -> ServerConversation.Input? {
    switch question {
    case .login(let ticket, let user, let password): return login(ticket, user, password, answers)
    case .logout: state.withLock { $0.account = nil }
    case .operation(let ticket, let operation):
      guard let account = state.withLock({ $0.account }) else { return .answered(ticket, .failed(.denied)) }
      service.disk { [service] in answers.give(.answered(ticket, service.outcome(of: operation, account))) }
    case .openPassive(let ticket, let isProtected): return openPassive(ticket, isProtected: isProtected, answers)
    case .closePassive: release(state.withLock { $0.passive.take() })
    case .transfer(let ticket, let order): return transfer(ticket, order, answers)
    case .abort: state.withLock { $0.transfer }?.abort()
    case .ended: end()
    }
    return nil
  }

  private func login(
    _ ticket: Ticket, _ user: String, _ password: String, _ answers: Answers<ServerConversation.Input>
  ) -> ServerConversation.Input? {
    let now = service.clock.now
    guard service.guesses.admits(remote.address, at: now) else { return .loggedIn(ticket, .busy) }
    if let known = service.accounts.known(user, password, at: now) { return .loggedIn(ticket, note(known)) }
    service.network.start { [self] in answers.give(.loggedIn(ticket, note(await service.accounts.check(user, password, at: now)))) }
    return nil
  }

  private func note(_ outcome: FileAccounts.Outcome) -> LoginVerdict {
    switch outcome {
    case .accepted(let account):
      state.withLock { $0.account = account }
      return .accepted
    case .wrong:
      service.guesses.note(remote.address)
      return .wrong
    case .busy: return .busy
    }
  }

  // MARK: Passive ports

  private func openPassive(
    _ ticket: Ticket, isProtected: Bool, _ answers: Answers<ServerConversation.Input>
  ) -> ServerConversation.Input? {
    release(state.withLock { $0.passive.take() })
    let slot = DataSlot()
    let claim = PassivePort.Claim(peer: remote.address, slot: slot, trace: service.trace?.because(of: answers.conversation))
    if let port = service.ports.takeFree(at: local.address, isProtected: isProtected, for: claim) {
      return .passiveOpened(ticket, keep(Passive(port: port, slot: slot)))
    }
    service.network.start { [self] in
      let port = await service.ports.open(at: local.address, isProtected: isProtected, for: claim)
      answers.give(.passiveOpened(ticket, port.flatMap { keep(Passive(port: $0, slot: slot)) }))
    }
    return nil
  }

  /// Keeps a port for the next transfer, and says where the client is to call; nil: the session is over.
  private func keep(_ passive: Passive) -> Endpoint? {
    let isOver = state.withLock { state in
      if !state.isOver { state.passive = passive }
      return state.isOver
    }
    if isOver { release(passive) }
    return isOver ? nil : passive.port.endpoint.map { Endpoint(service.setting.passiveAddress ?? $0.address, $0.port) }
  }

  private func release(_ passive: Passive?) {
    guard let passive else { return }
    service.ports.giveBack(passive.port)
    passive.slot.close()
  }

  // MARK: Transfers

  private func transfer(
    _ ticket: Ticket, _ order: TransferOrder, _ answers: Answers<ServerConversation.Input>
  ) -> ServerConversation.Input? {
    let (account, passive) = state.withLock { ($0.account, $0.passive.take()) }
    guard let account else {
      release(passive)
      return .transferEnded(ticket, .failed(.denied))
    }
    let slot: DataSlot
    switch order.way {
    case .passive:
      guard let passive else { return .transferEnded(ticket, .notConnected) }
      slot = passive.slot
    case .active(let endpoint):
      release(passive)
      slot = DataSlot()
      call(endpoint, for: slot, because: answers.conversation)
    }
    let run = TransferRun(service, account, ticket, order, slot: slot, answers: answers) { [service] in
      if case .passive = order.way, let passive { service.ports.giveBack(passive.port) }
    }
    state.withLock { $0.transfer = run }
    run.start()
    return nil
  }

  /// Calls the client from the address it knows.
  private func call(_ endpoint: Endpoint, for slot: DataSlot, because cause: ConversationID?) {
    let limits = service.limits.session
    // Whoever calls is the client of that connection.
    var trace = service.trace?.because(of: cause)
    trace?.role = .client
    service.network.start { [service, local, trace] in
      do throws(NetworkError) {
        try await service.network.dial(endpoint, options: DialOptions(from: local.address, timeout: limits.activeTimeout)) {
          DataConnection(limits: limits, trace: trace) { channel in if !slot.put(channel) { channel.give(.abort) } }
        }
      } catch { slot.close() }
    }
  }

  private func end() {
    let (passive, transfer) = state.withLock { state -> (Passive?, TransferRun?) in
      defer { (state.passive, state.transfer, state.account, state.isOver) = (nil, nil, nil, true) }
      return (state.passive, state.transfer)
    }
    release(passive)
    transfer?.abort()
  }
}
