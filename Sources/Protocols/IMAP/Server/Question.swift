// What the server conversation asks its owner, and what the owner answers: the seam between the protocol and the mailboxes.
// Every question with a ticket is answered exactly once, by `.answered(ticket, …)`, at once or later; the conversation asks one thing at a
// time and reads no further command meanwhile. Messages are named by unique identifiers only: which number a message has on this
// connection, and what \Recent is there, the conversation keeps.
// Read next: FetchedMessage.swift (answers about messages), ServerConversation.swift.
public import Bytes
public import World

/// A question of the server conversation.
public enum Question: Sendable, Hashable {
  // MARK: The account

  /// Are these somebody's name and password? `.done` or `.refused`. A late answer is a delay for who guesses.
  case logIn(Ticket, user: String, password: String)
  /// All mailboxes of the account, with the names that are subscribed to but not there: `.mailboxes`.
  case mailboxes(Ticket)
  /// `.status` or `.refused`. Also asked about the selected mailbox.
  case status(Ticket, MailboxName)
  /// Makes a mailbox, and those above it that are missing: `.done` or `.refused` (ALREADYEXISTS, LIMIT …).
  case create(Ticket, MailboxName)
  /// `.done` or `.refused`. A mailbox with others below it loses its messages and becomes a name only (RFC 3501 §6.3.4).
  case delete(Ticket, MailboxName)
  /// With all that lie below. Renaming INBOX moves its messages and leaves it empty (RFC 3501 §6.3.5).
  case rename(Ticket, MailboxName, to: MailboxName)
  /// `.done`, whether or not there is such a mailbox (RFC 3501 §6.3.6).
  case subscribe(Ticket, MailboxName)
  case unsubscribe(Ticket, MailboxName)

  // MARK: The selected mailbox

  /// `.selected` or `.refused`; refused: no mailbox is selected. From the answer on the owner tells changes as `.changed` with this ticket.
  /// Selecting leaves what was selected before.
  case select(Ticket, MailboxName, Access)
  /// The mailbox is no longer selected. With `expunging` its deleted messages go first, without a word (CLOSE). `.done`.
  case leave(Ticket, expunging: Bool)
  /// Which messages meet the key: `.found` or `.refused`.
  case search(Ticket, SearchKey)
  /// The items of these messages: `.fetched`. At most `Limits.indexBatchMax` messages; more are asked for when these are on their way.
  case fetch(Ticket, FetchOrder)
  /// Changes flags: `.stored` or `.refused`.
  case store(Ticket, StoreOrder)
  /// Copies all or none: `.copied` or `.refused` (TRYCREATE, OVERQUOTA …).
  case copy(Ticket, UIDSet, to: MailboxName)
  /// Moves all or none. The answer says what has gone; `.changed` does not say it again.
  case move(Ticket, UIDSet, to: MailboxName)
  /// Removes the messages with \Deleted, or those of them that are in the set: `.expunged` or `.refused`.
  case expunge(Ticket, within: UIDSet?)
  /// The client has been told that these are gone: what is kept of them for this connection may go too (RFC 2180 §4.1). No answer.
  case forgotten(UIDSet)

  // MARK: A new message (one at a time)

  /// A message is to be added: `.done` (its content follows) or `.refused` (TRYCREATE, OVERQUOTA, TOOBIG …).
  case append(Ticket, AppendOrder)
  /// A piece of its content, its lines ending in CR LF. `.done` or `.refused`; nothing more comes before that, and nothing after a refusal.
  case appendContent(Ticket, Buffer)
  /// That was all: `.appended` when it is durable, or `.refused`.
  case appendEnd(Ticket)
  /// The rest will not come: what was taken is to be forgotten. No answer.
  case appendAbandoned

  /// The connection is over. No answer; nothing is asked after it.
  case gone
}

/// How a mailbox is selected.
public enum Access: Sendable, Hashable {
  case readWrite
  /// EXAMINE: nothing changes, not even what is \Recent.
  case readOnly
}

/// What is asked of some messages.
public struct FetchOrder: Sendable, Hashable {
  public var messages: UIDSet
  /// In the order of the answer.
  public var items: [FetchItem]
  /// Whether the messages become \Seen by it. The owner then adds `.flags` to the answer of each message that was not, as it is afterwards.
  public var setsSeen: Bool

  public init(_ messages: UIDSet, _ items: [FetchItem], setsSeen: Bool = false) {
    self.messages = messages
    self.items = items
    self.setsSeen = setsSeen
  }
}

/// What becomes of the flags of some messages.
public struct StoreOrder: Sendable, Hashable {
  public var messages: UIDSet
  public var change: Change
  public var flags: Flags

  public enum Change: Sendable, Hashable {
    /// The flags become exactly these.
    case replace
    case add
    case remove
  }

  public init(_ messages: UIDSet, _ change: Change, _ flags: Flags) {
    self.messages = messages
    self.change = change
    self.flags = flags
  }
}

/// A message that is to be added.
public struct AppendOrder: Sendable, Hashable {
  public var mailbox: MailboxName
  public var flags: Flags
  /// Nil: now.
  public var date: InternalDate?
  /// As announced. Bare CR and LF become CR LF, so what comes may be more. Unit: bytes.
  public var size: Int64

  public init(mailbox: MailboxName, flags: Flags, date: InternalDate?, size: Int64) {
    self.mailbox = mailbox
    self.flags = flags
    self.date = date
    self.size = size
  }
}

/// What the owner answers.
public enum Answer: Sendable, Hashable {
  /// It is done, and durable.
  case done
  /// It is not done. The client hears `NO`.
  case refused(Refusal)
  case mailboxes([ListedMailbox])
  case status(MailboxStatus)
  case selected(SelectedMailbox)
  /// Those that meet the key.
  case found(UIDSet)
  /// Those of the messages that are still there, in any order. `left` are some that the owner has no room for at the moment, never all: they are
  /// asked for again when these are on their way.
  case fetched([FetchedMessage], left: UIDSet = UIDSet())
  /// The flags are changed; `unchanged` are the messages that were not there any more.
  case stored(unchanged: UIDSet)
  /// What was copied or moved, and under which identifiers: the first of `from` became the first of `to`, and so on. Fewer than asked for:
  /// the others were not there any more.
  case copied(validity: UInt32, from: UIDSet, to: UIDSet)
  case expunged(UIDSet)
  case appended(validity: UInt32, uid: UInt32)
}

/// Why something is not done.
public struct Refusal: Error, Sendable, Hashable {
  public var code: ResponseCode?
  /// One line for people, in ASCII.
  public var text: String

  public init(_ code: ResponseCode? = nil, _ text: String) {
    self.code = code
    self.text = text
  }
}

/// A name in the account's list.
public struct ListedMailbox: Sendable, Hashable {
  public var name: MailboxName
  public var kind: Kind
  public var isSubscribed: Bool
  public var specialUse: SpecialUse?

  public enum Kind: Sendable, Hashable {
    case mailbox
    /// Not there as a mailbox, only as a level above others: `\Noselect`.
    case level
    /// Not there at all; only subscribed to.
    case missing
  }

  public init(_ name: MailboxName, _ kind: Kind = .mailbox, isSubscribed: Bool = false, specialUse: SpecialUse? = nil) {
    self.name = name
    self.kind = kind
    self.isSubscribed = isSubscribed
    self.specialUse = specialUse
  }
}

/// The figures of a mailbox.
// RFC 3501 §6.3.10
public struct MailboxStatus: Sendable, Hashable {
  public var messages: Int
  public var recent: Int
  public var unseen: Int
  public var uidNext: UInt32
  public var uidValidity: UInt32

  public init(messages: Int, recent: Int, unseen: Int, uidNext: UInt32, uidValidity: UInt32) {
    self.messages = messages
    self.recent = recent
    self.unseen = unseen
    self.uidNext = uidNext
    self.uidValidity = uidValidity
  }
}

/// A mailbox as it is when it is selected.
// RFC 3501 §6.3.1
public struct SelectedMailbox: Sendable, Hashable {
  public var messages: UIDSet
  /// Those that no other connection has seen as recent (with `.readOnly` they stay so).
  public var recent: UIDSet
  public var firstUnseen: UInt32?
  public var uidNext: UInt32
  public var uidValidity: UInt32
  /// The keywords in use.
  public var keywords: [String]
  /// Whether more keywords may be made up.
  public var takesKeywords: Bool
  /// Whether it can only be read, whatever was asked for.
  public var isReadOnly: Bool

  public init(
    messages: UIDSet, recent: UIDSet = UIDSet(), firstUnseen: UInt32? = nil, uidNext: UInt32, uidValidity: UInt32, keywords: [String] = [],
    takesKeywords: Bool = true, isReadOnly: Bool = false
  ) {
    self.messages = messages
    self.recent = recent
    self.firstUnseen = firstUnseen
    self.uidNext = uidNext
    self.uidValidity = uidValidity
    self.keywords = keywords
    self.takesKeywords = takesKeywords
    self.isReadOnly = isReadOnly
  }
}

/// What happened to the selected mailbox. Told at any time; the conversation keeps it until the client may hear it.
///
/// Not told: what this connection's own `expunge`, `move`, `store` and `fetch` did, which their answers say. Told, before the answer to it:
/// messages that its own `append` or `copy` put into the selected mailbox.
public enum MailboxChange: Sendable, Hashable {
  /// New messages, and which of them are recent here.
  case arrived(UIDSet, recent: UIDSet)
  case expunged(UIDSet)
  /// Flags of these messages changed; the conversation asks for them when it may tell them.
  case flagsChanged(UIDSet)
  /// The mailbox is gone or was replaced: the client is told `BYE`, since nothing it knows is true any more.
  case replaced
}
