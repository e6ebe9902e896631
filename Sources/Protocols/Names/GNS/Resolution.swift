// Resolving a name of the GNU Name System: label by label from the right, each in the zone that the one before led to.
// A pure machine: it asks for blocks and for answers of DNS, and is told them. Not here: where blocks come from (BlockStorage.swift).
// Read next: StartZones.swift (where it begins), ZoneBlock.swift (what it opens).
public import World

/// One name being resolved.
public struct Resolution: Sendable {
  /// What happened.
  public enum Input: Sendable, Hashable {
    case began
    /// What is stored under the query of this ticket, in bytes; nil: nothing was found.
    case found(Ticket, [UInt8]?)
    /// What DNS says; nil: nothing.
    case answered(Ticket, [ZoneRecord]?)
  }

  /// What is to be done.
  public enum Action: Sendable, Hashable {
    /// Look for a block.
    case find(Ticket, BlockQuery)
    /// Ask DNS about `name`; the server is an address or a name, nil: whichever server there is.
    case askDNS(Ticket, name: String, server: String?, type: RecordType)
    case finish(Outcome)
  }

  /// How it ended.
  public enum Outcome: Sendable, Hashable {
    case records([ZoneRecord], Path)
    /// The name is there, or may be; nothing of the type is.
    case nothing(Path)
    case failed(Problem, Path)

    public var path: Path {
      switch self {
      case .records(_, let path), .nothing(let path), .failed(_, let path): path
      }
    }
  }

  /// Why a name does not resolve.
  public enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name ends neither in a key nor in a suffix that the user knows.
    case noStart
    /// Nothing is stored for this label.
    case notFound(ZoneLabel)
    /// What is stored is not what it should be.
    case refused(ZoneLabel, ZoneBlock.Refusal)
    case malformed(ZoneLabel, SyntaxError)
    case expired(ZoneLabel)
    /// A record that must not be passed over is of a type we do not know.
    case critical(ZoneLabel, RecordType)
    /// Labels are left, and nothing leads on.
    case deadEnd(ZoneLabel)
    /// Records that exclude each other stand under one label.
    case contradiction(ZoneLabel)
    case badData(ZoneLabel, RecordType)
    case tooLong(Int)
    /// The zone's key is no point of the curve.
    case noKey
    /// DNS, where the name leads, says nothing.
    case dnsSilent(String)
    /// The server of a GNS2DNS record, a name itself, leads nowhere.
    case noServer(String)

    public var description: String {
      switch self {
      case .noStart: "the name ends neither in a zone's key nor in a name that one was given"
      case .notFound(let label): "no block is stored for `\(label)`"
      case .refused(let label, let why): "`\(label)`: \(why)"
      case .malformed(let label, let error): "`\(label)`: \(error)"
      case .expired(let label): "the block for `\(label)` has expired"
      case .critical(let label, let type): "`\(label)` has a critical record of type \(type), which is not known here"
      case .deadEnd(let label): "nothing leads on from `\(label)`"
      case .contradiction(let label): "the records under `\(label)` exclude each other"
      case .badData(let label, let type): "the data of `\(label)`'s record of type \(type) is malformed"
      case .tooLong(let most): "the way leads through more than \(most) steps"
      case .noKey: "a zone's key is no point of the curve"
      case .dnsSilent(let name): "DNS has nothing for \(name)"
      case .noServer(let name): "the server \(name) has no address"
      }
    }
  }

  /// The steps taken, in order.
  public struct Path: Sendable, Hashable {
    public var steps: [Step] = []

    public init() {}
  }

  /// One step.
  public enum Step: Sendable, Hashable, CustomStringConvertible {
    /// A label looked up in a zone.
    case label(ZoneLabel, in: ZoneKey, query: BlockQuery)
    /// From there into another zone.
    case delegation(to: ZoneKey)
    case redirect(to: String)
    case dns(name: String, server: String?)

    public var description: String {
      switch self {
      case .label(let label, let zone, let query): "`\(label)` in \(zone), stored under \(query)"
      case .delegation(let zone): "into the zone \(zone)"
      case .redirect(let name): "on with \(name)"
      case .dns(let name, let server): "\(name) asked of DNS\(server.map { " at \($0)" } ?? "")"
      }
    }
  }

  private enum State: Sendable {
    case ready
    /// A block is being looked for. `rest`: the labels left of it.
    case finding(Ticket, ZoneLabel, zone: ZoneKey, rest: [ZoneLabel])
    /// The address of a server is being resolved, by the machine in `inner`, for a name in DNS.
    case findingServer(name: String, server: String, legacyHost: Bool)
    case asking(Ticket, name: String, legacyHost: Bool)
    case finished
  }

  private let name: ZoneName
  private let type: RecordType
  private let zones: StartZones
  private let limits: Limits
  private var state = State.ready
  private var path = Path()
  private var tickets: Ticket
  /// Steps left before the way is too long; an inner resolution spends of the same.
  private var stepsLeft: Int
  /// At most one: who resolves the name of a GNS2DNS record's server.
  private var inner: [Resolution] = []
  /// Where the resolution begins, when that is not told by the name: relative to a zone.
  private let origin: ZoneKey?

  public init(_ name: ZoneName, _ type: RecordType, zones: StartZones, limits: Limits = Limits()) {
    self.init(name, type, zones, limits, origin: nil, stepsLeft: limits.delegationsMax, tickets: Ticket())
  }

  private init(_ name: ZoneName, _ type: RecordType, _ zones: StartZones, _ limits: Limits, origin: ZoneKey?, stepsLeft: Int, tickets: Ticket) {
    (self.name, self.type, self.zones, self.limits, self.origin) = (name, type, zones, limits, origin)
    (self.stepsLeft, self.tickets) = (stepsLeft, tickets)
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action]) {
    if !inner.isEmpty { return handleInner(input, at: now, into: &actions) }
    switch (state, input) {
    case (.ready, .began):
      if let origin { return look(name.labels, in: origin, into: &actions) }
      guard let (zone, rest) = zones.start(of: name) else { return finish(.failed(.noStart, path), into: &actions) }
      look(rest, in: zone, into: &actions)
    case (.finding(let ticket, let label, let zone, let rest), .found(let answered, let bytes)) where ticket == answered:
      open(bytes, label, zone, rest, at: now, into: &actions)
    case (.asking(let ticket, let name, let legacyHost), .answered(let answered, let records)) where ticket == answered:
      guard let records, !records.isEmpty else { return finish(.failed(.dnsSilent(name), path), into: &actions) }
      // RFC 9498 §7.3.2: what DNS calls the server goes along, since servers there expect to be called so.
      let leho = ZoneRecord(.leho, Array(name.utf8), expiration: records.map(\.expiration).max() ?? 0, flags: .supplemental)
      finish(.records(records + (legacyHost ? [leho] : []), path), into: &actions)
    // An answer nobody waits for any more.
    case (_, _): break
    }
  }

  private mutating func finish(_ outcome: Outcome, into actions: inout [Action]) {
    state = .finished
    actions.append(.finish(outcome))
  }

  /// Looks the rightmost of `labels` up in `zone`.
  private mutating func look(_ labels: [ZoneLabel], in zone: ZoneKey, into actions: inout [Action]) {
    guard stepsLeft > 0 else { return finish(.failed(.tooLong(limits.delegationsMax), path), into: &actions) }
    stepsLeft -= 1
    // RFC 9498 §7.2, §7.3.3: what remains is nothing, or only a service: then it is the zone itself.
    let isApex = labels.isEmpty || (labels.count == 2 && Self.service(labels) != nil)
    let label = isApex ? .apex : labels[labels.count - 1]
    let rest = isApex ? labels : labels.dropLast()
    guard let query = zone.query(for: label) else { return finish(.failed(.noKey, path), into: &actions) }
    path.steps.append(.label(label, in: zone, query: query))
    let ticket = tickets.taken()
    state = .finding(ticket, label, zone: zone, rest: Array(rest))
    actions.append(.find(ticket, query))
  }

  /// Opens what was found, and goes on with what it holds.
  private mutating func open(_ bytes: [UInt8]?, _ label: ZoneLabel, _ zone: ZoneKey, _ rest: [ZoneLabel], at now: Instant, into actions: inout [Action]) {
    guard let bytes else { return finish(.failed(.notFound(label), path), into: &actions) }
    let set: RecordSet
    do throws(SyntaxError) {
      let block = try ZoneBlock(reading: bytes, limits: limits)
      guard !block.isExpired(at: now) else { return finish(.failed(.expired(label), path), into: &actions) }
      do throws(ZoneBlock.Refusal) { set = try block.records(of: zone, under: label, limits: limits) } catch {
        return finish(.failed(.refused(label, error), path), into: &actions)
      }
    } catch { return finish(.failed(.malformed(label, error), path), into: &actions) }
    // RFC 9498 §5: a critical record of a type that is not known spoils the set.
    if let strange = set.records.first(where: { $0.flags.contains(.critical) && !$0.type.isKnown }) {
      return finish(.failed(.critical(label, strange.type), path), into: &actions)
    }
    follow(set.current(at: now), label, zone, rest, into: &actions)
  }

  /// The records that count under `label`, and `rest` still to be resolved.
  // RFC 9498 §7.3
  private mutating func follow(_ records: [ZoneRecord], _ label: ZoneLabel, _ zone: ZoneKey, _ rest: [ZoneLabel], into actions: inout [Action]) {
    let kinds = Set(records.filter { !$0.flags.contains(.supplemental) }.map(\.type))
    let leading = kinds.filter { $0.isDelegation || $0 == .redirect || $0 == .gns2dns }
    // RFC 9498 §5.1, §5.2: who delegates has nothing else under the label, and the zone's own label leads nowhere.
    guard leading.isEmpty || (leading.count == 1 && kinds == leading && label != .apex) else {
      return finish(.failed(.contradiction(label), path), into: &actions)
    }
    guard let lead = leading.first, let record = records.first(where: { $0.type == lead }) else { return answer(records, label, rest, into: &actions) }
    // Who asks for the record that leads on gets it.
    if rest.isEmpty, type == lead { return finish(.records(records.filter { $0.type == lead }, path), into: &actions) }
    switch RecordData(record) {
    case .delegation(let next):
      path.steps.append(.delegation(to: next))
      look(rest, in: next, into: &actions)
    case .redirect(let target): redirect(to: target, zone, rest, label, into: &actions)
    case .dns(let target, let server):
      let full = (rest.map(\.text) + [target]).joined(separator: ".")
      delegateToDNS(full, server, zone, legacyHost: rest.isEmpty, into: &actions)
    default: finish(.failed(.badData(label, lead), path), into: &actions)
    }
  }

  // RFC 9498 §7.3.1
  private mutating func redirect(to target: String, _ zone: ZoneKey, _ rest: [ZoneLabel], _ label: ZoneLabel, into actions: inout [Action]) {
    guard let next = try? ZoneName(target, limits: limits) else { return finish(.failed(.badData(label, .redirect), path), into: &actions) }
    path.steps.append(.redirect(to: target))
    if next.labels.last?.text == "+" { return look(rest + next.labels.dropLast(), in: zone, into: &actions) }
    let whole = ZoneName(labels: rest + next.labels)
    if let (start, remaining) = zones.start(of: whole) { return look(remaining, in: start, into: &actions) }
    ask("\(whole)", server: nil, legacyHost: false, into: &actions)
  }

  // RFC 9498 §7.3.2
  private mutating func delegateToDNS(_ name: String, _ server: String, _ zone: ZoneKey, legacyHost: Bool, into actions: inout [Action]) {
    // RFC 9498 §5.2.2: an address first, then a name of GNS, and else it is one of DNS.
    guard Address(server) == nil, let serverName = try? ZoneName(server, limits: limits) else {
      return ask(name, server: server, legacyHost: legacyHost, into: &actions)
    }
    let isRelative = serverName.labels.last?.text == "+"
    guard isRelative || zones.start(of: serverName) != nil else { return ask(name, server: server, legacyHost: legacyHost, into: &actions) }
    state = .findingServer(name: name, server: server, legacyHost: legacyHost)
    let relative = isRelative ? ZoneName(labels: serverName.labels.dropLast()) : serverName
    inner = [Resolution(relative, .a, zones, limits, origin: isRelative ? zone : nil, stepsLeft: stepsLeft, tickets: tickets)]
    handleInner(.began, at: Instant(nanoseconds: 0), into: &actions)
  }

  /// Hands what happened to the inner resolution, and takes its end.
  private mutating func handleInner(_ input: Input, at now: Instant, into actions: inout [Action]) {
    var orders: [Action] = []
    inner[0].handle(input, at: now, into: &orders)
    for order in orders {
      guard case .finish(let outcome) = order else {
        actions.append(order)
        continue
      }
      tickets = inner[0].tickets
      stepsLeft = inner[0].stepsLeft
      path.steps += outcome.path.steps
      inner = []
      guard case .findingServer(let name, let server, let legacyHost) = state else { continue }
      guard case .records(let records, _) = outcome, let address = records.first(where: { $0.type == .a || $0.type == .aaaa }), case .address(let found) = RecordData(address) else {
        finish(.failed(.noServer(server), path), into: &actions)
        continue
      }
      ask(name, server: "\(found)", legacyHost: legacyHost, into: &actions)
    }
  }

  private mutating func ask(_ name: String, server: String?, legacyHost: Bool, into actions: inout [Action]) {
    path.steps.append(.dns(name: name, server: server))
    let ticket = tickets.taken()
    state = .asking(ticket, name: name, legacyHost: legacyHost)
    actions.append(.askDNS(ticket, name: name, server: server, type: type))
  }

  /// Nothing leads on: the records are the answer, if the name ends here.
  private mutating func answer(_ records: [ZoneRecord], _ label: ZoneLabel, _ rest: [ZoneLabel], into actions: inout [Action]) {
    var found = records
    if !rest.isEmpty {
      // RFC 9498 §7.3.3
      guard let service = Self.service(rest) else { return finish(.failed(.deadEnd(label), path), into: &actions) }
      found = records.compactMap { record in
        guard case .box(let number, let port, let type, let data) = RecordData(record), number == service.protocol, port == service.port else { return nil }
        return ZoneRecord(type, data, expiration: record.expiration, flags: record.flags)
      }
    }
    let asked = found.filter { type == .any || $0.type == type }
    // RFC 9498 §7.3.5: what is supplemental goes along, and is no answer by itself.
    guard asked.contains(where: { !$0.flags.contains(.supplemental) }) else { return finish(.nothing(path), into: &actions) }
    finish(.records(asked + found.filter { $0.flags.contains(.supplemental) && !asked.contains($0) }, path), into: &actions)
  }

  /// The service that two labels such as `_443._tcp` name; nil: they name none.
  // RFC 9498 §7.3.3; names of services as in the registry of RFC 6335, as far as people write them
  private static func service(_ labels: [ZoneLabel]) -> (port: UInt16, protocol: UInt16)? {
    guard labels.count == 2, labels.allSatisfy({ $0.text.hasPrefix("_") }) else { return nil }
    let (service, transport) = (labels[0].text.dropFirst().lowercased(), labels[1].text.dropFirst().lowercased())
    let protocols: [String: UInt16] = ["tcp": 6, "udp": 17]
    let services: [String: UInt16] = ["ftp": 21, "ssh": 22, "smtp": 25, "domain": 53, "http": 80, "pop3": 110, "imap": 143, "https": 443, "imaps": 993, "pop3s": 995]
    guard let port = UInt16(service) ?? services[service], let number = UInt16(transport) ?? protocols[transport] else { return nil }
    return (port, number)
  }
}
