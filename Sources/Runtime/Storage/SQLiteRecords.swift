// Records in one SQLite file through GRDB: write-ahead log, full synchronous, so that an applied batch survives a power cut.
// Not here: the port and its law (Ports.swift).
public import Bytes
import GRDB

/// Records in an SQLite file.
public final class SQLiteRecords: RecordStore {
  private let database: DatabaseQueue
  /// SQLite's number for `synchronous = FULL`.
  private static let full = 2

  /// Opens or makes the file at `path`. Its directory must exist.
  public init(path: String) throws(StorageError) {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      // SQLite keeps silent about a mode it cannot give, and batches would be lost at a power cut: so it is asked.
      let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
      try db.execute(sql: "PRAGMA synchronous = FULL")
      let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
      guard mode == "wal", synchronous == Self.full else {
        throw StorageError.failed("expected journal_mode wal and synchronous \(Self.full), found \(mode ?? "none") and \(synchronous ?? -1)")
      }
    }
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      try database.write { db in
        try db.execute(
          sql: "CREATE TABLE IF NOT EXISTS record (tab TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID")
      }
    } catch { throw StorageError(error) }
  }

  public func value(in table: String, at key: Buffer) async throws(StorageError) -> Buffer? {
    do {
      return try await database.read { db in try Self.value(db, table, key) }
    } catch { throw StorageError(error) }
  }

  public func records(in table: String, from lower: Buffer, to upper: Buffer?, limit: Int) async throws(StorageError) -> [Record] {
    do {
      return try await database.read { db in
        let end = upper.map { " AND key < x'\($0.hexadecimal)'" } ?? ""
        let rows = try Row.fetchAll(
          db, sql: "SELECT key, value FROM record WHERE tab = ? AND key >= x'\(lower.hexadecimal)'\(end) ORDER BY key LIMIT ?",
          arguments: [table, max(0, limit)])
        return rows.map { Record(key: Buffer(bytes($0, 0)), value: Buffer(bytes($0, 1))) }
      }
    } catch { throw StorageError(error) }
  }

  public func apply(_ changes: [Change]) async throws(StorageError) {
    try Change.check(changes)
    do {
      try await database.write { db in
        for change in changes {
          switch change {
          case .put(let table, let key, let value):
            try db.execute(
              sql: "INSERT OR REPLACE INTO record (tab, key, value) VALUES (?, x'\(key.hexadecimal)', x'\(value.hexadecimal)')", arguments: [table])
          case .remove(let table, let key):
            try db.execute(sql: "DELETE FROM record WHERE tab = ? AND key = x'\(key.hexadecimal)'", arguments: [table])
          case .expect(let table, let key, let value):
            guard try Self.value(db, table, key) == value else { throw StorageError.conflict(table: table, key: key) }
          }
        }
      }
    } catch { throw StorageError(error) }
  }

  private static func value(_ db: Database, _ table: String, _ key: Buffer) throws -> Buffer? {
    let row = try Row.fetchOne(db, sql: "SELECT value FROM record WHERE tab = ? AND key = x'\(key.hexadecimal)'", arguments: [table])
    return row.map { Buffer(bytes($0, 0)) }
  }
}

/// The blob in one column; an empty blob comes as NULL from some engines' bindings.
private func bytes(_ row: Row, _ column: Int) -> [UInt8] {
  (try? row.withUnsafeData(atIndex: column) { data in data.map { Array($0) } }) ?? []
}

extension Buffer {
  /// Two lower-case digits a byte. Hexadecimal literals keep this module free of Foundation's `Data`.
  fileprivate var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: array.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
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
