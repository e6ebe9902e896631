// The registry of header fields: how each is written, what it means in one sentence, and which section defines it.
// The order is the order of `FieldName`'s codes. Read next: FieldName.swift.

/// The header fields we know.
enum FieldRegistry {
  /// One field.
  struct Entry: Sendable {
    let spelling: StaticString
    let meaning: StaticString
    let source: StaticString

    init(_ spelling: StaticString, _ meaning: StaticString, _ source: StaticString) {
      self.spelling = spelling
      self.meaning = meaning
      self.source = source
    }
  }

  /// In the order of `FieldName`'s codes; the first has code one.
  static let entries: [Entry] = [
    Entry("Accept", "which media types the client can show, with preferences", "RFC 9110 §12.5.1"),
    Entry("Accept-Charset", "which character encodings the client wants; obsolete", "RFC 9110 §12.5.2"),
    Entry("Accept-Encoding", "which compressions the client can undo, with preferences", "RFC 9110 §12.5.3"),
    Entry("Accept-Language", "which human languages the user prefers", "RFC 9110 §12.5.4"),
    Entry("Accept-Patch", "which patch formats the server takes", "RFC 5789 §3.1"),
    Entry("Accept-Ranges", "whether the server serves parts of this resource", "RFC 9110 §14.3"),
    Entry("Access-Control-Allow-Credentials", "whether a page of another origin may use credentials here", "Fetch §3.3.3"),
    Entry("Access-Control-Allow-Headers", "which request fields a page of another origin may send", "Fetch §3.3.3"),
    Entry("Access-Control-Allow-Methods", "which methods a page of another origin may use", "Fetch §3.3.3"),
    Entry("Access-Control-Allow-Origin", "which origin's pages may read this response", "Fetch §3.3.3"),
    Entry("Access-Control-Request-Method", "the method a page of another origin wants to use", "Fetch §3.3.2"),
    Entry("Age", "how many seconds ago this response left the origin server or was confirmed there", "RFC 9111 §5.1"),
    Entry("Allow", "which methods this resource takes", "RFC 9110 §10.2.1"),
    Entry("Alt-Svc", "where else, and over which protocol, the same origin can be reached", "RFC 7838 §3"),
    Entry("Authentication-Info", "what the server adds after a successful authentication", "RFC 9110 §11.6.3"),
    Entry("Authorization", "the client's credentials for this resource", "RFC 9110 §11.6.2"),
    Entry("Cache-Control", "how caches on the way may store and reuse this message", "RFC 9111 §5.2"),
    Entry("Cache-Status", "what each cache on the way did with the request", "RFC 9211 §2"),
    Entry("CDN-Cache-Control", "how the caches of a content network may store the response", "RFC 9213 §3.1"),
    Entry("CDN-Loop", "which content networks the request has passed, to end loops", "RFC 8586 §2"),
    Entry("Connection", "what holds for this connection only, and whether it stays open", "RFC 9110 §7.6.1"),
    Entry("Content-Digest", "a hash of the content as it is sent", "RFC 9530 §2"),
    Entry("Content-Disposition", "whether to show the content or save it, and under which name", "RFC 6266 §4"),
    Entry("Content-Encoding", "how the content is compressed", "RFC 9110 §8.4"),
    Entry("Content-Language", "the human language of the content", "RFC 9110 §8.5"),
    Entry("Content-Length", "how many bytes of content follow the head", "RFC 9110 §8.6"),
    Entry("Content-Location", "the address of exactly this representation", "RFC 9110 §8.7"),
    Entry("Content-Range", "which part of the whole representation this content is", "RFC 9110 §14.4"),
    Entry("Content-Security-Policy", "from where a page may load scripts, styles and the rest", "CSP §3.1"),
    Entry("Content-Type", "the media type of the content", "RFC 9110 §8.3"),
    Entry("Cookie", "what the server once asked the client to remember", "RFC 6265 §5.4"),
    Entry("Date", "when this message was made", "RFC 9110 §6.6.1"),
    Entry("Early-Data", "the request came in TLS early data and might be a replay", "RFC 8470 §5.1"),
    Entry("ETag", "the name of this version of the representation", "RFC 9110 §8.8.3"),
    Entry("Expect", "what the client wants to know before it sends its content", "RFC 9110 §10.1.1"),
    Entry("Expires", "when the response stops being fresh", "RFC 9111 §5.3"),
    Entry("Forwarded", "what a proxy on the way knew about the client", "RFC 7239 §4"),
    Entry("From", "the mail address of whoever runs the client", "RFC 9110 §10.1.2"),
    Entry("Host", "which site of this server is meant", "RFC 9110 §7.2"),
    Entry("HTTP2-Settings", "settings for an upgrade to HTTP/2; obsolete", "RFC 7540 §3.2.1"),
    Entry("If-Match", "do it only when the current version is one of these", "RFC 9110 §13.1.1"),
    Entry("If-Modified-Since", "send the content only when it changed after this date", "RFC 9110 §13.1.3"),
    Entry("If-None-Match", "send the content only when the current version is none of these", "RFC 9110 §13.1.2"),
    Entry("If-Range", "send a part only when the version is still this one, else the whole", "RFC 9110 §13.1.5"),
    Entry("If-Unmodified-Since", "do it only when nothing changed after this date", "RFC 9110 §13.1.4"),
    Entry("Keep-Alive", "how long and for how many requests the connection may stay open", "RFC 2068 §19.7.1"),
    Entry("Last-Event-ID", "the last server-sent event the client has seen", "HTML §9.2.4"),
    Entry("Last-Modified", "when the representation was last changed, as far as the server knows", "RFC 9110 §8.8.2"),
    Entry("Link", "other resources this one is related to", "RFC 8288 §3"),
    Entry("Location", "where to go instead, or what was created", "RFC 9110 §10.2.2"),
    Entry("Max-Forwards", "how many more servers may pass the request on", "RFC 9110 §7.6.2"),
    Entry("MIME-Version", "the version of MIME used to build the message", "RFC 9112 §B.1"),
    Entry("Origin", "the origin of the page that made the request", "RFC 6454 §7"),
    Entry("Pragma", "an old way to ask caches for a fresh response", "RFC 9111 §5.4"),
    Entry("Prefer", "what the client would like the server to do", "RFC 7240 §2"),
    Entry("Priority", "how urgent the response is for the client", "RFC 9218 §5"),
    Entry("Proxy-Authenticate", "which credentials the proxy wants", "RFC 9110 §11.7.1"),
    Entry("Proxy-Authentication-Info", "what the proxy adds after a successful authentication", "RFC 9110 §11.7.3"),
    Entry("Proxy-Authorization", "the client's credentials for the proxy", "RFC 9110 §11.7.2"),
    Entry("Proxy-Connection", "a misunderstanding of Connection; without meaning", "RFC 9112 §C.2.2"),
    Entry("Range", "which parts of the representation the client wants", "RFC 9110 §14.2"),
    Entry("Referer", "the page the request came from", "RFC 9110 §10.1.3"),
    Entry("Referrer-Policy", "how much of this page's address later requests may tell", "Referrer Policy §4.1"),
    Entry("Retry-After", "when it makes sense to try again", "RFC 9110 §10.2.3"),
    Entry("Sec-Fetch-Mode", "how the browser makes the request: navigation, script, image", "Fetch Metadata §2.2"),
    Entry("Sec-WebSocket-Accept", "proof that the server has understood the WebSocket request", "RFC 6455 §4.2.2"),
    Entry("Sec-WebSocket-Extensions", "extensions of the WebSocket protocol", "RFC 6455 §9.1"),
    Entry("Sec-WebSocket-Key", "a fresh number the server has to answer to", "RFC 6455 §4.1"),
    Entry("Sec-WebSocket-Protocol", "the protocol spoken inside the WebSocket", "RFC 6455 §1.9"),
    Entry("Sec-WebSocket-Version", "the version of the WebSocket protocol", "RFC 6455 §4.4"),
    Entry("Server", "which software answered", "RFC 9110 §10.2.4"),
    Entry("Set-Cookie", "what the client is asked to remember and send back", "RFC 6265 §5.2"),
    Entry("Strict-Transport-Security", "for how long this host is to be asked over TLS only", "RFC 6797 §6.1"),
    Entry("TE", "whether the client takes trailers and transfer codings", "RFC 9110 §10.1.4"),
    Entry("Trailer", "which fields follow the content", "RFC 9110 §6.6.2"),
    Entry("Transfer-Encoding", "how the content is cut into pieces on this connection", "RFC 9112 §6.1"),
    Entry("Upgrade", "which other protocols could go on with this connection", "RFC 9110 §7.8"),
    Entry("Upgrade-Insecure-Requests", "the browser would rather be sent to https", "Upgrade Insecure Requests §3.2.1"),
    Entry("User-Agent", "which software asks", "RFC 9110 §10.1.5"),
    Entry("Vary", "which request fields chose this representation", "RFC 9110 §12.5.5"),
    Entry("Via", "which proxies the message has passed", "RFC 9110 §7.6.3"),
    Entry("Want-Content-Digest", "which hash of the content is wished for", "RFC 9530 §4"),
    Entry("WWW-Authenticate", "which credentials the server wants", "RFC 9110 §11.6.1"),
    Entry("X-Content-Type-Options", "whether a browser may guess another media type", "Fetch §3.6"),
    Entry("X-Forwarded-For", "the client's address as a proxy saw it; not standardised", "RFC 7239 §5.2"),
    Entry("X-Forwarded-Host", "the Host field as a proxy saw it; not standardised", "RFC 7239 §5.3"),
    Entry("X-Forwarded-Proto", "the scheme as a proxy saw it; not standardised", "RFC 7239 §5.4"),
    Entry("X-Frame-Options", "whether the page may be shown inside another", "RFC 7034 §2"),
  ]
}
