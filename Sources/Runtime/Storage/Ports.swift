// The two ports everything durable goes through: small ordered records, and blobs. Each is filled by disk and by memory, and one test
// suite holds both to the same law.
// Not here: what is stored (each server decides), caches (they are not storage). Read next: SQLiteRecords.swift, FileBlobs.swift.
public import Bytes
public import World

/// Ordered records: tables of byte keys and byte values, changed in batches that happen wholly or not at all.
public protocol RecordStore: Sendable {
  /// The value at `key`; nil: none.
  func value(in table: String, at key: Buffer) async throws(StorageError) -> Buffer?
  /// The values at `keys`, in their order; nil for each that is not there. All are of one moment.
  func values(in table: String, at keys: [Buffer]) async throws(StorageError) -> [Buffer?]
  /// Up to `limit` records with `lower <= key < upper` (nil: no upper end), in byte order of their keys.
  func records(in table: String, from lower: Buffer, to upper: Buffer?, limit: Int) async throws(StorageError) -> [Record]
  /// Makes all changes, or none. When this returns, they survive a power cut.
  func apply(_ changes: [Change]) async throws(StorageError)
}

/// One record.
public struct Record: Sendable, Hashable {
  public var key: Buffer
  public var value: Buffer

  public init(key: Buffer, value: Buffer) {
    self.key = key
    self.value = value
  }
}

/// One change of a batch.
public enum Change: Sendable, Hashable {
  case put(table: String, key: Buffer, value: Buffer)
  case remove(table: String, key: Buffer)
  /// The whole batch fails with `conflict` unless the value at `key` is `value` (nil: absent) at this point of the batch.
  case expect(table: String, key: Buffer, value: Buffer?)
}

/// Byte strings by name: messages, files, pieces.
public protocol BlobStore: Sendable {
  /// Stores `bytes` as `name`, replacing what was there at once. When this returns, it survives a power cut.
  func put(_ bytes: Buffer, as name: BlobName) async throws(StorageError)
  /// The bytes stored as `name`; nil: none.
  func bytes(of name: BlobName) async throws(StorageError) -> Buffer?
  /// The blob, open to be sent or read in pieces; nil: none. It stays readable when its name is removed or replaced.
  func open(_ name: BlobName) async throws(StorageError) -> BlobContent?
  /// Forgets `name`; forgetting what is not there is no error.
  func remove(_ name: BlobName) async throws(StorageError)
  /// All names, in order.
  func names() async throws(StorageError) -> [BlobName]
  /// Begins a blob whose bytes come piece by piece.
  func draft() async throws(StorageError) -> any BlobDraft
  /// How much room there is for more; nil: nobody knows. Unit: bytes.
  var room: Int64? { get }
}

/// What stands in a blob, wherever it lies.
public enum BlobContent: Sendable, Equatable {
  case memory(Buffer)
  case file(FileSlice)

  /// Unit: bytes.
  public var count: Int64 {
    switch self {
    case .memory(let bytes): Int64(bytes.count)
    case .file(let slice): slice.length
    }
  }

  /// The bytes of `range`, cut at the end; nil when the disk fails.
  public func bytes(_ range: Range<Int64>) -> Buffer? {
    let low = max(0, min(range.lowerBound, count))
    let high = max(low, min(range.upperBound, count))
    switch self {
    case .memory(let bytes): return bytes[Int(low)..<Int(high)]
    case .file(let slice): return slice.file.read(at: slice.offset + low, length: Int(high - low))
    }
  }
}

/// A blob that is still being written. Nobody sees it before `keep`; one that is forgotten, or cut off by a crash, leaves nothing.
/// One workflow at a time may use it.
public protocol BlobDraft: AnyObject, Sendable {
  /// Unit: bytes.
  var count: Int64 { get }
  func append(_ bytes: Buffer) async throws(StorageError)
  /// Stores what was written as `name`, replacing what was there at once. When this returns, it survives a power cut.
  func keep(as name: BlobName) async throws(StorageError)
  /// Forgets what was written. After `keep` it does nothing.
  func discard() async
}

/// A blob's name: 1 to 128 of `a-z 0-9 . _ -`, not beginning with a dot, so that it is a safe file name everywhere.
public struct BlobName: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let description: String

  /// Nil when `text` is not such a name.
  public init?(_ text: String) {
    let allowed = text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2E || byte == 0x5F || byte == 0x2D
    }
    guard (1...StorageLimits.blobNameLengthMax).contains(text.utf8.count), allowed, text.utf8.first != 0x2E else { return nil }
    description = text
  }

  public static func < (a: BlobName, b: BlobName) -> Bool { a.description < b.description }
}

/// Bounds of what is stored.
public enum StorageLimits {
  /// Longest blob name. Unit: bytes. Past it: not a name.
  public static let blobNameLengthMax = 128
  /// Longest record key. Unit: bytes. Past it: `tooLarge`.
  public static let keyLengthMax = 1_024
  /// Longest record value; what is larger belongs in a blob. Unit: bytes. Past it: `tooLarge`.
  public static let valueLengthMax = 1_048_576
  /// Most changes in one batch. Unit: changes. Past it: `tooLarge`.
  public static let changesMax = 100_000
}

/// Why storing or reading failed.
public enum StorageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The disk is full, or the quota is used up.
  case full
  /// An `expect` did not hold.
  case conflict(table: String, key: Buffer)
  case tooLarge(what: String, bytes: Int, allowed: Int)
  /// What the disk or the engine said.
  case failed(String)

  public var description: String {
    switch self {
    case .full: "no space left where the data is kept"
    case .conflict(let table, let key): "the record \(key) in \(table) is not what was expected"
    case .tooLarge(let what, let bytes, let allowed): "\(what) has \(bytes), at most \(allowed) are allowed"
    case .failed(let why): why
    }
  }
}

extension Change {
  /// Throws when the change is larger than `StorageLimits` allow.
  func check() throws(StorageError) {
    let (key, value) =
      switch self {
      case .put(_, let key, let value): (key, Optional(value))
      case .remove(_, let key): (key, nil)
      case .expect(_, let key, let value): (key, value)
      }
    if key.count > StorageLimits.keyLengthMax {
      throw .tooLarge(what: "the key in bytes", bytes: key.count, allowed: StorageLimits.keyLengthMax)
    }
    if let value, value.count > StorageLimits.valueLengthMax {
      throw .tooLarge(what: "the value in bytes", bytes: value.count, allowed: StorageLimits.valueLengthMax)
    }
  }

  /// Throws when a batch breaks a bound. For who joins batches of others, so that one does not spoil the rest.
  public static func check(_ changes: [Change]) throws(StorageError) {
    if changes.count > StorageLimits.changesMax {
      throw .tooLarge(what: "the batch in changes", bytes: changes.count, allowed: StorageLimits.changesMax)
    }
    for change in changes { try change.check() }
  }
}
