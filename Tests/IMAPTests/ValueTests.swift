// The small values: sets of numbers, names in modified UTF-7, patterns, flags, dates.
import Bytes
import TestKit
import Testing
import World

@testable import IMAP

@Suite("sets of numbers")
struct SetTests {
  @Test("are kept as runs")
  func runs() {
    #expect(UIDSet([5, 3, 4, 9, 1]).description == "1,3:5,9")
    #expect(UIDSet([1...3, 2...8, 10...10] as [ClosedRange<UInt32>]).description == "1:8,10")
    #expect(UIDSet([0...2] as [ClosedRange<UInt32>]).description == "1:2")
    #expect(UIDSet([.max, .max - 1] as [UInt32]).description == "4294967294:4294967295")
    #expect(Array(UIDSet([7, 1, 2] as [UInt32])) == [1, 2, 7])
    var set = UIDSet()
    for uid: UInt32 in [5, 6, 2, 6, 0] { set.insert(uid) }
    set.remove(5)
    #expect(set.description == "2,6")
  }

  @Test("agree with plain sets, whatever is done to them")
  func agree() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2_000 {
      let a = Set((0..<Int.random(in: 0...12, using: &random)).map { _ in UInt32.random(in: 1...20, using: &random) })
      let b = Set((0..<Int.random(in: 0...12, using: &random)).map { _ in UInt32.random(in: 1...20, using: &random) })
      let (x, y) = (UIDSet(a), UIDSet(b))
      #expect(Array(x.union(y)) == a.union(b).sorted())
      #expect(Array(x.intersection(y)) == a.intersection(b).sorted())
      #expect(Array(x.subtracting(y)) == a.subtracting(b).sorted())
      #expect(x.count == a.count)
      for uid: UInt32 in 1...20 { #expect(x.contains(uid) == a.contains(uid)) }
      var rest = x
      let first = rest.takeFirst(3)
      #expect(Array(first) == Array(a.sorted().prefix(3)))
      #expect(Array(rest) == Array(a.sorted().dropFirst(3)))
    }
  }

  @Test("numbers of messages follow what the client was told", .spec("RFC 3501", "7.4.1"))
  func map() {
    var map = SequenceMap(UIDSet([10, 11, 12, 20, 30] as [UInt32]))
    #expect(map.count == 5)
    #expect(map.number(of: 20) == 4)
    #expect(map.number(of: 13) == nil)
    // RFC 3501 §7.4.1's way of counting: each number is as it is after those before it are gone.
    #expect(map.remove(UIDSet([11, 12, 30, 99] as [UInt32])) == [2, 2, 3])
    #expect(map.uids.description == "10,20")
    map.add(UIDSet([31, 32] as [UInt32]))
    #expect(map.number(of: 32) == 4)
  }

  @Test("agree with an array, whatever is asked of them")
  func mapAgrees() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<500 {
      let uids = Set((0..<Int.random(in: 0...15, using: &random)).map { _ in UInt32.random(in: 1...30, using: &random) }).sorted()
      let map = SequenceMap(UIDSet(uids))
      for (index, uid) in uids.enumerated() { #expect(map.number(of: uid) == index + 1) }
      guard !uids.isEmpty else { continue }
      let (a, b) = (UInt32.random(in: 1...UInt32(uids.count), using: &random), UInt32.random(in: 1...UInt32(uids.count), using: &random))
      let found = map.messages(numbered: SequenceSet([.init(.number(a), .number(b)), .init(.last, .last)]))
      let expected = Set(uids[Int(min(a, b) - 1)...Int(max(a, b) - 1)]).union([uids[uids.count - 1]])
      #expect(found.map(Array.init) == expected.sorted())
    }
  }

  @Test("the star", .spec("RFC 3501", "9"))
  func star() {
    let map = SequenceMap(UIDSet([10, 20, 30] as [UInt32]))
    func numbered(_ set: SequenceSet) -> String? { map.messages(numbered: set)?.description }
    func identified(_ set: SequenceSet) -> String { map.messages(identified: set).description }
    #expect(numbered(SequenceSet([.init(.last, .last)])) == "30")
    // n:* above the top means the top; without the star it is an error.
    #expect(numbered(SequenceSet([.init(.number(9), .last)])) == nil)
    #expect(numbered(SequenceSet([.init(.number(4), .number(4))])) == nil)
    #expect(numbered(.all) == "10,20,30")
    #expect(identified(SequenceSet([.init(.number(99), .last)])) == "30")
    #expect(identified(SequenceSet([.init(.number(11), .number(25))])) == "20")
    #expect(SequenceMap().messages(numbered: .all) == nil)
    #expect(SequenceMap().messages(identified: .all).isEmpty)
  }
}

@Suite("mailbox names")
struct NameTests {
  @Test(
    "modified UTF-7", .spec("RFC 3501", "5.1.3"),
    arguments: [
      ("INBOX", "INBOX"), ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\u{53F0}\u{5317}/\u{65E5}\u{672C}\u{8A9E}"), ("a&-b", "a&b"), ("&-", "&"),
      ("Entw&APw-rfe", "Entw\u{FC}rfe"), ("&2D3eAA-", "\u{1F600}"), ("", ""), ("&AOkA6Q-", "\u{E9}\u{E9}"), ("&AAo-", "\n"),
    ])
  func utf7(_ wire: String, _ text: String) {
    #expect(ModifiedUTF7.text(Buffer(wire)) == text)
    #expect(ModifiedUTF7.bytes(text) == Buffer(wire))
  }

  @Test(
    "what is no modified UTF-7", .spec("RFC 3501", "5.1.3"),
    arguments: ["&", "a&", "&A", "&AOQ", "&AOQ-&AOQ-", "&AGE-", "&AOR-", "&AO-", "&A-", "&2D3-", "&3gA-", "&AOQ/-", "&AOQ=-", "&U/BTFw-", "&\u{E4}-", "\u{E4}", "\n", "&*-", "&&-"])
  func notUTF7(_ wire: String) { #expect(ModifiedUTF7.text(Buffer(wire)) == nil) }

  @Test("any text reads back")
  func roundTrip() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<3_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        if let scalar = Unicode.Scalar([UInt32(0x20)...0x7E, 0xA0...0x2FFF, 0x1F300...0x1F6FF][Int.random(in: 0...2, using: &random)].randomElement(using: &random) ?? 0x41) { text.append(scalar) }
      }
      #expect(ModifiedUTF7.text(ModifiedUTF7.bytes(String(text))) == String(text))
    }
  }

  @Test("names", arguments: ["INBOX", "a", "a/b/c", "a.b", "...", "\u{E4}", "a b", "&"])
  func names(_ text: String) throws {
    let name = try MailboxName(text)
    #expect(name.text == text)
    #expect(try MailboxName(wire: name.wire) == name)
  }

  @Test("INBOX in any case is INBOX", .spec("RFC 3501", "5.1"))
  func inbox() throws {
    #expect(try MailboxName("inBox") == .inbox)
    #expect(try MailboxName("inbox/a").text == "INBOX/a")
    #expect(try MailboxName("inboxes").text == "inboxes")
    #expect(try MailboxName("a/inbox").text == "a/inbox")
  }

  @Test(
    "what no name may be",
    arguments: [
      "", "/", "a/", "/a", "a//b", ".", "..", "a/..", "../etc/passwd", "a/./b", "a\u{0}b", "a\nb", "a\u{7F}", "\u{85}", "a*", "a%b", "a\\b", "\u{2028}",
      String(repeating: "x", count: 256), String(repeating: "\u{E4}", count: 128), Array(repeating: "a", count: 21).joined(separator: "/"),
    ])
  func notNames(_ text: String) { #expect(throws: MailboxName.Fault.self) { try MailboxName(text) } }

  @Test("bounds are reached, not passed")
  func bounds() throws {
    _ = try MailboxName(String(repeating: "x", count: 255))
    _ = try MailboxName(Array(repeating: "a", count: 20).joined(separator: "/"))
    #expect(try MailboxName("a/b").moved(from: MailboxName("a"), to: MailboxName("c/d"))?.text == "c/d/b")
    #expect(try MailboxName("ab").moved(from: MailboxName("a"), to: MailboxName("c")) == nil)
    #expect(try MailboxName("a/b").parent?.text == "a")
    #expect(try [MailboxName("a.b"), MailboxName("a/c"), MailboxName("a")].sorted().map(\.text) == ["a", "a/c", "a.b"])
  }

  @Test(
    "patterns", .spec("RFC 3501", "6.3.8"),
    arguments: [
      ("*", "a/b", true), ("%", "a", true), ("%", "a/b", false), ("a/%", "a/b", true), ("a/%", "a/b/c", false), ("a/*", "a/b/c", true), ("a*", "a", true),
      ("*b", "a/b", true), ("%b", "a/b", false), ("%/%", "a/b", true), ("a%c*e", "abc/de", true), ("a%c*e", "a/c/e", false), ("*%", "a/b", true), ("%*", "a/b", true),
      ("inbox", "INBOX", true), ("InB*", "INBOX/x", true), ("inbox/X", "INBOX/x", false), ("a", "A", false), ("&AOQ-*", "\u{E4}x", true), ("", "a", false),
      ("%%%%%%a", "bbba", true), ("*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false), ("a", "ab", false), ("ab", "a", false),
    ])
  func patterns(_ pattern: String, _ name: String, _ matches: Bool) throws {
    let read = try #require(MailboxPattern(reference: "", Buffer(pattern)))
    #expect(read.matches(try MailboxName(name)) == matches)
  }

  @Test("a pattern that is no modified UTF-7 means nothing")
  func noPattern() throws {
    #expect(MailboxPattern(reference: "&", "*") == nil)
    #expect(MailboxPattern(reference: "&AOQ", "-*")?.matches(try MailboxName("\u{E4}")) == true)
  }
}

@Suite("dates and flags")
struct DateTests {
  @Test("every day of 800 years has its date back")
  func days() {
    var number: Int64 = -146_097
    while number < 146_097 {
      let date = Day(number: number).date
      #expect(Day(year: date.year, month: date.month, day: date.day)?.number == number)
      number += 13
    }
    #expect(Day(year: 1970, month: 1, day: 1)?.number == 0)
    #expect(Day(year: 1900, month: 2, day: 29) == nil)
    #expect(Day(year: 0, month: 1, day: 1) == nil)
  }

  @Test(
    "internal dates", .spec("RFC 3501", "9"),
    arguments: [
      ("17-Jul-1996 02:44:25 -0700", Int64(837_596_665), Int16(-420)), (" 1-Jan-1970 00:00:00 +0000", 0, 0), ("31-Dec-1969 23:59:59 +0000", -1, 0),
      (" 1-Jan-2000 05:30:00 +0530", 946_684_800, 330),
    ])
  func internalDates(_ text: String, _ seconds: Int64, _ zone: Int16) throws {
    var scanner = Scanner(Array("\"\(text)\"".utf8), limits: Limits())
    let date = try scanner.dateTime()
    #expect(date == InternalDate(seconds: seconds, zone: zone))
    #expect(date.description == text)
  }

  @Test("what is past the four digits of a year is told as the nearest", arguments: [Int64.min, .max, -62_135_596_801, 253_402_300_800])
  func extremes(_ seconds: Int64) {
    #expect([" 1-Jan-0001 00:00:00 +0000", "31-Dec-9999 23:59:59 +0000"].contains(InternalDate(seconds: seconds).description))
  }

  @Test("a day is the one where it was told", .spec("RFC 3501", "6.4.4"))
  func day() { #expect(InternalDate(seconds: 837_596_665, zone: -420).day.description == "17-Jul-1996") }

  @Test("flags", .spec("RFC 3501", "2.3.2"))
  func flags() {
    var flags = Flags([.seen, .answered], keywords: ["$Junk", "$JUNK", "b"])
    #expect(flags.names == ["\\Answered", "\\Seen", "$Junk", "b"])
    flags.subtract(Flags(.seen, keywords: ["$junk"]))
    #expect(flags.names == ["\\Answered", "b"])
    flags.formUnion(Flags(.draft, keywords: ["B", "c"]))
    #expect(flags.names == ["\\Answered", "\\Draft", "b", "c"])
  }
}
