// A domain name as a value: its wire form, uncompressed, in the case it was written in. Equality and hash ignore case.
// Not here: the text form (NameText.swift), compression (MessageReader, MessageWriter), tables keyed by names (NameTable.swift).
public import World

/// A domain name, always absolute.
public struct Name: Sendable {
  /// The labels, each after its length, and the root's zero byte: 1 to 255 bytes, never compressed.
  public let wire: [UInt8]

  /// A name whose wire form the caller has proved.
  init(proven wire: [UInt8]) { self.wire = wire }

  /// The root.
  public static let root = Name(proven: [0])

  /// The name whose uncompressed wire form is `wire`, exactly.
  public init(wire: [UInt8]) throws(SyntaxError) {
    var index = 0
    while true {
      guard index < wire.count else {
        throw SyntaxError(expected: "a zero byte after the last label", found: "the end", at: index, rule: "RFC 1035 §3.1")
      }
      let length = Int(wire[index])
      guard length <= Limits.Format.labelMax else {
        throw SyntaxError(expected: "a label of at most 63 bytes", found: "length \(length)", at: index, rule: "RFC 1035 §2.3.4")
      }
      index += 1 + length
      guard index <= Limits.Format.nameMax else {
        throw SyntaxError(expected: "a name of at most 255 bytes", at: index, rule: "RFC 1035 §2.3.4")
      }
      if length == 0 { break }
    }
    guard index == wire.count else {
      throw SyntaxError(expected: "the end of the name", found: "\(wire.count - index) more bytes", at: index, rule: "RFC 1035 §3.1")
    }
    self.wire = wire
  }

  /// The name made of `labels`, leftmost first.
  public init(labels: some Sequence<[UInt8]>) throws(SyntaxError) {
    var wire: [UInt8] = []
    for label in labels {
      guard !label.isEmpty, label.count <= Limits.Format.labelMax else {
        throw SyntaxError(expected: "a label of 1 to 63 bytes", found: "\(label.count)", at: wire.count, rule: "RFC 1035 §2.3.4")
      }
      wire.append(UInt8(label.count))
      wire += label
    }
    wire.append(0)
    guard wire.count <= Limits.Format.nameMax else {
      throw SyntaxError(expected: "a name of at most 255 bytes", found: "\(wire.count)", at: Limits.Format.nameMax, rule: "RFC 1035 §2.3.4")
    }
    self.wire = wire
  }

  public var isRoot: Bool { wire.count == 1 }

  /// How many labels there are, the root's empty one not counted.
  public var labelCount: Int {
    var count = 0
    var index = 0
    while index < wire.count, wire[index] != 0 {
      index += 1 + Int(wire[index])
      count += 1
    }
    return count
  }

  /// The labels, leftmost first, without the root's empty one.
  public var labels: [[UInt8]] {
    var labels: [[UInt8]] = []
    var index = 0
    while index < wire.count, wire[index] != 0 {
      let end = index + 1 + Int(wire[index])
      labels.append(Array(wire[(index + 1)..<end]))
      index = end
    }
    return labels
  }

  /// The name without its leftmost label; nil for the root.
  public var parent: Name? { droppingLabels(1) }

  /// The name without its `count` leftmost labels; nil when it has fewer.
  public func droppingLabels(_ count: Int) -> Name? {
    var index = 0
    for _ in 0..<Swift.max(0, count) {
      guard wire[index] != 0 else { return nil }
      index += 1 + Int(wire[index])
    }
    return index == 0 ? self : Name(proven: Array(wire[index...]))
  }

  /// Whether this name is `ancestor` or below it.
  public func isSubdomain(of ancestor: Name) -> Bool { wireIndex(of: ancestor) != nil }

  /// Where the labels of `ancestor` begin in `wire`; nil when this name is neither it nor below it.
  private func wireIndex(of ancestor: Name) -> Int? {
    var index = 0
    let start = wire.count - ancestor.wire.count
    guard start >= 0 else { return nil }
    while index < start { index += 1 + Int(wire[index]) }
    guard index == start else { return nil }
    let same = wire.withUnsafeBytes { mine in
      ancestor.wire.withUnsafeBytes { other in
        guard let a = mine.baseAddress, let b = other.baseAddress else { return false }
        return CaseFolding.equal(a + start, b, other.count)
      }
    }
    return same ? start : nil
  }

  /// The name one label longer, to the left.
  public func prepending(_ label: [UInt8]) throws(SyntaxError) -> Name {
    guard !label.isEmpty, label.count <= Limits.Format.labelMax else {
      throw SyntaxError(expected: "a label of 1 to 63 bytes", found: "\(label.count)", at: 0, rule: "RFC 1035 §2.3.4")
    }
    guard wire.count + 1 + label.count <= Limits.Format.nameMax else {
      throw SyntaxError(expected: "a name of at most 255 bytes", at: Limits.Format.nameMax, rule: "RFC 1035 §2.3.4")
    }
    return Name(proven: [UInt8(label.count)] + label + wire)
  }

  /// The name one label longer, to the left; the text is taken byte for byte, without escapes.
  public func prepending(_ label: String) throws(SyntaxError) -> Name { try prepending(Array(label.utf8)) }

  /// This name with its ending `suffix` exchanged for `replacement` (RFC 6672 §2.2); nil when it does not end so, or the result is too long.
  public func replacing(suffix: Name, with replacement: Name) -> Name? {
    guard let start = wireIndex(of: suffix), start + replacement.wire.count <= Limits.Format.nameMax else { return nil }
    return Name(proven: wire[..<start] + replacement.wire)
  }

  /// RFC 4592 §2.1.1: whether the leftmost label is a lone asterisk.
  public var isWildcard: Bool { wire.count >= 3 && wire[0] == 1 && wire[1] == 0x2A }

  /// The wildcard directly below; nil when that would be too long.
  public var wildcardChild: Name? {
    wire.count + 2 <= Limits.Format.nameMax ? Name(proven: [1, 0x2A] + wire) : nil
  }

  /// The same name in lower case (RFC 4034 §6.2).
  public var lowercased: Name { Name(proven: wire.map(CaseFolding.folded)) }

  /// Whether also the case of every letter is the same.
  public func isIdentical(to other: Name) -> Bool { wire == other.wire }
}

extension Name: Hashable {
  public static func == (a: Name, b: Name) -> Bool {
    guard a.wire.count == b.wire.count else { return false }
    return a.wire.withUnsafeBytes { x in
      b.wire.withUnsafeBytes { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return true }
        return CaseFolding.equal(x, y, a.wire.count)
      }
    }
  }

  public func hash(into hasher: inout Hasher) {
    wire.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var index = 0
      while index &+ 8 <= bytes.count {
        hasher.combine(CaseFolding.folded(base.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
        index &+= 8
      }
      hasher.combine(CaseFolding.tail(base, bytes.count))
    }
  }
}

extension Name: Comparable {
  /// RFC 4034 §6.1, canonical order: label by label from the right, bytes in lower case, the shorter first.
  public static func < (a: Name, b: Name) -> Bool {
    if a.wire.count == 1 || b.wire.count == 1 { return a.wire.count < b.wire.count }
    let x = a.labelStarts
    let y = b.labelStarts
    for back in 1...Swift.min(x.count, y.count) {
      let order = a.compareLabel(at: Int(x[x.count - back]), with: b, at: Int(y[y.count - back]))
      if order != 0 { return order < 0 }
    }
    return x.count < y.count
  }

  /// Where each label's length byte stands, leftmost first; never empty unless the root.
  private var labelStarts: [UInt8] {
    var starts: [UInt8] = []
    starts.reserveCapacity(8)
    var index = 0
    while wire[index] != 0 {
      starts.append(UInt8(truncatingIfNeeded: index))
      index += 1 + Int(wire[index])
    }
    return starts
  }

  private func compareLabel(at start: Int, with other: Name, at otherStart: Int) -> Int {
    let count = Int(wire[start])
    let otherCount = Int(other.wire[otherStart])
    for index in 0..<Swift.min(count, otherCount) {
      let x = CaseFolding.folded(wire[start + 1 + index])
      let y = CaseFolding.folded(other.wire[otherStart + 1 + index])
      if x != y { return x < y ? -1 : 1 }
    }
    return count - otherCount
  }
}
