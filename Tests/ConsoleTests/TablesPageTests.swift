// Pages of what servers hold, over made-up tables.
@testable import Console
import Bytes
import Testing
import Trace

@Suite("Pages of tables")
struct TablesPageTests {
  private static let tables = [
    ConsoleTable("Queues", empty: "Nothing waits.", [.init("Server"), .init("To"), .init("Tries", isNumber: true)], rows: [["mail<1>", "a@b.test", "3"]]),
    ConsoleTable("Mailboxes", empty: "Nobody has a mailbox.", [.init("Server")], rows: []),
  ]

  private func page(_ target: String, isThere: Bool = true) -> Page {
    var model = ConsoleModel(title: "Test", trace: TraceStore(), explain: { _, _, _, _ in nil })
    if isThere {
      model.mail = ConsoleTables(title: "Mail", lead: "What waits.") { Self.tables }
      model.caches = ConsoleTables(title: "Caches", lead: "What is remembered.") { [] }
    }
    var site = ConsoleSite(model)
    site.tables = Self.tables
    return site.page(for: ConsoleRequest(target: target))
  }

  @Test("each table with its head, its rows, or what is said without any", arguments: [
    "<h1>Mail</h1>", "<th scope=\"col\" class=\"num\">Tries</th>", "<td>a@b.test</td>", "<td class=\"num\">3</td>", "mail&lt;1&gt;", "Nobody has a mailbox.", "data-swap=\"tables\"", "data-live",
    "href=\"/mail\" aria-current=\"page\"",
  ])
  func says(_ part: String) { #expect(page("/mail").body.text.contains(part)) }

  @Test("no mail, no page of it, and no link to one")
  func absent() {
    #expect(page("/mail", isThere: false).status == 404 && page("/caches", isThere: false).status == 404)
    #expect(!page("/", isThere: false).body.text.contains("href=\"/mail\"") && page("/").body.text.contains("href=\"/caches\""))
  }

  @Test("every place has a key of its own")
  func keys() { #expect(Set(Frame.Place.allCases.map(\.key)).count == Frame.Place.allCases.count) }
}
