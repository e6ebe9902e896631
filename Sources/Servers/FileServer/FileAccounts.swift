// Who may come in, to which files, with which right. Not here: the asking (FTP/ServerConversation), the passwords (Accounts).
package import Accounts
import FTP
import Synchronization
import World

/// What somebody who has logged in gets.
package struct FileAccount: Sendable {
  /// The files seen, from `/` down.
  package var area: any FileArea
  /// Otherwise everything is only read.
  package var mayWrite: Bool

  package init(area: any FileArea, mayWrite: Bool) {
    self.area = area
    self.mayWrite = mayWrite
  }
}

/// The users of a file server.
package final class FileAccounts: Sendable {
  private struct Known: Sendable {
    var users: [String: FileAccount]
    var book: PasswordBook
    /// For whoever says `anonymous`; nil: nobody may. It is only read, whatever it says.
    var anonymous: FileAccount?
  }

  private let known: Mutex<Known>

  /// `users` by name; `book` has their passwords.
  package init(users: [String: FileAccount], book: PasswordBook, anonymous: FileAccount?) {
    known = Mutex(Known(users: users, book: book, anonymous: anonymous.map { FileAccount(area: $0.area, mayWrite: false) }))
  }

  /// Lets in whom `others` lets in from now on, and nobody else. Whoever is in already stays.
  package func replace(with others: FileAccounts) {
    let theirs = others.known.withLock { $0 }
    known.withLock { $0 = theirs }
  }

  /// What a login came to.
  enum Outcome: Sendable {
    case accepted(FileAccount)
    case wrong
    case busy
  }

  /// What can be said at once: an anonymous login, credentials shown lately. Nil: it takes a while.
  func known(_ user: String, _ password: String, at now: Instant) -> Outcome? {
    let known = known.withLock { $0 }
    if let anonymous = known.anonymous, Self.isAnonymous(user), known.users[user] == nil { return .accepted(anonymous) }
    guard let account = known.users[user], known.book.remembers(user: user, password: password, at: now) else { return nil }
    return .accepted(account)
  }

  /// Checks a password; as long for a name that nobody has.
  func check(_ user: String, _ password: String, at now: Instant) async -> Outcome {
    let known = known.withLock { $0 }
    return switch await known.book.check(user: user, password: password, at: now) {
    case .right: known.users[user].map { .accepted($0) } ?? .wrong
    case .wrong: .wrong
    case .busy: .busy
    }
  }

  // RFC 1635 §2
  private static func isAnonymous(_ user: String) -> Bool { ["anonymous", "ftp"].contains(user.lowercased()) }
}

/// Counts wrong passwords by address: who tries too many is sent away for a while, whatever the session.
final class GuessLedger: Sendable {
  private struct Book {
    var counts: [Address: Int] = [:]
    var since = Instant(nanoseconds: 0)
  }

  private let book = Mutex(Book())
  private let limits: ServerLimits

  init(_ limits: ServerLimits) { self.limits = limits }

  /// Whether somebody at `address` may try.
  func admits(_ address: Address, at now: Instant) -> Bool {
    book.withLock { book in
      if now > book.since + limits.guessingTime { book = Book(counts: [:], since: now) }
      return book.counts[address, default: 0] < limits.guessesPerAddressMax
    }
  }

  /// A password from `address` was wrong.
  func note(_ address: Address) {
    book.withLock { book in
      if book.counts.count >= limits.guessersMax { book.counts = [:] }
      book.counts[address, default: 0] += 1
    }
  }
}
