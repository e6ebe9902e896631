// How `netstead reload` finds the `netstead up` of a data folder, and hears what became of its order: a lock that the running one holds, and a small
// file with the order or the answer.
// Not here: taking over the settings (Host/HomeHost).
import Host
import Transport
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The `netstead up` of one data folder.
struct RunningHost {
  private let lock: String
  private let word: KeptFile

  /// What stands in the file.
  enum Word: String {
    /// Somebody gave an order, and waits.
    case ordered
    case taken
    case refused
  }

  init(dataDirectory: String) {
    lock = dataDirectory + "/running"
    word = KeptFile(directory: dataDirectory, name: "reload")
  }

  /// Says that this process is the one, until it ends. When another one is, that one stays it.
  func announce() {
    let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    var region = flock()
    region.l_type = Int16(F_WRLCK)
    // The system gives the lock back when the process ends, however it does.
    _ = fcntl(descriptor, F_SETLK, &region)
  }

  /// The process; nil: none runs.
  var process: pid_t? {
    let descriptor = open(lock, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var region = flock()
    region.l_type = Int16(F_WRLCK)
    guard fcntl(descriptor, F_GETLK, &region) == 0, region.l_type != Int16(F_UNLCK), region.l_pid > 0 else { return nil }
    return region.l_pid
  }

  func write(_ word: Word, _ text: String = "") { try? self.word.write("\(word.rawValue)\n\(text)", mode: 0o600) }

  func read() -> (word: Word, text: String)? {
    guard let text = try? word.read(), let end = text.firstIndex(of: "\n"), let word = Word(rawValue: String(text[..<end])) else { return nil }
    return (word, String(text[text.index(after: end)...]))
  }
}
