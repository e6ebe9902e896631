// Answers made of a kept response: whole, in part, or 304, from memory, from a file, or as the body arrives.
// Not here: whether it may be used (CachedAnswering.swift).
import Bytes
import HTTP
import Transport
import World

extension Proxy {
  /// The answer that `entry` gives to `head` at once; nil while its body arrives, or before it was compared with its checksum.
  func response(from entry: CacheEntry, to head: RequestHead, _ outcome: CacheStatus.Outcome, at now: Instant) -> Response? {
    guard entry.isVerified else { return nil }
    if !head.isPlain {
      guard let ready = entry.body.ready else { return nil }
      let stored = entry.stored
      switch verdict(head, stored, length: entry.body.length, at: now) {
      case .whole: break
      case .notModified: return notModified(stored, outcome, at: now)
      case .unsatisfiable: return unsatisfiable(stored, entry.body.length, outcome, at: now)
      case .part(let range):
        var response = Response(.partialContent, fields: fields(of: stored, outcome, at: now), body: Self.body(ready, range))
        response.fields.append(.contentRange, Self.contentRange(range, entry.body.length))
        return response
      }
    }
    return entry.prepared(outcome, at: now) { stored, ready in
      PreparedResponse(Response(stored.head.status, fields: self.fields(of: stored, outcome, at: now), body: Self.body(ready, nil)))
    }.map { .prepared($0) }
  }

  /// Sends what `entry` answers, as it arrives. False: there is nothing to send, and nothing was sent.
  func serve(
    _ entry: CacheEntry, _ outcome: CacheStatus.Outcome, to exchange: Exchange, as reader: Int? = nil, since begin: Instant? = nil
  ) async -> Bool {
    let begin = begin ?? network.clock.now
    guard let reader = reader ?? entry.body.join() else { return false }
    defer { entry.body.leave(reader) }
    if !entry.isVerified {
      guard entry.verify(intoMemory: cache?.settings.objectInMemoryBytesMax ?? 0) else {
        cache?.forget(entry)
        return false
      }
      cache?.noteHeld(entry)
    }
    let head = exchange.request
    var sent: Int64 = 0
    if let response = response(from: entry, to: head, outcome, at: network.clock.now) {
      exchange.respond(response)
      if head.method == .get, response.status != .notModified { sent = entry.body.length }
    } else {
      if entry.body.end == .broken { return false }
      guard let range = respond(entry, outcome, to: exchange, at: network.clock.now) else { return true }
      var offset = range.lowerBound
      do {
        while offset < range.upperBound, let piece = try await entry.body.next(reader, at: offset, most: Int(min(65_536, range.upperBound - offset))) {
          try await exchange.send(piece)
          offset += Int64(piece.count)
        }
        exchange.finish()
      } catch { exchange.breakOff() }
      sent = offset - range.lowerBound
    }
    let took = begin.duration(to: network.clock.now)
    let count = sent
    statistics.note { figures in
      figures.bytesToClients += count
      if case .hit = outcome {
        figures.hits += 1
        figures.hitNanoseconds &+= Instant(nanoseconds: 0).advanced(by: took).nanoseconds
      } else {
        figures.note(miss: took)
      }
    }
    return true
  }

  /// Begins the answer to a body that is still arriving; returns which stretch of it follows, nil: none.
  private func respond(_ entry: CacheEntry, _ outcome: CacheStatus.Outcome, to exchange: Exchange, at now: Instant) -> Range<Int64>? {
    let head = exchange.request
    let stored = entry.stored
    let length = entry.announcedLength
    switch head.isPlain ? .whole : verdict(head, stored, length: length, at: now) {
    case .notModified: exchange.respond(notModified(stored, outcome, at: now))
    case .unsatisfiable: exchange.respond(unsatisfiable(stored, length ?? 0, outcome, at: now))
    case .part(let range):
      var response = Response(.partialContent, fields: fields(of: stored, outcome, at: now), body: .parts(length: range.upperBound - range.lowerBound))
      response.fields.append(.contentRange, Self.contentRange(range, length ?? 0))
      exchange.respond(response)
      return range
    case .whole:
      exchange.respond(Response(stored.head.status, fields: fields(of: stored, outcome, at: now), body: .parts(length: length)))
      if head.method != .head, !stored.head.status.forbidsBody { return 0..<(length ?? .max) }
    }
    return nil
  }

  // MARK: Conditions and ranges

  private enum Verdict {
    case whole, notModified, unsatisfiable
    case part(Range<Int64>)
  }

  private func verdict(_ head: RequestHead, _ stored: StoredResponse, length: Int64?, at now: Instant) -> Verdict {
    // RFC 9110 §13.2.1: only what would be a success has conditions.
    guard stored.head.status == .ok else { return .whole }
    let version = stored.version(now: now)
    if Preconditions.evaluate(head, version, now: now) == .notModified { return .notModified }
    guard let length, let value = head.value(of: .range), Preconditions.wantsRange(head, version, now: now) else { return .whole }
    switch ByteRanges(parsing: value, length: length) {
    case .whole: return .whole
    case .unsatisfiable: return .unsatisfiable
    // Several stretches at once are a way to make a cache send more than there is.
    case .parts(let ranges): return ranges.count == 1 ? .part(ranges[0]) : .whole
    }
  }

  private func notModified(_ stored: StoredResponse, _ outcome: CacheStatus.Outcome, at now: Instant) -> Response {
    Response(.notModified, fields: fields(of: stored, outcome, at: now) { $0 == .contentType || $0 == .contentEncoding || $0 == .contentLanguage })
  }

  private func unsatisfiable(_ stored: StoredResponse, _ length: Int64, _ outcome: CacheStatus.Outcome, at now: Instant) -> Response {
    var response = ProxyFailure(.rangeNotSatisfiable, "The response is shorter than the part that was asked for.").response()
    response.fields.append(.contentRange, "bytes */\(length)")
    return response
  }

  private static func contentRange(_ range: Range<Int64>, _ length: Int64) -> String { "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)" }

  private static func body(_ ready: CachedBody.Ready, _ range: Range<Int64>?) -> Response.Body {
    switch ready {
    case .memory(let bytes): .bytes(range.map { bytes[Int($0.lowerBound)..<Int($0.upperBound)] } ?? bytes)
    case .file(let slice): .file(range.map { FileSlice(file: slice.file, offset: $0.lowerBound, length: $0.upperBound - $0.lowerBound) } ?? slice)
    }
  }

  /// The fields of an answer from the cache.
  private func fields(
    of stored: StoredResponse, _ outcome: CacheStatus.Outcome, at now: Instant, leavesOut: (FieldName) -> Bool = { _ in false }
  ) -> FieldLines {
    var fields = FieldLines()
    fields.append(forwarding: stored.head.fields, .response) { $0 == .age || leavesOut($0) }
    // RFC 9111 §5.1
    fields.append(.age, stored.age(at: now))
    fields.append(.via, "1.1 \(settings.name)")
    fields.append(.cacheStatus, CacheStatus(cache?.settings.name ?? settings.name, outcome, timeToLive: stored.timeToLive(at: now)).text)
    for (name, value) in settings.responseFields { fields.append(name, value) }
    return fields
  }
}

extension RequestHead {
  /// Whether it has nothing that could make its answer anything but the whole.
  fileprivate var isPlain: Bool {
    ![FieldName.range, .ifNoneMatch, .ifModifiedSince].contains { fields.contains($0) }
  }
}
