// Explains one message of POP3 to people: commands, answers, listings, content; each part with its place.
// Lenient on purpose, since also broken messages want to be explained; what the strict readers say is the explanation's problem.
// Not here: what words mean (ExplainWords.swift).
public import Bytes
import Mail
public import Trace
import World

/// Explains a command, an answer, or a piece of content.
public func explain(_ bytes: Buffer) -> Explanation {
  let lines = TextLines(bytes)
  guard let first = lines.lines.first else { return Explanation(title: "nothing", fields: []) }
  let explainer = Explainer(bytes: bytes, lines: lines)
  let word = bytes[first.content.lowerBound..<min(first.content.upperBound, first.content.lowerBound + 5)].text.prefix { $0 != " " }
  if word == "+OK" || word == "-ERR" { return explainer.answer(first) }
  guard lines.lines.count == 1 else { return explainer.content(from: 0, title: nil) }
  if word == "+" { return explainer.challenge(first) }
  if Words.commands[word.uppercased()] != nil { return explainer.command(first) }
  return explainer.response(first) ?? explainer.content(from: 0, title: nil)
}

private struct Explainer {
  let bytes: Buffer
  let lines: TextLines

  /// Up to so many bytes of a stretch, as people read them.
  private func shown(_ range: Range<Int>, bytesMax: Int = 100) -> String {
    range.count > bytesMax ? bytes[range.lowerBound..<(range.lowerBound + bytesMax)].text + "…" : bytes[range].text
  }

  // MARK: The client

  func command(_ line: TextLines.Line) -> Explanation {
    let words = lines.words(in: line.content)
    guard let verb = words.first else { return Explanation(title: "nothing", fields: []) }
    let keyword = bytes[verb].text.uppercased()
    let known = Words.commands[keyword]
    var problem: String?
    // RFC 1939 §3. A password that a trace has masked is as good as any.
    do throws(SyntaxError) { _ = try Command(bytes[line.content]) } catch { problem = "\(error)" }
    if line.content.upperBound == line.whole.upperBound { problem = "the line has no end" }
    var children = [Field("keyword", keyword, verb, meaning: known?.meaning ?? "", source: known?.source ?? "RFC 1939 §9")]
    let names = known?.arguments ?? []
    if keyword == "PASS", verb.upperBound + 1 < line.content.upperBound {
      let range = (verb.upperBound + 1)..<line.content.upperBound
      children.append(Field("password", "\(range.count) bytes", range, meaning: "What proves who the user is.", source: "RFC 1939 §7"))
    } else {
      for (index, word) in words.dropFirst().enumerated() {
        let isSecret = keyword == "AUTH" && index == 1
        children.append(
          Field(
            index < names.count ? names[index] : "argument", isSecret ? "\(word.count) bytes" : shown(word), word, meaning: Words.meaning(ofArgument: index < names.count ? names[index] : ""),
            source: known?.source ?? "RFC 1939 §9"))
      }
    }
    let title = keyword == "PASS" || keyword == "AUTH" ? "\(keyword)\(words.count > 1 && keyword == "AUTH" ? " \(bytes[words[1]].text)" : "")" : shown(line.content)
    return Explanation(
      title: title,
      fields: [Field("command", keyword == "PASS" ? "PASS" : shown(line.content), line.whole, meaning: "What the client wants.", source: "RFC 1939 §3", children: children)], problem: problem)
  }

  /// An answer to a challenge; nil: it does not look like one.
  func response(_ line: TextLines.Line) -> Explanation? {
    let content = bytes[line.content]
    if content == "*" {
      return Explanation(title: "cancellation", fields: [Field("cancellation", "*", line.whole, meaning: "The client takes its wish to log in back.", source: "RFC 5034 §4")])
    }
    guard !content.isEmpty, content.array.allSatisfy({ $0 == UInt8(ascii: "*") }) else { return nil }
    return Explanation(title: "response, \(content.count) bytes", fields: [
      Field("response", shown(line.content), line.whole, meaning: "What proves who the client is; the trace does not show it.", source: "RFC 5034 §4")
    ])
  }

  // MARK: The server

  func challenge(_ line: TextLines.Line) -> Explanation {
    let mark = line.content.lowerBound..<(line.content.lowerBound + 1)
    var children = [Field("mark", "+", mark, meaning: "The server asks for more to know who the client is.", source: "RFC 5034 §4")]
    if line.content.count > 2 {
      let range = (mark.upperBound + 1)..<line.content.upperBound
      children.append(Field("challenge", shown(range), range, meaning: "What it asks, in base64.", source: "RFC 5034 §4"))
    }
    return Explanation(title: "challenge", fields: [Field("challenge line", shown(line.content), line.whole, meaning: "A question inside a login.", source: "RFC 5034 §4", children: children)])
  }

  func answer(_ line: TextLines.Line) -> Explanation {
    let words = lines.words(in: line.content)
    guard let status = words.first else { return Explanation(title: "nothing", fields: []) }
    let isGood = bytes[status].text == "+OK"
    var children = [
      Field("status", bytes[status].text, status, meaning: isGood ? "It is done." : "It was not done.", source: "RFC 1939 §3")
    ]
    var text = words.dropFirst()
    if let word = text.first, bytes[at: word.lowerBound] == UInt8(ascii: "["), bytes[at: word.upperBound - 1] == UInt8(ascii: "]") {
      let code = bytes[(word.lowerBound + 1)..<(word.upperBound - 1)].text.uppercased()
      children.append(Field("response code", code, word, meaning: Words.codes[code] ?? "A code this program does not know.", source: "RFC 2449 §8"))
      text = text.dropFirst()
    }
    if let first = text.first, let last = text.last {
      let range = first.lowerBound..<last.upperBound
      children.append(Field("text", shown(range), range, meaning: "For people, or the numbers that were asked for.", source: "RFC 1939 §3"))
    }
    let field = Field("answer", shown(line.content), line.whole, meaning: "What came of the command.", source: "RFC 1939 §3", children: children)
    guard line.whole.upperBound < bytes.count else {
      return Explanation(title: shown(line.content), fields: [field], problem: line.content.upperBound == line.whole.upperBound ? "the line has no end" : nil)
    }
    var whole = content(from: line.whole.upperBound, title: shown(line.content))
    whole.fields.insert(field, at: 0)
    return whole
  }

  /// Listings and messages: lines, perhaps with their end.
  func content(from start: Int, title: String?) -> Explanation {
    let last = lines.end == bytes.count ? lines.lines.last : nil
    let end = last.flatMap { bytes[$0.content] == "." ? $0 : nil }
    let rest = start..<(end?.whole.lowerBound ?? bytes.count)
    var fields: [Field] = []
    if !rest.isEmpty {
      // A dot that was put in moves everything behind it; and a message begins with a field.
      let head = bytes[rest]
      let isMessage = head.firstIndex(of: UInt8(ascii: ":")).map { colon in colon > 0 && head[0..<colon].array.allSatisfy(CharacterClass.visible.contains) } == true
        && !lines.lines.contains { $0.whole.lowerBound >= rest.lowerBound && $0.whole.upperBound <= rest.upperBound && bytes[at: $0.content.lowerBound] == UInt8(ascii: ".") }
      let parts = isMessage ? Mail.explain(head).fields.map { $0.moved(by: rest.lowerBound) } : []
      fields.append(Field("lines", bytes[rest.lowerBound..<min(rest.upperBound, rest.lowerBound + 64)].text + (rest.count > 64 ? "…" : ""), rest,
        meaning: "\(rest.count) bytes: a listing, or a message in which a dot stands before each line that begins with one.", source: "RFC 1939 §3", children: parts))
    }
    if let end { fields.append(Field("end", ".", end.whole, meaning: "A dot alone on its line: the answer ends here.", source: "RFC 1939 §3")) }
    return Explanation(title: title ?? (rest.isEmpty ? "end of the answer" : "lines, \(rest.count) bytes"), fields: fields)
  }
}

extension Field {
  /// The same, so many bytes further on.
  fileprivate func moved(by distance: Int) -> Field {
    Field(name, value, (range.lowerBound + distance)..<(range.upperBound + distance), meaning: meaning, source: source, children: children.map { $0.moved(by: distance) })
  }
}
