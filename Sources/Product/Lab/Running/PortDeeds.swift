// Ports that hosts open, close and filter in a scenario. What listens is the production service.
// Not here: what a scenario may say of them (Scenario/PortWords.swift), programs a world has by itself (RaisedWorld.swift).
import Host
import SimulatedTransport
import Sockets
import Synchronization
import Transport
import World

extension ScenarioRun {
  /// One program that listens.
  struct OpenPort {
    var host: String
    var port: UInt16
    var assembly: Assembly
  }

  func open(_ client: SimulatedNetwork, _ endpoint: Endpoint, as host: String) async -> Result.Outcome {
    let assembly = Assembly(name: host, network: client, recorder: recorder)
    do { try await assembly.serveUppercase(.concurrent, at: endpoint) } catch { return .failed("\(error)") }
    openPorts.withLock { $0.append(OpenPort(host: host, port: endpoint.port, assembly: assembly)) }
    return .said("listening at \(endpoint)")
  }

  func close(_ port: UInt16, of host: String) async -> Result.Outcome {
    let closing = openPorts.withLock { ports in
      defer { ports.removeAll { $0.host == host && $0.port == port } }
      return ports.filter { $0.host == host && $0.port == port }
    }
    for open in closing { await open.assembly.stop(grace: .zero) }
    return closing.isEmpty ? .failed("nothing listens at \(port)") : .said("closed")
  }

  /// Adds a rule to a host's packet filter.
  func filter(_ filter: PacketFilter, of host: String, _ client: SimulatedNetwork) {
    client.setFilters(filters.withLock { all in
      all[host, default: []].removeAll { ($0.carrier, $0.port) == (filter.carrier, filter.port) }
      all[host, default: []].append(filter)
      return all[host, default: []]
    })
  }
}
