// The executable under test, and a place of its own for it to keep things.
import Foundation
import Glibc
import TestKit
import Testing

/// Runs the executable under test. That it is missing is a failure of the build, not of this machine.
func executable() throws -> ProgramRunner { try #require(ProgramRunner(program), "the executable was not built") }

/// Whether this machine lets an ordinary process make a network namespace.
let hasNamespaces: Bool = {
  guard let unshare = ProgramRunner("unshare", for: "namespaces") else { return false }
  let isAllowed = unshare.runBlocking(["--user", "--map-root-user", "--net", "--mount", "true"]).status == 0
  if !isAllowed { skipped("the lab in its namespace", because: "no user namespaces here") }
  return isAllowed
}()

/// The program beside the test bundle.
let program: String = {
  let bundle = ProcessInfo.processInfo.arguments[0]
  return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("netstead").path
}()

/// A folder of the test's own, so that nothing else on this machine is met.
func withRuntimeFolder<R>(_ body: (_ environment: [String: String], _ folder: String) async throws -> R) async throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-lab-\(UUID().uuidString.prefix(8))").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(["XDG_RUNTIME_DIR": folder, "XDG_DATA_HOME": folder, "HOME": folder, "NO_COLOR": "1"], folder)
}

/// The program at work in the background, and what it said on standard error when it began.
final class Background {
  private let process = Process()
  private(set) var said = ""

  /// Starts it and waits, for a bounded time, until it has said `word`.
  init(_ arguments: [String], environment: [String: String], in folder: String, until word: String) throws {
    let talk = folder + "/talk-\(UUID().uuidString.prefix(8))"
    _ = FileManager.default.createFile(atPath: talk, contents: nil)
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: talk)
    try process.run()
    for _ in 0..<2_000 where !said.contains(word) && process.isRunning {
      usleep(5_000)
      said = (try? String(contentsOfFile: talk, encoding: .utf8)) ?? ""
    }
  }

  var isRunning: Bool { process.isRunning }
  var processIdentifier: Int32 { process.processIdentifier }

  /// What it has in memory now. Unit: bytes.
  var residentBytes: Int {
    let pages = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first
    return (pages.flatMap { Int($0) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The endpoint of the service that was announced as `name`.
  func endpoint(_ name: String) -> String? {
    said.split(separator: "\n").first { $0.hasPrefix("  \(name) at ") }.flatMap { $0.split(separator: " ").last }.map { String($0) }
  }

  /// The address of the console that was announced.
  var console: String? { said.firstMatch(of: #/http:\/\/localhost:[0-9]+\//#).map { String($0.0) } }

  /// Asks it to stop and returns its exit status.
  func stop() -> Int32 { end(by: SIGINT) }

  /// Sends it a signal, waits for its end and returns its exit status.
  func end(by signal: Int32) -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationStatus
  }
}

/// A port that nobody has at the moment, over TCP and UDP on loopback, for a program that must be told one. It lies below those that the system
/// gives out by itself, so that nobody who asks it for any port gets this one meanwhile.
func freePort() -> Int {
  for _ in 0..<1_000 {
    let port = UInt16.random(in: 10_000..<30_000)
    let (stream, datagram) = (socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0), socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
    defer {
      close(stream)
      close(datagram)
    }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isFree = withUnsafePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return bind(stream, address, length) == 0 && bind(datagram, address, length) == 0
      }
    }
    if isFree { return Int(port) }
  }
  Issue.record("no port is free")
  return 0
}
