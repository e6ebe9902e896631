// Peers that run: which pieces each has, who serves whom and why, whom nodes of the hash table know, what trackers count. Each picture has a table
// beside it that says the same. Not here: what is shown (ConsolePeers), pictures (PeersDrawing).
import HTTP

/// `/peers`
struct PeersPage: Sendable {
  let frame: Frame
  let peers: ConsolePeers

  var page: Page {
    frame.page(
      "Peers", place: .peers, live: true,
      """
      <div class="title"><div><h1>Peers</h1><p class="lead">Swarms, the hash table and trackers, as they stand now.</p></div></div>
      <div data-swap="peers">
      \(peers.swarms.isEmpty ? "<section class=\"card\"><p class=\"empty\">No swarm is here.</p></section>" : "")\(peers.swarms.map(swarm))\(nodes)\(trackers)
      </div>
      """)
  }

  // MARK: Swarms

  private func swarm(_ swarm: ConsolePeers.Swarm) -> HTML {
    let members = swarm.members.map { member -> HTML in
      let had = member.pieces.count { $0 }
      return """
        <tr><th scope="row">\(frame.hostLink(member.host))</th><td>\(member.phase)</td><td class="num">\(had) of \(swarm.pieceCount)</td><td class="num">\(rate(member.downloadRate))</td><td class="num">\(rate(member.uploadRate))</td><td class="num">\(member.partners.count)</td></tr>

        """
    }
    let served = swarm.members.flatMap { member in member.partners.map { (member.host, $0) } }.map { host, partner -> HTML in
      """
      <tr><th scope="row">\(frame.hostLink(host))</th><td>\(frame.hostLink(partner.host))</td><td>\(state(of: partner))</td><td class="whom">\(partner.reason)</td><td class="num">\(Phrase.size(partner.sent))</td><td class="num">\(Phrase.size(partner.received))</td></tr>

      """
    }
    let slots: HTML =
      served.isEmpty
      ? "<p class=\"empty\">Nobody is connected: whoever has everything needs nobody who has, too.</p>"
      : """
      <div class="columns">
      <div class="scroll" tabindex="0" role="region" aria-label="Who serves whom in \(swarm.name), as a table"><table class="list"><caption class="visually-hidden">Who serves whom</caption><thead><tr><th scope="col">Peer</th><th scope="col">with</th><th scope="col">Serves it</th><th scope="col">Why</th><th scope="col" class="num">Sent</th><th scope="col" class="num">Got</th></tr></thead><tbody>
      \(served)</tbody></table></div>
      <figure>\(PeersDrawing.slots(of: swarm))</figure>
      </div>
      """
    let link: HTML = swarm.link.isEmpty ? "" : "<p class=\"small\"><code class=\"command whole\">netstead lab exec -- netstead torrent get '\(swarm.link)'</code></p>"
    return """
      <section class="card" aria-label="The swarm of \(swarm.name)"><div class="cardhead"><h2>\(swarm.name)</h2><span class="small muted">torrent <code>\(swarm.hash)</code></span></div>
      \(PeersDrawing.pieces(of: swarm))
      <div class="scroll" tabindex="0" role="region" aria-label="Peers of \(swarm.name)"><table class="list"><caption class="visually-hidden">Peers of \(swarm.name)</caption><thead><tr><th scope="col">Peer</th><th scope="col">State</th><th scope="col" class="num">Pieces</th><th scope="col" class="num">Getting</th><th scope="col" class="num">Giving</th><th scope="col" class="num">Connected</th></tr></thead><tbody>
      \(members)</tbody></table></div>
      <h3>Who serves whom, and why</h3>
      \(slots)
      \(link)</section>
      """
  }

  private func state(of partner: ConsolePeers.Partner) -> HTML {
    if partner.isServed { return "<span class=\"state open\">served</span>" }
    return partner.isInterested ? "<span class=\"state lost\">waits</span>" : "<span class=\"state closed\">wants nothing</span>"
  }

  private func rate(_ bytesPerSecond: Double) -> String { bytesPerSecond < 1 ? "–" : "\(Phrase.size(Int(bytesPerSecond)))/s" }

  // MARK: Nodes and trackers

  /// The families are two networks, so each has a circle of its own.
  private var nodes: [HTML] {
    ["IPv4", "IPv6"].compactMap { network in
      let nodes = peers.nodes.filter { $0.network == network }
      return nodes.isEmpty ? nil : table(of: nodes, over: network)
    }
  }

  private func table(of nodes: [ConsolePeers.Node], over network: String) -> HTML {
    let rows = nodes.map { node -> HTML in
      var buckets: [(bucket: Int, contacts: [ConsolePeers.Contact])] = []
      for contact in node.contacts.sorted(by: { ($0.bucket, $0.id) < ($1.bucket, $1.id) }) {
        if buckets.last?.bucket == contact.bucket { buckets[buckets.count - 1].contacts.append(contact) } else { buckets.append((contact.bucket, [contact])) }
      }
      let table = buckets.map { "<span class=\"bucket\"><b>\($0.bucket)</b> \($0.contacts.map(\.host).joined(separator: ", "))</span> " as HTML }
      return """
        <tr><th scope="row">\(frame.hostLink(node.host))</th><td><code>\(node.endpoint)</code></td><td><code>\(String(node.id.prefix(8)))…</code></td><td class="num">\(node.contacts.count)</td><td class="whom">\(table)</td></tr>

        """
    }
    return """
      <section class="card" aria-label="The hash table over \(network)"><h2>The hash table over \(network)</h2>
      <p class="small muted">In front of each bucket stands how many bits at the front of the id are the node's own: the more, the nearer.</p>
      <div class="columns">
      <div class="scroll" tabindex="0" role="region" aria-label="Routing tables over \(network)"><table class="list"><caption class="visually-hidden">Nodes and whom they know</caption><thead><tr><th scope="col">Node</th><th scope="col">Address</th><th scope="col">Id</th><th scope="col" class="num">Knows</th><th scope="col">Whom, by buckets</th></tr></thead><tbody>
      \(rows)</tbody></table></div>
      <figure>\(PeersDrawing.circle(of: nodes, over: network))</figure>
      </div></section>
      """
  }

  private var trackers: HTML {
    guard let first = peers.trackers.first else { return "" }
    let rows = peers.trackers.map { tracker -> HTML in
      "<tr><th scope=\"row\">\(frame.hostLink(tracker.host))</th>\(tracker.counts.map { "<td class=\"num\">\(Phrase.grouped($0.value))</td>" as HTML })</tr>\n"
    }
    return """
      <section class="card flush" aria-labelledby="trackers-title"><h2 id="trackers-title">Trackers</h2><div class="scroll" tabindex="0" role="region" aria-label="What trackers count"><table class="list"><caption class="visually-hidden">What trackers count</caption><thead><tr><th scope="col">Tracker</th>\(first.counts.map { "<th scope=\"col\" class=\"num\">\($0.name)</th>" as HTML })</tr></thead><tbody>
      \(rows)</tbody></table></div></section>
      """
  }
}
