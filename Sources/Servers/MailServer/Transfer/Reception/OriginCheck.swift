// Where a message that came from elsewhere comes from: SPF for the envelope, DKIM for the message, and what both say about the author.
// Read next: Mail/SPF/SenderCheck.swift, which asks the questions this file has answered.
import Bytes
import DNS
import Mail
import SMTP
import Trace
import World

/// What was found out about a message's origin.
struct OriginVerdict: Sendable {
  /// The Authentication-Results field, whole.
  var field: Buffer
  /// The author's domain says that such mail is not its own, and nothing else vouches for it.
  var isForged: Bool

  /// Which server an Authentication-Results field claims to be of.
  // RFC 8601 §2.2 authserv-id
  static func server(of value: Buffer) -> String {
    String(value.text.prefix { $0 != ";" && $0 != " " && $0 != "\t" }).lowercased()
  }
}

/// Checks one message while it comes.
struct OriginCheck: Sendable {
  private let post: PostOffice
  private let envelope: Envelope
  private let client: Address
  private let helo: String
  private let head: MessageHead

  init(_ post: PostOffice, head: MessageHead, _ envelope: Envelope, _ session: Session, client: Address) {
    self.post = post
    self.head = head
    self.envelope = envelope
    self.client = client
    helo = session.hello?.name ?? ""
  }

  mutating func take(body: Buffer) {}

  /// The verdict; asks the DNS.
  func verdict(because cause: ConversationID?) async -> OriginVerdict {
    let sender = await senderVerdict(because: cause)
    let field = Buffer("Authentication-Results: \(post.name);\r\n\tspf=\(sender.result.rawValue) smtp.mailfrom=\(sender.domain)\r\n")
    return OriginVerdict(field: field, isForged: sender.result == .fail)
  }

  private func senderVerdict(because cause: ConversationID?) async -> SenderVerdict {
    var check = SenderCheck(client: client, helo: helo, sender: envelope.sender.path, receiver: post.name.description, at: post.clock.now)
    while true {
      switch check.step {
      case .done(let verdict): return verdict
      case .ask(let question): check.take(await post.lookUps(question.name, question.type, cause))
      }
    }
  }
}
