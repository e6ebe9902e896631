// What a proxy asks an upstream in the place of a client: the client's request, written anew.
// Not here: sending it (Relaying.swift), the fields that are left out (HTTP/Forwarding.swift).
import Bytes
import HTTP
package import Trace
package import World

/// Who asks, as the proxy's own connection knows it.
package struct ProxyClient: Sendable, Hashable {
  package var remote: Endpoint
  package var local: Endpoint
  package var isSecure: Bool
  /// What the trace calls the conversation with the client; nil: it is not recorded.
  package var conversation: ConversationID?

  package init(remote: Endpoint, local: Endpoint, isSecure: Bool, conversation: ConversationID? = nil) {
    self.remote = remote
    self.local = local
    self.isSecure = isSecure
    self.conversation = conversation
  }
}

/// A client's request with where it goes.
struct ProxyRequest: Sendable {
  let head: RequestHead
  let client: ProxyClient
  let place: UpstreamPlace
  /// Known addresses of the place; empty: to be looked up.
  let endpoints: [Endpoint]
  /// The Host field that the upstream gets.
  let authority: String
  /// Under which its response is kept; nil: not at all.
  let key: [UInt8]?

  /// How a request for a cache differs from the client's own.
  enum Purpose: Sendable {
    /// As the client asked.
    case client
    /// For everybody: the whole, whatever part of it or condition on it the client asked for.
    case keeping
    /// The same, if it is not this any more.
    case validating(StoredResponse)
  }

  /// What the upstream is asked.
  func request(_ purpose: Purpose, _ settings: ProxySettings, bodyLength: Request.Body) -> Request {
    var fields = FieldLines()
    let overridden = settings.requestFields.map(\.name)
    let hopsLeft = head.method == .options ? ProxyPath.hopsLeft(of: head.fields) : nil
    fields.append(forwarding: head.fields, .request) { name in
      if overridden.contains(name) || (name == .maxForwards && hopsLeft != nil) { return true }
      switch purpose {
      case .client: return false
      case .keeping, .validating: return Self.asksForPart(name)
      }
    }
    if case .validating(let stored) = purpose {
      // RFC 9111 §4.3.1
      if let tag = stored.head.value(of: .etag), stored.entityTag != nil { fields.append(.ifNoneMatch, tag) }
      if let changed = stored.head.value(of: .lastModified) { fields.append(.ifModifiedSince, changed) }
    }
    if let hopsLeft { fields.append(.maxForwards, max(0, hopsLeft - 1)) }
    // RFC 9110 §7.6.3
    fields.append(.via, "\(head.version == .http11 ? "1.1" : "1.0") \(settings.name)")
    if let token = settings.networkToken { fields.append(.cdnLoop, token) }
    if settings.tellsClient, case .reverse = settings.role { tellClient(in: &fields) }
    for (name, value) in settings.requestFields { fields.append(name, value) }
    var request = Request(.get, target(settings), authority: authority, fields: fields, body: bodyLength)
    request.method = head.method
    request.methodText = head.methodText
    request.repeatsCoding = head.hasLengthConflict
    request.expectsContinue = head.expectsContinue && head.hasBody
    return request
  }

  private static func asksForPart(_ name: FieldName) -> Bool {
    switch name {
    case .range, .ifRange, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince: true
    default: false
    }
  }

  // RFC 7239 §4. What the client said of itself was left out: anybody can say that.
  private func tellClient(in fields: inout FieldLines) {
    let address = client.remote.address
    let node = if case .v6 = address { "\"[\(address)]\"" } else { "\(address)" }
    let scheme = client.isSecure ? "https" : "http"
    var text = "for=\(node);proto=\(scheme)"
    let host = head.authority.text
    if !host.isEmpty { text += ";host=\(host.contains(":") ? "\"\(host)\"" : host)" }
    fields.append(.forwarded, text)
    fields.append(.forwardedFor, "\(address)")
    fields.append(.forwardedProto, scheme)
    if !host.isEmpty { fields.append(.forwardedHost, host) }
  }

  private func target(_ settings: ProxySettings) -> String {
    switch head.targetForm {
    case .asterisk: return "*"
    case .origin: return head.target.text
    case .absolute, .authority:
      // RFC 9112 §3.2.4: OPTIONS for a whole server, asked through a proxy.
      if head.method == .options, head.target.text.hasSuffix(head.authority.text), head.query == nil { return "*" }
      return head.path.text + (head.query.map { "?" + $0.text } ?? "")
    }
  }
}
