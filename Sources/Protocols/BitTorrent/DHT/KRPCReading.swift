// Reads the messages of nodes. What is missing or wrong in a query is told to who asked, so a query with a transaction id is never just unreadable.
// Read before: KRPCMessage.swift. Read next: KRPCWriting.swift, the way back.
public import Bytes
import World

/// Why a datagram is no message.
public enum KRPCReadingFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is nobody to answer: why.
  case unreadable(String)
  /// A query that is to be answered with this.
  case refused(transaction: Buffer, KRPCFailure)

  public var description: String {
    switch self {
    case .unreadable(let why): why
    case .refused(_, let failure): failure.message
    }
  }
}

extension KRPCMessage {
  /// Most nodes read from one reply and family. Unit: nodes. Past it: the rest is left out.
  static let nodesReadMax = 32
  /// Most peers read from one reply. Unit: peers. Past it: the rest is left out.
  static let peersReadMax = 200

  /// Reads a datagram. Keys in any order: not all programs sort them.
  public init(_ datagram: Buffer, limits: DHTLimits = DHTLimits()) throws(KRPCReadingFailure) {
    let value: BencodeValue
    do throws(ReadingFailure) { value = try Bencode.read(datagram, limits: .datagram, order: .any) } catch { throw .unreadable(error.description) }
    guard let transaction = value["t"]?.bytesValue, transaction.count <= limits.transactionBytesMax else {
      throw .unreadable("expected a transaction id of at most \(limits.transactionBytesMax) bytes")
    }
    switch value["y"]?.bytesValue {
    case "q":
      do throws(KRPCFailure) { body = .query(try Self.query(value)) } catch { throw .refused(transaction: transaction, error) }
    case "r":
      guard let reply = value["r"], let sender = reply["id"]?.bytesValue.flatMap({ NodeID($0) }) else { throw .unreadable("expected a reply with an id") }
      body = .reply(Self.reply(reply, sender, limits))
    case "e":
      let parts = value["e"]?.listValue ?? []
      body = .failure(KRPCFailure(code: parts.first?.integerValue ?? 0, message: parts.dropFirst().first?.bytesValue?.text ?? ""))
    default: throw .unreadable("expected q, r or e as `y`")
    }
    self.transaction = transaction
    isReadOnly = value["ro"]?.integerValue == 1
    version = value["v"]?.bytesValue
    observed = value["ip"]?.bytesValue.flatMap { $0.span.compactPeer(at: 0, isV6: $0.count == 18) }
  }

  private static func query(_ value: BencodeValue) throws(KRPCFailure) -> KRPCQuery {
    guard let name = value["q"]?.bytesValue, let arguments = value["a"] else { throw KRPCFailure(.malformed, "expected q and a") }
    guard let sender = arguments["id"]?.bytesValue.flatMap({ NodeID($0) }) else { throw KRPCFailure(.malformed, "expected an id of 20 bytes") }
    var query = KRPCQuery(from: sender, .other(name))
    switch name {
    case "ping": query.method = .ping
    case "find_node": query.method = .findNode(target: NodeID(try bits(arguments, "target")))
    case "get_peers": query.method = .getPeers(InfoHash(try bits(arguments, "info_hash")))
    case "announce_peer":
      let infoHash = InfoHash(try bits(arguments, "info_hash"))
      let impliesPort = arguments["implied_port"]?.integerValue.map { $0 != 0 } ?? false
      let port = arguments["port"]?.integerValue.flatMap { UInt16(exactly: $0) }
      guard port != nil || impliesPort else { throw KRPCFailure(.malformed, "expected a port") }
      guard let token = arguments["token"]?.bytesValue else { throw KRPCFailure(.malformed, "expected a token") }
      query.method = .announcePeer(infoHash, port: port ?? 0, impliesPort: impliesPort, token: token)
    case "get": query.method = .get(target: try bits(arguments, "target"), token: arguments["token"]?.bytesValue)
    case "put":
      // Who puts what BEP 44 keeps has `v` instead.
      guard let item = arguments["item"]?.bytesValue else { throw KRPCFailure(.malformed, "expected an item") }
      guard let token = arguments["token"]?.bytesValue else { throw KRPCFailure(.malformed, "expected a token") }
      query.method = .put(item: item, token: token)
    default: break
    }
    query.wants = Set((arguments["want"]?.listValue ?? []).compactMap { $0.textValue.flatMap { KRPCQuery.Family(rawValue: $0) } })
    return query
  }

  private static func bits(_ arguments: BencodeValue, _ key: StaticString) throws(KRPCFailure) -> Bits160 {
    guard let bits = arguments[key]?.bytesValue.flatMap({ Bits160($0) }) else { throw KRPCFailure(.malformed, "expected 20 bytes as \(key)") }
    return bits
  }

  private static func reply(_ value: BencodeValue, _ sender: NodeID, _ limits: DHTLimits) -> KRPCReply {
    var reply = KRPCReply(from: sender)
    reply.nodes = value["nodes"]?.bytesValue?.compactNodes(isV6: false, countMax: nodesReadMax)
    reply.nodes6 = value["nodes6"]?.bytesValue?.compactNodes(isV6: true, countMax: nodesReadMax)
    reply.token = value["token"]?.bytesValue
    reply.itemExpires = value["expires"]?.integerValue.flatMap { UInt64(exactly: $0) }.map { Instant(microseconds: $0) }
    reply.item = value["item"]?.bytesValue
    reply.peers = value["values"]?.listValue?.prefix(peersReadMax).compactMap { item in
      item.bytesValue.flatMap { $0.count == 6 || $0.count == 18 ? $0.span.compactPeer(at: 0, isV6: $0.count == 18) : nil }
    }
    return reply
  }
}
