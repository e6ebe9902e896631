// Runs a program of somebody else (dig, curl, tshark) as a peer in a test: arguments, input, time-out, captured output.
// Where the program is not installed the test prints one line and passes; the Makefile's install-deps names the packages.
import Dispatch
import Glibc
import Synchronization

/// What a program did.
package struct ProgramOutcome: Sendable {
  /// The exit status; 128 and the signal's number when a signal ended it.
  package var status: Int32
  package var output: [UInt8]
  package var errors: [UInt8]
  /// It ran longer than allowed and was killed.
  package var timedOut: Bool

  /// The output as text.
  package var text: String { String(decoding: output, as: UTF8.self) }
  /// What it wrote to standard error, as text.
  package var errorText: String { String(decoding: errors, as: UTF8.self) }
}

/// A program found on this machine.
package struct ProgramRunner: Sendable {
  /// Most output that is kept of each of the two streams. Unit: bytes. Past it: the rest is read and thrown away.
  package static var outputBytesMax: Int { 64 << 20 }

  package let path: String

  /// Looks for `name` in PATH (or at it, when it has a slash); nil, and one printed line, when it is not there.
  package init?(_ name: String, for test: String = #function) {
    guard let found = Self.find(name) else {
      skipped(test, because: "\(name) is not installed")
      return nil
    }
    path = found
  }

  /// Whether `name` is on this machine; prints nothing. For `.enabled(if:)`.
  package static func isInstalled(_ name: String) -> Bool { find(name) != nil }

  private static func find(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    // /usr/sbin holds tshark's friends on Debian and is not in every user's PATH.
    let search = (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    return search.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// Runs the program to its end, or kills it and its children after `timeout`.
  package func run(
    _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:], timeout: Duration = .seconds(30)
  ) async -> ProgramOutcome {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: runBlocking(arguments, input: input, environment: environment, timeout: timeout))
      }
    }
  }

  /// The same on the calling thread.
  package func runBlocking(
    _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:], timeout: Duration = .seconds(30)
  ) -> ProgramOutcome {
    // A program that ends before it has read its input must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
    defer {
      standardInput.close()
      standardOutput.close()
      standardError.close()
    }
    guard let child = spawn(arguments, environment, standardInput.reading, standardOutput.writing, standardError.writing) else {
      return ProgramOutcome(status: 127, output: [], errors: Array("cannot start \(path)".utf8), timedOut: false)
    }
    standardInput.closeReading()
    standardOutput.closeWriting()
    standardError.closeWriting()

    var exchange = Exchange(input: input, standardInput: standardInput, standardOutput: standardOutput, standardError: standardError)
    let timedOut = !exchange.run(until: ContinuousClock.now + timeout)
    if timedOut { kill(-child, SIGKILL) }
    exchange.closeAll()
    var raw: Int32 = 0
    while waitpid(child, &raw, 0) < 0, errno == EINTR {}
    let status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
    return ProgramOutcome(status: status, output: exchange.output, errors: exchange.errors, timedOut: timedOut)
  }

  private func spawn(_ arguments: [String], _ changes: [String: String], _ input: Int32, _ output: Int32, _ errors: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that a time-out ends its children too; SIGPIPE as programs expect it, and nothing blocked, as threads of Dispatch have it.
    posix_spawnattr_setpgroup(&attributes, 0)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    var nothing = sigset_t()
    sigemptyset(&nothing)
    posix_spawnattr_setsigmask(&attributes, &nothing)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = Self.environment(changedBy: changes).map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var child: pid_t = 0
    let result = spawning.withLock { _ in posix_spawn(&child, path, &actions, &attributes, &words, &variables) }
    return result == 0 ? child : nil
  }

  private static func environment(changedBy changes: [String: String]) -> [String] {
    var lines: [String] = []
    var next = environ
    while let line = next.pointee {
      let text = String(cString: line)
      if changes[String(text.prefix { $0 != "=" })] == nil { lines.append(text) }
      next += 1
    }
    return lines + changes.map { "\($0.key)=\($0.value)" }.sorted()
  }
}

/// Held while pipes are made and children are started: a child started between `pipe` and `fcntl` would inherit the pipe and keep it open.
private let spawning = Mutex(())

/// A pipe whose two ends are not inherited by other children.
// A class: a copy of the numbers would close an end a second time, when another thread may have a file under the same number.
private final class Pipe {
  private(set) var reading: Int32 = -1
  private(set) var writing: Int32 = -1

  init() {
    var ends: [Int32] = [-1, -1]
    let made = spawning.withLock { _ in
      pipe(&ends) == 0 && ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
    }
    if made { (reading, writing) = (ends[0], ends[1]) }
  }

  func closeReading() {
    if reading >= 0 { Glibc.close(reading) }
    reading = -1
  }

  func closeWriting() {
    if writing >= 0 { Glibc.close(writing) }
    writing = -1
  }

  func close() {
    closeReading()
    closeWriting()
  }
}

/// Feeds a child's input and drains its two outputs at once, so that neither side waits for ever.
private struct Exchange {
  var input: [UInt8]
  let standardInput: Pipe
  let standardOutput: Pipe
  let standardError: Pipe
  var output: [UInt8] = []
  var errors: [UInt8] = []
  private var written = 0

  init(input: [UInt8], standardInput: Pipe, standardOutput: Pipe, standardError: Pipe) {
    self.input = input
    self.standardInput = standardInput
    self.standardOutput = standardOutput
    self.standardError = standardError
    for end in [standardInput.writing, standardOutput.reading, standardError.reading] {
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
    }
  }

  /// Returns true when both outputs ended, false when `deadline` came first.
  mutating func run(until deadline: ContinuousClock.Instant) -> Bool {
    if input.isEmpty { standardInput.closeWriting() }
    while standardOutput.reading >= 0 || standardError.reading >= 0 {
      let left = ContinuousClock.now.duration(to: deadline).components
      guard left.seconds >= 0, left.seconds > 0 || left.attoseconds > 0 else { return false }
      // poll(2) leaves out entries below zero.
      var ends = [
        pollfd(fd: standardInput.writing, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: standardOutput.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: standardError.reading, events: Int16(POLLIN), revents: 0),
      ]
      let milliseconds = min(left.seconds, 3_600) * 1_000 + left.attoseconds / 1_000_000_000_000_000 + 1
      if poll(&ends, 3, Int32(milliseconds)) < 0, errno != EINTR { return false }
      if ends[0].revents != 0 { write() }
      if ends[1].revents != 0, !Self.drain(standardOutput.reading, into: &output) { standardOutput.closeReading() }
      if ends[2].revents != 0, !Self.drain(standardError.reading, into: &errors) { standardError.closeReading() }
    }
    return true
  }

  func closeAll() {
    standardInput.close()
    standardOutput.close()
    standardError.close()
  }

  private mutating func write() {
    let count = input[written...].withUnsafeBytes { Glibc.write(standardInput.writing, $0.baseAddress, $0.count) }
    if count > 0 { written += count }
    if written == input.count || (count < 0 && errno != EAGAIN && errno != EINTR) { standardInput.closeWriting() }
  }

  /// Reads what is there; false at the end.
  private static func drain(_ end: Int32, into bytes: inout [UInt8]) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = read(end, &chunk, chunk.count)
    if count > 0, bytes.count < ProgramRunner.outputBytesMax { bytes += chunk[..<count] }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
  }
}
