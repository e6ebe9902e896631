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
