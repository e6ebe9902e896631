// One label of a GNS name, and whole names cut into labels. Not here: where a name begins to be resolved (StartZones.swift).
@_spi(_Unicode) import Swift
public import World

/// A label as zones use it: normalised, so that who types it another way means the same.
public struct ZoneLabel: Sendable, Hashable, Comparable {
  public let text: String

  /// What stands at the zone itself.
  // RFC 9498 §2: the apex label
  public static let apex = ZoneLabel(checked: "@")

  private init(checked text: String) { self.text = text }

  /// The label written as `text`.
  // RFC 9498 §2 label: UTF-8 in normalisation form C, 1 to 63 bytes, no dot
  public init(_ text: some StringProtocol) throws(SyntaxError) {
    let rule = "RFC 9498 §2"
    // The normaliser is the standard library's own; on toolchains that do not show it this line does not compile.
    let normal = String(String.UnicodeScalarView(String(text)._nfc))
    guard !normal.isEmpty else { throw SyntaxError(expected: "a label", found: "nothing", at: 0, rule: rule) }
    guard normal.utf8.count <= 63 else { throw SyntaxError(expected: "a label of at most 63 bytes", found: "\(normal.utf8.count)", at: 0, rule: rule) }
    // A control character or a space in a label is a trap for whoever reads it.
    if let odd = normal.unicodeScalars.first(where: { $0 == "." || $0.value <= 0x20 || $0.properties.generalCategory == .control || $0.properties.isWhitespace }) {
      throw SyntaxError(expected: "no dot, space or control character in a label", found: "U+\(String(odd.value, radix: 16, uppercase: true))", at: 0, rule: rule)
    }
    self.text = normal
  }

  public static func < (a: ZoneLabel, b: ZoneLabel) -> Bool { Array(a.text.utf8).lexicographicallyPrecedes(Array(b.text.utf8)) }
  public static func == (a: ZoneLabel, b: ZoneLabel) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
  public func hash(into hasher: inout Hasher) { hasher.combine(Array(text.utf8)) }
}

extension ZoneLabel: CustomStringConvertible {
  public var description: String { text }
}

/// A name: labels with dots between, the one that is resolved first at the end.
public struct ZoneName: Sendable, Hashable {
  /// As they are written: the first is the one that is resolved last.
  public var labels: [ZoneLabel]

  public init(labels: [ZoneLabel]) { self.labels = labels }

  /// The name written as `text`; a dot at its end is not looked at.
  public init(_ text: some StringProtocol, limits: Limits = Limits()) throws(SyntaxError) {
    guard text.utf8.count <= limits.nameBytesMax else {
      throw SyntaxError(expected: "a name of at most \(limits.nameBytesMax) bytes", found: "\(text.utf8.count)", at: 0, rule: "RFC 9498 §2")
    }
    var labels: [ZoneLabel] = []
    let whole = text.hasSuffix(".") ? String(text.dropLast()) : String(text)
    var offset = 0
    for part in whole.split(separator: ".", omittingEmptySubsequences: false) {
      do throws(SyntaxError) { labels.append(try ZoneLabel(part)) } catch { throw SyntaxError(expected: error.expected, found: error.found, at: offset, rule: error.rule) }
      offset += part.utf8.count + 1
    }
    self.labels = labels
  }

  /// Whether the name ends in these labels.
  func hasSuffix(_ suffix: [ZoneLabel]) -> Bool { labels.count >= suffix.count && labels.suffix(suffix.count).elementsEqual(suffix) }
}

extension ZoneName: CustomStringConvertible {
  public var description: String { labels.map(\.text).joined(separator: ".") }
}
