// A learner's answers as a small file of YAML, written by the program or by hand:
//
//   lesson: H2
//   learner: ada
//   answers: {status: 304, body: 0}
//
// Not here: judging them (LessonGrading), where the files lie (the executable).
package import Settings
import Bytes
import Trace

/// The answers of one learner in one lesson.
package struct LessonAnswers: Sendable, Equatable {
  package var lesson: String
  /// Nil: whoever reads the file knows.
  package var learner: String?
  /// In the order of the file.
  package var answers: [(question: String, text: String)]

  package static func == (a: LessonAnswers, b: LessonAnswers) -> Bool { a.text == b.text }

  package init(lesson: String, learner: String?, answers: [(question: String, text: String)]) {
    self.lesson = lesson
    self.learner = learner
    self.answers = answers
  }

  /// Reads the YAML `text` of `file`.
  package init(file: String, text: String) throws(SettingsProblems) {
    self = try SettingsDocument(file: file, text: text).read { reader in
      _ = reader.value("schema", .integer(1...1), default: 1)
      let answers = reader.entries("answers").compactMap { entry -> (question: String, text: String)? in
        // A list is what sets and orders are answered with.
        if entry.value.shape == .list { return (entry.name, entry.value.list().compactMap { $0.value(.text) }.joined(separator: ", ")) }
        return entry.value.value(.text).map { (entry.name, $0) }
      }
      return LessonAnswers(lesson: reader.required("lesson", .lessonName), learner: reader.optional("learner", .text), answers: answers)
    }
  }

  package var byQuestion: [String: String] { Dictionary(answers.map { ($0.question, $0.text) }) { $1 } }

  /// As YAML that reads back the same.
  package var text: String {
    var lines = ["schema: 1", "lesson: \(lesson)"]
    if let learner { lines.append("learner: \(Self.quoted(learner))") }
    lines.append(answers.isEmpty ? "answers: {}" : "answers:")
    for answer in answers { lines.append("  \(Self.key(answer.question)): \(Self.quoted(answer.text))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A question's name, in quotes if it is not one that lessons give.
  private static func key(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    return isPlain && !name.isEmpty && !name.hasPrefix("-") ? name : quoted(name)
  }

  /// In double quotes, as JSON and YAML both read them.
  private static func quoted(_ text: String) -> String {
    var writer = JSONWriter()
    writer.value(nil, text)
    // YAML 1.2 §5.1, §5.4: what ends a line there or may not stand there, and what a reader may take for the beginning of a file.
    return writer.bytes.text.unicodeScalars.reduce(into: "") { plain, scalar in
      switch scalar.value {
      case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: plain += "\\u" + Hexadecimal.text([UInt8(scalar.value >> 8), UInt8(scalar.value & 0xFF)])
      default: plain.unicodeScalars.append(scalar)
      }
    }
  }
}
