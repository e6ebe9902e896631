// Pictures of peers: a row of pieces for each, a circle of who serves whom, the circle of the hash table's ids. SVG made by the server.
// Not here: the tables that say the same (PeersPage).
import Trace

/// Draws peers.
enum PeersDrawing {
  // MARK: Pieces

  /// A row for each peer, a field for each piece; what is had is filled.
  static func pieces(of swarm: ConsolePeers.Swarm) -> HTML {
    let (label, width, row) = (110, 720, 24)
    let height = swarm.members.count * row + 20
    let rows = swarm.members.enumerated().map { index, member -> HTML in
      let top = index * row + 2
      let runs = runs(of: member.pieces).map { run -> HTML in
        let (from, to) = (x(run.lowerBound, of: member.pieces.count, width), x(run.upperBound, of: member.pieces.count, width))
        return "<rect class=\"had\" x=\"\(label + from)\" y=\"\(top)\" width=\"\(max(1, to - from))\" height=\"\(row - 6)\"/>"
      }
      return """
        <g><title>\(member.host): \(member.pieces.count { $0 }) of \(member.pieces.count) pieces</title><text x="\(label - 10)" y="\(top + 13)" text-anchor="end">\(member.host)</text><rect class="all" x="\(label)" y="\(top)" width="\(width)" height="\(row - 6)"/>\(runs)</g>

        """
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="Pieces of \(swarm.name)"><svg class="pieces" viewBox="0 0 \(label + width + 4) \(height)" role="img" aria-label="Which pieces of \(swarm.name) each peer has">
      \(rows)<text class="scale" x="\(label)" y="\(height - 4)">piece 0</text><text class="scale" x="\(label + width)" y="\(height - 4)" text-anchor="end">\(swarm.pieceCount - 1)</text></svg></div>
      """
  }

  private static func x(_ piece: Int, of count: Int, _ width: Int) -> Int { count == 0 ? 0 : piece * width / count }

  /// Stretches of pieces that are had.
  private static func runs(of pieces: [Bool]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for (index, isHad) in pieces.enumerated() {
      if isHad, start == nil { start = index }
      if !isHad, let begun = start {
        runs.append(begun..<index)
        start = nil
      }
    }
    if let start { runs.append(start..<pieces.count) }
    return runs
  }

  // MARK: Circles

  private static let size = 320
  private static var centre: Double { Double(size) / 2 }

  /// A place on the circle, 0 at the top, clockwise.
  private static func point(_ place: Double, _ radius: Double) -> (x: Double, y: Double) {
    let (sine, cosine) = Circle.sineCosine(place)
    return (centre + radius * sine, centre - radius * cosine)
  }

  private static func drawn(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  private static func label(_ text: String, at place: Double) -> HTML {
    let (x, y) = point(place, centre - 26)
    return "<text x=\"\(drawn(x))\" y=\"\(drawn(y + 4))\" text-anchor=\"middle\">\(text)</text>"
  }

  /// An arrow for each peer that another serves: from who gives to who gets.
  static func slots(of swarm: ConsolePeers.Swarm) -> HTML {
    var hosts = swarm.members.map(\.host)
    for partner in swarm.members.flatMap(\.partners) where !hosts.contains(partner.host) { hosts.append(partner.host) }
    let places = Dictionary(hosts.enumerated().map { ($1, Double($0) / Double(hosts.count)) }) { a, _ in a }
    let arrows = swarm.members.flatMap { member in member.partners.filter { $0.isServed && $0.isInterested }.map { (member.host, $0.host) } }.map { from, to -> HTML in
      let (a, b) = (point(places[from] ?? 0, centre - 44), point(places[to] ?? 0, centre - 44))
      // Beside the line that leads back.
      let (dx, dy) = (b.x - a.x, b.y - a.y)
      let bend = (x: (a.x + b.x) / 2 - dy * 0.12, y: (a.y + b.y) / 2 + dx * 0.12)
      return "<path class=\"gives\" marker-end=\"url(#tip)\" d=\"M\(drawn(a.x)) \(drawn(a.y))Q\(drawn(bend.x)) \(drawn(bend.y)) \(drawn(b.x)) \(drawn(b.y))\"><title>\(from) serves \(to)</title></path>"
    }
    let dots = hosts.map { host -> HTML in
      let (x, y) = point(places[host] ?? 0, centre - 44)
      return "<circle class=\"node\" cx=\"\(drawn(x))\" cy=\"\(drawn(y))\" r=\"5\"/>"
    }
    return """
      <svg class="circle" viewBox="0 0 \(size) \(size)" role="img" aria-label="Who serves whom in \(swarm.name)"><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
      \(arrows)\(dots)\(hosts.map { label($0, at: places[$0] ?? 0) })</svg>
      """
  }

  /// The circle of all ids with the nodes where theirs are, and a line to everybody whom each knows.
  static func circle(of nodes: [ConsolePeers.Node], over network: String) -> HTML {
    let places = Dictionary(nodes.map { ($0.id, $0.place) }) { a, _ in a }
    var drawnPairs: Set<String> = []
    let lines = nodes.flatMap { node in node.contacts.map { (node, $0) } }.compactMap { node, contact -> HTML? in
      guard let other = places[contact.id], drawnPairs.insert(min(node.id, contact.id) + max(node.id, contact.id)).inserted else { return nil }
      let (a, b) = (point(node.place, centre - 44), point(other, centre - 44))
      return "<line class=\"knows\" x1=\"\(drawn(a.x))\" y1=\"\(drawn(a.y))\" x2=\"\(drawn(b.x))\" y2=\"\(drawn(b.y))\"/>"
    }
    let dots = nodes.map { node -> HTML in
      let (x, y) = point(node.place, centre - 44)
      return "<circle class=\"node\" cx=\"\(drawn(x))\" cy=\"\(drawn(y))\" r=\"5\"><title>\(node.host), \(String(node.id.prefix(8)))…</title></circle>"
    }
    return """
      <svg class="circle" viewBox="0 0 \(size) \(size)" role="img" aria-label="Nodes over \(network) on the circle of ids"><circle class="ring" cx="\(drawn(centre))" cy="\(drawn(centre))" r="\(drawn(centre - 44))"/>
      \(lines)\(dots)\(zip(nodes, Circle.spread(nodes.map(\.place), apart: 0.05)).map { label($0.host, at: $1) })</svg>
      """
  }
}
