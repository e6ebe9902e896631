// The few things done to a file system, behind a port, so that a test can make the n-th of them fail, or cut the power after it.
public import Bytes
import CNetsteadSystem
import Glibc
import World

/// What blobs need of a file system. Each call is one step a crash can come before.
public protocol FileOperations: Sendable {
  /// Makes or empties the file at `path` and writes `bytes` into it. Nothing of them is durable yet.
  func write(_ bytes: Buffer, to path: String) throws(StorageError)
  /// Adds `bytes` to the end of the file at `path`, which is there. Nothing of them is durable yet.
  func append(_ bytes: Buffer, to path: String) throws(StorageError)
  /// Begins to write what `synchronize` will wait for. It never fails: what goes wrong is told by `synchronize`.
  func hasten(file path: String)
  /// What was written to `path` becomes durable.
  func synchronize(file path: String) throws(StorageError)
  /// `path` takes the place of `target` at once.
  func rename(_ path: String, to target: String) throws(StorageError)
  /// What was made, renamed or removed in the directory becomes durable.
  func synchronize(directory path: String) throws(StorageError)
  func remove(_ path: String) throws(StorageError)
  /// The file's bytes; nil: there is none.
  func read(_ path: String) throws(StorageError) -> Buffer?
  /// The file, open for reading; nil: there is none.
  func open(_ path: String) throws(StorageError) -> BlobContent?
  /// The names in a directory, in any order.
  func names(in directory: String) throws(StorageError) -> [String]
  func makeDirectory(_ path: String) throws(StorageError)
}

/// The operating system's files.
public struct SystemFiles: FileOperations {
  public init() {}

  public func write(_ bytes: Buffer, to path: String) throws(StorageError) {
    let file = try open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
    defer { close(file) }
    try write(bytes, to: file, path)
  }

  public func append(_ bytes: Buffer, to path: String) throws(StorageError) {
    let file = try open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    defer { close(file) }
    try write(bytes, to: file, path)
  }

  private func write(_ bytes: Buffer, to file: Int32, _ path: String) throws(StorageError) {
    if let failure = writeAll(bytes, to: file) { throw .system(failure, path) }
  }

  /// How much room the disk under `path` has for us; nil: it does not say. Unit: bytes.
  static func room(at path: String) -> Int64? {
    var raw = statvfs()
    return statvfs(path, &raw) == 0 ? room(in: raw) : nil
  }

  static func room(in raw: statvfs) -> Int64 {
    let (room, overflow) = UInt64(raw.f_bavail).multipliedReportingOverflow(by: UInt64(raw.f_frsize))
    return overflow ? .max : Int64(clamping: room)
  }

  public func hasten(file path: String) {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    netstead_hasten(file)
    close(file)
  }

  public func synchronize(file path: String) throws(StorageError) {
    let file = try open(path, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    // An error in writing back that nobody was told yet is told to a descriptor opened after it, too.
    if fsync(file) != 0 { throw .system(errno, path) }
  }

  public func synchronize(directory path: String) throws(StorageError) {
    let directory = try open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(directory) }
    if fsync(directory) != 0 { throw .system(errno, path) }
  }

  public func rename(_ path: String, to target: String) throws(StorageError) {
    if Glibc.rename(path, target) != 0 { throw .system(errno, target) }
  }

  public func remove(_ path: String) throws(StorageError) {
    if unlink(path) != 0 && errno != ENOENT { throw .system(errno, path) }
  }

  public func read(_ path: String) throws(StorageError) -> Buffer? {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 && errno == ENOENT { return nil }
    guard file >= 0 else { throw .system(errno, path) }
    defer { close(file) }
    var all = Buffer()
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(file, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw .system(errno, path) }
      if count == 0 { return all }
      all.append(piece[..<count])
    }
  }

  public func open(_ path: String) throws(StorageError) -> BlobContent? {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 && errno == ENOENT { return nil }
    guard descriptor >= 0 else { throw .system(errno, path) }
    var status = stat()
    let failure = fstat(descriptor, &status) == 0 ? 0 : errno
    let file = OpenFile(descriptor: descriptor, status: FileStatus(status))
    if failure != 0 { throw .system(failure, path) }
    return .file(FileSlice(file: file, offset: 0, length: file.status.size))
  }

  public func names(in directory: String) throws(StorageError) -> [String] {
    guard let stream = opendir(directory) else { throw .system(errno, directory) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  public func makeDirectory(_ path: String) throws(StorageError) {
    if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .system(errno, path) }
  }

  private func open(_ path: String, _ flags: Int32) throws(StorageError) -> Int32 {
    let file = Glibc.open(path, flags, 0o600)
    guard file >= 0 else { throw .system(errno, path) }
    return file
  }
}

extension StorageError {
  fileprivate static func system(_ number: Int32, _ path: String) -> StorageError {
    number == ENOSPC || number == EDQUOT ? .full : .failed("\(path): \(String(cString: strerror(number)))")
  }
}
