// The byte sets against their grammars, byte by byte.
import Bytes
import TestKit
import Testing

@Suite("Character classes")
struct CharacterClassTests {
  @Test("a set holds what was put in and nothing else")
  func membership() {
    for byte in UInt8.min...UInt8.max {
      let set = CharacterClass(byte...byte)
      for other in UInt8.min...UInt8.max { #expect(set.contains(other) == (other == byte)) }
    }
  }

  @Test("HTTP's token characters are visible ASCII without the delimiters", .spec("RFC 9110", "5.6.2"))
  func token() {
    let delimiters = CharacterClass("\"(),/:;<=>?@[\\]{}")
    #expect(CharacterClass.token == CharacterClass.visible.subtracting(delimiters))
  }

  @Test("mail's atom characters are visible ASCII without the specials", .spec("RFC 5322", "3.2.3"))
  func atom() {
    let specials = CharacterClass("()<>[]:;@\\,.\"")
    #expect(CharacterClass.atom == CharacterClass.visible.subtracting(specials))
  }

  @Test("set arithmetic")
  func arithmetic() {
    #expect(CharacterClass.digits.inverted.inverted == .digits)
    #expect(CharacterClass.controls.union(.visible).union(CharacterClass(" ")) == CharacterClass(0x00...0x7F))
    #expect(CharacterClass.hexDigits.containsAll("09afAF".utf8))
    #expect(!CharacterClass.hexDigits.containsAll("g".utf8))
    #expect(!CharacterClass.fieldContent.contains(0))
  }
}
