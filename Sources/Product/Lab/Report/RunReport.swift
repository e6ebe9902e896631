// The page that a run of `netstead lab --ci` leaves when the command fails: what was run, what was broken and ordered, who said what to whom.
// Not here: the files beside it (the executable writes them), what a replay needs (RunReplay.swift). What is shown is escaped.
package import Trace
import World

/// Makes the page.
package struct RunReport {
  private let replay: RunReplay
  private let world: WorldDescription
  private let worldText: String
  /// Where the file is that plays it again, for whoever reads the page.
  private let file: String
  private let plan: AddressPlan
  private let trace: TraceStore
  private let explain: ExplainMessage

  package init(
    _ replay: RunReplay, at file: String, _ world: WorldDescription, _ worldText: String, _ plan: AddressPlan, _ trace: TraceStore,
    explain: @escaping ExplainMessage
  ) {
    self.replay = replay
    self.file = file
    self.world = world
    self.worldText = worldText
    self.plan = plan
    self.trace = trace
    self.explain = explain
  }

  /// Stories drawn. Unit: stories. Past it: the oldest are left out.
  private static var storiesMax: Int { 24 }
  /// Rows of one ladder. Past it: the oldest are left out.
  private static var rowsMax: Int { 60 }

  package var html: String {
    let verdict = replay.exitCode == 0 ? "right" : "wrong"
    return ReportDocument.html(
      title: "\(replay.command.first ?? ""): exit code \(replay.exitCode)",
      """
      <h1>\(Markup.escaped(replay.command.joined(separator: " ")))</h1>
      <p>The command ended with <strong class="\(verdict)">exit code \(replay.exitCode)</strong>.
      Beside this page: <code>events.jsonl</code>, <code>run.pcapng</code> (for Wireshark, with the keys to what was said inside TLS),
      <code>world.yaml</code>, <code>replay.yaml</code>.</p>
      <table><caption>How to run it again</caption><tbody>
      \(ReportDocument.rows(facts))</tbody></table>
      <h2>Faults and other orders to the API</h2>
      \(orders)
      <h2>Who said what to whom</h2>
      \(stories)
      <h2>The world</h2>
      <details><summary>world.yaml</summary><pre class="scroll">\(Markup.escaped(worldText))</pre></details>
      """)
  }

  private var facts: [(name: String, text: String)] {
    let counters = trace.counters
    return [
      ("Again", "netstead lab --ci --replay \(file)"), ("World", world.title), ("Seed", "\(replay.seed)"),
      ("Spoken as", replay.speaker ?? world.client), ("Where", plan.kind == .namespace ? "a network of its own" : "loopback addresses, ports + \(plan.port(53) - 53)"),
      ("Program", replay.program), ("Conversations", "\(counters.conversations)"), ("Events", "\(counters.recorded), of which \(counters.forgotten) were forgotten"),
    ]
  }

  private var orders: String {
    if replay.orders.isEmpty { return "<p>None were given.</p>" }
    let rows = replay.orders.map { order in
      // Who made an account knows its password.
      let body = order.target.hasPrefix("/accounts") ? "" : order.body
      return "<tr><td>\(order.time.offsetText)</td><td><code>\(Markup.escaped("\(order.method) \(order.target)"))</code></td><td><code>\(Markup.escaped(body))</code></td></tr>\n"
    }.joined()
    return """
      <table><caption>In their order</caption><thead><tr><th scope="col">Seconds</th><th scope="col">Order</th><th scope="col">Body</th></tr></thead><tbody>
      \(rows)</tbody></table>
      """
  }

  /// A ladder for each conversation that the command began, with all that it led to.
  private var stories: String {
    let names = Dictionary(world.hosts.flatMap { host in plan.addresses(of: host).map { ($0, host.name) } }) { first, _ in first }
    // What servers say to one another of themselves is in the files.
    let servers = Set(world.hosts.filter { $0.role != .client }.flatMap { plan.addresses(of: $0) })
    let roots = trace.exchanges().filter { exchange in
      !servers.contains(exchange.clientEndpoint.address) && exchange.records.allSatisfy { $0.causes.isEmpty }
    }
    let drawn = roots.prefix(Self.storiesMax).reversed().compactMap { exchange -> String? in
      guard let story = trace.story(of: exchange.id) else { return nil }
      let ladder = Ladder(story.dialogues, names: { names[$0] }, explain: explain, rowsMax: Self.rowsMax)
      guard let first = ladder.rows.first else { return nil }
      let title = "\(exchange.best.info.dialect.rawValue) at \(first.time.timeOfDay)"
      let hidden = ladder.hidden > 0 ? "<p>\(ladder.hidden) older rows are left out.</p>\n" : ""
      return "<h3>\(Markup.escaped(title))</h3>\n\(hidden)<div class=\"scroll\">\(ladder.svg(title: title) { _ in "#" })</div>\n"
    }
    if drawn.isEmpty { return "<p>The command said nothing in this world.</p>" }
    let leftOut = roots.count - drawn.count
    return (leftOut > 0 ? "<p>\(leftOut) older conversations are left out here; the files have them.</p>\n" : "") + drawn.joined()
  }
}
