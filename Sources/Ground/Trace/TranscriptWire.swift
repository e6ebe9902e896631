// Bytes in hexadecimal for the terminal: one line per field where an explanation knows them, sixteen bytes a line where none does.
import Bytes

/// The `--wire` form of a message.
enum WireLines {
  /// Bytes on one line.
  private static let width = 16
  /// Most bytes shown of one message. Unit: bytes. Past it: a line says how many more there are.
  private static let bytesMax = 4_096

  static func lines(of bytes: Buffer, _ explanation: Explanation?) -> [String] {
    let shown = min(bytes.count, bytesMax)
    var lines: [String] = []
    for piece in pieces(explanation?.fields ?? [], end: shown) {
      var start = piece.range.lowerBound
      while start < piece.range.upperBound {
        let end = min(start + width, piece.range.upperBound)
        lines.append(line(bytes, start..<end, name: start == piece.range.lowerBound ? piece.name : ""))
        start = end
      }
    }
    if shown < bytes.count { lines.append("[\(bytes.count - shown) more bytes]") }
    return lines
  }

  /// The innermost fields in the order of their places, and the bytes between them, without overlaps.
  static func pieces(_ fields: [Field], end: Int) -> [(name: String, range: Range<Int>)] {
    var pieces: [(name: String, range: Range<Int>)] = []
    var reached = 0
    func add(_ name: String, _ range: Range<Int>) {
      let low = max(reached, range.lowerBound)
      let high = min(end, range.upperBound)
      guard low < high else { return }
      if low > reached { pieces.append(("", reached..<low)) }
      pieces.append((name, low..<high))
      reached = high
    }
    for field in leaves(fields, depth: 0) { add(field.name, field.range) }
    if reached < end { pieces.append(("", reached..<end)) }
    return pieces
  }

  private static func leaves(_ fields: [Field], depth: Int) -> [Field] {
    let all = fields.flatMap { $0.children.isEmpty || depth >= 16 ? [$0] : leaves($0.children, depth: depth + 1) }
    return all.sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
  }

  private static func line(_ bytes: Buffer, _ range: Range<Int>, name: String) -> String {
    var hex = ""
    var text = ""
    for index in range {
      let byte = bytes[at: index] ?? 0
      hex += (hex.isEmpty ? "" : " ") + Hexadecimal.text(byte)
      text.unicodeScalars.append(Unicode.Scalar(byte >= 0x20 && byte < 0x7F ? byte : UInt8(ascii: ".")))
    }
    let offset = String(range.lowerBound, radix: 16)
    let line =
      String(repeating: "0", count: max(0, 4 - offset.count)) + offset + "  " + padded(hex, width * 3 - 1) + "  " + padded(text, width) + "  "
      + Transcript.clean(name)
    return String(line.reversed().drop { $0 == " " }.reversed())
  }

  private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
