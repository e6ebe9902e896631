// Why a proxy has no answer, and what it says instead.
import Bytes
package import HTTP
import Transport

/// A request that the proxy answers itself, because it cannot or must not pass it on.
package struct ProxyFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package var status: Status
  /// For people, in a sentence.
  package var explanation: String
  /// Whether the same request may be sent again on another connection.
  var isRepeatable = false

  init(_ status: Status, _ explanation: String, isRepeatable: Bool = false) {
    self.status = status
    self.explanation = explanation
    self.isRepeatable = isRepeatable
  }

  // RFC 9110 §15.6.3, §15.6.5
  init(_ error: NetworkError) {
    if case .timedOut = error { self.init(.gatewayTimeout, "\(error).") } else { self.init(.badGateway, "\(error).") }
  }

  init(_ failure: ClientConversation.Failure) {
    self.init(failure.kind == .timedOut ? .gatewayTimeout : .badGateway, "The server behind this proxy gave no answer: \(failure.explanation).", isRepeatable: failure.isRepeatable)
  }

  package var description: String { "\(status): \(explanation)" }

  /// What the client is told.
  func response(afterwards: Response.Afterwards = .keepOpen) -> Response {
    var fields = FieldLines()
    fields.append(.contentType, "text/html; charset=utf-8")
    fields.append(.contentTypeOptions, "nosniff")
    // RFC 9111 §5.2.2.5: what is wrong now may be right in a moment.
    fields.append(.cacheControl, "no-store")
    return Response(status, fields: fields, body: .bytes(Pages.message("\(status)", explanation)), afterwards: afterwards)
  }
}
