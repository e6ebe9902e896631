// A message that is whole: where it goes, what is written above it, and the one transaction after which it may be acknowledged.
// Read before: Intake.swift. Read next: Mailboxes/MailStore.swift (`keep` and `deliver`), Queue/MailQueue.swift.
import Bytes
import IMAP
import Mail
import SMTP
import Storage
import Trace
import World

extension Intake {
  /// Decides about the message in `draft` and makes it safe. What this returns may be said.
  func accept(_ draft: ContentDraft, _ writing: Writing, because cause: ConversationID?) async -> Reply {
    // Others came meanwhile, and not everybody says beforehand how large it is.
    guard post.store.hasRoom(for: 0) else {
      await draft.discard()
      post.queue.giveBack(promised)
      return .storageFull
    }
    for recipient in envelope.recipients {
      guard let verdict = post.verdict(on: recipient, at: .content, of: envelope.sender.path, from: client.address) else { continue }
      await draft.discard()
      post.queue.giveBack(promised)
      if case .refused(let reply) = verdict { return reply }
      return .tryLater
    }
    let verdict = await writing.origin?.verdict(because: cause)
    let (request, care) = (verdict?.request ?? .none, post.care)
    if (request == .reject && care == .sorting) || (request != .none && care == .refusing) {
      await draft.discard()
      post.queue.giveBack(promised)
      return .forged
    }
    let (homes, elsewhere) = destinations()
    let isForHere = !homes.isEmpty
    // RFC 5321 §4.4: Return-Path is written where mail comes to rest, above everything else; whoever goes on with it leaves that line out.
    let returnPath = isForHere ? TraceFields.returnPath(envelope.sender.path) : Buffer()
    var prefix = returnPath
    if let verdict { prefix.append(verdict.field) }
    prefix.append(received())
    if let signing = writing.signing { prefix.append(signing.finish()) }
    do throws(MailboxError) {
      let content = try await post.store.keep(draft, prefix: prefix)
      do throws(MailboxError) {
        return try await place(content, homes, elsewhere, junk: request != .none && care == .sorting, start: returnPath.count, cause: cause)
      } catch {
        await post.store.discard(content)
        throw error
      }
    } catch {
      post.queue.giveBack(promised)
      return error.reply
    }
  }

  /// Puts it where it goes. Mailboxes without room keep nobody else waiting: their copies enter the queue, see Relay/LocalDelivery.swift. Where all
  /// are full, the client keeps it.
  private func place(
    _ content: KeptContent, _ homes: [MailDirectory.Home], _ elsewhere: [MailAddress], junk: Bool, start: Int, cause: ConversationID?
  ) async throws(MailboxError) -> Reply {
    var open: [Placing] = []
    for home in homes { open.append(try await placing(home, junk: junk)) }
    var late: [MailAddress] = []
    while true {
      do throws(MailboxError) {
        return try await place(content, in: open.map(\.delivery), elsewhere, late: late, junk: junk, start: start, cause: cause)
      } catch .overQuota {
        let full = open.indices.filter { !open[$0].account.hasRoom(for: content.size) }
        let addresses = full.compactMap { open[$0].address }
        guard !full.isEmpty, addresses.count == full.count, full.count < open.count || !elsewhere.isEmpty else { throw .overQuota }
        for index in full.reversed() { open.remove(at: index) }
        late += addresses
      }
    }
  }

  private func place(
    _ content: KeptContent, in deliveries: [Delivery], _ elsewhere: [MailAddress], late: [MailAddress], junk: Bool, start: Int, cause: ConversationID?
  ) async throws(MailboxError) -> Reply {
    let sender = envelope.sender.path
    let body = envelope.sender.body ?? .sevenBit
    let entries =
      post.queue.entries(for: content.id, from: sender, body: body, to: elsewhere, start: start, cause: cause)
      // Who is said to have sent it has not: nobody is told what becomes of it.
      + post.queue.entries(for: content.id, from: junk ? .empty : sender, body: body, to: late, start: start, cause: cause)
    // What aliases added finds room now, or the message does not come in.
    let more = max(0, entries.count - promised)
    guard more == 0 || post.queue.promise(more) else { throw .storage(.full) }
    do throws(MailboxError) {
      _ = try await post.store.deliver(content, to: deliveries, holders: entries.map(\.id.key), along: entries.map { post.queue.put($0) })
    } catch {
      post.queue.giveBack(more)
      throw error
    }
    post.queue.admit(entries, promised: promised + more)
    if !entries.isEmpty { post.hurry() }
    let directory = post.directory()
    await post.tell(content.id, from: sender, to: envelope.recipients.filter { directory.isOurs($0.domain) }, accounts: deliveries.map(\.account))
    let id = String(content.id.number, radix: 16)
    return Reply(250, EnhancedCode(2, 0, 0), "Message accepted as \(id)")
  }

  /// A mailbox that a message is for.
  private struct Placing {
    var account: Account
    var delivery: Delivery
    /// Under which it finds its way there later; nil: under none.
    var address: MailAddress?
  }

  private func placing(_ home: MailDirectory.Home, junk: Bool) async throws(MailboxError) -> Placing {
    let account = try await post.store.account(home.account)
    var home = home
    if junk, let mailbox = account.mailbox(for: .junk) { home.detail = mailbox.text }
    return Placing(account: account, delivery: home.delivery, address: home.address)
  }

  /// Each mailbox once, and each address elsewhere once.
  private func destinations() -> ([MailDirectory.Home], [MailAddress]) {
    let directory = post.directory()
    var homes: [MailDirectory.Home] = []
    var elsewhere: [MailAddress] = []
    for recipient in envelope.recipients {
      switch directory.place(of: recipient) {
      case .here(let more, let others):
        for home in more where !homes.contains(where: { $0.account == home.account }) { homes.append(home) }
        for other in others where !elsewhere.contains(other) { elsewhere.append(other) }
      case .elsewhere: if !elsewhere.contains(recipient) { elsewhere.append(recipient) }
      // It was somebody's when it was named; whoever removed it meanwhile wants no mail.
      case .unknown, .endless: break
      }
    }
    return (homes, elsewhere)
  }

  /// The trace of this hop.
  // RFC 5321 §4.4
  private func received() -> Buffer {
    TraceFields.received(
      TraceFields.Arrival(
        helo: session.hello?.name ?? "", client: client.address, server: post.name.description, protocolName: session.protocolName,
        id: String(post.uniqueNumber(), radix: 36),
        // RFC 5321 §7.2: of several recipients none is shown to the others.
        recipient: envelope.recipients.count == 1 ? envelope.recipients.first : nil, time: begun))
  }
}

extension MailDirectory.Home {
  /// Where in an account a message goes: what stands behind the plus sign names a mailbox, if there is one.
  var delivery: Delivery {
    guard !detail.isEmpty, let mailbox = try? MailboxName(detail) else { return Delivery(to: account) }
    return Delivery(to: account, mailbox)
  }
}
