// A report as one page of HTML that needs nothing else: score, answers, verdicts, and the ladder of each run.
// Not here: the JSON that graders read (LessonReport). What is shown is escaped; the only markup is ours and the ladder's.
package import Trace
import World

/// Makes the page.
package struct LessonReportPage {
  private let report: LessonReport
  private let run: LessonRun
  private let score: LessonScore
  private let explain: ExplainMessage

  package init(_ report: LessonReport, _ run: LessonRun, _ score: LessonScore, explain: @escaping ExplainMessage) {
    self.report = report
    self.run = run
    self.score = score
    self.explain = explain
  }

  /// Rows of one ladder. Past it: the oldest are left out.
  private static var rowsMax: Int { 80 }

  package var html: String {
    ReportDocument.html(
      title: "\(run.lesson.id) \(run.lesson.title): \(report.learner)",
      """
      <h1>\(escaped(run.lesson.id)) \(escaped(run.lesson.title))</h1>
      <p><strong>\(escaped(report.learner))</strong>: \(score.points) of \(score.possible) points.</p>
      <table><caption>Answers</caption><thead><tr><th scope="col">Question</th><th scope="col">Answer</th><th scope="col">Verdict</th></tr></thead><tbody>
      \(rows)</tbody></table>
      <h2>How it was made</h2>
      <table><caption>Versions, seed and hashes</caption><tbody>
      \(facts)</tbody></table>
      \(ladders)
      """)
  }

  private var rows: String {
    let answers = report.answersByQuestion
    return zip(run.lesson.questions, score.verdicts).map { question, verdict in
      let word: String =
        switch verdict.outcome {
        case .right: "right, \(verdict.points) of \(verdict.points)"
        case .wrong, .unreadable: "wrong, 0 of \(verdict.points)"
        case .unanswered: "not answered, 0 of \(verdict.points)"
        }
      let name = verdict.isRight ? "right" : "wrong"
      return "<tr><th scope=\"row\">\(escaped(question.ask))</th><td>\(escaped(answers[question.id] ?? ""))</td><td class=\"\(name)\">\(word)</td></tr>\n"
    }.joined()
  }

  private var facts: String {
    let drawn = report.draws.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    return ReportDocument.rows([
      ("Lesson", "\(report.lesson), version \(report.lessonVersion)"), ("Program", report.program), ("Course", report.course), ("Seed", report.seed),
      ("Drawn", drawn), ("Trace", report.trace), ("Seal", report.seal),
    ])
  }

  private var ladders: String {
    run.legs.map { leg in
      let ladder = leg.ladder(in: run.world, explain: explain, rowsMax: Self.rowsMax)
      guard !ladder.rows.isEmpty else { return "" }
      let drawing = ladder.svg(title: leg.variant.title) { _ in "#" }
      return "<h2>\(escaped(leg.variant.title))</h2>\n<div class=\"scroll\">\(drawing)</div>\n"
    }.joined()
  }

  private func escaped(_ text: String) -> String { Markup.escaped(text) }
}
