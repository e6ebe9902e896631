// Zones of the GNU Name System in a scenario: published to the hash table, and resolved, by the production code.
// Not here: what a scenario may say of them (Scenario/ZoneWords.swift), resolution (Names).
import BitTorrent
import Bytes
import Host
import NameServer
import Names
import SimulatedTransport
import Swarm
import Synchronization
import Transport
import World

extension ScenarioRun {
  /// The key of a zone, by what it is called in the scenario: the same in one run for everybody, another with another seed.
  func secret(of zone: String) -> ZoneSecret {
    var random = chance.derived("zone \(zone)")
    return ZoneSecret(.edkey, using: &random)
  }

  /// The hash table as `host` enters it, at `node`: it asks there, and others do not get to know it.
  private func table(_ host: HostDescription, _ client: SimulatedNetwork, _ node: HostDescription) async throws(NetworkError) -> TableBlocks {
    let key = "\(host.name) at \(node.name)"
    if let known = entries.withLock({ $0[key] }) { return TableBlocks(known) }
    let plan = AddressPlan(.namespace)
    guard let endpoint = plan.endpoints(of: host, port: 0).first else { throw .unreachable(Endpoint(.any, 0)) }
    let chance = chance.derived("names of \(key)")
    var setting = RaisedPeers.setting(at: endpoint, isGuarded: false, entrances: plan.endpoints(of: node, port: RaisedPeers.nodePort), chance)
    setting.isReadOnly = true
    let assembly = Assembly(name: host.name, network: client, recorder: recorder)
    let service = try await assembly.serveHashTable(setting, at: endpoint, chance: chance)
    entries.withLock { $0[key] = service }
    return TableBlocks(service)
  }

  /// Runs `work`, whose messages pass in the background, and has the run go on until it is done.
  private func waiting(_ client: SimulatedNetwork, for work: () async -> Result.Outcome) async -> Result.Outcome {
    let isDone = Mutex(false)
    internet.start { while !isDone.withLock({ $0 }), (try? await client.clock.sleep(until: client.clock.now + .milliseconds(100))) != nil {} }
    let outcome = await work()
    isDone.withLock { $0 = true }
    return outcome
  }

  /// Publishes every label of a zone; what it comes to says how many blocks were kept.
  func publish(_ host: HostDescription, _ client: SimulatedNetwork, _ zone: String, _ records: String, at node: HostDescription) async -> Result.Outcome {
    let lines = records.replacing(/key\(([a-z0-9-]+)\)/) { secret(of: String($0.output.1)).publicKey.text }.split(separator: ";").joined(separator: "\n")
    let (made, problems) = Names.Zone.reading(Buffer(lines))
    if let problem = problems.first { return .failed("the zone: \(problem)") }
    return await waiting(client) {
      do {
        let publisher = ZonePublisher(made, by: secret(of: zone), to: try await table(host, client, node), clock: client.clock)
        let round = try await publisher.publish()
        return round.failures.isEmpty ? .said("\(round.kept) kept") : .failed(round.failures.map { "`\($0.label)`: \($0.why)" }.joined(separator: ", "))
      } catch { return .failed("\(error)") }
    }
  }

  /// Resolves a name; what it comes to are the records' data.
  func resolve(_ host: HostDescription, _ client: SimulatedNetwork, _ name: String, _ type: String, _ petnames: [String: String], at node: HostDescription) async
    -> Result.Outcome
  {
    guard let name = try? ZoneName(name), let type = Names.RecordType(type), let suffix = name.labels.last?.text else { return .failed("`\(name)` is no name") }
    var zones = StartZones()
    // Whatever is not called otherwise is a zone's own name.
    if let label = try? ZoneName(suffix) { _ = zones.set(label, secret(of: petnames[suffix] ?? suffix).publicKey) }
    return await waiting(client) {
      do {
        let resolver = ZoneResolver(try await table(host, client, node), zones: zones, clock: client.clock) { _, _, _ in nil }
        return switch await resolver.resolve(name, type) {
        case .records(let records, _): .said(records.filter { $0.type == type }.map { "\(RecordData($0) ?? .other($0.data))" }.joined(separator: " "))
        case .nothing: .failed("no record of type \(type)")
        case .failed(let problem, _): .failed("\(problem)")
        }
      } catch { return .failed("\(error)") }
    }
  }
}
