// The letter a server writes to a sender when mail could not be delivered, or is late: for people first, for programs second, then the head
// of what it is about. It is sent from `<>`, and never about a message that came from there (the owner's care).
public import Bytes
public import World

/// One report.
// RFC 3461 §6, RFC 3464, RFC 6522
public struct DeliveryReport: Sendable {
  /// What became of a message for one recipient.
  // RFC 3464 §2.3.3
  public enum Action: String, Hashable, Sendable { case failed, delayed, delivered, relayed, expanded }

  /// One recipient.
  public struct Recipient: Hashable, Sendable {
    public var address: MailAddress
    /// As the sender had written it, with its type: `rfc822;a@x.test`; nil: as `address`.
    public var original: String?
    public var action: Action
    /// `5.1.1`.
    // RFC 3463 §2
    public var status: String
    /// Who said so; nil: this server itself.
    public var remoteServer: String?
    /// What that server answered, code and text on one line.
    public var diagnostic: String?
    public var lastAttempt: Instant?
    /// When it will be given up; for delayed mail.
    public var givesUpAt: Instant?

    public init(_ address: MailAddress, _ action: Action, status: String, remoteServer: String? = nil, diagnostic: String? = nil) {
      self.address = address
      self.action = action
      self.status = status
      self.remoteServer = remoteServer
      self.diagnostic = diagnostic
    }
  }

  /// The server that reports.
  public var server: String
  /// Who is told.
  public var to: MailAddress
  public var recipients: [Recipient]
  /// When the message came.
  public var arrivedAt: Instant?
  /// What the sender calls the transaction.
  // RFC 3461 §4.4
  public var envelopeID: String?
  /// The head of the message it is about, or all of it.
  public var original: Buffer
  /// `original` is the whole message, not its head alone.
  public var isWhole = false

  public init(from server: String, to: MailAddress, _ recipients: [Recipient], about original: Buffer) {
    self.server = server
    self.to = to
    self.recipients = recipients
    self.original = original
  }

  /// The report as a message, to be sent from `<>`; `messageID` without angle brackets.
  public func written(messageID: String, at now: Instant, using random: inout some RandomNumberGenerator) -> Buffer {
    var head = HeadWriter()
    let isFailure = recipients.contains { $0.action == .failed }
    let isDelay = !isFailure && recipients.contains { $0.action == .delayed }
    head.add("Date", MailDate(now).text)
    head.add("From", "Mail Delivery System <MAILER-DAEMON@\(server)>")
    head.add("To", to.description)
    head.add("Subject", isFailure ? "Undelivered mail returned to sender" : isDelay ? "Delayed mail: still being tried" : "Mail delivered")
    head.add("Message-ID", "<\(messageID)>")
    // RFC 3834 §5: nobody answers this by a program.
    head.add("Auto-Submitted", "auto-replied")
    head.add("MIME-Version", "1.0")
    let parts = [MessageDraft.text(words(isFailure: isFailure, isDelay: isDelay), "plain"), status(), returned()]
    let content = MessageDraft.multipart("report", parts, &random, extra: ["report-type=delivery-status"])
    var out = head.bytes
    out.append(content.head)
    out.append("\r\n" as StaticString)
    out.append(content.body)
    return out
  }

  private func words(isFailure: Bool, isDelay: Bool) -> String {
    var text = "This is the mail system at \(server).\n\n"
    if isFailure {
      text += "Your message could not be delivered to one or more recipients. It will not be tried again.\n"
    } else if isDelay {
      text += "Your message has not been delivered yet. You need not send it again: it is still being tried.\n"
    } else {
      text += "Your message has been delivered.\n"
    }
    for recipient in recipients {
      text += "\n<\(recipient.address)>: \(recipient.action.rawValue) (\(Self.line(recipient.status)))\n"
      if let diagnostic = recipient.diagnostic { text += "    \(recipient.remoteServer.map { Self.line($0) + " said: " } ?? "")\(Self.line(diagnostic))\n" }
      if let end = recipient.givesUpAt { text += "    It is given up at \(MailDate(end).text).\n" }
    }
    return text
  }

  // RFC 3464 §2.2, §2.3: fields about the message, then for each recipient, an empty line between.
  private func status() -> MessageDraft.Part {
    var head = HeadWriter()
    head.add("Content-Type", "message/delivery-status", parameters: [])
    var fields = HeadWriter()
    if let envelopeID { fields.add("Original-Envelope-Id", Self.line(envelopeID)) }
    fields.add("Reporting-MTA", "dns; \(server)")
    if let arrivedAt { fields.add("Arrival-Date", MailDate(arrivedAt).text) }
    for recipient in recipients {
      fields.end()
      if let original = recipient.original { fields.add("Original-Recipient", Self.line(original)) }
      fields.add("Final-Recipient", "rfc822; \(recipient.address)")
      fields.add("Action", recipient.action.rawValue)
      fields.add("Status", Self.line(recipient.status))
      if let remote = recipient.remoteServer { fields.add("Remote-MTA", "dns; \(Self.line(remote))") }
      if let diagnostic = recipient.diagnostic { fields.add("Diagnostic-Code", "smtp; \(Self.line(diagnostic))") }
      if let time = recipient.lastAttempt { fields.add("Last-Attempt-Date", MailDate(time).text) }
      if let time = recipient.givesUpAt { fields.add("Will-Retry-Until", MailDate(time).text) }
    }
    return MessageDraft.Part(head: head.bytes, body: fields.bytes)
  }

  // RFC 6522 §3 part 3, §4
  private func returned() -> MessageDraft.Part {
    var head = HeadWriter()
    if isWhole, let inside = Downgrade.sevenBit(original), MessageDraft.isSafe(inside) {
      head.add("Content-Type", "message/rfc822", parameters: [])
      return MessageDraft.Part(head: head.bytes, body: inside)
    }
    let fields = MessageHead(reading: original).bytes
    head.add("Content-Type", "text/rfc822-headers", parameters: [])
    guard !MessageDraft.isSafe(fields) else { return MessageDraft.Part(head: head.bytes, body: fields) }
    head.add("Content-Transfer-Encoding", TransferEncoding.quotedPrintable.rawValue)
    return MessageDraft.Part(head: head.bytes, body: TransferEncoder.encoded(fields, .quotedPrintable))
  }

  /// Foreign text on one line of visible ASCII and blanks, words that no fold could break cut.
  private static func line(_ text: String) -> String {
    var out: [UInt8] = []
    var word = 0
    for byte in text.utf8.prefix(1_024) {
      let shown = byte >= 0x80 ? UInt8(ascii: "?") : (0x21...0x7E).contains(byte) ? byte : 0x20
      word = shown == 0x20 ? 0 : word + 1
      if word > 500 {
        out.append(0x20)
        word = 1
      }
      out.append(shown)
    }
    return String(decoding: out, as: UTF8.self)
  }
}
