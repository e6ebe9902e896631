// More ways to change a served folder: folders made and removed, names changed, files written on in place. Each is durable when it returns.
// Read before: WritableFolder.swift, which writes files anew.
public import Bytes
import CNetsteadSystem
import Glibc
import Synchronization
public import World

extension WritableFolder {
  /// Makes the folder at `path`, whose own folder must be there.
  public func makeFolder(_ path: [UInt8]) throws(FolderError) {
    let (parent, name) = try place(of: path)
    defer { Glibc.close(parent) }
    guard ServedFolder.withText(name, { mkdirat(parent, $0, 0o755) }) == 0, fsync(parent) == 0 else { throw FolderError(errno: errno) }
  }

  /// Removes the empty folder at `path`.
  public func removeFolder(_ path: [UInt8]) throws(FolderError) {
    let (parent, name) = try place(of: path)
    defer { Glibc.close(parent) }
    guard ServedFolder.withText(name, { unlinkat(parent, $0, AT_REMOVEDIR) }) == 0, fsync(parent) == 0 else { throw FolderError(errno: errno) }
  }

  /// Renames what is at `path`, also into another folder. A file takes the place of a file; nothing else is replaced. Returns whether it did.
  public func rename(_ path: [UInt8], to target: [UInt8]) throws(FolderError) -> Bool {
    let (from, name) = try place(of: path)
    defer { Glibc.close(from) }
    let (to, newName) = try place(of: target)
    defer { Glibc.close(to) }
    return try change { () throws(FolderError) in
      guard let status = Self.status(name, in: from) else { throw .absent }
      guard status.kind != .other else { throw .notRegular }
      if let before = Self.status(newName, in: to), before.kind != .file || status.kind != .file { return false }
      let isRenamed = ServedFolder.withText(name) { old in ServedFolder.withText(newName) { renameat(from, old, to, $0) == 0 } }
      guard isRenamed, fsync(to) == 0, fsync(from) == 0 else { throw FolderError(errno: errno) }
      return true
    }
  }

  /// Sets when the file or folder at `path` was last changed.
  public func setModified(_ path: [UInt8], to time: Instant) throws(FolderError) {
    let (parent, name) = try place(of: path)
    defer { Glibc.close(parent) }
    guard let status = Self.status(name, in: parent), status.kind != .other else { throw .absent }
    let seconds = time.secondsSince1970
    let both = timespec(tv_sec: Int(seconds), tv_nsec: Int(time.nanoseconds &- seconds &* 1_000_000_000))
    let times = [both, both]
    guard ServedFolder.withText(name, { utimensat(parent, $0, times, AT_SYMLINK_NOFOLLOW) }) == 0 else { throw FolderError(errno: errno) }
  }

  /// How much room the disk has for us. Unit: bytes.
  public func room() throws(FolderError) -> Int64 {
    let top = try folder.descend([], flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { Glibc.close(top) }
    var raw = statvfs()
    guard fstatvfs(top, &raw) == 0 else { throw FolderError(errno: errno) }
    return SystemFiles.room(in: raw)
  }

  /// Opens the file at `path` to be written on: from byte `offset` on, what is there behind it being dropped; nil: at its end. One that is not
  /// there is made when nothing precedes what will be written. Nil: it does not reach to `offset`.
  public func continuation(of path: [UInt8], from offset: Int64?) throws(FolderError) -> FolderContinuation? {
    let (parent, name) = try place(of: path)
    var isKept = false
    defer { if !isKept { Glibc.close(parent) } }
    let isMade = offset == nil || offset == 0
    let descriptor = ServedFolder.withText(name) {
      openat(parent, $0, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (isMade ? O_CREAT : 0), 0o644)
    }
    guard descriptor >= 0 else { throw FolderError(errno: errno) }
    let file = FolderContinuation(descriptor: descriptor, parent: parent)
    isKept = true
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else { throw FolderError(errno: errno) }
    guard raw.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    let start = offset ?? Int64(raw.st_size)
    guard start <= Int64(raw.st_size) else { return nil }
    guard ftruncate(descriptor, off_t(start)) == 0, lseek(descriptor, off_t(start), SEEK_SET) == off_t(start) else { throw FolderError(errno: errno) }
    return file
  }
}

/// A file of a folder that is written on in place. What was written before something broke stays. One workflow at a time may use it.
public final class FolderContinuation: Sendable {
  private let descriptor: Int32
  private let parent: Int32

  init(descriptor: Int32, parent: Int32) {
    self.descriptor = descriptor
    self.parent = parent
  }

  deinit { for number in [descriptor, parent] { Glibc.close(number) } }

  public func append(_ bytes: Buffer) throws(FolderError) {
    if let failure = writeAll(bytes, to: descriptor) { throw FolderError(errno: failure) }
  }

  /// Makes what was written durable, and the name if it is new.
  public func keep() throws(FolderError) {
    guard fsync(descriptor) == 0, fsync(parent) == 0 else { throw FolderError(errno: errno) }
  }
}
