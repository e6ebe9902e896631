// What a client's conversation tells, waiting until the workflow asks for it. One request, one workflow.
import Bytes
import HTTP
import Synchronization

/// Takes the conversation's questions in on the connection's loop, and gives them out to an asynchronous caller.
final class Reception: Sendable {
  private enum News {
    case interim(ResponseHead)
    case head(ResponseHead)
    case body(Buffer)
    case end
    case failed(ClientConversation.Failure)
  }

  private struct State {
    /// Bounded by the conversation's `responseUnaskedBytesMax`.
    var news: [News] = []
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// The connection's side. `ending`: why the connection has ended, if it has.
  func take(_ question: ClientConversation.Question, becauseOf ending: String?) {
    switch question {
    case .interim(_, let head): note(.interim(head))
    case .responseHead(_, let head): note(.head(head))
    case .bodyPart(_, let bytes): note(.body(bytes))
    case .responseEnd: note(.end)
    case .failed(_, var failure):
      // What is wrong with the server's certificate, the connection knows alone.
      if failure.kind == .insecure, let ending { failure.explanation += ": \(ending)" }
      note(.failed(failure))
    case .opened, .giveBody, .holdParts, .resumeParts, .partTaken, .ended: break
    }
  }

  private func note(_ news: News) {
    let waiting = state.withLock { state in
      state.news.append(news)
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume()
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

  /// The final response's head; interim ones go to `interim`.
  func head(interim: (ResponseHead) -> Void) async throws(WebClientFailure) -> ResponseHead {
    while true {
      switch await next() {
      case .interim(let head): interim(head)
      case .head(let head): return head
      case .failed(let failure): throw .conversation(failure)
      case .body, .end: continue
      }
    }
  }

  /// The next piece of the body; nil at its end.
  func nextOfBody() async throws(WebClientFailure) -> Buffer? {
    while true {
      switch await next() {
      case .body(let bytes): return bytes
      case .end: return nil
      case .failed(let failure): throw .conversation(failure)
      case .interim, .head: continue
      }
    }
  }
}

/// A body put together in memory, up to a bound.
final class Collected: Sendable {
  private let state = Mutex(Buffer())
  private let bytesMax: Int

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  func add(_ piece: Buffer) throws(WebClientFailure) {
    let fits = state.withLock { whole in
      guard whole.count + piece.count <= bytesMax else { return false }
      whole.append(piece)
      return true
    }
    if !fits { throw .bodyTooLong(bytesMax) }
  }

  var whole: Buffer { state.withLock { $0 } }
}
