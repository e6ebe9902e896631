// Zones of the GNU Name System in a scenario: published to nodes that keep blocks, and resolved, by the production code.
// Not here: what a scenario may say of them (Scenario/ZoneWords.swift), resolution (Names).
import Bytes
import NameServer
import Names
import SimulatedTransport
import Transport
import World

extension ScenarioRun {
  /// The key of a zone, by what it is called in the scenario: the same in one run for everybody, another with another seed.
  func secret(of zone: String) -> ZoneSecret {
    var random = chance.derived("zone \(zone)")
    return ZoneSecret(.edkey, using: &random)
  }

  private func blocks(_ client: SimulatedNetwork, at node: Address, as host: String) -> NetworkBlocks {
    NetworkBlocks(client, node: Endpoint(node, StoreNode.port), trace: trace(host)) { [self] in nextID() }
  }

  /// Publishes every label of a zone; what it comes to says how many blocks were kept.
  func publish(_ client: SimulatedNetwork, _ zone: String, _ records: String, at node: Address, as host: String) async -> Result.Outcome {
    let lines = records.replacing(/key\(([a-z0-9-]+)\)/) { secret(of: String($0.output.1)).publicKey.text }.split(separator: ";").joined(separator: "\n")
    let (made, problems) = Names.Zone.reading(Buffer(lines))
    if let problem = problems.first { return .failed("the zone: \(problem)") }
    let blocks = blocks(client, at: node, as: host)
    var kept = 0
    let all = made.blocks(by: secret(of: zone), at: client.clock.now)
    for (_, block) in all where await blocks.put(block.query, block.bytes, at: client.clock.now) { kept += 1 }
    return kept == all.count ? .said("\(kept) kept") : .failed("\(kept) of \(all.count) kept")
  }

  /// Resolves a name; what it comes to are the records' data.
  func resolve(_ client: SimulatedNetwork, _ name: String, _ type: String, _ petnames: [String: String], at node: Address, as host: String) async -> Result.Outcome {
    guard let name = try? ZoneName(name), let type = Names.RecordType(type), let suffix = name.labels.last?.text else { return .failed("`\(name)` is no name") }
    var zones = StartZones()
    // Whatever is not called otherwise is a zone's own name.
    if let label = try? ZoneName(suffix) { _ = zones.set(label, secret(of: petnames[suffix] ?? suffix).publicKey) }
    let resolver = ZoneResolver(blocks(client, at: node, as: host), zones: zones, clock: client.clock) { _, _, _ in nil }
    switch await resolver.resolve(name, type) {
    case .records(let records, _): return .said(records.filter { $0.type == type }.map { "\(RecordData($0) ?? .other($0.data))" }.joined(separator: " "))
    case .nothing: return .failed("no record of type \(type)")
    case .failed(let problem, _): return .failed("\(problem)")
    }
  }
}
