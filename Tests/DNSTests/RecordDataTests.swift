// Record data of every type: text and wire, both ways, and what is refused.
import Bytes
import DNS
import Testing
import World

/// The bytes written as `text`: hexadecimal, blanks ignored.
func hex(_ text: String) -> [UInt8] {
  let digits = text.filter { !$0.isWhitespace }
  return stride(from: 0, to: digits.count, by: 2).compactMap { offset in
    let start = digits.index(digits.startIndex, offsetBy: offset)
    return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
  }
}

@Suite struct RecordDataTests {
  struct Case: Sendable {
    var type: RecordType
    var text: String
    var wire: String
    /// When it is printed otherwise than it was written.
    var printed: String?
  }

  static let cases: [Case] = [
    Case(type: .a, text: "192.0.2.1", wire: "c0000201"),
    Case(type: .a, text: "255.255.255.255", wire: "ffffffff"),
    Case(type: .a, text: "\\# 4 c0 00 0201", wire: "c0000201", printed: "192.0.2.1"),
    Case(type: .aaaa, text: "2001:db8::1", wire: "20010db8000000000000000000000001"),
    Case(type: .aaaa, text: "2001:DB8:0:0:0:0:0:0", wire: "20010db8000000000000000000000000", printed: "2001:db8::"),
    Case(type: .aaaa, text: "::ffff:192.0.2.1", wire: "00000000000000000000ffffc0000201", printed: "::ffff:c000:201"),
    Case(type: .ns, text: "ns.test.", wire: "026e73047465737400"),
    Case(type: .ns, text: "ns", wire: "026e7303 7a6f6e047465737400", printed: "ns.zon.test."),
    Case(type: .ns, text: "@", wire: "037a6f6e047465737400", printed: "zon.test."),
    Case(type: .cname, text: ".", wire: "00"),
    Case(type: .ptr, text: "host.test.", wire: "04686f7374047465737400"),
    Case(type: .dname, text: "other.test.", wire: "056f74686572047465737400"),
    Case(type: .mx, text: "10 mail.test.", wire: "000a046d61696c047465737400"),
    Case(
      type: .soa, text: "ns.test. host\\.master.test. 2026010101 7200 3600 1209600 300",
      wire: "026e73047465737400 0b686f73742e6d6173746572047465737400 78c275f5 00001c20 00000e10 00127500 0000012c"),
    Case(type: .soa, text: ". . 1 2h 1h30m 2w 5M", wire: "0000 00000001 00001c20 00001518 00127500 0000012c", printed: ". . 1 7200 5400 1209600 300"),
    Case(type: .txt, text: "\"hello world\" \"\"", wire: "0b68656c6c6f20776f726c6400"),
    Case(type: .txt, text: "bare \"q\\\"\\\\\\007\"", wire: "046261726504 71225c07", printed: "\"bare\" \"q\\\"\\\\\\007\""),
    Case(type: .srv, text: "0 5 5060 sip.test.", wire: "0000000513c4 03736970047465737400"),
    Case(type: .cert, text: "PKIX 12345 8 AQID", wire: "0001 3039 08 010203"),
    Case(type: .cert, text: "65280 0 RSASHA256 AQ==", wire: "ff00 0000 08 01", printed: "65280 0 8 AQ=="),
    Case(type: .cert, text: "PGP 0 0 AQ I=", wire: "0003 0000 00 0102", printed: "PGP 0 0 AQI="),
    Case(type: .caa, text: "128 issue \"ca.test; a=b\"", wire: "80 056973737565 63612e746573743b20613d62"),
    Case(type: .hinfo, text: "\"RFC8482\" \"\"", wire: "07524643383438320 0"),
    Case(type: RecordType(rawValue: 65280), text: "\\# 0", wire: ""),
    Case(type: RecordType(rawValue: 65280), text: "\\# 3 0102ff", wire: "0102ff"),
    Case(type: RecordType(rawValue: 65280), text: "\\# 3 ( 01\n 02FF )", wire: "0102ff", printed: "\\# 3 0102ff"),
    Case(type: .ds, text: "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118", wire: "ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118"),
    Case(type: .dnskey, text: "256 3 8 AQID", wire: "0100 03 08 010203"),
    Case(type: .naptr, text: "100 50 \"s\" \"http+I2R\" \"\" _http._tcp.test.", wire: "0064 0032 0173 08687474702b493252 00 055f68747470045f746370047465737400"),
    Case(type: .rp, text: "a.test. .", wire: "0161047465737400 00"),
    Case(type: RecordType(rawValue: 256), text: "10 1 \"https://a.test/\"", wire: "000a 0001 68747470733a2f2f612e746573742f"),
  ]

  @Test("text and wire agree, both ways", arguments: cases)
  func bothWays(_ c: Case) throws {
    let origin = try Name("zon.test")
    let data = try RecordData(c.type, c.text, origin: origin)
    #expect(data.type == c.type)
    #expect(data.description == c.printed ?? c.text)
    #expect(try RecordData(c.type, data.description) == data)
    let record = ResourceRecord(.root, ttl: 1, data)
    let message = Message(id: 0, answers: [record]).wire()
    #expect(data.wire == hex(c.wire))
    #expect(try Message(reading: message).answers == [record])
  }

  struct Refused: Sendable {
    var type: RecordType
    var text: String
    var offset: Int
  }

  @Test("text that is refused, and where", arguments: [
    Refused(type: .a, text: "192.0.2", offset: 0), Refused(type: .a, text: "192.0.2.256", offset: 0), Refused(type: .a, text: "192.0.2.01", offset: 0),
    Refused(type: .a, text: "1.2.3.4.5", offset: 0), Refused(type: .a, text: "1..2.3", offset: 0), Refused(type: .a, text: "192.0.2.1 x", offset: 10),
    Refused(type: .a, text: "", offset: 0), Refused(type: .aaaa, text: "192.0.2.1", offset: 0), Refused(type: .aaaa, text: "1:::2", offset: 0),
    Refused(type: .mx, text: "65536 a.", offset: 0), Refused(type: .mx, text: "10", offset: 2), Refused(type: .mx, text: "-1 a.", offset: 0),
    Refused(type: .mx, text: "10 a..b", offset: 5), Refused(type: .txt, text: "", offset: 0),
    Refused(type: .txt, text: "\"" + String(repeating: "x", count: 256) + "\"", offset: 1), Refused(type: .txt, text: "\"abc", offset: 0),
    Refused(type: .soa, text: "a. b. 1 2 3 4", offset: 13), Refused(type: .soa, text: "a. b. 4294967296 2 3 4 5", offset: 6),
    Refused(type: .soa, text: "a. b. 1 2x 3 4 5", offset: 8), Refused(type: .srv, text: "1 2 99999 a.", offset: 4),
    Refused(type: .cert, text: "WHAT 1 2 AQID", offset: 0), Refused(type: .cert, text: "PKIX 1 2 AQI", offset: 12), Refused(type: .cert, text: "PKIX 1 2 A!==", offset: 9),
    Refused(type: .a, text: "\\# 3 010203", offset: 0), Refused(type: .a, text: "\\# 4 0102", offset: 0), Refused(type: .a, text: "\\# 2 012", offset: 8),
    Refused(type: .mx, text: "\\# 4 000ac000", offset: 0), Refused(type: RecordType(rawValue: 65280), text: "hello", offset: 0),
    Refused(type: RecordType(rawValue: 65280), text: "\\# 1 zz", offset: 5), Refused(type: .a, text: "1.2.3.4\n5.6.7.8", offset: 8),
  ])
  func refused(_ c: Refused) {
    let error = #expect(throws: SyntaxError.self) { try RecordData(c.type, c.text) }
    #expect(error?.offset == c.offset, "\(error?.description ?? "")")
  }

  @Test("a whole record from one line")
  func record() throws {
    let record = try ResourceRecord("www.garnet.test. 300 IN A 192.0.2.1")
    #expect(record == ResourceRecord(try Name("www.garnet.test"), ttl: 300, RecordData(Address(192, 0, 2, 1))))
    #expect(record.description == "www.garnet.test. 300 IN A 192.0.2.1")
    #expect(try ResourceRecord("www A 192.0.2.1", origin: Name("garnet.test"), ttl: 300) == record)
    #expect(throws: SyntaxError.self) { try ResourceRecord("") }
    #expect(throws: SyntaxError.self) { try ResourceRecord("a. 1 A 192.0.2.1\nb. 1 A 192.0.2.1") }
    #expect(RecordData.txt("") == .txt([[]]) && RecordData.txt(String(repeating: "x", count: 256)) == .txt([Array(repeating: 120, count: 255), [120]]))
  }

  @Test("a class that gives a type another form keeps the bytes")
  func otherClass() throws {
    let data = RecordData.unknown(.a, [1, 97, 0, 0, 1])
    let record = ResourceRecord(.root, class: .chaos, ttl: 0, data)
    #expect(try Message(reading: Message(id: 0, answers: [record]).wire()).answers == [record])
    #expect(record.description == ". 0 CH A \\# 5 0161000001")
    #expect(try ResourceRecord(record.description) == record)
    let deletion = ResourceRecord(.root, class: .any, ttl: 0, .unknown(.mx, []))
    #expect(try Message(reading: Message(id: 0, authorities: [deletion]).wire()).authorities == [deletion])
  }
}
