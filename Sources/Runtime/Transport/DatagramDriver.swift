// Runs a datagram conversation at a port, and records each peer's exchange as a conversation of its own in the trace.
// Not here: the fast loop for authoritative DNS (Sockets/DatagramLoop), which answers by a direct call.
public import Bytes
public import Trace
public import World

/// Runs one datagram conversation on whatever carries it.
public final class DatagramDriver<C: DatagramConversation>: DatagramEnd {
  public typealias Owner = (_ question: C.Question, _ answers: Answers<C.Input>) -> C.Input?

  @usableFromInline var conversation: C
  @usableFromInline let owner: Owner
  @usableFromInline let trace: TraceContext?
  @usableFromInline var actions: [C.Action] = []
  /// Inputs to be handled.
  @usableFromInline var given: [Given] = []
  @usableFromInline var carrier: (any DatagramCarrier)?
  @usableFromInline var isHandling = false
  /// The trace's number for each peer spoken with lately, oldest first. Bounded: past `peersTracedMax` the oldest is forgotten.
  private var peers: [Endpoint: Peer] = [:]
  private var peersInOrder: [Endpoint] = []
  public let answers = Answers<C.Input>()

  /// An input, with the peer whose datagram it is, or with the conversation because of which it was given.
  @usableFromInline struct Given {
    @usableFromInline var input: C.Input
    @usableFromInline var peer: Endpoint?
    @usableFromInline var because: ConversationID?

    @usableFromInline init(_ input: C.Input, from peer: Endpoint?, because: ConversationID?) {
      self.input = input
      self.peer = peer
      self.because = because
    }
  }

  /// A peer in the trace.
  private struct Peer {
    var id: ConversationID
    /// Because of what it was last spoken with.
    var cause: ConversationID?
  }

  // What runs for each datagram is inlinable, so that it is compiled for the conversation it runs.
  @inlinable
  public init(_ conversation: C, trace: TraceContext?, owner: @escaping Owner) {
    self.conversation = conversation
    self.trace = trace
    self.owner = owner
  }

  @inlinable
  public var deadline: Instant? { carrier == nil ? nil : conversation.deadline }

  public func opened(on carrier: any DatagramCarrier) {
    self.carrier = carrier
    nonisolated(unsafe) let driver = self
    nonisolated(unsafe) let hop = carrier
    answers.connect { input, because in hop.onLoop { driver.take(input, because: because) } }
    if let input = conversation.input(for: .opened) { take(input) }
  }

  @inlinable
  public func received(_ bytes: Buffer, from remote: Endpoint) {
    if let carrier, let trace, trace.recorder.isOn { record(.received, bytes, remote, trace, carrier, because: nil) }
    if let input = conversation.input(for: .received(bytes, from: remote)) { take(input, from: remote) }
  }

  @inlinable
  public func deadlineReached() {
    if let input = conversation.input(for: .deadlineReached) { take(input) }
  }

  public func closed() {
    if let carrier, let trace {
      for peer in peersInOrder {
        if let id = peers[peer]?.id { trace.recorder.record(.closed, in: id, at: carrier.now, text: "port closed") }
      }
    }
    answers.disconnect()
    carrier = nil
  }

  @inlinable
  func take(_ input: C.Input, from peer: Endpoint? = nil, because: ConversationID? = nil) {
    guard let carrier else { return }
    // An owner that answers from inside a question lands here again; the outer call goes on with the work.
    guard !isHandling else { return given.append(Given(input, from: peer, because: because)) }
    isHandling = true
    handle(input, from: peer, because: because, on: carrier)
    while !given.isEmpty {
      let next = given.removeFirst()
      handle(next.input, from: next.peer, because: next.because, on: carrier)
    }
    isHandling = false
    carrier.flush()
  }

  @inlinable
  func handle(_ input: C.Input, from peer: Endpoint?, because: ConversationID?, on carrier: any DatagramCarrier) {
    conversation.handle(input, at: carrier.now, into: &actions)
    if trace != nil { noteAsker(peer) }
    var index = 0
    while index < actions.count {
      switch actions[index] {
      case .send(let bytes, let remote):
        if let trace, trace.recorder.isOn { record(.sent, bytes, remote, trace, carrier, because: because ?? trace.because) }
        carrier.send(bytes, to: remote)
      case .ask(let question):
        if let answer = owner(question, answers) { given.append(Given(answer, from: nil, because: nil)) }
      case .note(let text, let remote): note(text, remote, carrier)
      }
      index += 1
    }
    actions.removeAll(keepingCapacity: true)
  }

  // MARK: The trace

  /// Who is asked something now is asked because of `peer`.
  @usableFromInline
  func noteAsker(_ peer: Endpoint?) { answers.conversation = peer.flatMap { peers[$0]?.id } }

  @usableFromInline
  func record(
    _ kind: Event.Kind, _ bytes: Buffer, _ remote: Endpoint, _ trace: TraceContext, _ carrier: any DatagramCarrier, because cause: ConversationID?
  ) {
    trace.recorder.record(
      kind, in: number(of: remote, trace, carrier, isHeard: kind == .received, because: cause), at: carrier.now, bytes: bytes.span, length: bytes.count,
      text: conversation.stateName)
  }

  @usableFromInline
  func note(_ text: String, _ remote: Endpoint, _ carrier: any DatagramCarrier) {
    guard let trace, trace.recorder.isOn else { return }
    trace.recorder.record(.note, in: number(of: remote, trace, carrier), at: carrier.now, text: text)
  }

  /// Most peers of one port that the trace tells apart at a time. Unit: peers. Past it: the oldest gets a new number when it speaks again.
  private static var peersTracedMax: Int { 1_024 }

  private func number(
    of remote: Endpoint, _ trace: TraceContext, _ carrier: any DatagramCarrier, isHeard: Bool = false, because cause: ConversationID? = nil
  ) -> ConversationID {
    if let known = peers[remote] {
      if let cause, cause != known.cause {
        peers[remote]?.cause = cause
        trace.recorder.carryOn(known.id, because: cause, at: carrier.now)
      }
      return known.id
    }
    if peersInOrder.count >= Self.peersTracedMax { peers[peersInOrder.removeFirst()] = nil }
    let id = trace.recorder.open(
      ConversationInfo(
        host: trace.host, role: trace.isBetweenPeers ? (isHeard ? .server : .client) : trace.role, carrier: .udp, dialect: C.dialect, local: carrier.local(towards: remote), remote: remote, because: cause),
      at: carrier.now)
    peers[remote] = Peer(id: id, cause: cause)
    peersInOrder.append(remote)
    return id
  }
}

extension DatagramDriver where C.Question == Never {
  /// A driver for a conversation that asks nothing.
  public convenience init(_ conversation: C, trace: TraceContext?) {
    self.init(conversation, trace: trace, owner: silent)
  }
}
