// A ring as a picture: nodes on a circle at their numbers, keys outside, the way of one search as arrows.
// Not here: charts (Models/LineChart).
import Trace

extension RingSimulation {
  /// Most nodes drawn with their names. Past it: a circle with dots.
  private static var namedMax: Int { 48 }
  /// Most nodes drawn at all. Past it: every so many.
  private static var drawnMax: Int { 2_048 }

  /// The picture. `path`: numbers of nodes that a search went by.
  package func svg(keys: [UInt32] = [], path: [UInt32] = []) -> String {
    let (size, radius) = (520.0, 190.0)
    let middle = size / 2
    let whole = Double(rules.mask) + 1
    func spot(_ id: UInt32, _ radius: Double) -> (x: String, y: String) { spot(at: Double(id) / whole, radius) }
    func spot(at share: Double, _ radius: Double) -> (x: String, y: String) {
      let (sine, cosine) = Circle.sineCosine(share)
      return ((middle + radius * sine).drawn, (middle - radius * cosine).drawn)
    }
    var out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(size)) \(Int(size))\" role=\"img\" font-family=\"sans-serif\" font-size=\"11\" fill=\"currentColor\">\n<title>A ring of \(isAlive.count { $0 }) nodes</title>\n"
    out += "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#c8671f\"/></marker></defs>\n"
    out += "<circle cx=\"\(middle.drawn)\" cy=\"\(middle.drawn)\" r=\"\(radius.drawn)\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.3\"/>\n"
    let named = nodes.count <= Self.namedMax ? Circle.spread(nodes.map { Double($0.me.id) / whole }, apart: 0.028) : []
    let every = max(1, nodes.count / Self.drawnMax)
    for (place, node) in nodes.enumerated() where place % every == 0 {
      let at = spot(node.me.id, radius)
      let isThere = isAlive[place]
      out += "<circle cx=\"\(at.x)\" cy=\"\(at.y)\" r=\"\(nodes.count > Self.namedMax ? 2 : 5)\" fill=\"\(isThere ? "#3b82c4" : "none")\" stroke=\"\(isThere ? "none" : "#d04a5e")\"><title>\(node.me.name)\(isThere ? "" : ", gone")</title></circle>"
      if named.indices.contains(place) {
        let name = spot(at: named[place], radius - 24)
        out += "<text x=\"\(name.x)\" y=\"\(name.y)\" text-anchor=\"middle\" dominant-baseline=\"middle\">\(node.me.name)</text>"
      }
      out += "\n"
    }
    let drawnKeys = Array(keys.prefix(Self.namedMax))
    for (key, share) in zip(drawnKeys, Circle.spread(drawnKeys.map { Double($0) / whole }, apart: 0.022)) {
      let (from, to, name) = (spot(key, radius - 4), spot(key, radius + 10), spot(at: share, radius + 26))
      out += "<line x1=\"\(from.x)\" y1=\"\(from.y)\" x2=\"\(to.x)\" y2=\"\(to.y)\" stroke=\"#2f9464\" stroke-width=\"2\"/>"
      out += "<text x=\"\(name.x)\" y=\"\(name.y)\" text-anchor=\"middle\" dominant-baseline=\"middle\" fill=\"#2f9464\">\(key)</text>\n"
    }
    for (from, to) in zip(path, path.dropFirst()) {
      let (a, b) = (spot(from, radius - 8), spot(to, radius - 8))
      out += "<line x1=\"\(a.x)\" y1=\"\(a.y)\" x2=\"\(b.x)\" y2=\"\(b.y)\" stroke=\"#c8671f\" stroke-width=\"2\" marker-end=\"url(#tip)\"/>\n"
    }
    return out + "</svg>\n"
  }
}
