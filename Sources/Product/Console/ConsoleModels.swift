// Simulated models as the console shows them: plain values and closures that the lab fills, since the console knows no lab.
// Settings travel in the address. Read next: Pages/ModelPages.swift.

/// The models there are, and what they come to with some settings.
package struct ConsoleModels: Sendable {
  package var list: [Listed]
  /// Runs a model with these settings, by their names; nil: there is no such model.
  package var draw: @Sendable (_ id: String, _ settings: [String: String]) -> Drawn?
  /// Makes a page away from the connection's loop: a run takes a while.
  package var aside: @Sendable (_ work: @escaping @Sendable () -> Page) async -> Page

  package init(
    list: [Listed], draw: @escaping @Sendable (String, [String: String]) -> Drawn?,
    aside: @escaping @Sendable (@escaping @Sendable () -> Page) async -> Page
  ) {
    self.list = list
    self.draw = draw
    self.aside = aside
  }

  /// A model in the list.
  package struct Listed: Sendable {
    package var id: String
    package var title: String
    package var text: String
    package var settings: [Setting]

    package init(id: String, title: String, text: String, settings: [Setting]) {
      self.id = id
      self.title = title
      self.text = text
      self.settings = settings
    }
  }

  /// Something that can be set.
  package struct Setting: Sendable {
    package var name: String
    package var label: String
    /// What it is when the address does not say.
    package var value: String
    /// What there is to choose from; empty: anything may be written.
    package var options: [String]

    package init(_ name: String, _ label: String, _ value: String, options: [String] = []) {
      self.options = options
      self.name = name
      self.label = label
      self.value = value
    }
  }

  /// What came of a run.
  package struct Drawn: Sendable {
    package var lines: [String]
    /// An SVG, its texts escaped; empty: there is nothing to draw.
    package var picture: String

    package init(lines: [String], picture: String = "") {
      self.lines = lines
      self.picture = picture
    }
  }

  /// Longest value of a setting. Unit: bytes. Past it: the default is meant.
  static var valueBytesMax: Int { 40 }
}
