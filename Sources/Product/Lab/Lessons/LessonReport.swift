// What a learner hands in: seed, versions, drawn values, answers, score, and a hash over everything that was recorded. A grader does not trust
// it: it runs the lesson again from the learner's name under its own key, and works the score out anew.
// Read next: LessonReportPage.swift, the same for people.
package import Bytes
import Crypto
package import Settings
import Trace

/// One lesson handed in.
package struct LessonReport: Sendable, Equatable {
  package static let schema = 1

  package var lesson: String
  package var lessonVersion: Int
  /// Of the lesson's file.
  package var lessonDigest: String
  package var program: String
  package var learner: String
  /// Which course's key it was made with, without the key.
  package var course: String
  package var seed: String
  package var draws: [DrawnValue]
  package var answers: [(question: String, text: String)]
  package var points: Int
  package var possible: Int
  /// The last link of the hash chain over every recorded event.
  package var trace: String
  /// A hash over all of the above: it tells a slip of the hand, no more, since whoever writes the report can write it too.
  package var seal: String

  package static func == (a: LessonReport, b: LessonReport) -> Bool { a.json == b.json }

  /// The report of a run and its answers.
  package init(
    of run: LessonRun, file: LessonFile, learner: String, course: CourseKey, answers: [String: String], program: String
  ) throws(LessonKeyError) {
    let score = try run.score(answers)
    lesson = file.id
    lessonVersion = file.version
    lessonDigest = LessonReport.digest(of: file)
    self.program = program
    self.learner = learner
    self.course = course.fingerprint
    seed = run.seed.text
    draws = run.lesson.draws
    self.answers = run.lesson.questions.compactMap { question in answers[question.id].map { (question.id, $0) } }
    points = score.points
    possible = score.possible
    trace = run.digest
    seal = ""
    seal = sealed
  }

  package static func digest(of file: LessonFile) -> String { Hexadecimal.text(SHA256.hash(data: Array(file.text.utf8))) }

  /// The seal that belongs to what the report says.
  private var sealed: String {
    var chain = HashChain()
    for text in [lesson, "\(lessonVersion)", lessonDigest, program, learner, course, seed, "\(points)", "\(possible)", trace] { chain.add(text.utf8) }
    for draw in draws { chain.add("\(draw.name)=\(draw.value)".utf8) }
    for answer in answers { chain.add("\(answer.question)=\(answer.text)".utf8) }
    return chain.text
  }

  /// Whether nothing was changed by mistake.
  package var isWhole: Bool { seal == sealed }

  package var answersByQuestion: [String: String] { Dictionary(answers.map { ($0.question, $0.text) }) { $1 } }

  // MARK: JSON

  package var json: Buffer {
    var writer = JSONWriter()
    writer.object { object in
      object.value("schema", Self.schema)
      object.value("lesson", lesson)
      object.value("version", lessonVersion)
      object.value("lessonDigest", lessonDigest)
      object.value("program", program)
      object.value("learner", learner)
      object.value("course", course)
      object.value("seed", seed)
      Self.write("draws", draws.map { ($0.name, $0.value) }, to: &object)
      Self.write("answers", answers.map { ($0.question, $0.text) }, to: &object)
      object.value("points", points)
      object.value("possible", possible)
      object.value("trace", trace)
      object.value("seal", seal)
    }
    writer.endLine()
    return writer.bytes
  }

  private static func write(_ key: StaticString, _ pairs: [(String, String)], to writer: inout JSONWriter) {
    writer.array(key) { array in
      for pair in pairs {
        array.object { object in
          object.value("name", pair.0)
          object.value("value", pair.1)
        }
      }
    }
  }

  /// Reads a report. JSON is YAML, so that the reader of settings tells every error with its place.
  package init(file: String, text: String) throws(SettingsProblems) {
    self = try SettingsDocument(file: file, text: text).read { reader in
      _ = reader.required("schema", .integer(1...1))
      return LessonReport(reader)
    }
  }

  private init(_ reader: SettingsReader) {
    lesson = reader.required("lesson", .lessonName)
    lessonVersion = reader.required("version", .integer(1...1_000_000))
    lessonDigest = reader.required("lessonDigest", .text)
    program = reader.required("program", .text)
    learner = reader.required("learner", .text)
    course = reader.required("course", .text)
    seed = reader.required("seed", .text)
    func pairs(_ key: String) -> [(String, String)] {
      reader.list(key).prefix(LessonLimits().itemsMax).compactMap { item in
        item.mapping { ($0.required("name", .text), $0.required("value", .text)) }
      }
    }
    draws = pairs("draws").map { DrawnValue(name: $0.0, value: $0.1) }
    answers = pairs("answers").map { ($0.0, $0.1) }
    points = reader.required("points", .integer(0...100_000))
    possible = reader.required("possible", .integer(0...100_000))
    trace = reader.required("trace", .text)
    seal = reader.required("seal", .text)
  }
}

/// What a report is worth, found out by running its lesson again.
package struct LessonAudit: Sendable {
  package var report: LessonReport
  /// What the answers are worth in the run made here.
  package var score: LessonScore
  /// What does not fit together; empty: everything does.
  package var objections: [String]

  /// Runs the lesson of `report` again for its learner under `course`.
  package init(of report: LessonReport, file: LessonFile, course: CourseKey, in world: WorldDescription) throws {
    self.report = report
    let seed = LessonSeed(course, learner: report.learner, lesson: file.id, version: file.version)
    let run = try LessonRun(try file.lesson(for: seed), seed: seed, in: world)
    score = try run.score(report.answersByQuestion)
    var objections: [String] = []
    if !report.isWhole { objections.append("the report was changed after it was written") }
    if report.lessonVersion != file.version || report.lessonDigest != LessonReport.digest(of: file) {
      objections.append("it is about another version of the lesson (\(report.lessonVersion); here \(file.version))")
    }
    if report.course != course.fingerprint { objections.append("it was made under another course's key") }
    if report.seed != seed.text { objections.append("its seed is not this learner's") }
    if report.trace != run.digest { objections.append("its trace is not the one this program makes") }
    if report.points != score.points { objections.append("it claims \(report.points) points") }
    self.objections = objections
  }
}
