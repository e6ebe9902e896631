// Basic authentication: the user and password a client shows, and the challenge that asks for them.
// Not here: whether they are right (WebServer/Sessions). Base64 hides nothing: without TLS everybody on the way can read them.
public import Bytes

/// A user's name and password.
// RFC 7617 §2
public struct BasicCredentials: Sendable, Hashable {
  public var user: String
  public var password: String

  /// Longest value of the field. Unit: bytes. Past it: no credentials.
  static var fieldBytesMax: Int { 4_096 }

  /// Nil for a user with a colon or control bytes, and for a password with control bytes: they cannot be written.
  public init?(user: String, password: String) {
    guard !user.utf8.contains(UInt8(ascii: ":")), Self.isPlain(user), Self.isPlain(password) else { return nil }
    self.user = user
    self.password = password
  }

  /// Reads the value of an Authorization (or Proxy-Authorization) field; nil for other schemes and for what is malformed.
  public init?(parsing field: Buffer) {
    guard field.count <= Self.fieldBytesMax else { return nil }
    let decoded = field.withUnsafeBytes { bytes -> [UInt8]? in
      let space = bytes.first(0x20, in: 0, bytes.count)
      guard bytes.spells("basic", 0..<space) else { return nil }
      return Base64.bytes(bytes[bytes.trimmed(space, bytes.count)])
    }
    guard let decoded, let colon = decoded.firstIndex(of: UInt8(ascii: ":")), let user = String(validating: decoded[..<colon], as: UTF8.self),
      let password = String(validating: decoded[(colon + 1)...], as: UTF8.self)
    else { return nil }
    self.init(user: user, password: password)
  }

  /// The value of the Authorization field.
  public var text: String { "Basic " + Base64.text((user + ":" + password).utf8) }

  /// The value of the WWW-Authenticate field that asks for credentials in `realm`.
  // RFC 7617 §2.1: the charset tells the client to write both as UTF-8.
  public static func challenge(realm: String) -> String {
    let safe = String(String.UnicodeScalarView(realm.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "\\" }))
    return "Basic realm=\"\(safe)\", charset=\"UTF-8\""
  }

  private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}
