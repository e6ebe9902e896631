// Both ports filled by memory: for the simulator, the lab and tests.
public import Bytes
import Synchronization

/// Records in memory.
public final class MemoryRecords: RecordStore {
  private let tables = Mutex<[String: [Buffer: Buffer]]>([:])

  public init() {}

  public func value(in table: String, at key: Buffer) async throws(StorageError) -> Buffer? {
    tables.withLock { $0[table]?[key] }
  }

  public func records(in table: String, from lower: Buffer, to upper: Buffer?, limit: Int) async throws(StorageError) -> [Record] {
    let all = tables.withLock { $0[table] ?? [:] }
    let chosen = all.filter { record in
      !byteOrder(record.key, lower) && (upper.map { end in byteOrder(record.key, end) } ?? true)
    }
    return Array(chosen.map { Record(key: $0.key, value: $0.value) }.sorted { byteOrder($0.key, $1.key) }.prefix(max(0, limit)))
  }

  public func apply(_ changes: [Change]) async throws(StorageError) {
    try Change.check(changes)
    let conflict: StorageError? = tables.withLock { tables in
      var next = tables
      for change in changes {
        switch change {
        case .put(let table, let key, let value): next[table, default: [:]][key] = value
        case .remove(let table, let key): next[table]?[key] = nil
        case .expect(let table, let key, let value):
          guard next[table]?[key] == value else { return .conflict(table: table, key: key) }
        }
      }
      tables = next
      return nil
    }
    if let conflict { throw conflict }
  }
}

/// Blobs in memory.
public final class MemoryBlobs: BlobStore {
  private let blobs = Mutex<[BlobName: Buffer]>([:])

  public init() {}

  public func put(_ bytes: Buffer, as name: BlobName) async throws(StorageError) { blobs.withLock { $0[name] = bytes } }

  public func bytes(of name: BlobName) async throws(StorageError) -> Buffer? { blobs.withLock { $0[name] } }

  public func remove(_ name: BlobName) async throws(StorageError) { blobs.withLock { $0[name] = nil } }

  public func names() async throws(StorageError) -> [BlobName] { blobs.withLock { $0.keys.sorted() } }

  public func draft() async throws(StorageError) -> any BlobDraft { MemoryDraft(in: self) }
}

/// Bytes in memory that become a blob, or go.
private final class MemoryDraft: BlobDraft {
  private let store: MemoryBlobs
  private let bytes = Mutex<Buffer?>(Buffer())

  init(in store: MemoryBlobs) { self.store = store }

  var count: Int64 { bytes.withLock { Int64($0?.count ?? 0) } }

  func append(_ more: Buffer) async throws(StorageError) {
    let isThere = bytes.withLock { bytes in
      bytes?.append(more)
      return bytes != nil
    }
    if !isThere { throw .failed("the draft is no longer there") }
  }

  func keep(as name: BlobName) async throws(StorageError) {
    let whole = bytes.withLock { bytes in
      defer { bytes = nil }
      return bytes
    }
    guard let whole else { throw .failed("the draft is no longer there") }
    try await store.put(whole, as: name)
  }

  func discard() async { bytes.withLock { $0 = nil } }
}

/// Whether `a` comes before `b` byte for byte, as SQLite orders blobs.
func byteOrder(_ a: Buffer, _ b: Buffer) -> Bool { a.array.lexicographicallyPrecedes(b.array) }
