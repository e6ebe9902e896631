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
}

/// Checks one message while it comes.
struct OriginCheck: Sendable {
  private let post: PostOffice
  private let envelope: Envelope
  private let client: Address
  private let helo: String
  private let head: MessageHead
  private var signatures: SignatureCheck

  init(_ post: PostOffice, head: MessageHead, _ envelope: Envelope, _ session: Session, client: Address) {
    self.post = post
    self.head = head
    self.envelope = envelope
    self.client = client
    helo = session.hello?.name ?? ""
    signatures = SignatureCheck(head)
  }

  mutating func take(body: Buffer) { signatures.take(body) }

  /// The verdict; asks the DNS.
  func verdict(because cause: ConversationID?) async -> OriginVerdict {
    let sender = await senderVerdict(because: cause)
    var signatures = signatures
    for question in signatures.questions { signatures.take(await post.lookUps(question.name, question.type, cause), to: question) }
    let signed = signatures.verdicts(at: post.clock.now)
    var results = AuthenticationResults(server: post.name.description)
    results.add(sender, sender: envelope.sender.path)
    results.add(signed)
    return OriginVerdict(field: results.field, isForged: isForged(sender, signed))
  }

  /// Whether the author's domain disowns the message: its policy says that this host may not send for it, and no signature of its own vouches.
  /// What is only unproven is not forged.
  private func isForged(_ sender: SenderVerdict, _ signed: [SignatureVerdict]) -> Bool {
    let authors = head.addresses("from").mailboxes.compactMap { $0.address?.domain.description }
    let isVouchedFor = signed.contains { verdict in verdict.result == .pass && authors.allSatisfy { Self.isAligned(verdict.domain, $0) } }
    if isVouchedFor, !authors.isEmpty { return false }
    return sender.result == .fail
  }

  /// Whether the signing domain may speak for the author's: it is the same, or above it.
  private static func isAligned(_ signing: String, _ author: String) -> Bool { author == signing || author.hasSuffix("." + signing) }

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
