// The resolver: what it remembers, whom it answers, and the entrance for questions. Each question is worked on in Resolution.swift.
// Read next: Resolution.swift; ResolverService.swift is what clients talk to.
package import DNS
import Synchronization
package import Trace
package import World

/// How a resolver is set up.
package struct ResolverSettings: Sendable {
  /// Delegations that are always known: the root's, and those of zones that are to be found without the root.
  package var hints: [Delegation]
  /// Where servers listen.
  package var port: UInt16 = 53
  /// Clients that are answered. The default is this machine alone: no open resolver.
  package var clients: [AddressRange] = [.loopback, .loopback6]
  /// Whether names are shown to servers only as far as needed (RFC 9156).
  package var minimises = true
  /// Whether letters are sent in random case, for the answer to repeat.
  package var mixesCase = false
  /// Whether cookies are sent, so that an answer shows more than an identifier (RFC 7873).
  package var sendsCookies = false
  /// Which families servers are asked over.
  package var families: Set<Family> = [.v4, .v6]
  /// Whether names may lead to addresses inside: this machine, private networks. Where they may not, such records are left out of answers, so
  /// that a stranger's name cannot lead a browser into the network it stands in.
  package var answersInside = true
  /// Zones whose names may all the same.
  package var insideZones: [Name] = []
  /// What counts as a tunnel through questions; nil: nobody watches.
  package var tunnelRule: TunnelRule?
  /// Whether servers may be on this machine.
  package var allowsLoopbackServers = false
  package var limits = Limits()

  /// The two kinds of addresses.
  package enum Family: Sendable, Hashable { case v4, v6 }

  package init(hints: [Delegation]) { self.hints = hints }
}

/// What a question came to.
package struct ResolverAnswer: Sendable, Hashable {
  package var code: ResponseCode
  /// The chain and the records.
  package var answers: [ResourceRecord] = []
  /// The SOA record of a negative answer.
  package var authorities: [ResourceRecord] = []
  /// Why it failed.
  package var failure: Failure?
  /// Whom it asked for what, in order.
  package var steps: [ResolutionStep] = []

  package init(_ code: ResponseCode, answers: [ResourceRecord] = [], authorities: [ResourceRecord] = [], failure: Failure? = nil) {
    self.code = code
    self.answers = answers
    self.authorities = authorities
    self.failure = failure
  }
}

/// One query to one server, for those who want to see how a name was found.
package struct ResolutionStep: Sendable, Hashable, CustomStringConvertible {
  package var zone: Name
  package var server: Endpoint
  package var question: Question
  package var outcome: String

  package var description: String { "\(server) (\(zone)) \(question.name) \(question.type): \(outcome)" }
}

/// Finds out what names say, by asking servers from the root down, and remembers it.
package final class Resolver: Sendable {
  /// What all questions share.
  struct Memory: Sendable {
    var cache: RecordCache
    var servers: ServerHistory
    var watch: TunnelWatch
    var chance: any RandomNumberGenerator & Sendable
    /// Questions being worked on, and who else waits for them.
    var underway: [Question: [CheckedContinuation<ResolverAnswer?, Never>]] = [:]
    /// Queries that are out, and who else waits for their answers.
    var exchanges: [ExchangeKey: [CheckedContinuation<UpstreamOutcome?, Never>]] = [:]
  }

  /// RFC 5452 §5: two of these at a time would double the chances of a guesser.
  struct ExchangeKey: Hashable, Sendable {
    var server: Endpoint
    var question: Question
    var isStream: Bool
  }

  package let settings: ResolverSettings
  let upstream: any Upstream
  let clock: any WorldClock
  let memory: Mutex<Memory>

  /// `random` should be a generator that nobody can foresee; in the simulator a seeded one.
  package init(
    settings: ResolverSettings, upstream: any Upstream, clock: any WorldClock, random: any RandomNumberGenerator & Sendable
  ) {
    self.settings = settings
    self.upstream = upstream
    self.clock = clock
    memory = Mutex(Memory(
      cache: RecordCache(limits: settings.limits), servers: ServerHistory(limits: settings.limits), watch: TunnelWatch(settings.tunnelRule, limits: settings.limits),
      chance: random))
  }

  /// What is in the cache now, at most `max` entries, those kept last first.
  package func remembered(max: Int) -> [RecordCache.Remembered] { memory.withLock { $0.cache.remembered(max, at: clock.now) } }

  /// Whether questions from `client` are answered.
  package func serves(_ client: Address) -> Bool { settings.clients.contains { $0.contains(client) } }

  /// The answer as far as it is remembered or fixed; nil: somebody has to be asked.
  package func remembered(_ question: Question) -> ResolverAnswer? {
    if let answer = Resolver.fixed(question) { return answer }
    let now = clock.now
    return memory.withLock { memory in
      var name = question.name
      var chain: [ResourceRecord] = []
      while chain.count <= 2 * settings.limits.chainMax {
        if let finding = memory.cache.find(name, question.type, at: now) { return ResolverAnswer(finding, after: chain) }
        guard question.type != .cname, let (records, target) = memory.cache.link(from: name, at: now) else { return nil }
        chain += records
        name = target
      }
      return nil
    }
  }

  /// The answer to `question`, found out if need be. Takes at most `Limits.resolutionTimeMax` and one exchange more. `cause` is the
  /// conversation in which it was asked.
  package func resolve(_ question: Question, because cause: ConversationID? = nil) async -> ResolverAnswer {
    while true {
      if let answer = remembered(question) { return answer }
      switch place(for: question) {
      case .refused(let failure): return ResolverAnswer(.serverFailure, failure: failure)
      case .second:
        // What the first one found is in the cache when there is nothing left to wait for.
        if let answer = await wait(for: question) { return answer }
      case .first:
        var resolution = Resolution(self, for: question, because: cause)
        var answer = await resolution.answer(question, depth: 0)
        if answer.code == .serverFailure, let stale = revived(question) { answer = stale }
        answer.steps = resolution.steps
        let waiting = memory.withLock { $0.underway.removeValue(forKey: question) ?? [] }
        for continuation in waiting { continuation.resume(returning: answer) }
        return answer
      }
    }
  }

  /// The answer from records that are out of date, when nobody who knows better answers.
  private func revived(_ question: Question) -> ResolverAnswer? {
    let now = clock.now
    guard memory.withLock({ $0.cache.revive(question.name, question.type, at: now) }), var answer = remembered(question) else { return nil }
    answer.failure = Failure(.staleAnswer, "nobody who knows better answers")
    return answer
  }

  /// `answer` as clients may have it: without addresses inside, unless the settings let names lead there.
  func screened(_ answer: ResolverAnswer) -> ResolverAnswer {
    guard !settings.answersInside else { return answer }
    func leadsInside(_ record: ResourceRecord) -> Bool {
      guard let address = record.data.address, AddressRange.inner.contains(where: { $0.contains(address) }) else { return false }
      return !settings.insideZones.contains { record.name.isSubdomain(of: $0) }
    }
    guard let inside = answer.answers.first(where: leadsInside) else { return answer }
    var screened = answer
    screened.answers.removeAll(where: leadsInside)
    screened.failure = Failure(.filtered, "\(inside.name) leads to an address inside")
    return screened
  }

  /// Who asks what is being found out already waits for the same answer.
  private enum Place {
    case first, second
    case refused(Failure)
  }

  private func place(for question: Question) -> Place {
    let limits = settings.limits
    return memory.withLock { memory in
      if let waiting = memory.underway[question] {
        return waiting.count < limits.waitersMax
          ? .second : .refused(Failure(.other, "waitersMax: \(limits.waitersMax) clients wait for this question already"))
      }
      guard memory.underway.count < limits.recursionsMax else {
        return .refused(Failure(.other, "recursionsMax: \(limits.recursionsMax) questions are being resolved already"))
      }
      memory.underway[question] = []
      return .first
    }
  }

  /// The answer the first one gets; nil: it has it already.
  private func wait(for question: Question) async -> ResolverAnswer? {
    await withCheckedContinuation { (continuation: CheckedContinuation<ResolverAnswer?, Never>) in
      let isOver = memory.withLock { memory in
        guard memory.underway[question] != nil else { return true }
        memory.underway[question]?.append(continuation)
        return false
      }
      if isOver { continuation.resume(returning: nil) }
    }
  }
}

extension ResolverAnswer {
  /// What the cache says, after the aliases that led there.
  init(_ finding: RecordCache.Finding, after chain: [ResourceRecord]) {
    switch finding {
    case .records(let records, _): self.init(.noError, answers: chain + records)
    case .noData(let soa): self.init(.noError, answers: chain, authorities: soa.map { [$0] } ?? [])
    case .noName(let soa): self.init(.noSuchName, answers: chain, authorities: soa.map { [$0] } ?? [])
    case .failed(let failure): self.init(.serverFailure, failure: failure)
    }
  }
}
