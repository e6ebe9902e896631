// The resolver's port to other servers: one query out, the message that answers it back. Filled by the network here, by scripts in tests.
// Not here: which server, and what an answer means (Resolution.swift).
package import Bytes
package import DNS
import Synchronization
package import Trace
package import Transport
package import World

/// Sends queries to servers.
package protocol Upstream: Sendable {
  /// Sends `query` to `server` and waits for the message that answers it, at most until `deadline`. An answer repeats the query's
  /// identifier and question, letter case included if `case` says so; others are never returned. `cause` is the conversation because of which.
  func exchange(
    _ query: Message, with server: Endpoint, over carriage: ConversationInfo.Carriage, case: LetterCase, until deadline: Instant,
    because cause: ConversationID?
  ) async -> UpstreamOutcome
}

/// Whether an answer must repeat the question's letter case too (draft-vixie-dnsext-dns0x20).
package enum LetterCase: Sendable, Hashable { case ignored, exact }

/// What came of an exchange.
package enum UpstreamOutcome: Sendable {
  /// The answer, and how many bytes it had.
  case answered(Message, byteCount: Int)
  case timedOut
  /// The connection failed, or the port: why.
  case unreachable(String)
  /// Something else came from that server: perhaps somebody is guessing. TCP cannot be guessed.
  case suspicious
}

/// One query over UDP and the wait for its answer, from a port used for nothing else.
package struct UDPClientConversation: DatagramConversation {
  /// What the owner is told, once.
  package enum Question: Sendable {
    case answered(Message, byteCount: Int)
    case timedOut
    case suspicious
    /// The server did not take our signature: why.
    case unsigned(TransactionFailure)
  }

  /// What can happen.
  package enum Input: Sendable {
    case opened
    case received(Buffer, from: Endpoint)
    case deadlineReached
  }

  private enum State: Sendable {
    /// The query is out, or about to go.
    case waiting
    /// The owner has been told.
    case finished
  }

  private var state = State.waiting
  private let query: Message
  private let server: Endpoint
  private let letterCase: LetterCase
  private let expires: Instant
  private let key: TransactionKey?
  /// Whether a wrong answer is only left aside, and the right one waited for: whoever guesses may guess on.
  private let waitsOn: Bool
  private var session: TransactionSession?

  package init(_ query: Message, to server: Endpoint, case letterCase: LetterCase, until deadline: Instant, key: TransactionKey? = nil, waitsOn: Bool = false) {
    self.key = key
    self.waitsOn = waitsOn
    self.query = query
    self.server = server
    self.letterCase = letterCase
    expires = deadline
  }

  package static var dialect: Dialect { .dns }
  package var acceptsBytes: Bool { true }

  package var stateName: String {
    switch state {
    case .waiting: "waiting"
    case .finished: "finished"
    }
  }

  package var deadline: Instant? {
    switch state {
    case .waiting: expires
    case .finished: nil
    }
  }

  package func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .deadlineReached
    }
  }

  package mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch (state, input) {
    case (.finished, _): break
    case (.waiting, .opened):
      var bytes = query.wire()
      if let key { (bytes, session) = TransactionSession.signing(bytes, with: key, at: now) }
      actions.append(.send(bytes, to: server))
    case (.waiting, .received(let bytes, let remote)): judge(bytes, from: remote, at: now, into: &actions)
    case (.waiting, .deadlineReached): finish(.timedOut, into: &actions)
    }
  }

  private mutating func judge(_ received: Buffer, from remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    // RFC 5452 §9.1: from where the query went, to where it came from. A stranger's datagram must not end the wait.
    guard remote == server else { return actions.append(.note("ignored: a datagram from \(remote), not from \(server)", about: server)) }
    var bytes = received
    if var dialogue = session {
      do throws(TransactionFailure) { bytes = try dialogue.check(received, at: now) } catch {
        // Nobody has signed that: it must at least know the identifier.
        if case .refused = error, UInt16(received[at: 0] ?? 0) << 8 | UInt16(received[at: 1] ?? 0) == query.id { return finish(.unsigned(error), into: &actions) }
        // RFC 8945 §5.4: the right answer may still come.
        return actions.append(.note("ignored: \(error)", about: server))
      }
    }
    guard let answer = try? Message(reading: bytes), answer.answers(query, case: letterCase), answer.showsCookie(of: query) else {
      if waitsOn { return actions.append(.note("ignored: no answer to this query", about: server)) }
      actions.append(.note("ignored: no answer to this query; asking again over TCP", about: server))
      return finish(.suspicious, into: &actions)
    }
    finish(.answered(answer, byteCount: bytes.count), into: &actions)
  }

  private mutating func finish(_ outcome: Question, into actions: inout [DatagramAction<Question>]) {
    state = .finished
    actions.append(.ask(outcome))
  }
}

extension Message {
  /// Whether this answer over UDP may be believed by its cookie: it repeats the query's half; and it has one, if its server has given one before.
  // RFC 7873 §5.3
  func showsCookie(of query: Message) -> Bool {
    guard let asked = query.edns?.option(.cookie)?.cookie else { return true }
    guard let own = edns?.option(.cookie)?.cookie else { return asked.server.isEmpty }
    return own.client == asked.client
  }

  /// RFC 5452 §9.1: whether this is a response with the identifier and the question of `query`.
  func answers(_ query: Message, case letterCase: LetterCase) -> Bool {
    guard flags.isResponse, id == query.id, flags.opcode == query.flags.opcode else { return false }
    // A server that cannot read the question may leave it out (RFC 1035 §4.1.1).
    if questions.isEmpty, flags.opcode != .query { return true }
    if questions.isEmpty { return [.formatError, .notImplemented, .refused, .serverFailure].contains(responseCode) }
    guard questions == query.questions else { return false }
    guard letterCase == .exact, let asked = query.questions.first, let answered = questions.first else { return true }
    return answered.name.isIdentical(to: asked.name)
  }
}

/// Queries over a network: each UDP query from a fresh random port, each TCP query on a connection of its own.
// Not done: RFC 7766 §6.2.1, several queries on one connection to the same server.
package struct NetworkUpstream: Upstream {
  private let network: any Network
  private let trace: TraceContext?
  /// The address to send from; nil: the system chooses.
  private let source: Address?
  /// The port that queries over UDP are sent from; 0: another one for each. Everybody who can guess it needs to guess so much less.
  private let port: UInt16
  private let waitsOn: Bool

  package init(_ network: any Network, from source: Address? = nil, port: UInt16 = 0, waitsOn: Bool = false, trace: TraceContext?) {
    self.port = port
    self.waitsOn = waitsOn
    self.network = network
    self.source = source
    self.trace = trace
  }

  package func exchange(
    _ query: Message, with server: Endpoint, over carriage: ConversationInfo.Carriage, case letterCase: LetterCase, until deadline: Instant,
    because cause: ConversationID?
  ) async -> UpstreamOutcome {
    let trace = trace?.because(of: cause)
    return carriage == .udp ? await sendDatagram(query, to: server, letterCase, deadline, trace) : await connect(query, to: server, letterCase, deadline, trace)
  }

  /// The same, signed with `key` if there is one; only an answer that is signed with it counts.
  package func exchange(
    _ query: Message, with server: Endpoint, over carriage: ConversationInfo.Carriage = .udp, signedWith key: TransactionKey?, until deadline: Instant
  ) async -> UpstreamOutcome {
    carriage == .udp ? await sendDatagram(query, to: server, .ignored, deadline, trace, key) : await connect(query, to: server, .ignored, deadline, trace, key)
  }

  /// Gets a zone, or what changed in it; `timeout` is for connecting, and silence ends it later.
  package func transfer(
    _ question: TransferQuestion, from peer: ZonePeer, id: UInt16, timeout: Duration
  ) async throws(NetworkError) -> TransferClientConversation.Outcome {
    let answer = OneAnswer<TransferClientConversation.Outcome>()
    _ = try await network.connect(
      TransferClientConversation(question, id: id, key: peer.key), to: peer.endpoint, options: DialOptions(from: source, timeout: timeout), trace: trace
    ) { outcome, _ in
      answer.give(outcome)
      return nil
    }
    return await answer.value()
  }

  private func sendDatagram(
    _ query: Message, to server: Endpoint, _ letterCase: LetterCase, _ deadline: Instant, _ trace: TraceContext?, _ key: TransactionKey? = nil
  ) async -> UpstreamOutcome {
    let answer = OneAnswer<UDPClientConversation.Question>()
    let conversation = UDPClientConversation(query, to: server, case: letterCase, until: deadline, key: key, waitsOn: waitsOn)
    let any: Address = if case .v4 = server.address { .any } else { .v6(0, 0) }
    let port: any Listener
    do {
      port = try await network.bind(Endpoint(source ?? any, self.port), options: BindOptions(peer: server)) {
        DatagramDriver(conversation, trace: trace) { outcome, _ in
          answer.give(outcome)
          return nil
        }
      }
    } catch {
      return .unreachable(error.description)
    }
    let outcome = await answer.value()
    await port.close(grace: .zero)
    return switch outcome {
    case .answered(let message, let byteCount): .answered(message, byteCount: byteCount)
    case .timedOut: .timedOut
    case .suspicious: .suspicious
    case .unsigned(let failure): .unreachable(failure.description)
    }
  }

  private func connect(
    _ query: Message, to server: Endpoint, _ letterCase: LetterCase, _ deadline: Instant, _ trace: TraceContext?, _ key: TransactionKey? = nil
  ) async -> UpstreamOutcome {
    let answer = OneAnswer<TCPClientConversation.Outcome.Result>()
    let left = deadline - network.clock.now
    guard left > .zero else { return .timedOut }
    var limits = DNS.Limits()
    limits.answerTimeout = left
    var request = query.wire()
    var session: TransactionSession?
    if let key { (request, session) = TransactionSession.signing(request, with: key, at: network.clock.now) }
    do {
      let inputs = try await network.connect(
        TCPClientConversation(limits: limits), to: server, options: DialOptions(from: source, timeout: left), trace: trace
      ) { outcome, _ in
        answer.give(outcome.result)
        return nil
      }
      inputs.give(.query(Ticket(), request))
      inputs.give(.finished)
    } catch .timedOut {
      return .timedOut
    } catch {
      return .unreachable(error.description)
    }
    switch await answer.value() {
    case .answered(let answered):
      var bytes = answered
      do throws(TransactionFailure) { bytes = try session?.check(answered, at: network.clock.now) ?? answered } catch { return .unreachable(error.description) }
      guard let message = try? Message(reading: bytes), message.answers(query, case: letterCase) else {
        return .unreachable("\(server) sent no answer to the query")
      }
      return .answered(message, byteCount: bytes.count)
    case .timedOut: return .timedOut
    case .connectionClosed, .refused: return .unreachable("\(server) closed the connection without an answer")
    }
  }
}

/// A place where one thing arrives, before or after somebody waits for it.
final class OneAnswer<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case awaited(CheckedContinuation<Value, Never>)
    case full(Value)
    case taken
  }

  private let state = Mutex<State>(.empty)

  /// The first one given counts.
  func give(_ value: Value) {
    let waiting = state.withLock { state -> CheckedContinuation<Value, Never>? in
      switch state {
      case .empty: state = .full(value)
      case .awaited(let continuation):
        state = .taken
        return continuation
      case .full, .taken: break
      }
      return nil
    }
    waiting?.resume(returning: value)
  }

  /// Waits for it. To be called once.
  func value() async -> Value {
    await withCheckedContinuation { continuation in
      let ready = state.withLock { state -> Value? in
        guard case .full(let value) = state else {
          state = .awaited(continuation)
          return nil
        }
        state = .taken
        return value
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }
}
