// A watch for data that leaves inside the names of questions: many names below one domain that nobody asked for before, all of them long.
// A pure value: the time is an argument. Not here: answering (ResolverService.swift).
import DNS
import Synchronization
import World

/// What counts as a tunnel: within `window` a client asks for more than `namesMax` different names below one domain, and these have more than `bytesMax` bytes
/// each, the domain left out, on the average.
package struct TunnelRule: Sendable, Hashable {
  /// Unit: names.
  package var namesMax: Int
  /// Unit: bytes of the labels below the domain.
  package var bytesMax: Int
  package var window: Duration
  /// How long such questions are refused.
  package var blockTime: Duration

  package init(namesMax: Int = 50, bytesMax: Int = 24, window: Duration = .seconds(60), blockTime: Duration = .seconds(600)) {
    self.namesMax = namesMax
    self.bytesMax = bytesMax
    self.window = window
    self.blockTime = blockTime
  }
}

/// What was asked for lately, by client and domain.
struct TunnelWatch: Sendable {
  private struct Key: Hashable, Sendable {
    var client: Address
    var domain: Name
  }

  private struct Count: Sendable {
    var began: Instant
    /// The different names asked for, as far as the rule has to know: never more than it allows, and one.
    var names: Set<Name> = []
    var bytes = 0
    var blockedUntil: Instant?
  }

  private let rule: TunnelRule?
  private var counts: SieveTable<Key, Count>

  init(_ rule: TunnelRule?, limits: Limits) {
    self.rule = rule
    counts = SieveTable(countMax: limits.watchedDomainsMax)
  }

  /// Notes that `client` asks for `name`. Returns the domain when that is part of a tunnel.
  // Not done: the list of public suffixes; a domain is the last two labels.
  mutating func note(_ name: Name, from client: Address, at now: Instant) -> Name? {
    guard let rule, name.labelCount > 2, let domain = name.droppingLabels(name.labelCount - 2) else { return nil }
    let key = Key(client: client, domain: domain)
    var count = counts.find(key) ?? Count(began: now)
    if let end = count.blockedUntil {
      if end > now { return domain }
      count = Count(began: now)
    }
    if now >= count.began + rule.window { count = Count(began: now) }
    if count.names.insert(name).inserted { count.bytes += name.wire.count - domain.wire.count }
    let isTunnel = count.names.count > rule.namesMax && count.bytes > rule.bytesMax * count.names.count
    if isTunnel { count = Count(began: now, blockedUntil: now + rule.blockTime) }
    // Many short names are no tunnel, whatever comes: they begin anew, so that the set stays small.
    if count.names.count > rule.namesMax { count = Count(began: now) }
    counts.keep(count, for: key)
    return isTunnel ? domain : nil
  }
}

extension Resolver {
  /// The domain below which `question` of `client` is part of a tunnel; nil: it is not.
  func tunnel(_ question: Question, from client: Address) -> Name? {
    guard settings.tunnelRule != nil else { return nil }
    let now = clock.now
    return memory.withLock { $0.watch.note(question.name, from: client, at: now) }
  }
}
