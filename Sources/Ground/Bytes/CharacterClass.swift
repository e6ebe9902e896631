// Sets of bytes, for scanning grammars: one bit per byte value, so that a test costs a shift.
// The named sets are those that more than one protocol uses; a protocol's own sets stand beside its grammar.

/// A set of byte values.
public struct CharacterClass: Sendable, Hashable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  public init() {}

  /// The bytes of `text`, which are ASCII.
  public init(_ text: StaticString) {
    text.withUTF8Buffer { for byte in $0 { insert(byte) } }
  }

  public init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  public mutating func insert(_ byte: UInt8) {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  public func contains(_ byte: UInt8) -> Bool {
    let word =
      switch byte >> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word >> UInt64(byte & 63) & 1 == 1
  }

  /// Whether all of `bytes` are in the set.
  public func containsAll(_ bytes: some Sequence<UInt8>) -> Bool { bytes.allSatisfy(contains) }

  public func union(_ other: CharacterClass) -> CharacterClass { combined(with: other, |) }
  public func subtracting(_ other: CharacterClass) -> CharacterClass { combined(with: other) { $0 & ~$1 } }
  public var inverted: CharacterClass { CharacterClass(0x00...0xFF).subtracting(self) }

  private func combined(with other: CharacterClass, _ combine: (UInt64, UInt64) -> UInt64) -> CharacterClass {
    var result = CharacterClass()
    result.words = (
      combine(words.0, other.words.0), combine(words.1, other.words.1), combine(words.2, other.words.2), combine(words.3, other.words.3)
    )
    return result
  }

  public static func == (a: CharacterClass, b: CharacterClass) -> Bool { a.words == b.words }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

extension CharacterClass {
  // RFC 5234 §B.1 ALPHA, DIGIT, HEXDIG, VCHAR, WSP, CTL.
  public static let letters = CharacterClass(0x41...0x5A).union(CharacterClass(0x61...0x7A))
  public static let digits = CharacterClass(0x30...0x39)
  /// Both cases, as every protocol here reads them.
  public static let hexDigits = digits.union(CharacterClass("ABCDEFabcdef"))
  public static let visible = CharacterClass(0x21...0x7E)
  public static let whitespace = CharacterClass(" \t")
  public static let controls = CharacterClass(0x00...0x1F).union(CharacterClass(0x7F...0x7F))

  // RFC 9110 §5.6.2 tchar: what an HTTP token is made of.
  public static let token = letters.union(digits).union(CharacterClass("!#$%&'*+-.^_`|~"))
  // RFC 9110 §5.5 field-content: visible, space, tab, and obs-text.
  public static let fieldContent = visible.union(whitespace).union(CharacterClass(0x80...0xFF))
  // RFC 5322 §3.2.3 atext: what a mail atom is made of.
  public static let atom = letters.union(digits).union(CharacterClass("!#$%&'*+-/=?^_`{|}~"))
  // RFC 3986 §2.3 unreserved: what never needs percent-encoding in a URI.
  public static let unreserved = letters.union(digits).union(CharacterClass("-._~"))
}
