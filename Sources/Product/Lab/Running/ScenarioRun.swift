// One scenario in the simulator: its world raised on virtual links, its deeds done at their times, its expectations held against what came.
// Not here: the deeds (ScenarioDeeds), the text form (ScenarioReader), printing the trace (the executable).
import DNS
import Host
import HTTP
import SimulatedTransport
import Sockets
import Swarm
import Synchronization
package import Trace
import Transport
import WebServer
import World

/// Runs a scenario.
package final class ScenarioRun: Sendable {
  /// Why a run could not even begin.
  package enum Failure: Error, CustomStringConvertible {
    case world(RaisedWorld.Failure)
    case scenario(ScenarioError)
    /// The simulation came to its own bounds.
    case stuck(String)

    package var description: String {
      switch self {
      case .world(let failure): "\(failure)"
      case .scenario(let error): "\(error)"
      case .stuck(let why): "the simulation did not come to an end: \(why)"
      }
    }
  }

  /// What the last deed of its kind came to.
  struct Result: Sendable {
    var host: String
    /// When it began.
    var began: Instant
    var took: Duration
    var outcome: Outcome

    enum Outcome: Sendable {
      case answer(Message)
      case page(Int)
      case said(String)
      case failed(String)
    }
  }

  private let scenario: Scenario
  let world: WorldDescription
  let store: TraceStore
  /// What hosts record into: the store, by the simulation's time.
  let recorder: any Recorder
  let chance: SeededRandom
  let internet: SimulatedInternet
  let networks: [String: SimulatedNetwork]
  let last = Mutex<Result?>(nil)
  /// What every deed came to, in the order of their ends.
  let results = Mutex<[Result]>([])
  let controls: WorldControls
  /// What each host remembers of its answers.
  let memory = Mutex(ClientMemory())
  /// Where every packet is noted; nil: only losses are, with the rest.
  private let packets: TraceStore?
  private let choices: Choices
  /// The world with its links as they are by now.
  private let paths: Mutex<WorldDescription>
  /// The peers that deeds began.
  let peers = Mutex<[PeerKey: Assembly]>([:])
  /// The nodes by which hosts publish and look for zones, by host and by where they begin.
  let entries = Mutex<[String: NodeService]>([:])
  let contents = SwarmContents()
  /// Who signs the certificates of this world; nil: nobody asks for pages inside TLS.
  let certificates: CertificateAuthority?
  /// What deeds let listen, and what they have hosts' packet filters stop.
  let openPorts = Mutex<[OpenPort]>([])
  let filters = Mutex<[String: [PacketFilter]]>([:])
  private let ids: Mutex<SeededRandom>
  /// Nets that let nothing out which claims to come from elsewhere.
  let filtered = Mutex<Set<String>>([])

  /// What a lesson has otherwise than everybody's scenario.
  package struct Choices: Sendable {
    /// The hosts that run, with a resolver among them the servers of zones too; nil: all run.
    package var hosts: Set<String>?
    /// Record passwords and cookies as they are: a lesson's are drawn for it and open nothing else.
    package var showsSecrets = false

    package init() {}
  }

  /// Prepares `scenario` in `world` (its own hosts, links and zones are added). The command line's `seed` wins over the scenario's.
  package init(
    _ scenario: Scenario, in world: WorldDescription, seed: UInt64?, store: TraceStore, packets: TraceStore? = nil, choices: Choices = Choices()
  ) {
    let world = scenario.world(on: world)
    self.choices = choices
    self.scenario = scenario
    self.world = world
    self.store = store
    self.packets = packets
    controls = WorldControls(world)
    chance = SeededRandom(seed: seed ?? scenario.seed ?? 1)
    ids = Mutex(chance.derived("ids"))
    certificates = scenario.asksInsideTLS ? try? CertificateAuthority(drawnFrom: chance.derived("certificates"), at: .simulationStart) : nil
    var random = chance.derived("links")
    let paths = world.pathsByAddress
    let internet = SimulatedInternet(seed: random.next()) { paths.link(from: $0, to: $1) }
    var networks: [String: SimulatedNetwork] = [:]
    for host in world.hosts { networks[host.name] = internet.addHost(host.name, at: host.addresses, clock: host.clock) }
    self.internet = internet
    recorder = internet.recorder(into: store)
    self.networks = networks
    self.paths = Mutex(world)
  }

  /// Runs it. Returns what was expected and did not come, each with its line; empty: all came.
  package func run() throws(Failure) -> [ScenarioError] {
    do throws(ScenarioError) { try scenario.check(names: world.hosts.map(\.name)) } catch { throw .scenario(error) }
    if let packets { internet.logPackets(.everything, into: packets) } else { internet.logPackets(.losses, into: store) }
    let controls = controls
    let (world, recorder, chance, networks, internet, choices, running, hasPeers, changesZones) = (world, recorder, chance, networks, internet, choices, running, hasPeers, changesZones)
    let certificates = certificates
    let raised: Swift.Result<RaisedWorld, RaisedWorld.Failure>
    do {
      raised = try internet.run {
        var means = RaisedWorld.Means(plan: AddressPlan(.namespace), recorder: recorder, chance: chance) { host in
          networks[host.name] ?? internet.addHost(host.name, at: host.addresses, clock: host.clock)
        }
        means.controls = controls
        means.certificates = certificates
        means.hosts = running
        means.beginsSwarms = false
        means.runsNodes = hasPeers
        means.copiesZones = changesZones
        means.showsSecrets = choices.showsSecrets
        do throws(RaisedWorld.Failure) { return .success(try await RaisedWorld.raise(world, with: means)) } catch { return .failure(error) }
      }
    } catch { throw .stuck("\(error)") }
    if case .failure(let failure) = raised { throw .world(failure) }
    for step in scenario.steps { try schedule(step) }
    guard internet.runUntilQuiet(atMost: Self.longest) else { throw .stuck("\(Self.longest) of its time are over") }
    return scenario.expectations.compactMap { expectation in
      complaint(about: expectation.fact).map { ScenarioError(file: scenario.file, line: expectation.line, column: 1, sentence: $0) }
    }
  }

  /// Longest run. Unit: virtual time. Past it: the run fails.
  private static var longest: Duration { LessonLimits().timeMax + .seconds(86_400) }

  /// The hosts that run; nil: all.
  var running: Set<String>? {
    guard var hosts = choices.hosts else { return nil }
    // Who asks for names needs everybody who may know them.
    if world.hosts(as: .resolver).contains(where: { hosts.contains($0.name) }) { hosts.formUnion(world.zones.flatMap(\.servers)) }
    return hosts
  }

  /// Whether somebody takes part in a swarm or asks the hash table.
  private var hasPeers: Bool {
    scenario.steps.contains {
      switch $0.deed {
      case .swarm, .publish, .resolve: true
      default: false
      }
    }
  }

  /// Whether somebody changes a zone or copies it: otherwise its servers have it from the world's file, and say nothing to one another.
  private var changesZones: Bool {
    scenario.steps.contains { step in
      switch step.deed {
      case .update, .copy, .editZone: true
      case .get(_, let url, _): world.registrars.contains { url.hasPrefix("http://\($0.name)/") }
      default: false
      }
    }
  }

  // MARK: Links

  /// Changes the link between two hosts, in both directions.
  private func change(_ link: LinkDescription) {
    let world = paths.withLock { paths in
      paths.links.append(link)
      return paths
    }
    guard let first = world.host(link.first), let second = world.host(link.second) else { return }
    for (source, target) in [(first, second), (second, first)] {
      var path = world.path(from: source, to: target)
      for from in source.addresses {
        for to in target.addresses {
          // Whoever is down stays down.
          path.isDown = link.change.isCut ?? internet.link(from: from, to: to).isDown
          internet.setLink(path, from: from, to: to)
        }
      }
    }
  }

  // MARK: Deeds

  private func schedule(_ step: Scenario.Step) throws(Failure) {
    switch step.deed {
    case .change(let link):
      internet.after(step.time) { [self] in change(link) }
    case .host(let name, let isUp):
      let host = try host(name, step.line)
      let others = world.hosts.filter { $0.name != name }.flatMap(\.addresses)
      internet.after(step.time) { [self] in internet.partition(host.addresses, from: others, isDown: !isUp) }
    case .ask(let name, let server, let question, let type, let subnet):
      let (client, target) = (try network(name, step.line), try address(of: server, step.line))
      perform(at: step.time, as: name) { [self] in await ask(client, target, question, type, subnet, as: name) }
    case .get(let name, let url, let how):
      let client = try network(name, step.line)
      try checkProxy(how, step.line)
      perform(at: step.time, as: name) { [self] in await get(client, url, how, as: name) }
    case .load(let name, let url, .connections(let connections), let how):
      let client = try network(name, step.line)
      try checkProxy(how, step.line)
      perform(at: step.time, as: name) { [self] in await load(client, url, over: connections, how, as: name) }
    case .load(let name, let url, let loading, _):
      let client = try network(name, step.line)
      perform(at: step.time, as: name) { [self] in await loadKept(client, url, isPipelined: loading == .pipelined, as: name) }
    case .choose(let name, let url):
      let client = try network(name, step.line)
      perform(at: step.time, as: name) { [self] in await choose(client, url, as: name) }
    case .play(let name, let url, let rule):
      let client = try network(name, step.line)
      perform(at: step.time, as: name) { [self] in await play(client, url, by: rule, as: name) }
    case .visit(let name, let how):
      let client = try network(name, step.line)
      perform(at: step.time, as: name) { [self] in await visit(client, how, as: name) }
    case .send(let name, let letter):
      let client = try network(name, step.line)
      perform(at: step.time, as: name) { [self] in await send(client, letter, as: name) }
    case .read(let name, let visit):
      let client = try network(name, step.line)
      perform(at: step.time, as: name) { [self] in await read(client, visit, as: name) }
    case .run(let name, let model):
      let client = try network(name, step.line)
      // Each model has chance of its own, whatever else happens.
      var random = chance.derived("model at \(step.time)")
      let seed = random.next()
      perform(at: step.time, as: name) { [self] in await run(model, client, seed: seed) }
    case .swarm(let name, let file, let part, let deed):
      let (host, client) = (try host(name, step.line), try network(name, step.line))
      guard world.swarms.contains(where: { $0.file == file }) else { throw failure("a torrent of the world", file, step.line) }
      perform(at: step.time, as: name) { [self] in await swarm(host, client, file, part, deed) }
    case .publish(let name, let store, let zone, let records):
      let (host, client, node) = (try host(name, step.line), try network(name, step.line), try node(store, step.line))
      perform(at: step.time, as: name) { [self] in await publish(host, client, zone, records, at: node) }
    case .resolve(let name, let store, let question, let type, let petnames):
      let (host, client, node) = (try host(name, step.line), try network(name, step.line), try node(store, step.line))
      perform(at: step.time, as: name) { [self] in await resolve(host, client, question, type, petnames, at: node) }
    case .flood(let name, let flood):
      let client = try network(name, step.line)
      internet.after(step.time) { [self] in self.flood(client, flood, by: name) }
    case .forge(let name, let forgery):
      let client = try network(name, step.line)
      internet.after(step.time) { [self] in forge(client, forgery, by: name) }
    case .filter(let net):
      guard world.nets.contains(where: { $0.name == net }) else { throw failure("a net of the world", net, step.line) }
      internet.after(step.time) { [self] in filtered.withLock { _ = $0.insert(net) } }
    case .lower(_, let victim):
      let addresses = try host(victim, step.line).addresses
      internet.after(step.time) { [self] in internet.tamper(with: addresses) { LoweredOffer.lowered($0) } }
    case .takeCookies(let name, let owner):
      internet.after(step.time) { [self] in takeCookies(of: owner, by: name) }
    case .type(let name, let server, let port, let text, let silence, let pace):
      let (client, target) = (try network(name, step.line), Endpoint(try address(of: server, step.line), port))
      perform(at: step.time, as: name) { [self] in await type(client, target, text, pace: pace, silence, as: name) }
    case .smuggle(let name, let server, let zone, let text):
      let (client, target) = (try network(name, step.line), try address(of: server, step.line))
      perform(at: step.time, as: name) { [self] in await smuggle(client, text, to: zone, through: target, as: name) }
    case .open(let name, let port, let address):
      let client = try network(name, step.line)
      perform(at: step.time, as: name) { [self] in await open(client, Endpoint(address, port), as: name) }
    case .close(let name, let port):
      perform(at: step.time, as: name) { [self] in await close(port, of: name) }
    case .shut(let name, let carrier, let port, let exceptions):
      let client = try network(name, step.line)
      var addresses: [Address] = []
      for exception in exceptions { addresses += try host(exception, step.line).addresses }
      let filter = PacketFilter(carrier == .tcp ? .tcp : .udp, port: port, exceptions: addresses)
      internet.after(step.time) { [self] in self.filter(filter, of: name, client) }
    case .edit(let site, let path, let text):
      guard let host = world.sites.first(where: { $0.name == site })?.host else { throw failure("a site of the world", site, step.line) }
      let server = try network(host, step.line)
      internet.after(step.time) { [self] in controls.edit(site, path, text, at: server.clock.now) }
    case .set(let zone, let owner, let type, let record):
      guard world.zones.contains(where: { $0.origin == zone }) else { throw failure("a zone of the world", zone, step.line) }
      // The reader of scenarios has looked at the record.
      internet.after(step.time) { [self] in internet.start { [self] in try? await controls.set(zone, owner, type, record) } }
    case .editZone(let zone, let owner, let type, let record):
      guard world.zones.contains(where: { $0.origin == zone }) else { throw failure("a zone of the world", zone, step.line) }
      internet.after(step.time) { [self] in try? controls.edit(zone, owner, type, record) }
    case .update(let name, let server, let change):
      let (client, target) = (try network(name, step.line), try address(of: server, step.line))
      if let key = change.key, world.keys[key] == nil { throw failure("a key of the world", "\(key)", step.line) }
      perform(at: step.time, as: name) { [self] in await update(client, change, at: target, as: name) }
    case .copy(let name, let server, let copying):
      let (client, target) = (try network(name, step.line), try address(of: server, step.line))
      if let key = copying.key, world.keys[key] == nil { throw failure("a key of the world", "\(key)", step.line) }
      perform(at: step.time, as: name) { [self] in await copy(client, copying, at: target, as: name) }
    case .say(let name, let server, let port, let carrier, let text):
      let (client, target) = (try network(name, step.line), Endpoint(try address(of: server, step.line), port))
      perform(at: step.time, as: name) { [self] in await say(client, target, carrier, text, as: name) }
    case .ping(let name, let server, let port, let times):
      let (client, target) = (try network(name, step.line), Endpoint(try address(of: server, step.line), port))
      perform(at: step.time, as: name) { [self] in await ping(client, target, times, as: name) }
    }
  }

  // MARK: Who and where

  func trace(_ host: String) -> TraceContext {
    var trace = TraceContext(recorder: recorder, host: host, role: .client)
    trace.showsSecrets = choices.showsSecrets
    return trace
  }

  func nextID() -> UInt16 { ids.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) } }

  private func host(_ name: String, _ line: Int) throws(Failure) -> HostDescription {
    guard let host = world.host(name) else { throw noSuchHost(name, line) }
    return host
  }

  private func node(_ name: String, _ line: Int) throws(Failure) -> HostDescription {
    guard world.nodes.contains(where: { $0.host == name }) else { throw failure("a node of the hash table", name, line) }
    return try host(name, line)
  }

  private func network(_ name: String, _ line: Int) throws(Failure) -> SimulatedNetwork {
    guard let network = networks[name] else { throw noSuchHost(name, line) }
    return network
  }

  private func address(of name: String, _ line: Int) throws(Failure) -> Address {
    if let address = Address(name) { return address }
    guard let address = try host(name, line).addresses.first else { throw noSuchHost(name, line) }
    return address
  }

  private func checkProxy(_ how: Scenario.Fetching, _ line: Int) throws(Failure) {
    guard let name = how.proxy, !world.proxies.contains(where: { $0.host == name }) else { return }
    throw failure("a proxy of the world", name, line)
  }

  private func noSuchHost(_ name: String, _ line: Int) -> Failure {
    failure("a host with an address", name, line)
  }

  private func failure(_ expected: String, _ name: String, _ line: Int) -> Failure {
    .scenario(ScenarioError(file: scenario.file, line: line, column: 1, sentence: "expected \(expected), found `\(name)`"))
  }

  // MARK: Expectations

  /// What is wrong; nil: nothing.
  private func complaint(about fact: Scenario.Fact) -> String? {
    if case .messages(let counts) = fact { return complaint(about: counts) }
    guard let result = last.withLock({ $0 }) else { return "nothing was done that could be judged" }
    switch (fact, result.outcome) {
    case (.answer(let name, let ttl, let type, let data, let within), .answer(let message)):
      let isThere = message.answers.contains { record in
        "\(record.name)".lowercased().trimmingDot == name.lowercased().trimmingDot && "\(record.type)" == type && "\(record.data)" == data
          && (ttl.map { Int(record.ttl) == $0 } ?? true)
      }
      return isThere ? late(result, within) : "expected \(name) \(type) \(data), found \(text(of: message))"
    case (.responseCode(let code, let within), .answer(let message)):
      return "\(message.responseCode)" == code ? late(result, within) : "expected \(code), found \(message.responseCode)"
    case (.status(let status, let within), .page(let found)):
      return status == found ? late(result, within) : "expected status \(status), found \(found)"
    case (.said(let text, let within), .said(let found)):
      return text == found ? late(result, within) : "expected \"\(text)\", found \"\(found)\""
    case (.failure(let within), .failed): return late(result, within)
    case (_, .failed(let why)): return "it failed: \(why)"
    default: return "the last deed came to something else"
    }
  }

  private func text(of message: Message) -> String {
    message.answers.isEmpty
      ? "\(message.responseCode)" : message.answers.map { "\($0.name) \($0.ttl) \($0.type) \($0.data)" }.joined(separator: ", ")
  }

  private func late(_ result: Result, _ within: Duration?) -> String? {
    guard let within, result.took > within else { return nil }
    return "expected it within \(within), it took \(result.took)"
  }

  private func complaint(about counts: [Scenario.Count]) -> String? {
    for count in counts {
      let target = world.host(count.target)?.addresses ?? []
      let found = store.conversations().filter { $0.info.host == count.source && target.contains($0.info.remote.address) }
        .reduce(0) { $0 + store.events(of: $1.id).count { $0.kind == .sent } }
      if found != count.times { return "expected \(count.times) messages from \(count.source) to \(count.target), found \(found)" }
    }
    return nil
  }
}

extension Scenario {
  /// `world` with the scenario's own hosts, links and zones.
  package func world(on world: WorldDescription) -> WorldDescription {
    var world = world
    for host in hosts {
      // A host that is asked to resolve is told by its name; everything else it does follows from zones and deeds.
      world.hosts.append(
        HostDescription(name: host.name, role: host.name.hasPrefix("resolver") ? .resolver : .server, addresses: host.addresses, net: ""))
    }
    world.links += links
    world.zones += zones.map {
      ZoneDescription(
        origin: $0.origin, servers: $0.servers, timeToLive: 300, serial: 1, records: .text($0.records),
        place: RecordsPlace(file: file, line: $0.firstLine, column: $0.firstColumn))
    }
    return world
  }
}

extension String {
  /// A domain name without the dot at its end.
  fileprivate var trimmingDot: Substring { hasSuffix(".") ? dropLast() : self[...] }
}
