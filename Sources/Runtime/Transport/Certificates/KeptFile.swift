// A small text file that is replaced whole: written beside, forced to the disk, then renamed over.
// Read next: CertificateAuthority.swift, which keeps its key and certificate so.
import Glibc

/// One file of a directory.
package struct KeptFile: Sendable {
  package var directory: String
  package var name: String

  package init(directory: String, name: String) {
    self.directory = directory
    self.name = name
  }

  package var path: String { directory + "/" + name }

  /// Longest file read. Unit: bytes. Past it: an error.
  private static let bytesMax = 1 << 20

  /// The file's text; nil when there is no such file.
  package func read() throws(CertificateError) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0, errno == ENOENT { return nil }
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 8_192)
    while true {
      let count = Glibc.read(descriptor, &room, room.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0, bytes.count + count <= Self.bytesMax else { throw failure(path) }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += room[0..<count]
    }
  }

  /// Replaces the file; after a crash there is either the old one or the new one, whole.
  package func write(_ text: String, mode: UInt32) throws(CertificateError) {
    try makeDirectory()
    let beside = path + ".new"
    unlink(beside)
    // The mode is there from the beginning: at no moment can others read a key.
    let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    guard descriptor >= 0 else { throw failure(beside) }
    var left = Array(text.utf8)[...]
    while !left.isEmpty {
      let count = left.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        close(descriptor)
        throw failure(beside)
      }
      left = left.dropFirst(count)
    }
    let isSafe = fsync(descriptor) == 0
    close(descriptor)
    guard isSafe, rename(beside, path) == 0 else { throw failure(path) }
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure(directory) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw failure(directory) }
  }

  private func makeDirectory() throws(CertificateError) {
    var made = ""
    for part in directory.split(separator: "/", omittingEmptySubsequences: true) {
      made += made.isEmpty && !directory.hasPrefix("/") ? String(part) : "/" + part
      guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else { throw failure(made) }
    }
  }

  private func failure(_ path: String) -> CertificateError { .file(path, String(cString: strerror(errno))) }
}
