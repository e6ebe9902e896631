// Knot beside us: as the secondary of our zone, which others change while its settings change too, and as the primary of a copy of ours. All of it signed, told by
// NOTIFY, and carried in steps (IXFR) after the first time, as its log says.
// Read before: NameRolesPeerTests (the host, and NSD in the same places).
import Foundation
import TestKit
import Testing

@Suite("zones shared with Knot", .serialized)
struct KnotPeerTests {
  private typealias Roles = NameRolesPeerTests

  /// Knot in a folder of its own, with the zone home.test.
  private final class Knot {
    private let process = Process()
    private let folder: String

    /// `more` is what its settings say of the zone, beside who may do what: the host at `ours`.
    init?(_ folder: String, port: Int, ours: Int, _ more: String) throws {
      guard ProgramRunner("knotd") != nil else { return nil }
      self.folder = folder
      try FileManager.default.createDirectory(atPath: folder + "/knot", withIntermediateDirectories: true)
      try """
      server:
        listen: 127.0.0.1@\(port)
        rundir: "\(folder)/knot"
      database:
        storage: "\(folder)/knot"
      log:
        - target: "\(folder)/knot.log"
          any: info
      key:
        - id: lab.key
          algorithm: hmac-sha256
          secret: \(Roles.secret)
      remote:
        - id: ours
          address: 127.0.0.1@\(ours)
          key: lab.key
      acl:
        - id: ours
          address: 127.0.0.1
          key: lab.key
          action: [notify, transfer, update]
      zone:
        - domain: home.test
          storage: "\(folder)"
          file: home.zone
          acl: ours
          \(more)
      """.write(toFile: folder + "/knot.conf", atomically: true, encoding: .utf8)
      process.executableURL = URL(fileURLWithPath: "/usr/sbin/knotd")
      process.arguments = ["-c", folder + "/knot.conf"]
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
    }

    var log: String { (try? String(contentsOfFile: folder + "/knot.log", encoding: .utf8)) ?? "" }

    func stop() {
      guard process.isRunning else { return }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }

    deinit { stop() }
  }

  private static func update(_ port: Int, _ lines: String, _ nsupdate: ProgramRunner) async -> ProgramOutcome {
    await nsupdate.run(["-y", Roles.key], input: Array("server 127.0.0.1 \(port)\nzone home.test\n\(lines)\nsend\n".utf8))
  }

  @Test("Knot copies our zone and follows it in steps: what others change, and what the settings change meanwhile; and goes on when we are gone", .timeLimit(.minutes(2)))
  func primary() async throws {
    guard let dig = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    try await withRuntimeFolder { environment, folder in
      let theirs = Roles.freePort()
      func home(_ port: Int, _ records: String) throws -> Roles.Home {
        try Roles.Home(
          environment, folder, port: port, dns: Roles.updates + "\n  notify: [\"127.0.0.1:\(theirs) key lab.key\"]\n  records: |\n" + records)
      }
      let ours = try home(Roles.freePort(), "    gone 60 A 192.0.2.3\n    pair 60 A 192.0.2.4\n")
      let host = try ours.start()
      guard let knot = try Knot(folder, port: theirs, ours: ours.port, "master: ours") else { return }
      defer { knot.stop() }
      #expect(try await Roles.wait(theirs, ["gone.home.test"], until: "192.0.2.3", dig).contains("flags: qr aa"), "\(knot.log)")
      let changed = await Self.update(ours.port, "update delete gone.home.test A\nupdate add both.home.test 60 A 192.0.2.9\nupdate add pair.home.test 60 A 192.0.2.5", nsupdate)
      #expect(changed.status == 0, "\(changed.errorText)")
      #expect(try await Roles.wait(theirs, ["both.home.test"], until: "192.0.2.9", dig).contains("192.0.2.9"), "\(knot.log)")
      // The settings forget what is gone already, have what was added already, and give another lifetime to a set of which they have a half.
      _ = try home(ours.port, "    pair 90 A 192.0.2.4\n    both 60 A 192.0.2.9\n    fresh 60 A 192.0.2.10\n")
      let reload = await (try executable()).run(["reload", "--data", folder + "/data-home.test"], environment: environment)
      #expect(reload.status == 0, "\(reload.errorText)")
      #expect(try await Roles.wait(theirs, ["fresh.home.test"], until: "192.0.2.10", dig).contains("192.0.2.10"), "\(knot.log)")
      #expect(await Roles.dig(theirs, ["pair.home.test", "+noall", "+answer"], dig).split(separator: "\n").filter { $0.contains("\t90\t") }.count == 2)
      #expect(host.end(by: SIGKILL) != 0)
      #expect(await Roles.dig(theirs, ["both.home.test", "+short"], dig) == "192.0.2.9\n")
      let transfers = knot.log.split(separator: "\n").filter { $0.contains("incoming") && $0.contains("finished") }
      #expect(transfers.filter { $0.contains("AXFR, incoming") }.count == 1 && transfers.filter { $0.contains("IXFR, incoming") }.count == 2, "\(knot.log)")
    }
  }

  @Test("we copy Knot's zone, are told of a change and follow it in steps, and go on when it is killed", .timeLimit(.minutes(2)))
  func secondary() async throws {
    guard let dig = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    try await withRuntimeFolder { environment, folder in
      let theirs = Roles.freePort()
      let ours = try Roles.Home(
        environment, folder, domain: "other.test", dns: "  zones:\n    - {origin: home.test, primary: [\"127.0.0.1:\(theirs) key lab.key\"], transfer-to: [127.0.0.1]}")
      try "$ORIGIN home.test.\n$TTL 60\n@ SOA ns1 h 1 3600 1 86400 30\n@ NS ns1\nns1 A 127.0.0.1\nwww A 192.0.2.1\n".write(
        toFile: folder + "/home.zone", atomically: true, encoding: .utf8)
      guard let knot = try Knot(folder, port: theirs, ours: ours.port, "notify: ours") else { return }
      defer { knot.stop() }
      let host = try ours.start()
      #expect(try await Roles.wait(ours.port, ["www.home.test"], until: "192.0.2.1", dig).contains("flags: qr aa"), "\(knot.log)")
      for (lines, name, data) in [
        ("update add new.home.test 60 A 192.0.2.2", "new.home.test", "192.0.2.2"),
        ("update delete new.home.test A\nupdate add newer.home.test 60 TXT \"from knot\"", "newer.home.test", "from knot"),
      ] {
        let changed = await Self.update(theirs, lines, nsupdate)
        #expect(changed.status == 0, "\(changed.errorText)")
        // Its refresh is after an hour: what we have now, we were told of.
        #expect(try await Roles.wait(ours.port, [name, "ANY"], until: data, dig).contains(data), "\(knot.log)")
      }
      #expect(await Roles.dig(ours.port, ["new.home.test"], dig).contains("NXDOMAIN"))
      #expect(knot.log.contains("IXFR, outgoing"), "\(knot.log)")
      knot.stop()
      #expect(host.end(by: SIGKILL) != 0)
      let again = try ours.start()
      #expect(await Roles.dig(ours.port, ["newer.home.test", "TXT", "+short"], dig) == "\"from knot\"\n")
      #expect(again.stop() == 0)
    }
  }
}
