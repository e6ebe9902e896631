// What a scenario may say of letters and mailboxes, as values and as words: a letter that is sent, a mailbox that is read.
// Not here: doing it (Running/LetterDeeds.swift, Running/MailboxDeeds.swift), the other deeds (ScenarioReader.swift).
import IMAP
import Mail
import POP3
import Bytes
import Settings

extension Scenario {
  /// A letter and how it is handed over.
  package struct Letter: Sendable, Equatable {
    /// The author, as the letter says it.
    package var author: String
    package var recipients: [String]
    package var subject: String
    package var text: String
    /// `password P`: through the server of the author's domain, by somebody who logs in there. Nil: straight to a server that takes mail.
    package var password: String?
    /// `at HOST`: that host; nil: of one's own domain with a password, else the first exchanger of the recipient's domain.
    package var server: String?
    /// `envelope ADDRESS` or `envelope none`: to whom reports go; nil: the author.
    package var sender: String?
    /// `hello NAME`: who the client says it is; nil: the host's own name.
    package var hello: String?
    /// `named "NAME"`: how the author is called beside the address.
    package var name: String?
    /// `with "FIELD: VALUE"`: fields above all others.
    package var fields: [String] = []
    /// `html`: the text is HTML.
    package var isHTML = false
    /// `repeated N`: the text stands there so often, each on a line of its own.
    package var repetitions = 1
    /// `attaching NAME TYPE "TEXT"`, `attaching NAME TYPE N`: a file of this text, or of so many bytes that are left to chance.
    package var attachments: [Attachment] = []

    package struct Attachment: Sendable, Equatable {
      package var name: String
      package var type: String
      package var content: Content

      package enum Content: Sendable, Equatable {
        case text(String)
        case bytes(Int)
      }
    }

    package init(from author: String, to recipients: [String], subject: String, text: String) {
      self.author = author
      self.recipients = recipients
      self.subject = subject
      self.text = text
    }
  }

  /// One session with a mailbox.
  package struct MailboxVisit: Sendable, Equatable {
    package var address: String
    package var password: String
    package var way: Way
    package var steps: [Step] = []

    package enum Way: String, Sendable, Equatable, CaseIterable { case pop3, imap }

    package enum Step: Sendable, Equatable {
      /// A command as it stands.
      case say(String)
      /// `take`: every message there is (POP3).
      case take
      /// `clear`: every message there is, and each is deleted (POP3).
      case clear
      /// `idle T`: waits and is told (IMAP).
      case idle(Duration)
      /// `wait T`
      case wait(Duration)
    }
  }
}

extension ScenarioReader {
  /// `sends FROM TO[,TO] "SUBJECT" "TEXT"` and what follows.
  mutating func readLetter(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Letter {
    let author = try address(&line, "the author's address")
    let to = try line.take("the recipient's address")
    let recipients = to.text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for recipient in recipients where (try? MailAddress(recipient)) == nil {
      throw line.failure(at: to, "expected an address such as reader@home.test, found `\(recipient)`")
    }
    var letter = Scenario.Letter(from: author, to: recipients, subject: try line.take("a subject in quotes").text, text: try line.take("a text in quotes").text)
    while !line.isEmpty {
      let word = try line.take("what else")
      switch word.text {
      case "password": letter.password = try line.take("a password").text
      case "at": letter.server = try host(&line)
      case "envelope": letter.sender = line.take(if: "none") ? "" : try address(&line, "an address, or `none`")
      case "hello": letter.hello = try line.take("a host's name").text
      case "named": letter.name = try line.take("a name in quotes").text
      case "with": letter.fields.append(try readField(&line))
      case "html": letter.isHTML = true
      case "attaching": letter.attachments.append(try attachment(&line))
      case "repeated": letter.repetitions = try line.take(.integer(1...10_000))
      default: throw line.failure(at: word, "expected password, at, envelope, hello, named, with, html, repeated or attaching, found `\(word.text)`")
      }
    }
    return letter
  }

  private func attachment(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Letter.Attachment {
    let (name, type) = (try line.take("a file's name").text, try line.take("its type, such as image/png").text)
    if let size = line.take(ifIn: .integer(0...1_048_576)) { return Scenario.Letter.Attachment(name: name, type: type, content: .bytes(size)) }
    return Scenario.Letter.Attachment(name: name, type: type, content: .text(try line.take("a text in quotes or a number of bytes").text))
  }

  private func address(_ line: inout ScenarioLine, _ expected: String) throws(ScenarioError) -> String {
    let word = try line.take(expected)
    guard (try? MailAddress(word.text)) != nil else { throw line.failure(at: word, "expected \(expected) such as reader@home.test, found `\(word.text)`") }
    return word.text
  }

  /// `reads ADDRESS PASSWORD by pop3|imap "STEP; STEP; …"`
  mutating func readMailboxVisit(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.MailboxVisit {
    let owner = try address(&line, "the address of a mailbox")
    let password = try line.take("a password").text
    guard line.take(if: "by") else { throw line.failure("`by pop3` or `by imap`") }
    var visit = Scenario.MailboxVisit(address: owner, password: password, way: try line.take(.choice(standIn: .pop3)))
    let steps = try line.take("what is done, such as \"STAT; RETR 1\"")
    for text in steps.text.split(separator: ";").map(\.trimmed) {
      guard let step = Self.step(text, visit.way) else {
        let expected = visit.way == .pop3 ? "a command of POP3, take, clear or wait T" : "a command of IMAP, idle T or wait T"
        throw line.failure(at: steps, "expected \(expected), found `\(text)`")
      }
      visit.steps.append(step)
    }
    return visit
  }

  private static func step(_ text: String, _ way: Scenario.MailboxVisit.Way) -> Scenario.MailboxVisit.Step? {
    let words = text.split(separator: " ")
    switch (words.first, words.count, way) {
    case ("wait", 2, _): return SettingsForm<Duration>.duration.read(String(words[1])).map { .wait($0) }
    case ("idle", 2, .imap): return SettingsForm<Duration>.duration.read(String(words[1])).map { .idle($0) }
    case ("take", 1, .pop3): return .take
    case ("clear", 1, .pop3): return .clear
    case (_, _, .pop3): return POP3.Order(text) == nil ? nil : .say(text)
    case (_, _, .imap): return IMAP.Command(text) == nil ? nil : .say(text)
    }
  }
}

extension POP3.Order {
  /// What somebody who has logged in may order by a command; nil: it is none of those.
  init?(_ text: String) {
    switch try? POP3.Command(Buffer(text)) {
    case .status: self = .status
    case .list(nil): self = .list
    case .uniqueIDs(nil): self = .uniqueIDs
    case .retrieve(let number): self = .retrieve(number)
    case .top(let number, let lines): self = .top(number, lines: lines)
    case .delete(let number): self = .delete(number)
    case .reset: self = .reset
    case .noOperation: self = .noOperation
    default: return nil
    }
  }
}

extension IMAP.Command {
  /// A command without its tag, of those that are one line and leave the connection as it is; nil: it is none of those.
  init?(_ text: String) {
    var reader = IMAP.CommandReader()
    reader.noteLogin()
    var bytes = Buffer("x \(text)\r\n")
    guard case .command(_, let command)? = reader.next(from: &bytes), bytes.isEmpty else { return nil }
    switch command {
    case .idle, .logout, .startTLS, .authenticate, .logIn: return nil
    default: self = command
    }
  }
}
