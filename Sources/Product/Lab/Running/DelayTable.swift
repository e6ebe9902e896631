// A table of who was served by whom, how quickly, made from a trace: what choosing edges is worth.
// Not here: the trace (Ground/Trace), printing (the executable).
import Bytes
import HTTP
package import Trace
import World

/// What clients waited for.
package struct DelayTable: Sendable {
  /// One answer.
  package struct Row: Sendable, Hashable {
    package var client: String
    /// The name in the request.
    package var site: String
    package var path: String
    package var server: String
    /// `hit`, `miss`, or what else the server's Cache-Status says; empty: it says nothing.
    package var cache: String
    package var status: Int
    /// From the beginning of the connection to the end of the answer.
    package var delay: Duration
    /// Unit: bytes received.
    package var bytes: Int
  }

  /// What holds for one name.
  package struct Summary: Sendable, Hashable {
    package var site: String
    package var answers: Int
    package var hits: Int
    package var mean: Duration
    package var largest: Duration
    /// Servers that answered.
    package var servers: Int
  }

  /// In the order of the answers' beginnings.
  package let rows: [Row]

  /// Reads the pages that client hosts of `world` fetched. Answers inside TLS count, those of a connection's second request do not.
  package init(of store: TraceStore, in world: WorldDescription) {
    let clients = Set(world.hosts(as: .client).map(\.name))
    let records = store.conversations().filter { $0.info.role == .client && $0.info.dialect == .http && clients.contains($0.info.host) }
    rows = records.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }.compactMap { record in
      let events = store.events(of: record.id)
      guard let asked = events.first(where: { $0.kind == .sent }), let answered = events.first(where: { $0.kind == .received }),
        let last = events.last(where: { $0.kind == .received })
      else { return nil }
      let request = DelayTable.lines(of: asked)
      let response = DelayTable.lines(of: answered)
      let start = request.first?.split(separator: " ") ?? []
      let status = response.first?.split(separator: " ") ?? []
      guard start.count >= 2, status.count >= 2 else { return nil }
      return Row(
        client: record.info.host, site: DelayTable.value(of: "host", in: request) ?? "", path: String(start[1]),
        server: world.host(at: record.info.remote.address)?.name ?? "\(record.info.remote.address)",
        cache: DelayTable.value(of: "cache-status", in: response).map { DelayTable.meaning(of: $0) } ?? "", status: Int(status[1]) ?? 0,
        delay: record.opened.duration(to: last.time), bytes: record.receivedBytes)
    }
  }

  /// One line for each name, in order of the names.
  package var summaries: [Summary] {
    Set(rows.map(\.site)).sorted().map { site in
      let own = rows.filter { $0.site == site }
      let total = own.reduce(Duration.zero) { $0 + $1.delay }
      return Summary(
        site: site, answers: own.count, hits: own.count { $0.cache == "hit" }, mean: total / max(1, own.count), largest: own.map(\.delay).max() ?? .zero,
        servers: Set(own.map(\.server)).count)
    }
  }

  /// The table for people.
  package var text: String {
    let detail = [["client", "name", "served by", "cache", "ms"]] + rows.map {
      [$0.client, $0.site + $0.path, $0.server, $0.cache.isEmpty ? "-" : $0.cache, DelayTable.milliseconds($0.delay)]
    }
    let means = [["name", "answers", "hits", "servers", "mean ms", "largest ms"]] + summaries.map {
      [$0.site, "\($0.answers)", "\($0.hits)", "\($0.servers)", DelayTable.milliseconds($0.mean), DelayTable.milliseconds($0.largest)]
    }
    return DelayTable.columns(detail) + "\n" + DelayTable.columns(means)
  }

  // MARK: Reading

  private static func lines(of event: Event) -> [Substring] {
    let head = event.bytes.text
    return head.split(separator: "\r\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }.map { $0 }
  }

  private static func value(of name: String, in lines: [Substring]) -> String? {
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }

  /// RFC 9211 §2: `hit` or what was forwarded why (`fwd=uri-miss`), as the last cache on the way says.
  private static func meaning(of status: String) -> String {
    let parameters = (status.split(separator: ",").last ?? "").split(separator: ";").dropFirst().map { $0.filter { $0 != " " } }
    if parameters.contains("hit") { return "hit" }
    guard let forwarded = parameters.first(where: { $0.hasPrefix("fwd=") }) else { return "" }
    return forwarded.hasSuffix("miss") ? "miss" : String(forwarded.dropFirst(4))
  }

  // MARK: Writing

  /// `12.3`.
  private static func milliseconds(_ time: Duration) -> String {
    let tenths = Int((time / .microseconds(100)).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func columns(_ rows: [[String]]) -> String {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n") + "\n"
  }
}
