// Turns requests into bytes. What could be read as something else by the server is refused here.
// Not here: when a request is sent (ClientConversation.swift).
public import Bytes

/// Writes requests.
public enum RequestWriter {
  /// The head of `request`, with Host, length and Connection.
  // RFC 9112 §3
  public static func head(of request: Request) throws(Refusal) -> Buffer {
    try check(request)
    var out = Buffer(capacity: 128 + request.target.utf8.count + request.fields.bytes.count)
    out.append(request.methodText)
    out.append(" " as StaticString)
    out.append(request.target)
    out.append(request.version == .http11 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n" as StaticString)
    // RFC 9110 §7.2: Host comes first.
    if !request.fields.contains(.host) {
      out.append("Host: " as StaticString)
      out.append(request.authority)
      out.append("\r\n" as StaticString)
    }
    out.append(request.fields.bytes)
    appendFraming(request, to: &out)
    if request.afterwards == .close {
      if request.version == .http11 { out.append("Connection: close\r\n" as StaticString) }
    } else if request.version == .http10 {
      out.append("Connection: keep-alive\r\n" as StaticString)
    }
    out.append("\r\n" as StaticString)
    return out
  }

  private static func appendFraming(_ request: Request, to out: inout Buffer) {
    var length: Int64?
    switch request.body {
    case .none:
      // RFC 9110 §8.6: a method that usually has content says when there is none.
      if request.method == .post || request.method == .put || request.method == .patch { length = 0 }
    case .bytes(let bytes): length = Int64(bytes.count)
    case .parts(let known):
      length = known
      if known == nil { out.append("Transfer-Encoding: chunked\r\n" as StaticString) }
    }
    if let length {
      out.append("Content-Length: " as StaticString)
      out.append(String(max(0, length)))
      out.append("\r\n" as StaticString)
    }
    if request.repeatsCoding, length != nil { out.append("Transfer-Encoding: chunked\r\n" as StaticString) }
    if request.expectsContinue, request.version == .http11, request.hasBody { out.append("Expect: 100-continue\r\n" as StaticString) }
  }

  private static func check(_ request: Request) throws(Refusal) {
    guard !request.methodText.isEmpty, request.methodText.utf8.allSatisfy(Characters.isToken) else {
      throw Refusal(expected: "a method of token characters", at: 0, "RFC 9110 §9.1")
    }
    if let bad = request.target.utf8.enumerated().first(where: { !Characters.isTarget($0.element) }) {
      throw Refusal(expected: "a character that may stand in a target", found: Refusal.name(of: bad.element), at: bad.offset, "RFC 9112 §3.2")
    }
    guard !request.target.isEmpty else { throw Refusal(expected: "a request target", found: "nothing", at: 0, "RFC 9112 §3.2") }
    try Buffer(request.authority).withUnsafeBytes { bytes throws(Refusal) in
      try TargetReader.checkAuthority(bytes, 0..<bytes.count, name: "Host")
    }
    if case .parts(nil) = request.body, request.version == .http10 {
      throw Refusal(expected: "a known length in HTTP/1.0", found: "parts", at: 0, "RFC 9112 §6.1")
    }
  }
}

extension Request {
  /// Whether bytes follow the head.
  var hasBody: Bool {
    switch body {
    case .none: false
    case .bytes(let bytes): !bytes.isEmpty
    case .parts(let length): length != 0
    }
  }
}
