// From a request's path to names of files: decoded once, every way out of the tree refused.
// Not here: what the names lead to (WebServer/Sites); the operating system's own check comes on top of this one.
public import Bytes

/// A path as segments that are each safe to use as one file name.
public struct SafePath: Sendable, Hashable {
  /// Decoded; none is empty, `.` or `..`, none contains `/`, `\` or a control byte.
  public var segments: [String]
  /// Whether it ends in a slash (or is the root).
  public var isDirectory: Bool

  /// Reads an origin-form path, without query.
  // RFC 3986 §2.4: percent signs are decoded once, after the path was cut at its slashes.
  // Differs from RFC 3986 §5.2.4: dot segments are refused, not removed; every client removes them before it sends.
  public init(_ path: Buffer) throws(Refusal) {
    guard path[at: 0] == UInt8(ascii: "/") else { throw Refusal(expected: "'/' at the start of the path", at: 0, "RFC 9112 §3.2.1") }
    segments = []
    var start = 1
    while start < path.count {
      let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
      if end > start { segments.append(try Self.segment(path[start..<end], at: start)) }
      start = end + 1
    }
    isDirectory = path[at: path.count - 1] == UInt8(ascii: "/")
  }

  private static func segment(_ raw: Buffer, at offset: Int) throws(Refusal) -> String {
    guard let decoded = PercentText.decoded(raw) else {
      throw Refusal(expected: "two hexadecimal digits after each '%'", at: offset, "RFC 3986 §2.1")
    }
    for index in 0..<decoded.count {
      guard let byte = decoded[at: index] else { break }
      if byte < 0x20 || byte == 0x7F || byte == 0x2F || byte == 0x5C {
        throw Refusal(expected: "a character of a file name in the path", found: Refusal.name(of: byte), at: offset, "RFC 3986 §7.3")
      }
    }
    guard let text = String(validating: decoded.array, as: UTF8.self) else {
      throw Refusal(expected: "UTF-8 in the path", at: offset, "RFC 3986 §2.5")
    }
    if text == "." || text == ".." {
      throw Refusal(expected: "a path without dot segments", found: "'\(text)'", at: offset, "RFC 3986 §3.3")
    }
    return text
  }
}

/// Percent-encoding.
// RFC 3986 §2.1
public enum PercentText {
  /// `bytes` with each `%` and two digits as the byte they stand for; nil when a `%` is not followed by two digits.
  public static func decoded(_ bytes: Buffer) -> Buffer? {
    guard bytes.firstIndex(of: UInt8(ascii: "%")) != nil else { return bytes }
    return bytes.withUnsafeBytes { all in
      var out = Buffer(capacity: all.count)
      var index = 0
      while index < all.count {
        guard all[index] == UInt8(ascii: "%") else {
          out.append(all[index])
          index += 1
          continue
        }
        guard index + 2 < all.count, let high = Hexadecimal.value(of: all[index + 1]), let low = Hexadecimal.value(of: all[index + 2]) else {
          return nil
        }
        out.append(high << 4 | low)
        index += 3
      }
      return out
    }
  }

  /// `text` as one path segment or query value: everything but unreserved characters as `%XX`.
  public static func encoded(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      let isPlain = byte < 0x80 && (Characters.isDigit(byte) || (byte | 0x20) &- 0x61 < 26 || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E)
      if isPlain {
        out.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        out += "%" + Hexadecimal.text(byte).uppercased()
      }
    }
    return out
  }
}
