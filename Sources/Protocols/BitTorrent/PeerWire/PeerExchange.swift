// Lists of peers that peers tell one another: who came and who went since the last list.
// Not here: how often (PeerConversation.swift), whom to believe (the owner).
public import Bytes
public import World

/// One message of ut_pex.
// BEP 11
public struct PeerExchange: Sendable, Hashable {
  /// What is known about a peer.
  public struct Flags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let prefersEncryption = Flags(rawValue: 0x01)
    /// It only sends.
    public static let seed = Flags(rawValue: 0x02)
    public static let utp = Flags(rawValue: 0x04)
    public static let holePunch = Flags(rawValue: 0x08)
    /// It was called, and answered.
    public static let reachable = Flags(rawValue: 0x10)
  }

  /// A peer that came.
  public struct Peer: Sendable, Hashable {
    public var endpoint: Endpoint
    public var flags: Flags

    public init(_ endpoint: Endpoint, flags: Flags = []) {
      self.endpoint = endpoint
      self.flags = flags
    }
  }

  public var added: [Peer]
  public var dropped: [Endpoint]

  public init(added: [Peer] = [], dropped: [Endpoint] = []) {
    self.added = added
    self.dropped = dropped
  }

  /// What the content of an extended message says; of each list no more than `most` peers, and none at port 0.
  public init(reading content: Buffer, most: Int) throws(ReadingFailure) {
    let value = try Bencode.read(content, limits: .message, order: .any)
    guard let all = value.dictionaryValue else {
      throw .syntax(SyntaxError(expected: "a dictionary", found: "another value", at: 0, rule: "BEP 11"))
    }
    let four = try CompactPeers.endpoints(all["added"]?.bytesValue ?? Buffer(), addressLength: 4, rule: "BEP 11 added")
    let six = try CompactPeers.endpoints(all["added6"]?.bytesValue ?? Buffer(), addressLength: 16, rule: "BEP 11 added6")
    let gone = try CompactPeers.endpoints(all["dropped"]?.bytesValue ?? Buffer(), addressLength: 4, rule: "BEP 11 dropped")
      + CompactPeers.endpoints(all["dropped6"]?.bytesValue ?? Buffer(), addressLength: 16, rule: "BEP 11 dropped6")
    added = []
    for (list, flags) in [(four, all["added.f"]?.bytesValue), (six, all["added6.f"]?.bytesValue)] {
      for (index, endpoint) in list.enumerated() where endpoint.port > 0 && added.count < most {
        added.append(Peer(endpoint, flags: Flags(rawValue: flags?[at: index] ?? 0)))
      }
    }
    dropped = Array(gone.filter { $0.port > 0 }.prefix(most))
  }

  /// The content of the message.
  public var encoded: Buffer {
    var all = BencodeDictionary()
    func isFour(_ endpoint: Endpoint) -> Bool { if case .v4 = endpoint.address { true } else { false } }
    let (four, six) = (added.filter { isFour($0.endpoint) }, added.filter { !isFour($0.endpoint) })
    all["added"] = .bytes(CompactPeers.bytes(of: four.map(\.endpoint)))
    all["added.f"] = .bytes(Buffer(four.map(\.flags.rawValue)))
    all["added6"] = .bytes(CompactPeers.bytes(of: six.map(\.endpoint)))
    all["added6.f"] = .bytes(Buffer(six.map(\.flags.rawValue)))
    all["dropped"] = .bytes(CompactPeers.bytes(of: dropped.filter(isFour)))
    all["dropped6"] = .bytes(CompactPeers.bytes(of: dropped.filter { !isFour($0) }))
    return all.encoded
  }
}

/// Endpoints one behind the other: an address, then a port in network byte order, and nothing between.
// BEP 23 and BEP 7: six bytes for IPv4, eighteen for IPv6.
public enum CompactPeers {
  /// The endpoints that `bytes` are, with addresses of four or sixteen bytes.
  public static func endpoints(_ bytes: Buffer, addressLength: Int, rule: String) throws(ReadingFailure) -> [Endpoint] {
    let step = addressLength + 2
    guard bytes.count % step == 0 else {
      throw .syntax(SyntaxError(expected: "\(step) bytes for each peer", found: "\(bytes.count) bytes", at: bytes.count - bytes.count % step, rule: rule))
    }
    let all = bytes.array
    return stride(from: 0, to: all.count, by: step).compactMap { start in
      Address(bytes: all[start..<(start + addressLength)]).map { Endpoint($0, UInt16(all[start + addressLength]) << 8 | UInt16(all[start + addressLength + 1])) }
    }
  }

  /// The bytes of these endpoints.
  public static func bytes(of endpoints: [Endpoint]) -> Buffer {
    var bytes = Buffer()
    for endpoint in endpoints {
      bytes.append(endpoint.address.bytes)
      bytes.append(integer: endpoint.port)
    }
    return bytes
  }
}
