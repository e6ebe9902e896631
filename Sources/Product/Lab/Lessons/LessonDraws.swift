// The values a lesson leaves to the seed: whole numbers and durations from a range, words, one of several texts.
//
//   draw: {size: 2000..9000, age: 1d..300d, path: word, colour: [red, green, blue]}
//
// Each becomes a text that stands for `{name}` everywhere in the lesson's file; `{name:base64}` is the same in base64. Of an onion name `{name:twin}` is
// one that begins alike, `{name:damaged}` the same with one digit changed.
import Bytes
import Names
import Settings
import World

/// What one value is drawn from.
package enum LessonDraw: Sendable, Equatable {
  case number(ClosedRange<Int>)
  /// Unit: milliseconds when the range begins below a second, else whole seconds.
  case duration(ClosedRange<Int>, isFine: Bool)
  case word
  /// An I2P destination of random keys, in base64.
  case destination
  /// A name of the onion kind.
  case onion
  case choice([String])

  /// The form of a range, of `word`, `destination` or `onion`.
  static var form: SettingsForm<LessonDraw> {
    SettingsForm(expected: "a range such as 2000..9000 or 1d..300d, `word`, `destination`, `onion`, or a list", standIn: .word) { text in
      let kinds: [String: LessonDraw] = ["word": .word, "destination": .destination, "onion": .onion]
      if let kind = kinds[text] { return kind }
      guard let dots = text.firstRange(of: "..") else { return nil }
      let (low, high) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
      if let low = Int(low), let high = Int(high) { return low <= high && low >= -numberMax && high <= numberMax ? .number(low...high) : nil }
      let duration = SettingsForm<Duration>.duration
      guard let low = duration.read(low), let high = duration.read(high), low <= high, high <= .seconds(315_360_000) else { return nil }
      let isFine = low < .seconds(1)
      func count(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return isFine ? Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000) : Int(seconds)
      }
      return .duration(count(low)...count(high), isFine: isFine)
    }
  }

  /// Largest number that may be drawn.
  private static var numberMax: Int { 1_000_000_000_000 }

  /// The value as a text.
  func value(using random: inout SeededRandom) -> String {
    switch self {
    case .number(let range): String(Int.random(in: range, using: &random))
    case .duration(let range, let isFine): String(Int.random(in: range, using: &random)) + (isFine ? "ms" : "s")
    case .word: Self.word(using: &random)
    case .destination: Destination(bytes: (0..<384).map { _ in UInt8.random(in: .min ... .max, using: &random) } + [0, 0, 0])?.text ?? ""
    case .onion: "\(OnionName(key: ZoneSecret(.edkey, using: &random).publicKey.bytes).map { "\($0)" } ?? "")"
    case .choice(let texts): texts.randomElement(using: &random) ?? ""
    }
  }

  /// Three or four syllables that mean nothing: a few hundred thousand words, all of which may stand in a path or a name.
  private static func word(using random: inout SeededRandom) -> String {
    let first = Array("bdfgklmnprstvz")
    let vowels = Array("aeiou")
    let count = Int.random(in: 3...4, using: &random)
    return (0..<count).map { _ in
      "\(first.randomElement(using: &random) ?? "b")\(vowels.randomElement(using: &random) ?? "a")"
    }.joined()
  }
}

/// A name and what was drawn for it.
package struct DrawnValue: Sendable, Equatable {
  package var name: String
  package var value: String
}

/// Puts drawn values into texts.
struct DrawnTexts {
  private let values: [DrawnValue]
  /// Names that begin as onion names among the values do, by these: making one takes a while.
  private let twins: [String: String]

  init(_ values: [DrawnValue]) {
    self.values = values
    let names = values.compactMap { $0.value.hasSuffix(".onion") ? try? OnionName($0.value) : nil }
    twins = Dictionary(names.compactMap { name in Self.twin(of: name).map { ("\(name)", $0) } }) { $1 }
  }

  /// Longest text that comes out. Unit: bytes. Past it: the rest stays as it was written.
  private static var bytesMax: Int { 1_048_576 }

  func filled(_ text: String) -> String {
    guard !values.isEmpty, text.contains("{") else { return text }
    var filled = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), filled.utf8.count < Self.bytesMax {
      filled += rest[..<open]
      rest = rest[open...]
      guard let close = rest.prefix(40).firstIndex(of: "}"), let value = value(rest[rest.index(after: open)..<close]) else {
        filled.append("{")
        rest = rest.dropFirst()
        continue
      }
      filled += value
      rest = rest[rest.index(after: close)...]
    }
    return filled + rest
  }

  /// What stands for a name; for `name:base64` the same in base64.
  private func value(_ name: Substring) -> String? {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    guard let value = values.first(where: { $0.name == parts.first ?? "" })?.value else { return nil }
    if parts.count == 1 { return value }
    guard parts.count == 2 else { return nil }
    switch parts[1] {
    case "base64": return Base64.text(value.utf8)
    case "twin": return twins[value]
    case "damaged": return String(value.prefix(20)) + (value.dropFirst(20).hasPrefix("q") ? "w" : "q") + value.dropFirst(21)
    default: return nil
    }
  }

  /// A name whose key begins with the same four bytes: whoever wanted the secret to it would try 2^32 keys.
  private static func twin(of name: OnionName) -> String? {
    var random = SeededRandom(seed: name.key.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    for _ in 0..<10_000 {
      let key = name.key.prefix(4) + (4..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      if let made = OnionName(key: key), (try? OnionName("\(made)")) != nil { return "\(made)" }
    }
    return nil
  }

  /// The first `{name}` of a text that nothing was drawn for.
  static func unfilled(_ text: String) -> String? {
    text.firstMatch(of: /\{([a-z][A-Za-z0-9]*)(:base64|:twin|:damaged)?\}/).map { String($0.1) }
  }
}
