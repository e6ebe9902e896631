// A host's network for what only keeps house: everything passes as it would, but no run goes on for its deadlines and waits alone.
// Read before: SimulatedNetwork.swift.
import Transport
import World

/// The background of a host.
struct BackgroundNetwork: Network {
  let host: SimulatedNetwork

  var clock: any WorldClock { host.backgroundClock }

  func listen(
    at endpoint: Endpoint, options: ListenOptions, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  ) async throws(NetworkError) -> any Listener { try host.open(endpoint, options, isBackground: true, accept) }

  func dial(_ endpoint: Endpoint, options: DialOptions, makeEnd: @escaping @Sendable () -> any StreamEnd) async throws(NetworkError) {
    try await host.call(endpoint, options, isBackground: true, makeEnd)
  }

  func bind(_ endpoint: Endpoint, options: BindOptions, makeEnd: @escaping @Sendable () -> any DatagramEnd) async throws(NetworkError)
    -> any Listener
  { try host.bind(endpoint, options, isBackground: true, makeEnd) }

  func start(_ work: @escaping @Sendable () async -> Void) { host.start(work) }
}
