// What a node writes down when it stops, so that it comes back as the same node among the ones it knew.
// Not here: where it is kept (Swarm/Node).
public import Bytes
import World

/// The id of a node, and whom it knew.
public struct DHTState: Sendable, Hashable {
  public var id: NodeID
  /// Those that had answered.
  public var contacts: [NodeContact]

  public init(id: NodeID, contacts: [NodeContact]) {
    self.id = id
    self.contacts = contacts
  }

  /// Most nodes read back. Unit: nodes. Past it: the rest is left out.
  private static let contactsMax = 2_000

  /// As it is kept.
  public var bytes: Buffer {
    var entries: BencodeDictionary = ["id": .bytes(Buffer(id.bytes))]
    for (key, isV6) in [("nodes", false), ("nodes6", true)] as [(StaticString, Bool)] {
      var compact = Buffer()
      for contact in contacts where contact.endpoint.address.isV6 == isV6 { compact.append(compact: contact) }
      entries[key] = .bytes(compact)
    }
    return entries.encoded
  }

  /// Reads what was kept; nil: it is something else.
  public init?(_ bytes: Buffer) {
    guard let value = try? Bencode.read(bytes, limits: .message), let id = value["id"]?.bytesValue.flatMap({ NodeID($0) }) else { return nil }
    self.init(
      id: id,
      contacts: (value["nodes"]?.bytesValue?.compactNodes(isV6: false, countMax: Self.contactsMax) ?? [])
        + (value["nodes6"]?.bytesValue?.compactNodes(isV6: true, countMax: Self.contactsMax) ?? []))
  }
}
