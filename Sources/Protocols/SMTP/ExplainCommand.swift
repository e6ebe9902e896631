// Explains command lines: verb, path, parameters.
// Read before: Explain.swift.
import Bytes
import Mail
import Trace
import World

struct CommandExplainer {
  let bytes: Buffer
  let lines: TextLines
  let line: TextLines.Line

  /// Whether a line begins with a verb that is one.
  static func isCommand(_ bytes: Buffer, _ line: TextLines.Line) -> Bool {
    let verb = bytes[line.content.lowerBound..<min(line.content.upperBound, line.content.lowerBound + 9)].text.prefix { $0 != " " }.uppercased()
    return Words.verbs[verb] != nil
  }

  func explanation() -> Explanation {
    var problem: String?
    do throws(Command.Fault) { _ = try Command(bytes[line.content]) } catch { problem = "\(error)" }
    if line.content.upperBound == line.whole.upperBound { problem = "the line has no end" }
    let words = lines.words(in: line.content)
    guard let first = words.first else { return Explanation(title: "nothing", fields: []) }
    let verb = bytes[first].text.uppercased()
    let known = Words.verbs[verb]
    var children = [Field("verb", verb, first, meaning: known?.meaning ?? "A command this program does not know.", source: known?.source ?? "RFC 5321 §4.1.1")]
    let rest = words.dropFirst()
    var title = bytes.shown(line.content, bytesMax: 100)
    switch verb {
    case "EHLO", "HELO":
      if let name = rest.first { children.append(Field("name", bytes[name].text, name, meaning: "Who the client says it is; nobody has to believe it.", source: "RFC 5321 §4.1.1.1")) }
    case "MAIL", "RCPT": children += path(after: first)
    case "BDAT":
      if let size = rest.first { children.append(Field("chunk size", bytes[size].text, size, meaning: "So many bytes of content follow behind this line.", source: "RFC 3030 §2")) }
      if let last = rest.dropFirst().first { children.append(Field("last", bytes[last].text, last, meaning: "With them the message ends.", source: "RFC 3030 §2")) }
    case "AUTH":
      if let mechanism = rest.first {
        children.append(Field("mechanism", bytes[mechanism].text.uppercased(), mechanism, meaning: Words.meaning(ofMechanism: bytes[mechanism].text.uppercased()), source: "RFC 4954 §4"))
        title = "AUTH \(bytes[mechanism].text)"
      }
      if let response = rest.dropFirst().first {
        children.append(Field("initial response", "\(response.count) bytes", response, meaning: "User and password, in base64, which hides nothing: only TLS does.", source: "RFC 4954 §4"))
      }
    default:
      if let start = rest.first, let end = rest.last {
        children.append(Field("argument", bytes.shown(start.lowerBound..<end.upperBound), start.lowerBound..<end.upperBound, meaning: "What the command is about.", source: known?.source ?? "RFC 5321 §4.1.1"))
      }
    }
    let field = Field("command", bytes.shown(line.content, bytesMax: 100), line.whole, meaning: "What the client wants.", source: "RFC 5321 §4.1.1", children: children)
    return Explanation(title: title, fields: [field], problem: problem)
  }

  /// The path of MAIL or RCPT, and the parameters behind it.
  private func path(after verb: Range<Int>) -> [Field] {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "<"), from: verb.upperBound), open < line.content.upperBound else { return [] }
    let isSender = bytes[verb].text.uppercased() == "MAIL"
    var close = open
    var text = ""
    var meaning = isSender ? "Where word of a failure goes." : "Who is to get the message."
    // The strict reader knows where a quoted part ends.
    do throws(SyntaxError) {
      if isSender {
        if try ReversePath(reading: bytes[0..<line.content.upperBound], at: &close) == .empty { meaning = "Nobody: this message is itself a report, and there are no reports about it." }
      } else if try ForwardPath(reading: bytes[0..<line.content.upperBound], at: &close) == .postmaster {
        meaning = "Who answers for this server: everybody has one."
      }
    } catch { close = min(bytes.firstIndex(of: UInt8(ascii: ">"), from: open).map { $0 + 1 } ?? line.content.upperBound, line.content.upperBound) }
    text = bytes.shown(open..<close)
    var parts: [Field] = []
    if let at = bytes[open..<close].array.lastIndex(of: UInt8(ascii: "@")).map({ $0 + open }), close - open > 2, bytes[at: close - 1] == UInt8(ascii: ">"), at > open + 1, at + 1 < close - 1 {
      parts = [
        Field("local part", bytes.shown((open + 1)..<at), (open + 1)..<at, meaning: "Who, which only the domain's own server can read.", source: "RFC 5321 §4.1.2"),
        Field("domain", bytes.shown((at + 1)..<(close - 1)), (at + 1)..<(close - 1), meaning: "Where: DNS says which servers take its mail.", source: "RFC 5321 §4.1.2"),
      ]
    }
    let path = Field(isSender ? "reverse path" : "forward path", text, open..<close, meaning: meaning, source: isSender ? "RFC 5321 §4.1.1.2" : "RFC 5321 §4.1.1.3", children: parts)
    return [path] + lines.words(in: close..<max(close, line.content.upperBound)).map(parameter)
  }

  private func parameter(_ word: Range<Int>) -> Field {
    let equals = bytes.firstIndex(of: UInt8(ascii: "="), from: word.lowerBound).flatMap { $0 < word.upperBound ? $0 : nil }
    let name = bytes[word.lowerBound..<(equals ?? word.upperBound)].text.uppercased()
    let value = equals.map { bytes.shown(($0 + 1)..<word.upperBound) } ?? ""
    let known = Words.parameters[name]
    return Field(name, value, word, meaning: known?.meaning ?? "A parameter this program does not know.", source: known?.source ?? "RFC 5321 §4.1.1.11")
  }
}
