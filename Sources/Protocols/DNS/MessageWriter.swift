// Writes the parts of a message one after the other into memory of a fixed size, compressing names.
// What does not fit is not written, and the writer remembers that. Read next: MessageWriting.swift, which decides what to leave out.

/// A message being written. It borrows the memory: that must outlive it.
public struct MessageWriter {
  /// Whether a name may be written as a pointer.
  public enum NameForm: Sendable { case compressed, whole }

  /// Which names a pointer may stand for.
  public enum Compression: Sendable {
    /// Names that are the same but for case: the shortest message; a name may come out in the case of its first mention.
    case ignoringCase
    /// Names that are the same to the letter.
    case keepingCase
    /// None.
    case none
  }

  private let memory: UnsafeMutableRawBufferPointer
  /// Unit: bytes there is memory for.
  public var capacity: Int { memory.count }
  /// Unit: bytes written so far.
  public private(set) var count = 0
  /// Whether something did not fit. What was written from then on is worthless: go back with `rewind`.
  public private(set) var isOverfull = false
  private let compression: Compression
  private var suffixes = SuffixTable()
  /// The owner written last, and where it begins; 0: nowhere yet.
  private var lastOwner = Name.root
  private var lastPlace = 0

  /// A writer at the start of `memory`, which is also the most it writes.
  public init(into memory: UnsafeMutableRawBufferPointer, compression: Compression = .ignoringCase) {
    self.memory = memory
    self.compression = compression
  }

  /// Appends in network byte order.
  @inline(__always)
  public mutating func append<T: FixedWidthInteger>(_ value: T) {
    let size = MemoryLayout<T>.size
    guard room(for: size) else { return }
    memory.storeBytes(of: value.bigEndian, toByteOffset: count, as: T.self)
    count &+= size
  }

  public mutating func append(bytes: [UInt8]) {
    guard room(for: bytes.count) else { return }
    bytes.withUnsafeBytes { copy($0) }
  }

  /// RFC 1035 §3.3: a length byte and the bytes; what is past 255 of them cannot be said and is left out.
  mutating func append(characterString bytes: [UInt8]) {
    append(UInt8(clamping: bytes.count))
    append(bytes: bytes.count <= 255 ? bytes : Array(bytes.prefix(255)))
  }

  /// Overwrites two bytes written before.
  public mutating func overwrite(at offset: Int, with value: UInt16) {
    guard offset >= 0, offset &+ 2 <= count else { return }
    memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  /// Forgets everything from `offset` on; names that were mentioned only there too.
  public mutating func rewind(to offset: Int) {
    count = Swift.max(0, Swift.min(offset, count))
    isOverfull = false
    suffixes.forget(from: count)
    if lastPlace >= count { lastPlace = 0 }
  }

  @inline(__always)
  private mutating func room(for size: Int) -> Bool {
    if memory.count &- count >= size { return true }
    isOverfull = true
    return false
  }

  private mutating func copy(_ source: UnsafeRawBufferPointer) {
    guard let from = source.baseAddress, let to = memory.baseAddress else { return }
    (to + count).copyMemory(from: from, byteCount: source.count)
    count &+= source.count
  }
}

// Names

extension MessageWriter {
  /// Appends a name. Whole ones are remembered too, so that later names may point at them.
  public mutating func append(_ name: Name, _ form: NameForm) {
    name.wire.withUnsafeBytes { wire in
      guard wire.count > 1, compression != .none, let base = wire.baseAddress else {
        if room(for: wire.count) { copy(wire) }
        return
      }
      withUnsafeTemporaryAllocation(of: Suffix.self, capacity: Limits.Format.labelsMax + 1) { suffixes in
        append(wire, base, form, suffixes)
      }
    }
  }

  /// Appends the name of a question or the owner of a record. Most owners are the one before, or the question's: that is tried first.
  public mutating func append(owner name: Name) {
    if lastPlace != 0, compression == .ignoringCase ? lastOwner == name : lastOwner.isIdentical(to: name) {
      return append(UInt16(truncatingIfNeeded: 0xC000 | lastPlace))
    }
    let start = count
    append(name, .compressed)
    // A name that is only a pointer, or past the reach of one, is no place to point at.
    guard compression != .none, count &- start > 2, !isOverfull, start < Limits.Format.pointerReach else { return }
    lastOwner = name
    lastPlace = start
  }

  /// Where a suffix of a name begins in it, and its hash.
  private struct Suffix {
    var start: UInt8
    var hash: UInt16
  }

  private mutating func append(
    _ wire: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, _ form: NameForm, _ scratch: UnsafeMutableBufferPointer<Suffix>
  ) {
    var labels = 0
    var index = 0
    while index < wire.count, labels < scratch.count, wire[index] != 0 {
      scratch.initializeElement(at: labels, to: Suffix(start: UInt8(truncatingIfNeeded: index), hash: 0))
      labels &+= 1
      index &+= 1 &+ Int(wire[index])
    }
    // From the right: each suffix already written is found by its leftmost label and the place of the suffix after it.
    var known = labels
    var place: Int?
    var hash: UInt32 = 0
    var isFound = true
    for label in stride(from: labels &- 1, through: 0, by: -1) {
      let start = Int(scratch[label].start)
      let size = Int(wire[start]) &+ 1
      hash = SuffixTable.hash(base + start, size, after: hash)
      scratch[label].hash = UInt16(truncatingIfNeeded: hash >> 16)
      guard isFound, let found = find(scratch[label].hash, base + start, size, before: place) else {
        isFound = false
        continue
      }
      place = found
      known = label
    }
    let written = form == .compressed ? known : labels
    let end = written < labels ? Int(scratch[written].start) : wire.count
    guard room(for: written < labels ? end &+ 2 : end) else { return }
    for label in 0..<known where count &+ Int(scratch[label].start) < Limits.Format.pointerReach {
      suffixes.insert(scratch[label].hash, at: count &+ Int(scratch[label].start))
    }
    copy(UnsafeRawBufferPointer(start: base, count: end))
    if written < labels, let place { append(UInt16(truncatingIfNeeded: 0xC000 | place)) }
  }

  /// Where the suffix stands that begins with the label at `label` and goes on with the suffix at `next` (nil: with the root).
  private func find(_ hash: UInt16, _ label: UnsafeRawPointer, _ size: Int, before next: Int?) -> Int? {
    suffixes.find(hash) { offset in
      let after = offset &+ size
      guard after < count, let base = memory.baseAddress else { return false }
      let same = compression == .ignoringCase
        ? CaseFolding.equal(base + offset, label, size)
        : UnsafeRawBufferPointer(start: base + offset, count: size).elementsEqual(UnsafeRawBufferPointer(start: label, count: size))
      guard same else { return false }
      guard let next else { return memory[after] == 0 }
      if after == next { return true }
      return after &+ 1 < count && memory[after] >= 0xC0 && Int(memory[after] & 0x3F) << 8 | Int(memory[after &+ 1]) == next
    }
  }
}

/// Where in the message the endings of names stand: at most 64 of them, so that the work per name is bounded.
struct SuffixTable {
  private var offsets = InlineArray<128, UInt16>(repeating: 0)
  private var hashes = InlineArray<128, UInt16>(repeating: 0)
  private var entries = 0

  /// The hash of a suffix from that of the suffix after it.
  @inline(__always)
  static func hash(_ label: UnsafeRawPointer, _ size: Int, after hash: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: CaseFolding.hash(label, size, seed: UInt64(hash)))
  }

  /// The first offset with this hash that `isMatch` accepts. Offset 0 is the header's, and means an empty slot.
  @inline(__always)
  func find(_ hash: UInt16, _ isMatch: (Int) -> Bool) -> Int? {
    var slot = Int(hash & 127)
    while offsets[slot] != 0 {
      if hashes[slot] == hash, isMatch(Int(offsets[slot])) { return Int(offsets[slot]) }
      slot = (slot &+ 1) & 127
    }
    return nil
  }

  mutating func insert(_ hash: UInt16, at offset: Int) {
    guard entries < 64 else { return }
    var slot = Int(hash & 127)
    while offsets[slot] != 0 { slot = (slot &+ 1) & 127 }
    offsets[slot] = UInt16(truncatingIfNeeded: offset)
    hashes[slot] = hash
    entries &+= 1
  }

  /// Forgets what stands at `offset` or after it.
  mutating func forget(from offset: Int) {
    var kept = SuffixTable()
    for slot in 0..<128 where offsets[slot] != 0 && Int(offsets[slot]) < offset { kept.insert(hashes[slot], at: Int(offsets[slot])) }
    self = kept
  }
}
