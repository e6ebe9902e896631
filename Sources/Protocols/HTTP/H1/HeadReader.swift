// Reads the lines of a head in place, as they arrive: finds each line's end, cuts field lines into name and value, keeps the bounds.
// Not here: start lines and what fields mean for framing (RequestReader.swift, ResponseReader.swift).

/// The part of reading that requests, responses and trailers share. Each byte is looked at a bounded number of times, however the
/// peer cuts its bytes.
struct HeadReader: Sendable {
  /// The fields read so far.
  var places: [FieldPlace] = []
  /// Where the line being read begins.
  private(set) var lineStart = 0
  /// Up to where no line end was found: what lies before it belongs to the line, however the peer cuts its bytes.
  private(set) var searched = 0
  /// Where the field lines begin.
  private(set) var fieldsStart = 0

  /// Forgets the last head. The array's memory is used again unless somebody still holds that head.
  @inline(__always)
  mutating func reset() {
    places.removeAll(keepingCapacity: true)
    lineStart = 0
    searched = 0
    fieldsStart = 0
  }

  /// Marks that the field lines begin here.
  @inline(__always)
  mutating func beginFields() { fieldsStart = lineStart }

  /// The next whole line, without its CRLF; nil: its end has not arrived.
  // RFC 9112 §2.2: lines end in CRLF.
  // Differs from RFC 9112 §2.2: a bare LF is never taken as a line end, because peers disagree about it and smuggling lives there.
  @inline(__always)
  mutating func nextLine(_ bytes: UnsafeRawBufferPointer) throws(Refusal) -> Range<Int>? {
    let end = bytes.firstControl(from: searched)
    if end &+ 1 < bytes.count, bytes[end] == 0x0D, bytes[end &+ 1] == 0x0A {
      let line = lineStart..<end
      lineStart = end &+ 2
      searched = lineStart
      return line
    }
    searched = end
    if end == bytes.count || (end &+ 1 == bytes.count && bytes[end] == 0x0D) { return nil }
    throw Refusal(
      expected: "CRLF at the end of the line, and no other control byte in it", found: Refusal.name(of: bytes[end]), at: end, "RFC 9112 §2.2")
  }

  /// Cuts a field line; returns the name's code in the registry.
  // RFC 9112 §5 field-line
  @inline(__always)
  mutating func readField(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ limits: Limits) throws(Refusal) -> UInt8 {
    if line.upperBound &- fieldsStart > limits.fieldsBytesMax || places.count >= limits.fieldsMax { throw tooLarge(limits) }
    let start = line.lowerBound
    let end = line.upperBound
    let colon = bytes.first(0x3A, in: start, end)
    let length = colon &- start
    guard length > 0, length < 256, colon < end else { throw noName(bytes, line, colon) }
    let name = UnsafeRawBufferPointer(rebasing: bytes[start..<colon])
    let code = FieldNameTable.shared.code(of: name)
    if code == 0 {
      for index in start..<colon where !Characters.isToken(bytes[index]) { throw badName(bytes, line, index) }
    }
    let value = bytes.trimmed(colon &+ 1, end)
    places.append(
      FieldPlace(
        code: code, nameLength: UInt8(truncatingIfNeeded: length), nameStart: UInt32(truncatingIfNeeded: start),
        valueStart: UInt32(truncatingIfNeeded: value.lowerBound), valueLength: UInt32(truncatingIfNeeded: value.count)))
    return code
  }

  /// Refuses a field section that has grown past its bound before its end has come.
  @inline(__always)
  func checkUnfinished(_ limits: Limits) throws(Refusal) {
    // Judged as `readField` will judge the whole line; a line of which nothing has come may be the empty one.
    if searched > lineStart, searched &- fieldsStart > limits.fieldsBytesMax { throw tooLarge(limits) }
  }

  private func tooLarge(_ limits: Limits) -> Refusal {
    places.count >= limits.fieldsMax
      ? Refusal(.requestHeaderFieldsTooLarge, limit: "fieldsMax", allowed: limits.fieldsMax, unit: "fields")
      : Refusal(.requestHeaderFieldsTooLarge, limit: "fieldsBytesMax", allowed: limits.fieldsBytesMax, unit: "bytes")
  }

  private func noName(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ colon: Int) -> Refusal {
    let start = line.lowerBound
    if Characters.isBlank(bytes[start]) {
      // RFC 9112 §5.2: folded lines are obsolete, and a server refuses them.
      return Refusal(expected: "a field name at the start of the line", found: "a folded line", at: start, "RFC 9112 §5.2")
    }
    if colon == start { return Refusal(expected: "a field name", found: "':'", at: start, "RFC 9112 §5.1") }
    if let bad = line.first(where: { !Characters.isToken(bytes[$0]) }), bad < colon { return badName(bytes, line, bad) }
    if colon == line.upperBound { return Refusal(expected: "':' after the field name", found: "the line's end", at: colon, "RFC 9112 §5.1") }
    return Refusal(.requestHeaderFieldsTooLarge, limit: "field name", allowed: 255, unit: "bytes")
  }

  private func badName(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ index: Int) -> Refusal {
    if index == line.lowerBound, Characters.isBlank(bytes[index]) { return noName(bytes, line, index) }
    // RFC 9112 §5.1: no blank between name and colon.
    return Refusal(expected: "a field name of token characters, then ':'", found: Refusal.name(of: bytes[index]), at: index, "RFC 9112 §5.1")
  }
}
