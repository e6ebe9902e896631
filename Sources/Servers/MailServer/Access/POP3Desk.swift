// Answers the questions of one POP3 connection from the mail store: the maildrop is the account's INBOX, held for this client alone.
// Not here: what a client may say and hears (POP3/ServerConversation), how mailboxes work (Mailboxes/).
import Bytes
import IMAP
import Mail
import POP3
import Storage
import Synchronization
import Transport
import World

/// The owner of one POP3 conversation.
final class POP3Desk: Sendable {
  typealias Way = Answers<POP3.ServerConversation.Input>

  private let service: POP3Service
  private let remote: Address
  private let state = Mutex(State())

  /// How many messages are read together: most clients take one after the other.
  private static let readAhead = 16

  private struct State {
    var session: MailboxSession?
    /// The messages as they were at the beginning, by their place.
    var entries: [Entry] = []
    /// Messages that were read, by their place.
    var read: [Int: MessageContent] = [:]
    /// The session is over before it began.
    var isReleased = false
  }

  init(_ service: POP3Service, remote: Address) {
    self.service = service
    self.remote = remote
  }

  func take(_ question: POP3.ServerConversation.Question, _ answers: Way) {
    switch question {
    case .login(let ticket, let credentials, isEncrypted: _): service.start { [self] in await logIn(ticket, credentials, answers) }
    case .read(let ticket, let place, let offset, let length): read(ticket, place, offset..<(offset + Int64(length)), answers)
    case .update(let ticket, let deleted): service.start { [self] in await update(ticket, deleted, answers) }
    case .released: release()
    }
  }

  // MARK: Coming and going

  private func logIn(_ ticket: Ticket, _ credentials: SASL.Credentials, _ answers: Way) async {
    // RFC 4616 §2: who wants to act as somebody else is not let in.
    guard !credentials.wantsAnotherIdentity else { return answers.give(.refused(ticket, .wrongCredentials)) }
    switch await service.gate.check(user: credentials.user, password: credentials.password, from: remote) {
    case .wrong: answers.give(.refused(ticket, .wrongCredentials))
    case .busy: answers.give(.refused(ticket, .temporary))
    case .account(let name):
      guard service.gate.enter(name) else { return answers.give(.refused(ticket, .temporary)) }
      do throws(MailboxError) {
        let session = try await service.store.account(name).open(.inbox, as: .maildrop) { _ in }
        let entries = session.entries(of: session.selected.messages)
        let isReleased = state.withLock { state in
          if !state.isReleased { (state.session, state.entries) = (session, entries) }
          return state.isReleased
        }
        if isReleased { close(session) }
        let validity = Self.digits(session.selected.uidValidity, count: 8)
        answers.give(.opened(ticket, Maildrop(entries.map { .init(size: Int64($0.size), uniqueID: Self.digits($0.uid) + validity) })))
      } catch {
        service.gate.leave(name)
        answers.give(.refused(ticket, error == .inUse ? .inUse : .temporary))
      }
    }
  }

  private static func digits(_ number: UInt32, count: Int = 1) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
  }

  private func close(_ session: MailboxSession) {
    session.close()
    service.gate.leave(session.account.name)
  }

  private func release() {
    let session = state.withLock { state in
      defer {
        state = State()
        state.isReleased = true
      }
      return state.session
    }
    if let session { close(session) }
  }

  // RFC 1939 §6: everything or a word about it.
  private func update(_ ticket: Ticket, _ places: [Int], _ answers: Way) async {
    let (session, entries) = state.withLock { ($0.session, $0.entries) }
    var isComplete = session != nil
    if let session, !places.isEmpty {
      do throws(MailboxError) { _ = try await session.remove(UIDSet(places.map { entries[$0].uid })) } catch { isComplete = false }
    }
    release()
    answers.give(.updated(ticket, isComplete: isComplete))
  }

  // MARK: Reading

  private func read(_ ticket: Ticket, _ place: Int, _ range: Range<Int64>, _ answers: Way) {
    if let content = state.withLock({ $0.read[place] }) { return answers.give(.piece(ticket, content.bytes(range))) }
    service.start { [self] in
      let entries = state.withLock { $0.entries }
      let places = Array(place..<max(place, min(entries.count, place + Self.readAhead)))
      do throws(MailboxError) {
        let contents = try await service.store.contents(of: places.map { entries[$0].content })
        state.withLock { state in
          state.read = [:]
          for (place, content) in zip(places, contents) { state.read[place] = content }
        }
        answers.give(.piece(ticket, contents.first.flatMap { $0?.bytes(range) }))
      } catch { answers.give(.piece(ticket, nil)) }
    }
  }
}
