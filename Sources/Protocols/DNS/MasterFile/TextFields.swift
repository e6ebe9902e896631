// The fields of one entry, read one after the other from its tokens: names, numbers, times, addresses, strings, binary data.
// Not here: which fields a type has (RecordDataParsing.swift), the entry's own beginning (MasterFileReader.swift).
import Bytes
import World

/// The tokens of one entry and a place among them. Offsets in errors count from the start of the text.
struct TextFields {
  let bytes: UnsafeRawBufferPointer
  let tokens: [TextToken]
  let origin: Name
  private(set) var next: Int

  init(_ bytes: UnsafeRawBufferPointer, _ tokens: [TextToken], from first: Int = 0, origin: Name) {
    self.bytes = bytes
    self.tokens = tokens
    next = first
    self.origin = origin
  }

  var isAtEnd: Bool { next >= tokens.count }

  /// The token to be read next.
  var peeked: TextToken? { next < tokens.count ? tokens[next] : nil }

  /// Where the next token begins, or the last one ended.
  var place: Int { peeked?.start ?? tokens.last?.end ?? 0 }

  func bytes(of token: TextToken) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[token.start..<token.end]) }

  func text(of token: TextToken) -> String { String(decoding: bytes[token.start..<token.end], as: UTF8.self) }

  /// The next token, whatever it is.
  @inline(__always)
  mutating func token(_ what: String, _ rule: String) throws(SyntaxError) -> TextToken {
    guard next < tokens.count else { throw SyntaxError(expected: what, found: "the end of the entry", at: place, rule: rule) }
    defer { next &+= 1 }
    return tokens[next]
  }

  /// What to throw when `token` is not what was expected.
  func unexpected(_ token: TextToken, _ what: String, _ rule: String) -> SyntaxError {
    SyntaxError(expected: what, found: "'\(String(text(of: token).prefix(40)))'", at: token.start, rule: rule)
  }

  /// Throws unless everything was read.
  func finish(_ what: String) throws(SyntaxError) {
    guard let token = peeked else { return }
    throw unexpected(token, "the end of \(what)", "RFC 1035 §5.1")
  }

  mutating func name(_ what: String) throws(SyntaxError) -> Name {
    let token = try token("the name of \(what)", "RFC 1035 §5.1")
    return try name(in: token)
  }

  func name(in token: TextToken) throws(SyntaxError) -> Name {
    do throws(SyntaxError) {
      return try Name(text: bytes(of: token), relativeTo: origin)
    } catch {
      throw SyntaxError(expected: error.expected, found: error.found, at: error.offset + token.start, rule: error.rule)
    }
  }

  /// A decimal number of type T.
  mutating func number<T: FixedWidthInteger & UnsignedInteger>(_ what: String, _ rule: String, as type: T.Type = T.self) throws(SyntaxError) -> T {
    let token = try token(what, rule)
    guard let value = decimal(token), let number = T(exactly: value) else {
      throw unexpected(token, "\(what), a number from 0 to \(T.max),", rule)
    }
    return number
  }

  /// The value of a token that is only digits.
  private func decimal(_ token: TextToken) -> UInt64? {
    guard (1...12).contains(token.end &- token.start) else { return nil }
    var value: UInt64 = 0
    for index in token.start..<token.end {
      let digit = bytes[index] &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
    }
    return value
  }

  /// A time in seconds, or with units: `1h30m`.
  mutating func time(_ what: String, _ rule: String) throws(SyntaxError) -> UInt32 {
    let token = try token(what, rule)
    guard let value = time(in: token) else { throw unexpected(token, "\(what), seconds or a time like 1h30m,", rule) }
    return value
  }

  /// The time that `token` holds; nil: it holds none, or one past 32 bits.
  func time(in token: TextToken) -> UInt32? {
    var total: UInt64 = 0
    var part: UInt64 = 0
    var hasDigits = false
    guard token.end > token.start else { return nil }
    for index in token.start..<token.end {
      let byte = bytes[index]
      if byte &- 0x30 < 10 {
        part = part &* 10 &+ UInt64(byte &- 0x30)
        hasDigits = true
      } else {
        guard hasDigits, let unit = TextFields.seconds(in: byte) else { return nil }
        total &+= part &* unit
        part = 0
        hasDigits = false
      }
      guard part <= 0xFFFF_FFFF, total <= 0xFFFF_FFFF else { return nil }
    }
    return UInt32(exactly: total &+ part)
  }

  private static func seconds(in unit: UInt8) -> UInt64? {
    switch unit | 0x20 {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "m"): 60
    case UInt8(ascii: "h"): 3600
    case UInt8(ascii: "d"): 86_400
    case UInt8(ascii: "w"): 604_800
    default: nil
    }
  }

  /// RFC 1035 §5.1: a word or quoted string, escapes undone, at most 255 bytes.
  mutating func characterString(_ what: String) throws(SyntaxError) -> [UInt8] {
    let token = try token(what, "RFC 1035 §5.1")
    let string = try unescaped(token)
    guard string.count <= 255 else {
      throw SyntaxError(expected: "\(what) of at most 255 bytes", found: "\(string.count)", at: token.start, rule: "RFC 1035 §3.3")
    }
    return string
  }

  /// A word or quoted string of any length, escapes undone.
  func unescaped(_ token: TextToken) throws(SyntaxError) -> [UInt8] {
    let text = bytes(of: token)
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] != UInt8(ascii: "\\") {
        result.append(text[index])
        index += 1
        continue
      }
      do throws(SyntaxError) {
        result.append(try Name.unescaped(text, &index))
      } catch {
        throw SyntaxError(expected: error.expected, found: error.found, at: error.offset + token.start, rule: error.rule)
      }
    }
    return result
  }

  /// All tokens that are left, as one run of hexadecimal digits.
  mutating func hex(_ what: String, _ rule: String) throws(SyntaxError) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    while let token = peeked {
      for index in token.start..<token.end {
        guard let digit = Hexadecimal.value(of: self.bytes[index]) else { throw unexpected(token, "\(what) in hexadecimal", rule) }
        if let first = high {
          bytes.append(first << 4 | digit)
          high = nil
        } else {
          high = digit
        }
      }
      next += 1
    }
    guard high == nil else { throw SyntaxError(expected: "an even number of hexadecimal digits", at: place, rule: rule) }
    return bytes
  }

  /// All tokens that are left, as one run of base64.
  mutating func base64(_ what: String, _ rule: String) throws(SyntaxError) -> [UInt8] {
    var bytes: [UInt8] = []
    var group: UInt32 = 0
    var digits = 0
    var pads = 0
    while let token = peeked {
      for index in token.start..<token.end {
        let byte = self.bytes[index]
        if byte == UInt8(ascii: "="), digits % 4 + pads >= 2, pads < 2 {
          pads += 1
          continue
        }
        guard pads == 0, let value = Base64.value(of: byte) else { throw unexpected(token, "\(what) in base64", rule) }
        group = group << 6 | UInt32(value)
        digits += 1
        if digits % 4 == 0 {
          bytes += [UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8), UInt8(truncatingIfNeeded: group)]
        }
      }
      next += 1
    }
    guard digits % 4 == 0 ? pads == 0 : digits % 4 + pads == 4 else {
      throw SyntaxError(expected: "\(what) in whole groups of four base64 digits", at: place, rule: rule)
    }
    if digits % 4 == 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 4)) }
    if digits % 4 == 3 { bytes += [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)] }
    return bytes
  }
}
