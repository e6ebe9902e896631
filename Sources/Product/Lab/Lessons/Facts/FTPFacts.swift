// Sessions of FTP as facts: commands, replies, and the data connections beside them.
// Read before: ReplyLines.swift. Not here: connections as such (SocketFacts.swift).
import Bytes
import FTP
import Trace
import World

/// Reads sessions of FTP as facts.
struct FTPFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  /// Most of a content kept as text. Unit: bytes.
  private static var textBytesMax: Int { 65_536 }

  func facts() -> LessonFact {
    var commands: [TraceFacts.Draft] = []
    var replies: [TraceFacts.Draft] = []
    for (index, dialogue) in trace.dialogues.enumerated() where dialogue.exchange.best.info.dialect == .ftp {
      let passed = dialogue.passages().prefix(TraceFacts.messagesMax).map { TraceFacts.Passed(passage: $0, dialogue: dialogue, connection: index) }
      let session = session(passed)
      commands += session.commands
      replies += session.replies
    }
    return LessonFact(.ftp, [
      "command": TraceFacts.inOrder(commands), "reply": TraceFacts.inOrder(replies), "transfer": .list(transfers(commands).map { .fact($0) }),
    ])
  }

  private func session(_ all: [TraceFacts.Passed]) -> (commands: [TraceFacts.Draft], replies: [TraceFacts.Draft]) {
    var commands: [TraceFacts.Draft] = []
    var replies: [TraceFacts.Draft] = []
    var unanswered: [Int] = []
    var reader = ReplyLines()
    for passed in all {
      if passed.passage.direction == .toServer {
        var rest = passed.passage.event.bytes
        while !rest.isEmpty {
          unanswered.append(commands.count)
          commands.append(TraceFacts.Draft(passed, command(rest.takeLine().text, passed)))
        }
        continue
      }
      for (code, lines) in reader.take(passed.passage.event.bytes) {
        var fact = reply(code, lines, passed)
        if let place = unanswered.first {
          // RFC 959 §4.2: after a preliminary reply another one follows.
          if code >= 200 { unanswered.removeFirst() }
          commands[place].fact.members["code"] = .number(Double(code))
          commands[place].fact.members["reply"] = .text(lines.joined(separator: "\n"))
          fact.members["command"] = .fact(commands[place].fact)
        }
        replies.append(TraceFacts.Draft(passed, fact))
      }
    }
    return (commands, replies)
  }

  private func command(_ line: String, _ passed: TraceFacts.Passed) -> LessonFact {
    let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    var members = trace.members(of: passed)
    members["verb"] = .text(words.first?.uppercased() ?? "")
    members["argument"] = .text(words.count > 1 ? String(words[1]) : "")
    return LessonFact(.ftpCommand, members, message: passed.passage.event.sequence)
  }

  private func reply(_ code: Int, _ lines: [String], _ passed: TraceFacts.Passed) -> LessonFact {
    var members = trace.members(of: passed)
    members["code"] = .number(Double(code))
    members["text"] = .text(lines.last ?? "")
    members["lines"] = .list(lines.map { .text($0) })
    if code == 227, let place = try? HostPort.passive(Buffer(lines.last ?? "")) {
      members["address"] = .text("\(place.address)")
      members["port"] = .number(Double(place.port))
    }
    if code == 229, let port = try? HostPort.extendedPassive(Buffer(lines.last ?? "")) { members["port"] = .number(Double(port)) }
    return LessonFact(.ftpReply, members, message: passed.passage.event.sequence)
  }

  // MARK: Data connections

  private static let transferVerbs: Set<String> = ["RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"]

  /// Each data connection with the command it was for: the newest such command that its two hosts had between them when it ended.
  private func transfers(_ commands: [TraceFacts.Draft]) -> [LessonFact] {
    trace.dialogues.enumerated().filter { $1.exchange.best.info.dialect == .ftpData }.map { index, dialogue in
      let exchange = dialogue.exchange
      let passages = dialogue.passages()
      let (opener, listener) = (trace.client(exchange), trace.server(exchange))
      var members: [String: LessonValue] = [
        "opener": .text(opener), "listener": .text(listener), "port": .number(Double(exchange.serverEndpoint.port)), "opened": trace.moment(exchange.opened),
        "bytes": .number(Double(passages.reduce(0) { $0 + $1.event.length })), "connection": .number(Double(index)),
      ]
      if let first = passages.first { members["from"] = .text(first.direction == .toServer ? opener : listener) }
      var content = Buffer()
      for passage in passages where content.count < Self.textBytesMax { content.append(passage.event.bytes) }
      if let text = content[0..<min(content.count, Self.textBytesMax)].printableText { members["content"] = .text(text) }
      if exchange.records.contains(where: { $0.closed != nil }) { members["closed"] = trace.moment(exchange.last) }
      if let closer = closer(of: dialogue, opener, listener) { members["closer"] = .text(closer) }
      let last = trace.moment(exchange.last)
      let own = commands.last { draft in
        guard case .text(let verb)? = draft.fact.members["verb"], Self.transferVerbs.contains(verb), case .duration(let time)? = draft.fact.members["time"],
          case .duration(let end) = last, case .text(let client)? = draft.fact.members["from"], case .text(let server)? = draft.fact.members["to"]
        else { return false }
        return time <= end && Set([client, server]) == Set([opener, listener])
      }
      if let own { members["command"] = .fact(own.fact) }
      return LessonFact(.ftpTransfer, members, message: passages.first?.event.sequence)
    }
  }

  /// Who ended a connection first, by what each end wrote down.
  private func closer(of dialogue: Dialogue, _ opener: String, _ listener: String) -> String? {
    func ending(_ events: [Event]) -> Ending? { events.last { $0.kind == .closed }.flatMap { Ending(rawValue: $0.text) } }
    if let own = ending(dialogue.server) { return own.isByPeer ? opener : listener }
    return ending(dialogue.client).map { $0.isByPeer ? listener : opener }
  }
}
