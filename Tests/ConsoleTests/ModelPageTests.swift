// The models' pages over a made-up model: the list, settings from the address, what comes of a run, no markup from outside.
import Bytes
@testable import Console
import Testing
import Trace

@Suite("Pages of models")
struct ModelPageTests {
  private func site() -> ConsoleSite {
    var model = ConsoleModel(title: "Test", trace: TraceStore(), explain: { _, _, _, _ in nil })
    model.models = ConsoleModels(
      list: [.init(id: "ring", title: "A <ring>", text: "Peers", settings: [.init("nodes", "Nodes", "24"), .init("order", "Order", "any", options: ["any", "<last>"])])],
      draw: { id, settings in id == "ring" ? .init(lines: ["nodes \(settings["nodes"] ?? "?") <b>"], picture: "<svg></svg>") : nil },
      aside: { work in work() })
    return ConsoleSite(model)
  }

  private func html(_ target: String) -> String { site().page(for: ConsoleRequest(target: target)).body.text }

  @Test("the list leads to the model, and the rail to the list")
  func list() {
    let page = html("/models")
    #expect(page.contains("href=\"/model/ring\"") && page.contains("A &lt;ring&gt;") && page.contains("href=\"/models\""))
  }

  @Test("settings come from the address, or are the defaults", arguments: [
    ("/model/ring", "24"), ("/model/ring?nodes=7", "7"), ("/model/ring?nodes=", "24"), ("/model/ring?nodes=" + String(repeating: "9", count: 41), "24"),
  ])
  func settings(_ target: String, _ nodes: String) {
    let page = html(target)
    #expect(page.contains("nodes \(nodes) &lt;b&gt;") && page.contains("value=\"\(nodes)\"") && page.contains("<figure><svg></svg></figure>"))
  }

  @Test("what is to be chosen from is a list, with what was chosen")
  func options() {
    #expect(html("/model/ring").contains("<option selected>any</option><option>&lt;last&gt;</option>"))
    #expect(html("/model/ring?order=%3Clast%3E").contains("<option>any</option><option selected>&lt;last&gt;</option>"))
  }

  @Test("nothing from the address is markup")
  func markup() {
    let page = html("/model/ring?nodes=%3Cscript%3E")
    #expect(!page.contains("nodes <script>") && page.contains("nodes &lt;script&gt;"))
  }

  @Test("where there are no models there are no pages")
  func none() {
    let site = ConsoleSite(ConsoleModel(title: "Test", trace: TraceStore(), explain: { _, _, _, _ in nil }))
    #expect(site.page(for: ConsoleRequest(target: "/models")).status == 404 && self.site().page(for: ConsoleRequest(target: "/model/none")).status == 404)
    #expect(!site.page(for: ConsoleRequest(target: "/")).body.text.contains("/models"))
  }
}
