// Pieces and files: hashing, holes, links, disks that fill, records that are believed or not.
import BitTorrent
import Bytes
import Foundation
import Storage
import Synchronization
import Testing
import World

@testable import Swarm

@Suite("A torrent's bytes on the disk")
struct StoreTests {
  private static let now: PieceStore.Disk = { $0() }

  /// A torrent of a folder with these files, and its bytes.
  private func folderTorrent(_ files: [(String, Int)], pieceLength: Int = 32_768) throws -> (content: [UInt8], torrent: Torrent) {
    let total = files.reduce(0) { $0 + $1.1 }
    var maker = TorrentMaker(
      name: "box", files: files.map { Torrent.File(path: $0.0.split(separator: "/").map(String.init), length: $0.1) }, pieceLength: pieceLength)!
    let content = (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 131 >> 4) }
    maker.add(Buffer(content))
    return (content, try maker.finish())
  }

  private func files(_ path: String, _ torrent: Torrent, isReadOnly: Bool = false) throws -> FolderFiles {
    FolderFiles(try WritableFolder(ServedFolder(path: path)), torrent: torrent, isReadOnly: isReadOnly)
  }

  /// Gives all blocks of `pieces` in a drawn order; the outcomes by piece.
  private func fill(_ store: PieceStore, _ content: [UInt8], _ pieces: [Int]? = nil, seed: UInt64 = 1) -> [Int: PieceOutcome] {
    let outcomes = Mutex<[Int: PieceOutcome]>([:])
    var chance = SeededRandom(seed: seed)
    let indices = (pieces ?? Array(0..<store.sizes.count)).flatMap { piece in
      (0..<store.sizes.blockCount(of: piece)).map { BlockIndex(piece: piece, number: $0) }
    }.shuffled(using: &chance)
    for index in indices {
      let request = store.sizes.request(for: index)!
      let start = store.sizes.range(of: index.piece).lowerBound + request.offset
      store.add(index, Buffer(content[start..<start + request.length]), wantsDigests: false) { outcome in outcomes.withLock { $0[index.piece] = outcome } }
    }
    return outcomes.withLock { $0 }
  }

  @Test("pieces that span several files, empty ones among them, in any order") func spans() async throws {
    let (content, torrent) = try folderTorrent([("a", 10_000), ("b/c", 0), ("b/d", 1), ("e", 70_000), ("f/g/h", 20_000)])
    try await withFolder { path in
      let files = try files(path, torrent)
      let store = PieceStore(torrent, files: files, disk: Self.now)
      let outcomes = fill(store, content)
      #expect(outcomes.count == torrent.sizes.count && outcomes.values.allSatisfy { $0 == .kept([]) })
      #expect(store.heldBytes == 0)
      try files.finish()
      try files.synchronize()
      var start = 0
      for file in torrent.files {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(path)/box/" + file.path.joined(separator: "/")))
        #expect(Array(data) == Array(content[start..<start + file.length]))
        start += file.length
      }
      #expect(files.read(at: 9_000, length: 30_000)?.array == Array(content[9_000..<39_000]))
      #expect(await store.check(Array(0..<torrent.sizes.count)) == Array(0..<torrent.sizes.count))
    }
  }

  @Test("a wrong piece is told of with the digest of each block, and nothing of it is written") func wrong() async throws {
    let (content, torrent) = try makeTorrent(65_536)
    let files = MemoryFiles(length: content.count)
    let store = PieceStore(torrent, files: files, disk: Self.now)
    var spoiled = content
    spoiled[20_000] ^= 1
    let outcomes = fill(store, spoiled, [0])
    guard case .wrong(let digests)? = outcomes[0] else { return #expect(Bool(false), "\(outcomes)") }
    #expect(digests == [PieceDigest.hash(Buffer(spoiled[0..<16_384])), PieceDigest.hash(Buffer(spoiled[16_384..<32_768]))])
    #expect(files.content.allSatisfy { $0 == 0 } && store.heldBytes == 0)
    #expect(fill(store, content, [0])[0] == .kept([]))
  }

  @Test("a full disk is told of, and the piece can come again") func full() throws {
    let (content, torrent) = try makeTorrent(65_536)
    let files = MemoryFiles(length: content.count)
    let store = PieceStore(torrent, files: files, disk: Self.now)
    files.fail(with: .full)
    #expect(fill(store, content, [1])[1] == .notWritten(.full) && store.heldBytes == 0)
    files.fail(with: nil)
    #expect(fill(store, content, [1])[1] == .kept([]))
  }

  @Test("what is held is counted until it is judged or discarded") func held() throws {
    let (content, torrent) = try makeTorrent(65_536)
    let store = PieceStore(torrent, files: MemoryFiles(length: content.count), disk: Self.now)
    store.add(BlockIndex(piece: 0, number: 1), Buffer(content[16_384..<32_768]), wantsDigests: false) { _ in #expect(Bool(false)) }
    store.add(BlockIndex(piece: 0, number: 1), Buffer(content[16_384..<32_768]), wantsDigests: false) { _ in #expect(Bool(false)) }
    #expect(store.heldBytes == 16_384)
    store.discard(0)
    #expect(store.heldBytes == 0)
  }

  @Test("no link leads out of the folder, and none is written through") func links() async throws {
    let (content, torrent) = try folderTorrent([("a", 10_000), ("sub/b", 10_000)])
    try await withFolder { path in
      try await withFolder { outside in
        try Data("precious".utf8).write(to: URL(fileURLWithPath: outside + "/b"))
        try FileManager.default.createDirectory(atPath: path + "/box", withIntermediateDirectories: true)
        symlink(outside, path + "/box/sub")
        symlink(outside + "/b", path + "/box/a")
        let store = PieceStore(torrent, files: try files(path, torrent), disk: Self.now)
        guard case .notWritten? = fill(store, content)[0] else { return #expect(Bool(false), "written through a link") }
        #expect(try String(contentsOfFile: outside + "/b", encoding: .utf8) == "precious")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["b"])
      }
    }
  }

  @Test("what was not written takes no room and is not looked at") func sparse() async throws {
    let (content, torrent) = try makeTorrent(8_000_000, pieceLength: 1_048_576)
    try await withFolder { path in
      let files = try files(path, torrent)
      let store = PieceStore(torrent, files: files, disk: Self.now)
      #expect(fill(store, content, [3])[3] == .kept([]))
      var raw = stat()
      #expect(stat(path + "/data.bin", &raw) == 0)
      #expect(Int(raw.st_size) == content.count && Int(raw.st_blocks) * 512 < 2_000_000)
      var chance = SeededRandom(seed: 1)
      #expect(store.inventory(using: &chance).doubtful == [3])
    }
  }

  @Test("records: believed when clean and unchanged, checked when cut off, not believed when files changed")
  func records() async throws {
    let (content, torrent) = try makeTorrent(500_000)
    try await withFolder { path in
      let all = Array(0..<torrent.sizes.count)
      var chance = SeededRandom(seed: 1)
      func open() throws -> PieceStore { PieceStore(torrent, files: try files(path, torrent), disk: Self.now) }
      var store = try open()
      _ = fill(store, content, [0, 1, 2, 3])
      var holdings = PieceSet(pieceCount: all.count)
      for piece in [0, 1, 2] { holdings.insert(piece) }
      // Cut off: 0 to 2 are in the record, 3 was written since. All are few enough for the sample.
      try store.keepRecord(holdings, isClean: false, uploaded: 5, downloaded: 7)
      store = try open()
      var inventory = store.inventory(using: &chance)
      #expect(inventory.holdings.isEmpty && inventory.doubtful == [0, 1, 2, 3] && inventory.uploaded == 5 && inventory.downloaded == 7)
      #expect(await store.check(inventory.doubtful) == [0, 1, 2, 3])
      // Ended in order: nothing is checked.
      holdings.insert(3)
      try store.keepRecord(holdings, isClean: true, uploaded: 0, downloaded: 0)
      inventory = try open().inventory(using: &chance)
      #expect(inventory.holdings == holdings && inventory.doubtful.isEmpty)
      // Somebody else wrote into it.
      let file = try #require(FileHandle(forWritingAtPath: path + "/data.bin"))
      try file.seek(toOffset: 40_000)
      try file.write(contentsOf: Data([1, 2, 3]))
      try file.close()
      inventory = try open().inventory(using: &chance)
      #expect(inventory.holdings.isEmpty && inventory.doubtful.starts(with: [0, 1, 2, 3]))
      #expect(await store.check(inventory.doubtful).contains(1) == false)
      // The record is spoiled: everything is in doubt.
      let name = path + "/.netstead-\(torrent.infoHash).resume"
      var record = try Data(contentsOf: URL(fileURLWithPath: name))
      record[20] ^= 1
      try record.write(to: URL(fileURLWithPath: name))
      #expect(try open().inventory(using: &chance).holdings.isEmpty)
    }
  }

  @Test("cut off, and the file is another than the record's: nothing of the record is believed", arguments: [true, false])
  func replaced(_ isGone: Bool) async throws {
    let (content, torrent) = try makeTorrent(200 * 32_768)
    try await withFolder { path in
      var chance = SeededRandom(seed: 1)
      let store = PieceStore(torrent, files: try files(path, torrent), disk: Self.now)
      _ = fill(store, content, Array(0..<150))
      var holdings = PieceSet(pieceCount: 200)
      for piece in 0..<150 { holdings.insert(piece) }
      try store.keepRecord(holdings, isClean: false, uploaded: 0, downloaded: 0)
      func found() async throws -> [Int] {
        let again = PieceStore(torrent, files: try files(path, torrent), disk: Self.now)
        return await again.holdings(again.inventory(using: &chance)).pieces
      }
      #expect(try await found() == Array(0..<150))
      if isGone {
        try FileManager.default.removeItem(atPath: path + "/data.bin")
      } else {
        // A power cut took the middle, although the record has it.
        let file = try #require(FileHandle(forWritingAtPath: path + "/data.bin"))
        try file.seek(toOffset: 20 * 32_768)
        try file.write(contentsOf: Data(count: 100 * 32_768))
        try file.close()
      }
      #expect(try await found() == (isGone ? [] : Array(0..<20) + Array(120..<150)))
    }
  }

  @Test("a record is read back; spoiled, cut or strange ones are none") func recordBytes() throws {
    let (_, torrent) = try makeTorrent(500_000)
    var holdings = PieceSet(pieceCount: torrent.sizes.count)
    holdings.insert(5)
    let record = ResumeRecord(
      infoHash: torrent.infoHash, holdings: holdings, isClean: true, files: [FileStamp(size: 7, modified: 9), .absent], uploaded: 1, downloaded: 2)
    #expect(ResumeRecord(reading: record.bytes) == record)
    let bytes = record.bytes.array
    for index in bytes.indices {
      var spoiled = bytes
      spoiled[index] ^= 0x10
      #expect(ResumeRecord(reading: Buffer(spoiled)) == nil)
    }
    for length in 0..<bytes.count { #expect(ResumeRecord(reading: Buffer(bytes[..<length])) == nil) }
  }

  @Test("something in the way is told of") func obstacles() async throws {
    let (_, torrent) = try makeTorrent(1_000)
    try await withFolder { path in
      let files = try files(path, torrent)
      #expect(files.obstacle() == nil)
      try Data(count: 500).write(to: URL(fileURLWithPath: path + "/data.bin"))
      #expect(files.obstacle() == nil)
      try Data(count: 1_001).write(to: URL(fileURLWithPath: path + "/data.bin"))
      #expect(files.obstacle() == "data.bin is there already, with 1001 bytes instead of 1000")
      try FileManager.default.removeItem(atPath: path + "/data.bin")
      try FileManager.default.createDirectory(atPath: path + "/data.bin", withIntermediateDirectories: true)
      #expect(files.obstacle() == "data.bin is there already, and no file")
      // Another download's record.
      let (_, strange) = try makeTorrent(1_000, name: ".netstead-\(torrent.infoHash).resume")
      #expect(try self.files(path, strange).obstacle()?.hasPrefix("its name, .netstead-") == true)
    }
  }

  @Test("read only: nothing is made or written") func readOnly() async throws {
    let (content, torrent) = try makeTorrent(100_000)
    try await withFolder { path in
      let files = try files(path, torrent, isReadOnly: true)
      #expect(throws: FolderError.forbidden) { try files.write([Buffer(content[0..<10])], at: 0) }
      #expect(files.read(at: 0, length: 10) == nil)
      try files.finish()
      #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }
  }

  @Test("more files than are kept open") func manyFiles() async throws {
    let (content, torrent) = try folderTorrent((0..<300).map { ("f\($0)", 1_000) })
    try await withFolder { path in
      let files = try files(path, torrent)
      let store = PieceStore(torrent, files: files, disk: Self.now)
      #expect(fill(store, content).values.allSatisfy { $0 == .kept([]) })
      try files.synchronize()
      #expect(await store.check(Array(0..<torrent.sizes.count)).count == torrent.sizes.count)
    }
  }
}
