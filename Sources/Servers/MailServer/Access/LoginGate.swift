// Who may come in, for every service of a mail server: a password is checked, and who guesses waits longer each time.
// Nobody is ever shut out: a delay is all that happens, and of loopback addresses only the account's own delay is asked.
// Not here: the passwords (Accounts/PasswordBook).
package import Accounts
import Synchronization
package import World

/// Lets people in.
package final class LoginGate: Sendable {
  /// What became of a login.
  package enum Verdict: Sendable, Hashable {
    /// The account that the login belongs to.
    case account(String)
    case wrong
    /// Too many logins wait, or too many connections have this account.
    case busy
  }

  private let book: PasswordBook
  private let accountName: @Sendable (String) -> String?
  private let clock: any WorldClock
  private let limits: AccessLimits
  private let state: Mutex<State>

  private struct State {
    var byAddress: Generations<Address, Failures>
    var byName: Generations<String, Failures>
    var connections: [String: Int] = [:]
  }

  /// Wrong passwords one after the other.
  private struct Failures: Sendable {
    var count: Int
    var last: Instant
  }

  /// `accountName` says which account a login belongs to; nil: none. The book knows passwords by account.
  package init(
    _ book: PasswordBook, clock: any WorldClock, limits: AccessLimits = AccessLimits(), accountName: @escaping @Sendable (String) -> String? = { $0 }
  ) {
    self.book = book
    self.accountName = accountName
    self.clock = clock
    self.limits = limits
    state = Mutex(State(byAddress: Generations(costMax: limits.rememberedMax), byName: Generations(costMax: limits.rememberedMax)))
  }

  /// Checks credentials. Who has guessed wrong lately waits before the password is looked at, and a wrong one is told after a while; the same for
  /// logins that nobody has.
  package func check(user: String, password: String, from address: Address) async -> Verdict {
    let network = Self.network(of: address)
    if !address.isLoopback {
      let wait = state.withLock { state in delay(after: state.byAddress.use(network, cost: 1)) }
      if wait > .zero { await sleep(wait) }
    }
    // Nobody's login costs as much as anybody's: the book is asked about it all the same. All logins of an account are one to guess at.
    let account = accountName(user)
    let name = account ?? user
    switch await book.check(user: name, password: password, at: clock.now) {
    case .busy: return .busy
    case .right:
      if let account { return .account(account) }
    case .wrong: break
    }
    let now = clock.now
    let wait = state.withLock { state in
      let login = Self.next(state.byName.use(name, cost: 1), at: now, limits)
      _ = state.byName.insert(login, for: name, cost: 1)
      guard !address.isLoopback else { return delay(after: login) }
      let origin = Self.next(state.byAddress.use(network, cost: 1), at: now, limits)
      _ = state.byAddress.insert(origin, for: network, cost: 1)
      return max(delay(after: login), delay(after: origin))
    }
    await sleep(wait)
    return .wrong
  }

  private func sleep(_ wait: Duration) async { try? await clock.sleep(until: clock.now + wait) }

  private static func next(_ failures: Failures?, at now: Instant, _ limits: AccessLimits) -> Failures {
    guard let failures, now - failures.last < limits.wrongPasswordMemory else { return Failures(count: 1, last: now) }
    return Failures(count: min(failures.count + 1, 64), last: now)
  }

  private func delay(after failures: Failures?) -> Duration {
    guard let failures, clock.now - failures.last < limits.wrongPasswordMemory else { return .zero }
    return (1..<failures.count).reduce(limits.wrongPasswordDelay) { delay, _ in min(delay * 2, limits.wrongPasswordDelayMax) }
  }

  /// What of an address belongs to one household: all of an IPv4 address, half of an IPv6 address.
  private static func network(of address: Address) -> Address {
    switch address {
    case .v4: address
    case .v6(let high, _): .v6(high, 0)
    }
  }

  // MARK: Connections

  /// Counts a connection of this account; false: there are too many.
  package func enter(_ account: String) -> Bool {
    state.withLock { state in
      guard state.connections[account, default: 0] < limits.connectionsPerAccountMax else { return false }
      state.connections[account, default: 0] += 1
      return true
    }
  }

  /// A connection that was counted is over.
  package func leave(_ account: String) {
    state.withLock { state in
      let left = (state.connections[account] ?? 1) - 1
      state.connections[account] = left > 0 ? left : nil
    }
  }
}
