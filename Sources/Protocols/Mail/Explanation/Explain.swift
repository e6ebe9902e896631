// Explains a message to people: each field of its head, and the tree of its parts, with place, meaning and section.
// Lenient, since broken messages want to be explained too; what is wrong is the explanation's problem.
// Not here: what fields mean (FieldMeanings.swift), the insides of values (ExplainedValues.swift).
public import Bytes
public import Trace
import World

/// Explains a message, or a beginning of one: its head, then its parts.
public func explain(_ message: Buffer) -> Explanation {
  var reader = StructureReader()
  reader.take(message)
  let (head, structure) = reader.finish()
  return MessageExplainer(message: message, head: head, structure: structure).explanation()
}

/// Builds an explanation.
private struct MessageExplainer {
  let message: Buffer
  let head: MessageHead
  let structure: MessageStructure

  /// Most fields and parts that are explained. Past them: they are counted in one sentence.
  private static var fieldsMax: Int { 256 }
  private static var partsMax: Int { 128 }

  func explanation() -> Explanation {
    var fields = Self.fields(head, at: 0)
    if head.isComplete {
      fields.append(
        Field("empty line", "", head.fieldsEnd..<head.bytes.count, meaning: "The head ends here; what follows is the content.", source: "RFC 5322 §2.1"))
    }
    var explained = 0
    if structure.root.body.count > 0 || structure.root.kind != .leaf { fields.append(part(0, "content", &explained)) }
    var title = "message"
    if let subject = head.text("subject"), !subject.isEmpty { title += " “\(Self.short(subject))”" }
    if let from = head.addresses("from").mailboxes.first { title += " from \(Self.short(from.localPart.text + (from.domain.map { "@" + $0.text } ?? "")))" }
    if structure.parts.count > 1 { title += ", \(structure.parts.count - 1) parts" }
    return Explanation(title: title + ", \(message.count) bytes", fields: fields, problem: problem())
  }

  static func short(_ text: String) -> String { text.unicodeScalars.count > 60 ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(60))) + "…" : text }

  /// Each field of a head that begins at `start` of the message.
  static func fields(_ head: MessageHead, at start: Int) -> [Field] {
    var fields = head.fields.prefix(fieldsMax).map { field -> Field in
      let name = head.name(of: field).text
      let known = FieldMeaning.table[name.lowercased()] ?? .unknown
      let value = head.value(of: field)
      let shown = known.shape == .text ? EncodedWords.text(of: value) : value.text
      return Field(
        name, shown.utf8.count > 1_000 ? String(shown.prefix(1_000)) + "…" : shown, move(field.whole, by: start), meaning: known.meaning, source: known.source,
        children: ExplainedValues(head.bytes, field.value, movedBy: start).children(known.shape))
    }
    if head.fields.count > fieldsMax, let first = head.fields.dropFirst(fieldsMax).first, let last = head.fields.last {
      fields.append(
        Field(
          "more fields", "\(head.fields.count - fieldsMax)", move(first.whole.lowerBound..<last.whole.upperBound, by: start), meaning: "Further fields, not explained one by one.",
          source: "RFC 5322 §2.2"))
    }
    return fields
  }

  static func move(_ range: Range<Int>, by distance: Int) -> Range<Int> { (range.lowerBound + distance)..<(range.upperBound + distance) }

  /// A part with what is in it.
  private func part(_ index: Int, _ name: String, _ explained: inout Int) -> Field {
    explained += 1
    let part = structure.parts[index]
    let type = "\(part.content.type)/\(part.content.subtype)"
    var children: [Field] = []
    if index > 0 {
      children = Self.fields(MessageHead(reading: message[part.head]), at: part.head.lowerBound)
    }
    let range = index == 0 ? part.body : part.head.lowerBound..<part.body.upperBound
    var meaning: String
    var source = "RFC 2046"
    switch part.kind {
    case .multipart:
      meaning = Self.meaning(ofMultipart: part.content.subtype) + " It has \(part.children.count) parts."
      source = "RFC 2046 §5.1"
    case .message:
      meaning = "A whole message, as it was."
      source = "RFC 2046 §5.2.1"
    case .leaf:
      meaning = "\(part.body.count) bytes as they travel, written as \(part.content.encoding)."
      source = "RFC 2045 §6"
      if !part.body.isEmpty { children.append(content(part)) }
    }
    for (number, child) in part.children.enumerated() {
      guard explained < Self.partsMax else {
        children.append(
          Field("more parts", "\(part.children.count - number)", structure.parts[child].head.lowerBound..<part.body.upperBound, meaning: "Further parts, not explained one by one.", source: "RFC 2046 §5.1"))
        break
      }
      children.append(self.part(child, part.kind == .message ? "message inside" : "part \(number + 1)", &explained))
    }
    let file = part.content.fileName.map { " “\(Self.short($0))”" } ?? ""
    return Field(name, type + file, range, meaning: meaning, source: source, children: children)
  }

  /// The beginning of a leaf, decoded where it is text.
  private func content(_ part: MessagePart) -> Field {
    let beginning = message[part.body.lowerBound..<min(part.body.upperBound, part.body.lowerBound + 400)]
    var shown: String
    if let charset = part.content.charset, let encoding = TransferEncoding(part.content.encoding) {
      shown = Charset.text(of: TransferDecoder.decoded(beginning, encoding), named: charset)
    } else {
      shown = beginning[0..<64].description
    }
    shown = Self.short(EncodedWords.cleaned(shown))
    return Field("data", shown + (part.body.count > 400 ? "…" : ""), part.body, meaning: "The content itself.", source: "RFC 2045 §6")
  }

  // RFC 2046 §5.1, RFC 2387, RFC 1847, RFC 6522
  private static func meaning(ofMultipart subtype: String) -> String {
    switch subtype {
    case "alternative": "The same in several forms, the best last."
    case "related": "One document and what belongs to it."
    case "digest": "A collection of messages."
    case "signed": "Content, and a signature of its author behind it."
    case "encrypted": "Encrypted content."
    case "report": "A report by a program: for people, for programs, and what it is about."
    default: "Several things, one after the other."
    }
  }

  private func problem() -> String? {
    if let excess = head.excess { return excess.description }
    if let missing = FieldMeaning.required.first(where: { head.first($0) == nil }) { return "expected a field \(missing), found none (RFC 5322 §3.6)" }
    if let twice = FieldMeaning.single.first(where: { head.all($0).count > 1 }) { return "expected one field \(twice), found \(head.all(twice).count) (RFC 5322 §3.6)" }
    if structure.root.needs.contains(.head) { return "expected fields of ASCII in lines of at most 998 bytes (RFC 5322 §2.1.1)" }
    if !head.isComplete { return "expected an empty line behind the head (RFC 5322 §2.1)" }
    if let part = structure.parts.first(where: { $0.kind == .leaf && $0.content.type == "multipart" }) { return "a multipart without a usable boundary, or too deep (\(part.content.subtype); RFC 2046 §5.1.1)" }
    return nil
  }
}
