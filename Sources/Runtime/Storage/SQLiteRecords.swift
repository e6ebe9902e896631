// Records in one SQLite file through GRDB: write-ahead log, full synchronous, so that an applied batch survives a power cut.
// Batches that come while the disk is busy share the next transaction, and its one wait for the disk; each still happens wholly or not at
// all, by a savepoint of its own (docs/decisions/0006-group-commit.md).
// Not here: the port and its law (Ports.swift).
public import Bytes
import GRDB
import GRDBSQLite
import Synchronization

/// Records in an SQLite file.
public final class SQLiteRecords: RecordStore {
  private let writer: DatabaseQueue
  /// A connection of its own, so that nobody who reads waits for the disk to take what others write.
  private let reader: DatabaseQueue
  private let waiting = Mutex<[WaitingBatch]>([])
  private let count = Atomic<Int>(0)

  /// A batch and who waits for it.
  private struct WaitingBatch: Sendable {
    var changes: [Change]
    var continuation: CheckedContinuation<StorageError?, Never>
  }

  /// SQLite's number for `synchronous = FULL`.
  private static let full = 2
  /// What each connection keeps of the file. Unit: KiB.
  private static let cacheKibibytes = 16_384
  /// How long the log gets before it is written back. Unit: pages.
  private static let logPages = 4_000
  /// Most changes that share a transaction with others'. Unit: changes. Past it: the rest is the next transaction's.
  private static let sharedChangesMax = 20_000

  /// Opens or makes the file at `path`. Its directory must exist.
  public init(path: String) throws(StorageError) {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      // SQLite keeps silent about a mode it cannot give, and batches would be lost at a power cut: so it is asked.
      let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
      try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -\(Self.cacheKibibytes); PRAGMA wal_autocheckpoint = \(Self.logPages)")
      let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
      guard mode == "wal", synchronous == Self.full else {
        throw StorageError.failed("expected journal_mode wal and synchronous \(Self.full), found \(mode ?? "none") and \(synchronous ?? -1)")
      }
    }
    do {
      writer = try DatabaseQueue(path: path, configuration: configuration)
      try writer.write { db in
        try db.execute(
          sql: "CREATE TABLE IF NOT EXISTS record (tab TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID")
      }
      reader = try DatabaseQueue(path: path, configuration: configuration)
    } catch { throw StorageError(error) }
  }

  /// How many transactions were made durable so far: with many who apply at once, far fewer than batches.
  package var transactions: Int { count.load(ordering: .relaxed) }

  // MARK: Reading

  public func value(in table: String, at key: Buffer) async throws(StorageError) -> Buffer? {
    try await read { db in try Self.value(db, table, key) }
  }

  public func values(in table: String, at keys: [Buffer]) async throws(StorageError) -> [Buffer?] {
    try await read { db in
      // Without a transaction each look would be of a moment of its own.
      try Self.perform("BEGIN", db)
      defer { try? Self.perform("COMMIT", db) }
      return try keys.map { try Self.value(db, table, $0) }
    }
  }

  public func records(in table: String, from lower: Buffer, to upper: Buffer?, limit: Int) async throws(StorageError) -> [Record] {
    try await read { db in
      let end = upper == nil ? "" : " AND key < ?3"
      let statement = try db.cachedStatement(sql: "SELECT key, value FROM record WHERE tab = ?1 AND key >= ?2\(end) ORDER BY key LIMIT ?4")
      let row = Row(statement)
      defer { row.reset() }
      row.bind(table, at: 1)
      row.bind(lower, at: 2)
      if let upper { row.bind(upper, at: 3) }
      row.bind(Int64(max(0, limit)), at: 4)
      var found: [Record] = []
      while try row.step(db) { found.append(Record(key: row.bytes(0), value: row.bytes(1))) }
      return found
    }
  }

  private func read<R: Sendable>(_ body: @escaping @Sendable (Database) throws -> R) async throws(StorageError) -> R {
    let outcome: Result<R, StorageError> = await withCheckedContinuation { continuation in
      reader.asyncWriteWithoutTransaction { db in
        continuation.resume(returning: Result { try body(db) }.mapError { StorageError($0) })
      }
    }
    return try outcome.get()
  }

  private static func value(_ db: Database, _ table: String, _ key: Buffer) throws -> Buffer? {
    let row = Row(try db.cachedStatement(sql: "SELECT value FROM record WHERE tab = ?1 AND key = ?2"))
    defer { row.reset() }
    row.bind(table, at: 1)
    row.bind(key, at: 2)
    return try row.step(db) ? row.bytes(0) : nil
  }

  // MARK: Changing

  public func apply(_ changes: [Change]) async throws(StorageError) {
    try Change.check(changes)
    let failure = await withCheckedContinuation { continuation in
      waiting.withLock { $0.append(WaitingBatch(changes: changes, continuation: continuation)) }
      // Every batch sends for the disk; one that an earlier call took along finds nothing left to do.
      writer.asyncWriteWithoutTransaction { db in self.applyWaiting(db) }
    }
    if let failure { throw failure }
  }

  /// Applies what waits in one transaction, and tells everybody once that is durable.
  private func applyWaiting(_ db: Database) {
    let group = waiting.withLock { waiting in
      var size = 0
      let end = waiting.firstIndex { batch in
        size += batch.changes.count
        return size > Self.sharedChangesMax
      }
      let group = Array(waiting.prefix(max(1, end ?? waiting.count)))
      waiting.removeFirst(group.count)
      return group
    }
    guard !group.isEmpty else { return }
    var outcomes = [StorageError?](repeating: nil, count: group.count)
    do {
      try Self.perform("BEGIN IMMEDIATE", db)
      for (index, batch) in group.enumerated() { outcomes[index] = try Self.apply(batch.changes, db) }
      try Self.perform("COMMIT", db)
      count.add(1, ordering: .relaxed)
    } catch {
      // The engine's failure, not one batch's: none of them happened.
      if sqlite3_get_autocommit(db.sqliteConnection) == 0 { try? Self.perform("ROLLBACK", db) }
      let failure = StorageError(error)
      outcomes = outcomes.map { $0 ?? failure }
    }
    for (batch, outcome) in zip(group, outcomes) { batch.continuation.resume(returning: outcome) }
  }

  /// Makes one batch's changes, or none. Throws when the whole transaction is lost.
  private static func apply(_ changes: [Change], _ db: Database) throws -> StorageError? {
    try perform("SAVEPOINT batch", db)
    do {
      for change in changes {
        switch change {
        case .put(let table, let key, let value):
          let row = Row(try db.cachedStatement(sql: "INSERT OR REPLACE INTO record (tab, key, value) VALUES (?1, ?2, ?3)"))
          defer { row.reset() }
          row.bind(table, at: 1)
          row.bind(key, at: 2)
          row.bind(value, at: 3)
          _ = try row.step(db)
        case .remove(let table, let key):
          let row = Row(try db.cachedStatement(sql: "DELETE FROM record WHERE tab = ?1 AND key = ?2"))
          defer { row.reset() }
          row.bind(table, at: 1)
          row.bind(key, at: 2)
          _ = try row.step(db)
        case .expect(let table, let key, let expected):
          guard try value(db, table, key) == expected else { throw StorageError.conflict(table: table, key: key) }
        }
      }
      try perform("RELEASE batch", db)
      return nil
    } catch {
      // A full disk or a broken one may take the transaction with it.
      guard sqlite3_get_autocommit(db.sqliteConnection) == 0 else { throw error }
      try perform("ROLLBACK TO batch", db)
      try perform("RELEASE batch", db)
      return StorageError(error)
    }
  }

  private static func perform(_ sql: String, _ db: Database) throws {
    let code = sqlite3_exec(db.sqliteConnection, sql, nil, nil, nil)
    if code != SQLITE_OK { throw DatabaseError(resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(db.sqliteConnection))) }
  }
}

/// A prepared statement from the binding of its arguments to its last row. GRDB's own way leads through Foundation's `Data`; here bytes are
/// bound and read where they lie.
private struct Row {
  private let statement: SQLiteStatement

  init(_ statement: Statement) { self.statement = statement.sqliteStatement }

  func bind(_ bytes: Buffer, at index: Int32) {
    _ = bytes.withUnsafeBytes { source in
      // No pointer means NULL to SQLite, not an empty blob.
      if source.isEmpty {
        sqlite3_bind_zeroblob(statement, index, 0)
      } else {
        sqlite3_bind_blob(statement, index, source.baseAddress, Int32(clamping: source.count), Self.copied)
      }
    }
  }

  func bind(_ text: String, at index: Int32) { sqlite3_bind_text(statement, index, text, -1, Self.copied) }

  func bind(_ number: Int64, at index: Int32) { sqlite3_bind_int64(statement, index, number) }

  /// Whether there is a row.
  func step(_ db: Database) throws -> Bool {
    let code = sqlite3_step(statement)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE { return false }
    throw DatabaseError(resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
  }

  /// The bytes in `column`, counted from 0.
  func bytes(_ column: Int32) -> Buffer {
    guard let start = sqlite3_column_blob(statement, column) else { return Buffer() }
    return Buffer(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
  }

  func reset() {
    sqlite3_reset(statement)
    sqlite3_clear_bindings(statement)
  }

  /// Tells SQLite to copy what is bound (its SQLITE_TRANSIENT, which Swift cannot import).
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

extension StorageError {
  /// What GRDB threw, in our words.
  init(_ error: any Error) {
    switch error {
    case let error as StorageError: self = error
    case let error as DatabaseError where error.resultCode == .SQLITE_FULL: self = .full
    default: self = .failed("the record store failed: \(error)")
    }
  }
}
