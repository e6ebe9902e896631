// The IMAP server whole: real connections on loopback, a real store behind them.
// Not here: the protocol in every state (IMAPTests), the store's rules (MailStoreTests).
import Accounts
import Bytes
import IMAP
import Storage
import Synchronization
import TestKit
import Testing
import Trace
import World

@testable import MailServer

/// Counts what servers say.
private final class SentBytes: Recorder {
  private let total = Mutex(0)

  var count: Int { total.withLock { $0 } }
  var isOn: Bool { true }

  func open(_ info: ConversationInfo, at time: Instant) -> ConversationID { ConversationID(1) }
  func carryOn(_ conversation: ConversationID, because cause: ConversationID, at time: Instant) {}
  func record(_ kind: Event.Kind, in conversation: ConversationID, at time: Instant, bytes: RawSpan, length: Int, text: String) {
    if kind == .sent { total.withLock { $0 += length } }
  }
  func keep(tlsSecret line: String) {}
}

/// Blobs that count how many of their files are open.
private final class CountedBlobs: BlobStore {
  /// Open now, at most at once, and ever.
  struct Opened { var now = 0, most = 0, total = 0 }

  private final class CountedFile: FileReference {
    let file: any FileReference
    let blobs: CountedBlobs

    init(_ file: any FileReference, _ blobs: CountedBlobs) {
      (self.file, self.blobs) = (file, blobs)
      blobs.opened.withLock { opened in
        opened.now += 1
        opened.total += 1
        opened.most = max(opened.most, opened.now)
      }
    }

    deinit { blobs.opened.withLock { $0.now -= 1 } }

    var descriptor: Int32 { file.descriptor }
    func read(at offset: Int64, length: Int) -> Buffer? { file.read(at: offset, length: length) }
  }

  let opened = Mutex(Opened())
  private let blobs: any BlobStore

  init(_ blobs: any BlobStore) { self.blobs = blobs }

  var room: Int64? { blobs.room }
  func put(_ bytes: Buffer, as name: BlobName) async throws(StorageError) { try await blobs.put(bytes, as: name) }
  func bytes(of name: BlobName) async throws(StorageError) -> Buffer? { try await blobs.bytes(of: name) }
  func remove(_ name: BlobName) async throws(StorageError) { try await blobs.remove(name) }
  func names() async throws(StorageError) -> [BlobName] { try await blobs.names() }
  func draft() async throws(StorageError) -> any BlobDraft { try await blobs.draft() }

  func open(_ name: BlobName) async throws(StorageError) -> BlobContent? {
    guard case .file(var slice)? = try await blobs.open(name) else { return nil }
    slice.file = CountedFile(slice.file, self)
    return .file(slice)
  }
}

@Suite("the IMAP server")
struct IMAPServiceTests {
  @Test("one client's day", arguments: Filling.allCases)
  func day(_ filling: Filling) async throws {
    try await AccessHouse.with(filling) { house in
      let client = try await house.client(house.imap)
      #expect(await client.command("LOGIN alice jade").hasPrefix("t NO [AUTHENTICATIONFAILED]"))
      #expect(await client.command("LOGIN alice ruby").contains("t OK"))
      let list = await client.command("LIST \"\" *")
      for text in ["INBOX", "\\Sent", "\\Drafts", "\\Junk", "\\Trash", "\\Archive"] { #expect(list.contains(text), "\(list)") }
      #expect(await client.command("CREATE a/b").hasPrefix("t OK"))
      #expect(await client.command("CREATE a/b").hasPrefix("t NO [ALREADYEXISTS]"))
      #expect(await client.command("SELECT nowhere").hasPrefix("t NO [NONEXISTENT]"))
      #expect(await client.command("APPEND nowhere {1+}\r\nx").hasPrefix("t NO [TRYCREATE]"))
      let message = "From: a@b.test\r\nSubject: one\r\n\r\nbody\r\n"
      let appended = await client.command("APPEND INBOX (\\Seen $x) \" 1-Feb-2020 03:04:05 +0100\" {\(message.utf8.count)+}\r\n\(message)")
      #expect(appended.contains("[APPENDUID ") && appended.contains(" 1]"), "\(appended)")
      let selected = await client.command("SELECT inbox")
      for text in ["* 1 EXISTS", "* 1 RECENT", "UIDNEXT 2", "$x", "[READ-WRITE]"] { #expect(selected.contains(text), "\(selected)") }
      let fetched = await client.command("FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (subject)] BODY.PEEK[TEXT]<1.2>)")
      #expect(
        fetched == """
          * 1 FETCH (FLAGS (\\Seen $x \\Recent) INTERNALDATE " 1-Feb-2020 03:04:05 +0100" RFC822.SIZE \(message.utf8.count) \
          ENVELOPE (NIL "one" ((NIL NIL "a" "b.test")) ((NIL NIL "a" "b.test")) ((NIL NIL "a" "b.test")) NIL NIL NIL NIL NIL) \
          BODY ("text" "plain" NIL NIL NIL "7bit" 6 1) BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 6 1 NIL NIL NIL NIL) \
          BODY[HEADER.FIELDS (subject)] {16}\nSubject: one\n\n BODY[TEXT]<1> {2}\nod)\nt OK FETCH completed\n
          """)
      #expect(await client.command("STORE 1 -FLAGS.SILENT (\\Seen)") == "t OK STORE completed\n")
      let read = await client.command("FETCH 1 BODY[]")
      #expect(read.contains("body") && read.contains("FLAGS ($x \\Recent \\Seen)") || read.contains("FLAGS (\\Seen $x \\Recent)"), "\(read)")
      #expect(await client.command("COPY 1 a/b").contains("COPYUID"))
      #expect(await client.command("UID SEARCH SUBJECT ONE BODY body").contains("* SEARCH 1\n"))
      #expect(await client.command("MOVE 1 Trash").contains("* 1 EXPUNGE"))
      #expect(await client.command("STATUS a/b (MESSAGES UNSEEN UIDNEXT)").contains("(MESSAGES 1 UNSEEN 0 UIDNEXT 2)"))
      #expect(await client.command("RENAME a/b c/d").hasPrefix("t OK"))
      #expect(await client.command("DELETE INBOX").hasPrefix("t NO [CANNOT]"))
      #expect(await client.command("EXAMINE c/d").contains("[READ-ONLY]"))
      #expect(await client.command("STORE 1 +FLAGS (\\Deleted)").hasPrefix("t NO"))
      #expect(await client.command("CLOSE").hasPrefix("t OK"))
      #expect(await client.command("SELECT c/d").contains("t OK"))
      #expect(await client.command("STORE 1 +FLAGS (\\Deleted)").contains("\\Deleted"))
      #expect(await client.command("CLOSE") == "t OK CLOSE completed\n")
      #expect(await client.command("STATUS c/d (MESSAGES)").contains("(MESSAGES 0)"))
      #expect(await client.command("LOGOUT").contains("* BYE"))
      #expect(await client.hearClose())
    }
  }

  @Test("two clients and a delivery see each other", .spec("RFC 2177", "3"), arguments: Filling.allCases)
  func others(_ filling: Filling) async throws {
    try await AccessHouse.with(filling) { house in
      for number in 1...3 { _ = try await house.store.deliver("Subject: \(number)\r\n\r\n", to: [Delivery(to: "alice")]) }
      let one = try await house.imapClient(select: "INBOX")
      let two = try await house.imapClient(select: "INBOX")
      two.say("t IDLE\r\n")
      #expect(await two.line().hasPrefix("+ "))
      _ = await one.command("STORE 2 +FLAGS.SILENT (\\Deleted \\Flagged)")
      #expect(await two.line().hasPrefix("* 2 FETCH ("))
      _ = await one.command("EXPUNGE")
      #expect(await two.line().hasPrefix("* 2 EXPUNGE"))
      _ = try await house.store.deliver("Subject: 4\r\n\r\n", to: [Delivery(to: "alice")])
      #expect(await two.line().hasPrefix("* 3 EXISTS"))
      #expect(await two.line().hasPrefix("* 0 RECENT"))
      two.say("DONE\r\n")
      #expect(await two.answer().hasSuffix("t OK IDLE completed\n"))
      // What one does not know to be gone it can still read.
      _ = await two.command("UID STORE 1 +FLAGS.SILENT (\\Deleted)")
      _ = await two.command("EXPUNGE")
      #expect(await one.command("FETCH 1 BODY.PEEK[HEADER]").contains("Subject: 1"))
      #expect(await one.command("NOOP").contains("* 1 EXPUNGE"))
      #expect(await one.command("SELECT INBOX").contains("* 2 EXISTS"))
      #expect(await one.command("DELETE Junk").hasPrefix("t OK"))
      _ = await two.command("SELECT Archive")
      _ = await one.command("DELETE Archive")
      #expect(await two.line().hasPrefix("* BYE"))
    }
  }

  @Test("a large message comes in by pieces and leaves as its file lies, trace fields and all", arguments: Filling.allCases)
  func large(_ filling: Filling) async throws {
    try await AccessHouse.with(filling) { house in
      let text = "Subject: large\r\n\r\n" + String(repeating: "0123456789\r\n", count: 50_000)
      let draft = house.store.draft()
      try await draft.append(Buffer(text))
      let kept = try await house.store.keep(draft, prefix: "Received: here\r\n")
      _ = try await house.store.deliver(kept, to: [Delivery(to: "alice")])
      let client = try await house.imapClient(select: "INBOX")
      let answer = await client.command("APPEND INBOX {\(text.utf8.count)+}\r\n\(text)")
      #expect(answer.contains("* 2 EXISTS") && answer.contains("APPENDUID"), "\(answer.prefix(300))")
      func section(_ item: String) async -> String { await client.command("FETCH \(item)").replacing("\n", with: "\r\n") }
      #expect(await section("1 BODY.PEEK[]").contains("{\(text.utf8.count + 16)}\r\nReceived: here\r\n" + text + ")"))
      #expect(await section("2 BODY.PEEK[]").contains("{\(text.utf8.count)}\r\n" + text + ")"))
      #expect(await section("1 BODY.PEEK[TEXT]").contains("{\(text.utf8.count - 18)}\r\n0123"))
      #expect(await section("1 BODY.PEEK[]<14.10>").contains("{10}\r\n\r\nSubject:)"))
      #expect(await section("1 BODY.PEEK[]<3.5>").contains("{5}\r\neived)"))
      #expect(await section("1 BODY.PEEK[]<600000.100000>").contains("\(text.suffix(20)))"))
    }
  }

  @Test("a client that takes nothing is felt: what it asked for waits in the store, not in memory")
  func slowClient() async throws {
    let sent = SentBytes()
    try await AccessHouse.with(recorder: sent) { house in
      let subject = String(repeating: "s", count: 30_000)
      let draft = house.store.draft()
      try await draft.append(Buffer("Subject: \(subject)\r\n\r\n"))
      let content = try await house.store.keep(draft)
      _ = try await house.store.deliver(content, to: Array(repeating: Delivery(to: "alice"), count: 500))
      let client = try await house.imapClient(select: "INBOX")
      client.setReading(false)
      client.say("t FETCH 1:* (ENVELOPE BODY.PEEK[HEADER])\r\n")
      // What the system's buffers hold is sent; of thirty megabytes most is not.
      var last = -1
      while last != sent.count {
        last = sent.count
        try await Task.sleep(for: .milliseconds(300))
      }
      #expect(last > 100_000 && last < 20_000_000, "\(last) of 30 MB")
      client.setReading(true)
      #expect(await client.bytes(500 * 60_000).utf8.count == 500 * 60_000)
    }
  }

  @Test("large messages are opened some at a time, for whoever reads and for whoever does not", arguments: ["BODY.PEEK[]", "(FLAGS BODY[TEXT])"])
  func openFiles(_ items: String) async throws {
    var counted: CountedBlobs?
    try await AccessHouse.with(.disk, before: { blobs in
      let ours = CountedBlobs(blobs)
      counted = ours
      return ours
    }) { house in
      let blobs = try #require(counted)
      let message = "Subject: x\r\n\r\n" + String(repeating: String(repeating: "x", count: 98) + "\r\n", count: 400)
      for _ in 0..<100 {
        let draft = house.store.draft()
        try await draft.append(Buffer(message))
        _ = try await house.store.deliver(try await house.store.keep(draft), to: [Delivery(to: "alice")])
      }
      let client = try await house.imapClient(select: "INBOX")
      client.setReading(false)
      client.say("t FETCH 1:* \(items)\r\n")
      var last = -1
      while last != blobs.opened.withLock({ $0.total }) {
        last = blobs.opened.withLock { $0.total }
        try await Task.sleep(for: .milliseconds(300))
      }
      client.setReading(true)
      #expect(await client.bytes(100 * 40_000).utf8.count == 100 * 40_000)
      let opened = blobs.opened.withLock { $0 }
      #expect(opened.total == 100 && opened.most <= 2 * house.store.limits.fetchedFilesMax, "\(opened)")
    }
  }

  @Test("wrong passwords are told after a while, and nobody is shut out")
  func guessing() async throws {
    var random = SeededRandom(seed: 1)
    let hash = try #require(PasswordHash("ruby", costLog: 1, using: &random))
    let clock = TestClock()
    let gate = LoginGate(PasswordBook(["a": hash], random: &random), clock: clock) { ["alice", "a.lice"].contains($0) ? "a" : nil }
    let (guesser, neighbour, other) = (Address("2001:db8::1"), Address("2001:db8::2"), Address("192.0.2.9"))
    func time(_ user: String, _ password: String, _ address: Address?) async throws -> (LoginGate.Verdict, Duration) {
      let before = clock.now
      let verdict = await gate.check(user: user, password: password, from: try #require(address))
      return (verdict, clock.now - before)
    }
    #expect(try await time("alice", "ruby", guesser) == (.account("a"), .zero))
    // 1 s, then a wait before the password is looked at and one after it.
    for expected in [1, 3, 6, 12, 24, 46, 60, 60] { #expect(try await time("alice", "jade", guesser) == (.wrong, .seconds(expected))) }
    #expect(try await time("nobody", "x", other) == (.wrong, .seconds(1)), "who is not there is answered alike")
    #expect(try await time("alice", "ruby", neighbour) == (.account("a"), .seconds(30)), "the same /64")
    #expect(try await time("alice", "ruby", .loopback) == (.account("a"), .zero))
    #expect(try await time("a.lice", "jade", .loopback) == (.wrong, .seconds(30)), "another login of the same account")
    #expect(try await time("bob", "jade", .loopback) == (.wrong, .seconds(1)), "loopback itself is not counted")
    clock.advance(by: .seconds(901))
    #expect(try await time("alice", "jade", guesser) == (.wrong, .seconds(1)))
  }

  @Test("an account has so many connections")
  func connections() async throws {
    var access = AccessLimits()
    access.connectionsPerAccountMax = 2
    try await AccessHouse.with(access: access) { house in
      let first = try await house.imapClient()
      _ = try await house.imapClient()
      let third = try await house.client(house.imap)
      #expect(await third.command("LOGIN alice ruby").hasPrefix("t NO [LIMIT]"))
      #expect(await third.command("LOGIN bob jade").contains("t OK"))
      _ = await first.command("LOGOUT")
      let fourth = try await house.client(house.imap)
      #expect(await fourth.command("LOGIN alice ruby").contains("t OK"))
    }
  }

  @Test("quota, limits and a broken connection leave nothing half done", arguments: Filling.allCases)
  func refusals(_ filling: Filling) async throws {
    var limits = MailboxLimits()
    limits.messageBytesMax = 200_000
    limits.inlineBytesMax = 1_000
    try await AccessHouse.with(filling, limits: limits) { house in
      let account = try await house.store.account("alice")
      try await account.setQuota(Usage(bytes: 100_000, messages: 10))
      let client = try await house.imapClient(select: "INBOX")
      #expect(await client.command("APPEND INBOX {150000}").hasPrefix("t NO [OVERQUOTA]"))
      #expect(await client.command("APPEND INBOX {250000}").hasPrefix("t NO [TOOBIG]"))
      // Bare line ends become CR LF, and then it is too much.
      let lines = String(repeating: "\n", count: 60_000)
      #expect(await client.command("APPEND INBOX {60000+}\r\n\(lines)").hasPrefix("t NO [OVERQUOTA]"))
      client.say("t APPEND INBOX {50000+}\r\n" + String(repeating: "x", count: 20_000))
      client.close()
      let again = try await house.imapClient(select: "INBOX")
      #expect(await again.command("STATUS INBOX (MESSAGES)").contains("(MESSAGES 0)"))
      #expect(account.usage == Usage())
    }
  }
}
