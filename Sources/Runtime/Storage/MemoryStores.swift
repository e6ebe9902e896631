// Both ports filled by memory: for the simulator, the lab and tests.
public import Bytes
import Synchronization

/// Records in memory.
public final class MemoryRecords: RecordStore {
  private let tables = Mutex<[String: Table]>([:])

  /// One table: its values, and its keys in byte order.
  private struct Table {
    var values: [Buffer: Buffer] = [:]
    var keys: [Buffer] = []

    /// Where the first key stands that does not come before `key`.
    func place(of key: Buffer) -> Int {
      if let last = keys.last, byteOrder(last, key) { return keys.count }
      var (low, high) = (0, keys.count)
      while low < high {
        let middle = (low + high) / 2
        if byteOrder(keys[middle], key) { low = middle + 1 } else { high = middle }
      }
      return low
    }

    /// Puts or, with nil, removes; returns what was there.
    mutating func set(_ key: Buffer, to value: Buffer?) -> Buffer? {
      let before = values.removeValue(forKey: key)
      values[key] = value
      if before == nil, value != nil { keys.insert(key, at: place(of: key)) }
      if before != nil, value == nil { keys.remove(at: place(of: key)) }
      return before
    }
  }

  public init() {}

  public func value(in table: String, at key: Buffer) async throws(StorageError) -> Buffer? {
    tables.withLock { $0[table]?.values[key] }
  }

  public func values(in table: String, at keys: [Buffer]) async throws(StorageError) -> [Buffer?] {
    tables.withLock { tables in keys.map { tables[table]?.values[$0] } }
  }

  public func records(in table: String, from lower: Buffer, to upper: Buffer?, limit: Int) async throws(StorageError) -> [Record] {
    tables.withLock { tables in
      guard let table = tables[table] else { return [] }
      let rest = table.keys[table.place(of: lower)...].prefix { key in upper.map { byteOrder(key, $0) } ?? true }
      return rest.prefix(max(0, limit)).map { Record(key: $0, value: table.values[$0] ?? Buffer()) }
    }
  }

  public func apply(_ changes: [Change]) async throws(StorageError) {
    try Change.check(changes)
    let conflict: StorageError? = tables.withLock { tables in
      // What was there before each change, for a batch that fails on its way.
      var undone: [(table: String, key: Buffer, value: Buffer?)] = []
      for change in changes {
        switch change {
        case .put(let table, let key, let value):
          undone.append((table, key, tables[table, default: Table()].set(key, to: value)))
        case .remove(let table, let key):
          undone.append((table, key, tables[table, default: Table()].set(key, to: nil)))
        case .expect(let table, let key, let value):
          guard tables[table]?.values[key] == value else {
            for step in undone.reversed() { _ = tables[step.table, default: Table()].set(step.key, to: step.value) }
            return .conflict(table: table, key: key)
          }
        }
      }
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

  public func open(_ name: BlobName) async throws(StorageError) -> BlobContent? { blobs.withLock { $0[name].map { .memory($0) } } }

  public func remove(_ name: BlobName) async throws(StorageError) { blobs.withLock { $0[name] = nil } }

  public func names() async throws(StorageError) -> [BlobName] { blobs.withLock { $0.keys.sorted() } }

  public func draft() async throws(StorageError) -> any BlobDraft { MemoryDraft(in: self) }

  public var room: Int64? { nil }
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
func byteOrder(_ a: Buffer, _ b: Buffer) -> Bool {
  a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.lexicographicallyPrecedes(b) } }
}
