// The name servers of a world: zones from its file, zones that change at their first server and are copied by the others, resolvers. All of them
// the production ones.
// Not here: what a zone says (World/ZoneText.swift), changes by the API and by scenarios (WorldControls.swift), registrars (RaisedRegistrar.swift).
import Bytes
import DNS
import Host
import Mail
import NameServer
import Storage
import Transport
import World

/// Raises a world's names, host by host, then lets the copies be made.
struct RaisedNames {
  private let world: WorldDescription
  private let means: RaisedWorld.Means
  private let zones: [ServedZone]
  /// Copies to be made once every host is there.
  private var pending: [Pending] = []

  /// A zone with what is said of it.
  private struct ServedZone {
    var described: ZoneDescription
    var zone: Zone
  }

  private struct Pending {
    var described: ZoneDescription
    var apex: Name
    var assembly: Assembly
    var source: AuthoritySource
    var desk: ZoneDesk
  }

  /// How long the world waits for the first copies. Past it: they come when they come.
  private static var firstCopiesTimeMax: Duration { .seconds(3) }
  /// How often it looks.
  private static var glance: Duration { .milliseconds(10) }

  /// Reads the zones that are served, each once however many hosts serve it.
  init(_ world: WorldDescription, _ means: RaisedWorld.Means) throws(RaisedWorld.Failure) {
    self.world = world
    self.means = means
    var zones: [ServedZone] = []
    for described in world.zones where described.servers.contains(where: { means.runs($0) }) {
      let zone = try RaisedNames.zone(described, of: world, means.plan, means.folder) { domain in
        RaisedMail.keys(of: domain, means).map { ($0.selector, $0.key.record) }
      }
      zones.append(ServedZone(described: described, zone: zone))
    }
    self.zones = zones
  }

  /// The zone as the world's file says it.
  static func zone(
    _ zone: ZoneDescription, of world: WorldDescription, _ plan: AddressPlan, _ folder: String,
    signingKeys: @escaping (String) -> [(selector: String, text: String)] = { _ in [] }
  ) throws(RaisedWorld.Failure) -> Zone {
    let records: String
    var place = zone.place ?? RecordsPlace(file: "zone \(zone.origin)", line: 1, column: 1)
    switch zone.records {
    case .text(let text): records = text
    case .file(let path):
      let file = path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
      guard let bytes = try? SystemFiles().read(file) else { throw .file(file) }
      records = bytes.text
      place = RecordsPlace(file: file, line: 1, column: 1)
    }
    do throws(HomeZone.Failure) {
      return try HomeZone.zone(
        origin: zone.origin, made: ZoneText(world, plan, signingKeys: signingKeys).masterFile(of: zone), records: records, at: place, placing: plan.placed)
    } catch { throw .zone(error) }
  }

  /// Starts what one host says of names.
  mutating func start(_ host: HostDescription, on assembly: Assembly) async throws(RaisedWorld.Failure) {
    let own = zones.filter { $0.described.servers.contains(host.name) }
    let endpoints = means.plan.endpoints(of: host, port: 53)
    if !own.isEmpty {
      let there = own.filter { !isCopy($0.described, at: host.name) }.map(\.zone)
      let source = AuthoritySource(Authority(zones: there, steering: RaisedWorld.steering(by: host, of: world, on: assembly, means)))
      means.controls?.note(source, of: host.name)
      let desk = try await desk(for: own, host, source, on: assembly)
      let policy = means.failures.flatMap { $0.host == host.name ? $0.policy : nil }
      var chance = means.chance.derived("guards of \(host.name)")
      let guards = host.guards?.guards(clock: assembly.network.clock, chance: &chance)
      do throws(NetworkError) {
        for endpoint in endpoints { try await assembly.serveNames(source, desk: desk, at: endpoint, guards: guards, policy: policy) }
      } catch { throw .service(host: host.name, error) }
    }
    do throws(NetworkError) {
      if host.role == .resolver {
        let resolver = resolver(host.resolving, on: assembly)
        for endpoint in endpoints { try await assembly.resolveNames(with: resolver, at: endpoint) }
      }
    } catch { throw .service(host: host.name, error) }
  }

  // MARK: Zones that change

  /// Whether `host` copies the zone from another one.
  private func isCopy(_ zone: ZoneDescription, at host: String) -> Bool {
    guard means.copiesZones, zone.copyKey != nil, let primary = zone.servers.first else { return false }
    return primary != host && means.runs(primary)
  }

  /// Everything the host does with zones beside answering; nil: nothing.
  private mutating func desk(for own: [ServedZone], _ host: HostDescription, _ source: AuthoritySource, on assembly: Assembly)
    async throws(RaisedWorld.Failure) -> ZoneDesk?
  {
    guard means.copiesZones, own.contains(where: \.described.isShared) else { return nil }
    let desk = ZoneDesk(source, keys: TransactionKeys(world.keys.all), clock: assembly.network.clock)
    for served in own where served.described.isShared {
      let described = served.described
      if isCopy(described, at: host.name) {
        pending.append(Pending(described: described, apex: served.zone.apex, assembly: assembly, source: source, desk: desk))
      } else if described.servers.first == host.name, described.copyKey != nil || !described.rights.update.isEmpty {
        do throws(ChangingZone.Failure) {
          let zone = try await ChangingZone.open(served.zone, rights: rights(described), means: zoneMeans(described.origin, source, assembly))
          desk.add(zone)
          means.controls?.note(zone)
        } catch { throw .names(host: host.name, "the zone \(described.origin): \(error)") }
      } else {
        desk.add(served.zone.apex, described.rights)
      }
    }
    return desk
  }

  /// At the first server: the others may copy, and are told of changes.
  private func rights(_ zone: ZoneDescription) -> ZoneRights {
    var rights = zone.rights
    guard let key = zone.copyKey else { return rights }
    rights.transfer.append(ZoneGrant(key: key.name))
    rights.notified = zone.servers.dropFirst().filter { means.runs($0) }.compactMap { world.host($0) }.compactMap { peers($0, key).first }
    return rights
  }

  private func peers(_ host: HostDescription, _ key: TransactionKey) -> [ZonePeer] {
    means.plan.endpoints(of: host, port: 53).map { ZonePeer($0, key: key) }
  }

  private func zoneMeans(_ origin: String, _ source: AuthoritySource, _ assembly: Assembly) -> ZoneMeans {
    var chance = means.chance.derived("zone \(origin) at \(assembly.name)")
    // A world begins anew each time it is raised: in memory, so that nothing can fail.
    return ZoneMeans(
      network: assembly.network.background, records: MemoryRecords(), source: source, trace: assembly.clientTrace, seed: chance.next())
  }

  /// Begins to copy what the first servers have, and waits a little for it.
  func copy() async throws(RaisedWorld.Failure) {
    var copies: [SecondaryCopy] = []
    for copy in pending {
      guard let key = copy.described.copyKey, let primary = copy.described.servers.first.flatMap({ world.host($0) }) else { continue }
      do throws(ChangingZone.Failure) {
        let made = try await SecondaryCopy.start(
          of: copy.apex, from: peers(primary, key), rights: copy.described.rights, means: zoneMeans(copy.described.origin, copy.source, copy.assembly))
        copy.desk.add(made)
        means.controls?.note(made)
        copies.append(made)
      } catch { throw .names(host: copy.assembly.name, "the copy of \(copy.described.origin): \(error)") }
    }
    guard let clock = pending.first?.assembly.network.clock else { return }
    let end = clock.now + Self.firstCopiesTimeMax
    while copies.contains(where: { $0.zone.start == nil }), clock.now < end {
      do { try await clock.sleep(until: clock.now + Self.glance) } catch { return }
    }
  }

  // MARK: Resolvers

  /// A resolver that begins at the world's root and answers everybody in the world.
  private func resolver(_ described: ResolvingSettings, on assembly: Assembly) -> Resolver {
    let servers = world.rootServers.compactMap { host in
      (try? Name(world.domainName(of: host))).map { Delegation.Server($0, means.plan.addresses(of: host)) }
    }
    var settings = ResolverSettings(hints: [Delegation(zone: .root, servers: servers)])
    settings.port = means.plan.port(53)
    settings.allowsLoopbackServers = true
    // A world has no strangers: its addresses lead nowhere else.
    settings.clients = described.clients.compactMap { prefix in means.plan.address(prefix.address).map { AddressRange($0, length: prefix.length) } }
    if described.clients.isEmpty { settings.clients = [AddressRange(.any, length: 0), AddressRange(.v6(0, 0), length: 0)] }
    settings.mixesCase = described.mixesCase
    settings.sendsCookies = described.sendsCookies
    described.care.change(&settings)
    if means.plan.kind == .loopback { settings.families = [.v4] }
    return Resolver(
      settings: settings, upstream: NetworkUpstream(assembly.network, port: described.sourcePort ?? 0, waitsOn: described.waitsOn, trace: assembly.clientTrace),
      clock: assembly.network.clock, random: described.countsIdentifiers ? CountingRandom() : means.chance.derived("resolver \(assembly.name)"))
  }
}

/// No chance at all: what comes next is what came before, and one.
private struct CountingRandom: RandomNumberGenerator, Sendable {
  private var last: UInt64 = 0x2710

  mutating func next() -> UInt64 {
    last &+= 1
    return last
  }
}
