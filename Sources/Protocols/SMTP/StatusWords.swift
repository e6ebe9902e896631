// What reply codes and enhanced codes mean, in one sentence each, for people. One table per registry, in its order.
// Read before: ExplainReply.swift. Also for whoever has to say why a message could not be delivered.

/// Sentences about codes.
public enum StatusWords {
  /// What the first digit of either code means.
  // RFC 5321 §4.2.1, RFC 3463 §2
  static func meaning(ofFirstDigit digit: UInt16) -> String {
    switch digit {
    case 2: "It is done."
    case 3: "More is wanted before it can be done."
    case 4: "Not now: trying again later may help."
    case 5: "No: trying again the same way will not help."
    default: "No digit a reply begins with."
    }
  }

  // RFC 5321 §4.2.3, RFC 4954 §6, RFC 7504 §2, RFC 5321 §4.1.1.11
  public static func meaning(of code: UInt16) -> String {
    switch code {
    case 211: "How the system is."
    case 214: "Help, for people."
    case 220: "The server is ready."
    case 221: "The server closes the connection."
    case 235: "The client is who it says it is."
    case 250: "What was asked for is done."
    case 251: "The user is elsewhere; the server sends the message on."
    case 252: "Whether there is such a user is not told, but mail for them is taken."
    case 334: "The server asks for more to know who the client is."
    case 354: "The message may come; a dot alone on a line ends it."
    case 421: "The server is not available and closes the connection."
    case 432: "The password has to be changed first."
    case 450: "The mailbox cannot be used at the moment."
    case 451: "Something went wrong here; it was not done."
    case 452: "There is no room at the moment, or there were too many recipients."
    case 454: "The server cannot do that at the moment."
    case 455: "The server cannot take these parameters."
    case 500: "The server does not know this command, or the line is too long."
    case 501: "The command's arguments are wrong."
    case 502: "The command is not to be had here."
    case 503: "The command comes at the wrong time."
    case 504: "The server does not know this parameter's value."
    case 521, 556: "No mail is taken here."
    case 530: "The client has to do something else first: log in, or begin TLS."
    case 534: "This way to log in is too weak."
    case 535: "User and password do not fit."
    case 538: "That needs TLS."
    case 550: "It was not done: there is no such mailbox, or the server does not want it."
    case 551: "The user is elsewhere; try there."
    case 552: "The message is too big, or the mailbox too full."
    case 553: "The address is not allowed."
    case 554: "It failed, or is not wanted."
    case 555: "The server does not know these parameters."
    default: meaning(ofFirstDigit: code / 100)
    }
  }

  // RFC 3463 §2
  static func meaning(ofSubject subject: UInt16) -> String {
    switch subject {
    case 0: "About nothing in particular."
    case 1: "About an address."
    case 2: "About a mailbox."
    case 3: "About the mail system itself."
    case 4: "About the network and the way."
    case 5: "About the protocol."
    case 6: "About the message's content."
    case 7: "About security and policy."
    default: "About something this program does not know."
    }
  }

  /// Subject and detail together.
  // RFC 3463 §3, and the registry it began
  public static func meaning(of code: EnhancedCode) -> String {
    switch (code.subject, code.detail) {
    case (0, 0): meaning(ofFirstDigit: code.category)
    case (1, 0): "Something about the address."
    case (1, 1): "There is no such mailbox."
    case (1, 2): "There is no such domain, or it takes no mail."
    case (1, 3): "The recipient's address is not in the grammar."
    case (1, 4): "The address means several mailboxes."
    case (1, 5): "The address is good."
    case (1, 6): "The mailbox has moved, nobody knows where."
    case (1, 7): "The sender's address is not in the grammar."
    case (1, 8): "The sender's domain is wrong: no answer would reach it."
    case (1, 9): "The message was sent on to a server that cannot report."
    case (1, 10): "The domain says that it takes no mail."
    case (2, 0): "Something about the mailbox."
    case (2, 1): "The mailbox is closed."
    case (2, 2): "The mailbox is full."
    case (2, 3): "The message is longer than this mailbox takes."
    case (2, 4): "The list cannot be expanded."
    case (3, 0): "Something about the mail system."
    case (3, 1): "The mail system has no room."
    case (3, 2): "The mail system takes nothing at the moment."
    case (3, 3): "The mail system cannot do what was asked."
    case (3, 4): "The message is too big for the mail system."
    case (3, 5): "The mail system is set up wrongly."
    case (4, 0): "Something about the network."
    case (4, 1): "Nobody answered."
    case (4, 2): "The connection went bad."
    case (4, 3): "The directory did not answer."
    case (4, 4): "There is no way there."
    case (4, 5): "There is too much mail."
    case (4, 6): "The message goes round in circles."
    case (4, 7): "It took too long; the message was given up."
    case (5, 0): "Something about the protocol."
    case (5, 1): "The command is unknown, or comes at the wrong time."
    case (5, 2): "The line is not in the grammar."
    case (5, 3): "There are too many recipients."
    case (5, 4): "The arguments are wrong."
    case (5, 5): "The version of the protocol is wrong."
    case (5, 6): "The line of an authentication is too long."
    case (6, 0): "Something about the content."
    case (6, 1): "The kind of content is not taken."
    case (6, 2): "The content would have to be changed, and must not be."
    case (6, 3): "The content would have to be changed, and cannot be."
    case (6, 4): "The content was changed and lost something."
    case (6, 5): "The content could not be changed."
    case (6, 6): "The content cannot be had."
    case (6, 7): "An address that is not ASCII cannot be sent on."
    case (6, 8): "The reply would have to be UTF-8."
    case (6, 9): "The head is not ASCII and cannot be sent on."
    case (7, 0): "Something about security."
    case (7, 1): "It is not allowed."
    case (7, 2): "The list is not for everybody."
    case (7, 3): "Security cannot be kept on the way."
    case (7, 4): "The security that was asked for is not to be had."
    case (7, 5): "The keys do not fit."
    case (7, 6): "The cipher is not known."
    case (7, 7): "The message was changed on its way."
    case (7, 8): "User and password do not fit."
    case (7, 9): "This way to log in is too weak."
    case (7, 10): "That needs encryption."
    case (7, 11): "That way to log in needs encryption."
    case (7, 12): "The password has to be changed."
    case (7, 13): "The account is closed."
    case (7, 14): "There is no trust between the two."
    case (7, 15): "The priority is too low at the moment."
    case (7, 16): "The message is too big for its priority."
    case (7, 20): "No signature is good."
    case (7, 21): "No signature is one that counts."
    case (7, 22): "No signature is the author's."
    case (7, 23): "The sender's domain does not let this client send."
    case (7, 24): "Whether the sender's domain lets this client send cannot be found out."
    case (7, 25): "The client's address has no name that fits."
    case (7, 26): "Several checks of the sender failed."
    case (7, 27): "The sender takes no mail itself."
    case (7, 30): "The message must not be sent in the clear."
    default: meaning(ofSubject: code.subject)
    }
  }

  /// The document that defines a code.
  static func source(of code: EnhancedCode) -> String {
    switch (code.subject, code.detail) {
    case (1, 9): "RFC 3886 §3.3.4"
    case (1, 10), (7, 27): "RFC 7505 §4"
    case (3, 0...4), (2, 0...4), (4, 0...7), (5, 0...5), (6, 0...5), (7, 0...7), (1, 0...8), (0, 0): "RFC 3463 §3"
    case (5, 6), (7, 8), (7, 9), (7, 11), (7, 12): "RFC 4954 §6"
    case (6, 6): "RFC 4468 §5"
    case (6, 7), (6, 8), (6, 9): "RFC 6531 §3.5"
    case (7, 13), (7, 14): "RFC 5248 §4"
    case (7, 15), (7, 16): "RFC 6710 §7"
    case (7, 20...26): "RFC 7372 §3"
    case (7, 30): "RFC 8689 §5"
    default: "RFC 5248 §2"
    }
  }
}
