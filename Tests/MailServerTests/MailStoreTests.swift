// The mail store's law, the same in memory and on disk: accounts, the tree, deliveries, flags, what sessions see of each other, what goes.
// Not here: power cuts (MailStoreCrashTests.swift), protocols (AccessTests.swift).
import Bytes
import IMAP
import Storage
import Synchronization
import TestKit
import Testing
import World

@testable import MailServer

@Suite("every mail store obeys the same law")
struct MailStoreTests {
  let clock = TestClock()

  func open(_ records: any RecordStore, _ blobs: any BlobStore, _ limits: MailboxLimits = MailboxLimits()) async throws -> MailStore {
    try await MailStore.open(records: records, blobs: blobs, clock: clock, limits: limits)
  }

  // MARK: Accounts

  @Test("a new account has the usual mailboxes, also after a start", arguments: Filling.allCases)
  func accounts(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let alice = try await store.makeAccount("alice")
      await #expect(throws: MailboxError.accountExists) { _ = try await store.makeAccount("alice") }
      await #expect(throws: MailboxError.self) { _ = try await store.makeAccount("") }
      await #expect(throws: MailboxError.noSuchAccount) { _ = try await store.account("bob") }
      #expect(try await store.account("alice") === alice)
      let again = try await open(records, blobs)
      #expect(again.accountNames == ["alice"] && again.hasAccount("alice") && !again.hasAccount("bob"))
      let listed = try await again.account("alice").mailboxes
      #expect(listed == alice.mailboxes)
      #expect(Set(listed.map(\.name.text)) == ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"])
      #expect(listed.allSatisfy { $0.isSubscribed && $0.kind == .mailbox })
      #expect(try await again.account("alice").mailbox(for: .sent) == box("Sent"))
      #expect(alice.mailbox(for: .flagged) == nil)
    }
  }

  @Test("an account that is removed leaves nothing", arguments: Filling.allCases)
  func removal(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let alice = try await store.makeAccount("alice")
      _ = try await store.makeAccount("bob")
      let large = String(repeating: "x", count: store.limits.inlineBytesMax + 1)
      _ = try await store.deliver("Subject: a\r\n\r\n", to: [Delivery(to: "alice"), Delivery(to: "alice", box("Sent"))])
      _ = try await store.deliver(large, to: [Delivery(to: "alice"), Delivery(to: "bob")])
      #expect(try await blobs.names().count == 1)
      let told = Told()
      let session = try await alice.open(.inbox, as: .readWrite, listener: told.listener)
      // Whoever looks at its mailboxes hears of their end in the order in which they were made.
      let ended = Mutex<[String]>([])
      var others: [MailboxSession] = []
      for listed in alice.mailboxes.reversed() {
        others.append(try await alice.open(listed.name, as: .readOnly) { _ in ended.withLock { $0.append(listed.name.text) } })
      }
      try await store.removeAccount("alice")
      #expect(told.take() == [.replaced])
      #expect(ended.withLock { $0 } == ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"] && others.count == 6)
      await #expect(throws: MailboxError.noSuchMailbox) { try await session.store(StoreOrder(UIDSet(1), .add, Flags(.seen))) }
      await #expect(throws: MailboxError.noSuchAccount) { _ = try await store.account("alice") }
      await store.settled()
      #expect(try await rows(Table.content, records).count == 1)
      #expect(try await rows(Table.message, records).count == 1)
      try await store.removeAccount("bob")
      await store.settled()
      for table in [
        Table.account, Table.usage, Table.mailbox, Table.counters, Table.subscription, Table.message, Table.content, Table.summary, Table.holder,
        Table.grave, Table.dead,
      ] {
        #expect(try await rows(table, records).isEmpty, "\(table)")
      }
      #expect(try await blobs.names().isEmpty)
      #expect(try await store.makeAccount("alice").mailboxes.count == 6)
    }
  }

  @Test("many who ask for one account at once get the same one", arguments: Filling.allCases)
  func oneAccount(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      _ = try await open(records, blobs).makeAccount("alice")
      var limits = MailboxLimits()
      limits.loadedAccountsMax = 2
      let store = try await open(records, blobs, limits)
      for number in 0..<6 { _ = try await store.makeAccount("other\(number)") }
      let found = try await withThrowingTaskGroup(of: Account.self) { group in
        for _ in 0..<20 { group.addTask { try await store.account("alice") } }
        return try await group.reduce(into: [Account]()) { $0.append($1) }
      }
      #expect(found.allSatisfy { $0 === found[0] })
      for number in 0..<6 { _ = try await store.account("other\(number)") }
      #expect(try await store.account("alice") === found[0], "as long as somebody holds it there is only one")
    }
  }

  // MARK: The tree

  /// What is done to the tree, and the refusal that is expected.
  enum Step: Sendable {
    case create(String), delete(String), rename(String, String), subscribe(String), unsubscribe(String)
  }

  struct TreeCase: Sendable, CustomTestStringConvertible {
    var rule: String
    var steps: [(step: Step, error: MailboxError?)]
    /// Without the usual ones. `/` behind a name: a level only; `?`: only subscribed to.
    var left: [String]
    var testDescription: String { rule }
  }

  static let trees = [
    TreeCase(rule: "CREATE makes what is missing above", steps: [(.create("a/b/c"), nil)], left: ["a", "a/b", "a/b/c"]),
    TreeCase(rule: "CREATE refuses what is there", steps: [(.create("a"), nil), (.create("a"), .mailboxExists), (.create("INBOX"), .mailboxExists)], left: ["a"]),
    TreeCase(rule: "INBOX has one spelling", steps: [(.create("inbox/a"), nil), (.create("INBOX/a"), .mailboxExists)], left: ["INBOX/a"]),
    TreeCase(rule: "other names have case", steps: [(.create("a"), nil), (.create("A"), nil)], left: ["A", "a"]),
    TreeCase(rule: "DELETE of what is not there", steps: [(.delete("a"), .noSuchMailbox)], left: []),
    TreeCase(rule: "INBOX stays", steps: [(.delete("INBOX"), .isInbox), (.delete("inbox"), .isInbox)], left: []),
    TreeCase(rule: "DELETE leaves a level above others", steps: [(.create("a/b"), nil), (.delete("a"), nil)], left: ["a/", "a/b"]),
    TreeCase(rule: "a level above others cannot go", steps: [(.create("a/b"), nil), (.delete("a"), nil), (.delete("a"), .hasChildren)], left: ["a/", "a/b"]),
    TreeCase(
      rule: "a level without others can go", steps: [(.create("a/b"), nil), (.delete("a"), nil), (.delete("a/b"), nil), (.delete("a"), nil)], left: []),
    TreeCase(rule: "a level becomes a mailbox again", steps: [(.create("a/b"), nil), (.delete("a"), nil), (.create("a"), nil)], left: ["a", "a/b"]),
    TreeCase(rule: "DELETE of a child leaves the parent", steps: [(.create("a/b"), nil), (.delete("a/b"), nil)], left: ["a"]),
    TreeCase(
      rule: "RENAME takes what lies below", steps: [(.create("a/b/c"), nil), (.create("ab"), nil), (.rename("a", "x/y"), nil)],
      left: ["ab", "x", "x/y", "x/y/b", "x/y/b/c"]),
    TreeCase(rule: "RENAME refuses what is there", steps: [(.create("a"), nil), (.create("b"), nil), (.rename("a", "b"), .mailboxExists)], left: ["a", "b"]),
    TreeCase(rule: "RENAME to INBOX", steps: [(.create("a"), nil), (.rename("a", "inbox"), .mailboxExists)], left: ["a"]),
    TreeCase(rule: "RENAME of what is not there", steps: [(.rename("a", "b"), .noSuchMailbox)], left: []),
    TreeCase(
      rule: "RENAME below itself", steps: [(.create("a"), nil), (.rename("a", "a/b"), .badName("a mailbox cannot be moved below itself"))], left: ["a"]),
    TreeCase(
      rule: "RENAME that would be too deep", steps: [
        (.create("a/b"), nil),
        (.rename("a", (0..<20).map { "\($0)" }.joined(separator: "/")), .badName("the name of a/b would be too deep")),
      ], left: ["a", "a/b"]),
    TreeCase(rule: "RENAME INBOX leaves INBOX", steps: [(.create("INBOX/a"), nil), (.rename("INBOX", "b"), nil)], left: ["INBOX/a", "b"]),
    TreeCase(rule: "RENAME INBOX refuses what is there", steps: [(.create("a"), nil), (.rename("INBOX", "a"), .mailboxExists)], left: ["a"]),
    TreeCase(
      rule: "subscriptions are names", steps: [(.subscribe("a"), nil), (.create("b"), nil), (.subscribe("b"), nil), (.unsubscribe("nothing"), nil)],
      left: ["a?", "b+"]),
    TreeCase(
      rule: "a subscription stays when its mailbox goes", steps: [(.create("a"), nil), (.subscribe("a"), nil), (.delete("a"), nil)], left: ["a?"]),
    TreeCase(
      rule: "UNSUBSCRIBE leaves the mailbox", steps: [(.create("a"), nil), (.subscribe("a"), nil), (.unsubscribe("a"), nil)], left: ["a"]),
  ]

  private func perform(_ step: Step, _ account: Account) async throws(MailboxError) {
    switch step {
    case .create(let name): try await account.create(box(name))
    case .delete(let name): try await account.delete(box(name))
    case .rename(let name, let new): try await account.rename(box(name), to: box(new))
    case .subscribe(let name): try await account.subscribe(box(name))
    case .unsubscribe(let name): try await account.unsubscribe(box(name))
    }
  }

  @Test("the tree's rules", .spec("RFC 3501", "6.3.3"), .spec("RFC 3501", "6.3.4"), .spec("RFC 3501", "6.3.5"), arguments: trees, Filling.allCases)
  func tree(_ c: TreeCase, _ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      for (step, expected) in c.steps {
        do throws(MailboxError) {
          try await perform(step, account)
          #expect(expected == nil, "\(step) was not refused")
        } catch { #expect(error == expected, "\(step)") }
      }
      let usual: Set = ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"]
      func left(_ account: Account) -> [String] {
        account.mailboxes.filter { !usual.contains($0.name.text) }.map { listed in
          switch listed.kind {
          case .mailbox: listed.name.text + (listed.isSubscribed ? "+" : "")
          case .level: listed.name.text + "/"
          case .missing: listed.name.text + "?"
          }
        }
      }
      #expect(left(account) == c.left)
      #expect(left(try await open(records, blobs).account("alice")) == c.left, "after a start")
    }
  }

  @Test("too many mailboxes and subscriptions are refused")
  func mailboxesMax() async throws {
    try await Filling.memory.with { records, blobs in
      var limits = MailboxLimits()
      limits.mailboxesMax = 9
      let account = try await open(records, blobs, limits).makeAccount("alice")
      let refusal = MailboxError.limit(LimitReached("mailboxesMax", allowed: 9, unit: "mailboxes"))
      await #expect(throws: refusal) { try await account.create(box("a/b/c/d")) }
      try await account.create(box("a/b/c"))
      await #expect(throws: refusal) { try await account.create(box("d")) }
      for name in ["1", "2", "3"] { try await account.subscribe(box(name)) }
      await #expect(throws: MailboxError.limit(LimitReached("mailboxesMax", allowed: 9, unit: "subscriptions"))) { try await account.subscribe(box("4")) }
      try await account.subscribe(box("3"))
    }
  }

  @Test("no name gets a validity twice, nor a smaller one", .spec("RFC 3501", "2.3.1.1"), arguments: Filling.allCases)
  func validity(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      var last: UInt32 = 0
      func check() throws {
        let validity = try account.status(of: box("a")).uidValidity
        #expect(validity > last)
        last = validity
      }
      try await account.create(box("a"))
      try check()
      try await account.delete(box("a"))
      try await account.create(box("a"))
      try check()
      try await account.create(box("b"))
      try await account.delete(box("a"))
      try await account.rename(box("b"), to: box("a"))
      try check()
      let again = try await open(records, blobs).account("alice")
      #expect(try again.status(of: box("a")).uidValidity == last)
      try await again.delete(box("a"))
      try await again.create(box("a"))
      #expect(try again.status(of: box("a")).uidValidity > last)
    }
  }

  // MARK: Messages

  @Test("one delivery, several accounts: one content, which goes with its last holder", arguments: Filling.allCases, [10, 100_000])
  func shared(_ filling: Filling, _ length: Int) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let (alice, bob) = (try await store.makeAccount("alice"), try await store.makeAccount("bob"))
      let text = "Subject: x\r\n\r\n" + String(repeating: "y", count: length)
      let draft = store.draft()
      try await draft.append(Buffer(text.utf8.prefix(5)))
      try await draft.append(Buffer(text.utf8.dropFirst(5)))
      let content = try await store.keep(draft, prefix: "Received: by us\r\n")
      let places = try await store.deliver(
        content, to: [Delivery(to: "alice"), Delivery(to: "bob", box("Junk")), Delivery(to: "bob", box("nowhere"), flags: Flags(.seen))], holders: ["queue-1"],
        along: [.put(table: "queue", key: "1", value: "entry")])
      #expect(places.map(\.mailbox.text) == ["INBOX", "Junk", "INBOX"] && places.map(\.uid) == [1, 1, 1])
      #expect(try await rows(Table.content, records).count == 1)
      #expect(try await blobs.names().count == (length > store.limits.inlineBytesMax ? 1 : 0))
      #expect(try await records.value(in: "queue", at: "1") == "entry")
      #expect(alice.usage == Usage(bytes: content.size, messages: 1) && bob.usage == Usage(bytes: 2 * content.size, messages: 2))

      let inbox = try await alice.open(.inbox, as: .readWrite) { _ in }
      #expect(try await store.text(inbox.entries(of: UIDSet(1))[0].content) == "Received: by us\r\n" + text)
      #expect(try await inbox.remove(inbox.all) == UIDSet(1))
      for name in ["INBOX", "Junk"] {
        let session = try await bob.open(box(name), as: .maildrop) { _ in }
        _ = try await session.remove(session.all)
        session.close()
      }
      await store.settled()
      let kept = try #require(try await store.kept(content.id))
      _ = try await store.deliver(kept, to: [Delivery(to: "bob", box("Archive"))])
      await #expect(throws: MailboxError.storage(.conflict(table: "queue", key: "1"))) {
        try await store.release("queue-1", of: content.id, along: [.expect(table: "queue", key: "1", value: "another")])
      }
      try await store.release("queue-1", of: content.id, along: [.remove(table: "queue", key: "1")])
      await store.settled()
      #expect(try await store.text(content.id) == "Received: by us\r\n" + text)
      try await bob.delete(box("Archive"))
      await store.settled()
      #expect(try await store.text(content.id) == nil)
      #expect(try await store.kept(content.id) == nil)
      #expect(try await rows(Table.content, records).isEmpty)
      #expect(try await blobs.names().isEmpty)
      #expect(alice.usage == Usage() && bob.usage == Usage())
    }
  }

  @Test("a delivery happens wholly or not at all, and can be tried again", arguments: Filling.allCases)
  func wholly(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let (alice, bob) = (try await store.makeAccount("alice"), try await store.makeAccount("bob", quota: Usage(bytes: 10, messages: 100)))
      let draft = store.draft()
      try await draft.append(Buffer(String(repeating: "z", count: 50_000)))
      let content = try await store.keep(draft)
      await #expect(throws: MailboxError.overQuota) { try await store.deliver(content, to: [Delivery(to: "alice"), Delivery(to: "bob")]) }
      await #expect(throws: MailboxError.noSuchAccount) { try await store.deliver(content, to: [Delivery(to: "alice"), Delivery(to: "carol")]) }
      await #expect(throws: MailboxError.noSuchMailbox) {
        try await store.deliver(content, to: [Delivery(to: "alice"), Delivery(to: "alice", box("x"), fallsBack: false)])
      }
      await #expect(throws: MailboxError.storage(.conflict(table: "queue", key: "1"))) {
        try await store.deliver(content, to: [Delivery(to: "alice")], along: [.expect(table: "queue", key: "1", value: "x")])
      }
      #expect(alice.usage == Usage() && bob.usage == Usage() && !bob.hasRoom(for: 11) && bob.hasRoom(for: 10))
      #expect(try await rows(Table.content, records).isEmpty)
      // What failed on the disk has used up an identifier; what was refused before has not.
      #expect(try await store.deliver(content, to: [Delivery(to: "alice")])[0].uid == 2)
      let other = store.draft()
      try await other.append(Buffer(String(repeating: "z", count: 50_000)))
      await store.discard(try await store.keep(other))
      #expect(try await blobs.names().count == 1)
    }
  }

  @Test("what is too large is refused", arguments: Filling.allCases)
  func tooLarge(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      var limits = MailboxLimits()
      limits.messageBytesMax = 100
      limits.inlineBytesMax = 50
      let store = try await open(records, blobs, limits)
      let draft = store.draft()
      try await draft.append(Buffer(String(repeating: "a", count: 60)))
      await #expect(throws: MailboxError.tooLarge(allowed: 100)) { try await draft.append(Buffer(String(repeating: "a", count: 41))) }
      await draft.discard()
      let other = store.draft()
      try await other.append(Buffer(String(repeating: "a", count: 60)))
      await #expect(throws: MailboxError.tooLarge(allowed: 100)) { _ = try await store.keep(other, prefix: Buffer(String(repeating: "p", count: 41))) }
      #expect(try await blobs.names().isEmpty)
    }
  }

  @Test("flags and keywords are changed, counted, told to others and kept", .spec("RFC 3501", "6.4.6"), arguments: Filling.allCases)
  func flags(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      var limits = MailboxLimits()
      limits.keywordsMax = 3
      let store = try await open(records, blobs, limits)
      let account = try await store.makeAccount("alice")
      for number in 1...4 { _ = try await store.deliver("m\(number)", to: [Delivery(to: "alice")]) }
      let (mine, theirs) = (Told(), Told())
      let session = try await account.open(.inbox, as: .readWrite, listener: mine.listener)
      let other = try await account.open(.inbox, as: .readOnly, listener: theirs.listener)
      #expect(session.selected.recent == UIDSet([1...4]) && other.selected.recent.isEmpty && session.selected.firstUnseen == 1)
      #expect(try await session.store(StoreOrder(UIDSet([1...2, 9...9]), .add, Flags(.seen, keywords: ["$Work"]))) == UIDSet(9))
      #expect(try await session.store(StoreOrder(UIDSet([2...3]), .replace, Flags([.flagged, .draft], keywords: ["$work", "Later"]))).isEmpty)
      #expect(try await session.store(StoreOrder(UIDSet(1), .remove, Flags([.seen], keywords: ["unheard of"]))).isEmpty)
      #expect(mine.take() == [] && theirs.take() == [.flagsChanged(UIDSet([1...2])), .flagsChanged(UIDSet([2...3])), .flagsChanged(UIDSet(1))])
      func all(_ session: MailboxSession) -> [[String]] { session.entries(of: session.all).map { session.flags(of: $0).names } }
      let expected = [["$Work"], ["\\Flagged", "\\Draft", "$Work", "Later"], ["\\Flagged", "\\Draft", "$Work", "Later"], []]
      #expect(all(session) == expected && all(other) == expected)
      #expect(try account.status(of: .inbox).unseen == 4)
      #expect(try await session.markSeen(UIDSet([1...3])) == UIDSet([1...3]))
      #expect(try await session.markSeen(UIDSet([1...3])) == UIDSet())
      #expect(try account.status(of: .inbox).unseen == 1)
      // Nothing changes, so nobody is told.
      _ = theirs.take()
      #expect(try await session.store(StoreOrder(UIDSet(1), .add, Flags(.seen))).isEmpty && theirs.take() == [])
      await #expect(throws: MailboxError.limit(LimitReached("keywordsMax", allowed: 3, unit: "keywords"))) {
        try await session.store(StoreOrder(UIDSet(1), .add, Flags(keywords: ["three", "four"])))
      }
      await #expect(throws: MailboxError.readOnly) { try await other.store(StoreOrder(UIDSet(1), .add, Flags(.seen))) }
      let modifications = session.entries(of: session.all).map(\.modification)
      #expect(modifications == [8, 8, 8, 4])
      let again = try await open(records, blobs, limits).account("alice").open(.inbox, as: .readOnly) { _ in }
      #expect(all(again) == expected.enumerated().map { $0.offset == 3 ? $0.element : insertSeen($0.element) })
      #expect(again.selected.keywords == ["$Work", "Later"] && again.selected.firstUnseen == 4)
    }
  }

  private func insertSeen(_ names: [String]) -> [String] {
    var names = names
    names.insert("\\Seen", at: names.firstIndex { !["\\Answered", "\\Flagged", "\\Deleted"].contains($0) } ?? names.count)
    return names
  }

  @Test("sessions see what others do; what is gone stays readable until the client knows", .spec("RFC 2180", "4.1"), arguments: Filling.allCases)
  func sessions(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      let (mine, theirs) = (Told(), Told())
      let session = try await account.open(.inbox, as: .readWrite, listener: mine.listener)
      let other = try await account.open(.inbox, as: .readWrite, listener: theirs.listener)
      _ = try await store.deliver("one", to: [Delivery(to: "alice"), Delivery(to: "alice", flags: Flags([.deleted]))])
      #expect(mine.take() == [.arrived(UIDSet(1), recent: UIDSet(1)), .arrived(UIDSet(2), recent: UIDSet(2))], "recent is told once")
      #expect(theirs.take() == [.arrived(UIDSet(1), recent: UIDSet()), .arrived(UIDSet(2), recent: UIDSet())])
      #expect(try await session.expunge() == UIDSet(2))
      #expect(mine.take() == [] && theirs.take() == [.expunged(UIDSet(2))])
      #expect(try await session.remove(UIDSet([1...2])) == UIDSet(1))
      await store.settled()
      #expect(session.entries(of: UIDSet([1...9])) == [])
      let ghosts = other.entries(of: UIDSet([1...9]))
      #expect(ghosts.map(\.uid) == [1, 2])
      #expect(try await store.text(ghosts[0].content) == "one")
      #expect(try await other.store(StoreOrder(UIDSet(1), .add, Flags(.seen))) == UIDSet(1))
      #expect(try await other.copy(UIDSet([1...2]), to: box("Sent")).from.isEmpty)
      other.forget(UIDSet(1))
      #expect(other.entries(of: UIDSet([1...9])).map(\.uid) == [2])
      other.close()
      await store.settled()
      #expect(try await store.text(ghosts[0].content) == nil)
      #expect(try await rows(Table.grave, records).isEmpty)
      #expect(try account.status(of: .inbox) == MailboxStatus(messages: 0, recent: 0, unseen: 0, uidNext: 3, uidValidity: session.selected.uidValidity))
    }
  }

  @Test("\\Recent is for the first who comes", .spec("RFC 3501", "2.3.2"), arguments: Filling.allCases)
  func recent(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      _ = try await store.deliver("one", to: [Delivery(to: "alice"), Delivery(to: "alice")])
      #expect(try account.status(of: .inbox).recent == 2)
      let looking = try await account.open(.inbox, as: .readOnly) { _ in }
      #expect(looking.selected.recent == UIDSet([1...2]), "EXAMINE sees, and takes nothing")
      let first = try await account.open(.inbox, as: .readWrite) { _ in }
      #expect(first.selected.recent == UIDSet([1...2]))
      let second = try await account.open(.inbox, as: .readWrite) { _ in }
      #expect(second.selected.recent.isEmpty)
      #expect(try account.status(of: .inbox).recent == 0)
      first.close()
      second.close()
      looking.close()
      _ = try await store.deliver("two", to: [Delivery(to: "alice")])
      #expect(try await open(records, blobs).account("alice").status(of: .inbox).recent == 1)
    }
  }

  @Test("copying and moving happen wholly or not at all", .spec("RFC 3501", "6.4.7"), .spec("RFC 6851", "3.3"), arguments: Filling.allCases)
  func copying(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      var limits = MailboxLimits()
      limits.copiedMax = 4
      let store = try await open(records, blobs, limits)
      let account = try await store.makeAccount("alice", quota: Usage(bytes: 1_000, messages: 8))
      for number in 1...4 {
        let flags = Flags(number == 2 ? [.seen] : [], keywords: number == 3 ? ["x"] : [])
        _ = try await store.deliver("message \(number)", to: [Delivery(to: "alice", flags: flags)])
      }
      let (mine, theirs) = (Told(), Told())
      let inbox = try await account.open(.inbox, as: .readWrite, listener: mine.listener)
      let sent = try await account.open(box("Sent"), as: .readWrite, listener: theirs.listener)
      _ = try await sent.remove(UIDSet(7))
      let copied = try await inbox.copy(UIDSet([2...3, 7...9]), to: box("Sent"))
      #expect(copied == .init(uidValidity: sent.selected.uidValidity, from: UIDSet([2...3]), to: UIDSet([1...2])))
      #expect(theirs.take() == [.arrived(UIDSet([1...2]), recent: UIDSet([1...2]))] && mine.take() == [])
      #expect(sent.entries(of: sent.all).map { sent.flags(of: $0) } == [Flags(.seen), Flags(keywords: ["x"])])
      await #expect(throws: MailboxError.overQuota) { try await inbox.copy(UIDSet([1...4]), to: box("Sent")) }
      await #expect(throws: MailboxError.noSuchMailbox) { try await inbox.copy(UIDSet(1), to: box("nowhere")) }
      #expect(sent.all == UIDSet([1...2]) && account.usage.messages == 6)
      let moved = try await inbox.move(UIDSet([1...2]), to: box("Sent"))
      #expect(moved.from == UIDSet([1...2]) && moved.to == UIDSet([3...4]) && account.usage.messages == 6)
      #expect(inbox.all == UIDSet([3...4]) && sent.all == UIDSet([1...4]))
      // Into the mailbox itself: new identifiers.
      #expect(try await inbox.move(UIDSet([3...3]), to: .inbox).to == UIDSet(5))
      #expect(inbox.all == UIDSet([4...5]) && mine.take() == [.arrived(UIDSet(5), recent: UIDSet(5))])
      try await account.setQuota(Usage(bytes: 1, messages: 1))
      #expect(try await sent.move(sent.all, to: .inbox).to == UIDSet([6...9]), "moving needs no room")
      await #expect(throws: MailboxError.limit(LimitReached("copiedMax", allowed: 4, unit: "messages"))) { try await inbox.move(inbox.all, to: box("Sent")) }
      await store.settled()
      #expect(try await rows(Table.content, records).count == 4)
      #expect(try account.status(of: .inbox).unseen == 4)
    }
  }

  @Test("RENAME INBOX moves its messages and tells who has it open", .spec("RFC 3501", "6.3.5"), arguments: Filling.allCases)
  func renameInbox(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      for number in 1...3 { _ = try await store.deliver("message \(number)", to: [Delivery(to: "alice")]) }
      let told = Told()
      let inbox = try await account.open(.inbox, as: .readWrite, listener: told.listener)
      try await account.rename(.inbox, to: box("old/mail"))
      #expect(told.take() == [.expunged(UIDSet([1...3]))] && inbox.all.isEmpty)
      #expect(try await store.deliver("next", to: [Delivery(to: "alice")])[0].uid == 4)
      #expect(try account.status(of: box("old/mail")).messages == 3)
    }
  }

  @Test("a mailbox that is deleted or renamed ends for who has it open", arguments: Filling.allCases)
  func replaced(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      try await account.create(box("a/b"))
      let told = Told()
      let session = try await account.open(box("a/b"), as: .readWrite, listener: told.listener)
      try await account.rename(box("a"), to: box("c"))
      #expect(told.take() == [.replaced])
      session.close()
      let again = try await account.open(box("c/b"), as: .readWrite, listener: told.listener)
      try await account.delete(box("c/b"))
      #expect(told.take() == [.replaced])
      await #expect(throws: MailboxError.noSuchMailbox) { _ = try await again.expunge() }
      await #expect(throws: MailboxError.noSuchMailbox) { _ = try await account.open(box("c/b"), as: .readOnly) { _ in } }
      try await account.create(box("c/b"))
      #expect(again.mailbox.isGone)
    }
  }

  @Test("a maildrop is for one alone", .spec("RFC 1939", "8"))
  func maildrop() async throws {
    try await Filling.memory.with { records, blobs in
      let account = try await open(records, blobs).makeAccount("alice")
      let first = try await account.open(.inbox, as: .maildrop) { _ in }
      await #expect(throws: MailboxError.inUse) { _ = try await account.open(.inbox, as: .maildrop) { _ in } }
      _ = try await account.open(.inbox, as: .readWrite) { _ in }
      first.close()
      first.close()
      _ = try await account.open(.inbox, as: .maildrop) { _ in }
    }
  }

  // MARK: Many at once

  @Test("many deliveries at once: identifiers in order, each once, few transactions", arguments: Filling.allCases)
  func many(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      let told = Told()
      let session = try await account.open(.inbox, as: .readWrite, listener: told.listener)
      let before = (records as? SQLiteRecords)?.transactions ?? 0
      let uids = try await withThrowingTaskGroup(of: UInt32.self) { group in
        for number in 0..<300 {
          group.addTask {
            let uid = try await store.deliver("message \(number)", to: [Delivery(to: "alice")])[0].uid
            #expect(session.entries(of: UIDSet(uid)).count == 1, "what is acknowledged is seen")
            return uid
          }
        }
        return try await group.reduce(into: [UInt32]()) { $0.append($1) }
      }
      #expect(Set(uids) == Set(1...300))
      let arrived = told.take().flatMap { change -> [UInt32] in if case .arrived(let uids, _) = change { Array(uids) } else { [] } }
      #expect(arrived == Array(1...300), "told in ascending order")
      if let disk = records as? SQLiteRecords { #expect(disk.transactions - before < 150) }
    }
  }

  @Test("many who change the same messages at once, while others add and remove", arguments: Filling.allCases)
  func contended(_ filling: Filling) async throws {
    try await filling.with { records, blobs in
      let store = try await open(records, blobs)
      let account = try await store.makeAccount("alice")
      for number in 0..<20 { _ = try await store.deliver("message \(number)", to: [Delivery(to: "alice")]) }
      try await withThrowingTaskGroup { group in
        for number in 0..<8 {
          group.addTask {
            let session = try await account.open(.inbox, as: .readWrite) { _ in }
            defer { session.close() }
            for round in 0..<10 {
              _ = try await session.store(StoreOrder(UIDSet([1...10]), round.isMultiple(of: 2) ? .add : .remove, Flags(.seen, keywords: ["k\(number)"])))
              _ = try await session.copy(UIDSet(UInt32(11 + number)), to: round.isMultiple(of: 3) ? .inbox : box("Sent"))
              _ = try await store.deliver("more", to: [Delivery(to: "alice"), Delivery(to: "alice", box("Junk"))])
              if round == 5 { _ = try await session.remove(UIDSet(UInt32(11 + number))) }
            }
          }
        }
        try await group.waitForAll()
      }
      await store.settled()
      let session = try await account.open(.inbox, as: .readOnly) { _ in }
      let again = try await open(records, blobs).account("alice").open(.inbox, as: .readOnly) { _ in }
      #expect(session.entries(of: session.all) == again.entries(of: again.all))
      #expect(try account.status(of: .inbox).unseen == again.account.status(of: .inbox).unseen)
    }
  }

  @Test("a mailbox is read while messages arrive, and let go when nobody has it open")
  func loading() async throws {
    try await Filling.disk.with { records, blobs in
      var limits = MailboxLimits()
      limits.idleMessagesMax = 50
      let first = try await open(records, blobs)
      _ = try await first.makeAccount("alice")
      for number in 0..<100 { _ = try await first.deliver("message \(number)", to: [Delivery(to: "alice")]) }
      let store = try await open(records, blobs, limits)
      let account = try await store.account("alice")
      for round in 0..<5 {
        let told = Told()
        async let delivered = store.deliver("round \(round)", to: [Delivery(to: "alice")])
        let session = try await account.open(.inbox, as: .readWrite, listener: told.listener)
        let uid = try await delivered[0].uid
        let arrived = told.take().reduce(into: session.selected.messages) { all, change in if case .arrived(let uids, _) = change { all.formUnion(uids) } }
        #expect(arrived.contains(uid) && arrived.count == 101 + round && session.all == arrived)
        session.close()
        #expect(session.mailbox.entries == nil)
      }
    }
  }
}
