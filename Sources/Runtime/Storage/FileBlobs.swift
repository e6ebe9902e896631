// Blobs as files: written aside, made durable, renamed into place, and the directory made durable, in that order.
// Not here: the steps themselves (FileOperations.swift), the port and its law (Ports.swift).
public import Bytes
import Synchronization

/// Blobs in one directory, a file each. Who waits for the disk at the same time waits once for all.
public final class FileBlobs: BlobStore {
  private let directory: String
  private let files: any FileOperations
  private let nextNumber = Mutex<UInt64>(0)
  private let disk: SharedWait<Job>

  /// What is to be durable.
  private enum Job: Sendable {
    /// What stands aside gets its name.
    case keep(aside: String, path: String)
    case remove(path: String)
  }

  /// Opens or makes `directory`, and removes what an earlier crash left half written.
  public init(directory: String, files: any FileOperations = SystemFiles()) throws(StorageError) {
    self.directory = directory
    self.files = files
    try files.makeDirectory(directory)
    // A directory whose name is not durable takes its files with it.
    try files.synchronize(directory: Self.parent(of: directory))
    for name in try files.names(in: directory) where name.hasPrefix(Self.halfWritten) {
      try files.remove("\(directory)/\(name)")
    }
    disk = try SharedWait { jobs in Self.perform(jobs, in: directory, files) }
  }

  public func put(_ bytes: Buffer, as name: BlobName) async throws(StorageError) {
    let draft = FileDraft(in: self, at: aside())
    try files.write(bytes, to: draft.path)
    try await draft.keep(as: name)
  }

  public func draft() async throws(StorageError) -> any BlobDraft {
    let draft = FileDraft(in: self, at: aside())
    try files.write(Buffer(), to: draft.path)
    return draft
  }

  public var room: Int64? { SystemFiles.room(at: directory) }

  /// A path for bytes that are still coming. No blob's name begins with a dot, so it never meets another.
  private func aside() -> String {
    let number = nextNumber.withLock { number in
      number &+= 1
      return number
    }
    return "\(directory)/\(Self.halfWritten)\(number)"
  }

  /// Makes what stands at `aside` durable under its name; what goes wrong before the name is there leaves nothing.
  fileprivate func keep(_ aside: String, as name: BlobName) async throws(StorageError) {
    try await disk.perform(.keep(aside: aside, path: path(name)))
  }

  /// Does all jobs with one wait for the directory. On the disk's own thread.
  private static func perform(_ jobs: [Job], in directory: String, _ files: any FileOperations) -> [StorageError?] {
    // Begun for all before any is waited for: the file system then writes them together.
    for case .keep(let aside, _) in jobs where jobs.count > 1 { files.hasten(file: aside) }
    var outcomes = jobs.map { job -> StorageError? in
      do throws(StorageError) {
        switch job {
        case .keep(let aside, let path):
          do throws(StorageError) {
            // The bytes must be durable before the name is: a crash in between would leave the name over nothing.
            try files.synchronize(file: aside)
            try files.rename(aside, to: path)
          } catch {
            try? files.remove(aside)
            throw error
          }
        case .remove(let path): try files.remove(path)
        }
        return nil
      } catch { return error }
    }
    do throws(StorageError) { try files.synchronize(directory: directory) } catch { outcomes = outcomes.map { $0 ?? error } }
    return outcomes
  }

  fileprivate func append(_ bytes: Buffer, to aside: String) throws(StorageError) { try files.append(bytes, to: aside) }
  fileprivate func remove(aside: String) { try? files.remove(aside) }

  public func bytes(of name: BlobName) async throws(StorageError) -> Buffer? { try files.read(path(name)) }

  public func open(_ name: BlobName) async throws(StorageError) -> BlobContent? { try files.open(path(name)) }

  public func remove(_ name: BlobName) async throws(StorageError) {
    try await disk.perform(.remove(path: path(name)))
  }

  public func names() async throws(StorageError) -> [BlobName] {
    try files.names(in: directory).compactMap { BlobName($0) }.sorted()
  }

  /// The directory that `path` is an entry of.
  private static func parent(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  private static let halfWritten = ".half-"

  private func path(_ name: BlobName) -> String { "\(directory)/\(name)" }
}

/// A file aside that becomes a blob, or goes.
private final class FileDraft: BlobDraft {
  let path: String
  private let store: FileBlobs
  private let state = Mutex(State())

  private struct State {
    var count: Int64 = 0
    var isOver = false
  }

  init(in store: FileBlobs, at path: String) {
    self.store = store
    self.path = path
  }

  deinit { remove() }

  var count: Int64 { state.withLock { $0.count } }

  func append(_ bytes: Buffer) async throws(StorageError) {
    try store.append(bytes, to: path)
    state.withLock { $0.count += Int64(bytes.count) }
  }

  func keep(as name: BlobName) async throws(StorageError) {
    guard end() else { throw .failed("the draft is no longer there") }
    try await store.keep(path, as: name)
  }

  func discard() async { remove() }

  func remove() { if end() { store.remove(aside: path) } }

  /// True the first time.
  private func end() -> Bool {
    state.withLock { state in
      defer { state.isOver = true }
      return !state.isOver
    }
  }
}
