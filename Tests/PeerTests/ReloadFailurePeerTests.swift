// Settings that fail when they are read again, in the middle of a host that runs: everything stays as it was. dig, curl, nsupdate and SQLite look.
// Not here: settings with a mistake in them (ReloadPeerTests, HostSettingsTests), which never get that far.
import Foundation
import MailServer
import TestKit
import Testing
import Transport
import World

@testable import Host

@Suite("settings read again that fail late", .serialized)
struct ReloadFailurePeerTests {
  private static let hash = "$scrypt$ln=14,r=8,p=5$4kG3+PIHC4oB//Bmb1MKTA$SbrQlK6f1375NTZ6IAnJ3U/0DDE5cgbGurP5jZjUo5Y"

  /// A host on free ports of loopback.
  private struct Running {
    var host: HomeHost
    var folder: String

    /// Reads `text` as settings, in whose folders is what they are called.
    static func settings(_ text: String, _ folder: String) throws -> HostSettings {
      let ports = "ports: {dns: 0, http: 0, https: 0, ftp: 0, smtp: 0, submission: 0, submissions: 0, pop3: 0, pop3s: 0, imap: 0, imaps: 0}\n"
      return try HostSettings(file: folder + "/netstead.yaml", text: ports + text, isPrivileged: false)
    }

    func reload(_ text: String) async throws(HomeHost.Failure) {
      let settings: HostSettings
      do { settings = try Self.settings(text, folder) } catch { throw .names("test: \(error)") }
      _ = try await host.reload(settings)
    }

    /// What `name` says.
    func says(_ name: String, _ dig: ProgramRunner) async throws -> String {
      await dig.run(["@127.0.0.1", "-p", try host.port("DNS"), "+norec", "+short", "+tries=1", name, "TXT"]).text.trimmingCharacters(in: .newlines)
    }

    /// What curl gets of a service.
    func got(_ scheme: String, _ curl: ProgramRunner) async throws -> String {
      await curl.run(["-sS", "-H", "Host: home.test", "\(scheme.lowercased())://127.0.0.1:\(try host.port(scheme))/page.txt"]).text.trimmingCharacters(in: .newlines)
    }
  }

  private func run(_ text: String, _ body: (Running) async throws -> Void) async throws {
    try await withRuntimeFolder { _, folder in
      for name in ["old", "new"] {
        try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        try name.write(toFile: folder + "/\(name)/page.txt", atomically: true, encoding: .utf8)
      }
      let network = SocketNetwork(loops: 1)
      let running = Running(host: try await HomeHost.start(try Running.settings(text, folder), dataDirectory: folder, network: network, recorder: nil), folder: folder)
      let result: Result<Void, any Error>
      do { result = .success(try await body(running)) } catch { result = .failure(error) }
      await running.host.stop(grace: .zero)
      await network.shutDown()
      try result.get()
    }
  }

  private static func everything(_ word: String, users: String) -> String {
    """
    web: {root: \(word)}
    ftp: {root: \(word), anonymous: yes}
    dns: {records: 'said TXT "\(word)"'}
    mail: {users: {\(users)}}
    """
  }

  @Test("mail that cannot be taken over leaves zone, web and FTP as they were; when it can, all is taken over", .timeLimit(.minutes(2)))
  func mail() async throws {
    guard let dig = ProgramRunner("dig"), let curl = ProgramRunner("curl"), let python = ProgramRunner("python3") else { return }
    let ada = "ada: '\(Self.hash)'"
    let after = Self.everything("new", users: ada + ", ben: '\(Self.hash)'")
    try await run(Self.everything("old", users: ada)) { running in
      func seen() async throws -> [String] { [try await running.says("said.home.test", dig), try await running.got("HTTP", curl), try await running.got("FTP", curl)] }
      #expect(try await seen() == ["\"old\"", "old", "old"])
      // Nobody can be given mailboxes any more.
      func rename(_ from: String, _ to: String) async {
        let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).execute('ALTER TABLE \(from) RENAME TO \(to)')"
        #expect(await python.run(["-c", script, running.folder + "/mail/records.sqlite"]).status == 0)
      }
      await rename("record", "gone")
      let failure = await #expect(throws: HomeHost.Failure.self) { try await running.reload(after) }
      #expect("\(failure.map { "\($0)" } ?? "")".hasPrefix("mail: "))
      #expect(try await seen() == ["\"old\"", "old", "old"])
      #expect(running.host.settings.mail?.users.map(\.name) == ["ada"])
      await rename("gone", "record")
      try await running.reload(after)
      #expect(try await seen() == ["\"new\"", "new", "new"])
      #expect(running.host.mail?.mail?.post.store.hasAccount("ben@home.test") == true)
    }
  }

  @Test("a zone that cannot be what its file says leaves the others as they were, and what was to be opened closed", .timeLimit(.minutes(2)))
  func zones() async throws {
    guard let dig = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    func text(_ word: String, _ more: String = "") -> String {
      "dns:\n  update-by: [127.0.0.1]\n  records: 'said TXT \"\(word)\"'\n  zones:\n    - {origin: other.test, file: \(word).zone, update-by: [127.0.0.1]}\n\(more)"
    }
    let start = "@ 60 SOA ns.other.test. root.other.test. 1 60 60 60 60\n@ 60 NS ns.other.test.\nns 60 A 127.0.0.1\n"
    try await withRuntimeFolder { _, zones in
      for (name, records) in [("old", start), ("new", start + "taken 60 CNAME ns\n"), ("third", start.replacingOccurrences(of: "other", with: "third"))] {
        try records.write(toFile: zones + "/\(name).zone", atomically: true, encoding: .utf8)
      }
      func placed(_ text: String) -> String { text.replacingOccurrences(of: "file: ", with: "file: \(zones)/") }
      try await run(placed(text("old"))) { running in
        let lines = "server 127.0.0.1 \(try running.host.port("DNS"))\nzone other.test\nupdate add taken.other.test 60 TXT here\nsend\n"
        #expect(await nsupdate.run([], input: Array(lines.utf8)).status == 0)
        // Beside a TXT record no CNAME may stand.
        let more = "    - {origin: third.test, file: third.zone, update-by: [127.0.0.1]}\n"
        await #expect(throws: HomeHost.Failure.self) { try await running.reload(placed(text("new", more))) }
        #expect(try await running.says("said.home.test", dig) == "\"old\"")
        #expect(try await running.says("taken.other.test", dig) == "\"here\"")
        let refused = await dig.run(["@127.0.0.1", "-p", try running.host.port("DNS"), "+norec", "+tries=1", "third.test", "SOA"]).text
        #expect(refused.contains("REFUSED"))
        // The same where a zone was opened before the other cannot be.
        try await running.reload("dns: {update-by: [127.0.0.1], records: 'said TXT \"old\"'}")
        let reversed = "dns:\n  update-by: [127.0.0.1]\n  zones:\n\(more)    - {origin: other.test, file: new.zone, update-by: [127.0.0.1]}\n"
        await #expect(throws: HomeHost.Failure.self) { try await running.reload(placed(reversed)) }
        #expect(try await running.says("said.home.test", dig) == "\"old\"")
        #expect(await dig.run(["@127.0.0.1", "-p", try running.host.port("DNS"), "+norec", "+tries=1", "third.test", "SOA"]).text.contains("REFUSED"))
      }
    }
  }
}
