// Which messages meet a search key: first by what the mailbox knows in memory, then by summaries, and only what is still open by reading messages.
// Not here: what keys there are and how they are written (IMAP/SearchKey.swift).
import Bytes
package import IMAP
import Mail

extension MailboxSession {
  /// How many messages are looked at before others get their turn.
  private static let searchedAtOnce = 256

  /// The messages that meet `key`, also those whose end the client does not know.
  package func search(_ key: SearchKey, within known: UIDSet) async throws(MailboxError) -> UIDSet {
    var found: [UInt32] = []
    let question = FoldedKey(key, keywords: mailbox.record.keywords)
    var left = known
    while !left.isEmpty {
      let entries = entries(of: left.takeFirst(Self.searchedAtOnce))
      var open: [Entry] = []
      for entry in entries {
        switch question.isMet(by: Looked(entry: entry)) {
        case true?: found.append(entry.uid)
        case false?: break
        case nil: open.append(entry)
        }
      }
      if !open.isEmpty {
        let summaries = try await account.store.summaries(of: open.map(\.content))
        for entry in open {
          let summary = summaries[entry.content]
          if let isMet = question.isMet(by: Looked(entry: entry, summary: summary)) {
            if isMet { found.append(entry.uid) }
          } else if let content = try await account.store.content(entry.content), await account.store.reading.isMet(question, entry, summary, content) {
            found.append(entry.uid)
          }
        }
      }
      await Task.yield()
    }
    return UIDSet(found)
  }
}

/// Where messages are read whole for a search: one at a time, for they may be large.
actor ReadingDesk {
  fileprivate func isMet(_ question: FoldedKey, _ entry: Entry, _ summary: Summary?, _ content: MessageContent) -> Bool {
    guard let (head, structure) = content.takenApart() else { return false }
    return question.isMet(by: Looked(entry: entry, summary: summary, message: ReadMessage(content: content, head: head, structure: structure))) == true
  }
}

/// A message whose every byte can be looked at.
private struct ReadMessage {
  var content: MessageContent
  var head: MessageHead
  var structure: MessageStructure

  /// All fields as they are shown to people, in small letters.
  var headText: Buffer {
    Buffer(head.fields.map { "\(head.name(of: $0).text): \(EncodedWords.text(of: head.value(of: $0)))" }.joined(separator: "\n").lowercased())
  }

  /// Whether the text of a part contains `needle`.
  func bodyContains(_ needle: Buffer) -> Bool {
    structure.parts.contains { part in
      // The heads of messages inside the message belong to its body.
      if part.parent != nil, part.envelope != nil, let bytes = content.bytes(Int64(part.head.lowerBound)..<Int64(part.head.upperBound)) {
        let text = MessageHead(reading: bytes).fields.isEmpty ? bytes.text : EncodedWords.text(of: bytes)
        if Buffer(text.lowercased()).contains(needle) { return true }
      }
      guard part.kind == .leaf, let charset = part.content.charset,
        let bytes = content.bytes(Int64(part.body.lowerBound)..<Int64(part.body.upperBound))
      else { return false }
      let decoded = TransferEncoding(part.content.encoding).map { TransferDecoder.decoded(bytes, $0) } ?? bytes
      return Buffer(Charset.text(of: decoded, named: charset).lowercased()).contains(needle)
    }
  }
}

/// What has been looked at of one message.
private struct Looked {
  var entry: Entry
  var summary: Summary?
  var message: ReadMessage?
}

/// A key with its texts in small letters and its keywords as bits.
private indirect enum FoldedKey: Sendable {
  case all
  case and([FoldedKey])
  case or(FoldedKey, FoldedKey)
  case not(FoldedKey)
  case flag(Flags.System, isSet: Bool)
  /// Zero: a keyword that no message has.
  case keyword(UInt64, isSet: Bool)
  case messages(UIDSet)
  case before(Day)
  case on(Day)
  case since(Day)
  case sentBefore(Day)
  case sentOn(Day)
  case sentSince(Day)
  case larger(Int64)
  case smaller(Int64)
  /// `place`: where the field's text stands in a summary.
  case field(String, place: Int?, contains: Buffer)
  case body(Buffer)
  case text(Buffer)

  init(_ key: SearchKey, keywords: [String]) {
    switch key {
    case .all: self = .all
    case .and(let keys): self = .and(keys.map { FoldedKey($0, keywords: keywords) })
    case .or(let a, let b): self = .or(FoldedKey(a, keywords: keywords), FoldedKey(b, keywords: keywords))
    case .not(let key): self = .not(FoldedKey(key, keywords: keywords))
    case .flag(.system(let flag), let isSet): self = .flag(flag, isSet: isSet)
    case .flag(.keyword(let name), let isSet):
      let place = keywords.firstIndex { Keyword.areSame($0, name) }
      self = .keyword(place.map { 1 << UInt64($0) } ?? 0, isSet: isSet)
    case .messages(let uids): self = .messages(uids)
    case .before(let day): self = .before(day)
    case .on(let day): self = .on(day)
    case .since(let day): self = .since(day)
    case .sentBefore(let day): self = .sentBefore(day)
    case .sentOn(let day): self = .sentOn(day)
    case .sentSince(let day): self = .sentSince(day)
    case .larger(let size): self = .larger(size)
    case .smaller(let size): self = .smaller(size)
    case .header(let name, let text):
      let name = name.lowercased()
      self = .field(name, place: Summary.textNames.firstIndex(of: name), contains: Buffer(text.lowercased()))
    case .body(let text): self = .body(Buffer(text.lowercased()))
    case .text(let text): self = .text(Buffer(text.lowercased()))
    }
  }

  /// Whether the message meets the key; nil: more of it has to be looked at.
  // The depth of keys is bounded by the protocol that read them.
  func isMet(by looked: Looked) -> Bool? {
    let entry = looked.entry
    switch self {
    case .all: return true
    case .and(let keys):
      var isOpen = false
      for key in keys {
        switch key.isMet(by: looked) {
        case false?: return false
        case nil: isOpen = true
        case true?: break
        }
      }
      return isOpen ? nil : true
    case .or(let a, let b):
      let (a, b) = (a.isMet(by: looked), b.isMet(by: looked))
      return a == true || b == true ? true : a == nil || b == nil ? nil : false
    case .not(let key): return key.isMet(by: looked).map { !$0 }
    case .flag(let flag, let isSet): return entry.flags.contains(flag) == isSet
    case .keyword(let bit, let isSet): return (entry.keywords & bit != 0) == isSet
    case .messages(let uids): return uids.contains(entry.uid)
    case .before(let day): return entry.internalDate.day < day
    case .on(let day): return entry.internalDate.day == day
    case .since(let day): return entry.internalDate.day >= day
    case .larger(let size): return Int64(entry.size) > size
    case .smaller(let size): return Int64(entry.size) < size
    case .sentBefore(let day): return looked.summary.map { $0.sentDay.map { $0 < day } ?? false }
    case .sentOn(let day): return looked.summary.map { $0.sentDay == day }
    case .sentSince(let day): return looked.summary.map { $0.sentDay.map { $0 >= day } ?? false }
    case .field(let name, let place, let needle):
      if let place { return looked.summary.map { $0.texts[place]?.contains(needle) ?? false } }
      return looked.message.map { Summary.text(of: name, in: $0.head)?.contains(needle) ?? false }
    // RFC 3501 §6.4.4: every message contains the empty text.
    case .body(let needle): return needle.isEmpty ? true : looked.message.map { $0.bodyContains(needle) }
    case .text(let needle):
      return needle.isEmpty ? true : looked.message.map { $0.headText.contains(needle) || $0.bodyContains(needle) }
    }
  }
}

extension Buffer {
  /// Whether `needle` stands somewhere in these bytes.
  fileprivate func contains(_ needle: Buffer) -> Bool {
    withUnsafeBytes { all in
      needle.withUnsafeBytes { needle in
        guard let first = needle.first else { return true }
        var start = 0
        while start + needle.count <= all.count {
          guard let place = all[start..<(all.count - needle.count + 1)].firstIndex(of: first) else { return false }
          if all[place..<(place + needle.count)].elementsEqual(needle) { return true }
          start = place + 1
        }
        return false
      }
    }
  }
}
