// The head of a message: its fields in order, each with its place; the bytes stay as they came.
// Not here: what the fields mean (Structure/, Explain.swift), writing them (Writing/HeadWriter.swift).
public import Bytes
public import World

/// One field: where its parts stand. Unit: bytes from the start of the head.
public struct HeadField: Hashable, Sendable {
  public var name: Range<Int>
  /// What follows the colon, its folds in it, without the last line end.
  public var value: Range<Int>
  /// From the name to behind the last line end.
  public var whole: Range<Int>
}

/// A head as it arrived.
// RFC 5322 §2.2, §3.6; §4.5 for the blanks before a colon.
public struct MessageHead: Sendable, Hashable {
  /// From the first field to behind the empty line.
  public let bytes: Buffer
  /// In the order they stand in.
  public let fields: [HeadField]
  /// Where the fields end and the empty line begins. Unit: bytes.
  public let fieldsEnd: Int
  /// The empty line was there. Else the head ended with the bytes, at a line that is no field, or at a limit.
  public let isComplete: Bool
  /// The limit that ended the head; nil: none.
  public let excess: LimitReached?

  /// Reads the head that `message` begins with; `bytes.count` is where the body begins.
  public init(reading message: Buffer, limits: Limits = Limits()) {
    var scan = HeadScan(limits: limits)
    message.withUnsafeBytes { all in
      var start = 0
      while start < all.count, scan.ending == nil {
        let end = all.lineEnd(from: start)
        scan.take(all, line: start..<end)
        start = end
      }
    }
    self.init(scan, of: message)
  }

  /// The head of which every line was given to `scan`.
  init(_ scan: HeadScan, of message: Buffer) {
    let end = scan.ending ?? HeadScan.Ending(fieldsEnd: scan.length, bodyStart: scan.length, isComplete: false, excess: nil)
    bytes = message[0..<end.bodyStart]
    fields = scan.fields
    fieldsEnd = end.fieldsEnd
    isComplete = end.isComplete
    excess = end.excess
  }

  /// The name as it was written.
  public func name(of field: HeadField) -> Buffer { bytes[field.name] }

  /// The value as it was written, its folds in it.
  public func rawValue(of field: HeadField) -> Buffer { bytes[field.value] }

  /// The value on one line, without blanks at its ends.
  // RFC 5322 §2.2.3: a fold is removed, the blank behind it stays.
  public func value(of field: HeadField) -> Buffer {
    let raw = bytes[field.value]
    guard raw.firstIndex(of: 0x0A) != nil || raw.firstIndex(of: 0x0D) != nil else {
      return raw.withUnsafeBytes { all in
        let range = all.trimmedRange(0..<all.count)
        return raw[range]
      }
    }
    return Buffer(ASCII.trimmed(raw.array.filter { $0 != 0x0D && $0 != 0x0A }[...]))
  }

  /// Whether the field has this name, written in lower case.
  public func isNamed(_ name: String, _ field: HeadField) -> Bool {
    guard field.name.count == name.utf8.count else { return false }
    return bytes.withUnsafeBytes { all in zip(all[field.name], name.utf8).allSatisfy { ASCII.lowercased($0) == $1 } }
  }

  /// The first field of this name, written in lower case.
  public func first(_ name: String) -> HeadField? { fields.first { isNamed(name, $0) } }

  /// All fields of this name, written in lower case.
  public func all(_ name: String) -> [HeadField] { fields.filter { isNamed(name, $0) } }

  /// The value of the first field of this name, on one line.
  public func value(_ name: String) -> Buffer? { first(name).map(value(of:)) }

  /// The value of the first field of this name for people: encoded words read.
  public func text(_ name: String) -> String? { value(name).map { EncodedWords.text(of: $0) } }

  /// The addresses of all fields of this name.
  public func addresses(_ name: String) -> AddressList {
    AddressList(all(name).flatMap { AddressList(reading: rawValue(of: $0)).items })
  }

  /// The fields with, or without, these names in lower case, as they stand, and the empty line: what `BODY[HEADER.FIELDS (…)]` asks for.
  // RFC 9051 §6.4.5.1
  public func selected(_ names: Set<String>, isExcluding: Bool = false) -> Buffer {
    var out = Buffer()
    for field in fields where names.contains(ASCII.lowercased(bytes[field.name].array)) != isExcluding { out.append(bytes[field.whole]) }
    out.append("\r\n" as StaticString)
    return out
  }

  /// The head without the fields that `isUnwanted`, everything else byte by byte as it was.
  public func removing(where isUnwanted: (HeadField) -> Bool) -> Buffer {
    var out = Buffer(capacity: bytes.count)
    var start = 0
    for field in fields where isUnwanted(field) {
      out.append(bytes[start..<field.whole.lowerBound])
      start = field.whole.upperBound
    }
    out.append(bytes[start..<bytes.count])
    return out
  }
}

/// Decides line by line where a head ends. One for all who read heads, whole or in pieces.
struct HeadScan {
  /// How a head ended. Unit: bytes from its start.
  struct Ending {
    var fieldsEnd: Int
    var bodyStart: Int
    var isComplete: Bool
    var excess: LimitReached?
  }

  private(set) var fields: [HeadField] = []
  private(set) var ending: Ending?
  /// How far the lines taken reach.
  private(set) var length = 0
  private let limits: Limits

  init(limits: Limits) { self.limits = limits }

  /// How much of a line is looked at: a longer one ends the head, wherever its own end is.
  var lineBytesMax: Int { limits.fieldBytesMax + 1 }

  /// Takes the next line of `bytes`, its end with it. The last line of a message may have none.
  mutating func take(_ bytes: UnsafeRawBufferPointer, line whole: Range<Int>) {
    let line = whole.lowerBound..<min(whole.upperBound, whole.lowerBound + lineBytesMax)
    length = line.upperBound
    let content = bytes.contentEnd(line)
    let isFold = bytes[line.lowerBound].isBlank && !fields.isEmpty
    if line.upperBound > limits.headBytesMax {
      end(before: isFold ? fields.last?.whole.lowerBound ?? 0 : line.lowerBound, past: "headBytesMax", limits.headBytesMax, unit: "bytes")
    } else if content == line.lowerBound {
      ending = Ending(fieldsEnd: line.lowerBound, bodyStart: line.upperBound, isComplete: true, excess: nil)
    } else if isFold {
      fields[fields.count - 1].value = fields[fields.count - 1].value.lowerBound..<content
      fields[fields.count - 1].whole = fields[fields.count - 1].whole.lowerBound..<line.upperBound
      endIfLong()
    } else if let field = Self.field(bytes, line, content) {
      if fields.count >= limits.fieldsMax { return end(before: line.lowerBound, past: "fieldsMax", limits.fieldsMax, unit: "fields") }
      fields.append(field)
      endIfLong()
    } else {
      ending = Ending(fieldsEnd: line.lowerBound, bodyStart: line.lowerBound, isComplete: false, excess: nil)
    }
  }

  private mutating func endIfLong() {
    guard let last = fields.last, last.whole.count > limits.fieldBytesMax else { return }
    end(before: last.whole.lowerBound, past: "fieldBytesMax", limits.fieldBytesMax, unit: "bytes")
  }

  /// The head ends before `start`, where a field began that is one too many or too long.
  private mutating func end(before start: Int, past limit: String, _ allowed: Int, unit: String) {
    if let last = fields.last, last.whole.lowerBound >= start { fields.removeLast() }
    ending = Ending(fieldsEnd: start, bodyStart: start, isComplete: false, excess: LimitReached(limit, allowed: allowed, unit: unit))
  }

  // RFC 5322 §2.2: a name of visible bytes but the colon; §4.5.1: blanks before the colon.
  private static func field(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ content: Int) -> HeadField? {
    var index = line.lowerBound
    while index < content, (0x21...0x7E).contains(bytes[index]), bytes[index] != UInt8(ascii: ":") { index += 1 }
    let name = line.lowerBound..<index
    while index < content, bytes[index].isBlank { index += 1 }
    guard !name.isEmpty, index < content, bytes[index] == UInt8(ascii: ":") else { return nil }
    return HeadField(name: name, value: (index + 1)..<content, whole: line)
  }
}

extension UInt8 {
  /// Space or tab.
  var isBlank: Bool { self == 0x20 || self == 0x09 }
}

extension UnsafeRawBufferPointer {
  /// Where the line that begins at `start` ends, behind its LF; the end of the bytes when it has none.
  func lineEnd(from start: Int) -> Int {
    var index = start
    while index < count {
      if self[index] == 0x0A { return index + 1 }
      index += 1
    }
    return count
  }

  /// The same, and whether the line has only bytes 1 to 127.
  func lineEndAndWidth(from start: Int) -> (end: Int, isSevenBit: Bool) {
    var index = start
    var seen: UInt8 = 0
    while index < count {
      let byte = self[index]
      index += 1
      // NUL becomes 255 by the subtraction.
      seen |= byte | (byte &- 1)
      if byte == 0x0A { break }
    }
    return (index, seen < 0x80)
  }

  /// Where the content of a line ends, before its CR LF or LF.
  func contentEnd(_ line: Range<Int>) -> Int {
    guard let last = line.last, self[last] == 0x0A else { return line.upperBound }
    return last > line.lowerBound && self[last - 1] == 0x0D ? last - 1 : last
  }

  /// `range` without blanks at its ends.
  func trimmedRange(_ range: Range<Int>) -> Range<Int> {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high, self[low].isBlank { low += 1 }
    while high > low, self[high - 1].isBlank { high -= 1 }
    return low..<high
  }
}
