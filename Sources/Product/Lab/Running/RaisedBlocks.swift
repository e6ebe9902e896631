// Nodes that keep blocks, in a world that runs. Not here: what they decide (Names/Store/StoreNode.swift).
import Host
import Names
import Transport
import World

/// Starts nodes that keep blocks.
enum RaisedBlocks {
  /// A node at `endpoint` that knows every other one of the world that runs.
  static func start(_ host: HostDescription, of world: WorldDescription, at endpoint: Endpoint, on assembly: Assembly, _ means: RaisedWorld.Means)
    async throws(NetworkError)
  {
    let others = world.programs.filter { $0.kind == .blockStore && $0.host != host.name && means.runs($0.host) }
    let neighbours = others.compactMap { program -> StoreNode.Neighbour? in
      guard let other = world.host(program.host), let endpoint = means.plan.endpoints(of: other, port: program.port).first else { return nil }
      return StoreNode.Neighbour(NodePlace(of: other.name), endpoint)
    }
    try await assembly.serveBlocks(StoreNode(NodePlace(of: host.name), neighbours: neighbours), at: endpoint)
  }
}
