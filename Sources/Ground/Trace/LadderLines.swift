// A ladder as lines of text for terminals: a column for each host, an arrow a line, what it says at the right.
import World

extension Ladder {
  /// The drawing. Its first line names the hosts.
  public var lines: [String] {
    guard !lanes.isEmpty else { return [] }
    let places = places
    var drawing = [heads(places)]
    if hidden > 0 { drawing.append("\(hidden) older rows are left out") }
    for row in rows {
      let time = (row.time - start).offsetText
      let margin = String(repeating: " ", count: max(0, Self.margin - 2 - time.count)) + time + "  "
      switch row.content {
      case .arrow(let arrow): drawing.append(margin + rung(places, arrow) + "  " + words(of: arrow))
      case .remark(let remark):
        var columns = posts(places)
        columns[places[remark.lane]] = remark.isProblem ? "!" : "*"
        drawing.append(margin + String(columns) + "  " + lanes[remark.lane].name + ": " + Transcript.clean(remark.text))
      }
    }
    return drawing
  }

  /// Room for the times. Unit: columns.
  private static var margin: Int { 12 }

  /// Where each lane stands: as near to the one before as their names allow. Unit: columns from the margin.
  private var places: [Int] {
    var places: [Int] = []
    for (index, lane) in lanes.enumerated() {
      let half = lane.name.count / 2
      guard let before = places.last else {
        places.append(half)
        continue
      }
      places.append(before + max(10, (lanes[index - 1].name.count + 1) / 2 + half + 2))
    }
    return places
  }

  private func heads(_ places: [Int]) -> String {
    var line = String(repeating: " ", count: Self.margin)
    for (lane, place) in zip(lanes, places) {
      let gap = Self.margin + place - lane.name.count / 2 - line.count
      line += String(repeating: " ", count: max(0, gap)) + Transcript.clean(lane.name)
    }
    return line
  }

  private func posts(_ places: [Int]) -> [Character] {
    var columns = [Character](repeating: " ", count: (places.last ?? 0) + 1)
    for place in places { columns[place] = "│" }
    return columns
  }

  private func rung(_ places: [Int], _ arrow: Arrow) -> String {
    var columns = posts(places)
    let (from, to) = (places[arrow.from], places[arrow.to])
    guard from != to else {
      columns[from] = "↺"
      return String(columns)
    }
    let isRight = to > from
    // What was lost does not get there.
    let end = arrow.fate == .lost ? from + (to - from) * 3 / 5 : to + (isRight ? -1 : 1)
    let line: Character = arrow.fate == .repeated ? "╌" : "─"
    for column in min(from, end)...max(from, end) where column != from { columns[column] = columns[column] == "│" ? "┼" : line }
    columns[end] = arrow.fate == .lost ? "✗" : isRight ? "▶" : "◀"
    return String(columns)
  }

  private func words(of arrow: Arrow) -> String {
    let fate =
      switch arrow.fate {
      case .arrived: ""
      case .lost: "lost: "
      case .repeated: "repeat: "
      }
    let wrong = arrow.problem.map { " (wrong: \($0))" } ?? ""
    return Transcript.clean((arrow.isEncrypted ? "~ " : "") + fate + arrow.label + wrong)
  }
}
