// Writes the messages of nodes. Read before: KRPCMessage.swift, KRPCReading.swift.
public import Bytes
import World

extension KRPCMessage {
  /// The datagram.
  public var bytes: Buffer {
    var message: BencodeDictionary = ["t": .bytes(transaction)]
    switch body {
    case .query(let query):
      message["y"] = .bytes("q")
      message["q"] = .bytes(query.name)
      message["a"] = .dictionary(query.arguments)
    case .reply(let reply):
      message["y"] = .bytes("r")
      message["r"] = .dictionary(reply.entries)
    case .failure(let failure):
      message["y"] = .bytes("e")
      message["e"] = .list([.integer(failure.code), .text(failure.message)])
    }
    if isReadOnly { message["ro"] = .integer(1) }
    if let version { message["v"] = .bytes(version) }
    if let observed {
      var compact = Buffer()
      compact.append(compact: observed)
      message["ip"] = .bytes(compact)
    }
    return message.encoded
  }
}

extension KRPCQuery {
  fileprivate var name: Buffer {
    switch method {
    case .ping: "ping"
    case .findNode: "find_node"
    case .getPeers: "get_peers"
    case .announcePeer: "announce_peer"
    case .get: "get"
    case .put: "put"
    case .other(let name): name
    }
  }

  fileprivate var arguments: BencodeDictionary {
    var entries: BencodeDictionary = ["id": .bytes(Buffer(sender.bytes))]
    switch method {
    case .ping, .other: break
    case .findNode(let target): entries["target"] = .bytes(Buffer(target.bytes))
    case .getPeers(let infoHash): entries["info_hash"] = .bytes(Buffer(infoHash.bytes))
    case .announcePeer(let infoHash, let port, let impliesPort, let token):
      entries["info_hash"] = .bytes(Buffer(infoHash.bytes))
      entries["port"] = .integer(Int64(port))
      if impliesPort { entries["implied_port"] = .integer(1) }
      entries["token"] = .bytes(token)
    case .get(let target, let token):
      entries["target"] = .bytes(Buffer(target.bytes))
      if let token { entries["token"] = .bytes(token) }
    case .put(let item, let token):
      entries["item"] = .bytes(item)
      entries["token"] = .bytes(token)
    }
    if !wants.isEmpty { entries["want"] = .list(Family.allCases.filter { wants.contains($0) }.map { .text($0.rawValue) }) }
    return entries
  }
}

extension KRPCReply {
  fileprivate var entries: BencodeDictionary {
    var entries: BencodeDictionary = ["id": .bytes(Buffer(sender.bytes))]
    for (key, nodes) in [("nodes", nodes), ("nodes6", nodes6)] as [(StaticString, [NodeContact]?)] {
      guard let nodes else { continue }
      var compact = Buffer()
      for node in nodes { compact.append(compact: node) }
      entries[key] = .bytes(compact)
    }
    if let token { entries["token"] = .bytes(token) }
    if let itemExpires { entries["expires"] = .integer(Int64(itemExpires.microseconds)) }
    if let item { entries["item"] = .bytes(item) }
    if let peers {
      entries["values"] = .list(peers.map { peer in
        var compact = Buffer()
        compact.append(compact: peer)
        return .bytes(compact)
      })
    }
    return entries
  }
}
