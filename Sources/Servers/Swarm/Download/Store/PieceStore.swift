// Pieces on their way to the disk: blocks are hashed as they come, away from the connections' loops; a piece is written whole, once, when its hash
// is right, and only then told of. Not here: which blocks come (PiecePicker), files (ContentFiles). Read next: PieceChecking.swift.
package import BitTorrent
package import Bytes
package import Storage
import Synchronization
import World

/// What became of a piece all of whose blocks came.
package enum PieceOutcome: Sendable, Hashable {
  /// It is right, and written. The blocks' digests, if they were wanted.
  case kept([Bits160])
  /// It is wrong. The blocks' digests.
  case wrong([Bits160])
  /// It is right, and the disk did not take it.
  case notWritten(FolderError)
}

/// The pieces of one torrent.
package final class PieceStore: Sendable {
  /// Does work on the disk's threads.
  package typealias Disk = @Sendable (@escaping @Sendable () -> Void) -> Void

  /// Blocks that wait until a thread is called to hash them; the last ones of a piece wait for nothing. Unit: blocks.
  private static let blocksAtOnce = 8

  /// A piece whose blocks are coming.
  final class Assembly: Sendable {
    struct State {
      var blocks: [Buffer?]
      /// Blocks from the first on that were given to the hash.
      var hashed = 0
      /// Blocks from the first on that are here without a gap.
      var contiguous = 0
      var missing: Int
      var isHashing = false
      var hash: PieceDigest? = PieceDigest()
      var wantsDigests = false
    }

    let state: Mutex<State>

    init(blocks: Int) { state = Mutex(State(blocks: Array(repeating: nil, count: blocks), missing: blocks)) }
  }

  let torrent: Torrent
  package var sizes: PieceSizes { torrent.sizes }
  package let files: any ContentFiles
  let disk: Disk
  private let assemblies = Mutex<[Int: Assembly]>([:])
  private let held = Atomic<Int>(0)

  /// The pieces of `torrent` in `files`.
  package init(_ torrent: Torrent, files: any ContentFiles, disk: @escaping Disk) {
    self.torrent = torrent
    self.files = files
    self.disk = disk
  }

  /// What came and is not written yet. Unit: bytes.
  package var heldBytes: Int { held.load(ordering: .relaxed) }

  // MARK: Blocks come

  /// Takes a block that was not here. `report` is called once for the piece, on a thread of the disk, by whichever block makes it whole.
  package func add(_ block: BlockIndex, _ bytes: Buffer, wantsDigests: Bool, report: @escaping @Sendable (PieceOutcome) -> Void) {
    let assembly = assemblies.withLock { assemblies in
      if let known = assemblies[block.piece] { return known }
      let assembly = Assembly(blocks: sizes.blockCount(of: block.piece))
      assemblies[block.piece] = assembly
      return assembly
    }
    let isDue = assembly.state.withLock { state in
      guard block.number < state.blocks.count, state.blocks[block.number] == nil else { return false }
      held.wrappingAdd(bytes.count, ordering: .relaxed)
      state.blocks[block.number] = bytes
      state.missing -= 1
      if wantsDigests { state.wantsDigests = true }
      while state.contiguous < state.blocks.count, state.blocks[state.contiguous] != nil { state.contiguous += 1 }
      guard !state.isHashing, state.missing == 0 || state.contiguous - state.hashed >= Self.blocksAtOnce else { return false }
      state.isHashing = true
      return true
    }
    if isDue { disk { self.hash(block.piece, assembly, report) } }
  }

  /// Forgets what came of a piece.
  package func discard(_ piece: Int) {
    guard let assembly = assemblies.withLock({ $0.removeValue(forKey: piece) }) else { return }
    let bytes = assembly.state.withLock { state in state.blocks.reduce(0) { $0 + ($1?.count ?? 0) } }
    held.wrappingSubtract(bytes, ordering: .relaxed)
  }

  // MARK: On the disk's threads

  /// Hashes what has come without a gap, until nothing more has.
  private func hash(_ piece: Int, _ assembly: Assembly, _ report: @Sendable (PieceOutcome) -> Void) {
    while true {
      let (blocks, taken) = assembly.state.withLock { state -> ([Buffer], PieceDigest?) in
        let blocks = state.blocks[state.hashed..<state.contiguous].compactMap { $0 }
        state.hashed = state.contiguous
        if blocks.isEmpty {
          state.isHashing = false
          return ([], nil)
        }
        return (blocks, state.hash.take())
      }
      guard var hash = taken else { return }
      for block in blocks { hash.add(block) }
      let isWhole = assembly.state.withLock { state in
        state.hash = hash
        return state.hashed == state.blocks.count
      }
      if isWhole { return judge(piece, assembly, hash.finish(), report) }
    }
  }

  private func judge(_ piece: Int, _ assembly: Assembly, _ digest: Bits160, _ report: @Sendable (PieceOutcome) -> Void) {
    let (blocks, wantsDigests) = assembly.state.withLock { ($0.blocks.compactMap { $0 }, $0.wantsDigests) }
    let isRight = torrent.hash(of: piece) == digest
    let digests = wantsDigests || !isRight ? blocks.map { PieceDigest.hash($0) } : []
    var outcome = isRight ? PieceOutcome.kept(digests) : .wrong(digests)
    if isRight {
      do throws(FolderError) { try files.write(blocks, at: Int64(sizes.range(of: piece).lowerBound)) } catch { outcome = .notWritten(error) }
    }
    discard(piece)
    report(outcome)
  }
}
