// A zone as answers read it: one run of memory with nodes and record sets, ready for copying into messages, and a table of names.
// It is written once (ZoneImageWriter.swift) and never changed. Everything refers to everything else by offset; zero refers to nothing.
//
//     node        cover (4) | wildcard (4) | flags (2) | name's length (1) | sets (1) | zeros (4)
//                 name, lower case, zeros to a multiple of eight | per set: type (2), zeros (2), offset (4)
//     record set  type (2) | records (2) | wire's length (4) | patches (2) | targets (2)
//                 per target: node (4), where its name stands in the wire (2), whether it lies inside the delegation (2)
//                 per patch: where it stands in the wire (2) | wire
//     wire        per record: 0xC00C, type, class, TTL, length, data, as if the owner stood right after the header.
//                 Where a compressed name ends in a pointer, a patch says so: 0xFFFF stands for the zone's apex,
//                 0xC000 + n for the n-th byte of this wire.
//
// Read next: Answer.swift.

/// The offset of a node or record set in its zone's image; zero: none.
typealias ImageOffset = UInt32

/// A node in an image: one name.
struct NodeView {
  let pointer: UnsafeRawPointer

  static let headerSize = 16
  /// Flag: NS records stand here, and it is not the apex.
  static let cut: UInt16 = 1
  /// Flag: a DNAME record stands here.
  static let redirection: UInt16 = 2

  /// The topmost zone cut at or above this name, or DNAME above it, whichever is higher: what hides the data here.
  @inline(__always) var cover: ImageOffset { pointer.load(as: UInt32.self) }
  /// The child named `*`.
  @inline(__always) var wildcard: ImageOffset { pointer.load(fromByteOffset: 4, as: UInt32.self) }
  @inline(__always) var flags: UInt16 { pointer.load(fromByteOffset: 8, as: UInt16.self) }
  @inline(__always) var isCut: Bool { flags & NodeView.cut != 0 }
  @inline(__always) var isRedirection: Bool { flags & NodeView.redirection != 0 }
  @inline(__always) var nameCount: Int { Int(pointer.load(fromByteOffset: 10, as: UInt8.self)) }
  @inline(__always) var setCount: Int { Int(pointer.load(fromByteOffset: 11, as: UInt8.self)) }
  @inline(__always) var name: UnsafeRawPointer { pointer + NodeView.headerSize }
  @inline(__always) private var directory: UnsafeRawPointer { name + FoldedName.padded(nameCount) }

  /// The `index`-th record set.
  @inline(__always)
  func set(at index: Int) -> ImageOffset { directory.load(fromByteOffset: index &* 8 &+ 4, as: UInt32.self) }

  /// The record set of this type.
  @inline(__always)
  func set(_ type: UInt16) -> ImageOffset {
    let directory = directory
    var index = 0
    let end = setCount &* 8
    while index < end {
      if directory.load(fromByteOffset: index, as: UInt16.self) == type { return directory.load(fromByteOffset: index &+ 4, as: UInt32.self) }
      index &+= 8
    }
    return 0
  }
}

/// A record set in an image.
struct RecordSetView {
  let pointer: UnsafeRawPointer

  static let headerSize = 12
  /// What a patch for the zone's apex has in the wire.
  static let apexMark: UInt16 = 0xFFFF
  /// Patches lead to before this byte of the wire, so that they hold in every message in which the set begins among the first 512 bytes.
  static let reach = 0x3E00
  /// Unit: bytes of a record before its data.
  static let recordHeaderSize = 12

  @inline(__always) var type: UInt16 { pointer.load(as: UInt16.self) }
  @inline(__always) var recordCount: Int { Int(pointer.load(fromByteOffset: 2, as: UInt16.self)) }
  @inline(__always) var wireCount: Int { Int(pointer.load(fromByteOffset: 4, as: UInt32.self)) }
  @inline(__always) var patchCount: Int { Int(pointer.load(fromByteOffset: 8, as: UInt16.self)) }
  @inline(__always) var targetCount: Int { Int(pointer.load(fromByteOffset: 10, as: UInt16.self)) }
  @inline(__always) private var patches: UnsafeRawPointer { pointer + RecordSetView.headerSize + targetCount &* 8 }
  @inline(__always) var wire: UnsafeRawPointer { patches + patchCount &* 2 }

  /// Where the `index`-th patch stands in the wire.
  @inline(__always)
  func patch(_ index: Int) -> Int { Int(patches.load(fromByteOffset: index &* 2, as: UInt16.self)) }

  /// A name in the data of which this zone knows the addresses.
  struct Target {
    /// Whose addresses.
    var node: ImageOffset
    /// Where its name stands in the wire.
    var nameAt: Int
    /// Whether it lies at or below the owner of the set, so that nobody else knows its addresses.
    var isInside: Bool
  }

  @inline(__always)
  func target(_ index: Int) -> Target {
    let entry = pointer + RecordSetView.headerSize + index &* 8
    return Target(
      node: entry.load(as: UInt32.self), nameAt: Int(entry.load(fromByteOffset: 4, as: UInt16.self)),
      isInside: entry.load(fromByteOffset: 6, as: UInt16.self) != 0)
  }

  /// The TTL of the set, as it stands in the first record.
  @inline(__always)
  var ttl: UInt32 { UInt32(bigEndian: wire.loadUnaligned(fromByteOffset: 6, as: UInt32.self)) }
}

/// Where everything of a zone's image is. It borrows the memory of a `Zone`.
struct ZoneView {
  let base: UnsafeRawPointer
  let slots: NameSlots
  let apex: ImageOffset
  /// Unit: bytes of the apex's name.
  let apexCount: Int
  /// Unit: labels of the apex's name.
  let apexLabels: Int
  /// Unit: labels of the longest name that exists.
  let labelsMax: Int
  /// RFC 2308 §3: the SOA record with the smaller of its TTL and its minimum.
  let negativeSOA: ImageOffset
  /// The NS records of the apex.
  let servers: ImageOffset

  @inline(__always) func node(_ offset: ImageOffset) -> NodeView { NodeView(pointer: base + Int(offset)) }
  @inline(__always) func set(_ offset: ImageOffset) -> RecordSetView { RecordSetView(pointer: base + Int(offset)) }

  /// The node whose folded name of `count` bytes stands at `name`.
  @inline(__always)
  func find(_ name: UnsafeRawPointer, _ count: Int) -> ImageOffset {
    slots.find(FoldedName.hash(name, count)) { offset in
      let node = node(offset)
      return node.nameCount == count && FoldedName.equal(node.name, name, count)
    }
  }
}
