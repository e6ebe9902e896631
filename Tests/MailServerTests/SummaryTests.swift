// What is kept of messages so that nobody has to read them again, and searching in it.
import Bytes
import IMAP
import Mail
import Storage
import TestKit
import Testing
import World

@testable import MailServer

@Suite("summaries and searching")
struct SummaryTests {
  static let mixed = """
    Date: Mon, 05 Jan 2026 23:30:00 -0500
    From: =?utf-8?q?J=C3=BCrgen?= <juergen@a.test>
    To: "Bob, the Builder" <bob@b.test>, Carol <carol@c.test>
    Cc: dora@d.test
    Subject: =?iso-8859-1?q?Gr=FC=DFe?= from afar
    Message-ID: <1@a.test>
    X-Loop: Round and Round
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary=b

    preamble word
    --b
    Content-Type: text/plain; charset=iso-8859-1
    Content-Transfer-Encoding: quoted-printable

    Caf=E9 au lait =
    and so on
    --b
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: base64

    PGI+QkVSTElOPC9iPg==
    --b
    Content-Type: application/octet-stream
    Content-Transfer-Encoding: base64

    c2VjcmV0
    --b
    Content-Type: message/rfc822

    Subject: inside matter
    From: x@y.test

    deep text
    --b--
    """.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")

  @Test("a summary says what the message says, also under trace fields and as a record")
  func summary() async throws {
    let store = try await MailStore.open(records: MemoryRecords(), blobs: MemoryBlobs(), clock: TestClock())
    let prefix = Buffer("Return-Path: <x@y.test>\r\nReceived: by us\r\n")
    let draft = store.draft()
    for byte in Self.mixed.utf8 { try await draft.append(Buffer([byte])) }
    let kept = try await store.keep(draft, prefix: prefix)
    let whole = Buffer(prefix.text + Self.mixed)
    let head = MessageHead(reading: whole)
    let structure = MessageStructure(reading: whole)
    #expect(kept.summary == Summary(head, structure))
    #expect(Summary(record: kept.summary.record) == kept.summary)
    #expect(kept.summary.sentDay == Day(year: 2026, month: 1, day: 5))
    #expect(kept.summary.envelope.text.contains(#"((NIL NIL "dora" "d.test"))"#))
    let outline = try #require(MessageStructure(outline: kept.summary.outline))
    for section in [[], [1], [2], [3], [4], [4, 1], [5]] as [[Int]] {
      for text in [MessageStructure.SectionText.content, .header, .text, .mime] {
        #expect(outline.range(section, text) == structure.range(section, text), "\(section) \(text)")
      }
    }
    #expect(MessageStructure(outline: "") == nil && MessageStructure(outline: Buffer(kept.summary.outline.array.dropLast())) == nil)
  }

  @Test("a summary that would be too large is taken from the message each time")
  func large() async throws {
    try await Filling.memory.with { records, blobs in
      let store = try await MailStore.open(records: records, blobs: blobs, clock: TestClock())
      _ = try await store.makeAccount("alice")
      let text = "Subject: many\r\n" + (0..<1_990).map { "To: somebody-with-a-long-name-\($0)@a-domain-with-a-long-name-too.test\r\n" }.joined() + "\r\n"
      _ = try await store.deliver(text, to: [Delivery(to: "alice")])
      let row = try #require(try await rows(Table.summary, records).first)
      #expect(row.value.isEmpty)
      let again = try await MailStore.open(records: records, blobs: blobs, clock: TestClock())
      let session = try await again.account("alice").open(.inbox, as: .readOnly) { _ in }
      #expect(try await session.search(.header(name: "SUBJECT", contains: "MANY"), within: session.all) == UIDSet(1))
      let id = session.entries(of: session.all)[0].content
      #expect(try await again.summaries(of: [id])[id]?.envelope.text.contains("somebody-with-a-long-name-1989") == true)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var key: SearchKey
    var found: [UInt32]
    var testDescription: String { "\(key)" }
    init(_ key: SearchKey, _ found: [UInt32]) {
      self.key = key
      self.found = found
    }
  }

  /// 1: the mixed message, seen, keyword x; 2: a plain one, of another day; 3: one without fields; 4: a large one.
  static let cases: [Case] = [
    Case(.all, [1, 2, 3, 4]), Case(.and([]), [1, 2, 3, 4]), Case(.not(.all), []),
    Case(.flag(.system(.seen), isSet: true), [1]), Case(.flag(.system(.seen), isSet: false), [2, 3, 4]),
    Case(.flag(.keyword("X"), isSet: true), [1]), Case(.flag(.keyword("unheard"), isSet: true), []), Case(.flag(.keyword("unheard"), isSet: false), [1, 2, 3, 4]),
    Case(.messages(UIDSet([2...3, 9...9])), [2, 3]),
    Case(.header(name: "FROM", contains: "jürgen"), [1]), Case(.header(name: "from", contains: "JÜRGEN"), [1]), Case(.header(name: "FROM", contains: "a.test"), [1, 2]),
    Case(.header(name: "TO", contains: "the builder"), [1]), Case(.header(name: "TO", contains: "carol"), [1]), Case(.header(name: "CC", contains: ""), [1]),
    Case(.header(name: "BCC", contains: ""), []), Case(.header(name: "SUBJECT", contains: "grüße FROM"), [1]), Case(.header(name: "SUBJECT", contains: ""), [1, 2, 4]),
    Case(.header(name: "x-loop", contains: "and round"), [1]), Case(.header(name: "X-Loop", contains: ""), [1]), Case(.header(name: "X-Loop", contains: "inside"), []),
    Case(.body("café AU"), [1]), Case(.body("lait and so"), [1]), Case(.body("berlin"), [1]), Case(.body("secret"), []), Case(.body("deep text"), [1]),
    Case(.body("inside matter"), [1]), Case(.body("grüße"), []), Case(.body("preamble"), []), Case(.body(""), [1, 2, 3, 4]),
    Case(.text("grüße"), [1]), Case(.text("round and round"), [1]), Case(.text("hello"), [2]), Case(.text("needle at the end"), [4]),
    Case(.sentOn(Day(number: 20_458)), [1]), Case(.sentBefore(Day(number: 20_458)), [2]), Case(.sentSince(Day(number: 20_458)), [1]),
    Case(.on(Day(number: 20_000)), [2]), Case(.before(Day(number: 20_454)), [2]), Case(.since(Day(number: 20_454)), [1, 3, 4]),
    Case(.larger(100_000), [4]), Case(.smaller(20), [3]),
    Case(.or(.header(name: "SUBJECT", contains: "plain"), .body("deep text")), [1, 2]), Case(.not(.body("deep text")), [2, 3, 4]),
    Case(.and([.flag(.system(.seen), isSet: false), .header(name: "FROM", contains: "a.test")]), [2]),
    Case(.and([.flag(.system(.seen), isSet: true), .body("needle")]), []), Case(.or(.flag(.system(.seen), isSet: true), .body("needle")), [1, 4]),
    Case(.not(.or(.sentSince(Day(number: 0)), .header(name: "x-loop", contains: ""))), [3, 4]),
  ]

  @Test("search keys", .spec("RFC 3501", "6.4.4"), arguments: Filling.allCases)
  func search(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await MailStore.open(records: records, blobs: blobs, clock: TestClock())
      let account = try await store.makeAccount("alice")
      let plain = "From: z@a.test\r\nDate: 1 Jan 2020 00:00 +0000\r\nSubject: plain\r\n\r\nhello\r\n"
      let long = "Subject: long\r\n\r\n" + String(repeating: "line\r\n", count: 20_000) + "needle at the end"
      _ = try await store.deliver(Self.mixed, to: [Delivery(to: "alice", flags: Flags(.seen, keywords: ["x"]))])
      _ = try await store.deliver(plain, to: [Delivery(to: "alice", internalDate: InternalDate(seconds: 20_000 * 86_400))])
      _ = try await store.deliver("\r\nnothing", to: [Delivery(to: "alice")])
      _ = try await store.deliver(long, to: [Delivery(to: "alice")])
      let session = try await account.open(.inbox, as: .readOnly) { _ in }
      for c in Self.cases { #expect(Array(try await session.search(c.key, within: session.all)) == c.found, "\(c.key)") }
      #expect(try await session.search(.all, within: UIDSet([2...9])) == UIDSet([2...4]))
    }
  }
}
