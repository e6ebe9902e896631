// Explains replies: code, enhanced code, text; and what a server offers after EHLO.
// Read before: Explain.swift.
import Bytes
import Trace

struct ReplyExplainer {
  let bytes: Buffer
  let lines: TextLines

  /// Whether a line begins as replies do.
  static func isReply(_ bytes: Buffer, _ line: TextLines.Line) -> Bool {
    let start = bytes[line.content].array.prefix(4)
    guard start.count >= 3, (0x32...0x35).contains(start[0]), CharacterClass.digits.containsAll(start.prefix(3)) else { return false }
    return start.count == 3 || start[3] == 0x20 || start[3] == UInt8(ascii: "-")
  }

  func explanation() -> Explanation {
    var reader = ReplyReader(limits: Limits())
    var rest = bytes
    var problem: String?
    switch reader.next(from: &rest) {
    case .broken(let why): problem = why
    case nil: problem = "the reply is not whole"
    case .reply: if !rest.isEmpty { problem = "there are \(rest.count) bytes behind the reply" }
    }
    let isOffer = lines.lines.count > 1 && bytes[at: 3] == UInt8(ascii: "-") && code(of: lines.lines[0]) == 250 && enhanced(in: lines.lines[0]) == nil
    var fields: [Field] = []
    for (index, line) in lines.lines.enumerated() { fields.append(field(line, isOffered: isOffer && index > 0)) }
    if lines.end < bytes.count {
      fields.append(Field("more", "", lines.end..<bytes.count, meaning: "More lines than this program explains.", source: "RFC 5321 §4.2.1"))
    }
    let first = lines.lines[0]
    return Explanation(title: bytes.shown(first.content, bytesMax: 100).replacing(/^(...)-/) { "\($0.1) " }, fields: fields, problem: problem)
  }

  private func code(of line: TextLines.Line) -> UInt16 { UInt16(bytes[line.content.lowerBound..<min(line.content.lowerBound + 3, line.content.upperBound)].text) ?? 0 }

  /// The enhanced code of a line and where it stands.
  private func enhanced(in line: TextLines.Line) -> (code: EnhancedCode, range: Range<Int>)? {
    guard let word = lines.words(in: min(line.content.lowerBound + 4, line.content.upperBound)..<line.content.upperBound).first, word.lowerBound == line.content.lowerBound + 4,
      let code = EnhancedCode(bytes[word].text), code.category == self.code(of: line) / 100
    else { return nil }
    return (code, word)
  }

  private func field(_ line: TextLines.Line, isOffered: Bool) -> Field {
    let start = line.content.lowerBound
    guard Self.isReply(bytes, line) else {
      return Field("line", bytes.shown(line.content), line.whole, meaning: "This is no line of a reply.", source: "RFC 5321 §4.2")
    }
    let code = code(of: line)
    var children = [Field("code", "\(code)", start..<(start + 3), meaning: StatusWords.meaning(of: code), source: "RFC 5321 §4.2.3")]
    if line.content.count > 3 {
      let isLast = bytes[at: start + 3] == 0x20
      children.append(
        Field("mark", isLast ? "space" : "-", (start + 3)..<(start + 4), meaning: isLast ? "The last line of the reply." : "More lines follow.", source: "RFC 5321 §4.2.1"))
    }
    var text = min(start + 4, line.content.upperBound)
    if let (enhanced, range) = enhanced(in: line) {
      children.append(enhancedField(enhanced, range))
      text = range.upperBound
    }
    let words = lines.words(in: text..<line.content.upperBound)
    if let first = words.first, let last = words.last {
      let range = first.lowerBound..<last.upperBound
      if isOffered {
        let keyword = bytes[first].text.uppercased()
        let known = Words.extensions[keyword]
        children.append(
          Field(keyword, bytes.shown(first.upperBound..<last.upperBound), range, meaning: known?.meaning ?? "An extension this program does not know.", source: known?.source ?? "RFC 5321 §4.1.1.1"))
      } else {
        children.append(Field("text", bytes.shown(range), range, meaning: "For people; programs go by the codes.", source: "RFC 5321 §4.2"))
      }
    }
    return Field("reply line", bytes.shown(line.content, bytesMax: 100), line.whole, meaning: StatusWords.meaning(ofFirstDigit: code / 100), source: "RFC 5321 §4.2.1", children: children)
  }

  private func enhancedField(_ code: EnhancedCode, _ range: Range<Int>) -> Field {
    let text = "\(code)"
    let first = range.lowerBound + 2
    let second = first + "\(code.subject)".utf8.count
    // Numbers may be written with zeros in front; then the parts have no places of their own.
    let parts = text.utf8.count == range.count ? [
      Field("class", "\(code.category)", range.lowerBound..<(range.lowerBound + 1), meaning: StatusWords.meaning(ofFirstDigit: code.category), source: "RFC 3463 §2"),
      Field("subject", "\(code.subject)", first..<second, meaning: StatusWords.meaning(ofSubject: code.subject), source: "RFC 3463 §2"),
      Field("detail", "\(code.detail)", (second + 1)..<range.upperBound, meaning: StatusWords.meaning(of: code), source: StatusWords.source(of: code)),
    ] : []
    return Field("enhanced code", text, range, meaning: StatusWords.meaning(of: code), source: StatusWords.source(of: code), children: parts)
  }
}
