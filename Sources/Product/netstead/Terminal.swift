// Printing: data on standard output, talk on standard error, colour only where somebody looks.
import ArgumentParser
import Bytes
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The process's standard streams.
enum Terminal {
  /// A reader that went away is noticed by the failing write, not by a signal.
  static func prepare() { signal(SIGPIPE, SIG_IGN) }

  /// Data.
  static func say(_ text: String) { write(text + (text.hasSuffix("\n") ? "" : "\n"), to: STDOUT_FILENO) }

  /// Data as it is.
  static func say(_ bytes: Buffer) { write(bytes.array, to: STDOUT_FILENO) }

  /// Remarks, progress, complaints.
  static func talk(_ text: String) { write(text + (text.hasSuffix("\n") ? "" : "\n"), to: STDERR_FILENO) }

  static func exit(_ status: ExitStatus) -> Never { exit(code: status.rawValue) }

  static func exit(code: Int32) -> Never { _exit(code) }

  /// Whether somebody looks at standard output, or standard error.
  static var isWatched: Bool { isatty(STDOUT_FILENO) == 1 }
  /// Whether somebody types.
  static var isInputWatched: Bool { isatty(STDIN_FILENO) == 1 }
  static var isTalkWatched: Bool { isatty(STDERR_FILENO) == 1 }

  /// Where durable data lives when nobody says otherwise.
  // XDG Base Directory Specification: $XDG_DATA_HOME, or ~/.local/share.
  static var dataFolder: String {
    (environment("XDG_DATA_HOME") ?? environment("HOME").map { $0 + "/.local/share" } ?? ".") + "/netstead"
  }

  /// A variable of the environment; nil: not set, or empty.
  static func environment(_ name: String) -> String? {
    guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else { return nil }
    return text
  }

  private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    bytes.withUnsafeBytes { all in
      var rest = all[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        let length = system(descriptor, piece.baseAddress, piece.count)
        if length < 0, errno == EINTR || errno == EAGAIN { continue }
        if length <= 0 {
          // The reader is gone: nobody is left to tell.
          if descriptor == STDOUT_FILENO, length < 0, errno == EPIPE { exit(.done) }
          if descriptor == STDOUT_FILENO { talk("netstead: standard output cannot be written: \(String(cString: strerror(errno)))") }
          exit(.refused)
        }
        rest = rest.dropFirst(length)
      }
    }
  }

  private static func system(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
    Glibc.write(descriptor, bytes, count)
    #elseif canImport(Musl)
    Musl.write(descriptor, bytes, count)
    #else
    Darwin.write(descriptor, bytes, count)
    #endif
  }
}

/// A colour of the terminal.
enum Ink: String {
  case bold = "1", red = "31", green = "32", yellow = "33", blue = "34", grey = "90"

  /// `text` in this colour, if `isOn`.
  func paint(_ text: String, _ isOn: Bool) -> String { isOn ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text }
}
