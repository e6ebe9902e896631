// A mail server on loopback for tests, and a client that says lines and waits for answers.
// Not here: the tests.
import Accounts
import Bytes
import Storage
import TestKit
import Trace
import Transport
import World

@testable import MailServer

/// A store with two accounts behind an IMAP and a POP3 listener.
struct AccessHouse {
  var network: SocketNetwork
  var store: MailStore
  var imap: any Listener
  var pop3: any Listener

  static let passwords = ["alice": "ruby", "bob": "jade"]

  static func with(
    _ filling: Filling = .memory, limits: MailboxLimits = MailboxLimits(), access: AccessLimits = AccessLimits(), recorder: (any Recorder)? = nil,
    before wrap: (any BlobStore) -> any BlobStore = { $0 }, _ body: (AccessHouse) async throws -> Void
  ) async throws {
    try await filling.with { records, blobs in
      let blobs = wrap(blobs)
      let network = SocketNetwork(loops: 1)
      let store = try await MailStore.open(records: records, blobs: blobs, clock: network.clock, limits: limits)
      for name in passwords.keys.sorted() { _ = try await store.makeAccount(name) }
      var random = SeededRandom(seed: 1)
      // As cheap as hashes get: the tests are not about them.
      let hashes = passwords.compactMapValues { PasswordHash($0, costLog: 1, using: &random) }
      let gate = LoginGate(PasswordBook(hashes, random: &random), clock: network.clock, limits: access)
      let here = Endpoint(.loopback, 0)
      let imap = try await IMAPService.start(
        network: network, endpoint: here, store: store, gate: gate, hostName: "mail.test",
        trace: recorder.map { TraceContext(recorder: $0, host: "mail.test", role: .server) })
      let pop3 = try await POP3Service.start(network: network, endpoint: here, store: store, gate: gate, hostName: "mail.test")
      var failure: (any Error)?
      do { try await body(AccessHouse(network: network, store: store, imap: imap, pop3: pop3)) } catch { failure = error }
      await imap.close(grace: .zero)
      await pop3.close(grace: .zero)
      await network.shutDown()
      await store.settled()
      if let failure { throw failure }
    }
  }

  /// A client that has heard the greeting.
  func client(_ listener: any Listener) async throws -> LineClient {
    let end = ScriptedEnd()
    try await network.dial(listener.endpoint, options: DialOptions()) { end }
    let client = LineClient(end: end)
    _ = await client.line()
    return client
  }

  /// A client that has logged in.
  func imapClient(_ user: String = "alice", select mailbox: String? = nil) async throws -> LineClient {
    let client = try await client(imap)
    _ = await client.command("LOGIN \(user) \(Self.passwords[user] ?? "")")
    if let mailbox { _ = await client.command("SELECT \(mailbox)") }
    return client
  }
}

/// Says lines, hears lines.
final class LineClient: Sendable {
  private let end: ScriptedEnd

  init(end: ScriptedEnd) { self.end = end }

  func say(_ text: String) { end.say(Buffer(text)) }
  func close() { end.close(.now) }
  func setReading(_ isOn: Bool) { end.setReading(isOn) }

  /// The next line, without its end; what came of it when it does not come in time.
  func line() async -> String {
    let heard = await end.hear { bytes in bytes.firstIndex(of: 0x0A).map { $0 + 1 } }
    return heard.isAwaited ? String(heard.bytes.text.dropLast()) : heard.bytes.text + " (and nothing more)"
  }

  /// So many bytes.
  func bytes(_ count: Int) async -> String { await end.hear(count, within: .seconds(60)).bytes.text }

  /// Says a command of IMAP; returns everything up to the tagged answer, literals and all.
  func command(_ text: String) async -> String {
    say("t \(text)\r\n")
    return await answer()
  }

  func answer() async -> String {
    let heard = await end.hear { bytes in
      // The tagged line begins the text or follows a line's end; literals in tests hold no such thing.
      let text = bytes.array
      var start = 0
      while start < text.count {
        guard let end = text[start...].firstIndex(of: 0x0A) else { return nil }
        if text[start...].starts(with: "t ".utf8) { return end + 1 }
        start = end + 1
      }
      return nil
    }
    return heard.bytes.text.split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "\n")
  }

  /// Says a command of POP3 whose answer has many lines; returns them.
  func listing(_ text: String) async -> String {
    say("\(text)\r\n")
    let first = await line()
    guard first.hasPrefix("+OK") else { return first }
    var lines = [first]
    while let last = lines.last, last != "." { lines.append(await line().filter { $0 != "\r" }) }
    return lines.map { $0.filter { $0 != "\r" && $0 != "\r\n" } }.joined(separator: "\n")
  }

  /// Says a command whose answer is one line; returns it.
  func ask(_ text: String) async -> String {
    say("\(text)\r\n")
    return String(await line().filter { $0 != "\r" })
  }

  func hearClose() async -> Bool { await end.hearClose() }
}
