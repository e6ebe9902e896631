// The sets of bytes that the grammar is made of.
import Bytes

/// Sets of bytes.
// RFC 3501 §9
enum Characters {
  /// atom-specials: `( ) { SP CTL % * " \ ]`
  static let atomSpecials = CharacterClass("(){ %*\"\\]").union(.controls).union(CharacterClass(0x80...0xFF))
  static let atom = atomSpecials.inverted
  /// ASTRING-CHAR: an atom's, and `]`.
  static let astring = atom.union(CharacterClass("]"))
  static let tag = astring.subtracting(CharacterClass("+"))
  /// list-char: an atom's, the wildcards, and `]`.
  static let list = atom.union(CharacterClass("%*]"))
  /// What may stand between quotes as it is: TEXT-CHAR without quoted-specials.
  static let quoted = CharacterClass(0x01...0x7F).subtracting(CharacterClass("\r\n\"\\"))
  /// What may stand in the name of a header field.
  static let fieldName = CharacterClass.visible.subtracting(CharacterClass(":"))
  /// text: what a status response may say to people.
  static let text = CharacterClass(0x20...0x7E)

  static func uppercased(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte & 0xDF : byte }
}
