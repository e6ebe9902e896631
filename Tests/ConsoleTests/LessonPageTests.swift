// The lessons' pages over a made-up lesson: the list, predictions before the run, a wrong answer that leads to its message, no markup from outside.
import Bytes
@testable import Console
import Testing
import Trace
import World

@Suite struct LessonPageTests {
  /// A console whose only lesson is about the sample world's trace.
  private func site() throws -> ConsoleSite {
    let world = try SampleWorld.lively()
    var model = world.model
    let store = world.store
    let ladder = Ladder(
      store.exchanges(limit: 4).map { store.dialogue(of: $0) }, names: { model.name(of: $0) }, explain: SampleWorld.explain, rowsMax: 20)
    model.lessons = ConsoleLessons(
      list: [.init(id: "X1", title: "A <b>lesson</b>", chapter: "Tests")], learner: "ada",
      view: { id, _, run in
        guard id == "X1", ["", "broken"].contains(run) else { return nil }
        return ConsoleLessons.View(
          id: "X1", title: "A <b>lesson</b>", text: "Look & see.",
          runs: [
            .init(id: "", title: "Steps", text: "", steps: [("pc asks resolver", "An \"answer\".")]),
            .init(id: "broken", title: "Broken", text: "Why.", steps: []),
          ],
          questions: [
            .init(id: "guess", ask: "How many?", options: [], run: "", isPrediction: true),
            .init(id: "which", ask: "Which?", options: ["one", "two"], run: "broken", isPrediction: false),
          ], trace: store, ladder: ladder)
      },
      judge: { _, _, answers in
        [
          .init(question: "guess", outcome: answers["guess"] == "8" ? .right : .wrong, messages: [3], remark: ""),
          .init(question: "which", outcome: answers["which"] == nil ? .unanswered : .wrong, messages: [3], remark: "Count again."),
        ]
      },
      aside: { work in work() })
    return ConsoleSite(model)
  }

  @Test func listNamesLessons() throws {
    let page = try site().page(for: ConsoleRequest(target: "/lessons?learner=%3Cx%3E"))
    let html = page.body.text
    #expect(page.status == 200)
    #expect(html.contains("href=\"/lesson/X1?learner=%3Cx%3E\"") && html.contains("A &lt;b&gt;lesson&lt;/b&gt;") && !html.contains("<x>"))
    #expect(html.contains("href=\"/lessons\""), "the rail has the place")
  }

  @Test func nothingIsSeenBeforePredictions() throws {
    let html = try site().page(for: ConsoleRequest(target: "/lesson/X1")).body.text
    #expect(html.contains("Before the run") && html.contains("name=\"a-guess\"") && !html.contains("<svg class=\"ladder\"") && !html.contains("a-which"))
    let open = try site().page(for: ConsoleRequest(target: "/lesson/X1?a-guess=8")).body.text
    #expect(open.contains("<svg class=\"ladder\"") && open.contains("name=\"a-which\"") && open.contains("<strong>1</strong> of 2"))
  }

  @Test func wrongAnswersLeadToTheirMessages() throws {
    let site = try site()
    let html = site.page(for: ConsoleRequest(target: "/lesson/X1?learner=ben&seen=1&a-guess=%22%3Cb%3E&a-which=two")).body.text
    #expect(html.contains("Count again.") && html.contains("value=\"&quot;&lt;b&gt;\"") && html.contains("<option value=\"two\" selected>"))
    let links = html.matches(of: /href="(\/lesson\/X1\/message\/3[^"]*)"/).map { String($0.1).replacing("&amp;", with: "&") }
    #expect(links.contains("/lesson/X1/message/3?learner=ben") && links.contains("/lesson/X1/message/3?learner=ben&run=broken"))
    for link in links {
      let page = site.page(for: ConsoleRequest(target: link))
      #expect(page.status == 200, "\(link)")
      #expect(page.body.text.contains("data-up>X1"))
      for next in page.body.text.matches(of: /href="([^"]*message[^"]*)"/) { #expect(next.1.hasPrefix("/lesson/X1/message/"), "\(next.1)") }
    }
  }

  @Test(arguments: ["/lesson/Y9", "/lesson/X1?run=none", "/lesson/X1/message/99999", "/lesson/X1/message/x", "/lesson/X1/other/3"])
  func whatIsNotThereIsNotFound(_ target: String) throws { #expect(try site().page(for: ConsoleRequest(target: target)).status == 404) }

  @Test func aConsoleWithoutLessonsHasNoPlaceForThem() throws {
    let world = try SampleWorld.lively()
    let site = ConsoleSite(world.model)
    #expect(site.page(for: ConsoleRequest(target: "/lessons")).status == 404)
    #expect(!site.page(for: ConsoleRequest(target: "/")).body.text.contains("/lessons"))
  }
}
