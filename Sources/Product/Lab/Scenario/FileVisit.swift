// What a scenario may say of a visit to a file server, as values and as words: one session and what is done in it.
// Not here: doing it (Running/FileDeeds.swift), the other deeds (ScenarioReader.swift).
import Bytes
import FileServer
import Settings

extension Scenario {
  /// One session with a file server.
  package struct FileVisit: Sendable, Equatable {
    /// `ftp.garnet.test`, with a port if it is another than 21.
    package var server: String
    /// `as writer secret`; nil: anonymous.
    package var credentials: Fetching.Credentials?
    /// `actively`: the server calls for each data connection.
    package var isActive = false
    /// `by PASV`: with the commands of the oldest document instead of EPSV.
    package var usesOldCommands = false
    package var steps: [Step] = []

    /// What is done in it.
    package enum Step: Sendable, Equatable {
      case list(String)
      case enter(String)
      case get(String, from: Int)
      /// This text, or so many letters.
      case put(String, Content, from: Int)
      /// A command as it stands, whatever the server replies.
      case say(String)
    }

    package enum Content: Sendable, Equatable {
      case text(String)
      case letters(Int)
    }

    package init(server: String) { self.server = server }
  }
}

extension ScenarioReader {
  /// `gets ftp://HOST/PATH`, `puts "TEXT" ftp://HOST/PATH`, `lists ftp://HOST/PATH`: a visit with one step.
  mutating func readFileVisit(_ url: String, at word: ScenarioLine.Word, _ line: inout ScenarioLine, step: (String, Int) -> Scenario.FileVisit.Step)
    throws(ScenarioError) -> Scenario.FileVisit
  {
    guard let address = FileAddress(url) else { throw line.failure(at: word, "expected an address such as ftp://ftp.home.test/notes.txt, found `\(url)`") }
    var visit = Scenario.FileVisit(server: address.port == 21 ? address.host : "\(address.host):\(address.port)")
    if let user = address.user { visit.credentials = Scenario.Fetching.Credentials(user: user, password: address.password ?? "") }
    var offset = 0
    try readVisitWords(&visit, &offset, &line)
    visit.steps = [step(address.path.text, offset)]
    return visit
  }

  /// `visits HOST "STEP; STEP; …"`
  mutating func readFileVisit(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.FileVisit {
    var visit = Scenario.FileVisit(server: try host(&line))
    let steps = try line.take("what is done, such as \"list; get notes.txt\"")
    for text in steps.text.split(separator: ";") {
      guard let step = Self.step(text.split(separator: " ").map(String.init)) else {
        throw line.failure(at: steps, "expected list, cd FOLDER, get FILE [from N], put FILE N [from N] or say COMMAND, found `\(text)`")
      }
      visit.steps.append(step)
    }
    var offset = 0
    try readVisitWords(&visit, &offset, &line)
    return visit
  }

  private static func step(_ words: [String]) -> Scenario.FileVisit.Step? {
    func offset(_ words: ArraySlice<String>) -> Int? {
      if words.isEmpty { return 0 }
      guard words.count == 2, words.first == "from", let number = words.last.flatMap({ Int($0) }), number >= 0 else { return nil }
      return number
    }
    switch (words.first, words.count) {
    case ("list", 1): return .list("")
    case ("list", 2): return .list(words[1])
    case ("cd", 2): return .enter(words[1])
    case ("get", 2...): return offset(words[2...]).map { .get(words[1], from: $0) }
    case ("put", 3...):
      guard let count = Int(words[2]), (0...10_000_000).contains(count) else { return nil }
      return offset(words[3...]).map { .put(words[1], .letters(count), from: $0) }
    case ("say", 2...): return .say(words[1...].joined(separator: " "))
    default: return nil
    }
  }

  /// What follows.
  private mutating func readVisitWords(_ visit: inout Scenario.FileVisit, _ offset: inout Int, _ line: inout ScenarioLine) throws(ScenarioError) {
    while !line.isEmpty {
      if line.take(if: "as") {
        visit.credentials = Scenario.Fetching.Credentials(user: try line.take("a user's name").text, password: try line.take("a password").text)
      } else if line.take(if: "actively") {
        visit.isActive = true
      } else if line.take(if: "from") {
        offset = try line.take(.integer(0...Int.max))
      } else if line.take(if: "by") {
        guard line.take(if: "PASV") else { throw line.failure("`PASV`") }
        visit.usesOldCommands = true
      } else {
        throw line.failure("`as`, `actively`, `by PASV` or `from`")
      }
    }
  }
}
