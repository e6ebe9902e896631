// What a cache is told: how much it may keep, where, and whose word counts for how long.
// Read next: WebCache.swift.
package import HTTP
package import World

/// A shared cache as the settings describe it.
package struct CacheSettings: Sendable, Hashable {
  /// What it calls itself in Cache-Status.
  package var name = "netstead"
  /// Where what it keeps survives a restart; nil: in memory only. The folder is the cache's own: what else is in it is removed.
  package var folder: String?
  /// Bodies held in memory together. Unit: bytes. Past it: the ones longest unused are forgotten (with a folder: read again when asked for).
  package var memoryBytesMax = 64 << 20
  /// Bodies kept in the folder together. Unit: bytes. Past it: the ones longest unused are removed.
  package var diskBytesMax: Int64 = 1 << 30
  /// Most responses kept. Unit: responses. Past it: the one longest unused is forgotten.
  package var entriesMax = 100_000
  /// Largest body kept. Unit: bytes. Past it: passed on without being kept.
  package var objectBytesMax: Int64 = 256 << 20
  /// Largest body held in memory whole, when there is a folder. Unit: bytes. Past it: sent from the file.
  package var objectInMemoryBytesMax = 1 << 20
  /// Most representations of one address (Vary). Unit: responses. Past it: the oldest is forgotten.
  package var variantsMax = 32
  /// How long an address whose answer may not be kept is asked for without waiting for others that ask the same.
  package var passTime = Duration.seconds(30)
  /// The rules of reuse.
  package var policy = CachePolicy()
  /// Who may remove responses by PURGE.
  package var purgers: [AddressRange] = [.loopback, .loopback6]

  package init() {}
}
