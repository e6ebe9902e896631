// CDN-Cache-Control: cache directives for a content network's caches alone, in the strict grammar of structured fields.
// Not here: Cache-Control (CacheControl.swift), which gives way to it.
public import Bytes

extension CacheControl {
  /// Reads the values of all CDN-Cache-Control fields. Nil when they are empty or break the grammar: then they count as not there.
  // RFC 9213 §2.1, RFC 8941 §3.2
  public init?(parsingTargeted values: [Buffer]) {
    guard let first = values.first else { return nil }
    var whole = first
    for other in values.dropFirst() {
      whole.append(", " as StaticString)
      whole.append(other)
    }
    let read: CacheControl? = whole.withUnsafeBytes { bytes in
      var reader = DictionaryReader(bytes)
      guard let members = reader.members(), !members.isEmpty else { return nil }
      var control = CacheControl()
      for member in members { control.note(bytes, member) }
      return control
    }
    guard let read else { return nil }
    self = read
  }

  private mutating func note(_ bytes: UnsafeRawBufferPointer, _ member: DictionaryReader.Member) {
    let name = member.name
    if case .integer(let value) = member.value {
      // A negative lifetime is none.
      let seconds = min(Self.secondsMax, max(0, value))
      if bytes.spells("max-age", name) { maxAge = seconds }
      else if bytes.spells("s-maxage", name) { sharedMaxAge = seconds }
      else if bytes.spells("stale-while-revalidate", name) { staleWhileRevalidate = seconds }
      else if bytes.spells("stale-if-error", name) { staleIfError = seconds }
      return
    }
    guard member.value != .boolean(false) else { return }
    if bytes.spells("no-store", name) { isNoStore = true }
    else if bytes.spells("no-cache", name) { isNoCache = true }
    else if bytes.spells("private", name) { isPrivate = true }
    else if bytes.spells("public", name) { isPublic = true }
    else if bytes.spells("must-revalidate", name) { mustRevalidate = true }
    else if bytes.spells("must-understand", name) { mustUnderstand = true }
  }
}

/// Reads a dictionary of structured fields: names with values of which only whole numbers and booleans mean anything to us.
// RFC 8941 §4.2.2
struct DictionaryReader {
  enum Value: Hashable {
    case integer(Int64)
    case boolean(Bool)
    case other
  }

  struct Member {
    var name: Range<Int>
    var value: Value
  }

  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// All members, a later one of the same name in the place of an earlier one; nil when anything breaks the grammar.
  mutating func members() -> [Member]? {
    var found: [Member] = []
    skip(blank: Self.isSpace)
    while at < bytes.count {
      guard let name = key(), found.count < 64 else { return nil }
      var value = Value.boolean(true)
      if take(0x3D) {
        guard let given = peek == 0x28 ? innerList() : item() else { return nil }
        value = given
      }
      guard parameters() else { return nil }
      found.removeAll { bytes[$0.name].elementsEqual(bytes[name]) }
      found.append(Member(name: name, value: value))
      skip(blank: Characters.isBlank)
      if at == bytes.count { return found }
      guard take(0x2C) else { return nil }
      skip(blank: Characters.isBlank)
      // A comma at the end promises a member that does not come.
      if at == bytes.count { return nil }
    }
    return found
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 }
  private static func isLower(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }
  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  private mutating func skip(blank: (UInt8) -> Bool) { while let byte = peek, blank(byte) { at &+= 1 } }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at &+= 1
    return true
  }

  // RFC 8941 §3.1.2 key
  private mutating func key() -> Range<Int>? {
    let start = at
    guard let first = peek, Self.isLower(first) || first == 0x2A else { return nil }
    while let byte = peek, Self.isLower(byte) || Characters.isDigit(byte) || byte == 0x5F || byte == 0x2D || byte == 0x2E || byte == 0x2A { at &+= 1 }
    return start..<at
  }

  private mutating func parameters() -> Bool {
    while take(0x3B) {
      skip(blank: Self.isSpace)
      guard key() != nil else { return false }
      if take(0x3D), item() == nil { return false }
    }
    return true
  }

  private mutating func innerList() -> Value? {
    at &+= 1
    while at < bytes.count {
      skip(blank: Self.isSpace)
      if take(0x29) { return .other }
      guard item() != nil, parameters(), peek == 0x20 || peek == 0x29 else { return nil }
    }
    return nil
  }

  private mutating func item() -> Value? {
    guard let first = peek else { return nil }
    switch first {
    case 0x2D, 0x30...0x39: return number()
    case 0x22: return string() ? .other : nil
    case 0x3A: return byteSequence() ? .other : nil
    case 0x3F:
      at &+= 1
      if take(0x31) { return .boolean(true) }
      return take(0x30) ? .boolean(false) : nil
    case _ where Self.isLetter(first) || first == 0x2A:
      while let byte = peek, Characters.isToken(byte) || byte == 0x3A || byte == 0x2F { at &+= 1 }
      return .other
    default: return nil
    }
  }

  // RFC 8941 §4.2.4
  private mutating func number() -> Value? {
    let isNegative = take(0x2D)
    var value: Int64 = 0
    let start = at
    while let byte = peek, Characters.isDigit(byte), at &- start < 16 {
      value = value &* 10 &+ Int64(byte &- 0x30)
      at &+= 1
    }
    guard at > start, at &- start <= 15 else { return nil }
    guard take(0x2E) else { return .integer(isNegative ? -value : value) }
    let fraction = at
    while let byte = peek, Characters.isDigit(byte) { at &+= 1 }
    return fraction &- start <= 13 && (1...3).contains(at &- fraction) ? .other : nil
  }

  private mutating func string() -> Bool {
    at &+= 1
    while let byte = peek {
      at &+= 1
      if byte == 0x22 { return true }
      if byte == 0x5C {
        guard take(0x22) || take(0x5C) else { return false }
      } else if byte < 0x20 || byte > 0x7E {
        return false
      }
    }
    return false
  }

  private mutating func byteSequence() -> Bool {
    at &+= 1
    while let byte = peek {
      at &+= 1
      if byte == 0x3A { return true }
      guard Self.isLetter(byte) || Characters.isDigit(byte) || byte == 0x2B || byte == 0x2F || byte == 0x3D else { return false }
    }
    return false
  }
}
