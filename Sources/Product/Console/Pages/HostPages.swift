// The hosts as a table, and one host with what it serves and what it has said.
import HTTP
import Trace
import World

/// `/hosts`
struct HostsPage: Sendable {
  let frame: Frame

  init(_ frame: Frame) { self.frame = frame }

  var page: Page {
    let records = frame.model.trace.conversations(limit: 8_192)
    var talk: [String: (conversations: Int, messages: Int)] = [:]
    for record in records { talk[record.info.host, default: (0, 0)].conversations += 1 }
    for record in records { talk[record.info.host, default: (0, 0)].messages += record.sent + record.received }
    let rows = frame.model.hosts.map { host -> HTML in
      let addresses = host.addresses.map { "<code>\($0.description)</code>" as HTML }
      let services = host.services.map { "<span class=\"service\">\($0.name) <span class=\"muted\">\($0.port)</span></span>" as HTML }
      return """
        <tr><th scope="row"><a href="/host/\(PercentText.encoded(host.name))">\(host.name)</a></th><td>\(host.role)</td><td>\(host.net)</td><td class="stack">\(addresses)</td><td class="stack">\(services)</td><td class="num">\(Phrase.grouped(talk[host.name]?.conversations ?? 0))</td><td class="num">\(Phrase.grouped(talk[host.name]?.messages ?? 0))</td></tr>

        """
    }
    let links = frame.model.links.map { link -> HTML in
      "<tr><th scope=\"row\">\(frame.hostLink(link.first))</th><td>\(frame.hostLink(link.second))</td><td>\(link.quality)</td></tr>\n"
    }
    let linkTable: HTML =
      links.isEmpty
      ? ""
      : """
      <section class="card flush"><h2>Links of their own</h2><table class="list"><caption class="visually-hidden">Links that differ from their ends' attachments</caption><thead><tr><th scope="col">Between</th><th scope="col">and</th><th scope="col">Quality</th></tr></thead><tbody>
      \(links)</tbody></table></section>
      """
    let nets = frame.model.nets.map { net -> HTML in
      "<tr><th scope=\"row\">\(net.name)</th><td class=\"stack\">\(net.prefixes.map { "<code>\($0)</code>" as HTML })</td><td>\(net.attachment)</td><td class=\"num\">\(frame.model.hosts.count { $0.net == net.name })</td></tr>\n"
    }
    return frame.page(
      "Hosts", place: .hosts,
      """
      <div class="title"><div><h1>Hosts</h1><p class="lead">\(Phrase.count(frame.model.hosts.count, "host")) in \(Phrase.count(frame.model.nets.count, "net")).</p></div></div>
      <section class="card flush"><div class="scroll"><table class="list"><caption class="visually-hidden">Hosts</caption><thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Net</th><th scope="col">Addresses</th><th scope="col">Services</th><th scope="col" class="num">Conversations</th><th scope="col" class="num">Messages</th></tr></thead><tbody>
      \(rows)</tbody></table></div></section>
      <section class="card flush"><h2>Nets</h2><table class="list"><caption class="visually-hidden">Nets</caption><thead><tr><th scope="col">Name</th><th scope="col">Addresses</th><th scope="col">How hosts are attached</th><th scope="col" class="num">Hosts</th></tr></thead><tbody>
      \(nets)</tbody></table></section>
      \(linkTable)
      """)
  }
}

/// `/host/NAME`
struct HostPage: Sendable {
  let frame: Frame
  private let host: ConsoleModel.Host

  init?(_ frame: Frame, name: String) {
    guard let host = frame.model.host(name) else { return nil }
    self.frame = frame
    self.host = host
  }

  var page: Page {
    let exchanges = frame.model.trace.exchanges(limit: 2_000).lazy.filter { exchange in
      frame.clientName(exchange) == host.name || frame.serverName(exchange) == host.name
    }.prefix(60)
    let services = host.services.map { service -> HTML in
      "<tr><th scope=\"row\">\(service.name)</th><td><code>\(service.port)</code></td><td>\(service.detail)</td></tr>\n"
    }
    let net = frame.model.nets.first { $0.name == host.net }
    let serviceTable: HTML =
      services.isEmpty
      ? "<p class=\"empty\">Nothing listens here; this host only asks.</p>"
      : """
      <table class="list"><caption class="visually-hidden">Services</caption><thead><tr><th scope="col">Service</th><th scope="col">Port</th><th scope="col">What it serves</th></tr></thead><tbody>
      \(services)</tbody></table>
      """
    let list: HTML =
      exchanges.isEmpty
      ? "<p class=\"empty\">It has said nothing lately.</p>"
      : """
      <div class="scroll"><table class="list"><caption class="visually-hidden">Conversations of \(host.name)</caption><thead>\(Frame.rowHead)</thead><tbody>
      \(exchanges.map { frame.row($0) })</tbody></table></div>
      """
    return frame.page(
      host.name, place: .hosts, live: true,
      """
      <nav class="crumbs" aria-label="Path"><a href="/hosts" data-up>Hosts</a> <span aria-hidden="true">/</span> <span>\(host.name)</span></nav>
      <div class="title"><div><h1>\(host.name)</h1><p class="lead">A \(host.role)\(host.net.isEmpty ? "" : " in the net “\(host.net)”").</p></div>
      <div class="tools"><a class="button quiet" href="/ladder?host=\(PercentText.encoded(host.name))">Ladder</a><a class="button quiet" href="/conversations?host=\(PercentText.encoded(host.name))">Conversations</a></div></div>
      <dl class="facts"><div><dt>Addresses</dt><dd>\(host.addresses.map { "<code>\($0.description)</code> " as HTML })</dd></div><div><dt>Attached by</dt><dd>\(host.attachment.isEmpty ? net?.attachment ?? "" : host.attachment)</dd></div></dl>
      <section class="card flush"><h2>Services</h2>\(serviceTable)</section>
      <section class="card flush" data-swap="host"><h2>Conversations</h2>\(list)</section>
      """)
  }
}
