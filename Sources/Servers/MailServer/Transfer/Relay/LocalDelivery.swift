// Mail in the queue for a domain of ours: a mailbox was full when it came, or the domain was somebody else's then. It is put into mailboxes as if
// it came in now.
// Not here: mail that comes in (Reception/Acceptance.swift). Read before: Relay.swift.
import Bytes
import Mail
import SMTP
import Storage
import World

extension Relay {
  /// Puts the message into the mailboxes of its recipients, each recipient in a transaction of its own.
  func deliverHere(_ content: MessageContent, _ outcome: inout Outcome) async {
    do throws(MailboxError) {
      // RFC 5321 §4.4: where mail comes to rest Return-Path stands above it. An entry that does not begin at once begins behind that line.
      if outcome.entry.start == 0 {
        let returnPath = TraceFields.returnPath(outcome.entry.sender)
        let copy = try await post.copy(of: content, prefix: returnPath)
        try await replace(with: copy, start: returnPath.count, body: outcome.entry.body, &outcome)
      }
      guard let kept = try await post.store.kept(outcome.entry.content) else { return outcome.failAll(.contentLost) }
      var served: Set<String> = []
      for recipient in outcome.entry.recipients {
        let before = outcome
        do throws(MailboxError) { try await deliver(kept, to: recipient, &served, &outcome) } catch {
          outcome = before
          throw error
        }
      }
    } catch {
      if case .tooLarge = error { outcome.failAll(error.reply) } else { outcome.note(error.reply) }
    }
  }

  /// The same for one of them. `served` has the accounts and the addresses elsewhere that got it in this attempt.
  private func deliver(
    _ kept: KeptContent, to recipient: MailAddress, _ served: inout Set<String>, _ outcome: inout Outcome
  ) async throws(MailboxError) {
    var (homes, elsewhere): ([MailDirectory.Home], [MailAddress]) = ([], [])
    switch post.directory().place(of: recipient) {
    // The domain is somebody else's again: the next attempt goes there.
    case .elsewhere: return outcome.note(.tryLater)
    case .endless: return outcome.note(.endlessAlias)
    case .unknown: outcome.failed.append((recipient, .unknownRecipient, nil))
    case .here(let here, let others):
      homes = here.filter { served.insert($0.account).inserted }
      elsewhere = others.filter { served.insert($0.description).inserted }
    }
    outcome.entry.recipients.removeAll { $0 == recipient }
    var deliveries: [Delivery] = []
    for home in homes {
      if try await post.store.account(home.account).hasRoom(for: kept.size) {
        deliveries.append(home.delivery)
      } else if outcome.entry.sender.address == nil {
        // Nobody can be told: there may be room some day.
        outcome.entry.recipients.append(home.address ?? recipient)
        outcome.note(.overQuota)
      } else {
        outcome.failed.append((home.address ?? recipient, .mailboxStaysFull, nil))
      }
    }
    let entry = outcome.entry
    let others = post.queue.entries(for: kept.id, from: entry.sender, body: entry.body, to: elsewhere, start: entry.start, cause: entry.cause)
    guard !deliveries.isEmpty || !others.isEmpty else { return }
    guard post.queue.promise(others.count) else { throw .storage(.full) }
    do throws(MailboxError) {
      let changes = ([outcome.recorded] + others).map { post.queue.put($0) }
      _ = try await post.store.deliver(kept, to: deliveries, holders: others.map(\.id.key), along: changes)
    } catch {
      post.queue.giveBack(others.count)
      throw error
    }
    post.queue.admit(others, promised: others.count)
    if !others.isEmpty { post.hurry() }
    await post.tell(kept.id, from: entry.sender, to: [recipient], accounts: deliveries.map(\.account))
  }
}

extension PostOffice {
  /// The same message with `prefix` above it.
  fileprivate func copy(of content: MessageContent, prefix: Buffer) async throws(MailboxError) -> KeptContent {
    let draft = store.draft()
    do throws(MailboxError) {
      for start in stride(from: 0, to: content.size, by: Self.pieceBytes) {
        let end = min(start + Int64(Self.pieceBytes), content.size)
        guard let piece = content.bytes(start..<end), Int64(piece.count) == end - start else { throw .unreadable }
        try await draft.append(piece)
      }
      return try await store.keep(draft, prefix: prefix)
    } catch {
      await draft.discard()
      throw error
    }
  }
}
