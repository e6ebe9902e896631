// The names of header fields: those of the registry that we know as a small number, any other by its text.
// Not here: what each one means (FieldRegistry.swift), finding a name in received bytes (FieldNameTable.swift).

/// The name of a header field. Two names are equal when they differ in letter case only (RFC 9110 §5.1).
public struct FieldName: Sendable {
  /// The place in `FieldRegistry.entries`, counted from one; zero: not in the registry.
  let code: UInt8
  /// The name's own text, when it is not in the registry.
  let unlisted: String

  init(code: UInt8) {
    self.code = code
    unlisted = ""
  }

  /// The name written as `text`, in any letter case.
  public init(_ text: String) {
    var copy = text
    let code = copy.withUTF8 { FieldNameTable.shared.code(of: UnsafeRawBufferPointer($0)) }
    self.code = code
    unlisted = code == 0 ? text : ""
  }

  /// The name as it is written in a message.
  public var text: String { code == 0 ? unlisted : FieldRegistry.entries[Int(code) - 1].spelling.description }

  public static var accept: FieldName { FieldName(code: 1) }
  public static var acceptCharset: FieldName { FieldName(code: 2) }
  public static var acceptEncoding: FieldName { FieldName(code: 3) }
  public static var acceptLanguage: FieldName { FieldName(code: 4) }
  public static var acceptPatch: FieldName { FieldName(code: 5) }
  public static var acceptRanges: FieldName { FieldName(code: 6) }
  public static var accessControlAllowCredentials: FieldName { FieldName(code: 7) }
  public static var accessControlAllowHeaders: FieldName { FieldName(code: 8) }
  public static var accessControlAllowMethods: FieldName { FieldName(code: 9) }
  public static var accessControlAllowOrigin: FieldName { FieldName(code: 10) }
  public static var accessControlRequestMethod: FieldName { FieldName(code: 11) }
  public static var age: FieldName { FieldName(code: 12) }
  public static var allow: FieldName { FieldName(code: 13) }
  public static var altSvc: FieldName { FieldName(code: 14) }
  public static var authenticationInfo: FieldName { FieldName(code: 15) }
  public static var authorization: FieldName { FieldName(code: 16) }
  public static var cacheControl: FieldName { FieldName(code: 17) }
  public static var cacheStatus: FieldName { FieldName(code: 18) }
  public static var cdnCacheControl: FieldName { FieldName(code: 19) }
  public static var cdnLoop: FieldName { FieldName(code: 20) }
  public static var connection: FieldName { FieldName(code: 21) }
  public static var contentDigest: FieldName { FieldName(code: 22) }
  public static var contentDisposition: FieldName { FieldName(code: 23) }
  public static var contentEncoding: FieldName { FieldName(code: 24) }
  public static var contentLanguage: FieldName { FieldName(code: 25) }
  public static var contentLength: FieldName { FieldName(code: 26) }
  public static var contentLocation: FieldName { FieldName(code: 27) }
  public static var contentRange: FieldName { FieldName(code: 28) }
  public static var contentSecurityPolicy: FieldName { FieldName(code: 29) }
  public static var contentType: FieldName { FieldName(code: 30) }
  public static var cookie: FieldName { FieldName(code: 31) }
  public static var date: FieldName { FieldName(code: 32) }
  public static var earlyData: FieldName { FieldName(code: 33) }
  public static var etag: FieldName { FieldName(code: 34) }
  public static var expect: FieldName { FieldName(code: 35) }
  public static var expires: FieldName { FieldName(code: 36) }
  public static var forwarded: FieldName { FieldName(code: 37) }
  public static var from: FieldName { FieldName(code: 38) }
  public static var host: FieldName { FieldName(code: 39) }
  public static var http2Settings: FieldName { FieldName(code: 40) }
  public static var ifMatch: FieldName { FieldName(code: 41) }
  public static var ifModifiedSince: FieldName { FieldName(code: 42) }
  public static var ifNoneMatch: FieldName { FieldName(code: 43) }
  public static var ifRange: FieldName { FieldName(code: 44) }
  public static var ifUnmodifiedSince: FieldName { FieldName(code: 45) }
  public static var keepAlive: FieldName { FieldName(code: 46) }
  public static var lastEventID: FieldName { FieldName(code: 47) }
  public static var lastModified: FieldName { FieldName(code: 48) }
  public static var link: FieldName { FieldName(code: 49) }
  public static var location: FieldName { FieldName(code: 50) }
  public static var maxForwards: FieldName { FieldName(code: 51) }
  public static var mimeVersion: FieldName { FieldName(code: 52) }
  public static var origin: FieldName { FieldName(code: 53) }
  public static var pragma: FieldName { FieldName(code: 54) }
  public static var prefer: FieldName { FieldName(code: 55) }
  public static var priority: FieldName { FieldName(code: 56) }
  public static var proxyAuthenticate: FieldName { FieldName(code: 57) }
  public static var proxyAuthenticationInfo: FieldName { FieldName(code: 58) }
  public static var proxyAuthorization: FieldName { FieldName(code: 59) }
  public static var proxyConnection: FieldName { FieldName(code: 60) }
  public static var range: FieldName { FieldName(code: 61) }
  public static var referer: FieldName { FieldName(code: 62) }
  public static var referrerPolicy: FieldName { FieldName(code: 63) }
  public static var retryAfter: FieldName { FieldName(code: 64) }
  public static var secFetchMode: FieldName { FieldName(code: 65) }
  public static var secWebSocketAccept: FieldName { FieldName(code: 66) }
  public static var secWebSocketExtensions: FieldName { FieldName(code: 67) }
  public static var secWebSocketKey: FieldName { FieldName(code: 68) }
  public static var secWebSocketProtocol: FieldName { FieldName(code: 69) }
  public static var secWebSocketVersion: FieldName { FieldName(code: 70) }
  public static var server: FieldName { FieldName(code: 71) }
  public static var setCookie: FieldName { FieldName(code: 72) }
  public static var strictTransportSecurity: FieldName { FieldName(code: 73) }
  public static var te: FieldName { FieldName(code: 74) }
  public static var trailer: FieldName { FieldName(code: 75) }
  public static var transferEncoding: FieldName { FieldName(code: 76) }
  public static var upgrade: FieldName { FieldName(code: 77) }
  public static var upgradeInsecureRequests: FieldName { FieldName(code: 78) }
  public static var userAgent: FieldName { FieldName(code: 79) }
  public static var vary: FieldName { FieldName(code: 80) }
  public static var via: FieldName { FieldName(code: 81) }
  public static var wantContentDigest: FieldName { FieldName(code: 82) }
  public static var wwwAuthenticate: FieldName { FieldName(code: 83) }
  public static var contentTypeOptions: FieldName { FieldName(code: 84) }
  public static var forwardedFor: FieldName { FieldName(code: 85) }
  public static var forwardedHost: FieldName { FieldName(code: 86) }
  public static var forwardedProto: FieldName { FieldName(code: 87) }
  public static var frameOptions: FieldName { FieldName(code: 88) }
}

extension FieldName: Hashable {
  public static func == (a: FieldName, b: FieldName) -> Bool {
    a.code == b.code && (a.code != 0 || a.unlisted.lowercased() == b.unlisted.lowercased())
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    if code == 0 { hasher.combine(unlisted.lowercased()) }
  }
}

extension FieldName: ExpressibleByStringLiteral, CustomStringConvertible {
  public init(stringLiteral text: String) { self.init(text) }
  public var description: String { text }
}
