// Answers the questions of one IMAP connection from the mail store: at once where memory knows the answer, else when it is durable or read.
// The conversation asks one thing at a time, so nothing here happens twice at once; only changes of the mailbox come in between.
// Not here: what a client may say and hears (IMAP/ServerConversation), how mailboxes work (Mailboxes/).
// Read next: IMAPFetch.swift.
import Bytes
import IMAP
import Storage
import Synchronization
import Transport
import World

/// The owner of one IMAP conversation.
final class IMAPDesk: Sendable {
  typealias Way = Answers<ServerConversation.Input>

  let service: IMAPService
  private let remote: Address
  private let state = Mutex(State())

  private struct State {
    var account: Account?
    var selection = Selection.none
    var append: Append?
    /// Nothing is begun any more.
    var isOver = false
  }

  /// The mailbox that is open.
  private enum Selection {
    case none
    /// On its way to be open: what happens meanwhile is told after the answer.
    case opening(Ticket, [MailboxChange])
    case open(Ticket, MailboxSession)
  }

  /// A message on its way in.
  private struct Append {
    var draft: ContentDraft
    var order: AppendOrder
  }

  init(_ service: IMAPService, remote: Address) {
    self.service = service
    self.remote = remote
  }

  private var account: Account? { state.withLock { $0.account } }

  var session: MailboxSession? {
    state.withLock { state in if case .open(_, let session) = state.selection { session } else { nil } }
  }

  /// Takes a question; returns the answer, or gives it later.
  func take(_ question: Question, _ answers: Way) -> ServerConversation.Input? {
    switch question {
    case .logIn(let ticket, let user, let password): later(ticket, answers) { desk throws(MailboxError) in try await desk.logIn(user, password) }
    case .mailboxes(let ticket): return .answered(ticket, account.map { .mailboxes($0.mailboxes) } ?? .refused(Self.nobody))
    case .status(let ticket, let name): return now(ticket) { account throws(MailboxError) in .status(try account.status(of: name)) }
    case .create(let ticket, let name): done(ticket, answers) { account throws(MailboxError) in try await account.create(name) }
    case .delete(let ticket, let name): done(ticket, answers) { account throws(MailboxError) in try await account.delete(name) }
    case .rename(let ticket, let name, let new): done(ticket, answers) { account throws(MailboxError) in try await account.rename(name, to: new) }
    case .subscribe(let ticket, let name): done(ticket, answers) { account throws(MailboxError) in try await account.subscribe(name) }
    case .unsubscribe(let ticket, let name): done(ticket, answers) { account throws(MailboxError) in try await account.unsubscribe(name) }
    case .select(let ticket, let name, let access): select(ticket, name, access, answers)
    case .leave(let ticket, let expunging): return leave(ticket, expunging: expunging, answers)
    case .search(let ticket, let key):
      with(ticket, answers) { session throws(MailboxError) in .found(try await session.search(key, within: session.known)) }
    case .fetch(let ticket, let order): fetch(ticket, order, answers)
    case .store(let ticket, let order):
      with(ticket, answers) { session throws(MailboxError) in .stored(unchanged: try await session.store(order)) }
    case .copy(let ticket, let uids, let name):
      with(ticket, answers, intoMailbox: true) { session throws(MailboxError) in Answer(try await session.copy(uids, to: name)) }
    case .move(let ticket, let uids, let name):
      with(ticket, answers, intoMailbox: true) { session throws(MailboxError) in Answer(try await session.move(uids, to: name)) }
    case .expunge(let ticket, let within):
      with(ticket, answers) { session throws(MailboxError) in .expunged(try await session.expunge(within: within)) }
    case .forgotten(let uids): session?.forget(uids)
    case .append(let ticket, let order): return now(ticket, intoMailbox: true) { [self] account throws(MailboxError) in try begin(order, in: account) }
    case .appendContent(let ticket, let bytes): return add(bytes, ticket, answers)
    case .appendEnd(let ticket): endAppend(ticket, answers)
    case .appendAbandoned: abandonAppend()
    case .gone: end()
    }
    return nil
  }

  // MARK: Answering

  static let nobody = Refusal(.serverBug, "nobody has logged in")

  private func answer(_ ticket: Ticket, _ answer: Answer, _ answers: Way) { answers.give(.answered(ticket, answer)) }

  /// Answers when `work` is done. With `intoMailbox` a mailbox that is not there is one that could be made.
  private func later(_ ticket: Ticket, _ answers: Way, intoMailbox: Bool = false, _ work: @escaping @Sendable (IMAPDesk) async throws(MailboxError) -> Answer) {
    service.start { [self] in
      do throws(MailboxError) { answer(ticket, try await work(self), answers) } catch {
        answer(ticket, .refused(Refusal(error, intoMailbox: intoMailbox)), answers)
      }
    }
  }

  /// Answers at once.
  private func now(_ ticket: Ticket, intoMailbox: Bool = false, _ work: (Account) throws(MailboxError) -> Answer) -> ServerConversation.Input {
    guard let account else { return .answered(ticket, .refused(Self.nobody)) }
    do throws(MailboxError) { return .answered(ticket, try work(account)) } catch {
      return .answered(ticket, .refused(Refusal(error, intoMailbox: intoMailbox)))
    }
  }

  /// Does something with the account, and says when it is done.
  private func done(_ ticket: Ticket, _ answers: Way, _ work: @escaping @Sendable (Account) async throws(MailboxError) -> Void) {
    later(ticket, answers) { desk throws(MailboxError) in
      guard let account = desk.account else { return .refused(Self.nobody) }
      try await work(account)
      return .done
    }
  }

  /// Answers with what the open mailbox says.
  func with(
    _ ticket: Ticket, _ answers: Way, intoMailbox: Bool = false, _ work: @escaping @Sendable (MailboxSession) async throws(MailboxError) -> Answer
  ) {
    later(ticket, answers, intoMailbox: intoMailbox) { desk throws(MailboxError) in
      guard let session = desk.session else { return .refused(Refusal(.serverBug, "no mailbox is open")) }
      return try await work(session)
    }
  }

  // MARK: Coming and going

  private func logIn(_ user: String, _ password: String) async throws(MailboxError) -> Answer {
    switch await service.gate.check(user: user, password: password, from: remote) {
    case .wrong: return .refused(Refusal(.authenticationFailed, "wrong name or password"))
    case .busy: return .refused(Refusal(.unavailable, "too many logins at once, try again"))
    case .account(let name):
      let account = try await service.store.account(name)
      guard service.gate.enter(name) else { return .refused(Refusal(.limit, "too many connections of this account")) }
      let isOver = state.withLock { state in
        if !state.isOver { state.account = account }
        return state.isOver
      }
      if isOver { service.gate.leave(name) }
      return .done
    }
  }

  /// The connection is over.
  private func end() {
    let (account, selection) = state.withLock { state in
      state.isOver = true
      defer {
        state.account = nil
        state.selection = .none
      }
      return (state.account, state.selection)
    }
    if let account { service.gate.leave(account.name) }
    if case .open(_, let session) = selection { session.close() }
    abandonAppend()
  }

  // MARK: Selecting

  private func select(_ ticket: Ticket, _ name: MailboxName, _ access: Access, _ answers: Way) {
    let previous = session
    state.withLock { $0.selection = .opening(ticket, []) }
    previous?.close()
    service.start { [self] in
      do throws(MailboxError) {
        guard let account else { throw .noSuchAccount }
        let session = try await account.open(name, as: access == .readWrite ? .readWrite : .readOnly) { [weak self] change in
          self?.note(change, ticket, answers)
        }
        // The answer comes first, then what happened since the session began: all of it under one lock, so that nothing overtakes.
        state.withLock { state in
          guard case .opening(ticket, let missed) = state.selection, !state.isOver else { return session.close() }
          state.selection = .open(ticket, session)
          answers.give(.answered(ticket, .selected(session.selected)))
          for change in missed { answers.give(.changed(ticket, change)) }
        }
      } catch {
        state.withLock { $0.selection = .none }
        answer(ticket, .refused(Refusal(error)), answers)
      }
    }
  }

  /// Something happened to the mailbox.
  private func note(_ change: MailboxChange, _ ticket: Ticket, _ answers: Way) {
    state.withLock { state in
      switch state.selection {
      case .opening(ticket, var missed):
        missed.append(change)
        state.selection = .opening(ticket, missed)
      case .open(ticket, _): answers.give(.changed(ticket, change))
      case .none, .opening, .open: break
      }
    }
  }

  private func leave(_ ticket: Ticket, expunging: Bool, _ answers: Way) -> ServerConversation.Input? {
    let session = state.withLock { state -> MailboxSession? in
      defer { state.selection = .none }
      return if case .open(_, let session) = state.selection { session } else { nil }
    }
    guard let session else { return .answered(ticket, .done) }
    guard expunging else {
      session.close()
      return .answered(ticket, .done)
    }
    later(ticket, answers) { _ throws(MailboxError) in
      defer { session.close() }
      _ = try await session.expunge()
      return .done
    }
    return nil
  }

  // MARK: Appending

  private func begin(_ order: AppendOrder, in account: Account) throws(MailboxError) -> Answer {
    let store = service.store
    guard order.size <= store.limits.messageBytesMax else { throw .tooLarge(allowed: store.limits.messageBytesMax) }
    _ = try account.selectable(order.mailbox)
    guard account.hasRoom(for: order.size) else { throw .overQuota }
    guard store.hasRoom(for: order.size) else { throw .storage(.full) }
    state.withLock { $0.append = Append(draft: store.draft(), order: order) }
    return .done
  }

  private func add(_ bytes: Buffer, _ ticket: Ticket, _ answers: Way) -> ServerConversation.Input? {
    guard let draft = state.withLock({ $0.append?.draft }) else { return .answered(ticket, .refused(Refusal(.serverBug, "no message was begun"))) }
    if draft.take(bytes) { return .answered(ticket, .done) }
    later(ticket, answers) { desk throws(MailboxError) in
      do throws(MailboxError) { try await draft.append(bytes) } catch {
        desk.abandonAppend()
        throw error
      }
      return .done
    }
    return nil
  }

  private func endAppend(_ ticket: Ticket, _ answers: Way) {
    let append = state.withLock { state in
      defer { state.append = nil }
      return state.append
    }
    later(ticket, answers) { desk throws(MailboxError) in
      guard let append, let account = desk.account else { return .refused(Self.nobody) }
      let store = desk.service.store
      let content = try await store.keep(append.draft)
      let delivery = Delivery(to: account.name, append.order.mailbox, fallsBack: false, flags: append.order.flags, internalDate: append.order.date)
      do throws(MailboxError) {
        guard let place = try await store.deliver(content, to: [delivery]).first else { throw .gone }
        return .appended(validity: place.uidValidity, uid: place.uid)
      } catch {
        await store.discard(content)
        throw error
      }
    }
  }

  private func abandonAppend() {
    let append = state.withLock { state in
      defer { state.append = nil }
      return state.append
    }
    if let append { service.start { await append.draft.discard() } }
  }
}

extension Answer {
  init(_ copied: MailboxSession.Copied) { self = .copied(validity: copied.uidValidity, from: copied.from, to: copied.to) }
}

extension Refusal {
  /// What a client is told.
  // RFC 5530 §3
  init(_ error: MailboxError, intoMailbox: Bool = false) {
    self =
      switch error {
      case .noSuchAccount: Refusal(.unavailable, "this account is not here")
      // RFC 3501 §6.3.11, §6.4.7
      case .noSuchMailbox where intoMailbox: Refusal(.tryCreate, "no such mailbox, but it could be made")
      case .noSuchMailbox: Refusal(.nonexistent, "no such mailbox")
      case .accountExists, .mailboxExists: Refusal(.alreadyExists, "there is such a mailbox")
      case .badName(let why): Refusal(.cannot, why)
      case .notSelectable: Refusal(.nonexistent, "this name only holds others")
      case .isInbox: Refusal(.cannot, "INBOX stays")
      case .hasChildren: Refusal(.word(.inUse), "there are mailboxes below this name")
      case .overQuota: Refusal(.overQuota, "the account is full")
      case .tooLarge(let allowed): Refusal(.tooBig, "a message has at most \(allowed) bytes")
      case .limit(let reached): Refusal(.limit, reached.description)
      case .inUse: Refusal(.word(.inUse), "somebody else has it")
      case .readOnly: Refusal(.word(.readOnly), "the mailbox is open for reading")
      case .busy: Refusal(.unavailable, "too much waits for the disk")
      case .gone: Refusal(.unavailable, "it is no longer there")
      case .storage(.full): Refusal(.unavailable, "the disk is full")
      case .storage: Refusal(.unavailable, "the disk failed")
      }
  }
}
