// A folder on disk, opened so that no name a peer hands in leads out of it. Web sites and file servers read through it.
// Not here: what a URL means (HTTP), which files may be seen (WebServer/Sites). Read next: OpenFile.swift.
import Bytes
import CNetsteadSystem
import Glibc
import Synchronization
import World

/// Why a path of a served folder gave no file.
public enum FolderError: Error, Hashable, Sendable {
  /// Nothing there, or something in between is no folder.
  case absent
  /// The system forbids us to read it.
  case forbidden
  /// The path is no relative path of plain names, or a link leads out of the folder.
  case outside
  /// Neither a file nor a folder: a pipe, a device, a socket.
  case notRegular
  /// It is a folder.
  case isFolder
  /// Something of that name is there.
  case exists
  /// A folder with something in it.
  case notEmpty
  /// No more descriptors or memory.
  case exhausted
  /// The disk is full, or the quota is used up.
  case full
  /// Anything else, with the system's error number.
  case failed(Int32)

  init(errno number: Int32) {
    self =
      switch number {
      case ENOENT, ENOTDIR, ENAMETOOLONG: .absent
      case EACCES, EPERM: .forbidden
      case EXDEV, ELOOP: .outside
      case ENXIO, ENODEV: .notRegular
      case EISDIR: .isFolder
      case EEXIST: .exists
      case ENOTEMPTY: .notEmpty
      case EMFILE, ENFILE, ENOMEM: .exhausted
      case ENOSPC, EDQUOT: .full
      default: .failed(number)
      }
  }
}

/// One name in a folder.
public struct FolderItem: Hashable, Sendable {
  /// As on disk; Linux promises no encoding.
  public var name: [UInt8]
  public var status: FileStatus

  public init(name: [UInt8], status: FileStatus) {
    self.name = name
    self.status = status
  }
}

/// A folder that is served. Paths are relative, names joined by `/`, without a leading slash; empty: the folder itself.
public final class ServedFolder: Sendable {
  /// Where it was opened.
  public let path: String
  private let root: Mutex<Root>
  /// Whether this kernel has openat2. Without it symbolic links are not followed at all.
  private let hasBeneath: Bool

  /// The folder's descriptor, shared by whoever is inside a call while `reopen` replaces it.
  private final class Root: Sendable {
    let descriptor: Int32
    let status: FileStatus
    init(descriptor: Int32, status: FileStatus) {
      self.descriptor = descriptor
      self.status = status
    }
    deinit { Glibc.close(descriptor) }
  }

  /// Opens the folder at `path`. `usesBeneath: false` takes the way for kernels without openat2 (for tests).
  public init(path: String, usesBeneath: Bool = true) throws(FolderError) {
    self.path = path
    let opened = try Self.openRoot(path)
    root = Mutex(opened)
    if usesBeneath {
      let probe = netstead_openat2(opened.descriptor, ".", UInt64(NETSTEAD_O_PATH | O_CLOEXEC))
      if probe >= 0 { Glibc.close(probe) }
      hasBeneath = probe != -ENOSYS && probe != -EPERM
    } else {
      hasBeneath = false
    }
  }

  private static func openRoot(_ path: String) throws(FolderError) -> Root {
    let descriptor = Glibc.open(path, NETSTEAD_O_PATH | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FolderError(errno: errno) }
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else {
      let number = errno
      Glibc.close(descriptor)
      throw FolderError(errno: number)
    }
    return Root(descriptor: descriptor, status: FileStatus(raw))
  }

  /// Looks whether the folder's path leads to another folder by now (a link that was turned, a folder that was renamed), and goes on with
  /// that one. Returns whether it does. When nothing is there at the moment the old folder stays.
  public func reopen() -> Bool {
    var raw = stat()
    guard stat(path, &raw) == 0 else { return false }
    let now = FileStatus(raw)
    let known = current.status
    guard now.inode != known.inode || now.device != known.device, let opened = try? Self.openRoot(path) else { return false }
    root.withLock { $0 = opened }
    return true
  }

  private var current: Root { root.withLock { $0 } }

  /// Opens the regular file at `path`.
  public func open(_ path: [UInt8]) throws(FolderError) -> OpenFile {
    let descriptor = try descend(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else {
      let number = errno
      Glibc.close(descriptor)
      throw FolderError(errno: number)
    }
    let status = FileStatus(raw)
    guard status.kind == .file else {
      Glibc.close(descriptor)
      throw status.kind == .folder ? .isFolder : .notRegular
    }
    return OpenFile(descriptor: descriptor, status: status)
  }

  /// What is at `path`, links followed wherever they lead. For comparing with a status known from `open`, never for deciding access.
  public func status(_ path: [UInt8]) -> FileStatus? {
    guard Self.isPlain(path) else { return nil }
    let root = current
    var raw = stat()
    let result = Self.withText(path) { fstatat(root.descriptor, $0, &raw, 0) }
    return result == 0 ? FileStatus(raw) : nil
  }

  /// The names in the folder at `path`, hidden ones left out, sorted by their bytes; at most `itemsMax`.
  public func items(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem] {
    let descriptor = try descend(path, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard let stream = fdopendir(descriptor) else {
      let number = errno
      Glibc.close(descriptor)
      throw FolderError(errno: number)
    }
    defer { closedir(stream) }
    var items: [FolderItem] = []
    while items.count < itemsMax, let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first == UInt8(ascii: ".") { continue }
      var raw = stat()
      guard Self.withText(name, { fstatat(descriptor, $0, &raw, 0) }) == 0 else { continue }
      let status = FileStatus(raw)
      if status.kind != .other { items.append(FolderItem(name: name, status: status)) }
    }
    items.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return items
  }

  /// What is at `path`, links followed as `open` follows them: never out of the folder.
  public func look(at path: [UInt8]) throws(FolderError) -> FileStatus {
    let descriptor = try descend(path, flags: NETSTEAD_O_PATH | O_CLOEXEC)
    defer { Glibc.close(descriptor) }
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else { throw FolderError(errno: errno) }
    // Where links are not followed at all, one is opened as itself.
    if raw.st_mode & S_IFMT == S_IFLNK { throw .outside }
    return FileStatus(raw)
  }

  /// Everything in the folder at `path`, hidden names too, in no order; at most `itemsMax`. A link counts as what it leads to; one that leads
  /// nowhere or out of the folder is left out, and so are files that are being written.
  public func everything(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem] {
    let descriptor = try descend(path, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard let stream = fdopendir(descriptor) else {
      let number = errno
      Glibc.close(descriptor)
      throw FolderError(errno: number)
    }
    defer { closedir(stream) }
    var items: [FolderItem] = []
    while items.count < itemsMax, let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [0x2E] || name == [0x2E, 0x2E] || name.starts(with: WritableFolder.unfinished.utf8) { continue }
      var raw = stat()
      guard Self.withText(name, { fstatat(descriptor, $0, &raw, AT_SYMLINK_NOFOLLOW) }) == 0 else { continue }
      let isLink = raw.st_mode & S_IFMT == S_IFLNK
      let status = isLink ? try? look(at: path.isEmpty ? name : path + [UInt8(ascii: "/")] + name) : FileStatus(raw)
      if let status, status.kind != .other { items.append(FolderItem(name: name, status: status)) }
    }
    return items
  }

  // MARK: The way down

  /// Whether `path` is names joined by `/`: none empty, `.`, `..` or with a NUL inside.
  private static func isPlain(_ path: [UInt8]) -> Bool {
    if path.isEmpty { return true }
    return path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { name in
      !name.isEmpty && !name.contains(0) && !name.elementsEqual([0x2E]) && !name.elementsEqual([0x2E, 0x2E])
    }
  }

  static func withText<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    let bytes = path.isEmpty ? [UInt8(ascii: "."), 0] : path + [0]
    return bytes.withUnsafeBytes { raw in raw.withMemoryRebound(to: CChar.self) { text in body(text.baseAddress ?? Self.nothing) } }
  }

  /// An empty C string that lives for ever. Only for the pointer that a non-empty array always has.
  private static var nothing: UnsafePointer<CChar> {
    let empty: StaticString = ""
    return UnsafeRawPointer(empty.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  /// Opens what is at `path`, which leads nowhere outside.
  func descend(_ path: [UInt8], flags: Int32) throws(FolderError) -> Int32 {
    guard Self.isPlain(path) else { throw .outside }
    let root = current
    if hasBeneath {
      let descriptor = Self.withText(path) { netstead_openat2(root.descriptor, $0, UInt64(flags)) }
      guard descriptor >= 0 else { throw FolderError(errno: -descriptor) }
      return descriptor
    }
    return try walk(path, from: root, flags: flags)
  }

  /// Name by name, following no link.
  private func walk(_ path: [UInt8], from root: Root, flags: Int32) throws(FolderError) -> Int32 {
    let names = path.split(separator: UInt8(ascii: "/")).map(Array.init)
    var folder = root.descriptor
    defer { if folder != root.descriptor { Glibc.close(folder) } }
    for name in names.dropLast() {
      let next = Self.withText(name) { openat(folder, $0, NETSTEAD_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      guard next >= 0 else { throw FolderError(errno: errno) }
      if folder != root.descriptor { Glibc.close(folder) }
      folder = next
    }
    let descriptor = Self.withText(names.last ?? []) { openat(folder, $0, flags | O_NOFOLLOW) }
    guard descriptor >= 0 else { throw FolderError(errno: errno) }
    return descriptor
  }
}
