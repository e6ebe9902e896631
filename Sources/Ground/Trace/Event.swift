// What was said: the one event schema that feeds the console, `netstead trace`, JSON lines, pcapng, reports and tests.
// Only the drivers write events; protocols never log. Read next: Recorder.swift.
public import Bytes
public import World

/// A number for one conversation, unique in one run.
public struct ConversationID: Hashable, Sendable, Comparable, Codable {
  public var number: UInt64
  public init(_ number: UInt64) { self.number = number }
  public static func < (a: ConversationID, b: ConversationID) -> Bool { a.number < b.number }
}

/// Who talks with whom, over what. Written once, when the conversation opens.
public struct ConversationInfo: Sendable, Hashable {
  /// The host that recorded it: `resolver`, `www.garnet.test`.
  public var host: String
  /// What the recording end is.
  public var role: Role
  public var carrier: Carriage
  public var dialect: Dialect
  public var local: Endpoint
  public var remote: Endpoint
  /// Whether the messages went inside TLS from the beginning. The wire's own bytes are then recorded as `wire` events.
  public var encrypted: Bool
  /// The conversation because of which this one was opened: a client's request, say, that a proxy passes on. Nil: none is known.
  public var because: ConversationID?

  public enum Role: String, Sendable, Hashable, Codable { case server, client }
  /// uTP is a stream in datagrams, which have a conversation of their own.
  public enum Carriage: String, Sendable, Hashable, Codable { case tcp, udp, utp }

  public init(
    host: String, role: Role, carrier: Carriage, dialect: Dialect, local: Endpoint, remote: Endpoint, encrypted: Bool = false,
    because: ConversationID? = nil
  ) {
    self.host = host
    self.role = role
    self.carrier = carrier
    self.dialect = dialect
    self.local = local
    self.remote = remote
    self.encrypted = encrypted
    self.because = because
  }
}

/// One thing that happened.
public struct Event: Sendable, Hashable {
  /// Counts up by one for each event recorded, so that a gap shows what was dropped.
  public var sequence: UInt64
  public var time: Instant
  public var conversation: ConversationID
  public var kind: Kind
  /// What passed, secrets masked with `*`, cut to the recorder's bound.
  public var bytes: Buffer
  /// How many bytes passed, before any cut.
  public var length: Int
  /// The conversation's state after it; for notes and problems the sentence; for `closed` the reason.
  public var text: String
  /// For `opened` and `continued`: the conversation because of which.
  public var because: ConversationID?

  public enum Kind: String, Sendable, Hashable, Codable {
    case opened
    /// What follows is said because of another conversation than what was said before.
    case continued
    /// A message went out, or came in.
    case sent, received
    /// Ciphertext went out, or came in (conversations inside TLS only).
    case wireSent, wireReceived
    /// TLS begins here, in the middle of a conversation that was in the clear: what passes from now on is inside it.
    case tlsBegun
    /// A remark, or a problem.
    case note, problem
    /// A datagram the link lost, duplicated or held back (lab only): `text` says which.
    case lost
    case closed
  }

  public init(
    sequence: UInt64, time: Instant, conversation: ConversationID, kind: Kind, bytes: Buffer = Buffer(), length: Int = 0, text: String = "",
    because: ConversationID? = nil
  ) {
    self.sequence = sequence
    self.time = time
    self.conversation = conversation
    self.kind = kind
    self.bytes = bytes
    self.length = length
    self.text = text
    self.because = because
  }
}
