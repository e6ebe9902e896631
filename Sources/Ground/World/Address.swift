// Internet addresses and endpoints as values, with the one text form of each. No look-ups: a name is not an address.

/// An IPv4 or IPv6 address.
public enum Address: Hashable, Sendable {
  /// Four bytes, as one integer in the order they are written (192.0.2.1 is 0xC0000201).
  case v4(UInt32)
  /// Sixteen bytes as two integers, the first eight first.
  case v6(UInt64, UInt64)

  public static let loopback = Address.v4(0x7F00_0001)
  public static let any = Address.v4(0)
  public static let loopback6 = Address.v6(0, 1)

  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    self = .v4(UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
  }

  /// Whether it is one of IPv6.
  public var isV6: Bool { if case .v6 = self { true } else { false } }

  /// The address written as `text`: dotted decimal (four numbers, no leading zeros), or RFC 4291 §2.2 with `::` and an optional
  /// dotted tail. Nil for anything else.
  public init?(_ text: some StringProtocol) {
    if text.utf8.contains(UInt8(ascii: ":")) {
      guard let words = Address.words(text) else { return nil }
      let high = words[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
      let low = words[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
      self = .v6(high, low)
    } else {
      guard let value = Address.dotted(text) else { return nil }
      self = .v4(value)
    }
  }

  public var isLoopback: Bool {
    switch self {
    case .v4(let value): value >> 24 == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }

  /// The bytes in network order: four or sixteen.
  public var bytes: [UInt8] {
    switch self {
    case .v4(let value): (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    case .v6(let high, let low):
      (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) } + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
    }
  }

  /// The address of four or sixteen bytes in network order; nil for any other number.
  public init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      self = .v6(bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
    default: return nil
    }
  }

  private static func dotted(_ text: some StringProtocol) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), part == "0" || !part.hasPrefix("0"),
        let number = UInt8(part)
      else { return nil }
      value = value << 8 | UInt32(number)
    }
    return value
  }

  private static func words(_ text: some StringProtocol) -> [UInt16]? {
    // RFC 4291 §2.2: at most one "::", standing for one or more zero words.
    let halves = splitAtGap(String(text))
    guard halves.count <= 2 else { return nil }
    var sides: [[UInt16]] = []
    for (index, half) in halves.enumerated() {
      guard let side = side(half, isLast: index == halves.count - 1) else { return nil }
      sides.append(side)
    }
    let given = sides.reduce(0) { $0 + $1.count }
    if sides.count == 1 { return given == 8 ? sides[0] : nil }
    guard given <= 7 else { return nil }
    return sides[0] + Array(repeating: 0, count: 8 - given) + sides[1]
  }

  private static func splitAtGap(_ text: String) -> [Substring] {
    var halves: [Substring] = []
    var start = text.startIndex
    var index = text.startIndex
    while index < text.endIndex {
      let next = text.index(after: index)
      if text[index] == ":", next < text.endIndex, text[next] == ":" {
        halves.append(text[start..<index])
        start = text.index(after: next)
        index = start
      } else {
        index = next
      }
    }
    return halves + [text[start...]]
  }

  private static func side(_ text: Substring, isLast: Bool) -> [UInt16]? {
    if text.isEmpty { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var words: [UInt16] = []
    for (index, part) in parts.enumerated() {
      // RFC 4291 §2.2: the dotted form stands for the last two words only, so not before the gap.
      if isLast, index == parts.count - 1, part.contains(".") {
        guard let tail = dotted(part) else { return nil }
        words += [UInt16(truncatingIfNeeded: tail >> 16), UInt16(truncatingIfNeeded: tail)]
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }), let word = UInt16(part, radix: 16)
        else { return nil }
        words.append(word)
      }
    }
    return words
  }
}

extension Address: CustomStringConvertible {
  /// Dotted decimal, or RFC 5952's form: lower case, no leading zeros, the longest run of zero words as `::`.
  public var description: String {
    switch self {
    case .v4(let value):
      return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    case .v6(let high, let low):
      let words = (0..<4).map { UInt16(truncatingIfNeeded: high >> (48 - 16 * $0)) }
        + (0..<4).map { UInt16(truncatingIfNeeded: low >> (48 - 16 * $0)) }
      let gap = Address.longestZeroRun(words)
      func text(_ words: some Sequence<UInt16>) -> String { words.map { String($0, radix: 16) }.joined(separator: ":") }
      guard let gap else { return text(words) }
      return text(words[..<gap.lowerBound]) + "::" + text(words[gap.upperBound...])
    }
  }

  private static func longestZeroRun(_ words: [UInt16]) -> Range<Int>? {
    var best = 0..<0
    var start = 0
    for index in 0...words.count where index == words.count || words[index] != 0 {
      if index - start > best.count { best = start..<index }
      start = index + 1
    }
    // RFC 5952 §4.2.2: a single zero word is not shortened.
    return best.count >= 2 ? best : nil
  }
}

extension Address: Comparable {
  public static func < (a: Address, b: Address) -> Bool {
    switch (a, b) {
    case (.v4(let x), .v4(let y)): x < y
    case (.v4, .v6): true
    case (.v6, .v4): false
    case (.v6(let x, let x2), .v6(let y, let y2)): (x, x2) < (y, y2)
    }
  }
}

/// An address and a port.
public struct Endpoint: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var address: Address
  public var port: UInt16

  public init(_ address: Address, _ port: UInt16) {
    self.address = address
    self.port = port
  }

  /// `192.0.2.1:53`, `[2001:db8::1]:53`. Nil for anything else.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits) else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) } else if host.contains(":") { return nil }
    guard let address = Address(host) else { return nil }
    self.init(address, port)
  }

  public var description: String {
    switch address {
    case .v4: "\(address):\(port)"
    case .v6: "[\(address)]:\(port)"
    }
  }

  public static func < (a: Endpoint, b: Endpoint) -> Bool { (a.address, a.port) < (b.address, b.port) }
}
