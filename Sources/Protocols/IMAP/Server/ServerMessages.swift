// Messages of the selected mailbox: FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE.
// Read next: ServerChanges.swift, which tells what others did to them.
import Bytes
import World

extension ServerConversation {
  /// A FETCH that is under way: the owner is asked for some messages at a time, and for more only when those have gone to the carrier.
  struct Fetching: Sendable {
    var left: UIDSet
    var items: [FetchItem]
    var showsUID: Bool
    var setsSeen: Bool
    /// Whether some were not there any more.
    var isIncomplete = false
    /// How many messages are asked for next: few at first, and again when they turn out to be large.
    var batch = 8
    var ending: Ending

    enum Ending: Sendable {
      /// A command is complete with this text.
      case complete(tag: String, String, Permission)
      /// This line, which was written before.
      case say(Buffer)
      /// Nothing: the client idles.
      case nothing
    }
  }

  /// The messages that a command names; nil: it names numbers that are none, and was answered so.
  private mutating func messages(_ numbering: Command.Numbering, _ set: SequenceSet, _ tag: String, into actions: inout [Action]) -> UIDSet? {
    guard let map = selection?.map else { return nil }
    switch numbering {
    case .uid: return map.messages(identified: set)
    case .sequence:
      if let messages = map.messages(numbered: set) { return messages }
      reject(tag, "no message has such a number", into: &actions)
      return nil
    }
  }

  /// Whether the mailbox can only be read, which then was answered.
  private mutating func isReadOnly(_ tag: String, into actions: inout [Action]) -> Bool {
    guard selection?.isReadOnly != false else { return false }
    refuse(tag, Refusal(.word(.readOnly), "the mailbox is selected for reading"), into: &actions)
    return true
  }

  // MARK: FETCH

  mutating func fetch(_ tag: String, _ fetch: Command.Fetch, into actions: inout [Action]) {
    guard let messages = messages(fetch.numbering, fetch.messages, tag, into: &actions) else { return }
    let setsSeen = selection?.isReadOnly == false && fetch.items.contains { if case .section(let request) = $0 { !request.peeks } else { false } }
    let text = fetch.numbering == .uid ? "UID FETCH completed" : "FETCH completed"
    self.fetch(
      Fetching(
        left: messages, items: fetch.items, showsUID: fetch.numbering == .uid || fetch.items.contains(.uid), setsSeen: setsSeen,
        ending: .complete(tag: tag, text, Permission(fetch.numbering))), into: &actions)
  }

  /// Asks for the next messages, or ends.
  mutating func fetch(_ fetching: Fetching, into actions: inout [Action]) {
    var fetching = fetching
    guard !fetching.left.isEmpty else { return end(fetching, into: &actions) }
    guard !isCongested, burstBytes < limits.burstBytesMax else {
      flush(into: &actions)
      burstBytes = 0
      work = .paused(fetching)
      return
    }
    let most = fetching.items.contains(where: \.needsContent) ? limits.contentBatchMax : limits.indexBatchMax
    let batch = fetching.left.takeFirst(min(fetching.batch, most))
    let order = FetchOrder(batch, fetching.items, setsSeen: fetching.setsSeen)
    ask(.fetch(fetching), into: &actions) { .fetch($0, order) }
    asked = batch.count
  }

  private mutating func end(_ fetching: Fetching, into actions: inout [Action]) {
    work = .none
    switch fetching.ending {
    case .complete(let tag, let text, let permission):
      // RFC 5530 §3: something of what was asked for is gone, and the client may learn so soon.
      complete(tag, code: fetching.isIncomplete ? .word(.expungeIssued) : nil, text, permission, into: &actions)
    case .say(let line): out.bytes.append(line)
    case .nothing: tellIdler(into: &actions)
    }
  }

  /// The owner could not fetch.
  mutating func end(_ fetching: Fetching, refused refusal: Refusal, into actions: inout [Action]) {
    guard case .complete(let tag, _, _) = fetching.ending else { return end(fetching, into: &actions) }
    refuse(tag, refusal, into: &actions)
  }

  /// Tells the messages that were asked for, then goes on.
  mutating func tell(_ messages: [FetchedMessage], leaving left: UIDSet, _ fetching: Fetching, into actions: inout [Action]) {
    var fetching = fetching
    if messages.count + left.count < asked { fetching.isIncomplete = true }
    // An owner that goes no further is not asked for ever.
    if left.count < asked { fetching.left.formUnion(left) }
    var written = 0
    for message in messages {
      guard let selection, let number = selection.map.number(of: message.uid) else { continue }
      noteKeywords(of: message)
      var writer = FetchWriter(number: number)
      if fetching.showsUID { writer.add(uid: message.uid) }
      for item in message.items {
        writer.add(item, isRecent: selection.recent.contains(message.uid))
        // What is told now need not be told again.
        if case .flags = item { self.selection?.pending.changed.remove(message.uid) }
      }
      writer.end()
      written += writer.bytesInMemory
      send(writer.parts, into: &actions)
    }
    fetching.batch = written > limits.batchBytesMax ? max(1, fetching.batch / 4) : min(fetching.batch * 2, limits.indexBatchMax)
    fetch(fetching, into: &actions)
  }

  private mutating func send(_ parts: [FetchWriter.Part], into actions: inout [Action]) {
    for part in parts {
      switch part {
      case .bytes(let bytes):
        burstBytes += bytes.count
        // Short lines leave together.
        if bytes.count <= 4_096 {
          out.bytes.append(bytes)
          if out.bytes.count >= 16_384 { flush(into: &actions) }
        } else {
          flush(into: &actions)
          actions.append(.send(bytes))
        }
      case .file(let slice):
        burstBytes += Int(clamping: slice.length)
        flush(into: &actions)
        actions.append(.sendFile(slice))
      }
    }
  }

  /// Tells of keywords before they are first seen in an answer.
  private mutating func noteKeywords(of message: FetchedMessage) {
    guard var selection else { return }
    let before = selection.keywords.keywords.count
    for case .flags(let flags) in message.items { selection.keywords.formUnion(Flags(keywords: flags.keywords)) }
    guard selection.keywords.keywords.count > before else { return }
    tellKeywords(selection)
    self.selection = selection
  }

  // MARK: STORE

  mutating func store(_ tag: String, _ store: Command.Store, into actions: inout [Action]) {
    guard let messages = messages(store.numbering, store.messages, tag, into: &actions), !isReadOnly(tag, into: &actions) else { return }
    guard !messages.isEmpty else { return complete(tag, "STORE completed", into: &actions) }
    let order = StoreOrder(messages, store.change, store.flags)
    ask(.store(tag: tag, store, messages), into: &actions) { .store($0, order) }
  }

  mutating func noteStored(_ store: Command.Store, _ messages: UIDSet, _ unchanged: UIDSet, _ tag: String, into actions: inout [Action]) {
    var fetching = Fetching(
      // RFC 3501 §6.4.6: .SILENT keeps the new flags from who asked for it.
      left: store.isSilent ? UIDSet() : messages.subtracting(unchanged), items: [.flags], showsUID: store.numbering == .uid, setsSeen: false,
      ending: .complete(tag: tag, store.numbering == .uid ? "UID STORE completed" : "STORE completed", Permission(store.numbering)))
    fetching.isIncomplete = !unchanged.isEmpty
    fetch(fetching, into: &actions)
  }

  // MARK: SEARCH

  mutating func search(_ tag: String, _ search: Command.Search, into actions: inout [Action]) {
    guard search.charset.map(SearchKeyParser.charsets.contains) ?? true else {
      return refuse(tag, Refusal(.badCharset(SearchKeyParser.charsets), "texts are in one of these"), into: &actions)
    }
    guard let selection, let key = search.key.key(in: selection) else { return reject(tag, "no message has such a number", into: &actions) }
    ask(.search(tag: tag, search.numbering), into: &actions) { .search($0, key) }
  }

  mutating func tell(_ found: UIDSet, _ numbering: Command.Numbering, _ tag: String, into actions: inout [Action]) {
    out.add("* SEARCH")
    if let map = selection?.map {
      for uid in map.uids.intersection(found) {
        out.add(" ")
        out.add("\(numbering == .uid ? Int(uid) : map.number(of: uid) ?? 0)")
      }
    }
    out.endLine()
    complete(tag, numbering == .uid ? "UID SEARCH completed" : "SEARCH completed", Permission(numbering), into: &actions)
  }

  // MARK: COPY, MOVE, EXPUNGE

  mutating func copy(_ tag: String, _ numbering: Command.Numbering, _ set: SequenceSet, _ bytes: Buffer, isMove: Bool, into actions: inout [Action]) {
    guard let messages = messages(numbering, set, tag, into: &actions) else { return }
    if isMove, isReadOnly(tag, into: &actions) { return }
    named(tag, bytes, into: &actions) { name, this, actions in
      // RFC 3501 §6.4.8: identifiers of which none is there are no error.
      guard !messages.isEmpty else { return this.complete(tag, "nothing to do", into: &actions) }
      this.ask(.copy(tag: tag, isMove: isMove), into: &actions) { isMove ? .move($0, messages, to: name) : .copy($0, messages, to: name) }
    }
  }

  mutating func noteCopied(_ validity: UInt32, _ from: UIDSet, _ to: UIDSet, isMove: Bool, _ tag: String, into actions: inout [Action]) {
    let code: ResponseCode? = from.isEmpty ? nil : .copyUID(validity: validity, from: from, to: to)
    guard isMove else { return complete(tag, code: code, "COPY completed", into: &actions) }
    // RFC 6851 §4.3: where they went is said before they are gone.
    if code != nil { out.status(nil, .ok, code, "moved") }
    tellExpunged(from, into: &actions)
    complete(tag, "MOVE completed", into: &actions)
  }

  mutating func expunge(_ tag: String, _ set: SequenceSet?, into actions: inout [Action]) {
    guard !isReadOnly(tag, into: &actions), let map = selection?.map else { return }
    let within = set.map { map.messages(identified: $0) }
    ask(.expunge(tag: tag, set == nil ? .sequence : .uid), into: &actions) { .expunge($0, within: within) }
  }

  mutating func noteExpunged(_ gone: UIDSet, _ tag: String, _ numbering: Command.Numbering, into actions: inout [Action]) {
    tellExpunged(gone, into: &actions)
    complete(tag, numbering == .uid ? "UID EXPUNGE completed" : "EXPUNGE completed", into: &actions)
  }
}

extension WrittenSearchKey {
  /// The key with its numbers and \Recent turned into identifiers; nil: a number is none.
  func key(in selection: ServerConversation.Selection) -> SearchKey? {
    switch self {
    case .plain(let key): return key
    case .and(let keys):
      let known = keys.compactMap { $0.key(in: selection) }
      return known.count == keys.count ? .and(known) : nil
    case .or(let a, let b):
      guard let a = a.key(in: selection), let b = b.key(in: selection) else { return nil }
      return .or(a, b)
    case .not(let key): return key.key(in: selection).map { .not($0) }
    case .sequence(let set): return selection.map.messages(numbered: set).map { .messages($0) }
    case .uids(let set): return .messages(selection.map.messages(identified: set))
    // RFC 3501 §6.4.4: NEW is RECENT UNSEEN, OLD is NOT RECENT.
    case .recent: return .messages(selection.recent)
    case .unseenRecent: return .and([.messages(selection.recent), .flag(.system(.seen), isSet: false)])
    case .old: return .not(.messages(selection.recent))
    }
  }
}
