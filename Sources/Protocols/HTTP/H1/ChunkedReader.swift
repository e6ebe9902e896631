// Reads a chunked body as it arrives: sizes, extensions (checked and dropped), data, trailers.
// Not here: how much of it the owner wants (ServerConversation.swift).
import Bytes

/// One chunked body.
// RFC 9112 §7.1 chunked-body
struct ChunkedReader: Sendable {
  /// What came next.
  enum Piece: Sendable {
    case data(Buffer)
    /// The last chunk and the trailers are read.
    case end(trailers: Fields)
  }

  private enum State: Sendable {
    /// At the start of a size line.
    case size
    /// Inside a chunk's data; never zero.
    case data(left: Int64)
    /// After a chunk's data, before its CRLF.
    case dataEnd
    /// After the last chunk, before the empty line.
    case trailers
    case done
  }

  private var state = State.size
  private var total: Int64 = 0
  private var extensionBytes = 0
  private var trailers = HeadReader()
  private let limits: Limits

  init(limits: Limits) { self.limits = limits }

  var isDone: Bool { if case .done = state { true } else { false } }

  /// The next piece, of at most `most` bytes of data. Nil: more bytes are needed.
  mutating func next(from bytes: inout Buffer, most: Int) throws(Refusal) -> Piece? {
    // Each turn takes bytes or returns.
    while true {
      switch state {
      case .size:
        guard let (size, length) = try bytes.withUnsafeBytes({ all throws(Refusal) in try readSize(all) }) else { return nil }
        bytes.drop(length)
        if size == 0 {
          state = .trailers
        } else {
          total = total &+ size
          if total > limits.bodyBytesMax || total < 0 {
            throw Refusal(.contentTooLarge, limit: "bodyBytesMax", allowed: Int(limits.bodyBytesMax), unit: "bytes")
          }
          state = .data(left: size)
        }
      case .data(let left):
        let length = Int(min(left, Int64(min(most, bytes.count))))
        guard length > 0, let data = bytes.take(length) else { return nil }
        state = left == Int64(length) ? .dataEnd : .data(left: left - Int64(length))
        return .data(data)
      case .dataEnd:
        guard let first = bytes[at: 0] else { return nil }
        guard first == 0x0D else { throw noEnd(first, 0) }
        guard let second = bytes[at: 1] else { return nil }
        guard second == 0x0A else { throw noEnd(second, 1) }
        bytes.drop(2)
        state = .size
      case .trailers:
        guard let (length, places) = try bytes.withUnsafeBytes({ all throws(Refusal) in try readTrailers(all) }), let taken = bytes.take(length)
        else { return nil }
        state = .done
        return .end(trailers: Fields(bytes: taken, places: places))
      case .done:
        return nil
      }
    }
  }

  private func noEnd(_ byte: UInt8, _ offset: Int) -> Refusal {
    Refusal(expected: "CRLF after the chunk's data", found: Refusal.name(of: byte), at: offset, "RFC 9112 §7.1")
  }

  /// Reads a size line; nil: it is not whole. Returns the size and the line's length with its CRLF.
  // RFC 9112 §7.1 chunk-size [ chunk-ext ] CRLF
  private mutating func readSize(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> (size: Int64, length: Int)? {
    var index = 0
    var size: Int64 = 0
    while index < bytes.count, let digit = Hexadecimal.value(of: bytes[index]) {
      // RFC 9112 §7.1: a size that does not fit must be noticed. Sixteen digits, and below 2^63.
      guard index < 16, size <= Int64.max >> 4 else {
        throw Refusal(expected: "a chunk size of at most 16 hexadecimal digits, below 2^63", found: "more", at: index, "RFC 9112 §7.1")
      }
      size = size &<< 4 | Int64(digit)
      index += 1
    }
    if index == 0, let first = bytes.first {
      throw Refusal(expected: "a chunk size in hexadecimal", found: Refusal.name(of: first), at: 0, "RFC 9112 §7.1")
    }
    let end = try ChunkExtensions.end(bytes, from: index, limits)
    guard end + 1 < bytes.count else { return nil }
    extensionBytes += end - index
    if extensionBytes > limits.chunkExtensionsBytesMax {
      throw Refusal(.badRequest, limit: "chunkExtensionsBytesMax", allowed: limits.chunkExtensionsBytesMax, unit: "bytes")
    }
    return (size, end + 2)
  }

  /// Reads the trailers and the empty line; nil: they are not whole. Fields that must not be trailers are left out.
  // RFC 9110 §6.5.1
  private mutating func readTrailers(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> (length: Int, places: [FieldPlace])? {
    var bounds = limits
    bounds.fieldsBytesMax = limits.trailerBytesMax
    while let line = try trailers.nextLine(bytes) {
      if line.isEmpty { return (line.upperBound + 2, trailers.places) }
      if Self.isForbidden(try trailers.readField(bytes, line, bounds)) { trailers.places.removeLast() }
    }
    try trailers.checkUnfinished(bounds)
    return nil
  }

  private static func isForbidden(_ code: UInt8) -> Bool {
    switch FieldName(code: code) {
    case .host, .contentLength, .transferEncoding, .authorization, .contentType, .contentEncoding, .contentRange, .cookie, .setCookie,
      .connection, .te, .trailer, .expect, .range, .cacheControl, .proxyAuthorization, .wwwAuthenticate, .proxyAuthenticate, .location, .vary,
      .date, .expires, .age, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .maxForwards, .upgrade, .via, .forwarded:
      true
    default: false
    }
  }
}

/// Extensions of a chunk: checked, then ignored, as RFC 9112 §7.1.1 asks of a reader that knows none.
enum ChunkExtensions {
  /// Where the line's CR stands; `bytes.count` when the line is not whole.
  // RFC 9112 §7.1.1 chunk-ext
  // Differs from RFC 9112 §7.1.1: no blanks around `;` and `=`; they help nobody but smugglers.
  static func end(_ bytes: UnsafeRawBufferPointer, from start: Int, _ limits: Limits) throws(Refusal) -> Int {
    var index = start
    while true {
      if index - start > limits.chunkExtensionBytesMax { throw tooLong(limits) }
      guard index < bytes.count else { return try unfinished(bytes, start, limits) }
      switch bytes[index] {
      case 0x0D:
        guard index + 1 < bytes.count else { return bytes.count }
        guard bytes[index + 1] == 0x0A else { throw refusal("LF after CR", bytes, index + 1) }
        return index
      case 0x3B:
        guard let next = try one(bytes, index + 1) else { return try unfinished(bytes, start, limits) }
        index = next
      default:
        throw refusal(index == start ? "';' or CRLF after the chunk size" : "';' or CRLF after the chunk extension", bytes, index)
      }
    }
  }

  /// The line's end has not come; everything there is belongs to the line.
  private static func unfinished(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ limits: Limits) throws(Refusal) -> Int {
    if bytes.count - start > limits.chunkExtensionBytesMax { throw tooLong(limits) }
    return bytes.count
  }

  private static func tooLong(_ limits: Limits) -> Refusal {
    Refusal(.badRequest, limit: "chunkExtensionBytesMax", allowed: limits.chunkExtensionBytesMax, unit: "bytes")
  }

  /// Reads one extension; nil: it is not whole.
  private static func one(_ bytes: UnsafeRawBufferPointer, _ start: Int) throws(Refusal) -> Int? {
    var index = try token(bytes, start)
    guard index < bytes.count else { return nil }
    guard bytes[index] == 0x3D else { return index }
    index += 1
    guard index < bytes.count else { return nil }
    guard bytes[index] == 0x22 else { return try token(bytes, index) }
    index += 1
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x22 { return index + 1 }
      if byte < 0x20 && byte != 0x09 || byte == 0x7F { throw refusal("a character of a quoted string", bytes, index) }
      if byte == 0x5C {
        index += 1
        guard index < bytes.count else { return nil }
        if bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F { throw refusal("a character of a quoted string", bytes, index) }
      }
      index += 1
    }
    return nil
  }

  private static func token(_ bytes: UnsafeRawBufferPointer, _ start: Int) throws(Refusal) -> Int {
    var index = start
    while index < bytes.count, Characters.isToken(bytes[index]) { index += 1 }
    if index == start, index < bytes.count { throw refusal("a token in the chunk extension", bytes, index) }
    return index
  }

  private static func refusal(_ expected: String, _ bytes: UnsafeRawBufferPointer, _ index: Int) -> Refusal {
    Refusal(expected: expected, found: Refusal.name(of: bytes[index]), at: index, "RFC 9112 §7.1.1")
  }
}
