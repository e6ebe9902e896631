// Puts a message together from ready pieces: record sets are copied, then their pointers are set for the place they came to stand.
// Not here: which pieces (Answer.swift), the pieces themselves (ZoneImage.swift).
import DNS
import World

/// A message being put together in memory of a fixed size.
struct ReplyWriter {
  let base: UnsafeMutableRawPointer
  /// Unit: bytes written so far.
  var count: Int
  /// Unit: bytes that may be written; the rest is kept for the OPT record.
  var limit: Int
  var answers: UInt16 = 0
  var authorities: UInt16 = 0
  var additionals: UInt16 = 0

  /// The sections records go to.
  enum Section { case answer, authority, additional }

  /// Where pointers cannot lead any more (RFC 1035 §4.1.4).
  static let pointerReach = 0x4000

  @inline(__always)
  func store(_ value: UInt16, at offset: Int) { base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self) }

  @inline(__always)
  func store(_ value: UInt32, at offset: Int) { base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self) }

  @inline(__always)
  private mutating func note(_ records: Int, in section: Section) {
    let records = UInt16(truncatingIfNeeded: records)
    switch section {
    case .answer: answers &+= records
    case .authority: authorities &+= records
    case .additional: additionals &+= records
    }
  }

  /// Forgets every record, not the question that ends at `end`.
  mutating func rewind(to end: Int) {
    count = end
    answers = 0
    authorities = 0
    additionals = 0
  }

  /// Appends a whole set whose owner stands at `owner` in the message and whose zone's apex at `apexAt`. False, and nothing written: no room.
  @inline(__always)
  mutating func append(_ set: RecordSetView, owner: Int, apexAt: Int, in section: Section, apexName: UnsafeRawPointer) -> Bool {
    let length = set.wireCount
    guard count &+ length <= limit, owner < ReplyWriter.pointerReach else { return false }
    let start = count
    let patches = set.patchCount
    if patches != 0, start &+ Swift.min(length, RecordSetView.reach) > ReplyWriter.pointerReach {
      return appendUncompressed(set, owner: owner, in: section, apexName: apexName)
    }
    (base + start).copyMemory(from: set.wire, byteCount: length)
    count = start &+ length
    if owner != Limits.questionAt { setOwners(of: set, from: start, to: owner) }
    var index = 0
    while index < patches {
      let place = start &+ set.patch(index)
      let mark = UInt16(bigEndian: base.loadUnaligned(fromByteOffset: place, as: UInt16.self))
      let target = mark == RecordSetView.apexMark ? apexAt : start &+ Int(mark & 0x3FFF)
      store(0xC000 | UInt16(truncatingIfNeeded: target), at: place)
      index &+= 1
    }
    note(set.recordCount, in: section)
    return true
  }

  /// Appends an address record of the question's name. False, and nothing written: no room.
  mutating func append(_ address: Address, timeToLive: UInt32) -> Bool {
    let bytes = address.bytes
    let end = count &+ RecordSetView.recordHeaderSize &+ bytes.count
    guard end <= limit else { return false }
    store(0xC000 | UInt16(truncatingIfNeeded: Limits.questionAt), at: count)
    store(address.isV6 ? RecordType.aaaa.rawValue : RecordType.a.rawValue, at: count &+ 2)
    store(RecordClass.internet.rawValue, at: count &+ 4)
    store(timeToLive, at: count &+ 6)
    store(UInt16(truncatingIfNeeded: bytes.count), at: count &+ 10)
    (base + (count &+ RecordSetView.recordHeaderSize)).copyMemory(from: bytes, byteCount: bytes.count)
    count = end
    answers &+= 1
    return true
  }

  private func setOwners(of set: RecordSetView, from start: Int, to owner: Int) {
    var place = start
    while place < count {
      store(0xC000 | UInt16(truncatingIfNeeded: owner), at: place)
      let length = UInt16(bigEndian: base.loadUnaligned(fromByteOffset: place &+ 10, as: UInt16.self))
      place &+= RecordSetView.recordHeaderSize &+ Int(length)
    }
  }

  /// Appends a set with the names in its data whole, because pointers do not reach there any more.
  private mutating func appendUncompressed(
    _ set: RecordSetView, owner: Int, in section: Section, apexName: UnsafeRawPointer
  ) -> Bool {
    let start = count
    let wire = set.wire
    var patch = 0
    var place = 0
    while place < set.wireCount {
      let record = count
      let end = place &+ RecordSetView.recordHeaderSize
        &+ Int(UInt16(bigEndian: wire.loadUnaligned(fromByteOffset: place &+ 10, as: UInt16.self)))
      while place < end {
        let stop = patch < set.patchCount ? min(set.patch(patch), end) : end
        guard copy(wire + place, stop &- place) else { return undo(to: start) }
        place = stop
        guard stop < end else { break }
        guard appendName(endingWith: place, of: wire, apexName: apexName) else { return undo(to: start) }
        place &+= 2
        patch &+= 1
      }
      store(0xC000 | UInt16(truncatingIfNeeded: owner), at: record)
      store(UInt16(truncatingIfNeeded: count &- record &- RecordSetView.recordHeaderSize), at: record &+ 10)
    }
    note(set.recordCount, in: section)
    return true
  }

  /// Appends what the patch at `place` of `wire` stands for. Patches lead to before themselves, so this ends.
  private mutating func appendName(endingWith place: Int, of wire: UnsafeRawPointer, apexName: UnsafeRawPointer) -> Bool {
    var mark = UInt16(bigEndian: wire.loadUnaligned(fromByteOffset: place, as: UInt16.self))
    while mark != RecordSetView.apexMark {
      var index = Int(mark & 0x3FFF)
      while true {
        let length = wire.load(fromByteOffset: index, as: UInt8.self)
        if length >= 0xC0 { break }
        guard copy(wire + index, Int(length) &+ 1) else { return false }
        if length == 0 { return true }
        index &+= 1 &+ Int(length)
      }
      mark = UInt16(bigEndian: wire.loadUnaligned(fromByteOffset: index, as: UInt16.self))
    }
    return copy(apexName, nameCount(apexName))
  }

  private func nameCount(_ name: UnsafeRawPointer) -> Int {
    var index = 0
    while name.load(fromByteOffset: index, as: UInt8.self) != 0 { index &+= 1 &+ Int(name.load(fromByteOffset: index, as: UInt8.self)) }
    return index &+ 1
  }

  private mutating func copy(_ source: UnsafeRawPointer, _ length: Int) -> Bool {
    guard count &+ length <= limit else { return false }
    (base + count).copyMemory(from: source, byteCount: length)
    count &+= length
    return true
  }

  private mutating func undo(to start: Int) -> Bool {
    count = start
    return false
  }
}

extension Limits {
  /// Where the question's name stands in every message (RFC 1035 §4.1). Unit: bytes.
  static let questionAt = 12
}
