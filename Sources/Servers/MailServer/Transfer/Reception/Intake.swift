// One message on its way in: its head is completed or cleaned, its bytes go to the store as they come, and when it is whole it is decided
// where it goes. One task for each message; pieces are taken in the order they come.
// Not here: the transaction that makes it safe (Acceptance.swift), SPF and DKIM (OriginCheck.swift).
import Bytes
import Mail
import SMTP
import Storage
import Synchronization
import Transport
import World

/// Takes a message in.
final class Intake: Sendable {
  enum Event: Sendable {
    case piece(Buffer)
    case end
    /// Nobody waits any more.
    case abandoned
  }

  let post: PostOffice
  let envelope: Envelope
  let session: Session
  let client: Endpoint
  /// Entries of the queue that room is kept for.
  let promised: Int
  let begun: Instant
  private let events: AsyncStream<Event>
  private let source: AsyncStream<Event>.Continuation

  init(_ post: PostOffice, _ envelope: Envelope, _ session: Session, client: Endpoint, promised: Int) {
    self.post = post
    self.envelope = envelope
    self.session = session
    self.client = client
    self.promised = promised
    begun = post.clock.now
    // The conversation keeps more from coming than it may hold.
    (events, source) = AsyncStream.makeStream(of: Event.self)
  }

  func add(_ event: Event) { source.yield(event) }

  /// How far the message has come.
  private enum Phase {
    /// Its head is being collected.
    case head(Buffer)
    case body
    /// It is refused; what comes is thrown away.
    case refused(Reply)
  }

  /// Takes pieces until the end, then gives the verdict.
  func run(_ ticket: Ticket, _ answers: Answers<ServerConversation.Input>) async {
    let draft = post.store.draft()
    var phase = Phase.head(Buffer())
    var writing = Writing()
    for await event in events {
      switch event {
      case .piece(let bytes):
        await take(bytes, &phase, &writing, draft)
        if case .refused(let reply) = phase { answers.give(.answered(ticket, reply)) }
        answers.give(.contentTaken(ticket, bytes.count))
      case .end:
        if case .head(let all) = phase { await finishHead(all, &phase, &writing, draft) }
        let reply: Reply
        if case .refused(let refusal) = phase {
          await draft.discard()
          post.queue.giveBack(promised)
          reply = refusal
        } else {
          reply = await accept(draft, writing, because: answers.conversation)
        }
        answers.give(.answered(ticket, reply))
        return source.finish()
      case .abandoned:
        await draft.discard()
        post.queue.giveBack(promised)
        return source.finish()
      }
    }
  }

  /// What is made while the message comes.
  struct Writing {
    var head = MessageHead(reading: Buffer())
    /// Fields put before the head: what a user's program left out.
    var additions = Buffer()
    var origin: OriginCheck?
    var signing: MessageSigning?
  }

  private func take(_ bytes: Buffer, _ phase: inout Phase, _ writing: inout Writing, _ draft: ContentDraft) async {
    switch phase {
    case .refused: break
    case .body: await append(bytes, &phase, &writing, draft)
    case .head(var head):
      // The storage must be ours alone, or each piece copies all that came before.
      phase = .body
      let seen = max(0, head.count - 3)
      head.append(bytes)
      if head.count > Mail.Limits().headBytesMax * 2 || head.hasEmptyLine(from: seen) {
        await finishHead(head, &phase, &writing, draft)
      } else {
        phase = .head(head)
      }
    }
  }

  /// The head is there: it is judged, cleaned and begun to be written; `all` goes on with the body.
  private func finishHead(_ all: Buffer, _ phase: inout Phase, _ writing: inout Writing, _ draft: ContentDraft) async {
    phase = .body
    let head = MessageHead(reading: all)
    if head.excess != nil {
      phase = .refused(.headTooLarge)
      return
    }
    // RFC 5321 §6.3
    if head.all("received").count >= post.limits.hopsMax {
      phase = .refused(.runsInCircles)
      return
    }
    let cleaned: Buffer
    switch session.role {
    case .relay:
      // RFC 8601 §5: what claims to be our own verdict was written by somebody else.
      let claims = Set(AuthenticationResults.claims(of: post.name.description, in: head))
      cleaned = claims.isEmpty ? head.bytes : head.removing { claims.contains($0) }
      if post.care != .careless { writing.origin = OriginCheck(post, head: MessageHead(reading: cleaned), envelope, session, client: client.address) }
    case .submission:
      if let refusal = judgeAuthor(head) {
        phase = .refused(refusal)
        return
      }
      // RFC 6409 §8: what a user's program left out is added. RFC 5322 §3.6.3: nobody sees who else got it.
      cleaned = head.removing { head.isNamed("bcc", $0) }
      if head.first("date") == nil { writing.additions.append("Date: \(MailDate(begun).text)\r\n") }
      if head.first("message-id") == nil {
        writing.additions.append("Message-ID: <\(String(post.uniqueNumber(), radix: 36)).\(String(begun.nanoseconds, radix: 36))@\(post.name)>\r\n")
      }
    }
    var whole = writing.additions
    whole.append(cleaned)
    writing.head = MessageHead(reading: whole)
    if session.role == .submission, let domain = envelope.sender.path.address?.domain {
      let signers = post.signers(domain)
      if !signers.isEmpty { writing.signing = MessageSigning(signers, writing.head, at: begun) }
    }
    await store(whole, &phase, draft)
    await append(all[head.bytes.count..<all.count], &phase, &writing, draft)
  }

  /// RFC 6409 §6.1: whoever has logged in writes in its own name.
  private func judgeAuthor(_ head: MessageHead) -> Reply? {
    guard let user = session.user else { return .wrongAuthor }
    let directory = post.directory()
    let authors = head.addresses("from").mailboxes
    guard !authors.isEmpty, authors.allSatisfy({ $0.address.map { directory.may(user, sendAs: $0) } ?? false }) else { return .wrongAuthor }
    return nil
  }

  private func append(_ bytes: Buffer, _ phase: inout Phase, _ writing: inout Writing, _ draft: ContentDraft) async {
    guard !bytes.isEmpty else { return }
    writing.origin?.take(body: bytes)
    writing.signing?.take(bytes)
    await store(bytes, &phase, draft)
  }

  private func store(_ bytes: Buffer, _ phase: inout Phase, _ draft: ContentDraft) async {
    do throws(MailboxError) { try await draft.append(bytes) } catch { phase = .refused(error.reply) }
  }
}

extension Buffer {
  /// Whether an empty line ends behind `start`, or the bytes begin with one.
  fileprivate func hasEmptyLine(from start: Int) -> Bool {
    withUnsafeBytes { bytes in
      if bytes.count >= 2, bytes[0] == 0x0D, bytes[1] == 0x0A { return true }
      var index = start
      while index + 3 < bytes.count {
        if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D, bytes[index + 3] == 0x0A { return true }
        index += 1
      }
      return false
    }
  }
}

extension MailboxError {
  /// What a client that sends mail is told.
  var reply: Reply {
    switch self {
    case .tooLarge: .tooBig
    case .overQuota: .overQuota
    case .storage(.full): .storageFull
    case .noSuchAccount, .noSuchMailbox: .unknownRecipient
    default: .tryLater
    }
  }
}
