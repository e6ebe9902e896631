// Explains one message of SMTP to people: commands, replies, responses of an authentication, content; each part with its place.
// Lenient on purpose, since also broken messages want to be explained; what the strict readers say is the explanation's problem.
// Not here: what words mean (ExplainWords.swift, StatusWords.swift). Read next: ExplainCommand.swift, ExplainReply.swift.
public import Bytes
import Mail
public import Trace

/// Explains a command, a reply, or a piece of content.
public func explain(_ bytes: Buffer) -> Explanation {
  let lines = TextLines(bytes)
  guard let first = lines.lines.first else { return Explanation(title: "nothing", fields: []) }
  if ReplyExplainer.isReply(bytes, first) { return ReplyExplainer(bytes: bytes, lines: lines).explanation() }
  if lines.lines.count == 1 {
    if CommandExplainer.isCommand(bytes, first) { return CommandExplainer(bytes: bytes, lines: lines, line: first).explanation() }
    if let response = ResponseExplainer.explanation(of: bytes, first) { return response }
  }
  return ContentExplainer.explanation(of: bytes, lines)
}

extension Buffer {
  /// Up to so many bytes of a stretch, as people read them.
  func shown(_ range: Range<Int>, bytesMax: Int = 512) -> String {
    range.count > bytesMax ? self[range.lowerBound..<(range.lowerBound + bytesMax)].text + "…" : self[range].text
  }
}

/// Explains what a client says inside an authentication.
private enum ResponseExplainer {
  /// Base64, a star alone, or the stars that stand where a trace masked it.
  static func explanation(of bytes: Buffer, _ line: TextLines.Line) -> Explanation? {
    let content = bytes[line.content]
    // A word of base64 and a line of text may look the same; a text of one word with no end of a sentence is rare.
    guard !content.isEmpty, content.array.allSatisfy({ isBase64($0) || $0 == UInt8(ascii: "*") }) else { return nil }
    if content == "*" {
      return Explanation(title: "cancellation", fields: [Field("cancellation", "*", line.whole, meaning: "The client takes its wish to log in back.", source: "RFC 4954 §4")])
    }
    let isMasked = content.array.allSatisfy { $0 == UInt8(ascii: "*") }
    guard isMasked || content.count % 4 == 0 else { return nil }
    return Explanation(title: "response, \(content.count) bytes", fields: [
      Field(
        "response", isMasked ? bytes.shown(line.content) : "\(content.count) bytes", line.whole,
        meaning: isMasked ? "What proves who the client is; the trace does not show it." : "An answer to a challenge in base64, or a line of content that looks like it.",
        source: "RFC 4954 §4")
    ])
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    CharacterClass.letters.union(.digits).contains(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
  }
}

/// Explains content.
private enum ContentExplainer {
  /// The fields of a message, when its beginning is what stands there, with places in `bytes`.
  private static func message(in range: Range<Int>, of bytes: Buffer, _ lines: TextLines, dots: Int) -> (title: String, fields: [Field])? {
    // A dot that was put in moves everything behind it; and a message begins with a field.
    guard dots == 0, let first = lines.lines.first, range.lowerBound == 0, let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon < first.content.upperBound,
      bytes[0..<colon].array.allSatisfy({ CharacterClass.visible.contains($0) })
    else { return nil }
    let explanation = Mail.explain(bytes[range])
    return (explanation.title, explanation.fields)
  }

  static func explanation(of bytes: Buffer, _ lines: TextLines) -> Explanation {
    var fields: [Field] = []
    var title: String?
    var rest = 0..<bytes.count
    let last = lines.end == bytes.count ? lines.lines.last : nil
    let end = last.flatMap { bytes[$0.content] == "." ? $0 : nil }
    if let end { rest = 0..<end.whole.lowerBound }
    if !rest.isEmpty {
      let dots = lines.lines.count { $0.whole.lowerBound < rest.upperBound && bytes[at: $0.content.lowerBound] == UInt8(ascii: ".") }
      let message = message(in: rest, of: bytes, lines, dots: dots)
      title = message?.title
      fields.append(
        Field(
          "content", bytes.shown(rest, bytesMax: 64), rest,
          meaning: "\(rest.count) bytes of a message\(dots == 0 ? "" : "; a dot was put before \(dots == 1 ? "a line that begins" : "\(dots) lines that begin") with one").",
          source: "RFC 5321 §4.5.2", children: message?.fields ?? []))
    }
    if let end { fields.append(Field("end", ".", end.whole, meaning: "A dot alone on its line: the message ends here.", source: "RFC 5321 §4.1.1.4")) }
    return Explanation(title: rest.isEmpty ? "end of content" : (title ?? "content, \(rest.count) bytes") + (end == nil ? "" : ", and its end"), fields: fields)
  }
}
