// The files of a hosted domain whose folder nobody chose: a welcome page until the folder is there, then the folder.
// Not here: looking again, which the site's cache does every now and then (WebServer/OpenFileCache).
import Storage
import Synchronization
import WebServer

/// A folder that may appear later.
final class HomeTree: FileTree {
  private let path: String
  private let tree: Mutex<any FileTree>
  private let isFound = Mutex(false)

  /// The folder at `path`; as long as there is none, `welcome`.
  init(path: String, welcome: MemoryTree) {
    self.path = path
    tree = Mutex(welcome)
    _ = reopen()
  }

  func open(_ path: [UInt8]) throws(FolderError) -> TreeFile { try current.open(path) }

  func status(_ path: [UInt8]) -> FileStatus? { current.status(path) }

  func items(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem] { try current.items(in: path, itemsMax: itemsMax) }

  func reopen() -> Bool {
    if isFound.withLock({ $0 }) { return current.reopen() }
    guard let folder = try? ServedFolder(path: path) else { return false }
    tree.withLock { $0 = DiskTree(folder) }
    isFound.withLock { $0 = true }
    return true
  }

  private var current: any FileTree { tree.withLock { $0 } }
}
