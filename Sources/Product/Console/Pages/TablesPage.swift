// What servers hold, as tables. Not here: what is in them (ConsoleTable.swift and who fills it).

/// `/mail`, `/caches`
struct TablesPage: Sendable {
  let frame: Frame
  let place: Frame.Place
  let tables: ConsoleTables
  let found: [ConsoleTable]

  var page: Page {
    frame.page(
      tables.title, place: place, live: true,
      """
      <div class="title"><div><h1>\(tables.title)</h1><p class="lead">\(tables.lead)</p></div></div>
      <div data-swap="tables">
      \(found.map(section))
      </div>
      """)
  }

  private func section(_ table: ConsoleTable) -> HTML {
    let content: HTML
    if table.rows.isEmpty {
      content = "<p class=\"empty\">\(table.empty)</p>"
    } else {
      content = """
        <div class="scroll" tabindex="0" role="region" aria-label="\(table.title)"><table class="list"><caption class="visually-hidden">\(table.title)</caption><thead><tr>\(table.columns.map { "<th scope=\"col\"\(numbers($0))>\($0.name)</th>" as HTML })</tr></thead><tbody>
        \(table.rows.map { row($0, of: table) })</tbody></table></div>
        """
    }
    return """
      <section class="card flush" aria-label="\(table.title)"><div class="cardhead"><h2>\(table.title)</h2></div>
      \(content)</section>

      """
  }

  private func row(_ cells: [String], of table: ConsoleTable) -> HTML {
    let rest = zip(table.columns, cells).dropFirst().map { column, cell -> HTML in "<td\(numbers(column))>\(cell)</td>" }
    return "<tr><th scope=\"row\">\(frame.hostLink(cells.first ?? ""))</th>\(rest)</tr>\n"
  }

  private func numbers(_ column: ConsoleTable.Column) -> HTML { column.isNumber ? " class=\"num\"" : "" }
}
