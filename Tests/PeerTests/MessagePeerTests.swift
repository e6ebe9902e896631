// Our reading of messages against Python's email package: the same tree, the same content, names and addresses; what we write, it reads.
// Needs /usr/bin/python3; without it each test says so and passes.
import Bytes
import Foundation
import Mail
import Testing
import TestKit
import World

@Suite struct MessagePeerTests {
  private static func object(_ line: String) throws -> [String: Any] { try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]) }

  /// Where our tree of `message` differs from Python's; nil: nowhere.
  private static func difference(_ structure: MessageStructure, _ message: Buffer, _ index: Int, _ theirs: [Any], isDamaged: Bool) -> String? {
    let part = structure.parts[index]
    let type = "\(part.content.type)/\(part.content.subtype)"
    guard let theirType = theirs.first as? String else { return "no tree" }
    // `text/` is a type to Python, and a message whose head has no end is taken apart all the same.
    if theirType.hasSuffix("/") || theirType.hasPrefix("/") || (part.kind == .leaf && part.content.isMessage) { return nil }
    guard type == theirType else { return "type \(type), Python \(theirType)" }
    if let children = theirs[1] as? [Any] {
      guard part.children.count == children.count else { return "\(part.children.count) parts in \(type), Python \(children.count)" }
      for (child, their) in zip(part.children, children) {
        guard let their = their as? [Any] else { return "no tree" }
        if let difference = difference(structure, message, child, their, isDamaged: isDamaged) { return difference }
      }
      return nil
    }
    guard part.children.isEmpty else { return "\(part.children.count) parts in \(type), Python none" }
    guard !part.body.isEmpty, part.kind == .leaf, let encoding = TransferEncoding(part.content.encoding), let content = (theirs[1] as? String).flatMap({ Data(base64Encoded: $0) }) else { return nil }
    let ours = TransferDecoder.decoded(message[part.body], encoding)
    // Of damaged parts Python keeps, or drops, a line end or a blank at a line's end.
    func plain(_ bytes: Buffer) -> [UInt8] { isDamaged ? bytes.array.filter { $0 > 0x20 } : bytes.array }
    guard plain(ours) == plain(Buffer(content)) else { return "content \(ours), Python \(Buffer(content))" }
    let name = part.content.fileName ?? ""
    return isDamaged || name == theirs[2] as? String ? nil : "file name \(name), Python \(theirs[2])"
  }

  @Test("messages made up from a seed, some damaged: the same tree and content", .spec("RFC 2045"), .spec("RFC 2046"), arguments: [1, 2, 3])
  func trees(_ seed: Int) throws {
    guard let script = PeerScript("mime_differential.py", modules: "email") else { return }
    var damaged = 0
    for line in try script.lines(["\(seed)", "1000"]) {
      let test = try Self.object(line)
      let message = Buffer(try #require(Data(base64Encoded: test["message"] as? String ?? "")))
      let structure = MessageStructure(reading: message)
      let defects = try #require(test["defects"] as? [String])
      if !defects.isEmpty { damaged += 1 }
      // Python passes over a first line that continues nothing; to us the head ends there.
      if defects.contains("FirstHeaderLineIsContinuationDefect") { continue }
      // Nor does it read base64 that was cut.
      if defects.contains(where: { $0.hasPrefix("InvalidBase64") }) { continue }
      let isDamaged = try #require(test["damaged"] as? Bool)
      let difference = Self.difference(structure, message, 0, try #require(test["tree"] as? [Any]), isDamaged: isDamaged)
      #expect(difference == nil, "seed \(seed): \(defects) \(message)")
      let head = MessageHead(reading: message)
      // Of a damaged head only the tree is compared.
      if isDamaged { continue }
      if let subject = test["subject"] as? String { #expect(head.text("subject") == subject, "seed \(seed)") }
      let ours = head.addresses("to").mailboxes.map { [$0.name?.text ?? "", $0.localPart.text + "@" + ($0.domain?.text ?? "")] }
      let theirs = try #require(test["to"] as? [[String]]).map { [$0[0], $0[1].replacing("\"", with: "")] }
      // Python's way of giving up on a list.
      if theirs != [["", ""]] { #expect(ours == theirs, "seed \(seed)") }
    }
    #expect(damaged > 20)
  }

  @Test("what we write, Python reads without a defect and the same")
  func ours() throws {
    guard let script = PeerScript("mime_read.py", modules: "email") else { return }
    let ann = try MailAddress("ann@x.test")
    var random = SeededRandom(seed: 1)
    let texts = ["Hello", "Grüße aus Köln, \"zusammen\"", "日本語の長い件名日本語の長い件名日本語の長い件名日本語の長い件名", "a  b", String(repeating: "word é ", count: 40), ".\nFrom x\n=20"]
    var messages: [Buffer] = []
    var expected: [[String]] = []
    for text in texts {
      let line = text.replacing("\n", with: " ").trimmingCharacters(in: .whitespaces)
      var draft = MessageDraft(from: NamedAddress(ann, name: line), to: [NamedAddress(ann)], subject: line, text: text, date: MailDate(.simulationStart), messageID: "1@x.test")
      draft.html = "<p>\(text)"
      draft.attachments = [.init(name: line + ".txt", content: Buffer(text))]
      messages.append(try draft.written(using: &random))
      let content = text.replacing("\n", with: "\r\n") + "\r\n"
      expected.append([line, line, content, "<p>" + content, line + ".txt", text])
    }
    let lines = try script.lines(input: Array(messages.map { Data($0.array).base64EncodedString() + "\n" }.joined().utf8))
    try #require(lines.count == messages.count)
    for (line, expected) in zip(lines, expected) {
      let read = try Self.object(line)
      #expect(read["defects"] as? [String] == [])
      // Python shows a blank too many between encoded words of a name, and one of two blanks in it.
      var found = try #require(read["read"] as? [String])
      #expect(found[1].replacing(" ", with: "") == expected[1].replacing(" ", with: ""))
      found[1] = expected[1]
      #expect(found == expected)
    }
  }
}
