// Entrances of caches and proxies: the directives that decide about keeping, the files that survive a restart, requests to be passed on.
import Bytes
import HTTP
import Transport
import WebServer
import World

let cacheEntrances: [Entrance] = [
  Entrance("cache-control") { bytes in
    // Fields of a response, then after an empty line fields of the request.
    let text = bytes.text
    let parts = text.split(separator: "\n\n", maxSplits: 1).map { $0.split(separator: "\n").map { $0 + "\r\n" }.joined() }
    guard let response = responseHead(parts.first ?? ""), let request = requestHead(parts.count > 1 ? parts[1] : "") else { return }
    var policy = CachePolicy()
    for isNetwork in [false, true] {
      policy.isContentNetwork = isNetwork
      let stored = StoredResponse(head: response, requestedAt: .simulationStart, receivedAt: .simulationStart, policy: policy)
      must(stored.lifetime >= 0 && stored.lifetime <= CacheControl.secondsMax, "a lifetime has a bound: \(stored.lifetime)")
      let refusal = policy.refusal(of: response, to: request, receivedAt: .simulationStart)
      if response.values(of: .cacheControl).map({ $0.text.lowercased() }) == ["no-store"], !isNetwork || !response.fields.contains(.cdnCacheControl) {
        must(refusal != nil, "no-store is obeyed")
      }
      for seconds in [Int64.min, -1, 0, 1, 3_600, .max] {
        let now = Instant(secondsSince1970: seconds < 0 ? seconds : Instant.simulationStart.secondsSince1970 &+ min(seconds, 1 << 32))
        let reuse = stored.reuse(for: request, at: now)
        must(stored.age(at: now) >= 0, "an age is not negative")
        if reuse == .fresh { must(stored.timeToLive(at: now) > 0 && !stored.control.isNoCache, "what is fresh has time left") }
        if reuse == .staleByRequest || reuse == .staleWhileRevalidating { must(!stored.control.mustRevalidate, "must-revalidate is obeyed") }
        if stored.isFromFuture(at: now) { must(reuse != .fresh, "what comes from the future is not trusted") }
      }
    }
    let vary = Vary(of: response.fields)
    must(vary.key(of: request.fields) == vary.key(of: request.fields), "a key is always the same")
    let merged = StoredHead.bytes(of: response, freshenedBy: response, receivedAt: .simulationStart)
    must(readsAsHead(merged), "a freshened head reads back: \(merged)")
    must(readsAsHead(StoredHead.bytes(of: response, receivedAt: .simulationStart)), "a kept head reads back")
  },
  Entrance("cache-record") { bytes in
    if let record = CacheRecord(reading: bytes) {
      must(record.bytes == bytes, "a record writes what it read")
      _ = record.responseHead
    }
    // The same bytes with a checksum that fits: what else is in them must hold.
    let record = CacheRecord(
      key: bytes, varyKey: bytes, head: bytes, requestedAt: .simulationStart, receivedAt: .simulationStart, bodyLength: Int64(bytes.count), bodyChecksum: 0)
    if record.bytes.count <= CacheRecord.bytesMax { must(CacheRecord(reading: record.bytes) == record, "a record reads back") }
    _ = record.responseHead
  },
  Entrance("proxy-request") { bytes in
    var reader = RequestReader()
    var rest = bytes
    guard let head = try? reader.next(from: &rest) else { return }
    for proxy in proxies {
      let before = nowhere.dialled
      let service = proxy.answer(head, from: ProxyClient(remote: Endpoint(.loopback, 4_000), local: Endpoint(.loopback, 80), isSecure: false), at: .simulationStart)
      if case .response(let response) = service {
        must(response.status.rawValue >= 200, "an answer has a status")
        must(nowhere.dialled == before, "an answer at once asks nobody")
      }
    }
    var lines = FieldLines()
    lines.append(forwarding: head.fields, .request)
    let passed = Buffer("GET / HTTP/1.1\r\nHost: a.test\r\n" + lines.bytes.text + "\r\n")
    var again = RequestReader(limits: wide)
    var copy = passed
    // A value that is not UTF-8 was repaired by this test's own text, and is no field value any more than it was.
    guard lines.bytes.array.allSatisfy({ $0 < 0x80 }) else { return }
    guard let forwarded = try? again.next(from: &copy) else { fatalError("broken promise: what is passed on can be read: \(passed)") }
    must(!forwarded.hasBody && copy.isEmpty, "nothing that is passed on says where a message ends")
    for name in [FieldName.connection, .transferEncoding, .proxyAuthorization, .upgrade, .te, "Proxy"] {
      must(!forwarded.fields.contains(name), "\(name) is not passed on")
    }
  },
]

private let wide: HTTP.Limits = {
  var limits = HTTP.Limits()
  limits.fieldsBytesMax = 1 << 20
  limits.fieldsMax = 1_000
  return limits
}()

private func responseHead(_ fields: String) -> ResponseHead? {
  var bytes = Buffer("HTTP/1.1 200 OK\r\n" + fields + "\r\n")
  var reader = ResponseReader()
  guard let head = try? reader.next(from: &bytes, answering: .get), bytes.isEmpty else { return nil }
  return head
}

private func requestHead(_ fields: String) -> RequestHead? {
  var bytes = Buffer("GET / HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n")
  var reader = RequestReader()
  guard let head = try? reader.next(from: &bytes), bytes.isEmpty else { return nil }
  return head
}

private func readsAsHead(_ bytes: Buffer) -> Bool {
  var rest = bytes
  var reader = ResponseReader(limits: wide)
  return (try? reader.next(from: &rest, answering: .get)) != nil && rest.isEmpty
}

private let nowhere = Nowhere(runsWork: false)

private let proxies: [Proxy] = [ProxySettings.Role.reverse(UpstreamServer(host: "a.test", port: 80)), .forward(ForwardRules())].map { role in
  Proxy(ProxySettings(role), network: nowhere, lookUp: { _, _ in [] }, cache: try? WebCache(CacheSettings()))
}
