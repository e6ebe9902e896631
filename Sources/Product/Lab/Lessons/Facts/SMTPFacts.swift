// Sessions of SMTP as facts: commands, replies, letters. What a line is depends on what was said before it: after 334 a client says who it is,
// after 354 comes a letter. Not here: what stands in a letter (LetterFacts.swift).
import Bytes
import Trace
import World

/// Reads sessions of SMTP as facts.
struct SMTPFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  func facts() -> LessonFact {
    var all = SMTPSession.Drafts()
    for (index, dialogue) in trace.dialogues.enumerated() where dialogue.exchange.best.info.dialect == .smtp {
      var session = SMTPSession(trace)
      for passage in dialogue.passages().prefix(TraceFacts.messagesMax) {
        session.take(TraceFacts.Passed(passage: passage, dialogue: dialogue, connection: index))
      }
      let drafts = session.finished()
      all.commands += drafts.commands
      all.replies += drafts.replies
      all.letters += drafts.letters
    }
    return LessonFact(.smtp, [
      "command": TraceFacts.inOrder(all.commands), "reply": TraceFacts.inOrder(all.replies), "letter": TraceFacts.inOrder(all.letters),
    ])
  }
}

/// One session while it is read.
private struct SMTPSession {
  /// What has been read: each with what orders it among those of other sessions.
  struct Drafts {
    var commands: [TraceFacts.Draft] = []
    var replies: [TraceFacts.Draft] = []
    var letters: [TraceFacts.Draft] = []
  }

  /// What the client says next.
  private enum Mode {
    case commands
    /// Inside an authentication.
    case responses
    /// A letter that ends with a lone dot.
    case letter(DotStuffing.Decoder)
    /// So many bytes of a letter, with which it ends or not.
    case chunk(left: Int, isLast: Bool)
  }

  private let trace: TraceFacts
  private var drafts = Drafts()
  private var mode = Mode.commands
  /// Commands that have no reply yet, by their places.
  private var unanswered: [Int] = []
  private var sender = ""
  private var recipients: [String] = []
  /// The letter that is coming, and what of it came.
  private var letter: (first: TraceFacts.Passed, content: Buffer, bytes: Int)?
  private var reader = ReplyLines()

  init(_ trace: TraceFacts) { self.trace = trace }

  func finished() -> Drafts { drafts }

  mutating func take(_ passed: TraceFacts.Passed) {
    var rest = passed.passage.event.bytes
    guard passed.passage.direction == .toServer else {
      for (code, lines) in reader.take(rest) { note(code, lines, passed) }
      return
    }
    while !rest.isEmpty {
      switch mode {
      case .commands: note(command: rest.takeLine(), passed)
      case .responses: note("response", rest.takeLine(), passed)
      case .letter(var dots):
        let before = rest.count
        var content = Buffer()
        let isEnd = dots.decode(&rest, into: &content)
        add(content, before - rest.count, passed)
        mode = .letter(dots)
        if isEnd { note(".", Buffer(), passed) }
      case .chunk(let left, let isLast):
        let piece = rest.take(min(left, rest.count)) ?? Buffer()
        add(piece, piece.count, passed)
        mode = piece.count < left ? .chunk(left: left - piece.count, isLast: isLast) : .commands
      }
    }
  }

  // MARK: The client

  private mutating func note(command line: Buffer, _ passed: TraceFacts.Passed) {
    let words = line.text.split(separator: " ", maxSplits: 1)
    let verb = words.first?.uppercased() ?? ""
    note(verb, Buffer(words.count > 1 ? String(words[1]) : ""), passed)
    // RFC 3030 §2
    let argument = words.count > 1 ? words[1].split(separator: " ") : []
    if verb == "BDAT", let size = argument.first.flatMap({ Int($0) }), size > 0 { mode = .chunk(left: size, isLast: argument.count > 1) }
  }

  private mutating func note(_ verb: String, _ argument: Buffer, _ passed: TraceFacts.Passed) {
    var members = trace.members(of: passed)
    members["verb"] = .text(verb)
    members["argument"] = .text(argument.text)
    if verb == "MAIL" || verb == "RCPT" { members["address"] = .text(Self.address(in: argument.text)) }
    unanswered.append(drafts.commands.count)
    drafts.commands.append(TraceFacts.Draft(passed, LessonFact(.smtpCommand, members, message: passed.passage.event.sequence)))
  }

  /// What stands between angle brackets.
  private static func address(in argument: String) -> String {
    guard let open = argument.firstIndex(of: "<"), let close = argument.lastIndex(of: ">"), open < close else { return argument }
    return String(argument[argument.index(after: open)..<close])
  }

  private mutating func add(_ content: Buffer, _ bytes: Int, _ passed: TraceFacts.Passed) {
    var letter = letter ?? (passed, Buffer(), 0)
    letter.content.append(content)
    letter.bytes += bytes
    self.letter = letter
  }

  // MARK: The server

  private mutating func note(_ code: Int, _ lines: [String], _ passed: TraceFacts.Passed) {
    var members = trace.members(of: passed)
    members["code"] = .number(Double(code))
    let enhanced = lines.first?.split(separator: " ").first.map(String.init) ?? ""
    if enhanced.wholeMatch(of: /[245]\.[0-9]{1,3}\.[0-9]{1,3}/) != nil { members["enhanced"] = .text(enhanced) }
    members["text"] = .text(lines.last ?? "")
    members["lines"] = .list(lines.map { .text($0) })
    if !unanswered.isEmpty {
      let place = unanswered.removeFirst()
      drafts.commands[place].fact.members["code"] = .number(Double(code))
      drafts.commands[place].fact.members["reply"] = .text(lines.joined(separator: "\n"))
      members["command"] = .fact(drafts.commands[place].fact)
      follow(drafts.commands[place].fact, code, members["enhanced"])
    }
    drafts.replies.append(TraceFacts.Draft(passed, LessonFact(.smtpReply, members, message: passed.passage.event.sequence)))
  }

  /// What a reply makes of its command.
  private mutating func follow(_ command: LessonFact, _ code: Int, _ enhanced: LessonValue?) {
    guard case .text(let verb)? = command.members["verb"] else { return }
    let isTaken = (200..<300).contains(code)
    switch (verb, command.members["address"]) {
    case ("MAIL", .text(let address)?) where isTaken: (sender, recipients) = (address, [])
    case ("RCPT", .text(let address)?) where isTaken: recipients.append(address)
    case ("DATA", _) where code == 354: mode = .letter(DotStuffing.Decoder())
    case ("AUTH", _), ("response", _): mode = code == 334 ? .responses : .commands
    case (".", _): finishLetter(code, enhanced)
    case ("BDAT", _):
      if case .text(let argument)? = command.members["argument"], argument.uppercased().hasSuffix(" LAST") || !isTaken { finishLetter(code, enhanced) }
    default: break
    }
  }

  /// The verdict on a letter.
  private mutating func finishLetter(_ code: Int, _ enhanced: LessonValue?) {
    mode = .commands
    guard let letter else { return }
    self.letter = nil
    var members = trace.members(of: letter.first)
    let number = letter.first.passage.event.sequence
    members.merge(LetterFacts.members(of: letter.content, message: number)) { $1 }
    members["bytes"] = .number(Double(letter.bytes))
    members["contentBytes"] = .number(Double(letter.content.count))
    members["bareLines"] = .number(Double(Self.bareLines(letter.content)))
    members["sender"] = .text(sender)
    members["recipients"] = .list(recipients.map { .text($0) })
    members["code"] = .number(Double(code))
    if let enhanced { members["enhanced"] = enhanced }
    drafts.letters.append(TraceFacts.Draft(letter.first, LessonFact(.letter, members, message: number)))
  }

  /// How many lines end in LF alone.
  private static func bareLines(_ content: Buffer) -> Int {
    let bytes = content.array
    return bytes.indices.count { bytes[$0] == 0x0A && ($0 == 0 || bytes[$0 - 1] != 0x0D) }
  }
}
