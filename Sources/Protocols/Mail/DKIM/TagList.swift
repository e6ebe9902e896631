// Lists of `tag=value;` as DKIM's fields and records have them, each value with its place in the field.
// Read next: SignatureField.swift, KeyRecord.swift.
import Bytes

/// A list of tags.
// RFC 6376 §3.2 tag-list
struct TagList: Hashable, Sendable {
  /// One tag.
  struct Tag: Hashable, Sendable {
    /// Case matters.
    var name: String
    /// Without blanks at its ends.
    var value: [UInt8]
    /// Everything between `=` and the next `;`, counted from the start of the list.
    var range: Range<Int>
  }

  private(set) var tags: [Tag] = []

  /// Nil: it is no such list, or a tag stands there twice.
  init?(_ bytes: [UInt8]) {
    var scanner = ByteScanner(bytes)
    var names: Set<String> = []
    while true {
      Self.skipBlanks(&scanner)
      // A `;` may end the list.
      if scanner.isAtEnd { return }
      let name = scanner.take(while: Self.nameBytes)
      guard let first = name.first, CharacterClass.letters.contains(first) else { return nil }
      Self.skipBlanks(&scanner)
      guard scanner.skip("=") else { return nil }
      let start = scanner.index
      let raw = scanner.take(while: Self.valueBytes)
      let tag = Tag(name: String(decoding: name, as: UTF8.self), value: Array(ASCII.trimmed(raw)), range: start..<scanner.index)
      guard names.insert(tag.name).inserted else { return nil }
      tags.append(tag)
      if scanner.isAtEnd { return }
      guard scanner.skip(";") else { return nil }
    }
  }

  private static let nameBytes = CharacterClass.letters.union(.digits).union(CharacterClass("_"))
  // RFC 6376 §3.2 VALCHAR, and the blanks of folds.
  private static let valueBytes = CharacterClass.visible.union(CharacterClass(" \t\r\n")).subtracting(CharacterClass(";"))

  private static func skipBlanks(_ scanner: inout ByteScanner) { while let byte = scanner.peek, ASCII.isSpace(byte) { scanner.index += 1 } }

  subscript(name: String) -> Tag? { tags.first { $0.name == name } }

  /// The value as text; nil: no such tag.
  func text(_ name: String) -> String? { self[name].map { String(decoding: $0.value, as: UTF8.self) } }

  /// The value without any blank in it.
  // RFC 6376 §3.2: base64 may be folded anywhere.
  func compact(_ name: String) -> [UInt8]? { self[name].map { $0.value.filter { !ASCII.isSpace($0) } } }

  /// The words of a value parted by colons, blanks around them removed.
  func words(_ name: String) -> [String]? {
    self[name].map { $0.value.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { String(decoding: ASCII.trimmed($0), as: UTF8.self) } }
  }
}
