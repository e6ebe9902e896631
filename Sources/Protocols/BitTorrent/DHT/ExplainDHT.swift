// The messages of the hash table's nodes explained: bencoding field by field, with what each key means there.
// Read first: KRPCReading.swift, which reads them, and Bencode/ExplainBencode.swift.
import Bytes
import Trace
import World

/// Explains one datagram between nodes.
struct DHTExplainer {
  let bytes: Buffer

  func explanation() -> Explanation {
    if bytes.isEmpty { return Explanation(title: "nothing", fields: []) }
    let root: (field: Field, end: Int)
    do throws(ReadingFailure) {
      root = try Bencode.explained(bytes, from: 0, name: "message", limits: .datagram, words: Self.words)
    } catch {
      let whole = Field("bytes", "\(bytes.count) bytes", 0..<bytes.count, meaning: "No bencoding.", source: "BEP 5")
      return Explanation(title: "no DHT message", fields: [whole], problem: error.description)
    }
    var fields = [root.field]
    if root.end < bytes.count {
      fields.append(Field("rest", "\(bytes.count - root.end) bytes", root.end..<bytes.count, meaning: "Nothing may stand behind the message.", source: "BEP 5"))
    }
    do throws(KRPCReadingFailure) {
      return Explanation(title: Self.title(of: try KRPCMessage(bytes)), fields: fields)
    } catch { return Explanation(title: "no DHT message", fields: fields, problem: error.description) }
  }

  private static func title(of message: KRPCMessage) -> String {
    switch message.body {
    case .query(let query):
      switch query.method {
      case .ping: "ping"
      case .findNode(let target): "find_node \(target.bits.hex.prefix(8))…"
      case .getPeers(let infoHash): "get_peers \(infoHash.hex.prefix(8))…"
      case .announcePeer(let infoHash, let port, let impliesPort, _): "announce_peer \(infoHash.hex.prefix(8))… at port \(impliesPort ? "of this datagram" : "\(port)")"
      case .get(let target, let token): "get \(target.hex.prefix(8))…\(token == nil ? "" : " with a token")"
      case .put(let item, _): "put \(item.count) bytes"
      case .other(let name): "query \(Bencode.shown(name))"
      }
    case .reply(let reply):
      "reply of \(reply.sender.bits.hex.prefix(8))…"
        + (reply.peers.map { ", \($0.count) \($0.count == 1 ? "peer" : "peers")" } ?? "")
        + ((reply.nodes ?? []).isEmpty && (reply.nodes6 ?? []).isEmpty ? "" : ", nodes: \((reply.nodes ?? []).count + (reply.nodes6 ?? []).count)")
        + (reply.token == nil ? "" : ", a token")
        + (reply.item.map { ", an item of \($0.count) bytes" } ?? (reply.itemExpires == nil ? "" : ", it keeps an item"))
    case .failure(let failure): "error \(failure.code) \(Bencode.shown(Buffer(failure.message)))"
    }
  }

  // swift-format-ignore
  private static let meanings: [String: (meaning: String, source: String)] = [
    "": ("One message between two nodes of the hash table.", "BEP 5"),
    "t": ("Transaction id: chosen by who asks, repeated by who answers.", "BEP 5"),
    "y": ("What this is: q a query, r its reply, e an error.", "BEP 5"),
    "q": ("What is asked.", "BEP 5"),
    "a": ("What is asked for, and who asks.", "BEP 5"),
    "a.id": ("The id of the node that asks.", "BEP 5"),
    "a.target": ("The nodes nearest to this id are wanted; of `get` also what is kept there.", "BEP 5, BEP 44"),
    "a.info_hash": ("The torrent: it lies in the same space as the nodes' ids.", "BEP 5"),
    "a.port": ("Where the announced peer listens.", "BEP 5"),
    "a.implied_port": ("1: the peer listens at the port that this datagram comes from.", "BEP 5"),
    "a.token": ("Given by this node to this address a short while ago: proof that the sender receives there.", "BEP 5"),
    "a.want": ("The families of addresses wanted: n4, n6.", "BEP 32"),
    "a.item": ("To be kept: a block of a zone of the GNU Name System, sealed and signed. Who keeps it checks the signature.", "Netstead"),
    "r": ("The answer.", "BEP 5"),
    "r.id": ("The id of the node that answers.", "BEP 5"),
    "r.nodes": ("Nodes nearer to the target: id, IPv4 address and port of each.", "BEP 5"),
    "r.nodes6": ("The same with IPv6 addresses.", "BEP 32"),
    "r.token": ("To be shown when a peer is announced here, or an item put or fetched, within ten minutes.", "BEP 5"),
    "r.expires": ("An item is kept here that holds until then: microseconds since 1970. Only who shows a token gets it.", "Netstead"),
    "r.item": ("What is kept: a block of a zone of the GNU Name System, sealed and signed.", "Netstead"),
    "r.values": ("Peers that announced this torrent here.", "BEP 5"),
    "e": ("Why there is no answer: a code and a sentence.", "BEP 5"),
    "e.0": ("201 generic, 202 server, 203 malformed, 204 method unknown.", "BEP 5"),
    "e.1": ("For people.", "BEP 5"),
    "v": ("The sender's program: two letters and its version.", "BEP 5"),
    "ip": ("The address at which the receiver is seen.", "BEP 42"),
    "ro": ("1: the sender does not answer queries; it is not to be remembered.", "BEP 43"),
  ]

  private static func words(_ path: String, _ run: Buffer?) -> BencodeWords {
    var value: String?
    if let run {
      switch path {
      case "a.id", "a.target", "a.info_hash", "r.id", "t", "a.token", "r.token": value = Hexadecimal.text(run.array)
      case "r.nodes", "r.nodes6": value = run.compactNodes(isV6: path == "r.nodes6", countMax: 8).map { "\($0.id.bits.hex.prefix(8))… at \($0.endpoint)" }.joined(separator: ", ")
      case "ip": value = run.span.compactPeer(at: 0, isV6: run.count == 18)?.description
      default:
        if path.hasPrefix("r.values."), run.count == 6 || run.count == 18 { value = run.span.compactPeer(at: 0, isV6: run.count == 18)?.description }
      }
    }
    let known = meanings[path] ?? (path.hasPrefix("r.values.") ? ("A peer: address and port.", "BEP 5") : ("Nobody has said what it means.", "BEP 5"))
    return BencodeWords(known.meaning, known.source, value: value)
  }
}
