// The request targets that are not plain paths, and the grammar of an authority.
// Not here: origin form, which the request line's reader takes itself (RequestReader.swift).

/// Reads absolute, authority and asterisk targets.
enum TargetReader {
  /// Finds path and authority in the target and checks that its form goes with the method.
  // RFC 9112 §3.2
  static func read(_ bytes: UnsafeRawBufferPointer, _ facts: inout RequestFacts) throws(Refusal) {
    let target = facts.target
    if facts.method == .connect {
      facts.form = .authority
      try checkAuthority(bytes, target, name: "CONNECT target")
      guard bytes[target].last.map(Characters.isDigit) == true, hasPort(bytes, target) else {
        throw Refusal(expected: "host:port as the target of CONNECT", found: "no port", at: target.upperBound, "RFC 9112 §3.2.3")
      }
      place(&facts, authority: target, path: target.upperBound..<target.upperBound)
      return
    }
    if target.count == 1, bytes[target.lowerBound] == 0x2A {
      // RFC 9112 §3.2.4
      guard facts.method == .options else {
        throw Refusal(expected: "a path", found: "'*', which only OPTIONS takes", at: target.lowerBound, "RFC 9112 §3.2.4")
      }
      facts.form = .asterisk
      place(&facts, authority: 0..<0, path: target.upperBound..<target.upperBound)
      return
    }
    // RFC 9112 §3.2.2
    let schemeLength = startsWithScheme(bytes, target)
    guard schemeLength > 0 else {
      throw Refusal(
        expected: "a target that begins with '/' or http://", found: Refusal.name(of: bytes[target.lowerBound]), at: target.lowerBound,
        "RFC 9112 §3.2")
    }
    facts.form = .absolute
    let start = target.lowerBound &+ schemeLength
    var end = start
    while end < target.upperBound, bytes[end] != 0x2F, bytes[end] != 0x3F { end &+= 1 }
    try checkAuthority(bytes, start..<end, name: "target's authority")
    place(&facts, authority: start..<end, path: end..<Swift.max(end, Int(facts.pathEnd)))
  }

  /// Checks `host[:port]`, with an IPv6 address in brackets.
  // RFC 9110 §7.2, RFC 3986 §3.2.2
  // Differs from RFC 9110 §7.2: an empty Host is refused; no request this server answers is without an authority.
  @inline(__always)
  static func checkAuthority(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, name: StaticString) throws(Refusal) {
    var index = range.lowerBound
    let end = range.upperBound
    if index < end, bytes[index] == 0x5B {
      index &+= 1
      while index < end, Characters.isHex(bytes[index]) || bytes[index] == 0x3A || bytes[index] == 0x2E { index &+= 1 }
      guard index < end, bytes[index] == 0x5D, index > range.lowerBound &+ 2 else { throw refusal(bytes, range, index, name) }
      index &+= 1
    } else {
      while index < end, Characters.isHost(bytes[index]) { index &+= 1 }
      guard index > range.lowerBound else { throw refusal(bytes, range, index, name) }
    }
    if index == end { return }
    guard bytes[index] == 0x3A else { throw refusal(bytes, range, index, name) }
    index &+= 1
    var port = 0
    while index < end, Characters.isDigit(bytes[index]), port <= 65_535 {
      port = port &* 10 &+ Int(bytes[index] &- 0x30)
      index &+= 1
    }
    guard index == end, port <= 65_535 else { throw refusal(bytes, range, index, name) }
  }

  private static func refusal(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ index: Int, _ name: StaticString) -> Refusal {
    Refusal(
      expected: "host or host:port in the \(name)", found: index < range.upperBound ? Refusal.name(of: bytes[index]) : "the end", at: index,
      "RFC 9110 §7.2")
  }

  private static func hasPort(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    var index = range.upperBound
    while index > range.lowerBound, Characters.isDigit(bytes[index &- 1]) { index &-= 1 }
    return index > range.lowerBound && bytes[index &- 1] == 0x3A
  }

  private static func startsWithScheme(_ bytes: UnsafeRawBufferPointer, _ target: Range<Int>) -> Int {
    for scheme: StaticString in ["http://", "https://"] {
      let length = scheme.utf8CodeUnitCount
      if target.count >= length, bytes.spells(scheme, target.lowerBound..<(target.lowerBound &+ length)) { return length }
    }
    return 0
  }

  private static func place(_ facts: inout RequestFacts, authority: Range<Int>, path: Range<Int>) {
    facts.authorityStart = UInt32(truncatingIfNeeded: authority.lowerBound)
    facts.authorityEnd = UInt32(truncatingIfNeeded: authority.upperBound)
    facts.pathStart = UInt32(truncatingIfNeeded: path.lowerBound)
    facts.pathEnd = UInt32(truncatingIfNeeded: path.upperBound)
  }
}
