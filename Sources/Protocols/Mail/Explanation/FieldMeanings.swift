// The fields of messages: what each means in one sentence, which section defines it, and how its value is built.
// Read next: Explain.swift.

/// What is known about a field.
struct FieldMeaning: Sendable {
  /// How a value is taken apart.
  enum Shape: Sendable {
    case text
    case addresses
    case date
    /// `word; name=value; …`
    case parameters
    /// `tag=value; …` of DKIM and its kin.
    case tags
    case results
    case trace
    case identifiers
  }

  let meaning: String
  let source: String
  let shape: Shape

  init(_ meaning: String, _ source: String, _ shape: Shape = .text) {
    self.meaning = meaning
    self.source = source
    self.shape = shape
  }

  /// By name in lower case.
  static let table: [String: FieldMeaning] = [
    // The message itself
    "date": .init("When the author sent it off.", "RFC 5322 §3.6.1", .date),
    "from": .init("Who wrote it. What a reader sees; nothing proves it but a signature.", "RFC 5322 §3.6.2", .addresses),
    "sender": .init("Who sent it, where that is not the author.", "RFC 5322 §3.6.2", .addresses),
    "reply-to": .init("Where the author wants answers.", "RFC 5322 §3.6.2", .addresses),
    "to": .init("To whom it is written. Where it goes is in the envelope, not here.", "RFC 5322 §3.6.3", .addresses),
    "cc": .init("Who else shall read it.", "RFC 5322 §3.6.3", .addresses),
    "bcc": .init("Who reads it without the others' knowledge; a server takes this out.", "RFC 5322 §3.6.3", .addresses),
    "message-id": .init("A name for this message that no other has.", "RFC 5322 §3.6.4", .identifiers),
    "in-reply-to": .init("The message that this one answers.", "RFC 5322 §3.6.4", .identifiers),
    "references": .init("The conversation so far, oldest message first.", "RFC 5322 §3.6.4", .identifiers),
    "subject": .init("What it is about.", "RFC 5322 §3.6.5"),
    "comments": .init("Remarks on the message.", "RFC 5322 §3.6.5"),
    "keywords": .init("Words to find it by.", "RFC 5322 §3.6.5"),
    "resent-date": .init("When somebody sent it on as it was.", "RFC 5322 §3.6.6", .date),
    "resent-from": .init("Who sent it on.", "RFC 5322 §3.6.6", .addresses),
    "resent-sender": .init("Who sent it on, in another's name.", "RFC 5322 §3.6.6", .addresses),
    "resent-to": .init("To whom it was sent on.", "RFC 5322 §3.6.6", .addresses),
    "resent-cc": .init("Who else it was sent on to.", "RFC 5322 §3.6.6", .addresses),
    "resent-bcc": .init("Who else it was sent on to, unknown to the others.", "RFC 5322 §3.6.6", .addresses),
    "resent-message-id": .init("A name for the sending on.", "RFC 5322 §3.6.6", .identifiers),
    // The way it took
    "return-path": .init("The envelope's sender: where reports of failure go. Written at the final delivery.", "RFC 5321 §4.4", .addresses),
    "received": .init("One step of its way: who gave it to whom, how and when. The newest stands first.", "RFC 5321 §4.4", .trace),
    "delivered-to": .init("The mailbox it was put in; a second time there would be a loop.", "RFC 9228 §4", .addresses),
    "received-spf": .init("What a server on the way found out about the sender's policy.", "RFC 7208 §9.1"),
    "authentication-results": .init("What a server found out about where the message comes from. To be believed only from one's own server.", "RFC 8601 §2.2", .results),
    "dkim-signature": .init("A domain's signature: these fields and the body are as they left it.", "RFC 6376 §3.5", .tags),
    "arc-seal": .init("A server on the way vouches for the verdicts of those before it.", "RFC 8617 §4.1.3", .tags),
    "arc-message-signature": .init("The message as it was when a server on the way passed it on, signed.", "RFC 8617 §4.1.2", .tags),
    "arc-authentication-results": .init("What a server on the way found out, kept for those after it.", "RFC 8617 §4.1.1", .results),
    "tls-required": .init("The sender would rather have it delivered without encryption than not at all.", "RFC 8689 §5"),
    // Content
    "mime-version": .init("The content is described as MIME says.", "RFC 2045 §4"),
    "content-type": .init("What the content is.", "RFC 2045 §5", .parameters),
    "content-transfer-encoding": .init("How the content was made fit for the way.", "RFC 2045 §6"),
    "content-disposition": .init("Whether it is to be shown or kept as a file, and the file's name.", "RFC 2183 §2", .parameters),
    "content-id": .init("A name by which other parts refer to this one.", "RFC 2045 §7", .identifiers),
    "content-description": .init("What this part is, for people.", "RFC 2045 §8"),
    "content-language": .init("The language it is written in.", "RFC 3282 §2"),
    "content-location": .init("The address that this part stands for.", "RFC 2557 §4.2"),
    "content-md5": .init("A checksum of the content, of worth against accidents only.", "RFC 1864 §2"),
    "content-duration": .init("How many seconds it lasts.", "RFC 3803 §3"),
    "content-base": .init("Where relative addresses in it begin; nobody writes it any more.", "RFC 2557 §4.1"),
    // Lists
    "list-id": .init("The mailing list it came by.", "RFC 2919 §3"),
    "list-help": .init("Where the list explains itself.", "RFC 2369 §3.1"),
    "list-unsubscribe": .init("How to leave the list.", "RFC 2369 §3.2"),
    "list-unsubscribe-post": .init("That one click on the address above is enough to leave.", "RFC 8058 §3.1"),
    "list-subscribe": .init("How to join the list.", "RFC 2369 §3.3"),
    "list-post": .init("Where to write to the list.", "RFC 2369 §3.4"),
    "list-owner": .init("Who keeps the list.", "RFC 2369 §3.5"),
    "list-archive": .init("Where old messages of the list are.", "RFC 2369 §3.6"),
    "archived-at": .init("Where this message is kept.", "RFC 5064 §2"),
    // Programs
    "auto-submitted": .init("A program wrote it; no program should answer.", "RFC 3834 §5"),
    "precedence": .init("Bulk or list mail; of old use, so that no program answers.", "RFC 3834 §2"),
    "importance": .init("How important the author thinks it is.", "RFC 2156 §5.3"),
    "priority": .init("How urgent the author thinks it is.", "RFC 2156 §5.3"),
    "sensitivity": .init("How private the author wants it kept.", "RFC 2156 §5.3"),
    "disposition-notification-to": .init("Where the author wants to be told that it was read.", "RFC 8098 §2.1", .addresses),
    "original-recipient": .init("The recipient as the sender had written it.", "RFC 8098 §2.3"),
    "autocrypt": .init("The author's key, for who wants to answer encrypted.", "Autocrypt §1"),
    "expires": .init("When it is no longer of use.", "RFC 2156 §5.3", .date),
    "supersedes": .init("The message that this one replaces.", "RFC 2156 §5.3", .identifiers),
    "organization": .init("Where the author works.", "RFC 5536 §3.2.9"),
    "newsgroups": .init("The newsgroups it was posted to.", "RFC 5536 §3.1.4"),
    "user-agent": .init("The program it was written with.", "RFC 5536 §3.2.13"),
    "x-mailer": .init("The program it was written with; a custom, no standard.", "RFC 6648 §1"),
    "x-priority": .init("How urgent it is, 1 most; a custom, no standard.", "RFC 6648 §1"),
    "x-spam-status": .init("What a filter thought of it; a custom, no standard.", "RFC 6648 §1"),
    // Reports
    "reporting-mta": .init("The server that reports.", "RFC 3464 §2.2.2"),
    "arrival-date": .init("When the message came to that server.", "RFC 3464 §2.2.5", .date),
    "final-recipient": .init("Whom it was for, as that server knew it.", "RFC 3464 §2.3.2"),
    "action": .init("What became of it for this recipient.", "RFC 3464 §2.3.3"),
    "status": .init("The same as a code: class, subject, detail.", "RFC 3464 §2.3.4"),
    "remote-mta": .init("The server that said so.", "RFC 3464 §2.3.5"),
    "diagnostic-code": .init("What that server answered.", "RFC 3464 §2.3.6"),
    "last-attempt-date": .init("When it was last tried.", "RFC 3464 §2.3.7", .date),
    "will-retry-until": .init("When it will be given up.", "RFC 3464 §2.3.9", .date),
    "original-envelope-id": .init("What the sender calls the transaction.", "RFC 3464 §2.2.1"),
  ]

  /// One that nobody registered.
  static let unknown = FieldMeaning("A field this program has no description of.", "RFC 5322 §3.6.8")

  /// Fields of which there may be one only, and those that must be there.
  // RFC 5322 §3.6
  static let single = ["date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject", "mime-version", "content-type"]
  static let required = ["date", "from"]

  /// Tags of DKIM-Signature and the fields of ARC.
  // RFC 6376 §3.5, RFC 8617 §4.1
  static let tags: [String: String] = [
    "v": "The version.", "a": "How it is signed.", "b": "The signature itself.", "bh": "The hash of the body.", "c": "How much may change on the way: head, then body.",
    "d": "The domain that signs.", "h": "The fields that are signed, the last of a name first.", "i": "For whom it is signed; in ARC the step on the way.", "l": "How much of the body is signed; the rest anybody may have added.",
    "q": "How the key is found.", "s": "Which of the domain's keys: it is at this name, under _domainkey.", "t": "When it was signed, in seconds since 1970.", "x": "When the signature expires, in seconds since 1970.", "z": "Fields as they were when it was signed.",
    "cv": "Whether the chain so far held.",
  ]

  // RFC 2045 §5, RFC 2183 §2, RFC 3676 §4, RFC 6522 §3
  static let parameters: [String: String] = [
    "boundary": "The line that parts the parts, behind two hyphens.", "charset": "Which bytes are which letters.", "name": "The file's name, as older programs give it.", "filename": "The file's name.", "format": "Whether lines may be joined again.",
    "delsp": "Whether the blank at a joint is to be taken out.", "type": "The type of the first part, which refers to the others.", "start": "The part to begin with.", "report-type": "What is reported.", "protocol": "How it is signed or encrypted.",
    "micalg": "The hash of the signature.", "size": "The file's size in bytes.", "creation-date": "When the file was made.", "modification-date": "When the file was last changed.", "read-date": "When the file was last read.", "access-type": "How to get the content.",
  ]

  // RFC 8601 §2.7
  static let methods: [String: String] = [
    "spf": "Whether the sending host may send for the envelope's sender.", "dkim": "Whether a domain's signature holds.", "dmarc": "Whether one of the two speaks for the author's domain.", "arc": "Whether the chain of servers on the way holds.",
    "auth": "Whether the user had logged in.", "iprev": "Whether the host's name and address belong together.", "none": "Nothing was looked at.",
  ]

  // RFC 5321 §4.4
  static let traceWords: [String: String] = [
    "from": "The host that gave it: as it called itself, in parentheses what the server knows.", "by": "The host that took it.", "via": "Over which kind of link.", "with": "How: E for extensions, S for TLS, A for a login (RFC 3848).", "id": "What the server calls it.", "for": "Whom it was for.",
  ]
}
