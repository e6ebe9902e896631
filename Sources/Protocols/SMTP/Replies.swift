// The replies this project gives, each with its codes: the usual ones for owners to answer with, and those of the conversation itself.
// Read before: Reply.swift.

// RFC 5321 §4.2.3 names the codes, RFC 3463 §3 and the registry it began the enhanced ones.
extension Reply {
  // MARK: For owners

  public static let senderAccepted = Reply(250, EnhancedCode(2, 1, 0), "Sender accepted")
  public static let recipientAccepted = Reply(250, EnhancedCode(2, 1, 5), "Recipient accepted")
  /// The content may come.
  public static let goAhead = Reply(354, nil, "Go ahead; end with a lone dot")
  public static let contentAccepted = Reply(250, EnhancedCode(2, 0, 0), "Message accepted")
  public static let unknownRecipient = Reply(550, EnhancedCode(5, 1, 1), "No such mailbox here")
  /// Mail from here to elsewhere, by somebody who has not logged in.
  public static let relayingDenied = Reply(550, EnhancedCode(5, 7, 1), "No relaying: log in first")
  /// The sender belongs to somebody else.
  public static let senderRefused = Reply(553, EnhancedCode(5, 7, 1), "That sender is not yours to use")
  public static let mailboxFull = Reply(452, EnhancedCode(4, 2, 2), "That mailbox is full")
  public static let storageFull = Reply(452, EnhancedCode(4, 3, 1), "No room for mail at the moment")
  public static let tryLater = Reply(451, EnhancedCode(4, 3, 0), "Something is wrong here; try again later")
  public static let tooBig = Reply(552, EnhancedCode(5, 3, 4), "The message is too big")
  // RFC 4954 §6
  public static let wrongCredentials = Reply(535, EnhancedCode(5, 7, 8), "Wrong user or password")
  public static let credentialsUnchecked = Reply(454, EnhancedCode(4, 7, 0), "Cannot check that at the moment")
  public static let tooManyConnections = Reply(421, EnhancedCode(4, 7, 0), "Too many connections from you; try again later")

  // MARK: For the conversation

  static let ok = Reply(250, EnhancedCode(2, 0, 0), "OK")
  static let bye = Reply(221, EnhancedCode(2, 0, 0), "Bye")
  static let authenticated = Reply(235, EnhancedCode(2, 7, 0), "Welcome")
  static let startTLS = Reply(220, EnhancedCode(2, 0, 0), "Ready for TLS")
  // RFC 5321 §7.3: who is here is not told; that mail may be sent is.
  static let notVerified = Reply(252, EnhancedCode(2, 5, 0), "Send mail and see")
  static let help = Reply(214, EnhancedCode(2, 0, 0), "RFC 5321 says it all")

  static let unknownCommand = Reply(500, EnhancedCode(5, 5, 1), "No such command")
  static let notImplemented = Reply(502, EnhancedCode(5, 5, 1), "Not done here")
  static let lineTooLong = Reply(500, EnhancedCode(5, 5, 2), "The line is too long")
  static let responseTooLong = Reply(500, EnhancedCode(5, 5, 6), "The line is too long")
  static let notNow = Reply(503, EnhancedCode(5, 5, 1), "Not now")
  static let helloFirst = Reply(503, EnhancedCode(5, 5, 1), "Say hello first")
  static let senderFirst = Reply(503, EnhancedCode(5, 5, 1), "Name a sender first")
  // RFC 2920 §3.1, RFC 3030 §2
  static let noValidRecipients = Reply(554, EnhancedCode(5, 5, 1), "No valid recipients")
  static let oneSenderOnly = Reply(503, EnhancedCode(5, 5, 1), "A sender is named already")
  static let alreadyAuthenticated = Reply(503, EnhancedCode(5, 5, 1), "You have logged in")
  static let alreadySecured = Reply(503, EnhancedCode(5, 5, 1), "TLS is on")
  // RFC 3207 §4
  static let tlsFirst = Reply(530, EnhancedCode(5, 7, 0), "STARTTLS first")
  // RFC 4954 §6
  static let authenticateFirst = Reply(530, EnhancedCode(5, 7, 0), "Log in first")
  static let encryptFirst = Reply(538, EnhancedCode(5, 7, 11), "Not without TLS")
  static let unknownMechanism = Reply(504, EnhancedCode(5, 5, 4), "No such mechanism")
  static let cancelled = Reply(501, EnhancedCode(5, 7, 0), "As you wish")
  static let notUnderstood = Reply(501, EnhancedCode(5, 5, 2), "That cannot be read")
  static let tooManyRecipients = Reply(452, EnhancedCode(4, 5, 3), "Too many recipients; send these in another transaction")
  static let spokeTooSoon = Reply(554, EnhancedCode(5, 5, 0), "You spoke before the answer")
  // RFC 5321 §2.3.8
  static let bareLineEnds = Reply(550, EnhancedCode(5, 5, 2), "Lines end in CR LF, and neither stands alone")
  static let longContentLine = Reply(554, EnhancedCode(5, 6, 0), "A line of the message is too long")
  static let tooManyErrors = Reply(421, EnhancedCode(4, 7, 0), "Too many errors")
  static let silentTooLong = Reply(421, EnhancedCode(4, 4, 2), "Silent for too long")
  static let tooSlow = Reply(421, EnhancedCode(4, 4, 2), "Too slow")
  static let noAnswer = Reply(421, EnhancedCode(4, 3, 0), "Something is wrong here; try again later")
  static let closingDown = Reply(421, EnhancedCode(4, 3, 2), "Closing down; try again later")
  static let endlessContent = Reply(421, EnhancedCode(4, 3, 4), "The message does not end")
}
