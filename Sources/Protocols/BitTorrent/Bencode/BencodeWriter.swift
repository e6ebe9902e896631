// Writes bencoding: one text for each value, since keys are kept in order and numbers have one form.
// Read next: BencodeReader.swift, the way back.
public import Bytes

extension BencodeValue {
  /// The bytes of this value.
  public var encoded: Buffer {
    var bytes = Buffer()
    write(to: &bytes)
    return bytes
  }

  /// Appends the bytes of this value. It calls itself for what is inside: values are made by us, or read with a bound on their depth.
  // BEP 3 bencoding
  public func write(to bytes: inout Buffer) {
    switch self {
    case .integer(let value): bytes.append("i\(value)e")
    case .bytes(let run): Bencode.write(run, to: &bytes)
    case .list(let items):
      bytes.append(UInt8(ascii: "l"))
      for item in items { item.write(to: &bytes) }
      bytes.append(UInt8(ascii: "e"))
    case .dictionary(let entries): entries.write(to: &bytes)
    }
  }
}

extension BencodeDictionary {
  /// The bytes of this dictionary.
  public var encoded: Buffer { BencodeValue.dictionary(self).encoded }

  func write(to bytes: inout Buffer) {
    bytes.append(UInt8(ascii: "d"))
    for entry in entries {
      Bencode.write(entry.key, to: &bytes)
      entry.value.write(to: &bytes)
    }
    bytes.append(UInt8(ascii: "e"))
  }
}

extension Bencode {
  fileprivate static func write(_ run: Buffer, to bytes: inout Buffer) {
    bytes.append("\(run.count):")
    bytes.append(run)
  }
}
