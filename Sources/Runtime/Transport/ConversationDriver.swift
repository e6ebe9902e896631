// The law all stream conversations live under: bytes in, inputs to the conversation, its actions done in order, all of it recorded.
// Not here: sockets (Sockets/), virtual links (SimulatedTransport), what any protocol means.
// Read next: World/Conversation.swift for the contract, Network.swift for the two faces `Carrier` and `StreamEnd`.
public import Bytes
import Synchronization
public import Trace
public import World

/// Who records, and as whom; nil where nothing is recorded.
public struct TraceContext: Sendable {
  public var recorder: any Recorder
  /// The name of the host that records.
  public var host: String
  public var role: ConversationInfo.Role
  /// Whether neither side of a datagram port's conversations is the server by itself: then whoever speaks first counts as the client.
  public var isBetweenPeers = false
  /// Record passwords, cookies and tokens as they are; otherwise as asterisks.
  public var showsSecrets = false
  /// The conversation because of which new ones are opened; nil: none is known.
  public var because: ConversationID?

  public init(recorder: any Recorder, host: String, role: ConversationInfo.Role) {
    self.recorder = recorder
    self.host = host
    self.role = role
  }

  /// The same for what is opened because of `cause`.
  public func because(of cause: ConversationID?) -> TraceContext {
    var context = self
    context.because = cause
    return context
  }
}

/// The way answers come back to a conversation that asked: from any thread, at any time, also too late.
public final class Answers<Input: Sendable>: Sendable {
  /// How to reach the conversation. In a structure, since a function alone in a `Mutex` is wrapped anew each time it is looked at: after some
  /// thousand answers the wrappers would be all that is called.
  private struct Way: Sendable {
    var deliver: @Sendable (Input, _ because: ConversationID?) -> Void
  }

  private let way = Mutex<Way?>(nil)
  private let number = Atomic<UInt64>(0)

  @usableFromInline init() {}

  /// The trace's number of the conversation that asks, for what is begun because of it; nil: it is not recorded. While a datagram port asks, it
  /// is the conversation with the peer whose datagram led to the question.
  public internal(set) var conversation: ConversationID? {
    get {
      let number = number.load(ordering: .relaxed)
      return number == 0 ? nil : ConversationID(number)
    }
    set { number.store(newValue?.number ?? 0, ordering: .relaxed) }
  }

  /// Why the connection has ended; nil: it has not. Known to the owner before the conversation's last questions.
  public var ending: String? { ended.withLock { $0 } }
  private let ended = Mutex<String?>(nil)

  func end(because reason: String) { ended.withLock { $0 = reason } }

  func connect(_ deliver: @escaping @Sendable (Input, _ because: ConversationID?) -> Void) { way.withLock { $0 = Way(deliver: deliver) } }

  /// Forgets the conversation, which otherwise would be kept by its own way of being answered.
  func disconnect() { way.withLock { $0 = nil } }

  /// Hands `input` to the conversation on its own loop. After the connection's end it does nothing. `cause` is the conversation because of
  /// which, where it may be another one than before; nil: the same, or none.
  public func give(_ input: Input, because cause: ConversationID? = nil) {
    way.withLock { $0 }?.deliver(input, cause)
  }
}

/// Runs one stream conversation on whatever carries it.
///
/// The owner answers the conversation's questions: at once by returning an input, later through `Answers`, or not at all.
public final class ConversationDriver<C: StreamConversation>: StreamEnd {
  public typealias Owner = (_ question: C.Question, _ answers: Answers<C.Input>) -> C.Input?

  @usableFromInline var conversation: C
  @usableFromInline var incoming = Buffer()
  @usableFromInline var actions: [C.Action] = []
  @usableFromInline var answered: [C.Input] = []
  @usableFromInline let owner: Owner
  @usableFromInline let trace: TraceContext?
  @usableFromInline var conversationID: ConversationID?
  /// The conversation because of which this one is spoken now.
  @usableFromInline var cause: ConversationID?
  @usableFromInline var carrier: (any Carrier)?
  @usableFromInline var phase = Phase.waiting
  @usableFromInline var isReading = true
  @usableFromInline var peerHasClosed = false
  public let answers = Answers<C.Input>()

  /// Most bytes kept in front of half a message although the conversation has taken them. Unit: bytes. Past it: their room is given back.
  @usableFromInline static var takenBytesMax: Int { 65_536 }

  @usableFromInline enum Phase { case waiting, running, closing, closed }

  /// A driver for `conversation`, whose questions go to `owner`.
  @inlinable
  public init(_ conversation: C, trace: TraceContext?, owner: @escaping Owner) {
    self.conversation = conversation
    self.trace = trace
    cause = trace?.because
    self.owner = owner
    actions.reserveCapacity(8)
  }

  @inlinable
  public var deadline: Instant? { phase == .running ? conversation.deadline : nil }

  public var wantsWire: Bool { trace?.recorder.isOn ?? false }

  public func attached(to carrier: any Carrier) {
    self.carrier = carrier
    if let trace, trace.recorder.isOn { open(trace, carrier) }
  }

  @inlinable
  public func opened(on carrier: any Carrier) {
    self.carrier = carrier
    phase = .running
    connectAnswers(to: carrier)
    if conversationID == nil, let trace, trace.recorder.isOn { open(trace, carrier) }
    happened(.opened)
  }

  @inlinable
  public func received(_ bytes: Buffer) {
    guard phase == .running else { return }
    if incoming.isEmpty { incoming = bytes } else { incoming.append(bytes) }
    advance()
  }

  @inlinable
  public func peerClosed() {
    guard phase == .running else { return }
    peerHasClosed = true
    advance()
  }

  @inlinable
  public func deadlineReached() { happened(.deadlineReached) }

  @inlinable
  public func retired() { happened(.retired) }

  public func secured() { happened(.secured) }

  @inlinable
  public func congested(_ isCongested: Bool) { happened(isCongested ? .congested : .relieved) }

  public func closed(because reason: String) {
    guard phase != .closed else { return }
    answers.end(because: reason)
    // A conversation that still waits for something learns that nothing more will come.
    if phase == .running { recordRest() }
    if phase == .running, let input = conversation.input(for: .lost), let carrier {
      conversation.handle(input, at: carrier.now, into: &actions)
      for case .ask(let question) in actions { _ = owner(question, answers) }
      actions.removeAll(keepingCapacity: true)
    }
    phase = .closed
    if let trace, let conversationID, let carrier {
      trace.recorder.record(.closed, in: conversationID, at: carrier.now, text: reason)
    }
    answers.disconnect()
    carrier = nil
  }

  public func wire(_ bytes: Buffer, sent: Bool) {
    guard let trace, let conversationID, let carrier else { return }
    trace.recorder.record(sent ? .wireSent : .wireReceived, in: conversationID, at: carrier.now, bytes: bytes.span, length: bytes.count, text: "")
  }

  // MARK: The loop

  @usableFromInline
  func connectAnswers(to carrier: any Carrier) {
    // The loop owns this object; `onLoop` is the only way here from another thread.
    nonisolated(unsafe) let driver = self
    nonisolated(unsafe) let hop = carrier
    answers.connect { input, because in hop.onLoop { driver.take(input, because: because) } }
  }

  /// An answer arrives.
  @inlinable
  func take(_ input: C.Input, because: ConversationID?) {
    guard phase == .running else { return }
    if let because, because != cause { carryOn(because: because) }
    obey(input)
    advance()
  }

  @inlinable
  func happened(_ event: ConnectionEvent) {
    guard phase == .running else { return }
    if let input = conversation.input(for: event) { obey(input) }
    advance()
  }

  /// Hands in everything that is whole, as far as the conversation accepts it, then lets the carrier send.
  @inlinable
  func advance() {
    while phase == .running, conversation.acceptsBytes {
      if let trace, let conversationID, trace.recorder.isOn {
        let before = incoming
        let input = conversation.next(from: &incoming)
        // Framing may be taken although nothing is whole yet, as a chunk's size is.
        recordReceived(before, trace, conversationID)
        guard let input else { break }
        obey(input)
      } else {
        guard let input = conversation.next(from: &incoming) else { break }
        obey(input)
      }
    }
    if phase == .running, peerHasClosed, conversation.acceptsBytes {
      peerHasClosed = false
      recordRest()
      if let input = conversation.input(for: carrier?.wasCutShort == true ? .lost : .peerClosed) { obey(input) }
    }
    // An idle connection keeps no storage, and the carrier can read into it again.
    if incoming.isEmpty { incoming = Buffer() } else { incoming.reclaim(past: Self.takenBytesMax) }
    guard let carrier else { return }
    carrier.flush()
    // Half a message waits in `incoming`; while the conversation accepts bytes its own limits bound that.
    let wanted = phase == .running && conversation.acceptsBytes
    if wanted != isReading {
      isReading = wanted
      carrier.setReading(wanted)
    }
  }

  @inlinable
  func obey(_ input: C.Input) {
    guard let carrier else { return }
    conversation.handle(input, at: carrier.now, into: &actions)
    perform(on: carrier)
    while !answered.isEmpty, phase == .running {
      let next = answered.removeFirst()
      conversation.handle(next, at: carrier.now, into: &actions)
      perform(on: carrier)
    }
    answered.removeAll(keepingCapacity: true)
  }

  @inlinable
  func perform(on carrier: any Carrier) {
    // What the conversation will not take any more belongs before the words it closes with.
    if conversationID != nil, !incoming.isEmpty, actions.contains(where: { if case .close = $0 { true } else { false } }) { recordRest() }
    var index = 0
    while index < actions.count, phase == .running {
      switch actions[index] {
      case .send(let bytes):
        if let trace, let conversationID, trace.recorder.isOn { recordSent(bytes, trace, conversationID, carrier) }
        carrier.send(bytes)
      case .sendFile(let slice):
        if let trace, let conversationID, trace.recorder.isOn { recordSent(slice, trace, conversationID, carrier) }
        carrier.send(slice)
      case .ask(let question):
        if let answer = owner(question, answers) { answered.append(answer) }
      case .note(let text):
        record(.note, text, carrier)
      case .problem(let text):
        record(.problem, text, carrier)
      case .startTLS:
        startTLS(on: carrier)
      case .close(let how):
        phase = .closing
        carrier.flush()
        carrier.close(how)
      }
      index += 1
    }
    actions.removeAll(keepingCapacity: true)
  }

  /// RFC 3207 §4.2, RFC 9051 §6.2.1: whatever came in the clear behind the command is nobody's word inside.
  @usableFromInline
  func startTLS(on carrier: any Carrier) {
    guard incoming.isEmpty, carrier.canStartTLS else {
      record(.problem, incoming.isEmpty ? "this connection has no TLS to begin" : "expected TLS, found \(incoming.count) bytes in the clear", carrier)
      recordRest()
      incoming = Buffer()
      // The conversation hears of it as of any connection that is lost: its owner may wait for what TLS was begun for.
      return carrier.close(.now)
    }
    record(.tlsBegun, "", carrier)
    carrier.startTLS()
  }

  // MARK: The trace

  @usableFromInline
  func open(_ trace: TraceContext, _ carrier: any Carrier) {
    conversationID = trace.recorder.open(
      ConversationInfo(
        host: trace.host, role: trace.role, carrier: carrier.carriage, dialect: C.dialect, local: carrier.local, remote: carrier.remote,
        encrypted: carrier.isEncrypted, because: cause),
      at: carrier.now)
    answers.conversation = conversationID
  }

  @usableFromInline
  func carryOn(because cause: ConversationID) {
    self.cause = cause
    guard let trace, let conversationID, let carrier else { return }
    trace.recorder.carryOn(conversationID, because: cause, at: carrier.now)
  }

  @usableFromInline
  func recordReceived(_ before: Buffer, _ trace: TraceContext, _ id: ConversationID) {
    guard let carrier else { return }
    let message = before[0..<(before.count - incoming.count)]
    guard !message.isEmpty else { return }
    record(.received, message, trace, id, carrier)
  }

  /// Records what came and never became a message: refused bytes, half a message before the end, what follows a goodbye.
  @usableFromInline
  func recordRest() {
    guard let trace, let conversationID, trace.recorder.isOn, let carrier, !incoming.isEmpty else { return }
    record(.received, incoming.takeAll(), trace, conversationID, carrier)
  }

  @usableFromInline
  func recordSent(_ message: Buffer, _ trace: TraceContext, _ id: ConversationID, _ carrier: any Carrier) {
    record(.sent, message, trace, id, carrier)
  }

  @usableFromInline
  func recordSent(_ slice: FileSlice, _ trace: TraceContext, _ id: ConversationID, _ carrier: any Carrier) {
    // Only the beginning of a file is shown; its full length is kept.
    let shown = slice.file.read(at: slice.offset, length: Int(min(slice.length, 4_096))) ?? Buffer()
    trace.recorder.record(.sent, in: id, at: carrier.now, bytes: shown.span, length: Int(slice.length), text: conversation.stateName)
  }

  private func record(
    _ kind: Event.Kind, _ message: Buffer, _ trace: TraceContext, _ id: ConversationID, _ carrier: any Carrier
  ) {
    let secrets = trace.showsSecrets ? [] : conversation.secretsNow(in: message, sent: kind == .sent)
    var shown = message
    if !secrets.isEmpty {
      var bytes = message.array
      for range in secrets {
        for index in range.clamped(to: 0..<bytes.count) { bytes[index] = UInt8(ascii: "*") }
      }
      shown = Buffer(bytes)
    }
    trace.recorder.record(kind, in: id, at: carrier.now, bytes: shown.span, length: message.count, text: conversation.stateName)
  }

  @usableFromInline
  func record(_ kind: Event.Kind, _ text: String, _ carrier: any Carrier) {
    guard let trace, let conversationID else { return }
    trace.recorder.record(kind, in: conversationID, at: carrier.now, text: text)
  }
}

extension ConversationDriver where C.Question == Never {
  /// A driver for a conversation that asks nothing.
  public convenience init(_ conversation: C, trace: TraceContext?) {
    self.init(conversation, trace: trace, owner: silent)
  }
}

/// The owner of a conversation that asks nothing.
func silent<Question, Input>(_ question: Question, _ answers: Answers<Input>) -> Input? { nil }

extension Network {
  /// Dials and runs `conversation` there; returns the way to hand it further inputs.
  public func connect<C: StreamConversation>(
    _ conversation: C, to endpoint: Endpoint, options: DialOptions = DialOptions(), trace: TraceContext?,
    owner: @escaping @Sendable (C.Question, Answers<C.Input>) -> C.Input?
  ) async throws(NetworkError) -> Answers<C.Input> {
    // The driver is made here and only ever touched on the connection's loop.
    nonisolated(unsafe) let driver = ConversationDriver(conversation, trace: trace, owner: owner)
    var options = options
    if options.tls?.keyLog == nil { options.tls?.keyLog = trace?.recorder }
    if options.startTLS?.keyLog == nil { options.startTLS?.keyLog = trace?.recorder }
    try await dial(endpoint, options: options) { driver }
    return driver.answers
  }

  /// The same for a conversation that asks nothing.
  public func connect<C: StreamConversation>(
    _ conversation: C, to endpoint: Endpoint, options: DialOptions = DialOptions(), trace: TraceContext?
  ) async throws(NetworkError) -> Answers<C.Input> where C.Question == Never {
    try await connect(conversation, to: endpoint, options: options, trace: trace, owner: silent)
  }
}
