// The pages the server writes itself: errors, redirects, folder listings. Everything that came from outside is escaped.
// Not here: when they are sent (SiteResponder).
import Bytes
import HTTP
import Storage
import World

/// Pages in HTML, made by the server.
package enum Pages {
  /// `text` with what HTML gives a meaning replaced, for element contents and quoted attributes.
  package static func escaped(_ text: some StringProtocol) -> String {
    var safe = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": safe += "&amp;"
      case "<": safe += "&lt;"
      case ">": safe += "&gt;"
      case "\"": safe += "&quot;"
      case "'": safe += "&#39;"
      case "\u{0}"..<" ", "\u{7F}": safe += "\u{FFFD}"
      default: safe.unicodeScalars.append(scalar)
      }
    }
    return safe
  }

  /// A small page with a heading and one sentence.
  static func message(_ heading: String, _ sentence: String) -> Buffer {
    Buffer(page(title: heading, "<h1>\(escaped(heading))</h1>\n<p>\(escaped(sentence))</p>\n"))
  }

  /// The names in the folder that visitors know as `path` (ending in a slash).
  static func listing(of path: [UInt8], _ items: [FolderItem], isCut: Bool) -> Buffer {
    let shown = escaped(String(decoding: path, as: UTF8.self))
    var rows = path.count > 1 ? "<tr><td><a href=\"../\">../</a><td><td>\n" : ""
    for item in items {
      // A path is UTF-8; what is not could not be asked for.
      guard let text = String(validating: item.name, as: UTF8.self) else { continue }
      let isFolder = item.status.kind == .folder
      // The name is a link relative to this folder; `./` keeps a name with a colon from being read as a scheme.
      let link = "./" + PercentText.encoded(text) + (isFolder ? "/" : "")
      let name = escaped(text) + (isFolder ? "/" : "")
      rows += "<tr><td><a href=\"\(link)\">\(name)</a><td>\(isFolder ? "" : String(item.status.size))<td>\(DateText.bytes(of: item.status.modified).text)\n"
    }
    let more = isCut ? "<p>There is more in this folder than is shown.</p>\n" : ""
    return Buffer(page(title: "Index of " + String(decoding: path, as: UTF8.self),
      "<h1>Index of \(shown)</h1>\n<table>\n<tr><th>Name<th>Bytes<th>Changed\n\(rows)</table>\n\(more)"))
  }

  private static func page(title: String, _ body: String) -> String {
    """
    <!doctype html>
    <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(escaped(title))</title>
    <style>body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem}td,th{text-align:left;padding-right:2rem}</style>
    \(body)</html>

    """
  }
}
