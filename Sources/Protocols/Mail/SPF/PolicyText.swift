// The texts with `%{…}` in sender policies: read once, expanded as often as needed.
// Read before: SenderPolicy.swift.
import Bytes
import World

/// A text with macros.
// RFC 7208 §7.1 macro-string
struct PolicyText: Hashable, Sendable {
  /// `%{ir.}`: which value, how many of its parts from the right, in which order, parted where.
  struct Macro: Hashable, Sendable {
    /// In lower case.
    var letter: UInt8
    var isEscaped: Bool
    /// Nil: all.
    var parts: Int?
    var isReversed: Bool
    var delimiters: [UInt8]
  }

  enum Piece: Hashable, Sendable {
    case text([UInt8])
    case macro(Macro)
  }

  private(set) var pieces: [Piece] = []

  /// Whether the client's own name is part of it, which must be asked for first.
  var needsValidatedName: Bool { pieces.contains { if case .macro(let macro) = $0 { macro.letter == UInt8(ascii: "p") } else { false } } }

  init(_ bytes: [UInt8], isExplanation: Bool) throws(PolicyError) {
    var scanner = ByteScanner(bytes)
    var text: [UInt8] = []
    while let byte = scanner.next() {
      if byte == UInt8(ascii: "%") {
        if let literal = try Self.literal(&scanner) {
          text += literal
        } else {
          if !text.isEmpty { pieces.append(.text(text)) }
          text = []
          pieces.append(.macro(try Self.macro(&scanner, isExplanation: isExplanation)))
        }
      } else {
        // RFC 7208 §7.1 macro-literal; in explanations blanks too.
        guard (0x21...0x7E).contains(byte) || (isExplanation && byte == 0x20) else { throw PolicyError(what: "a byte that may not stand in a text") }
        text.append(byte)
      }
    }
    if !text.isEmpty { pieces.append(.text(text)) }
  }

  /// A text that becomes a domain.
  // RFC 7208 §7.1 domain-spec
  init(domain bytes: [UInt8]) throws(PolicyError) {
    try self.init(bytes, isExplanation: false)
    let isWhole: Bool
    if bytes.last == UInt8(ascii: "}"), case .macro? = pieces.last {
      isWhole = true
    } else if bytes.count >= 2, bytes[bytes.count - 2] == UInt8(ascii: "%"), case .text? = pieces.last, "%-_".utf8.contains(bytes[bytes.count - 1]) {
      isWhole = true
    } else if case .text(let end)? = pieces.last {
      isWhole = Self.endsInTopLabel(end)
    } else {
      isWhole = false
    }
    guard isWhole else { throw PolicyError(what: "'\(String(decoding: bytes, as: UTF8.self))' is no domain") }
  }

  /// `.label` or `.label.` at the end: the label has a letter, or a hyphen inside.
  // RFC 7208 §7.1 toplabel
  private static func endsInTopLabel(_ text: [UInt8]) -> Bool {
    let body = text.last == UInt8(ascii: ".") ? text.dropLast() : text[...]
    guard let dot = body.lastIndex(of: UInt8(ascii: ".")) else { return false }
    let label = body[(dot + 1)...]
    let hyphen = UInt8(ascii: "-")
    guard let first = label.first, let last = label.last, first != hyphen, last != hyphen else { return false }
    return label.allSatisfy { CharacterClass.letters.contains($0) || CharacterClass.digits.contains($0) || $0 == hyphen }
      && !CharacterClass.digits.containsAll(label)
  }

  /// What stands for a byte of its own behind `%`; nil: a macro begins.
  // RFC 7208 §7.1 macro-expand
  private static func literal(_ scanner: inout ByteScanner) throws(PolicyError) -> [UInt8]? {
    switch scanner.next() {
    case UInt8(ascii: "%"): return Array("%".utf8)
    case UInt8(ascii: "_"): return Array(" ".utf8)
    case UInt8(ascii: "-"): return Array("%20".utf8)
    case UInt8(ascii: "{"): return nil
    default: throw PolicyError(what: "a lone '%'")
    }
  }

  /// What follows `%{`.
  private static func macro(_ scanner: inout ByteScanner, isExplanation: Bool) throws(PolicyError) -> Macro {
    guard let letter = scanner.next(), letters.contains(letter) || (isExplanation && explanationLetters.contains(letter)) else {
      throw PolicyError(what: "a macro of no known letter")
    }
    let digits = scanner.take(while: .digits)
    // More parts than a name can have are all parts.
    let parts = digits.isEmpty ? nil : min(Int(String(decoding: digits, as: UTF8.self)) ?? 1_000, 1_000)
    guard parts != 0 else { throw PolicyError(what: "a macro of no parts") }
    let isReversed = scanner.skip("r") || scanner.skip("R")
    let parting = scanner.take(while: delimiters)
    guard scanner.skip("}") else { throw PolicyError(what: "a macro without its end") }
    return Macro(
      letter: letter | 0x20, isEscaped: letter & 0x20 == 0, parts: parts, isReversed: isReversed,
      delimiters: parting.isEmpty ? [UInt8(ascii: ".")] : Array(parting))
  }

  private static let letters = CharacterClass("slodiphvSLODIPHV")
  private static let explanationLetters = CharacterClass("crtCRT")
  private static let delimiters = CharacterClass(".-+,/_=")

  /// The text with the macros' values, which `value` gives for letters in lower case.
  // RFC 7208 §7.3
  func expanded(_ value: (UInt8) -> String) -> String {
    var out: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let bytes): out += bytes
      case .macro(let macro):
        var parts = value(macro.letter).utf8.split(omittingEmptySubsequences: false) { macro.delimiters.contains($0) }.map { Array($0) }
        if macro.isReversed { parts.reverse() }
        if let count = macro.parts { parts = parts.suffix(count) }
        let joined = Array(parts.joined(separator: [UInt8(ascii: ".")]))
        for byte in joined {
          // RFC 7208 §7.3: in upper case the value is made fit for a URI.
          if macro.isEscaped, !CharacterClass.unreserved.contains(byte) { out += FieldParameter.percent(byte).utf8 } else { out.append(byte) }
        }
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
