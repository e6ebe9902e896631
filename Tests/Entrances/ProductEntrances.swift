// Entrances of the product: the files people write, and the console's addresses.
import Bytes
import Console
import DNS
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
  Entrance("console-request") { bytes in
    let site = ConsoleSite(ConsoleModel(title: "a<b>", trace: quietTrace, explain: explainAnything))
    let halves = bytes.text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let page = site.page(for: ConsoleRequest(target: String(halves[0]), host: halves.count > 1 ? String(halves[1]) : "localhost"))
    mustBeSafe(page)
  },
  Entrance("console-pages") { bytes in
    // The trace is the stranger's, the addresses are the visitor's own.
    let store = trace(from: bytes)
    let site = ConsoleSite(ConsoleModel(title: "t", trace: store, explain: explainAnything))
    let last = store.lastSequence
    for target in ["/conversations", "/conversation/\(1 + last % 4)", "/message/\(last)", "/ladder"] {
      mustBeSafe(site.page(for: ConsoleRequest(target: target)))
    }
  },
  Entrance("markup") { bytes in
    let escaped = Markup.escaped(bytes.text)
    must(!escaped.utf8.contains { $0 == 0x3C || $0 == 0x3E || $0 == 0x22 || $0 == 0x27 }, "nothing is markup")
    must(escaped.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }, "no control byte is shown")
  },
]

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
