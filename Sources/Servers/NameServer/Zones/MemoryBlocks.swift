// Blocks kept in memory, without a network around them: for one process, for tests, and for files of blocks.
package import Names
import Synchronization

/// A store of blocks in memory.
package final class MemoryBlocks: BlockStorage {
  private let blocks = Mutex<[BlockQuery: ZoneBlock]>([:])

  package init() {}

  package func put(_ block: ZoneBlock) async throws(BlockNotKept) {
    let isNew = blocks.withLock { blocks in
      if let kept = blocks[block.query], kept.expiration > block.expiration { return false }
      blocks[block.query] = block
      return true
    }
    if !isNew { throw BlockNotKept("one that expires later is kept") }
  }

  package func get(_ query: BlockQuery) async -> [UInt8]? { blocks.withLock { $0[query]?.bytes } }
}
