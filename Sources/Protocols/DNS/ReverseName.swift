// The name that leads from an address back to a name (RFC 1035 §3.5, RFC 3596 §2.5).
// Not here: the zones in which such names lie (Host, Lab).
public import World

extension Name {
  /// The name under which the pointer of `address` stands: `7.2.0.192.in-addr.arpa.` for 192.0.2.7.
  public static func reverse(of address: Address) -> Name {
    let labels: [String]
    switch address {
    case .v4: labels = address.bytes.reversed().map { String($0) } + ["in-addr", "arpa"]
    // RFC 3596 §2.5: one label for each half byte.
    case .v6: labels = address.bytes.reversed().flatMap { [String($0 & 15, radix: 16), String($0 >> 4, radix: 16)] } + ["ip6", "arpa"]
    }
    return Name(proven: labels.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) } + [0])
  }
}
