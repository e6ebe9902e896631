// What is changed in a world that runs: the files of its sites, the records of its zones.
// The servers are told as they would be in earnest: a file is another file, a zone is published anew with a higher serial.
import Bytes
package import DNS
import Host
package import NameServer
import Storage
import Synchronization
package import WebServer
package import World

/// The handles of one running world.
package final class WorldControls: Sendable {
  private let world: WorldDescription
  private let plan: AddressPlan
  /// What files named by the world are relative to.
  private let folder: String
  private let authorities = Mutex<[(host: String, source: AuthoritySource)]>([])
  private let trees = Mutex<[String: EditableTree]>([:])
  private let changes = Mutex<[RecordChange]>([])
  /// Zones that change at their first server, and the copies of them.
  private let shared = Mutex<Shared>(Shared())
  /// The texts of the keys with which a domain signs its mail, by selector.
  private let signingKeys = Mutex<@Sendable (String) -> [(selector: String, text: String)]>({ _ in [] })

  private struct Shared {
    var zones: [Name: ChangingZone] = [:]
    var copies: [SecondaryCopy] = []
  }

  /// How long a change waits for the other servers of its zone. Past it: they have it when they have it.
  private static var copyingTimeMax: Duration { .seconds(3) }
  private static var glance: Duration { .milliseconds(10) }

  /// Records of one name and type that stand instead of those the world's file says.
  private struct RecordChange: Sendable {
    var zone: String
    var name: Name
    var type: RecordType
    var records: [ResourceRecord]
  }

  package init(_ world: WorldDescription, plan: AddressPlan = AddressPlan(.namespace), folder: String = "") {
    self.world = world
    self.plan = plan
    self.folder = folder
  }

  /// Keeps where a host's zones can be exchanged.
  package func note(_ source: AuthoritySource, of host: String) { authorities.withLock { $0.append((host, source)) } }

  /// Keeps a zone that changes.
  func note(_ zone: ChangingZone) { shared.withLock { $0.zones[zone.apex] = zone } }

  /// Keeps a copy of a zone that changes.
  func note(_ copy: SecondaryCopy) { shared.withLock { $0.copies.append(copy) } }

  /// Keeps where the keys come from that stand in the zones of domains with mail.
  func note(signingKeys keys: @escaping @Sendable (String) -> [(selector: String, text: String)]) { signingKeys.withLock { $0 = keys } }

  // MARK: Files

  /// The files of `site` so that they can be changed.
  package func editable(_ tree: MemoryTree, of site: String) -> any FileTree {
    let editable = EditableTree(tree)
    trees.withLock { $0[site] = editable }
    return editable
  }

  /// Puts `text` at `path` of a site, changed at `now`.
  package func edit(_ site: String, _ path: String, _ text: String, at now: Instant) {
    trees.withLock { $0[site] }?.edit(path, text, at: now)
  }

  // MARK: Records

  /// Why records cannot be changed.
  package enum RecordFailure: Error, CustomStringConvertible {
    case noZone(Name)
    /// Reading `text` of a record.
    case unreadable(String)
    case zone(ZoneErrors)
    /// The zone's first server said so.
    case refused(ResponseCode)

    package var description: String {
      switch self {
      case .noZone(let name): "no zone of this world has the name \(name)"
      case .unreadable(let why): why
      case .zone(let errors): "the zone would not be one any more: \(errors)"
      case .refused(let code): "the zone's first server says \(code)"
      }
    }
  }

  /// The records of the world's zones as they are served now, zone by zone.
  package func records() -> [ResourceRecord] {
    let changes = changes.withLock { $0 }
    return world.zones.flatMap { records(of: $0, changes) }
  }

  /// The zone that has the records of `name`.
  private func zone(of name: Name) -> ZoneDescription? {
    let text = name.description
    return ZoneText(world, plan).zone(of: text == "." ? text : String(text.dropLast()))
  }

  /// Puts `records` in the place of those of one name and type, and publishes the zone at all its servers with the next serial. None: there are
  /// no such records any more. Nothing is changed when it fails.
  package func set(_ name: Name, _ type: RecordType, _ records: [ResourceRecord]) async throws(RecordFailure) {
    guard let zone = zone(of: name) else { throw .noZone(name) }
    try await publish(RecordChange(zone: zone.origin, name: name, type: type, records: records))
  }

  /// The same with one record as a line of the master file of `zone`.
  package func set(_ zone: String, _ owner: String, _ type: String, _ record: String) async throws(RecordFailure) {
    try await publish(try change(zone, owner, type, record))
  }

  /// The same at the first server only, by hand and without a new serial: nobody is told, and no copy finds out.
  func edit(_ zone: String, _ owner: String, _ type: String, _ record: String) throws(RecordFailure) {
    let change = try change(zone, owner, type, record)
    guard let described = world.zones.first(where: { $0.origin == zone }), let apex = try? Name(zone) else { throw .noZone(change.name) }
    var records = self.records(of: described, changes.withLock { $0 })
    records.removeAll { $0.name == change.name && $0.type == change.type }
    try publish(records + change.records, apex, at: described.servers.prefix(1))
  }

  private func change(_ zone: String, _ owner: String, _ type: String, _ record: String) throws(RecordFailure) -> RecordChange {
    guard let origin = try? Name(zone), let type = RecordType(type) else { throw .unreadable("`\(type)` is no type of record") }
    let (records, problems) = MasterFileReader.records(Buffer(record), file: "change", origin: origin)
    guard let name = records.first?.name else { throw .unreadable(problems.first?.description ?? "there is no record in `\(record)`") }
    return RecordChange(zone: zone, name: name, type: type, records: records)
  }

  private func publish(_ change: RecordChange) async throws(RecordFailure) {
    let all = changes.withLock { $0 } + [change]
    guard let described = world.zones.first(where: { $0.origin == change.zone }), let apex = try? Name(described.origin) else { throw .noZone(change.name) }
    if let zone = shared.withLock({ $0.zones[apex] }) { return try await publish(change, in: zone) }
    try publish(records(of: described, all), apex, at: described.servers[...])
    changes.withLock { $0.append(change) }
  }

  /// Makes a change where others make theirs, and waits until the copies have it.
  private func publish(_ change: RecordChange, in zone: ChangingZone) async throws(RecordFailure) {
    let old = records(in: zone)
    let new = change.records.compactMap { placed($0) }
    let replaced = old.filter { $0.name == change.name && $0.type == change.type }
    do { _ = try Zone(apex: zone.apex, records: old.filter { $0.name != change.name || $0.type != change.type } + new) } catch { throw .zone(error) }
    let changes = new.map { ZoneUpdate.Change.add($0) } + replaced.filter { record in !new.contains { $0.data == record.data } }.map { .delete($0.name, $0.data) }
    let code = await zone.update(ZoneUpdate(zone: zone.apex, changes: changes))
    guard code == .noError else { throw .refused(code) }
    let clock = zone.clock
    let end = clock.now + Self.copyingTimeMax
    let copies = shared.withLock { $0.copies }.filter { $0.zone.apex == zone.apex }
    while clock.now < end, copies.contains(where: { $0.zone.start != zone.start }) {
      do { try await clock.sleep(until: clock.now + Self.glance) } catch { return }
    }
  }

  private func publish(_ records: [ResourceRecord], _ apex: Name, at servers: ArraySlice<String>) throws(RecordFailure) {
    let zone: Zone
    do { zone = try Zone(apex: apex, records: records) } catch { throw .zone(error) }
    for (host, source) in authorities.withLock({ $0 }) where servers.contains(host) {
      let others = source.authority.zones.filter { $0.apex != zone.apex }
      source.publish(Authority(zones: others + [zone], steering: source.authority.steering))
    }
  }

  /// The records of a zone as its file says, changed by `changes` if they are its own.
  private func records(of described: ZoneDescription, _ changes: [RecordChange]) -> [ResourceRecord] {
    if let origin = try? Name(described.origin), let zone = shared.withLock({ $0.zones[origin] }) { return records(in: zone) }
    let own = changes.filter { $0.zone == described.origin }
    var described = described
    described.serial += own.count
    guard let origin = try? Name(described.origin), let added = text(of: described.records) else { return [] }
    let keys: @Sendable (String) -> [(selector: String, text: String)] = signingKeys.withLock { $0 }
    let text = ZoneText(world, plan, signingKeys: keys).masterFile(of: described) + added
    var records = MasterFileReader.records(Buffer(text), file: "zone \(described.origin)", origin: origin).records
    for change in own {
      records.removeAll { $0.name == change.name && $0.type == change.type }
      records += change.records
    }
    return records.compactMap { placed($0) }
  }

  private func records(in zone: ChangingZone) -> [ResourceRecord] {
    if case .whole(let records)? = zone.transfer(since: nil)?.transfer { records } else { [] }
  }

  private func placed(_ record: ResourceRecord) -> ResourceRecord? {
    plan.placed(record.data).map { data in
      var placed = record
      placed.data = data
      return placed
    }
  }

  private func text(of source: ZoneDescription.Source) -> String? {
    switch source {
    case .text(let text): text
    case .file(let path): (try? SystemFiles().read(path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path))?.text
    }
  }
}

/// Files in memory that can be changed while they are served.
private final class EditableTree: FileTree {
  private let tree: Mutex<MemoryTree>

  init(_ tree: MemoryTree) { self.tree = Mutex(tree) }

  func edit(_ path: String, _ text: String, at now: Instant) {
    tree.withLock { $0.add(Array(path.drop { $0 == "/" }.utf8), Buffer(text), modified: now) }
  }

  func open(_ path: [UInt8]) throws(FolderError) -> TreeFile { try tree.withLock { $0 }.open(path) }
  func status(_ path: [UInt8]) -> FileStatus? { tree.withLock { $0 }.status(path) }
  func items(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem] { try tree.withLock { $0 }.items(in: path, itemsMax: itemsMax) }
  func reopen() -> Bool { false }
}
