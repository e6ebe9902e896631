// The mail of `netstead up` in bad times: killed at any moment, under five thousand connections and garbage at each listener, on a disk without
// room, before a server that takes seven bits only.
// Not here: kills while a client changes its mailboxes (MailKillPeerTests).
import Foundation
import TestKit
import Testing

@Suite("mail in bad times", .serialized)
struct MailBadTimesPeerTests {
  private func settings(in folder: String) throws -> [String] {
    let ruby = "'$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$+qLBJPSr+vbW8sq2lCg8CcHk+bTUV9l88jIfe3i5u88'"
    try """
    domain: home.test
    ports: {dns: 0, http: 0, https: 0, console: 0, smtp: 0, submission: 0, submissions: 0, pop3: 0, pop3s: 0, imap: 0, imaps: 0}
    trace: {on: false}
    mail: {care: careless, users: {ada: \(ruby), bob: \(ruby)}}
    """.write(toFile: folder + "/netstead.yaml", atomically: true, encoding: .utf8)
    return ["up", "--settings", folder + "/netstead.yaml", "--data", folder + "/data"]
  }

  @Test("killed 200 times while letters come and go: what was acknowledged arrives, and no identifier is used twice", .timeLimit(.minutes(15)))
  func killed() async throws {
    guard let python = ProgramRunner("python3") else { return }
    try await withRuntimeFolder { _, folder in
      let outcome = await python.run([scriptPath("mail_kills.py"), program, folder, "200"], timeout: .seconds(800))
      #expect(outcome.status == 0 && outcome.text.hasPrefix("survived "), "\(outcome.text)\(outcome.errorText)")
      print("mail: \(outcome.text)", terminator: "")
    }
  }

  @Test("five thousand connections at each listener, most of them rude or slow: its bounds hold, and honest people are served", .timeLimit(.minutes(6)))
  func storm() async throws {
    guard let python = ProgramRunner("python3") else { return }
    try await withRuntimeFolder { environment, folder in
      let host = try Background(settings(in: folder), environment: environment, in: folder, until: "stop by")
      let ports = try ["SMTP", "submission", "submissions", "IMAP", "IMAPS", "POP3", "POP3S"].map { name in
        String(try #require(host.endpoint(name)?.split(separator: ":").last, "\(host.said)"))
      }
      let outcome = await python.run([scriptPath("mail_storm.py"), "\(host.processIdentifier)", "5000"] + ports, timeout: .seconds(300))
      #expect(outcome.status == 0 && outcome.text.contains("\nhonest 18\n"), "\(outcome.text)\(outcome.errorText)")
      print(outcome.text, terminator: "")
      #expect(host.isRunning && host.residentBytes < 400 << 20, "\(host.residentBytes >> 20) MiB")
      #expect(host.stop() == 0)
    }
  }

  @Test("a disk without room: refused for now or kept, whole; what waits goes on waiting", .timeLimit(.minutes(3)))
  func full() async throws {
    guard let unshare = ProgramRunner("unshare"), ProgramRunner("python3") != nil else { return }
    guard await unshare.run(["--user", "--map-root-user", "--mount", "true"]).status == 0 else {
      return skipped("a disk without room", because: "no user namespaces here")
    }
    try await withRuntimeFolder { _, folder in
      let outcome = await unshare.run(
        ["--user", "--map-root-user", "--mount", "python3", scriptPath("mail_full_disk.py"), program, folder], timeout: .seconds(150))
      #expect(outcome.status == 0 && outcome.text.hasPrefix("good "), "\(outcome.text)\(outcome.errorText)")
    }
  }

  @Test("Postfix without 8BITMIME gets seven bits, and our signatures hold", .enabled(if: getuid() == 0, "Postfix's master runs as root only"), .timeLimit(.minutes(3)))
  func sevenBits() async throws {
    guard ProgramRunner("postfix") != nil, let bash = ProgramRunner("bash"), let python = ProgramRunner("python3") else { return }
    let port = freePort()
    try await MailPeerTests.withHouse(more: "mail: {smart-host: \"127.0.0.1:\(port)\"}") { house in
      let folder = house.folder + "/postfix"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      // Postfix's own processes go through the folder above.
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: house.folder)
      let started = await bash.run([scriptPath("postfix_peer.sh"), "start", folder, "\(port)", try house.port("SMTP"), "8bitmime"])
      #expect(started.status == 0, "\(started.text)\(started.errorText)")
      let sent = await python.run([scriptPath("mail_python.py"), "wide", try house.port("submission"), house.authority])
      #expect(sent.status == 0, "\(sent.text)\(sent.errorText)")
      let box = folder + "/box/mbox"
      for _ in 0..<60 where !FileManager.default.fileExists(atPath: box) { try await Task.sleep(for: .milliseconds(500)) }
      try await Task.sleep(for: .seconds(1))
      let read = await python.run([scriptPath("mail_python.py"), "narrow", box, try house.port("DNS")])
      #expect(read.text == "Grüße aus Granat\n2 signatures hold\n", "\(read.text)\(read.errorText)\((try? String(contentsOfFile: box, encoding: .utf8)) ?? "nothing came")")
      _ = await bash.run([scriptPath("postfix_peer.sh"), "stop", folder])
    }
  }
}
