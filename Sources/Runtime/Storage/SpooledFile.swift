// A file that grows at its end while others already read its beginning: content on its way from somebody to somebody.
// Not here: when it is complete and under which name (the owner), files that do not change (Folder/OpenFile.swift).
public import Bytes
import Glibc
import Synchronization
public import World

/// An open file, written by one and read by many; closed when the last reference goes. It is never synchronised: what a power cut leaves of
/// it is for the owner to judge.
public final class SpooledFile: FileReference {
  public let descriptor: Int32
  public let path: String
  private let end: Atomic<Int64>

  /// Makes the file at `path`, which must not exist.
  public init(making path: String) throws(StorageError) {
    descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    self.path = path
    end = Atomic(0)
    guard descriptor >= 0 else { throw .failed("\(path): \(String(cString: strerror(errno)))") }
  }

  /// Opens the file at `path` for reading; nil when it is not there or is no ordinary file.
  public init?(reading path: String) {
    descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    self.path = path
    var status = stat()
    let isFile = descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    end = Atomic(isFile ? Int64(status.st_size) : 0)
    if !isFile { return nil }
  }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  /// How much has been written. Unit: bytes.
  public var length: Int64 { end.load(ordering: .acquiring) }

  /// Writes at the end. One writer at a time.
  public func append(_ bytes: Buffer) throws(StorageError) {
    let start = length
    if let failure = writeAll(bytes, to: descriptor, at: start) { throw failure == ENOSPC || failure == EDQUOT ? .full : .failed("\(path): \(String(cString: strerror(failure)))") }
    end.store(start + Int64(bytes.count), ordering: .releasing)
  }

  public func read(at offset: Int64, length: Int) -> Buffer? { readAll(descriptor, at: offset, length: length) }
}
