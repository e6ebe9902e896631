// Replies of SMTP and FTP as they pass: a code of three digits, a hyphen before further lines, a space before the last one.
// Read next: SMTPFacts.swift, FTPFacts.swift.
import Bytes

/// Puts the lines of one session's replies together.
struct ReplyLines {
  private var rest = Buffer()
  /// The code and the lines of a reply whose last line has not come.
  private var code: Int?
  private var lines: [String] = []

  /// The replies that end in `piece`: their codes, and their lines without them.
  // RFC 959 §4.2, RFC 5321 §4.2.1
  mutating func take(_ piece: Buffer) -> [(code: Int, lines: [String])] {
    rest.append(piece)
    var replies: [(code: Int, lines: [String])] = []
    while rest.firstIndex(of: 0x0A, from: 0) != nil {
      let line = rest.takeLine().text
      let digits = line.prefix(3)
      let own = digits.count == 3 && digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
      let mark = line.dropFirst(3).first
      guard let own, own == code ?? own, mark == nil || mark == " " || mark == "-" else {
        // A line in between, as FTP has them.
        lines.append(line)
        continue
      }
      code = own
      lines.append(String(line.dropFirst(4)))
      guard mark != "-" else { continue }
      replies.append((own, lines))
      (code, lines) = (nil, [])
    }
    return replies
  }
}

extension Buffer {
  /// Takes the first line, without its end; without an end, all there is.
  mutating func takeLine() -> Buffer {
    let end = firstIndex(of: 0x0A, from: 0) ?? count
    var line = self[0..<end]
    drop(Swift.min(end + 1, count))
    if line.count > 0, line[at: line.count - 1] == 0x0D { line = line[0..<(line.count - 1)] }
    return line
  }
}
