// The address of a mailbox, `local@domain`, as a value with one form: the shortest that RFC 5321 allows, the domain in lower case.
// Not here: lists of addresses in a message's fields (AddressList.swift), paths in commands (MailPath.swift).
import Bytes
public import World

/// A mailbox: who, and in which domain.
// RFC 5321 §4.1.2 Mailbox
public struct MailAddress: Hashable, Sendable {
  /// Longest local part, as written. Unit: bytes. RFC 5321 §4.5.3.1.1.
  public static var localPartBytesMax: Int { 64 }
  /// Longest domain. Unit: bytes. RFC 5321 §4.5.3.1.2.
  public static var domainBytesMax: Int { 255 }
  /// Longest path, its angle brackets included. Unit: bytes. RFC 5321 §4.5.3.1.3.
  public static var pathBytesMax: Int { 256 }

  /// Who, without quotes and backslashes; never empty, ASCII without control bytes.
  // RFC 5321 §2.4: only the domain's own host knows whether case matters here, so it is kept.
  public let localPart: String
  /// Where.
  public let domain: MailDomain

  /// The mailbox of `localPart`, unquoted, at `domain`.
  public init(localPart: some StringProtocol, domain: MailDomain) throws(SyntaxError) {
    guard !localPart.isEmpty, localPart.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw SyntaxError(expected: "a local part of printable ASCII", at: 0, rule: "RFC 5321 §4.1.2")
    }
    self.localPart = String(localPart)
    self.domain = domain
    let length = localText.utf8.count
    guard length <= Self.localPartBytesMax else {
      throw SyntaxError(expected: "a local part of at most \(Self.localPartBytesMax) bytes", found: "\(length)", at: 0, rule: "RFC 5321 §4.5.3.1.1")
    }
    let path = length + domain.description.utf8.count + 3
    guard path <= Self.pathBytesMax else {
      throw SyntaxError(expected: "a path of at most \(Self.pathBytesMax) bytes", found: "\(path)", at: 0, rule: "RFC 5321 §4.5.3.1.3")
    }
  }

  /// Reads `local@domain`, and nothing before or behind it.
  public init(_ text: some StringProtocol) throws(SyntaxError) {
    var scanner = ByteScanner(Array(text.utf8))
    self = try Self.mailbox(&scanner)
    guard scanner.isAtEnd else { throw scanner.error("the end of the address", "RFC 5321 §4.1.2") }
  }

  // RFC 5321 §4.1.2 Mailbox = Local-part "@" ( Domain / address-literal )
  static func mailbox(_ scanner: inout ByteScanner) throws(SyntaxError) -> MailAddress {
    let start = scanner.index
    let local = scanner.peek == UInt8(ascii: "\"") ? try quotedString(&scanner) : try dotString(&scanner)
    guard scanner.skip("@") else { throw scanner.error("'@'", "RFC 5321 §4.1.2") }
    let domain = try MailDomain(&scanner)
    do { return try MailAddress(localPart: local, domain: domain) } catch {
      var error = error
      error.offset += start
      throw error
    }
  }

  // RFC 5321 §4.1.2 Dot-string
  private static func dotString(_ scanner: inout ByteScanner) throws(SyntaxError) -> String {
    let start = scanner.index
    repeat {
      guard !scanner.take(while: .atom).isEmpty else { throw scanner.error("an atom of the local part", "RFC 5321 §4.1.2") }
    } while scanner.skip(".")
    return scanner.text(from: start)
  }

  // RFC 5321 §4.1.2 Quoted-string
  private static func quotedString(_ scanner: inout ByteScanner) throws(SyntaxError) -> String {
    scanner.index += 1
    var content: [UInt8] = []
    while let byte = scanner.next() {
      if byte == UInt8(ascii: "\"") { return String(decoding: content, as: UTF8.self) }
      guard let meant = byte == UInt8(ascii: "\\") ? scanner.next() : byte, (0x20...0x7E).contains(meant) else {
        scanner.index -= 1
        break
      }
      content.append(meant)
    }
    throw scanner.error("a quoted local part of printable ASCII", "RFC 5321 §4.1.2")
  }

  /// The local part as it is written: bare where it can be, else in quotes.
  // RFC 5321 §4.1.2: the form without quotes is the one to be used where it will do.
  public var localText: String {
    if Self.isDotString(localPart.utf8) { return localPart }
    var text = "\""
    for scalar in localPart.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { text += "\\" }
      text.unicodeScalars.append(scalar)
    }
    return text + "\""
  }

  static func isDotString(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && CharacterClass.atom.containsAll($0) }
  }

  /// Whether the local part itself names a place to send to: `user%other.test`, `other.test!user`, `"user@other.test"`.
  // RFC 5321 §3.6.1, §7.2; a server that resolved these would be a relay for everybody.
  public var hasRouteInside: Bool { localPart.utf8.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "@") } }
}

extension MailAddress: CustomStringConvertible {
  /// `local@domain`, as it stands in commands.
  public var description: String { "\(localText)@\(domain)" }
}

extension MailAddress: Comparable {
  public static func < (a: MailAddress, b: MailAddress) -> Bool { (a.domain.description, a.localPart) < (b.domain.description, b.localPart) }
}

/// The right side of an address.
// RFC 5321 §4.1.2 Domain, §4.1.3 address-literal
public enum MailDomain: Hashable, Sendable {
  /// A name in lower case, labels of letters, digits, hyphens and underscores.
  case name(String)
  /// `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
  case literal(Address)

  /// Reads a whole domain or address literal.
  public init(_ text: some StringProtocol) throws(SyntaxError) {
    var scanner = ByteScanner(Array(text.utf8))
    try self.init(&scanner)
    guard scanner.isAtEnd else { throw scanner.error("the end of the domain", "RFC 5321 §4.1.2") }
  }

  init(_ scanner: inout ByteScanner) throws(SyntaxError) {
    if scanner.peek == UInt8(ascii: "[") {
      self = .literal(try Self.literal(&scanner))
      return
    }
    let start = scanner.index
    repeat {
      let label = scanner.take(while: Self.labelBytes)
      // Differs from RFC 5321 §4.1.2 sub-domain: an underscore is taken, because such names send mail.
      guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
        throw scanner.error("a label of 1 to 63 letters, digits and inner hyphens", "RFC 5321 §4.1.2")
      }
    } while scanner.skip(".")
    let length = scanner.index - start
    guard length <= MailAddress.domainBytesMax else {
      throw SyntaxError(expected: "a domain of at most \(MailAddress.domainBytesMax) bytes", found: "\(length)", at: start, rule: "RFC 5321 §4.5.3.1.2")
    }
    self = .name(scanner.text(from: start).lowercased())
  }

  private static let labelBytes = CharacterClass.letters.union(.digits).union(CharacterClass("-_"))

  // RFC 5321 §4.1.3 address-literal. Not done: General-address-literal, since no other tag was ever registered.
  private static func literal(_ scanner: inout ByteScanner) throws(SyntaxError) -> Address {
    let start = scanner.index
    scanner.index += 1
    let inner = String(decoding: scanner.take(while: Self.literalBytes), as: UTF8.self)
    guard scanner.skip("]") else { throw scanner.error("']' at the end of the address literal", "RFC 5321 §4.1.3") }
    if inner.lowercased().hasPrefix("ipv6:"), let address = Address(inner.dropFirst(5)), case .v6 = address { return address }
    if let address = Address(inner), case .v4 = address { return address }
    throw SyntaxError(expected: "an IPv4 address, or 'IPv6:' and an IPv6 address", at: start + 1, rule: "RFC 5321 §4.1.3")
  }

  private static let literalBytes = CharacterClass.letters.union(.digits).union(CharacterClass(".:-"))
}

extension MailDomain: CustomStringConvertible {
  public var description: String {
    switch self {
    case .name(let name): name
    case .literal(let address):
      switch address {
      case .v4: "[\(address)]"
      case .v6: "[IPv6:\(address)]"
      }
    }
  }
}
