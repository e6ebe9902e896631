// The map: one band per net, its hosts as boxes on a common line, lines between hosts that have talked. SVG made by the server.
import HTTP
import Trace
import World

/// A drawing of hosts, nets and links.
struct WorldMap {
  /// Messages between two hosts.
  struct Flow {
    var from: String
    var to: String
    var dialect: Dialect
    var messages: Int
  }

  /// Unit: SVG user units.
  private enum Size {
    static let width = 960
    static let label = 128
    static let column = 164
    static let box = 148
    static let boxHeight = 48
    static let row = 84
    static let columns = 5
  }

  private let model: ConsoleModel
  private let flows: [Flow]
  /// Each host's place: the middle of its box.
  private var places: [String: (x: Int, y: Int)] = [:]
  /// Each net with the height at which its band begins and how many rows it has.
  private var bands: [(net: ConsoleModel.Net, hosts: [ConsoleModel.Host], top: Int, rows: Int)] = []
  private var height = 0

  init(_ model: ConsoleModel, flows: [Flow]) {
    self.model = model
    self.flows = flows
    var nets = model.nets.isEmpty ? [ConsoleModel.Net(name: "")] : model.nets
    if model.hosts.contains(where: { host in !nets.contains { $0.name == host.net } }) { nets.append(ConsoleModel.Net(name: "elsewhere")) }
    var top = 8
    for net in nets {
      let hosts = model.hosts.filter { host in host.net == net.name || (net.name == "elsewhere" && !model.nets.contains { $0.name == host.net }) }
      guard !hosts.isEmpty else { continue }
      let rows = (hosts.count + Size.columns - 1) / Size.columns
      bands.append((net, hosts, top, rows))
      for (index, host) in hosts.enumerated() {
        places[host.name] = (
          Size.label + 16 + index % Size.columns * Size.column + Size.box / 2, top + 24 + index / Size.columns * Size.row + Size.boxHeight / 2
        )
      }
      top += rows * Size.row + 14
    }
    // The lines between neighbours of the last row swing below it.
    height = top + 14
  }

  var svg: HTML {
    """
    <svg class="map" viewBox="0 0 \(Size.width) \(height)" role="group" aria-label="Map of hosts and links">
    \(bands.map(drawn))\(flows.map(drawn))\(model.links.map(drawn))\(bands.flatMap { $0.hosts.map(box) })</svg>
    """
  }

  /// A net: its band, its name, and the lines its hosts hang from.
  private func drawn(_ band: (net: ConsoleModel.Net, hosts: [ConsoleModel.Host], top: Int, rows: Int)) -> HTML {
    let bottom = band.rows * Size.row + 2
    var html: HTML = """
      <rect class="band" x="0" y="\(band.top)" width="\(Size.width)" height="\(bottom)" rx="12"/>
      <text class="net" x="18" y="\(band.top + 30)">\(band.net.name)</text>

      """
    for (index, prefix) in band.net.prefixes.prefix(2).enumerated() {
      html += "<text class=\"prefix\" x=\"18\" y=\"\(band.top + 47 + index * 15)\">\(prefix)</text>\n"
    }
    let attachment = band.net.attachment.split(separator: ",").prefix(3)
    if band.rows > 1 || band.net.prefixes.count < 2 {
      for (index, part) in attachment.enumerated() {
        html += "<text class=\"attachment\" x=\"18\" y=\"\(band.top + 52 + (min(2, band.net.prefixes.count) + index) * 15)\">\(part.drop { $0 == " " })</text>\n"
      }
    } else {
      html += "<text class=\"attachment\" x=\"18\" y=\"\(band.top + 77)\">\(attachment.first ?? "")</text>\n"
    }
    for row in 0..<band.rows {
      let y = band.top + 12 + row * Size.row
      let count = min(Size.columns, band.hosts.count - row * Size.columns)
      let end = Size.label + 16 + (count - 1) * Size.column + Size.box / 2
      html += "<path class=\"bus\" d=\"M\(Size.label) \(y) H\(end)\"/>\n"
      for column in 0..<count {
        html += "<path class=\"bus\" d=\"M\(Size.label + 16 + column * Size.column + Size.box / 2) \(y) v12\"/>\n"
      }
    }
    let first = band.top + 12
    let last = band.top + 12 + (band.rows - 1) * Size.row
    if let next = bands.first(where: { $0.top > band.top }) {
      html += "<path class=\"bus\" d=\"M\(Size.label) \(first) V\(next.top + 12)\"/>\n"
    } else if last > first {
      html += "<path class=\"bus\" d=\"M\(Size.label) \(first) V\(last)\"/>\n"
    }
    return html
  }

  private func drawn(_ flow: Flow) -> HTML {
    guard let from = places[flow.from], let to = places[flow.to], flow.from != flow.to else { return "" }
    let title = "\(flow.from) to \(flow.to): \(Phrase.count(flow.messages, "message")) by \(flow.dialect.rawValue)"
    return "<path class=\"flow \(Ladder.className(flow.dialect))\" d=\"\(curve(from, to))\"><title>\(title)</title></path>\n"
  }

  private func drawn(_ link: ConsoleModel.Link) -> HTML {
    guard let from = places[link.first], let to = places[link.second] else { return "" }
    let x = (from.x + to.x) / 2
    let y = (from.y + to.y) / 2
    let width = link.quality.count * 7 + 14
    return """
      <g class="link"><title>\(link.first) and \(link.second): \(link.quality)</title><path d="\(curve(from, to))"/><rect x="\(x - width / 2)" y="\(y - 10)" width="\(width)" height="20" rx="10"/><text x="\(x)" y="\(y + 4)" text-anchor="middle">\(link.quality)</text></g>

      """
  }

  /// A line that leaves a box upwards or downwards and swings over to the other.
  private func curve(_ from: (x: Int, y: Int), _ to: (x: Int, y: Int)) -> String {
    if from.y == to.y {
      let bend = from.y + Size.boxHeight / 2 + 22
      return "M\(from.x) \(from.y + 20) C\(from.x) \(bend + 14) \(to.x) \(bend + 14) \(to.x) \(to.y + 20)"
    }
    let middle = (from.y + to.y) / 2
    return "M\(from.x) \(from.y) C\(from.x) \(middle) \(to.x) \(middle) \(to.x) \(to.y)"
  }

  private func box(_ host: ConsoleModel.Host) -> HTML {
    guard let place = places[host.name] else { return "" }
    let left = place.x - Size.box / 2
    let top = place.y - Size.boxHeight / 2
    let shown = host.name.count > 17 ? host.name.prefix(16) + "…" : host.name[...]
    let services = host.services.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: " ")
    let isTalking = flows.contains { $0.from == host.name || $0.to == host.name }
    return """
      <a class="box role-\(Ladder.className(Dialect(rawValue: host.role)).dropFirst(6))\(isTalking ? " talking" : "")" href="/host/\(PercentText.encoded(host.name))"><title>\(host.name), \(host.role)\(services.isEmpty ? "" : ", " + services)</title><rect x="\(left)" y="\(top)" width="\(Size.box)" height="\(Size.boxHeight)" rx="8"/><circle class="role" cx="\(left + 15)" cy="\(top + 17)" r="4.5"/><text class="name" x="\(left + 26)" y="\(top + 21)">\(shown)</text><text class="address" x="\(left + 26)" y="\(top + 38)">\(host.addresses.first?.description ?? "")</text></a>

      """
  }
}
