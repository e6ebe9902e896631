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
    let verdict = await writing.origin?.verdict(because: cause)
    if let verdict, verdict.isForged, post.care == .refusing {
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
        return try await place(content, homes, elsewhere, junk: verdict?.isForged == true && post.care == .sorting, start: returnPath.count, cause: cause)
      } catch {
        await post.store.discard(content)
        throw error
      }
    } catch {
      post.queue.giveBack(promised)
      return error.reply
    }
  }

  /// Puts it where it goes. Mailboxes without room keep nobody else waiting: for them it enters the queue, from where the sender is told. Where all
  /// are full, the client keeps it.
  private func place(
    _ content: KeptContent, _ homes: [MailDirectory.Home], _ elsewhere: [MailAddress], junk: Bool, start: Int, cause: ConversationID?
  ) async throws(MailboxError) -> Reply {
    var (open, others) = (homes, elsewhere)
    while true {
      do throws(MailboxError) {
        return try await place(content, in: open, others, junk: junk, start: start, cause: cause)
      } catch .overQuota {
        var full: [MailDirectory.Home] = []
        for home in open {
          let hasRoom = try await post.store.account(home.account).hasRoom(for: content.size)
          if !hasRoom { full.append(home) }
        }
        // Whose sender is nobody, or somebody else than it says, cannot be told.
        guard !junk, envelope.sender.path.address != nil, !full.isEmpty, full.count < open.count || !elsewhere.isEmpty else { throw .overQuota }
        open.removeAll { full.contains($0) }
        others += full.compactMap { try? MailAddress($0.account) }
      }
    }
  }

  private func place(
    _ content: KeptContent, in homes: [MailDirectory.Home], _ elsewhere: [MailAddress], junk: Bool, start: Int, cause: ConversationID?
  ) async throws(MailboxError) -> Reply {
    let entries = post.queue.entries(
      for: content.id, from: envelope.sender.path, body: envelope.sender.body ?? .sevenBit, to: elsewhere, start: start, cause: cause)
    // What aliases added finds room now, or the message does not come in.
    let more = max(0, entries.count - promised)
    guard more == 0 || post.queue.promise(more) else { throw .storage(.full) }
    do throws(MailboxError) {
      var deliveries: [Delivery] = []
      for home in homes { deliveries.append(try await delivery(home, junk: junk)) }
      _ = try await post.store.deliver(content, to: deliveries, holders: entries.map(\.id.key), along: entries.map { post.queue.put($0) })
    } catch {
      post.queue.giveBack(more)
      throw error
    }
    post.queue.admit(entries, promised: promised + more)
    if !entries.isEmpty { post.hurry() }
    let id = String(content.id.number, radix: 16)
    return Reply(250, EnhancedCode(2, 0, 0), "Message accepted as \(id)")
  }

  /// Where in an account a message goes: what stands behind the plus sign names a mailbox, if there is one.
  private func delivery(_ home: MailDirectory.Home, junk: Bool) async throws(MailboxError) -> Delivery {
    if junk, let mailbox = try await post.store.account(home.account).mailbox(for: .junk) { return Delivery(to: home.account, mailbox) }
    guard !home.detail.isEmpty, let mailbox = try? MailboxName(home.detail) else { return Delivery(to: home.account) }
    return Delivery(to: home.account, mailbox)
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
