// A message to be written: text, the same as HTML, files. What comes out is seven-bit, in short lines, whatever was put in.
// Read before: HeadWriter.swift. Read next: Downgrade.swift (for messages that others wrote).
public import Bytes
public import World

/// A message before it is written.
public struct MessageDraft: Sendable {
  /// A file that goes with the message.
  public struct Attachment: Hashable, Sendable {
    public var name: String
    /// `image/png`.
    public var type: String
    public var content: Buffer
    /// By which the HTML refers to it; nil: it stands on its own.
    public var contentID: String?

    public init(name: String, type: String = "application/octet-stream", content: Buffer, contentID: String? = nil) {
      self.name = name
      self.type = type
      self.content = content
      self.contentID = contentID
    }
  }

  public var from: NamedAddress
  public var to: [NamedAddress]
  public var cc: [NamedAddress] = []
  /// Gets the message, but stands nowhere in it.
  // RFC 5322 §3.6.3
  public var bcc: [NamedAddress] = []
  public var replyTo: [NamedAddress] = []
  public var subject: String
  public var date: MailDate
  /// Without angle brackets.
  public var messageID: String
  /// Without angle brackets, so in `references`.
  public var inReplyTo: String?
  public var references: [String] = []
  public var text: String?
  public var html: String?
  public var attachments: [Attachment] = []
  /// Further fields, in order; the values are one line each.
  public var fields: [(name: String, value: String)] = []

  public init(from: NamedAddress, to: [NamedAddress], subject: String, text: String? = nil, date: MailDate, messageID: String) {
    self.from = from
    self.to = to
    self.subject = subject
    self.text = text
    self.date = date
    self.messageID = messageID
  }

  /// Everybody who gets it, each once.
  public var recipients: [MailAddress] {
    var seen: Set<MailAddress> = []
    return (to + cc + bcc).map(\.address).filter { seen.insert($0).inserted }
  }

  /// The whole message. Boundaries come from `random`. Refused is what would put more into the head than was meant.
  public func written(using random: inout some RandomNumberGenerator) throws(SyntaxError) -> Buffer {
    try check()
    var head = HeadWriter()
    head.add("Date", date.text)
    head.add("From", from.written)
    if !replyTo.isEmpty { head.add("Reply-To", Self.list(replyTo)) }
    if !to.isEmpty { head.add("To", Self.list(to)) }
    if !cc.isEmpty { head.add("Cc", Self.list(cc)) }
    head.add("Subject", EncodedWords.written(subject))
    head.add("Message-ID", "<\(messageID)>")
    if let inReplyTo { head.add("In-Reply-To", "<\(inReplyTo)>") }
    if !references.isEmpty { head.add("References", references.map { "<\($0)>" }.joined(separator: " ")) }
    for field in fields { head.add(field.name, EncodedWords.written(field.value)) }
    head.add("MIME-Version", "1.0")
    let content = try content(&random)
    var out = head.bytes
    out.append(content.head)
    out.append("\r\n" as StaticString)
    out.append(content.body)
    return out
  }

  private static func list(_ addresses: [NamedAddress]) -> String { addresses.map(\.written).joined(separator: ", ") }

  private func check() throws(SyntaxError) {
    try HeadWriter.check(subject, "subject")
    for name in ([from] + to + cc + replyTo).compactMap(\.name) { try HeadWriter.check(name, "name") }
    for id in [messageID] + references + [inReplyTo].compactMap({ $0 }) {
      guard !id.isEmpty, id.utf8.count <= 900, id.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }) else {
        throw SyntaxError(expected: "an identifier of visible ASCII", at: 0, rule: "RFC 5322 §3.6.4")
      }
    }
    for field in fields {
      guard !field.name.isEmpty, CharacterClass.visible.subtracting(CharacterClass(":")).containsAll(field.name.utf8), field.name.utf8.count <= 76 else {
        throw SyntaxError(expected: "a field name", at: 0, rule: "RFC 5322 §3.6.8")
      }
      try HeadWriter.check(field.value, "value of \(field.name)")
    }
    for attachment in attachments {
      try HeadWriter.check(attachment.name, "file name")
      let words = attachment.type.split(separator: "/", omittingEmptySubsequences: false)
      guard words.count == 2, words.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 127 && CharacterClass.token.containsAll($0.utf8) }), words[0].lowercased() != "multipart" else {
        throw SyntaxError(expected: "the type of a file", at: 0, rule: "RFC 2045 §5.1")
      }
      if let id = attachment.contentID, id.isEmpty || id.utf8.count > 900 || !CharacterClass.visible.subtracting(CharacterClass("<>")).containsAll(id.utf8) {
        throw SyntaxError(expected: "a content identifier of visible ASCII", at: 0, rule: "RFC 2045 §7")
      }
    }
  }

  // MARK: Content

  /// A part: its Content fields, and what they describe.
  struct Part {
    var head: Buffer
    var body: Buffer
  }

  // RFC 2046 §5.1.3, §5.1.4, RFC 2387
  private func content(_ random: inout some RandomNumberGenerator) throws(SyntaxError) -> Part {
    let related = attachments.filter { $0.contentID != nil && html != nil }
    var shown: Part?
    if let html {
      shown = Self.text(html, "html")
      if !related.isEmpty, let part = shown { shown = Self.multipart("related", [part] + related.map { Self.file($0, "inline") }, &random, extra: ["type=\"text/html\""]) }
    }
    if let text {
      let plain = Self.text(text, "plain")
      shown = shown.map { Self.multipart("alternative", [plain, $0], &random) } ?? plain
    }
    let files = attachments.filter { !($0.contentID != nil && html != nil) }.map { Self.file($0, "attachment") }
    if files.isEmpty { return shown ?? Self.text("", "plain") }
    return Self.multipart("mixed", (shown.map { [$0] } ?? []) + files, &random)
  }

  /// Text in the simplest form that will arrive.
  static func text(_ text: String, _ subtype: String) -> Part {
    let content = lines(text)
    let isSafe = isSafe(content)
    var head = HeadWriter()
    head.add("Content-Type", "text/\(subtype)", parameters: [content.withUnsafeBytes { $0.allSatisfy { $0 < 0x80 } } ? "charset=us-ascii" : "charset=utf-8"])
    if isSafe {
      head.add("Content-Transfer-Encoding", "7bit")
      return Part(head: head.bytes, body: content)
    }
    let others = content.withUnsafeBytes { $0.count { $0 >= 0x80 } }
    // Where every third byte would be coded, base64 is shorter.
    let encoding: TransferEncoding = others * 6 > content.count ? .base64 : .quotedPrintable
    head.add("Content-Transfer-Encoding", encoding.rawValue)
    return Part(head: head.bytes, body: TransferEncoder.encoded(content, encoding))
  }

  private static func file(_ attachment: Attachment, _ disposition: String) -> Part {
    var head = HeadWriter()
    // RFC 2183 §2.3: no folders in the name.
    let name = String(attachment.name.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? "")
    head.add("Content-Type", attachment.type.lowercased(), parameters: [])
    head.add("Content-Disposition", disposition, parameters: name.isEmpty ? [] : HeadWriter.parameter("filename", name))
    if let id = attachment.contentID { head.add("Content-ID", "<\(id)>") }
    // RFC 2046 §5.2.1: a message is not encoded as a whole, but inside.
    if attachment.type.lowercased() == "message/rfc822" {
      if let inside = Downgrade.sevenBit(attachment.content), isSafe(inside) {
        head.add("Content-Transfer-Encoding", "7bit")
        return Part(head: head.bytes, body: inside)
      }
      var opaque = HeadWriter()
      opaque.add("Content-Type", "application/octet-stream", parameters: [])
      opaque.add("Content-Disposition", disposition, parameters: name.isEmpty ? [] : HeadWriter.parameter("filename", name))
      head = opaque
    }
    head.add("Content-Transfer-Encoding", "base64")
    return Part(head: head.bytes, body: TransferEncoder.encoded(attachment.content, .base64))
  }

  static func multipart(_ subtype: String, _ parts: [Part], _ random: inout some RandomNumberGenerator, extra: [String] = []) -> Part {
    // `=_` stands in no quoted-printable and no base64 text; chance makes it unknown to whoever wrote a part.
    let boundary = "=_" + String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 36) + String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 36)
    var head = HeadWriter()
    head.add("Content-Type", "multipart/\(subtype)", parameters: extra + ["boundary=\"\(boundary)\""])
    var body = Buffer()
    for part in parts {
      body.append("--\(boundary)\r\n")
      body.append(part.head)
      body.append("\r\n" as StaticString)
      body.append(part.body)
      // RFC 2046 §5.1.1: the line end in front of a boundary is the boundary's.
      body.append("\r\n" as StaticString)
    }
    body.append("--\(boundary)--\r\n")
    return Part(head: head.bytes, body: body)
  }

  /// Every kind of line end as CR LF, one at the end.
  // RFC 2046 §4.1.1
  static func lines(_ text: String) -> Buffer {
    var out = Buffer(capacity: text.utf8.count + 64)
    var previous: UInt8 = 0
    for byte in text.utf8 {
      if byte == 0x0A { if previous != 0x0D { out.append("\r\n" as StaticString) } } else if byte == 0x0D { out.append("\r\n" as StaticString) } else { out.append(byte) }
      previous = byte
    }
    if out.count > 0, out[at: out.count - 1] != 0x0A { out.append("\r\n" as StaticString) }
    return out
  }

  /// Whether content can travel as it is: ASCII without NUL, lines of at most 998 bytes that end with CR LF.
  // RFC 5322 §2.1, §2.1.1
  static func isSafe(_ content: Buffer) -> Bool {
    content.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let (end, isSevenBit) = bytes.lineEndAndWidth(from: start)
        let content = bytes.contentEnd(start..<end)
        guard isSevenBit, content - start <= HeadWriter.lineBytesMax, content == end || content == end - 2, !bytes[start..<content].contains(0x0D) else { return false }
        start = end
      }
      return true
    }
  }
}
