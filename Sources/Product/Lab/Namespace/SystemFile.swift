// Small files, read and written whole through the C library; the system's error numbers as words.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The system's error numbers.
package enum SystemError {
  /// "Permission denied".
  package static func text(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}

/// Reading a file whole.
package enum SystemFile {
  /// Whether something is there.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The path from the root of the file system; nil: there is nothing at `path`.
  package static func absolute(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  /// The file's bytes; nil: it cannot be read, or is larger than `bytesMax`.
  package static func bytes(_ path: String, bytesMax: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let length = read(descriptor, &piece, piece.count)
      if length < 0, errno == EINTR { continue }
      guard length >= 0 else { return nil }
      if length == 0 { return bytes }
      bytes += piece[..<length]
      if bytes.count > bytesMax { return nil }
    }
  }

  /// The file's text, what is not UTF-8 repaired; nil as `bytes`.
  package static func text(_ path: String, bytesMax: Int) -> String? { bytes(path, bytesMax: bytesMax).map { String(decoding: $0, as: UTF8.self) } }
}
