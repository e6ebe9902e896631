// One request to a server and its response in the hands of a workflow: what the conversation tells waits here until it is asked for, and the
// request's content is given at the server's pace.
// Read next: HTTP/H1/ClientConversation.swift, which tells it.
import Bytes
import HTTP
import Synchronization
import Transport
import World

/// Takes the conversation's questions in on the connection's loop, and gives them out to an asynchronous caller.
final class Reception: Sendable {
  private enum News: Sendable {
    case interim(ResponseHead)
    case head(ResponseHead)
    case body(Buffer)
  }

  /// Bounded by the conversation's `responseUnaskedBytesMax`.
  private let news = Arrivals<News, ClientConversation.Failure>()
  private let content: SendGate

  /// `contentBytesMax` of the request's content may be on its way to the conversation.
  init(contentBytesMax: Int = 65_536) {
    content = SendGate(bytesMax: contentBytesMax, isHeld: true)
  }

  /// The connection's side. `ending`: why the connection has ended, if it has.
  func take(_ question: ClientConversation.Question, becauseOf ending: String? = nil) {
    switch question {
    case .interim(_, let head): news.add(.interim(head))
    case .responseHead(_, let head): news.add(.head(head))
    case .bodyPart(_, let bytes): news.add(.body(bytes))
    case .responseEnd:
      news.end()
      content.close()
    case .failed(_, var failure):
      // What is wrong with the server's certificate, the connection knows alone.
      if failure.kind == .insecure, let ending { failure.explanation += ": \(ending)" }
      fail(failure)
    case .giveBody, .resumeParts: content.resume()
    case .holdParts: content.hold()
    case .partTaken(_, let count): content.leave(count)
    case .opened, .ended: break
    }
  }

  /// The exchange came to nothing.
  func fail(_ failure: ClientConversation.Failure) {
    // First: whoever hears of it asks whether the content is still whole.
    content.close()
    news.end(because: failure)
  }

  /// The final response's head; interim ones go to `interim`.
  func head(interim: (ResponseHead) -> Void = { _ in }) async throws(ClientConversation.Failure) -> ResponseHead {
    while let news = try await news.next() {
      switch news {
      case .interim(let head): interim(head)
      case .head(let head): return head
      case .body: continue
      }
    }
    // An end without a head is none: the conversation tells one first.
    throw ClientConversation.Failure(kind: .closedEarly, explanation: "the response has no head", isRepeatable: false)
  }

  /// The next piece of the body; nil at its end.
  func nextOfBody() async throws(ClientConversation.Failure) -> Buffer? {
    while let news = try await news.next() {
      if case .body(let bytes) = news { return bytes }
    }
    return nil
  }

  /// Waits until the next part of the request's content may be given; false: none is wanted any more.
  func mayGive(_ count: Int) async -> Bool { await content.pass(count) }

  /// Whether none of the request's content was asked for, so that it may be given to another connection.
  var hasWholeContent: Bool { content.isUntouched }
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

extension ClientConversation.Question {
  /// Whether the exchange is over with this.
  var endsExchange: Bool {
    switch self {
    case .responseEnd, .failed: true
    default: false
    }
  }
}
