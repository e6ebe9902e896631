// The kinds of facts about peers: what they say to one another and to trackers, what nodes of the hash table say, packets of uTP.
// Read next: SwarmFacts.swift, which makes the facts.

extension FactKind {
  package static let peerMessage = FactKind("message between peers", passing + [
    Member("kind", .text, "handshake, bitfield, have all, have none, have, interested, not interested, choke, unchoke, request, piece, cancel, reject, …"),
    Member("carrier", .text, "tcp or utp"), Member("hash", .text, "of a handshake: the torrent, in hexadecimal"),
    Member("piece", .number, "the piece it is about; nothing when it is about none"), Member("offset", .number, "of a request, a block, a cancel or a reject: where in the piece it begins"),
    Member("length", .number, "and how many bytes it has"), Member("pieces", .number, "of a bitfield: how many pieces the sender has"),
  ])

  package static let announcement = FactKind("announcement", passing + [
    Member("event", .text, "started, completed, stopped or none"), Member("left", .number, "how many bytes are missing"), Member("port", .number, "where the peer listens"),
    Member("downloaded", .number, "bytes got so far"), Member("uploaded", .number, "bytes given so far"), Member("hash", .text, "the torrent, in hexadecimal"),
    Member("answered", .truth, "whether an answer came"),
  ])

  package static let trackerReply = FactKind("tracker's answer", passing + [
    Member("interval", .number, "after how many seconds it wants to hear again"), Member("seeders", .number, "peers that have everything"),
    Member("leechers", .number, "peers that have not"), Member("peers", .list(.text), "the hosts it tells"), Member("announcement", .fact(announcement), "what it answers"),
  ])

  package static let nodeMessage = FactKind("message between nodes", passing + [
    Member("kind", .text, "ping, find_node, get_peers, announce_peer, get, put, reply or error"), Member("answers", .text, "of a reply or an error: the kind of query it answers"),
    Member("id", .text, "the sender's id in hexadecimal; nothing in an error"), Member("proper", .truth, "whether that id belongs to the sender's address"),
    Member("target", .text, "of a query: the id, the torrent or the item it is about, in hexadecimal"), Member("nodes", .list(.text), "of a reply: the hosts of the nodes it names"),
    Member("peers", .list(.text), "of a reply: the hosts of the peers it names"), Member("token", .text, "what is to be shown when a peer is announced, or an item put or fetched, in hexadecimal"),
    Member("blockBytes", .number, "bytes of the block of the GNU Name System in it; 0 without one"), Member("block", .text, "the block in hexadecimal; nothing without one"),
    Member("key", .text, "the blinded key in the block, in hexadecimal; nothing without one"), Member("genuine", .truth, "whether the block is signed by its key; nothing without one"),
    Member("code", .number, "of an error"), Member("answered", .truth, "of a query: whether a reply came"),
  ])

  package static let utpPacket = FactKind("packet of uTP", passing + [
    Member("kind", .text, "open, data, state, finish or reset"), Member("sequence", .number, "its number"), Member("acknowledgement", .number, "the last number before which nothing is missing"),
    Member("timestamp", .duration, "when it was sent, by its sender's own clock; begins again at 0 every 71.6 minutes"),
    Member("difference", .duration, "how long the other side's last packet was under way, as its sender is told"), Member("window", .number, "how many bytes the sender has room for"),
    Member("payload", .number, "bytes of data in it"),
  ])

  package static let torrent = FactKind("part of peers", [
    Member("message", .list(.fact(peerMessage)), "every message between peers, over TCP and uTP"), Member("announcement", .list(.fact(announcement)), "every announcement to a tracker over UDP"),
    Member("reply", .list(.fact(trackerReply)), "every tracker's answer to one"),
  ])

  /// All of them, for the page that lists them.
  static let peers = [torrent, peerMessage, announcement, trackerReply, nodeMessage, utpPacket]
}
