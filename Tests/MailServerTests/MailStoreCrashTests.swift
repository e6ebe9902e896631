// Power cuts: for every n the n-th step that changes storage is the last one. What was acknowledged must be there afterwards, nothing may be half
// there, no identifier may mean two messages, and nothing that nobody holds may stay.
import Bytes
import IMAP
import Storage
import Testing
import World

@testable import MailServer

@Suite("a mail store after a power cut")
struct MailStoreCrashTests {
  let clock = TestClock()

  /// What a client may rely on.
  private struct Known {
    /// Messages by mailbox, validity and identifier: what was told stays true for ever.
    var meanings: [String: String] = [:]
    /// Acknowledged to be in a mailbox; whatever step was under way may have removed it.
    var texts: [String: Set<String>] = [:]
    var isSeen: Set<String> = []
  }

  private func open(_ records: any RecordStore, _ blobs: any BlobStore) async throws(MailboxError) -> MailStore {
    var limits = MailboxLimits()
    limits.inlineBytesMax = 100
    // What is left to be swept is swept by the next start: a step at another moment each time would make no two runs alike.
    return try await MailStore.open(records: records, blobs: blobs, clock: clock, limits: limits, start: { _ in })
  }

  /// Reads all messages of a mailbox, and holds their identifiers against what they meant before.
  private func look(at name: String, in account: Account, _ known: inout Known) async throws -> [UInt32: String] {
    guard account.find(box(name)) != nil else { return [:] }
    let session = try await account.open(box(name), as: .readOnly) { _ in }
    defer { session.close() }
    var found: [UInt32: String] = [:]
    for entry in session.entries(of: session.all) {
      let text = try #require(try await account.store.text(entry.content), "\(name) \(entry.uid) has no content")
      let meaning = "\(name) \(session.selected.uidValidity) \(entry.uid)"
      #expect(known.meanings[meaning] == nil || known.meanings[meaning] == text, "\(meaning) is two messages")
      known.meanings[meaning] = text
      found[entry.uid] = text
    }
    return found
  }

  /// Does what mail servers do, until something fails. `known` is what was acknowledged.
  private func live(_ records: any RecordStore, _ blobs: any BlobStore, round: Int, _ known: inout Known) async throws {
    let store = try await open(records, blobs)
    for name in ["alice", "bob"] where !store.hasAccount(name) { _ = try await store.makeAccount(name) }
    let account = try await store.account("alice")
    func put(_ text: String, _ names: String...) async throws {
      let draft = store.draft()
      try await draft.append(Buffer(text))
      let content = try await store.keep(draft)
      let places = try await store.deliver(content, to: names.map { Delivery(to: "alice", box($0)) } + [Delivery(to: "bob")])
      for (name, place) in zip(names, places) {
        let meaning = "\(name) \(place.uidValidity) \(place.uid)"
        #expect(known.meanings[meaning] == nil, "\(meaning) is given a second time")
        known.meanings[meaning] = text
        known.texts[name, default: []].insert(text)
      }
    }
    try await put("small \(round)", "INBOX", "Sent")
    try await put("large \(round) " + String(repeating: "x", count: 200), "INBOX", "Archive")
    try await put("third \(round)", "INBOX")
    let inbox = try await account.open(.inbox, as: .readWrite) { _ in }
    defer { inbox.close() }
    _ = try await look(at: "INBOX", in: account, &known)
    // The last three, which are this round's.
    let mine = UIDSet(inbox.all.reversed().prefix(3))
    _ = try await inbox.store(StoreOrder(mine, .add, Flags(.seen)))
    known.isSeen = ["small \(round)", "third \(round)"]
    _ = try await inbox.copy(mine, to: box("Junk"))
    known.texts["Junk", default: []].insert("third \(round)")
    let large = UIDSet(Array(mine)[1])
    known.texts["INBOX"]?.remove("large \(round) " + String(repeating: "x", count: 200))
    _ = try await inbox.move(large, to: box("Trash"))
    known.texts["INBOX"]?.remove("small \(round)")
    known.isSeen.remove("small \(round)")
    _ = try await inbox.remove(UIDSet(Array(mine)[0]))
    try await account.create(box("a/b\(round)"))
    try await put("below \(round)", "a/b\(round)")
    known.texts["a/b\(round)"] = nil
    try await account.rename(box("a"), to: box("c\(round)"))
    known.texts["c\(round)/b\(round)"] = ["below \(round)"]
    known.texts["c\(round)/b\(round)"] = nil
    try await account.delete(box("c\(round)/b\(round)"))
    try await store.release("none", of: ContentID(1))
  }

  @Test("for every n the power goes at the n-th step", arguments: [true, false])
  func everyStep(lastStepHappens: Bool) async throws {
    var reachedEnd = false
    var n = 0
    while !reachedEnd {
      n += 1
      try #require(n < 200, "the scenario has more steps than were tried")
      let (records, blobs) = (MemoryRecords(), MemoryBlobs())
      var known = Known()
      try await live(records, blobs, round: 0, &known)
      do {
        let failing = FailingStorage(records, blobs, steps: n, lastStepHappens: lastStepHappens)
        try await live(failing, failing, round: 1, &known)
        reachedEnd = true
      } catch is MailboxError {}
      let store = try await open(records, blobs)
      try await audit(records, blobs)
      let account = try await store.account("alice")
      for (name, texts) in known.texts {
        let found = Set(try await look(at: name, in: account, &known).values)
        #expect(texts.isSubset(of: found), "step \(n): \(texts.subtracting(found)) was acknowledged and is gone from \(name)")
      }
      let inbox = try await account.open(.inbox, as: .readOnly) { _ in }
      for entry in inbox.entries(of: inbox.all) where known.isSeen.contains(try await store.text(entry.content) ?? "") {
        #expect(entry.flags.contains(.seen), "step \(n): a flag was acknowledged and is gone")
      }
      inbox.close()
      // Life goes on, and nothing that is given now meant something else before.
      try await live(records, blobs, round: 2, &known)
      _ = try await open(records, blobs)
      try await audit(records, blobs)
      #expect(try await rows(Table.grave, records).isEmpty)
      #expect(try await rows(Table.dead, records).isEmpty)
    }
    #expect(n > 15)
  }

  @Test("a blob that nobody came to hold goes at the next start, others' blobs stay")
  func orphans() async throws {
    let (records, blobs) = (MemoryRecords(), MemoryBlobs())
    let store = try await open(records, blobs)
    _ = try await store.makeAccount("alice")
    try await blobs.put("theirs", as: try #require(BlobName("q-1")))
    for number in 0..<3 {
      let draft = store.draft()
      try await draft.append(Buffer(String(repeating: "x", count: 200)))
      let content = try await store.keep(draft)
      if number == 1 { _ = try await store.deliver(content, to: [Delivery(to: "alice")]) }
    }
    #expect(try await blobs.names().count == 4)
    _ = try await open(records, blobs)
    #expect(try await blobs.names().map(\.description) == ["m-0000000000000002", "q-1"])
  }
}
