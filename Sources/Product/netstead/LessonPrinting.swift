// A lesson on the terminal: its text, its steps, the messages of a run with their numbers, its questions, the verdicts.
// Not here: what is asked and judged (Lab/Lessons).
import Bytes
import Lab
import Trace
import World

/// Prints lessons. What is data goes to standard output, what is talk to standard error.
struct LessonPrinting {
  private let isJSON: Bool
  private let isShort: Bool
  private let colour: ColourOptions
  /// How messages are shown; nil: none are.
  private let messages: MessageOptions?

  init(_ json: JSONOption, _ quiet: QuietOption, _ colour: ColourOptions, _ messages: MessageOptions? = nil) {
    isJSON = json.json
    isShort = quiet.short
    self.colour = colour
    self.messages = messages
  }

  /// Whether standard output is for programs.
  private var isForPrograms: Bool { isJSON || messages?.jsonl == true }

  /// Title, text and steps.
  func tell(_ lesson: Lesson) {
    guard !isShort, !isForPrograms else { return }
    Terminal.talk(Ink.bold.paint("\(lesson.id) \(lesson.title)", colour.isTalkColoured) + "  (\(lesson.chapter), about \(lesson.minutes) minutes)")
    Terminal.talk(lesson.text)
    for variant in lesson.variants {
      if !variant.id.isEmpty { Terminal.talk("\(Ink.bold.paint(variant.title, colour.isTalkColoured)) (--run \(variant.id)). \(variant.text)") }
      let own = variant.id.isEmpty ? variant.steps : variant.steps.filter { !lesson.steps.contains($0) }
      for step in own {
        Terminal.talk("  \(Ink.blue.paint(step.command, colour.isTalkColoured))\(step.deeds.count > 1 ? "  (\(step.deeds.count) times)" : "")")
        if !step.text.isEmpty { Terminal.talk("    \(step.text)") }
      }
    }
    Terminal.talk("")
  }

  /// The messages of one run.
  func tell(_ leg: LessonRun.Leg, of run: LessonRun) {
    if isJSON { return }
    if let messages, messages.jsonl || messages.showsMessages {
      var printer = TracePrinter(messages, colour)
      return printer.show(leg.store)
    }
    guard !isShort else { return }
    for outcome in leg.outcomes { Terminal.say("=      \(outcome.line)") }
    for row in leg.rows(in: run.world, explain: explainAnything) {
      let fate = row.isLost ? "  (lost)" : ""
      Terminal.say("#\(Columns.padded("\(row.sequence)", 5))\(row.time)  \(Columns.padded("\(row.from) -> \(row.to)", 34))\(Columns.padded(row.dialect, 10))\(row.title)\(fate)")
    }
  }

  /// One message, field by field.
  func explain(_ sequence: UInt64, in leg: LessonRun.Leg, of run: LessonRun) throws {
    guard let event = leg.store.event(sequence), let info = leg.store.conversation(event.conversation)?.info else {
      throw ToolFailure(.usage, "this run has no message \(sequence)")
    }
    let times = leg.times(of: sequence, in: run.world)
    if let left = times.left, let arrived = times.arrived {
      Terminal.say("left at \((left - .simulationStart).offsetText), arrived at \((arrived - .simulationStart).offsetText)")
    }
    var transcript = Transcript([.heads, .explain, .time], from: .host(info.host), explain: explainAnything)
    for line in transcript.lines(for: event, in: info) { Terminal.say(line.description) }
  }

  func tell(questionsOf lesson: Lesson) {
    if isJSON { return Terminal.say(JSONText.object([("lesson", lesson.id)] + lesson.questions.map { ($0.id, $0.ask) })) }
    guard !isShort, !isForPrograms else { return }
    Terminal.talk("")
    for question in lesson.questions { for line in Self.lines(asking: question) { Terminal.talk(line) } }
    Terminal.talk("\nAnswer in a terminal, or by a file: --answers FILE with\n  lesson: \(lesson.id)\n  answers: {\(lesson.questions.first?.id ?? "question"): …}")
  }

  /// A question with what it takes for an answer.
  static func lines(asking question: LessonQuestion) -> [String] {
    let run = question.variant.isEmpty ? "" : " [run \(question.variant)]"
    var lines = ["\(question.id): \(question.ask)\(run)"]
    for (index, option) in question.options.enumerated() { lines.append("    \(index + 1)  \(option)") }
    return lines
  }

  /// One line for each verdict, and the score.
  func tell(_ score: LessonScore, _ lesson: Lesson) {
    if isForPrograms {
      Terminal.say(JSONText.object([("lesson", lesson.id), ("points", "\(score.points)"), ("possible", "\(score.possible)")] + score.verdicts.map { ($0.question, Self.word($0)) }))
      return
    }
    for (question, verdict) in zip(lesson.questions, score.verdicts) where !isShort {
      let ink = verdict.isRight ? Ink.green : Ink.red
      Terminal.say("\(ink.paint(verdict.isRight ? "right" : "wrong", colour.isColoured))  \(question.id)\(Self.advice(verdict, question))")
    }
    Terminal.say("\(lesson.id): \(score.points) of \(score.possible) points")
  }

  private static func word(_ verdict: LessonVerdict) -> String {
    switch verdict.outcome {
    case .right: "right"
    case .wrong: "wrong"
    case .unanswered: "unanswered"
    case .unreadable: "unreadable"
    }
  }

  /// What to read, never what it says.
  private static func advice(_ verdict: LessonVerdict, _ question: LessonQuestion) -> String {
    guard !verdict.isRight else { return "" }
    var advice = ""
    switch verdict.outcome {
    case .unanswered: advice = ": not answered"
    case .unreadable(let form): advice = ": expected \(form)"
    case .wrong, .right: break
    }
    let run = question.variant.isEmpty ? "" : " --run \(question.variant)"
    if let first = verdict.messages.first {
      advice += "; read message\(verdict.messages.count == 1 ? "" : "s") \(verdict.messages.map { "#\($0)" }.joined(separator: ", ")) (--show \(first)\(run))"
    }
    return advice + (verdict.hint.isEmpty ? "" : ". \(verdict.hint)")
  }
}

/// Judging as the commands do it.
enum LessonVerdicts {
  /// Prints the verdicts; returns whether all is right.
  static func tell(_ run: LessonRun, _ answers: [String: String], _ printing: LessonPrinting) throws -> Bool {
    let score: LessonScore
    do { score = try run.score(answers) } catch { throw ToolFailure(.usage, "\(error)") }
    printing.tell(score, run.lesson)
    return score.verdicts.allSatisfy(\.isRight)
  }

  static func judge(_ run: LessonRun, _ answers: [String: String], _ printing: LessonPrinting) throws {
    if try !tell(run, answers, printing) { throw ToolFailure(.refused) }
  }
}

/// Texts in columns.
enum Columns {
  static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
}
