// Response heads as a cache keeps them: without what belongs to one connection, and freshened by a 304.
// Not here: reading them again (H1/ResponseReader.swift reads them like any other head).
public import Bytes
public import World

/// Makes the heads that are kept.
public enum StoredHead {
  /// `head` without framing and connection fields, as bytes that `ResponseReader` takes. A response without a date gets its arrival's.
  // RFC 9111 §3.1
  public static func bytes(of head: ResponseHead, receivedAt: Instant) -> Buffer {
    var fields = FieldLines()
    fields.append(forwarding: head.fields, .response)
    return text(head.status, fields, hasDate: head.fields.contains(.date), receivedAt)
  }

  /// `stored` with the fields of the 304 that confirmed it in the place of its own.
  // RFC 9111 §3.2, §4.3.4
  public static func bytes(of stored: ResponseHead, freshenedBy confirmation: ResponseHead, receivedAt: Instant) -> Buffer {
    var newer: Set<String> = []
    for index in 0..<confirmation.fields.count {
      if let name = confirmation.fields.name(at: index), !isKept(name) { newer.insert(name.text.lowercased()) }
    }
    var fields = FieldLines()
    fields.append(forwarding: stored.fields, .response) { newer.contains($0.text.lowercased()) }
    fields.append(forwarding: confirmation.fields, .response) { isKept($0) }
    return text(stored.status, fields, hasDate: stored.fields.contains(.date) || confirmation.fields.contains(.date), receivedAt)
  }

  /// What describes the stored content itself, of which a 304 brings none.
  private static func isKept(_ name: FieldName) -> Bool {
    switch name {
    case .contentLength, .contentEncoding, .contentType, .contentRange, .vary, .setCookie: true
    default: false
    }
  }

  private static func text(_ status: Status, _ fields: FieldLines, hasDate: Bool, _ receivedAt: Instant) -> Buffer {
    var out = Buffer("HTTP/1.1 \(min(max(status.rawValue, 100), 599)) ")
    out.append(status.reason)
    out.append("\r\n" as StaticString)
    out.append(fields.bytes)
    if !hasDate {
      // RFC 9110 §6.6.1
      out.append("Date: " as StaticString)
      out.append(DateText.bytes(of: receivedAt))
      out.append("\r\n" as StaticString)
    }
    out.append("\r\n" as StaticString)
    return out
  }
}

/// What becomes of stored responses when somebody changes something.
public enum Invalidation {
  /// The addresses, as references relative to the request's, whose stored responses the answer `response` to `request` makes invalid.
  /// The caller leaves out those of another origin. Empty: none.
  // RFC 9111 §4.4: also after methods that nobody here knows.
  public static func references(after request: RequestHead, _ response: ResponseHead) -> [Buffer] {
    guard !request.method.isSafe, (200..<400).contains(response.status.rawValue) else { return [] }
    return [request.target] + [FieldName.location, .contentLocation].compactMap { response.value(of: $0) }
  }
}
