// The bytes of a message, in hexadecimal and as text, cut where fields begin and end so that each piece leads to its field.
import Bytes
import Trace
import World

/// The left half of a message's page.
struct BytesView: Sendable {
  /// A run of bytes that belongs to the same field.
  private struct Piece {
    var range: Range<Int>
    var field: NumberedField?
    /// Whether it is the first piece of its field: the one that bears the mark links lead to.
    var isFirst: Bool
  }

  let event: Event
  let info: ConversationInfo
  private let pieces: [Piece]

  /// Most bytes drawn. Unit: bytes. Past it: a line says how many more there are.
  private static var bytesMax: Int { 4_096 }
  private static var width: Int { 16 }

  init(event: Event, info: ConversationInfo, fields: [NumberedField]) {
    self.event = event
    self.info = info
    let end = min(event.bytes.count, Self.bytesMax)
    var pieces: [Piece] = []
    var reached = 0
    let leaves = fields.filter { $0.colour != nil }.sorted { ($0.field.range.lowerBound, $0.number) < ($1.field.range.lowerBound, $1.number) }
    for leaf in leaves {
      let low = max(reached, leaf.field.range.lowerBound)
      let high = min(end, leaf.field.range.upperBound)
      // Flags share bytes: the first field has them, the others still have their row.
      guard low < high else { continue }
      if low > reached { pieces.append(Piece(range: reached..<low, field: nil, isFirst: false)) }
      pieces.append(Piece(range: low..<high, field: leaf, isFirst: true))
      reached = high
    }
    if reached < end { pieces.append(Piece(range: reached..<end, field: nil, isFirst: false)) }
    self.pieces = pieces
  }

  var html: HTML {
    guard !event.bytes.isEmpty else { return "<section class=\"card\"><h2>Bytes</h2><p class=\"empty\">No bytes were kept.</p></section>" }
    let more = event.bytes.count - Self.bytesMax
    let hex: HTML = "<pre class=\"hex\" tabindex=\"0\" role=\"region\" aria-label=\"Bytes in hexadecimal\">\(hexLines)</pre>"
    let rest: HTML = more > 0 ? "<p class=\"small muted pad\">\(Phrase.count(more, "more byte")) not drawn.</p>" : ""
    if isTextShown {
      return """
        <section class="card flush bytes" aria-labelledby="bytes-title"><h2 id="bytes-title">Text</h2>
        <pre class="text" tabindex="0" role="region" aria-label="The message as text">\(textPieces)</pre>\(rest)
        <details><summary>The same in hexadecimal</summary>\(hex)</details></section>
        """
    }
    return "<section class=\"card flush bytes\" aria-labelledby=\"bytes-title\"><h2 id=\"bytes-title\">Bytes</h2>\n\(hex)\(rest)</section>"
  }

  /// The opening of an element around a piece: a link to its field, in its colour, with the marks of all fields it is part of.
  private func wrapped(_ piece: Piece, id: Bool, _ content: HTML) -> HTML {
    guard let field = piece.field, let colour = field.colour else { return content }
    let marks = field.lineage.map { "b\($0)" }.joined(separator: " ")
    let mark: HTML = id && piece.isFirst ? " id=\"b\(field.number)\"" : ""
    return "<a class=\"k\(colour) \(marks)\" href=\"#f\(field.number)\"\(mark) data-field=\"\(field.number)\" title=\"\(field.field.name)\">\(content)</a>"
  }

  private var isTextShown: Bool { event.bytes[0..<Self.bytesMax].printableText != nil || info.dialect == .http }

  private var hexLines: [HTML] {
    let end = min(event.bytes.count, Self.bytesMax)
    return stride(from: 0, to: end, by: Self.width).map { start in
      let line = start..<min(start + Self.width, end)
      var hex: HTML = ""
      var text: HTML = ""
      for piece in pieces where piece.range.overlaps(line) {
        var part = piece
        part.range = piece.range.clamped(to: line)
        part.isFirst = piece.isFirst && part.range.lowerBound == piece.range.lowerBound
        let digits = part.range.map { Hexadecimal.text(event.bytes[at: $0] ?? 0) }.joined(separator: " ")
        hex += wrapped(part, id: !isTextShown, "\(digits)")
        if part.range.upperBound < line.upperBound { hex += part.range.upperBound == start + 8 ? "  " : " " }
        text += wrapped(part, id: false, "\(String(part.range.map { shown(event.bytes[at: $0] ?? 0) }))")
      }
      let missing = (Self.width - line.count) * 3 + (line.count <= 8 ? 1 : 0)
      return "<span class=\"offset\">\(offset(start))</span>  \(hex)\(String(repeating: " ", count: missing))  <span class=\"ascii\">\(text)</span>\n"
    }
  }

  private var textPieces: [HTML] {
    pieces.map { piece in wrapped(piece, id: true, lines(event.bytes[piece.range])) }
  }

  /// Text with its line ends made visible.
  private func lines(_ bytes: Buffer) -> HTML {
    var html: HTML = ""
    var run: [UInt8] = []
    func flush() {
      html += HTML(text: String(decoding: run, as: UTF8.self))
      run.removeAll(keepingCapacity: true)
    }
    for byte in bytes.array {
      switch byte {
      case 0x0D, 0x0A:
        flush()
        html += byte == 0x0D ? "<span class=\"end\">CR</span>" : "<span class=\"end\">LF</span>\n"
      case 0x20..., 0x09: run.append(byte)
      default:
        flush()
        html += "<span class=\"end\">\(Hexadecimal.text(byte))</span>"
      }
    }
    flush()
    return html
  }

  private func shown(_ byte: UInt8) -> Character { byte >= 0x20 && byte < 0x7F ? Character(Unicode.Scalar(byte)) : "·" }
  private func offset(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
