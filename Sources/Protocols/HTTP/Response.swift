// A response as a server gives it: a status, fields, a body. Length, Date and Connection are added when it is written.
// Read next: H1/ResponseWriter.swift, which turns it into bytes; H1/ServerConversation.swift, which takes it.
public import Bytes
public import World

/// What a server answers.
public struct Response: Sendable {
  public var status: Status
  public var fields: FieldLines
  public var body: Body
  /// What becomes of the connection afterwards.
  public var afterwards: Afterwards

  /// A response's content.
  public enum Body: Sendable {
    /// No content: `Content-Length: 0` where the status allows content.
    case none
    case bytes(Buffer)
    case file(FileSlice)
    /// Content that comes in parts by `.part`, ended by `.finish`: with a known length as it is, else in chunks (HTTP/1.1) or until the
    /// connection closes (HTTP/1.0).
    case parts(length: Int64?)
    /// All of it is serialised already; `status` and `fields` are not looked at.
    case prepared(PreparedResponse)
    /// No content is sent, but a HEAD request (or a 304) shall learn this length.
    case absent(length: Int64)
    /// Nothing of HTTP follows: what the peer sends comes as its request's body, and parts go to it as they are, until `.finish`.
    // RFC 9110 §9.3.6
    case tunnel
  }

  /// What becomes of the connection after a response.
  public enum Afterwards: Sendable, Hashable {
    /// It stays open if the client wants that too.
    case keepOpen
    case close
  }

  public init(_ status: Status, fields: FieldLines = FieldLines(), body: Body = .none, afterwards: Afterwards = .keepOpen) {
    self.status = status
    self.fields = fields
    self.body = body
    self.afterwards = afterwards
  }

  /// A response whose head and body were serialised before.
  public static func prepared(_ prepared: PreparedResponse) -> Response { Response(.ok, body: .prepared(prepared)) }

  /// A response of plain text, for people.
  public static func text(_ status: Status, _ text: String, afterwards: Afterwards = .keepOpen) -> Response {
    var fields = FieldLines()
    fields.append(trusted: .contentType, "text/plain; charset=utf-8")
    return Response(status, fields: fields, body: .bytes(Buffer(text)), afterwards: afterwards)
  }
}

/// A response serialised once and sent many times: only Date and Connection are added each time.
///
/// Immutable, so that one object may serve all loops at once.
public final class PreparedResponse: Sendable {
  /// Status line and fields, with the length, without Date, Connection and the empty line.
  public let head: Buffer
  public let content: Content
  /// Whether a Date of somebody else stands in the head.
  let carriesDate: Bool

  /// What follows the head; nothing of it is sent to a HEAD request.
  public enum Content: Sendable {
    case none
    case bytes(Buffer)
    case file(FileSlice)
  }

  /// A head that somebody else wrote, as it is to be said; whatever it promises of `content` is theirs to keep.
  package init(head: Buffer, content: Content) {
    self.head = head
    self.content = content
    carriesDate = false
  }

  /// Serialises `response`. Nil for content that comes in parts, which cannot be prepared.
  public init?(_ response: Response) {
    switch response.body {
    case .none, .absent: content = .none
    case .bytes(let bytes): content = response.status.forbidsBody ? .none : .bytes(bytes)
    case .file(let slice): content = response.status.forbidsBody ? .none : .file(slice)
    case .prepared(let other): content = other.content
    case .parts, .tunnel: return nil
    }
    if case .prepared(let other) = response.body {
      head = other.head
      carriesDate = other.carriesDate
    } else {
      carriesDate = response.fields.carriesDate
      head = ResponseWriter.head(of: response)
    }
  }
}
