// The built-in lessons as the console shows them. Not here: the pages (Console), the lessons (Lab).
import Console
import Lab
import Trace
import World

/// Fills the console's lessons.
enum LabLessons {
  /// Rows of one ladder. Past it: the oldest are left out.
  private static var rowsMax: Int { 120 }

  /// Lessons stand in the built-in world, whatever world is running; nil: it cannot be read.
  static func lessons() -> ConsoleLessons? {
    guard let world = try? WorldDescription(file: DefaultWorld.name, text: DefaultWorld.text) else { return nil }
    let course = Terminal.environment("NETSTEAD_COURSE_KEY").map { CourseKey($0) } ?? .open
    let cabinet = LessonCabinet(world: world, course: course)
    let list = BuiltInLessons.texts.compactMap { entry -> ConsoleLessons.Listed? in
      guard let file = try? BuiltInLessons.file(entry.id) else { return nil }
      return ConsoleLessons.Listed(id: file.id, title: file.title, chapter: file.chapter)
    }
    return ConsoleLessons(
      list: list, learner: Terminal.environment("NETSTEAD_LEARNER") ?? Terminal.environment("USER") ?? "learner",
      view: { id, learner, run in cabinet.run(id, for: learner).flatMap { view(of: $0, run) } },
      judge: { id, learner, answers in
        guard let run = cabinet.run(id, for: learner), let score = try? run.score(answers) else { return [] }
        return score.verdicts.map { verdict(of: $0) }
      },
      aside: { work in await Signals.offLoop(work) })
  }

  private static func view(of run: LessonRun, _ variant: String) -> ConsoleLessons.View? {
    guard let leg = run.leg(variant) else { return nil }
    let lesson = run.lesson
    return ConsoleLessons.View(
      id: lesson.id, title: lesson.title, text: lesson.text,
      runs: lesson.variants.map { variant in
        let own = variant.id.isEmpty ? variant.steps : variant.steps.filter { !lesson.steps.contains($0) }
        return ConsoleLessons.Run(id: variant.id, title: variant.title, text: variant.text, steps: own.map { ($0.command, $0.text) })
      },
      questions: lesson.questions.map { question in
        ConsoleLessons.Question(id: question.id, ask: question.ask, options: question.options, run: question.variant, isPrediction: question.kind == .predict)
      },
      trace: leg.store, ladder: leg.ladder(in: run.world, explain: explainAnything, rowsMax: rowsMax),
      outcomes: leg.outcomes.map(\.line))
  }

  private static func verdict(of verdict: LessonVerdict) -> ConsoleLessons.Verdict {
    let outcome: ConsoleLessons.Verdict.Outcome
    var remark = verdict.hint
    switch verdict.outcome {
    case .right: outcome = .right
    case .unanswered: outcome = .unanswered
    case .wrong: outcome = .wrong
    case .unreadable(let form): (outcome, remark) = (.wrong, "Expected \(form). " + remark)
    }
    return ConsoleLessons.Verdict(question: verdict.question, outcome: outcome, messages: verdict.messages, remark: remark)
  }
}
