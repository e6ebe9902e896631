// Blobs as files: written aside, made durable, renamed into place, and the directory made durable, in that order.
// Not here: the steps themselves (FileOperations.swift), the port and its law (Ports.swift).
public import Bytes
import Synchronization

/// Blobs in one directory, a file each.
public final class FileBlobs: BlobStore {
  private let directory: String
  private let files: any FileOperations
  private let nextNumber = Mutex<UInt64>(0)

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
  }

  public func put(_ bytes: Buffer, as name: BlobName) async throws(StorageError) {
    let number = nextNumber.withLock { number in
      number &+= 1
      return number
    }
    // No blob's name begins with a dot, so this one never meets another.
    let aside = "\(directory)/\(Self.halfWritten)\(number)"
    do throws(StorageError) {
      // The bytes must be durable before the name is: a crash in between would leave the name over nothing.
      try files.write(bytes, durablyTo: aside)
      try files.rename(aside, to: path(name))
    } catch {
      try? files.remove(aside)
      throw error
    }
    try files.synchronize(directory: directory)
  }

  public func bytes(of name: BlobName) async throws(StorageError) -> Buffer? { try files.read(path(name)) }

  public func remove(_ name: BlobName) async throws(StorageError) {
    try files.remove(path(name))
    try files.synchronize(directory: directory)
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
