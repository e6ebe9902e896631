// Where a learner's answers are kept between commands: $NETSTEAD_LESSONS, or netstead below $XDG_STATE_HOME, or ~/.netstead; one file a lesson.
// Not here: their form (Lab/Lessons/LessonAnswers).
import Lab
import Settings

/// The answers of one learner, on disk.
struct LessonNotebook {
  private let learner: String

  init(learner: String) { self.learner = learner }

  /// The folder; nil: this user has none.
  private var folder: String? {
    if let path = Terminal.environment("NETSTEAD_LESSONS") { return path }
    if let path = Terminal.environment("XDG_STATE_HOME"), path.hasPrefix("/") { return path + "/netstead" }
    return Terminal.environment("HOME").map { $0 + "/.netstead" }
  }

  /// The name of a lesson's file: what could lead elsewhere in a learner's name is written as numbers.
  private func name(_ lesson: String) -> String {
    let plain = learner.utf8.map { byte -> String in
      let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x2D || byte == 0x5F
      return isPlain ? String(Unicode.Scalar(byte)) : "%" + String(byte, radix: 16)
    }
    return plain.joined() + "." + lesson + ".yaml"
  }

  func isKept(_ lesson: String) -> Bool { folder.map { SystemFile.exists($0 + "/" + name(lesson)) } ?? false }

  /// What was answered so far.
  func answers(to lesson: Lesson) -> LessonAnswers {
    let nothing = LessonAnswers(lesson: lesson.id, learner: learner, answers: [])
    guard let folder, let text = OutputFile.read(folder + "/" + name(lesson.id)) else { return nothing }
    return (try? LessonAnswers(file: name(lesson.id), text: text)) ?? nothing
  }

  func keep(_ answers: LessonAnswers) throws {
    guard let path = folder else { return Terminal.talk("! the answers are not kept: there is no home folder") }
    do { _ = try RuntimeFolder(path: path).write(answers.text, to: name(answers.lesson)) } catch { throw ToolFailure(.usage, "\(error)") }
  }

  /// Reads a file of answers the user named.
  static func read(_ path: String) throws -> LessonAnswers {
    guard let text = OutputFile.read(path) else { throw ToolFailure(.usage, "\(path) cannot be read") }
    do { return try LessonAnswers(file: path, text: text) } catch { throw ToolFailure(.usage, "\(error)") }
  }

  /// The same, for this lesson and no other; names of questions that do not exist are slips.
  static func read(_ path: String, for lesson: Lesson) throws -> LessonAnswers {
    let answers = try read(path)
    guard answers.lesson.lowercased() == lesson.id.lowercased() else { throw ToolFailure(.usage, "\(path) answers lesson \(answers.lesson), not \(lesson.id)") }
    let known = lesson.questions.map(\.id)
    for answer in answers.answers where !known.contains(answer.question) {
      let near = NearestWord.of(answer.question, among: known)
      throw ToolFailure(.usage, "\(path): there is no question `\(answer.question)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
    return answers
  }
}
