// A letter's head and parts as facts, wherever the letter was seen: under way, or in a mailbox.
// Read next: SMTPFacts.swift, which finds letters under way.
import Bytes
import Crypto
import Host
import Mail
import World

/// Reads letters as facts.
enum LetterFacts {
  /// Most of a content kept as text. Unit: bytes.
  private static var textBytesMax: Int { 65_536 }

  /// What a letter says: the members that every kind of letter has. `message` is where it passed.
  static func members(of letter: Buffer, message: UInt64?) -> [String: LessonValue] {
    let structure = MessageStructure(reading: letter)
    let head = MessageHead(reading: letter)
    let root = structure.root
    var members: [String: LessonValue] = [
      "field": .fact(LessonFact(.fields, fields(head), message: message)),
      "received": .list(head.all("received").map { .text(head.value(of: $0).text) }), "headBytes": .number(Double(root.head.count)),
      "bodyBytes": .number(Double(root.body.count)), "type": .text("\(root.content.type)/\(root.content.subtype)"),
      "part": .list(structure.parts.filter { $0.kind == .leaf }.map { .fact(LessonFact(.letterPart, self.members(of: $0, in: letter), message: message)) }),
    ]
    members["body"] = text(letter[root.body], nil)
    if let boundary = root.content.parameter("boundary") { members["boundary"] = .text(boundary.text) }
    return members
  }

  private static func members(of part: MessagePart, in letter: Buffer) -> [String: LessonValue] {
    let content = letter[part.body]
    let decoded = TransferEncoding(part.content.encoding).map { TransferDecoder.decoded(content, $0) } ?? content
    var members: [String: LessonValue] = [
      "type": .text("\(part.content.type)/\(part.content.subtype)"), "encoding": .text(part.content.encoding), "bytes": .number(Double(content.count)),
      "decodedBytes": .number(Double(decoded.count)), "sha256": .text(Hexadecimal.text(SHA256.hash(data: decoded.array))),
      "content": text(content, nil), "text": text(decoded, part.content.charset),
      // What a hop of seven bits would make of it.
      "sevenBit": text(Buffer(content.array.map { $0 & 0x7F }), nil),
    ]
    if let charset = part.content.charset { members["charset"] = .text(charset) }
    if let disposition = part.content.disposition { members["disposition"] = .text(disposition) }
    if let name = part.content.fileName { members["name"] = .text(name) }
    return members
  }

  /// The fields by name; of several with one name the uppermost.
  private static func fields(_ head: MessageHead) -> [String: LessonValue] {
    let all = head.fields.map { (head.name(of: $0).text.lowercased(), LessonValue.text(head.value(of: $0).text)) }
    return Dictionary(all) { first, _ in first }
  }

  private static func text(_ bytes: Buffer, _ charset: String?) -> LessonValue {
    let bytes = bytes[0..<min(bytes.count, textBytesMax)]
    return .text(charset.map { Charset.text(of: bytes, named: $0) } ?? bytes.text)
  }
}
