// A shared cache: which responses it has for an address, who is asking for one just now, and what has to go when there is no more room.
// Not here: asking the origin (Proxy/), the rules of reuse (HTTP/Caching), one response (CacheEntry.swift), the folder (CacheFolder.swift).
// Read next: CacheIndex.swift.
import Bytes
package import HTTP
package import Storage
import Synchronization
package import World

/// A cache of web responses, for any number of proxies at once.
package final class WebCache: Sendable {
  package let settings: CacheSettings
  private let index: Mutex<CacheIndex>
  private let folder: CacheFolder?

  /// Opens the cache; what is whole in its folder is there again.
  package init(_ settings: CacheSettings) throws(StorageError) {
    self.settings = settings
    var index = CacheIndex(settings)
    guard let path = settings.folder else {
      folder = nil
      self.index = Mutex(index)
      return
    }
    let (folder, found) = try CacheFolder.open(path)
    self.folder = folder
    var gone: [CacheEntry] = []
    for item in found {
      guard let head = item.record.responseHead, let file = folder.body(item.number) else { continue }
      let record = item.record
      let stored = StoredResponse(head: head, requestedAt: record.requestedAt, receivedAt: record.receivedAt, policy: settings.policy)
      let body = CachedBody(whole: nil, length: record.bodyLength, file: file, memoryBytesMax: settings.objectInMemoryBytesMax)
      gone += index.keep(
        CacheEntry(
          key: record.key.array, varyKey: record.varyKey, stored: stored, body: body, number: item.number, announcedLength: record.bodyLength,
          checksum: record.bodyChecksum,
          isVerified: false))
      gone += index.makeRoom()
    }
    self.index = Mutex(index)
    discard(gone)
  }

  // MARK: Looking up

  /// What there is for a request.
  enum Finding: Sendable {
    /// A response for such a request.
    case entry(CacheEntry)
    case nothing
    /// Nothing for this request, but for others to the same address.
    case otherVariants
    /// The answer may not be kept, as was seen lately.
    case passes
  }

  func find(_ key: [UInt8], for request: RequestHead, at now: Instant) -> Finding {
    index.withLock { $0.find(key, for: request, at: now) }
  }

  /// Who asks the origin for this address: the caller, who has to settle it, or somebody whose answer is to be waited for.
  func fill(_ key: [UInt8], for request: RequestHead) -> (filling: Filling, isOurs: Bool) { index.withLock { $0.fill(key, for: request) } }

  /// The filling is over.
  func settle(_ filling: Filling, of key: [UInt8], _ outcome: Filling.Outcome) {
    index.withLock { $0.end(filling, of: key) }
    filling.settle(outcome)
  }

  /// The answers of this address may not be kept; nobody waits for another for a while.
  func notePassing(_ key: [UInt8], at now: Instant) {
    let gone = index.withLock { index in
      index.pass(key, until: now + settings.passTime)
      return index.makeRoom()
    }
    discard(gone)
  }

  // MARK: Keeping

  /// Begins to keep a response; others find it at once, while its body arrives. Nil: what `filling` asked for was removed in the meantime, so
  /// the answer may be older than that.
  func begin(_ key: [UInt8], for request: RequestHead, _ stored: StoredResponse, _ filling: Filling, announcedLength: Int64?) -> CacheEntry? {
    var place: (number: UInt64, file: SpooledFile)?
    if let folder { place = try? folder.begin() }
    let body = CachedBody(spooling: place?.file, memoryBytesMax: settings.objectInMemoryBytesMax)
    let vary = Vary(of: stored.head.fields)
    let entry = CacheEntry(key: key, varyKey: vary.key(of: request.fields), stored: stored, body: body, number: place?.number,
      announcedLength: announcedLength)
    let gone = index.withLock { index in filling.isOutdated ? nil : index.keep(entry) + index.makeRoom() }
    discard(gone ?? [entry])
    return gone == nil ? nil : entry
  }

  /// The largest body that is kept. Unit: bytes.
  var objectBytesMax: Int64 { folder == nil ? min(settings.objectBytesMax, Int64(settings.memoryBytesMax / 4)) : settings.objectBytesMax }

  /// The body of `entry` is whole.
  func complete(_ entry: CacheEntry, checksum: UInt64) {
    entry.note(checksum: checksum)
    entry.body.finish()
    if let number = entry.number, let folder {
      do throws(StorageError) { try folder.keep(number, entry.record) } catch {
        // It stays in use for those who read it, and is found no more.
        forget(entry)
        return
      }
    }
    let gone = index.withLock { index in
      index.weigh(entry)
      return index.makeRoom()
    }
    discard(gone)
    // Whoever removed it while its body arrived did so before its files had their names.
    if let number = entry.number, !index.withLock({ $0.has(entry) }) { folder?.remove(number) }
  }

  /// The origin has confirmed `entry` by `confirmation`.
  func freshen(_ entry: CacheEntry, by confirmation: ResponseHead, requestedAt: Instant, receivedAt: Instant) -> Bool {
    let bytes = StoredHead.bytes(of: entry.stored.head, freshenedBy: confirmation, receivedAt: receivedAt)
    var record = entry.record
    record.head = bytes
    guard let head = record.responseHead else { return false }
    entry.freshen(StoredResponse(head: head, requestedAt: requestedAt, receivedAt: receivedAt, policy: settings.policy))
    // Where the folder fails, the former record stays: older, and still true.
    if let number = entry.number, entry.body.end == .whole, index.withLock({ $0.has(entry) }) { try? folder?.write(entry.record, number) }
    return true
  }

  /// `entry` is found no more; those who read it go on.
  func forget(_ entry: CacheEntry) {
    index.withLock { $0.remove(entry) }
    discard([entry])
  }

  private func discard(_ entries: [CacheEntry]) {
    guard let folder else { return }
    for entry in entries {
      guard let number = entry.number else { continue }
      folder.remove(number)
      folder.abandon(number)
    }
  }

  /// Takes the body of a small response into memory again, and says how much memory that is.
  func noteHeld(_ entry: CacheEntry) {
    let gone = index.withLock { index in
      index.weigh(entry)
      return index.makeRoom()
    }
    discard(gone)
  }

  // MARK: Removing

  /// Removes all responses for exactly this address. Returns how many.
  @discardableResult
  package func purge(_ address: WebAddress) -> Int { remove(CacheKey.bytes(of: address)) }

  /// Removes all responses whose address begins like this one. Returns how many.
  @discardableResult
  package func purge(beginningWith address: WebAddress) -> Int {
    remove(keysBeginningWith: CacheKey.bytes(of: address))
  }

  func remove(keysBeginningWith prefix: [UInt8]) -> Int {
    let gone = index.withLock { $0.removeAll(beginningWith: prefix) }
    discard(gone)
    return gone.count
  }

  @discardableResult
  func remove(_ key: [UInt8]) -> Int {
    let gone = index.withLock { $0.removeAll(of: key) }
    discard(gone)
    return gone.count
  }

  // MARK: Status

  /// How much it holds.
  package struct Load: Sendable, Hashable {
    package var entries: Int
    /// Unit: bytes.
    package var memoryBytes: Int
    /// Unit: bytes.
    package var diskBytes: Int64
  }

  package var load: Load { index.withLock { Load(entries: $0.count, memoryBytes: $0.memoryBytes, diskBytes: $0.diskBytes) } }

  /// The newest responses, for a status page: address, status, body's length, time left.
  package func newest(_ most: Int, at now: Instant) -> [(address: String, status: Status, bytes: Int64, secondsLeft: Int64)] {
    index.withLock { $0.newest(most) }.map { entry in
      let stored = entry.stored
      return (String(decoding: entry.key, as: UTF8.self), stored.head.status, entry.body.length, stored.timeToLive(at: now))
    }
  }
}
