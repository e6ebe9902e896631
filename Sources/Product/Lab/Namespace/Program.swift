// Other programs: finding them, becoming them, running one as a child that has the terminal, with signals passed on and its exit code.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Programs of the system.
package enum Program {
  /// Where a program is: in PATH, or in the system folders that an ordinary user's PATH may lack.
  package static func find(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// This program's own file.
  package static func own() -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard length > 0 else { return CommandLine.arguments.first ?? "netstead" }
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Becomes another program. Returns only when that failed: the error number.
  package static func become(_ words: [String]) -> Int32 {
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    execv(words.first ?? "", &pointers)
    return errno
  }

  /// Runs another program with our standard streams and waits for it. Returns its exit code, 128 + the signal that ended it, 127 when it
  /// cannot be found, 126 when it cannot be run. Meanwhile the terminal's interrupt is the child's affair, and SIGTERM and SIGHUP are passed on.
  /// Blocks the calling thread.
  package static func run(_ words: [String], environment: [(String, String)] = []) -> Int32 {
    guard let first = words.first, let file = find(first) else { return 127 }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigfillset(&signals)
    // What we ignore must not be ignored by the child.
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    for (name, value) in environment { setenv(name, value, 1) }
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    var child: pid_t = 0
    let before = (signal(SIGINT, SIG_IGN), signal(SIGQUIT, SIG_IGN))
    defer {
      signal(SIGINT, before.0)
      signal(SIGQUIT, before.1)
    }
    guard posix_spawn(&child, file, nil, &attributes, &pointers, environ) == 0 else { return 126 }
    SignalRelay.start(to: child)
    defer { SignalRelay.stop() }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { if errno != EINTR { return 126 } }
    let signalNumber = status & 0x7F
    return signalNumber == 0 ? (status >> 8) & 0xFF : 128 + signalNumber
  }
}

/// Passes SIGTERM and SIGHUP on to one child. A signal handler may touch nothing but this one number.
private enum SignalRelay {
  nonisolated(unsafe) private static let child = UnsafeMutablePointer<pid_t>.allocate(capacity: 1)

  static func start(to process: pid_t) {
    child.pointee = process
    for number in [SIGTERM, SIGHUP] { signal(number) { number in if SignalRelay.child.pointee > 0 { kill(SignalRelay.child.pointee, number) } } }
  }

  static func stop() {
    child.pointee = 0
    for number in [SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
  }
}
