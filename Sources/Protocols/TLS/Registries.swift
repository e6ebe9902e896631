// The numbers of TLS and their names, in the registries' order. Unknown values are kept as they are.

/// A number with a name.
public protocol RegisteredNumber: RawRepresentable, Sendable, Hashable, CustomStringConvertible where RawValue: FixedWidthInteger & Sendable {
  static var names: [RawValue: String] { get }
}

extension RegisteredNumber {
  /// The registry's name, or the number in hexadecimal.
  public var description: String { Self.names[rawValue] ?? "0x" + String(rawValue, radix: 16) }
}

/// RFC 8446 §5.1: what a record holds.
public struct ContentType: RegisteredNumber {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let changeCipherSpec = ContentType(rawValue: 20)
  public static let alert = ContentType(rawValue: 21)
  public static let handshake = ContentType(rawValue: 22)
  public static let applicationData = ContentType(rawValue: 23)
  public static let names: [UInt8: String] = [20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data", 24: "heartbeat"]
}

/// RFC 8446 §4.2.1: a version's number.
public struct Version: RegisteredNumber {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let v1_2 = Version(rawValue: 0x0303)
  public static let v1_3 = Version(rawValue: 0x0304)
  public static let names: [UInt16: String] = [0x0300: "SSL 3.0", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"]
}

/// RFC 8446 §4, RFC 5246 §7.4: a message of the handshake.
public struct HandshakeType: RegisteredNumber {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let clientHello = HandshakeType(rawValue: 1)
  public static let serverHello = HandshakeType(rawValue: 2)
  public static let certificate = HandshakeType(rawValue: 11)
  public static let names: [UInt8: String] = [
    0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 5: "EndOfEarlyData", 8: "EncryptedExtensions", 11: "Certificate",
    12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone", 15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished",
    22: "CertificateStatus", 24: "KeyUpdate", 25: "CompressedCertificate",
  ]
}

/// RFC 8446 §6, RFC 5246 §7.2: why somebody complains.
public struct AlertReason: RegisteredNumber {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let names: [UInt8: String] = [
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter",
    48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security",
    80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 109: "missing_extension", 110: "unsupported_extension",
    112: "unrecognized_name", 113: "bad_certificate_status_response", 115: "unknown_psk_identity", 116: "certificate_required",
    120: "no_application_protocol",
  ]
}

/// RFC 8446 appendix B.4, RFC 5289, RFC 7905: how what passes is protected.
public struct CipherSuite: RegisteredNumber {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let names: [UInt16: String] = [
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA", 0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA", 0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384", 0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", 0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384", 0x1303: "TLS_CHACHA20_POLY1305_SHA256", 0x1304: "TLS_AES_128_CCM_SHA256", 0x5600: "TLS_FALLBACK_SCSV",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", 0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", 0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  ]
}
