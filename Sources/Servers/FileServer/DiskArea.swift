// A folder on disk as the files of a session. Not here: how no name leads out of it (Storage/ServedFolder), how a file comes whole
// (Storage/WritableFolder).
import Bytes
package import FTP
package import Storage
package import World

/// A folder on disk.
package struct DiskArea: FileArea {
  private let folder: ServedFolder
  /// Nil: it is only read.
  private let writing: WritableFolder?
  private let roomKeptBytes: Int64

  /// The folder at `path`, for reading.
  package init(reading path: String) throws(FolderError) {
    folder = try ServedFolder(path: path)
    writing = nil
    roomKeptBytes = 0
  }

  /// The folder at `path`, for writing too; `roomKeptBytes` of its disk are left alone.
  package init(writing path: String, roomKeptBytes: Int64 = ServerLimits().roomKeptBytes) throws(FolderError) {
    folder = try ServedFolder(path: path)
    writing = try WritableFolder(folder)
    self.roomKeptBytes = roomKeptBytes
  }

  package func facts(of path: TreePath) throws(FileFailure) -> FileFacts {
    try check(path)
    return try Self.told { () throws(FolderError) in try facts(name: path.name, folder.look(at: path.bytes)) }
  }

  package func items(in path: TreePath, itemsMax: Int) throws(FileFailure) -> [FileFacts] {
    try check(path)
    let items = try Self.told { () throws(FolderError) in try folder.everything(in: path.bytes, itemsMax: itemsMax) }
    return items.map { facts(name: $0.name, $0.status) }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  private func facts(name: [UInt8], _ status: FileStatus) -> FileFacts {
    FileFacts(
      name: name, kind: status.kind == .folder ? .folder : .file, size: status.size, modified: status.modified,
      unique: String(status.device, radix: 16) + "g" + String(status.inode, radix: 16), isWritable: writing != nil)
  }

  package func open(_ path: TreePath) throws(FileFailure) -> AreaFile {
    try check(path)
    let file = try Self.told { () throws(FolderError) in try folder.open(path.bytes) }
    return .disk(file, file.status.size)
  }

  package func beginUpload(to path: TreePath, _ place: UploadPlace) throws(FileFailure) -> any AreaUpload {
    let writing = try writable(path)
    guard try room() > 0 else { throw .full }
    switch place {
    case .whole:
      if let status = try? folder.look(at: path.bytes), status.kind != .file { throw status.kind == .folder ? .isFolder : .badName }
      return WholeUpload(try Self.told { () throws(FolderError) in try writing.draft(for: path.bytes) }, self)
    case .from, .end:
      let offset: Int64? = if case .from(let offset) = place { offset } else { nil }
      let file = try Self.told { () throws(FolderError) in try writing.continuation(of: path.bytes, from: offset) }
      guard let file else { throw .badOffset }
      return PartUpload(file, self)
    }
  }

  package func makeFolder(_ path: TreePath) throws(FileFailure) {
    let writing = try writable(path)
    try Self.told { () throws(FolderError) in try writing.makeFolder(path.bytes) }
  }

  package func removeFolder(_ path: TreePath) throws(FileFailure) {
    let writing = try writable(path)
    guard try facts(of: path).kind == .folder else { throw .notFolder }
    try Self.told { () throws(FolderError) in try writing.removeFolder(path.bytes) }
  }

  package func removeFile(_ path: TreePath) throws(FileFailure) {
    let writing = try writable(path)
    _ = try Self.told { () throws(FolderError) in try writing.remove(path.bytes) { _ in true } }
  }

  package func rename(_ path: TreePath, to target: TreePath) throws(FileFailure) {
    let writing = try writable(path)
    _ = try writable(target)
    guard try Self.told({ () throws(FolderError) in try writing.rename(path.bytes, to: target.bytes) }) else { throw .exists }
  }

  package func setModified(_ path: TreePath, to time: Instant) throws(FileFailure) {
    let writing = try writable(path)
    try Self.told { () throws(FolderError) in try writing.setModified(path.bytes, to: time) }
  }

  package func room() throws(FileFailure) -> Int64 {
    guard let writing else { return 0 }
    return max(0, try Self.told { () throws(FolderError) in try writing.room() } - roomKeptBytes)
  }

  /// Files that are being written have names that nobody may say.
  private func check(_ path: TreePath) throws(FileFailure) {
    if path.bytes.split(separator: UInt8(ascii: "/")).contains(where: { $0.starts(with: WritableFolder.unfinished.utf8) }) { throw .absent }
  }

  private func writable(_ path: TreePath) throws(FileFailure) -> WritableFolder {
    guard let writing, !path.isRoot else { throw .denied }
    do throws(FileFailure) { try check(path) } catch { throw .badName }
    return writing
  }

  /// What the folder says, in the protocol's words.
  static func told<R>(_ body: () throws(FolderError) -> R) throws(FileFailure) -> R {
    do throws(FolderError) { return try body() } catch {
      switch error {
      case .absent: throw .absent
      // A link that leads out is nothing that is here.
      case .outside: throw .absent
      case .forbidden, .notRegular: throw .denied
      case .isFolder: throw .isFolder
      case .exists: throw .exists
      case .notEmpty: throw .notEmpty
      case .exhausted: throw .busy
      case .full: throw .full
      case .failed: throw .broken
      }
    }
  }
}

/// A file that takes its place when it is complete.
private final class WholeUpload: AreaUpload {
  private let draft: FolderDraft
  private let area: DiskArea

  init(_ draft: FolderDraft, _ area: DiskArea) {
    self.draft = draft
    self.area = area
  }

  func append(_ bytes: Buffer) throws(FileFailure) {
    guard try area.room() >= bytes.count else { throw .full }
    try DiskArea.told { () throws(FolderError) in try draft.append(bytes) }
  }

  func keep() throws(FileFailure) { _ = try DiskArea.told { () throws(FolderError) in try draft.keep { _ in true } } }

  func breakOff() { _ = try? draft.keep { $0 == nil } }
}

/// A file that is written on where it stands.
private final class PartUpload: AreaUpload {
  private let file: FolderContinuation
  private let area: DiskArea

  init(_ file: FolderContinuation, _ area: DiskArea) {
    self.file = file
    self.area = area
  }

  func append(_ bytes: Buffer) throws(FileFailure) {
    guard try area.room() >= bytes.count else { throw .full }
    try DiskArea.told { () throws(FolderError) in try file.append(bytes) }
  }

  func keep() throws(FileFailure) { try DiskArea.told { () throws(FolderError) in try file.keep() } }

  func breakOff() {}
}
