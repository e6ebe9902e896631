// Explains one message of HTTP/1 to people: start line, fields, chunk lines, content, each with its place, meaning and section.
// Lenient on purpose, since also broken messages want to be explained; what the strict readers say is the explanation's problem.
// Not here: the meanings of fields (FieldRegistry.swift), of methods and statuses (ExplainWords.swift).
public import Bytes
public import Trace

/// Explains a request head, a response head, a chunk, or a piece of content. A head may be followed by its content.
public func explain(_ bytes: Buffer) -> Explanation {
  let lines = Lines(bytes)
  guard let first = lines.first else { return Explanation(title: "nothing", fields: []) }
  let text = bytes[first.content].text
  if text.hasPrefix("HTTP/") { return MessageExplainer(bytes, lines).response() }
  if MessageExplainer.looksLikeRequest(text) { return MessageExplainer(bytes, lines).request() }
  if let chunk = ChunkExplainer.explanation(of: bytes) { return chunk }
  return Explanation(title: "content, \(bytes.count) bytes", fields: [contentField(0..<bytes.count, bytes)])
}

/// The field that stands for content. A form is taken apart.
private func contentField(_ range: Range<Int>, _ bytes: Buffer) -> Field {
  let shown = bytes[range.lowerBound..<min(range.upperBound, range.lowerBound + 64)].description
  let parts = ExplainedForm.fields(in: range, of: bytes)
  return Field(
    "content", range.count > 64 ? shown + "…" : shown, range,
    meaning: parts.isEmpty ? "\(range.count) bytes of the content itself." : "\(range.count) bytes: a form that somebody filled in.",
    source: "RFC 9110 §6.4", children: parts)
}

/// The secrets of a message: what proves who somebody is.
enum Secrets {
  /// Where credentials, the values of cookies, and passwords in forms stand. Schemes, names and attributes stay readable.
  // RFC 9110 §11.6.2, §11.7.2; RFC 6265 §8.3
  static func ranges(in bytes: Buffer) -> [Range<Int>] {
    var found: [Range<Int>] = []
    let lines = Lines(bytes)
    for line in lines.fields(of: bytes) where !line.value.isEmpty {
      switch FieldName(code: line.code) {
      case .authorization, .proxyAuthorization:
        found.append(ExplainedValue.afterScheme(line.value, of: bytes))
      case .cookie: found += ExplainedValue.pairs(line.value, of: bytes).map(\.value)
      case .setCookie: found += ExplainedValue.pairs(line.value, of: bytes).prefix(1).map(\.value)
      default: break
      }
    }
    let isHead = lines.first.map { speaksHTTP(bytes[$0.content]) } ?? false
    let content = isHead ? (lines.contentStart ?? bytes.count)..<bytes.count : 0..<bytes.count
    return (found + ExplainedForm.passwords(in: content, of: bytes)).filter { !$0.isEmpty }
  }

  /// Whether a start line names the protocol. As bytes: every message that is recorded comes by here, and a search in a text costs more than all the rest.
  private static func speaksHTTP(_ line: Buffer) -> Bool {
    line.withUnsafeBytes { all in
      var slash = all.first(UInt8(ascii: "/"), in: 4, all.count)
      while slash < all.count {
        if all[(slash - 4)..<slash].elementsEqual("HTTP".utf8) { return true }
        slash = all.first(UInt8(ascii: "/"), in: slash + 1, all.count)
      }
      return false
    }
  }
}

extension ServerConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }
}

extension ClientConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }
}

/// The lines of a head, however they end.
struct Lines {
  /// One line without and with its end.
  struct Line {
    var content: Range<Int>
    var whole: Range<Int>
  }

  /// One field line, cut.
  struct FieldLine {
    var code: UInt8
    var name: Range<Int>
    var value: Range<Int>
    var whole: Range<Int>
  }

  var lines: [Line] = []
  /// Where the content begins, after the empty line; nil: there is no empty line.
  var contentStart: Int?
  var first: Line? { lines.first }

  /// Most lines looked at. Unit: lines. Past it: the rest counts as content.
  static var linesMax: Int { 1_024 }

  init(_ bytes: Buffer) {
    var start = 0
    while start < bytes.count, lines.count < Self.linesMax {
      let end = bytes.firstIndex(of: 0x0A, from: start) ?? bytes.count
      let content = end > start && bytes[at: end - 1] == 0x0D && end < bytes.count ? end - 1 : end
      let next = min(end + 1, bytes.count)
      if content == start, !lines.isEmpty {
        contentStart = next
        return
      }
      if content > start { lines.append(Line(content: start..<content, whole: start..<next)) }
      start = next
    }
  }

  /// The field lines after the start line.
  func fields(of bytes: Buffer) -> [FieldLine] {
    lines.dropFirst().map { line in
      // Only in the line itself: content without colons would else be searched to its end once for each of its lines.
      let colon = bytes.withUnsafeBytes { all in all[line.content].firstIndex(of: 0x3A) } ?? line.content.upperBound
      let name = line.content.lowerBound..<colon
      return bytes.withUnsafeBytes { all in
        FieldLine(
          code: FieldNameTable.shared.code(of: UnsafeRawBufferPointer(rebasing: all[all.trimmed(name.lowerBound, name.upperBound)])),
          name: name, value: all.trimmed(min(colon + 1, line.content.upperBound), line.content.upperBound), whole: line.whole)
      }
    }
  }
}

/// Explains heads.
private struct MessageExplainer {
  let bytes: Buffer
  let lines: Lines

  init(_ bytes: Buffer, _ lines: Lines) {
    self.bytes = bytes
    self.lines = lines
  }

  /// A method in capitals and a second word.
  static func looksLikeRequest(_ line: String) -> Bool {
    let words = line.split(separator: " ")
    guard let method = words.first, words.count >= 2 else { return false }
    return method.utf8.allSatisfy(Characters.isToken) && (words.last?.hasPrefix("HTTP/") == true || method.allSatisfy(\.isUppercase))
  }

  func request() -> Explanation {
    var problem: String?
    var reader = RequestReader()
    var rest = bytes
    do throws(Refusal) {
      if try reader.next(from: &rest) == nil { problem = "the head is not whole" }
    } catch { problem = error.explanation }
    guard let line = lines.first else { return Explanation(title: "nothing", fields: [], problem: problem) }
    let words = words(of: line.content)
    var children: [Field] = []
    var title = "request"
    if let method = words.first {
      let text = bytes[method].text
      title = text
      children.append(Field("method", text, method, meaning: Words.meaning(ofMethod: text), source: "RFC 9110 §9"))
    }
    if words.count > 1 {
      let target = words[1]
      title += " " + bytes[target].text
      let question = bytes.firstIndex(of: 0x3F, from: target.lowerBound).flatMap { $0 < target.upperBound ? $0 : nil }
      var parts: [Field] = []
      if let question {
        parts = [
          Field("path", bytes[target.lowerBound..<question].text, target.lowerBound..<question, meaning: "Which resource.", source: "RFC 3986 §3.3"),
          Field(
            "query", bytes[(question + 1)..<target.upperBound].text, (question + 1)..<target.upperBound, meaning: "What is asked of it.",
            source: "RFC 3986 §3.4", children: ExplainedForm.fields(in: (question + 1)..<target.upperBound, of: bytes)),
        ]
      }
      children.append(
        Field("target", bytes[target].text, target, meaning: "The resource that is meant, on the site that Host names.", source: "RFC 9112 §3.2", children: parts))
    }
    if words.count > 2 {
      children.append(
        Field("version", bytes[words[2]].text, words[2], meaning: "The highest version of HTTP the client speaks.", source: "RFC 9112 §2.3"))
    }
    let start = Field(
      "request line", bytes[line.content].text, line.whole, meaning: "What is to be done, with what, in which version.", source: "RFC 9112 §3",
      children: children)
    return Explanation(title: title, fields: [start] + fields() + content(), problem: problem)
  }

  func response() -> Explanation {
    var problem: String?
    var reader = ResponseReader()
    var rest = bytes
    var length: Int64?
    do throws(Refusal) {
      if let head = try reader.next(from: &rest, answering: .get) {
        if case .length(let announced) = head.framing { length = announced }
      } else {
        problem = "the head is not whole"
      }
    } catch { problem = error.explanation }
    guard let line = lines.first else { return Explanation(title: "nothing", fields: [], problem: problem) }
    let words = words(of: line.content)
    var children: [Field] = []
    var title = "response"
    if let version = words.first {
      children.append(
        Field("version", bytes[version].text, version, meaning: "The highest version of HTTP the server speaks.", source: "RFC 9112 §2.3"))
    }
    if words.count > 1 {
      let code = bytes[words[1]].text
      title = code
      let status = Status(rawValue: UInt16(code) ?? 0)
      children.append(Field("status", code, words[1], meaning: Words.meaning(of: status), source: "RFC 9110 §15"))
      if words.count > 2 {
        let reason = words[2].lowerBound..<line.content.upperBound
        title += " " + bytes[reason].text
        children.append(
          Field("reason", bytes[reason].text, reason, meaning: "The status for people; programs do not look at it.", source: "RFC 9112 §4"))
      }
    }
    let start = Field(
      "status line", bytes[line.content].text, line.whole, meaning: "How the request went.", source: "RFC 9112 §4", children: children)
    let fields = fields()
    if let type = fields.first(where: { $0.name.lowercased() == "content-type" }) { title += " " + type.value }
    if let length { title += " \(length) bytes" }
    return Explanation(title: title, fields: [start] + fields + content(), problem: problem)
  }

  private func words(of line: Range<Int>) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start = line.lowerBound
    while start < line.upperBound {
      let end = min(bytes.firstIndex(of: 0x20, from: start) ?? line.upperBound, line.upperBound)
      if end > start { words.append(start..<end) }
      start = end + 1
    }
    return words
  }

  private func fields() -> [Field] {
    lines.fields(of: bytes).map { line in
      let name = bytes[line.name].text
      let value = bytes[line.value].text
      guard line.code != 0 else {
        return Field(name, value, line.whole, meaning: "A field this program has no description of.", source: "RFC 9110 §5")
      }
      let entry = FieldRegistry.entries[Int(line.code) - 1]
      let meaning = entry.meaning.description
      return Field(name, value, line.whole, meaning: meaning.prefix(1).uppercased() + meaning.dropFirst() + ".", source: entry.source.description,
        children: ExplainedValue.children(of: line, bytes))
    }
  }

  private func content() -> [Field] {
    guard let start = lines.contentStart, let end = lines.lines.last?.whole.upperBound, end < start else { return [] }
    let empty = Field("empty line", "", end..<start, meaning: "The head ends here; what follows is content.", source: "RFC 9112 §2.1")
    return start < bytes.count ? [empty, contentField(start..<bytes.count, bytes)] : [empty]
  }
}

/// Explains a chunk as it is sent: size line, data, end.
private enum ChunkExplainer {
  static func explanation(of bytes: Buffer) -> Explanation? {
    guard let end = bytes.firstIndex(of: 0x0A), end > 1, end < 300, bytes[at: end - 1] == 0x0D else { return nil }
    var digits = 0
    while digits < end - 1, let byte = bytes[at: digits], Characters.isHex(byte) { digits += 1 }
    guard digits > 0, digits <= 16, digits == end - 1 || bytes[at: digits] == 0x3B, let size = UInt64(bytes[0..<digits].text, radix: 16) else { return nil }
    var fields = [
      Field(
        "chunk size", bytes[0..<digits].text, 0..<digits, meaning: size == 0 ? "The last chunk: the content ends here." : "\(size) bytes follow, counted in hexadecimal.",
        source: "RFC 9112 §7.1")
    ]
    if digits < end - 1 {
      fields.append(
        Field("chunk extension", bytes[digits..<(end - 1)].text, digits..<(end - 1), meaning: "Remarks on this chunk; who does not know them passes over them.", source: "RFC 9112 §7.1.1"))
    }
    let rest = (end + 1)..<bytes.count
    if size == 0 {
      if rest.count > 2 {
        fields.append(Field("trailers", bytes[rest].text, rest, meaning: "Fields that were known only after the content.", source: "RFC 9112 §7.1.2"))
      }
      return Explanation(title: "last chunk", fields: fields)
    }
    let data = rest.lowerBound..<(rest.lowerBound + Int(min(size, UInt64(rest.count))))
    if !data.isEmpty { fields.append(contentField(data, bytes)) }
    return Explanation(title: "chunk of \(size) bytes", fields: fields)
  }
}
