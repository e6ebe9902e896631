// Every built-in lesson carried out to its end: its keys exist, its right answers are right, wrong ones are told what to read and not what it
// says, no two learners share a key, and the trace is the one kept in Tests/Golden/lessons.txt. `make golden` renews that file.
import Bytes
import Foundation
@testable import Lab
import Settings
import Synchronization
import TestKit
import Testing
import Trace
import World

/// The runs made so far: carrying a lesson out takes a moment.
private let carried = Mutex<[String: LessonRun]>([:])

/// A lesson of one learner, carried out once for all tests.
func carriedOut(_ id: String, _ learner: String) throws -> LessonRun {
  if let run = carried.withLock({ $0[id + learner] }) { return run }
  let run = try carriedOutAnew(id, learner)
  carried.withLock { $0[id + learner] = run }
  return run
}

private func carriedOutAnew(_ id: String, _ learner: String) throws -> LessonRun {
  let file = try #require(try BuiltInLessons.file(id))
  let seed = LessonSeed(.open, learner: learner, lesson: file.id, version: file.version)
  return try LessonRun(try file.lesson(for: seed), seed: seed, in: try builtInWorld.get())
}

/// The built-in world, read once.
private let builtInWorld = Result { try WorldTests.builtIn() }

/// Answers that the keys say are right.
private func rightAnswers(_ run: LessonRun) throws -> [String: String] {
  var answers: [String: String] = [:]
  for (question, key) in zip(run.lesson.questions, try run.keys()) {
    switch (question.kind, key.value) {
    case (.mark, _): answers[question.id] = key.messages.first.map(String.init) ?? "0"
    case (_, .duration(let nanoseconds)):
      let unit = ExpressionLexer.units.first { $0.name == question.unit }?.nanoseconds ?? 1e6
      answers[question.id] = NumberText.of(nanoseconds / unit)
    case (.set, .list(let items)) where items.isEmpty: answers[question.id] = "none"
    case (_, let value): answers[question.id] = value.description
    }
  }
  return answers
}

@Suite("Lessons")
struct LessonTests {
  static let ids = BuiltInLessons.texts.map(\.id)

  @Test("a lesson runs to its end, and judges", arguments: ids)
  func runs(_ id: String) throws {
    let run = try carriedOut(id, "ada")
    let answers = try rightAnswers(run)
    let score = try run.score(answers)
    for (question, verdict) in zip(run.lesson.questions, score.verdicts) {
      #expect(verdict.isRight, "\(id) \(question.id): \(answers[question.id] ?? "") is the key, and judged \(verdict.outcome)")
    }
    #expect(score.points == score.possible && score.possible >= 5)
    // Wrong answers: something to read for each, and nothing in the verdict says the value.
    let wrong = answers.mapValues { $0.allSatisfy(\.isNumber) ? "\((Int($0) ?? 0) + 100_003)" : "zzz" }
    for (question, verdict) in zip(run.lesson.questions, try run.score(wrong).verdicts) {
      #expect(!verdict.isRight, "\(id) \(question.id)")
      #expect(!verdict.messages.isEmpty || question.key.text.contains("count("), "\(id) \(question.id) names nothing to read")
      for message in verdict.messages { #expect(run.leg(question.variant)?.store.event(message) != nil, "\(id) \(question.id) names message \(message)") }
    }
    #expect(try run.score([:]).verdicts.allSatisfy { $0.outcome == .unanswered })
  }

  @Test("the same learner sees the same trace", arguments: ids)
  func repeats(_ id: String) throws {
    let ada = try carriedOut(id, "ada")
    // The cheapest lesson runs twice in one process; the others' second run is that of the process that wrote the golden file.
    if id == "S1" { #expect(try carriedOutAnew(id, "ada").digest == ada.digest) }
    let golden = Golden.lessons
    if Golden.isRenewed { Golden.note(id, ada.digest) } else { #expect(golden[id] == ada.digest, "\(id): the trace has changed; if that is meant: make golden") }
  }

  @Test("of what a neighbour copies, a quarter at least is wrong", arguments: ids)
  func copied(_ id: String) throws {
    let (ada, ben) = (try carriedOut(id, "ada"), try carriedOutAnew(id, "ben"))
    let verdicts = try ada.score(try rightAnswers(ben)).verdicts
    let wrong = zip(ada.lesson.questions, verdicts).filter { !$1.isRight }.map(\.0.id)
    #expect(wrong.count >= max(1, verdicts.count / 4), "\(id): of \(verdicts.count) answers only \(wrong) are a learner's own")
  }

  @Test("no two learners of a course draw the same values", arguments: ids)
  func draws(_ id: String) throws {
    let file = try #require(try BuiltInLessons.file(id))
    let seeds = (0..<60).map { LessonSeed(CourseKey("a course of sixty"), learner: "learner \($0)", lesson: id, version: file.version) }
    #expect(Set(seeds.map(\.number)).count == seeds.count)
    #expect(Set(seeds.map { "\(file.values(for: $0))" }).count == seeds.count)
  }

  @Test("a report is written, read back, and graded by running the lesson again")
  func reports() throws {
    let file = try #require(try BuiltInLessons.file("H2"))
    let course = CourseKey("a key that nobody knows")
    let world = try WorldDescription(file: DefaultWorld.name, text: DefaultWorld.text)
    let seed = LessonSeed(course, learner: "Zoë \"Z\"", lesson: file.id, version: file.version)
    let run = try LessonRun(try file.lesson(for: seed), seed: seed, in: world)
    var answers = try rightAnswers(run)
    answers["status"] = "200"
    let report = try LessonReport(of: run, file: file, learner: "Zoë \"Z\"", course: course, answers: answers, program: "test")
    #expect(report.points == report.possible - 1)
    let read = try LessonReport(file: "r.json", text: report.json.text)
    #expect(read == report && read.isWhole)
    let audit = try LessonAudit(of: read, file: file, course: course, in: world)
    #expect(audit.objections == [] && audit.score.points == report.points)
    var forged = read
    forged.points += 1
    #expect(try LessonAudit(of: forged, file: file, course: course, in: world).objections == ["the report was changed after it was written", "it claims \(forged.points) points"])
    #expect(try LessonAudit(of: read, file: file, course: .open, in: world).objections.contains("its seed is not this learner's"))
    let page = LessonReportPage(report, run, try run.score(answers), explain: { _, _, _, _ in nil }).html
    #expect(page.contains("Zoë &quot;Z&quot;") && page.contains("<svg") && !page.contains("<script"))
  }

  @Test("answers that were written read back", .spec("YAML 1.2", "5.1"), arguments: ["304", "a \"b\" \\", "one\ntwo\t", "\u{7F}\u{85}\u{90}", "\u{2028}\u{2029}", "\u{FEFF}", "é ✓ 𝄞", ""])
  func written(_ text: String) throws {
    let answers = LessonAnswers(lesson: "H2", learner: text, answers: [("which", text), (text, "1")])
    let read = try LessonAnswers(file: "a.yaml", text: answers.text)
    #expect(read.learner == text && read.byQuestion == ["which": text, text: "1"])
  }

  @Test("answers are read as people write them", arguments: [
    ("1,024", 1_024.0), ("1_024", 1_024), ("0,5", 0.5), ("30 %", 30), ("-3", -3), ("1e3", nil), ("", nil), ("twelve", nil), ("0x10", nil), ("1 000", 1_000),
  ] as [(String, Double?)])
  func numbers(_ text: String, _ value: Double?) { #expect(AnswerText.number(text) == value) }

  @Test("durations are read in their unit", arguments: [("36", 36.0), ("36 ms", 36), ("0.036 s", 36), ("36000us", 36), ("36 parsecs", nil)] as [(String, Double?)])
  func durations(_ text: String, _ value: Double?) { #expect(AnswerText.duration(text, unit: 1e6) == value) }

  @Test("a slip in a lesson's file is told with its place", arguments: [
    ("id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\nsteps: [{do: pc dances}]", "x.yaml:5:14: expected asks, gets, posts, puts, lists, loads, chooses, plays, visits, sends, reads, takes, lowers, says, types, runs, shares, fetches, poses, pings, smuggles, opens, closes, filters, updates, copies, floods, forges, publishes or resolves, found `dances` (character 4)"),
    ("id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\nstep: []", "x.yaml:5:1: unknown key `step`; did you mean `steps`?"),
    ("id: X\ntitle: t\ntext: t\nworld: {hosts: [pc], draw: {path: word}}\nsteps: [{do: \"pc gets http://a/{paht}\"}]", "x.yaml:5:14: nothing is drawn for `{paht}`; did you mean `{path}`?"),
    ("id: X\ntitle: t\ntext: t\nworld: {hosts: [pc], draw: {n: 5..2}}\nsteps: [{do: pc gets http://a/}]", "x.yaml:4:32: expected a range such as 2000..9000 or 1d..300d, `word`, `destination`, `onion`, or a list, found `5..2`"),
    ("id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\nsteps: [{do: pc gets http://a/}]\nfaults: [{id: f, title: t}]", "x.yaml:6:10: expected at least one step"),
    (
      "id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\nsteps: [{do: pc gets http://a/}]\nfaults: [{id: f, title: t, instead: true, world: {ttl: {test: 9}}}]",
      "x.yaml:6:10: expected at least one step"
    ),
    (
      "id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\nsteps: [{do: pc gets http://a/}]\nquestions: [{ask: a, kind: number, key: http.respnse}]",
      "x.yaml:6:41: a part of HTTP has no `respnse`; did you mean `response`? (character 6)"
    ),
    (
      "id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\nsteps: [{do: pc gets http://a/}]\nquestions: [{ask: a, kind: nmber, key: 1}]",
      "x.yaml:6:28: expected one of number, text, choice, set, order, predict, mark, fill, found `nmber`; did you mean `number`?"
    ),
  ])
  func slips(_ text: String, _ problem: String) {
    do throws(SettingsProblems) {
      _ = try LessonFile(file: "x.yaml", text: text)
      Issue.record("accepted")
    } catch { #expect(error.problems.map(\.description).contains(problem), "\(error)") }
  }

  @Test("a fault that is the lesson in another world needs no steps of its own")
  func elsewhere() throws {
    let file = try LessonFile(file: "x.yaml", text: "id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\nsteps: [{do: pc gets http://a/}]\nfaults: [{id: f, title: t, world: {ttl: {test: 9}}}]")
    let lesson = try file.lesson(for: LessonSeed(.open, learner: "ada", lesson: "X", version: 1))
    #expect(lesson.faults.map(\.steps) == [lesson.steps] && lesson.faults[0].changes.timesToLive.map(\.seconds) == [9])
  }
}

/// What is wrong in the parts of a world's file that a lesson adds.
@Suite("Slips in what a lesson adds to its world")
struct AddedWorldTests {
  private static let head = "id: X\ntitle: t\ntext: t\nworld:\n  hosts: [pc]\n  draw: {n: 2..5}\n"
  private static let steps = "steps: [{do: pc gets http://a.test/}]\n"

  @Test("they are told with their place in the lesson's file", arguments: [
    (head + "  more: |\n    hosts:\n      attic: {adresses: [203.0.113.9{n}]}\n" + steps, "x.yaml:9:15: unknown key `adresses`; did you mean `addresses`?"),
    (head + "  more: |\n    zones:\n      a.test: {served-by: [nobody]}\n" + steps, "x.yaml:9:28: "),
    (head.replacing("[pc]", with: "[pc, tld1]") + "  more: |\n    zones:\n      a.test:\n        served-by: [tld1]\n        records: |\n          www A 192.0.2.500\n" + steps, "x.yaml:12:"),
    (head + "  more: \"{hosts: 7}\"\n" + steps, "x.yaml:7:9: "),
    (head + steps + "faults:\n  - id: y\n    title: t\n    world:\n      more: |\n        host: {}\n    steps: [{do: pc gets http://a.test/}]\n", "x.yaml:13:9: unknown key `host`; did you mean `hosts`?"),
  ])
  func slips(_ text: String, _ problem: String) throws {
    let file = try LessonFile(file: "x.yaml", text: text)
    let seed = LessonSeed(.open, learner: "ada", lesson: file.id, version: file.version)
    let lesson = try file.lesson(for: seed)
    let world = try WorldTests.builtIn()
    #expect(file.problems(in: world).contains { $0.contains(problem) }, "\(file.problems(in: world))")
    let error = #expect(throws: LessonRun.Failure.self) { try LessonRun(lesson, seed: seed, in: world) }
    #expect("\(try #require(error))".contains(problem), "\(String(describing: error))")
  }
}

@Suite("Lessons checked without running them")
struct LessonCheckTests {
  @Test("a host that a step names and the world does not have is told with its place", arguments: [
    ("steps: [{do: cp gets http://a.test/}]\n", "x.yaml:5:14: expected the name of a host, found `cp`; did you mean `pc`?"),
    ("steps: [{do: pc gets http://a.test/}]\nfaults: [{id: f, title: t, steps: [{do: nobody gets http://a.test/}]}]\n", "x.yaml:6:41: expected the name of a host, found `nobody`"),
    ("steps: [{do: pc gets http://a.test/}]\n", nil),
  ])
  func hosts(_ steps: String, _ problem: String?) throws {
    let file = try LessonFile(file: "x.yaml", text: "id: X\ntitle: t\ntext: t\nworld: {hosts: [pc]}\n" + steps)
    let problems = file.problems(in: try builtInWorld.get())
    if let problem { #expect(problems.count == 1 && problems[0].hasPrefix(problem), "\(problems)") } else { #expect(problems == []) }
  }

  @Test("a built-in lesson has nothing wrong in its world", arguments: LessonTests.ids)
  func builtIn(_ id: String) throws { #expect(try #require(try BuiltInLessons.file(id)).problems(in: try builtInWorld.get()) == []) }
}

/// The digests of the traces, kept beside the tests.
enum Golden {
  static let path = repositoryRoot + "/Tests/Golden/lessons.txt"
  static let isRenewed = ProcessInfo.processInfo.environment["NETSTEAD_RENEW_GOLDEN"] == "1"

  static var lessons: [String: String] {
    let text = contents(of: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let pairs = text.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count == 2 }
    return Dictionary(pairs.map { (String($0[0]), String($0[1])) }) { $1 }
  }

  private static let lock = NSLock()

  static func note(_ id: String, _ digest: String) {
    lock.lock()
    defer { lock.unlock() }
    var all = lessons
    all[id] = digest
    let lines = all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
    try? FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try? lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
  }
}
