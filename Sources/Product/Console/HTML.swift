// HTML by string interpolation: what is written in the source is markup, what is interpolated is text and gets escaped.
// So a peer's bytes cannot become markup unless somebody writes `HTML(markup:)`; only this folder does, around what Trace made.
import Bytes
import Trace

/// A piece of a page.
struct HTML: Sendable, ExpressibleByStringInterpolation {
  private(set) var markup: String

  /// Markup made elsewhere, already escaped.
  init(markup: String) { self.markup = markup }
  init(stringLiteral text: String) { markup = text }
  init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }

  /// Text, escaped.
  init(text: String) { markup = Markup.escaped(text) }

  static func += (left: inout HTML, right: HTML) { left.markup += right.markup }

  struct StringInterpolation: StringInterpolationProtocol {
    var markup: String

    init(literalCapacity: Int, interpolationCount: Int) {
      markup = ""
      markup.reserveCapacity(literalCapacity + interpolationCount * 16)
    }

    mutating func appendLiteral(_ literal: String) { markup += literal }
    // Disfavoured, so that a literal in an interpolation, `\(isOpen ? "<b>open</b>" : "")`, is markup like every literal in the source.
    @_disfavoredOverload mutating func appendInterpolation(_ text: String) { markup += Markup.escaped(text) }
    @_disfavoredOverload mutating func appendInterpolation(_ text: Substring) { markup += Markup.escaped(String(text)) }
    mutating func appendInterpolation(_ number: some BinaryInteger) { markup += String(number) }
    mutating func appendInterpolation(_ piece: HTML) { markup += piece.markup }
    mutating func appendInterpolation(_ piece: HTML?) { markup += piece?.markup ?? "" }
    mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { markup += piece.markup } }
  }
}

/// Numbers and texts as the console writes them.
enum Phrase {
  /// `1,024`.
  static func grouped(_ number: some BinaryInteger) -> String {
    var digits = Array(String(number.magnitude).utf8)
    var index = digits.count - 3
    while index > 0 {
      digits.insert(UInt8(ascii: ","), at: index)
      index -= 3
    }
    return (number < 0 ? "-" : "") + String(decoding: digits, as: UTF8.self)
  }

  /// `118 B`, `12.3 kB`, `4.0 MB`.
  static func size(_ bytes: some BinaryInteger) -> String {
    let bytes = UInt64(bytes.magnitude)
    func scaled(_ unit: UInt64, _ name: String) -> String { "\(bytes / unit).\(bytes % unit * 10 / unit) \(name)" }
    switch bytes {
    case 0..<1_000: return "\(bytes) B"
    case 1_000..<1_000_000: return scaled(1_000, "kB")
    case 1_000_000..<1_000_000_000: return scaled(1_000_000, "MB")
    default: return scaled(1_000_000_000, "GB")
    }
  }

  /// `1 message`, `2 messages`.
  static func count(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
  }
}
