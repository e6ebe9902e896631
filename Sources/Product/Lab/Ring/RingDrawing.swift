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
    func spot(_ id: UInt32, _ radius: Double) -> (x: String, y: String) {
      let (sine, cosine) = Turn.sineCosine(Double(id) / whole)
      return ((middle + radius * sine).drawn, (middle - radius * cosine).drawn)
    }
    var out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(size)) \(Int(size))\" role=\"img\" font-family=\"sans-serif\" font-size=\"11\" fill=\"currentColor\">\n<title>A ring of \(isAlive.count { $0 }) nodes</title>\n"
    out += "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#b3541e\"/></marker></defs>\n"
    out += "<circle cx=\"\(middle.drawn)\" cy=\"\(middle.drawn)\" r=\"\(radius.drawn)\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.3\"/>\n"
    let every = max(1, nodes.count / Self.drawnMax)
    for (place, node) in nodes.enumerated() where place % every == 0 {
      let at = spot(node.me.id, radius)
      let isThere = isAlive[place]
      out += "<circle cx=\"\(at.x)\" cy=\"\(at.y)\" r=\"\(nodes.count > Self.namedMax ? 2 : 5)\" fill=\"\(isThere ? "#1f5fa8" : "none")\" stroke=\"\(isThere ? "none" : "#a8283c")\"><title>\(node.me.name)\(isThere ? "" : ", gone")</title></circle>"
      if nodes.count <= Self.namedMax {
        let name = spot(node.me.id, radius - 20)
        out += "<text x=\"\(name.x)\" y=\"\(name.y)\" text-anchor=\"middle\" dominant-baseline=\"middle\">\(node.me.name)</text>"
      }
      out += "\n"
    }
    for key in keys.prefix(Self.namedMax) {
      let (from, to, name) = (spot(key, radius - 4), spot(key, radius + 10), spot(key, radius + 24))
      out += "<line x1=\"\(from.x)\" y1=\"\(from.y)\" x2=\"\(to.x)\" y2=\"\(to.y)\" stroke=\"#2c7a4b\" stroke-width=\"2\"/>"
      out += "<text x=\"\(name.x)\" y=\"\(name.y)\" text-anchor=\"middle\" dominant-baseline=\"middle\" fill=\"#2c7a4b\">\(key)</text>\n"
    }
    for (from, to) in zip(path, path.dropFirst()) {
      let (a, b) = (spot(from, radius - 8), spot(to, radius - 8))
      out += "<line x1=\"\(a.x)\" y1=\"\(a.y)\" x2=\"\(b.x)\" y2=\"\(b.y)\" stroke=\"#b3541e\" stroke-width=\"2\" marker-end=\"url(#tip)\"/>\n"
    }
    return out + "</svg>\n"
  }
}

/// Places on a circle without a mathematics library.
enum Turn {
  /// Sine and cosine of a share of a whole turn, from 0 to 1.
  static func sineCosine(_ share: Double) -> (Double, Double) {
    // Into an eighth of a turn around zero, where few terms are enough.
    let quarter = (share * 4).rounded()
    let x = (share * 4 - quarter) * 1.570_796_326_794_896_6
    let square = x * x
    let sine = x * (1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72))))
    let cosine = 1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56)))
    switch Int(quarter) & 3 {
    case 0: return (sine, cosine)
    case 1: return (cosine, -sine)
    case 2: return (-sine, -cosine)
    default: return (-cosine, sine)
    }
  }
}
