// Entrances of IMAP: both ends of a connection, and the grammars of commands, responses, names and structures.
import Bytes
import IMAP
import Mail
import Trace
import Transport
import World

let imapEntrances: [Entrance] = [
  Entrance("imap-server") { bytes in mustNotDependOnCuts(bytes) { Attended(IMAP.Limits()).story($0) } },
  Entrance("imap-server-bounds") { bytes in mustNotDependOnCuts(bytes) { Attended(narrow).story($0) } },
  // The rest of the grammar lies behind a login.
  Entrance("imap-session") { bytes in
    let opening: Buffer = "a LOGIN alice secret\r\nb SELECT INBOX\r\n"
    mustNotDependOnCuts(bytes) { Attended(IMAP.Limits()).story([opening] + $0) }
  },
  Entrance("imap-client") { bytes in mustNotDependOnCuts(bytes) { ordered(.asItIs, $0) } },
  // Whether a server speaks before it is asked depends on when its bytes come; that it hears nothing it must not hear does not.
  Entrance("imap-client-tls") { bytes in
    for pieces in [[bytes], bytes.pieces, bytes.singles] {
      let sent = ordered(.startTLS, pieces).sent
      must(["", "n1 STARTTLS\r\n", "n1 CAPABILITY\r\n", "n1 CAPABILITY\r\nn2 STARTTLS\r\n"].contains(sent), "nothing is said before TLS: \(sent)")
    }
  },
  Entrance("imap-command") { bytes in
    var line = Buffer("a ")
    line.append(bytes)
    line.append("\r\n")
    var reader = CommandReader()
    reader.noteLogin()
    while let found = reader.next(from: &line) {
      guard case .command(_, let command) = found else { continue }
      mustReadBack(command)
    }
  },
  Entrance("imap-response") { bytes in
    var reader = ResponseReader()
    var rest = bytes
    while let found = reader.next(from: &rest) {
      if case .response(.fetch(let answer)) = found, let structure = answer.structure { mustReadBack(structure, answer.envelope) }
    }
  },
  Entrance("imap-structure") { bytes in
    let structure = MessageStructure(reading: bytes)
    mustReadBack(BodyStructure(structure), structure.root.envelope.map { Envelope($0) })
    for path: [UInt32] in [[], [1], [2], [1, 1], [2, 2]] {
      for text: Section.Text in [.whole, .header, .text, .mime, .fields(["Subject"], isNot: false)] {
        switch Section(path, text: text).place(in: structure) {
        case .absent: break
        case .range(let range), .fields(let range, _, _): must(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a section lies in its message")
        }
      }
    }
  },
  Entrance("imap-utf7") { bytes in
    if let text = ModifiedUTF7.text(bytes) { must(ModifiedUTF7.bytes(text) == bytes, "a text has one way to be written") }
    let text = bytes.text
    must(ModifiedUTF7.text(ModifiedUTF7.bytes(text)).map { $0.unicodeScalars.elementsEqual(text.unicodeScalars) } == true, "any text reads back")
    guard let name = try? MailboxName(wire: bytes) else { return }
    must((try? MailboxName(wire: name.wire)) == name, "a name reads back")
    must(name.levels.count <= MailboxName.depthMax && name.levels.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }, "a level is a name")
  },
  Entrance("imap-explain") { bytes in
    let explanation = IMAP.explain(bytes)
    for field in explanation.fields {
      must(field.range.lowerBound >= 0 && field.range.upperBound <= bytes.count, "a field lies in its message")
      mustContainParts(field)
    }
    for range in IMAP.ServerConversation.secrets(in: bytes) { must(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a secret lies in its message") }
  },
]

/// Bounds that short inputs reach.
private let narrow: IMAP.Limits = {
  var limits = IMAP.Limits()
  limits.lineBytesBeforeLoginMax = 60
  limits.lineBytesMax = 80
  limits.responseLineBytesMax = 40
  limits.tagBytesMax = 4
  limits.depthMax = 4
  limits.keysMax = 5
  limits.keywordsMax = 3
  limits.literalBytesBeforeLoginMax = 8
  limits.literalsBeforeLoginMax = 2
  limits.literalBytesMax = 12
  limits.literalsBytesMax = 20
  limits.literalsMax = 3
  limits.messageBytesMax = 30
  limits.badCommandsMax = 4
  limits.commandsPerMinuteMax = 12
  limits.indexBatchMax = 2
  limits.contentBatchMax = 1
  return limits
}()

/// What is read was written so, or might have been.
private func mustReadBack(_ command: Command) {
  for takesLiterals in [true, false] {
    var reader = CommandReader()
    reader.noteLogin()
    var bytes = Buffer()
    var found: CommandReader.Found?
    for piece in command.pieces(tag: "t", takesLiterals: takesLiterals) {
      bytes.append(piece)
      found = reader.next(from: &bytes)
    }
    must(found == .command(tag: "t", command), "a command reads back: \(command) \(String(describing: found))")
  }
}

/// What a server writes of a message a client reads.
private func mustReadBack(_ structure: BodyStructure, _ envelope: Envelope?) {
  var items: [FetchedItem] = [.bodyStructure(structure)]
  if let envelope { items.append(.envelope(envelope)) }
  var bytes = FetchedMessage(uid: 1, items).response(number: 1)
  var reader = ResponseReader()
  guard case .response(.fetch(let answer)) = reader.next(from: &bytes) else { fatalError("broken promise: an answer reads back") }
  must(answer.structure == structure && answer.envelope == envelope, "a structure reads back")
}

/// A connection to a mailbox of five messages whose owner answers in every way there is.
private final class Attended {
  private let told = Told()
  private let limits: IMAP.Limits
  private var selected = Ticket()
  private var answered = 0
  private var appended = 0

  init(_ limits: IMAP.Limits) { self.limits = limits }

  func story(_ pieces: [Buffer]) -> Story {
    let options = IMAP.ServerConversation.Options(isSecure: false, offersTLS: true, allowsClearPasswords: true, hostName: "a")
    let driver = ConversationDriver(IMAP.ServerConversation(options, limits: limits), trace: nil) { [self] question, answers in
      switch question {
      case .appendContent(_, let piece): told.add(piece: piece)
      case .appendAbandoned:
        told.forgetContent()
        told.add("appendAbandoned")
      default: told.add(question.withoutTicket)
      }
      guard let (ticket, answer) = answer(question) else { return nil }
      // Others are at work too, but not more often where a message comes in more pieces.
      guard case .appendContent = question else { return give(answer, ticket, answers) }
      answers.give(.answered(ticket, answer))
      return nil
    }
    return Story(of: Wire(driver), told, pieces)
  }

  private func give(_ answer: Answer, _ ticket: Ticket, _ answers: Answers<IMAP.ServerConversation.Input>) -> IMAP.ServerConversation.Input? {
    answered += 1
    switch answered % 5 {
    case 1: answers.give(.changed(selected, .flagsChanged(UIDSet([2, 4] as [UInt32]))))
    case 2: answers.give(.changed(selected, .arrived(UIDSet(UInt32(100 + answered)), recent: UIDSet(UInt32(100 + answered)))))
    case 3: answers.give(.changed(selected, .expunged(UIDSet(UInt32(answered % 6)))))
    default: break
    }
    answers.give(.answered(ticket, answer))
    return nil
  }

  private func answer(_ question: Question) -> (Ticket, Answer)? {
    switch question {
    case .logIn(let ticket, let user, _): (ticket, user == "alice" ? .done : .refused(Refusal(nil, "no\r\n* BYE")))
    case .mailboxes(let ticket): (ticket, .mailboxes(["INBOX", "a/b", "\u{E4}/&"].compactMap { try? ListedMailbox(MailboxName($0), isSubscribed: true, specialUse: .sent) }))
    case .status(let ticket, _): (ticket, .status(.init(messages: 1, recent: 2, unseen: 3, uidNext: 4, uidValidity: 5)))
    case .create(let ticket, let name), .delete(let ticket, let name), .subscribe(let ticket, let name), .unsubscribe(let ticket, let name), .rename(let ticket, let name, _):
      (ticket, name.text.utf8.count % 2 == 0 ? .done : .refused(Refusal(.nonexistent, name.text)))
    case .select(let ticket, let name, _): select(ticket, name)
    case .leave(let ticket, _): (ticket, .done)
    case .search(let ticket, _): (ticket, .found(UIDSet([1, 3, 77] as [UInt32])))
    case .fetch(let ticket, let order): (ticket, .fetched(order.messages.filter { $0 != 5 }.map { fetched($0, order) }))
    case .store(let ticket, _): (ticket, .stored(unchanged: UIDSet(3)))
    case .copy(let ticket, let set, let name), .move(let ticket, let set, let name):
      (ticket, name == .inbox ? .refused(Refusal(.tryCreate, "")) : .copied(validity: 9, from: set, to: set))
    case .expunge(let ticket, let within): (ticket, .expunged(within ?? UIDSet([1, 2] as [UInt32])))
    case .append(let ticket, let order): (ticket, order.size == 3 ? .refused(Refusal(.overQuota, "full")) : .done)
    case .appendContent(let ticket, _): (ticket, .done)
    case .appendEnd(let ticket): (ticket, appendEnded())
    case .forgotten, .appendAbandoned, .gone: nil
    }
  }

  /// Every third message is refused when all of it has come; sooner would depend on the cuts.
  private func appendEnded() -> Answer {
    appended += 1
    return appended % 3 == 0 ? .refused(Refusal(nil, "!")) : .appended(validity: 9, uid: 10)
  }

  private func select(_ ticket: Ticket, _ name: MailboxName) -> (Ticket, Answer) {
    guard name.levels.count == 1 else { return (ticket, .refused(Refusal(.nonexistent, "no such mailbox"))) }
    selected = ticket
    return (ticket, .selected(.init(messages: UIDSet([1...5] as [ClosedRange<UInt32>]), recent: UIDSet(5), firstUnseen: 2, uidNext: 6, uidValidity: 7, keywords: ["x"])))
  }

  private static let message: Buffer = "Subject: \u{E4}\r\nFrom: a <b@c>, d: ;\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n--x--\r\n"
  private static let structure = MessageStructure(reading: message)

  private func fetched(_ uid: UInt32, _ order: FetchOrder) -> FetchedMessage {
    let (message, structure) = (Self.message, Self.structure)
    return FetchedMessage(
      uid: uid,
      order.items.map { item in
        switch item {
        case .uid: .uid
        case .flags: .flags(Flags(.seen, keywords: ["k\(uid)"]))
        case .internalDate: .internalDate(InternalDate(seconds: Int64(uid) << 40))
        case .size: .size(Int64(message.count))
        case .envelope: .envelope(Envelope(structure.root.envelope ?? MessageEnvelope()))
        case .body: .body(BodyStructure(structure))
        case .bodyStructure: .bodyStructure(BodyStructure(structure))
        case .section(let request):
          switch request.section.place(in: structure) {
          case .absent: .section(request, .absent)
          case .range(let range): .section(request, .bytes(message[range]))
          case .fields(let head, let names, let isNot): .section(request, .bytes(SectionPlace.fields(of: message[head], names: names, isNot: isNot)))
          }
        }
      })
  }
}

extension Question {
  /// Without the ticket's number: an append that is cut differently takes more of them.
  fileprivate var withoutTicket: Question {
    let none = Ticket()
    return switch self {
    case .logIn(_, let user, let password): .logIn(none, user: user, password: password)
    case .mailboxes: .mailboxes(none)
    case .status(_, let name): .status(none, name)
    case .create(_, let name): .create(none, name)
    case .delete(_, let name): .delete(none, name)
    case .rename(_, let name, let other): .rename(none, name, to: other)
    case .subscribe(_, let name): .subscribe(none, name)
    case .unsubscribe(_, let name): .unsubscribe(none, name)
    case .select(_, let name, let access): .select(none, name, access)
    case .leave(_, let expunging): .leave(none, expunging: expunging)
    case .search(_, let key): .search(none, key)
    case .fetch(_, let order): .fetch(none, order)
    case .store(_, let order): .store(none, order)
    case .copy(_, let set, let name): .copy(none, set, to: name)
    case .move(_, let set, let name): .move(none, set, to: name)
    case .expunge(_, let within): .expunge(none, within: within)
    case .append(_, let order): .append(none, order)
    case .appendContent(_, let piece): .appendContent(none, piece)
    case .appendEnd: .appendEnd(none)
    case .forgotten, .appendAbandoned, .gone: self
    }
  }
}

/// A client that wants everything a person may want, one after the other, from a server that says `pieces`.
private func ordered(_ security: IMAP.ClientConversation.Security, _ pieces: [Buffer]) -> Story {
  let told = Told()
  var tickets = Ticket()
  let orders: [IMAP.ClientConversation.Order] = [
    .logIn(.init(user: "alice", password: "secret")), .command(.select("INBOX")), .command(.fetch(.init(.uid, .all, [.flags, .envelope, .section(.rfc822)]))),
    .append(.init(mailbox: "a\nb", flags: Flags(.seen), date: nil), .bytes("hello")), .command(.search(.init(.uid, .text("\u{E4}")))), .logOut,
  ]
  let driver = ConversationDriver(IMAP.ClientConversation(security: security), trace: nil) { question, _ in
    if case .content(let piece) = question { told.add(piece: piece) } else { told.add(question) }
    return nil
  }
  let wire = Wire(driver)
  for order in orders { driver.answers.give(.order(tickets.taken(), order)) }
  return Story(of: wire, told, pieces)
}
