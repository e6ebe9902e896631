// Builds values from bencoding. No call of it calls itself: what is open lies in an array, so that depth costs memory and no stack.
// Read first: BencodeScanner.swift (the grammar). Read next: BencodeWriter.swift.
public import Bytes
import World

extension Bencode {
  /// The value that `bytes` are, all of them.
  public static func read(_ bytes: Buffer, limits: BencodeLimits, order: KeyOrder = .sorted) throws(ReadingFailure) -> BencodeValue {
    var rest = bytes
    let value = try readFirst(from: &rest, limits: limits, order: order)
    guard rest.isEmpty else {
      throw .syntax(SyntaxError(expected: "the end", found: "\(rest.count) bytes more", at: bytes.count - rest.count, rule: "BEP 3 bencoding"))
    }
    return value
  }

  /// Takes the value at the front of `bytes`; something else may follow. Thrown: nothing was taken.
  public static func readFirst(from bytes: inout Buffer, limits: BencodeLimits, order: KeyOrder = .sorted) throws(ReadingFailure) -> BencodeValue {
    guard bytes.count <= limits.bytesMax else { throw .tooMuch(LimitReached("bytesMax", allowed: limits.bytesMax, unit: "bytes")) }
    var scanner = BencodeScanner(bytes, limits: limits, order: order)
    var builder = BencodeBuilder()
    var whole: BencodeValue?
    while let token = try scanner.next() {
      switch token {
      case .integer(let value): whole = builder.add(.integer(value))
      case .bytes(let range): whole = builder.add(.bytes(bytes[range]))
      case .key(let range): builder.setKey(bytes[range])
      case .list: builder.open(isList: true)
      case .dictionary: builder.open(isList: false)
      case .end: whole = try builder.close(order, at: scanner.offset - 1)
      }
    }
    guard let whole else { throw .syntax(SyntaxError(expected: "a value", found: "the end", at: 0, rule: "BEP 3 bencoding")) }
    bytes.drop(scanner.offset)
    return whole
  }

  /// Where the value under `key` stands in the dictionary at the front of `bytes`: its exact bytes, as they are hashed. Nil: there is no such key.
  public static func range(of key: StaticString, in bytes: Buffer, limits: BencodeLimits, order: KeyOrder = .sorted) throws(ReadingFailure) -> Range<Int>? {
    guard bytes.count <= limits.bytesMax else { throw .tooMuch(LimitReached("bytesMax", allowed: limits.bytesMax, unit: "bytes")) }
    var scanner = BencodeScanner(bytes, limits: limits, order: order)
    var start: Int?
    while let token = try scanner.next() {
      if let begun = start, scanner.depth == 1 { return begun..<scanner.offset }
      if scanner.depth == 1, case .key(let range) = token, bytes[range] == Buffer(key) { start = scanner.offset }
    }
    return nil
  }
}

/// Values that are not whole yet.
private struct BencodeBuilder {
  private struct Frame {
    var isList: Bool
    var items: [BencodeValue] = []
    var entries: [BencodeDictionary.Entry] = []
    var key = Buffer()
  }

  private var frames: [Frame] = []

  mutating func open(isList: Bool) { frames.append(Frame(isList: isList)) }

  mutating func setKey(_ key: Buffer) { frames[frames.count - 1].key = key }

  /// Puts `value` where it belongs; returns it when it is the whole.
  mutating func add(_ value: BencodeValue) -> BencodeValue? {
    guard let last = frames.indices.last else { return value }
    if frames[last].isList {
      frames[last].items.append(value)
    } else {
      frames[last].entries.append(BencodeDictionary.Entry(key: frames[last].key, value: value))
    }
    return nil
  }

  mutating func close(_ order: KeyOrder, at offset: Int) throws(ReadingFailure) -> BencodeValue? {
    guard var frame = frames.popLast() else { return nil }
    if frame.isList { return add(.list(frame.items)) }
    if order == .any {
      frame.entries.sort { Bencode.precedes($0.key, $1.key) }
      for (one, other) in zip(frame.entries, frame.entries.dropFirst()) where one.key == other.key {
        throw .syntax(SyntaxError(expected: "each key once", found: "\"\(one.key)\" twice", at: offset, rule: "BEP 3 bencoding"))
      }
    }
    return add(.dictionary(BencodeDictionary(sorted: frame.entries)))
  }
}
