// Who lives here: which addresses are ours, and whose mailbox each of them means.
// Not here: passwords (Accounts), mailboxes themselves (Mailboxes).
package import Mail

/// The addresses of a mail server.
package struct MailDirectory: Sendable {
  /// What an address means.
  package enum Place: Sendable, Hashable {
    /// Mailboxes here, and addresses elsewhere that an alias names.
    case here([Home], elsewhere: [MailAddress])
    /// In a domain of ours, but nobody's.
    case unknown
    /// In somebody else's domain.
    case elsewhere
    /// Aliases that go in circles, or stand for too many.
    case endless
  }

  /// A mailbox that an address means.
  package struct Home: Sendable, Hashable {
    /// The account's name.
    package var account: String
    /// What stood behind the plus sign; empty: nothing.
    package var detail: String

    package init(account: String, detail: String = "") {
      self.account = account
      self.detail = detail
    }

    /// The address that means this alone; nil: there is none, for the account is called otherwise.
    var address: MailAddress? {
      guard let at = account.lastIndex(of: "@"), let domain = try? MailDomain(account[account.index(after: at)...]) else { return nil }
      let name = account[..<at]
      if !detail.isEmpty, let address = try? MailAddress(localPart: "\(name)+\(detail)", domain: domain) { return address }
      return try? MailAddress(localPart: name, domain: domain)
    }
  }

  /// Our domains.
  package let domains: Set<MailDomain>
  /// Domains whose mail is taken and passed on to their own servers, when those cannot be reached.
  private let backedUp: Set<MailDomain>
  /// Addresses that stand for others. An address whose local part is `*` stands for all that nobody has.
  private let aliases: [String: [MailAddress]]
  private let limits: TransferLimits
  /// Whether there is an account of this name.
  private let hasAccount: @Sendable (String) -> Bool

  package init(
    domains: Set<MailDomain>, backedUp: Set<MailDomain> = [], aliases: [MailAddress: [MailAddress]] = [:], limits: TransferLimits = TransferLimits(),
    hasAccount: @escaping @Sendable (String) -> Bool
  ) {
    self.domains = domains
    self.backedUp = backedUp
    self.aliases = Dictionary(aliases.map { (Self.key($0.key), $0.value) }) { $0 + $1 }
    self.limits = limits
    self.hasAccount = hasAccount
  }

  /// The name of the account that `address` would have: local parts here are the same in capitals and without.
  // RFC 5321 §2.4: only the host that is responsible for a local part may say whether its case matters.
  package static func accountName(of address: MailAddress) -> String { "\(address.localPart.lowercased())@\(address.domain)" }

  private static func key(_ address: MailAddress) -> String { accountName(of: address) }

  /// The account that somebody who logs in as `login` means: an address, or a local part of our only domain.
  package func account(forLogin login: String) -> String? {
    if let address = try? MailAddress(login) { return Self.accountName(of: address) }
    guard domains.count == 1, let domain = domains.first, let address = try? MailAddress(localPart: login, domain: domain) else { return nil }
    return Self.accountName(of: address)
  }

  package func isOurs(_ domain: MailDomain) -> Bool { domains.contains(domain) }

  /// Whether mail for `domain` is taken from anybody, to be passed on.
  package func backsUp(_ domain: MailDomain) -> Bool { backedUp.contains(domain) }

  /// What `address` means.
  package func place(of address: MailAddress) -> Place {
    guard isOurs(address.domain) else { return .elsewhere }
    var homes: [Home] = []
    var elsewhere: [MailAddress] = []
    var seen: Set<String> = [Self.key(address)]
    var level = [address]
    var depth = 0
    while !level.isEmpty {
      depth += 1
      guard depth <= limits.aliasDepthMax else { return .endless }
      var next: [MailAddress] = []
      for address in level {
        guard isOurs(address.domain) else {
          elsewhere.append(address)
          continue
        }
        switch step(from: address) {
        case .home(let home): if !homes.contains(home) { homes.append(home) }
        case .others(let others): next += others.filter { seen.insert(Self.key($0)).inserted }
        case .nobody: break
        }
        guard homes.count + elsewhere.count + next.count <= limits.aliasResultMax else { return .endless }
      }
      level = next
    }
    return homes.isEmpty && elsewhere.isEmpty ? .unknown : .here(homes, elsewhere: elsewhere)
  }

  private enum Step {
    case home(Home)
    case others([MailAddress])
    case nobody
  }

  private func step(from address: MailAddress) -> Step {
    let key = Self.key(address)
    if let others = aliases[key] { return .others(others) }
    if hasAccount(key) { return .home(Home(account: key)) }
    // RFC 5233 §1: what stands behind a plus sign is the owner's own business.
    if let plus = address.localPart.firstIndex(of: "+"), plus != address.localPart.startIndex,
      let plain = try? MailAddress(localPart: address.localPart[..<plus], domain: address.domain)
    {
      let detail = String(address.localPart[address.localPart.index(after: plus)...])
      if aliases[Self.key(plain)] != nil { return .others([plain]) }
      if hasAccount(Self.key(plain)) { return .home(Home(account: Self.key(plain), detail: detail)) }
    }
    if let rest = aliases["*@\(address.domain)"] { return .others(rest) }
    return .nobody
  }

  /// Whether the owner of `account` may write as `address`: it is the account's own, or an alias that stands for it alone or among others.
  package func may(_ account: String, sendAs address: MailAddress) -> Bool {
    guard case .here(let homes, _) = place(of: address) else { return false }
    return homes.contains { $0.account == account }
  }
}
