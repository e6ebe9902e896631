// Base64 both ways: the published vectors, and texts that mean nothing.
import Bytes
import TestKit
import Testing

@Suite("Base64", .spec("RFC 4648", "10"))
struct Base64Tests {
  @Test("the published vectors", arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func vectors(plain: String, text: String) {
    #expect(Base64.text(plain.utf8) == text && Base64.bytes(text.utf8) == Array(plain.utf8))
    let bare = text.filter { $0 != "=" }
    #expect(Base64.text(plain.utf8, isPadded: false) == bare && Base64.bytes(bare.utf8) == Array(plain.utf8))
  }

  @Test("one text for each run of bytes", arguments: ["Z", "Zh==", "Zm9=", "Zg=", "Zg===", "=", "Zg==Zg==", "Zm 8", "Zm8-", "Zm9v="])
  func refused(_ text: String) { #expect(Base64.bytes(text.utf8) == nil) }
}

@Suite struct HexadecimalTests {
  @Test func bothWays() {
    let all = (0...255).map { UInt8($0) }
    let text = Hexadecimal.text(all)
    #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.utf8.count == 512)
    #expect(Hexadecimal.bytes(text.utf8) == all && Hexadecimal.bytes(text.uppercased().utf8) == all)
    #expect(Hexadecimal.text(0x0A) == "0a")
  }

  @Test func onlyPairsOfDigits() {
    for text in ["0", "0g", "g0", "0x12", " 12", "1 2", "-1", "1:", "@a", "1`"] { #expect(Hexadecimal.bytes(text.utf8) == nil, "\(text)") }
    #expect(Hexadecimal.bytes("".utf8) == [])
    let digits = (0...255).filter { Hexadecimal.value(of: UInt8($0)) != nil }.map { Character(Unicode.Scalar(UInt8($0))) }
    #expect(String(digits) == "0123456789ABCDEFabcdef")
  }
}
