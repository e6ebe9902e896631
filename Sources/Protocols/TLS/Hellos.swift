// The two greetings, in which everything is offered and chosen, as far as they pass in the clear.
// Not here: the records they come in (Record.swift), the rest of the handshake (HandshakeMessage.swift).
import Bytes
import World

/// What a client offers. RFC 8446 §4.1.2, RFC 5246 §7.4.1.2.
public struct ClientHello: Sendable, Hashable {
  /// Most wanted first.
  public var versions: [Version] = []
  /// The name it wants to reach (RFC 6066 §3); nil: it says none.
  public var serverName: String?
  public var suites: [CipherSuite] = []
  /// ALPN (RFC 7301 §3.1), most wanted first.
  public var protocols: [String] = []
}

/// What a server chose. RFC 8446 §4.1.3, RFC 5246 §7.4.1.3.
public struct ServerHello: Sendable, Hashable {
  public var version: Version
  public var suite: CipherSuite
  /// ALPN, where it is said in the clear; nil: nothing, or inside.
  public var negotiatedProtocol: String?
  /// Whether it asks for another ClientHello instead.
  public var isRetry: Bool
  /// Whether the end of its random number says: I could speak a newer version than this.
  public var isMarkedAsLowered: Bool
}

extension HandshakeMessage {
  static let clientRule = "RFC 8446 §4.1.2"
  static let serverRule = "RFC 8446 §4.1.3"

  /// RFC 8446 §4.1.3: the SHA-256 of `HelloRetryRequest`, as the server's random number.
  static let retryRandom: [UInt8] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E,
    0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
  ]
  /// `DOWNGRD`, before the byte that says from where.
  static let loweredMark: [UInt8] = [0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44]

  mutating func readClientHello(_ body: Cursor, _ limits: Limits) throws(SyntaxError) {
    var body = body
    var hello = ClientHello()
    let versionPlace = body.offset
    hello.versions = [Version(rawValue: UInt16(try body.number(2, "a version")))]
    note("legacy_version", "\(hello.versions[0])", versionPlace..<body.offset, "What a client offered before there was a list. Newer ones always say 1.2 here.", Self.clientRule)
    let random = try body.range(32, "32 bytes of chance")
    note("random", "32 bytes", random, "Chance from the client: no two handshakes are alike, so none can be played again.", Self.clientRule)
    let session = try body.block(1, "a session's number")
    note("session_id", "\(session.rest.count) bytes", session.rest, "A session to go on with. In 1.3 it is only there to look like 1.2.", Self.clientRule)
    var suites = try body.block(2, "the cipher suites")
    let suitePlace = suites.rest
    while !suites.isAtEnd {
      let suite = CipherSuite(rawValue: UInt16(try suites.number(2, "a cipher suite")))
      if hello.suites.count < limits.valuesMax { hello.suites.append(suite) }
    }
    note("cipher_suites", hello.suites.map(\.description).joined(separator: ", "), suitePlace, "How the client could protect what passes.", Self.clientRule)
    let compression = try body.block(1, "the compression methods")
    note("compression_methods", "\(compression.rest.count) bytes", compression.rest, "Nothing is compressed any more: lengths would tell secrets.", Self.clientRule)
    unrepeatable += [random, session.rest]
    if !body.isAtEnd {
      var extensions = try body.block(2, "the extensions")
      while !extensions.isAtEnd {
        let start = extensions.offset
        let type = try extensions.number(2, "an extension's number")
        try read(clientExtension: type, try extensions.block(2, "an extension"), start, &hello, limits)
      }
    }
    content = .clientHello(hello)
    let offer = hello.versions.map(\.description).joined(separator: " or ")
    title = "ClientHello" + (hello.serverName.map { " for \($0)" } ?? "") + ": \(offer)" + (hello.protocols.isEmpty ? "" : ", " + hello.protocols.joined(separator: " or "))
  }

  private mutating func read(clientExtension type: Int, _ body: Cursor, _ start: Int, _ hello: inout ClientHello, _ limits: Limits) throws(SyntaxError) {
    var body = body
    let place = start..<body.end
    switch type {
    case 0:
      var list = try body.block(2, "the names")
      while !list.isAtEnd {
        let kind = try list.number(1, "a kind of name")
        let name = try list.block(2, "a name")
        if kind == 0, hello.serverName == nil { hello.serverName = list.text(name.rest) }
      }
      note("server_name", hello.serverName ?? "", place, "Whom the client wants to reach, readable by everybody on the way.", "RFC 6066 §3")
    case 16:
      hello.protocols = try Self.protocols(&body, limits)
      note("application_layer_protocol_negotiation", hello.protocols.joined(separator: ", "), place, "What the client wants to speak inside.", "RFC 7301 §3.1")
    case 43:
      var list = try body.block(1, "the versions")
      var versions: [Version] = []
      while !list.isAtEnd {
        let version = Version(rawValue: UInt16(try list.number(2, "a version")))
        if versions.count < limits.valuesMax { versions.append(version) }
      }
      hello.versions = versions
      note("supported_versions", versions.map(\.description).joined(separator: ", "), place, "What the client can speak. This list counts, not the number above.", "RFC 8446 §4.2.1")
    case 51:
      var list = try body.block(2, "the key shares")
      while !list.isAtEnd { try readShare(&list) }
      note("key_share", "\(place.count - 4) bytes", place, "The client's half of the key agreement, sent before anybody asked: this saves a round trip.", "RFC 8446 §4.2.8")
    default:
      noteExtension(type, place, body.rest)
    }
  }

  mutating func readServerHello(_ body: Cursor, _ limits: Limits) throws(SyntaxError) {
    var body = body
    let versionPlace = body.offset
    var version = Version(rawValue: UInt16(try body.number(2, "a version")))
    note("legacy_version", "\(version)", versionPlace..<body.offset, "In 1.2 what was chosen. In 1.3 always 1.2; an extension says the truth.", Self.serverRule)
    let random = try body.range(32, "32 bytes of chance")
    let bytes = body.bytes[random].array
    let isRetry = bytes == Self.retryRandom
    let isLowered = Array(bytes[24..<31]) == Self.loweredMark && bytes[31] <= 1
    note(
      "random", isRetry ? "HelloRetryRequest" : isLowered ? "ends with DOWNGRD" : "32 bytes", random,
      isLowered ? "The mark at its end says: this server could speak a newer version. A client that offered one knows that somebody changed its offer." : "Chance from the server.",
      Self.serverRule)
    let session = try body.block(1, "a session's number")
    note("session_id", "\(session.rest.count) bytes", session.rest, "In 1.3 the client's own, sent back.", Self.serverRule)
    if !isRetry { unrepeatable.append(isLowered ? random.lowerBound..<(random.upperBound - 8) : random) }
    unrepeatable.append(session.rest)
    let suitePlace = body.offset
    let suite = CipherSuite(rawValue: UInt16(try body.number(2, "a cipher suite")))
    note("cipher_suite", "\(suite)", suitePlace..<body.offset, "How what passes is protected from here on.", Self.serverRule)
    _ = try body.number(1, "a compression method")
    var negotiated: String?
    if !body.isAtEnd {
      var extensions = try body.block(2, "the extensions")
      while !extensions.isAtEnd {
        let start = extensions.offset
        let type = try extensions.number(2, "an extension's number")
        var one = try extensions.block(2, "an extension")
        let place = start..<one.end
        switch type {
        case 16:
          negotiated = try Self.protocols(&one, limits).first
          note("application_layer_protocol_negotiation", negotiated ?? "", place, "What is spoken inside.", "RFC 7301 §3.1")
        case 43:
          version = Version(rawValue: UInt16(try one.number(2, "a version")))
          note("supported_versions", "\(version)", place, "The version that was chosen.", "RFC 8446 §4.2.1")
        case 51 where !isRetry:
          try readShare(&one)
          note("key_share", "\(place.count - 4) bytes", place, "The server's half of the key agreement: what follows is encrypted.", "RFC 8446 §4.2.8")
        default:
          noteExtension(type, place, one.rest)
        }
      }
    }
    content = .serverHello(ServerHello(version: version, suite: suite, negotiatedProtocol: negotiated, isRetry: isRetry, isMarkedAsLowered: isLowered))
    title = isRetry ? "HelloRetryRequest" : "ServerHello: \(version), \(suite)" + (negotiated.map { ", \($0)" } ?? "")
  }

  /// One group and its key; the key is nobody's to know beforehand.
  private mutating func readShare(_ list: inout Cursor) throws(SyntaxError) {
    _ = try list.number(2, "a group")
    unrepeatable.append(try list.block(2, "a key").rest)
  }

  private mutating func noteExtension(_ type: Int, _ place: Range<Int>, _ content: Range<Int>) {
    // Tickets, cookies, keys known before and hidden greetings differ each time.
    if [35, 41, 44, 65_037].contains(type) { unrepeatable.append(content) }
    let name = Self.extensionNames[type] ?? "extension \(type)"
    note(name, "\(content.count) bytes", place, "Not read further.", "RFC 8446 §4.2")
  }

  /// RFC 8446 §4.2 and the documents it names.
  private static let extensionNames: [Int: String] = [
    5: "status_request", 10: "supported_groups", 11: "ec_point_formats", 13: "signature_algorithms", 18: "signed_certificate_timestamp",
    21: "padding", 23: "extended_master_secret", 35: "session_ticket", 41: "pre_shared_key", 42: "early_data", 44: "cookie",
    45: "psk_key_exchange_modes", 65_037: "encrypted_client_hello", 65_281: "renegotiation_info",
  ]

  private static func protocols(_ body: inout Cursor, _ limits: Limits) throws(SyntaxError) -> [String] {
    var list = try body.block(2, "the protocols")
    var names: [String] = []
    while !list.isAtEnd {
      let name = try list.block(1, "a protocol")
      if names.count < limits.valuesMax { names.append(list.text(name.rest)) }
    }
    return names
  }
}
