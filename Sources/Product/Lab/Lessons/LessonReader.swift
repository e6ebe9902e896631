// The YAML form of a lesson: read once for what is drawn, then again with the drawn values in their places, so that every error has the place
// in the file it was written at. Not here: the values (Lesson), the built-in lessons' texts (BuiltIn/).
import Host
package import Settings
import World

/// A lesson's file, read but not drawn.
package struct LessonFile: Sendable {
  package let id: String
  package let version: Int
  package let title: String
  package let chapter: String
  /// What it came from, for reports and `--print`.
  package let text: String
  let document: SettingsDocument
  private let draws: [(name: String, draw: LessonDraw)]

  /// Reads the YAML `text` of `file`.
  package init(file: String, text: String) throws(SettingsProblems) {
    let document = try SettingsDocument(file: file, text: text)
    self.document = document
    self.text = text
    let head = try document.read { reader in
      _ = reader.value("schema", .integer(1...1), default: 1)
      let head = (
        id: reader.required("id", .lessonName), version: reader.value("version", .integer(1...1_000_000), default: 1),
        title: reader.required("title", .text), chapter: reader.value("chapter", .text, default: "Lessons"),
        draws: reader.mapping("world") { LessonReader.draws($0) } ?? [])
      for key in LessonReader.otherKeys { _ = reader.item(key) }
      return head
    }
    (id, version, title, chapter, draws) = (head.id, head.version, head.title, head.chapter, head.draws)
    // What a learner's seed may find wrong is found here, by a seed of nobody's.
    _ = try lesson(for: LessonSeed(.open, learner: "", lesson: id, version: version))
  }

  /// What one seed draws.
  package func values(for seed: LessonSeed) -> [DrawnValue] {
    draws.map { name, draw in
      var random = seed.random(for: "draw \(name)")
      return DrawnValue(name: name, value: draw.value(using: &random))
    }
  }

  /// The lesson with the values of one seed.
  package func lesson(for seed: LessonSeed) throws(SettingsProblems) -> Lesson {
    let values = values(for: seed)
    let texts = DrawnTexts(values)
    let filled = document.replacingTexts { texts.filled($0) }
    return try filled.read { LessonReader(values, of: document.file).read($0) }
  }
}

/// Reads one lesson. Kept only while reading.
private final class LessonReader {
  private let draws: [DrawnValue]
  private let file: String
  private let limits = LessonLimits()

  init(_ draws: [DrawnValue], of file: String) {
    self.draws = draws
    self.file = file
  }

  /// The keys of a lesson that stand for themselves until its values are drawn.
  static let otherKeys = ["text", "minutes", "mode", "steps", "faults", "guards", "questions"]

  /// The values to draw, from the mapping under `world`.
  static func draws(_ reader: SettingsReader) -> [(name: String, draw: LessonDraw)] {
    for key in ["hosts", "files", "records", "zones", "ttl", "links", "members", "clips", "rooms", "mail", "torrents", "more"] { _ = reader.item(key) }
    let entries = reader.entries("draw")
    if entries.count > LessonLimits().itemsMax { reader.problem(at: "draw", "expected at most \(LessonLimits().itemsMax) drawn values") }
    return entries.compactMap { entry in
      if entry.name.wholeMatch(of: /[a-z][A-Za-z0-9]{0,30}/) == nil {
        entry.value.problem(at: entry.place, "expected a name of letters and digits that begins with a small letter, found `\(entry.name)`")
      }
      guard entry.value.shape == .list else { return entry.value.value(LessonDraw.form).map { (entry.name, $0) } }
      let texts = entry.value.list().compactMap { $0.value(.text) }
      if texts.isEmpty { entry.value.problem("expected at least one text to choose from") }
      return (entry.name, .choice(texts))
    }
  }

  func read(_ reader: SettingsReader) -> Lesson {
    _ = reader.item("schema")
    let hosts = Box<[String]>([])
    let changes = reader.mapping("world") { world in
      hosts.value = world.list("hosts", .text)
      _ = world.item("draw")
      if hosts.value.isEmpty { world.problem(at: "hosts", "expected the names of the hosts the lesson takes") }
      return change(world, hosts: hosts.value)
    }
    if changes == nil { reader.problem(at: "world", "expected key `world` with the hosts the lesson takes") }
    var lesson = Lesson(
      id: reader.required("id", .lessonName), version: reader.value("version", .integer(1...1_000_000), default: 1),
      title: reader.required("title", .text), chapter: reader.value("chapter", .text, default: "Lessons"), text: reader.required("text", .text),
      minutes: reader.value("minutes", .integer(1...240), default: 15),
      mode: reader.value("mode", .choice(standIn: Lesson.Mode.virtual), default: .virtual), hosts: hosts.value, draws: draws,
      changes: changes ?? WorldChange(), steps: [], faults: [], guards: [], questions: [])
    lesson.steps = steps(reader, "steps")
    if lesson.steps.isEmpty { reader.problem(at: "steps", "expected at least one step") }
    for item in bounded(reader, "faults") { if let fault = variant(item, lesson.steps, hosts.value) { lesson.faults.append(fault) } }
    for item in bounded(reader, "guards") { if let guarding = variant(item, lesson.steps, hosts.value) { lesson.guards.append(guarding) } }
    for guarding in lesson.guards {
      if let fault = guarding.against, !lesson.faults.contains(where: { $0.id == fault }) {
        reader.problem(at: "guards", "guard `\(guarding.id)` is against `\(fault)`, which is no fault of this lesson")
      }
    }
    let names = lesson.variants.map(\.id)
    for (index, item) in bounded(reader, "questions").enumerated() {
      if let question = question(item, number: index + 1, variants: names) { lesson.questions.append(question) }
    }
    if Set(names).count != names.count { reader.problem(at: "faults", "a fault or guard stands twice") }
    if Set(lesson.questions.map(\.id)).count != lesson.questions.count { reader.problem(at: "questions", "a question's id stands twice") }
    return lesson
  }

  /// A value that a closure fills in.
  private final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  private func bounded(_ reader: SettingsReader, _ key: String) -> [SettingsItem] {
    let items = reader.list(key)
    if items.count > limits.itemsMax { reader.problem(at: key, "expected at most \(limits.itemsMax) items") }
    return Array(items.prefix(limits.itemsMax))
  }

  // MARK: World

  private func change(_ reader: SettingsReader, hosts: [String]) -> WorldChange {
    var change = WorldChange()
    if let text = reader.optional("more", .text), let place = reader.place(of: "more") {
      let start = reader.textPlace(of: "more")
      change.more = WorldChange.More(text: text, file: file, place: TextPlace(start: start ?? place, isLineByLine: start != nil))
    }
    for site in reader.entries("files") {
      for entry in site.value.entries() { if let file = file(entry) { change.files.append((site.name, file)) } }
    }
    for zone in reader.entries("records") { if let text = zone.value.value(.text) { change.records.append((zone.name, text)) } }
    change.zones = reader.entries("zones").compactMap { entry in entry.value.mapping { self.zone(entry.name, $0) } }
    for zone in reader.entries("ttl") { if let seconds = zone.value.value(.integer(0...2_147_483_647)) { change.timesToLive.append((zone.name, seconds)) } }
    for site in reader.entries("clips") { if let count = site.value.value(.integer(1...300)) { change.clips.append((site.name, count)) } }
    for server in reader.entries("rooms") { if let bytes = server.value.value(.integer(0...limits.fileBytesMax)) { change.rooms.append((server.name, bytes)) } }
    for site in reader.entries("members") { if let member = site.value.mapping({ self.member(of: site.name, $0) }) { change.members.append(member) } }
    change.mail = reader.entries("mail").compactMap { LessonMail($0) }
    change.swarms = reader.entries("torrents").compactMap { SwarmDescription($0, hosts: hosts) }
    for item in bounded(reader, "links") { if let link = item.mapping({ self.link($0) }) { change.links.append(link) } }
    return change
  }

  /// `/path: text` or `/path: {text: …, size: 2000, age: 3d}`: a file of exactly that size, its text repeated and cut.
  private func file(_ entry: SettingsEntry) -> SiteFile? {
    if !entry.name.hasPrefix("/") || entry.name.split(separator: "/").contains("..") {
      entry.value.problem(at: entry.place, "expected a path that begins with `/`, without `..`, found `\(entry.name)`")
    }
    guard entry.value.shape == .mapping else { return entry.value.value(.text).map { SiteFile(path: entry.name, text: $0, repetitions: 1) } }
    return entry.value.mapping { reader in
      let text = reader.value("text", .text, default: "The quick brown fox jumps over the lazy dog.\n")
      var file = SiteFile(path: entry.name, text: text, repetitions: 1, age: reader.value("age", .duration, default: .zero))
      if let size = reader.optional("size", .integer(0...limits.fileBytesMax)) { file.text = Self.filled(text, bytes: size) }
      return file
    }
  }

  /// `text` repeated to exactly so many bytes; what is cut ends in the middle of the text.
  private static func filled(_ text: String, bytes: Int) -> String {
    let unit = text.utf8.allSatisfy { $0 < 0x80 } && !text.isEmpty ? Array(text.utf8) : Array("text ".utf8)
    return String(decoding: (0..<bytes).map { unit[$0 % unit.count] }, as: UTF8.self)
  }

  /// A zone that the world does not have; `delegated: no` when the zone above is not to know it.
  private func zone(_ origin: String, _ reader: SettingsReader) -> ZoneDescription {
    var zone = ZoneDescription(
      origin: origin, servers: reader.list("served-by", .text), timeToLive: reader.value("ttl", .integer(0...2_147_483_647), default: 300), serial: 1,
      records: .text(reader.value("records", .text, default: "")), place: nil)
    if !DomainName.isValid(origin) || !DomainName.isReserved(origin) { reader.problem(at: "served-by", "expected a zone below test, example or invalid, found `\(origin)`") }
    zone.isDelegated = reader.value("delegated", .boolean, default: true)
    if zone.servers.isEmpty { reader.problem(at: "served-by", "expected at least one host that serves zone `\(origin)`") }
    return zone
  }

  private func member(of site: String, _ reader: SettingsReader) -> LessonMember {
    LessonMember(
      site: site, user: reader.required("user", .text), password: reader.required("password", .text), area: reader.optional("area", .sitePath))
  }

  private func link(_ reader: SettingsReader) -> LinkDescription {
    let ends = reader.list("between", .text)
    if ends.count != 2 { reader.problem(at: "between", "expected the names of two hosts") }
    var change = LinkChange()
    change.delay = reader.optional("delay", .duration)
    change.jitter = reader.optional("jitter", .duration)
    change.loss = reader.optional("loss", .share)
    change.reordered = reader.optional("reordered", .share)
    change.rateDown = reader.optional("rate", .rate)
    change.rateUp = change.rateDown
    change.queueBytesMax = reader.optional("queue", .size)
    return LinkDescription(first: ends.first ?? "", second: ends.last ?? "", change: change)
  }

  // MARK: Steps

  /// Steps come two seconds after one another unless they say when.
  private func steps(_ reader: SettingsReader, _ key: String) -> [LessonStep] {
    var now = Duration.zero
    var count = 0
    return bounded(reader, key).compactMap { item in
      item.mapping { step in
        let command = step.required("do", .text)
        if let at = step.optional("at", .duration) { now = at }
        let pause = step.value("every", .duration, default: .seconds(2))
        let times = step.value("times", .integer(1...limits.deedsMax), default: 1)
        var deeds: [Scenario.Step] = []
        var mentions: [Scenario.Mention] = []
        count += times
        if count > limits.deedsMax { step.problem(at: "times", "expected at most \(limits.deedsMax) deeds in one run") }
        if let missing = DrawnTexts.unfilled(command) {
          let near = NearestWord.of(missing, among: draws.map(\.name))
          step.problem(at: "do", "nothing is drawn for `{\(missing)}`" + (near.map { "; did you mean `{\($0)}`?" } ?? ""))
        }
        for _ in 0..<(count > limits.deedsMax ? 1 : times) {
          if now > limits.timeMax { step.problem(at: "at", "expected a time of at most \(limits.timeMax)") }
          let scenario = self.scenario(command, at: now, step)
          deeds += scenario.steps
          mentions = scenario.mentions.map { Scenario.Mention(name: $0.name, line: $0.line, column: $0.column + (step.place(of: "do")?.column ?? 1) - 1) }
          now = min(now, limits.timeMax) + pause
        }
        return LessonStep(command: command, text: step.value("text", .text, default: ""), deeds: deeds, mentions: mentions)
      }
    }
  }

  private func scenario(_ command: String, at time: Duration, _ reader: SettingsReader) -> Scenario {
    var scenario = ScenarioReader(file: "")
    do throws(ScenarioError) {
      try scenario.add(deed: command, at: time, number: reader.place(of: "do")?.line ?? 1)
    } catch {
      reader.problem(at: "do", "\(error.sentence) (character \(error.column))")
    }
    return scenario.scenario
  }

  // MARK: Variants and questions

  private func variant(_ item: SettingsItem, _ main: [LessonStep], _ hosts: [String]) -> LessonVariant? {
    item.mapping { reader in
      var steps = self.steps(reader, "steps")
      let changes = reader.mapping("world") { change($0, hosts: hosts) }
      let isInstead = reader.value("instead", .boolean, default: false)
      // Another world is enough to make it a run of its own.
      if steps.isEmpty, isInstead || changes == nil { reader.problem(at: "steps", "expected at least one step") }
      // What is added happens among the lesson's own steps, each at its time.
      if !isInstead { steps = main + steps }
      return LessonVariant(
        id: reader.required("id", .lessonName), title: reader.required("title", .text), text: reader.value("text", .text, default: ""),
        against: reader.optional("against", .text), steps: steps, changes: changes ?? WorldChange())
    }
  }

  private func question(_ item: SettingsItem, number: Int, variants: [String]) -> LessonQuestion? {
    item.mapping { reader in
      let kind = reader.required("kind", .choice(standIn: LessonQuestion.Kind.text))
      let options = reader.list("options", .text)
      if kind == .choice, options.count < 2 { reader.problem(at: "options", "expected at least two options") }
      let variant = reader.value("run", .text, default: "")
      if !variants.contains(variant) {
        let near = NearestWord.of(variant, among: variants)
        reader.problem(at: "run", "expected a fault or guard of this lesson, found `\(variant)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
      }
      let unit = reader.value("unit", .text, default: "ms")
      if !ExpressionLexer.units.contains(where: { $0.name == unit }) {
        reader.problem(at: "unit", "expected one of \(ExpressionLexer.units.map(\.name).joined(separator: ", ")), found `\(unit)`")
      }
      return LessonQuestion(
        id: reader.value("id", .lessonName, default: "q\(number)"), ask: reader.required("ask", .text), kind: kind,
        key: expression(reader, "key") ?? .nothing, read: reader.item("read") == nil ? nil : expression(reader, "read"),
        hint: reader.value("hint", .text, default: ""), tolerance: reader.value("tolerance", .tolerance, default: .absolute(0)), unit: unit,
        options: options, points: reader.value("points", .integer(1...100), default: 1), variant: variant)
    }
  }

  private func expression(_ reader: SettingsReader, _ key: String) -> Expression? {
    let text = reader.required(key, .text)
    guard !text.isEmpty else { return nil }
    do throws(ExpressionError) { return try Expression(text) } catch {
      reader.problem(at: key, "\(error.sentence) (character \(error.column))")
      return nil
    }
  }
}

extension SettingsForm where Value == String {
  /// The name of a lesson, a fault, a question.
  static var lessonName: Self {
    Self(expected: "a name of letters, digits and hyphens", standIn: "x") { text in
      (1...40).contains(text.utf8.count) && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
      } ? text : nil
    }
  }
}

extension SettingsForm where Value == LessonQuestion.Tolerance {
  /// `2` or `5%`.
  static var tolerance: Self {
    Self(expected: "a tolerance such as 2 or 5%", standIn: .absolute(0)) { text in
      if text.hasSuffix("%") { return SettingsForm<Double>.share.read(text).map { .share($0) } }
      return Double(text).flatMap { $0.isFinite && $0 >= 0 ? .absolute($0) : nil }
    }
  }
}
