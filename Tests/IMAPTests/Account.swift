// An owner for tests: one account in memory that answers every question of the server conversation at once.
// Read next: Fixtures.swift (what is in it), TranscriptTests.swift.
import Bytes
import IMAP
import Mail
import World

/// Somebody's mailboxes.
final class Account {
  struct Message {
    var uid: UInt32
    var flags: Flags
    var date: InternalDate
    var bytes: Buffer
  }

  struct Mailbox {
    var name: MailboxName
    var validity: UInt32
    var messages: [Message] = []
    var recent = UIDSet()
    var next: UInt32 = 1
    var isSubscribed = true
    var use: SpecialUse?
    var isReadOnly = false
    var isLevel = false

    mutating func add(_ bytes: Buffer, _ flags: Flags = Flags(), date: InternalDate = InternalDate(seconds: 0)) -> UInt32 {
      messages.append(Message(uid: next, flags: flags, date: date, bytes: bytes))
      recent.insert(next)
      next += 1
      return next - 1
    }
  }

  var mailboxes: [Mailbox]
  /// Subscribed to, but not there.
  var missing: [MailboxName] = []
  private(set) var asked: [Question] = []
  private var selected: (ticket: Ticket, name: MailboxName)?
  private var appending: (order: AppendOrder, bytes: Buffer)?
  private var validity: UInt32 = 3_857_529_045
  /// What has to be told before the next answer.
  var untold: [MailboxChange] = []
  /// How many messages it answers about at once.
  var fetchedMax = 1_000

  init(_ mailboxes: [Mailbox]) { self.mailboxes = mailboxes }

  func index(_ name: MailboxName) -> Int? { mailboxes.firstIndex { $0.name == name } }

  /// Answers; what is to be told before the answer comes first.
  func inputs(_ question: Question) -> [ServerConversation.Input] {
    asked.append(question)
    guard let (ticket, answer) = answer(question) else { return [] }
    let changes = untold.compactMap { change in selected.map { ServerConversation.Input.changed($0.ticket, change) } }
    untold = []
    return changes + [.answered(ticket, answer)]
  }

  private func with(_ name: MailboxName, _ body: (Int) -> Answer) -> Answer {
    index(name).map(body) ?? .refused(Refusal(.nonexistent, "no such mailbox"))
  }

  private func answer(_ question: Question) -> (Ticket, Answer)? {
    switch question {
    case .logIn(let ticket, let user, let password):
      let isRight = user == "alice" && password == "secret"
      return (ticket, isRight ? .done : .refused(Refusal(.authenticationFailed, "wrong name or password")))
    case .mailboxes(let ticket):
      let listed = mailboxes.map { ListedMailbox($0.name, $0.isLevel ? .level : .mailbox, isSubscribed: $0.isSubscribed, specialUse: $0.use) }
      return (ticket, .mailboxes(listed + missing.map { ListedMailbox($0, .missing, isSubscribed: true) }))
    case .status(let ticket, let name):
      return (ticket, with(name) { index in
        let mailbox = mailboxes[index]
        let unseen = mailbox.messages.count { !$0.flags.system.contains(.seen) }
        return .status(.init(messages: mailbox.messages.count, recent: mailbox.recent.count, unseen: unseen, uidNext: mailbox.next, uidValidity: mailbox.validity))
      })
    case .create(let ticket, let name):
      guard index(name) == nil else { return (ticket, .refused(Refusal(.alreadyExists, "there is such a mailbox"))) }
      validity += 1
      mailboxes.append(Mailbox(name: name, validity: validity))
      return (ticket, .done)
    case .delete(let ticket, let name):
      return (ticket, with(name) { index in
        mailboxes.remove(at: index)
        return .done
      })
    case .rename(let ticket, let old, let new):
      return (ticket, with(old) { index in
        guard self.index(new) == nil else { return .refused(Refusal(.alreadyExists, "there is such a mailbox")) }
        for place in mailboxes.indices { if let name = mailboxes[place].name.moved(from: old, to: new) { mailboxes[place].name = name } }
        mailboxes[index].name = new
        return .done
      })
    case .subscribe(let ticket, let name):
      if let index = index(name) { mailboxes[index].isSubscribed = true } else { missing.append(name) }
      return (ticket, .done)
    case .unsubscribe(let ticket, let name):
      if let index = index(name) { mailboxes[index].isSubscribed = false }
      missing.removeAll { $0 == name }
      return (ticket, .done)
    case .select(let ticket, let name, let access): return (ticket, with(name) { select($0, ticket, access) })
    case .leave(let ticket, let expunging):
      if expunging { _ = expunge(within: nil) }
      selected = nil
      return (ticket, .done)
    case .search(let ticket, let key):
      return (ticket, withSelected { mailbox in .found(UIDSet(mailbox.messages.filter { $0.meets(key) }.map(\.uid))) })
    case .fetch(let ticket, let order): return (ticket, withSelected { mailbox in
      var (now, left) = (order, order.messages)
      now.messages = left.takeFirst(fetchedMax)
      return .fetched(fetch(now, &mailbox), left: left)
    })
    case .store(let ticket, let order): return (ticket, withSelected { mailbox in store(order, &mailbox) })
    case .copy(let ticket, let set, let name): return (ticket, copy(set, name))
    case .move(let ticket, let set, let name):
      let answer = copy(set, name)
      if case .copied(_, let from, _) = answer { _ = withSelected { $0.messages.removeAll { from.contains($0.uid) }; return .done } }
      return (ticket, answer)
    case .expunge(let ticket, let within): return (ticket, .expunged(expunge(within: within)))
    case .append(let ticket, let order):
      guard index(order.mailbox) != nil else { return (ticket, .refused(Refusal(.tryCreate, "no such mailbox"))) }
      appending = (order, Buffer())
      return (ticket, .done)
    case .appendContent(let ticket, let piece):
      appending?.bytes.append(piece)
      guard let bytes = appending?.bytes, bytes.count <= 10_000 else { return (ticket, .refused(Refusal(.overQuota, "the mailbox is full"))) }
      return (ticket, .done)
    case .appendEnd(let ticket):
      guard let appending, let index = index(appending.order.mailbox) else { return (ticket, .refused(Refusal(.serverBug, "nothing to append"))) }
      let uid = mailboxes[index].add(appending.bytes, appending.order.flags, date: appending.order.date ?? InternalDate(.simulationStart))
      if selected?.name == appending.order.mailbox { untold.append(.arrived(UIDSet(uid), recent: UIDSet(uid))) }
      self.appending = nil
      return (ticket, .appended(validity: mailboxes[index].validity, uid: uid))
    case .appendAbandoned:
      appending = nil
      return nil
    case .forgotten, .gone: return nil
    }
  }

  private func withSelected(_ body: (inout Mailbox) -> Answer) -> Answer {
    guard let selected, let index = index(selected.name) else { return .refused(Refusal(.serverBug, "nothing is selected")) }
    return body(&mailboxes[index])
  }

  private func select(_ index: Int, _ ticket: Ticket, _ access: Access) -> Answer {
    let mailbox = mailboxes[index]
    guard !mailbox.isLevel else { return .refused(Refusal(.cannot, "not a mailbox")) }
    selected = (ticket, mailbox.name)
    if access == .readWrite { mailboxes[index].recent = UIDSet() }
    let keywords = Flags(keywords: mailbox.messages.flatMap(\.flags.keywords)).keywords
    return .selected(
      SelectedMailbox(
        messages: UIDSet(mailbox.messages.map(\.uid)), recent: mailbox.recent, firstUnseen: mailbox.messages.first { !$0.flags.system.contains(.seen) }?.uid,
        uidNext: mailbox.next, uidValidity: mailbox.validity, keywords: keywords, isReadOnly: mailbox.isReadOnly))
  }

  private func expunge(within: UIDSet?) -> UIDSet {
    var gone = UIDSet()
    _ = withSelected { mailbox in
      for message in mailbox.messages where message.flags.system.contains(.deleted) && within?.contains(message.uid) ?? true { gone.insert(message.uid) }
      mailbox.messages.removeAll { gone.contains($0.uid) }
      return .done
    }
    return gone
  }

  private func store(_ order: StoreOrder, _ mailbox: inout Mailbox) -> Answer {
    var unchanged = order.messages
    for index in mailbox.messages.indices where order.messages.contains(mailbox.messages[index].uid) {
      unchanged.remove(mailbox.messages[index].uid)
      switch order.change {
      case .replace: mailbox.messages[index].flags = order.flags
      case .add: mailbox.messages[index].flags.formUnion(order.flags)
      case .remove: mailbox.messages[index].flags.subtract(order.flags)
      }
    }
    return .stored(unchanged: unchanged)
  }

  private func copy(_ set: UIDSet, _ name: MailboxName) -> Answer {
    guard let target = index(name) else { return .refused(Refusal(.tryCreate, "no such mailbox")) }
    guard let selected, let source = index(selected.name) else { return .refused(Refusal(.serverBug, "nothing is selected")) }
    var (from, to) = (UIDSet(), UIDSet())
    for message in mailboxes[source].messages where set.contains(message.uid) {
      from.insert(message.uid)
      to.insert(mailboxes[target].add(message.bytes, message.flags, date: message.date))
    }
    if source == target { untold.append(.arrived(to, recent: to)) }
    return .copied(validity: mailboxes[target].validity, from: from, to: to)
  }

  private func fetch(_ order: FetchOrder, _ mailbox: inout Mailbox) -> [FetchedMessage] {
    var fetched: [FetchedMessage] = []
    for index in mailbox.messages.indices where order.messages.contains(mailbox.messages[index].uid) {
      let becomesSeen = order.setsSeen && !mailbox.messages[index].flags.system.contains(.seen)
      if becomesSeen { mailbox.messages[index].flags.system.insert(.seen) }
      let message = mailbox.messages[index]
      let structure = MessageStructure(reading: message.bytes)
      var items = order.items.map { item -> FetchedItem in
        switch item {
        case .uid: .uid
        case .flags: .flags(message.flags)
        case .internalDate: .internalDate(message.date)
        case .size: .size(Int64(message.bytes.count))
        case .envelope: .envelope(Envelope(structure.root.envelope ?? MessageEnvelope()))
        case .body: .body(BodyStructure(structure))
        case .bodyStructure: .bodyStructure(BodyStructure(structure))
        case .section(let request): .section(request, message.content(request.section, structure))
        }
      }
      if becomesSeen, !order.items.contains(.flags) { items.append(.flags(message.flags)) }
      fetched.append(FetchedMessage(uid: message.uid, items))
    }
    return fetched
  }
}

extension Account.Message {
  fileprivate func content(_ section: Section, _ structure: MessageStructure) -> Content {
    switch section.place(in: structure) {
    case .absent: .absent
    // Half of them come from files, as in a real store.
    case .range(let range) where uid % 2 == 0: .file(FileSlice(file: MemoryFile(bytes), offset: Int64(range.lowerBound), length: Int64(range.count)))
    case .range(let range): .bytes(bytes[range])
    case .fields(let head, let names, let isNot): .bytes(SectionPlace.fields(of: bytes[head], names: names, isNot: isNot))
    }
  }

  fileprivate func meets(_ key: SearchKey) -> Bool {
    let head = MessageHead(reading: bytes)
    func contains(_ text: String, _ wanted: String) -> Bool { wanted.isEmpty || text.lowercased().contains(wanted.lowercased()) }
    var sent: Day? { head.value("date").flatMap(MailDate.init(reading:)).map { InternalDate(seconds: $0.instant.secondsSince1970, zone: Int16($0.zoneMinutes)).day } }
    switch key {
    case .all: return true
    case .and(let keys): return keys.allSatisfy(meets)
    case .or(let a, let b): return meets(a) || meets(b)
    case .not(let key): return !meets(key)
    case .flag(.system(let flag), let isSet): return flags.system.contains(flag) == isSet
    case .flag(.keyword(let keyword), let isSet): return flags.contains(keyword: keyword) == isSet
    case .messages(let set): return set.contains(uid)
    case .before(let day): return date.day < day
    case .on(let day): return date.day == day
    case .since(let day): return date.day >= day
    case .sentBefore(let day): return sent.map { $0 < day } ?? false
    case .sentOn(let day): return sent.map { $0 == day } ?? false
    case .sentSince(let day): return sent.map { $0 >= day } ?? false
    case .larger(let size): return bytes.count > size
    case .smaller(let size): return bytes.count < size
    case .header(let name, let wanted): return head.all(name.lowercased()).contains { contains(head.value(of: $0).text, wanted) }
    case .body(let wanted), .text(let wanted): return contains(bytes.text, wanted)
    }
  }
}

/// A file that is not on a disk.
final class MemoryFile: FileReference {
  private let bytes: Buffer
  init(_ bytes: Buffer) { self.bytes = bytes }
  var descriptor: Int32 { -1 }
  func read(at offset: Int64, length: Int) -> Buffer? { bytes[Int(offset)..<(Int(offset) + length)] }
}
