// Reads response heads, as strictly as requests: a client that guesses where a response ends mixes up answers.
// Not here: lines and fields (HeadReader.swift), bodies (ClientConversation.swift).
public import Bytes

/// Reads one response head after the other off the front of a buffer.
public struct ResponseReader: Sendable {
  private var head = HeadReader()
  private var facts = ResponseFacts()
  private var framing = FramingFields()
  private var hasStartLine = false
  private var isFresh = true
  private let limits: Limits

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Takes the next whole head off the front. Nil: it has not arrived whole, and nothing was taken. How the body ends also depends on the
  /// method of the request it answers.
  public mutating func next(from bytes: inout Buffer, answering method: Method) throws(Refusal) -> ResponseHead? {
    let length = try bytes.withUnsafeBytes { all throws(Refusal) in try read(all, method) }
    guard length > 0, let taken = bytes.take(length) else { return nil }
    hasStartLine = false
    isFresh = true
    return ResponseHead(fields: Fields(bytes: taken, places: head.places), facts: facts)
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer, _ method: Method) throws(Refusal) -> Int {
    if isFresh {
      head.reset()
      facts = ResponseFacts()
      framing = FramingFields()
      isFresh = false
    }
    while let line = try head.nextLine(bytes) {
      if !hasStartLine {
        if line.count > limits.startLineBytesMax { throw tooLong }
        try readStatusLine(bytes, line)
        hasStartLine = true
        head.beginFields()
      } else if line.isEmpty {
        try framing.conclude(&facts, answering: method, bytes, head.places)
        return line.upperBound &+ 2
      } else {
        let code = try head.readField(bytes, line, limits)
        if code != 0 { try framing.note(code, at: head.places.count &- 1, bytes, head.places) }
      }
    }
    if hasStartLine {
      try head.checkUnfinished(limits)
    } else if head.searched > limits.startLineBytesMax {
      throw tooLong
    }
    return 0
  }

  private var tooLong: Refusal { Refusal(.badGateway, limit: "startLineBytesMax", allowed: limits.startLineBytesMax, unit: "bytes") }

  // RFC 9112 §4 status-line
  // Differs from RFC 9112 §4: the space after the code may be missing when no reason follows; some servers leave it out.
  private mutating func readStatusLine(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(Refusal) {
    let start = line.lowerBound
    guard line.count >= 12, let (major, minor) = VersionText.read(bytes, start..<(start + 8)), bytes[start + 8] == 0x20 else {
      throw Refusal(expected: "a status line that begins with HTTP/1.1", found: "another line", at: start, "RFC 9112 §4")
    }
    guard major == 1 else {
      throw Refusal(.badGateway, "expected HTTP/1.0 or HTTP/1.1, found HTTP/\(major).\(minor) (RFC 9110 §2.5)")
    }
    facts.version = minor == 0 ? .http10 : .http11
    var code: UInt16 = 0
    for index in (start + 9)..<(start + 12) {
      guard Characters.isDigit(bytes[index]) else {
        throw Refusal(expected: "three digits as status code", found: Refusal.name(of: bytes[index]), at: index, "RFC 9112 §4")
      }
      code = code * 10 + UInt16(bytes[index] - 0x30)
    }
    guard code >= 100, code < 600, line.count == 12 || bytes[start + 12] == 0x20 else {
      throw Refusal(expected: "a status code from 100 to 599, then a space", found: "\(code)", at: start + 9, "RFC 9110 §15")
    }
    facts.status = Status(rawValue: code)
    facts.reason = Swift.min(start + 13, line.upperBound)..<line.upperBound
  }
}

extension FramingFields {
  /// Decides framing and connection of a response.
  // RFC 9112 §6.3
  func conclude(
    _ facts: inout ResponseFacts, answering method: Method, _ bytes: UnsafeRawBufferPointer, _ places: [FieldPlace]
  ) throws(Refusal) {
    facts.keepsAlive = !closes && (facts.version == .http11 || keepsAlive)
    var length: Int64?
    if let contentLength { length = try Self.length(bytes, places[contentLength].value) }
    if let transferEncoding {
      let place = places[transferEncoding]
      // RFC 9112 §6.1: such a message has faulty framing, whatever else it says.
      guard length == nil, facts.version == .http11 else {
        throw Refusal(
          expected: "a Transfer-Encoding alone, in HTTP/1.1", found: length == nil ? "one in HTTP/1.0" : "Content-Length beside it",
          at: place.name.lowerBound, "RFC 9112 §6.1")
      }
      try Self.checkCodings(bytes, place.value)
    }
    if method == .head || facts.status.forbidsBody || (method == .connect && facts.status.isSuccessful) {
      facts.framing = .none
    } else if transferEncoding != nil {
      facts.framing = .chunked
    } else if let length {
      facts.framing = length == 0 ? .none : .length(length)
    } else {
      facts.framing = .untilClose
      facts.keepsAlive = false
    }
  }
}
