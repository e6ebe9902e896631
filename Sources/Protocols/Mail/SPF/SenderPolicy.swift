// A published sender policy, `v=spf1 ip4:192.0.2.0/24 -all`, read whole before any of it is obeyed.
// Read next: PolicyText.swift (the %{…} in it), SenderCheck.swift (what obeys it).
import Bytes
import World

/// What is wrong with a policy.
struct PolicyError: Error, Hashable, Sendable {
  var what: String
}

/// One policy.
// RFC 7208 §4.6.1
struct SenderPolicy: Hashable, Sendable {
  /// What a match means.
  // RFC 7208 §4.6.2 qualifier
  enum Qualifier: UInt8, Hashable, Sendable {
    case pass = 0x2B
    case fail = 0x2D
    case softfail = 0x7E
    case neutral = 0x3F

    var result: SenderVerdict.Result {
      switch self {
      case .pass: .pass
      case .fail: .fail
      case .softfail: .softfail
      case .neutral: .neutral
      }
    }
  }

  /// How many leading bits of an address count.
  struct Prefixes: Hashable, Sendable {
    var v4 = 32
    var v6 = 128
  }

  // RFC 7208 §5
  enum Mechanism: Hashable, Sendable {
    case all
    case include(PolicyText)
    /// Without a text: the domain at hand.
    case address(PolicyText?, Prefixes)
    case exchange(PolicyText?, Prefixes)
    case pointer(PolicyText?)
    case network(Address, bits: Int)
    case exists(PolicyText)
  }

  /// A mechanism, what its match means, and how it was written.
  struct Directive: Hashable, Sendable {
    var qualifier: Qualifier
    var mechanism: Mechanism
    var text: String
  }

  var directives: [Directive] = []
  var redirect: PolicyText?
  var explanation: PolicyText?

  /// Whether `text` says of itself that it is a policy.
  // RFC 7208 §4.5
  static func isPolicy(_ text: [UInt8]) -> Bool {
    ASCII.areSame(text.prefix(6), "v=spf1".utf8) && (text.count == 6 || text[6] == 0x20)
  }

  init(_ text: [UInt8]) throws(PolicyError) {
    // RFC 7208 §3.1
    guard text.allSatisfy({ $0 < 0x80 }) else { throw PolicyError(what: "a byte beyond ASCII") }
    for term in text.dropFirst(6).split(separator: 0x20) { try add(Array(term)) }
    // RFC 7208 §6.1: who says `all` somewhere is not redirected.
    if directives.contains(where: { $0.mechanism == .all }) { redirect = nil }
  }

  private mutating func add(_ term: [UInt8]) throws(PolicyError) {
    let text = String(decoding: term, as: UTF8.self)
    var scanner = ByteScanner(term)
    let qualifier = scanner.peek.flatMap(Qualifier.init(rawValue:))
    if qualifier != nil { scanner.index += 1 }
    let name = ASCII.lowercased(scanner.take(while: Self.nameBytes))
    // RFC 7208 §4.6.1 name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
    guard let first = name.utf8.first, CharacterClass.letters.contains(first) else { throw PolicyError(what: "'\(text)' is no term") }
    if qualifier == nil, scanner.skip("=") { return try addModifier(name, Array(term[scanner.index...]), text) }
    let mechanism = try mechanism(name, &scanner, text)
    directives.append(Directive(qualifier: qualifier ?? .pass, mechanism: mechanism, text: text))
  }

  private static let nameBytes = CharacterClass.letters.union(.digits).union(CharacterClass("-_."))

  // RFC 7208 §6
  private mutating func addModifier(_ name: String, _ value: [UInt8], _ text: String) throws(PolicyError) {
    switch name {
    case "redirect":
      guard redirect == nil else { throw PolicyError(what: "two redirects") }
      redirect = try PolicyText(domain: value)
    case "exp":
      guard explanation == nil else { throw PolicyError(what: "two explanations") }
      explanation = try PolicyText(domain: value)
    // RFC 7208 §6: others are ignored, but are modifiers in their form.
    default: _ = try PolicyText(value, isExplanation: false)
    }
  }

  private func mechanism(_ name: String, _ scanner: inout ByteScanner, _ text: String) throws(PolicyError) -> Mechanism {
    let bytes = scanner.bytes
    var value: [UInt8]?
    var rest = Array(bytes[scanner.index...])
    if scanner.skip(":") {
      value = Array(bytes[scanner.index...])
      rest = []
    }
    switch name {
    case "all":
      guard value == nil, rest.isEmpty else { break }
      return .all
    case "include":
      guard let value else { break }
      return .include(try PolicyText(domain: value))
    case "exists":
      guard let value else { break }
      return .exists(try PolicyText(domain: value))
    case "ptr":
      guard rest.isEmpty else { break }
      return .pointer(try value.map { value throws(PolicyError) in try PolicyText(domain: value) })
    case "a", "mx":
      let (domain, prefixes) = try Self.splitPrefixes(value ?? rest, text)
      guard value != nil || domain.isEmpty else { break }
      let target = value == nil ? nil : try PolicyText(domain: domain)
      return name == "a" ? .address(target, prefixes) : .exchange(target, prefixes)
    case "ip4", "ip6":
      guard let value else { break }
      return try Self.network(value, isIPv6: name == "ip6", text)
    default: throw PolicyError(what: "'\(text)' is no mechanism")
    }
    throw PolicyError(what: "'\(text)' is not written as it should be")
  }

  // RFC 7208 §5.6
  private static func network(_ value: [UInt8], isIPv6: Bool, _ text: String) throws(PolicyError) -> Mechanism {
    let words = value.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let first = words.first, words.count <= 2, let address = Address(String(decoding: first, as: UTF8.self)) else {
      throw PolicyError(what: "'\(text)' has no address")
    }
    guard case (.v6, true) = (address, isIPv6) else {
      guard case (.v4, false) = (address, isIPv6) else { throw PolicyError(what: "'\(text)' has an address of the other family") }
      return .network(address, bits: words.count == 2 ? try bits(words[1], atMost: 32, text) : 32)
    }
    return .network(address, bits: words.count == 2 ? try bits(words[1], atMost: 128, text) : 128)
  }

  /// Cuts `/24`, `//64` or `/24//64` off the end.
  // RFC 7208 §5.3 dual-cidr-length
  private static func splitPrefixes(_ value: [UInt8], _ text: String) throws(PolicyError) -> (domain: [UInt8], Prefixes) {
    let slash = UInt8(ascii: "/")
    var end = value.count
    func digitsStart(_ end: Int) -> Int? {
      var start = end
      while start > 0, CharacterClass.digits.contains(value[start - 1]) { start -= 1 }
      return start > 0 && start < end && value[start - 1] == slash ? start : nil
    }
    var prefixes = Prefixes()
    if let start = digitsStart(end), start >= 2, value[start - 2] == slash {
      prefixes.v6 = try bits(value[start..<end], atMost: 128, text)
      end = start - 2
    }
    if let start = digitsStart(end) {
      prefixes.v4 = try bits(value[start..<end], atMost: 32, text)
      end = start - 1
    }
    return (Array(value[..<end]), prefixes)
  }

  private static func bits(_ digits: ArraySlice<UInt8>, atMost most: Int, _ text: String) throws(PolicyError) -> Int {
    guard (1...3).contains(digits.count), CharacterClass.digits.containsAll(digits), digits.count == 1 || digits.first != UInt8(ascii: "0"),
      let number = Int(String(decoding: digits, as: UTF8.self)), number <= most
    else { throw PolicyError(what: "'\(text)' has a wrong prefix length") }
    return number
  }
}
