// Entity tags: the names of versions, and the lists that conditional requests carry them in.
// Read next: Preconditions.swift.
public import Bytes

/// The name of one version of a representation.
// RFC 9110 §8.8.3 entity-tag
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
  /// Whether versions with this tag may differ in ways that do not matter.
  public var isWeak: Bool
  /// What stands between the quotes.
  public var opaque: Buffer

  public init(_ opaque: Buffer, isWeak: Bool = false) {
    self.opaque = opaque
    self.isWeak = isWeak
  }

  /// The tag written as `text`; nil when it is none, for example without quotes.
  public init?(parsing text: Buffer) {
    let parsed = text.withUnsafeBytes { bytes -> (Range<Int>, Bool)? in
      let isWeak = bytes.count >= 2 && bytes[0] == UInt8(ascii: "W") && bytes[1] == UInt8(ascii: "/")
      let start = isWeak ? 2 : 0
      guard bytes.count >= start + 2, bytes[start] == 0x22, bytes[bytes.count - 1] == 0x22 else { return nil }
      let range = (start + 1)..<(bytes.count - 1)
      return bytes[range].allSatisfy(Characters.isTag) ? (range, isWeak) : nil
    }
    guard let (range, isWeak) = parsed else { return nil }
    self.init(text[range], isWeak: isWeak)
  }

  /// As in a field's value.
  public var description: String { "\(isWeak ? "W/" : "")\"\(opaque.text)\"" }

  /// The same bytes, for certain.
  // RFC 9110 §8.8.3.2
  public func isStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

  /// The same in what matters.
  // RFC 9110 §8.8.3.2
  public func isWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }
}

/// The value of `If-Match` or `If-None-Match`.
public enum EntityTagList: Sendable, Hashable {
  /// `*`: whichever version exists.
  case any
  case tags([EntityTag])

  /// Most tags looked at. Unit: tags. Past it: the rest is ignored.
  static var tagsMax: Int { 64 }

  /// The list written in `value`. What is not an entity tag is left out, and so matches nothing.
  // RFC 9110 §13.1.1
  public init(parsing value: Buffer) {
    if value.count == 1, value[at: 0] == 0x2A {
      self = .any
      return
    }
    var tags: [EntityTag] = []
    for range in Self.elements(of: value).prefix(Self.tagsMax) {
      if let tag = EntityTag(parsing: value[range]) { tags.append(tag) }
    }
    self = .tags(tags)
  }

  /// The list's elements; a comma inside a tag's quotes separates nothing.
  private static func elements(of value: Buffer) -> [Range<Int>] {
    value.withUnsafeBytes { bytes in
      var found: [Range<Int>] = []
      var start = 0
      var isQuoted = false
      for index in 0...bytes.count {
        if index < bytes.count {
          if bytes[index] == 0x22 { isQuoted.toggle() }
          if bytes[index] != 0x2C || isQuoted { continue }
        }
        let element = bytes.trimmed(start, index)
        if !element.isEmpty { found.append(element) }
        start = index + 1
      }
      return found
    }
  }
}
