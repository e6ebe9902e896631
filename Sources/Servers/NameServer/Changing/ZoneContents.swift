// A zone's records in a form that changes: updates are checked and made here, and what they changed comes out as a difference.
// Not here: making it durable (ZoneJournal.swift), answering from it (Authoritative/Zone.swift). Read next: ChangingZone.swift.
package import DNS

/// The records of one zone.
package struct ZoneContents: Sendable {
  /// The records of one type at one name.
  struct RecordSet: Sendable, Equatable {
    var ttl: UInt32
    var data: [RecordData]
  }

  package let apex: Name
  private var nodes: [Name: [RecordType: RecordSet]] = [:]
  package private(set) var recordCount = 0
  private let limits: Limits

  /// Nil: `records` are no zone at `apex`, which needs an SOA record and a server.
  package init?(apex: Name, records: [ResourceRecord], limits: Limits = Limits()) {
    self.apex = apex
    self.limits = limits
    for record in records { put(record) }
    guard nodes[apex]?[.soa]?.data.count == 1, nodes[apex]?[.ns] != nil else { return nil }
  }

  /// The SOA record.
  package var start: ResourceRecord {
    let set = nodes[apex]?[.soa]
    return ResourceRecord(apex, ttl: set?.ttl ?? 0, set?.data.first ?? .unknown(.soa, []))
  }

  package var serial: Serial { start.startOfAuthority?.version ?? Serial(0) }

  /// All records, the SOA record first, names in canonical order, so that the same contents always come out the same.
  package var records: [ResourceRecord] {
    var records = [start]
    records.reserveCapacity(recordCount)
    for name in nodes.keys.sorted() {
      for (type, set) in (nodes[name] ?? [:]).sorted(by: { $0.key < $1.key }) where type != .soa {
        for data in set.data { records.append(ResourceRecord(name, ttl: set.ttl, data)) }
      }
    }
    return records
  }

  private mutating func put(_ record: ResourceRecord) {
    var set = nodes[record.name]?[record.type] ?? RecordSet(ttl: record.ttl, data: [])
    // RFC 2181 §5.2: one time to live for a set.
    set.ttl = record.ttl
    if !set.data.contains(record.data) { set.data.append(record.data) }
    replace(record.name, record.type, with: set)
  }

  private mutating func replace(_ name: Name, _ type: RecordType, with set: RecordSet?) {
    let set = set?.data.isEmpty == true ? nil : set
    recordCount += (set?.data.count ?? 0) - (nodes[name]?[type]?.data.count ?? 0)
    nodes[name, default: [:]][type] = set
    if nodes[name]?.isEmpty == true { nodes[name] = nil }
  }

  /// Makes the changes of `step`, or with `isUndone` takes them back.
  package mutating func apply(_ step: ZoneDifference, isUndone: Bool = false) {
    for record in isUndone ? step.added : step.removed {
      guard var set = nodes[record.name]?[record.type] else { continue }
      set.data.removeAll { $0 == record.data }
      replace(record.name, record.type, with: set)
    }
    for record in isUndone ? step.removed : step.added { put(record) }
    let start = isUndone ? step.before : step.after
    replace(apex, .soa, with: RecordSet(ttl: start.ttl, data: [start.data]))
  }

  /// The way from these contents to `other`, with the SOA record of `other`.
  package func difference(to other: ZoneContents) -> ZoneDifference {
    let (mine, theirs) = (Set(records), Set(other.records))
    return ZoneDifference(
      from: start, to: other.start, removed: records.filter { $0.type != .soa && !theirs.contains($0) },
      added: other.records.filter { $0.type != .soa && !mine.contains($0) })
  }
}

// Updates

extension ZoneContents {
  /// The sets that an update touches, as they were before it, in the order in which they are first touched.
  private struct Touched {
    private(set) var order: [(name: Name, type: RecordType, before: RecordSet?)] = []
    private var known: Set<Question> = []

    mutating func note(_ name: Name, _ type: RecordType, _ before: RecordSet?) {
      if known.insert(Question(name, type)).inserted { order.append((name, type, before)) }
    }
  }

  /// Makes the changes of `update` if its prerequisites hold: all, or none. Nil: they change nothing, and the serial stays.
  package mutating func apply(_ update: ZoneUpdate) throws(ZoneUpdate.Refusal) -> ZoneDifference? {
    try check(update.prerequisites)
    let before = start
    var touched = Touched()
    for change in update.changes { make(change, &touched) }
    var removed: [ResourceRecord] = []
    var added: [ResourceRecord] = []
    for (name, type, old) in touched.order where type != .soa {
      let new = nodes[name]?[type]
      let isSameTTL = old?.ttl == new?.ttl
      let (was, now) = (Set(old?.data ?? []), Set(new?.data ?? []))
      for data in old?.data ?? [] where !isSameTTL || !now.contains(data) { removed.append(ResourceRecord(name, ttl: old?.ttl ?? 0, data)) }
      for data in new?.data ?? [] where !isSameTTL || !was.contains(data) { added.append(ResourceRecord(name, ttl: new?.ttl ?? 0, data)) }
    }
    guard !removed.isEmpty || !added.isEmpty || start != before else { return nil }
    if start == before { raiseSerial() }
    let step = ZoneDifference(from: before, to: start, removed: removed, added: added)
    if let problem = problem(after: touched.order.map(\.name), step) {
      apply(step, isUndone: true)
      throw ZoneUpdate.Refusal(.refused, problem)
    }
    return step
  }

  /// RFC 2136 §3.6: once for each update that changed something.
  private mutating func raiseSerial() {
    guard var soa = start.startOfAuthority else { return }
    soa.serial = soa.version.next.rawValue
    replace(apex, .soa, with: RecordSet(ttl: start.ttl, data: [.soa(soa)]))
  }

  /// What would keep the zone from being served or kept; nil: nothing.
  private func problem(after names: [Name], _ step: ZoneDifference) -> String? {
    if recordCount > limits.zoneRecordsMax { return "zoneRecordsMax: at most \(limits.zoneRecordsMax) records" }
    if step.records.count > limits.stepRecordsMax { return "stepRecordsMax: at most \(limits.stepRecordsMax) records change at once" }
    for name in names {
      guard let sets = nodes[name] else { continue }
      if sets.count > ZoneDraft.typesMax { return "more than \(ZoneDraft.typesMax) record types at one name" }
      for set in sets.values where set.data.reduce(0, { $0 + 12 + $1.wire.count }) > ZoneDraft.setBytesMax { return "a set that fits into no message" }
    }
    return nil
  }

  /// RFC 2136 §3.2
  private func check(_ prerequisites: [ZoneUpdate.Prerequisite]) throws(ZoneUpdate.Refusal) {
    var wanted: [Question: Set<RecordData>] = [:]
    for prerequisite in prerequisites {
      switch prerequisite {
      case .exists(let name) where nodes[name] == nil: throw ZoneUpdate.Refusal(.noSuchName, "\(name) does not exist")
      case .absent(let name) where nodes[name] != nil: throw ZoneUpdate.Refusal(.nameExists, "\(name) exists")
      case .setExists(let name, let type) where nodes[name]?[type] == nil: throw ZoneUpdate.Refusal(.noSuchRecords, "\(name) has no \(type)")
      case .setAbsent(let name, let type) where nodes[name]?[type] != nil: throw ZoneUpdate.Refusal(.recordsExist, "\(name) has \(type)")
      case .setHas(let name, let data): wanted[Question(name, data.type), default: []].insert(data)
      default: break
      }
    }
    // RFC 2136 §3.2.3: the sets are compared whole, times to live apart.
    for (question, data) in wanted where Set(nodes[question.name]?[question.type]?.data ?? []) != data {
      throw ZoneUpdate.Refusal(.noSuchRecords, "\(question.name) has another set of \(question.type)")
    }
  }

  /// RFC 2136 §3.4.2; what it forbids is passed over in silence, as it asks for.
  private mutating func make(_ change: ZoneUpdate.Change, _ touched: inout Touched) {
    switch change {
    case .add(let record): add(record, &touched)
    case .deleteSet(let name, let type): deleteSet(name, type, &touched)
    case .deleteName(let name):
      for type in (nodes[name] ?? [:]).keys.sorted() { deleteSet(name, type, &touched) }
    case .delete(let name, let data):
      guard var set = nodes[name]?[data.type], data.type != .soa, set.data.contains(data) else { return }
      // RFC 2136 §3.4.2.4: the last server of the zone stays.
      if name == apex, data.type == .ns, set.data.count == 1 { return }
      touched.note(name, data.type, set)
      set.data.removeAll { $0 == data }
      replace(name, data.type, with: set)
    }
  }

  private mutating func deleteSet(_ name: Name, _ type: RecordType, _ touched: inout Touched) {
    // RFC 2136 §3.4.2.3: a zone keeps its SOA record and its servers.
    guard let set = nodes[name]?[type], name != apex || (type != .soa && type != .ns) else { return }
    touched.note(name, type, set)
    replace(name, type, with: nil)
  }

  private mutating func add(_ record: ResourceRecord, _ touched: inout Touched) {
    let sets = nodes[record.name] ?? [:]
    if record.type == .soa {
      // RFC 2136 §3.4.2.2: only a newer one, and only at the top.
      guard record.name == apex, let new = record.startOfAuthority, new.version.isNewer(than: serial) else { return }
      return replace(apex, .soa, with: RecordSet(ttl: record.ttl, data: [record.data]))
    }
    // RFC 2136 §3.4.2.2: an alias stands alone; only the records of DNSSEC stand beside it.
    let isBeside: (RecordType) -> Bool = { $0 == .rrsig || $0 == .nsec }
    if record.type == .cname, sets.keys.contains(where: { $0 != .cname && !isBeside($0) }) { return }
    if record.type != .cname, !isBeside(record.type), sets[.cname] != nil { return }
    touched.note(record.name, record.type, sets[record.type])
    if record.type == .cname || record.type == .dname {
      replace(record.name, record.type, with: RecordSet(ttl: record.ttl, data: [record.data]))
    } else {
      put(record)
    }
  }
}
