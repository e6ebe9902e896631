// The list of lessons, and one lesson: its steps, the ladder of its run, its questions with links from a wrong answer to the message to read.
// Forms are sent by GET: the answers stand in the address, nothing is stored. Not here: what is asked and judged (ConsoleLessons).
import HTTP
import Trace
import World

/// `/lessons`
struct LessonsPage: Sendable {
  let frame: Frame
  let lessons: ConsoleLessons

  var page: Page {
    let learner = lessons.learner(frame.request)
    let rows = lessons.list.map { lesson -> HTML in
      let place = LessonPlace(id: lesson.id, title: lesson.title, learner: learner, run: "")
      return "<tr><th scope=\"row\"><a href=\"\(place.path)\">\(lesson.id)</a></th><td>\(lesson.title)</td><td>\(lesson.chapter)</td></tr>\n"
    }
    return frame.page(
      "Lessons", place: .lessons,
      """
      <div class="title"><div><h1>Lessons</h1><p class="lead">Each runs in virtual time, with values drawn for its learner, and asks about its own trace.</p></div></div>
      <form class="filter" action="/lessons"><label>Learner <input type="text" name="learner" value="\(learner)" maxlength="\(ConsoleLessons.learnerBytesMax)"></label><button type="submit">Draw</button></form>
      <section class="card flush"><table class="list"><caption class="visually-hidden">Lessons</caption><thead><tr><th scope="col">Name</th><th scope="col">Title</th><th scope="col">Chapter</th></tr></thead><tbody>
      \(rows)</tbody></table></section>
      """)
  }
}

/// `/lesson/ID`
struct LessonPage: Sendable {
  let frame: Frame
  private let view: ConsoleLessons.View
  private let lessons: ConsoleLessons
  private let place: LessonPlace

  init?(_ frame: Frame, _ lessons: ConsoleLessons, id: String) {
    let learner = lessons.learner(frame.request)
    let run = frame.request.value("run")
    guard let view = lessons.view(id, learner, run) else { return nil }
    self.frame = frame
    self.lessons = lessons
    self.view = view
    place = LessonPlace(id: view.id, title: view.title, learner: learner, run: run)
  }

  /// What an answer's name begins with in the address, so that it is none of the page's own.
  private static var answerPrefix: String { "a-" }

  private var answers: [String: String] {
    var answers: [String: String] = [:]
    for question in view.questions {
      let text = frame.request.value(Self.answerPrefix + question.id)
      if !text.isEmpty { answers[question.id] = text }
    }
    return answers
  }

  /// Whether the run may be seen: all that is to be predicted has been.
  private var isOpen: Bool { !view.questions.contains { $0.isPrediction && answers[$0.id] == nil } || frame.request.value("seen") == "1" }

  var page: Page {
    let given = answers
    let verdicts = given.isEmpty ? [] : lessons.judge(view.id, place.learner, given)
    let score: HTML = verdicts.isEmpty ? "" : "<p class=\"banner\"><strong>\(verdicts.count { $0.outcome == .right })</strong> of \(view.questions.count) answers are right.</p>"
    return frame.page(
      "\(view.id) \(view.title)", place: .lessons,
      """
      <nav class="crumbs" aria-label="Path"><a href="/lessons?learner=\(PercentText.encoded(place.learner))" data-up>Lessons</a> <span aria-hidden="true">/</span> <span>\(view.id)</span></nav>
      <div class="title"><div><h1>\(view.id) \(view.title)</h1><p class="lead">For \(place.learner)</p></div></div>
      <section class="card"><h2>What it is about</h2><p>\(view.text)</p></section>
      \(runs)
      \(isOpen ? ladder : "")
      \(score)
      \(form(given, verdicts))
      """)
  }

  private var runs: HTML {
    let cards = view.runs.map { run -> HTML in
      let steps = run.steps.map { "<li><code>\($0.command)</code>\($0.text.isEmpty ? "" : "<p class=\"muted\">\($0.text)</p>")</li>\n" as HTML }
      let other = LessonPlace(id: place.id, title: place.title, learner: place.learner, run: run.id)
      let isShown = run.id == place.run
      let link: HTML = isShown ? "<span class=\"small muted\">shown below</span>" : "<a class=\"button quiet\" href=\"\(other.path)&amp;seen=1\">Show this run</a>"
      let about: HTML = run.text.isEmpty ? "" : "<p>\(run.text)</p>"
      return "<section class=\"card\"><div class=\"cardhead\"><h2>\(run.id.isEmpty ? "Steps" : run.title)</h2>\(link)</div>\(about)<ol>\n\(steps)</ol></section>\n"
    }
    return cards.reduce(into: "" as HTML) { $0 += $1 }
  }

  private var ladder: HTML {
    guard !view.ladder.rows.isEmpty else { return "" }
    let drawing = HTML(markup: view.ladder.svg(title: "The messages of this run") { place.message($0) })
    let outcomes = view.outcomes.map { "<li><code>\($0)</code></li>\n" as HTML }
    let came: HTML = view.outcomes.isEmpty ? "" : "<section class=\"card\"><h2>What came of the steps</h2><ol>\n\(outcomes)</ol></section>\n"
    return "\(came)<section class=\"card\" aria-labelledby=\"ladder-title\"><h2 id=\"ladder-title\">Ladder</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Ladder diagram\">\(drawing)</div></section>"
  }

  // MARK: Questions

  private func form(_ given: [String: String], _ verdicts: [ConsoleLessons.Verdict]) -> HTML {
    let shown = isOpen ? view.questions : view.questions.filter(\.isPrediction)
    let items = shown.map { question in item(question, given[question.id] ?? "", verdicts.first { $0.question == question.id }) }
    let kept: HTML = place.run.isEmpty ? "" : "<input type=\"hidden\" name=\"run\" value=\"\(place.run)\">"
    return """
      <section class="card"><h2>\(isOpen ? "Questions" : "Before the run")</h2>
      <form class="answers" action="/lesson/\(PercentText.encoded(view.id))"><input type="hidden" name="learner" value="\(place.learner)">\(kept)\(isOpen ? "<input type=\"hidden\" name=\"seen\" value=\"1\">" : "")
      <ol>
      \(items)</ol>
      <button type="submit">\(isOpen ? "Check" : "Predict, and show the run")</button>\(isOpen ? "" : " <a href=\"\(place.path)&amp;seen=1\">Show it without</a>")
      </form></section>
      """
  }

  private func item(_ question: ConsoleLessons.Question, _ answer: String, _ verdict: ConsoleLessons.Verdict?) -> HTML {
    let name = Self.answerPrefix + question.id
    let input: HTML
    if question.options.isEmpty {
      input = "<input type=\"text\" name=\"\(name)\" value=\"\(answer)\" maxlength=\"400\" autocomplete=\"off\">"
    } else {
      let options = question.options.map { option -> HTML in
        let chosen: HTML = option == answer ? " selected" : ""
        return "<option value=\"\(option)\"\(chosen)>\(option)</option>"
      }
      input = "<select name=\"\(name)\"><option value=\"\">choose</option>\(options)</select>"
    }
    return "<li id=\"\(question.id)\"><label>\(question.ask) \(input)</label>\(about(verdict, question))</li>\n"
  }

  /// What became of an answer, and what to read.
  private func about(_ verdict: ConsoleLessons.Verdict?, _ question: ConsoleLessons.Question) -> HTML {
    guard let verdict else { return "" }
    switch verdict.outcome {
    case .right: return "<p class=\"state open\">right</p>"
    case .unanswered: return "<p class=\"state quiet\">not answered yet</p>"
    case .wrong:
      let target = LessonPlace(id: place.id, title: place.title, learner: place.learner, run: question.run)
      let links = verdict.messages.map { "<a href=\"\(target.message($0))\">message \($0)</a> " as HTML }
      let read: HTML = links.isEmpty ? "" : " Read \(links)"
      return "<p class=\"state problem\">wrong</p><p>\(verdict.remark)\(read)</p>"
    }
  }
}
