// The folder in which a cache's responses survive: one file for a body, one for the record that names it. Whatever moment the process ends
// at, what is found afterwards is a whole response or nothing.
//
// The order that makes it so: a body is written under a name that means nothing, and renamed when it is whole; then its record is written
// likewise. A response exists when its record does. It goes in the other order: first the record, then the body.
// Not here: what a record says (CacheRecord.swift), how much may be kept (WebCache.swift).
import Bytes
import Storage
import Synchronization

/// A cache's folder.
final class CacheFolder: Sendable {
  private let path: String
  private let files: any FileOperations
  private let next: Atomic<UInt64>

  /// A response found when the folder was opened.
  struct Found {
    var number: UInt64
    var record: CacheRecord
  }

  /// Opens or makes the folder, and returns what is whole in it, oldest first; the rest is removed.
  static func open(_ path: String, files: any FileOperations = SystemFiles()) throws(StorageError) -> (folder: CacheFolder, found: [Found]) {
    try files.makeDirectory(path)
    var found: [Found] = []
    var bodies: [UInt64: String] = [:]
    var last: UInt64 = 0
    for name in try files.names(in: path).sorted() {
      guard let (kind, number) = parsed(name) else {
        // Half written, or nothing of ours. A folder among them stays, and is no harm.
        try? files.remove("\(path)/\(name)")
        continue
      }
      last = max(last, number)
      if kind == .body {
        bodies[number] = name
      } else if let bytes = try files.read("\(path)/\(name)"), let record = CacheRecord(reading: bytes), record.responseHead != nil {
        found.append(Found(number: number, record: record))
      } else {
        try files.remove("\(path)/\(name)")
      }
    }
    // A record without a body of its length is of a response half removed, or torn by more than this process.
    for index in found.indices.reversed() {
      let number = found[index].number
      let length = bodies[number] == nil ? nil : SpooledFile(reading: "\(path)/\(Self.name(.body, number))")?.length
      if length != found[index].record.bodyLength {
        try files.remove("\(path)/\(Self.name(.record, number))")
        found.remove(at: index)
      } else {
        bodies[number] = nil
      }
    }
    for number in bodies.keys.sorted() { try files.remove("\(path)/\(Self.name(.body, number))") }
    return (CacheFolder(path, files, next: last &+ 1), found.sorted { $0.number < $1.number })
  }

  private init(_ path: String, _ files: any FileOperations, next: UInt64) {
    self.path = path
    self.files = files
    self.next = Atomic(next)
  }

  // MARK: Names

  private enum Kind: String { case body, record, half }

  private static func name(_ kind: Kind, _ number: UInt64) -> String { "\(kind.rawValue)-\(number)" }

  private static func parsed(_ name: String) -> (Kind, UInt64)? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), kind != .half, let number = UInt64(parts[1]), self.name(kind, number) == name
    else { return nil }
    return (kind, number)
  }

  private func file(_ kind: Kind, _ number: UInt64) -> String { "\(path)/\(Self.name(kind, number))" }

  // MARK: Keeping

  /// A body that begins, under a number of its own.
  func begin() throws(StorageError) -> (number: UInt64, file: SpooledFile) {
    let number = next.add(1, ordering: .relaxed).oldValue
    return (number, try SpooledFile(making: file(.half, number)))
  }

  /// The body under `number` is whole: from here on it survives.
  func keep(_ number: UInt64, _ record: CacheRecord) throws(StorageError) {
    try files.rename(file(.half, number), to: file(.body, number))
    do throws(StorageError) { try write(record, number) } catch {
      try? files.remove(file(.body, number))
      throw error
    }
  }

  /// Puts `record` in the place of the former one.
  func write(_ record: CacheRecord, _ number: UInt64) throws(StorageError) {
    let bytes = record.bytes
    if bytes.count > CacheRecord.bytesMax { throw .tooLarge(what: "the record in bytes", bytes: bytes.count, allowed: CacheRecord.bytesMax) }
    let aside = "\(path)/\(Self.name(.half, number)).record"
    do throws(StorageError) {
      try files.write(bytes, to: aside)
      try files.rename(aside, to: file(.record, number))
    } catch {
      try? files.remove(aside)
      throw error
    }
  }

  /// Forgets what began under `number` and never became whole.
  func abandon(_ number: UInt64) { try? files.remove(file(.half, number)) }

  /// Forgets the response.
  func remove(_ number: UInt64) {
    // Without its record a body is nothing; a body that stays because of an error goes at the next opening.
    guard (try? files.remove(file(.record, number))) != nil else { return }
    try? files.remove(file(.body, number))
  }

  func body(_ number: UInt64) -> SpooledFile? { SpooledFile(reading: file(.body, number)) }
}
