// A small internet in memory for the resolver: our own authorities as servers, by address, and an upstream port that can be told to misbehave.
import Bytes
import DNS
import Synchronization
import Testing
import Trace
import World

@testable import NameServer

/// A clock that only tests move; sleeping moves it.
final class HandClock: WorldClock {
  private let time = Mutex(Instant.simulationStart)
  var now: Instant { time.withLock { $0 } }
  func sleep(until deadline: Instant) async throws { time.withLock { $0 = max($0, deadline) } }
  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// Servers by address; every exchange takes ten milliseconds, silence until the deadline.
final class ScriptedWorld: Upstream {
  /// What a server does instead of answering as its zones say.
  enum Manner: Sendable {
    case silent
    case unreachable
    /// Changes the right answer, given the query and how it came.
    case changing(@Sendable (_ answer: inout Message, _ query: Message, _ carriage: ConversationInfo.Carriage) -> Void)
    /// Something else comes over UDP.
    case spoofed
  }

  /// One query that came to a server.
  struct Seen: Sendable, Hashable {
    var server: Address
    var name: Name
    var type: RecordType
    var carriage: ConversationInfo.Carriage
    var hasEDNS: Bool
    var id: UInt16
  }

  let clock = HandClock()
  private let servers: [Address: AuthoritySource]
  private let manners: Mutex<[Address: Manner]>
  private let log = Mutex<[Seen]>([])
  private let gate = Mutex<[CheckedContinuation<Void, Never>]?>(nil)

  /// `zones` by the address of the server that has them.
  init(_ zones: [String: [String]], manners: [String: Manner] = [:]) throws {
    var servers: [Address: AuthoritySource] = [:]
    for (address, texts) in zones {
      servers[try #require(Address(address))] = AuthoritySource(Authority(zones: try texts.map { try Zone(records: records($0)) }))
    }
    self.servers = servers
    self.manners = Mutex(Dictionary(uniqueKeysWithValues: try manners.map { (try #require(Address($0.key)), $0.value) }))
  }

  /// Every query so far.
  var seen: [Seen] { log.withLock { $0 } }

  /// The names asked at `address`, in order.
  func asked(_ address: String) -> [String] { seen.filter { $0.server == Address(address) }.map { "\($0.name) \($0.type)" } }

  func set(_ manner: Manner?, at address: String) { manners.withLock { if let address = Address(address) { $0[address] = manner } } }

  func publish(_ zones: [String], at address: String) throws {
    guard let address = Address(address) else { return }
    servers[address]?.publish(Authority(zones: try zones.map { try Zone(records: records($0)) }))
  }

  /// Whether somebody stands at the shut gate.
  var isHolding: Bool { gate.withLock { $0?.isEmpty == false } }

  /// Holds every exchange until `open`.
  func shut() { gate.withLock { $0 = [] } }
  func open() {
    let waiting = gate.withLock { gate in
      defer { gate = nil }
      return gate ?? []
    }
    for continuation in waiting { continuation.resume() }
  }

  func exchange(
    _ query: Message, with server: Endpoint, over carriage: ConversationInfo.Carriage, case letterCase: LetterCase, until deadline: Instant,
    because cause: ConversationID?
  ) async -> UpstreamOutcome {
    guard let question = query.questions.first else { return .unreachable("no question") }
    log.withLock {
      $0.append(Seen(
        server: server.address, name: question.name, type: question.type, carriage: carriage, hasEDNS: query.edns != nil, id: query.id))
    }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isOpen = gate.withLock { gate in
        gate?.append(continuation)
        return gate == nil
      }
      if isOpen { continuation.resume() }
    }
    let manner = manners.withLock { $0[server.address] }
    if case .silent = manner {
      try? await clock.sleep(until: deadline)
      return .timedOut
    }
    clock.advance(by: .milliseconds(10))
    if case .unreachable = manner { return .unreachable("no route") }
    if case .spoofed = manner, carriage == .udp { return .suspicious }
    guard let source = servers[server.address] else {
      try? await clock.sleep(until: deadline)
      return .timedOut
    }
    guard let bytes = AuthorityResponder(source).answer(query.wire(), over: carriage), var answer = try? Message(reading: bytes) else {
      return .timedOut
    }
    if case .changing(let change) = manner { change(&answer, query, carriage) }
    return answer.answers(query, case: letterCase) ? .answered(answer, byteCount: bytes.count) : .suspicious
  }

  /// A resolver that knows the root server at 192.0.2.1.
  func resolver(seed: UInt64 = 1, _ change: (inout ResolverSettings) -> Void = { _ in }) throws -> Resolver {
    var settings = ResolverSettings(hints: [Delegation(zone: .root, servers: [.init(try Name("a.root"), [Address(192, 0, 2, 1)])])])
    change(&settings)
    return Resolver(settings: settings, upstream: self, clock: clock, random: SeededRandom(seed: seed))
  }
}

extension Resolver {
  /// How many wait for somebody else's search.
  var waiterCount: Int { memory.withLock { $0.underway.values.reduce(0) { $0 + $1.count } } }

  func ask(_ name: String, _ type: RecordType = .a) async throws -> ResolverAnswer { await resolve(Question(try Name(name), type)) }
}

extension ResolverAnswer {
  /// The addresses, or other data, of the answers in short.
  var short: [String] { answers.map { "\($0.name) \($0.type)\($0.data.address.map { " \($0)" } ?? $0.data.target.map { " \($0)" } ?? "")" } }
}

/// The head of a zone.
func head(_ zone: String, _ server: String) -> String {
  let dotted = zone == "." ? "." : "\(zone)."
  return "\(dotted) 3600 SOA \(server) host.test. 1 3600 600 86400 300\n\(dotted) 3600 NS \(server)\n"
}
