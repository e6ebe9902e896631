// Where the world's hosts are found: at their own addresses inside a namespace, at loopback addresses and ports + 8000 outside one.
package import DNS
package import World

/// How the world's addresses and ports become real ones.
package struct AddressPlan: Sendable, Equatable {
  package enum Kind: String, Sendable, Equatable {
    /// Inside a network namespace: everything as the world says.
    case namespace
    /// On the machine's own loopback: 127/8, ports below 1024 moved up.
    case loopback
  }

  package var kind: Kind
  /// Which of several worlds on one machine's loopback it is: each has its ports above those of the one before.
  package var place: Int

  /// Most worlds on one loopback. Unit: worlds. Past it: there is no room for another.
  package static let placesMax = 16

  package init(_ kind: Kind, place: Int = 0) {
    self.kind = kind
    self.place = place
  }

  /// The real address; nil: there is none (IPv6 has only one loopback address).
  package func address(_ address: Address) -> Address? {
    switch (kind, address) {
    case (.namespace, _): address
    // 192.0.2.11 is found at 127.0.2.11: the last three numbers stay.
    case (.loopback, .v4(let value)): .v4(0x7F00_0000 | value & 0x00FF_FFFF)
    case (.loopback, .v6): nil
    }
  }

  /// A record's data with the real address in it, also where the world's file wrote the address by hand; nil: there is none.
  package func placed(_ data: RecordData) -> RecordData? {
    switch data {
    case .a(let value): if case .v4(let real) = address(.v4(value)) { .a(real) } else { data }
    case .aaaa(let high, let low): address(.v6(high, low)).map { _ in data }
    default: data
    }
  }

  /// The real port: 53 is 8053, 80 is 8080; ports above 1023 stay. Those of the next world are 1000 higher.
  package func port(_ port: UInt16) -> UInt16 {
    switch kind {
    case .namespace: port
    case .loopback: UInt16(clamping: Int(port) + (port < 1_024 ? 8_000 : 0) + 1_000 * place)
    }
  }

  /// The real addresses of a host.
  package func addresses(of host: HostDescription) -> [Address] { host.addresses.compactMap { address($0) } }

  /// The real endpoints of one service of a host.
  package func endpoints(of host: HostDescription, port: UInt16) -> [Endpoint] {
    addresses(of: host).map { Endpoint($0, self.port(port)) }
  }
}
