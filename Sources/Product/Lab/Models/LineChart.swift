// Charts of models as SVG: lines for formulas, dots for what was simulated. The same drawing goes into files, pages and reports.
// Not here: ladders (Trace/LadderDrawing), the drawing of a ring (Ring/RingDrawing).
import Trace

/// A chart of numbers against numbers.
package struct LineChart: Sendable, Equatable {
  /// One row of points.
  package struct Series: Sendable, Equatable {
    package var name: String
    package var points: [Point]
    package var look: Look

    package init(_ name: String, _ look: Look, _ points: [Point]) {
      self.name = name
      self.look = look
      self.points = points
    }
  }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  package enum Look: Sendable, Equatable { case line, dashes, steps, dots, squares, crosses }
  package enum Scale: Sendable, Equatable { case linear, logarithmic }

  package var title: String
  package var xLabel: String
  package var yLabel: String
  package var xScale: Scale
  package var series: [Series]

  package init(_ title: String, x: String, y: String, xScale: Scale = .linear, _ series: [Series]) {
    self.title = title
    (xLabel, yLabel) = (x, y)
    self.xScale = xScale
    self.series = series
  }

  private static let (width, height) = (720.0, 420.0)
  private static let (left, right, top, bottom) = (70.0, 20.0, 44.0, 60.0)
  /// Told apart also without colours: by their looks. Each has a contrast of 3:1 on white and on a dark page.
  private static let colours = ["#3b82c4", "#c8671f", "#2f9464", "#9a5fb5", "#d04a5e", "#6f7f92"]
  /// Most points drawn of one row. Past it: the rest is left out.
  private static let pointsMax = 4_096

  /// Where each row's name stands below the chart, in as many lines as they need.
  private var legend: [(x: Double, line: Int)] {
    var (x, line) = (Self.left, 0)
    return series.map { row in
      let width = 44 + Double(row.name.count) * 6.6
      if x > Self.left, x + width > Self.width { (x, line) = (Self.left, line + 1) }
      defer { x += width }
      return (x, line)
    }
  }

  /// A point as its row looks.
  private static func mark(_ look: Look, _ x: Double, _ y: Double, _ colour: String, title: String = "") -> String {
    let inside = title.isEmpty ? "" : "<title>\(title)</title>"
    return switch look {
    case .squares: "<rect x=\"\((x - 4).drawn)\" y=\"\((y - 4).drawn)\" width=\"8\" height=\"8\" fill=\"\(colour)\">\(inside)</rect>"
    case .crosses:
      "<path d=\"M\((x - 4).drawn) \((y - 4).drawn)L\((x + 4).drawn) \((y + 4).drawn)M\((x - 4).drawn) \((y + 4).drawn)L\((x + 4).drawn) \((y - 4).drawn)\" stroke=\"\(colour)\" stroke-width=\"2.5\">\(inside)</path>"
    default: "<circle cx=\"\(x.drawn)\" cy=\"\(y.drawn)\" r=\"4\" fill=\"\(colour)\">\(inside)</circle>"
    }
  }

  /// The whole picture.
  package var svg: String {
    let legend = legend
    let whole = Self.height + Double(legend.last?.line ?? 0) * 18
    let (xs, ys) = (series.flatMap { $0.points.map(\.x) }.filter(\.isFinite), series.flatMap { $0.points.map(\.y) }.filter(\.isFinite))
    let xTicks = xScale == .linear ? Self.ticks(from: xs.min() ?? 0, to: xs.max() ?? 1) : Self.decades(from: xs.min() ?? 1, to: xs.max() ?? 10)
    let yTicks = Self.ticks(from: 0, to: ys.max() ?? 1)
    let across = { (x: Double) in
      let (value, low, high) = (scaled(x), scaled(xTicks.first ?? 0), scaled(xTicks.last ?? 1))
      return Self.left + (Self.width - Self.left - Self.right) * (high > low ? (value - low) / (high - low) : 0)
    }
    let up = { (y: Double) in
      let (low, high) = (yTicks.first ?? 0, yTicks.last ?? 1)
      return Self.height - Self.bottom - (Self.height - Self.top - Self.bottom) * (high > low ? (y - low) / (high - low) : 0)
    }
    var out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) \(Int(whole))\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"currentColor\">\n"
    out += "<title>\(Markup.escaped(title))</title>\n"
    out += "<text x=\"\(Self.left.drawn)\" y=\"20\" font-size=\"15\" font-weight=\"bold\">\(Markup.escaped(title))</text>\n"
    for tick in yTicks {
      out += "<line x1=\"\(Self.left.drawn)\" x2=\"\((Self.width - Self.right).drawn)\" y1=\"\(up(tick).drawn)\" y2=\"\(up(tick).drawn)\" stroke=\"currentColor\" stroke-opacity=\"0.15\"/>"
      out += "<text x=\"\((Self.left - 8).drawn)\" y=\"\((up(tick) + 4).drawn)\" text-anchor=\"end\">\(Self.label(tick))</text>\n"
    }
    for tick in xTicks {
      out += "<line x1=\"\(across(tick).drawn)\" x2=\"\(across(tick).drawn)\" y1=\"\(Self.top.drawn)\" y2=\"\((Self.height - Self.bottom).drawn)\" stroke=\"currentColor\" stroke-opacity=\"0.15\"/>"
      out += "<text x=\"\(across(tick).drawn)\" y=\"\((Self.height - Self.bottom + 16).drawn)\" text-anchor=\"middle\">\(Self.label(tick))</text>\n"
    }
    out += "<text x=\"\(((Self.left + Self.width - Self.right) / 2).drawn)\" y=\"\((Self.height - Self.bottom + 34).drawn)\" text-anchor=\"middle\">\(Markup.escaped(xLabel))</text>\n"
    out += "<text transform=\"translate(16 \(((Self.top + Self.height - Self.bottom) / 2).drawn)) rotate(-90)\" text-anchor=\"middle\">\(Markup.escaped(yLabel))</text>\n"
    for (index, row) in series.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      let points = row.points.filter { $0.x.isFinite && $0.y.isFinite }.prefix(Self.pointsMax).map { (x: across($0.x), y: up($0.y), point: $0) }
      switch row.look {
      case .line, .dashes, .steps:
        var path = ""
        for (number, point) in points.enumerated() {
          if row.look == .steps, number > 0 { path += "H\(point.x.drawn)V\(point.y.drawn)" } else { path += "\(number == 0 ? "M" : "L")\(point.x.drawn) \(point.y.drawn)" }
        }
        out += "<path d=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"\(row.look == .dashes ? " stroke-dasharray=\"7 4\"" : "")/>\n"
      case .dots, .squares, .crosses:
        for point in points {
          out += Self.mark(row.look, point.x, point.y, colour, title: "\(Self.label(point.point.x)): \(Self.label(point.point.y))") + "\n"
        }
      }
      let (x, y) = (legend[index].x, Self.height - 10 + Double(legend[index].line) * 18)
      switch row.look {
      case .dots, .squares, .crosses: out += Self.mark(row.look, x + 10, y - 4, colour)
      case .line, .dashes, .steps:
        out += "<line x1=\"\(x.drawn)\" x2=\"\((x + 20).drawn)\" y1=\"\((y - 4).drawn)\" y2=\"\((y - 4).drawn)\" stroke=\"\(colour)\" stroke-width=\"2\"\(row.look == .dashes ? " stroke-dasharray=\"7 4\"" : "")/>"
      }
      out += "<text x=\"\((x + 26).drawn)\" y=\"\(y.drawn)\">\(Markup.escaped(row.name))</text>\n"
    }
    return out + "</svg>\n"
  }

  private func scaled(_ x: Double) -> Double { xScale == .linear ? x : max(x, 1e-9).binaryLogarithm }

  /// Round numbers around a stretch.
  static func ticks(from low: Double, to high: Double) -> [Double] {
    guard high > low else { return [low, low + 1] }
    var step = 1.0
    while (high - low) / step > 10 { step *= 10 }
    while (high - low) / step < 1 { step /= 10 }
    if (high - low) / step < 2.5 { step /= 5 } else if (high - low) / step < 5 { step /= 2 }
    let first = (low / step).rounded(.down)
    return (0...Int(((high / step).rounded(.up) - first))).map { (first + Double($0)) * step }
  }

  /// Powers of ten, with twos and fives, around a stretch.
  static func decades(from low: Double, to high: Double) -> [Double] {
    var all: [Double] = []
    var power = 1.0
    while power > low { power /= 10 }
    while power * 10 <= low { power *= 10 }
    while all.count < 40 {
      for step in [1.0, 2, 5] {
        all.append(power * step)
        if power * step >= high { return all }
      }
      power *= 10
    }
    return all
  }

  static func label(_ value: Double) -> String { value.short }
}

extension Double {
  /// By a series, since there is no mathematics library here.
  package var binaryLogarithm: Double {
    // ln m for 1 ≤ m < 2, by the series of artanh.
    let z = (significand - 1) / (significand + 1)
    var (sum, power) = (0.0, z)
    for n in stride(from: 1.0, through: 41, by: 2) {
      sum += power / n
      power *= z * z
    }
    return Double(exponent) + 2 * sum / 0.693_147_180_559_945_3
  }

  /// With one digit behind the point, as coordinates need.
  var drawn: String {
    let tenths = Int((self * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  /// With one digit behind the point, always.
  package var tenths: String {
    let all = Int((self * 10).rounded())
    return "\(all < 0 ? "-" : "")\(abs(all) / 10).\(abs(all) % 10)"
  }

  /// With three digits that matter.
  package var short: String {
    guard isFinite else { return "\u{221E}" }
    if abs(self) >= 100 || self == rounded() { return "\(Int(rounded()))" }
    let places = abs(self) >= 10 ? 10.0 : abs(self) >= 1 ? 100.0 : 1_000.0
    let scaled = Int((abs(self) * places).rounded())
    var fraction = "\(scaled % Int(places))"
    while fraction.count < "\(Int(places))".count - 1 { fraction = "0" + fraction }
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(self < 0 ? "-" : "")\(scaled / Int(places))" + (fraction.isEmpty ? "" : "." + fraction)
  }
}
