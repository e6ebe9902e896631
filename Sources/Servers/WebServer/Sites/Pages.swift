// The pages the server writes itself: errors, redirects, folder listings. Everything that came from outside is escaped.
// Not here: when they are sent (SiteResponder).
import Bytes
import HTTP
import Storage
import World

/// Pages in HTML, made by the server.
enum Pages {
  /// `text` with what HTML gives a meaning replaced, for element contents and quoted attributes.
  static func escaped(_ text: some StringProtocol) -> String {
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

  /// `name` as one path segment of a link (RFC 3986 §3.3), everything but unreserved characters percent-encoded.
  static func segment(_ name: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in name {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
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
      let isFolder = item.status.kind == .folder
      // The name is a link relative to this folder; `./` keeps a name with a colon from being read as a scheme.
      let link = "./" + segment(item.name) + (isFolder ? "/" : "")
      let name = escaped(String(decoding: item.name, as: UTF8.self)) + (isFolder ? "/" : "")
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
