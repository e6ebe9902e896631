// Runs a datagram conversation at a port, and records each peer's exchange as a conversation of its own in the trace.
// Not here: the fast loop for authoritative DNS (Sockets/DatagramLoop), which answers by a direct call.
public import Bytes
import Trace
public import World

/// Runs one datagram conversation on whatever carries it.
public final class DatagramDriver<C: DatagramConversation>: DatagramEnd {
  public typealias Owner = (_ question: C.Question, _ answers: Answers<C.Input>) -> C.Input?

  private var conversation: C
  private let owner: Owner
  private let trace: TraceContext?
  private var actions: [C.Action] = []
  private var answered: [C.Input] = []
  private var carrier: (any DatagramCarrier)?
  private var isHandling = false
  /// The trace's number for each peer spoken with lately, oldest first. Bounded: past `peersTracedMax` the oldest is forgotten.
  private var peers: [Endpoint: ConversationID] = [:]
  private var peersInOrder: [Endpoint] = []
  public let answers = Answers<C.Input>()

  public init(_ conversation: C, trace: TraceContext?, owner: @escaping Owner) {
    self.conversation = conversation
    self.trace = trace
    self.owner = owner
  }

  public var deadline: Instant? { carrier == nil ? nil : conversation.deadline }

  public func opened(on carrier: any DatagramCarrier) {
    self.carrier = carrier
    nonisolated(unsafe) let driver = self
    nonisolated(unsafe) let hop = carrier
    answers.connect { input in hop.onLoop { driver.take(input) } }
    happened(.opened)
  }

  public func received(_ bytes: Buffer, from remote: Endpoint) {
    if let carrier, let trace, trace.recorder.isOn {
      trace.recorder.record(
        .received, in: number(of: remote, trace, carrier), at: carrier.now, bytes: bytes.span, length: bytes.count, text: conversation.stateName)
    }
    happened(.received(bytes, from: remote))
  }

  public func deadlineReached() { happened(.deadlineReached) }

  public func closed() {
    if let carrier, let trace {
      for peer in peersInOrder {
        if let id = peers[peer] { trace.recorder.record(.closed, in: id, at: carrier.now, text: "port closed") }
      }
    }
    answers.disconnect()
    carrier = nil
  }

  private func happened(_ event: DatagramEvent) {
    guard let input = conversation.input(for: event) else { return }
    take(input)
  }

  private func take(_ input: C.Input) {
    guard let carrier else { return }
    answered.append(input)
    // An owner that answers from inside a question lands here again; the outer call goes on with the work.
    guard !isHandling else { return }
    isHandling = true
    while !answered.isEmpty {
      conversation.handle(answered.removeFirst(), at: carrier.now, into: &actions)
      for action in actions { perform(action, on: carrier) }
      actions.removeAll(keepingCapacity: true)
    }
    isHandling = false
    carrier.flush()
  }

  private func perform(_ action: C.Action, on carrier: any DatagramCarrier) {
    switch action {
    case .send(let bytes, let remote):
      if let trace, trace.recorder.isOn {
        trace.recorder.record(
          .sent, in: number(of: remote, trace, carrier), at: carrier.now, bytes: bytes.span, length: bytes.count, text: conversation.stateName)
      }
      carrier.send(bytes, to: remote)
    case .ask(let question):
      if let answer = owner(question, answers) { answered.append(answer) }
    case .note(let text, let remote):
      guard let trace, trace.recorder.isOn else { return }
      trace.recorder.record(.note, in: number(of: remote, trace, carrier), at: carrier.now, text: text)
    }
  }

  /// Most peers of one port that the trace tells apart at a time. Unit: peers. Past it: the oldest gets a new number when it speaks again.
  private static var peersTracedMax: Int { 1_024 }

  private func number(of remote: Endpoint, _ trace: TraceContext, _ carrier: any DatagramCarrier) -> ConversationID {
    if let known = peers[remote] { return known }
    if peersInOrder.count >= Self.peersTracedMax { peers[peersInOrder.removeFirst()] = nil }
    let id = trace.recorder.open(
      ConversationInfo(host: trace.host, role: trace.role, carrier: .udp, dialect: C.dialect, local: carrier.local(towards: remote), remote: remote),
      at: carrier.now)
    peers[remote] = id
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
