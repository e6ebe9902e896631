// Blocks kept in memory: what one node keeps, without a network around it. For one process, for tests, and for files of blocks.
package import Names
import Synchronization
package import World

/// A store of blocks in memory.
package final class MemoryBlocks: BlockStorage {
  private let shelf: Mutex<BlockShelf>

  package init(limits: Names.Limits = Names.Limits()) { shelf = Mutex(BlockShelf(limits: limits)) }

  package func put(_ query: BlockQuery, _ block: [UInt8], at now: Instant) async -> Bool {
    shelf.withLock { shelf in
      do throws(BlockShelf.Refusal) {
        try shelf.put(query, block, at: now)
        return true
      } catch { return false }
    }
  }

  package func get(_ query: BlockQuery, at now: Instant) async -> [UInt8]? { shelf.withLock { $0.get(query, at: now) } }
}
