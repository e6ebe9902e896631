// Texts: encoded words, character sets, transfer encodings, dates.
import Bytes
import TestKit
import Testing
import World

@testable import Mail

@Suite struct TextTests {
  // MARK: Encoded words

  @Test("encoded words", .spec("RFC 2047", "2", "4", "6.2", "8"), arguments: [
    ("plain", "plain"), ("=?utf-8?q?caf=C3=A9?=", "café"), ("=?UTF-8?Q?caf=c3=a9?=", "café"), ("=?utf-8?b?Y2Fmw6k=?=", "café"), ("=?utf-8?B?Y2Fmw6k?=", "café"), ("=?iso-8859-1?q?a_b?=", "a b"),
    ("(=?ISO-8859-1?Q?a?=)", "(a)"), ("(=?ISO-8859-1?Q?a?= b)", "(a b)"), ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"), ("(=?ISO-8859-1?Q?a?=    =?ISO-8859-1?Q?b?=)", "(ab)"), ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"), ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
    // A character cut between two words.
    ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"), ("=?utf-8?b?w6k=?=x", "éx"), ("x=?utf-8?q?a?=y", "xay"), ("=?utf-8*de?q?a?=", "a"), ("=?koi8-r?q?=F0=D2=C9?=", "При"), ("=?windows-1252?q?=80?=", "€"), ("=?iso-8859-1?q?=80?=", "€"), ("=?us-ascii?q?=E9?=", "é"),
    ("=?nobody-knows?q?a=E9?=", "a\u{FFFD}"), ("=?utf-8?q?=FF?=", "\u{FFFD}"), ("=?utf-16be?b?AGEAYg==?=", "ab"),
    // What is none stays.
    ("=?utf-8?q?a", "=?utf-8?q?a"), ("=?utf-8?x?a?=", "=?utf-8?x?a?="), ("=??q?a?=", "=??q?a?="), ("=?utf-8?q?=?=", "="), ("=?utf-8?q??=", ""), ("=?", "=?"), ("=?utf-8?q?a=ZZ?=", "a=ZZ"), ("a =?utf-8?q?b?= c =?utf-8?q?d?= =?x", "a b c d =?x"), ("caf\u{E9}", "café"), ("", ""),
    ("=?utf-8?q?a?b?=", "=?utf-8?q?a?b?="), ("=?utf-8?b?!!?=", ""),
  ])
  func words(_ value: String, _ text: String) { #expect(EncodedWords.text(of: Buffer(value)) == text) }

  @Test("words are at most 75 bytes and never cut a character", .spec("RFC 2047", "2", "5"))
  func written() {
    for text in [String(repeating: "é", count: 200), String(repeating: "日本語", count: 50), String(repeating: "ab é ", count: 40), String(repeating: "\u{1F600}", count: 40)] {
      for word in EncodedWords.written(text).split(separator: " ") {
        #expect(word.utf8.count <= 75 && word.hasPrefix("=?utf-8?"))
        #expect(!EncodedWords.text(of: Buffer(String(word))).contains("\u{FFFD}"))
      }
    }
    #expect(EncodedWords.written("a\r\nb") == "a  b" || EncodedWords.text(of: Buffer(EncodedWords.written("a\r\nb"))) == "a  b")
    #expect(EncodedWords.written("Ann B", in: .phrase) == "Ann B")
    #expect(EncodedWords.written("Ann, B.", in: .phrase) == "\"Ann, B.\"")
  }

  @Test("the work grows with the length only", arguments: ["=?", "=?utf-8?q?a?= ", "=?utf-8?q?", "=", "?=", "=?a?b?", "=?utf-8?b?AAAA?=\r\n "])
  func linear(_ unit: String) {
    #expect(isLinear { count in
      let text = Buffer(String(repeating: unit, count: count / unit.utf8.count))
      return { _ = EncodedWords.text(of: text) }
    })
  }

  // MARK: Character sets

  @Test("character sets by their many names", arguments: [
    ("utf-8", [0xC3, 0xA9], "é"), ("UTF8", [0xC3, 0xA9], "é"), ("utf-8", [0xC3], "\u{FFFD}"), ("us-ascii", [0x41], "A"), ("ISO-8859-1", [0xE9, 0x93], "é“"), ("latin1", [0xE9], "é"), ("iso-8859-2", [0xB1], "ą"), ("ISO8859-2", [0xB1], "ą"), ("iso_8859-15", [0xA4], "€"),
    ("iso-8859-5", [0xD0, 0x85], "а\u{85}"), ("iso-8859-8-i", [0xE0], "א"), ("iso-8859-7", [0xE1], "α"), ("windows-1251", [0xE0], "а"), ("cp1251", [0xE0], "а"), ("windows-1252", [0x81], "\u{FFFD}"), ("koi8-u", [0xA4], "є"), ("cp437", [0x81], "ü"), ("IBM866", [0x80], "А"), ("windows-874", [0xA1], "ก"), ("tis-620", [0xA1], "ก"),
    ("macintosh", [0x8A], "ä"), ("utf-16", [0x00, 0x41], "A"), ("utf-16", [0xFF, 0xFE, 0x41, 0x00], "A"), ("utf-16le", [0x41, 0x00], "A"), ("utf-16be", [0xD8, 0x3D, 0xDE, 0x00], "\u{1F600}"), ("utf-16be", [0xD8, 0x3D], "\u{FFFD}"), ("utf-16be", [0x00, 0x41, 0x00], "A\u{FFFD}"),
    ("iso-2022-jp", [0x41, 0xE9], "A\u{FFFD}"), ("", [0x41], "A"), ("iso-8859-12", [0x41, 0xFF], "A\u{FFFD}"),
  ] as [(String, [UInt8], String)])
  func charsets(_ name: String, _ bytes: [UInt8], _ text: String) { #expect(Charset.text(of: Buffer(bytes), named: name) == text) }

  @Test("every table has all its characters, ASCII is ASCII in all")
  func tables() {
    #expect(CharsetTables.tables.count == CharsetTables.rows.count)
    let ascii = (0..<128).map { UInt8($0) }
    for (name, table) in CharsetTables.tables {
      #expect(table.count == (name.hasPrefix("iso") ? 96 : 128), "\(name)")
      #expect(Charset(name).text(of: Buffer(ascii)).utf8.elementsEqual(ascii), "\(name)")
    }
  }

  // MARK: Transfer encodings

  @Test("quoted-printable read", .spec("RFC 2045", "6.7"), arguments: [
    ("caf=C3=A9", "café"), ("caf=c3=a9", "café"), ("a=\r\nb", "ab"), ("a= \t\r\nb", "ab"), ("a=\nb", "ab"), ("a \t\r\nb", "a\r\nb"), ("a ", "a"), ("a =\r\n", "a "), ("=", ""), ("a=", "a"), ("=4", "=4"), ("=ZZ", "=ZZ"), ("=4Z", "=4Z"), ("==41", "=A"), ("=3D", "="), ("a\rb", "a\rb"),
    ("=\r", ""), ("a=20\r\n", "a \r\n"), ("=41=42", "AB"), ("a\r\n.\r\n", "a\r\n.\r\n"), ("= a", "= a"), ("a\t b", "a\t b"), ("\r\n\r\n", "\r\n\r\n"), ("=\r\n=\r\nx", "x"),
  ])
  func quotedPrintable(_ encoded: String, _ text: String) {
    #expect(TransferDecoder.decoded(Buffer(encoded), .quotedPrintable) == Buffer(text))
    Self.mustNotDependOnCuts(encoded, .quotedPrintable)
  }

  @Test("base64 read", .spec("RFC 2045", "6.8"), arguments: [
    ("QUJD", "ABC"), ("QUI=", "AB"), ("QQ==", "A"), ("QQ", "A"), ("QUI", "AB"), ("Q", ""), ("QU\r\nJD\r\n", "ABC"), ("Q!U.J D", "ABC"), ("QQ==QQ==", "AA"), ("====", ""), ("", ""), ("QUJDRA==\r\n\r\n", "ABCD"), ("QQ=", "A"),
  ])
  func base64(_ encoded: String, _ text: String) {
    #expect(TransferDecoder.decoded(Buffer(encoded), .base64) == Buffer(text))
    Self.mustNotDependOnCuts(encoded, .base64)
  }

  @Test("uuencode read", arguments: [
    ("begin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n", "Cat"), ("text\nbegin 644 x\n#0V%T\n#0V%T\n`\nend\nmore #0V%T\n", "CatCat"), ("begin 644 x\n#0V\n", "C`\0"), ("no begin\n#0V%T\n", ""), ("", ""),
  ])
  func unix(_ encoded: String, _ text: String) {
    #expect(TransferDecoder.decoded(Buffer(encoded), .uuencode) == Buffer(text))
    Self.mustNotDependOnCuts(encoded, .uuencode)
  }

  private static func mustNotDependOnCuts(_ encoded: String, _ encoding: TransferEncoding) {
    let whole = TransferDecoder.decoded(Buffer(encoded), encoding)
    for pieces in Cutter.cuts(of: Buffer(encoded)) {
      var decoder = TransferDecoder(encoding)
      var out = Buffer()
      for piece in pieces { decoder.decode(piece, into: &out) }
      decoder.finish(into: &out)
      #expect(out == whole, "\(encoded)")
    }
  }

  @Test("encodings written: short lines, nothing that programs on the way change", .spec("RFC 2045", "6.7", "6.8"), arguments: [
    ("café", "caf=C3=A9"), ("a \r\n", "a=20\r\n"), ("a\t\r\n", "a=09\r\n"), ("a=b", "a=3Db"), (".", "=2E"), ("From x\r\n", "=46rom x\r\n"), ("a ", "a=20"), ("a\nb", "a=0Ab"), ("a\rb", "a=0Db"), ("", ""), ("a b", "a b"),
    (String(repeating: "x", count: 76), String(repeating: "x", count: 75) + "=\r\nx"), (String(repeating: "x", count: 74) + "é", String(repeating: "x", count: 74) + "=\r\n=C3=A9"),
    // What stands behind a soft break looks like a line: it must be no border, no end of a message, nothing that is changed on the way.
    (String(repeating: "x", count: 75) + "--b", String(repeating: "x", count: 75) + "=\r\n=2D-b"), (String(repeating: "x", count: 75) + ".", String(repeating: "x", count: 75) + "=\r\n=2E"),
    (String(repeating: "x", count: 75) + "From ", String(repeating: "x", count: 75) + "=\r\n=46rom=20"), ("-- \r\nada", "--=20\r\nada"),
  ])
  func writtenQuoted(_ text: String, _ encoded: String) {
    #expect(TransferEncoder.encoded(Buffer(text), .quotedPrintable) == Buffer(encoded))
    #expect(TransferDecoder.decoded(Buffer(encoded), .quotedPrintable) == Buffer(text))
  }

  @Test("any bytes come back", arguments: [1, 2, 3] as [UInt64])
  func back(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<100 {
      let bytes = Buffer((0..<Int.random(in: 0...300, using: &random)).map { _ in Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : [0x0D, 0x0A, 0x20, 0x3D, 0x2E].randomElement(using: &random) ?? 0 })
      for encoding in [TransferEncoding.quotedPrintable, .base64] {
        let encoded = TransferEncoder.encoded(bytes, encoding)
        #expect(encoded.text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
        #expect(TransferDecoder.decoded(encoded, encoding) == bytes)
      }
    }
  }

  @Test("names of encodings", arguments: [("7BIT", TransferEncoding.sevenBit), ("Quoted-Printable", .quotedPrintable), ("uuencode", .uuencode), ("x-uue", .uuencode), ("x-unknown", nil)] as [(String, TransferEncoding?)])
  func names(_ name: String, _ encoding: TransferEncoding?) { #expect(TransferEncoding(name) == encoding) }

  @Test("decoding: the work grows with the length only", arguments: ["=", " ", "=\r\n", "\t ", "=4", "A", "\r"])
  func linearDecoding(_ unit: String) {
    for encoding in [TransferEncoding.quotedPrintable, .base64, .uuencode] {
      #expect(isLinear { count in
        let text = Buffer(String(repeating: unit, count: count / unit.utf8.count))
        return { _ = TransferDecoder.decoded(text, encoding) }
      })
    }
  }

  // MARK: Dates

  @Test("dates read", .spec("RFC 5322", "3.3", "4.3"), arguments: [
    ("Sat, 29 Nov 2025 08:25:00 +0100", 1_764_401_100, 60), ("29 Nov 2025 08:25 -0500", 1_764_422_700, -300), ("Fri, 21 Nov 1997 09:55:06 -0600", 880_127_706, -360), ("21 Nov 97 09:55:06 GMT", 880_106_106, 0), ("Thu, 13 Feb 1969 23:32:54 -0330", -27_723_426, -210),
    ("Thu,\r\n 13\r\n Feb 1969 23:32 -0330 (Newfoundland Time)", -27_723_480, -210), ("1 Jan 00 00:00:00 UT", 946_684_800, 0), ("1 Jan 49 00:00 Z", 2_493_072_000, 0), ("1 Jan 50 00:00 Z", -631_152_000, 0), ("1 Jan 100 00:00 Z", 946_684_800, 0), ("29 Feb 2000 00:00:00 EST", 951_800_400, -300),
    ("31 Dec 2016 23:59:60 +0000", 1_483_228_799, 0), ("Sat, 29 Nov 2025 08:25:00", 1_764_404_700, 0), ("Sat 29 nov 2025 08:25:00 pdt", 1_764_429_900, -420), ("29 November 2025 08:25:00 X", 1_764_404_700, 0), ("Sat, 29 Nov 2025 08:25:00 +9999", 1_764_318_360, 1_439),
  ])
  func dates(_ text: String, _ seconds: Int64, _ zone: Int) {
    let date = MailDate(reading: Buffer(text))
    #expect(date?.instant.secondsSince1970 == seconds)
    #expect(date?.zoneMinutes == zone)
    if let date { #expect(MailDate(reading: Buffer(date.text)) == date) }
  }

  @Test("what is no date", arguments: ["", "now", "32 Jan 2025 00:00", "0 Jan 2025 00:00", "29 Feb 2025 00:00", "1 Foo 2025 00:00", "1 Jan 2025", "1 Jan 2025 24:00", "1 Jan 2025 00:60", "1 Jan 2025 00:00:61", "1 Jan 2025 0", "1 Jan 20255 00:00", "x 1 Jan 2025 00:00 y z", "Sat, Sun, 1 Jan 2025 00:00", String(repeating: "(", count: 2_000), "1 Jan 2025 00:00:00:00"])
  func noDates(_ text: String) {
    // More words behind the zone are passed over.
    #expect((MailDate(reading: Buffer(text)) == nil) == (text != "x 1 Jan 2025 00:00 y z"))
  }

  @Test("dates written", .spec("RFC 5322", "3.3"), arguments: [
    (0, 0, "Thu, 1 Jan 1970 00:00:00 +0000"), (1_764_401_100, 60, "Sat, 29 Nov 2025 08:25:00 +0100"), (951_800_400, -300, "Tue, 29 Feb 2000 00:00:00 -0500"), (-1, 0, "Wed, 31 Dec 1969 23:59:59 +0000"), (-27_723_426, -210, "Thu, 13 Feb 1969 23:32:54 -0330"),
  ])
  func writtenDates(_ seconds: Int64, _ zone: Int, _ text: String) { #expect(MailDate(Instant(secondsSince1970: seconds), zoneMinutes: zone).text == text) }
}
