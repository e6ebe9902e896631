// Records on their way to becoming a zone: sorted by name and type, the empty names in between made, everything checked.
// Not here: the memory they end up in (ZoneImageWriter.swift).
import DNS

/// A zone being put together.
struct ZoneDraft {
  /// One name.
  struct Node {
    var name: Name
    /// Index of the name above; the apex has itself.
    var parent: Int
    var sets: [RecordSet] = []
    /// Index of what hides this name; see `NodeView.cover`.
    var cover: Int?
    var wildcard: Int?

    func set(_ type: RecordType) -> RecordSet? { sets.first { $0.type == type } }
    func has(_ type: RecordType) -> Bool { sets.contains { $0.type == type } }
    var hasAddress: Bool { has(.a) || has(.aaaa) }
  }

  /// The records of one type at one name.
  struct RecordSet {
    var type: RecordType
    var ttl: UInt32
    var data: [RecordData]
  }

  /// Most types at one name. Unit: types.
  static let typesMax = 200
  /// Largest set: beside it there must be room for header, question, OPT, and a chain that led here. Unit: bytes.
  static let setBytesMax = 49_152

  let apex: Name
  /// Parents before children; the apex first.
  private(set) var nodes: [Node] = []
  private(set) var recordCount = 0
  private var indexes: [Name: Int] = [:]
  private var problems: [ZoneProblem] = []
  /// Sets of many records, by node and type: what they hold, so that finding duplicates stays cheap.
  private var large: [LargeSet: Set<RecordData>] = [:]

  private struct LargeSet: Hashable {
    var node: Int
    var type: RecordType
  }

  /// The data of the apex's SOA record.
  var authority: StartOfAuthority? {
    guard case .soa(let soa)? = nodes.first?.set(.soa)?.data.first else { return nil }
    return soa
  }

  /// Sorts `records` into a zone at `apex`; nil: where the first SOA record is.
  init(apex: Name?, records: some Sequence<ResourceRecord>, limits: Limits) throws(ZoneErrors) {
    guard let apex = apex ?? records.first(where: { $0.type == .soa })?.name else {
      throw ZoneErrors([ZoneProblem(owner: .root, kind: .noStartOfAuthority)])
    }
    self.apex = apex
    nodes.append(Node(name: apex, parent: 0))
    indexes[apex] = 0
    indexes.reserveCapacity(records.underestimatedCount)
    for record in records { add(record) }
    findCovers()
  }

  private mutating func add(_ record: ResourceRecord) {
    guard record.class == .internet else { return report(record.name, .wrongClass(record.class)) }
    guard record.type.isData else { return report(record.name, .notData(record.type)) }
    guard let node = index(making: record.name) else { return report(record.name, .outsideZone) }
    guard let set = nodes[node].sets.firstIndex(where: { $0.type == record.type }) else {
      nodes[node].sets.append(RecordSet(type: record.type, ttl: record.ttl, data: [record.data]))
      recordCount += 1
      return
    }
    // RFC 2181 §5: a set has no duplicates.
    guard isFresh(record.data, record.type, node, set) else { return }
    nodes[node].sets[set].data.append(record.data)
    recordCount += 1
    // RFC 2181 §5.2: one TTL per set; the smallest keeps nothing longer than any of them allows.
    if nodes[node].sets[set].ttl != record.ttl {
      report(record.name, .differentLifetimes(record.type))
      nodes[node].sets[set].ttl = min(nodes[node].sets[set].ttl, record.ttl)
    }
  }

  private mutating func isFresh(_ data: RecordData, _ type: RecordType, _ node: Int, _ set: Int) -> Bool {
    let known = nodes[node].sets[set].data
    guard known.count >= 16 else { return !known.contains(data) }
    return large[LargeSet(node: node, type: type), default: Set(known)].insert(data).inserted
  }

  private mutating func report(_ owner: Name, _ kind: ZoneProblem.Kind) {
    let problem = ZoneProblem(owner: owner, kind: kind)
    if problems.last != problem { problems.append(problem) }
  }

  /// The index of `name`; it and the names between it and the apex are made when they are new. Nil: outside the zone.
  private mutating func index(making name: Name) -> Int? {
    if let known = indexes[name] { return known }
    guard name.isSubdomain(of: apex) else { return nil }
    var missing: [Name] = [name]
    var above = 0
    // RFC 4592 §2.2.2: the names between exist too, empty.
    while let parent = missing.last?.parent {
      if let known = indexes[parent] {
        above = known
        break
      }
      missing.append(parent)
    }
    for name in missing.reversed() {
      nodes.append(Node(name: name, parent: above))
      let index = nodes.count - 1
      if name.isWildcard { nodes[above].wildcard = index }
      indexes[name] = index
      above = index
    }
    return above
  }

  /// The index of the node called `name`.
  func index(of name: Name) -> Int? { indexes[name] }

  /// RFC 1034 §4.3.2 step 3: what a walk from the apex down meets first.
  private mutating func findCovers() {
    for index in nodes.indices.dropFirst() {
      let parent = nodes[index].parent
      if let cover = nodes[parent].cover {
        nodes[index].cover = cover
      } else if nodes[parent].has(.dname) {
        nodes[index].cover = parent
      } else if nodes[index].has(.ns) {
        nodes[index].cover = index
      }
    }
  }
}

// The checks

extension ZoneDraft {
  /// Everything that is wrong.
  mutating func check() -> [ZoneProblem] {
    let top = nodes[0]
    switch top.set(.soa)?.data.count ?? 0 {
    case 0: report(apex, .noStartOfAuthority)
    case 1: break
    default: report(apex, .severalStartsOfAuthority)
    }
    if !top.has(.ns) { report(apex, .noServers) }
    for index in nodes.indices { check(index) }
    return problems
  }

  private mutating func check(_ index: Int) {
    let node = nodes[index]
    if node.sets.count > ZoneDraft.typesMax { report(node.name, .tooManyTypes) }
    if index != 0, node.has(.soa) { report(node.name, .startOfAuthorityBelowApex) }
    if let alias = node.set(.cname) {
      if alias.data.count > 1 { report(node.name, .severalAliases) }
      // RFC 2181 §10.1: only the records of DNSSEC may stand beside a CNAME.
      if node.sets.contains(where: { ![.cname, .rrsig, .nsec].contains($0.type) }) { report(node.name, .aliasAndOtherData) }
    }
    if let redirection = node.set(.dname), redirection.data.count > 1 { report(node.name, .severalRedirections) }
    if let cover = node.cover, cover != index, !node.sets.isEmpty {
      let isGlue = nodes[cover].cover == cover && node.sets.allSatisfy { $0.type == .a || $0.type == .aaaa }
      if !isGlue { report(node.name, .hidden(by: nodes[cover].name)) }
      return
    }
    if index != 0, node.name.isWildcard, node.has(.ns) { report(node.name, .wildcardDelegation) }
    for set in node.sets where [.ns, .mx, .srv].contains(set.type) { check(targetsOf: set, at: index) }
  }

  private mutating func check(targetsOf set: RecordSet, at index: Int) {
    let owner = nodes[index].name
    for data in set.data {
      // RFC 2782, RFC 7505: a target of `.` says that there is none.
      guard let target = data.target, !target.isRoot, target.isSubdomain(of: apex) else { continue }
      let node = indexes[target].map { nodes[$0] }
      if let node, node.hasAddress { continue }
      if set.type == .ns, index != 0, target.isSubdomain(of: owner) {
        report(owner, .glueMissing(target))
      } else if let node, node.has(.cname) {
        report(owner, .targetIsAlias(set.type, target))
      } else if node?.cover == nil, !isSynthesised(target) {
        report(owner, .noAddress(set.type, target))
      }
    }
  }

  /// Whether `target` is answered by a wildcard, lies in another zone, or is redirected.
  private func isSynthesised(_ target: Name) -> Bool {
    var above = target.parent
    while let name = above, name.isSubdomain(of: apex) {
      if let index = indexes[name] {
        return nodes[index].wildcard != nil || nodes[index].cover != nil || nodes[index].has(.dname)
      }
      above = name.parent
    }
    return false
  }
}
