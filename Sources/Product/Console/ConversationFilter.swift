// Which conversations a list, the live feed or an export is about. It comes from the query, so that every list has an address to share.
import HTTP
import Trace
import World

/// A choice of conversations.
struct ConversationFilter: Sendable, Hashable {
  /// Words that the row must contain, in any case.
  var text: String
  /// The dialect's name; empty: every one.
  var dialect: String
  /// A host that takes part; empty: any.
  var host: String

  init(_ request: ConsoleRequest) {
    text = request.value("q")
    dialect = request.value("proto").lowercased()
    host = request.value("host")
  }

  init(text: String = "", dialect: String = "", host: String = "") {
    self.text = text
    self.dialect = dialect
    self.host = host
  }

  var isEmpty: Bool { text.isEmpty && dialect.isEmpty && host.isEmpty }

  /// As a query, `?` included; empty when nothing is chosen.
  var query: String {
    let pairs = [("q", text), ("proto", dialect), ("host", host)].filter { !$0.1.isEmpty }.map { "\($0.0)=\(PercentText.encoded($0.1))" }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
  }

  func admits(_ exchange: Exchange, _ frame: Frame) -> Bool {
    // A protocol's side connections belong to it: `ftp-data` to `ftp`.
    let own = exchange.best.info.dialect.rawValue
    if !dialect.isEmpty, own != dialect, !own.hasPrefix(dialect + "-") { return false }
    let client = frame.clientName(exchange)
    let server = frame.serverName(exchange)
    if !host.isEmpty, client != host, server != host { return false }
    guard !text.isEmpty else { return true }
    let summary = frame.summary(exchange)
    let row = [client, server, exchange.best.info.dialect.rawValue, summary.first, summary.last ?? "", frame.state(exchange).word].joined(separator: " ")
    return row.lowercased().contains(text.lowercased())
  }
}
