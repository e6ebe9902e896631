// The node that keeps blocks of the GNU Name System, as a service of a host. Read next: Names/Store/StoreNode.swift.
package import Names
package import Transport
package import World

extension Assembly {
  /// Keeps blocks for everybody.
  package func serveBlocks(_ node: StoreNode, at endpoint: Endpoint) async throws(NetworkError) {
    let trace = serverTrace
    let listener = try await network.bind(endpoint, options: BindOptions()) { DatagramDriver(node, trace: trace) }
    note("block store", listener.endpoint) { await listener.close(grace: $0) }
  }
}
