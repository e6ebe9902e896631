// Every message that came to rest at a mail host of the world, with its envelope and the verdicts written into it: what tests look at.
// A letter stays here although its reader has deleted it. Not here: telling of it over HTTP (MessageRequests.swift).
import Bytes
import Mail
import MailServer
import Synchronization
import Trace
import World

/// The letters of one world, newest last.
package final class LetterJournal: Sendable {
  /// How much is kept.
  package struct Limits: Sendable, Hashable {
    /// Most letters. Unit: letters. Past it: the oldest is forgotten.
    package var lettersMax = 2_000
    /// Most of all letters together. Unit: bytes. Past it: the oldest are forgotten.
    package var bytesMax = 128 << 20
    /// Most of a letter's text that is told beside it. Unit: bytes. Past it: the beginning.
    package var textBytesMax = 65_536

    package init() {}
  }

  /// One letter.
  struct Letter: Sendable {
    var id: Int
    /// The host it came to.
    var host: String
    var arrived: Instant
    /// The envelope's sender; empty: nobody is to be told what becomes of it.
    var sender: String
    /// The envelope's recipients there.
    var recipients: [String]
    /// The accounts that got it.
    var accounts: [String]
    var bytes: Buffer
    var subject: String
    var messageID: String
    /// What the host found out about its origin, by method: `spf`, `dkim`.
    var verdicts: [(method: String, result: String)]
    var text: String
  }

  let bell = Bell()
  private let limits: Limits
  private let state = Mutex(State())

  private struct State {
    var letters: [Letter] = []
    var bytes = 0
    var lastID = 0
  }

  package init(limits: Limits = Limits()) { self.limits = limits }

  /// Keeps a message that came to `host`.
  func add(_ message: ArrivedMessage, at host: String) {
    guard let bytes = message.content.bytes(0..<message.content.size) else { return }
    let head = MessageHead(reading: bytes)
    let letter = Letter(
      id: 0, host: host, arrived: message.time, sender: message.sender.address?.description ?? "",
      recipients: message.recipients.map(\.description), accounts: message.accounts, bytes: bytes, subject: head.text("subject") ?? "",
      messageID: head.value("message-id")?.text ?? "", verdicts: Self.verdicts(in: head), text: Self.text(of: bytes, bytesMax: limits.textBytesMax))
    state.withLock { state in
      state.lastID += 1
      state.letters.append(letter)
      state.letters[state.letters.count - 1].id = state.lastID
      state.bytes += bytes.count
      while state.letters.count > limits.lettersMax || state.bytes > limits.bytesMax, state.letters.count > 1 {
        state.bytes -= state.letters.removeFirst().bytes.count
      }
    }
    bell.ring()
  }

  var all: [Letter] { state.withLock { $0.letters } }

  func letter(_ id: Int) -> Letter? { state.withLock { $0.letters.first { $0.id == id } } }

  /// Forgets every letter. Numbers go on.
  func clear() {
    state.withLock { state in
      state.letters = []
      state.bytes = 0
    }
  }

  /// What the uppermost Authentication-Results field says. Of several signatures one that passes counts.
  // RFC 8601 §2.2 resinfo
  static func verdicts(in head: MessageHead) -> [(method: String, result: String)] {
    guard let field = head.first("authentication-results") else { return [] }
    var parts: [String] = [""]
    var isQuoted = false
    for character in head.value(of: field).text {
      if character == "\"" { isQuoted.toggle() }
      if character == ";", !isQuoted { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    var verdicts: [(method: String, result: String)] = []
    for part in parts.dropFirst() {
      let word = part.split(whereSeparator: { $0.isWhitespace }).first?.split(separator: "=") ?? []
      guard word.count == 2 else { continue }
      let (method, result) = (String(word[0]).lowercased(), String(word[1]).lowercased())
      if let index = verdicts.firstIndex(where: { $0.method == method }) {
        if result == "pass" { verdicts[index].result = result }
      } else {
        verdicts.append((method, result))
      }
    }
    return verdicts
  }

  /// The first part of plain text, decoded; else the first text of any kind.
  private static func text(of letter: Buffer, bytesMax: Int) -> String {
    let texts = MessageStructure(reading: letter).parts.filter { $0.kind == .leaf && $0.content.type == "text" }
    guard let part = texts.first(where: { $0.content.subtype == "plain" }) ?? texts.first else { return "" }
    let content = letter[part.body]
    let decoded = TransferEncoding(part.content.encoding).map { TransferDecoder.decoded(content, $0) } ?? content
    let shown = decoded[0..<min(decoded.count, bytesMax)]
    return part.content.charset.map { Charset.text(of: shown, named: $0) } ?? shown.text
  }
}
