// A trace made of any bytes, and the check that nothing in a document came from a peer as markup.
import BitTorrent
import Bytes
import DNS
import FTP
import HTTP
import Host
import Sockets
import Trace
import World

/// Explains a message of any protocol.
let explainAnything: ExplainMessage = { dialect, info, _, bytes in
  switch dialect {
  case .dns: DNS.explain(bytes, framing: info.carrier == .tcp ? .lengthPrefixed : .bare)
  case .http: HTTP.explain(bytes)
  case .ftp, .ftpData: FTP.explain(bytes, as: dialect)
  case .dht: explainNodes(bytes)
  case .bittorrent, .udpTracker, .utp: BitTorrent.explain(bytes, as: dialect)
  default: Sockets.explain(bytes, as: dialect)
  }
}

/// A trace of four conversations: each event is told by two bytes (which conversation and kind; how long its bytes are and how much
/// later it was), then come its bytes.
func trace(from bytes: Buffer) -> TraceStore {
  let store = TraceStore(limits: TraceStore.Limits(bytesMax: 8_192, eventsMax: 32, bytesPerEventMax: 96, conversationsMax: 8, longLivedMax: 8, secretsMax: 1))
  let client = Endpoint(Address(203, 0, 113, 2), 49_152)
  let server = Endpoint(.v6(0x2001_0DB8_0000_0000, 1), 53)
  var now = Instant.simulationStart
  let kinds: [Event.Kind] = [.sent, .received, .wireSent, .wireReceived, .note, .problem, .lost, .closed]
  let infos: [ConversationInfo] = [
    ConversationInfo(host: "a<b", role: .client, carrier: .udp, dialect: .dns, local: client, remote: server),
    ConversationInfo(host: "ns", role: .server, carrier: .udp, dialect: .dns, local: server, remote: client),
    ConversationInfo(host: "web", role: .server, carrier: .tcp, dialect: .http, local: Endpoint(.any, 80), remote: client, encrypted: true),
    ConversationInfo(host: "srv", role: .server, carrier: .tcp, dialect: .uppercase, local: server, remote: client),
  ]
  let ids = infos.map { store.open($0, at: now) }
  var index = 0
  while index + 1 < bytes.count {
    let choice = Int(bytes[at: index] ?? 0)
    let length = Int(bytes[at: index + 1] ?? 0)
    let content = bytes[(index + 2)..<(index + 2 + length)]
    now = now + .milliseconds(length)
    let kind = kinds[choice >> 2 & 7]
    let text = kind == .sent || kind == .received ? "open" : content.text
    store.record(kind, in: ids[choice & 3], at: now, bytes: content.span, length: content.count + choice >> 5, text: text)
    index += 2 + length
  }
  return store
}

/// Checks that every `<` in `document` begins a tag that we write, with attributes between quotes and none that runs a script.
func mustBeClean(_ document: String) {
  let bytes = Array(document.utf8)
  var index = 0
  while index < bytes.count {
    guard bytes[index] == UInt8(ascii: "<") else {
      must(bytes[index] != UInt8(ascii: ">"), "no > outside a tag")
      index += 1
      continue
    }
    index += 1
    if bytes[index...].starts(with: "!--".utf8) { fatalError("no comments are written") }
    if index < bytes.count, bytes[index] == UInt8(ascii: "/") || bytes[index] == UInt8(ascii: "!") { index += 1 }
    let start = index
    while index < bytes.count, bytes[index] | 0x20 >= 0x61 && bytes[index] | 0x20 <= 0x7A || bytes[index] &- 0x30 < 10 { index += 1 }
    let name = String(decoding: bytes[start..<index], as: UTF8.self)
    must(ourTags.contains(name), "the tag \(name) is ours")
    var isQuoted = false
    var attributes: [UInt8] = []
    while index < bytes.count, isQuoted || bytes[index] != UInt8(ascii: ">") {
      if bytes[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
      must(bytes[index] != UInt8(ascii: "<"), "no < inside a tag")
      if !isQuoted { attributes.append(bytes[index]) }
      index += 1
    }
    must(index < bytes.count, "a tag ends")
    let names = String(decoding: attributes, as: UTF8.self).split(whereSeparator: { " =\"\n".contains($0) })
    must(!names.contains { $0.hasPrefix("on") || $0 == "style" || $0 == "srcdoc" }, "no attribute runs a script: \(names)")
    index += 1
  }
}

private let ourTags: Set<String> = [
  "doctype", "html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "ul", "ol", "li", "svg", "path", "span", "strong", "small",
  "div", "p", "br", "main", "h1", "h2", "h3", "section", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "form", "label", "input", "select",
  "option", "button", "details", "summary", "dl", "dt", "dd", "g", "text", "tspan", "rect", "line", "circle", "polygon", "polyline", "defs", "marker",
  "figure", "figcaption", "caption", "footer", "aside", "em", "b", "i", "kbd", "samp", "abbr", "time", "noscript", "use", "symbol", "desc", "ellipse",
  "article", "cite", "q", "blockquote", "colgroup", "col", "output", "mark", "foreignObject", "fieldset", "legend", "hr", "dfn", "bdi",
]
