// A tracker over HTTP: from one request's head to the response, by a direct call.
// Read next: BitTorrent/Tracker/AnnounceQuery.swift and TrackerReplyText.swift (both texts), TrackerBook.swift (what is answered).
import BitTorrent
package import Bytes
package import HTTP
package import World

/// Answers requests for `/announce`, `/scrape` and `/stats`.
package struct TrackerPages: Sendable {
  private let book: TrackerBook

  package init(_ book: TrackerBook) { self.book = book }

  /// The response to a request from `client`; nil: it is for another path.
  package func response(to head: RequestHead, from client: Endpoint, at now: Instant) -> Response? {
    let path = head.path
    guard path == "/announce" || path == "/scrape" || path == "/stats" else { return nil }
    // RFC 9110 §15.5.6
    guard head.method == .get || head.method == .head else {
      var response = Response.text(.methodNotAllowed, "A tracker is asked by GET.\n")
      response.fields.append(.allow, "GET, HEAD")
      return response
    }
    if path == "/stats" { return Self.response(Buffer(book.statistics(at: now).text)) }
    return Self.response(answer(to: path, query: head.query ?? Buffer(), from: client, at: now))
  }

  /// The content that answers a query. A refusal is content too.
  // BEP 3
  package func answer(to path: Buffer, query: Buffer, from client: Endpoint, at now: Instant) -> Buffer {
    do throws(SyntaxError) {
      return path == "/announce" ? announced(try AnnounceQuery(reading: query, limits: limits), from: client, at: now) : try scraped(query, at: now)
    } catch { return TrackerReplyText.refusal("expected \(error.expected)") }
  }

  private var limits: TrackerLimits { book.setting.protocolLimits }

  private func scraped(_ query: Buffer, at now: Instant) throws(SyntaxError) -> Buffer {
    let served = try ScrapeQuery(reading: query, limits: limits).infoHashes.filter { book.refusal(of: $0) == nil }
    return ScrapeReply(served.map { .init($0, book.scrape($0, at: now)) }).encoded
  }

  private func announced(_ query: AnnounceQuery, from client: Endpoint, at now: Instant) -> Buffer {
    if let refusal = book.refusal(of: query.request.infoHash) { return TrackerReplyText.refusal(refusal) }
    // Differs from BEP 3: the address that the peer says it has is not believed, or anybody could be made to be called by everybody.
    var reply = AnnounceReply(interval: UInt32(clamping: book.setting.interval.components.seconds))
    (reply.seeders, reply.leechers, reply.peers) = withUnsafeTemporaryAllocation(byteCount: limits.replyPeersMax * 18, alignment: 8) { room in
      let announced = book.announce(query.request, from: client.address, wantedMax: book.wantedMax(client.address), at: now, into: room)
      return (announced.seeders, announced.leechers, TrackerPeer.peers(announced.written, in: room.bytes, like: client.address))
    }
    reply.externalAddress = client.address
    return reply.encoded(isCompact: query.isCompact, omitsPeerIDs: true)
  }

  private static func response(_ content: Buffer) -> Response {
    var fields = FieldLines()
    fields.append(.contentType, "text/plain")
    fields.append(.cacheControl, "no-store")
    return Response(.ok, fields: fields, body: .bytes(content))
  }
}
