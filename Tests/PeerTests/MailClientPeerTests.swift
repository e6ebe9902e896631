// Our IMAP and POP3 servers and the clients of other people: Python's imaplib and poplib (python3, no package).
import Accounts
import Bytes
import Foundation
import MailServer
import Storage
import TestKit
import Testing
import Transport
import World

@Suite("mailboxes and the programs of other people", .serialized)
struct MailClientPeerTests {
  private static func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts/\(name)").path
  }

  /// Calls `body` with the ports of a server on disk whose one account is alice's.
  private func withServer(_ body: (_ imap: UInt16, _ pop3: UInt16) async throws -> Void) async throws {
    try await withRuntimeFolder { _, folder in
      let network = SocketNetwork(loops: 2)
      let store = try await MailStore.open(
        records: SQLiteRecords(path: folder + "/records.sqlite"), blobs: FileBlobs(directory: folder + "/blobs"), clock: network.clock)
      _ = try await store.makeAccount("alice")
      var random = SeededRandom(seed: 1)
      let hash = try #require(PasswordHash("ruby", costLog: 1, using: &random))
      let gate = LoginGate(PasswordBook(["alice": hash], random: &random), clock: network.clock)
      let here = Endpoint(.loopback, 0)
      let imap = try await IMAPService.start(network: network, endpoint: here, store: store, gate: gate, hostName: "mail.test")
      let pop3 = try await POP3Service.start(network: network, endpoint: here, store: store, gate: gate, hostName: "mail.test")
      try await body(imap.endpoint.port, pop3.endpoint.port)
      await imap.close(grace: .zero)
      await pop3.close(grace: .zero)
      await network.shutDown()
    }
  }

  @Test("imaplib and poplib")
  func python() async throws {
    guard let python = ProgramRunner("python3") else { return }
    try await withServer { imap, pop3 in
      let outcome = await python.run([Self.script("mail_clients.py"), "\(imap)", "\(pop3)"], timeout: .seconds(60))
      #expect(outcome.status == 0 && outcome.text.hasSuffix("everything held\n"), "\(outcome.text.suffix(300))\(outcome.errorText)")
    }
  }
}
