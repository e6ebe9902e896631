// Ranges of addresses: who may ask, who may be asked. Not here: single addresses (Address.swift).

/// Addresses that begin alike.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
  public var address: Address
  /// Unit: bits that count.
  public var length: Int

  public init(_ address: Address, length: Int) {
    self.address = address
    self.length = length
  }

  /// `192.0.2.0/24`, `2001:db8::/32`, or one address. Nil for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = Address(first) else { return nil }
    let whole = address.bytes.count * 8
    guard parts.count == 1 || (Int(parts[1]).map { (0...whole).contains($0) } ?? false) else { return nil }
    self.init(address, length: parts.count == 1 ? whole : Int(parts[1]) ?? whole)
  }

  public static let loopback = AddressRange(Address(127, 0, 0, 0), length: 8)
  public static let loopback6 = AddressRange(.loopback6, length: 128)

  /// Addresses that a stranger must not reach through us: this machine, its neighbours, private networks, multicast.
  // RFC 6890 §2.2, RFC 4291 §2.5, RFC 4193 §3.1, RFC 4291 §2.5.5.2 (IPv4 inside IPv6)
  public static let inner: [AddressRange] = [
    AddressRange(Address(0, 0, 0, 0), length: 8), .loopback, AddressRange(Address(10, 0, 0, 0), length: 8), AddressRange(Address(100, 64, 0, 0), length: 10),
    AddressRange(Address(169, 254, 0, 0), length: 16), AddressRange(Address(172, 16, 0, 0), length: 12), AddressRange(Address(192, 168, 0, 0), length: 16),
    AddressRange(Address(224, 0, 0, 0), length: 3), AddressRange(.v6(0, 0), length: 96), AddressRange(.v6(0, 0xFFFF_0000_0000), length: 96),
    AddressRange(.v6(0x0064_FF9B_0000_0000, 0), length: 96), AddressRange(.v6(0xFC00_0000_0000_0000, 0), length: 7),
    AddressRange(.v6(0xFE80_0000_0000_0000, 0), length: 10), AddressRange(.v6(0xFF00_0000_0000_0000, 0), length: 8),
  ]

  /// Whether `other` is one of them.
  public func contains(_ other: Address) -> Bool {
    switch (address, other) {
    case (.v4(let a), .v4(let b)): AddressRange.agree(UInt64(a) << 32, UInt64(b) << 32, length)
    case (.v6(let a, let a2), .v6(let b, let b2)): AddressRange.agree(a, b, length) && AddressRange.agree(a2, b2, length - 64)
    default: false
    }
  }

  public var description: String { "\(address)/\(length)" }

  private static func agree(_ a: UInt64, _ b: UInt64, _ bits: Int) -> Bool { bits <= 0 || (a ^ b) >> UInt64(max(0, 64 - bits)) == 0 }
}
