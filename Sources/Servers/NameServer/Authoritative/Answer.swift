// The answer to one query: RFC 1034 §4.3.2 with wildcards (RFC 4592), redirections (RFC 6672), negative answers (RFC 2308) and EDNS (RFC 6891).
// It walks zone images with pointers and copies ready pieces; nothing is allocated.
// Not here: the messages' bytes (QueryReading.swift, ReplyWriter.swift). Read next: ZoneImage.swift.
import DNS

/// Memory that answering one query after the other needs; one for each loop.
struct AnswerScratch {
  /// The name being looked up, folded.
  let name: UnsafeMutableRawPointer
  /// Where each of its labels begins.
  let starts: UnsafeMutablePointer<UInt8>
  /// The names looked up before it on the way, folded.
  let trail: UnsafeMutableRawPointer
  /// The nodes whose addresses were added.
  let added: UnsafeMutablePointer<ImageOffset>

  /// Unit: bytes for one name: 255, padded, and eight zeros.
  static let nameSize = 272
  /// Unit: nodes. More than fit into a datagram; past it an address may stand twice.
  static let addedMax = 64

  init(chainMax: Int) {
    name = .allocate(byteCount: AnswerScratch.nameSize, alignment: 8)
    starts = .allocate(capacity: 128)
    trail = .allocate(byteCount: AnswerScratch.nameSize * (chainMax + 1), alignment: 8)
    added = .allocate(capacity: AnswerScratch.addedMax)
  }

  func release() {
    name.deallocate()
    starts.deallocate()
    trail.deallocate()
    added.deallocate()
  }
}

/// One answer in the making.
struct Answer {
  let tables: AuthorityTables
  let scratch: AnswerScratch
  let query: Query
  var reply: ReplyWriter
  var responseCode: UInt16 = 0
  var isAuthoritative = false
  var isTruncated = false
  /// RFC 8914: why; nil: nothing to say.
  var extendedError: UInt16?
  let isDatagram: Bool

  // The name being looked up now: its size, and where it stands in the message: the first `split` bytes at `head`, the rest at `tail`.
  private var nameCount: Int
  private var labelCount: Int
  private var split = 256
  private var head = Limits.questionAt
  private var tail = 0
  /// Unit: names in `scratch.trail`.
  private var steps = 0
  private var addedCount = 0

  init(_ query: Query, tables: AuthorityTables, scratch: AnswerScratch, reply: ReplyWriter, isDatagram: Bool) {
    self.query = query
    self.tables = tables
    self.scratch = scratch
    self.reply = reply
    self.isDatagram = isDatagram
    nameCount = query.nameCount
    labelCount = query.labelCount
  }

  /// What one look at a zone came to.
  private enum Outcome { case done, follow }

  /// Where the byte `offset` of the name being looked up stands in the message.
  @inline(__always)
  private func place(_ offset: Int) -> Int { offset < split ? head &+ offset : tail &+ offset &- split }

  /// Where the name's ending of `count` bytes stands in the message.
  @inline(__always)
  private func placeOfEnding(_ count: Int) -> Int { place(nameCount &- count) }

  /// Fills the three sections.
  @inline(__always)
  mutating func compose() {
    FoldedName.fold(query.bytes + Limits.questionAt, nameCount, to: scratch.name)
    while true {
      // A chain ends at a steered name: who asks for that one by itself is told the right edge, and keeps it for as long as it is right.
      if steps > 0, let steering = tables.steering, steering._withUnsafeGuaranteedRef({ $0.index(of: scratch.name, nameCount) }) != nil { return }
      guard let zone = tables.zone(above: scratch, nameCount, labelCount, isForDS: query.type == RecordType.ds.rawValue) else {
        // RFC 1034 §4.3.2 step 3a: where a chain leads out of our zones the asker goes on by itself.
        if steps == 0 { refuse(ExtendedErrorCode.notAuthoritative) }
        return
      }
      guard look(in: zone.pointee) == .follow else { return }
    }
  }

  /// RFC 8914 §4.21: outside our zones we say nothing.
  mutating func refuse(_ why: ExtendedErrorCode) {
    responseCode = ResponseCode.refused.rawValue
    extendedError = why.rawValue
  }

  @inline(__always)
  private mutating func look(in zone: ZoneView) -> Outcome {
    let exact = zone.find(scratch.name, nameCount)
    if exact != 0 {
      let node = zone.node(exact)
      if node.cover == 0 { return answer(from: node, at: exact, zone) }
      // RFC 4035 §3.1.4.1: the parent side of a cut answers for DS, and nothing else.
      if node.cover == exact, query.type == RecordType.ds.rawValue { return answer(from: node, at: exact, zone) }
      return obey(cover: node.cover, zone)
    }
    return lookAbove(zone)
  }

  /// The name does not exist: what its closest encloser says (RFC 4592 §3.3.1).
  private mutating func lookAbove(_ zone: ZoneView) -> Outcome {
    // Every name above an existing one exists, so the deepest is found by halving.
    var low = zone.apexLabels
    var high = Swift.min(labelCount &- 1, zone.labelsMax)
    var encloser = zone.apex
    while low < high {
      let middle = (low &+ high &+ 1) / 2
      let start = Int(scratch.starts[labelCount &- middle])
      let found = zone.find(scratch.name + start, nameCount &- start)
      if found != 0 {
        encloser = found
        low = middle
      } else {
        high = middle &- 1
      }
    }
    let node = zone.node(encloser)
    if node.cover != 0 { return obey(cover: node.cover, zone) }
    if node.isRedirection { return redirect(node, zone) }
    if node.wildcard != 0 {
      let wildcard = zone.node(node.wildcard)
      // RFC 4592 §4.2 leaves NS at a wildcard open; like other servers we refer, for the name that was asked.
      if wildcard.isCut, query.type != RecordType.ds.rawValue { return refer(to: wildcard, owner: place(0), zone) }
      return answer(from: wildcard, at: node.wildcard, zone)
    }
    isAuthoritative = isAuthoritative || steps == 0
    // RFC 2308 §2.1, RFC 6604 §3: the code tells of the last name of a chain.
    responseCode = ResponseCode.noSuchName.rawValue
    appendNegative(zone)
    return .done
  }

  /// The node exists and nothing hides it.
  @inline(__always)
  private mutating func answer(from node: NodeView, at offset: ImageOffset, _ zone: ZoneView) -> Outcome {
    if steps == 0 { isAuthoritative = true }
    if query.type == RecordType.any.rawValue { return answerAny(from: node, zone) }
    let found = node.set(query.type)
    if found != 0 {
      let set = zone.set(found)
      let start = reply.count
      guard append(set, owner: place(0), zone, in: .answer) else { return truncate() }
      if tables.isFull { complete(set, at: start, zone) }
      return .done
    }
    let alias = node.set(RecordType.cname.rawValue)
    if alias != 0 { return follow(zone.set(alias), zone) }
    appendNegative(zone)
    return .done
  }

  /// RFC 8482 §4.1: over UDP one set is enough of an answer to ANY; over TCP, where nobody can be flooded, all of them.
  private mutating func answerAny(from node: NodeView, _ zone: ZoneView) -> Outcome {
    if node.setCount == 0 { appendNegative(zone) }
    let count = isDatagram ? Swift.min(1, node.setCount) : node.setCount
    for index in 0..<count {
      guard append(zone.set(node.set(at: index)), owner: place(0), zone, in: .answer) else { return truncate() }
    }
    return .done
  }

  /// RFC 2308 §3: the SOA record tells how long to remember that there is nothing.
  private mutating func appendNegative(_ zone: ZoneView) {
    let apexAt = placeOfEnding(zone.apexCount)
    guard append(zone.set(zone.negativeSOA), owner: apexAt, zone, in: .authority) else {
      _ = truncate()
      return
    }
  }

  /// The topmost thing above the name is a cut or a redirection.
  private mutating func obey(cover: ImageOffset, _ zone: ZoneView) -> Outcome {
    let node = zone.node(cover)
    return node.isCut ? refer(to: node, owner: placeOfEnding(node.nameCount), zone) : redirect(node, zone)
  }

  /// RFC 1034 §4.3.2 step 3b: whom to ask instead, with the addresses that only we know.
  private mutating func refer(to node: NodeView, owner: Int, _ zone: ZoneView) -> Outcome {
    let set = zone.set(node.set(RecordType.ns.rawValue))
    let start = reply.count
    guard append(set, owner: owner, zone, in: .authority) else { return truncate() }
    guard appendAddresses(of: set, at: start, zone, isReferral: true) else { return truncate() }
    return .done
  }

  // Not done: RFC 4035 §3.1, the signatures and denials of signed zones.

  @inline(__always)
  private mutating func append(_ set: RecordSetView, owner: Int, _ zone: ZoneView, in section: ReplyWriter.Section) -> Bool {
    reply.append(
      set, owner: owner, apexAt: set.patchCount == 0 ? 0 : placeOfEnding(zone.apexCount), in: section, apexName: zone.node(zone.apex).name)
  }

  /// RFC 2181 §9: what was required did not fit. The asker gets the question and comes back over TCP.
  private mutating func truncate() -> Outcome {
    isTruncated = true
    reply.rewind(to: query.questionEnd)
    return .done
  }
}

// Additional data

extension Answer {
  /// Appends the addresses of the names in the data of `set`, which was written at `start`. False: one that nobody else knows did not fit
  /// (of a referral; elsewhere what does not fit is left out).
  private mutating func appendAddresses(of set: RecordSetView, at start: Int, _ zone: ZoneView, isReferral: Bool) -> Bool {
    let isReachable = start &+ set.wireCount <= ReplyWriter.pointerReach
    for index in 0..<set.targetCount {
      let target = set.target(index)
      if wasAdded(target.node) { continue }
      let node = zone.node(target.node)
      let owner = isReachable ? start &+ target.nameAt : ReplyWriter.pointerReach
      let hasFour = appendAddress(node.set(RecordType.a.rawValue), owner: owner, zone)
      let hasSix = appendAddress(node.set(RecordType.aaaa.rawValue), owner: owner, zone)
      // RFC 9471 §3.1: all addresses of servers inside the delegation, or TC.
      if !(hasFour && hasSix), target.isInside, isReferral { return false }
    }
    return true
  }

  /// False: there is no room for the set at `offset`. A set that does not exist fits.
  private mutating func appendAddress(_ offset: ImageOffset, owner: Int, _ zone: ZoneView) -> Bool {
    if offset == 0 { return true }
    return reply.append(zone.set(offset), owner: owner, apexAt: 0, in: .additional, apexName: zone.node(zone.apex).name)
  }

  private mutating func wasAdded(_ node: ImageOffset) -> Bool {
    for index in 0..<addedCount where scratch.added[index] == node { return true }
    if addedCount < AnswerScratch.addedMax {
      scratch.added[addedCount] = node
      addedCount &+= 1
    }
    return false
  }

  /// What a full answer adds to the data: the zone's servers and every address the asker would ask for next. What does not fit is left out.
  private mutating func complete(_ set: RecordSetView, at start: Int, _ zone: ZoneView) {
    let apexAt = placeOfEnding(zone.apexCount)
    let servers = zone.set(zone.servers)
    let isServers = query.type == RecordType.ns.rawValue
    let serversStart = reply.count
    let hasServers = !isServers && append(servers, owner: apexAt, zone, in: .authority)
    if set.targetCount > 0 { _ = appendAddresses(of: set, at: start, zone, isReferral: false) }
    if hasServers { _ = appendAddresses(of: servers, at: serversStart, zone, isReferral: false) }
  }
}

// Chains

extension Answer {
  /// RFC 1034 §4.3.2 step 3a: the name is an alias; go on with what it stands for.
  private mutating func follow(_ alias: RecordSetView, _ zone: ZoneView) -> Outcome {
    let start = reply.count
    guard append(alias, owner: place(0), zone, in: .answer) else { return truncate() }
    guard rememberName() else { return .done }
    let apexAt = placeOfEnding(zone.apexCount)
    // The target as it stands in the zone: labels, then the end or the mark of the apex.
    let target = alias.wire + RecordSetView.recordHeaderSize
    var index = 0
    while true {
      let length = Int(target.load(fromByteOffset: index, as: UInt8.self))
      if length == 0 || length >= 0xC0 { break }
      index &+= 1 &+ length
    }
    head = start &+ RecordSetView.recordHeaderSize
    let isInZone = alias.patchCount > 0
    FoldedName.fold(target, isInZone ? index : index &+ 1, to: scratch.name)
    if isInZone {
      let apex = zone.node(zone.apex)
      (scratch.name + index).copyMemory(from: apex.name, byteCount: apex.nameCount)
      nameCount = index &+ apex.nameCount
      split = index
      tail = apexAt
    } else {
      nameCount = index &+ 1
      split = 256
    }
    return measureName() ? .follow : .done
  }

  /// RFC 6672 §3.1: everything below this node is somewhere else; say so, and make the CNAME that follows from it.
  private mutating func redirect(_ node: NodeView, _ zone: ZoneView) -> Outcome {
    if steps == 0 { isAuthoritative = true }
    let set = zone.set(node.set(RecordType.dname.rawValue))
    let start = reply.count
    let kept = nameCount &- node.nameCount
    guard append(set, owner: place(kept), zone, in: .answer) else { return truncate() }
    let target = set.wire + RecordSetView.recordHeaderSize
    let targetCount = Int(UInt16(bigEndian: set.wire.loadUnaligned(fromByteOffset: 10, as: UInt16.self)))
    // RFC 6672 §3.1: a name that would be too long is an error of the asker's name.
    guard kept &+ targetCount <= 255 else {
      responseCode = ResponseCode.nameExists.rawValue
      return .done
    }
    let alias = reply.count
    guard reply.count &+ RecordSetView.recordHeaderSize &+ kept &+ 2 <= reply.limit else { return truncate() }
    let targetAt = start &+ RecordSetView.recordHeaderSize
    reply.store(0xC000 | UInt16(truncatingIfNeeded: place(0)), at: alias)
    reply.store(RecordType.cname.rawValue, at: alias &+ 2)
    reply.store(RecordClass.internet.rawValue, at: alias &+ 4)
    // RFC 6672 §3.1: the made CNAME lives as long as the DNAME.
    reply.store(set.ttl, at: alias &+ 6)
    reply.store(UInt16(truncatingIfNeeded: kept &+ 2), at: alias &+ 10)
    var index = 0
    while index < kept {
      let byte = reply.base.load(fromByteOffset: place(index), as: UInt8.self)
      reply.base.storeBytes(of: byte, toByteOffset: alias &+ RecordSetView.recordHeaderSize &+ index, as: UInt8.self)
      index &+= 1
    }
    reply.store(0xC000 | UInt16(truncatingIfNeeded: targetAt), at: alias &+ RecordSetView.recordHeaderSize &+ kept)
    reply.count = alias &+ RecordSetView.recordHeaderSize &+ kept &+ 2
    reply.answers &+= 1
    // RFC 6672 §3.2 says to go on; but who asks for the alias itself has it now.
    guard query.type != RecordType.cname.rawValue, query.type != RecordType.any.rawValue, rememberName() else { return .done }
    // The redirection's end is folded into place after the labels that stay.
    (scratch.name + kept).copyMemory(from: target, byteCount: targetCount)
    nameCount = kept &+ targetCount
    split = kept
    head = alias &+ RecordSetView.recordHeaderSize
    tail = targetAt
    return measureName() ? .follow : .done
  }

  /// Puts the name on the trail. False: the chain is as long as it may get.
  private mutating func rememberName() -> Bool {
    guard steps < tables.chainMax else { return false }
    let entry = scratch.trail + steps &* AnswerScratch.nameSize
    entry.storeBytes(of: UInt8(truncatingIfNeeded: nameCount), toByteOffset: AnswerScratch.nameSize &- 1, as: UInt8.self)
    entry.copyMemory(from: scratch.name, byteCount: FoldedName.padded(nameCount))
    steps &+= 1
    return true
  }

  /// Folds the next name of a chain and finds its labels. False: the chain has been there already.
  private mutating func measureName() -> Bool {
    let name = scratch.name
    let padded = FoldedName.padded(nameCount)
    var index = nameCount
    while index < padded &+ 8 {
      name.storeBytes(of: 0, toByteOffset: index, as: UInt8.self)
      index &+= 1
    }
    index = 0
    while index < padded {
      name.storeBytes(of: FoldedName.folded(name.load(fromByteOffset: index, as: UInt64.self)), toByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    labelCount = 0
    index = 0
    while index < nameCount &- 1, labelCount < 127 {
      scratch.starts[labelCount] = UInt8(truncatingIfNeeded: index)
      labelCount &+= 1
      index &+= 1 &+ Int(name.load(fromByteOffset: index, as: UInt8.self))
    }
    for step in 0..<steps {
      let entry = scratch.trail + step &* AnswerScratch.nameSize
      let count = Int(entry.load(fromByteOffset: AnswerScratch.nameSize &- 1, as: UInt8.self))
      if count == nameCount, FoldedName.equal(entry, name, count) { return false }
    }
    return true
  }
}
