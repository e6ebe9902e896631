// `netstead lab lesson`, `check`, `key`, `report`, `grade`: lessons carried out, asked about, judged, handed in, judged again.
// Not here: lessons themselves (Lab/Lessons), how their runs are printed (LessonPrinting.swift), where answers are kept (LessonNotebook.swift).
import ArgumentParser
import Bytes
import Lab
import Settings
import Trace

/// Which lesson, for whom, under which course's key.
struct LessonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Whose lesson it is; the values in it follow from the name.", valueName: "name"))
  var learner: String?

  @Option(help: ArgumentHelp("A file with the course's key; without one everybody can work the answers out.", valueName: "file"))
  var course: String?

  @Option(help: ArgumentHelp("A lesson's own file instead of a built-in one.", valueName: "file"))
  var from: String?

  @Option(help: ArgumentHelp("The world's file; the built-in world when not given.", valueName: "file"))
  var world: String?

  /// Longest name. Unit: bytes.
  private static var nameBytesMax: Int { 200 }

  func name() throws -> String {
    let name = learner ?? Terminal.environment("NETSTEAD_LEARNER") ?? Terminal.environment("USER") ?? "learner"
    guard !name.isEmpty, name.utf8.count <= Self.nameBytesMax else { throw ToolFailure(.usage, "expected a learner's name of at most \(Self.nameBytesMax) bytes") }
    return name
  }

  func key() throws -> CourseKey {
    if let course {
      guard let text = OutputFile.read(course) else { throw ToolFailure(.usage, "\(course) cannot be read") }
      let key = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      guard key.utf8.count >= 16 else { throw ToolFailure(.usage, "expected a key of at least 16 characters on the first line of \(course)") }
      return CourseKey(key)
    }
    return Terminal.environment("NETSTEAD_COURSE_KEY").map { CourseKey($0) } ?? .open
  }

  /// The lesson's file: the one named by `--from`, or the built-in one of this name.
  func file(_ id: String?) throws -> LessonFile {
    do throws(SettingsProblems) {
      if let from {
        guard let text = OutputFile.read(from) else { throw SettingsProblems([SettingsProblem(file: from, place: Place(line: 1, column: 1), sentence: "cannot be read")]) }
        return try LessonFile(file: from, text: text)
      }
      if let id, let file = try BuiltInLessons.file(id) { return file }
    } catch { throw ToolFailure(.usage, "\(error)") }
    let near = id.flatMap { NearestWord.of($0.uppercased(), among: BuiltInLessons.texts.map(\.id)) }
    throw ToolFailure(.usage, "there is no lesson `\(id ?? "")`" + (near.map { "; did you mean \($0)?" } ?? "; `netstead lab lesson` lists them"))
  }

  func worldDescription() throws -> WorldDescription { try Self.worldDescription(world) }

  /// The world of a file; nil: the built-in one.
  static func worldDescription(_ world: String?) throws -> WorldDescription {
    do {
      guard let world else { return try WorldDescription(file: DefaultWorld.name, text: DefaultWorld.text) }
      guard let text = SystemFile.text(world, bytesMax: SettingsLimits().bytesMax) else { throw ToolFailure(.usage, "\(world) cannot be read") }
      return try WorldDescription(file: world, text: text)
    } catch let failure as ToolFailure { throw failure } catch { throw ToolFailure(.usage, "\(error)") }
  }

  /// The lesson drawn for its learner, not yet run.
  func lesson(_ file: LessonFile) throws -> (lesson: Lesson, seed: LessonSeed) {
    let seed = LessonSeed(try key(), learner: try name(), lesson: file.id, version: file.version)
    do { return (try file.lesson(for: seed), seed) } catch { throw ToolFailure(.usage, "\(error)") }
  }

  func run(_ file: LessonFile) throws -> LessonRun {
    let (lesson, seed) = try lesson(file)
    do { return try LessonRun(lesson, seed: seed, in: try worldDescription()) } catch { throw ToolFailure(.usage, "\(error)") }
  }
}

extension LabCommand {
  struct LessonTask: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "lesson", abstract: "List the lessons, or carry one out and be asked about it.",
      discussion: """
        A lesson runs in virtual time, with values drawn for its learner. Every answer can be read in the messages it prints.
        What is answered is kept; `netstead lab check` judges it, and so does the end of the questions.

        Examples:
          netstead lab lesson
          netstead lab lesson H2
          netstead lab lesson H2 --show 12
          netstead lab lesson H2 --learner ada --answers ada.yaml
        """)

    @Argument(help: "The lesson's name; all are listed without one.")
    var id: String?

    @OptionGroup var options: LessonOptions

    @Option(help: ArgumentHelp("Take the answers from this file, and ask nothing.", valueName: "file"))
    var answers: String?

    @Option(name: .customLong("run"), help: ArgumentHelp("Show the messages of this fault or guard instead of the lesson's own.", valueName: "name"))
    var variant: String?

    @Option(help: ArgumentHelp("Explain one message, by its number.", valueName: "number"))
    var show: UInt64?

    @Flag(name: .customLong("print"), help: "Print the lesson's file and stop.")
    var printsFile = false

    @Flag(name: .customLong("no-input"), help: "Never ask.")
    var noInput = false

    @OptionGroup(title: "Output") var json: JSONOption
    @OptionGroup(title: "Output") var messages: MessageOptions
    @OptionGroup(title: "Output") var quiet: QuietOption
    @OptionGroup(title: "Output") var colour: ColourOptions

    mutating func validate() throws { try messages.validate(beside: json) }

    func run() throws {
      guard id != nil || options.from != nil else { return try list() }
      let file = try options.file(id)
      if printsFile { return Terminal.say(file.text) }
      let (lesson, _) = try options.lesson(file)
      let printing = LessonPrinting(json, quiet, colour, messages)
      let notebook = LessonNotebook(learner: try options.name())
      var kept = answers == nil ? notebook.answers(to: lesson).byQuestion : [:]
      let asks = answers == nil && show == nil && !noInput && Terminal.isInputWatched
      if show == nil { printing.tell(lesson) }
      // What is to be predicted is asked before anything can be seen.
      if asks { try ask(lesson.questions.filter { $0.kind == .predict }, &kept, lesson, notebook) }
      let run = try options.run(file)
      guard let leg = run.leg(variant ?? "") else {
        throw ToolFailure(.usage, "this lesson has no run `\(variant ?? "")`; it has \(run.legs.map(\.variant.name).joined(separator: ", "))")
      }
      if let show { return try printing.explain(show, in: leg, of: run) }
      printing.tell(leg, of: run)
      if let path = messages.pcap { try OutputFile.capture(leg.store, to: path) }
      if let answers { kept = try LessonNotebook.read(answers, for: lesson).byQuestion }
      if asks { try ask(lesson.questions.filter { $0.kind != .predict }, &kept, lesson, notebook) }
      guard asks || answers != nil else {
        printing.tell(questionsOf: lesson)
        return
      }
      try LessonVerdicts.judge(run, kept, printing)
    }

    private func list() throws {
      for entry in BuiltInLessons.texts {
        let file: LessonFile
        do { file = try LessonFile(file: "lesson \(entry.id)", text: entry.text) } catch { throw ToolFailure(.usage, "\(error)") }
        if json.json || messages.jsonl {
          Terminal.say(JSONText.object([("id", file.id), ("title", file.title), ("chapter", file.chapter), ("version", "\(file.version)")]))
        } else {
          Terminal.say(Columns.padded(file.id, 5) + Columns.padded(file.chapter, 9) + file.title)
        }
      }
    }

    private func ask(_ questions: [LessonQuestion], _ kept: inout [String: String], _ lesson: Lesson, _ notebook: LessonNotebook) throws {
      for question in questions {
        Terminal.talk("")
        for line in LessonPrinting.lines(asking: question) { Terminal.talk(line) }
        if let before = kept[question.id] { Terminal.talk("  (before: \(before); Enter keeps it)") }
        guard let line = readLine() else { break }
        if !line.isEmpty { kept[question.id] = line }
      }
      let known = kept
      try notebook.keep(LessonAnswers(lesson: lesson.id, learner: try options.name(), answers: lesson.questions.compactMap { question in known[question.id].map { (question.id, $0) } }))
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Judge the answers to lessons.",
      discussion: """
        A wrong answer is told which message to read, never what it says. The exit code is 1 while something is wrong or not answered.

        Examples:
          netstead lab check
          netstead lab check H2 --answers ada.yaml
        """)

    @Argument(help: "The lessons; every one that was answered when none is named.")
    var ids: [String] = []

    @OptionGroup var options: LessonOptions

    @Option(help: ArgumentHelp("Take the answers from this file.", valueName: "file"))
    var answers: String?

    @OptionGroup(title: "Output") var json: JSONOption
    @OptionGroup(title: "Output") var quiet: QuietOption
    @OptionGroup(title: "Output") var colour: ColourOptions

    func run() throws {
      let notebook = LessonNotebook(learner: try options.name())
      let printing = LessonPrinting(json, quiet, colour)
      var chosen = ids
      if chosen.isEmpty, options.from == nil {
        chosen = answers == nil ? BuiltInLessons.texts.map(\.id).filter { notebook.isKept($0) } : [try LessonNotebook.read(answers ?? "").lesson]
      }
      if chosen.isEmpty, options.from == nil { throw ToolFailure(.refused, "nothing was answered yet: begin with `netstead lab lesson`") }
      var isAllRight = true
      for id in options.from == nil ? chosen.map(Optional.some) : [nil] {
        let run = try options.run(try options.file(id))
        let given = try answers.map { try LessonNotebook.read($0, for: run.lesson) } ?? notebook.answers(to: run.lesson)
        isAllRight = try LessonVerdicts.tell(run, given.byQuestion, printing) && isAllRight
      }
      if !isAllRight { throw ToolFailure(.refused) }
    }
  }

  struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "key", abstract: "Show a learner's right answers: for the teacher, who has the course's key.",
      discussion: """
        Examples:
          netstead lab key H2 --learner ada --course course.key
          netstead lab key H2 --learner ada --json
        """)

    @Argument(help: "The lesson's name.")
    var id: String?

    @OptionGroup var options: LessonOptions
    @OptionGroup(title: "Output") var json: JSONOption
    @OptionGroup(title: "Output") var quiet: QuietOption

    func run() throws {
      let run = try options.run(try options.file(id))
      let keys: [LessonKey]
      do { keys = try run.keys() } catch { throw ToolFailure(.usage, "\(error)") }
      if json.json { return Terminal.say(JSONText.object(keys.map { ($0.question, $0.value.description) })) }
      for (question, key) in zip(run.lesson.questions, keys) {
        Terminal.say("\(Columns.padded(key.question, 12))\(key.value.description)")
        if !quiet.short { Terminal.say("            \(question.ask)\(key.messages.isEmpty ? "" : " (message \(key.messages.prefix(5).map(String.init).joined(separator: ", ")))")") }
      }
    }
  }

  struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "report", abstract: "Write what is handed in: a page to read, and a file to grade.",
      discussion: """
        Examples:
          netstead lab report H2
          netstead lab report H2 --learner ada --answers ada.yaml --out ada-H2
        """)

    @Argument(help: "The lesson's name.")
    var id: String?

    @OptionGroup var options: LessonOptions

    @Option(help: ArgumentHelp("Take the answers from this file.", valueName: "file"))
    var answers: String?

    @Option(help: ArgumentHelp("Where to write: NAME.html and NAME.json.", valueName: "name"))
    var out: String?

    @OptionGroup(title: "Output") var quiet: QuietOption

    func run() throws {
      let file = try options.file(id)
      let run = try options.run(file)
      let given = try answers.map { try LessonNotebook.read($0, for: run.lesson) } ?? LessonNotebook(learner: try options.name()).answers(to: run.lesson)
      let report: LessonReport
      let score: LessonScore
      do {
        report = try LessonReport(of: run, file: file, learner: try options.name(), course: try options.key(), answers: given.byQuestion, program: Netstead.versionText)
        score = try run.score(given.byQuestion)
      } catch let failure as ToolFailure { throw failure } catch { throw ToolFailure(.usage, "\(error)") }
      let name = out ?? "netstead-\(file.id)"
      let page = LessonReportPage(report, run, score, explain: explainAnything).html
      guard OutputFile.write(report.json.array, to: name + ".json"), OutputFile.write(Array(page.utf8), to: name + ".html") else {
        throw ToolFailure(.usage, "\(name).json and \(name).html cannot be written")
      }
      if !quiet.short { Terminal.talk("\(name).html and \(name).json: \(report.points) of \(report.possible) points") }
    }
  }

  struct Grade: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "grade", abstract: "Run what was handed in again, and work the scores out anew.",
      discussion: """
        The learner's machine is not trusted: only name and answers are taken from a report. The exit code is 1 when something does not fit.

        Examples:
          netstead lab grade *.json --course course.key
          netstead lab grade ada-H2.json --json
        """)

    @Argument(help: "The reports, as JSON.")
    var reports: [String]

    @OptionGroup var options: LessonOptions
    @OptionGroup(title: "Output") var json: JSONOption

    func run() throws {
      var isAllGood = true
      let (world, course) = (try options.worldDescription(), try options.key())
      for path in reports {
        guard let text = OutputFile.read(path) else { throw ToolFailure(.usage, "\(path) cannot be read") }
        let audit: LessonAudit
        do {
          let report = try LessonReport(file: path, text: text)
          audit = try LessonAudit(of: report, file: try options.file(report.lesson), course: course, in: world)
        } catch let failure as ToolFailure { throw failure } catch { throw ToolFailure(.usage, "\(error)") }
        isAllGood = isAllGood && audit.objections.isEmpty
        if json.json {
          Terminal.say(
            JSONText.object([
              ("file", path), ("learner", audit.report.learner), ("lesson", audit.report.lesson), ("points", "\(audit.score.points)"),
              ("possible", "\(audit.score.possible)"), ("objections", audit.objections.joined(separator: "; ")),
            ]))
        } else {
          Terminal.say("\(Columns.padded(audit.report.learner, 20)) \(Columns.padded(audit.report.lesson, 5)) \(audit.score.points) of \(audit.score.possible)")
          for objection in audit.objections { Terminal.say("  ! \(objection)") }
        }
      }
      if !isAllGood { throw ToolFailure(.refused) }
    }
  }
}
