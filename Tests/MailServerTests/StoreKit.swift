// What the tests of the mail store stand on: stores in memory and on disk, a disk that fails at the n-th step, and an audit of everything
// that is written.
// Not here: the tests.
import Bytes
import Foundation
import IMAP
import Storage
import Synchronization
import Testing
import World

@testable import MailServer

/// A clock that stands still until a test moves it.
final class TestClock: WorldClock {
  private let time = Mutex(Instant.simulationStart)

  var now: Instant { time.withLock { $0 } }

  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }

  func sleep(until deadline: Instant) async throws { time.withLock { $0 = max($0, deadline) } }
}

/// Where a store keeps its things, in memory or on disk.
enum Filling: CaseIterable, Sendable {
  case memory, disk

  /// Calls `body` with the two ports, and audits what is left.
  func with(_ body: (any RecordStore, any BlobStore) async throws -> Void) async throws {
    switch self {
    case .memory:
      let (records, blobs) = (MemoryRecords(), MemoryBlobs())
      try await body(records, blobs)
      try await audit(records, blobs)
    case .disk:
      let path = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-test-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: path) }
      let (records, blobs) = (try SQLiteRecords(path: path + "/records.sqlite"), try FileBlobs(directory: path + "/blobs"))
      try await body(records, blobs)
      try await audit(records, blobs)
    }
  }
}

/// Both ports in front of others that are like a disk whose power goes at the n-th step that changes anything: the step happens or not, and
/// nothing works afterwards.
final class FailingStorage: RecordStore, BlobStore {
  private let records: any RecordStore
  private let blobs: any BlobStore
  private let stepsLeft: Mutex<Int>
  private let lastStepHappens: Bool

  init(_ records: any RecordStore, _ blobs: any BlobStore, steps: Int, lastStepHappens: Bool) {
    self.records = records
    self.blobs = blobs
    stepsLeft = Mutex(steps)
    self.lastStepHappens = lastStepHappens
  }

  private func look() throws(StorageError) {
    if stepsLeft.withLock({ $0 <= 0 }) { throw .failed("power cut") }
  }

  private func step(_ body: () async throws(StorageError) -> Void) async throws(StorageError) {
    let left = stepsLeft.withLock { left in
      left -= 1
      return left
    }
    if left > 0 || (left == 0 && lastStepHappens) { try await body() }
    if left <= 0 { throw .failed("power cut") }
  }

  func value(in table: String, at key: Buffer) async throws(StorageError) -> Buffer? {
    try look()
    return try await records.value(in: table, at: key)
  }

  func values(in table: String, at keys: [Buffer]) async throws(StorageError) -> [Buffer?] {
    try look()
    return try await records.values(in: table, at: keys)
  }

  func records(in table: String, from lower: Buffer, to upper: Buffer?, limit: Int) async throws(StorageError) -> [Record] {
    try look()
    return try await records.records(in: table, from: lower, to: upper, limit: limit)
  }

  func apply(_ changes: [Change]) async throws(StorageError) {
    try await step { () async throws(StorageError) in try await records.apply(changes) }
  }

  func put(_ bytes: Buffer, as name: BlobName) async throws(StorageError) {
    try await step { () async throws(StorageError) in try await blobs.put(bytes, as: name) }
  }

  func bytes(of name: BlobName) async throws(StorageError) -> Buffer? {
    try look()
    return try await blobs.bytes(of: name)
  }

  func open(_ name: BlobName) async throws(StorageError) -> BlobContent? {
    try look()
    return try await blobs.open(name)
  }

  func remove(_ name: BlobName) async throws(StorageError) {
    try await step { () async throws(StorageError) in try await blobs.remove(name) }
  }

  func names() async throws(StorageError) -> [BlobName] {
    try look()
    return try await blobs.names()
  }

  var room: Int64? { blobs.room }

  func draft() async throws(StorageError) -> any BlobDraft { FailingDraft(try await blobs.draft(), in: self) }

  /// A draft whose keeping is a step.
  private final class FailingDraft: BlobDraft {
    private let draft: any BlobDraft
    private let storage: FailingStorage

    init(_ draft: any BlobDraft, in storage: FailingStorage) {
      self.draft = draft
      self.storage = storage
    }

    var count: Int64 { draft.count }
    func append(_ bytes: Buffer) async throws(StorageError) { try await draft.append(bytes) }
    func keep(as name: BlobName) async throws(StorageError) {
      try await storage.step { () async throws(StorageError) in try await draft.keep(as: name) }
    }
    func discard() async { await draft.discard() }
  }
}

/// All rows of a table.
func rows(_ table: String, _ records: any RecordStore) async throws -> [Record] {
  try await records.records(in: table, from: Buffer(), to: nil, limit: 1_000_000)
}

/// The number that stands in a key.
private func number(_ key: Buffer, at offset: Int) -> UInt32 { key[offset..<(offset + 4)].array.reduce(0) { $0 << 8 | UInt32($1) } }

/// Holds everything that is written against everything else. Call it when nobody changes anything.
func audit(_ records: any RecordStore, _ blobs: any BlobStore) async throws {
  let contents = try await rows(Table.content, records)
  let summaries = Set(try await rows(Table.summary, records).map(\.key))
  let holders = Set(try await rows(Table.holder, records).map(\.key))
  let graves = Set(try await rows(Table.grave, records).map(\.key))
  let dead = Set(try await rows(Table.dead, records).map(\.key))
  let mailboxes = try await rows(Table.mailbox, records)
  let counters = Dictionary(uniqueKeysWithValues: try await rows(Table.counters, records).map { ($0.key, Counters(record: $0.value)) })
  #expect(Set(mailboxes.map(\.key)) == Set(counters.keys), "each mailbox has counters")

  var messages: [UInt32: [Entry]] = [:]
  var expectedHolders: Set<Buffer> = []
  for row in try await rows(Table.message, records) {
    let entry = try #require(Entry(row))
    let mailbox = number(row.key, at: 0)
    messages[mailbox, default: []].append(entry)
    expectedHolders.insert(Key.holder(entry.content, mailbox, entry.uid))
    #expect(contents.contains { $0.key == Key.of(entry.content) } && summaries.contains(Key.of(entry.content)), "message without content")
  }
  #expect(holders.filter { $0[at: 8] == 0 } == expectedHolders, "holders are messages and messages are holders")

  var usages: [UInt32: Usage] = [:]
  for row in mailboxes {
    let (account, mailbox) = (number(row.key, at: 0), number(row.key, at: 4))
    let counted = try #require(counters[row.key] ?? nil)
    let entries = messages.removeValue(forKey: mailbox) ?? []
    let name = MailboxRecord(record: row.value)?.name.text ?? ""
    #expect(Int(counted.messages) == entries.count, "\(name): messages")
    #expect(Int(counted.unseen) == entries.count { !$0.flags.contains(.seen) }, "\(name): unseen")
    #expect(counted.bytes == entries.reduce(0) { $0 + Int64($1.size) }, "\(name): bytes")
    #expect(entries.allSatisfy { $0.uid < counted.uidNext && $0.modification <= counted.modification }, "\(name): next identifier")
    usages[account, default: Usage()].bytes += counted.bytes
    usages[account, default: Usage()].messages += Int64(counted.messages)
  }
  #expect(messages.keys.allSatisfy { dead.contains(Key.of($0)) }, "messages without a mailbox")
  for row in try await rows(Table.account, records) {
    let account = try #require(AccountRecord(record: row.value))
    let usage = try await records.value(in: Table.usage, at: Key.of(account.id)).flatMap { Usage(record: $0) }
    #expect(usage == usages[account.id] ?? Usage(), "\(row.key.text): usage")
  }

  var blobbed: Set<String> = []
  for row in contents {
    #expect(graves.contains(row.key) || holders.contains { $0[0..<8] == row.key }, "content \(row.key) that nobody holds")
    var key = row.key
    if ContentRecord(record: row.value)?.inline == nil, let id = key.takeInteger(UInt64.self) {
      blobbed.insert(KeptContent.blobName(ContentID(id))?.description ?? "")
    }
  }
  #expect(summaries == Set(contents.map(\.key)))
  let names = Set(try await blobs.names().map(\.description).filter { $0.hasPrefix("m-") })
  #expect(blobbed.isSubset(of: names), "content without its blob")
}

/// What a session was told, in order.
final class Told: Sendable {
  private let all = Mutex<[MailboxChange]>([])

  var listener: @Sendable (MailboxChange) -> Void { { [self] change in all.withLock { $0.append(change) } } }

  /// What came since the last call.
  func take() -> [MailboxChange] {
    all.withLock { all in
      defer { all = [] }
      return all
    }
  }
}

extension MailStore {
  /// Puts a small message into mailboxes.
  func deliver(_ text: String, to deliveries: [Delivery]) async throws -> [Delivered] {
    let draft = draft()
    try await draft.append(Buffer(text))
    return try await deliver(try await keep(draft), to: deliveries)
  }

  /// The text of a content.
  func text(_ id: ContentID) async throws -> String? {
    let content = try await content(id)
    return content.flatMap { $0.bytes(0..<$0.size)?.text }
  }

  /// Waits until everything that can go is gone.
  func settled() async {
    while sweeping.withLock({ $0.isRunning }) { await Task.yield() }
  }
}

/// The mailbox called so.
func box(_ text: String) -> MailboxName {
  do { return try MailboxName(text) } catch { preconditionFailure("\(text) is no name: \(error)") }
}
