// Serves mailboxes on disk over IMAP and POP3: what benchmarks measure, and what a test kills again and again.
// Not here: receiving mail (netstead itself does).
import Accounts
import Bytes
import IMAP
import MailServer
import Storage
import Transport
import World

@main struct Serve {
  /// Everybody's password.
  static let password = "secret"

  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let imapPort = UInt16(arguments[2]), let pop3Port = UInt16(arguments[3]) else {
      print("usage: netstead-bench-mail FOLDER IMAP-PORT POP3-PORT [MESSAGES]\nserves alice's and bob's mailboxes; puts so many messages into a new alice's INBOX")
      return
    }
    let folder = arguments[1]
    let network = SocketNetwork(loops: 2)
    try SystemFiles().makeDirectory(folder)
    let store = try await MailStore.open(
      records: SQLiteRecords(path: folder + "/records.sqlite"), blobs: FileBlobs(directory: folder + "/blobs"), clock: network.clock)
    for name in ["alice", "bob"] where !store.hasAccount(name) {
      _ = try await store.makeAccount(name)
      if name == "alice", arguments.count > 4, let count = Int(arguments[4]) { try await fill(store, count) }
    }
    var random = SystemRandomNumberGenerator()
    guard let hash = PasswordHash(password, costLog: 4, using: &random) else { return }
    let gate = LoginGate(PasswordBook(["alice": hash, "bob": hash], random: &random), clock: network.clock)
    let imap = try await IMAPService.start(
      network: network, endpoint: Endpoint(.loopback, imapPort), store: store, gate: gate, hostName: "bench.test")
    let pop3 = try await POP3Service.start(
      network: network, endpoint: Endpoint(.loopback, pop3Port), store: store, gate: gate, hostName: "bench.test")
    print("IMAP at \(imap.endpoint), POP3 at \(pop3.endpoint)")
    try await Task.sleep(for: .seconds(86_400 * 365))
  }

  /// Puts `count` messages of some kilobytes into alice's INBOX.
  private static func fill(_ store: MailStore, _ count: Int) async throws {
    try await withThrowingTaskGroup { group in
      for worker in 0..<32 {
        group.addTask {
          for number in stride(from: worker, to: count, by: 32) {
            let draft = store.draft()
            try await draft.append(
              Buffer(
                """
                Return-Path: <sender\(number)@example.test>\r
                Received: from relay.example.test (relay.example.test [192.0.2.7])\r
                \tby bench.test with ESMTPS id \(number); Mon, 05 Jan 2026 10:00:00 +0000\r
                Date: Mon, 05 Jan 2026 10:00:00 +0000\r
                From: "Sender Number \(number)" <sender\(number)@example.test>\r
                To: Alice <alice@bench.test>, Bob <bob@bench.test>\r
                Subject: Message number \(number) about one thing and another\r
                Message-ID: <\(number).bench@example.test>\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                \r
                \(String(repeating: "All work and no play makes Jack a dull boy.\r\n", count: 60))
                """))
            _ = try await store.deliver(try await store.keep(draft), to: [Delivery(to: "alice")])
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
