// A served folder that may be changed: files written aside, made durable, then put in their place at once; files removed.
// A crash leaves at most a file aside, which nobody is shown, and which goes at the next start.
// Not here: who may write what (WebServer/Sites), blobs with names of our own (FileBlobs).
public import Bytes
import CNetsteadSystem
import Glibc
import Synchronization

/// A served folder with a way in.
public final class WritableFolder: Sendable {
  public let folder: ServedFolder
  /// Held while a file takes its place or goes, so that what a condition saw is what is replaced.
  private let changing = Mutex(())
  /// Numbers the unfinished files of the whole process: a folder may be served in several ways at once.
  private static let lastNumber = Atomic<UInt64>(0)

  /// How the names of unfinished files begin: hidden, and nobody else's.
  public static let unfinished = ".netstead-unfinished-"

  /// Takes `folder` for writing, and removes what an earlier crash left unfinished.
  public init(_ folder: ServedFolder) throws(FolderError) {
    self.folder = folder
    try sweep()
  }

  /// Begins a file that is to stand at `path`, whose folder must be there.
  public func draft(for path: [UInt8]) throws(FolderError) -> FolderDraft {
    let (parent, name) = try place(of: path)
    let top: Int32
    do throws(FolderError) { top = try folder.descend([], flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC) } catch {
      Glibc.close(parent)
      throw error
    }
    let number = Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
    let aside = Array("\(Self.unfinished)\(getpid())-\(number)".utf8)
    let descriptor = ServedFolder.withText(aside) { openat(top, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else {
      let number = errno
      Glibc.close(top)
      Glibc.close(parent)
      throw FolderError(errno: number)
    }
    // Whoever sweeps passes over files that somebody still writes.
    flock(descriptor, LOCK_EX | LOCK_NB)
    return FolderDraft(self, descriptor: descriptor, top: top, parent: parent, aside: aside, name: name)
  }

  /// Removes the file at `path` when `condition` holds for what is there. Returns whether it did.
  public func remove(_ path: [UInt8], if condition: (FileStatus?) -> Bool) throws(FolderError) -> Bool {
    let (parent, name) = try place(of: path)
    defer { Glibc.close(parent) }
    return try change { () throws(FolderError) in
      let status = Self.status(name, in: parent)
      guard condition(status) else { return false }
      guard let status else { throw .absent }
      guard status.kind == .file else { throw status.kind == .folder ? .isFolder : .notRegular }
      guard ServedFolder.withText(name, { unlinkat(parent, $0, 0) }) == 0, fsync(parent) == 0 else { throw FolderError(errno: errno) }
      return true
    }
  }

  /// One change at a time.
  func change<R>(_ body: () throws(FolderError) -> R) throws(FolderError) -> R {
    let outcome: Result<R, FolderError> = changing.withLock { _ in
      do throws(FolderError) { return .success(try body()) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// The open folder that `path` stands in, to be closed by the caller, and its name there.
  func place(of path: [UInt8]) throws(FolderError) -> (parent: Int32, name: [UInt8]) {
    let slash = path.lastIndex(of: UInt8(ascii: "/"))
    let name = Array(path[(slash.map { $0 + 1 } ?? 0)...])
    guard !name.isEmpty, !name.contains(0), name != [0x2E], name != [0x2E, 0x2E] else { throw .outside }
    return (try folder.descend(Array(path[..<(slash ?? 0)]), flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC), name)
  }

  /// What stands under `name`, links not followed: a link counts as nothing that may be replaced.
  static func status(_ name: [UInt8], in parent: Int32) -> FileStatus? {
    var raw = stat()
    return ServedFolder.withText(name) { fstatat(parent, $0, &raw, AT_SYMLINK_NOFOLLOW) } == 0 ? FileStatus(raw) : nil
  }

  private func sweep() throws(FolderError) {
    let top = try folder.descend([], flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard let stream = fdopendir(top) else {
      let number = errno
      Glibc.close(top)
      throw FolderError(errno: number)
    }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard name.starts(with: Self.unfinished.utf8), Self.status(name, in: top)?.kind == .file else { continue }
      let descriptor = ServedFolder.withText(name) { openat(top, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = ServedFolder.withText(name) { unlinkat(top, $0, 0) } }
      Glibc.close(descriptor)
    }
  }
}

/// A file of a folder that is still being written. One that is forgotten goes. One workflow at a time may use it.
public final class FolderDraft: Sendable {
  private let owner: WritableFolder
  private let descriptor: Int32
  private let top: Int32
  private let parent: Int32
  private let aside: [UInt8]
  private let name: [UInt8]
  private let isKept = Atomic(false)

  init(_ owner: WritableFolder, descriptor: Int32, top: Int32, parent: Int32, aside: [UInt8], name: [UInt8]) {
    self.owner = owner
    self.descriptor = descriptor
    self.top = top
    self.parent = parent
    self.aside = aside
    self.name = name
  }

  deinit {
    if !isKept.load(ordering: .acquiring) { _ = ServedFolder.withText(aside) { unlinkat(top, $0, 0) } }
    for number in [descriptor, top, parent] { Glibc.close(number) }
  }

  /// Adds `bytes` at the end.
  public func append(_ bytes: Buffer) throws(FolderError) {
    if let failure = writeAll(bytes, to: descriptor) { throw FolderError(errno: failure) }
  }

  /// What became of a draft.
  public enum Outcome: Sendable, Hashable {
    /// The condition did not hold; nothing changed.
    case refused
    /// It stands at its place now, and survives a power cut; whether something stood there before.
    case kept(FileStatus, replaced: Bool)
  }

  /// Puts the file in its place when `condition` holds for what is there.
  public func keep(if condition: (FileStatus?) -> Bool) throws(FolderError) -> Outcome {
    // The bytes must be durable before the name is: a crash in between would leave the name over nothing.
    guard fsync(descriptor) == 0 else { throw FolderError(errno: errno) }
    return try owner.change { () throws(FolderError) in
      let before = WritableFolder.status(name, in: parent)
      guard condition(before) else { return .refused }
      if let before, before.kind != .file { throw before.kind == .folder ? .isFolder : .notRegular }
      let isRenamed = ServedFolder.withText(aside) { from in ServedFolder.withText(name) { renameat(top, from, parent, $0) == 0 } }
      guard isRenamed else { throw FolderError(errno: errno) }
      isKept.store(true, ordering: .releasing)
      guard fsync(parent) == 0, fsync(top) == 0 else { throw FolderError(errno: errno) }
      var raw = stat()
      guard fstat(descriptor, &raw) == 0 else { throw FolderError(errno: errno) }
      return .kept(FileStatus(raw), replaced: before != nil)
    }
  }
}
