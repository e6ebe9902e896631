// Looking at what is on the disk already: which pieces a record is believed, which are hashed again. Read before: PieceStore.swift.
package import BitTorrent
import Bytes
package import Storage
import Synchronization
import World

extension PieceStore {
  /// After an unclean end so many pieces of those believed are hashed all the same. Unit: pieces.
  package static let sampleSize = 64
  /// Read at a time. Unit: bytes.
  private static let stretch = 262_144

  /// What is here from before, and what is to be hashed to know it.
  package struct Inventory: Sendable {
    /// Believed.
    package var holdings: PieceSet
    /// To be hashed.
    package var doubtful: [Int]
    /// Those of the doubtful ones that the record calls right: if one of them is wrong, nothing it says is believed.
    package var sample: [Int] = []
    package var uploaded: Int64 = 0
    package var downloaded: Int64 = 0
  }

  /// What the record of an earlier run is believed. On a thread of the disk.
  package func inventory(using chance: inout some RandomNumberGenerator) -> Inventory {
    let all = 0..<sizes.count
    func mayBeHere(_ piece: Int) -> Bool {
      let range = sizes.range(of: piece)
      return files.mayHold(Int64(range.lowerBound)..<Int64(range.upperBound))
    }
    guard let record = files.record().flatMap({ ResumeRecord(reading: $0) }), record.infoHash == torrent.infoHash, record.holdings.pieceCount == sizes.count else {
      // Without a record everything that is there may be right or wrong.
      return Inventory(holdings: PieceSet(pieceCount: sizes.count), doubtful: all.filter(mayBeHere))
    }
    var inventory = Inventory(holdings: record.holdings, doubtful: [], uploaded: record.uploaded, downloaded: record.downloaded)
    let now = files.stamps()
    if record.isClean, record.files == now { return inventory }
    if record.isClean {
      // Somebody else was here.
      inventory = Inventory(
        holdings: PieceSet(pieceCount: sizes.count), doubtful: all.filter(mayBeHere), uploaded: record.uploaded, downloaded: record.downloaded)
      return inventory
    }
    // Cut off: what was durable still is, what was written since may be whole. A sample of the first, all of the second.
    inventory.sample = record.holdings.pieces.shuffled(using: &chance).prefix(Self.sampleSize).sorted()
    for piece in inventory.sample { inventory.holdings.remove(piece) }
    inventory.doubtful = (inventory.sample + all.filter { !record.holdings.contains($0) && mayBeHere($0) }).sorted()
    return inventory
  }

  /// The pieces that are here: what is believed, and of the rest what its hashes say.
  package func holdings(_ inventory: Inventory) async -> PieceSet {
    var holdings = inventory.holdings
    var right = Set(await check(inventory.doubtful))
    if !right.isSuperset(of: inventory.sample) {
      // The files are not those that the record is of: a power cut took what it calls durable, or somebody took the files.
      right.formUnion(await check(holdings.pieces))
      holdings = PieceSet(pieceCount: sizes.count)
    }
    for piece in right { holdings.insert(piece) }
    return holdings
  }

  /// Hashes the piece as it is on the disk. On a thread of the disk.
  package func isRightOnDisk(_ piece: Int) -> Bool {
    let range = sizes.range(of: piece)
    var digest = PieceDigest()
    var place = range.lowerBound
    while place < range.upperBound {
      let length = min(Self.stretch, range.upperBound - place)
      guard let bytes = files.read(at: Int64(place), length: length) else { return false }
      digest.add(bytes)
      place += length
    }
    return digest.finish() == torrent.hash(of: piece)
  }

  /// Hashes `pieces`, several at a time; those that are right, in order. `progress` hears of each, from any thread.
  package func check(_ pieces: [Int], threads: Int = 2, progress: @escaping @Sendable (_ piece: Int, _ isRight: Bool) -> Void = { _, _ in }) async -> [Int] {
    guard !pieces.isEmpty else { return [] }
    let run = CheckRun()
    await withCheckedContinuation { continuation in
      let workers = max(1, min(threads, pieces.count))
      run.begin(workers) { continuation.resume() }
      for _ in 0..<workers {
        disk {
          while let index = run.next(below: pieces.count) {
            let isRight = self.isRightOnDisk(pieces[index])
            if isRight { run.note(pieces[index]) }
            progress(pieces[index], isRight)
          }
          run.workerEnded()
        }
      }
    }
    return run.right
  }

  /// Keeps what is had as durable as it is said to be: first the bytes, then the record. On a thread of the disk.
  package func keepRecord(_ holdings: PieceSet, isClean: Bool, uploaded: Int64, downloaded: Int64) throws(FolderError) {
    try files.synchronize()
    try files.keepRecord(
      ResumeRecord(infoHash: torrent.infoHash, holdings: holdings, isClean: isClean, files: files.stamps(), uploaded: uploaded, downloaded: downloaded).bytes)
  }
}

/// What several threads share that check pieces.
private final class CheckRun: Sendable {
  private let state = Mutex<(next: Int, right: [Int], workers: Int, done: (@Sendable () -> Void)?)>((0, [], 0, nil))

  func begin(_ workers: Int, done: @escaping @Sendable () -> Void) {
    state.withLock { $0.workers = workers; $0.done = done }
  }

  func next(below count: Int) -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  func note(_ piece: Int) { state.withLock { $0.right.append(piece) } }

  func workerEnded() {
    let done = state.withLock { state -> (@Sendable () -> Void)? in
      state.workers -= 1
      return state.workers == 0 ? state.done.take() : nil
    }
    done?()
  }

  var right: [Int] { state.withLock { $0.right.sorted() } }
}
