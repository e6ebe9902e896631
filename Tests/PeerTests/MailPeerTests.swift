// Mail of `netstead up` with other people's programs at both ends: what people send with, what they read with, and other mail servers.
// Not here: the law of a mail store under kills (MailKillPeerTests), signatures and policies (SignaturePeerTests, SenderPolicyPeerTests).
import Foundation
import TestKit
import Testing

@Suite("mail with other programs", .serialized)
struct MailPeerTests {
  /// A host with two users, `ada` (ruby) and `bob` (jade), and the ports it listens at.
  struct House {
    var host: Background
    var folder: String
    var environment: [String: String]

    func port(_ service: String) throws -> String {
      String(try #require(host.endpoint(service)?.split(separator: ":").last, "no \(service) in\n\(host.said)"))
    }

    /// A file in the folder.
    func write(_ text: String, _ name: String, mode: Int = 0o600) throws -> String {
      let path = folder + "/" + name
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      return path
    }

    /// The certificate of the authority that the host made for itself.
    var authority: String { folder + "/data/authority/authority.pem" }
  }

  static func withHouse(more settings: String = "", _ body: (House) async throws -> Void) async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      let file = folder + "/netstead.yaml"
      try """
      domain: home.test
      data: data
      ports: {dns: 0, http: 0, https: 0, console: 0, smtp: 0, submission: 0, submissions: 0, pop3: 0, pop3s: 0, imap: 0, imaps: 0}
      \(settings)
      """.write(toFile: file, atomically: true, encoding: .utf8)
      for (user, password) in [("ada", "ruby"), ("bob", "jade")] {
        let added = await netstead.run(["user", "add", user, "--data", folder + "/data"], input: Array(password.utf8), environment: environment)
        #expect(added.status == 0, "\(added.errorText)")
      }
      let host = try Background(["up", "--settings", file], environment: environment, in: folder, until: "stop by")
      let house = House(host: host, folder: folder, environment: environment)
      try await body(house)
      #expect(host.stop() == 0, "\(host.said)")
    }
  }

  @Test("swaks submits, inside TLS from the start and from the middle, by either mechanism; and may not relay", .timeLimit(.minutes(3)))
  func swaks() async throws {
    guard let swaks = ProgramRunner("swaks"), let python = ProgramRunner("python3") else { return }
    try await Self.withHouse { house in
      let submission = try house.port("submission")
      let envelope = ["-f", "ada@home.test", "-t", "bob@home.test", "--helo", "pc.test"]
      for (name, arguments) in [
        ("STARTTLS and PLAIN", ["--port", submission, "--tls", "-a", "PLAIN", "-au", "ada", "-ap", "ruby"]),
        ("STARTTLS and LOGIN", ["--port", submission, "--tls", "-a", "LOGIN", "-au", "ada@home.test", "-ap", "ruby", "--pipeline"]),
        ("TLS from the start", ["--port", try house.port("submissions"), "--tls-on-connect", "-a", "PLAIN", "-au", "ada", "-ap", "ruby"]),
        ("a neighbour's server", ["--port", try house.port("SMTP")]),
      ] {
        let from = name == "a neighbour's server" ? ["-f", "eve@elsewhere.test", "-t", "bob@home.test", "--helo", "mx.elsewhere.test"] : envelope
        let sent = await swaks.run(["--server", "127.0.0.1"] + arguments + from + ["--header", "Subject: \(name)"])
        #expect(sent.status == 0 && sent.text.contains("250 2.0.0"), "\(name): \(sent.text)\(sent.errorText)")
      }
      for (name, arguments, code) in [
        ("wrong password", ["--port", submission, "--tls", "-a", "PLAIN", "-au", "ada", "-ap", "wrong"] + envelope, "535 5.7.8"),
        ("password in the clear", ["--port", submission, "-a", "PLAIN", "-au", "ada", "-ap", "ruby"] + envelope, "uthentication"),
        ("not logged in", ["--port", submission, "--tls"] + envelope, "530 5.7.0"),
        ("somebody else's name", ["--port", submission, "--tls", "-a", "PLAIN", "-au", "ada", "-ap", "ruby", "-f", "bob@home.test", "-t", "x@elsewhere.test"], "553 5.7.1"),
        ("relaying", ["--port", try house.port("SMTP"), "-f", "eve@elsewhere.test", "-t", "mallory@elsewhere.test"], "550 5.7.1"),
        ("nobody", ["--port", try house.port("SMTP"), "-f", "eve@elsewhere.test", "-t", "nobody@home.test"], "550 5.1.1"),
      ] {
        let refused = await swaks.run(["--server", "127.0.0.1"] + arguments)
        #expect(refused.status != 0 && (refused.text + refused.errorText).contains(code), "\(name): \(refused.text)\(refused.errorText)")
      }
      // A connection cut off in the middle of a message leaves none.
      _ = await swaks.run(
        ["--server", "127.0.0.1", "--port", try house.port("SMTP"), "-f", "eve@elsewhere.test", "-t", "bob@home.test", "--drop-after-send", "DATA"])
      let script = scriptPath("mail_python.py")
      let read = await python.run([script, "count", try house.port("IMAP"), house.authority, "bob", "jade"])
      #expect(read.text == "4\n", "\(read.text)\(read.errorText)")
    }
  }

  @Test("Python's smtplib, imaplib and poplib: everything they can say", .timeLimit(.minutes(3)))
  func python() async throws {
    guard let python = ProgramRunner("python3") else { return }
    try await Self.withHouse { house in
      let ports = try ["submission", "submissions", "IMAP", "IMAPS", "POP3", "POP3S", "SMTP"].map { try house.port($0) }
      let outcome = await python.run([scriptPath("mail_python.py"), "all"] + ports + [house.authority], timeout: .seconds(90))
      #expect(outcome.status == 0 && outcome.text.hasSuffix("good\n"), "\(outcome.text)\(outcome.errorText)")
    }
  }

  @Test("mbsync keeps a Maildir and our mailboxes the same, both ways", .timeLimit(.minutes(3)))
  func mbsync() async throws {
    guard let mbsync = ProgramRunner("mbsync"), let python = ProgramRunner("python3") else { return }
    try await Self.withHouse { house in
      let script = scriptPath("mail_python.py")
      _ = await python.run([script, "fill", try house.port("submission"), house.authority, "20"], timeout: .seconds(60))
      let maildir = house.folder + "/Maildir"
      try FileManager.default.createDirectory(atPath: maildir, withIntermediateDirectories: true)
      let configuration = try house.write(
        """
        IMAPAccount home
        Host localhost
        Port \(try house.port("IMAPS"))
        User bob
        Pass jade
        SSLType IMAPS
        CertificateFile \(house.authority)

        IMAPStore far
        Account home

        MaildirStore near
        Path \(maildir)/
        Inbox \(maildir)/INBOX
        SubFolders Verbatim

        Channel all
        Far :far:
        Near :near:
        Patterns *
        Create Both
        Expunge Both
        SyncState *

        """, "mbsyncrc")
      func sync() async {
        let outcome = await mbsync.run(["-c", configuration, "all"], environment: house.environment, timeout: .seconds(60))
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
      }
      func near(_ mailbox: String) -> [String] {
        ["cur", "new"].flatMap { (try? FileManager.default.contentsOfDirectory(atPath: "\(maildir)/\(mailbox)/\($0)")) ?? [] }.sorted()
      }
      await sync()
      #expect(near("INBOX").count == 20)
      #expect(FileManager.default.fileExists(atPath: maildir + "/Sent"))
      // One is read, one deleted, one written here; one more folder.
      let files = near("INBOX")
      for (index, flags) in [(0, "S"), (1, "ST")] {
        let name = files[index]
        for place in ["cur", "new"] where FileManager.default.fileExists(atPath: "\(maildir)/INBOX/\(place)/\(name)") {
          let base = name.split(separator: ":").first.map(String.init) ?? name
          try FileManager.default.moveItem(atPath: "\(maildir)/INBOX/\(place)/\(name)", toPath: "\(maildir)/INBOX/cur/\(base):2,\(flags)")
        }
      }
      for part in ["cur", "new", "tmp"] {
        try FileManager.default.createDirectory(atPath: "\(maildir)/Stones/\(part)", withIntermediateDirectories: true)
      }
      try "From: bob@home.test\nSubject: a draft of mine\n\nhello\n".write(toFile: maildir + "/Stones/new/1.mine", atomically: true, encoding: .utf8)
      await sync()
      await sync()
      let seen = await python.run([script, "look", try house.port("IMAP"), house.authority, "bob", "jade"])
      #expect(seen.text == "INBOX 19 seen 1\nStones 1 a draft of mine\n", "\(seen.text)\(seen.errorText)")
      #expect(near("INBOX").count == 19 && near("Stones").count == 1)
    }
  }

  @Test("fetchmail takes mail away, by POP3 and by IMAP", .timeLimit(.minutes(3)), arguments: ["POP3", "IMAP"])
  func fetchmail(protocolName: String) async throws {
    guard let fetchmail = ProgramRunner("fetchmail"), let python = ProgramRunner("python3") else { return }
    try await Self.withHouse { house in
      _ = await python.run([scriptPath("mail_python.py"), "fill", try house.port("submission"), house.authority, "5"], timeout: .seconds(60))
      let box = house.folder + "/box"
      let configuration = try house.write(
        """
        poll localhost protocol \(protocolName) service \(try house.port(protocolName))
          user "bob" password "jade" sslproto "TLS1.2+" sslcertck sslcertfile "\(house.authority)"
          mda "cat >> \(box)" fetchall

        """, "fetchmailrc", mode: 0o600)
      let outcome = await fetchmail.run(
        ["-f", configuration, "--pidfile", house.folder + "/pid", "--nosyslog", "-v"], environment: house.environment, timeout: .seconds(60))
      let text = (try? String(contentsOfFile: box, encoding: .utf8)) ?? ""
      #expect(text.split(separator: "\n").count { $0.hasPrefix("Subject: number ") } == 5, "\(outcome.status) \(outcome.text)\(outcome.errorText)")
      let rest = await python.run([scriptPath("mail_python.py"), "count", try house.port("IMAP"), house.authority, "bob", "jade"])
      #expect(rest.text == "0\n", "\(rest.text)\(rest.errorText)")
    }
  }

  @Test("neomutt sends a letter with an attachment and reads it at the other end", .timeLimit(.minutes(3)))
  func neomutt() async throws {
    guard let neomutt = ProgramRunner("neomutt"), let python = ProgramRunner("python3") else { return }
    try await Self.withHouse { house in
      let attachment = try house.write("some stones\n", "stones.txt")
      let common = """
        set ssl_force_tls=yes
        set certificate_file=\(house.authority)
        set ssl_verify_host=no
        set ssl_usesystemcerts=no
        set from=ada@home.test
        set realname=Ada
        set hostname=pc.test
        set copy=no
        set record=
        """
      let sending = try house.write(common + "\nset smtp_url=smtps://ada@localhost:\(try house.port("submissions"))/\nset smtp_pass=ruby\n", "muttrc-ada")
      let sent = await neomutt.run(
        ["-n", "-F", sending, "-s", "Grüße aus Granat", "-a", attachment, "--", "bob@home.test"], input: Array("Look at these.\n".utf8),
        environment: house.environment, timeout: .seconds(60))
      #expect(sent.status == 0, "\(sent.text)\(sent.errorText)")
      let seen = await python.run([scriptPath("mail_python.py"), "parts", try house.port("IMAP"), house.authority, "bob", "jade"])
      #expect(seen.text.contains("Grüße aus Granat") && seen.text.contains("stones.txt") && seen.text.contains("Look at these."), "\(seen.text)\(seen.errorText)")
    }
  }

  @Test("Postfix takes our mail, and we take Postfix's", .enabled(if: getuid() == 0, "Postfix's master runs as root only"), .timeLimit(.minutes(3)))
  func postfix() async throws {
    guard ProgramRunner("postfix") != nil, let bash = ProgramRunner("bash"), let sendmail = ProgramRunner("/usr/sbin/sendmail"),
      let swaks = ProgramRunner("swaks"), let python = ProgramRunner("python3")
    else { return }
    // A port that was free a moment ago.
    let port = freePort()
    try await Self.withHouse(more: "mail: {smart-host: \"127.0.0.1:\(port)\"}") { house in
      let folder = house.folder + "/postfix"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      // Postfix's own processes go through the folder above.
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: house.folder)
      let script = scriptPath("postfix_peer.sh")
      let started = await bash.run([script, "start", folder, "\(port)", try house.port("SMTP")])
      #expect(started.status == 0, "\(started.text)\(started.errorText)")
      let sent = await swaks.run([
        "--server", "127.0.0.1", "--port", try house.port("submission"), "--tls", "-a", "PLAIN", "-au", "ada", "-ap", "ruby", "-f", "ada@home.test", "-t",
        "eve@elsewhere.test", "--header", "Subject: to Postfix",
      ])
      #expect(sent.status == 0, "\(sent.text)")
      _ = await sendmail.run(
        ["-C", folder + "/etc", "-f", "eve@elsewhere.test", "bob@home.test"], input: Array("From: eve@elsewhere.test\nSubject: from Postfix\n\n.\n..\nhi\n".utf8))
      var (box, inbox) = ("", "")
      for _ in 0..<60 where !box.contains("to Postfix") || inbox != "1\n" {
        try await Task.sleep(for: .milliseconds(500))
        box = (try? String(contentsOfFile: folder + "/box/mbox", encoding: .utf8)) ?? ""
        inbox = await python.run([scriptPath("mail_python.py"), "count", try house.port("IMAP"), house.authority, "bob", "jade"]).text
      }
      let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
      #expect(box.contains("to Postfix") && box.contains("DKIM-Signature: ") && !box.contains("Bcc"), "\(box)\n\(log)")
      #expect(inbox == "1\n", "\(log)")
      #expect(log.contains("Trusted TLS connection") || log.contains("TLS connection established") || !log.contains("Cannot start TLS"), "\(log)")
      _ = await bash.run([script, "stop", folder])
    }
  }

  @Test("Dovecot reads our mailboxes as a client", .enabled(if: getuid() == 0, "Dovecot's own users need root"), .timeLimit(.minutes(3)))
  func dovecotReads() async throws {
    guard ProgramRunner("doveadm") != nil, let bash = ProgramRunner("bash"), let python = ProgramRunner("python3") else { return }
    try await Self.withHouse { house in
      // Dovecot's own users go through the folder.
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: house.folder)
      _ = await python.run([scriptPath("mail_python.py"), "fill", try house.port("submission"), house.authority, "7"], timeout: .seconds(60))
      let fetched = await bash.run([scriptPath("dovecot_peer.sh"), "fetch", house.folder + "/dovecot", try house.port("IMAP"), "bob", "jade"], timeout: .seconds(60))
      let log = (try? String(contentsOfFile: house.folder + "/dovecot/log", encoding: .utf8)) ?? ""
      #expect(fetched.text == "Archive\nDrafts\nINBOX\nJunk\nSent\nTrash\n7\n", "\(fetched.text)\(fetched.errorText)\(log)")
    }
  }
}

@Suite("our mail client with other servers", .serialized)
struct MailToolPeerTests {
  @Test("Dovecot's mailbox by IMAP and by POP3", .enabled(if: getuid() == 0, "Dovecot's own users need root"), .timeLimit(.minutes(3)))
  func dovecotServes() async throws {
    guard ProgramRunner("dovecot") != nil, let bash = ProgramRunner("bash"), let python = ProgramRunner("python3") else { return }
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
      let (imap, pop3) = (freePort(), freePort())
      let (script, place) = (scriptPath("dovecot_peer.sh"), folder + "/dovecot")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let started = await bash.run([script, "start", place, "\(imap)", "\(pop3)"])
      #expect(started.status == 0, "\(started.text)\(started.errorText)")
      let put = await python.run([scriptPath("mail_python.py"), "put", "\(imap)", "carol", "pearl"])
      #expect(put.text.contains("OK"), "\(put.text)\(put.errorText)")
      for url in ["imap://carol:pearl@127.0.0.1:\(imap)", "pop3://carol:pearl@127.0.0.1:\(pop3)"] {
        let list = await netstead.run(["mail", "list", url, "--no-tls", "--json"], environment: environment)
        #expect(list.status == 0 && list.text.contains("\"number\":1"), "\(url): \(list.text)\(list.errorText)")
        let read = await netstead.run(["mail", "read", url, "1", "--no-tls", "--explain"], environment: environment)
        #expect(read.status == 0 && read.text == "Subject: put here\r\n\r\n.one\r\n..two\r\n", "\(url): \(read.text)\(read.errorText)")
        #expect(read.errorText.contains("RFC ") && !read.errorText.contains("pearl"), "\(read.errorText)")
        let wrong = await netstead.run(["mail", "list", url.replacing("pearl", with: "stone"), "--no-tls"], environment: environment)
        #expect(wrong.status == 6, "\(wrong.status) \(wrong.errorText)")
      }
      _ = await bash.run([script, "stop", place])
    }
  }
}

/// A script of the tests'.
func scriptPath(_ name: String) -> String {
  repositoryRoot + "/Tests/PeerTests/Scripts/" + name
}
