// The files of a site: a folder on disk or a few texts in memory, behind one face.
// Not here: how a disk folder keeps paths inside (Storage/ServedFolder), holding files open (OpenFileCache).
package import Bytes
package import Storage
package import World

/// Where a site's files come from. Paths are names joined by `/`, already decoded and normalised, without a leading slash.
package protocol FileTree: Sendable {
  /// The file at `path`, ready to be read.
  func open(_ path: [UInt8]) throws(FolderError) -> TreeFile
  /// What is at `path` now; nil: nothing.
  func status(_ path: [UInt8]) -> FileStatus?
  /// The names in a folder, sorted, at most `itemsMax`.
  func items(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem]
  /// Looks whether the tree as a whole was exchanged; true when everything known about its files is to be forgotten.
  func reopen() -> Bool
}

/// One file of a tree.
package struct TreeFile: Sendable {
  package enum Content: Sendable {
    case disk(OpenFile)
    case memory(Buffer)
  }

  package var status: FileStatus
  package var content: Content
  /// The media type, where the tree knows better than the name.
  package var type: String?
}

/// Whether some name on the way is hidden (begins with a dot). Such files are never served: `.git`, `.htpasswd`, `.env`.
// RFC 8615 §3: `.well-known` at the top is meant to be public.
func hasHiddenName(_ path: [UInt8]) -> Bool {
  let dot = UInt8(ascii: ".")
  let slash = UInt8(ascii: "/")
  let isPublic = path.starts(with: ".well-known".utf8) && (path.count == 11 || path[11] == slash)
  var index = isPublic ? 11 : 0
  while index < path.count {
    if path[index] == dot, index == 0 || path[index - 1] == slash { return true }
    index += 1
  }
  return false
}

/// A folder on disk as a site's files.
package struct DiskTree: FileTree {
  package let folder: ServedFolder

  package init(_ folder: ServedFolder) { self.folder = folder }

  package func open(_ path: [UInt8]) throws(FolderError) -> TreeFile {
    if hasHiddenName(path) { throw .absent }
    let file = try folder.open(path)
    return TreeFile(status: file.status, content: .disk(file))
  }

  package func status(_ path: [UInt8]) -> FileStatus? { hasHiddenName(path) ? nil : folder.status(path) }

  package func items(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem] {
    if hasHiddenName(path) { throw .absent }
    return try folder.items(in: path, itemsMax: itemsMax)
  }

  package func reopen() -> Bool { folder.reopen() }
}

/// Files given as values: built-in pages, the lab's sites.
package struct MemoryTree: FileTree {
  private var files: [[UInt8]: TreeFile] = [:]
  /// Every folder that some file's path passes through, with the names in it.
  private var folders: [[UInt8]: [FolderItem]] = [[]: []]

  /// The files by path (`index.html`, `images/logo.svg`), all last changed at `modified`.
  package init(_ texts: KeyValuePairs<String, String>, modified: Instant) {
    for (path, text) in texts { add(Array(path.utf8), Buffer(text), modified: modified) }
  }

  /// Adds a file, over what was there.
  package mutating func add(_ path: [UInt8], _ bytes: Buffer, type: String? = nil, modified: Instant) {
    // FNV-1a over the contents stands in for the inode, so that equal times and sizes still make different entity tags.
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes.array { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let status = FileStatus(kind: .file, size: Int64(bytes.count), modified: modified, inode: digest)
    files[path] = TreeFile(status: status, content: .memory(bytes), type: type)
    note(path, status)
  }

  /// Enters `path` into its folder, and that one into its own, up to the top.
  private mutating func note(_ path: [UInt8], _ status: FileStatus) {
    guard !path.isEmpty else { return }
    let slash = path.lastIndex(of: UInt8(ascii: "/"))
    let folder = Array(path[..<(slash ?? 0)])
    let name = Array(path[(slash.map { $0 + 1 } ?? 0)...])
    var items = folders[folder] ?? []
    items.removeAll { $0.name == name }
    items.append(FolderItem(name: name, status: status))
    items.sort { $0.name.lexicographicallyPrecedes($1.name) }
    folders[folder] = items
    note(folder, FileStatus(kind: .folder, size: 0, modified: status.modified))
  }

  package func open(_ path: [UInt8]) throws(FolderError) -> TreeFile {
    if let file = files[path] { return file }
    throw folders[path] == nil ? .absent : .isFolder
  }

  package func status(_ path: [UInt8]) -> FileStatus? {
    files[path]?.status ?? (folders[path] == nil ? nil : FileStatus(kind: .folder, size: 0, modified: Instant(nanoseconds: 0)))
  }

  package func items(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem] {
    guard let items = folders[path] else { throw .absent }
    return Array(items.prefix(itemsMax))
  }

  package func reopen() -> Bool { false }
}
