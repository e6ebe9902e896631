// The extension mechanism (RFC 6891): what the OPT pseudo-record says, as a part of the message rather than as a record.
// Not here: what a server does with cookies or errors.

/// What one end says about itself in an OPT record.
///
///     name   root (one zero byte)
///     type   41
///     class  the largest datagram the sender takes
///     TTL    | extended RCODE (8) | version (8) |DO| Z (15) |
///     data   options: code (16), length (16), bytes
public struct EDNS: Hashable, Sendable {
  /// Unit: bytes of a UDP message the sender takes. RFC 6891 §6.2.3: below 512 counts as 512.
  public var payloadSize: UInt16
  /// The high eight of the response code's twelve bits. `Message.responseCode` joins them with the header's.
  public var extendedResponse: UInt8
  public var version: UInt8
  /// DO and the fifteen bits after it, which must be zero.
  public var flags: UInt16
  public var options: [EDNSOption]

  /// 1,232 bytes pass everywhere unfragmented.
  public static let payloadSizeDefault: UInt16 = 1232

  public init(
    payloadSize: UInt16 = EDNS.payloadSizeDefault, version: UInt8 = 0, flags: UInt16 = 0, options: [EDNSOption] = []
  ) {
    self.payloadSize = payloadSize
    extendedResponse = 0
    self.version = version
    self.flags = flags
    self.options = options
  }

  /// DO (RFC 3225 §3): the sender wants DNSSEC records.
  public var dnssecOK: Bool {
    get { flags & 0x8000 != 0 }
    set { flags = newValue ? flags | 0x8000 : flags & 0x7FFF }
  }

  /// The first option with this code.
  public func option(_ code: OptionCode) -> EDNSOption? { options.first { $0.code == code } }

  /// How many bytes the OPT record takes on the wire.
  var wireCount: Int { options.reduce(11) { $0 + 4 + $1.data.count } }
}

/// One EDNS option: a code and bytes.
public struct EDNSOption: Hashable, Sendable {
  public var code: OptionCode
  public var data: [UInt8]

  public init(_ code: OptionCode, _ data: [UInt8] = []) {
    self.code = code
    self.data = data
  }

  /// RFC 8914 §2: why the answer is as it is, with a text for a human.
  public static func extendedError(_ code: ExtendedErrorCode, _ text: String = "") -> EDNSOption {
    EDNSOption(.extendedError, [UInt8(truncatingIfNeeded: code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)] + Array(text.utf8))
  }

  /// The code and text of an extended error; nil for other options and for one too short.
  public var extendedError: (code: ExtendedErrorCode, text: String)? {
    guard code == .extendedError, data.count >= 2 else { return nil }
    let value = UInt16(data[0]) << 8 | UInt16(data[1])
    return (ExtendedErrorCode(rawValue: value), String(decoding: data.dropFirst(2), as: UTF8.self))
  }

  /// RFC 7873 §4: eight bytes the client chose, then eight to thirty-two the server chose or none.
  public static func cookie(client: [UInt8], server: [UInt8] = []) -> EDNSOption { EDNSOption(.cookie, client + server) }

  /// RFC 5001 §2.2: which server it was.
  public static func nsid(_ name: String) -> EDNSOption { EDNSOption(.nsid, Array(name.utf8)) }

  /// RFC 7830 §3: `count` zero bytes.
  public static func padding(_ count: Int) -> EDNSOption { EDNSOption(.padding, Array(repeating: 0, count: Swift.max(0, count))) }
}
