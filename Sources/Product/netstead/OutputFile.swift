// Reading and writing files the user named.
import Bytes
import Lab
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Files the user asked for.
enum OutputFile {
  /// Writes `bytes` to `path`, `-` being standard output. Returns whether that went well.
  static func write(_ bytes: [UInt8], to path: String) -> Bool {
    if path == "-" {
      Terminal.say(Buffer(bytes))
      return true
    }
    guard let file = fopen(path, "w") else { return false }
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    return fclose(file) == 0 && isWritten
  }

  /// Writes `bytes` to `path` for nobody else to read: whole, or not at all.
  static func writePrivately(_ bytes: [UInt8], to path: String) -> Bool {
    let draft = "\(path).\(getpid())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    guard let file = fdopen(descriptor, "w") else {
      close(descriptor)
      return false
    }
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    if fclose(file) == 0, isWritten, rename(draft, path) == 0 { return true }
    unlink(draft)
    return false
  }

  /// The text of a file of at most 16 MiB; nil: it cannot be read.
  static func read(_ path: String) -> String? { SystemFile.text(path, bytesMax: 16_777_216) }
}
