// A zone that is ready to answer, or the reasons why it is not. Immutable: a changed zone is another zone.
// Not here: reading master files (DNS), the checks (ZoneDraft.swift), the memory's picture (ZoneImage.swift), answering (Answer.swift).
package import DNS
import World

/// One zone: everything from its apex down to its delegations.
package final class Zone: Sendable {
  /// The name at the top.
  package let apex: Name
  /// The data of the apex's SOA record.
  package let authority: StartOfAuthority
  /// Unit: records.
  package let recordCount: Int
  /// Names that exist, empty ones in between included. Unit: names.
  package let nameCount: Int
  /// What the zone takes in memory. Unit: bytes.
  package let byteCount: Int
  /// What looks wrong but can be served.
  package let warnings: [ZoneProblem]

  /// Unchecked: the memory behind it is never written after this object's making.
  nonisolated(unsafe) let view: ZoneView
  /// The nodes, the apex first.
  private let nodes: [ImageOffset]

  /// The zone at `apex` (nil: where the SOA record is) made of `records`. Throws when they do not make a zone.
  package init(apex: Name? = nil, records: some Sequence<ResourceRecord>, limits: Limits = Limits()) throws(ZoneErrors) {
    var draft = try ZoneDraft(apex: apex, records: records, limits: limits)
    let problems = draft.check()
    let errors = problems.filter(\.isError)
    guard errors.isEmpty, let authority = draft.authority else { throw ZoneErrors(errors) }
    self.apex = draft.apex
    self.authority = authority
    recordCount = draft.recordCount
    nameCount = draft.nodes.count
    warnings = problems.filter { !$0.isError }
    var writer = ZoneImageWriter(draft)
    let image = try writer.finish()
    view = image.0
    nodes = writer.offsets
    byteCount = image.1 + nodes.count * MemoryLayout<ImageOffset>.stride
  }

  /// All records, read back from memory: the SOA record first, the rest in the order in which their names came. Owners are in lower case.
  package var records: [ResourceRecord] {
    var records: [ResourceRecord] = []
    records.reserveCapacity(recordCount)
    withUnsafeTemporaryAllocation(byteCount: DNS.Limits.Format.messageMax, alignment: 8) { memory in
      guard let base = memory.baseAddress else { return }
      for offset in nodes {
        let node = view.node(offset)
        for index in 0..<node.setCount { append(view.set(node.set(at: index)), of: node, base, to: &records) }
      }
    }
    if let start = records.firstIndex(where: { $0.type == .soa }), start > 0 { records.insert(records.remove(at: start), at: 0) }
    return records
  }

  /// Reads a set as if it stood in a message behind its owner.
  private func append(_ set: RecordSetView, of node: NodeView, _ base: UnsafeMutableRawPointer, to records: inout [ResourceRecord]) {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: DNS.Limits.Format.headerSize)
    (base + Limits.questionAt).copyMemory(from: node.name, byteCount: node.nameCount)
    let start = Limits.questionAt + node.nameCount
    var reply = ReplyWriter(base: base, count: start, limit: DNS.Limits.Format.messageMax)
    let isWhole = reply.append(
      set, owner: Limits.questionAt, apexAt: start - view.apexCount, in: .answer, apexName: view.node(view.apex).name)
    var reader = MessageReader(UnsafeRawBufferPointer(start: base, count: reply.count))
    guard isWhole, (try? reader.header()) != nil, (try? reader.skipName()) != nil else { return Invariant.broken("a set that fits into no message") }
    for _ in 0..<set.recordCount {
      guard let record = try? reader.record() else { return Invariant.broken("a record that does not read back") }
      records.append(record)
    }
  }

  deinit {
    view.base.deallocate()
    view.slots.release()
  }
}

/// Why records do not make a zone.
package struct ZoneErrors: Error, Sendable, Hashable, CustomStringConvertible {
  /// Never empty.
  package var problems: [ZoneProblem]

  init(_ problems: [ZoneProblem]) { self.problems = problems }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Something wrong with a zone.
package struct ZoneProblem: Sendable, Hashable, CustomStringConvertible {
  /// The name it is about.
  package var owner: Name
  package var kind: Kind

  package enum Kind: Sendable, Hashable {
    case noStartOfAuthority, severalStartsOfAuthority, startOfAuthorityBelowApex
    case noServers
    case outsideZone
    case wrongClass(RecordClass)
    case notData(RecordType)
    case aliasAndOtherData, severalAliases, severalRedirections
    case tooManyTypes, setTooLarge(RecordType), zoneTooLarge
    /// A server of the delegation lies inside it, and no address of it is given.
    case glueMissing(Name)
    /// The name lies in this zone and has no address.
    case noAddress(RecordType, Name)
    /// The data leads to an alias.
    case targetIsAlias(RecordType, Name)
    /// Hidden by the delegation or redirection at the name.
    case hidden(by: Name)
    case differentLifetimes(RecordType)
    case wildcardDelegation
  }

  /// Whether the zone cannot be served because of it.
  package var isError: Bool {
    switch kind {
    case .glueMissing, .noAddress, .targetIsAlias, .hidden, .differentLifetimes, .wildcardDelegation: false
    default: true
    }
  }

  package var description: String {
    let text =
      switch kind {
      case .noStartOfAuthority: "no SOA record at the apex (RFC 1035 §5.2)"
      case .severalStartsOfAuthority: "more than one SOA record (RFC 2181 §6.1)"
      case .startOfAuthorityBelowApex: "an SOA record below the apex (RFC 1035 §5.2)"
      case .noServers: "no NS record at the apex (RFC 2181 §6.1)"
      case .outsideZone: "lies outside the zone"
      case .wrongClass(let found): "class \(found) in a zone of class IN (RFC 1035 §5.2)"
      case .notData(let type): "\(type) is not a type of data (RFC 6895 §3.1)"
      case .aliasAndOtherData: "a CNAME record beside other data (RFC 1034 §3.6.2)"
      case .severalAliases: "more than one CNAME record (RFC 2181 §10.1)"
      case .severalRedirections: "more than one DNAME record (RFC 6672 §2.4)"
      case .tooManyTypes: "more than 200 record types at one name"
      case .setTooLarge(let type): "the \(type) records together do not fit into a message"
      case .zoneTooLarge: "the zone takes more than 4 GiB"
      case .glueMissing(let server): "no address for its server \(server), which lies inside the delegation (RFC 1034 §4.2.1)"
      case .noAddress(let type, let target): "\(type) leads to \(target), which has no address"
      case .targetIsAlias(let type, let target): "\(type) leads to \(target), which is an alias (RFC 2181 §10.3)"
      case .hidden(let cover): "is hidden by the records at \(cover)"
      case .differentLifetimes(let type): "the \(type) records have different TTLs; the smallest is used (RFC 2181 §5.2)"
      case .wildcardDelegation: "NS records at a wildcard (RFC 4592 §4.2)"
      }
    return "\(owner) \(isError ? "" : "(warning) ")\(text)"
  }
}
