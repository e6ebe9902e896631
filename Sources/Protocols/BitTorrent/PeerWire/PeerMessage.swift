// The messages between peers, read from bytes and written to bytes. Each begins with its length, but for the handshake (PeerHandshake.swift).
// Not here: when which is allowed (PeerConversation.swift), what is inside extended ones (ExtensionHandshake.swift, MetadataMessage.swift,
// PeerExchange.swift).
public import Bytes
public import World

/// A part of a piece, as it is asked for.
public struct BlockRequest: Sendable, Hashable {
  /// Longest block. Unit: bytes. Whoever asks for more is left.
  // BEP 3 request: all current implementations use 2^14, and close connections which request an amount greater than that.
  public static let lengthMax = 16_384

  /// The index of the piece.
  public var piece: Int
  /// Unit: bytes from the start of the piece.
  public var offset: Int
  /// Unit: bytes.
  public var length: Int

  public init(piece: Int, offset: Int, length: Int) {
    self.piece = piece
    self.offset = offset
    self.length = length
  }
}

/// A part of a piece, as it comes.
public struct Block: Sendable, Hashable {
  public var piece: Int
  /// Unit: bytes from the start of the piece.
  public var offset: Int
  public var bytes: Buffer

  public init(piece: Int, offset: Int, bytes: Buffer) {
    self.piece = piece
    self.offset = offset
    self.bytes = bytes
  }

  /// What was asked for when this comes.
  public var request: BlockRequest { BlockRequest(piece: piece, offset: offset, length: bytes.count) }

  /// How many bytes stand before a block's own. Unit: bytes.
  static let headLength = 13

  /// The bytes before those of the block that `request` asks for.
  static func head(for request: BlockRequest) -> Buffer {
    var head = Buffer(capacity: headLength)
    head.append(integer: UInt32(truncatingIfNeeded: request.length + 9))
    head.append(PeerMessage.Kind.piece.rawValue)
    head.append(integer: UInt32(truncatingIfNeeded: request.piece))
    head.append(integer: UInt32(truncatingIfNeeded: request.offset))
    return head
  }
}

/// One message.
public enum PeerMessage: Sendable, Hashable {
  // BEP 3
  case keepAlive
  case choke
  case unchoke
  case interested
  case notInterested
  case have(Int)
  case bitfield(Buffer)
  case request(BlockRequest)
  case piece(Block)
  case cancel(BlockRequest)
  // BEP 5
  /// The UDP port of the sender's node in the hash table.
  case port(UInt16)
  // BEP 6
  case suggest(Int)
  case haveAll
  case haveNone
  case reject(BlockRequest)
  case allowedFast(Int)
  // BEP 10
  /// A message of an extension, under the number its receiver has given it; 0: the extensions' own handshake.
  case extended(UInt8, Buffer)
  /// A kind that we do not know.
  case unknown(UInt8, Buffer)

  /// The registry of kinds.
  public struct Kind: RawRepresentable, Sendable, Hashable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let choke = Kind(rawValue: 0)
    public static let unchoke = Kind(rawValue: 1)
    public static let interested = Kind(rawValue: 2)
    public static let notInterested = Kind(rawValue: 3)
    public static let have = Kind(rawValue: 4)
    public static let bitfield = Kind(rawValue: 5)
    public static let request = Kind(rawValue: 6)
    public static let piece = Kind(rawValue: 7)
    public static let cancel = Kind(rawValue: 8)
    public static let port = Kind(rawValue: 9)
    public static let suggest = Kind(rawValue: 13)
    public static let haveAll = Kind(rawValue: 14)
    public static let haveNone = Kind(rawValue: 15)
    public static let reject = Kind(rawValue: 16)
    public static let allowedFast = Kind(rawValue: 17)
    public static let extended = Kind(rawValue: 20)

    /// Its name and how long a message of it may be, its kind included; nil: unknown.
    func entry(_ limits: WireLimits) -> (name: StaticString, lengths: ClosedRange<Int>, source: StaticString)? {
      switch self {
      case .choke: ("choke", 1...1, "BEP 3")
      case .unchoke: ("unchoke", 1...1, "BEP 3")
      case .interested: ("interested", 1...1, "BEP 3")
      case .notInterested: ("not interested", 1...1, "BEP 3")
      case .have: ("have", 5...5, "BEP 3")
      case .bitfield: ("bitfield", 1...(1 + (limits.piecesMax + 7) / 8), "BEP 3")
      case .request: ("request", 13...13, "BEP 3")
      case .piece: ("piece", 9...(9 + BlockRequest.lengthMax), "BEP 3")
      case .cancel: ("cancel", 13...13, "BEP 3")
      case .port: ("port", 3...3, "BEP 5")
      case .suggest: ("suggest", 5...5, "BEP 6")
      case .haveAll: ("have all", 1...1, "BEP 6")
      case .haveNone: ("have none", 1...1, "BEP 6")
      case .reject: ("reject", 13...13, "BEP 6")
      case .allowedFast: ("allowed fast", 5...5, "BEP 6")
      case .extended: ("extended", 2...(1 + limits.extendedBytesMax), "BEP 10")
      default: nil
      }
    }

    /// What is wrong with a message of this kind when it is `length` bytes long; nil: nothing.
    func refusal(of length: Int, _ limits: WireLimits) -> SyntaxError? {
      let entry = entry(limits)
      let lengths = entry?.lengths ?? 1...(1 + limits.unknownBytesMax)
      if lengths.contains(length) { return nil }
      let wanted = lengths.count == 1 ? "\(lengths.lowerBound)" : "\(lengths.lowerBound) to \(lengths.upperBound)"
      return SyntaxError(
        expected: "\(wanted) bytes of \(entry?.name.description ?? "message \(rawValue)")", found: "\(length)", at: 0, rule: entry?.source.description ?? "BEP 3")
    }
  }

  /// The kind; nil: a keep-alive has none.
  public var kind: Kind? {
    switch self {
    case .keepAlive: nil
    case .choke: .choke
    case .unchoke: .unchoke
    case .interested: .interested
    case .notInterested: .notInterested
    case .have: .have
    case .bitfield: .bitfield
    case .request: .request
    case .piece: .piece
    case .cancel: .cancel
    case .port: .port
    case .suggest: .suggest
    case .haveAll: .haveAll
    case .haveNone: .haveNone
    case .reject: .reject
    case .allowedFast: .allowedFast
    case .extended: .extended
    case .unknown(let kind, _): Kind(rawValue: kind)
    }
  }

  /// Takes the message at the front of `bytes`; nil: it is not whole yet, and nothing was taken. What it says shares its storage with `bytes`.
  public static func next(from bytes: inout Buffer, limits: WireLimits = WireLimits()) throws(SyntaxError) -> PeerMessage? {
    guard let length = bytes.number(at: 0) else { return nil }
    if length == 0 {
      bytes.drop(4)
      return .keepAlive
    }
    guard let number = bytes[at: 4] else { return nil }
    let kind = Kind(rawValue: number)
    if let refusal = kind.refusal(of: length, limits) { throw refusal }
    guard let message = bytes.take(4 + length) else { return nil }
    switch kind {
    case .choke: return .choke
    case .unchoke: return .unchoke
    case .interested: return .interested
    case .notInterested: return .notInterested
    case .have: return .have(message.number(at: 5) ?? 0)
    case .bitfield: return .bitfield(message[5..<message.count])
    case .request: return .request(BlockRequest(in: message))
    case .piece:
      return .piece(Block(piece: message.number(at: 5) ?? 0, offset: message.number(at: 9) ?? 0, bytes: message[Block.headLength..<message.count]))
    case .cancel: return .cancel(BlockRequest(in: message))
    case .port: return .port(UInt16(message[at: 5] ?? 0) << 8 | UInt16(message[at: 6] ?? 0))
    case .suggest: return .suggest(message.number(at: 5) ?? 0)
    case .haveAll: return .haveAll
    case .haveNone: return .haveNone
    case .reject: return .reject(BlockRequest(in: message))
    case .allowedFast: return .allowedFast(message.number(at: 5) ?? 0)
    case .extended: return .extended(message[at: 5] ?? 0, message[6..<message.count])
    default: return .unknown(number, message[5..<message.count])
    }
  }

  /// The bytes of this message.
  public var encoded: Buffer {
    switch self {
    case .keepAlive: return Buffer([0, 0, 0, 0])
    case .choke, .unchoke, .interested, .notInterested, .haveAll, .haveNone: return written()
    case .have(let piece), .suggest(let piece), .allowedFast(let piece): return written { $0.append(integer: UInt32(truncatingIfNeeded: piece)) }
    case .bitfield(let bits): return written { $0.append(bits) }
    case .request(let request), .cancel(let request), .reject(let request):
      return written {
        $0.append(integer: UInt32(truncatingIfNeeded: request.piece))
        $0.append(integer: UInt32(truncatingIfNeeded: request.offset))
        $0.append(integer: UInt32(truncatingIfNeeded: request.length))
      }
    case .piece(let block):
      var bytes = Block.head(for: block.request)
      bytes.append(block.bytes)
      return bytes
    case .port(let port): return written { $0.append(integer: port) }
    case .extended(let number, let content):
      return written {
        $0.append(number)
        $0.append(content)
      }
    case .unknown(_, let content): return written { $0.append(content) }
    }
  }

  /// A message of our kind with what `body` appends.
  private func written(_ body: (inout Buffer) -> Void = { _ in }) -> Buffer {
    var bytes = Buffer(capacity: 32)
    bytes.append(integer: UInt32(0))
    if let kind { bytes.append(kind.rawValue) }
    body(&bytes)
    bytes.overwrite(at: 0, with: UInt32(truncatingIfNeeded: bytes.count - 4))
    return bytes
  }
}

extension BlockRequest {
  /// What a request, cancel or reject says; `message` is whole.
  fileprivate init(in message: Buffer) {
    self.init(piece: message.number(at: 5) ?? 0, offset: message.number(at: 9) ?? 0, length: message.number(at: 13) ?? 0)
  }
}

extension Buffer {
  /// The four bytes from `offset` on as a number in network byte order; nil: there are fewer.
  func number(at offset: Int) -> Int? {
    guard let a = self[at: offset], let b = self[at: offset + 1], let c = self[at: offset + 2], let d = self[at: offset + 3] else { return nil }
    return Int(a) << 24 | Int(b) << 16 | Int(c) << 8 | Int(d)
  }
}
