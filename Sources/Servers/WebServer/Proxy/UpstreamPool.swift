// Connections to upstreams, kept open between requests and given to whoever needs one next.
// Not here: what is asked over them (Relaying.swift), the dialogue itself (HTTP/H1/ClientConversation).
import Bytes
import HTTP
import Synchronization
import Trace
import Transport
import World

/// Where a request goes, as far as connections are concerned.
struct UpstreamPlace: Hashable, Sendable {
  var host: String
  var port: UInt16
  var isSecure: Bool
}

/// One connection to an upstream: one request at a time.
final class UpstreamConnection: Sendable {
  private struct State {
    var current: Reception?
    var isDead = false
    var ticket = Ticket()
    var answers: Answers<ClientConversation.Input>?
    var idleSince = Instant(nanoseconds: 0)
  }

  let place: UpstreamPlace
  let remote: Endpoint
  private let state = Mutex(State())
  private let ended: @Sendable (UpstreamConnection) -> Void

  init(_ place: UpstreamPlace, _ remote: Endpoint, ended: @escaping @Sendable (UpstreamConnection) -> Void) {
    self.place = place
    self.remote = remote
    self.ended = ended
  }

  func connect(_ answers: Answers<ClientConversation.Input>) { state.withLock { $0.answers = answers } }

  /// Sends a request, because of a conversation. What comes back is told to `reception`; that the connection is gone already, too. Returns what
  /// the request is called from now on.
  func send(_ request: Request, for reception: Reception, because cause: ConversationID?) -> Ticket {
    let (ticket, answers) = state.withLock { state -> (Ticket, Answers<ClientConversation.Input>?) in
      guard !state.isDead else { return (Ticket(), nil) }
      state.current = reception
      _ = state.ticket.taken()
      return (state.ticket, state.answers)
    }
    if let answers { answers.give(.send(ticket, request), because: cause) } else { reception.fail(Self.gone) }
    return ticket
  }

  // RFC 9110 §9.2.2: nothing was sent, so it may be sent elsewhere.
  private static let gone = ClientConversation.Failure(kind: .closedEarly, explanation: "the connection has ended", isRepeatable: true)

  // Each names its request: a late word about one must not be taken for the next one's.
  func give(part: Buffer, of ticket: Ticket) { give(.part(ticket, part)) }
  func finishBody(of ticket: Ticket) { give(.finish(ticket)) }
  func takeBody(_ count: Int, of ticket: Ticket) { give(.takeBody(ticket, count)) }

  private func give(_ input: ClientConversation.Input) { state.withLock { $0.answers }?.give(input) }

  /// What the conversation tells, on the connection's loop.
  func take(_ question: ClientConversation.Question) {
    if case .ended = question {
      let current = state.withLock { state in
        state.isDead = true
        defer { state.current = nil }
        return state.current
      }
      current?.fail(Self.gone)
      ended(self)
      return
    }
    // The connection is free before the workflow learns that its exchange is over: it may give it back at once.
    let current = state.withLock { state in
      defer { if question.endsExchange { state.current = nil } }
      return state.current
    }
    current?.take(question)
  }

  /// Ends the connection, whatever is under way on it.
  func discard() {
    state.withLock { $0.current = nil }
    give(.connection(.lost))
  }

  /// Ends the connection; whoever waits for an answer on it is told.
  func end() {
    let current = state.withLock { state in
      state.isDead = true
      defer { state.current = nil }
      return state.current
    }
    current?.take(.failed(Ticket(), Self.closing))
    give(.connection(.lost))
  }

  private static let closing = ClientConversation.Failure(kind: .closedEarly, explanation: "the proxy is closing", isRepeatable: false)

  var isUsable: Bool { state.withLock { !$0.isDead && $0.current == nil } }
  var idleSince: Instant {
    get { state.withLock { $0.idleSince } }
    set { state.withLock { $0.idleSince = newValue } }
  }
}

/// The connections of one proxy, by place; and who waits for one.
final class UpstreamPool: Sendable {
  /// A request that waits until there is a connection for it.
  private struct Waiting {
    var place: UpstreamPlace
    var deadline: Instant
    var turn: CheckedContinuation<Turn, Never>
  }

  /// How a wait ends.
  private enum Turn {
    /// With the connection of somebody who needs it no more.
    case connection(UpstreamConnection)
    /// There is room for a new one.
    case room
    case refused
  }

  private struct State {
    /// Of each place the one idle for longest first.
    var idle: [UpstreamPlace: [UpstreamConnection]] = [:]
    /// When those are to be closed that nobody came for.
    var nextSweep = Instant(nanoseconds: .min)

    /// The places in an order that is the same in every run.
    var places: [UpstreamPlace] { idle.keys.sorted { ($0.host, $0.port) < ($1.host, $1.port) } }

    /// Takes out of every place what `isLeaving`.
    mutating func take(_ isLeaving: (UpstreamConnection) -> Bool) -> [UpstreamConnection] {
      var gone: [UpstreamConnection] = []
      for place in places {
        let leaving = idle[place]?.filter(isLeaving) ?? []
        guard !leaving.isEmpty else { continue }
        gone += leaving
        idle[place]?.removeAll { connection in leaving.contains { $0 === connection } }
        if idle[place]?.isEmpty == true { idle[place] = nil }
      }
      return gone
    }

    /// The one that is idle for longest.
    var oldest: UpstreamConnection? { places.compactMap { idle[$0]?.first { $0.isUsable } }.min { $0.idleSince < $1.idleSince } }

    /// All there are, also those that are still being made.
    private(set) var open: [ObjectIdentifier: UpstreamConnection] = [:]
    private var openAt: [UpstreamPlace: Int] = [:]
    /// In the order in which they came.
    var waiting: [Waiting] = []
    /// Whether somebody looks after those who have waited long enough.
    var isWatched = false
    var isClosed = false

    mutating func add(_ connection: UpstreamConnection) {
      if open.updateValue(connection, forKey: ObjectIdentifier(connection)) == nil { openAt[connection.place, default: 0] += 1 }
    }

    mutating func remove(_ connection: UpstreamConnection) {
      guard open.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
      let count = openAt[connection.place, default: 1] - 1
      openAt[connection.place] = count == 0 ? nil : count
    }

    func openCount(at place: UpstreamPlace) -> Int { openAt[place, default: 0] }

    /// Whether one more may be made to `place`, if need be instead of one that nobody uses.
    func hasRoom(for place: UpstreamPlace, _ limits: ProxyLimits) -> Bool {
      openCount(at: place) < limits.perUpstreamMax && (open.count < limits.upstreamConnectionsMax || oldest != nil)
    }

    /// Whether somebody waits for a connection to `place`. Those who wait for another place hold nobody up here.
    func isWaitedFor(_ place: UpstreamPlace) -> Bool { waiting.contains { $0.place == place } }

    /// Who may make a connection now, in the order in which they came.
    mutating func takeNext(_ limits: ProxyLimits) -> Waiting? {
      guard let index = waiting.firstIndex(where: { hasRoom(for: $0.place, limits) }) else { return nil }
      return waiting.remove(at: index)
    }
  }

  private let state = Mutex(State())
  private let network: any Network
  private let trace: TraceContext?
  private let limits: ProxyLimits
  private let conversationLimits: HTTP.Limits
  private let tls: TLSClientOptions?

  init(_ network: any Network, trace: TraceContext?, limits: ProxyLimits, tls: TLSClientOptions?) {
    self.network = network
    self.trace = trace
    self.limits = limits
    self.tls = tls
    var conversation = HTTP.Limits()
    conversation.responseUnaskedBytesMax = limits.bufferBytesMax
    conversation.responseTimeout = limits.responseTimeout
    conversationLimits = conversation
  }

  /// A proxy that nobody asks any more ends what it kept for the next request.
  deinit {
    for connection in state.withLock({ state in state.take { _ in true } }) { connection.discard() }
  }

  /// A connection that was used before and is there still; nil: none.
  func takeIdle(_ place: UpstreamPlace, at now: Instant) -> UpstreamConnection? {
    while true {
      let connection = state.withLock { state -> UpstreamConnection? in
        defer { if state.idle[place]?.isEmpty == true { state.idle[place] = nil } }
        return state.idle[place]?.popLast()
      }
      guard let connection else { return nil }
      if connection.isUsable, connection.idleSince + limits.idleTimeout > now { return connection }
      connection.discard()
    }
  }

  /// A fresh connection to the first of `endpoints` that answers. When as many as may be are in use the request waits its turn, and may get one
  /// that was used before.
  func connect(
    _ place: UpstreamPlace, _ endpoints: [Endpoint], because cause: ConversationID?
  ) async throws(ProxyFailure) -> (UpstreamConnection, isFresh: Bool) {
    var failure = ProxyFailure(.badGateway, "There is no address for \(place.host).")
    for endpoint in endpoints {
      let connection = UpstreamConnection(place, endpoint) { [weak self] in self?.forget($0) }
      if let used = try await enter(connection) { return (used, false) }
      var options = DialOptions(timeout: limits.connectTimeout)
      if place.isSecure {
        var secure = tls ?? TLSClientOptions(serverName: place.host, protocols: ["http/1.1"])
        secure.serverName = place.host
        options.tls = secure
      }
      do throws(NetworkError) {
        let answers = try await network.connect(
          ClientConversation(limits: conversationLimits), to: endpoint, options: options, trace: trace?.because(of: cause)
        ) { question, _ in
          connection.take(question)
          return nil
        }
        connection.connect(answers)
        if state.withLock({ $0.isClosed }) { connection.end() }
        return (connection, true)
      } catch {
        forget(connection)
        failure = ProxyFailure(error)
      }
    }
    throw failure
  }

  /// Enters a connection that is to be made; nil: it may be. Else waits until it may, or until another one is given back, which is returned.
  private func enter(_ connection: UpstreamConnection) async throws(ProxyFailure) -> UpstreamConnection? {
    let deadline = network.clock.now + limits.turnTimeout
    var hasWaited = false
    while true {
      // One may have been given back meanwhile.
      if let used = takeIdle(connection.place, at: network.clock.now) { return used }
      let (isEntered, unused, isClosed) = state.withLock { state -> (Bool, UpstreamConnection?, Bool) in
        // Who came earlier goes first.
        guard !state.isClosed, hasWaited || !state.isWaitedFor(connection.place), state.hasRoom(for: connection.place, limits) else { return (false, nil, state.isClosed) }
        var unused: UpstreamConnection?
        if state.open.count >= limits.upstreamConnectionsMax, let oldest = state.oldest {
          _ = state.take { $0 === oldest }
          state.remove(oldest)
          unused = oldest
        }
        state.add(connection)
        return (true, unused, false)
      }
      unused?.discard()
      if isEntered { return nil }
      if isClosed { throw ProxyFailure(.serviceUnavailable, "This proxy is closing.") }
      switch await turn(for: connection.place, until: deadline, isFirst: hasWaited) {
      case .connection(let used): return used
      case .room: hasWaited = true
      case .refused: throw ProxyFailure(.serviceUnavailable, "This proxy has too many connections open. Please try again.")
      }
    }
  }

  private func turn(for place: UpstreamPlace, until deadline: Instant, isFirst: Bool) async -> Turn {
    await withCheckedContinuation { turn in
      let now = network.clock.now
      let (outcome, watches) = state.withLock { state -> (Turn?, Bool) in
        let queue = state.waiting.count { $0.place == place }
        if state.isClosed || queue >= limits.waitingMax || deadline <= now { return (.refused, false) }
        // It may have become free in between.
        if isFirst || queue == 0, state.idle[place] != nil || state.hasRoom(for: place, limits) { return (.room, false) }
        state.waiting.insert(Waiting(place: place, deadline: deadline, turn: turn), at: isFirst ? 0 : state.waiting.count)
        defer { state.isWatched = true }
        return (nil, !state.isWatched)
      }
      if let outcome { turn.resume(returning: outcome) }
      if watches { network.start { [weak self] in await self?.watch() } }
    }
  }

  /// Ends waits that take too long, until nobody waits.
  private func watch() async {
    while let next = state.withLock({ state -> Instant? in
      let next = state.waiting.map(\.deadline).min()
      state.isWatched = next != nil
      return next
    }) {
      try? await network.clock.sleep(until: next)
      let now = network.clock.now
      let late = state.withLock { state in
        defer { state.waiting.removeAll { $0.deadline <= now } }
        return state.waiting.filter { $0.deadline <= now }
      }
      for waiting in late { waiting.turn.resume(returning: .refused) }
    }
  }

  private func forget(_ connection: UpstreamConnection) {
    let next = state.withLock { state in
      state.remove(connection)
      return state.takeNext(limits)
    }
    next?.turn.resume(returning: .room)
  }

  /// The connection has nothing to do: it goes to who waits for one to its place, or is kept for the next request there.
  func giveBack(_ connection: UpstreamConnection, at now: Instant) {
    connection.idleSince = now
    var next: (Waiting, Turn)?
    let tooMany = state.withLock { state -> [UpstreamConnection] in
      if state.isClosed { return [connection] }
      guard connection.isUsable else {
        next = state.takeNext(limits).map { ($0, .room) }
        return []
      }
      let index = state.waiting.firstIndex { $0.place == connection.place }
      // Who waits for another place and came earlier gets the room of this one.
      if state.open.count >= limits.upstreamConnectionsMax,
        let other = state.waiting.firstIndex(where: { $0.place != connection.place && state.openCount(at: $0.place) < limits.perUpstreamMax }), other < index ?? .max
      {
        state.remove(connection)
        next = (state.waiting.remove(at: other), .room)
        return [connection]
      }
      if let index {
        next = (state.waiting.remove(at: index), .connection(connection))
        return []
      }
      state.idle[connection.place, default: []].append(connection)
      var gone: [UpstreamConnection] = []
      if let count = state.idle[connection.place]?.count, count > limits.idlePerUpstreamMax { gone += [state.idle[connection.place]?.removeFirst()].compactMap { $0 } }
      // Places that nobody asks for any more give theirs back too; looked for now and then, not with each response.
      if now >= state.nextSweep {
        state.nextSweep = now + .seconds(5)
        gone += state.take { $0.idleSince + limits.idleTimeout <= now || !$0.isUsable }
      }
      next = state.takeNext(limits).map { ($0, .room) }
      return gone
    }
    for connection in tooMany { connection.discard() }
    if let (waiting, turn) = next { waiting.turn.resume(returning: turn) }
  }

  /// How many are open. Unit: connections.
  var openCount: Int { state.withLock { $0.open.count } }

  /// Ends all connections; none is made any more.
  func close() {
    let (all, waiting) = state.withLock { state in
      state.isClosed = true
      state.idle = [:]
      defer { state.waiting = [] }
      return (Array(state.open.values), state.waiting)
    }
    for waiting in waiting { waiting.turn.resume(returning: .refused) }
    for connection in all { connection.end() }
  }
}
