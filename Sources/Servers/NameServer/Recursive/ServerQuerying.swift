// Asking the servers of one delegation, one after the other, until one helps: which next, how long to wait, over what.
// Not here: what is asked next (Resolution.swift), round-trip times (ServerHistory.swift).
package import DNS
import Synchronization
import Trace
import World

extension Resolution {
  /// One address that can be asked.
  private struct Candidate {
    var server: Endpoint
    /// Unit: milliseconds, as `ServerHistory` says.
    var rank: Double
    var sends = 0
  }

  /// Puts `question` to the servers of `delegation` until one answers it usefully.
  mutating func ask(_ delegation: Delegation, _ question: Question, _ depth: Int) async -> Result<ResponseMeaning, Failure> {
    var candidates: [Candidate] = []
    var nameless: [Name] = []
    for server in delegation.servers {
      if server.addresses.isEmpty { nameless.append(server.name) } else { add(server.addresses, to: &candidates) }
    }
    resolver.memory.withLock { nameless.shuffle(using: &$0.chance) }
    var sends = 0
    var complaint = ""
    while sends < limits.sendsMax {
      if let spent = whatIsSpent(on: question) {
        isSpent = true
        return .failure(spent)
      }
      let next = candidates.indices.min { (candidates[$0].sends, candidates[$0].rank) < (candidates[$1].sends, candidates[$1].rank) }
      // Before anybody is asked a third time, the addresses of others are looked up.
      guard let next, candidates[next].sends < (nameless.isEmpty ? limits.sendsPerServerMax : 2) else {
        guard let name = nameless.popLast() else { break }
        add(await lookUp(name, for: delegation.zone, depth), to: &candidates)
        continue
      }
      let server = candidates[next].server
      let attempt = candidates[next].sends
      candidates[next].sends += 1
      sends += 1
      switch await query(server, question, zone: delegation.zone, attempt: attempt) {
      case .success(let meaning): return .success(meaning)
      case .failure(let trouble):
        complaint = "\(server): \(trouble.what)"
        if trouble.isFinal { candidates.remove(at: next) }
      }
    }
    let zone = delegation.zone.isRoot ? "the root zone" : "the zone \(delegation.zone)"
    let why = complaint.isEmpty ? "no server of \(zone) has a usable address" : "no server of \(zone) helped; \(complaint)"
    return .failure(Failure(.noReachableAuthority, why))
  }

  /// The limit that is reached, if one is.
  private func whatIsSpent(on question: Question) -> Failure? {
    if resolver.clock.now >= deadline { return Failure(.noReachableAuthority, "resolutionTimeMax: no answer for \(question.name) in time") }
    if queries >= limits.upstreamQueriesMax {
      return Failure(.other, "upstreamQueriesMax: \(limits.upstreamQueriesMax) queries did not find \(question.name)")
    }
    if bytesReceived >= limits.upstreamBytesMax { return Failure(.other, "upstreamBytesMax: \(limits.upstreamBytesMax) bytes received") }
    return nil
  }

  private mutating func add(_ addresses: [Address], to candidates: inout [Candidate]) {
    let settings = resolver.settings
    let now = resolver.clock.now
    for address in addresses where address.isUsableServer && (settings.allowsLoopbackServers || !address.isLoopback) {
      let family: ResolverSettings.Family = if case .v4 = address { .v4 } else { .v6 }
      let server = Endpoint(address, settings.port)
      guard settings.families.contains(family), !candidates.contains(where: { $0.server == server }) else { continue }
      let rank = resolver.memory.withLock { $0.servers.rank(of: server, at: now, using: &$0.chance) }
      candidates.append(Candidate(server: server, rank: rank))
    }
  }

  /// The addresses of the server called `name`.
  private mutating func lookUp(_ name: Name, for zone: Name, _ depth: Int) async -> [Address] {
    // A server inside its own zone cannot be found without an address from above.
    guard !name.isSubdomain(of: zone) || zone.isRoot else { return [] }
    guard depth < limits.nestingMax, deadServers < limits.deadServersMax else {
      isSpent = true
      return []
    }
    var addresses: [Address] = []
    for type in [RecordType.a, .aaaa] {
      guard resolver.settings.families.contains(type == .a ? .v4 : .v6) else { continue }
      let question = Question(name, type)
      guard !underway.contains(question), serverLookups < limits.serverLookupsMax else {
        isSpent = true
        continue
      }
      serverLookups += 1
      let answer = await answer(question, depth: depth + 1)
      addresses += answer.answers.compactMap(\.data.address).prefix(limits.serverAddressesMax)
      // One family is enough to go on; the other one is looked up when this one does not help.
      if !addresses.isEmpty { break }
    }
    if addresses.isEmpty { deadServers += 1 }
    return addresses
  }
}

// One exchange

extension Resolution {
  /// Why an exchange did not help, and whether that server need not be asked again.
  struct Trouble: Error {
    var what: String
    var isFinal: Bool
  }

  private mutating func query(
    _ server: Endpoint, _ question: Question, zone: Name, attempt: Int
  ) async -> Result<ResponseMeaning, Trouble> {
    var usesEDNS = resolver.memory.withLock { !$0.servers.lacksEDNS(server) }
    var carriage = ConversationInfo.Carriage.udp
    var hasCookie = false
    // Over UDP, then perhaps without EDNS, then perhaps over TCP.
    for _ in 0..<3 {
      let outcome = await exchange(server, question, carriage, usesEDNS: usesEDNS, attempt: attempt)
      switch outcome {
      case .timedOut:
        tell(zone, server, question, "no answer\(carriage == .tcp ? " over TCP" : "")")
        return .failure(Trouble(what: "no answer", isFinal: false))
      case .unreachable(let why):
        tell(zone, server, question, why)
        return .failure(Trouble(what: why, isFinal: true))
      case .suspicious:
        tell(zone, server, question, "something else came; asking over TCP")
        carriage = .tcp
      case .answered(let message, let byteCount):
        bytesReceived += byteCount
        // RFC 6891 §7: who does not know EDNS says FORMERR, or NOTIMP, without an OPT record.
        if usesEDNS, message.edns == nil, [.formatError, .notImplemented].contains(message.responseCode) {
          usesEDNS = false
          resolver.memory.withLock { $0.servers.noteNoEDNS(at: server) }
          tell(zone, server, question, "does not understand EDNS; asking without")
          continue
        }
        resolver.memory.withLock { $0.servers.noteCookie(message.edns?.option(.cookie), from: server, over: carriage) }
        // RFC 7873 §5.3: once more with the cookie that came along, then over TCP, where none is needed.
        if message.responseCode == .badCookie, carriage == .udp {
          if hasCookie { carriage = .tcp }
          hasCookie = true
          tell(zone, server, question, "wants its cookie; asking \(carriage == .tcp ? "over TCP" : "with it")")
          continue
        }
        if message.flags.isTruncated, carriage == .udp {
          tell(zone, server, question, "the answer does not fit; asking over TCP")
          carriage = .tcp
          continue
        }
        let meaning = ResponseMeaning(message, name: question.name, type: question.type, zone: zone, limits: limits)
        tell(zone, server, question, meaning.summary)
        guard case .useless(let why) = meaning else { return .success(meaning) }
        return .failure(Trouble(what: why, isFinal: true))
      }
    }
    return .failure(Trouble(what: "no whole answer", isFinal: true))
  }

  private mutating func tell(_ zone: Name, _ server: Endpoint, _ question: Question, _ outcome: String) {
    guard steps.count < limits.stepsMax else { return }
    steps.append(ResolutionStep(zone: zone, server: server, question: question, outcome: outcome))
  }

  /// Sends the query, or waits for the same one that is out already.
  private mutating func exchange(
    _ server: Endpoint, _ question: Question, _ carriage: ConversationInfo.Carriage, usesEDNS: Bool, attempt: Int
  ) async -> UpstreamOutcome {
    queries += 1
    let key = Resolver.ExchangeKey(server: server, question: question, isStream: carriage == .tcp)
    let resolver = resolver
    let isFirst = resolver.memory.withLock { memory in
      if memory.exchanges[key] != nil { return false }
      memory.exchanges[key] = []
      return true
    }
    if !isFirst, let outcome = await resolver.wait(for: key) { return outcome }
    let (query, patience) = resolver.memory.withLock { memory in
      let limits = resolver.settings.limits
      var name = question.name
      if resolver.settings.mixesCase { name = name.inMixedCase(using: &memory.chance) }
      let options = resolver.settings.sendsCookies && usesEDNS ? [memory.servers.cookie(for: server, using: &memory.chance)] : []
      let query = Message.query(
        name, question.type, id: Resolver.identifier(using: &memory.chance), recursionDesired: false,
        edns: usesEDNS ? EDNS(payloadSize: UInt16(clamping: limits.datagramMax), options: options) : nil)
      return (query, carriage == .tcp ? limits.streamTimeMax : memory.servers.patience(for: server, attempt: attempt))
    }
    let start = resolver.clock.now
    let outcome = await resolver.upstream.exchange(
      query, with: server, over: carriage, case: resolver.settings.mixesCase ? .exact : .ignored, until: min(deadline, start + patience), because: cause)
    let now = resolver.clock.now
    let waiting = resolver.memory.withLock { memory -> [CheckedContinuation<UpstreamOutcome?, Never>] in
      switch outcome {
      case .answered where carriage == .udp: memory.servers.noteAnswer(from: server, after: now - start, at: now)
      case .answered, .suspicious: break
      case .timedOut, .unreachable: memory.servers.noteSilence(of: server, at: now)
      }
      return isFirst ? memory.exchanges.removeValue(forKey: key) ?? [] : []
    }
    for continuation in waiting { continuation.resume(returning: outcome) }
    return outcome
  }
}

extension Resolver {
  /// The outcome of an exchange that is out; nil: it is over already.
  fileprivate func wait(for key: ExchangeKey) async -> UpstreamOutcome? {
    await withCheckedContinuation { (continuation: CheckedContinuation<UpstreamOutcome?, Never>) in
      let isOver = memory.withLock { memory in
        guard memory.exchanges[key] != nil else { return true }
        memory.exchanges[key]?.append(continuation)
        return false
      }
      if isOver { continuation.resume(returning: nil) }
    }
  }
}

extension Resolver {
  /// The identifier of a question: by chance, so that who does not see it has to guess (RFC 5452 §9.2).
  package static func identifier(using chance: inout some RandomNumberGenerator) -> UInt16 { UInt16.random(in: 0...UInt16.max, using: &chance) }
}

extension Name {
  /// The same name, each letter's case by chance (draft-vixie-dnsext-dns0x20).
  package func inMixedCase(using chance: inout some RandomNumberGenerator) -> Name {
    var bytes = wire
    for index in bytes.indices where (bytes[index] | 0x20) &- 0x61 < 26 && Bool.random(using: &chance) { bytes[index] ^= 0x20 }
    // Length bytes are below the letters, so the form stays right.
    return (try? Name(wire: bytes)) ?? self
  }
}

extension ResponseMeaning {
  /// For the story of a resolution.
  var summary: String {
    switch self {
    case .records(_, let records): "\(records.count) record\(records.count == 1 ? "" : "s")"
    case .alias(_, let target): "an alias of \(target)"
    case .noData: "no such data"
    case .noName: "no such name"
    case .referral(let delegation, _): "ask the servers of \(delegation.zone)"
    case .useless(let why): why
    }
  }
}
