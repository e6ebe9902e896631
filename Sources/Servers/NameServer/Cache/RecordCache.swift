// What the resolver remembers: record sets, that there are none, delegations, failures. A pure value: the time is an argument.
// Not here: what may be believed (Recursive/ResponseReading.swift), which entry goes when it is full (SieveTable.swift).
package import DNS
package import World

/// How far data is to be trusted (RFC 2181 §5.4.1); the more the higher.
package enum Trust: Int, Sendable, Comparable {
  /// From the additional or authority section.
  case additional
  /// From an answer without authority, or the end of a chain in one with it.
  case answer
  /// The answer of the zone's own server.
  case authoritative

  package static func < (a: Trust, b: Trust) -> Bool { a.rawValue < b.rawValue }
}

/// Why something failed, to be told to the client (RFC 8914).
package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
  package var code: ExtendedErrorCode
  /// For a human: which zone, which servers, which limit.
  package var text: String

  package init(_ code: ExtendedErrorCode, _ text: String) {
    self.code = code
    self.text = text
  }

  package var description: String { "\(code): \(text)" }
}

/// The servers of a zone as its parent names them.
package struct Delegation: Sendable, Hashable {
  package struct Server: Sendable, Hashable {
    package var name: Name
    /// As the parent gave them; none: they have to be looked up.
    package var addresses: [Address]

    package init(_ name: Name, _ addresses: [Address]) {
      self.name = name
      self.addresses = addresses
    }
  }

  package var zone: Name
  package var servers: [Server]

  package init(zone: Name, servers: [Server]) {
    self.zone = zone
    self.servers = servers
  }
}

/// Remembered answers.
package struct RecordCache: Sendable {
  /// What is known about a name and type.
  package enum Finding: Sendable, Hashable {
    /// These records, with what is left of their time.
    case records([ResourceRecord], Trust)
    /// The name exists, the type does not. The SOA record, if there was one.
    case noData(ResourceRecord?)
    /// There is no such name.
    case noName(ResourceRecord?)
    /// It could not be found out lately.
    case failed(Failure)
  }

  private struct Key: Hashable, Sendable {
    var name: Name
    var type: RecordType
  }

  private enum Content: Sendable {
    case records([RecordData])
    case noData(ResourceRecord?)
    case noName(ResourceRecord?)
    case failed(Failure, count: Int)
    case delegation(Delegation)
  }

  private struct Entry: Sendable {
    var content: Content
    var trust: Trust
    var expires: Instant
    /// When its owner's time was over, for records that are given beyond it.
    var staleSince: Instant?
  }

  // Types that no data has, as places for what is known of a name as a whole.
  private static let anyType = RecordType(rawValue: 0)
  private static let delegationType = RecordType(rawValue: 0xFFFF)

  private var table: SieveTable<Key, Entry>
  private let limits: Limits

  package init(limits: Limits = Limits()) {
    self.limits = limits
    table = SieveTable(countMax: limits.cacheEntriesMax, costMax: limits.cacheBytesMax)
  }

  /// Unit: entries.
  package var count: Int { table.count }
  /// What the entries take, estimated. Unit: bytes.
  package var byteCount: Int { table.cost }
  /// Entries that went for others since the beginning.
  package var evictions: Int { table.evictions }

  /// Something remembered, as people read it.
  package struct Remembered: Sendable, Hashable {
    package var name: Name
    /// Nil: of the name as a whole.
    package var type: RecordType?
    /// How long it holds yet.
    package var left: Duration
    package var text: String
  }

  /// What is remembered now, at most `max` entries, those kept last first. Nothing is thereby asked for.
  package func remembered(_ max: Int, at now: Instant) -> [Remembered] {
    table.newest(max).filter { $0.value.expires > now }.map { key, entry in
      let isWhole = key.type == Self.anyType || key.type == Self.delegationType
      let text =
        switch entry.content {
        case .records(let data): data.map { "\($0)" }.joined(separator: ", ")
        case .noData: "no such type"
        case .noName: "no such name"
        case .failed(let failure, _): "\(failure)"
        case .delegation(let delegation): "servers: " + delegation.servers.map { "\($0.name)" }.joined(separator: ", ")
        }
      return Remembered(name: key.name, type: isWhole ? nil : key.type, left: entry.expires - now, text: text)
    }
  }

  // Asking

  /// What is known about `name` and `type` now.
  package mutating func find(_ name: Name, _ type: RecordType, at now: Instant) -> Finding? {
    if let entry = entry(Key(name: name, type: type), now), let finding = finding(entry, name, now) { return finding }
    // RFC 8020 §2: below a name that does not exist nothing exists.
    var above: Name? = name
    while let ancestor = above {
      if let entry = entry(Key(name: ancestor, type: Self.anyType), now), let finding = finding(entry, name, now) { return finding }
      above = ancestor.parent
    }
    return nil
  }

  /// The step an alias at `name`, or a redirection above it, takes: the records that say so, and where it leads.
  package mutating func link(from name: Name, at now: Instant) -> (records: [ResourceRecord], target: Name)? {
    if case .records(let aliases, _)? = find(name, .cname, at: now), let target = aliases.first?.data.target { return (aliases, target) }
    var above = name.parent
    while let ancestor = above {
      if let entry = entry(Key(name: ancestor, type: .dname), now), case .records(let records, _)? = finding(entry, ancestor, now),
        let redirection = records.first, let base = redirection.data.target,
        let target = name.replacing(suffix: ancestor, with: base)
      {
        // RFC 6672 §3.4: a redirection that is remembered is followed without asking again.
        return ([redirection, ResourceRecord(name, ttl: redirection.ttl, .cname(target))], target)
      }
      above = ancestor.parent
    }
    return nil
  }

  /// The deepest zone at or above `name` whose servers are known.
  package mutating func delegation(above name: Name, at now: Instant) -> Delegation? {
    var above: Name? = name
    while let ancestor = above {
      if let entry = entry(Key(name: ancestor, type: Self.delegationType), now), case .delegation(let delegation) = entry.content {
        return delegation
      }
      above = ancestor.parent
    }
    return nil
  }

  private mutating func entry(_ key: Key, _ now: Instant) -> Entry? {
    guard let entry = table.find(key) else { return nil }
    if entry.expires > now { return entry }
    // A failure's count outlives it, so that the next one is remembered longer.
    if case .failed = entry.content { return nil }
    if !isStale(entry, now) { table.remove(key) }
    return nil
  }

  // MARK: Beyond their time

  /// Whether `entry` holds records that are out of date, and may still be given when nobody answers.
  private func isStale(_ entry: Entry, _ now: Instant) -> Bool {
    guard case .records = entry.content, entry.expires <= now else { return false }
    return now < (entry.staleSince ?? entry.expires) + .seconds(Int64(limits.staleSecondsMax))
  }

  /// Whether there are records for `name` and `type`, or an alias, that are out of date and may still be given.
  package mutating func hasStale(_ name: Name, _ type: RecordType, at now: Instant) -> Bool {
    guard limits.staleSecondsMax > 0 else { return false }
    return [type, .cname].contains { type in table.find(Key(name: name, type: type)).map { isStale($0, now) } ?? false }
  }

  /// Lets records that are out of date count again for a moment, along the aliases from `name`, since nobody who knows better answers. Returns
  /// whether there are any. RFC 8767 §4, §5.
  package mutating func revive(_ name: Name, _ type: RecordType, at now: Instant) -> Bool {
    var name = name
    var isRevived = false
    for _ in 0...limits.chainMax {
      let key = [Key(name: name, type: type), Key(name: name, type: .cname)].first { key in
        table.find(key).map { entry in
          if case .records = entry.content { entry.expires > now || isStale(entry, now) } else { false }
        } ?? false
      }
      guard let key, var entry = table.find(key) else { return false }
      if entry.expires <= now {
        entry.staleSince = entry.staleSince ?? entry.expires
        entry.expires = now + .seconds(Int64(limits.staleLifetime))
        table.replace(entry, for: key)
        isRevived = true
      }
      guard key.type != type, case .records(let data) = entry.content, let target = data.first?.target else { return isRevived }
      // That nobody answered was kept of the alias's own name.
      if case .failed? = table.find(Key(name: name, type: type))?.content { table.remove(Key(name: name, type: type)) }
      name = target
    }
    return false
  }

  private func finding(_ entry: Entry, _ name: Name, _ now: Instant) -> Finding? {
    let left = UInt32(clamping: (entry.expires - now).components.seconds)
    func aged(_ soa: ResourceRecord?) -> ResourceRecord? {
      guard var soa else { return nil }
      soa.ttl = left
      return soa
    }
    switch entry.content {
    case .records(let data): return .records(data.map { ResourceRecord(name, ttl: left, $0) }, entry.trust)
    case .noData(let soa): return .noData(aged(soa))
    case .noName(let soa): return .noName(aged(soa))
    case .failed(let failure, _): return .failed(failure)
    case .delegation: return nil
    }
  }

  // Keeping

  /// Keeps a set: records of one name and type. Less trusted data never replaces more trusted; data without time is not kept.
  package mutating func keep(_ records: [ResourceRecord], trust: Trust, at now: Instant) {
    guard let first = records.first, records.count <= limits.setRecordsMax else { return }
    // RFC 2181 §5.2, §8: one TTL for a set, the smallest.
    let ttl = min(records.map(\.ttl).min() ?? 0, limits.lifetimeMax)
    let key = Key(name: first.name, type: first.type)
    if let known = entry(key, now), known.trust > trust, case .records = known.content { return }
    let data = records.filter { $0.name == first.name && $0.type == first.type }.map(\.data)
    keep(.records(data), trust, ttl, key, now, bytes: data.reduce(0) { $0 + Self.size($1) })
  }

  /// Keeps that `name` has no records of `type`, as long as `soa` says (RFC 2308 §5). Without `soa` nothing is kept.
  package mutating func keep(noData name: Name, _ type: RecordType, soa: ResourceRecord?, at now: Instant) {
    guard let soa, let ttl = negativeLifetime(soa) else { return }
    keep(.noData(soa), .authoritative, ttl, Key(name: name, type: type), now, bytes: Self.size(soa.data))
  }

  /// Keeps that there is no `name`, as long as `soa` says.
  package mutating func keep(noName name: Name, soa: ResourceRecord?, at now: Instant) {
    guard let soa, let ttl = negativeLifetime(soa) else { return }
    keep(.noName(soa), .authoritative, ttl, Key(name: name, type: Self.anyType), now, bytes: Self.size(soa.data))
  }

  /// Keeps whom a parent names as servers of a zone. Only the parent's word is kept here, so that a zone cannot prolong its own life
  /// after its parent has given it to somebody else.
  package mutating func keep(_ delegation: Delegation, ttl: UInt32, at now: Instant) {
    let bytes = delegation.servers.reduce(0) { $0 + 64 + $1.name.wire.count + 24 * $1.addresses.count }
    keep(
      .delegation(delegation), .additional, min(ttl, limits.lifetimeMax), Key(name: delegation.zone, type: Self.delegationType), now,
      bytes: bytes)
  }

  /// Keeps that a question could not be answered. RFC 9520 §3.2: longer each time, within bounds.
  package mutating func keep(_ failure: Failure, for name: Name, _ type: RecordType, at now: Instant) {
    let key = Key(name: name, type: type)
    var count = 0
    if case .failed(_, let known)? = table.find(key)?.content { count = min(known + 1, 16) }
    let seconds = min(limits.failureSecondsMax, limits.failureSecondsMin << count)
    let entry = Entry(
      content: .failed(Failure(.cachedError, failure.text), count: count), trust: .additional,
      expires: now + .seconds(seconds))
    if let known = self.entry(key, now), case .records = known.content { return }
    // RFC 8767 §4: what is out of date is better than nothing, and must be there yet when it is looked for.
    if let known = table.find(key), isStale(known, now) { return }
    table.keep(entry, for: key, cost: Self.entrySize + name.wire.count + failure.text.utf8.count)
  }

  private mutating func keep(_ content: Content, _ trust: Trust, _ ttl: UInt32, _ key: Key, _ now: Instant, bytes: Int) {
    // RFC 1035 §3.2.1: zero means for this transaction only. An older entry is out of date all the same.
    guard ttl > 0, bytes <= limits.setBytesMax else { return table.remove(key) }
    let entry = Entry(content: content, trust: trust, expires: now + .seconds(Int64(ttl)))
    table.keep(entry, for: key, cost: Self.entrySize + key.name.wire.count + bytes)
  }

  private func negativeLifetime(_ soa: ResourceRecord) -> UInt32? {
    guard case .soa(let data) = soa.data else { return nil }
    return min(soa.ttl, data.minimum, limits.negativeLifetimeMax)
  }

  /// What an entry takes beside its data: key, slot, links, hash table. Unit: bytes.
  private static var entrySize: Int { 320 }

  /// What a record's data takes, roughly. Unit: bytes.
  private static func size(_ data: RecordData) -> Int {
    switch data {
    case .soa(let soa): 160 + soa.primary.wire.count + soa.mailbox.wire.count
    case .txt(let strings): strings.reduce(56) { $0 + 48 + $1.count }
    case .cert(let certificate): 96 + certificate.body.count
    case .caa(_, let tag, let value): 120 + tag.count + value.count
    case .hinfo(let cpu, let system): 120 + cpu.count + system.count
    case .unknown(_, let bytes): 88 + bytes.count
    default: 56 + (data.target.map { 32 + $0.wire.count } ?? 0)
    }
  }
}
