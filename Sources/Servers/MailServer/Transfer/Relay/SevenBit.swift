// A message for a server that takes seven bits only is written anew, once and durably, and what we signed is signed again.
// Not here: how a message becomes seven-bit (Mail/Writing/Downgrade.swift). Read before: Relay.swift.
import Bytes
import Mail
import SMTP
import Storage
import World

extension Relay {
  /// Puts a seven-bit message into the place of `content`. False: it cannot be changed, or not without breaking somebody else's signature.
  func makeSevenBit(_ content: inout MessageContent, _ outcome: inout Outcome) async throws(MailboxError) -> Bool {
    guard let kept = try await post.sevenBit(content, of: outcome.entry) else { return false }
    try await replace(with: kept, start: 0, body: .sevenBit, &outcome)
    guard let new = try await post.store.content(kept.id) else { throw .gone }
    content = new
    return true
  }

  /// From here on the entry is of another content, passed on from `start` on. After an error it is as it was.
  func replace(with kept: KeptContent, start: Int, body: BodyKind, _ outcome: inout Outcome) async throws(MailboxError) {
    let before = outcome.entry
    outcome.entry.content = kept.id
    outcome.entry.start = start
    outcome.entry.body = body
    let recorded = outcome.recorded
    do throws(MailboxError) {
      _ = try await post.store.deliver(kept, to: [], holders: [recorded.id.key], along: [post.queue.put(recorded)], replacing: before.content)
    } catch {
      await post.store.discard(kept)
      outcome.entry = before
      throw error
    }
  }
}

extension PostOffice {
  /// Longest piece that is read at once. Unit: bytes.
  static var pieceBytes: Int { 262_144 }

  /// What is passed on of `entry`, made seven-bit; nil: it cannot be.
  // RFC 6152 §3
  fileprivate func sevenBit(_ content: MessageContent, of entry: QueuedMessage) async throws(MailboxError) -> KeptContent? {
    let message = MessageContent(prefix: content.prefix[entry.start..<content.prefix.count], rest: content.rest)
    guard let (head, structure) = message.takenApart() else { throw .unreadable }
    let signatures = head.all("dkim-signature") + head.all("arc-message-signature")
    // What stands in the prefix is our own, and is made again. RFC 6376 §5.3: others' do not outlive the change.
    guard signatures.allSatisfy({ $0.whole.upperBound <= message.prefix.count }) else { return nil }
    var isReadable = true
    let plan = Downgrade(structure) { range in
      let bytes = message.bytes(Int64(range.lowerBound)..<Int64(range.upperBound))
      if bytes?.count != range.count { isReadable = false }
      return bytes ?? Buffer()
    }
    guard isReadable else { throw .unreadable }
    guard let plan else { return nil }
    let draft = store.draft()
    do throws(MailboxError) {
      let prefix = try await write(plan, of: message, head, into: draft, isSigned: !signatures.isEmpty, as: entry.sender)
      return try await store.keep(draft, prefix: prefix)
    } catch {
      await draft.discard()
      // Encoded it may be too large.
      if case .tooLarge = error { return nil }
      throw error
    }
  }

  /// Writes the message as planned, without our old signatures, and returns the new ones.
  private func write(
    _ plan: Downgrade, of message: MessageContent, _ head: MessageHead, into draft: ContentDraft, isSigned: Bool, as sender: ReversePath
  ) async throws(MailboxError) -> Buffer {
    var steps = plan.steps[...]
    var written = head
    if case .write(let bytes)? = steps.first {
      written = MessageHead(reading: bytes)
      steps = steps.dropFirst()
    }
    let kept = written.removing { written.isNamed("dkim-signature", $0) }
    let identities = isSigned ? sender.address.map { signers($0.domain) } ?? [] : []
    var signing = identities.isEmpty ? nil : MessageSigning(identities, MessageHead(reading: kept), at: clock.now)
    try await draft.append(kept)
    let body = head.bytes.count..<Int(clamping: message.size)
    for step in steps {
      var writer = Downgrade.Writer(step)
      let range = writer.source.clamped(to: body)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceBytes) {
        let end = min(start + Self.pieceBytes, range.upperBound)
        guard let piece = message.bytes(Int64(start)..<Int64(end)), piece.count == end - start else { throw .unreadable }
        let bytes = writer.take(piece)
        signing?.take(bytes)
        try await draft.append(bytes)
      }
      let rest = writer.finish()
      signing?.take(rest)
      try await draft.append(rest)
    }
    return signing?.finish() ?? Buffer()
  }
}

extension MailboxError {
  /// Our own copy of a message cannot be read.
  static let unreadable = MailboxError.storage(.failed("a message could not be read"))
}
