// Request methods, protocol versions and how a message's body is delimited.

/// What a request wants done. Methods outside the list are `.other`; their text stands in the head.
public enum Method: UInt8, Sendable, Hashable, CaseIterable {
  case get, head, post, put, delete, connect, options, trace, patch, other

  /// As written in a request line; for `.other` a placeholder.
  public var text: String {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .connect: "CONNECT"
    case .options: "OPTIONS"
    case .trace: "TRACE"
    case .patch: "PATCH"
    case .other: "other"
    }
  }

  /// Whether it asks for nothing to be changed.
  // RFC 9110 §9.2.1
  public var isSafe: Bool {
    switch self {
    case .get, .head, .options, .trace: true
    default: false
    }
  }

  /// Whether doing it twice is the same as doing it once.
  // RFC 9110 §9.2.2
  public var isIdempotent: Bool { isSafe || self == .put || self == .delete }

  /// The method that `bytes` spell. Methods are case-sensitive (RFC 9110 §9.1).
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count < 8 else {
      self = .other
      return
    }
    var value: UInt64 = 0
    for byte in bytes { value = value &<< 8 | UInt64(byte) }
    switch value {
    case 0x47_4554: self = .get
    case 0x4845_4144: self = .head
    case 0x504F_5354: self = .post
    case 0x50_5554: self = .put
    case 0x4445_4C45_5445: self = .delete
    case 0x43_4F4E_4E45_4354: self = .connect
    case 0x4F_5054_494F_4E53: self = .options
    case 0x54_5241_4345: self = .trace
    case 0x50_4154_4348: self = .patch
    default: self = .other
    }
  }
}

/// The protocol versions this library speaks in HTTP/1 framing. A higher minor version counts as 1.1 (RFC 9110 §2.5).
public enum Version: UInt8, Sendable, Hashable {
  case http10, http11

  public var text: String { self == .http10 ? "HTTP/1.0" : "HTTP/1.1" }
}

/// How the end of a body is found.
// RFC 9112 §6.3
public enum Framing: Sendable, Hashable {
  /// There is no body.
  case none
  /// Exactly this many bytes; never zero in a request.
  case length(Int64)
  /// Chunks, the last one empty.
  case chunked
  /// Everything until the connection ends (responses only).
  case untilClose
}
