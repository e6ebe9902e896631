// What servers hold at the moment (letters, remembered records), as tables that whoever runs them fills anew for each page.
// Read next: Pages/TablesPage.swift.

/// A page of tables.
package struct ConsoleTables: Sendable {
  package var title: String
  package var lead: String
  /// Looks at the servers.
  package var look: @Sendable () async -> [ConsoleTable]

  package init(title: String, lead: String, look: @escaping @Sendable () async -> [ConsoleTable]) {
    self.title = title
    self.lead = lead
    self.look = look
  }
}

/// One of them. What stands in its first column are hosts.
package struct ConsoleTable: Sendable {
  package var title: String
  /// Said where there is no row.
  package var empty: String
  package var columns: [Column]
  package var rows: [[String]]

  /// A column, and whether numbers stand in it.
  package struct Column: Sendable {
    package var name: String
    package var isNumber: Bool

    package init(_ name: String, isNumber: Bool = false) {
      self.name = name
      self.isNumber = isNumber
    }
  }

  package init(_ title: String, empty: String, _ columns: [Column], rows: [[String]]) {
    self.title = title
    self.empty = empty
    self.columns = columns
    self.rows = rows
  }
}
