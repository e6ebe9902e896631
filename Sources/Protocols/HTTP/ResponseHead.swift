// A received response's head: the bytes, and what the reader found in them.
// Not here: how it is read (H1/ResponseReader.swift), responses to be sent (Response.swift).
public import Bytes

/// A response up to and including the empty line.
public struct ResponseHead: Sendable {
  public let fields: Fields
  let facts: ResponseFacts

  init(fields: Fields, facts: ResponseFacts) {
    self.fields = fields
    self.facts = facts
  }

  /// The head as received.
  public var bytes: Buffer { fields.bytes }
  public var status: Status { facts.status }
  public var version: Version { facts.version }
  /// How the body is delimited.
  public var framing: Framing { facts.framing }
  /// Whether the connection stays open after this response.
  public var keepsAlive: Bool { facts.keepsAlive }
  /// The words after the status code, as received.
  public var reason: Buffer { bytes[facts.reason] }

  /// What Content-Length says, also where no body follows (HEAD, 304); nil: nothing, or nothing usable. Unit: bytes.
  public var contentLength: Int64? {
    fields.value(of: .contentLength).flatMap { value in value.withUnsafeBytes { try? FramingFields.length($0, 0..<$0.count) } }
  }

  public func value(of name: FieldName) -> Buffer? { fields.value(of: name) }
  public func text(of name: FieldName) -> String? { fields.text(of: name) }
  public func values(of name: FieldName) -> [Buffer] { fields.values(of: name) }
}

/// What the reader found in a response head.
struct ResponseFacts: Sendable, Hashable {
  var status = Status.ok
  var version = Version.http11
  var keepsAlive = true
  var framing = Framing.none
  /// Unit: bytes from the head's start.
  var reason = 0..<0
}
