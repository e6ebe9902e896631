// Listings: written, and read in the form of every kind of server; text's line ends.
import Bytes
import TestKit
import Testing
import World

@testable import FTP

@Suite("FTP listings")
struct ListingTests {
  /// 2026-03-20 12:00:00
  static let now = Instant(secondsSince1970: 1_774_008_000)

  struct Case: Sendable, CustomTestStringConvertible {
    var line: String
    var item: ListingItem?
    var testDescription: String { line }

    init(_ line: String, _ name: String? = nil, _ kind: ListingItem.Kind = .file, size: Int64? = nil, at time: String? = nil, isExact: Bool = false) {
      self.line = line
      item = name.map {
        ListingItem(name: Array($0.utf8), kind: kind, size: size, modified: time.flatMap { TimeValue.instant(Buffer($0)) }, isTimeExact: isExact)
      }
    }
  }

  @Test("facts", .spec("RFC 3659", "7.2"), arguments: [
    Case("type=file;size=1835008;modify=20251102230500;UNIQUE=801g3f; two  spaces.iso", "two  spaces.iso", size: 1_835_008, at: "20251102230500", isExact: true),
    Case("Type=DIR;Modify=20260314092653.123; photos", "photos", .folder, at: "20260314092653", isExact: true),
    Case("type=OS.unix=slink:/x/y; link", "link", .link(to: Array("/x/y".utf8)), isExact: true),
    Case(" only a name", "only a name", .other, isExact: true), Case("type=file;size=99999999999999999999; big", "big", isExact: true),
    Case("type=cdir; ."), Case("type=pdir; .."), Case("type=file; .."), Case("type=file; ."), Case("type=file; ../x"), Case("type=file; a/b"), Case("type=file;"),
    Case("type=file; "), Case(""), Case("type=file; a\u{0}b"), Case("type=file; a\rb"), Case("type=dir; d/", "d", .folder, isExact: true),
  ])
  func facts(_ c: Case) { expect(c, .facts) }

  @Test("every form of every server", arguments: [
    // As `ls` writes them.
    Case("-rw-r--r--+  1 1000  users   1835008 Nov  2  2025  lead space.iso", " lead space.iso", size: 1_835_008, at: "20251102000000"),
    Case("lrwxrwxrwx   1 ftp   ftp           9 Mar 14 09:26 now -> photos/26", "now", .link(to: Array("photos/26".utf8)), size: 9, at: "20260314092600"),
    Case("drwxr-xr-x   3 1000            4096 2026-03-14 09:26 photos", "photos", .folder, size: 4_096, at: "20260314092600"),
    Case("-rw-r--r--   1 ftp ftp 12 2026-03-14 09:26:11.000000000 +0100 a b", "a b", size: 12, at: "20260314082611"),
    Case("-rw-r--r--   1 ftp   ftp           5 Mar 14 09:26   ", "  ", size: 5, at: "20260314092600"),
    Case("crw-rw----   1 root disk 8, 0 Mar 14 09:26 sda", "sda", .other, size: 0, at: "20260314092600"),
    Case("-rw-r--r--.  1 0 0 5 Mar 21 12:00 tomorrow", "tomorrow", size: 5, at: "20260321120000"),
    Case("-rw-r--r--   1 0 0 5 Mar 22 12:00 last year", "last year", size: 5, at: "20250322120000"),
    Case("-rw-r--r--   1 0 0 5 Dec 31 23:59 dec", "dec", size: 5, at: "20251231235900"),
    Case("-rw-r--r--   1 0 0 5 14 Mar 09:26 day first", "day first", size: 5, at: "20260314092600"),
    Case("-rw-r--r--   1 0 0 5 3月 14 09:26 month unknown", "month unknown", size: 5),
    Case("-rw-r--r--   1 0 0 5 14. Mär 09:26 monat", "monat", size: 5),
    Case("-rw-r--r--   1 0 0 5 Feb 30 2025 no such day", "no such day", size: 5),
    Case("drwxr-xr-x   1 0 0 5 Mar 14 09:26 ."), Case("drwxr-xr-x   1 0 0 5 Mar 14 09:26 .."), Case("-rw-r--r--   1 0 0 5 Mar 14 09:26 a/b"),
    Case("-rw-r--r--   1 0 0 5 Mar 14 09:26"), Case("total 12"), Case("ls: cannot open folder"), Case(""),
    // NetWare
    Case("d [RWCEAFMS] ops                         512 Mar 14 09:26 photos", "photos", .folder, size: 512, at: "20260314092600"),
    Case("- [-W---F--] ops                         512 Mar 14 09:26 a", "a", size: 512, at: "20260314092600"),
    // DOS
    Case("03-14-26  09:26AM       <DIR>          photos", "photos", .folder, at: "20260314092600"),
    Case("11-02-2025  23:05              1835008 big file.iso", "big file.iso", size: 1_835_008, at: "20251102230500"),
    Case("03-14-99  12:26PM                 1 x", "x", size: 1, at: "19990314122600"), Case("03-14-26  12:26AM  1 x", "x", size: 1, at: "20260314002600"),
    Case("03-14-26  09:26AM       <JUNCTION>     j", "j", .link(to: []), at: "20260314092600"),
    // EPLF
    Case("+i2049.771,m1773480360,r,s1835008,up644,\tbig file.iso", "big file.iso", size: 1_835_008, at: "20260314092600", isExact: true),
    Case("+/,\tphotos", "photos", .folder, isExact: true), Case("+no tab"),
    // VMS
    Case("NOTES.TXT;3             12/16     14-MAR-2026 09:26:11  [100,7]  (RWED,RWED,RE,)", "NOTES.TXT", size: 6_144, at: "20260314092611"),
    Case("PHOTOS.DIR;1            1/9       14-MAR-2026 09:26:11  [100,7]  (RWED,RWED,RE,)", "PHOTOS", .folder, at: "20260314092611"),
    Case("A_VERY_LONG_NAME_THAT_TAKES_A_LINE.TXT;1\r\n     12/16     14-MAR-2026 09:26:11  [100,7]  (RWED,RWED,RE,)", "A_VERY_LONG_NAME_THAT_TAKES_A_LINE.TXT", size: 6_144, at: "20260314092611"),
    // OS/400, MVS, OS/2
    Case("QPGMR          8192 03/14/26 09:26:11 *DIR       docs/", "docs", .folder, at: "20260314092611"),
    Case("QPGMR          8192 03/14/26 09:26:11 *STMF      a.txt", "a.txt", size: 8_192, at: "20260314092611"),
    Case("VOL001 3390   2026/03/14  1   15  FB      80  8000  PS  DATA.REPORT", "DATA.REPORT", at: "20260314000000"),
    Case("VOL001 3390   2026/03/14  1   15  FB      80  8000  PO  DATA.LIB", "DATA.LIB", .folder, at: "20260314000000"),
    Case("       0           DIR   03-14-26  09:26  photos", "photos", .folder, at: "20260314092600"),
    Case("     512      A          03-14-26  09:26  a", "a", size: 512, at: "20260314092600"),
  ])
  func forms(_ c: Case) { expect(c, .any) }

  private func expect(_ c: Case, _ form: ListingReader.Form) {
    for pieces in [[Buffer(c.line + "\r\n")], Cutter.single(Buffer(c.line + "\r\n")), [Buffer(c.line)]] {
      var reader = ListingReader(form, at: Self.now)
      var waiting = Buffer()
      for piece in pieces {
        waiting.append(piece)
        reader.read(&waiting)
      }
      reader.finish(&waiting)
      #expect(reader.items == (c.item.map { [$0] } ?? []))
    }
  }

  @Test("names alone, with a folder before them or not")
  func names() {
    var reader = ListingReader(.names, at: Self.now)
    var bytes: Buffer = "a\r\n/x/b c\r\n..\r\nd/\r\n"
    reader.finish(&bytes)
    #expect(reader.items.map { String(decoding: $0.name, as: UTF8.self) } == ["a", "b c"])
    #expect(reader.skipped == 2)
  }

  @Test("a listing has an end, and so has a line")
  func bounds() {
    var limits = Limits()
    limits.listingItemsMax = 3
    var reader = ListingReader(.names, at: Self.now, limits: limits)
    var bytes = Buffer(String(repeating: "a\r\n", count: 10))
    reader.finish(&bytes)
    #expect(reader.items.count == 3 && reader.isCut)
    var long = ListingReader(.names, at: Self.now)
    var line = Buffer(String(repeating: "a", count: 100_000) + "\r\nb\r\n")
    long.finish(&line)
    #expect(long.items.map(\.name) == [[0x62]] && long.skipped == 1)
  }

  // MARK: Writing

  static let items = [
    FileFacts(name: Array("notes.txt".utf8), kind: .file, size: 12, modified: Instant(secondsSince1970: 1_773_480_360), unique: "1g2", isWritable: true),
    FileFacts(name: Array(" two  spaces".utf8), kind: .folder, size: 4_096, modified: Instant(secondsSince1970: 1_700_000_000)),
    FileFacts(name: [0x61, 0x0A, 0x62], kind: .file, size: 1, modified: now),
    FileFacts(name: [0xE9, 0xFF], kind: .file, size: 1 << 40, modified: now.advanced(by: .seconds(86_400 * 300))),
  ]

  @Test("what is written for people reads back")
  func long() {
    var bytes = ListingWriter(.long, at: Self.now).bytes(of: Self.items)
    let text = bytes.text
    #expect(text.hasPrefix("-rw-r--r--   1 ftp      ftp                12 Mar 14 09:26 notes.txt\r\n"))
    var reader = ListingReader(.any, at: Self.now)
    reader.finish(&bytes)
    #expect(reader.items.map(\.name) == [Self.items[0].name, Self.items[1].name, Self.items[3].name])
    #expect(reader.items.map(\.kind) == [.file, .folder, .file])
    #expect(reader.items[2].size == 1 << 40)
    #expect(reader.items[1].modified == TimeValue.instant("20231114000000"))
  }

  @Test("what is written for programs reads back", .spec("RFC 3659", "7"))
  func machine() {
    var bytes = ListingWriter(.facts(FactName.allCases), at: Self.now).bytes(of: Self.items)
    #expect(bytes.text.hasPrefix("type=file;size=12;modify=20260314092600;perm=adfrw;unique=1g2; notes.txt\r\ntype=dir;modify=20231114221320;perm=el;  two  spaces\r\n"))
    var reader = ListingReader(.facts, at: Self.now)
    reader.finish(&bytes)
    #expect(reader.items.map(\.name) == [Self.items[0].name, Self.items[1].name, Self.items[3].name])
    #expect(reader.items.map(\.modified) == [0, 1, 3].map { Self.items[$0].modified })
    #expect(ListingWriter(.facts([.size]), at: Self.now).bytes(of: Self.items[..<1]).text == "size=12; notes.txt\r\n")
    #expect(ListingWriter(.names, at: Self.now).bytes(of: Self.items[..<2]).text == "notes.txt\r\n two  spaces\r\n")
  }

  // MARK: Times

  @Test("fourteen digits", .spec("RFC 3659", "2.3"), arguments: [
    ("19700101000000", 0), ("20260314092653", 1_773_480_413), ("20000229235959", 951_868_799), ("19691231235959", -1), ("20260314092653.999", 1_773_480_413),
    ("20250229000000", nil), ("20260314", nil), ("20261301000000", nil), ("20260314242653", nil), ("2026031409265x", nil), ("20260314092653.", nil), ("00000101000000", nil),
  ] as [(String, Int64?)])
  func times(_ text: String, _ seconds: Int64?) {
    let instant = TimeValue.instant(Buffer(text))
    #expect(instant?.secondsSince1970 == seconds)
    if let instant { #expect(TimeValue.text(instant) == text.prefix(14)) }
  }

  @Test("every time has a text")
  func extremes() {
    for nanoseconds in [Int64.min, -1, 0, 1, Int64.max] {
      let instant = Instant(nanoseconds: nanoseconds)
      #expect(TimeValue.text(instant).count == 14)
      #expect(TimeValue.instant(Buffer(TimeValue.text(instant)))?.secondsSince1970 == (nanoseconds == .min ? nil : instant.secondsSince1970))
    }
  }

  // MARK: Line ends

  @Test("text is sent with CR LF", .spec("RFC 959", "3.1.1.1"), arguments: [
    ("a\nb\n", "a\r\nb\r\n"), ("a\r\nb", "a\r\nb"), ("\n\n", "\r\n\r\n"), ("a\rb", "a\rb"), ("", ""), ("\r", "\r"), ("x\r\r\n", "x\r\r\n"),
  ])
  func sending(_ file: String, _ sent: String) {
    for pieces in [[Buffer(file)], Cutter.single(Buffer(file))] {
      var writer = LineEndWriter()
      var out = Buffer()
      for piece in pieces { out.append(writer.sent(piece)) }
      #expect(out.text == sent)
    }
  }

  @Test("text is stored with LF", arguments: [
    ("a\r\nb\r\n", "a\nb\n"), ("a\nb", "a\nb"), ("\r\n\r\n", "\n\n"), ("a\rb\r", "a\rb\r"), ("", ""), ("\r\r\n", "\r\n"), ("\r", "\r"),
  ])
  func storing(_ sent: String, _ file: String) {
    for pieces in [[Buffer(sent)], Cutter.single(Buffer(sent))] {
      var reader = LineEndReader()
      var out = Buffer()
      for piece in pieces { out.append(reader.stored(piece)) }
      out.append(reader.rest())
      #expect(out.text == file)
    }
  }
}
