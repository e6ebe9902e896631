// The live list of conversations. Without scripts a plain list with a form to choose and a link to refresh.
import Trace
import World

/// `/conversations`
struct ConversationsPage: Sendable {
  let frame: Frame
  private let filter: ConversationFilter

  init(_ frame: Frame) {
    self.frame = frame
    filter = ConversationFilter(frame.request)
  }

  /// Rows of one page.
  static var rowsMax: Int { 200 }
  /// Conversations looked through for a filter.
  private static var searchedMax: Int { 4_000 }

  var page: Page {
    let before = UInt64(frame.request.value("before"))
    let all = frame.model.trace.exchanges(limit: filter.isEmpty && before == nil ? Self.rowsMax + 1 : Self.searchedMax)
    let found = all.lazy.filter { exchange in before.map { exchange.id.number < $0 } ?? true }.filter { filter.admits($0, frame) }
    let shown = Array(found.prefix(Self.rowsMax + 1))
    let rows = shown.prefix(Self.rowsMax)
    return frame.page(
      "Conversations", place: .conversations, live: before == nil,
      """
      <div class="title"><div><h1>Conversations</h1><p class="lead">Every dialogue between two hosts, the newest first.</p></div>
      <div class="tools script-only"><button type="button" data-pause aria-pressed="false"><kbd>Space</kbd><span data-text>Pause</span></button></div></div>
      \(form(all))
      <p class="held" data-held hidden></p>
      <div class="card flush"><div class="scroll"><table class="list" data-feed="\(filter.query)" data-limit="\(Self.rowsMax)"><caption class="visually-hidden">Conversations, newest first</caption><thead>\(Frame.rowHead)</thead><tbody>
      \(rows.map { frame.row($0) })</tbody></table></div>
      \(rows.isEmpty ? "<p class=\"empty\" data-empty>\(filter.isEmpty ? "Nothing has been said yet." : "No conversation fits. Take a word away, or wait.")</p>" : "")</div>
      \(pager(rows.last, hasMore: shown.count > Self.rowsMax))
      """)
  }

  private func form(_ exchanges: [Exchange]) -> HTML {
    let dialects = exchanges.map(\.best.info.dialect.rawValue).reduce(into: Set<String>()) { $0.insert($1) }.union(["dns", "http"]).sorted()
    let hosts = frame.model.hosts.map(\.name)
    func option(_ value: String, _ chosen: String) -> HTML { "<option\(value == chosen ? " selected" : "")>\(value)</option>" }
    return """
      <form class="filter" action="/conversations" method="get" role="search" aria-label="Choose conversations">
      <label>Text <input type="search" name="q" value="\(filter.text)" placeholder="name, title, state" data-filter autocomplete="off"></label>
      <label>Protocol <select name="proto"><option value="">all</option>\(dialects.map { option($0, filter.dialect) })</select></label>
      <label>Host <select name="host"><option value="">all</option>\(hosts.map { option($0, filter.host) })</select></label>
      <button type="submit">Show</button>
      <a class="button quiet" href="/conversations\(filter.query)">Refresh</a>
      \(filter.isEmpty ? "" : "<a class=\"button quiet\" href=\"/conversations\">Everything</a>")
      </form>
      """
  }

  private func pager(_ last: Exchange?, hasMore: Bool) -> HTML {
    guard hasMore, let last else { return "" }
    let query = filter.query
    return "<p class=\"pager\"><a class=\"button quiet\" href=\"/conversations\(query.isEmpty ? "?" : query + "&")before=\(last.id.number)\">Older conversations</a></p>"
  }
}
