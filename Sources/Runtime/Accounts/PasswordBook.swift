// Who may come in: users and their password hashes. One try at a time, so that guessing costs the guesser and not everybody else.
// Not here: the hashes (PasswordHash.swift), where a password is asked for (each server).
import Bytes
import Crypto
import Synchronization
package import World

/// What became of a try.
package enum PasswordVerdict: Sendable, Hashable {
  case right
  case wrong
  /// Too many tries wait already.
  case busy
}

/// The users of a service: a site, a mail server, a file server.
package final class PasswordBook: Sendable {
  private let key: SymmetricKey
  private let desk = Desk()
  private let state = Mutex(State())

  private struct State {
    var users: [String: PasswordHash] = [:]
    /// Tried for names that are not in the book, so that the time a try takes does not tell who is.
    var stranger: PasswordHash?
    /// Right credentials lately shown: a browser shows them with every request, and each try takes a while.
    var known: [Buffer: Instant] = [:]
    var waiting = 0
  }

  /// Most tries that wait. Unit: tries. Past it: the next one is told so.
  private static let waitingMax = 32
  /// Most credentials remembered. Unit: credentials. Past it: all are forgotten, and checked again.
  private static let knownMax = 1_024
  /// How long right credentials are not checked again.
  private static let knownFor = Duration.seconds(300)

  /// `random` makes the key under which right credentials are remembered.
  package init(_ users: [String: PasswordHash], random: inout some RandomNumberGenerator) {
    key = SymmetricKey(data: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    replace(users)
  }

  package var isEmpty: Bool { state.withLock { $0.users.isEmpty } }

  /// Lets these users in from now on, and nobody else.
  package func replace(_ users: [String: PasswordHash]) {
    state.withLock { state in
      if state.users != users { state.known = [:] }
      state.users = users
      // As dear as any of the real ones.
      state.stranger = users.min { $0.key < $1.key }?.value
    }
  }

  /// Whether these credentials were right a short while ago; false: nobody knows yet.
  package func remembers(user: String, password: String, at now: Instant) -> Bool {
    let mark = mark(user, password)
    return state.withLock { state in state.known[mark].map { now < $0 + Self.knownFor } ?? false }
  }

  /// Checks credentials. The slow part runs one try after the other, off every connection's loop.
  package func check(user: String, password: String, at now: Instant) async -> PasswordVerdict {
    if remembers(user: user, password: password, at: now) { return .right }
    let mayWait = state.withLock { state in
      guard state.waiting < Self.waitingMax else { return false }
      state.waiting += 1
      return true
    }
    guard mayWait else { return .busy }
    let (hash, tried) = state.withLock { ($0.users[user], $0.users[user] ?? $0.stranger) }
    let isRight = await desk.matches(tried, password) && hash != nil
    let mark = mark(user, password)
    state.withLock { state in
      state.waiting -= 1
      // Whoever was removed meanwhile is not remembered.
      guard isRight, state.users[user] == hash else { return }
      if state.known.count >= Self.knownMax { state.known = [:] }
      state.known[mark] = now
    }
    return isRight ? .right : .wrong
  }

  /// Stands for the credentials in memory, where the password itself must not lie about.
  private func mark(_ user: String, _ password: String) -> Buffer {
    Buffer(HMAC<SHA256>.authenticationCode(for: Array("\(user.utf8.count):\(user)\(password)".utf8), using: key))
  }

  /// Does one try at a time.
  private actor Desk {
    func matches(_ hash: PasswordHash?, _ password: String) -> Bool { hash?.matches(password) ?? false }
  }
}
