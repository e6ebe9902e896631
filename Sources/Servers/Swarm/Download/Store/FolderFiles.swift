// A torrent's files beneath one folder. No name leads out of it, no link in place of a file is followed; what was never written takes no room.
// Read before: ContentFiles.swift. Not here: whether names are dangerous (BitTorrent's metainfo), how a path is opened (Storage/Folder).
package import BitTorrent
package import Bytes
package import Storage
import Synchronization
import World

/// Files on disk.
package final class FolderFiles: ContentFiles {
  /// How many files are kept open. Unit: files. Past it: the one not used for longest is closed.
  package static let openMax = 128

  private struct State {
    var open: [Int: any FileReference] = [:]
    /// The most recently used last.
    var uses: [Int] = []
    var dirty: Set<Int> = []
  }

  private let folder: WritableFolder
  private let layout: PieceLayout
  /// Where each file stands in the folder.
  private let paths: [[UInt8]]
  /// Only read: what is not there is not made.
  private let isReadOnly: Bool
  private let recordName: [UInt8]
  private let torrentName: String
  /// How names begin that are no torrent's: of records, and of files that are being written.
  private static let ownNames = ".netstead-"
  private let state = Mutex(State())

  /// The files of `torrent`: one under its name, several in a folder of its name. The record is kept beside that.
  package init(_ folder: WritableFolder, torrent: Torrent, isReadOnly: Bool = false) {
    self.folder = folder
    self.isReadOnly = isReadOnly
    layout = torrent.layout
    paths = torrent.files.map { Array((torrent.isSingleFile ? $0.path : [torrent.name] + $0.path).joined(separator: "/").utf8) }
    recordName = Array("\(Self.ownNames)\(torrent.infoHash).resume".utf8)
    torrentName = torrent.name
  }

  private func isKept(_ index: Int) -> Bool { layout.files[index].attributes.isDisjoint(with: [.padding, .link]) }

  // MARK: Bytes

  package func write(_ parts: [Buffer], at offset: Int64) throws(FolderError) {
    guard !isReadOnly else { throw .forbidden }
    var waiting = parts[...]
    for extent in layout.extents(of: Int(offset)..<(Int(offset) + parts.reduce(0) { $0 + $1.count })) {
      let pieces = Self.take(extent.length, from: &waiting)
      guard isKept(extent.file) else { continue }
      guard let file = try opened(extent.file, makes: true) as? PlacedFile else { throw .forbidden }
      // Behind the write: whoever synchronises before its end would take the mark away, and not all of the bytes.
      defer { _ = state.withLock { $0.dirty.insert(extent.file) } }
      try file.write(pieces, at: Int64(extent.offset))
    }
  }

  package func read(at offset: Int64, length: Int) -> Buffer? {
    var all: Buffer?
    for extent in layout.extents(of: Int(offset)..<(Int(offset) + length)) {
      let part: Buffer
      if isKept(extent.file) {
        guard let bytes = (try? opened(extent.file, makes: false))?.read(at: Int64(extent.offset), length: extent.length), bytes.count == extent.length else { return nil }
        part = bytes
      } else {
        part = Buffer(repeatElement(0, count: extent.length))
      }
      if all == nil { all = part } else { all?.append(part) }
    }
    return all?.count == length ? all : nil
  }

  package func mayHold(_ range: Range<Int64>) -> Bool {
    layout.extents(of: Int(range.lowerBound)..<Int(range.upperBound)).allSatisfy { extent in
      guard isKept(extent.file) else { return true }
      guard let file = try? opened(extent.file, makes: false) else { return false }
      return (file as? PlacedFile)?.isWritten(Int64(extent.offset)..<Int64(extent.offset + extent.length)) ?? true
    }
  }

  package func synchronize() throws(FolderError) {
    let dirty = state.withLock { state in
      defer { state.dirty = [] }
      return state.dirty.sorted()
    }
    for (place, index) in dirty.enumerated() {
      do throws(FolderError) { try (opened(index, makes: false) as? PlacedFile)?.synchronize() } catch {
        state.withLock { $0.dirty.formUnion(dirty[place...]) }
        throw error
      }
    }
  }

  package func finish() throws(FolderError) {
    guard !isReadOnly else { return }
    for index in paths.indices where layout.files[index].length == 0 && isKept(index) { _ = try opened(index, makes: true) }
  }

  package func stamps() -> [FileStamp] {
    paths.indices.map { index in
      guard isKept(index), let status = try? folder.folder.look(at: paths[index]), status.kind == .file else { return .absent }
      return FileStamp(size: status.size, modified: status.modified.nanoseconds)
    }
  }

  /// Whether something else stands where a file of ours belongs: a folder, a file that is longer, or a record of ours. Nil: nothing does.
  package func obstacle() -> String? {
    // A torrent calls itself what it likes: not what the records of others are called.
    if torrentName.hasPrefix(Self.ownNames) { return "its name, \(torrentName), is one that this program keeps for itself" }
    for index in paths.indices where isKept(index) {
      guard let status = try? folder.folder.look(at: paths[index]) else { continue }
      let name = String(decoding: paths[index], as: UTF8.self)
      if status.kind != .file { return "\(name) is there already, and no file" }
      let length = layout.files[index].length
      if status.size > length { return "\(name) is there already, with \(status.size) bytes instead of \(length)" }
    }
    return nil
  }

  // MARK: The record

  package func keepRecord(_ record: Buffer) throws(FolderError) {
    guard !isReadOnly else { return }
    let draft = try folder.draft(for: recordName)
    try draft.append(record)
    _ = try draft.keep { _ in true }
  }

  package func record() -> Buffer? {
    guard let file = try? folder.folder.open(recordName) else { return nil }
    guard file.status.size <= ResumeRecord.bytesMax else { return nil }
    return file.read(at: 0, length: Int(file.status.size))
  }

  /// The record is not needed any more.
  package func dropRecord() { _ = try? folder.remove(recordName) { _ in true } }

  // MARK: Which file

  private static func take(_ count: Int, from waiting: inout ArraySlice<Buffer>) -> [Buffer] {
    var taken: [Buffer] = []
    var left = count
    while left > 0, var first = waiting.popFirst() {
      if first.count > left {
        if let part = first.take(left) { taken.append(part) }
        waiting = [first] + waiting
        left = 0
      } else {
        left -= first.count
        taken.append(first)
      }
    }
    return taken
  }

  /// The file, open. One that is not there is made if it may be.
  private func opened(_ index: Int, makes: Bool) throws(FolderError) -> any FileReference {
    let known = state.withLock { state -> (any FileReference)? in
      guard let file = state.open[index] else { return nil }
      if state.uses.last != index {
        state.uses.removeAll { $0 == index }
        state.uses.append(index)
      }
      return file
    }
    if let known { return known }
    let path = paths[index]
    let file: any FileReference
    if isReadOnly {
      file = try folder.folder.open(path)
    } else {
      if !makes { _ = try folder.folder.look(at: path) }
      let placed = try folder.placedFile(at: path)
      let length = Int64(layout.files[index].length)
      if try placed.status().size < length { try placed.resize(to: length) }
      file = placed
    }
    let closed = state.withLock { state -> (any FileReference)? in
      state.open[index] = file
      state.uses.removeAll { $0 == index }
      state.uses.append(index)
      guard state.uses.count > Self.openMax else { return nil }
      // What was written stays dirty: synchronising opens it again.
      return state.open.removeValue(forKey: state.uses.removeFirst())
    }
    withExtendedLifetime(closed) {}
    return file
  }
}
