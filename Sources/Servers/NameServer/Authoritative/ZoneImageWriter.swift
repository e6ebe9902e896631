// Lays a checked zone out in memory: nodes, record sets ready for copying, the table of names. The picture is in ZoneImage.swift.
// Read next: RecordSetEncoding.swift, which writes the records themselves.
import DNS

/// Writes the image of one zone.
struct ZoneImageWriter {
  private let draft: ZoneDraft
  private var bytes: [UInt8] = []
  /// Where each node of the draft stands.
  private(set) var offsets: [ImageOffset] = []
  /// Where the offset of a node is to be written, once all nodes stand.
  private var references: [(at: Int, node: Int)] = []
  private var negativeSOA: ImageOffset = 0

  init(_ draft: ZoneDraft) {
    self.draft = draft
    bytes.reserveCapacity(draft.nodes.count * 64 + draft.recordCount * 48 + 1_024)
    offsets.reserveCapacity(draft.nodes.count)
  }

  /// The finished image, in memory that the caller releases, and its size in bytes.
  mutating func finish() throws(ZoneErrors) -> (ZoneView, Int) {
    // Offset zero refers to nothing.
    bytes = Array(repeating: 0, count: 8)
    for index in draft.nodes.indices {
      try append(draft.nodes[index], index)
      guard bytes.count < Int(UInt32.max) - 1_048_576 else { throw ZoneErrors([ZoneProblem(owner: draft.apex, kind: .zoneTooLarge)]) }
    }
    for reference in references { write(offsets[reference.node], at: reference.at) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count + 8, alignment: 8)
    bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count) }
    memory.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt64.self)
    let base = UnsafeRawPointer(memory)
    let slots = NameSlots(for: offsets.count)
    var labelsMax = 0
    for (index, offset) in offsets.enumerated() {
      let node = NodeView(pointer: base + Int(offset))
      slots.insert(FoldedName.hash(node.name, node.nameCount), offset)
      labelsMax = max(labelsMax, draft.nodes[index].name.labelCount)
    }
    let apex = NodeView(pointer: base + Int(offsets[0]))
    let view = ZoneView(
      base: base, slots: slots, apex: offsets[0], apexCount: apex.nameCount, apexLabels: draft.apex.labelCount, labelsMax: labelsMax,
      negativeSOA: negativeSOA, servers: apex.set(RecordType.ns.rawValue))
    return (view, bytes.count + 8 + slots.byteCount)
  }

  private mutating func append(_ node: ZoneDraft.Node, _ index: Int) throws(ZoneErrors) {
    align()
    let start = bytes.count
    offsets.append(ImageOffset(start))
    if let cover = node.cover { references.append((start, cover)) }
    if let wildcard = node.wildcard { references.append((start + 4, wildcard)) }
    let name = FoldedName.bytes(of: node.name)
    let nameCount = node.name.wire.count
    append(UInt64(0))
    append((node.cover == index ? NodeView.cut : 0) | (node.has(.dname) ? NodeView.redirection : 0))
    bytes.append(UInt8(truncatingIfNeeded: nameCount))
    bytes.append(UInt8(truncatingIfNeeded: node.sets.count))
    append(UInt32(0))
    bytes += name.prefix(FoldedName.padded(nameCount))
    let directory = bytes.count
    for set in node.sets {
      append(set.type.rawValue)
      append(UInt16(0))
      append(UInt32(0))
    }
    for (position, set) in node.sets.enumerated() {
      write(try append(set, of: node), at: directory + position * 8 + 4)
      guard index == 0, set.type == .soa, let authority = draft.authority else { continue }
      // RFC 2308 §3: in a negative answer the SOA record lives no longer than the answer itself.
      var negative = set
      negative.ttl = min(set.ttl, authority.minimum)
      negativeSOA = try append(negative, of: node)
    }
  }

  private mutating func append(_ set: ZoneDraft.RecordSet, of node: ZoneDraft.Node) throws(ZoneErrors) -> ImageOffset {
    align()
    let start = bytes.count
    let wire = RecordSetEncoding(set, apex: draft.apex)
    guard wire.bytes.count <= ZoneDraft.setBytesMax else { throw ZoneErrors([ZoneProblem(owner: node.name, kind: .setTooLarge(set.type))]) }
    let targets = targets(of: set, wire, owner: node.name)
    append(set.type.rawValue)
    append(UInt16(truncatingIfNeeded: set.data.count))
    append(UInt32(truncatingIfNeeded: wire.bytes.count))
    append(UInt16(truncatingIfNeeded: wire.patches.count))
    append(UInt16(truncatingIfNeeded: targets.count))
    for target in targets {
      references.append((bytes.count, target.node))
      append(UInt32(0))
      append(UInt16(truncatingIfNeeded: target.nameAt))
      append(UInt16(target.isInside ? 1 : 0))
    }
    for patch in wire.patches { append(UInt16(truncatingIfNeeded: patch)) }
    bytes += wire.bytes
    return ImageOffset(start)
  }

  /// The names in the data of `set` whose addresses this zone knows: those inside the delegation first.
  private func targets(
    of set: ZoneDraft.RecordSet, _ wire: RecordSetEncoding, owner: Name
  ) -> [(node: Int, nameAt: Int, isInside: Bool)] {
    guard [.ns, .mx, .srv].contains(set.type) else { return [] }
    var targets: [(node: Int, nameAt: Int, isInside: Bool)] = []
    for (index, data) in set.data.enumerated() {
      guard let target = data.target, let node = draft.index(of: target), draft.nodes[node].hasAddress else { continue }
      targets.append((node, wire.targets[index], target.isSubdomain(of: owner)))
    }
    return targets.filter(\.isInside) + targets.filter { !$0.isInside }
  }

  // In the machine's byte order: this memory is never sent.

  private mutating func align() { while bytes.count % 4 != 0 { bytes.append(0) } }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  private mutating func write(_ value: ImageOffset, at offset: Int) {
    withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<(offset + 4), with: $0) }
  }
}
