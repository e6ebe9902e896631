// Hands a node's look-ups to the workflows that wait for them. Read before: NodeService.swift.
import BitTorrent
import Synchronization
import Transport
import World

/// Who waits for what of a node.
final class NodeDesk: Sendable {
  /// A look-up that somebody waits for.
  private struct Waiting: Sendable {
    var found: @Sendable ([Endpoint]) -> Void
    var end: CheckedContinuation<LookUpReport, Never>
  }

  private struct State {
    var answers: Answers<DHTNode.Input>?
    var nextTicket = Ticket()
    var waiting: [Ticket: Waiting] = [:]
    var states: [CheckedContinuation<DHTState?, Never>] = []
    var isClosed = false
  }

  private let state = Mutex(State())

  /// The node runs.
  func connect(_ answers: Answers<DHTNode.Input>) { state.withLock { $0.answers = answers } }

  func give(_ input: DHTNode.Input) { state.withLock { $0.answers }?.give(input) }

  /// Asks, and waits for the look-up's end. A node that does not run has found nothing.
  func ask(_ input: (Ticket) -> DHTNode.Input, found: @escaping @Sendable ([Endpoint]) -> Void) async -> LookUpReport {
    await withCheckedContinuation { continuation in
      let asked = state.withLock { state -> (ticket: Ticket, answers: Answers<DHTNode.Input>)? in
        guard let answers = state.answers, !state.isClosed else { return nil }
        let ticket = state.nextTicket.taken()
        state.waiting[ticket] = Waiting(found: found, end: continuation)
        return (ticket, answers)
      }
      guard let asked else { return continuation.resume(returning: LookUpReport()) }
      asked.answers.give(input(asked.ticket))
    }
  }

  func state() async -> DHTState? {
    await withCheckedContinuation { continuation in
      let answers = state.withLock { state -> Answers<DHTNode.Input>? in
        guard let answers = state.answers, !state.isClosed else { return nil }
        state.states.append(continuation)
        return answers
      }
      guard let answers else { return continuation.resume(returning: nil) }
      answers.give(.stateWanted)
    }
  }

  /// What the node tells.
  func take(_ question: DHTNode.Question) {
    switch question {
    case .peers(let ticket, let peers): state.withLock { $0.waiting[ticket] }?.found(peers)
    case .finished(let ticket, let report): state.withLock { $0.waiting.removeValue(forKey: ticket) }?.end.resume(returning: report)
    case .state(let known):
      let waiting = state.withLock { state in
        defer { state.states = [] }
        return state.states
      }
      for continuation in waiting { continuation.resume(returning: known) }
    case .renamed: break
    }
  }

  /// Nobody is answered any more.
  func close() {
    let (waiting, states) = state.withLock { state in
      defer { (state.waiting, state.states, state.isClosed, state.answers) = ([:], [], true, nil) }
      return (state.waiting, state.states)
    }
    for entry in waiting.values { entry.end.resume(returning: LookUpReport()) }
    for continuation in states { continuation.resume(returning: nil) }
  }
}
