// What verbs, parameters, extensions and mechanisms mean, in one sentence each, for people. One table per registry.
// Read before: Explain.swift.

/// A sentence and the section it comes from.
struct Meaning: Sendable {
  var meaning: String
  var source: String

  init(_ meaning: String, _ source: String) {
    self.meaning = meaning
    self.source = source
  }
}

enum Words {
  static let verbs: [String: Meaning] = [
    "EHLO": Meaning("Begins a session, and asks what the server can do.", "RFC 5321 §4.1.1.1"),
    "HELO": Meaning("Begins a session as in 1982: nothing is offered.", "RFC 5321 §4.1.1.1"),
    "MAIL": Meaning("Begins a transaction: who sends.", "RFC 5321 §4.1.1.2"),
    "RCPT": Meaning("One recipient of the message to come.", "RFC 5321 §4.1.1.3"),
    "DATA": Meaning("Asks for leave to send the message, which then ends with a lone dot.", "RFC 5321 §4.1.1.4"),
    "RSET": Meaning("Forgets the transaction.", "RFC 5321 §4.1.1.5"),
    "VRFY": Meaning("Asks whether there is such a user; servers seldom tell.", "RFC 5321 §4.1.1.6"),
    "EXPN": Meaning("Asks who is on a list; servers seldom tell.", "RFC 5321 §4.1.1.7"),
    "HELP": Meaning("Asks for help, for people.", "RFC 5321 §4.1.1.8"),
    "NOOP": Meaning("Does nothing, to see whether the server is there.", "RFC 5321 §4.1.1.9"),
    "QUIT": Meaning("Says goodbye.", "RFC 5321 §4.1.1.10"),
    "STARTTLS": Meaning("Asks for TLS: everything behind the reply is inside it.", "RFC 3207 §4"),
    "AUTH": Meaning("Says who one is.", "RFC 4954 §4"),
    "BDAT": Meaning("Sends a part of the message, counted instead of ended by a dot.", "RFC 3030 §2"),
    "ETRN": Meaning("Asks a server to send the mail it keeps for a domain.", "RFC 1985 §5"),
    "TURN": Meaning("Asks to change roles; nobody does, since nobody knows who asks.", "RFC 5321 appendix F.1"),
    "ATRN": Meaning("Asks to change roles, logged in.", "RFC 2645 §4"),
    "SEND": Meaning("Mail to a terminal, in another age.", "RFC 5321 appendix F.6"),
    "SOML": Meaning("Mail to a terminal or a mailbox, in another age.", "RFC 5321 appendix F.6"),
    "SAML": Meaning("Mail to a terminal and a mailbox, in another age.", "RFC 5321 appendix F.6"),
  ]

  static let parameters: [String: Meaning] = [
    "SIZE": Meaning("How many bytes the message has, so that it can be refused before it comes.", "RFC 1870 §6"),
    "BODY": Meaning("Whether the message has bytes above 127.", "RFC 6152 §3"),
    "AUTH": Meaning("Who submitted the message in the first place; of worth only among servers that trust each other.", "RFC 4954 §5"),
    "SMTPUTF8": Meaning("Addresses and fields of this message may be UTF-8.", "RFC 6531 §3.4"),
    "RET": Meaning("Whether a report shall hold the whole message or its head.", "RFC 3461 §4.3"),
    "ENVID": Meaning("A name for this transaction, which comes back in reports.", "RFC 3461 §4.4"),
    "NOTIFY": Meaning("When a report is wanted.", "RFC 3461 §4.1"),
    "ORCPT": Meaning("The recipient as it was first named, which comes back in reports.", "RFC 3461 §4.2"),
    "REQUIRETLS": Meaning("The message is not to be sent on without TLS.", "RFC 8689 §2"),
    "MT-PRIORITY": Meaning("How urgent the message is.", "RFC 6710 §4"),
    "BY": Meaning("By when it is to be delivered.", "RFC 2852 §4"),
    "HOLDFOR": Meaning("How long the message is to be kept before it is sent.", "RFC 4865 §4"),
    "HOLDUNTIL": Meaning("Until when the message is to be kept.", "RFC 4865 §4"),
  ]

  static let extensions: [String: Meaning] = [
    "PIPELINING": Meaning("Commands may be sent without waiting for each reply.", "RFC 2920 §2"),
    "SIZE": Meaning("How big a message may be, in bytes, and that clients may say how big theirs is.", "RFC 1870 §4"),
    "8BITMIME": Meaning("Messages may hold bytes above 127.", "RFC 6152 §2"),
    "ENHANCEDSTATUSCODES": Meaning("Replies hold codes that say more than three digits can.", "RFC 2034 §3"),
    "STARTTLS": Meaning("TLS may begin here.", "RFC 3207 §2"),
    "AUTH": Meaning("Clients may log in, in these ways.", "RFC 4954 §3"),
    "CHUNKING": Meaning("Messages may be sent in counted parts.", "RFC 3030 §2"),
    "BINARYMIME": Meaning("Messages may hold any bytes, also without lines.", "RFC 3030 §3"),
    "SMTPUTF8": Meaning("Addresses may be UTF-8.", "RFC 6531 §3.1"),
    "DSN": Meaning("Clients may say which reports they want.", "RFC 3461 §4"),
    "LIMITS": Meaning("How much of what may be sent in one connection or transaction.", "RFC 9422 §3"),
    "REQUIRETLS": Meaning("Clients may ask that a message is never sent in the clear.", "RFC 8689 §2"),
    "VRFY": Meaning("The command VRFY is known.", "RFC 5321 §4.1.1.6"),
    "EXPN": Meaning("The command EXPN is known.", "RFC 5321 §4.1.1.7"),
    "HELP": Meaning("The command HELP is known.", "RFC 5321 §4.1.1.8"),
    "ETRN": Meaning("The command ETRN is known.", "RFC 1985 §4"),
    "DELIVERBY": Meaning("Clients may say by when a message is to be delivered.", "RFC 2852 §3"),
    "MT-PRIORITY": Meaning("Clients may say how urgent a message is.", "RFC 6710 §3"),
    "FUTURERELEASE": Meaning("Clients may have a message kept for later.", "RFC 4865 §3"),
  ]

  static func meaning(ofMechanism name: String) -> String {
    switch name {
    case "PLAIN": "User and password in one line."
    case "LOGIN": "User and password, asked for one after the other."
    default: "A way to log in."
    }
  }
}
