// A clip as a site's files: the page that plays it, its manifests, its segments. A segment is made when it is first asked for, then kept.
// Not here: the clip (Protocols/Video), the page (PlayerPage.swift).
import Bytes
package import Storage
import Synchronization
package import Video
package import World

/// The files of a video site.
package final class VideoTree: FileTree {
  private let clip: Clip
  private let modified: Instant
  private let made: Mutex<[[UInt8]: TreeFile]>
  /// Every path there is, folders by their names: nothing else is ever made or kept.
  private let folders: [[UInt8]: [String]]

  /// A site that shows `clip`, its files last changed at `modified`.
  package init(_ clip: Clip, modified: Instant) {
    self.clip = clip
    self.modified = modified
    var folders: [[UInt8]: [String]] = [[]: ["index.html", "player.js", "manifest.mpd", "master.m3u8"] + clip.rungs.map(\.name)]
    for rung in clip.rungs {
      folders[Array(rung.name.utf8)] = ["index.m3u8", "init.mp4"] + (1...clip.segmentCount).map { "\($0).m4s" }
    }
    self.folders = folders
    made = Mutex([:])
  }

  package func open(_ path: [UInt8]) throws(FolderError) -> TreeFile {
    if let file = made.withLock({ $0[path] }) { return file }
    if folders[path] != nil { throw .isFolder }
    guard let bytes = content(of: path) else { throw .absent }
    // The contents follow from the path, so the path's digest stands in for an inode: the same file has the same entity tag everywhere.
    let digest = path.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let file = TreeFile(
      status: FileStatus(kind: .file, size: Int64(bytes.count), modified: modified, inode: digest), content: .memory(bytes), type: type(of: path))
    made.withLock { $0[path] = file }
    return file
  }

  package func status(_ path: [UInt8]) -> FileStatus? {
    if folders[path] != nil { return FileStatus(kind: .folder, size: 0, modified: modified) }
    return (try? open(path))?.status
  }

  package func items(in path: [UInt8], itemsMax: Int) throws(FolderError) -> [FolderItem] {
    guard let names = folders[path] else { throw .absent }
    let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
    let items = names.compactMap { name in status(prefix + Array(name.utf8)).map { FolderItem(name: Array(name.utf8), status: $0) } }
    return Array(items.sorted { $0.name.lexicographicallyPrecedes($1.name) }.prefix(itemsMax))
  }

  package func reopen() -> Bool { false }

  /// What is at a path; nil: nothing.
  private func content(of path: [UInt8]) -> Buffer? {
    switch String(decoding: path, as: UTF8.self) {
    case "index.html": return Buffer(PlayerPage.html)
    case "player.js": return Buffer(PlayerPage.script)
    case "manifest.mpd": return Buffer(clip.dashManifest)
    case "master.m3u8": return Buffer(clip.masterPlaylist)
    case let name:
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, let rung = clip.rungs.first(where: { $0.name == parts[0] }) else { return nil }
      if parts[1] == "init.mp4" { return clip.initialization(of: rung) }
      if parts[1] == "index.m3u8" { return Buffer(clip.mediaPlaylist) }
      // As it is written in the manifests, and no other way (`01`, `+1`).
      guard parts[1].hasSuffix(".m4s"), let number = Int(parts[1].dropLast(4)), parts[1] == "\(number).m4s" else { return nil }
      return clip.segment(number, of: rung)
    }
  }

  private func type(of path: [UInt8]) -> String? {
    let isInitialization = path.suffix(4).elementsEqual(".mp4".utf8)
    return isInitialization ? Clip.mediaType : nil
  }
}
