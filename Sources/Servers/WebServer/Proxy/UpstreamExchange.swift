// One request to an upstream and its response in the hands of a workflow: what the connection tells waits here until it is asked for.
// The workflow's side may be called from any thread, `take` on the connection's loop.
import Bytes
import HTTP
import Synchronization
import World

/// A request that an upstream answers.
final class UpstreamExchange: Sendable {
  private enum News: Sendable {
    case head(ResponseHead)
    case body(Buffer)
    case end
    case failed(ClientConversation.Failure)
  }

  private struct State {
    /// Bounded by the conversation's `responseUnaskedBytesMax`.
    var news: [News] = []
    var waiting: CheckedContinuation<Void, Never>?
    // The request's content, in the hands of another workflow.
    var isBodyWanted = false
    var isHeld = false
    /// Parts given that have not left yet. Unit: bytes.
    var underWayBytes = 0
    var isOver = false
    var giving: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let underWayBytesMax: Int

  init(underWayBytesMax: Int) { self.underWayBytesMax = underWayBytesMax }

  // MARK: The connection's side

  /// Returns whether the exchange is over with this.
  func take(_ question: ClientConversation.Question) -> Bool {
    switch question {
    case .responseHead(_, let head): note(.head(head))
    case .bodyPart(_, let bytes): note(.body(bytes))
    case .responseEnd:
      note(.end)
      return true
    case .failed(_, let failure):
      note(.failed(failure))
      return true
    case .giveBody: change { $0.isBodyWanted = true }
    case .holdParts: change { $0.isHeld = true }
    case .resumeParts: change { $0.isHeld = false }
    case .partTaken(_, let count): change { $0.underWayBytes -= count }
    case .opened, .interim, .ended: break
    }
    return false
  }

  private func note(_ news: News) {
    let (waiting, giving) = state.withLock { state in
      state.news.append(news)
      switch news {
      case .end, .failed: state.isOver = true
      case .head, .body: break
      }
      defer {
        state.waiting = nil
        if state.isOver { state.giving = nil }
      }
      return (state.waiting, state.isOver ? state.giving : nil)
    }
    waiting?.resume()
    giving?.resume()
  }

  private func change(_ body: (inout State) -> Void) {
    let giving = state.withLock { state in
      body(&state)
      defer { state.giving = nil }
      return state.giving
    }
    giving?.resume()
  }

  // MARK: The response

  func head() async throws(ProxyFailure) -> ResponseHead {
    while true {
      switch await next() {
      case .head(let head): return head
      case .failed(let failure): throw ProxyFailure(failure)
      case .body, .end: continue
      }
    }
  }

  /// The next piece of the body; nil at its end.
  func nextOfBody() async throws(ProxyFailure) -> Buffer? {
    while true {
      switch await next() {
      case .body(let bytes): return bytes
      case .end: return nil
      case .failed(let failure): throw ProxyFailure(failure)
      case .head: continue
      }
    }
  }

  private func next() async -> News {
    while true {
      if let news = state.withLock({ $0.news.isEmpty ? nil : $0.news.removeFirst() }) { return news }
      await withCheckedContinuation { continuation in
        let isAlready = state.withLock { state in
          if !state.news.isEmpty { return true }
          state.waiting = continuation
          return false
        }
        if isAlready { continuation.resume() }
      }
    }
  }

  // MARK: The request's content

  /// Waits until the request's next part may be given; false: none is wanted any more.
  func mayGive(_ count: Int) async -> Bool {
    while true {
      let (isOver, may) = state.withLock { state in
        let may = state.isBodyWanted && !state.isHeld && state.underWayBytes < underWayBytesMax
        if may, !state.isOver { state.underWayBytes += count }
        return (state.isOver, may)
      }
      if isOver { return false }
      if may { return true }
      await withCheckedContinuation { continuation in
        let isAlready = state.withLock { state in
          if state.isOver || (state.isBodyWanted && !state.isHeld && state.underWayBytes < underWayBytesMax) { return true }
          state.giving = continuation
          return false
        }
        if isAlready { continuation.resume() }
      }
    }
  }
}
