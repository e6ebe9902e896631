// Commands and replies of POP3 as facts, and the letters that were retrieved. Replies come in the order of the commands.
import Bytes
import Trace
import World

/// Reads POP3 as facts.
struct POP3Facts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  /// What was read.
  struct Found {
    var commands: [TraceFacts.Draft] = []
    var replies: [TraceFacts.Draft] = []
    var letters: [FetchedLetter] = []
  }

  func facts() -> Found {
    var found = Found()
    for (index, dialogue) in trace.dialogues.enumerated() where dialogue.exchange.best.info.dialect == .pop3 {
      var (client, server) = SpokenLines.both(of: dialogue, index)
      if let greeting = server.next() { found.replies.append(TraceFacts.Draft(greeting.passed, reply(greeting, to: nil))) }
      while let line = client.next() {
        let command = command(line)
        found.commands.append(TraceFacts.Draft(line.passed, command))
        // RFC 5034 §4: inside a login each challenge is answered by a line.
        var answer = server.next()
        while let challenge = answer, challenge.text.hasPrefix("+ ") || challenge.text == "+" {
          if let response = client.next() { found.commands.append(TraceFacts.Draft(response.passed, self.response(response))) }
          answer = server.next()
        }
        guard let answer else { continue }
        take(answer, to: command, &server, &found)
      }
    }
    return found
  }

  private func take(_ answer: SpokenLines.Line, to command: LessonFact, _ server: inout SpokenLines, _ found: inout Found) {
    var reply = reply(answer, to: command)
    defer { found.replies.append(TraceFacts.Draft(answer.passed, reply)) }
    guard case .text(let keyword)? = command.members["keyword"], answer.text.hasPrefix("+OK") else { return }
    let start = server.offset
    switch (keyword, command.members["argument"]) {
    case ("RETR", let argument):
      let content = server.message()
      var number = 0
      if case .text(let text)? = argument { number = Int(text) ?? 0 }
      found.letters.append(FetchedLetter(content: content, passed: answer.passed, number: number, mailbox: "INBOX", way: "pop3"))
    case ("TOP", _), ("CAPA", _), ("LIST", nil), ("UIDL", nil): reply.members["item"] = .list(server.listing().map { .text($0) })
    default: break
    }
    reply.members["bytes"] = .number(Double(answer.length + server.offset - start))
  }

  private func command(_ line: SpokenLines.Line) -> LessonFact {
    var fact = response(line)
    let words = line.text.split(separator: " ", maxSplits: 1)
    fact.members["keyword"] = .text((words.first ?? "").uppercased())
    if words.count > 1 { fact.members["argument"] = .text(String(words[1])) }
    return fact
  }

  /// A line without a keyword: an answer to a challenge.
  private func response(_ line: SpokenLines.Line) -> LessonFact {
    var members = trace.members(of: line.passed)
    members["bytes"] = .number(Double(line.length))
    members["line"] = .text(line.text)
    return LessonFact(.pop3Command, members, message: line.passed.passage.event.sequence)
  }

  private func reply(_ line: SpokenLines.Line, to command: LessonFact?) -> LessonFact {
    var members = trace.members(of: line.passed)
    members["bytes"] = .number(Double(line.length))
    members["ok"] = .truth(line.text.hasPrefix("+OK"))
    members["text"] = .text(line.text.split(separator: " ", maxSplits: 1).dropFirst().first.map(String.init) ?? "")
    members["item"] = .list([])
    if let command { members["command"] = .fact(command) }
    return LessonFact(.pop3Reply, members, message: line.passed.passage.event.sequence)
  }
}
