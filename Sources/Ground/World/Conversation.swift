// The contract of every protocol: a conversation is a value; something happened goes in, things to do come out.
// No socket, no clock, no chance, no storage inside. Drivers (Transport, SimulatedTransport, the tests' player, the fuzzers) run it.
// Read next: Transport/ConversationDriver.swift, which is the law all stream conversations live under.
public import Bytes

/// One end of one dialogue as a state machine.
public protocol Conversation: Sendable {
  /// What can happen, told as past events.
  associatedtype Input: Sendable
  /// What is to be done, told as orders.
  associatedtype Action: Sendable
  /// The state's name, for the trace.
  var stateName: String { get }
  /// False while an answer is awaited: the driver holds what the peer sends, and the peer feels it as backpressure.
  var acceptsBytes: Bool { get }
  /// When the driver hands in the input for `deadlineReached`; nil: never.
  var deadline: Instant? { get }
  /// Takes one event in and adds what is to be done to `actions`, in order.
  mutating func handle(_ input: Input, at now: Instant, into actions: inout [Action])
}

/// What happens to a connection besides bytes arriving.
public enum ConnectionEvent: Sendable, Hashable {
  /// The connection is there (with TLS: after the handshake).
  case opened
  /// The peer said that it sends nothing more. What it sent before has been handed in, as far as the conversation took it.
  case peerClosed
  /// The connection broke (a reset, a silent network, TLS without its farewell): nothing more comes, and what came may be cut short.
  case lost
  /// `deadline` has come.
  case deadlineReached
  /// The listener that took the connection in is closing: what is under way may be finished, nothing new is begun.
  case retired
  /// TLS, begun by `startTLS` in the middle of the connection, stands: what comes from now on comes inside it.
  case secured
  /// The carrier's outgoing queue passed its bound; sending more only makes memory of it.
  case congested
  /// The carrier's outgoing queue has room again.
  case relieved
}

/// A conversation over a byte stream.
public protocol StreamConversation: Conversation where Action == StreamAction<Question> {
  /// What it asks its owner (a look-up, a decision, a file); `Never` when it decides everything itself.
  associatedtype Question: Sendable
  /// How its bytes are explained in a trace.
  static var dialect: Dialect { get }
  /// Takes the next whole input off the front of `bytes`. Nil: the input is not whole yet, and nothing of it was taken.
  /// What can never become whole is an input too: the one that says what is wrong.
  mutating func next(from bytes: inout Buffer) -> Input?
  /// The input for an event of the connection; nil: this conversation does not care.
  func input(for event: ConnectionEvent) -> Input?
  /// Where secrets stand in one message of this conversation: they are masked before the trace sees them.
  static func secrets(in bytes: Buffer) -> [Range<Int>]
  /// The same for a message that this conversation receives or has sent in its present state, where only that tells that it is a secret.
  func secretsNow(in bytes: Buffer, sent: Bool) -> [Range<Int>]
}

extension StreamConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { [] }
  public func secretsNow(in bytes: Buffer, sent: Bool) -> [Range<Int>] { Self.secrets(in: bytes) }
}

/// What a stream conversation orders.
public enum StreamAction<Question: Sendable>: Sendable {
  /// Send these bytes: one whole message, or one part of it, as the trace shall show it.
  case send(Buffer)
  /// Send this stretch of a file, without reading it into memory where the carrier can.
  case sendFile(FileSlice)
  /// Ask the owner; the answer comes back as an input.
  case ask(Question)
  /// A remark for the trace: why something was done.
  case note(String)
  /// The peer broke the protocol: for the trace, with what was expected and found.
  case problem(String)
  /// Everything from here on is inside TLS: what was sent before leaves in the clear, then comes the handshake, then `secured` (or `lost`).
  /// Bytes that came in the clear behind the command that led here end the connection: nobody may speak into the secured part from outside.
  case startTLS
  /// Everything is said.
  case close(Closing)
}

extension StreamAction: Equatable where Question: Equatable {}

/// How a connection ends.
public enum Closing: Sendable, Hashable {
  /// When everything sent has left; the peer may still send, and is read from for a short while so that no reset destroys the answer.
  case afterFlush
  /// When everything sent has left, for a peer that has promised to send nothing more: nobody has to wait for its farewell.
  case whenSent
  /// At once, what is queued is thrown away.
  case now
}

/// What happens at a datagram port.
public enum DatagramEvent: Sendable, Hashable {
  case opened
  case received(Buffer, from: Endpoint)
  case deadlineReached
}

/// A conversation over datagrams: one value serves all peers of a port.
public protocol DatagramConversation: Conversation where Action == DatagramAction<Question> {
  associatedtype Question: Sendable
  static var dialect: Dialect { get }
  func input(for event: DatagramEvent) -> Input?
}

/// What a datagram conversation orders.
public enum DatagramAction<Question: Sendable>: Sendable {
  case send(Buffer, to: Endpoint)
  case ask(Question)
  /// A remark for the trace, in the exchange with this peer.
  case note(String, about: Endpoint)
}

extension DatagramAction: Equatable where Question: Equatable {}

/// How the bytes of a conversation are to be read. A registry of what this project speaks; the explaining itself is in each protocol.
public struct Dialect: RawRepresentable, Hashable, Sendable {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let raw = Dialect(rawValue: "raw")
  public static let text = Dialect(rawValue: "text")
  public static let dns = Dialect(rawValue: "dns")
  public static let http = Dialect(rawValue: "http")
  public static let uppercase = Dialect(rawValue: "uppercase")
  public static let ping = Dialect(rawValue: "ping")
  public static let smtp = Dialect(rawValue: "smtp")
  public static let pop3 = Dialect(rawValue: "pop3")
  public static let imap = Dialect(rawValue: "imap")
  public static let ftp = Dialect(rawValue: "ftp")
  /// What passes over an FTP data connection: a file or a listing.
  public static let ftpData = Dialect(rawValue: "ftp-data")
  /// Between BitTorrent peers, over TCP or uTP.
  public static let bittorrent = Dialect(rawValue: "bittorrent")
  /// A BitTorrent tracker over UDP.
  public static let udpTracker = Dialect(rawValue: "udp-tracker")
  /// BitTorrent's distributed hash table.
  public static let dht = Dialect(rawValue: "dht")
  /// BitTorrent's transport over UDP.
  public static let utp = Dialect(rawValue: "utp")
  /// Between nodes of a ring that is a model (Chord): a line of text for each message.
  public static let ring = Dialect(rawValue: "ring")
  /// Between peers of a swarm that is a model: a line of text for each message, no content.
  public static let swarmModel = Dialect(rawValue: "swarm-model")
}

/// An open file, owned by whoever made it; closed when the last reference goes.
public protocol FileReference: AnyObject, Sendable {
  /// The operating system's number for it.
  var descriptor: Int32 { get }
  /// Up to `length` bytes from `offset` on; empty at the end of the file; nil when reading fails.
  func read(at offset: Int64, length: Int) -> Buffer?
}

/// A stretch of an open file.
public struct FileSlice: Sendable, Equatable {
  public var file: any FileReference
  /// Unit: bytes from the beginning of the file.
  public var offset: Int64
  /// Unit: bytes.
  public var length: Int64

  public init(file: any FileReference, offset: Int64, length: Int64) {
    self.file = file
    self.offset = offset
    self.length = length
  }

  public static func == (a: FileSlice, b: FileSlice) -> Bool { a.file === b.file && a.offset == b.offset && a.length == b.length }
}
