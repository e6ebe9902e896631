// A received request's head: the bytes, and what the reader found in them. Strings are made only on demand.
// Not here: how it is read (H1/RequestReader.swift), safe file paths (SafePath.swift).
public import Bytes

/// A request up to and including the empty line.
public struct RequestHead: Sendable {
  public let fields: Fields
  let facts: RequestFacts

  init(fields: Fields, facts: RequestFacts) {
    self.fields = fields
    self.facts = facts
  }

  /// The head as received.
  public var bytes: Buffer { fields.bytes }
  public var method: Method { facts.method }
  public var version: Version { facts.version }
  /// How the body is delimited; `.none`, `.length` or `.chunked`.
  public var framing: Framing { facts.framing }
  public var hasBody: Bool { facts.framing != .none }
  /// Whether it gives a length and a transfer coding, and was taken all the same (`Limits.lengthConflict`).
  public var hasLengthConflict: Bool { facts.hasLengthConflict }
  /// Whether the client wants the connection to stay open after the answer.
  public var keepsAlive: Bool { facts.keepsAlive }
  /// Whether the client waits for `100 Continue` before it sends the body.
  public var expectsContinue: Bool { facts.expectsContinue }
  public var targetForm: TargetForm { facts.form }

  /// The method as written, also when it is not one of the known ones.
  public var methodText: String { method == .other ? bytes[facts.methodRange].text : method.text }

  /// The whole target as received.
  public var target: Buffer { bytes[facts.target] }
  /// The path as received, percent signs and all; without the query. `*` and authority forms have none. Never empty in the other two.
  public var path: Buffer { facts.path.isEmpty && facts.form == .absolute ? "/" : bytes[facts.path] }
  /// What follows the first `?`; nil: there is none.
  public var query: Buffer? { facts.query.map { bytes[$0] } }

  /// The authority the request is for: the absolute target's, else the Host field's; empty when neither is there (HTTP/1.0).
  // RFC 9112 §3.2.2: an absolute target's authority replaces the Host field.
  public var authority: Buffer { bytes[facts.authority] }

  /// The host without port, in lower case, without the dot at its end; for choosing a site.
  public var host: String {
    authority.withUnsafeBytes { bytes in
      var end = bytes.count
      if let first = bytes.first, first == UInt8(ascii: "[") {
        end = bytes.first(UInt8(ascii: "]"), in: 0, bytes.count)
        end = end < bytes.count ? end + 1 : end
      } else {
        end = bytes.first(UInt8(ascii: ":"), in: 0, bytes.count)
      }
      if end > 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
      return String(decoding: bytes[0..<end].lazy.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
  }

  public func value(of name: FieldName) -> Buffer? { fields.value(of: name) }
  public func text(of name: FieldName) -> String? { fields.text(of: name) }
  public func values(of name: FieldName) -> [Buffer] { fields.values(of: name) }
}

/// The four forms of a request target.
// RFC 9112 §3.2
public enum TargetForm: UInt8, Sendable, Hashable {
  /// `/path?query`
  case origin
  /// `http://host/path?query`
  case absolute
  /// `host:port`, for CONNECT only.
  case authority
  /// `*`, for OPTIONS only.
  case asterisk
}

/// What the reader found in a request head. Ranges are in bytes from the head's start.
struct RequestFacts: Sendable, Hashable {
  var method = Method.get
  var version = Version.http11
  var form = TargetForm.origin
  var keepsAlive = true
  var expectsContinue = false
  var framing = Framing.none
  var hasLengthConflict = false
  var methodStart: UInt32 = 0
  var methodEnd: UInt32 = 0
  var targetStart: UInt32 = 0
  var targetEnd: UInt32 = 0
  var pathStart: UInt32 = 0
  /// Where the path ends: the `?`, or the target's end.
  var pathEnd: UInt32 = 0
  var authorityStart: UInt32 = 0
  var authorityEnd: UInt32 = 0

  var methodRange: Range<Int> { Int(methodStart)..<Int(methodEnd) }
  var target: Range<Int> { Int(targetStart)..<Int(targetEnd) }
  var path: Range<Int> { Int(pathStart)..<Int(pathEnd) }
  var query: Range<Int>? { pathEnd < targetEnd ? (Int(pathEnd) + 1)..<Int(targetEnd) : nil }
  var authority: Range<Int> { Int(authorityStart)..<Int(authorityEnd) }
}
