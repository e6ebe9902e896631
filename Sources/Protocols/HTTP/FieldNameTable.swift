// Finds the code of a field name in received bytes: a hash of length, first and last byte, then one comparison, no String.
// Not here: what the codes mean (FieldRegistry.swift).

/// The known names, laid out for quick recognition. Made once; never changed.
struct FieldNameTable: @unchecked Sendable {
  // Unchecked: the memory is written in `init` only, and lives as long as the process.
  static let shared = FieldNameTable()

  /// The first code of each hash value; zero: none.
  private let buckets: UnsafeMutablePointer<UInt8>
  /// The next code with the same hash value.
  private let chain: UnsafeMutablePointer<UInt8>
  /// Where each name's lower-case bytes begin in `text`.
  private let starts: UnsafeMutablePointer<UInt16>
  private let lengths: UnsafeMutablePointer<UInt8>
  private let text: UnsafeMutablePointer<UInt8>

  private init() {
    let entries = FieldRegistry.entries
    let count = entries.count + 1
    buckets = .allocate(capacity: 256)
    buckets.initialize(repeating: 0, count: 256)
    chain = .allocate(capacity: count)
    chain.initialize(repeating: 0, count: count)
    starts = .allocate(capacity: count)
    starts.initialize(repeating: 0, count: count)
    lengths = .allocate(capacity: count)
    lengths.initialize(repeating: 0, count: count)
    let total = entries.reduce(0) { $0 + $1.spelling.utf8CodeUnitCount }
    text = .allocate(capacity: total)
    var next = 0
    for (index, entry) in entries.enumerated() {
      let code = index + 1
      let length = entry.spelling.utf8CodeUnitCount
      starts[code] = UInt16(next)
      lengths[code] = UInt8(length)
      for offset in 0..<length { text[next + offset] = entry.spelling.utf8Start[offset] | 0x20 }
      let hash = Self.hash(length: length, first: text[next], last: text[next + length - 1])
      chain[code] = buckets[hash]
      buckets[hash] = UInt8(code)
      next += length
    }
  }

  /// The code of the name in `name`, in any letter case; zero: not known.
  @inline(__always)
  func code(of name: UnsafeRawBufferPointer) -> UInt8 {
    let length = name.count
    guard length > 1, length < 64, let base = name.baseAddress else { return 0 }
    let first = base.load(as: UInt8.self) | 0x20
    let last = base.load(fromByteOffset: length &- 1, as: UInt8.self) | 0x20
    var code = buckets[Self.hash(length: length, first: first, last: last)]
    while code != 0 {
      if Int(lengths[Int(code)]) == length, isEqual(base, text + Int(starts[Int(code)]), length) { return code }
      code = chain[Int(code)]
    }
    return 0
  }

  @inline(__always)
  private static func hash(length: Int, first: UInt8, last: UInt8) -> Int {
    (length &* 37 &+ Int(first) &* 7 &+ Int(last)) & 255
  }

  /// Whether `given`, folded to lower case, is `known`. Setting bit 5 folds letters and leaves digits and `-` as they are; the
  /// other bytes that it could turn into one of those are control bytes, which no name contains that reaches this.
  @inline(__always)
  private func isEqual(_ given: UnsafeRawPointer, _ known: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    let known = UnsafeRawPointer(known)
    let fold: UInt64 = 0x2020_2020_2020_2020
    if length >= 8 {
      var offset = 0
      while offset &+ 8 <= length {
        if given.loadUnaligned(fromByteOffset: offset, as: UInt64.self) | fold != known.loadUnaligned(fromByteOffset: offset, as: UInt64.self) {
          return false
        }
        offset &+= 8
      }
      let tail = length &- 8
      return given.loadUnaligned(fromByteOffset: tail, as: UInt64.self) | fold == known.loadUnaligned(fromByteOffset: tail, as: UInt64.self)
    }
    var offset = 0
    while offset < length {
      if given.load(fromByteOffset: offset, as: UInt8.self) | 0x20 != known.load(fromByteOffset: offset, as: UInt8.self) { return false }
      offset &+= 1
    }
    return true
  }
}
