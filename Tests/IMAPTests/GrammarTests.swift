// What is a command and what is none: tables of lines with what they mean, or where they go wrong.
// Not here: where commands end in a stream (ReaderTests.swift), what they do (TranscriptTests.swift).
import Bytes
import TestKit
import Testing
import World

@testable import IMAP

/// A line and what it is.
private struct Right: CustomTestStringConvertible, Sendable {
  var line: String
  var command: Command

  init(_ line: String, _ command: Command) {
    self.line = line
    self.command = command
  }

  var testDescription: String { line }
}

/// A line and where it goes wrong.
private struct Wrong: CustomTestStringConvertible, Sendable {
  var line: String
  var offset: Int

  init(_ line: String, at offset: Int) {
    self.line = line
    self.offset = offset
  }

  var testDescription: String { line }
}

/// What reading `line`, with a tag before it and CR LF behind, comes to.
private func read(_ line: String) -> CommandReader.Found? {
  var reader = CommandReader()
  reader.noteLogin()
  var bytes = Buffer("a \(line)\r\n")
  return reader.next(from: &bytes)
}

private func set(_ from: UInt32, _ to: UInt32? = nil) -> SequenceSet { SequenceSet([.init(.number(from), .number(to ?? from))]) }

private func search(_ key: WrittenSearchKey, charset: String? = nil) -> Command { .search(.init(numbering: .sequence, charset: charset, key: key)) }
private func fetch(_ items: FetchItem...) -> Command { .fetch(.init(.sequence, set(1), items)) }
private func section(_ section: Section, _ partial: SectionRequest.Partial? = nil, peeks: Bool = false) -> FetchItem {
  .section(SectionRequest(section, partial: partial, peeks: peeks))
}

@Suite("grammar")
struct GrammarTests {
  @Test(
    "commands", .spec("RFC 3501", "6", "9"),
    arguments: [
      Right("CAPABILITY", .capability), Right("capability", .capability), Right("NoOp", .noop), Right("LOGOUT", .logout), Right("STARTTLS", .startTLS),
      Right("ID NIL", .id([])), Right("ID ()", .id([])),
      Right("ID (\"name\" \"x\" \"version\" NIL)", .id([IDField("name", "x"), IDField("version", nil)])),
      Right("AUTHENTICATE plain", .authenticate(mechanism: "PLAIN", initialResponse: nil)),
      Right("AUTHENTICATE PLAIN AGEAYg==", .authenticate(mechanism: "PLAIN", initialResponse: "AGEAYg==")),
      Right("AUTHENTICATE LOGIN =", .authenticate(mechanism: "LOGIN", initialResponse: "=")),
      Right("LOGIN a b", .logIn(user: "a", password: "b")), Right("LOGIN \"a b\" \"c\\\"\\\\\"", .logIn(user: "a b", password: "c\"\\")),
      Right("LOGIN {3+}\r\nfoo {0+}\r\n", .logIn(user: "foo", password: "")), Right("LOGIN \"\" a]b", .logIn(user: "", password: "a]b")),
      Right("SELECT INBOX", .select("INBOX")), Right("EXAMINE \"a b\"", .examine("a b")), Right("SELECT {5+}\r\ninbox", .select("inbox")),
      Right("CREATE x/", .create("x/")), Right("DELETE &AOQ-", .delete("&AOQ-")), Right("RENAME a b", .rename("a", to: "b")),
      Right("SUBSCRIBE a", .subscribe("a")), Right("UNSUBSCRIBE a", .unsubscribe("a")),
      Right("LIST \"\" *", .list(reference: "", pattern: "*")), Right("LIST \"\" \"\"", .list(reference: "", pattern: "")),
      Right("LIST a/ b%]*", .list(reference: "a/", pattern: "b%]*")), Right("LSUB \"\" %", .lsub(reference: "", pattern: "%")),
      Right("STATUS a (MESSAGES unseen MESSAGES)", .status("a", [.messages, .unseen])),
      Right("NAMESPACE", .namespace), Right("IDLE", .idle), Right("ENABLE CONDSTORE X-A", .enable(["CONDSTORE", "X-A"])),
      Right("CHECK", .check), Right("CLOSE", .close), Right("UNSELECT", .unselect), Right("EXPUNGE", .expunge), Right("UID EXPUNGE 3:4", .uidExpunge(set(3, 4))),
      Right("COPY 1 a", .copy(.sequence, set(1), to: "a")), Right("uid copy 1 a", .copy(.uid, set(1), to: "a")), Right("MOVE 1 a", .move(.sequence, set(1), to: "a")),
      Right("STORE 1 FLAGS (\\Seen)", .store(.init(.sequence, set(1), .replace, Flags(.seen)))),
      Right("STORE 1 +flags.silent \\deleted \\SEEN", .store(.init(.sequence, set(1), .add, Flags([.deleted, .seen]), isSilent: true))),
      Right("UID STORE 1 -FLAGS ($Junk junk JUNK)", .store(.init(.uid, set(1), .remove, Flags(keywords: ["$Junk", "junk"])))),
      Right("STORE 1 FLAGS ()", .store(.init(.sequence, set(1), .replace, Flags()))),
    ])
  fileprivate func commands(_ c: Right) { #expect(read(c.line) == .command(tag: "a", c.command)) }

  @Test(
    "FETCH", .spec("RFC 3501", "6.4.5"),
    arguments: [
      Right("FETCH 1 FLAGS", fetch(.flags)), Right("FETCH 1 (FLAGS uid UID)", fetch(.flags, .uid)), Right("UID FETCH 1 UID", .fetch(.init(.uid, set(1), [.uid]))),
      Right("FETCH 1 ALL", fetch(.flags, .internalDate, .size, .envelope)), Right("FETCH 1 fast", fetch(.flags, .internalDate, .size)),
      Right("FETCH 1 FULL", fetch(.flags, .internalDate, .size, .envelope, .body)), Right("FETCH 1 BODY", fetch(.body)),
      Right("FETCH 1 (BODY BODYSTRUCTURE)", fetch(.body, .bodyStructure)), Right("FETCH 1 RFC822", fetch(.section(.rfc822))),
      Right("FETCH 1 RFC822.HEADER", fetch(.section(.rfc822Header))), Right("FETCH 1 RFC822.TEXT", fetch(.section(.rfc822Text))),
      Right("FETCH 1 RFC822.SIZE", fetch(.size)),
      Right("FETCH 1 BODY[]", fetch(section(Section()))), Right("FETCH 1 body.peek[text]", fetch(section(Section(text: .text), peeks: true))),
      Right("FETCH 1 BODY[4.2.HEADER]", fetch(section(Section([4, 2], text: .header)))), Right("FETCH 1 BODY[1.MIME]", fetch(section(Section([1], text: .mime)))),
      Right("FETCH 1 BODY[]<0.2048>", fetch(section(Section(), .init(offset: 0, count: 2048)))),
      Right("FETCH 1 BODY[HEADER.FIELDS (From \"To\")]", fetch(section(Section(text: .fields(["From", "To"], isNot: false))))),
      Right("FETCH 1 (BODY.PEEK[1.HEADER.FIELDS.NOT (X)]<1.2>)", fetch(section(Section([1], text: .fields(["X"], isNot: true)), .init(offset: 1, count: 2), peeks: true))),
      Right("FETCH 1 BODY[HEADER.FIELDS ({2+}\r\nCc)]", fetch(section(Section(text: .fields(["Cc"], isNot: false))))),
    ])
  fileprivate func fetches(_ c: Right) { #expect(read(c.line) == .command(tag: "a", c.command)) }

  @Test(
    "SEARCH", .spec("RFC 3501", "6.4.4"),
    arguments: [
      Right("SEARCH ALL", search(.plain(.all))), Right("search charset utf-8 all", search(.plain(.all), charset: "UTF-8")),
      Right("SEARCH CHARSET \"X Y\" SUBJECT {2+}\r\n\u{E4}", search(.plain(.header(name: "SUBJECT", contains: "\u{E4}")), charset: "X Y")),
      Right("SEARCH 1:3 UID 5", search(.and([.sequence(set(1, 3)), .uids(set(5))]))), Right("SEARCH *", search(.sequence(SequenceSet([.init(.last, .last)])))),
      Right("SEARCH NEW", search(.unseenRecent)), Right("SEARCH OLD", search(.old)), Right("SEARCH RECENT", search(.recent)),
      Right("SEARCH UNSEEN", search(.plain(.flag(.system(.seen), isSet: false)))), Right("SEARCH DELETED", search(.plain(.flag(.system(.deleted), isSet: true)))),
      Right("SEARCH KEYWORD $A", search(.plain(.flag(.keyword("$A"), isSet: true)))), Right("SEARCH UNKEYWORD b", search(.plain(.flag(.keyword("b"), isSet: false)))),
      Right("SEARCH NOT (SEEN FLAGGED)", search(.not(.and([.plain(.flag(.system(.seen), isSet: true)), .plain(.flag(.system(.flagged), isSet: true))])))),
      Right("SEARCH OR OR ALL OLD (NEW)", search(.or(.or(.plain(.all), .old), .unseenRecent))),
      Right("SEARCH FROM joe", search(.plain(.header(name: "FROM", contains: "joe")))), Right("SEARCH BODY \"\"", search(.plain(.body("")))),
      Right("SEARCH HEADER X-Y \"z\"", search(.plain(.header(name: "X-Y", contains: "z")))), Right("SEARCH TEXT {2+}\r\n\u{E4}", search(.plain(.text("\u{E4}")))),
      Right("SEARCH LARGER 0 SMALLER 99999999999", search(.and([.plain(.larger(0)), .plain(.smaller(99_999_999_999))]))),
      Right("SEARCH SINCE 1-Feb-1994", search(.plain(.since(Day(number: 8_797))))), Right("SEARCH BEFORE \"01-feb-1994\"", search(.plain(.before(Day(number: 8_797))))),
      Right("SEARCH ON 29-Feb-2000", search(.plain(.on(Day(number: 11_016))))),
      Right("SEARCH SENTON 1-Jan-1970 SENTBEFORE 1-Jan-1970 SENTSINCE 1-Jan-1970",
        search(.and([.plain(.sentOn(Day(number: 0))), .plain(.sentBefore(Day(number: 0))), .plain(.sentSince(Day(number: 0)))]))),
    ])
  fileprivate func searches(_ c: Right) { #expect(read(c.line) == .command(tag: "a", c.command)) }

  @Test(
    "lines that are no commands, and where they go wrong", .spec("RFC 3501", "9"),
    arguments: [
      Wrong("", at: 2), Wrong(" NOOP", at: 2), Wrong("NOOP ", at: 6), Wrong("NOOPS", at: 2), Wrong("NOOP x", at: 6), Wrong("(", at: 2), Wrong("((((((((((", at: 2),
      Wrong("LOGIN", at: 7), Wrong("LOGIN ", at: 8), Wrong("LOGIN a", at: 9), Wrong("LOGIN a ", at: 10), Wrong("LOGIN a b c", at: 11), Wrong("LOGIN  a b", at: 8),
      Wrong("LOGIN \"a b", at: 12), Wrong("LOGIN \"a\\b\" c", at: 11), Wrong("LOGIN \"a\u{0}\" c", at: 10), Wrong("LOGIN \"\u{E4}\" c", at: 9),
      Wrong("LOGIN {1+}\r\n\u{0} c", at: 14), Wrong("LOGIN a{1+}\r\nx c", at: 9), Wrong("LOGIN ~{1+}\r\nx c", at: 9), Wrong("LOGIN %a b", at: 8),
      Wrong("LOGIN {-100} c", at: 9), Wrong("LOGIN {-100}", at: 9), Wrong("LOGIN {}", at: 9), Wrong("LOGIN {1-}", at: 10), Wrong("LOGIN {1 }", at: 10),
      Wrong("SELECT", at: 8), Wrong("SELECT a b", at: 10), Wrong("SELECT (a)", at: 9), Wrong("SELECT *", at: 9), Wrong("SELECT a\\b", at: 10),
      Wrong("RENAME a", at: 10), Wrong("LIST \"\"", at: 9), Wrong("LIST a", at: 8),
      Wrong("STATUS a ()", at: 12), Wrong("STATUS a (X)", at: 12), Wrong("STATUS a MESSAGES", at: 11), Wrong("STATUS a (MESSAGES", at: 20),
      Wrong("STATUS a (MESSAGES  UNSEEN)", at: 21), Wrong("ID", at: 4), Wrong("ID (\"a\")", at: 9), Wrong("ID (a b)", at: 6), Wrong("ENABLE", at: 8),
      Wrong("AUTHENTICATE", at: 14), Wrong("AUTHENTICATE PLAIN ", at: 21), Wrong("AUTHENTICATE PLAIN a b", at: 22),
      Wrong("FETCH", at: 7), Wrong("FETCH 1", at: 9), Wrong("FETCH 1 ()", at: 11), Wrong("FETCH 1 FLAGS UID", at: 15), Wrong("FETCH 1 (FLAGS", at: 16),
      Wrong("FETCH 1 (ALL)", at: 11), Wrong("FETCH 1 BODY[", at: 15), Wrong("FETCH 1 BODY[1", at: 16), Wrong("FETCH 1 BODY[0]", at: 15), Wrong("FETCH 1 BODY[1.]", at: 17),
      Wrong("FETCH 1 BODY[MIME]", at: 15), Wrong("FETCH 1 BODY[HEADER.FIELDS ()]", at: 30), Wrong("FETCH 1 BODY[HEADER.FIELDS]", at: 28),
      Wrong("FETCH 1 BODY[HEADER.FIELDS (a:b)]", at: 30), Wrong("FETCH 1 BODY[]<0>", at: 18), Wrong("FETCH 1 BODY[]<0.0>", at: 19), Wrong("FETCH 1 BODY[]<4294967296.1>", at: 17),
      Wrong("FETCH 1 BODY.PEEK", at: 19), Wrong("FETCH 1 BINARY[]", at: 10), Wrong("FETCH 0 FLAGS", at: 8), Wrong("FETCH 1, FLAGS", at: 10), Wrong("FETCH ,1 FLAGS", at: 8),
      Wrong("FETCH 1: FLAGS", at: 10), Wrong("FETCH 1:2:3 FLAGS", at: 11), Wrong("FETCH 4294967296 FLAGS", at: 8), Wrong("FETCH 99999999999999999999 FLAGS", at: 8),
      Wrong("FETCH -1 FLAGS", at: 8), Wrong("FETCH 1* FLAGS", at: 9), Wrong("FETCH $ FLAGS", at: 8),
      Wrong("STORE 1 FLAGS", at: 15), Wrong("STORE 1 (\\Seen)", at: 10), Wrong("STORE 1 FLAGS (\\Recent)", at: 17), Wrong("STORE 1 FLAGS \\Foo", at: 16),
      Wrong("STORE 1 FLAGS (\\)", at: 18), Wrong("STORE 1 FLAGS (a%b)", at: 18), Wrong("STORE 1 FLAGS.LOUD a", at: 15), Wrong("STORE 1 FLAGS (a) b", at: 19),
      Wrong("COPY 1", at: 8), Wrong("COPY a b", at: 7), Wrong("UID", at: 5), Wrong("UID NOOP", at: 6), Wrong("UID EXPUNGE", at: 13), Wrong("EXPUNGE 1", at: 9),
      Wrong("SEARCH", at: 8), Wrong("SEARCH ", at: 9), Wrong("SEARCH FOO", at: 9), Wrong("SEARCH ()", at: 10), Wrong("SEARCH (ALL", at: 13), Wrong("SEARCH ALL)", at: 12),
      Wrong("SEARCH OR ALL", at: 15), Wrong("SEARCH NOT", at: 12), Wrong("SEARCH SINCE 31-Feb-2000", at: 15), Wrong("SEARCH SINCE 1-Foo-2000", at: 17),
      Wrong("SEARCH SINCE 1-Feb-00", at: 23), Wrong("SEARCH SINCE \"1-Feb-2000", at: 26), Wrong("SEARCH SINCE 001-Feb-2000", at: 17), Wrong("SEARCH LARGER x", at: 16),
      Wrong("SEARCH LARGER 99999999999999999999", at: 16), Wrong("SEARCH HEADER a:b c", at: 16), Wrong("SEARCH SUBJECT {1+}\r\n\u{FF}", at: 17), Wrong("SEARCH CHARSET UTF-8", at: 22),
      Wrong("APPEND a", at: 10), Wrong("APPEND a (\\Seen)", at: 18), Wrong("APPEND a (\\Recent) x", at: 12), Wrong("APPEND a x", at: 11), Wrong("APPEND a \"1-Jan-2000 00:00:00 +0000\" x", at: 13),
      Wrong("APPEND a \" 1-Jan-2000 24:00:00 +0000\" x", at: 24), Wrong("APPEND a \" 1-Jan-2000 00:00:00 0000\" x", at: 33),
    ])
  fileprivate func malformed(_ c: Wrong) {
    // Each scalar below 256 is one byte, so that a line can hold any.
    var reader = CommandReader()
    reader.noteLogin()
    var bytes = Buffer(latin1: "a \(c.line)\r\n")
    guard case .bad(let tag, let error) = reader.next(from: &bytes) else {
      Issue.record("it was read")
      return
    }
    #expect(tag == "a")
    #expect(error.offset == c.offset, "\(error)")
    #expect(bytes.isEmpty)
  }

  @Test("tags", .spec("RFC 3501", "9"), arguments: [("a", true), ("A.1]", true), (String(repeating: "t", count: 128), true), (String(repeating: "t", count: 129), false), ("+", false), ("a+", false), ("*", false), ("", false), ("\u{E4}", false), ("a(", false), ("a\\", false)])
  func tags(_ tag: String, _ isOne: Bool) {
    var reader = CommandReader()
    var bytes = Buffer("\(tag) NOOP\r\n")
    let found = reader.next(from: &bytes)
    if isOne { #expect(found == .command(tag: tag, .noop)) } else if case .bad(nil, _) = found {} else { Issue.record("\(String(describing: found))") }
  }

  @Test("nesting has a bound", arguments: [(49, true), (50, false), (20_000, false)])
  func depth(_ count: Int, _ isRead: Bool) {
    for line in ["SEARCH \(String(repeating: "NOT ", count: count))ALL", "SEARCH \(String(repeating: "(", count: count))ALL\(String(repeating: ")", count: count))"] {
      if case .command = read(line) { #expect(isRead) } else { #expect(!isRead) }
    }
    let path = (0...count).map { _ in "1" }.joined(separator: ".")
    if case .command = read("FETCH 1 BODY[\(path)]") { #expect(isRead) } else { #expect(!isRead) }
  }

  @Test("counts have bounds")
  func counts() {
    func isRead(_ line: String) -> Bool { if case .command = read(line) { true } else { false } }
    func many(_ word: String, _ count: Int) -> String { (0..<count).map { "\(word)\($0)" }.joined(separator: " ") }
    #expect(isRead("SEARCH \(many("KEYWORD k", 1_000))"))
    #expect(!isRead("SEARCH \(many("KEYWORD k", 1_001))"))
    #expect(isRead("STORE 1 FLAGS (\(many("k", 100)))"))
    #expect(!isRead("STORE 1 FLAGS (\(many("k", 101)))"))
    #expect(isRead("STORE 1 FLAGS (\(String(repeating: "k", count: 128)))"))
    #expect(!isRead("STORE 1 FLAGS (\(String(repeating: "k", count: 129)))"))
    #expect(isRead("LIST \"\" \(String(repeating: "k", count: 1_024))"))
    #expect(!isRead("LIST a \(String(repeating: "k", count: 1_024))"))
    #expect(isRead("ID (\((0..<30).map { "\"k\($0)\" NIL" }.joined(separator: " ")))"))
    #expect(!isRead("ID (\((0..<31).map { "\"k\($0)\" NIL" }.joined(separator: " ")))"))
  }
}

extension Buffer {
  /// Bytes from text, each scalar below 256 one byte.
  init(latin1 text: String) { self.init(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) }
}
