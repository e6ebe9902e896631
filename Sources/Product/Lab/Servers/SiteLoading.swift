// From the world's sites to sites that a web server can answer from.
import Bytes
import Storage
import WebServer
import World

/// Makes one site.
enum SiteLoading {
  /// When the files written in a world's file were last changed: the day every simulated run begins, so that answers repeat.
  private static let modified = Instant.simulationStart

  static func site(_ description: SiteDescription, folder: String) throws(LabError) -> Site {
    switch description.content {
    case .files(let files):
      var tree = MemoryTree([:], modified: modified)
      for file in files { tree.add(Array(file.path.drop { $0 == "/" }.utf8), Buffer(file.body), modified: modified) }
      return Site(names: description.allNames, content: .files(tree))
    case .folder(let name):
      let path = name.hasPrefix("/") ? name : folder + "/" + name
      do {
        return Site(names: description.allNames, content: .files(DiskTree(try ServedFolder(path))))
      } catch {
        throw LabError(["site \(description.name): \(path) cannot be served: \(error)"])
      }
    }
  }
}
