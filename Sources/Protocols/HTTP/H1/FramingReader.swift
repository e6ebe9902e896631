// The fields that decide where a message ends and what becomes of the connection. Two readers that disagree here are how requests are
// smuggled, so anything unusual is refused rather than interpreted.
// Read next: RequestReader.swift and ResponseReader.swift, which use it.

/// Which of the deciding fields a head has, and where they stand in its table.
struct FramingFields: Sendable {
  var host: Int?
  var contentLength: Int?
  var transferEncoding: Int?
  var contentType: Int?
  var expect: Int?
  var closes = false
  var keepsAlive = false

  /// Takes note of a field, the last one in `places`.
  @inline(__always)
  mutating func note(
    _ code: UInt8, at index: Int, _ bytes: UnsafeRawBufferPointer, _ places: [FieldPlace]
  ) throws(Refusal) {
    switch code {
    case FieldName.host.code: try Self.set(&host, index, "Host", bytes, places)
    case FieldName.contentLength.code: try Self.set(&contentLength, index, "Content-Length", bytes, places)
    case FieldName.transferEncoding.code: try Self.set(&transferEncoding, index, "Transfer-Encoding", bytes, places)
    case FieldName.contentType.code: try Self.set(&contentType, index, "Content-Type", bytes, places)
    case FieldName.expect.code: expect = index
    case FieldName.connection.code:
      bytes.eachElement(of: places[index].value) { element in
        if bytes.spells("close", element) { closes = true } else if bytes.spells("keep-alive", element) { keepsAlive = true }
        return true
      }
    default: break
    }
  }

  // RFC 9112 §3.2, §6.3: a field that may stand once only, found twice, is refused even when both agree.
  @inline(__always)
  private static func set(
    _ place: inout Int?, _ index: Int, _ name: StaticString, _ bytes: UnsafeRawBufferPointer, _ places: [FieldPlace]
  ) throws(Refusal) {
    if place != nil {
      throw Refusal(expected: "one \(name) field", found: "two", at: places[index].name.lowerBound, "RFC 9110 §5.3")
    }
    place = index
  }

  /// Decides framing, connection and expectation of a request.
  // RFC 9112 §6.3
  @inline(__always)
  func conclude(
    _ facts: inout RequestFacts, _ bytes: UnsafeRawBufferPointer, _ places: [FieldPlace], _ limits: Limits
  ) throws(Refusal) {
    // RFC 9112 §9.3
    facts.keepsAlive = !closes && (facts.version == .http11 || keepsAlive)
    facts.hasLengthConflict = transferEncoding != nil && contentLength != nil
    if let transferEncoding, !(facts.hasLengthConflict && limits.lengthConflict == .lengthCounts) {
      let place = places[transferEncoding]
      if facts.hasLengthConflict, limits.lengthConflict == .refused {
        // RFC 9112 §6.1: both together look like smuggling.
        throw Refusal(
          expected: "Content-Length or Transfer-Encoding", found: "both", at: place.name.lowerBound, "RFC 9112 §6.1")
      }
      if facts.version == .http10 {
        throw Refusal(expected: "no Transfer-Encoding in HTTP/1.0", found: "one", at: place.name.lowerBound, "RFC 9112 §6.1")
      }
      try Self.checkCodings(bytes, place.value)
      facts.framing = .chunked
    } else if let contentLength {
      let length = try Self.length(bytes, places[contentLength].value)
      if length > limits.bodyBytesMax {
        throw Refusal(.contentTooLarge, limit: "bodyBytesMax", allowed: Int(limits.bodyBytesMax), unit: "bytes")
      }
      facts.framing = length == 0 ? .none : .length(length)
    }
    if facts.method == .trace, facts.framing != .none {
      // RFC 9110 §9.3.8
      throw Refusal(expected: "TRACE without a body", found: "a body", at: 0, "RFC 9110 §9.3.8")
    }
    // RFC 9110 §10.1.1: an HTTP/1.0 client's expectation is ignored.
    if let expect, facts.version == .http11 {
      guard bytes.spells("100-continue", places[expect].value) else {
        throw Refusal(
          expected: "100-continue", found: "another expectation", at: places[expect].value.lowerBound, "RFC 9110 §10.1.1",
          status: .expectationFailed)
      }
      facts.expectsContinue = facts.framing != .none
    }
  }

  /// The number a Content-Length field gives: digits only, no leading zero, at most eighteen.
  // RFC 9110 §8.6 Content-Length
  // Differs from RFC 9110 §8.6: leading zeros and repeated equal values are refused, since other readers take them differently.
  static func length(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(Refusal) -> Int64 {
    var value: Int64 = 0
    for index in range {
      guard Characters.isDigit(bytes[index]) else {
        throw Refusal(expected: "decimal digits as Content-Length", found: Refusal.name(of: bytes[index]), at: index, "RFC 9110 §8.6")
      }
      value = value &* 10 &+ Int64(bytes[index] &- 0x30)
      if index &- range.lowerBound >= 18 {
        throw Refusal(expected: "a Content-Length of at most 18 digits", found: "more", at: index, "RFC 9110 §8.6")
      }
    }
    guard !range.isEmpty else { throw Refusal(expected: "a number as Content-Length", found: "nothing", at: range.lowerBound, "RFC 9110 §8.6") }
    if range.count > 1, bytes[range.lowerBound] == 0x30 {
      throw Refusal(expected: "a Content-Length without leading zeros", found: "'0'", at: range.lowerBound, "RFC 9110 §8.6")
    }
    return value
  }

  /// Accepts `chunked` alone; a list that chunked ends but does not consist of is not implemented; the rest is refused.
  // RFC 9112 §6.1, §7
  static func checkCodings(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(Refusal) {
    if bytes.spells("chunked", range) { return }
    var elements = 0
    var chunked = 0
    var endsChunked = false
    var bad: Int?
    bytes.eachElement(of: range) { element in
      elements &+= 1
      endsChunked = bytes.spells("chunked", element)
      if endsChunked { chunked &+= 1 }
      if element.isEmpty { bad = element.lowerBound }
      for index in element where !Characters.isToken(bytes[index]) { bad = bad ?? index }
      return bad == nil
    }
    if let bad {
      throw Refusal(
        expected: "a list of transfer codings", found: bad < range.upperBound ? Refusal.name(of: bytes[bad]) : "the end", at: bad,
        "RFC 9112 §6.1")
    }
    guard chunked == 0 || (chunked == 1 && endsChunked) else {
      throw Refusal(expected: "chunked once, as the last coding", found: "another order", at: range.lowerBound, "RFC 9112 §6.1")
    }
    throw Refusal(.notImplemented, "expected the transfer coding chunked, found another at byte \(range.lowerBound) (RFC 9112 §6.1)")
  }
}
