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
  /// The texts of the keys with which a domain signs its mail, by selector.
  private let signingKeys = Mutex<@Sendable (String) -> [(selector: String, text: String)]>({ _ in [] })

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

    package var description: String {
      switch self {
      case .noZone(let name): "no zone of this world has the name \(name)"
      case .unreadable(let why): why
      case .zone(let errors): "the zone would not be one any more: \(errors)"
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
  package func set(_ name: Name, _ type: RecordType, _ records: [ResourceRecord]) throws(RecordFailure) {
    guard let zone = zone(of: name) else { throw .noZone(name) }
    try publish(RecordChange(zone: zone.origin, name: name, type: type, records: records))
  }

  /// The same with one record as a line of the master file of `zone`.
  package func set(_ zone: String, _ owner: String, _ type: String, _ record: String) throws(RecordFailure) {
    guard let origin = try? Name(zone), let type = RecordType(type) else { throw .unreadable("`\(type)` is no type of record") }
    let (records, problems) = MasterFileReader.records(Buffer(record), file: "change", origin: origin)
    guard let name = records.first?.name else { throw .unreadable(problems.first?.description ?? "there is no record in `\(record)`") }
    try publish(RecordChange(zone: zone, name: name, type: type, records: records))
  }

  private func publish(_ change: RecordChange) throws(RecordFailure) {
    let all = changes.withLock { $0 } + [change]
    guard let described = world.zones.first(where: { $0.origin == change.zone }), let apex = try? Name(described.origin) else { throw .noZone(change.name) }
    let zone: Zone
    do { zone = try Zone(apex: apex, records: records(of: described, all)) } catch { throw .zone(error) }
    changes.withLock { $0.append(change) }
    for (host, source) in authorities.withLock({ $0 }) where described.servers.contains(host) {
      let others = source.authority.zones.filter { $0.apex != zone.apex }
      source.publish(Authority(zones: others + [zone], steering: source.authority.steering))
    }
  }

  /// The records of a zone as its file says, changed by `changes` if they are its own.
  private func records(of described: ZoneDescription, _ changes: [RecordChange]) -> [ResourceRecord] {
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
    return records.compactMap { record in
      var placed = record
      guard let data = plan.placed(record.data) else { return nil }
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
