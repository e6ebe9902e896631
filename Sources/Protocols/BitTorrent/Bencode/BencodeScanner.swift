// Reads bencoding token by token and holds it to the grammar: what may stand where, in which order keys come, how much there may be.
// Every token says where it stands, so that the exact bytes of a value are known. Read next: BencodeReader.swift, which builds values.
import Bytes
import World

/// One value of bencoding as a row of tokens.
struct BencodeScanner {
  enum Token: Hashable {
    case integer(Int64)
    /// The bytes themselves, without their length.
    case bytes(Range<Int>)
    /// The same for a key of the dictionary we are in.
    case key(Range<Int>)
    case list
    case dictionary
    /// The end of the innermost list or dictionary.
    case end
  }

  /// What is open around the next token.
  private enum Frame {
    case list
    /// Before a key; the last one is known.
    case key(after: Range<Int>?)
    /// Before the value of this key.
    case value(of: Range<Int>)
  }

  let bytes: Buffer
  let limits: BencodeLimits
  let order: KeyOrder
  /// Where the next token begins.
  private(set) var offset = 0
  private var frames: [Frame] = []
  private var tokens = 0
  private var hasBegun = false

  init(_ bytes: Buffer, limits: BencodeLimits, order: KeyOrder) {
    self.bytes = bytes
    self.limits = limits
    self.order = order
  }

  /// How many lists and dictionaries are open.
  var depth: Int { frames.count }

  /// The next token; nil: the value is whole.
  mutating func next() throws(ReadingFailure) -> Token? {
    if frames.isEmpty && hasBegun { return nil }
    hasBegun = true
    tokens += 1
    guard tokens <= limits.tokensMax else { throw .tooMuch(LimitReached("tokensMax", allowed: limits.tokensMax, unit: "tokens")) }
    switch (frames.last, bytes[at: offset]) {
    case (.key, UInt8(ascii: "e")), (.list, UInt8(ascii: "e")):
      frames.removeLast()
      offset += 1
      closeValue()
      return .end
    case (.key(let last), let digit?) where digit &- 0x30 < 10:
      let start = offset
      let key = try string()
      if let last, order == .sorted, !Bencode.precedes(bytes[last], bytes[key]) {
        throw failure("keys in the order of their bytes, each once", found: "\(Self.shown(bytes[key])) behind \(Self.shown(bytes[last]))", at: start)
      }
      frames[frames.count - 1] = .value(of: key)
      return .key(key)
    case (.key, _): throw failure("a key or e", at: offset)
    case (_, let digit?) where digit &- 0x30 < 10:
      let value = try string()
      closeValue()
      return .bytes(value)
    case (_, UInt8(ascii: "i")):
      let value = try integer()
      closeValue()
      return .integer(value)
    case (_, UInt8(ascii: "l")):
      try open(.list)
      return .list
    case (_, UInt8(ascii: "d")):
      try open(.key(after: nil))
      return .dictionary
    case (.list, _): throw failure("a value or e", at: offset)
    case (_, _): throw failure("a value", at: offset)
    }
  }

  private mutating func open(_ frame: Frame) throws(ReadingFailure) {
    guard frames.count < limits.depthMax else { throw .tooMuch(LimitReached("depthMax", allowed: limits.depthMax, unit: "levels")) }
    frames.append(frame)
    offset += 1
  }

  /// A value has ended: in a dictionary the next key comes.
  private mutating func closeValue() {
    if case .value(let key) = frames.last { frames[frames.count - 1] = .key(after: key) }
  }

  // BEP 3 bencoding: a length in base ten, a colon, the bytes.
  private mutating func string() throws(ReadingFailure) -> Range<Int> {
    let start = offset
    var length = 0
    while let digit = bytes[at: offset], digit != UInt8(ascii: ":") {
      guard digit &- 0x30 < 10 else { throw failure("a digit or a colon", at: offset) }
      guard offset == start || length > 0 else { throw failure("a length without leading zeros", at: start) }
      length = length * 10 + Int(digit - 0x30)
      guard length <= limits.bytesMax else { throw .tooMuch(LimitReached("bytesMax", allowed: limits.bytesMax, unit: "bytes")) }
      offset += 1
    }
    guard offset < bytes.count else { throw failure("a colon", at: offset) }
    offset += 1
    guard length <= bytes.count - offset else { throw failure("\(length) bytes", found: "\(bytes.count - offset)", at: offset) }
    defer { offset += length }
    return offset..<(offset + length)
  }

  // BEP 3 bencoding: no leading zeros, no minus zero. Differs: numbers past 64 bits, which the document allows, are refused.
  private mutating func integer() throws(ReadingFailure) -> Int64 {
    let start = offset
    offset += 1
    let isNegative = bytes[at: offset] == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    let first = offset
    // Below zero all along, since there is one more number there.
    var value: Int64 = 0
    while let digit = bytes[at: offset], digit &- 0x30 < 10 {
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = tenfold.subtractingReportingOverflow(Int64(digit - 0x30))
      guard !overflow, !overflow2 else { throw failure("a number of at most 64 bits", at: start) }
      value = sum
      offset += 1
    }
    guard offset > first else { throw failure("a digit", at: offset) }
    guard bytes[at: offset] == UInt8(ascii: "e") else { throw failure("a digit or e", at: offset) }
    if bytes[at: first] == UInt8(ascii: "0"), isNegative || offset - first > 1 { throw failure("a number without leading zeros and without minus zero", at: start) }
    offset += 1
    if isNegative { return value }
    guard value > Int64.min else { throw failure("a number of at most 64 bits", at: start) }
    return -value
  }

  private func failure(_ expected: String, found: String? = nil, at offset: Int) -> ReadingFailure {
    let there = found ?? bytes[at: offset].map { Self.shown(Buffer(CollectionOfOne($0))) } ?? "the end"
    return .syntax(SyntaxError(expected: expected, found: there, at: offset, rule: "BEP 3 bencoding"))
  }

  private static func shown(_ bytes: Buffer) -> String { "\"\(bytes[0..<40])\(bytes.count > 40 ? "…" : "")\"" }
}
