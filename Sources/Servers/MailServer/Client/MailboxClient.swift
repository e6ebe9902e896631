// A user's access to a mailbox on any server, by IMAP or POP3, for workflows: the command line's tools, the lab's people, tests.
// Not here: sending mail (Transfer/Relay/Sending.swift), the protocols (IMAP, POP3).
// Read next: IMAPClient.swift, POP3Client.swift.
package import Bytes
package import Mail
package import Transport
package import World

/// How a mailbox is spoken to.
package enum MailboxProtocol: String, Sendable, Hashable { case imap, pop3 }

/// When a connection becomes secret.
package enum MailboxSecurity: Sendable, Hashable {
  case never
  /// By STARTTLS or STLS, or nothing is said.
  case startTLS
  case fromTheStart
}

/// A message in a list.
package struct ListedMessage: Sendable, Hashable {
  /// Its number in the mailbox, from 1.
  package var number: Int
  /// Unit: bytes.
  package var size: Int64
  /// What never changes: the unique identifier as the protocol writes it.
  package var identifier: String
  package var flags: [String]
  /// Where the protocol tells it in a list; else nil.
  package var subject: String?
  package var from: String?
}

/// Why a mailbox could not be read.
package enum MailboxClientFailure: Error, Sendable, Hashable, CustomStringConvertible {
  case network(NetworkError)
  /// The name or the password is not right.
  case login(String)
  /// The server says no.
  case refused(String)
  /// TLS is wanted and not to be had, or not to be trusted.
  case insecure(String)
  case lost(String)
  /// The server broke the protocol.
  case broken(String)
  /// A message is larger than the caller takes. Unit: bytes.
  case tooLarge(Int)

  package var description: String {
    switch self {
    case .network(let error): "\(error)"
    case .login(let text): "the login was refused: \(text)"
    case .refused(let text): "the server says no: \(text)"
    case .insecure(let why): why
    case .lost(let why): "the connection was lost: \(why)"
    case .broken(let why): "the server broke the protocol: \(why)"
    case .tooLarge(let allowed): "the message is larger than \(allowed) bytes"
    }
  }
}

/// An open mailbox.
package protocol MailboxClient: Sendable {
  /// All messages.
  func list() async throws(MailboxClientFailure) -> [ListedMessage]
  /// The bytes of a message.
  func message(_ number: Int, bytesMax: Int) async throws(MailboxClientFailure) -> Buffer
  /// Removes a message.
  func delete(_ number: Int) async throws(MailboxClientFailure)
  /// The folders there are; POP3 knows one.
  func folders() async throws(MailboxClientFailure) -> [String]
  /// Says goodbye; what was deleted is gone then.
  func close() async throws(MailboxClientFailure)
}

/// What a mailbox client is told.
package struct MailboxOptions: Sendable {
  package var credentials: SASL.Credentials
  package var security: MailboxSecurity
  /// Used unless `security` is `never`.
  package var tls: TLSClientOptions?
  /// Whether a password may be said in the clear.
  package var mayLogInInTheClear = false
  package var timeout = Duration.seconds(30)
  package var trace: TraceContext?

  package init(_ credentials: SASL.Credentials, security: MailboxSecurity, tls: TLSClientOptions?) {
    self.credentials = credentials
    self.security = security
    self.tls = tls
  }

  var dialing: DialOptions {
    DialOptions(
      timeout: timeout, tls: security == .fromTheStart ? tls : nil, startTLS: security == .startTLS ? tls : nil)
  }
}

extension Network {
  /// Opens `mailbox` (POP3: the only one there is) of a server.
  package func openMailbox(
    _ mailbox: String, by kind: MailboxProtocol, at endpoint: Endpoint, _ options: MailboxOptions
  ) async throws(MailboxClientFailure) -> any MailboxClient {
    switch kind {
    case .imap: try await IMAPClient.open(mailbox, at: endpoint, over: self, options)
    case .pop3: try await POP3Client.open(at: endpoint, over: self, options)
    }
  }
}
