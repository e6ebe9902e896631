// Addresses as text, both ways: what is read, what is refused, and RFC 5952's one way to write each.
import TestKit
import Testing
import World

@Suite("Addresses")
struct AddressTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    /// The one way to write it; nil: it is no address.
    var written: String?
    var testDescription: String { text.isEmpty ? "(empty)" : text }
  }

  @Test("read and written", .spec("RFC 4291", "2.2"), .spec("RFC 5952", "4"), arguments: [
    Case(text: "192.0.2.1", written: "192.0.2.1"), Case(text: "0.0.0.0", written: "0.0.0.0"), Case(text: "255.255.255.255", written: "255.255.255.255"),
    Case(text: "", written: nil), Case(text: "1.2.3", written: nil), Case(text: "1.2.3.4.5", written: nil), Case(text: "1.2.3.256", written: nil),
    Case(text: "01.2.3.4", written: nil), Case(text: "1.2.3.04", written: nil), Case(text: "1..3.4", written: nil), Case(text: "1.2.3.+4", written: nil),
    Case(text: " 1.2.3.4", written: nil), Case(text: "1.2.3.4 ", written: nil), Case(text: "1.2.3.٤", written: nil), Case(text: "0x1.2.3.4", written: nil),
    Case(text: "::", written: "::"), Case(text: "::1", written: "::1"), Case(text: "1::", written: "1::"), Case(text: "2001:DB8::1", written: "2001:db8::1"),
    // RFC 5952 §4.1, §4.2.1, §4.2.2, §4.2.3, §4.3 in this order.
    Case(text: "2001:0db8:0000:0000:0000:0000:0002:0001", written: "2001:db8::2:1"),
    Case(text: "2001:db8:0:0:0:0:2:1", written: "2001:db8::2:1"),
    Case(text: "2001:db8:0:1:1:1:1:1", written: "2001:db8:0:1:1:1:1:1"), Case(text: "2001:db8::1:1:1:1:1", written: "2001:db8:0:1:1:1:1:1"),
    Case(text: "2001:0:0:1:0:0:0:1", written: "2001:0:0:1::1"), Case(text: "2001:db8:0:0:1:0:0:1", written: "2001:db8::1:0:0:1"),
    Case(text: "2001:DB8:AAAA:BBBB:CCCC:DDDD:EEEE:FFFF", written: "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"),
    Case(text: "0:0:0:0:0:0:0:0", written: "::"), Case(text: "1:0:0:0:0:0:0:0", written: "1::"), Case(text: "0:0:0:0:0:0:0:1", written: "::1"),
    Case(text: "::ffff:192.0.2.1", written: "::ffff:c000:201"), Case(text: "1:2:3:4:5:6:1.2.3.4", written: "1:2:3:4:5:6:102:304"),
    Case(text: "1:2:3:4:5:6:7", written: nil), Case(text: "1:2:3:4:5:6:7:8:9", written: nil), Case(text: "1:2:3:4:5:6:7:8::", written: nil),
    Case(text: "1:2:3:4::5:6:7:8", written: nil), Case(text: "1::2::3", written: nil), Case(text: ":::", written: nil), Case(text: ":", written: nil),
    Case(text: ":1", written: nil), Case(text: "1:", written: nil), Case(text: "12345::", written: nil), Case(text: "g::", written: nil),
    Case(text: "::+1", written: nil), Case(text: "::-1", written: nil), Case(text: "::1.2.3.4:5", written: nil), Case(text: "1.2.3.4::", written: nil),
    Case(text: "::1.2.3", written: nil), Case(text: "::1%lo", written: nil), Case(text: "::1:", written: nil), Case(text: "1:2:3:4:5:6:7:1.2.3.4", written: nil),
  ])
  func texts(_ c: Case) {
    let address = Address(c.text)
    #expect(address?.description == c.written)
    if let address { #expect(Address(address.description) == address) }
  }

  @Test("random addresses come back from their text and their bytes")
  func roundTrip() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2_000 {
      // Masks make runs of zero words likely.
      let high = random.next() & random.next() & (Bool.random(using: &random) ? 0xFFFF_0000_FFFF_0000 : .max)
      let low = random.next() & (Bool.random(using: &random) ? 0x0000_FFFF : .max)
      for address in [Address.v6(high, low), .v4(UInt32(truncatingIfNeeded: low))] {
        #expect(Address(address.description) == address)
        #expect(Address(bytes: address.bytes) == address)
      }
    }
    for count in 0...20 where count != 4 && count != 16 { #expect(Address(bytes: [UInt8](repeating: 1, count: count)) == nil) }
  }

  @Test("endpoints", arguments: [
    Case(text: "192.0.2.1:53", written: "192.0.2.1:53"), Case(text: "[2001:db8::1]:443", written: "[2001:db8::1]:443"), Case(text: "192.0.2.1:0", written: "192.0.2.1:0"),
    Case(text: "192.0.2.1:65535", written: "192.0.2.1:65535"), Case(text: "192.0.2.1:65536", written: nil), Case(text: "192.0.2.1", written: nil),
    Case(text: "2001:db8::1:53", written: nil), Case(text: "[192.0.2.1]:53", written: "192.0.2.1:53"), Case(text: "192.0.2.1:", written: nil), Case(text: ":53", written: nil),
    Case(text: "192.0.2.1:-1", written: nil), Case(text: "192.0.2.1:+1", written: nil), Case(text: "[::1]:+80", written: nil),
  ])
  func endpoints(_ c: Case) { #expect(Endpoint(c.text)?.description == c.written) }

  @Test("order: IPv4 before IPv6, then by value, then by port")
  func order() throws {
    let texts = ["0.0.0.1:9", "10.0.0.1:1", "10.0.0.1:2", "192.0.2.1:0", "[::]:5", "[::1]:0", "[1::]:0"]
    let endpoints = texts.compactMap { Endpoint($0) }
    #expect(endpoints.count == texts.count)
    #expect(endpoints.reversed().sorted() == endpoints)
  }
}

@Suite("Ranges of addresses")
struct AddressRangeTests {
  @Test("read from text, and what they contain", arguments: [
    ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("0.0.0.0/0", "203.0.113.1", true),
    ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false), ("::/0", "192.0.2.1", false), ("2001:db8::/65", "2001:db8::8000:0:0:0", false),
  ])
  func contains(_ range: String, _ address: String, _ expected: Bool) throws {
    let range = try #require(AddressRange(range))
    let address = try #require(Address(address))
    #expect(range.contains(address) == expected)
  }

  @Test("anything else is no range", arguments: ["", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2/24", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/24/1"])
  func refuses(_ text: String) { #expect(AddressRange(text) == nil) }

  @Test("what strangers must not reach", arguments: [
    ("127.0.0.1", true), ("10.1.2.3", true), ("169.254.169.254", true), ("0.0.0.0", true), ("172.31.255.255", true), ("172.32.0.0", false), ("192.168.1.1", true), ("100.64.0.1", true),
    ("224.0.0.1", true), ("198.51.100.10", false), ("::1", true), ("::", true), ("::ffff:127.0.0.1", true), ("64:ff9b::7f00:1", true), ("fe80::1", true), ("fd00::1", true), ("2001:db8::1", false),
  ])
  func inner(_ text: String, _ isInner: Bool) throws {
    let address = try #require(Address(text))
    #expect(AddressRange.inner.contains { $0.contains(address) } == isInner)
  }
}
