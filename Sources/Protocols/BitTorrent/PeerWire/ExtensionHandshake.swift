// What the ends of a connection tell each other about themselves beside the protocol of old: extensions, ports, sizes.
// Read next: MetadataMessage.swift and PeerExchange.swift, the two extensions spoken here.
public import Bytes
public import World

/// The extensions that are spoken here. Their numbers are those we ask to be called by.
public enum PeerExtension: UInt8, Sendable, Hashable, CaseIterable {
  /// Lists of peers.
  // BEP 11
  case exchange = 1
  /// The description of the torrent.
  // BEP 9
  case metadata = 2

  /// What both ends call it.
  public var name: StaticString {
    switch self {
    case .exchange: "ut_pex"
    case .metadata: "ut_metadata"
    }
  }
}

/// What an end calls the extensions that we know. No dictionary, whose order would be another each time it is shown.
public struct ExtensionNumbers: Sendable, Hashable {
  private var exchange: UInt8?
  private var metadata: UInt8?

  /// None are spoken.
  public init() {}

  /// The number of an extension; nil: nothing is said about it.
  public subscript(_ spoken: PeerExtension) -> UInt8? {
    get {
      switch spoken {
      case .exchange: exchange
      case .metadata: metadata
      }
    }
    set {
      switch spoken {
      case .exchange: exchange = newValue
      case .metadata: metadata = newValue
      }
    }
  }
}

extension ExtensionNumbers: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (PeerExtension, UInt8)...) {
    for (spoken, number) in elements { self[spoken] = number }
  }
}

/// What an end says about itself; it may say more later.
// BEP 10 handshake message: what is not understood, or of a wrong kind, is passed over.
public struct ExtensionHandshake: Sendable, Hashable {
  /// Numbers by extension; zero: not spoken any more. Those that we do not know are left out.
  public var numbers = ExtensionNumbers()
  /// Where it can be called.
  public var port: UInt16?
  /// What program it is.
  public var client: String?
  /// What address of ours it sees.
  public var yourAddress: Address?
  public var address4: Address?
  public var address6: Address?
  /// How many requests it takes at one time.
  public var requestsMax: Int?
  /// How long the torrent's description is. Unit: bytes.
  // BEP 9
  public var metadataSize: Int?
  /// Whether it wants nothing.
  // BEP 21
  public var isUploadOnly: Bool?

  public init() {}

  /// What the content of an extended message with number 0 says.
  public init(reading content: Buffer, limits: WireLimits = WireLimits()) throws(ReadingFailure) {
    let value = try Bencode.read(content, limits: .message, order: .any)
    guard let all = value.dictionaryValue else {
      throw .syntax(SyntaxError(expected: "a dictionary", found: "another value", at: 0, rule: "BEP 10 handshake message"))
    }
    for (spoken, number) in PeerExtension.allCases.map({ ($0, all["m"]?[$0.name]?.integerValue) }) {
      if let number = number.flatMap({ UInt8(exactly: $0) }) { numbers[spoken] = number }
    }
    port = all["p"]?.integerValue.flatMap { UInt16(exactly: $0) }.flatMap { $0 == 0 ? nil : $0 }
    client = all["v"]?.bytesValue.map { Self.cut($0[0..<limits.clientBytesMax].text, limits.clientBytesMax) }
    yourAddress = all["yourip"]?.bytesValue.flatMap { Address(bytes: $0.array) }
    address4 = all["ipv4"]?.bytesValue.flatMap { $0.count == 4 ? Address(bytes: $0.array) : nil }
    address6 = all["ipv6"]?.bytesValue.flatMap { $0.count == 16 ? Address(bytes: $0.array) : nil }
    requestsMax = all["reqq"]?.countValue
    isUploadOnly = all["upload_only"]?.integerValue.map { $0 != 0 }
    metadataSize = all["metadata_size"]?.countValue.flatMap { $0 == 0 ? nil : $0 }
    if let size = metadataSize, size > limits.metadataBytesMax {
      throw .tooMuch(LimitReached("metadataBytesMax", allowed: limits.metadataBytesMax, unit: "bytes"))
    }
  }

  /// The front of `text` in at most `most` bytes, no character cut in two.
  private static func cut(_ text: String, _ most: Int) -> String {
    var front = ""
    for scalar in text.unicodeScalars where front.utf8.count + scalar.utf8.count <= most { front.unicodeScalars.append(scalar) }
    return front
  }

  /// The content of the message.
  public var encoded: Buffer {
    var numbers = BencodeDictionary()
    for spoken in PeerExtension.allCases { numbers[spoken.name] = self.numbers[spoken].map { .integer(Int64($0)) } }
    var all: BencodeDictionary = ["m": .dictionary(numbers)]
    all["p"] = port.map { .integer(Int64($0)) }
    all["v"] = client.map { .text($0) }
    all["yourip"] = yourAddress.map { .bytes(Buffer($0.bytes)) }
    all["ipv4"] = address4.map { .bytes(Buffer($0.bytes)) }
    all["ipv6"] = address6.map { .bytes(Buffer($0.bytes)) }
    all["reqq"] = requestsMax.map { .integer(Int64($0)) }
    all["metadata_size"] = metadataSize.map { .integer(Int64($0)) }
    all["upload_only"] = isUploadOnly.map { .integer($0 ? 1 : 0) }
    return all.encoded
  }
}
