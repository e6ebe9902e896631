// A value of bencoding: a number, a run of bytes, a list, or a dictionary whose keys are runs of bytes in their order.
// Not here: reading (BencodeReader.swift, BencodeScanner.swift), writing (BencodeWriter.swift).
public import Bytes

/// What bencoded bytes say.
// BEP 3 bencoding
public enum BencodeValue: Sendable, Hashable {
  case integer(Int64)
  case bytes(Buffer)
  case list([BencodeValue])
  case dictionary(BencodeDictionary)

  /// The UTF-8 of `text`.
  public static func text(_ text: String) -> BencodeValue { .bytes(Buffer(text)) }

  /// The number; nil: it is none.
  public var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }

  /// The number as an index or a size; nil: it is none, or it is negative.
  public var countValue: Int? { integerValue.flatMap { $0 >= 0 ? Int(exactly: $0) : nil } }

  /// The bytes; nil: it is no run of bytes.
  public var bytesValue: Buffer? { if case .bytes(let bytes) = self { bytes } else { nil } }

  /// The bytes read as UTF-8; nil: they are no UTF-8, or it is no run of bytes.
  public var textValue: String? { bytesValue.flatMap { String(validating: $0.array, as: UTF8.self) } }

  /// The items; nil: it is no list.
  public var listValue: [BencodeValue]? { if case .list(let items) = self { items } else { nil } }

  /// The entries; nil: it is no dictionary.
  public var dictionaryValue: BencodeDictionary? { if case .dictionary(let entries) = self { entries } else { nil } }

  /// The value under `key`; nil: there is none, or this is no dictionary.
  public subscript(_ key: StaticString) -> BencodeValue? { dictionaryValue?[key] }
}

/// The entries of a dictionary, always in the order of their keys, each key once.
public struct BencodeDictionary: Sendable, Hashable {
  /// A key and what stands under it.
  public struct Entry: Sendable, Hashable {
    public var key: Buffer
    public var value: BencodeValue

    public init(key: Buffer, value: BencodeValue) {
      self.key = key
      self.value = value
    }
  }

  /// In the order of their keys.
  public private(set) var entries: [Entry]

  /// No entries.
  public init() { entries = [] }

  /// Entries that are known to be in order.
  init(sorted entries: [Entry]) { self.entries = entries }

  /// The value under `key`; nil: there is none. Assigning nil takes the entry away.
  public subscript(_ key: StaticString) -> BencodeValue? {
    get {
      key.withUTF8Buffer { wanted in
        // Dictionaries of the wire have a handful of keys: looking through them costs less than hashing.
        entries.first { entry in entry.key.count == wanted.count && entry.key.withUnsafeBytes { $0.elementsEqual(wanted) } }?.value
      }
    }
    set { self[bytes: Buffer(key)] = newValue }
  }

  /// The same for a key known only as the program runs.
  public subscript(bytes key: Buffer) -> BencodeValue? {
    get { entries.first { $0.key == key }?.value }
    set {
      let place = entries.firstIndex { !Bencode.precedes($0.key, key) } ?? entries.count
      let isThere = place < entries.count && entries[place].key == key
      switch (newValue, isThere) {
      case (let value?, true): entries[place].value = value
      case (let value?, false): entries.insert(Entry(key: key, value: value), at: place)
      case (nil, true): entries.remove(at: place)
      case (nil, false): break
      }
    }
  }

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }
}

extension BencodeDictionary: ExpressibleByDictionaryLiteral {
  /// Entries in any order; of two with one key the later one counts.
  public init(dictionaryLiteral elements: (StaticString, BencodeValue)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }
}

extension Buffer {
  /// The bytes of `text`.
  init(_ text: StaticString) {
    self.init()
    append(text)
  }
}

/// Bencoding as such: reading and writing are extensions of it.
public enum Bencode {
  /// Whether `a` stands before `b` in a dictionary: keys are sorted as raw bytes.
  // BEP 3 bencoding: keys are sorted as raw strings, not alphanumerics.
  static func precedes(_ a: Buffer, _ b: Buffer) -> Bool {
    a.withUnsafeBytes { first in b.withUnsafeBytes { second in first.lexicographicallyPrecedes(second) } }
  }
}
