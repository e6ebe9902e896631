// The few things done to a file system, behind a port, so that a test can make the n-th of them fail, or cut the power after it.
import Glibc
public import Bytes

/// What blobs need of a file system. Each call is one step a crash can come before.
public protocol FileOperations: Sendable {
  /// Makes or empties the file at `path`, writes `bytes` into it and makes them durable. Its name is not durable yet.
  func write(_ bytes: Buffer, durablyTo path: String) throws(StorageError)
  /// Makes or empties the file at `path` and writes `bytes` into it: for what may be lost. Nothing of them is durable yet.
  func write(_ bytes: Buffer, to path: String) throws(StorageError)
  /// Adds `bytes` to the end of the file at `path`, which is there. Nothing of them is durable yet.
  func append(_ bytes: Buffer, to path: String) throws(StorageError)
  /// What was written to `path` becomes durable.
  func synchronize(file path: String) throws(StorageError)
  /// `path` takes the place of `target` at once.
  func rename(_ path: String, to target: String) throws(StorageError)
  /// What was made, renamed or removed in the directory becomes durable.
  func synchronize(directory path: String) throws(StorageError)
  func remove(_ path: String) throws(StorageError)
  /// The file's bytes; nil: there is none.
  func read(_ path: String) throws(StorageError) -> Buffer?
  /// The names in a directory, in any order.
  func names(in directory: String) throws(StorageError) -> [String]
  func makeDirectory(_ path: String) throws(StorageError)
}

/// The operating system's files.
public struct SystemFiles: FileOperations {
  public init() {}

  public func write(_ bytes: Buffer, durablyTo path: String) throws(StorageError) {
    let file = try open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
    defer { close(file) }
    try write(bytes, to: file, path)
    // On the descriptor that wrote: only that one is sure to hear of an error in writing back.
    if fsync(file) != 0 { throw .system(errno, path) }
  }

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
    let failure: Int32? = bytes.withUnsafeBytes { source in
      var done = 0
      while done < source.count {
        let count = Glibc.write(file, source.baseAddress.map { $0 + done }, source.count - done)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return errno }
        done += count
      }
      return nil
    }
    if let failure { throw .system(failure, path) }
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
