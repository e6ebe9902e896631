// Other programs: finding them, becoming them, running one as a child that has the terminal, with signals passed on and its exit code.
import CNetsteadSystem
#if canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#else
package import Darwin
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
    return netstead_become(words.first ?? "", &pointers)
  }

  /// Runs another program with our standard streams and waits for it. Returns its exit code, 128 + the signal that ended it, 127 when it
  /// cannot be found, 126 when it cannot be run. Signals sent to us are passed on; what the terminal sends, the child gets from there too.
  /// When we are killed the child is. Blocks the calling thread.
  package static func run(_ words: [String], environment: [(String, String)] = []) -> Int32 {
    guard let first = words.first, let file = find(first) else { return 127 }
    for (name, value) in environment { setenv(name, value, 1) }
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    // Before the child is there, so that no signal falls between; it takes none of our actions along, save what is ignored.
    let relay = SignalRelay()
    defer { relay.stop() }
    let child = netstead_spawn(file, &pointers, environ)
    guard child > 0 else { return 126 }
    relay.start(to: child)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { if errno != EINTR { return 126 } }
    let signalNumber = status & 0x7F
    return signalNumber == 0 ? (status >> 8) & 0xFF : 128 + signalNumber
  }
}

/// Passes signals on to one child, for as long as it runs. A signal handler may touch nothing but these numbers.
private struct SignalRelay {
  nonisolated(unsafe) private static let child = UnsafeMutablePointer<pid_t>.allocate(capacity: 1)
  private var before: [(number: Int32, action: sigaction)] = []

  init() {
    SignalRelay.child.pointee = 0
    for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] {
      var old = sigaction()
      sigaction(number, nil, &old)
      // What is ignored stays ignored: that is what `nohup` is for. The terminal's own signals are caught all the same: the child decides.
      if number == SIGHUP, isIgnoring(old) { continue }
      var action = sigaction()
      action.sa_flags = SA_SIGINFO | SA_RESTART
      setHandler(of: &action) { number, info, _ in
        let child = SignalRelay.child.pointee
        // A positive code is the kernel's: it comes from the terminal, which tells the child itself.
        if child > 0, let info, info.pointee.si_code <= 0 { kill(child, number) }
      }
      sigaction(number, &action, nil)
      before.append((number, old))
    }
  }

  func start(to process: pid_t) { SignalRelay.child.pointee = process }

  func stop() {
    SignalRelay.child.pointee = 0
    for (number, action) in before {
      var action = action
      sigaction(number, &action, nil)
    }
  }
}

/// What a signal's handler looks like.
private typealias SignalAnswer = @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void

private func setHandler(of action: inout sigaction, _ handler: SignalAnswer) {
  #if canImport(Darwin)
  action.__sigaction_u.__sa_sigaction = handler
  #else
  action.__sigaction_handler.sa_sigaction = handler
  #endif
}

/// Whether an action is to ignore the signal.
package func isIgnoring(_ action: sigaction) -> Bool {
  #if canImport(Darwin)
  let handler = action.__sigaction_u.__sa_handler
  #else
  let handler = action.__sigaction_handler.sa_handler
  #endif
  return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
