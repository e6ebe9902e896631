// The lesson commands through the executable: what goes to which stream, what the exit codes are, what is written where.
@testable import Lab
import TestKit
import Testing

@Suite("Lesson commands", .serialized)
struct LessonCommandTests {
  /// Runs `netstead lab` with a folder of its own for what it keeps; `$FOLDER` in an argument is that folder.
  private func inFolder(_ body: (ProgramRunner, String, [String: String]) throws -> Void) throws {
    guard let netstead = ProgramRunner(repositoryRoot + "/.build/debug/netstead"), let sh = ProgramRunner("sh") else { return }
    let folder = "/tmp/netstead-lessons-\(UInt32.random(in: 0...UInt32.max))"
    guard sh.runBlocking(["-c", "mkdir -m 700 \"$1\"", "sh", folder]).status == 0 else { return }
    defer { _ = sh.runBlocking(["-c", "rm -rf \"$1\"", "sh", folder]) }
    try body(netstead, folder, ["NETSTEAD_LESSONS": folder, "NETSTEAD_LEARNER": "ada", "NETSTEAD_COURSE_KEY": "the key of this course"])
  }

  private func write(_ text: String, to path: String) {
    guard let sh = ProgramRunner("sh") else { return }
    _ = sh.runBlocking(["-c", "printf %s \"$1\" > \"$2\"", "sh", text, path])
  }

  @Test("from the list to a graded report")
  func wholeWay() throws {
    try inFolder { netstead, folder, environment in
      let list = netstead.runBlocking(["lab", "lesson"], environment: environment)
      #expect(list.status == 0 && list.text.split(separator: "\n").count == BuiltInLessons.texts.count)
      let key = netstead.runBlocking(["lab", "key", "H1", "-q"], environment: environment)
      let pairs = key.text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
      let answers = pairs.filter { $0.count == 2 }.map { "  \($0[0]): \"\($0[1].trimmed)\"\n" }.joined()
      #expect(key.status == 0 && pairs.count > 5)
      write("lesson: H1\nanswers:\n" + answers, to: folder + "/right.yaml")
      let right = netstead.runBlocking(["lab", "check", "--answers", folder + "/right.yaml"], environment: environment)
      #expect(right.status == 0, "\(right.text)\(right.errorText)")
      write("lesson: H1\nanswers: {status: 500}\n", to: folder + "/wrong.yaml")
      let wrong = netstead.runBlocking(["lab", "check", "H1", "--answers", folder + "/wrong.yaml"], environment: environment)
      #expect(wrong.status == 1 && wrong.text.contains("wrong  status; read message #") && !wrong.text.contains("200"))
      let report = netstead.runBlocking(["lab", "report", "H1", "--answers", folder + "/right.yaml", "--out", folder + "/ada"], environment: environment)
      #expect(report.status == 0 && report.errorText.contains("11 of 11"))
      #expect(contents(of: folder + "/ada.html").map { String(decoding: $0, as: UTF8.self).contains("<!doctype html>") } == true)
      let grade = netstead.runBlocking(["lab", "grade", folder + "/ada.json"], environment: environment)
      #expect(grade.status == 0 && grade.text.contains("11 of 11") && !grade.text.contains("!"))
      var others = environment
      others["NETSTEAD_COURSE_KEY"] = "the key of another course"
      let foreign = netstead.runBlocking(["lab", "grade", folder + "/ada.json"], environment: others)
      #expect(foreign.status == 1 && foreign.text.contains("another course"))
    }
  }

  @Test("slips end with 2 and say what was meant", arguments: [
    (["lab", "lesson", "H22"], "there is no lesson `H22`"), (["lab", "lesson", "H1", "--run", "nohost", "--no-input"], "it has main, no-host, bare"),
    (["lab", "lesson", "H1", "--show", "999999"], "no message 999999"), (["lab", "check", "H1", "--answers", "/nonexistent"], "cannot be read"),
    (["lab", "grade", "/nonexistent"], "cannot be read"),
  ] as [([String], String)])
  func slips(_ arguments: [String], _ sentence: String) throws {
    try inFolder { netstead, _, environment in
      let outcome = netstead.runBlocking(arguments, environment: environment)
      #expect(outcome.status == 2 && outcome.errorText.contains(sentence), "\(outcome.errorText)")
    }
  }

  @Test("JSON lines have what a tap sees, field by field")
  func wire() throws {
    try inFolder { netstead, _, environment in
      let said = netstead.runBlocking(["lab", "lesson", "H11", "--no-input", "--jsonl", "--explain"], environment: environment).text.split(separator: "\n")
      let wire = said.filter { $0.contains(#""kind":"wireSent""#) && $0.contains(#""role":"client""#) }
      #expect(wire.first?.contains(#""title":"ClientHello"#) == true && wire.first?.contains(#""name":"server_name""#) == true, "\(wire.first?.prefix(600) ?? "")")
      // Records that nobody without keys can read have a title and a length all the same.
      #expect(!wire.isEmpty && wire.allSatisfy { $0.contains(#""fields":["#) })
    }
  }

  @Test("a slip in what a lesson adds to its world is found by check, with its place, and in the world it is for")
  func checked() throws {
    try inFolder { netstead, folder, environment in
      let text = netstead.runBlocking(["lab", "lesson", "H11", "--print"], environment: environment).text
      write(text.replacing("elder: {addresses:", with: "elder: {adresses:"), to: folder + "/slip.yaml")
      let slip = netstead.runBlocking(["check", folder + "/slip.yaml"], environment: environment)
      let place = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("elder: {addresses:") } ?? 0
      #expect(slip.status == 1 && slip.text.contains("/slip.yaml:\(place + 1):15: unknown key `adresses`; did you mean `addresses`?"), "\(slip.text)")
      // D5's text has the word SOA in it, which does not make a zone of it.
      write(netstead.runBlocking(["lab", "lesson", "D5", "--print"], environment: environment).text, to: folder + "/good.yaml")
      #expect(netstead.runBlocking(["check", folder + "/good.yaml"], environment: environment).status == 0)
      write("nets: {home: {prefixes: [192.0.2.0/24]}}\nhosts:\n  pc: {role: client, addresses: [192.0.2.1]}\n", to: folder + "/world.yaml")
      let small = netstead.runBlocking(["check", folder + "/good.yaml", "--world", folder + "/world.yaml"], environment: environment)
      #expect(small.status == 1 && small.text.contains("takes host `resolver`, which the world does not have"), "\(small.text)")
    }
  }

  @Test("a printed lesson is a lesson")
  func printed() throws {
    try inFolder { netstead, folder, environment in
      let text = netstead.runBlocking(["lab", "lesson", "S1", "--print"], environment: environment).text
      write(text, to: folder + "/mine.yaml")
      #expect(netstead.runBlocking(["check", folder + "/mine.yaml"], environment: environment).status == 0)
      let mine = netstead.runBlocking(["lab", "key", "--from", folder + "/mine.yaml", "--json"], environment: environment)
      let own = netstead.runBlocking(["lab", "key", "S1", "--json"], environment: environment)
      #expect(mine.status == 0 && mine.text == own.text)
    }
  }
}
