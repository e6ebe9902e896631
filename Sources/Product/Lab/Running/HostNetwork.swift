// One host's access to a network that many hosts share: whatever it sends, it sends from an address of its own.
// The simulator's networks belong to one host each and do not need this.
package import Transport
package import World

/// A network as one host sees it.
package struct HostNetwork: Network {
  private let shared: any Network
  private let addresses: [Address]

  /// The host that has `addresses`, on the network `shared`.
  package init(_ shared: any Network, addresses: [Address]) {
    self.shared = shared
    self.addresses = addresses
  }

  package var clock: any WorldClock { shared.clock }

  package func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener {
    try await shared.listen(at: endpoint, options: options, accept: accept)
  }

  package func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    var options = options
    options.from = options.from ?? own(like: endpoint.address)
    try await shared.dial(endpoint, options: options, makeEnd: makeEnd)
  }

  package func bind(
    _ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd
  ) async throws(NetworkError) -> any Listener {
    var endpoint = endpoint
    // "Any address" means any of this host's: the first, since a port is bound at one.
    if endpoint.address == .any || endpoint.address == .v6(0, 0) { endpoint.address = own(like: endpoint.address) ?? endpoint.address }
    return try await shared.bind(endpoint, options: options, makeEnd: makeEnd)
  }

  package func start(_ work: @escaping @Sendable () async -> Void) { shared.start(work) }

  private func own(like other: Address) -> Address? { addresses.first { $0.bytes.count == other.bytes.count } }
}
