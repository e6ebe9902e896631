// Entrances of SMTP and of what mail protocols share: both ends of a connection, content, lines, authentication, line ends.
import Bytes
import Mail
import SMTP
import Trace
import Transport
import World

let smtpEntrances: [Entrance] = [
  Entrance("smtp-server") { bytes in mustNotDependOnCuts(bytes) { Received(.relay).story($0) } },
  Entrance("smtp-submission") { bytes in mustNotDependOnCuts(bytes) { Received(.submission).story($0) } },
  Entrance("smtp-content") { bytes in
    mustEndWhereItEnds(bytes, .relay)
    mustEndWhereItEnds(bytes, .submission)
    mustCount(bytes)
  },
  Entrance("smtp-client") { bytes in mustNotDependOnCuts(bytes) { delivered($0) } },
  Entrance("smtp-line") { bytes in
    guard let command = try? Command(bytes) else { return }
    switch command {
    case .mail(let sender):
      must((try? Command(Buffer("MAIL FROM:\(sender.path)"))) == .mail(Sender(sender.path)), "a sender reads back from its text")
      must(sender.size.map { $0 >= 0 } != false, "no size is negative")
    case .recipient(let path): must((try? Command(Buffer("RCPT TO:\(path)"))) == command, "a recipient reads back from its text")
    case .hello(let hello): must(hello.name.utf8.allSatisfy { (0x21...0x7E).contains($0) } && hello.name.utf8.count <= 255, "a name is a word")
    case .chunk(let size, _): must(size >= 0, "no chunk is negative")
    default: break
    }
  },
  Entrance("smtp-explain") { bytes in
    mustExplain(bytes, SMTP.explain(bytes).fields)
    for range in ServerConversation.secrets(in: bytes) + ClientConversation.secrets(in: bytes) { must(range.clamped(to: 0..<bytes.count) == range, "a secret lies in its message") }
  },
  Entrance("sasl") { bytes in
    guard let choice = bytes[at: 0] else { return }
    var server = SASL.Server(choice & 1 == 0 ? .plain : .login)
    let lines = bytes[1..<bytes.count].array.split(separator: 10, maxSplits: 3, omittingEmptySubsequences: false).map { Buffer($0) }
    var step = choice & 2 == 0 ? server.begin(initialResponse: nil) : server.begin(initialResponse: lines[0])
    for line in choice & 2 == 0 ? lines[...] : lines.dropFirst() {
      guard case .challenge = step else { break }
      step = server.take(line)
    }
    guard case .credentials(let credentials) = step else { return }
    must([credentials.user, credentials.password].allSatisfy { !$0.isEmpty } && ![credentials.actingAs, credentials.user, credentials.password].contains { $0.utf8.contains(0) }, "credentials are words")
    guard choice & 1 == 0 || credentials.actingAs.isEmpty else { return }
    var client = SASL.Client(server.mechanism, credentials)
    var again = SASL.Server(server.mechanism)
    step = again.begin(initialResponse: nil)
    while case .challenge = step { step = again.take(Buffer(client.answer(to: ""))) }
    must(step == .credentials(credentials), "credentials read back from a client's lines")
  },
  Entrance("line-endings") { bytes in
    for rule in LineEndings.Rule.allCases {
      let whole = mended([bytes], rule)
      must(mended(bytes.singles, rule) == whole && mended(bytes.pieces, rule) == whole, "line ends do not depend on cuts")
      if rule != .kept { must(!hasBareOctets(whole), "no octet stands alone afterwards") }
      if rule == .kept || !hasBareOctets(bytes) { must(whole.array.starts(with: bytes.array) && whole.count <= bytes.count + 2, "what is right stays") }
    }
  },
]

/// A message with its lines mended, in pieces.
private func mended(_ pieces: [Buffer], _ rule: LineEndings.Rule) -> Buffer {
  var endings = LineEndings(rule)
  var out = Buffer()
  for piece in pieces { out.append(endings.pass(piece)) }
  out.append(endings.finish())
  return out
}

/// Whether a CR or an LF stands alone: the slow and simple way.
func hasBareOctets(_ bytes: Buffer) -> Bool {
  let bytes = bytes.array
  return bytes.indices.contains { index in
    switch bytes[index] {
    case 13: index + 1 >= bytes.count || bytes[index + 1] != 10
    case 10: index == 0 || bytes[index - 1] != 13
    default: false
    }
  }
}

/// Every field lies in its message, every part in its field.
func mustExplain(_ bytes: Buffer, _ fields: [Field]) {
  for field in fields {
    must(field.range.lowerBound >= 0 && field.range.upperBound <= bytes.count, "a field lies in its message")
    mustContainParts(field)
  }
}

/// Bounds that short inputs reach.
private let narrow: SMTP.Limits = {
  var limits = SMTP.Limits()
  limits.commandBytesMax = 48
  limits.sasl.responseBytesMax = 56
  limits.messageBytesMax = 40
  limits.messageDiscardedBytesMax = 60
  limits.contentLineBytesMax = 16
  limits.recipientsMax = 2
  limits.errorsPromptMax = 30
  limits.errorsMax = 30
  limits.idleCommandsMax = 5
  limits.replyLineBytesMax = 60
  limits.replyLinesMax = 3
  limits.pipelinedMax = 2
  return limits
}()

/// A server and the messages it was given.
private final class Received {
  private let told = Told()
  private let role: Role
  private let limits: SMTP.Limits
  private var content = Buffer()
  private(set) var messages: [Buffer] = []

  init(_ role: Role, limits: SMTP.Limits = narrow) {
    self.role = role
    self.limits = limits
  }

  func story(_ pieces: [Buffer]) -> Story {
    guard let postmaster = try? MailAddress("postmaster@a.test") else { fatalError("broken promise: an address is one") }
    var options = ServerOptions(role, name: "a.test", postmaster: postmaster, tls: .absent)
    options.authentication = role == .submission ? .always : .never
    // Otherwise it would depend on the cuts whether somebody spoke too soon.
    options.earlyBytes = .taken
    let driver = ConversationDriver(ServerConversation(options, limits: limits), trace: nil) { [self] question, _ in answer(question) }
    let story = Story(of: Wire(driver), told, pieces)
    must(story.sent.array.split(separator: 10).allSatisfy { $0.count <= 511 && $0.prefix(3).allSatisfy { (0x30...0x39).contains($0) } && $0.last == 13 }, "replies are replies")
    return story
  }

  private func answer(_ question: ServerConversation.Question) -> ServerConversation.Input? {
    switch question {
    case .sender(let ticket, let sender, let session):
      told.add("sender \(sender.path) \(session.user ?? "-")")
      return .answered(ticket, sender.path.address?.localPart == "x" ? .senderRefused : .senderAccepted)
    case .recipient(let ticket, let recipient, _, _):
      told.add("recipient \(recipient)")
      return .answered(ticket, recipient.localPart == "x" ? .unknownRecipient : .recipientAccepted)
    case .credentials(let ticket, let credentials, _):
      told.add("credentials")
      return credentials.password == "p" ? .authenticated(ticket, user: credentials.user) : .answered(ticket, .wrongCredentials)
    case .message(let ticket, let envelope, _):
      must(!envelope.recipients.isEmpty && envelope.recipients.count <= limits.recipientsMax, "recipients are bounded")
      told.add("message")
      content = Buffer()
      return .answered(ticket, envelope.sender.path == .empty ? .storageFull : .goAhead)
    case .content(let ticket, let bytes):
      content.append(bytes)
      return .contentTaken(ticket, bytes.count)
    case .messageEnd(let ticket):
      // The last line's end is not counted.
      must(content.count <= Int(limits.messageBytesMax) * 2 + 2, "messages are bounded")
      must(!hasBareOctets(content), "lines end in CR LF")
      messages.append(content)
      told.add("end \(content)")
      return .answered(ticket, .contentAccepted)
    case .abandoned:
      told.add("abandoned")
      return nil
    }
  }
}

/// Content ends at the first line that is a dot, and nowhere else: two readers must agree.
private func mustEndWhereItEnds(_ bytes: Buffer, _ role: Role) {
  // The other reader: looks for the end as it is written in the document.
  let text = [13, 10] + bytes.array
  let end = text.indices.first { text[$0...].starts(with: [13, 10, 46, 13, 10]) }
  let message = end.map { Buffer(text[..<($0 + 2)].dropFirst(2)) }
  let isRefused = role == .relay && message.map(hasBareOctets) == true
  let received = Received(role, limits: SMTP.Limits())
  let login: Buffer = role == .submission ? "AUTH PLAIN AGEAcA==\r\n" : ""
  var said: Buffer = "EHLO a\r\n"
  // What follows a message that is refused may be another.
  let content = isRefused ? Buffer(bytes.array.prefix((end ?? 0) + 3)) : bytes
  for part: Buffer in [login, "MAIL FROM:<a@a>\r\nRCPT TO:<a@a>\r\nDATA\r\n", content] { said.append(part) }
  _ = received.story(said.count % 2 == 0 ? [said] : said.pieces)
  guard let message else { return must(received.messages.isEmpty, "a message without an end is none") }
  if isRefused { return must(received.messages.isEmpty, "a message with bare octets is refused") }
  guard let first = received.messages.first else { fatalError("broken promise: a message that ends is one: \(message)") }
  var stuffing = DotStuffing.Encoder()
  var again = Buffer()
  stuffing.encode(first, into: &again)
  // What was stuffed without need is not stuffed again.
  if role == .relay, !message.array.indices.contains(where: { isNeedlessDot(message.array, $0) }) { must(again == message, "a message reads back: \(again), \(message)") }
}

/// Whether a dot that begins a line stands there without another behind it.
private func isNeedlessDot(_ bytes: [UInt8], _ index: Int) -> Bool {
  bytes[index] == 46 && (index == 0 || index >= 2 && bytes[index - 1] == 10 && bytes[index - 2] == 13) && (index + 1 >= bytes.count || bytes[index + 1] != 46)
}

/// Counted content is what was counted.
private func mustCount(_ bytes: Buffer) {
  let received = Received(.relay, limits: SMTP.Limits())
  var said = Buffer("EHLO a\r\nMAIL FROM:<a@a>\r\nRCPT TO:<a@a>\r\n")
  let pieces = bytes.pieces
  for (index, piece) in pieces.enumerated() {
    said.append("BDAT \(piece.count)\(index + 1 == pieces.count ? " LAST" : "")\r\n")
    said.append(piece)
  }
  _ = received.story([said])
  if pieces.isEmpty || hasBareOctets(bytes) { return must(received.messages.isEmpty, "a message with bare octets is refused") }
  must(received.messages == [bytes.array.suffix(2) == [13, 10] ? bytes : Buffer(bytes.array + [13, 10])], "counted content is what was counted")
}

private let threeRecipients = ["a@a.test", "b@b.test", "c@c.test"].compactMap { try? MailAddress($0) }

/// A client with two messages, and a server that says anything.
private func delivered(_ pieces: [Buffer]) -> Story {
  let told = Told()
  var left = 2
  var delivered = 0
  var options = ClientOptions(name: "c.test", tls: .never, credentials: pieces.first?[at: 0] == UInt8(ascii: "2") ? nil : SASL.Credentials(user: "a", password: "p"))
  options.logsIn = .always
  let driver = ConversationDriver(ClientConversation(options, limits: narrow), trace: nil) { question, _ in
    switch question {
    case .ready(let peer):
      told.add("ready \(peer.name) \(peer.extensions.count)")
      left -= 1
      return left < 0 ? .quit : .deliver(Delivery(sender: .empty, recipients: threeRecipients, content: [.bytes(".\r\n\n.\r\n")], isEightBit: left == 0))
    case .read: break
    case .delivered(let fates):
      must(fates.count == threeRecipients.count, "each recipient has a fate")
      delivered += 1
      told.add(fates)
    case .ended(let failure): told.add("ended \(failure.map(\.description) ?? "")")
    }
    return nil
  }
  let story = Story(of: Wire(driver), told, pieces)
  must(told.texts.count { $0.hasPrefix("ended") } == 1, "a connection ends once")
  must(delivered == max(0, 2 - max(0, left)) || left < 0 && delivered == 2, "each message has its fates")
  must(!hasBareOctets(story.sent), "commands and content are lines")
  return story
}
