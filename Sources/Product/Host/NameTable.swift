// Blocks of the GNU Name System in the hash table: the rule by which nodes keep them, and the table as a store of blocks.
// A block's target is the front of the key that RFC 9498 stores it under: 160 of its 512 bits. Somebody else's block with the same front would take 2^160
// tries, and its key would not be the one that is looked for. Read before: BitTorrent/DHT/DHTItems.swift, Names/GNS/ZoneBlock.swift.
package import BitTorrent
package import Bytes
package import Names
package import Swarm
package import Trace
package import World

extension BlockQuery {
  /// Where in the table it lies.
  package var target: Bits160 { Bits160(bytes.prefix(Bits160.byteCount)) ?? .zero }
}

/// A block proves itself: by the signature of the key whose hash it lies under.
package struct ZoneBlockRule: DHTItemRule {
  package init() {}

  package func head(of item: Buffer) throws(SyntaxError) -> DHTItemHead {
    let block = try ZoneBlock(reading: item.array)
    return DHTItemHead(target: block.query.target, expires: Instant(microseconds: block.expiration))
  }

  package func isGenuine(_ item: Buffer) -> Bool { (try? ZoneBlock(reading: item.array))?.isGenuine ?? false }
}

/// The table as a store of blocks.
package struct TableBlocks: BlockStorage {
  private let node: NodeService

  /// `node` is where the table is entered; it takes what `ZoneBlockRule` lets it take.
  package init(_ node: NodeService) { self.node = node }

  package func put(_ block: ZoneBlock) async throws(BlockNotKept) {
    let report = await node.giveItem(Buffer(block.bytes))
    guard report.keptBy == 0 else { return }
    throw BlockNotKept(report.refusal?.message ?? (report.nodes.isEmpty ? "no node answers" : "no node keeps it"))
  }

  package func get(_ query: BlockQuery) async -> [UInt8]? { await node.findItem(at: query.target).item?.array }
}

/// Explains a message between nodes, with the block that it may carry.
package func explainNodes(_ bytes: Buffer) -> Explanation? {
  var explanation = BitTorrent.explain(bytes, as: .dht)
  let item: Buffer? =
    switch (try? KRPCMessage(bytes))?.body {
    case .query(let query): if case .put(let item, _) = query.method { item } else { nil }
    case .reply(let reply): reply.item
    case .failure, nil: nil
    }
  if let item, let fields = explanation?.fields { explanation?.fields = fields.map { $0.withBlock(item) } }
  return explanation
}

extension Field {
  /// This field, the block in the field `item` of it taken apart.
  fileprivate func withBlock(_ item: Buffer) -> Field {
    var copy = self
    copy.children = children.map { $0.withBlock(item) }
    guard name == "item", children.isEmpty, range.count >= item.count else { return copy }
    copy.children = explain(block: item).fields.map { $0.moved(by: range.upperBound - item.count) }
    return copy
  }

  private func moved(by distance: Int) -> Field {
    var copy = self
    copy.range = (range.lowerBound + distance)..<(range.upperBound + distance)
    copy.children = children.map { $0.moved(by: distance) }
    return copy
  }
}
