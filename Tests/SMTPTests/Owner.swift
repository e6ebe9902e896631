// An owner for tests: it decides by the names in the addresses.
import Bytes
import Mail
import SMTP
import World

let postmaster = try! MailAddress("postmaster@home.test")

/// How the listeners of these tests speak: without TLS, unless they say otherwise.
func options(_ role: Role, tls: ServerOptions.TLS = .absent, _ change: (inout ServerOptions) -> Void = { _ in }) -> ServerOptions {
  var options = ServerOptions(role, name: "mx.home.test", postmaster: postmaster, tls: tls)
  options.authentication = role == .submission ? .always : .never
  change(&options)
  return options
}

/// Answers everything at once.
final class Owner {
  /// Who sends the message of each ticket.
  private var senders: [Ticket: String] = [:]
  /// The messages that came whole, and how many did not.
  private(set) var messages: [Buffer] = []
  private(set) var abandoned = 0
  private(set) var envelopes: [Envelope] = []
  private(set) var sessions: [Session] = []
  private var content = Buffer()

  func answer(_ question: ServerConversation.Question) -> ServerConversation.Input? {
    switch question {
    case .sender(let ticket, let sender, let session):
      sessions.append(session)
      return .answered(ticket, sender.path.address?.localPart == "spammer" ? .senderRefused : .senderAccepted)
    case .recipient(let ticket, let recipient, _, _):
      switch recipient.localPart {
      case "nobody": return .answered(ticket, .unknownRecipient)
      case "full": return .answered(ticket, .mailboxFull)
      case "later": return .answered(ticket, .tryLater)
      case "closing": return .answered(ticket, .tooManyConnections)
      default: return .answered(ticket, .recipientAccepted)
      }
    case .credentials(let ticket, let credentials, _):
      let isRight = credentials.user == "alice" && credentials.password == "secret"
      return isRight ? .authenticated(ticket, user: "alice") : .answered(ticket, .wrongCredentials)
    case .message(let ticket, let envelope, _):
      envelopes.append(envelope)
      senders[ticket] = envelope.sender.path.address?.localPart
      content = Buffer()
      return .answered(ticket, senders[ticket] == "big-disk" ? .storageFull : .goAhead)
    case .content(let ticket, let bytes):
      content.append(bytes)
      return .contentTaken(ticket, bytes.count)
    case .messageEnd(let ticket):
      if senders[ticket] == "worm" { return .answered(ticket, Reply(554, EnhancedCode(5, 7, 1), "We do not want it")) }
      messages.append(content)
      return .answered(ticket, .contentAccepted)
    case .abandoned:
      abandoned += 1
      return nil
    }
  }
}
