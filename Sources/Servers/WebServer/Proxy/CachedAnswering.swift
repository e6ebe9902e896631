// A proxy with a cache: answers from it at once where that is allowed, asks the origin once for all who ask the same, and keeps what may be kept.
// Not here: the rules (HTTP/Caching), what is found (Cache/WebCache.swift). Read next: CachedResponse.swift.
import Bytes
import HTTP
import Storage
import Transport
import World

extension Proxy {
  /// Answers a GET or HEAD that a cache may answer.
  func answer(_ request: ProxyRequest, _ key: [UInt8], _ cache: WebCache, at now: Instant) -> ApplicationAnswer {
    let demand = CacheControl(of: request.head.fields, inRequest: true)
    // RFC 9111 §4.3.2: only the origin knows whether its resource is still what these two assume.
    let isForOrigin = request.head.fields.contains(.ifMatch) || request.head.fields.contains(.ifUnmodifiedSince)
    if demand.isNoStore || (isForOrigin && !demand.onlyIfCached) { return workflow { await self.pass(request, $0, detail: .request) } }
    let search = CacheSearch(request: request, key: key, demand: demand, cache: cache)
    switch cache.find(key, for: request.head, at: now) {
    case .passes where !demand.onlyIfCached: return workflow { await self.pass(request, $0, detail: .miss) }
    case .entry(let entry):
      switch entry.stored.reuse(demanding: demand, at: now) {
      case .fresh, .staleByRequest: return answer(search, with: entry, at: now)
      case .staleWhileRevalidating:
        let (filling, isOurs) = cache.fill(key, for: request.head)
        if isOurs { network.start { await self.lead(search, filling, .stale, former: entry, for: nil) } }
        return answer(search, with: entry, at: now)
      case .unusable: return workflow { await self.pass(request, $0, detail: .method) }
      case .validate(let reason):
        if demand.onlyIfCached { break }
        return begin(search, reason == .requestDemands ? .request : .stale, former: entry)
      }
    case .nothing where !demand.onlyIfCached: return begin(search, .noSuchAddress, former: nil)
    case .otherVariants where !demand.onlyIfCached: return begin(search, .noSuchVariant, former: nil)
    case .nothing, .otherVariants, .passes: break
    }
    // RFC 9111 §5.2.1.7
    return .response(ProxyFailure(.gatewayTimeout, "The request asks for nothing but what is in the cache, and it is not there.").response())
  }

  private func begin(_ search: CacheSearch, _ reason: CacheStatus.Reason, former: CacheEntry?) -> ApplicationAnswer {
    // The head alone is nothing to keep.
    if search.request.head.method == .head { return workflow { await self.pass(search.request, $0, detail: reason) } }
    return workflow { await self.fetch(search, reason, former: former, for: $0) }
  }

  /// A hit.
  private func answer(_ search: CacheSearch, with entry: CacheEntry, at now: Instant) -> ApplicationAnswer {
    if let response = response(from: entry, to: search.request.head, .hit, at: now) {
      let sent = search.request.head.method == .head || response.status == .notModified ? 0 : entry.body.length
      statistics.note {
        $0.cacheable += 1
        $0.hits += 1
        $0.bytesToClients += sent
      }
      return .response(response)
    }
    return workflow { exchange in
      self.statistics.note { $0.cacheable += 1 }
      if await self.serve(entry, .hit, to: exchange) { return }
      // What was in the folder is torn: as if it had never been there.
      await self.fetch(search, .noSuchAddress, former: nil, for: exchange, isCounted: true)
    }
  }

  /// Asks the origin, or waits for whoever asks it already.
  private func fetch(
    _ search: CacheSearch, _ reason: CacheStatus.Reason, former: CacheEntry?, for exchange: Exchange, isCounted: Bool = false
  ) async {
    statistics.note {
      if !isCounted { $0.cacheable += 1 }
      $0.open += 1
    }
    defer { statistics.note { $0.open -= 1 } }
    let (filling, isOurs) = search.cache.fill(search.key, for: search.request.head)
    if isOurs { return await lead(search, filling, reason, former: former, for: exchange) }
    switch await filling.outcome() {
    case .entry(let entry, let outcome) where entry.answers(search.request.head) && mayShare(entry, outcome, search):
      statistics.note { $0.collapsed += 1 }
      if await serve(entry, outcome.collapsed, to: exchange) { return }
      await pass(search.request, exchange, detail: reason)
    case .entry(let entry, _) where entry.answers(search.request.head) && entry.body.end == .whole && entry.stored.hasValidator:
      // What only the origin may confirm is confirmed for each one by itself.
      await lead(search, Filling(variant: Buffer()), reason, former: entry, for: exchange)
    case .entry, .alone: await pass(search.request, exchange, detail: reason)
    case .failed(let failure):
      statistics.note { $0.failed += 1 }
      exchange.respond(failure.response())
    }
  }

  /// Whether what came for another may be given to one who waited.
  // RFC 9111 §4: only what may be reused without asking, or in need.
  private func mayShare(_ entry: CacheEntry, _ outcome: CacheStatus.Outcome, _ search: CacheSearch) -> Bool {
    let stored = entry.stored
    guard !search.cache.settings.policy.forbidsKeeping(stored.control) else { return false }
    switch stored.reuse(demanding: search.demand, at: network.clock.now) {
    case .fresh, .staleByRequest, .staleWhileRevalidating: return true
    case .validate, .unusable: return outcome.isAfterFailure && isGoodEnough(entry, search)
    }
  }

  // MARK: Leading

  /// Asks the origin for all who wait on `filling`. `exchange`: one of them; nil: nobody waits, a stale response is made fresh.
  func lead(_ search: CacheSearch, _ filling: Filling, _ reason: CacheStatus.Reason, former: CacheEntry?, for exchange: Exchange?) async {
    var former = former
    // The second time is without a condition, because the origin's confirmation was of no use.
    for _ in 0..<2 {
      let validated = former.flatMap { $0.stored.hasValidator && $0.body.end == .whole ? $0 : nil }
      let live: LiveResponse
      do throws(ProxyFailure) {
        live = try await ask(search.request, validated.map { .validating($0.stored) } ?? .keeping, for: exchange)
      } catch { return await fail(search, filling, error, former: former, for: exchange) }
      if let validated, live.head.status == .notModified {
        await drain(live)
        if confirm(validated, by: live, search.cache) {
          return await settle(search, filling, validated, .forwarded(reason, status: .notModified, isStored: true), for: exchange)
        }
        search.cache.forget(validated)
        former = nil
        continue
      }
      if [500, 502, 503, 504].contains(live.head.status.rawValue), let former, isGoodEnough(former, search) {
        await drain(live)
        return await settle(search, filling, former, .forwarded(reason, status: live.head.status), for: exchange)
      }
      return await take(live, search, filling, reason, former: former, for: exchange)
    }
    await fail(search, filling, ProxyFailure(.badGateway, "The server behind this proxy confirms what it never sent."), former: nil, for: exchange)
  }

  // RFC 9111 §4.3.4: a confirmation with another tag confirms something else.
  private func confirm(_ entry: CacheEntry, by live: LiveResponse, _ cache: WebCache) -> Bool {
    if let tag = live.head.value(of: .etag).flatMap({ EntityTag(parsing: $0) }), let own = entry.stored.entityTag, !tag.isWeakly(own) { return false }
    guard cache.freshen(entry, by: live.head, requestedAt: live.requestedAt, receivedAt: live.receivedAt) else { return false }
    statistics.note { $0.confirmed += 1 }
    // RFC 9111 §3.2: what the confirmation says counts from now on, also that this is to be kept no longer.
    if cache.settings.policy.forbidsKeeping(entry.stored.control) { cache.forget(entry) }
    return true
  }

  private func isGoodEnough(_ entry: CacheEntry, _ search: CacheSearch) -> Bool {
    entry.body.end == .whole && entry.stored.isGoodEnoughOnError(demanding: search.demand, at: network.clock.now)
  }

  private func fail(_ search: CacheSearch, _ filling: Filling, _ failure: ProxyFailure, former: CacheEntry?, for exchange: Exchange?) async {
    if let former, isGoodEnough(former, search) {
      return await settle(search, filling, former, .forwarded(.stale, status: failure.status), for: exchange)
    }
    statistics.note { $0.failed += 1 }
    search.cache.settle(filling, of: search.key, .failed(failure))
    exchange?.respond(failure.response())
  }

  private func settle(_ search: CacheSearch, _ filling: Filling, _ entry: CacheEntry, _ outcome: CacheStatus.Outcome, for exchange: Exchange?) async {
    search.cache.settle(filling, of: search.key, .entry(entry, outcome))
    guard let exchange else { return }
    if await !serve(entry, outcome, to: exchange) { await pass(search.request, exchange, detail: .miss) }
  }

  /// A whole answer has begun: it is kept, or passed on to the one who asked.
  private func take(
    _ live: LiveResponse, _ search: CacheSearch, _ filling: Filling, _ reason: CacheStatus.Reason, former: CacheEntry?, for exchange: Exchange?
  ) async {
    let cache = search.cache
    let refusal = cache.settings.policy.refusal(of: live.head, to: search.request.head, receivedAt: live.receivedAt)
    let fits = (live.head.contentLength ?? 0) <= cache.objectBytesMax
    if !filling.isOutdated, refusal == nil, fits, let stored = stored(live, cache),
      let entry = cache.begin(
        search.key, for: search.request.head, stored, filling, announcedLength: live.head.framing == .none ? 0 : live.head.contentLength)
    {
      let reader = exchange.flatMap { _ in entry.body.join() }
      let outcome = CacheStatus.Outcome.forwarded(reason, isStored: true)
      cache.settle(filling, of: search.key, .entry(entry, outcome))
      network.start { await self.fill(entry, from: live, cache) }
      guard let exchange else { return }
      if await !serve(entry, outcome, to: exchange, as: reader, since: live.requestedAt) {
        exchange.respond(ProxyFailure(.badGateway, "The answer of the server behind this proxy broke off.").response())
      }
      return
    }
    if live.head.status.rawValue < 500 {
      if let former { cache.forget(former) }
      if !filling.isOutdated, refusal != .requestForbids, refusal != .authorized { cache.notePassing(search.key, at: live.receivedAt) }
    }
    cache.settle(filling, of: search.key, .alone)
    guard let exchange else { return live.connection.discard() }
    statistics.note { $0.passed += 1 }
    if search.request.asksForPart {
      // The origin was asked for more than the client wants.
      live.connection.discard()
      return await pass(search.request, exchange, detail: reason)
    }
    await relay(live, to: exchange, status: CacheStatus(cache.settings.name, .forwarded(reason), detail: refusal?.rawValue))
  }

  /// The answer's head as it is kept.
  private func stored(_ live: LiveResponse, _ cache: WebCache) -> StoredResponse? {
    let record = CacheRecord(
      key: Buffer(), varyKey: Buffer(), head: StoredHead.bytes(of: live.head, receivedAt: live.receivedAt), requestedAt: live.requestedAt,
      receivedAt: live.receivedAt, bodyLength: 0, bodyChecksum: 0)
    guard let head = record.responseHead else { return nil }
    return StoredResponse(head: head, requestedAt: live.requestedAt, receivedAt: live.receivedAt, policy: cache.settings.policy)
  }

  // MARK: Filling

  /// Takes the body in, whoever still reads it: at the origin's pace while it is kept, at the slowest reader's when it turns out too large.
  private func fill(_ entry: CacheEntry, from live: LiveResponse, _ cache: WebCache) async {
    var checksum = Checksum()
    var length: Int64 = 0
    var unweighed = 0
    var isKept = true
    do {
      while let piece = try await live.next() {
        length += Int64(piece.count)
        if isKept, length > cache.objectBytesMax {
          cache.forget(entry)
          entry.body.pass()
          isKept = false
        }
        checksum.add(piece)
        do throws(StorageError) { try entry.body.append(piece) } catch {
          cache.forget(entry)
          entry.body.pass()
          isKept = false
          try entry.body.append(piece)
        }
        unweighed += piece.count
        if isKept, unweighed > 1_048_576 {
          cache.noteHeld(entry)
          unweighed = 0
        }
        if !isKept, await !entry.body.room(settings.limits.bufferBytesMax) { throw Abandoned() }
      }
      release(live)
      if isKept { cache.complete(entry, checksum: checksum.value) } else { entry.body.finish() }
    } catch {
      cache.forget(entry)
      entry.body.breakOff()
      live.connection.discard()
    }
    let received = length
    statistics.note { $0.bytesFromOrigins += received }
  }

  /// Reads the rest of an answer that nobody wants: it is short, or its connection is given up.
  private func drain(_ live: LiveResponse) async {
    var left = 65_536
    do throws(ProxyFailure) {
      while let piece = try await live.next() {
        left -= piece.count
        if left < 0 { return live.connection.discard() }
      }
      release(live)
    } catch { live.connection.discard() }
  }
}

/// A request in search of a response.
struct CacheSearch: Sendable {
  let request: ProxyRequest
  let key: [UInt8]
  let demand: CacheControl
  let cache: WebCache
}

extension ProxyRequest {
  /// Whether the client asked for less than the whole, or under a condition.
  var asksForPart: Bool {
    [FieldName.range, .ifNoneMatch, .ifModifiedSince].contains { head.fields.contains($0) }
  }
}

extension CacheStatus.Outcome {
  /// Whether the origin was asked, and failed.
  var isAfterFailure: Bool {
    if case .forwarded(_, let status?, _, _) = self { status.rawValue >= 500 } else { false }
  }

  /// The same for one who waited.
  var collapsed: CacheStatus.Outcome {
    guard case .forwarded(let reason, let status, let isStored, _) = self else { return self }
    return .forwarded(reason, status: status, isStored: isStored, isCollapsed: true)
  }
}
