// The owner of one SMTP connection that came in: whether a client may send, whether a recipient is ours, whose password it is, what becomes
// of a message. It answers what SMTP's ServerConversation asks.
// Not here: the message's way into the store (Intake.swift), where its verdicts come from (OriginCheck.swift).
// Read next: Intake.swift.
import Bytes
import Mail
import SMTP
import Synchronization
import Transport
import World

/// Decides for one connection.
final class Reception: Sendable {
  private let post: PostOffice
  private let client: Endpoint
  /// Whether the connection was entered with its client.
  private let isCounted: Bool
  private let state = Mutex(State())

  private struct State {
    /// The message that is coming.
    var intake: (ticket: Ticket, intake: Intake)?
  }

  init(_ post: PostOffice, client: Endpoint, isCounted: Bool) {
    self.post = post
    self.client = client
    self.isCounted = isCounted
  }

  /// The connection is gone, and what it asked last was that its message be forgotten.
  deinit {
    if isCounted { post.clients.disconnect(client.address, at: post.clock.now) }
  }

  /// What `question` is answered with at once; nil: the answer comes later.
  func answer(_ question: ServerConversation.Question, _ answers: Answers<ServerConversation.Input>) -> ServerConversation.Input? {
    switch question {
    case .sender(let ticket, let sender, let session):
      let verdict = sender.path.address.flatMap { post.verdict(on: $0, at: .sender, of: sender.path, from: client.address) }
      return input(for: verdict, ticket) { .answered(ticket, reply(to: sender, session)) }
    case .recipient(let ticket, let recipient, let sender, let session):
      switch post.verdict(on: recipient, at: .farewell, of: sender.path, from: client.address) {
      case .refused(let reply): answers.give(.farewell(reply))
      case .silent: answers.give(.farewell(nil))
      case nil: break
      }
      let verdict = post.verdict(on: recipient, at: .recipient, of: sender.path, from: client.address)
      return input(for: verdict, ticket) { reply(to: recipient, of: sender.size ?? 1, session, ticket, answers) }
    case .credentials(let ticket, let credentials, _):
      check(credentials, ticket, answers)
      return nil
    case .message(let ticket, let envelope, let session): return .answered(ticket, begin(envelope, session, ticket, answers))
    case .content(let ticket, let bytes):
      take(.piece(bytes), ticket)
      return nil
    case .messageEnd(let ticket):
      take(.end, ticket)
      return nil
    case .abandoned(let ticket):
      take(.abandoned, ticket)
      return nil
    }
  }

  // MARK: Envelopes

  /// What a verdict on an address is answered with; without one, what is said anyway.
  private func input(
    for verdict: AddressVerdict?, _ ticket: Ticket, otherwise: () -> ServerConversation.Input?
  ) -> ServerConversation.Input? {
    switch verdict {
    case .refused(let reply): .answered(ticket, reply)
    case .silent: nil
    case nil: otherwise()
    }
  }

  private func reply(to sender: Sender, _ session: Session) -> Reply {
    guard post.clients.mayMessage(client.address, at: post.clock.now) else { return .tooMuch }
    // RFC 1870 §6.1: better now than when it is here.
    guard post.store.hasRoom(for: sender.size ?? 0) else { return .storageFull }
    let directory = post.directory()
    switch (session.role, sender.path.address) {
    case (.submission, nil): return .senderRefused
    case (.submission, let address?):
      guard let user = session.user, directory.may(user, sendAs: address) else { return .senderRefused }
      return .senderAccepted
    // Whoever is of our domains logs in.
    case (.relay, let address?) where directory.isOurs(address.domain) && post.care == .refusing: return .loginToSend
    case (.relay, _): return .senderAccepted
    }
  }

  private func reply(
    to recipient: MailAddress, of size: Int64, _ session: Session, _ ticket: Ticket, _ answers: Answers<ServerConversation.Input>
  ) -> ServerConversation.Input? {
    let directory = post.directory()
    switch directory.place(of: recipient) {
    case .here(let homes, _):
      // Room is looked for where the message goes to one mailbox; of several, one that is full is no reason to refuse the others.
      guard homes.count == 1, let home = homes.first else { return .answered(ticket, .recipientAccepted) }
      let store = post.store
      post.network.start {
        let isFull = (try? await store.account(home.account))?.hasRoom(for: size) == false
        answers.give(.answered(ticket, isFull ? .mailboxFull : .recipientAccepted))
      }
      return nil
    case .unknown: return .answered(ticket, .unknownRecipient)
    case .endless: return .answered(ticket, .endlessAlias)
    case .elsewhere where session.role == .submission: return .answered(ticket, .recipientAccepted)
    // RFC 5321 §5.1: whoever is one of a domain's exchangers takes its mail; the route leads only to those that are nearer.
    case .elsewhere where directory.backsUp(recipient.domain): return .answered(ticket, .recipientAccepted)
    // RFC 5321 §3.6.2: mail from strangers to strangers is not ours to carry.
    case .elsewhere: return .answered(ticket, .relayingDenied)
    }
  }

  private func check(_ credentials: SASL.Credentials, _ ticket: Ticket, _ answers: Answers<ServerConversation.Input>) {
    let post = post
    let client = client.address
    post.network.start {
      // RFC 4616 §2: nobody here may act as somebody else.
      if credentials.wantsAnotherIdentity { return answers.give(.answered(ticket, .wrongCredentials)) }
      switch await post.gate.check(user: credentials.user, password: credentials.password, from: client) {
      case .account(let account): answers.give(.authenticated(ticket, user: account))
      case .wrong: answers.give(.answered(ticket, .wrongCredentials))
      case .busy: answers.give(.answered(ticket, .credentialsUnchecked))
      }
    }
  }

  // MARK: Messages

  private func begin(_ envelope: Envelope, _ session: Session, _ ticket: Ticket, _ answers: Answers<ServerConversation.Input>) -> Reply {
    let directory = post.directory()
    let destinations = Set(envelope.recipients.map(\.domain).filter { !directory.isOurs($0) }).count
    // An alias may lead elsewhere too; that room is looked for when the message is whole.
    guard post.queue.promise(destinations) else { return .storageFull }
    let intake = Intake(post, envelope, session, client: client, promised: destinations)
    state.withLock { $0.intake = (ticket, intake) }
    post.network.start { await intake.run(ticket, answers) }
    return .goAhead
  }

  private func take(_ event: Intake.Event, _ ticket: Ticket) {
    let intake = state.withLock { state -> Intake? in
      guard let current = state.intake, current.ticket == ticket else { return nil }
      if case .piece = event {} else { state.intake = nil }
      return current.intake
    }
    if case .piece(let bytes) = event { post.clients.note(bytes: bytes.count, of: client.address, at: post.clock.now) }
    intake?.add(event)
  }
}

extension Reply {
  static let tooMuch = Reply(451, EnhancedCode(4, 7, 0), "Too much from you in one minute; try again later")
  static let endlessAlias = Reply(451, EnhancedCode(4, 6, 0), "That address stands for too many")
  static let loginToSend = Reply(550, EnhancedCode(5, 7, 1), "Mail from addresses here is submitted by their users")
  static let runsInCircles = Reply(554, EnhancedCode(5, 4, 6), "The message runs in circles")
  static let headTooLarge = Reply(552, EnhancedCode(5, 3, 4), "The head of the message is too large")
  static let forged = Reply(550, EnhancedCode(5, 7, 1), "The message does not come from where it says")
  static let overQuota = Reply(452, EnhancedCode(4, 2, 2), "A mailbox is full")
  static let wrongAuthor = Reply(550, EnhancedCode(5, 7, 1), "The author's address is not yours to use")
}
