// Plays bytes against the server conversation with an owner that answers everything, and reads what came back.
// Not here: the cases (FramingTable*.swift).
import Bytes
import HTTP
import TestKit
import Transport
import World

/// What a trivial site saw of a request.
struct Seen: Equatable {
  var method: String
  var target: String
  var body = Buffer()
}

/// An answer as a client reads it.
struct Heard: Equatable {
  var status: UInt16
  var closes: Bool
  var body = Buffer()
}

/// A connection to a trivial site: it takes every body, answers 200 with what it saw, 405 to CONNECT and TRACE, 501 to unknown methods.
final class Site {
  private(set) var seen: [Seen] = []
  private(set) var ended: [Ticket] = []
  private(set) var abandoned: [Ticket] = []
  private(set) var sent = Buffer()
  private var connection: MemoryConnection?
  private var methods: [HTTP.Method] = []
  private var bodies: [Ticket: Int] = [:]

  init(limits: Limits = Limits()) {
    let driver = ConversationDriver(ServerConversation(limits: limits), trace: nil) { [unowned self] question, _ in answer(question) }
    connection = MemoryConnection(driver)
  }

  var closing: Closing? { connection?.closing }

  func receive(_ bytes: Buffer) {
    connection?.receive(bytes)
    collect()
  }

  func peerCloses() {
    connection?.peerCloses()
    collect()
  }

  func advance(by duration: Duration) {
    connection?.advance(by: duration)
    collect()
  }

  private func collect() { sent.append(connection?.takeOutput() ?? Buffer()) }

  private func answer(_ question: ServerConversation.Question) -> ServerConversation.Input? {
    switch question {
    case .request(let ticket, let head):
      seen.append(Seen(method: head.methodText, target: head.target.text))
      methods.append(head.method)
      if head.hasBody {
        bodies[ticket] = seen.count - 1
        return .takeBody(ticket, 1 << 40)
      }
      return .respond(ticket, response(to: head.method, seen[seen.count - 1]))
    case .requestBody(let ticket, let bytes):
      if let index = bodies[ticket] { seen[index].body.append(bytes) }
      return nil
    case .requestEnd(let ticket, _):
      guard let index = bodies[ticket] else { return nil }
      return .respond(ticket, response(to: methods[index], seen[index]))
    case .abandoned(let ticket):
      abandoned.append(ticket)
      return nil
    case .holdParts, .resumeParts, .partTaken, .retired:
      return nil
    }
  }

  private func response(to method: HTTP.Method, _ seen: Seen) -> Response {
    switch method {
    case .connect, .trace:
      var response = Response.text(.methodNotAllowed, "not here", afterwards: .close)
      response.fields.append(.allow, "GET, HEAD, POST")
      return response
    case .other: return .text(.notImplemented, "unknown method", afterwards: .close)
    default: return .text(.ok, "\(seen.method) \(seen.target) \(seen.body)")
    }
  }

  /// The responses sent so far; nil when what was sent is not a row of responses. 100 Continue is left out.
  func heard() -> [Heard]? { Site.read(sent, answering: methods) }

  static func read(_ bytes: Buffer, answering methods: [HTTP.Method]) -> [Heard]? {
    var rest = bytes
    var reader = ResponseReader()
    var heard: [Heard] = []
    while !rest.isEmpty {
      let method = heard.count < methods.count ? methods[heard.count] : .get
      guard let head = try? reader.next(from: &rest, answering: method) else { return nil }
      if head.status == .continue { continue }
      var answer = Heard(status: head.status.rawValue, closes: !head.keepsAlive)
      switch head.framing {
      case .none: break
      case .length(let length):
        guard let body = rest.take(Int(length)) else { return nil }
        answer.body = body
      case .chunked, .untilClose: answer.body = rest.takeAll()
      }
      heard.append(answer)
    }
    return heard
  }
}
