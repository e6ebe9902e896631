// One kept response: its head with its times, its body, and the answers made of it.
// Not here: finding it (WebCache.swift), whether it may be used now (HTTP/Caching/StoredResponse.swift).
import Bytes
import HTTP
import Storage
import Synchronization
import World

/// A kept response. Its head changes when the origin confirms it; its body never does.
final class CacheEntry: Sendable {
  let key: [UInt8]
  /// What the request had in the fields that Vary names.
  let varyKey: Buffer
  let vary: Vary
  let body: CachedBody
  /// Its place in the folder; nil: in memory only.
  let number: UInt64?
  /// What its origin announced; nil: the body's end will tell. Unit: bytes.
  let announcedLength: Int64?

  private struct State {
    var stored: StoredResponse
    var checksum: UInt64
    /// Whether the body in the folder is known to be what was written.
    var isVerified: Bool
    /// The whole answer as it is sent in this second.
    var prepared: (second: Int64, kind: CacheStatus.Outcome, response: PreparedResponse)?
  }

  private let state: Mutex<State>

  init(
    key: [UInt8], varyKey: Buffer, stored: StoredResponse, body: CachedBody, number: UInt64?, announcedLength: Int64?,
    checksum: UInt64 = 0, isVerified: Bool = true
  ) {
    self.key = key
    self.varyKey = varyKey
    vary = Vary(of: stored.head.fields)
    self.body = body
    self.number = number
    self.announcedLength = announcedLength
    state = Mutex(State(stored: stored, checksum: checksum, isVerified: isVerified))
  }

  var stored: StoredResponse { state.withLock { $0.stored } }
  var isVerified: Bool { state.withLock { $0.isVerified } }

  /// Whether a request with these fields would have been answered by it.
  func answers(_ request: RequestHead) -> Bool { vary.names.isEmpty || vary.key(of: request.fields) == varyKey }

  /// The origin has confirmed it.
  func freshen(_ stored: StoredResponse) {
    state.withLock { state in
      state.stored = stored
      state.prepared = nil
    }
  }

  /// The body is whole and has this checksum.
  func note(checksum: UInt64) { state.withLock { $0.checksum = checksum } }

  /// What the folder keeps of it.
  var record: CacheRecord {
    state.withLock { state in
      CacheRecord(
        key: Buffer(key), varyKey: varyKey, head: state.stored.head.bytes, requestedAt: state.stored.requestedAt,
        receivedAt: state.stored.receivedAt, bodyLength: body.length, bodyChecksum: state.checksum)
    }
  }

  /// Compares the body in the folder with its checksum, once; takes a small one into memory. False: it is torn.
  func verify(intoMemory bytesMax: Int) -> Bool {
    if isVerified { return true }
    guard case .file(let slice)? = body.ready else { return body.ready != nil }
    var checksum = Checksum()
    var whole = Buffer()
    let isSmall = slice.length <= Int64(bytesMax)
    var offset: Int64 = 0
    while offset < slice.length {
      guard let piece = slice.file.read(at: offset, length: Int(min(1_048_576, slice.length - offset))), !piece.isEmpty else { return false }
      checksum.add(piece)
      if isSmall { whole.append(piece) }
      offset += Int64(piece.count)
    }
    let isWhole = state.withLock { state in
      guard state.checksum == checksum.value else { return false }
      state.isVerified = true
      return true
    }
    if isWhole, isSmall { body.remember(whole) }
    return isWhole
  }

  /// The whole answer for this second, made once; nil when it cannot be sent from memory or a file at once.
  func prepared(_ outcome: CacheStatus.Outcome, at now: Instant, make: (StoredResponse, CachedBody.Ready) -> PreparedResponse?) -> PreparedResponse? {
    let second = now.secondsSince1970
    let known = state.withLock { state -> PreparedResponse? in
      guard let prepared = state.prepared, prepared.second == second, prepared.kind == outcome else { return nil }
      return prepared.response
    }
    if let known { return known }
    guard let ready = body.ready, let response = make(stored, ready) else { return nil }
    // A large body in a prepared answer would stay in memory after it was forgotten.
    if case .memory = ready { state.withLock { $0.prepared = (second, outcome, response) } }
    return response
  }

  /// Forgets the body in memory. Returns what that freed. Unit: bytes.
  func forgetMemory() -> Int {
    state.withLock { $0.prepared = nil }
    return body.forgetMemory()
  }
}

/// A request to the origin that others wait for: they ask the same.
// RFC 9111 §4: requests are collapsed.
final class Filling: Sendable {
  /// What became of it.
  enum Outcome: Sendable {
    /// There is a response for those who waited; it may still be arriving.
    case entry(CacheEntry, CacheStatus.Outcome)
    /// The answer is for the one who asked only; everybody else asks on their own.
    case alone
    case failed(ProxyFailure)
  }

  private struct State {
    var isOutdated = false
    var outcome: Outcome?
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  /// Which variant is asked for, as far as that is known.
  let variant: Buffer

  init(variant: Buffer) { self.variant = variant }

  /// Whether what it asks for was removed since: its answer may be what should have gone.
  // RFC 9111 §4.4
  var isOutdated: Bool { state.withLock { $0.isOutdated } }
  func noteRemoval() { state.withLock { $0.isOutdated = true } }

  func settle(_ outcome: Outcome) {
    let waiting = state.withLock { state in
      guard state.outcome == nil else { return [CheckedContinuation<Void, Never>]() }
      state.outcome = outcome
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  func outcome() async -> Outcome {
    while true {
      if let outcome = state.withLock({ $0.outcome }) { return outcome }
      await withCheckedContinuation { continuation in
        let isAlready = state.withLock { state in
          if state.outcome != nil { return true }
          state.waiting.append(continuation)
          return false
        }
        if isAlready { continuation.resume() }
      }
    }
  }
}
