// A file of a folder that is read and written anywhere, as pieces of it come in any order. What was never written takes no room on the disk.
// Read before: WritableFolder.swift. Not here: which bytes belong where (Swarm).
public import Bytes
import Glibc
public import World

extension WritableFolder {
  /// Opens the file at `path` for reading and writing. One that is not there is made, and so are the folders on the way to it. No link is followed
  /// out of the folder, and none in place of the file.
  public func placedFile(at path: [UInt8]) throws(FolderError) -> PlacedFile {
    var made: [UInt8] = []
    for name in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropLast() {
      made += (made.isEmpty ? [] : [UInt8(ascii: "/")]) + name
      do throws(FolderError) { try makeFolder(made) } catch .exists {}
    }
    let (parent, name) = try place(of: path)
    defer { Glibc.close(parent) }
    let descriptor = ServedFolder.withText(name) { openat(parent, $0, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw FolderError(errno: errno) }
    let file = PlacedFile(descriptor: descriptor)
    guard try file.status().kind == .file else { throw .notRegular }
    // The name is to be as durable as what is written under it.
    guard fsync(parent) == 0 else { throw FolderError(errno: errno) }
    return file
  }
}

/// An open file that is written in any order; closed when the last reference goes.
public final class PlacedFile: FileReference {
  public let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { Glibc.close(descriptor) }

  public func status() throws(FolderError) -> FileStatus {
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else { throw FolderError(errno: errno) }
    return FileStatus(raw)
  }

  /// Writes all of `parts`, one behind the other, from `offset` on.
  public func write(_ parts: [Buffer], at offset: Int64) throws(FolderError) {
    var position = offset
    var waiting = parts[...]
    while !waiting.isEmpty {
      // As many as the system takes at once.
      let batch = waiting.prefix(Self.partsMax)
      if let failure = Self.writeVector(Array(batch), to: descriptor, at: position) { throw FolderError(errno: failure) }
      position += batch.reduce(0) { $0 + Int64($1.count) }
      waiting = waiting.dropFirst(Self.partsMax)
    }
  }

  /// Linux's SEEK_HOLE, which the C library shows to GNU sources only.
  private static let seekHole: Int32 = 4

  /// Unit: buffers of one system call.
  private static let partsMax = 256

  /// Writes some buffers at once; what the system leaves over goes one by one. Nil when that is done; else why it cannot be.
  private static func writeVector(_ parts: [Buffer], to descriptor: Int32, at offset: Int64) -> Int32? {
    var vectors: [iovec] = []
    vectors.reserveCapacity(parts.count)
    let wanted = parts.reduce(0) { $0 + $1.count }
    var written = -1
    var failure: Int32 = 0
    /// Holds every buffer's bytes in place while the system reads them.
    func hold(_ index: Int) {
      guard index < parts.count else {
        written = pwritev(descriptor, vectors, Int32(vectors.count), off_t(offset))
        failure = errno
        return
      }
      parts[index].withUnsafeBytes { bytes in
        vectors.append(iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        hold(index + 1)
      }
    }
    hold(0)
    if written < 0, failure != EINTR { return failure }
    if written == wanted { return nil }
    var done = max(0, written)
    var position = offset
    for part in parts {
      if done < part.count, let failure = writeAll(part[done..<part.count], to: descriptor, at: position + Int64(done)) { return failure }
      done = max(0, done - part.count)
      position += Int64(part.count)
    }
    return nil
  }

  /// Makes the file `length` long: longer without taking room on the disk, shorter by dropping what lies behind.
  public func resize(to length: Int64) throws(FolderError) {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw FolderError(errno: errno) }
  }

  public func read(at offset: Int64, length: Int) -> Buffer? { readAll(descriptor, at: offset, length: length) }

  /// Whether all of `range` was written once: nothing of it is a hole. File systems without holes say yes to everything.
  public func isWritten(_ range: Range<Int64>) -> Bool {
    guard !range.isEmpty else { return true }
    let hole = lseek(descriptor, off_t(range.lowerBound), Self.seekHole)
    return hole < 0 ? errno != ENXIO : Int64(hole) >= range.upperBound
  }

  /// What was written becomes durable.
  public func synchronize() throws(FolderError) {
    guard fdatasync(descriptor) == 0 else { throw FolderError(errno: errno) }
  }
}
