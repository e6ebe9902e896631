// A mailbox as POP3 sees it: a list of messages that does not change while the session lasts.

/// The messages of one session. They are numbered from 1 in this order.
// RFC 1939 §5
public struct Maildrop: Sendable, Hashable {
  /// One message.
  public struct Entry: Sendable, Hashable {
    /// With CR LF at each line's end, without added dots. Unit: bytes.
    // RFC 1939 §11
    public var size: Int64
    /// Never another message's, in this mailbox, at any time: one to seventy visible ASCII characters.
    // RFC 1939 §7 UIDL
    public var uniqueID: String

    public init(size: Int64, uniqueID: String) {
      self.size = size
      self.uniqueID = uniqueID
    }
  }

  public var entries: [Entry]

  public init(_ entries: [Entry]) { self.entries = entries }
}

/// Why somebody is not let in.
// RFC 2449 §8.1, RFC 3206 §4
public enum LoginRefusal: Sendable, Hashable {
  /// Wrong user or password: they will not become right.
  case wrongCredentials
  /// Somebody else has the mailbox open.
  case inUse
  /// Not at the moment.
  case temporary
  /// Never, and it is not the password.
  case permanent
}
