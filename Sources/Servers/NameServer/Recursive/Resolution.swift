// One question being resolved: from the deepest servers known down to those that have the answer, along its aliases (RFC 1034 §5.3.3).
// A workflow: it awaits the upstream port only, and everything it may spend is counted here, for the client's question as a whole.
// Not here: one delegation's servers (ServerQuerying.swift), what a response means (ResponseReading.swift).
import DNS
import Synchronization
import Trace
import World

/// The work on one question of a client.
struct Resolution {
  let resolver: Resolver
  let limits: Limits
  let deadline: Instant
  /// The client's conversation, because of which all this is asked.
  let cause: ConversationID?
  /// Whom was asked what.
  var steps: [ResolutionStep] = []

  // What was spent.
  var queries = 0
  var bytesReceived = 0
  var serverLookups = 0
  var deadServers = 0
  /// Whether something was left undone because this client's question may spend no more.
  var isSpent = false
  /// The questions this one is about, outermost first: asking one of them again inside would never end (TsuNAME).
  var underway: [Question] = []

  private init(_ resolver: Resolver, because cause: ConversationID?, within time: Duration) {
    self.resolver = resolver
    self.cause = cause
    limits = resolver.settings.limits
    deadline = resolver.clock.now + time
  }

  /// The work on `question`. Differs from RFC 8767 §5: where there is something out of date to answer with, the search ends when that is due, rather than
  /// going on without a client.
  init(_ resolver: Resolver, for question: Question, because cause: ConversationID?) {
    let now = resolver.clock.now
    let limits = resolver.settings.limits
    let hasStale = resolver.memory.withLock { $0.cache.hasStale(question.name, question.type, at: now) }
    self.init(resolver, because: cause, within: hasStale ? min(limits.staleAnswerTimeMax, limits.resolutionTimeMax) : limits.resolutionTimeMax)
  }

  /// What is known of one name and type.
  enum Finding {
    case records(chain: [ResourceRecord], [ResourceRecord])
    case alias(chain: [ResourceRecord], Name)
    case noData(chain: [ResourceRecord], soa: ResourceRecord?)
    case noName(chain: [ResourceRecord], soa: ResourceRecord?)
    case failed(Failure)
  }

  /// The answer to `question`, `depth` look-ups of server addresses deep.
  mutating func answer(_ question: Question, depth: Int) async -> ResolverAnswer {
    underway.append(question)
    defer { underway.removeLast() }
    var name = question.name
    var chain: [ResourceRecord] = []
    while true {
      switch await find(name, question.type, depth) {
      case .records(let more, let records): return ResolverAnswer(.noError, answers: chain + more + records)
      case .noData(let more, let soa):
        return ResolverAnswer(.noError, answers: chain + more, authorities: soa.map { [$0] } ?? [])
      // RFC 6604 §3: the code tells of the last name.
      case .noName(let more, let soa):
        return ResolverAnswer(.noSuchName, answers: chain + more, authorities: soa.map { [$0] } ?? [])
      case .failed(let failure): return fail(failure, question, depth)
      case .alias(let more, let target):
        chain += more
        name = target
        let aliases = chain.filter { $0.type == .cname }
        guard aliases.count <= limits.chainMax else {
          return fail(Failure(.other, "chainMax: more than \(limits.chainMax) aliases from \(question.name)"), question, depth)
        }
        guard !aliases.contains(where: { $0.name == target }) else {
          return fail(Failure(.other, "the aliases of \(question.name) lead in a circle"), question, depth)
        }
      }
    }
  }

  /// RFC 9520 §3.1: failures are remembered, so that they cost others nothing. But when a client's question has spent what it may, that says
  /// nothing of the servers it went looking for: else a zone that names others' names as its servers would make those names fail.
  private func fail(_ failure: Failure, _ question: Question, _ depth: Int) -> ResolverAnswer {
    let now = resolver.clock.now
    guard depth == 0 || !(isSpent || now >= deadline) else { return ResolverAnswer(.serverFailure, failure: failure) }
    resolver.memory.withLock { $0.cache.keep(failure, for: question.name, question.type, at: now) }
    return ResolverAnswer(.serverFailure, failure: failure)
  }

  /// What the cache has of `name`, or else its servers.
  private mutating func find(_ name: Name, _ type: RecordType, _ depth: Int) async -> Finding {
    let now = resolver.clock.now
    let known = resolver.memory.withLock { memory -> Finding? in
      switch memory.cache.find(name, type, at: now) {
      case .records(let records, _): return .records(chain: [], records)
      case .noData(let soa): return .noData(chain: [], soa: soa)
      case .noName(let soa): return .noName(chain: [], soa: soa)
      case .failed(let failure): return .failed(failure)
      case nil: break
      }
      guard type != .cname, let (records, target) = memory.cache.link(from: name, at: now) else { return nil }
      return .alias(chain: records, target)
    }
    if let known { return known }
    return await descend(to: name, type, depth)
  }

  /// Goes down the delegations until somebody answers.
  private mutating func descend(to name: Name, _ type: RecordType, _ depth: Int) async -> Finding {
    // RFC 4035 §3.1.4.1: the parent answers for DS.
    guard var delegation = resolver.delegation(above: type == .ds ? name.parent ?? name : name) else {
      return .failed(Failure(.noReachableAuthority, "no root servers are known"))
    }
    var minimisation = Minimisation(name, type, isOn: resolver.settings.minimises, limits: limits)
    let queriesBefore = queries
    for _ in 0..<(limits.referralsMax + limits.minimisedQueriesMax) {
      guard queries - queriesBefore < limits.fetchQueriesMax else {
        isSpent = true
        return .failed(Failure(.other, "fetchQueriesMax: \(limits.fetchQueriesMax) queries for \(name) \(type)"))
      }
      let part = minimisation.question(for: delegation.zone)
      let meaning: ResponseMeaning
      switch await ask(delegation, Question(part.name, part.type), depth) {
      case .success(let found): meaning = found
      case .failure(let failure):
        guard !part.isWhole else { return .failed(failure) }
        minimisation.stop()
        continue
      }
      if case .referral(let next, let ttl) = meaning {
        keep(next, ttl)
        delegation = next
        continue
      }
      guard part.isWhole else {
        // RFC 9156 §2.3, relaxed: who says NXDOMAIN to a shortened name may just not know about empty names.
        if case .noName = meaning { minimisation.stop() } else { minimisation.advance(past: part.name) }
        continue
      }
      return keep(meaning, name, type)
    }
    return .failed(Failure(.other, "referralsMax: more than \(limits.referralsMax) delegations on the way to \(name)"))
  }

  // What is remembered

  private func keep(_ delegation: Delegation, _ ttl: UInt32) {
    let now = resolver.clock.now
    resolver.memory.withLock { $0.cache.keep(delegation, ttl: ttl, at: now) }
  }

  private func keep(_ meaning: ResponseMeaning, _ name: Name, _ type: RecordType) -> Finding {
    let now = resolver.clock.now
    return resolver.memory.withLock { memory in
      func keep(_ chain: [ResourceRecord]) {
        var isMade = false
        for record in chain {
          // RFC 2181 §5.4.1: only what was asked for has the full authority of the answer. A CNAME made from a DNAME is made again.
          if !isMade { memory.cache.keep([record], trust: record.name == name ? .authoritative : .answer, at: now) }
          isMade = record.type == .dname
        }
      }
      switch meaning {
      case .records(let chain, let records):
        keep(chain)
        memory.cache.keep(records, trust: chain.isEmpty ? .authoritative : .answer, at: now)
        return .records(chain: chain, limited(records))
      case .alias(let chain, let target):
        keep(chain)
        return .alias(chain: chain, target)
      case .noData(let chain, let last, let soa):
        keep(chain)
        memory.cache.keep(noData: last, type, soa: soa, at: now)
        return .noData(chain: chain, soa: negative(soa))
      case .noName(let chain, let last, let soa):
        keep(chain)
        memory.cache.keep(noName: last, soa: soa, at: now)
        return .noName(chain: chain, soa: negative(soa))
      case .referral, .useless: return .failed(Failure(.other, "\(name) \(type) came to nothing"))
      }
    }
  }

  /// The records with the times the cache would give them.
  private func limited(_ records: [ResourceRecord]) -> [ResourceRecord] {
    let ttl = min(records.map(\.ttl).min() ?? 0, limits.lifetimeMax)
    return records.map { record in
      var record = record
      record.ttl = ttl
      return record
    }
  }

  /// RFC 2308 §5: the SOA record of a negative answer with the time the answer may be kept.
  private func negative(_ soa: ResourceRecord?) -> ResourceRecord? {
    guard var soa, case .soa(let data) = soa.data else { return nil }
    soa.ttl = min(soa.ttl, data.minimum, limits.negativeLifetimeMax)
    return soa
  }
}

extension Resolver {
  /// The deepest delegation known that leads to `name`: remembered, or one of the hints.
  func delegation(above name: Name) -> Delegation? {
    let now = clock.now
    let hint = settings.hints.filter { name.isSubdomain(of: $0.zone) }.max { $0.zone.labelCount < $1.zone.labelCount }
    let known = memory.withLock { $0.cache.delegation(above: name, at: now) }
    guard let hint else { return known }
    guard let known, known.zone.labelCount > hint.zone.labelCount else { return hint }
    return known
  }
}
