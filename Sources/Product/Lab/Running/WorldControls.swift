// What a scenario changes in a world that runs: the files of its sites, the records of its zones.
// The servers are told as they would be in earnest: a file is another file, a zone is published anew with a higher serial.
import Bytes
import DNS
import Host
package import NameServer
import Storage
import Synchronization
package import WebServer
package import World

/// The handles of one running world.
package final class WorldControls: Sendable {
  private let world: WorldDescription
  private let authorities = Mutex<[(host: String, source: AuthoritySource)]>([])
  private let trees = Mutex<[String: EditableTree]>([:])
  private let changes = Mutex<[RecordChange]>([])
  /// The texts of the keys with which a domain signs its mail, by selector.
  private let signingKeys = Mutex<@Sendable (String) -> [(selector: String, text: String)]>({ _ in [] })

  /// Records of one name and type that stand instead of those the world's file says.
  private struct RecordChange: Sendable {
    var zone: String
    var owner: String
    var type: String
    var record: String
  }

  package init(_ world: WorldDescription) { self.world = world }

  /// Keeps where a host's zones can be exchanged.
  package func note(_ source: AuthoritySource, of host: String) { authorities.withLock { $0.append((host, source)) } }

  /// Keeps where the keys come from that stand in the zones of domains with mail.
  func note(signingKeys keys: @escaping @Sendable (String) -> [(selector: String, text: String)]) { signingKeys.withLock { $0 = keys } }

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

  /// Sets the records of one name and type, and publishes the zone at all its servers with the next serial.
  package func set(_ zone: String, _ owner: String, _ type: String, _ record: String) {
    let all = changes.withLock { changes in
      changes.append(RecordChange(zone: zone, owner: owner, type: type, record: record))
      return changes
    }
    for (host, source) in authorities.withLock({ $0 }) {
      guard let described = world.host(host) else { continue }
      let zones = world.zones.filter { $0.servers.contains(described.name) }.compactMap { self.zone($0, all) }
      source.publish(Authority(zones: zones, steering: source.authority.steering))
    }
  }

  /// A zone as its file says, changed by `changes` if they are its own.
  private func zone(_ described: ZoneDescription, _ changes: [RecordChange]) -> Zone? {
    let own = changes.filter { $0.zone == described.origin }
    var described = described
    described.serial += own.count
    guard let origin = try? Name(described.origin), case .text(let added) = described.records else { return nil }
    let keys: @Sendable (String) -> [(selector: String, text: String)] = signingKeys.withLock { $0 }
    let text = ZoneText(world, AddressPlan(.namespace), signingKeys: keys).masterFile(of: described) + added
    var records = MasterFileReader.records(Buffer(text), file: "zone \(described.origin)", origin: origin).records
    for change in own {
      let fresh = MasterFileReader.records(Buffer(change.record), file: "change", origin: origin).records
      guard let name = fresh.first?.name else { continue }
      records.removeAll { $0.name == name && "\($0.type)" == change.type }
      records += fresh
    }
    return try? Zone(apex: origin, records: records)
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
