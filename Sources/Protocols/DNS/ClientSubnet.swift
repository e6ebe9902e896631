// The client subnet option (RFC 7871): where the asker's own client is, cut to a prefix, so that an authority can answer by place.
// Not here: who is answered how (NameServer/Steering), the option's explanation (Explanation/ExplainedSubnet.swift).
public import World

/// A client's network as the option carries it.
///
///     family (16)          1: IPv4, 2: IPv6, 0: none told
///     source length (8)    how many bits the asker tells
///     scope length (8)     in a query 0; in an answer, for how many bits it holds
///     address              as many bytes as the source length needs, the bits after it zero
public struct ClientSubnet: Hashable, Sendable {
  /// The network's first address; nil: family 0, none is told.
  public let address: Address?
  /// Unit: bits of the address that are told.
  public let sourceLength: Int
  /// Unit: bits for which an answer holds; 0 in a query.
  public var scopeLength: Int

  /// The first `sourceLength` bits of `address`; more bits than the address has count as all of them.
  public init(_ address: Address, sourceLength: Int, scopeLength: Int = 0) {
    let width = address.bytes.count * 8
    self.sourceLength = Swift.min(width, Swift.max(0, sourceLength))
    self.scopeLength = Swift.min(width, Swift.max(0, scopeLength))
    self.address = ClientSubnet.masked(address, self.sourceLength)
  }

  /// Reads the option's data.
  public init(reading data: [UInt8]) throws(SyntaxError) {
    let source = "RFC 7871 §6"
    guard data.count >= ClientSubnet.headerSize else {
      throw SyntaxError(expected: "at least four bytes of a client subnet", found: "\(data.count)", at: 0, rule: source)
    }
    let family = UInt16(data[0]) << 8 | UInt16(data[1])
    let (told, scope) = (Int(data[2]), Int(data[3]))
    let width: Int
    switch family {
    case 0: width = 0
    case 1: width = 32
    case 2: width = 128
    default: throw SyntaxError(expected: "family 1 (IPv4) or 2 (IPv6)", found: "\(family)", at: 0, rule: source)
    }
    guard told <= width else { throw SyntaxError(expected: "a source prefix of at most \(width) bits", found: "\(told)", at: 2, rule: source) }
    guard scope <= width else { throw SyntaxError(expected: "a scope prefix of at most \(width) bits", found: "\(scope)", at: 3, rule: source) }
    let bytes = data.dropFirst(ClientSubnet.headerSize)
    // RFC 7871 §6: exactly the bytes that the prefix needs, and no bit beyond it.
    guard bytes.count == (told + 7) / 8 else {
      throw SyntaxError(expected: "\((told + 7) / 8) bytes of address", found: "\(bytes.count)", at: ClientSubnet.headerSize, rule: source)
    }
    let whole = Address(bytes: bytes + Array(repeating: UInt8(0), count: Swift.max(0, width / 8 - bytes.count)))
    guard whole == whole.map({ ClientSubnet.masked($0, told) }) else {
      throw SyntaxError(expected: "only zero bits after the prefix of \(told)", at: ClientSubnet.headerSize, rule: source)
    }
    address = whole
    sourceLength = told
    scopeLength = scope
  }

  /// The option's data.
  public var data: [UInt8] {
    let family: UInt8
    switch address {
    case nil: family = 0
    case .v4: family = 1
    case .v6: family = 2
    }
    let head = [0, family, UInt8(truncatingIfNeeded: sourceLength), UInt8(truncatingIfNeeded: scopeLength)]
    return head + (address?.bytes.prefix((sourceLength + 7) / 8) ?? [])
  }

  /// Unit: bytes before the address.
  public static let headerSize = 4

  /// `address` with every bit after the first `length` zero.
  static func masked(_ address: Address, _ length: Int) -> Address {
    func kept(_ value: UInt64, _ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? value : value & ~(UInt64.max >> UInt64(bits)) }
    switch address {
    case .v4(let value): return .v4(UInt32(truncatingIfNeeded: kept(UInt64(value) << 32, length) >> 32))
    case .v6(let high, let low): return .v6(kept(high, length), kept(low, length - 64))
    }
  }
}

extension ClientSubnet: CustomStringConvertible {
  /// `203.0.113.0/24`, in answers `203.0.113.0/24/16`: the last number is the scope.
  public var description: String {
    "\(address.map { "\($0)" } ?? "nobody")/\(sourceLength)" + (scopeLength > 0 ? "/\(scopeLength)" : "")
  }
}

extension EDNSOption {
  /// RFC 7871 §6: where the client is.
  public static func clientSubnet(_ subnet: ClientSubnet) -> EDNSOption { EDNSOption(.clientSubnet, subnet.data) }

  /// The network of a client subnet option; nil for other options and for a damaged one.
  public var clientSubnet: ClientSubnet? { code == .clientSubnet ? try? ClientSubnet(reading: data) : nil }
}
