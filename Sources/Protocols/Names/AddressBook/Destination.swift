// Where a name of the I2P kind leads: a destination, which is a pair of public keys and a certificate, and the short name that is its hash.
// Not here: who says which name leads where (AddressBook.swift).
import Bytes
import Crypto
public import World

/// A destination, which nobody gives out: whoever makes keys has one.
///
///     public key (256 bytes) | signing key (128) | certificate: type (1), length (2), payload
// I2P common structures, KeysAndCert
public struct Destination: Sendable, Hashable {
  public let bytes: [UInt8]

  static let keysSize = 384

  /// Nil: the bytes are not keys and one whole certificate.
  public init?(bytes: some Collection<UInt8>, limits: Limits = Limits()) {
    let bytes = Array(bytes)
    guard bytes.count >= Self.keysSize + 3, bytes.count <= limits.destinationBytesMax else { return nil }
    guard Int(bytes[385]) << 8 | Int(bytes[386]) == bytes.count - Self.keysSize - 3, bytes[384] <= 5 else { return nil }
    self.bytes = bytes
  }

  /// In base64 with `-` and `~` where others have `+` and `/`; nil: it is no destination.
  public init?(_ text: some StringProtocol, limits: Limits = Limits()) {
    guard text.utf8.count <= limits.destinationBytesMax * 4 / 3 + 4 else { return nil }
    guard !text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }) else { return nil }
    let usual = text.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "~") ? UInt8(ascii: "/") : $0 }
    guard let bytes = Base64.bytes(usual) else { return nil }
    self.init(bytes: bytes, limits: limits)
  }

  /// In base64 as I2P writes it.
  public var text: String {
    String(decoding: Base64.text(bytes).utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "~") : $0 }, as: UTF8.self)
  }

  /// The hash, which is the destination's name for machines.
  public var hash: [UInt8] { Array(SHA256.hash(data: bytes)) }

  /// 52 digits and `.b32.i2p`: a name that nobody has to give out, and that proves itself.
  public var b32: String { Base32.lower.text(hash) + ".b32.i2p" }

  /// The hash that a b32 name is; nil: it is none.
  public static func hash(ofB32 name: some StringProtocol) -> [UInt8]? {
    let name = name.lowercased()
    guard name.hasSuffix(".b32.i2p") else { return nil }
    let digits = name.dropLast(8)
    guard digits.utf8.count == 52, let bytes = Base32.lower.bytes(digits.utf8), bytes.count == 32 else { return nil }
    return bytes
  }
}

extension Destination: CustomStringConvertible {
  public var description: String { b32 }
}

/// A name of the I2P kind: what an address book may hold.
public struct HostName: Sendable, Hashable, Comparable {
  public let text: String

  // I2P naming, "Naming rules"
  public init(_ text: some StringProtocol) throws(SyntaxError) {
    let rule = "I2P naming"
    let text = text.lowercased()
    func bad(_ expected: String) -> SyntaxError { SyntaxError(expected: expected, found: text.utf8.count <= 80 ? text : "\(text.utf8.count) bytes", at: 0, rule: rule) }
    guard text.hasSuffix(".i2p"), text.utf8.count > 4 else { throw bad("a name that ends in .i2p") }
    guard text.utf8.count <= 67 else { throw bad("a name of at most 67 bytes") }
    guard text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
      throw bad("letters, digits, - and .")
    }
    for label in text.split(separator: ".", omittingEmptySubsequences: false) {
      guard !label.isEmpty, !label.hasPrefix("-"), !label.hasSuffix("-") else { throw bad("labels that neither are empty nor begin or end with -") }
      // Two hyphens are kept for names in other scripts.
      guard !label.contains("--") || label.hasPrefix("xn--") else { throw bad("no -- but in xn--") }
    }
    guard !text.hasSuffix(".b32.i2p"), text != "b32.i2p", !text.hasSuffix(".proxy.i2p"), !text.hasSuffix(".console.i2p") else { throw bad("a name that is not reserved") }
    self.text = text
  }

  public static func < (a: HostName, b: HostName) -> Bool { a.text < b.text }
}

extension HostName: CustomStringConvertible {
  public var description: String { text }
}
