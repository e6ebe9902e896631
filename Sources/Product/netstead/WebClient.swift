// One HTTP exchange for the tools, and the parts of a URL. Not here: the conversation itself (HTTP/H1/ClientConversation).
import HTTP
import Bytes
import Transport
import World

/// Sends requests, each on a connection of its own.
struct WebClient {
  private let session: ToolSession
  private let acceptsAnything: Bool

  init(_ session: ToolSession, acceptsAnything: Bool = false) {
    self.session = session
    self.acceptsAnything = acceptsAnything
  }

  /// What comes.
  enum Event {
    case head(ResponseHead)
    case body(Buffer)
  }

  /// Sends the request to `endpoint`, hands what comes to `take`, and returns the status.
  func send(_ request: Request, _ target: WebTarget, _ endpoint: Endpoint, take: (Event) -> Void) async throws -> Status {
    let (events, feed) = AsyncStream<ClientConversation.Question>.makeStream()
    let tls = target.isSecure
      ? TLSClientOptions(serverName: target.host, authorities: TrustedAuthorities.text, acceptsAnything: acceptsAnything, protocols: ["http/1.1"]) : nil
    let ticket = Ticket()
    let answers = try await session.network.connect(
      ClientConversation(), to: endpoint, options: DialOptions(timeout: session.output.timeout.duration, tls: tls), trace: session.trace
    ) { question, _ in
      feed.yield(question)
      return nil
    }
    answers.give(.send(ticket, request))
    answers.give(.retire)
    var status: Status?
    for await event in events {
      switch event {
      case .responseHead(_, let head):
        status = head.status
        take(.head(head))
        answers.give(.takeBody(ticket, 1_048_576))
      case .bodyPart(_, let bytes):
        take(.body(bytes))
        answers.give(.takeBody(ticket, bytes.count))
      case .responseEnd:
        guard let status else { throw ToolFailure(.brokenPeer, "the response ended before it began") }
        return status
      case .failed(_, let failure): throw ToolFailure(failure.status, failure.explanation)
      case .ended: throw ToolFailure(.brokenPeer, "the connection ended without a response")
      case .opened, .interim, .giveBody, .holdParts, .resumeParts: break
      }
    }
    throw ToolFailure(.brokenPeer, "the connection ended without a response")
  }

  /// Gets a whole page of this machine's own console.
  func get(_ url: String, bytesMax: Int) async throws -> Buffer {
    let target = try WebTarget(url)
    let request = Request(.get, target.path, authority: target.authority, afterwards: .close)
    var page = Buffer()
    let status = try await send(request, target, Endpoint(Address(target.host) ?? .loopback, target.port)) { event in
      if case .body(let bytes) = event, page.count < bytesMax { page.append(bytes) }
    }
    guard status == .ok else { throw ToolFailure(.refused, "\(url): \(status.rawValue)") }
    return page
  }
}

/// The parts of a URL.
struct WebTarget {
  var isSecure = false
  var host: String
  var port: UInt16
  var authority: String
  var path: String

  init(_ url: String) throws {
    var rest = url[...]
    if rest.hasPrefix("https://") {
      isSecure = true
      rest = rest.dropFirst(8)
    } else if rest.hasPrefix("http://") {
      rest = rest.dropFirst(7)
    } else if rest.contains("://") {
      throw ToolFailure(.usage, "expected a URL that begins with http:// or https://, found `\(url)`")
    }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    authority = String(rest[..<end])
    // RFC 9110 §4.2.4: what stands before an @ is dangerous to send, and is not.
    if let at = authority.lastIndex(of: "@") { authority = String(authority[authority.index(after: at)...]) }
    path = String(rest[end...].prefix { $0 != "#" })
    if !path.hasPrefix("/") { path = "/" + path }
    port = isSecure ? 443 : 80
    host = authority
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
        throw ToolFailure(.usage, "expected a port from 1 to 65535 in `\(url)`")
      }
      port = number
      host = String(authority[..<colon])
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    if host.isEmpty { throw ToolFailure(.usage, "expected a host in `\(url)`") }
  }
}

extension ClientConversation.Failure {
  /// The exit code for it.
  var status: ExitStatus {
    switch kind {
    case .badRequest: .usage
    case .badResponse, .closedEarly: .brokenPeer
    case .timedOut: .unreachable
    }
  }
}

/// The authorities to trust: those the environment names; empty: the system's.
enum TrustedAuthorities {
  static var text: String {
    (Terminal.environment("SSL_CERT_FILE") ?? Terminal.environment("NETSTEAD_CA_FILE")).flatMap { OutputFile.read($0) } ?? ""
  }
}
