// Messages of FTP explained, field by field, for the console and `--explain`: commands, replies, and what passes on data connections.
// Read next: ExplainWords.swift (what codes mean), ExplainedArguments.swift (places, types, facts).
public import Bytes
public import Trace
public import World

/// What `bytes` say, as a message of a control connection or a piece of a data connection; nil: another dialect. `sender` is who said it, where
/// that is known: the same digits are a reply from a server, and no command from a client.
public func explain(_ bytes: Buffer, as dialect: Dialect, from sender: ConversationInfo.Role? = nil) -> Explanation? {
  switch dialect {
  case .ftp: Explainer(bytes: bytes).control(from: sender)
  case .ftpData: Explainer(bytes: bytes).data()
  default: nil
  }
}

/// Explains one message.
struct Explainer {
  let bytes: Buffer

  /// A line and where its content stands.
  struct Line {
    var whole: Range<Int>
    var content: Range<Int>
  }

  /// Most lines explained one by one. Unit: lines. Past it: the rest is one field.
  private static let linesMax = 200

  // MARK: Control

  func control(from sender: ConversationInfo.Role?) -> Explanation {
    switch sender {
    case .server: return reply()
    case .client: return command()
    case nil:
      let first = lines(most: 1).first.map { bytes[$0.content] } ?? Buffer()
      return ReplyReader.mark(of: first) != nil ? reply() : command()
    }
  }

  private func command() -> Explanation {
    let line = lines(most: 1).first ?? Line(whole: 0..<bytes.count, content: 0..<bytes.count)
    var children: [Field] = []
    var problem: String?
    var meaning = "Not a command of FTP."
    var source = "RFC 959 §5.3"
    var title = line.content.isEmpty ? "an empty line" : bytes[line.content].text
    do throws(SyntaxError) {
      let command = try Command(reading: bytes[line.content])
      // Telnet's bytes before the verb shift it; it is looked for.
      let start = bytes.firstIndex(ofLetterFrom: line.content.lowerBound) ?? line.content.lowerBound
      let verbEnd = min(start + command.verb.rawValue.utf8.count, line.content.upperBound)
      if start > line.content.lowerBound {
        children.append(
          Field("Telnet", "\(bytes[line.content.lowerBound..<start])", line.content.lowerBound..<start, meaning: "Marks of Telnet, by which old clients make sure that an ABOR is heard.", source: "RFC 959 §4.1.3"))
      }
      let entry = command.verb.entry
      meaning = entry?.meaning.description ?? "A verb this program does not know."
      source = entry?.source.description ?? source
      children.append(Field("verb", command.verb.rawValue, start..<verbEnd, meaning: meaning, source: source))
      if let argument = command.argument {
        let range = min(verbEnd + 1, line.content.upperBound)..<line.content.upperBound
        let name = entry.map { $0.argument.description.isEmpty ? "argument" : $0.argument.description } ?? "argument"
        children.append(
          Field(
            name, bytes[range].text, range, meaning: ArgumentWords.meaning(of: command.verb, argument), source: source,
            children: arguments(command.verb, range)))
      } else if entry?.argument.description == "path" {
        meaning += " Without a path it is about the current folder."
      }
      title = command.verb.rawValue + (command.argument.map { " \($0.text)" } ?? "")
    } catch { problem = error.description }
    children += end(of: line)
    var fields = [Field("command", bytes[line.content].text, line.whole, meaning: meaning, source: source, children: children)]
    fields += rest(from: line.whole.upperBound, "More than one command at once: they are obeyed one after the other.")
    return Explanation(title: title, fields: fields, problem: problem)
  }

  private func reply() -> Explanation {
    let all = lines(most: Self.linesMax)
    var fields: [Field] = []
    var code = 0
    var title = ""
    var problem: String?
    for (index, line) in all.enumerated() {
      let content = bytes[line.content]
      let mark = ReplyReader.mark(of: content)
      guard index == 0 || mark?.code == code, let mark else {
        let skipped = content[at: 0] == 0x20 ? 1 : 0
        // The middle of a reply that came in parts, or no reply at all.
        if index == 0 {
          title = content.isEmpty ? "an empty line" : content.text
          problem = "expected three digits and a space or hyphen at byte 0 (RFC 959 §4.2)"
        }
        let text = (line.content.lowerBound + skipped)..<line.content.upperBound
        fields.append(Field("line", bytes[text].text, line.whole, meaning: lineMeaning(bytes[text], code), source: "RFC 959 §4.2", children: inner(text, code) + end(of: line)))
        continue
      }
      code = mark.code
      let codeRange = line.content.lowerBound..<(line.content.lowerBound + 3)
      let text = min(line.content.lowerBound + 4, line.content.upperBound)..<line.content.upperBound
      var children = [
        Field(
          "code", String(code), codeRange, meaning: CodeWords.meaning(code), source: CodeWords.source(code),
          children: [
            Field("first digit", String(code / 100), codeRange.lowerBound..<(codeRange.lowerBound + 1), meaning: CodeWords.first(code / 100), source: "RFC 959 §4.2.1"),
            Field("second digit", String(code / 10 % 10), (codeRange.lowerBound + 1)..<(codeRange.lowerBound + 2), meaning: CodeWords.second(code / 10 % 10), source: "RFC 959 §4.2.1"),
          ])
      ]
      if mark.continues {
        children.append(
          Field("hyphen", "-", codeRange.upperBound..<(codeRange.upperBound + 1), meaning: "More lines follow, until one with the same code and a space.", source: "RFC 959 §4.2"))
      }
      if !text.isEmpty {
        children.append(
          Field("text", bytes[text].text, text, meaning: "For people; programs go by the code.", source: "RFC 959 §4.2", children: arguments(ofReply: code, text)))
      }
      if title.isEmpty { title = text.isEmpty ? "\(code)" : "\(code) \(bytes[text].text)" }
      fields.append(
        Field(all.count == 1 ? "reply" : index == 0 ? "first line" : "last line", bytes[line.content].text, line.whole, meaning: CodeWords.meaning(code), source: CodeWords.source(code), children: children + end(of: line)))
    }
    let covered = all.last?.whole.upperBound ?? 0
    fields += rest(from: covered, "More lines of the same kind.")
    if all.count > 1 { title += " (\(all.count) lines)" }
    return Explanation(title: title.isEmpty ? "nothing" : title, fields: fields, problem: problem)
  }

  // MARK: Data

  func data() -> Explanation {
    guard let form = listingForm() else {
      guard !bytes.isEmpty else { return Explanation(title: "nothing", fields: []) }
      return Explanation(
        title: "\(bytes.count) bytes of content",
        fields: [
          Field("content", bytes[0..<256].printableText.map { $0.count > 80 ? $0.prefix(79) + "…" : String($0) } ?? "\(bytes.count) bytes", 0..<bytes.count, meaning: "A piece of the file. Nothing marks its end but the end of the connection.", source: "RFC 959 §3.4.1")
        ])
    }
    let all = lines(most: Self.linesMax)
    var fields: [Field] = []
    for line in all {
      var reader = ListingReader(form, at: Instant.simulationStart)
      var rest = bytes[line.content]
      reader.finish(&rest)
      let item = reader.items.first
      let isFacts = form == .facts
      fields.append(
        Field(
          item.map { String(decoding: $0.name, as: UTF8.self) } ?? "line", bytes[line.content].text, line.whole,
          meaning: item.map(Self.words) ?? "No name: a total, a remark, or a form nobody knows.", source: isFacts ? "RFC 3659 §7.2" : "RFC 959 §4.1.3",
          children: (isFacts ? factFields(line.content) : []) + end(of: line)))
    }
    fields += rest(from: all.last?.whole.upperBound ?? 0, "More names.")
    return Explanation(title: "listing of \(all.count == Self.linesMax ? "more than " : "")\(all.count) \(all.count == 1 ? "name" : "names")", fields: fields)
  }

  private static func words(_ item: ListingItem) -> String {
    let what =
      switch item.kind {
      case .file: "A file"
      case .folder: "A folder"
      case .link: "A link"
      case .other: "Something"
      }
    let size = item.size.map { " of \($0) bytes" } ?? ""
    return "\(what)\(item.kind == .file ? size : "")\(item.modified.map { ", changed \($0.timestamp.prefix(10))" } ?? "")."
  }

  /// In which form this is a listing; nil: it is none, by its first lines.
  private func listingForm() -> ListingReader.Form? {
    let first = lines(most: 3)
    guard !first.isEmpty, first.allSatisfy({ $0.content.count > 3 }) else { return nil }
    func isWhole(_ form: ListingReader.Form) -> Bool {
      var reader = ListingReader(form, at: Instant.simulationStart)
      for line in first {
        var rest = bytes[line.content]
        reader.finish(&rest)
      }
      return reader.items.count == first.count || (form == .any && reader.items.count > 0 && bytes[0..<6].text.lowercased() == "total ")
    }
    if bytes.firstIndex(of: UInt8(ascii: "=")) != nil, bytes.firstIndex(of: UInt8(ascii: ";")) != nil, first.allSatisfy({ hasFacts($0.content) }), isWhole(.facts) {
      return .facts
    }
    return isWhole(.any) ? .any : nil
  }

  private func hasFacts(_ line: Range<Int>) -> Bool {
    guard let space = bytes.firstIndex(of: 0x20, from: line.lowerBound), space < line.upperBound, space > line.lowerBound,
      let equals = bytes.firstIndex(of: UInt8(ascii: "="), from: line.lowerBound)
    else { return false }
    return equals < space && bytes[at: space - 1] == UInt8(ascii: ";")
  }

  // MARK: Lines

  /// Up to `most` lines from the beginning.
  private func lines(most: Int) -> [Line] {
    var found: [Line] = []
    var start = 0
    while start < bytes.count, found.count < most {
      let feed = bytes.firstIndex(of: 0x0A, from: start)
      let end = feed.map { $0 + 1 } ?? bytes.count
      var contentEnd = feed ?? bytes.count
      if contentEnd > start, bytes[at: contentEnd - 1] == 0x0D { contentEnd -= 1 }
      found.append(Line(whole: start..<end, content: start..<contentEnd))
      start = end
    }
    return found
  }

  private func end(of line: Line) -> [Field] {
    let range = line.content.upperBound..<line.whole.upperBound
    return range.isEmpty ? [] : [Field("line end", "\(bytes[range])", range, meaning: "Ends the line.", source: "RFC 959 §5.3.1")]
  }

  private func rest(from start: Int, _ meaning: String) -> [Field] {
    start < bytes.count ? [Field("rest", "\(bytes.count - start) bytes", start..<bytes.count, meaning: meaning, source: "RFC 959 §4.2")] : []
  }
}

extension Buffer {
  /// Where the first letter stands at or after `start`.
  fileprivate func firstIndex(ofLetterFrom start: Int) -> Int? {
    var index = start
    while let byte = self[at: index] {
      // An IAC and the command after it are no letters; SB and the like have codes above.
      if CharacterClass.letters.contains(byte) { return index }
      index += 1
    }
    return nil
  }
}
