// FETCH: what stands in memory is answered at once, summaries and messages are read when they are asked for.
// Not here: how an answer is written (IMAP/FetchWriter.swift).
import Bytes
import IMAP
import Mail
import Storage
import Transport
import World

extension IMAPDesk {
  /// The answer always takes the way round over the connection's loop: in between what was fetched before is sent, and a client that takes
  /// nothing is felt.
  func fetch(_ ticket: Ticket, _ order: FetchOrder, _ answers: Way) {
    if let session, let messages = session.fetchInMemory(order) { return answers.give(.answered(ticket, .fetched(messages))) }
    with(ticket, answers) { session throws(MailboxError) in
      let (messages, left) = try await session.fetch(order)
      return .fetched(messages, left: left)
    }
  }
}

extension MailboxSession {
  /// The same, as far as memory knows everything; nil: something has to be read or changed.
  fileprivate func fetchInMemory(_ order: FetchOrder) -> [FetchedMessage]? {
    let needsContent = order.items.contains { if case .section = $0 { true } else { false } }
    if order.setsSeen || needsContent { return nil }
    let entries = entries(of: order.messages)
    let needsSummary = order.items.contains { $0 == .envelope || $0 == .body || $0 == .bodyStructure }
    guard needsSummary else { return entries.map { message($0, order.items, summary: nil) } }
    let summaries = account.store.summariesInMemory(of: entries.map(\.content))
    guard summaries.allSatisfy({ $0 != nil }) else { return nil }
    return zip(entries, summaries).map { message($0, order.items, summary: $1) }
  }

  /// The items of these messages; those that are really gone are left out. `left`: those that would have more files open than may be.
  fileprivate func fetch(_ order: FetchOrder) async throws(MailboxError) -> (messages: [FetchedMessage], left: UIDSet) {
    let requests = order.items.compactMap { if case .section(let request) = $0 { request } else { nil } }
    // Read first: what cannot be read is not seen.
    var before = entries(of: order.messages)
    var left = UIDSet()
    if !requests.isEmpty, let end = account.store.limits.endOfFiles(in: before) {
      left = UIDSet(before[end...].map(\.uid))
      before.removeSubrange(end...)
    }
    let store = account.store
    let summaries = try await store.summaries(of: before.map(\.content))
    var sections: [UInt32: [FetchedItem]] = [:]
    if !requests.isEmpty {
      for (entry, content) in zip(before, try await store.contents(of: before.map(\.content))) {
        guard let content, let summary = summaries[entry.content], let structure = MessageStructure(outline: summary.outline) else { continue }
        sections[entry.uid] = requests.map { .section($0, content.section($0.section, structure)) }
      }
    }
    let seen = order.setsSeen ? try await markSeen(UIDSet(sections.keys)) : UIDSet()
    let messages = (order.setsSeen ? entries(of: order.messages.subtracting(left)) : before).compactMap { entry -> FetchedMessage? in
      guard let summary = summaries[entry.content], requests.isEmpty || sections[entry.uid] != nil else { return nil }
      var message = message(entry, order.items, summary: summary, sections: sections[entry.uid] ?? [])
      // RFC 3501 §6.4.5: if the flags change by it, they are told.
      if seen.contains(entry.uid), !order.items.contains(.flags) { message.items.append(.flags(flags(of: entry))) }
      return message
    }
    return (messages, left)
  }

  /// One message's items.
  fileprivate func message(_ entry: Entry, _ items: [FetchItem], summary: Summary?, sections: [FetchedItem] = []) -> FetchedMessage {
    var sections = sections[...]
    return FetchedMessage(
      uid: entry.uid,
      items.compactMap { item in
        switch item {
        case .uid: .uid
        case .flags: .flags(flags(of: entry))
        case .internalDate: .internalDate(entry.internalDate)
        case .size: .size(Int64(entry.size))
        case .envelope: summary.map { .written(.envelope, $0.envelope) }
        case .body: summary.map { .written(.body, $0.body) }
        case .bodyStructure: summary.map { .written(.bodyStructure, $0.bodyStructure) }
        case .section: sections.popFirst()
        }
      })
  }
}

extension MailboxLimits {
  /// Where in `entries` the file begins that is one too many to be open with those before it; nil: nowhere.
  fileprivate func endOfFiles(in entries: [Entry]) -> Int? {
    var files = 0
    return entries.firstIndex { entry in
      if Int64(entry.size) > Int64(inlineBytesMax) { files += 1 }
      return files > fetchedFilesMax
    }
  }
}

extension MessageContent {
  /// The bytes of a section.
  fileprivate func section(_ section: Section, _ structure: MessageStructure) -> Content {
    switch section.place(in: structure) {
    case .absent: .absent
    case .range(let range): stretch(Int64(range.lowerBound)..<Int64(range.upperBound))
    case .fields(let head, let names, let isNot):
      bytes(Int64(head.lowerBound)..<Int64(head.upperBound)).map { .bytes(SectionPlace.fields(of: $0, names: names, isNot: isNot)) } ?? .absent
    }
  }

  /// A stretch of the message, in memory or in its file.
  private func stretch(_ range: Range<Int64>) -> Content {
    let start = Int64(prefix.count)
    guard case .file(let file) = rest, range.upperBound > start else { return bytes(range).map { .bytes($0) } ?? .absent }
    let low = max(range.lowerBound, start) - start
    let slice = FileSlice(file: file.file, offset: file.offset + low, length: max(0, min(range.upperBound - start, file.length) - low))
    return range.lowerBound < start ? .joined(prefix[Int(range.lowerBound)..<prefix.count], slice) : .file(slice)
  }
}
