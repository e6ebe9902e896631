// A ladder as SVG. No style attributes: classes for the console's style sheet, presentation attributes so that the file also stands alone.
// Every arrow is a link to its message and has a title that a screen reader says; the same rows exist as a table beside it.
public import World

extension Ladder {
  /// Sizes. Unit: SVG user units, a pixel at normal size.
  private enum Size {
    static let gutter = 84
    static let row = 46
    static let head = 64
    static let lettersPerUnit = 0.139
  }

  /// Few lanes stand far apart, many as close as their names allow, so that most pictures fit a page.
  private var laneDistance: Int { lanes.count < 3 ? 620 : max(118, min(380, 820 / (lanes.count - 1))) }
  private var headWidth: Int { min(188, laneDistance - 10) }
  private var width: Int { x(max(0, lanes.count - 1)) + max(70, headWidth / 2 + 16) }

  private func x(_ lane: Int) -> Int { Size.gutter + max(64, headWidth / 2 + 8) + lane * laneDistance }
  private func y(_ row: Int) -> Int { Size.head + 34 + row * Size.row }

  /// The picture. `link` is the address of a message's page, `title` what the picture is of.
  public func svg(title: String, link: (UInt64) -> String) -> String {
    let height = y(rows.count) + 8
    var svg =
      "<svg class=\"ladder\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\" "
      + "role=\"group\" aria-label=\"\(Markup.escaped(title))\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n"
    svg += "<title>\(Markup.escaped(title))</title>\n"
    svg += "<defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto-start-reverse\">"
    svg += "<path class=\"tip\" d=\"M0 1 L9 5 L0 9 z\" fill=\"context-stroke\"/></marker></defs>\n"
    for (index, lane) in lanes.enumerated() { svg += drawn(lane, at: index, bottom: height - 8) }
    for (index, row) in rows.enumerated() {
      svg += "<text class=\"time\" x=\"\(Size.gutter - 8)\" y=\"\(y(index) + 5)\" text-anchor=\"end\" fill=\"#64748b\">\((row.time - start).offsetText)</text>\n"
      switch row.content {
      case .arrow(let arrow): svg += drawn(arrow, at: index, link)
      case .remark(let remark): svg += drawn(remark, at: index)
      }
    }
    return svg + "</svg>\n"
  }

  private func drawn(_ lane: Lane, at index: Int, bottom: Int) -> String {
    let x = x(index)
    let name = fitted(lane.name, width: headWidth - 14)
    return "<line class=\"lane\" x1=\"\(x)\" y1=\"\(Size.head - 8)\" x2=\"\(x)\" y2=\"\(bottom)\" stroke=\"#94a3b8\" stroke-dasharray=\"2 4\"/>\n"
      + "<rect class=\"head\" x=\"\(x - headWidth / 2)\" y=\"6\" width=\"\(headWidth)\" height=\"46\" rx=\"9\" fill=\"#f1f5f9\" stroke=\"#94a3b8\"/>\n"
      + "<text class=\"host\" x=\"\(x)\" y=\"26\" text-anchor=\"middle\" font-weight=\"600\" font-size=\"\(headWidth < 150 ? 12 : 13)\">\(name)</text>\n"
      + "<text class=\"address\" x=\"\(x)\" y=\"43\" text-anchor=\"middle\" font-size=\"11.5\" fill=\"#64748b\">\(lane.address)</text>\n"
  }

  private func drawn(_ arrow: Arrow, at index: Int, _ link: (UInt64) -> String) -> String {
    let y = y(index)
    let isRight = arrow.to > arrow.from
    var classes = "arrow \(Self.className(arrow.dialect))"
    if arrow.fate == .lost { classes += " lost" }
    if arrow.fate == .repeated { classes += " repeated" }
    if arrow.problem != nil { classes += " wrong" }
    let start = x(arrow.from) + (isRight ? 3 : -3)
    var end = x(arrow.to) + (isRight ? -3 : 3)
    // A loop back to the same lane has no length; it is drawn as a short arrow beside it.
    if arrow.from == arrow.to { end = start + 60 }
    if arrow.fate == .lost { end = start + (end - start) * 3 / 5 }
    // The arrow falls by a little when it took time, as in a drawing by hand; the numbers tell how long.
    let fall = arrow.sent != nil && arrow.received != nil && arrow.sent != arrow.received ? 9 : 0
    let dashes = arrow.fate == .repeated ? " stroke-dasharray=\"7 5\"" : ""
    let marker = arrow.fate == .lost ? "" : " marker-end=\"url(#tip)\""
    // A label may reach past a short arrow: it has a row to itself.
    let words = words(of: arrow)
    let room = max(abs(x(arrow.to) - x(arrow.from)) - 16, 300)
    let half = min(room, Int(Double(words.count) / Size.lettersPerUnit)) / 2
    let label = fitted(words, width: room)
    let middle = max(Size.gutter + half, min(width - 8 - half, (x(arrow.from) + x(arrow.to)) / 2))
    var svg = "<a class=\"\(classes)\" href=\"\(Markup.escaped(link(arrow.sequence)))\" id=\"arrow-\(arrow.sequence)\" data-sequence=\"\(arrow.sequence)\">"
    svg += "<title>\(Markup.escaped(sentence(about: arrow)))</title>"
    svg += "<rect class=\"reach\" x=\"\(min(start, end) - 2)\" y=\"\(y - 26)\" width=\"\(abs(end - start) + 4)\" height=\"\(Size.row - 4)\" rx=\"6\" fill=\"transparent\"/>"
    svg += "<line x1=\"\(start)\" y1=\"\(y)\" x2=\"\(end)\" y2=\"\(y + fall)\" stroke=\"#2563eb\" stroke-width=\"1.75\"\(dashes)\(marker)/>"
    if arrow.fate == .lost {
      svg += "<path class=\"cross\" d=\"M\(end - 6) \(y + fall - 6) l12 12 m0 -12 l-12 12\" stroke=\"#b91c1c\" stroke-width=\"2.5\" fill=\"none\"/>"
    }
    svg += "<text class=\"label\" x=\"\(middle)\" y=\"\(y - 7)\" text-anchor=\"middle\">\(label)</text>"
    if arrow.isEncrypted { svg += lock(x: isRight ? start + 10 : start - 22, y: y - 5) }
    return svg + "</a>\n"
  }

  private func lock(x: Int, y: Int) -> String {
    "<rect class=\"head\" x=\"\(x - 3)\" y=\"\(y - 3)\" width=\"18\" height=\"20\" rx=\"5\" fill=\"#f1f5f9\" stroke=\"#94a3b8\"/><path class=\"lock\" d=\"M\(x + 3) \(y + 6) v-2 a3 3 0 0 1 6 0 v2 M\(x + 1) \(y + 6) h10 v7 h-10 z\" fill=\"none\" stroke=\"#64748b\" stroke-width=\"1.5\"/>"
  }

  private func drawn(_ remark: Remark, at index: Int) -> String {
    let y = y(index)
    let text = fitted(remark.text, width: 470)
    // Markup is longer than what is seen: the width comes from the words.
    let width = min(490, Int(Double(min(remark.text.count, 66)) / Size.lettersPerUnit) + 24)
    let left = max(Size.gutter + 4, min(x(remark.lane) - width / 2, self.width - 4 - width))
    return "<g class=\"remark\(remark.isProblem ? " problem" : "")\"><title>\(Markup.escaped(remark.text))</title>"
      + "<rect x=\"\(left)\" y=\"\(y - 13)\" width=\"\(width)\" height=\"26\" rx=\"6\" fill=\"#fef9c3\" stroke=\"#ca8a04\"/>"
      + "<text x=\"\(left + width / 2)\" y=\"\(y + 5)\" text-anchor=\"middle\" font-size=\"12\">\(text)</text></g>\n"
  }

  /// What stands on the arrow: never colour or dashes alone.
  private func words(of arrow: Arrow) -> String {
    switch arrow.fate {
    case .arrived: arrow.label
    case .lost: "lost: \(arrow.label)"
    case .repeated: "repeat: \(arrow.label)"
    }
  }

  /// The arrow in a sentence.
  public func sentence(about arrow: Arrow) -> String {
    let way = arrow.sent.flatMap { sent in arrow.received.map { ", \((($0) - sent).shortText) on the way" } } ?? ""
    let fate =
      switch arrow.fate {
      case .arrived: way
      case .lost: ", lost on the way"
      case .repeated: ", repeated by the link"
      }
    let inside = arrow.isEncrypted ? " inside TLS" : ""
    let wrong = arrow.problem.map { ". Wrong: \($0)" } ?? ""
    return "\(lanes[arrow.from].name) to \(lanes[arrow.to].name): \(arrow.label) (\(arrow.dialect.rawValue)\(inside), \(arrow.length) bytes\(fate))\(wrong)"
  }

  /// Escaped text, shortened to what has room.
  private func fitted(_ text: String, width: Int) -> String {
    let room = max(4, Int(Double(width) * Size.lettersPerUnit))
    return Markup.escaped(text.count > room ? text.prefix(room - 1) + "…" : text)
  }

  /// A dialect as a class name: letters and digits only.
  public static func className(_ dialect: Dialect) -> String {
    "proto-" + dialect.rawValue.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }
}
