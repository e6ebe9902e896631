// Where a message that came from elsewhere comes from: SPF for the envelope, DKIM for the message, and DMARC for what both say about the author.
// Read next: Mail/SPF/SenderCheck.swift, Mail/DMARC/AuthorCheck.swift, which ask the questions this file has answered.
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
  /// What the author's domain wants done with the message; none: nothing speaks against it.
  var request: AuthorPolicy.Request
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
    let authors = head.addresses("from").mailboxes.compactMap { $0.address?.domain.description.lowercased() }
    var domains: [String] = []
    for author in authors where !domains.contains(author) { domains.append(author) }
    var verdicts: [AuthorVerdict] = []
    // RFC 9989 §5.3.1: of several authors none is picked; each has its say.
    if domains.count <= Mail.Limits().authorDomainsMax {
      for domain in domains { verdicts.append(await authorVerdict(domain, sender, signed, because: cause)) }
    } else {
      verdicts.append(AuthorVerdict(result: .permerror, domain: domains[0], request: .quarantine, problem: "too many authors"))
    }
    for verdict in verdicts { results.add(verdict) }
    return OriginVerdict(field: results.field, request: Self.request(verdicts, sender, signed))
  }

  /// What is to be done: what the strictest of the authors' domains asks for, where the message fails. Where none of them says anything, a sender
  /// policy that disowns the host speaks, unless a signature of the authors' own vouches. What is only unproven is not forged.
  private static func request(_ verdicts: [AuthorVerdict], _ sender: SenderVerdict, _ signed: [SignatureVerdict]) -> AuthorPolicy.Request {
    if verdicts.contains(where: { $0.policyDomain != nil || $0.result == .permerror }) {
      let requests = verdicts.filter { $0.result == .fail || $0.result == .permerror }.map(\.request)
      return requests.contains(.reject) ? .reject : requests.contains(.quarantine) ? .quarantine : .none
    }
    let isVouchedFor = signed.contains { signature in signature.result == .pass && verdicts.allSatisfy { isAligned(signature.domain, $0.domain) } }
    if isVouchedFor, !verdicts.isEmpty { return .none }
    return sender.result == .fail ? .quarantine : .none
  }

  /// Whether the signing domain may speak for the author's: it is the same, or above it.
  private static func isAligned(_ signing: String, _ author: String) -> Bool { author == signing || author.hasSuffix("." + signing) }

  private func authorVerdict(
    _ domain: String, _ sender: SenderVerdict, _ signed: [SignatureVerdict], because cause: ConversationID?
  ) async -> AuthorVerdict {
    var check = AuthorCheck(
      author: domain, sender: sender.result == .pass ? sender.domain : nil, signers: signed.filter { $0.result == .pass }.map(\.domain))
    while true {
      switch check.step {
      case .done(let verdict): return verdict
      case .ask(let question): check.take(await post.lookUps(question.name, question.type, cause))
      }
    }
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
