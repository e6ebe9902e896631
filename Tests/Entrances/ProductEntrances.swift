// Entrances of the product: the files people write, and the console's addresses.
import Bytes
import Console
import DNS
import HTTP
import Host
import Lab
import Settings
import Trace
import World

let productEntrances: [Entrance] = [
  Entrance("host-settings") { bytes in
    guard let settings = try? HostSettings(file: "f", text: bytes.text, isPrivileged: false) else { return }
    must(!settings.addresses.isEmpty && (0...65_535).contains(settings.ports.dns), "settings are within their ranges")
  },
  Entrance("registration") { bytes in
    guard let form = try? FormFields(parsing: bytes), let zone = try? Name("test") else { return }
    do throws(Registration.Problems) {
      let registration = try Registration(form, zone: zone)
      must(registration.name.parent == zone && !registration.servers.isEmpty, "a name of one label, with servers")
      var update = ZoneUpdate(zone: zone, prerequisites: [.absent(registration.name)])
      update.changes = registration.records(timeToLive: 60).map { .add($0) }
      guard let again = try? ZoneUpdate(reading: Message(reading: update.message(id: 1).wire())) else { fatalError("broken promise: a registration makes an update") }
      must(again == update, "an update reads back")
      for server in registration.servers {
        must(server.addresses.isEmpty == !server.name.isSubdomain(of: registration.name), "glue for who needs it, and for nobody else")
      }
    } catch {
      must(!error.all.isEmpty && error.all.allSatisfy { !$0.sentence.isEmpty }, "a refusal says why")
    }
  },
  Entrance("lab-world") { bytes in
    guard let world = try? WorldDescription(file: "f", text: bytes.text) else { return }
    for kind in [AddressPlan.Kind.namespace, .loopback] {
      let text = ZoneText(world, AddressPlan(kind))
      for zone in world.zones {
        guard let origin = try? Name(zone.origin) else { fatalError("broken promise: the zone \(zone.origin) has a name") }
        let (_, problems) = MasterFileReader.records(Buffer(text.masterFile(of: zone)), file: "f", origin: origin)
        must(problems.isEmpty, "the text of a zone can be read: \(problems)")
      }
    }
  },
  Entrance("lab-scenario") { bytes in
    do throws(ScenarioError) {
      let scenario = try Scenario(file: "f", text: bytes.text)
      must(scenario.steps.allSatisfy { $0.time >= .zero && $0.line > 0 }, "a step has a time and a place")
    } catch {
      must(error.line > 0 && error.column > 0, "a refusal has a place")
    }
  },
  Entrance("trace-file") { bytes in
    var replay = TraceReplay()
    do throws(TraceFileError) {
      try replay.add(bytes.text, file: "f")
      let written = JSONLines().lines(of: replay.store)
      var again = TraceReplay()
      try again.add(written.text, file: "g")
      must(JSONLines().lines(of: again.store) == written, "what was read is written and read the same")
    } catch {
      must(error.file == "f" && error.line > 0, "what we write we read: \(error)")
    }
  },
  Entrance("lab-links") { bytes in
    guard let links = try? LinkOrders.read(bytes.text) else { return }
    must(links.count <= 256, "orders are bounded")
    let pairs = links.map { [$0.first, $0.second].sorted() }
    must(Set(pairs).count == pairs.count, "one order holds for two hosts")
  },
  Entrance("lesson-expression") { bytes in
    do throws(ExpressionError) {
      let expression = try Expression(bytes.text)
      var limits = ExpressionLimits()
      limits.stepsMax = 20_000
      do throws(ExpressionError) {
        let outcome = try expression.value(over: lessonTrace, limits: limits)
        must(try expression.value(over: lessonTrace, limits: limits) == outcome || "\(outcome.value)".contains("nan"), "an expression has one value")
        must(outcome.value.description.utf8.count <= 16 * limits.textBytesMax, "a value is bounded")
      } catch { must(error.column > 0, "a failure has a place") }
    } catch {
      must(error.column > 0 && error.column <= bytes.text.count + 1, "a refusal has a place: \(error)")
    }
  },
  Entrance("lesson-file") { bytes in
    guard let file = try? LessonFile(file: "f", text: bytes.text) else { return }
    let seed = LessonSeed(.open, learner: "l", lesson: file.id, version: file.version)
    guard let lesson = try? file.lesson(for: seed) else { return }
    must(lesson == (try? file.lesson(for: seed)), "a seed draws one lesson")
    must(lesson.variants.flatMap(\.steps).flatMap(\.deeds).allSatisfy { $0.time >= .zero }, "a deed has a time")
  },
  Entrance("lesson-answers") { bytes in
    guard let answers = try? LessonAnswers(file: "f", text: bytes.text) else { return }
    must((try? LessonAnswers(file: "f", text: answers.text)) == answers, "answers that were written read back: \(answers.text)")
  },
  Entrance("lesson-report") { bytes in
    guard let report = try? LessonReport(file: "f", text: bytes.text) else { return }
    must((try? LessonReport(file: "f", text: report.json.text)) == report, "a report that was written reads back")
  },
  Entrance("console-request") { bytes in
    let site = ConsoleSite(ConsoleModel(title: "a<b>", trace: quietTrace, explain: explainAnything))
    let halves = bytes.text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let page = site.page(for: ConsoleRequest(target: String(halves[0]), host: halves.count > 1 ? String(halves[1]) : "localhost"))
    mustBeSafe(page)
  },
  Entrance("console-pages") { bytes in
    // The trace is the stranger's, the addresses are the visitor's own. The first byte says which page: one page for each input.
    let store = trace(from: bytes[1..<max(1, bytes.count)])
    let site = ConsoleSite(ConsoleModel(title: "t", trace: store, explain: explainAnything))
    let last = store.lastSequence
    let targets = ["/conversations", "/conversation/\(1 + last % 4)", "/message/\(last)", "/ladder"]
    mustBeSafe(site.page(for: ConsoleRequest(target: targets[Int(bytes[at: 0] ?? 0) % targets.count])))
  },
  Entrance("markup") { bytes in
    let escaped = Markup.escaped(bytes.text)
    must(!escaped.utf8.contains { $0 == 0x3C || $0 == 0x3E || $0 == 0x22 || $0 == 0x27 }, "nothing is markup")
    must(escaped.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }, "no control byte is shown")
  },
]

/// A few facts to look into.
private let lessonTrace: LessonFact = {
  let queries = (0..<4).map { (number: Int) -> LessonValue in
    let host = number == 0 ? "resolver" : "root1"
    let members: [String: LessonValue] = [
      "name": .text("www.garnet.test"), "host": .text(host), "lost": .truth(number == 2), "time": .duration(Double(number) * 1e6), "id": .number(Double(number)),
    ]
    return .fact(LessonFact(.dnsQuery, members, message: UInt64(number + 1)))
  }
  let request = LessonFact(.httpRequest, ["method": .text("GET"), "field": .fact(LessonFact(.fields, ["host": .text("www.garnet.test")]))], message: 9)
  let response = LessonFact(.httpResponse, ["status": .number(200), "request": .fact(request)], message: 10)
  let dns = LessonFact(.dns, ["query": .list(queries)])
  let http = LessonFact(.http, ["request": .list([.fact(request)]), "response": .list([.fact(response)])])
  let draw = LessonFact(.draws, ["path": .text("x")])
  return LessonFact(.trace, ["dns": .fact(dns), "http": .fact(http), "draw": .fact(draw)])
}()

private let quietTrace: TraceStore = {
  var bytes = Buffer([0x00, 0x0C])
  bytes.append("\u{12}4\u{01}\u{00}\u{00}\u{01}<script>")
  return trace(from: bytes)
}()

/// Checks a page: markup only ours, fields without line ends.
private func mustBeSafe(_ page: Page) {
  if page.contentType.hasPrefix("text/html") || page.contentType.hasPrefix("image/svg") { mustBeClean(page.body.text) }
  for (name, value) in page.allFields {
    must(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a field is one line: \(name) \(value)")
  }
}
