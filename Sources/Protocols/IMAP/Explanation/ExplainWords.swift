// What commands, items, keys, flags, codes and capabilities mean, in one sentence each, for people.
// Read before: Explain.swift.

/// A word of the protocol, explained.
struct Word: Sendable {
  var meaning: String
  var source: String
  /// What a command's arguments are, in order.
  var arguments: [Argument] = []

  enum Argument: String, Sendable {
    case user, password, mechanism, mailbox, flags, date, message, set, items, action, keys, fields, reference, pattern
    case response = "initial response"
    case oldName = "old name"
    case newName = "new name"
    case names = "capabilities"
  }

  init(_ meaning: String, _ source: String, _ arguments: Argument...) {
    self.meaning = meaning
    self.source = source
    self.arguments = arguments
  }
}

/// The tables.
enum Words {
  static let commands: [String: Word] = [
    "CAPABILITY": Word("Asks what the server can do.", "RFC 3501 §6.1.1"),
    "NOOP": Word("Asks for nothing; the server may say what has happened.", "RFC 3501 §6.1.2"),
    "LOGOUT": Word("Says goodbye; the server answers and closes.", "RFC 3501 §6.1.3"),
    "STARTTLS": Word("Asks for TLS; what follows the answer is a handshake.", "RFC 3501 §6.2.1"),
    "AUTHENTICATE": Word("Says who is there, by a mechanism.", "RFC 3501 §6.2.2", .mechanism, .response),
    "LOGIN": Word("Says who is there, by name and password.", "RFC 3501 §6.2.3", .user, .password),
    "SELECT": Word("Opens a mailbox to read and change it.", "RFC 3501 §6.3.1", .mailbox),
    "EXAMINE": Word("Opens a mailbox to read it only.", "RFC 3501 §6.3.2", .mailbox),
    "CREATE": Word("Makes a mailbox.", "RFC 3501 §6.3.3", .mailbox),
    "DELETE": Word("Removes a mailbox and what is in it.", "RFC 3501 §6.3.4", .mailbox),
    "RENAME": Word("Gives a mailbox, and those below it, another name.", "RFC 3501 §6.3.5", .oldName, .newName),
    "SUBSCRIBE": Word("Puts a name on the list of those that matter.", "RFC 3501 §6.3.6", .mailbox),
    "UNSUBSCRIBE": Word("Takes a name off that list.", "RFC 3501 §6.3.7", .mailbox),
    "LIST": Word("Asks for the names of mailboxes.", "RFC 3501 §6.3.8", .reference, .pattern),
    "LSUB": Word("Asks for the names that are subscribed to.", "RFC 3501 §6.3.9", .reference, .pattern),
    "STATUS": Word("Asks for the figures of a mailbox without opening it.", "RFC 3501 §6.3.10", .mailbox, .items),
    "APPEND": Word("Puts a message into a mailbox.", "RFC 3501 §6.3.11", .mailbox, .flags, .date, .message),
    "CHECK": Word("Asks the server to put its house in order.", "RFC 3501 §6.4.1"),
    "CLOSE": Word("Leaves the mailbox; deleted messages go for good.", "RFC 3501 §6.4.2"),
    "EXPUNGE": Word("Removes deleted messages for good.", "RFC 3501 §6.4.3", .set),
    "SEARCH": Word("Asks which messages meet conditions.", "RFC 3501 §6.4.4", .keys),
    "FETCH": Word("Asks for messages or parts of them.", "RFC 3501 §6.4.5", .set, .items),
    "STORE": Word("Changes flags.", "RFC 3501 §6.4.6", .set, .action, .flags),
    "COPY": Word("Copies messages into another mailbox.", "RFC 3501 §6.4.7", .set, .mailbox),
    "UID": Word("The numbers of this command, and of its answers, are unique identifiers.", "RFC 3501 §6.4.8"),
    "MOVE": Word("Moves messages into another mailbox, in one step.", "RFC 6851 §3.1", .set, .mailbox),
    "IDLE": Word("Asks to be told at once what happens, until DONE.", "RFC 2177 §3"),
    "DONE": Word("The client has idled enough.", "RFC 2177 §3"),
    "NAMESPACE": Word("Asks under which names whose mailboxes stand.", "RFC 2342 §5"),
    "UNSELECT": Word("Leaves the mailbox; nothing is removed.", "RFC 3691 §2"),
    "ID": Word("Says which program this is, and asks the same.", "RFC 2971 §3.1", .fields),
    "ENABLE": Word("Switches extensions on.", "RFC 5161 §3.1", .names),
  ]

  static let arguments: [Word.Argument: Word] = [
    .user: Word("Whose mailboxes.", "RFC 3501 §6.2.3"), .password: Word("What proves it.", "RFC 3501 §6.2.3"),
    .mechanism: Word("How it is proved.", "RFC 4422 §3"), .response: Word("The mechanism's first words, sent unasked.", "RFC 4959 §3"),
    .mailbox: Word("Which mailbox.", "RFC 3501 §5.1"), .oldName: Word("Which mailbox.", "RFC 3501 §5.1"), .newName: Word("What it is called from now on.", "RFC 3501 §5.1"),
    .flags: Word("Flags and keywords.", "RFC 3501 §2.3.2"), .date: Word("When the message is to have come.", "RFC 3501 §2.3.3"),
    .message: Word("The message itself.", "RFC 3501 §6.3.11"), .set: Word("Which messages: numbers, ranges, `*` for the last.", "RFC 3501 §9"),
    .items: Word("What is asked for.", "RFC 3501 §6.4.5"), .action: Word("Whether flags are replaced, added (+) or taken away (-).", "RFC 3501 §6.4.6"),
    .keys: Word("Conditions, all of which have to hold.", "RFC 3501 §6.4.4"), .fields: Word("Names and values.", "RFC 2971 §3.3"),
    .reference: Word("Where the pattern begins.", "RFC 3501 §6.3.8"), .pattern: Word("Which names: `*` for anything, `%` for anything on one level.", "RFC 3501 §6.3.8"),
    .names: Word("Extensions.", "RFC 5161 §3.1"),
  ]

  static let responses: [String: Word] = [
    "OK": Word("It is done, or a remark.", "RFC 3501 §7.1.1"), "NO": Word("It is not done.", "RFC 3501 §7.1.2"),
    "BAD": Word("It is no command, or not now.", "RFC 3501 §7.1.3"), "PREAUTH": Word("Nobody need log in.", "RFC 3501 §7.1.4"),
    "BYE": Word("The server closes the connection.", "RFC 3501 §7.1.5"),
    "CAPABILITY": Word("What the server can do.", "RFC 3501 §7.2.1"), "LIST": Word("A mailbox: its attributes, what parts its levels, its name.", "RFC 3501 §7.2.2"),
    "LSUB": Word("A name that is subscribed to.", "RFC 3501 §7.2.3"), "STATUS": Word("Figures of a mailbox.", "RFC 3501 §7.2.4"),
    "SEARCH": Word("The messages that meet the conditions.", "RFC 3501 §7.2.5"), "FLAGS": Word("The flags that messages here may have.", "RFC 3501 §7.2.6"),
    "EXISTS": Word("How many messages the mailbox has.", "RFC 3501 §7.3.1"), "RECENT": Word("How many of them nobody was told of before.", "RFC 3501 §7.3.2"),
    "EXPUNGE": Word("The message with this number is gone; those behind it move down.", "RFC 3501 §7.4.1"),
    "FETCH": Word("What is told about the message with this number.", "RFC 3501 §7.4.2"),
    "NAMESPACE": Word("Whose mailboxes stand under which names: one's own, other people's, shared ones.", "RFC 2342 §5"),
    "ID": Word("Which program the server is.", "RFC 2971 §3.2"), "ENABLED": Word("The extensions that are on now.", "RFC 5161 §3.2"),
  ]

  static let items: [String: Word] = [
    "FLAGS": Word("The message's flags.", "RFC 3501 §7.4.2"), "UID": Word("The message's number for good.", "RFC 3501 §2.3.1.1"),
    "INTERNALDATE": Word("When the message came.", "RFC 3501 §2.3.3"), "RFC822.SIZE": Word("How many bytes the message has.", "RFC 3501 §2.3.4"),
    "ENVELOPE": Word("Date, subject, from, sender, reply-to, to, cc, bcc, in-reply-to, message-id.", "RFC 3501 §7.4.2"),
    "BODYSTRUCTURE": Word("The tree of the message's parts.", "RFC 3501 §7.4.2"), "BODY": Word("The tree of the message's parts, in short.", "RFC 3501 §7.4.2"),
    "RFC822": Word("The whole message.", "RFC 3501 §6.4.5"), "RFC822.HEADER": Word("Its header.", "RFC 3501 §6.4.5"), "RFC822.TEXT": Word("Its text.", "RFC 3501 §6.4.5"),
    "ALL": Word("Flags, date, size and envelope.", "RFC 3501 §6.4.5"), "FAST": Word("Flags, date and size.", "RFC 3501 §6.4.5"),
    "FULL": Word("Flags, date, size, envelope and structure.", "RFC 3501 §6.4.5"),
    "MESSAGES": Word("How many messages there are.", "RFC 3501 §6.3.10"), "RECENT": Word("How many are recent.", "RFC 3501 §6.3.10"),
    "UIDNEXT": Word("The identifier that the next message gets.", "RFC 3501 §2.3.1.1"),
    "UIDVALIDITY": Word("As long as this stays the same, identifiers mean the same messages.", "RFC 3501 §2.3.1.1"),
    "UNSEEN": Word("How many nobody has read.", "RFC 3501 §6.3.10"),
  ]

  static let flags: [String: Word] = [
    "\\SEEN": Word("It was read.", "RFC 3501 §2.3.2"), "\\ANSWERED": Word("It was answered.", "RFC 3501 §2.3.2"), "\\FLAGGED": Word("It wants attention.", "RFC 3501 §2.3.2"),
    "\\DELETED": Word("It goes with the next EXPUNGE.", "RFC 3501 §2.3.2"), "\\DRAFT": Word("It is not finished.", "RFC 3501 §2.3.2"),
    "\\RECENT": Word("This connection is the first to be told of it.", "RFC 3501 §2.3.2"), "\\*": Word("Keywords can be made up.", "RFC 3501 §7.1"),
    "\\NOSELECT": Word("A name only, not a mailbox.", "RFC 3501 §7.2.2"), "\\NOINFERIORS": Word("Nothing can lie below it.", "RFC 3501 §7.2.2"),
    "\\MARKED": Word("Something has come since it was last open.", "RFC 3501 §7.2.2"), "\\UNMARKED": Word("Nothing has come since it was last open.", "RFC 3501 §7.2.2"),
    "\\HASCHILDREN": Word("Others lie below it.", "RFC 3348 §3"), "\\HASNOCHILDREN": Word("None lies below it.", "RFC 3348 §3"),
    "\\ALL": Word("All messages.", "RFC 6154 §2"), "\\ARCHIVE": Word("For what is kept.", "RFC 6154 §2"), "\\DRAFTS": Word("For what is not finished.", "RFC 6154 §2"),
    "\\JUNK": Word("For what nobody wants.", "RFC 6154 §2"), "\\SENT": Word("For what was sent.", "RFC 6154 §2"), "\\TRASH": Word("For what is thrown away.", "RFC 6154 §2"),
  ]

  static let keys: [String: Word] = [
    "ALL": Word("Every message.", key), "ANSWERED": Word("It was answered.", key), "BCC": Word("The Bcc field has this text.", key),
    "BEFORE": Word("It came before this day.", key), "BODY": Word("The text has this.", key), "CC": Word("The Cc field has this text.", key),
    "CHARSET": Word("How the texts are encoded.", key), "DELETED": Word("It is to go.", key), "DRAFT": Word("It is not finished.", key), "FLAGGED": Word("It wants attention.", key),
    "FROM": Word("The From field has this text.", key), "HEADER": Word("A field has this text.", key), "KEYWORD": Word("It has this keyword.", key),
    "LARGER": Word("It has more bytes than this.", key), "NEW": Word("It is recent and not read.", key), "NOT": Word("The next condition does not hold.", key),
    "OLD": Word("It is not recent.", key), "ON": Word("It came on this day.", key), "OR": Word("One of the next two conditions holds.", key),
    "RECENT": Word("It is recent.", key), "SEEN": Word("It was read.", key), "SENTBEFORE": Word("It was written before this day.", key),
    "SENTON": Word("It was written on this day.", key), "SENTSINCE": Word("It was written on this day or later.", key), "SINCE": Word("It came on this day or later.", key),
    "SMALLER": Word("It has fewer bytes than this.", key), "SUBJECT": Word("The subject has this text.", key), "TEXT": Word("The header or the text has this.", key),
    "TO": Word("The To field has this text.", key), "UID": Word("It is one of these.", key), "UNANSWERED": Word("It was not answered.", key),
    "UNDELETED": Word("It is not to go.", key), "UNDRAFT": Word("It is finished.", key), "UNFLAGGED": Word("It does not want attention.", key),
    "UNKEYWORD": Word("It does not have this keyword.", key), "UNSEEN": Word("It was not read.", key),
  ]

  private static let key = "RFC 3501 §6.4.4"

  static let codes: [String: Word] = [
    "ALERT": Word("The person has to be shown this.", "RFC 3501 §7.1"), "BADCHARSET": Word("Texts may be in these charsets.", "RFC 3501 §7.1"),
    "CAPABILITY": Word("What the server can do.", "RFC 3501 §7.1"), "PARSE": Word("A message's header cannot be read.", "RFC 3501 §7.1"),
    "PERMANENTFLAGS": Word("The flags that stay.", "RFC 3501 §7.1"), "READ-ONLY": Word("The mailbox can only be read.", "RFC 3501 §7.1"),
    "READ-WRITE": Word("The mailbox can be changed.", "RFC 3501 §7.1"), "TRYCREATE": Word("It would work if the mailbox were made first.", "RFC 3501 §7.1"),
    "UIDNEXT": Word("The identifier that the next message gets.", "RFC 3501 §7.1"),
    "UIDVALIDITY": Word("As long as this stays the same, identifiers mean the same messages.", "RFC 3501 §7.1"),
    "UNSEEN": Word("The number of the first message that nobody has read.", "RFC 3501 §7.1"),
    "APPENDUID": Word("UIDVALIDITY, and the identifier the message got.", "RFC 4315 §3"),
    "COPYUID": Word("UIDVALIDITY, the identifiers of what was copied, and those of the copies.", "RFC 4315 §3"),
    "UIDNOTSTICKY": Word("Identifiers here do not last.", "RFC 4315 §3"),
    "UNAVAILABLE": Word("Something that is needed is not there now.", "RFC 5530 §3"), "AUTHENTICATIONFAILED": Word("Name or password are wrong.", "RFC 5530 §3"),
    "AUTHORIZATIONFAILED": Word("One may not act as that person.", "RFC 5530 §3"), "EXPIRED": Word("The password has run out.", "RFC 5530 §3"),
    "PRIVACYREQUIRED": Word("Not without TLS.", "RFC 5530 §3"), "CONTACTADMIN": Word("Only a person can help.", "RFC 5530 §3"),
    "NOPERM": Word("That is not allowed.", "RFC 5530 §3"), "INUSE": Word("Somebody else is at it.", "RFC 5530 §3"),
    "EXPUNGEISSUED": Word("Some of the messages are gone already.", "RFC 5530 §3"), "CORRUPTION": Word("What is stored is damaged.", "RFC 5530 §3"),
    "SERVERBUG": Word("The server made a mistake.", "RFC 5530 §3"), "CLIENTBUG": Word("The client made a mistake.", "RFC 5530 §3"),
    "CANNOT": Word("That can never be done.", "RFC 5530 §3"), "LIMIT": Word("A bound was reached.", "RFC 5530 §3"),
    "OVERQUOTA": Word("There is no room left.", "RFC 5530 §3"), "ALREADYEXISTS": Word("There is such a mailbox.", "RFC 5530 §3"),
    "NONEXISTENT": Word("There is no such mailbox.", "RFC 5530 §3"), "TOOBIG": Word("The message is too large.", "RFC 7889 §4"),
    "CLOSED": Word("The mailbox that was open is not any more.", "RFC 7162 §3.2.11"),
  ]

  static let capabilities: [String: Word] = [
    "IMAP4REV1": Word("This protocol.", "RFC 3501 §6.1.1"), "IMAP4REV2": Word("The protocol's next version.", "RFC 9051 §6.1.1"),
    "STARTTLS": Word("TLS can be begun.", "RFC 3501 §6.2.1"), "LOGINDISABLED": Word("No LOGIN before TLS.", "RFC 3501 §6.2.3"),
    "LITERAL+": Word("Literals may come unasked.", "RFC 7888 §3"), "LITERAL-": Word("Small literals may come unasked.", "RFC 7888 §5"),
    "SASL-IR": Word("A mechanism's first words may come with the command.", "RFC 4959 §3"), "ID": Word("Programs may say what they are.", "RFC 2971 §3"),
    "ENABLE": Word("Extensions can be switched on.", "RFC 5161 §3"), "IDLE": Word("The client can wait and be told.", "RFC 2177 §3"),
    "NAMESPACE": Word("Whose mailboxes stand where can be asked.", "RFC 2342 §5"), "CHILDREN": Word("LIST says what has others below it.", "RFC 3348 §3"),
    "UNSELECT": Word("A mailbox can be left without removing anything.", "RFC 3691 §2"), "UIDPLUS": Word("The server says which identifiers new messages got.", "RFC 4315 §2"),
    "MOVE": Word("Messages can be moved in one step.", "RFC 6851 §3"), "SPECIAL-USE": Word("LIST says what mailboxes are for.", "RFC 6154 §2"),
    "AUTH=PLAIN": Word("Name and password in one line.", "RFC 4616 §2"), "AUTH=LOGIN": Word("Name and password in two lines.", "RFC 3501 §6.2.2"),
  ]
}
