// Why a mail store refuses. Each protocol says it in its own words.
package import Storage
package import World

/// Why something could not be done in a mail store.
package enum MailboxError: Error, Hashable, Sendable {
  case noSuchAccount
  case accountExists
  case noSuchMailbox
  case mailboxExists
  /// Not a name this store can have: why, in a few words.
  case badName(String)
  /// There is a name but no mailbox: it only holds others. RFC 3501 §7.2.2 `\Noselect`.
  case notSelectable
  /// What INBOX does not let be done with it.
  case isInbox
  /// A name that only holds others cannot go before them. RFC 3501 §6.3.4.
  case hasChildren
  case overQuota
  /// Unit: bytes.
  case tooLarge(allowed: Int64)
  case limit(LimitReached)
  /// Somebody else has the maildrop. RFC 1939 §8.
  case inUse
  /// The mailbox was opened to be looked at only.
  case readOnly
  /// Too much waits for the disk.
  case busy
  /// The content this was about is no longer there.
  case gone
  case storage(StorageError)
}
