// A request as a client gives it: a method, a target, fields, a body. Host, length and Connection are added when it is written.
// Read next: H1/RequestWriter.swift, which turns it into bytes; H1/ClientConversation.swift, which takes it.
public import Bytes

/// What a client asks.
public struct Request: Sendable {
  public var method: Method
  /// The method as written; of use when `method` is `.other`.
  public var methodText: String
  /// As it stands in the request line: `/path?query`, `http://host/path` for a proxy, `host:port` for CONNECT, `*` for OPTIONS.
  public var target: String
  /// The Host field: the site that is meant, with its port unless that is the scheme's own.
  public var authority: String
  public var version: Version
  public var fields: FieldLines
  public var body: Body
  /// Whether to wait for `100 Continue` before sending the body.
  public var expectsContinue: Bool
  /// Whether a Transfer-Encoding field is written beside the length, since the request it stands for had both (`LengthConflict.lengthCounts`).
  public var repeatsCoding = false
  /// What becomes of the connection afterwards.
  public var afterwards: Response.Afterwards

  /// A request's content.
  public enum Body: Sendable {
    case none
    case bytes(Buffer)
    /// Content that comes in parts by `.part`, ended by `.finish`: with a known length as it is, else in chunks.
    case parts(length: Int64?)
  }

  public init(
    _ method: Method = .get, _ target: String = "/", authority: String, version: Version = .http11, fields: FieldLines = FieldLines(),
    body: Body = .none, expectsContinue: Bool = false, afterwards: Response.Afterwards = .keepOpen
  ) {
    self.method = method
    methodText = method.text
    self.target = target
    self.authority = authority
    self.version = version
    self.fields = fields
    self.body = body
    self.expectsContinue = expectsContinue
    self.afterwards = afterwards
  }
}
