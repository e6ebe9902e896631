// How a process gets into namespaces of its own, or into those of a running lab. A threaded process may not make a user namespace, and a
// Swift process has threads early: so it becomes `unshare` or `nsenter`, which becomes the program again on the other side.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Changing sides.
package enum Reexecution {
  /// The options for fresh namespaces in which we are root over our own network and mounts, and nobody outside is touched.
  static let namespaces = ["--user", "--map-root-user", "--net", "--mount"]

  /// Set while this program starts again inside: the network it comes from, and what it inherits.
  private static let mark = "NETSTEAD_INSIDE"

  /// What the process inside inherited from the one outside.
  package struct Inheritance: Sendable, Equatable {
    /// The console's listening socket, made outside so that it is reachable from there.
    package var console: Int32?
    /// Where the console listens.
    package var consolePort: UInt16?
  }

  /// The mark is there, and we are not inside: what would be furnished is the network of somebody else.
  package struct NotInside: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String { "\(Reexecution.mark) is set, but this is no network of our own making: unset it" }
  }

  /// What was inherited, if this is the inside. Taken out of the environment, so that no child believes itself inside.
  package static func inheritance() throws(NotInside) -> Inheritance? {
    guard let text = getenv(mark).map({ String(cString: $0) }) else { return nil }
    unsetenv(mark)
    return try inheritance(in: text, network: network())
  }

  /// What the mark `text` says to a process in `network`.
  static func inheritance(in text: String, network: String?) throws(NotInside) -> Inheritance {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard let network, parts.count == 3, parts[0].hasPrefix("net:["), parts[0] != network else { throw NotInside() }
    return Inheritance(console: Int32(parts[1]), consolePort: UInt16(parts[2]))
  }

  /// Starts this program again inside fresh namespaces, with the same arguments. Returns only when that failed: why.
  package static func goInside(console: Int32?, port: UInt16, folder: RuntimeFolder) -> String {
    guard let unshare = Program.find("unshare") else { return "the program unshare is not installed" }
    guard let outside = network() else { return "there is no telling which network this process is in: /proc is not to be read" }
    if let console { _ = fcntl(console, F_SETFD, 0) }
    setenv(RuntimeFolder.variable, folder.path, 1)
    setenv(mark, "\(outside)," + (console.map { "\($0),\(port)" } ?? ","), 1)
    let code = Program.become([unshare] + namespaces + ["--", Program.own()] + CommandLine.arguments.dropFirst())
    return "unshare cannot be run: \(SystemError.text(code))"
  }

  /// The variable that tells programs in a lab's namespace which network theirs is.
  static let networkVariable = "NETSTEAD_NETWORK"

  /// What the kernel calls the network of a process; nil: there is no telling.
  static func network(of process: String = "self") -> String? {
    var name = [CChar](repeating: 0, count: 128)
    let length = readlink("/proc/\(process)/ns/net", &name, name.count)
    return length > 0 ? String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  /// Whether this process was started inside a lab's namespace and still is there.
  package static func isInside(environment: (String) -> String?) -> Bool {
    guard let named = environment(networkVariable) else { return false }
    return named == network()
  }

  /// Becomes `command` where we are. Returns only when that failed: why.
  package static func stay(command: [String]) -> String {
    guard let first = command.first, let file = Program.find(first) else { return "\(command.first ?? ""): command not found" }
    return "\(file) cannot be run: \(SystemError.text(Program.become([file] + command.dropFirst())))"
  }

  /// Becomes `command` inside a running lab, in the same folder. Returns only when that failed: why.
  package static func join(_ lab: RunningLab, command: [String]) -> String {
    for variable in lab.environment { setenv(variable.name, variable.value, 1) }
    // On loopback there is nowhere to go.
    if lab.mode == AddressPlan.Kind.loopback.rawValue { return stay(command: command) }
    guard let nsenter = Program.find("nsenter") else { return "the program nsenter is not installed" }
    // Entering a mount namespace loses the working folder: a shell goes back there. A command that is not found ends it with 127.
    let script = "cd -- \"$1\" 2>/dev/null; shift; exec \"$@\""
    var folder = [CChar](repeating: 0, count: Int(PATH_MAX))
    let here = getcwd(&folder, folder.count).map { String(cString: $0) } ?? "/"
    let code = Program.become(
      [nsenter, "--preserve-credentials", "--user", "--net", "--mount", "--target", String(lab.process), "--", "/bin/sh", "-c", script, "sh", here]
        + command)
    return "nsenter cannot be run: \(SystemError.text(code))"
  }
}

/// The console's listening socket, made before the process changes sides.
package enum ConsoleSocket {
  /// Listens at 127.0.0.1; `port` 0: any free one.
  package static func open(port: UInt16) -> Result<(descriptor: Int32, port: UInt16), SystemFailure> {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return .failure(SystemFailure(code: errno)) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let outcome = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && listen(descriptor, 128) == 0 && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard outcome else {
      let failure = SystemFailure(code: errno)
      close(descriptor)
      return .failure(failure)
    }
    return .success((descriptor, UInt16(bigEndian: address.sin_port)))
  }
}

extension ConsoleSocket {
  /// Closes a socket that is not needed after all.
  package static func discard(_ descriptor: Int32) { close(descriptor) }
}

/// A system call failed.
package struct SystemFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package var code: Int32
  package var description: String { SystemError.text(code) }
}
