// The files a site has open: found by the request's path in one look-up, asked of the disk again at most once a second.
// Not here: what a ServedFile holds, which answer a request gets (SiteResponder).
import Bytes
import HTTP
import Storage
import Synchronization
import World

/// What stands behind a request's path.
enum Finding: Sendable {
  case file(ServedFile)
  /// A folder asked for without the slash at its end.
  case folderWithoutSlash
  /// A folder without an index.
  case folder([UInt8])
  case absent
  case forbidden
  /// Out of descriptors or memory: it may work later.
  case busy
}

/// Bounded by count and bytes; what was not asked for since the clock's hand last passed goes first.
final class OpenFileCache: Sendable {
  fileprivate struct Entry {
    var key: [UInt8]
    var file: ServedFile
    var checkedAt: Instant
    var wasUsed: Bool
  }

  fileprivate struct State {
    var table = ByteTable()
    var entries: [Entry?] = []
    var free: [Int32] = []
    var heldBytes = 0
    var hand = 0
    var treeCheckedAt: Instant?
  }

  private let state = Mutex(State())
  private let tree: any FileTree
  private let site: Site
  /// Unit: nanoseconds.
  private let freshness: Int64

  init(_ tree: any FileTree, site: Site) {
    self.tree = tree
    self.site = site
    let (seconds, attoseconds) = site.limits.freshness.components
    freshness = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }

  /// The file for exactly this path as received, when it is known and was looked at lately.
  func known(_ path: UnsafeRawBufferPointer, at now: Instant) -> ServedFile? {
    state.withLock { state in
      guard let place = state.table.find(path) else { return nil }
      return state.entries.withUnsafeMutableBufferPointer { entries -> ServedFile? in
        guard let entry = entries[Int(place)], now.nanoseconds &- entry.checkedAt.nanoseconds < freshness else { return nil }
        entries[Int(place)]?.wasUsed = true
        return entry.file
      }
    }
  }

  /// What is at `path`, decoded and normalised, without leading slash.
  func find(_ path: [UInt8], at now: Instant) -> Finding {
    if isTreeCheckDue(at: now), tree.reopen() { forgetAll() }
    let key = Self.key(path)
    if let stale = state.withLock({ state in state.table.find(key).flatMap { state.entries[Int($0)] } }) {
      if isCurrent(stale.file) {
        state.withLock { state in
          guard let place = state.table.find(key) else { return }
          state.entries[Int(place)]?.checkedAt = now
          state.entries[Int(place)]?.wasUsed = true
        }
        return .file(stale.file)
      }
      forget(key)
    }
    let finding = look(path)
    if case .file(let file) = finding { keep(file, for: key, at: now) }
    return finding
  }

  /// All spellings of a path share one entry; one with a percent sign in the decoded name must never be found by the path as received,
  /// where the sign means something else: it goes without the leading slash that every received path has.
  private static func key(_ path: [UInt8]) -> [UInt8] {
    path.contains(UInt8(ascii: "%")) ? path : [UInt8(ascii: "/")] + path
  }

  /// How many files are known, for tests and the status page.
  var count: Int { state.withLock { $0.table.count } }
  /// Unit: bytes.
  var heldBytes: Int { state.withLock { $0.heldBytes } }

  // MARK: The disk

  private func isTreeCheckDue(at now: Instant) -> Bool {
    state.withLock { state in
      if let last = state.treeCheckedAt, now.nanoseconds &- last.nanoseconds < freshness { return false }
      state.treeCheckedAt = now
      return true
    }
  }

  /// Whether the disk still shows this very file at its place, and the same siblings beside it.
  private func isCurrent(_ file: ServedFile) -> Bool {
    guard tree.status(file.path) == file.status else { return false }
    return ContentCoding.allCases.allSatisfy { coding in
      siblingStatus(file.path, file.status, coding) == file.siblings.first { $0.coding == coding }?.status
    }
  }

  /// The status of the precompressed file beside `path`; nil when there is none, or when it is older than the file itself.
  private func siblingStatus(_ path: [UInt8], _ status: FileStatus, _ coding: ContentCoding) -> FileStatus? {
    guard let beside = tree.status(path + Array(coding.ending.utf8)), beside.kind == .file, beside.modified >= status.modified else { return nil }
    return beside
  }

  private func look(_ path: [UInt8]) -> Finding {
    guard path.isEmpty || path.last == UInt8(ascii: "/") else { return load(path) }
    let folder = path.isEmpty ? path : Array(path.dropLast())
    for name in site.indexNames {
      switch load(path + Array(name.utf8)) {
      case .file(let file): return .file(file)
      case .absent, .folderWithoutSlash, .folder: continue
      case .forbidden: return .forbidden
      case .busy: return .busy
      }
    }
    return !hasHiddenName(folder) && tree.status(folder)?.kind == .folder ? .folder(folder) : .absent
  }

  private func load(_ path: [UInt8]) -> Finding {
    do throws(FolderError) {
      let file = try tree.open(path)
      let type = file.type
      let siblings = ContentCoding.allCases.compactMap { coding -> ServedFile? in
        let beside = path + Array(coding.ending.utf8)
        guard siblingStatus(path, file.status, coding) != nil, let packed = try? tree.open(beside) else { return nil }
        return ServedFile(path: beside, file: packed, coding: coding, of: (path, type), siblings: [], site: site)
      }
      return ServedFile(path: path, file: file, coding: nil, of: nil, siblings: siblings, site: site).map(Finding.file) ?? .busy
    } catch {
      switch error {
      case .absent, .outside, .notRegular: return .absent
      case .isFolder: return .folderWithoutSlash
      case .forbidden: return .forbidden
      case .exists, .notEmpty, .exhausted, .full, .failed: return .busy
      }
    }
  }

  // MARK: What is kept

  private func keep(_ file: ServedFile, for key: [UInt8], at now: Instant) {
    state.withLock { state in
      let held = file.heldBytes
      guard held <= site.limits.filesInMemoryBytesMax else { return }
      if let place = state.table.find(key) { state.drop(place) }
      while state.table.count > 0, state.table.count >= site.limits.openFilesMax || state.heldBytes + held > site.limits.filesInMemoryBytesMax {
        state.dropUnused()
      }
      let entry = Entry(key: key, file: file, checkedAt: now, wasUsed: true)
      if let place = state.free.popLast() {
        state.entries[Int(place)] = entry
        state.table.set(key, to: place)
      } else {
        state.entries.append(entry)
        state.table.set(key, to: Int32(state.entries.count - 1))
      }
      state.heldBytes += held
    }
  }

  /// Forgets the file at `path`, and those it is another coding of.
  func forget(path: [UInt8]) {
    forget(Self.key(path))
    for coding in ContentCoding.allCases where path.suffix(coding.ending.utf8.count).elementsEqual(coding.ending.utf8) {
      forget(Self.key(Array(path.dropLast(coding.ending.utf8.count))))
    }
    for name in site.indexNames where path.suffix(name.utf8.count).elementsEqual(name.utf8) { forget(Self.key(Array(path.dropLast(name.utf8.count)))) }
  }

  private func forget(_ key: [UInt8]) {
    state.withLock { state in
      if let place = state.table.find(key) { state.drop(place) }
    }
  }

  private func forgetAll() {
    state.withLock { state in
      let checkedAt = state.treeCheckedAt
      state = State()
      state.treeCheckedAt = checkedAt
    }
  }
}

extension OpenFileCache.State {
  fileprivate mutating func drop(_ place: Int32) {
    guard let entry = entries[Int(place)] else { return }
    table.remove(entry.key)
    heldBytes -= entry.file.heldBytes
    entries[Int(place)] = nil
    free.append(place)
  }

  /// Moves the hand on, giving what was used a second chance, until something can go.
  fileprivate mutating func dropUnused() {
    // Two rounds at most: the first one takes every second chance away.
    for _ in 0..<(entries.count * 2) {
      hand = hand + 1 < entries.count ? hand + 1 : 0
      guard let entry = entries[hand] else { continue }
      if entry.wasUsed { entries[hand]?.wasUsed = false } else { return drop(Int32(hand)) }
    }
  }
}
