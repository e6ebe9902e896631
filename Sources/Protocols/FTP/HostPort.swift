// The texts in which the two ends tell each other where the data connection goes: PORT and 227, EPRT and 229.
// Not here: whether such a place may be called (ServerConversation judges that).
public import Bytes
public import World

/// Reads and writes endpoints as FTP does.
public enum HostPort {
  /// `192,0,2,1,19,137`: an IPv4 address and a port in six numbers.
  // RFC 959 §5.3.2 host-port
  public static func numbers(_ text: Buffer) throws(SyntaxError) -> Endpoint {
    var values: [UInt32] = []
    var index = 0
    while true {
      let (value, end) = try number(text, from: index, most: 255, rule: "RFC 959 §5.3.2")
      values.append(value)
      index = end
      if values.count == 6 { break }
      guard text[at: index] == UInt8(ascii: ",") else { throw SyntaxError(expected: "a comma", at: index, rule: "RFC 959 §5.3.2") }
      index += 1
    }
    guard index == text.count else { throw SyntaxError(expected: "nothing after the sixth number", at: index, rule: "RFC 959 §5.3.2") }
    return Endpoint(.v4(values[0] << 24 | values[1] << 16 | values[2] << 8 | values[3]), UInt16(values[4] << 8 | values[5]))
  }

  /// The six numbers of an IPv4 endpoint; nil: it is IPv6.
  public static func numbers(of endpoint: Endpoint) -> String? {
    guard case .v4(let value) = endpoint.address else { return nil }
    return "\(value >> 24),\(value >> 16 & 255),\(value >> 8 & 255),\(value & 255),\(endpoint.port >> 8),\(endpoint.port & 255)"
  }

  /// The endpoint in the text of a 227 reply: six numbers, wherever they stand.
  // RFC 1123 §4.1.2.6: the text around the numbers is not fixed, so they are looked for.
  public static func passive(_ text: Buffer) throws(SyntaxError) -> Endpoint {
    guard let range = passiveRange(text) else { throw SyntaxError(expected: "six numbers with commas", at: 0, rule: "RFC 1123 §4.1.2.6") }
    return try numbers(text[range])
  }

  /// Where the six numbers of a 227 reply stand; nil: nowhere.
  static func passiveRange(_ text: Buffer) -> Range<Int>? {
    var start = 0
    while start < text.count {
      guard let byte = text[at: start], CharacterClass.digits.contains(byte) else {
        start += 1
        continue
      }
      var end = start
      while let byte = text[at: end], CharacterClass.digits.contains(byte) || byte == UInt8(ascii: ",") { end += 1 }
      if (try? numbers(text[start..<end])) != nil { return start..<end }
      start = end
    }
    return nil
  }

  /// A family of addresses as EPRT and EPSV number them.
  // RFC 2428 §2
  public enum Family: Int, Sendable, Hashable {
    case v4 = 1
    case v6 = 2

    public init(_ address: Address) {
      if case .v4 = address { self = .v4 } else { self = .v6 }
    }
  }

  /// What an EPRT command asks for.
  public enum Extended: Sendable, Hashable {
    case endpoint(Endpoint)
    /// A family that is neither of the two.
    case otherFamily
  }

  /// `|1|192.0.2.1|5001|`: the first byte is the delimiter of all.
  // RFC 2428 §2
  public static func extended(_ text: Buffer) throws(SyntaxError) -> Extended {
    let rule = "RFC 2428 §2"
    guard let delimiter = text[at: 0], (33...126).contains(delimiter) else { throw SyntaxError(expected: "a delimiter", at: 0, rule: rule) }
    var parts: [Range<Int>] = []
    var start = 1
    while parts.count < 3 {
      guard let end = text.firstIndex(of: delimiter, from: start) else { throw SyntaxError(expected: "four delimiters", at: text.count, rule: rule) }
      parts.append(start..<end)
      start = end + 1
    }
    guard start == text.count else { throw SyntaxError(expected: "nothing after the fourth delimiter", at: start, rule: rule) }
    let (family, familyEnd) = try number(text, from: parts[0].lowerBound, most: 255, rule: rule)
    guard familyEnd == parts[0].upperBound else { throw SyntaxError(expected: "a number of a family", at: familyEnd, rule: rule) }
    guard let known = Family(rawValue: Int(family)) else { return .otherFamily }
    let (port, portEnd) = try number(text, from: parts[2].lowerBound, most: 65_535, rule: rule)
    guard portEnd == parts[2].upperBound else { throw SyntaxError(expected: "a port", at: portEnd, rule: rule) }
    guard let address = Address(text[parts[1]].text), Family(address) == known else {
      throw SyntaxError(expected: "an address of family \(family)", at: parts[1].lowerBound, rule: rule)
    }
    return .endpoint(Endpoint(address, UInt16(truncatingIfNeeded: port)))
  }

  /// The argument of EPRT for `endpoint`.
  public static func extended(of endpoint: Endpoint) -> String {
    "|\(Family(endpoint.address).rawValue)|\(endpoint.address)|\(endpoint.port)|"
  }

  /// The port in the text of a 229 reply: `(|||6446|)`, where the address is the one of the control connection.
  // RFC 2428 §3
  public static func extendedPassive(_ text: Buffer) throws(SyntaxError) -> UInt16 {
    guard let range = extendedPassiveRange(text) else { throw SyntaxError(expected: "(|||port|)", at: 0, rule: "RFC 2428 §3") }
    let (port, _) = try number(text, from: range.lowerBound, most: 65_535, rule: "RFC 2428 §3")
    guard port > 0 else { throw SyntaxError(expected: "a port", found: "0", at: range.lowerBound, rule: "RFC 2428 §3") }
    return UInt16(truncatingIfNeeded: port)
  }

  /// Where the port of a 229 reply stands; nil: nowhere.
  static func extendedPassiveRange(_ text: Buffer) -> Range<Int>? {
    var index = 0
    while let open = text.firstIndex(of: UInt8(ascii: "("), from: index) {
      index = open + 1
      guard let delimiter = text[at: open + 1], (33...126).contains(delimiter), text[at: open + 2] == delimiter, text[at: open + 3] == delimiter else { continue }
      var end = open + 4
      while let byte = text[at: end], CharacterClass.digits.contains(byte) { end += 1 }
      if end > open + 4, end <= open + 9, text[at: end] == delimiter, text[at: end + 1] == UInt8(ascii: ")") { return (open + 4)..<end }
    }
    return nil
  }

  private static func number(_ text: Buffer, from start: Int, most: UInt32, rule: String) throws(SyntaxError) -> (UInt32, end: Int) {
    var value: UInt32 = 0
    var index = start
    while let byte = text[at: index], CharacterClass.digits.contains(byte) {
      value = value * 10 + UInt32(byte - 0x30)
      guard value <= most, index - start < 5 else { throw SyntaxError(expected: "a number up to \(most)", at: start, rule: rule) }
      index += 1
    }
    guard index > start else { throw SyntaxError(expected: "a number", at: start, rule: rule) }
    return (value, index)
  }
}
