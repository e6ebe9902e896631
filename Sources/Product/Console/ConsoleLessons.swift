// Lessons as the console shows them: plain values and closures that the lab fills, since the console knows no lab.
// Answers travel in the address, so that the console still only shows, and works without scripts. Read next: Pages/LessonPages.swift.
import HTTP
package import Trace

/// The lessons there are, and what they come to for a learner.
package struct ConsoleLessons: Sendable {
  package var list: [Listed]
  /// Whose lessons are shown when the address names nobody.
  package var learner: String
  /// One run of one lesson for one learner; nil: there is none. `run` is empty for the lesson itself.
  package var view: @Sendable (_ id: String, _ learner: String, _ run: String) -> View?
  /// The verdicts on answers, by question.
  package var judge: @Sendable (_ id: String, _ learner: String, _ answers: [String: String]) -> [Verdict]
  /// Makes a page away from the connection's loop: carrying a lesson out takes a while.
  package var aside: @Sendable (_ work: @escaping @Sendable () -> Page) async -> Page

  package init(
    list: [Listed], learner: String, view: @escaping @Sendable (String, String, String) -> View?,
    judge: @escaping @Sendable (String, String, [String: String]) -> [Verdict],
    aside: @escaping @Sendable (@escaping @Sendable () -> Page) async -> Page
  ) {
    self.list = list
    self.learner = learner
    self.view = view
    self.judge = judge
    self.aside = aside
  }

  /// A lesson in the list.
  package struct Listed: Sendable, Hashable {
    package var id: String
    package var title: String
    package var chapter: String

    package init(id: String, title: String, chapter: String) {
      self.id = id
      self.title = title
      self.chapter = chapter
    }
  }

  /// One run of a lesson.
  package struct View: Sendable {
    package var id: String
    package var title: String
    package var text: String
    package var runs: [Run]
    package var questions: [Question]
    /// The trace of the run that is shown.
    package var trace: TraceStore
    package var ladder: Ladder
    /// What came of the steps, a line each.
    package var outcomes: [String]

    package init(id: String, title: String, text: String, runs: [Run], questions: [Question], trace: TraceStore, ladder: Ladder, outcomes: [String] = []) {
      self.id = id
      self.title = title
      self.text = text
      self.runs = runs
      self.questions = questions
      self.trace = trace
      self.ladder = ladder
      self.outcomes = outcomes
    }
  }

  /// The lesson itself, a fault or a guard.
  package struct Run: Sendable {
    package var id: String
    package var title: String
    package var text: String
    package var steps: [(command: String, text: String)]

    package init(id: String, title: String, text: String, steps: [(command: String, text: String)]) {
      self.id = id
      self.title = title
      self.text = text
      self.steps = steps
    }
  }

  /// A question.
  package struct Question: Sendable {
    package var id: String
    package var ask: String
    package var options: [String]
    /// The run it is about; empty: the lesson itself.
    package var run: String
    /// It is asked before anything can be seen.
    package var isPrediction: Bool

    package init(id: String, ask: String, options: [String], run: String, isPrediction: Bool) {
      self.id = id
      self.ask = ask
      self.options = options
      self.run = run
      self.isPrediction = isPrediction
    }
  }

  /// A verdict on one answer.
  package struct Verdict: Sendable {
    package enum Outcome: Sendable { case right, wrong, unanswered }
    package var question: String
    package var outcome: Outcome
    /// The messages to read.
    package var messages: [UInt64]
    /// What form an answer has, or where else to look; empty: nothing more to say.
    package var remark: String

    package init(question: String, outcome: Outcome, messages: [UInt64], remark: String) {
      self.question = question
      self.outcome = outcome
      self.messages = messages
      self.remark = remark
    }
  }

  /// Longest learner's name. Unit: bytes. Past it: the default learner is meant.
  static var learnerBytesMax: Int { 100 }

  /// The learner a request is for.
  func learner(_ request: ConsoleRequest) -> String {
    let name = request.value("learner")
    return name.isEmpty || name.utf8.count > Self.learnerBytesMax ? learner : name
  }
}

/// Where a message page stands when it is part of a lesson: its links stay inside.
struct LessonPlace: Sendable {
  var id: String
  var title: String
  var learner: String
  var run: String

  /// The query that keeps learner and run.
  var query: String { "?learner=\(PercentText.encoded(learner))" + (run.isEmpty ? "" : "&run=\(PercentText.encoded(run))") }
  var path: String { "/lesson/\(PercentText.encoded(id))\(query)" }
  func message(_ sequence: UInt64) -> String { "/lesson/\(PercentText.encoded(id))/message/\(sequence)\(query)" }
}
