// The console's own files, compiled into the program: style sheet, script, icon. All of them together stay below 100 kB; a test weighs them.
import Bytes

/// A file under `/assets/`.
struct Asset: Sendable {
  let name: String
  let contentType: String
  let text: String

  /// The address, with a mark of the content so that browsers may keep it for as long as it is the same.
  let path: String

  init(_ name: String, _ contentType: String, _ text: String) {
    self.name = name
    self.contentType = contentType
    self.text = text
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    path = "/assets/\(name)?v=\(String(hash, radix: 36))"
  }

  static let style = Asset("console.css", "text/css; charset=utf-8", Stylesheet.text + Stylesheet.fieldRules)
  static let script = Asset("console.js", "text/javascript; charset=utf-8", Script.text)
  static let icon = Asset(
    "icon.svg", "image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">\(mark.markup)</svg>\n")
  static let all = [style, script, icon]

  /// The mark: two hosts, two messages.
  static let mark: HTML = """
    <rect width="32" height="32" rx="7" fill="#0f766e"/><g fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"><path d="M8 6v20M24 6v20"/><path d="M8 11.5h11m-3.5-3.5 3.5 3.5-3.5 3.5" stroke="#99f6e4"/><path d="M24 21H13m3.500-3.500L13 21l3.500 3.500" stroke="#fde68a"/></g>
    """

  static func page(named name: String) -> Page? {
    guard let asset = all.first(where: { $0.name == name }) else { return nil }
    var page = Page(contentType: asset.contentType, body: Buffer(asset.text))
    page.fields = [("Cache-Control", "public, max-age=31536000, immutable")]
    return page
  }
}
