// Models of peers: the list, and one model with its settings as a form, what came of the run, and a picture.
// Not here: running them (the lab does).
import HTTP

/// `/models`
struct ModelsPage: Sendable {
  let frame: Frame
  let models: ConsoleModels

  var page: Page {
    let rows = models.list.map { model -> HTML in
      "<tr><th scope=\"row\"><a href=\"/model/\(model.id)\">\(model.title)</a></th><td>\(model.text)</td></tr>\n"
    }
    return frame.page(
      "Models", place: .models,
      """
      <div class="title"><div><h1>Models</h1><p class="lead">Many simulated peers in virtual time, from a seed.</p></div></div>
      <section class="card flush"><table class="list"><caption class="visually-hidden">Models</caption><thead><tr><th scope="col">Model</th><th scope="col">What it is</th></tr></thead><tbody>
      \(rows)</tbody></table></section>
      """)
  }
}

/// `/model/ID`
struct ModelPage: Sendable {
  private let frame: Frame
  private let model: ConsoleModels.Listed
  private let settings: [String: String]
  private let drawn: ConsoleModels.Drawn

  init?(_ frame: Frame, _ models: ConsoleModels, id: String) {
    guard let model = models.list.first(where: { $0.id == id }) else { return nil }
    var settings: [String: String] = [:]
    for setting in model.settings {
      let value = frame.request.value(setting.name)
      settings[setting.name] = value.isEmpty || value.utf8.count > ConsoleModels.valueBytesMax ? setting.value : value
    }
    guard let drawn = models.draw(id, settings) else { return nil }
    self.frame = frame
    self.model = model
    self.settings = settings
    self.drawn = drawn
  }

  var page: Page {
    let fields = model.settings.map { setting -> HTML in
      if !setting.options.isEmpty {
        let options = setting.options.map { "<option\($0 == settings[setting.name] ? " selected" : "")>\($0)</option>" as HTML }
        return "<label>\(setting.label) <select name=\"\(setting.name)\">\(options)</select></label>\n"
      }
      return "<label>\(setting.label) <input type=\"text\" name=\"\(setting.name)\" value=\"\(settings[setting.name] ?? "")\" maxlength=\"\(ConsoleModels.valueBytesMax)\"></label>\n"
    }
    let picture: HTML = drawn.picture.isEmpty ? "" : "<section class=\"card\"><figure>\(HTML(markup: drawn.picture))</figure></section>"
    return frame.page(
      model.title, place: .models,
      """
      <div class="title"><div><h1>\(model.title)</h1><p class="lead">\(model.text)</p></div></div>
      <form class="filter settings" action="/model/\(model.id)">\(fields)<button type="submit">Run</button></form>
      <section class="card"><pre class="scroll" tabindex="0" aria-label="What came of it">\(drawn.lines.joined(separator: "\n"))</pre></section>
      \(picture)
      """)
  }
}
