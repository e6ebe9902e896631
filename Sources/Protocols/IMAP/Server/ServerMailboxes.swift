// Mailboxes as names: listing, making, removing, selecting, leaving.
import Bytes
import World

extension ServerConversation {
  /// The selected mailbox, as this client knows it.
  struct Selection: Sendable {
    /// Of the question it was selected by: changes are told under it.
    var ticket: Ticket
    var name: MailboxName
    var isReadOnly: Bool
    var map: SequenceMap
    var recent: UIDSet
    /// The keywords that the client has been told of.
    var keywords: Flags
    var takesKeywords: Bool
    var pending = Pending()
  }

  /// What comes after the selected mailbox was left.
  struct Leaving: Sendable {
    enum Next: Sendable {
      case say(String, String)
      case refuse(String, Refusal)
      case delete(String, MailboxName)
      case rename(String, MailboxName, MailboxName)
    }

    var then: Next
  }

  // MARK: Listing

  mutating func list(_ tag: String, _ reference: Buffer, _ pattern: Buffer, isSubscribed: Bool, into actions: inout [Action]) {
    if pattern.isEmpty, !isSubscribed {
      // RFC 3501 §6.3.8: an empty pattern asks for the delimiter and the root.
      out.untagged("LIST (\\Noselect) \"/\" \"\"")
      return complete(tag, "LIST completed", into: &actions)
    }
    guard let pattern = MailboxPattern(reference: reference, pattern) else {
      // A text that is no name is the name of nothing.
      return complete(tag, isSubscribed ? "LSUB completed" : "LIST completed", into: &actions)
    }
    ask(.list(tag: tag, pattern, isSubscribed: isSubscribed), into: &actions) { .mailboxes($0) }
  }

  /// Tells those of the account's names that meet the pattern.
  mutating func list(_ mailboxes: [ListedMailbox], _ pattern: MailboxPattern, isSubscribed: Bool) {
    var known: [MailboxName: ListedMailbox] = [:]
    for mailbox in mailboxes where isSubscribed ? mailbox.isSubscribed : mailbox.kind != .missing { known[mailbox.name] = mailbox }
    let parents = Self.levels(above: mailboxes.filter { $0.kind != .missing }.map(\.name))
    // RFC 3501 §6.3.8, §6.3.9: a level that is no mailbox, or not subscribed to, is told where what lies below it does not meet the pattern.
    let levels = Self.levels(above: known.keys.filter { !pattern.matches($0) }).subtracting(known.keys)
    let command = isSubscribed ? "LSUB" : "LIST"
    for name in levels.union(known.keys).sorted() where pattern.matches(name) {
      let mailbox = known[name] ?? ListedMailbox(name, .level)
      var attributes: [String] = []
      if mailbox.kind != .mailbox { attributes.append("\\Noselect") }
      // RFC 3348 §3
      attributes.append(parents.contains(name) ? "\\HasChildren" : "\\HasNoChildren")
      // RFC 6154 §2
      if let use = mailbox.specialUse { attributes.append(use.rawValue) }
      out.add("* \(command) (\(attributes.joined(separator: " "))) \"/\" ")
      out.add(mailbox: name)
      out.endLine()
    }
  }

  /// All names that lie above one of these.
  private static func levels(above names: some Sequence<MailboxName>) -> Set<MailboxName> {
    var levels: Set<MailboxName> = []
    for name in names {
      var above = name.parent
      while let level = above, levels.insert(level).inserted { above = level.parent }
    }
    return levels
  }

  mutating func tell(_ status: MailboxStatus, of name: MailboxName, _ items: [Command.StatusItem]) {
    out.add("* STATUS ")
    out.add(mailbox: name)
    out.add(" ")
    out.add(
      words: items.map { item in
        switch item {
        case .messages: "MESSAGES \(status.messages)"
        case .recent: "RECENT \(status.recent)"
        case .uidNext: "UIDNEXT \(status.uidNext)"
        case .uidValidity: "UIDVALIDITY \(status.uidValidity)"
        case .unseen: "UNSEEN \(status.unseen)"
        }
      })
    out.endLine()
  }

  // MARK: Making and removing

  mutating func create(_ tag: String, _ bytes: Buffer, into actions: inout [Action]) {
    // RFC 3501 §6.3.3: a delimiter at the end says that others will come below; it is no part of the name.
    let name = bytes.count > 1 && bytes[at: bytes.count - 1] == UInt8(ascii: "/") ? bytes[0..<(bytes.count - 1)] : bytes
    named(tag, name, into: &actions) { name, this, actions in
      guard name != .inbox else { return this.refuse(tag, Refusal(.alreadyExists, "INBOX is always there"), into: &actions) }
      this.ask(.plain(tag: tag, name: "CREATE"), into: &actions) { .create($0, name) }
    }
  }

  mutating func delete(_ tag: String, _ bytes: Buffer, into actions: inout [Action]) {
    named(tag, bytes, into: &actions) { name, this, actions in
      guard name != .inbox else { return this.refuse(tag, Refusal(.cannot, "INBOX is always there"), into: &actions) }
      if this.selection?.name == name { return this.leave(.init(then: .delete(tag, name)), expunging: false, into: &actions) }
      this.ask(.plain(tag: tag, name: "DELETE"), into: &actions) { .delete($0, name) }
    }
  }

  mutating func rename(_ tag: String, _ old: Buffer, _ new: Buffer, into actions: inout [Action]) {
    named(tag, old, into: &actions) { old, this, actions in
      this.named(tag, new, into: &actions) { new, this, actions in
        guard new != .inbox, new != old else { return this.refuse(tag, Refusal(.alreadyExists, "there is such a mailbox"), into: &actions) }
        guard !new.isBelow(old) || old == .inbox else { return this.refuse(tag, Refusal(.cannot, "the new name lies below the old one"), into: &actions) }
        // What it was known by changes with the name, its UIDVALIDITY too: the client selects it again.
        if let selected = this.selection?.name, selected == old || (selected.isBelow(old) && old != .inbox) {
          return this.leave(.init(then: .rename(tag, old, new)), expunging: false, into: &actions)
        }
        this.ask(.plain(tag: tag, name: "RENAME"), into: &actions) { .rename($0, old, to: new) }
      }
    }
  }

  // MARK: Selecting and leaving

  mutating func select(_ tag: String, _ bytes: Buffer, _ access: Access, into actions: inout [Action]) {
    switch Self.name(bytes) {
    case .success(let name):
      // RFC 3501 §6.3.1: whatever comes of it, the mailbox that was selected is not any more.
      selection = nil
      ask(.select(tag: tag, name, access), into: &actions) { .select($0, name, access) }
    case .failure(let refusal):
      if selection == nil { refuse(tag, refusal, into: &actions) } else { leave(.init(then: .refuse(tag, refusal)), expunging: false, into: &actions) }
    }
  }

  mutating func begin(_ mailbox: SelectedMailbox, _ name: MailboxName, _ access: Access, _ ticket: Ticket, _ tag: String, into actions: inout [Action]) {
    let isReadOnly = mailbox.isReadOnly || access == .readOnly
    let selection = Selection(
      ticket: ticket, name: name, isReadOnly: isReadOnly, map: SequenceMap(mailbox.messages), recent: mailbox.recent.intersection(mailbox.messages),
      keywords: Flags(keywords: mailbox.keywords), takesKeywords: mailbox.takesKeywords)
    self.selection = selection
    tellKeywords(selection)
    out.untagged("\(selection.map.count) EXISTS")
    out.untagged("\(selection.recent.count) RECENT")
    if let unseen = mailbox.firstUnseen.flatMap(selection.map.number) { out.status(nil, .ok, .unseen(unseen), "the first that nobody has seen") }
    out.status(nil, .ok, .uidValidity(mailbox.uidValidity), "UIDs are valid")
    out.status(nil, .ok, .uidNext(mailbox.uidNext), "the next UID")
    out.status(nil, .ok, .permanentFlags(isReadOnly ? [] : Self.names(selection.keywords) + (mailbox.takesKeywords ? ["\\*"] : [])), "what can be stored")
    out.status(tag, .ok, .word(isReadOnly ? .readOnly : .readWrite), access == .readOnly ? "EXAMINE completed" : "SELECT completed")
  }

  /// All flags that messages may have.
  static func names(_ keywords: Flags) -> [String] { Flags.System.names.map(\.1) + keywords.keywords }

  /// Tells which flags there are.
  // RFC 3501 §7.2.6
  mutating func tellKeywords(_ selection: Selection) { out.untagged("FLAGS (\(Self.names(selection.keywords).joined(separator: " ")))") }

  mutating func leave(_ leaving: Leaving, expunging: Bool, into actions: inout [Action]) {
    selection = nil
    ask(.leave(leaving), into: &actions) { .leave($0, expunging: expunging) }
  }

  mutating func noteLeft(_ leaving: Leaving, into actions: inout [Action]) {
    switch leaving.then {
    case .say(let tag, let text): complete(tag, text, into: &actions)
    case .refuse(let tag, let refusal): refuse(tag, refusal, into: &actions)
    case .delete(let tag, let name): ask(.plain(tag: tag, name: "DELETE"), into: &actions) { .delete($0, name) }
    case .rename(let tag, let old, let new): ask(.plain(tag: tag, name: "RENAME"), into: &actions) { .rename($0, old, to: new) }
    }
  }
}
