// One file of a served folder, open for reading, and what the system says about it.
// Not here: how it was found (ServedFolder), sending it (Transport).
public import Bytes
import Glibc
import NIOCore
public import World

/// What the system says about a file or folder.
public struct FileStatus: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case file, folder
    /// Pipes, devices, sockets: never opened for a peer.
    case other
  }

  public var kind: Kind
  /// Unit: bytes.
  public var size: Int64
  public var modified: Instant
  public var inode: UInt64
  public var device: UInt64

  public init(kind: Kind, size: Int64, modified: Instant, inode: UInt64 = 0, device: UInt64 = 0) {
    self.kind = kind
    self.size = size
    self.modified = modified
    self.inode = inode
    self.device = device
  }

  init(_ raw: stat) {
    kind =
      switch raw.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    size = Int64(raw.st_size)
    let seconds = Int64(raw.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    modified = Instant(nanoseconds: (seconds.overflow ? 0 : seconds.partialValue) &+ Int64(raw.st_mtim.tv_nsec))
    inode = UInt64(raw.st_ino)
    device = UInt64(raw.st_dev)
  }
}

/// An open regular file; closed when the last reference goes.
public final class OpenFile: FileReference {
  public let descriptor: Int32
  /// As it was when the file was opened.
  public let status: FileStatus

  init(descriptor: Int32, status: FileStatus) {
    self.descriptor = descriptor
    self.status = status
  }

  deinit { Glibc.close(descriptor) }

  public func read(at offset: Int64, length: Int) -> Buffer? { readAll(descriptor, at: offset, length: length) }
}

/// Up to `length` bytes of the file from `offset` on, fewer only at its end; nil when the disk fails.
func readAll(_ descriptor: Int32, at offset: Int64, length: Int) -> Buffer? {
  guard length >= 0, offset >= 0 else { return nil }
  var storage = ByteBufferAllocator().buffer(capacity: length)
  while storage.readableBytes < length {
    let wanted = length - storage.readableBytes
    let position = offset &+ Int64(storage.readableBytes)
    var failed = false
    let got = storage.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { room in
      let count = pread(descriptor, room.baseAddress, min(wanted, room.count), off_t(position))
      failed = count < 0
      return max(0, count)
    }
    if failed, errno == EINTR { continue }
    if failed { return nil }
    if got == 0 { break }
  }
  return Buffer(storage: storage)
}

/// Writes all of `bytes`: from `offset` on, or where the file stands. Nil when that is done; else why it cannot be.
func writeAll(_ bytes: Buffer, to descriptor: Int32, at offset: Int64? = nil) -> Int32? {
  bytes.withUnsafeBytes { source in
    var done = 0
    while done < source.count {
      let rest = source.baseAddress.map { $0 + done }
      let count = offset.map { pwrite(descriptor, rest, source.count - done, off_t($0) + off_t(done)) } ?? Glibc.write(descriptor, rest, source.count - done)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return errno }
      done += count
    }
    return nil
  }
}
