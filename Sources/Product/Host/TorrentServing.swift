// What the settings may say about torrents that a host seeds. Not here: how it is started (Assembly), what it does (Servers/Swarm/Download).
import BitTorrent
import Bytes
package import Settings
import Storage
package import Swarm
package import World

/// The settings of a peer that seeds.
package struct TorrentServing: Sendable, Hashable {
  /// Where the torrent files are.
  package var folder: FileServing.Root
  /// Where what they name is; nil: beside them.
  package var data: FileServing.Root?
  /// What peers are called over.
  package var carriers = [PeerCarrier.tcp, .utp]
  /// Nodes of the hash table to begin at, for the node of this host's own; nil: it has none.
  package var nodes: [Endpoint]?

  /// Reads the keys `folder`, `data`, `utp` and `nodes` of a mapping in `file`, whose relative paths `path` completes.
  package init(_ reader: SettingsReader, file: String, path: (String) -> String) {
    func root(_ text: String, at place: Settings.Place?) -> FileServing.Root {
      let whole = path(text)
      return FileServing.Root(
        path: whole, problem: SettingsProblem(file: file, place: place ?? Settings.Place(line: 1, column: 1), sentence: "expected a folder that can be read, found `\(whole)`"))
    }
    folder = root(reader.required("folder", .text), at: reader.place(of: "folder"))
    data = reader.optional("data", .text).map { root($0, at: reader.place(of: "data")) }
    if !reader.value("utp", .boolean, default: true) { carriers = [.tcp] }
    if reader.place(of: "nodes") != nil { nodes = reader.list("nodes", .endpoint) }
  }

  /// What a torrent file may have at most. Unit: bytes.
  private static let fileBytesMax: Int64 = 33_554_432
  /// Most torrents of one host. Unit: torrents. Past it: the last ones, by name, are left out.
  private static let torrentsMax = 1_000

  /// The torrents, by the names of their files; what cannot be read as one is left out. Throws for a folder that cannot be read.
  func torrents() throws(HomeHost.Failure) -> [Metainfo] {
    let served: ServedFolder
    let items: [FolderItem]
    do throws(FolderError) {
      served = try ServedFolder(path: folder.path)
      items = try served.items(in: [], itemsMax: Self.torrentsMax * 10)
    } catch { throw .settings(folder.problem) }
    return items.filter { $0.name.suffix(8).elementsEqual(".torrent".utf8) && $0.status.kind == .file && $0.status.size <= Self.fileBytesMax }
      .prefix(Self.torrentsMax).compactMap { item in
        guard let bytes = (try? served.open(item.name))?.read(at: 0, length: Int(item.status.size)) else { return nil }
        return try? Metainfo(reading: bytes)
      }
  }

  /// Where what is seeded is; only read.
  func files() throws(HomeHost.Failure) -> TorrentSession.FilesMaker {
    let root = data ?? folder
    let place: WritableFolder
    do throws(FolderError) { place = try WritableFolder(ServedFolder(path: root.path)) } catch { throw .settings(root.problem) }
    return { FolderFiles(place, torrent: $0, isReadOnly: true) }
  }
}
