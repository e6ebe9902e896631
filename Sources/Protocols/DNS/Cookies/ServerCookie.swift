// What a server gives to whoever asks it, to be shown with the next question: it proves that the asker gets what is sent to its address, and costs
// the server no memory (RFC 7873, in the form of RFC 9018).
// Not here: when a server asks for it (NameServer/Guarding), the client's half (NameServer/Recursive/ServerQuerying.swift).
public import World

/// The keys of a server's cookies: what it makes them with, and what it made them with before.
public struct CookieSecrets: Hashable, Sendable {
  public var current: SipKey
  /// Cookies made with this are still good, and are replaced.
  public var previous: SipKey?

  public init(current: SipKey, previous: SipKey? = nil) {
    self.current = current
    self.previous = previous
  }
}

/// The cookie of a server.
///
///     version 1 | reserved (24) | time of its making (32, seconds) | hash (64)
///
///     hash = SipHash-2-4(client cookie | version | reserved | time | the client's address, the server's secret)
public enum ServerCookie {
  /// Unit: bytes.
  public static let size = 16
  /// Unit: bytes of the client's half.
  public static let clientSize = 8

  /// What a cookie that came back is.
  public enum Verdict: Hashable, Sendable {
    /// Ours, from this address, and young.
    case good
    /// The same, and to be replaced by a fresh one.
    // RFC 9018 §4.3: after half an hour, or with a new secret.
    case aging
    case bad
  }

  /// How long one is good, and when it is replaced. Unit: seconds.
  // RFC 9018 §4.3
  static let (lifetime, renewal, foresight): (UInt32, UInt32, UInt32) = (3_600, 1_800, 300)

  /// Whether the data of a cookie option have a length that a cookie can have.
  // RFC 7873 §4, §5.2.2: a client's eight bytes alone, or with 8 to 32 of a server.
  public static func isPossible(count: Int) -> Bool { count == 8 || (16...40).contains(count) }

  /// Writes the cookie for who sent the client cookie at `client` from `address`, made at `time` (seconds since 1970), to `target`.
  public static func write(for client: UnsafeRawPointer, at address: Address, with secret: SipKey, time: UInt32, to target: UnsafeMutableRawPointer) {
    target.storeBytes(of: UInt32(bigEndian: 0x0100_0000), as: UInt32.self)
    target.storeBytes(of: time.bigEndian, toByteOffset: 4, as: UInt32.self)
    let hash = hash(client, UnsafeRawPointer(target), address, secret)
    target.storeBytes(of: hash.littleEndian, toByteOffset: 8, as: UInt64.self)
  }

  /// Judges the cookie at `cookie`: the client's eight bytes and `count - 8` of the server's.
  public static func judge(_ cookie: UnsafeRawPointer, count: Int, from address: Address, with secrets: CookieSecrets, time: UInt32) -> Verdict {
    guard count == clientSize + size, cookie.load(fromByteOffset: clientSize, as: UInt8.self) == 1 else { return .bad }
    let made = UInt32(bigEndian: cookie.loadUnaligned(fromByteOffset: clientSize + 4, as: UInt32.self))
    // RFC 1982: seconds wrap in 2106.
    let age = Int32(truncatingIfNeeded: time &- made)
    guard age <= Int32(lifetime), age >= -Int32(foresight) else { return .bad }
    let own = UInt64(littleEndian: cookie.loadUnaligned(fromByteOffset: clientSize + 8, as: UInt64.self))
    let head = cookie + clientSize
    if hash(cookie, head, address, secrets.current) == own { return age > Int32(renewal) ? .aging : .good }
    if let previous = secrets.previous, hash(cookie, head, address, previous) == own { return .aging }
    return .bad
  }

  private static func hash(_ client: UnsafeRawPointer, _ head: UnsafeRawPointer, _ address: Address, _ secret: SipKey) -> UInt64 {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { room in
      guard let base = room.baseAddress else { return 0 }
      base.copyMemory(from: client, byteCount: 8)
      (base + 8).copyMemory(from: head, byteCount: 8)
      switch address {
      case .v4(let value):
        base.storeBytes(of: value.bigEndian, toByteOffset: 16, as: UInt32.self)
        return secret.hash(UnsafeRawBufferPointer(start: base, count: 20))
      case .v6(let high, let low):
        base.storeBytes(of: high.bigEndian, toByteOffset: 16, as: UInt64.self)
        base.storeBytes(of: low.bigEndian, toByteOffset: 24, as: UInt64.self)
        return secret.hash(UnsafeRawBufferPointer(start: base, count: 32))
      }
    }
  }
}

extension EDNSOption {
  /// The two halves of a cookie; nil for other options and for one of an impossible length.
  public var cookie: (client: [UInt8], server: [UInt8])? {
    guard code == .cookie, ServerCookie.isPossible(count: data.count) else { return nil }
    return (Array(data.prefix(ServerCookie.clientSize)), Array(data.dropFirst(ServerCookie.clientSize)))
  }
}
