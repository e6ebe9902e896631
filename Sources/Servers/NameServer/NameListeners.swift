// A name server's two listeners, UDP and TCP, on one and the same port.
// Read next: Authoritative/AuthorityService.swift and Recursive/ResolverService.swift, who answer on them.
import Transport
import World

/// The two listeners of a name server.
struct NameListeners: Sendable {
  /// Where both listen.
  let endpoint: Endpoint
  private let listeners: [any Listener]

  /// Most ports tried when any will do. Unit: ports. Past it: the last one's failure is told.
  private static let portsTriedMax = 32

  /// Binds the datagrams' port, then TCP's. A port that is free for the one may be taken for the other; where any will do, another is tried.
  static func start(
    at endpoint: Endpoint, bind: () async throws(NetworkError) -> any Listener, listen: (Endpoint) async throws(NetworkError) -> any Listener
  ) async throws(NetworkError) -> NameListeners {
    var triesLeft = endpoint.port == 0 ? portsTriedMax : 1
    while true {
      let datagrams = try await bind()
      do throws(NetworkError) {
        return NameListeners(endpoint: datagrams.endpoint, listeners: [datagrams, try await listen(datagrams.endpoint)])
      } catch {
        await datagrams.close(grace: .zero)
        triesLeft -= 1
        guard case .addressInUse = error, triesLeft > 0 else { throw error }
      }
    }
  }

  /// Stops listening; connections get until `grace` is over.
  func close(grace: Duration) async {
    for listener in listeners { await listener.close(grace: grace) }
  }
}
