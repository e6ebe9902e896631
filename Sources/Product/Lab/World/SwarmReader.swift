// What a world's file says about swarms: which file, who has it, who wants it, who tells them of one another.
// Read before: WorldReader.swift. Not here: raising them (Running/RaisedSwarm.swift).
import Settings

/// One torrent of a world.
package struct SwarmDescription: Sendable, Equatable {
  /// What the file is called; its bytes are made from it.
  package var file: String
  /// Unit: bytes.
  package var length: Int
  /// Hosts that have it.
  package var seeds: [String]
  /// Hosts that want it.
  package var peers: [String]
  /// Hosts that track it.
  package var trackers: [String]
}

extension SwarmDescription {
  /// Largest file: it lies in memory on every host. Unit: bytes.
  private static let lengthMax = 67_108_864

  /// Reads `FILE: {size: …, seeds: […], peers: […], trackers: […]}`; hosts must be among `hosts`.
  init?(_ entry: SettingsEntry, hosts: [String]) {
    let read = entry.value.mapping { reader in
      let length = reader.value("size", .size, default: 2_097_152)
      if !(1...Self.lengthMax).contains(length) { reader.problem(at: "size", "expected a size from 1 to 64MiB") }
      let swarm = SwarmDescription(
        file: entry.name, length: length, seeds: reader.list("seeds", .text), peers: reader.list("peers", .text), trackers: reader.list("trackers", .text))
      for (key, names) in [("seeds", swarm.seeds), ("peers", swarm.peers), ("trackers", swarm.trackers)] {
        for name in names where !hosts.contains(name) { reader.problem(at: key, "expected the name of a host, found `\(name)`") }
      }
      return swarm
    }
    guard let read else { return nil }
    self = read
  }
}
