// Files in memory, with a bound on how much they hold together: what the lab's servers serve, so that a run can be repeated and a disk be full.
package import Bytes
package import FTP
import Synchronization
package import World

/// A tree in memory.
package final class MemoryArea: FileArea {
  private struct Node {
    /// Nil: a folder.
    var bytes: Buffer?
    var modified: Instant
    var number: UInt64
  }

  private struct Tree {
    /// By path from the root; the root itself is not in it.
    var nodes: [[UInt8]: Node] = [:]
    var lastNumber: UInt64 = 0
    var heldBytes: Int64 = 0
    var bytesMax: Int64

    mutating func number() -> UInt64 {
      lastNumber += 1
      return lastNumber
    }

    mutating func put(_ bytes: Buffer?, at path: [UInt8], _ now: Instant) {
      heldBytes += Int64(bytes?.count ?? 0) - Int64(nodes[path]?.bytes?.count ?? 0)
      nodes[path] = Node(bytes: bytes, modified: now, number: nodes[path]?.number ?? number())
    }

    mutating func remove(_ path: [UInt8]) { if let node = nodes.removeValue(forKey: path) { heldBytes -= Int64(node.bytes?.count ?? 0) } }
  }

  private let tree: Mutex<Tree>
  private let clock: any WorldClock

  /// An empty tree that holds at most `bytesMax`, whose changes happen at the times of `clock`.
  package init(bytesMax: Int64, clock: any WorldClock) {
    tree = Mutex(Tree(bytesMax: bytesMax))
    self.clock = clock
  }

  /// Adds a file, and the folders it lies in.
  package func add(_ path: String, _ bytes: Buffer, modified: Instant) {
    let names = path.split(separator: "/").map { Array($0.utf8) }
    tree.withLock { tree in
      for count in 1..<max(1, names.count) {
        let folder = Array(names[..<count].joined(separator: [UInt8(ascii: "/")]))
        if tree.nodes[folder] == nil { tree.put(nil, at: folder, modified) }
      }
      tree.put(bytes, at: Array(names.joined(separator: [UInt8(ascii: "/")])), modified)
    }
  }

  /// From now on it holds at most so much. Unit: bytes. What is there stays.
  package func setRoom(bytesMax: Int64) { tree.withLock { $0.bytesMax = bytesMax } }

  package func facts(of path: TreePath) throws(FileFailure) -> FileFacts {
    if path.isRoot { return FileFacts(name: [], kind: .folder, size: 0, modified: .simulationStart, unique: "0", isWritable: true) }
    guard let node = tree.withLock({ $0.nodes[path.bytes] }) else { throw .absent }
    return Self.facts(path.name, node)
  }

  private static func facts(_ name: [UInt8], _ node: Node) -> FileFacts {
    FileFacts(
      name: name, kind: node.bytes == nil ? .folder : .file, size: Int64(node.bytes?.count ?? 0), modified: node.modified, unique: "\(node.number)",
      isWritable: true)
  }

  package func items(in path: TreePath, itemsMax: Int) throws(FileFailure) -> [FileFacts] {
    guard try facts(of: path).kind == .folder else { throw .notFolder }
    let slash = UInt8(ascii: "/")
    let prefix = path.isRoot ? [] : path.bytes + [slash]
    let found = tree.withLock { tree in
      tree.nodes.filter { $0.key.starts(with: prefix) && !$0.key[prefix.count...].contains(slash) }.map { Self.facts(Array($0.key[prefix.count...]), $0.value) }
    }
    return Array(found.sorted { $0.name.lexicographicallyPrecedes($1.name) }.prefix(itemsMax))
  }

  package func open(_ path: TreePath) throws(FileFailure) -> AreaFile {
    if path.isRoot { throw .isFolder }
    guard let node = tree.withLock({ $0.nodes[path.bytes] }) else { throw .absent }
    guard let bytes = node.bytes else { throw .isFolder }
    return .memory(bytes)
  }

  package func beginUpload(to path: TreePath, _ place: UploadPlace) throws(FileFailure) -> any AreaUpload {
    let before = try tree.withLock { tree throws(FileFailure) -> Buffer? in
      try Self.checkParent(path, tree)
      guard let node = tree.nodes[path.bytes] else { return nil }
      guard let bytes = node.bytes else { throw .isFolder }
      return bytes
    }
    guard try room() > 0 else { throw .full }
    switch place {
    case .whole: return MemoryUpload(self, path, Buffer(), hadFile: before != nil, isWhole: true)
    case .end: return MemoryUpload(self, path, before ?? Buffer(), hadFile: before != nil, isWhole: false)
    case .from(let offset):
      guard before != nil || offset == 0 else { throw .absent }
      guard offset <= before?.count ?? 0 else { throw .badOffset }
      return MemoryUpload(self, path, (before ?? Buffer())[0..<Int(offset)], hadFile: before != nil, isWhole: false)
    }
  }

  private static func checkParent(_ path: TreePath, _ tree: Tree) throws(FileFailure) {
    if path.isRoot { throw .denied }
    let parent = path.parent
    guard parent.isRoot || (tree.nodes[parent.bytes].map { $0.bytes == nil } ?? false) else { throw .absent }
  }

  package func makeFolder(_ path: TreePath) throws(FileFailure) {
    let now = clock.now
    try tree.withLock { tree throws(FileFailure) in
      try Self.checkParent(path, tree)
      if tree.nodes[path.bytes] != nil { throw .exists }
      tree.put(nil, at: path.bytes, now)
    }
  }

  package func removeFolder(_ path: TreePath) throws(FileFailure) {
    guard try facts(of: path).kind == .folder else { throw .notFolder }
    guard try items(in: path, itemsMax: 1).isEmpty else { throw .notEmpty }
    if path.isRoot { throw .denied }
    tree.withLock { $0.remove(path.bytes) }
  }

  package func removeFile(_ path: TreePath) throws(FileFailure) {
    guard try facts(of: path).kind == .file else { throw .isFolder }
    tree.withLock { $0.remove(path.bytes) }
  }

  package func rename(_ path: TreePath, to target: TreePath) throws(FileFailure) {
    let isFile = try facts(of: path).kind == .file
    try tree.withLock { tree throws(FileFailure) in
      try Self.checkParent(target, tree)
      if path.isRoot || target.bytes.starts(with: path.bytes + [UInt8(ascii: "/")]) { throw .denied }
      if let there = tree.nodes[target.bytes], there.bytes == nil || !isFile { throw .exists }
      if path == target { return }
      tree.remove(target.bytes)
      for old in tree.nodes.keys.filter({ $0 == path.bytes || $0.starts(with: path.bytes + [UInt8(ascii: "/")]) }) {
        tree.nodes[target.bytes + old[path.bytes.count...]] = tree.nodes.removeValue(forKey: old)
      }
    }
  }

  package func setModified(_ path: TreePath, to time: Instant) throws(FileFailure) {
    let isThere = tree.withLock { tree in
      tree.nodes[path.bytes]?.modified = time
      return tree.nodes[path.bytes] != nil
    }
    if !isThere { throw .absent }
  }

  package func room() throws(FileFailure) -> Int64 { tree.withLock { max(0, $0.bytesMax - $0.heldBytes) } }

  /// A file that is coming.
  private final class MemoryUpload: AreaUpload {
    private let area: MemoryArea
    private let path: TreePath
    private let content: Mutex<Buffer>
    private let hadFile: Bool
    private let isWhole: Bool

    init(_ area: MemoryArea, _ path: TreePath, _ content: Buffer, hadFile: Bool, isWhole: Bool) {
      self.area = area
      self.path = path
      self.content = Mutex(content)
      self.hadFile = hadFile
      self.isWhole = isWhole
    }

    func append(_ bytes: Buffer) throws(FileFailure) {
      let count = content.withLock { $0.count }
      guard try area.room() >= count + bytes.count else { throw .full }
      content.withLock { $0.append(bytes) }
    }

    func keep() throws(FileFailure) {
      let (content, now) = (content.withLock { $0 }, area.clock.now)
      area.tree.withLock { $0.put(content, at: path.bytes, now) }
    }

    func breakOff() { if !hadFile || !isWhole { try? keep() } }
  }
}
