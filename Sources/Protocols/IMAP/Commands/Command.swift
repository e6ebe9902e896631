// Everything a client can ask for, as values. Names of mailboxes are still bytes here: a name that is none is refused, not misread.
// Read next: CommandParser.swift (reading), CommandWriter.swift (writing).
public import Bytes

/// One command.
// RFC 3501 §6
public enum Command: Sendable, Hashable {
  // In every state.
  case capability
  case noop
  case logout
  /// RFC 2971 §3.1, with what the client says of itself.
  case id([IDField])
  // Before login.
  case startTLS
  case authenticate(mechanism: String, initialResponse: Buffer?)
  case logIn(user: Buffer, password: Buffer)
  // After it.
  case select(Buffer)
  case examine(Buffer)
  case create(Buffer)
  case delete(Buffer)
  case rename(Buffer, to: Buffer)
  case subscribe(Buffer)
  case unsubscribe(Buffer)
  case list(reference: Buffer, pattern: Buffer)
  case lsub(reference: Buffer, pattern: Buffer)
  case status(Buffer, [StatusItem])
  /// RFC 2342 §5
  case namespace
  /// RFC 2177 §3
  case idle
  /// RFC 5161 §3.1
  case enable([String])
  // With a mailbox selected.
  case check
  case close
  /// RFC 3691 §2
  case unselect
  case expunge
  /// RFC 4315 §2.1
  case uidExpunge(SequenceSet)
  case search(Search)
  case fetch(Fetch)
  case store(Store)
  case copy(Numbering, SequenceSet, to: Buffer)
  /// RFC 6851 §3
  case move(Numbering, SequenceSet, to: Buffer)

  /// What numbers in a command, and in its answer, are.
  public enum Numbering: Sendable, Hashable {
    case sequence
    /// The command begins with UID.
    case uid
  }

  /// A figure of a mailbox.
  public enum StatusItem: String, Sendable, Hashable, CaseIterable {
    case messages = "MESSAGES"
    case recent = "RECENT"
    case uidNext = "UIDNEXT"
    case uidValidity = "UIDVALIDITY"
    case unseen = "UNSEEN"
  }

  /// SEARCH
  public struct Search: Sendable, Hashable {
    public var numbering: Numbering
    /// The name of the charset of the texts; nil: not said.
    public var charset: String?
    var key: WrittenSearchKey
  }

  /// FETCH
  public struct Fetch: Sendable, Hashable {
    public var numbering: Numbering
    public var messages: SequenceSet
    public var items: [FetchItem]

    public init(_ numbering: Numbering, _ messages: SequenceSet, _ items: [FetchItem]) {
      self.numbering = numbering
      self.messages = messages
      self.items = items
    }
  }

  /// STORE
  public struct Store: Sendable, Hashable {
    public var numbering: Numbering
    public var messages: SequenceSet
    public var change: StoreOrder.Change
    public var flags: Flags
    /// Whether the client does not want to hear the flags as they are afterwards.
    public var isSilent: Bool

    public init(_ numbering: Numbering, _ messages: SequenceSet, _ change: StoreOrder.Change, _ flags: Flags, isSilent: Bool = false) {
      self.numbering = numbering
      self.messages = messages
      self.change = change
      self.flags = flags
      self.isSilent = isSilent
    }
  }
}

/// What a program says of itself.
// RFC 2971 §3.3
public struct IDField: Sendable, Hashable {
  public var name: Buffer
  public var value: Buffer?

  public init(_ name: Buffer, _ value: Buffer?) {
    self.name = name
    self.value = value
  }
}

/// The part of APPEND before the message.
// RFC 3501 §6.3.11
public struct AppendHead: Sendable, Hashable {
  public var mailbox: Buffer
  public var flags: Flags
  public var date: InternalDate?

  public init(mailbox: Buffer, flags: Flags, date: InternalDate? = nil) {
    self.mailbox = mailbox
    self.flags = flags
    self.date = date
  }
}
