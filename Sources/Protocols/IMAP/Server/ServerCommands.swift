// What each command does: allowed or not in this state, answered at once or asked of the owner.
// Read next: ServerLogin.swift, ServerMailboxes.swift, ServerMessages.swift, ServerAppend.swift, ServerChanges.swift.
import Bytes
import World

extension ServerConversation {
  /// The least state that a command needs.
  private enum Needed {
    case nothing
    case nobody
    case login
    case selection
  }

  // RFC 3501 §6.1 to §6.4
  private func needed(for command: Command) -> Needed {
    switch command {
    case .capability, .noop, .logout, .id: .nothing
    case .startTLS, .authenticate, .logIn: .nobody
    case .select, .examine, .create, .delete, .rename, .subscribe, .unsubscribe, .list, .lsub, .status, .namespace, .idle, .enable: .login
    case .check, .close, .unselect, .expunge, .uidExpunge, .search, .fetch, .store, .copy, .move: .selection
    }
  }

  mutating func obey(_ command: Command, _ tag: String, at now: Instant, into actions: inout [Action]) {
    switch (needed(for: command), phase) {
    case (.nothing, _), (.nobody, .notAuthenticated): break
    case (.login, .authenticated): break
    case (.selection, .authenticated) where selection != nil: break
    case (.nobody, _): return violate(tag, "somebody has logged in already", into: &actions)
    case (.login, _), (.selection, .notAuthenticated): return violate(tag, "log in first", into: &actions)
    case (.selection, _): return violate(tag, "select a mailbox first", into: &actions)
    }
    switch command {
    case .capability:
      out.untagged("CAPABILITY \(capabilities.joined(separator: " "))")
      complete(tag, "CAPABILITY completed", into: &actions)
    case .noop: complete(tag, "NOOP completed", into: &actions)
    case .logout:
      out.status(nil, .bye, nil, "\(options.hostName) says goodbye")
      out.status(tag, .ok, nil, "LOGOUT completed")
      end(.afterFlush, into: &actions)
    case .id:
      // RFC 2971 §3.2: enough to know whom one talks to, and nothing that helps who looks for old versions.
      out.untagged("ID (\"name\" \"Netstead\")")
      complete(tag, "ID completed", into: &actions)
    case .startTLS: startTLS(tag, into: &actions)
    case .authenticate(let mechanism, let response): authenticate(tag, mechanism, response, into: &actions)
    case .logIn(let user, let password): logIn(tag, user, password, into: &actions)
    case .select(let name): select(tag, name, .readWrite, into: &actions)
    case .examine(let name): select(tag, name, .readOnly, into: &actions)
    case .create(let name): create(tag, name, into: &actions)
    case .delete(let name): delete(tag, name, into: &actions)
    case .rename(let old, let new): rename(tag, old, new, into: &actions)
    case .subscribe(let name): named(tag, name, into: &actions) { name, this, actions in
      this.ask(.plain(tag: tag, name: "SUBSCRIBE"), into: &actions) { .subscribe($0, name) }
    }
    case .unsubscribe(let name): named(tag, name, into: &actions) { name, this, actions in
      this.ask(.plain(tag: tag, name: "UNSUBSCRIBE"), into: &actions) { .unsubscribe($0, name) }
    }
    case .list(let reference, let pattern): list(tag, reference, pattern, isSubscribed: false, into: &actions)
    case .lsub(let reference, let pattern): list(tag, reference, pattern, isSubscribed: true, into: &actions)
    case .status(let name, let items): named(tag, name, into: &actions) { name, this, actions in
      this.ask(.status(tag: tag, name, items), into: &actions) { .status($0, name) }
    }
    case .namespace:
      // RFC 2342 §5: everybody's own mailboxes stand at the top; nobody else's are seen.
      out.untagged("NAMESPACE ((\"\" \"/\")) NIL NIL")
      complete(tag, "NAMESPACE completed", into: &actions)
    case .idle: beginIdle(tag, at: now, into: &actions)
    case .enable:
      // RFC 5161 §3.1: only before a mailbox is selected. Nothing of ours has to be switched on.
      guard selection == nil else { return violate(tag, "ENABLE comes before a mailbox is selected", into: &actions) }
      out.untagged("ENABLED")
      complete(tag, "ENABLE completed", into: &actions)
    case .check: complete(tag, "CHECK completed", into: &actions)
    case .close: leave(.init(then: .say(tag, "CLOSE completed")), expunging: selection?.isReadOnly == false, into: &actions)
    case .unselect: leave(.init(then: .say(tag, "UNSELECT completed")), expunging: false, into: &actions)
    case .expunge: expunge(tag, nil, into: &actions)
    case .uidExpunge(let set): expunge(tag, set, into: &actions)
    case .search(let search): self.search(tag, search, into: &actions)
    case .fetch(let fetch): self.fetch(tag, fetch, into: &actions)
    case .store(let store): self.store(tag, store, into: &actions)
    case .copy(let numbering, let set, let name): copy(tag, numbering, set, name, isMove: false, into: &actions)
    case .move(let numbering, let set, let name): copy(tag, numbering, set, name, isMove: true, into: &actions)
    }
  }

  // MARK: Refusing

  /// Says `BAD`; too many of them end the connection.
  mutating func reject(_ tag: String?, _ why: String, into actions: inout [Action]) {
    out.status(tag, .bad, nil, why)
    badCommands += 1
    let allowed = phase == .notAuthenticated ? limits.badCommandsBeforeLoginMax : limits.badCommandsMax
    if badCommands >= allowed { finish("too many bad commands", into: &actions) }
  }

  /// A command that is not for this state.
  mutating func violate(_ tag: String, _ why: String, into actions: inout [Action]) {
    actions.append(.problem("\(Violation(why, in: stateName, rule: "RFC 3501 §3"))"))
    reject(tag, why, into: &actions)
  }

  /// Calls `body` with the mailbox name that `bytes` are, or refuses.
  mutating func named(
    _ tag: String, _ bytes: Buffer, into actions: inout [Action], _ body: (MailboxName, inout ServerConversation, inout [Action]) -> Void
  ) {
    switch Self.name(bytes) {
    case .success(let name): body(name, &self, &actions)
    case .failure(let refusal): refuse(tag, refusal, into: &actions)
    }
  }

  /// The name that `bytes` are.
  static func name(_ bytes: Buffer) -> Result<MailboxName, Refusal> {
    do throws(MailboxName.Fault) { return .success(try MailboxName(wire: bytes)) } catch {
      switch error {
      case .malformed(let why): return .failure(Refusal(.cannot, why))
      case .tooDeep: return .failure(Refusal(.limit, "a name has at most \(MailboxName.depthMax) levels"))
      case .tooLong: return .failure(Refusal(.limit, "a level has at most \(MailboxName.levelBytesMax) bytes"))
      }
    }
  }
}
