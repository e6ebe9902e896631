// A mail server that is killed again and again while messages come in, are moved and removed: what was acknowledged is there afterwards, and no
// identifier ever means two messages.
import Bytes
import Foundation
import Glibc
import Synchronization
import TestKit
import Testing
import Transport
import World

@Suite("a mail server that is killed", .serialized)
struct MailKillPeerTests {
  /// How often it is killed.
  private static let rounds = 200
  private static let clients = 4

  /// What clients were told, for ever.
  private final class Ledger: Sendable {
    struct State {
      /// What an identifier means, by mailbox, validity and identifier.
      var meanings: [String: String] = [:]
      /// Acknowledged messages, and where: a message that is being moved is in one of two mailboxes.
      var kept: [String: Set<String>] = [:]
      var contradictions: [String] = []
      var nextMessage = 0
    }

    let state = Mutex(State())

    func takeNumber() -> Int {
      state.withLock { state in
        state.nextMessage += 1
        return state.nextMessage
      }
    }

    /// `identifier` is said to be `message`.
    func note(_ identifier: String, _ message: String) {
      state.withLock { state in
        if let known = state.meanings.updateValue(message, forKey: identifier), known != message {
          state.contradictions.append("\(identifier) is \(known) and \(message)")
        }
      }
    }
  }

  /// The server, until it is killed.
  private struct Server {
    private let process = Process()

    init(_ folder: String, port: UInt16) throws {
      process.executableURL = URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent("netstead-bench-mail")
      process.arguments = [folder + "/mail", "\(port)", "\(port + 1)"]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    /// False: it had ended by itself.
    func kill() -> Bool {
      let wasRunning = process.isRunning
      Glibc.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      return wasRunning
    }
  }

  /// A connection that says commands and hears answers; everything ends when the server does.
  private struct Client {
    private let end = ScriptedEnd()

    init?(_ network: SocketNetwork, port: UInt16) async {
      let end = end
      for _ in 0..<100 {
        if (try? await network.dial(Endpoint(.loopback, port), options: DialOptions()) { end }) != nil { return }
        try? await Task.sleep(for: .milliseconds(5))
      }
      return nil
    }

    /// The answer up to the tagged line; nil: the connection ended before that.
    func say(_ command: String) async -> String? {
      end.say(Buffer("t \(command)\r\n"))
      let heard = await end.hear(within: .seconds(60)) { bytes in
        // The tagged line is the last one, and short.
        let lines = bytes[(bytes.count - 200)..<bytes.count].text.split(separator: "\r\n", omittingEmptySubsequences: false)
        return lines.last == "" && lines.dropLast().last?.hasPrefix("t ") == true ? bytes.count : nil
      }
      return heard.isAwaited ? heard.bytes.text : nil
    }

    func logIn() async -> Bool { await say("LOGIN alice secret")?.contains("t OK") == true }
    func close() { end.close(.now) }
  }

  /// The numbers behind `code` in a response code; nil: there is none.
  private static func numbers(_ code: String, in answer: String) -> [Int]? {
    guard let start = answer.range(of: "[\(code) ") else { return nil }
    let words = answer[start.upperBound...].prefix { $0 != "]" }.split(separator: " ")
    let numbers = words.compactMap { Int($0) }
    return numbers.count == words.count ? numbers : nil
  }

  /// Adds messages, and moves and removes some, until the server is gone.
  private static func live(_ network: SocketNetwork, port: UInt16, client number: Int, _ ledger: Ledger) async {
    guard let client = await Client(network, port: port) else { return }
    defer { client.close() }
    guard await client.logIn(), await client.say("SELECT INBOX") != nil else { return }
    while true {
      let message = "m\(ledger.takeNumber())"
      // Every fourth one is large enough to be a file of its own.
      let body = String(repeating: "x", count: ledger.state.withLock { $0.nextMessage } % 4 == 0 ? 40_000 : 100)
      let content = "Message-ID: <\(message)>\r\n\r\n\(body)\r\n"
      guard let answer = await client.say("APPEND INBOX {\(content.utf8.count)+}\r\n\(content)"), let place = numbers("APPENDUID", in: answer) else { return }
      ledger.note("INBOX \(place[0]) \(place[1])", message)
      ledger.state.withLock { $0.kept[message] = ["INBOX"] }
      if number == 0 {
        ledger.state.withLock { $0.kept[message] = ["INBOX", "Archive"] }
        guard let moved = await client.say("UID MOVE \(place[1]) Archive"), let target = numbers("COPYUID", in: moved) else { return }
        ledger.note("Archive \(target[0]) \(target[2])", message)
        ledger.state.withLock { $0.kept[message] = ["Archive"] }
      } else if number == 1 {
        ledger.state.withLock { $0.kept[message] = nil }
        guard await client.say("UID STORE \(place[1]) +FLAGS.SILENT (\\Deleted)") != nil, await client.say("UID EXPUNGE \(place[1])") != nil else { return }
      }
    }
  }

  /// Reads everything and holds it against what was told.
  private static func look(_ network: SocketNetwork, port: UInt16, _ ledger: Ledger) async throws {
    let client = try #require(await Client(network, port: port))
    defer { client.close() }
    try #require(await client.logIn())
    var found: [String: Set<String>] = [:]
    for mailbox in ["INBOX", "Archive"] {
      let selected = try #require(await client.say("EXAMINE \(mailbox)"))
      let validity = try #require(numbers("UIDVALIDITY", in: selected)?.first)
      guard !selected.contains("* 0 EXISTS") else { continue }
      let fetched = try #require(await client.say("FETCH 1:* (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (Message-ID)])"))
      for part in fetched.components(separatedBy: " FETCH (UID ").dropFirst() {
        let uid = part.prefix { $0.isNumber }
        let message = try #require(part.components(separatedBy: "<")[1].components(separatedBy: ">").first)
        ledger.note("\(mailbox) \(validity) \(uid)", message)
        found[message, default: []].insert(mailbox)
      }
    }
    let (kept, contradictions) = ledger.state.withLock { ($0.kept, $0.contradictions) }
    #expect(contradictions == [])
    let lost = kept.filter { found[$0.key, default: []].isDisjoint(with: $0.value) }.keys.sorted()
    #expect(lost == [], "acknowledged, and gone")
  }

  @Test("200 times: nothing acknowledged is lost, no identifier is used twice")
  func killed() async throws {
    let network = SocketNetwork(loops: 1)
    try await withRuntimeFolder { _, folder in
      let ledger = Ledger()
      var chance = SeededRandom(seed: 7)
      let port = UInt16.random(in: 20_000..<30_000, using: &chance)
      for round in 1...Self.rounds {
        let server = try Server(folder, port: port)
        async let lives: Void = withTaskGroup { group in
          for number in 0..<Self.clients { group.addTask { await Self.live(network, port: port, client: number, ledger) } }
        }
        // It dies while it is at work.
        let before = ledger.state.withLock { $0.meanings.count }
        for _ in 0..<2_000 where ledger.state.withLock({ $0.meanings.count }) == before { try await Task.sleep(for: .milliseconds(2)) }
        try await Task.sleep(for: .milliseconds(Int.random(in: 1...60, using: &chance)))
        try #require(server.kill(), "round \(round): it ended by itself")
        await lives
        if round % 20 == 0 {
          let server = try Server(folder, port: port)
          defer { _ = server.kill() }
          try await Self.look(network, port: port, ledger)
        }
      }
      let count = ledger.state.withLock { $0.meanings.count }
      #expect(count > 2 * Self.rounds, "only \(count) identifiers were seen")
    }
    await network.shutDown()
  }
}
