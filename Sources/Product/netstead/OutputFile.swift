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

  /// The text of a file of at most 16 MiB; nil: it cannot be read.
  static func read(_ path: String) -> String? { SystemFile.text(path, bytesMax: 16_777_216) }
}
