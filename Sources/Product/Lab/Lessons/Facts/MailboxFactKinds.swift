// The kinds of facts about mailboxes: POP3's commands and replies, IMAP's commands and responses, and the letters that came by either.
// Read next: POP3Facts.swift, IMAPFacts.swift, LetterFacts.swift, which make the facts.

extension FactKind {
  package static let pop3Command = FactKind("command of POP3", passing + [
    Member("keyword", .text, "its first word in capital letters; nothing for an answer to a challenge"), Member("argument", .text, "what follows it; nothing when nothing does"),
    Member("line", .text, "the whole line"),
  ])

  package static let pop3Reply = FactKind("reply of POP3", passing + [
    Member("ok", .truth, "whether it begins with +OK"), Member("text", .text, "what follows that word in the first line"),
    Member("item", .list(.text), "the lines of a listing, without the dot at its end"), Member("command", .fact(pop3Command), "the command it answers; nothing for the greeting"),
  ])

  package static let imapCommand = FactKind("command of IMAP", passing + [
    Member("tag", .text, "the client's name for it"), Member("keyword", .text, "what is to be done, in capital letters: FETCH, UID FETCH, DONE, …"),
    Member("argument", .text, "what follows it; nothing when nothing does"), Member("line", .text, "the whole line"),
  ])

  package static let imapResponse = FactKind("response of IMAP", passing + [
    Member("tag", .text, "the tag of the command it ends; nothing for what the server tells by itself"),
    Member("keyword", .text, "what it is, in capital letters: OK, EXISTS, FETCH, FLAGS, …"), Member("number", .number, "the number in front of that word; nothing without one"),
    Member("text", .text, "what follows that word"), Member("line", .text, "the whole line; `{n}` where n bytes of content stood"),
    Member("code", .text, "what stands in square brackets, as in UIDNEXT 7; nothing without any"), Member("flags", .list(.text), "the flags it tells, without the signs in front"),
    Member("uid", .number, "the identifier it tells; nothing when it tells none"), Member("command", .fact(imapCommand), "the command that was under way; nothing before the first"),
  ])

  package static let stamp = FactKind("stamp", [
    Member("line", .text, "the whole value of a Received field on one line"), Member("from", .text, "who the client said it is"),
    Member("address", .text, "the address it came from, as the server saw it"), Member("by", .text, "the server that wrote the stamp"),
    Member("with", .text, "by which protocol"), Member("for", .text, "the recipient; nothing when none is named"),
    Member("time", .duration, "when, from the start of the run; negative: before it"),
  ])

  package static let verdict = FactKind("verdict", [
    Member("server", .text, "who says it"), Member("method", .text, "spf or dkim"), Member("result", .text, "pass, fail, none, …"),
    Member("domain", .text, "whose domain it is about"), Member("reason", .text, "why; nothing when it is not said"),
  ])

  package static let link = FactKind("link", [
    Member("text", .text, "what is to be read"), Member("url", .text, "where it leads"), Member("host", .text, "the host in that"),
  ])

  package static let fetchedLetter = FactKind("fetched letter", passing + lettering + [
    Member("number", .number, "its number in the session it was fetched in"), Member("mailbox", .text, "where it lay; INBOX for POP3"), Member("way", .text, "pop3 or imap"),
    Member("author", .text, "the address in From"), Member("authorName", .text, "the name beside it; nothing without one"),
    Member("authorDomain", .text, "what follows the @ in it"), Member("replyTo", .text, "the address in Reply-To; nothing without one"),
    Member("subject", .text, "what it is about"), Member("returnPath", .text, "the sender of the envelope, <> for none; nothing when nobody wrote it down"),
    Member("stamp", .list(.fact(stamp)), "what its Received fields say, the newest first"), Member("verdict", .list(.fact(verdict)), "what servers found out about its origin"),
    Member("text", .text, "its text, decoded, of the first part that has one"), Member("link", .list(.fact(link)), "the links in it"),
  ])

  package static let pop3 = FactKind("part of POP3", [
    Member("command", .list(.fact(pop3Command)), "every line that a client sent"), Member("reply", .list(.fact(pop3Reply)), "every reply, the greeting among them"),
  ])

  package static let imap = FactKind("part of IMAP", [
    Member("command", .list(.fact(imapCommand)), "every command that a client sent"), Member("response", .list(.fact(imapResponse)), "every line that a server said"),
  ])

  /// All of them, for the page that lists them.
  static let mailAccess = [pop3, pop3Command, pop3Reply, imap, imapCommand, imapResponse, fetchedLetter, stamp, verdict, link]
}
