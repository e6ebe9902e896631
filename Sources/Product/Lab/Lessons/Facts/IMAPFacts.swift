// Commands and responses of IMAP as facts, and the letters that were fetched whole. Lines are read leniently, word by word: what a strict reader
// would refuse makes facts too.
import Bytes
import Trace
import World

/// Reads IMAP as facts.
struct IMAPFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  /// What was read.
  struct Found {
    var commands: [TraceFacts.Draft] = []
    var responses: [TraceFacts.Draft] = []
    var letters: [FetchedLetter] = []
  }

  func facts() -> Found {
    var found = Found()
    for (index, dialogue) in trace.dialogues.enumerated() where dialogue.exchange.best.info.dialect == .imap {
      let (client, server) = SpokenLines.both(of: dialogue, index)
      let commands = commands(client)
      found.commands += commands
      read(server, commands.map(\.fact), into: &found)
    }
    return found
  }

  // MARK: The client

  private func commands(_ lines: SpokenLines) -> [TraceFacts.Draft] {
    var lines = lines
    var commands: [TraceFacts.Draft] = []
    while var line = lines.next() {
      while let size = Self.literal(atEndOf: line.text) {
        _ = lines.take(size)
        guard let rest = lines.next() else { break }
        line.text += rest.text
        line.length += size + rest.length
      }
      commands.append(TraceFacts.Draft(line.passed, command(line)))
    }
    return commands
  }

  private func command(_ line: SpokenLines.Line) -> LessonFact {
    var members = trace.members(of: line.passed)
    members["bytes"] = .number(Double(line.length))
    members["line"] = .text(line.text)
    var words = line.text.split(separator: " ", omittingEmptySubsequences: false)[...]
    // RFC 2177 §3: DONE is the one line that has no tag; a line of one word else answers a challenge.
    if words.count == 1 {
      if line.text.uppercased() == "DONE" { members["keyword"] = .text("DONE") }
    } else {
      members["tag"] = .text(String(words.removeFirst()))
      var keyword = words.removeFirst().uppercased()
      if keyword == "UID", let next = words.first {
        keyword += " \(next.uppercased())"
        words.removeFirst()
      }
      members["keyword"] = .text(keyword)
      if !words.isEmpty { members["argument"] = .text(words.joined(separator: " ")) }
    }
    return LessonFact(.imapCommand, members, message: line.passed.passage.event.sequence)
  }

  /// `{12}` or `{12+}` at the end of a line: so many bytes follow.
  // RFC 3501 §4.3, RFC 7888 §3
  private static func literal(atEndOf line: String) -> Int? {
    guard line.hasSuffix("}"), let open = line.lastIndex(of: "{") else { return nil }
    let digits = line[line.index(after: open)...].dropLast()
    return Int(digits.hasSuffix("+") ? digits.dropLast() : digits).flatMap { $0 >= 0 ? $0 : nil }
  }

  // MARK: The server

  private func read(_ lines: SpokenLines, _ commands: [LessonFact], into found: inout Found) {
    var lines = lines
    var mailbox = ""
    // What each command with a tag ends, in the order in which the client gave them.
    let tagged = commands.filter { $0.members["tag"] != nil }
    var under = 0
    while var line = lines.next() {
      while let size = Self.literal(atEndOf: line.text) {
        let content = lines.take(size)
        if Self.isWholeMessage(line.text) {
          let number = line.text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
          found.letters.append(FetchedLetter(content: content, passed: line.passed, number: number, mailbox: mailbox, way: "imap"))
        }
        guard let rest = lines.next() else { break }
        line.text += rest.text
        line.length += size + rest.length
      }
      let response = response(line, tagged.indices.contains(under) ? tagged[under] : tagged.last)
      if response.members["tag"] != nil {
        if response.members["keyword"] == .text("OK"), case .fact(let command)? = response.members["command"] { Self.follow(command, &mailbox) }
        under += 1
      }
      found.responses.append(TraceFacts.Draft(line.passed, response))
    }
  }

  /// Which mailbox is open after a command that was done.
  private static func follow(_ command: LessonFact, _ mailbox: inout String) {
    guard case .text(let keyword)? = command.members["keyword"] else { return }
    switch keyword {
    case "SELECT", "EXAMINE": if case .text(let name)? = command.members["argument"] { mailbox = name.filter { $0 != "\"" } }
    case "CLOSE", "UNSELECT": mailbox = ""
    default: break
    }
  }

  private static func isWholeMessage(_ line: String) -> Bool {
    guard let open = line.lastIndex(of: "{") else { return false }
    let before = line[..<open].uppercased()
    return before.hasSuffix("BODY[] ") || before.hasSuffix("RFC822 ")
  }

  private func response(_ line: SpokenLines.Line, _ command: LessonFact?) -> LessonFact {
    var members = trace.members(of: line.passed)
    members["bytes"] = .number(Double(line.length))
    members["line"] = .text(line.text)
    if let command { members["command"] = .fact(command) }
    var words = line.text.split(separator: " ", omittingEmptySubsequences: false)[...]
    if let tag = words.popFirst(), tag != "*", tag != "+" { members["tag"] = .text(String(tag)) }
    if let number = words.first.flatMap({ Int($0) }) {
      members["number"] = .number(Double(number))
      words.removeFirst()
    }
    members["keyword"] = .text(line.text.hasPrefix("+") ? "+" : (words.popFirst() ?? "").uppercased())
    let text = words.joined(separator: " ")
    members["text"] = .text(text)
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") { members["code"] = .text(String(text[text.index(after: text.startIndex)..<end])) }
    members["flags"] = .list(Self.flags(in: line.text).map { .text($0) })
    if let uid = Self.word(after: "UID", in: text).flatMap({ Int($0) }) { members["uid"] = .number(Double(uid)) }
    return LessonFact(.imapResponse, members, message: line.passed.passage.event.sequence)
  }

  /// What stands in the brackets behind the word FLAGS, without the signs in front.
  private static func flags(in line: String) -> [String] {
    guard let start = line.firstRange(of: "FLAGS ("), let end = line[start.upperBound...].firstIndex(of: ")") else { return [] }
    return line[start.upperBound..<end].split(separator: " ").map { $0.hasPrefix("\\") ? String($0.dropFirst()) : String($0) }
  }

  private static func word(after name: String, in text: String) -> Substring? {
    let words = text.split { $0 == " " || $0 == "(" || $0 == ")" }
    return words.firstIndex { $0.uppercased() == name }.flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
  }
}
