// Each command of a session: what it needs, what it asks the owner, what is answered.
// Read before: ServerConversation.swift. Read next: ServerTransfers.swift.
import Bytes
import World

extension ServerConversation {
  /// A command has come.
  mutating func take(_ command: Command, at now: Instant, into actions: inout [Action]) {
    guard case .transferring(let transfer) = phase else { return obey(command, at: now, into: &actions) }
    // RFC 959 §4.1.3: while content moves, two commands are answered at once; the others wait for its end.
    switch command.verb {
    case .abor where !transfer.isAborting: abort(transfer, into: &actions)
    case .stat where command.argument == nil: say(status, into: &actions)
    default: held.append(command)
    }
  }

  /// Does a command, nothing else being under way.
  mutating func obey(_ command: Command, at now: Instant, into actions: inout [Action]) {
    let source = renameSource
    // RFC 959 §4.1.3: RNTO follows RNFR directly.
    renameSource = nil
    if command.verb.isOpenToAll { return obeyOpen(command, at: now, into: &actions) }
    guard case .user = login else {
      return refuse(command.verb.entry == nil ? Reply(500, "No such command.") : Reply(530, "Log in first."), into: &actions)
    }
    do throws(SyntaxError) {
      switch command.verb {
      case .cwd, .xcwd: ask({ .enter($0) }, { .entering($0) }, try path(command), into: &actions)
      case .cdup, .xcup: ask({ .enter($0) }, { .entering($0) }, folder.parent, into: &actions)
      case .pwd, .xpwd: say(Reply(257, Self.quoted(folder, "is the current folder.")), into: &actions)
      case .mkd, .xmkd: ask({ .makeFolder($0) }, { .making($0) }, try path(command), into: &actions)
      case .rmd, .xrmd: ask({ .removeFolder($0) }, { _ in .removing }, try path(command), into: &actions)
      case .dele: ask({ .removeFile($0) }, { _ in .removing }, try path(command), into: &actions)
      case .rnfr: ask({ .checkRename($0) }, { .renameSource($0) }, try path(command), into: &actions)
      case .rnto:
        guard let source else { return say(Reply(503, "RNFR comes first."), into: &actions) }
        ask({ .rename(source, to: $0) }, { _ in .renaming }, try path(command), into: &actions)
      case .size:
        // RFC 3659 §4.2: what RETR would bring; for text that would have to be counted first.
        guard type == .image else { return say(Reply(550, "SIZE needs TYPE I."), into: &actions) }
        ask({ .facts($0) }, { _ in .size }, try path(command), into: &actions)
      case .mdtm: ask({ .facts($0) }, { _ in .modified }, try path(command), into: &actions)
      case .mlst: ask({ .facts($0) }, { .facts($0) }, try optionalPath(command), into: &actions)
      case .mfmt: try setTime(command, into: &actions)
      case .avbl: ask({ .space($0) }, { _ in .space }, try optionalPath(command), into: &actions)
      case .stat:
        guard command.argument != nil else { return say(status, into: &actions) }
        let (path, pattern) = try listed(command, usesPattern: true)
        ask({ .list($0, pattern) }, { .listing($0) }, path, into: &actions)
      case .type: setType(command, into: &actions)
      case .stru: setLetter(command, allowed: "F", others: "RP", into: &actions)
      case .mode: setLetter(command, allowed: "S", others: "BC", into: &actions)
      case .rest: try setRestart(command, into: &actions)
      case .port, .eprt: try setActive(command, into: &actions)
      case .pasv, .epsv: try openPassive(command, into: &actions)
      case .retr, .stor, .appe, .stou, .list, .nlst, .mlsd: try transfer(command, at: now, into: &actions)
      case .abor:
        // RFC 959 §4.1.3: nothing is under way; a data connection that was prepared goes.
        let wasOpen = way != nil
        dropWay(into: &actions)
        say(Reply(wasOpen ? 225 : 226, "Nothing to abort."), into: &actions)
      case .acct, .allo: say(Reply(202, "Not needed here."), into: &actions)
      case .site:
        let word = command.argument?.text.uppercased() ?? ""
        say(word == "HELP" ? Reply(214, "No SITE commands here.") : Reply(504, "No such SITE command."), into: &actions)
      case .smnt: say(Reply(502, "Not done here."), into: &actions)
      default: refuse(Reply(500, "No such command."), into: &actions)
      }
    } catch {
      actions.append(.problem("\(command.verb.rawValue): \(error)"))
      say(ReplyTo.argument(error), into: &actions)
    }
  }

  /// Commands that need no login.
  private mutating func obeyOpen(_ command: Command, at now: Instant, into actions: inout [Action]) {
    switch command.verb {
    case .user: beginLogin(command, into: &actions)
    case .pass: tryPassword(command, into: &actions)
    case .quit: finish(saying: Reply(221, "Goodbye."), into: &actions)
    case .rein:
      reset(at: now, into: &actions)
      say(Reply(220, setting.greeting), into: &actions)
    case .noop: say(Reply(200, "Here."), into: &actions)
    case .syst: say(Reply(215, "UNIX Type: L8"), into: &actions)
    case .help: say(help, into: &actions)
    case .feat: say(features, into: &actions)
    case .opts: setOptions(command, into: &actions)
    case .clnt: say(Reply(200, "Noted."), into: &actions)
    case .host: judgeHost(command, into: &actions)
    case .auth, .pbsz, .prot, .ccc: secure(command, at: now, into: &actions)
    default: refuse(Reply(500, "No such command."), into: &actions)
    }
  }

  // MARK: Coming in

  private mutating func beginLogin(_ command: Command, into actions: inout [Action]) {
    guard let argument = command.argument, (1...limits.userBytesMax).contains(argument.count),
      let user = String(validating: argument.array, as: UTF8.self)
    else { return refuse(Reply(501, "Expected a user name of at most \(limits.userBytesMax) bytes."), into: &actions) }
    // RFC 4217 §12.2: a server may insist.
    if setting.requiresTLS, !isSecured { return refuse(Reply(530, "AUTH TLS comes first."), into: &actions) }
    // RFC 959 §4.1.1: a new USER begins a new login; the old one is over whether this one succeeds or not.
    if case .user = login { actions.append(.ask(.logout)) }
    dropWay(into: &actions)
    (login, folder, restart) = (.named(user), .root, nil)
    // The same for everybody, so that it does not tell who is known.
    say(Reply(331, "Password, please; for anonymous any will do."), into: &actions)
  }

  private mutating func tryPassword(_ command: Command, into actions: inout [Action]) {
    guard case .named(let user) = login else { return refuse(Reply(503, "USER comes first."), into: &actions) }
    let argument = command.argument ?? Buffer()
    guard argument.count <= limits.passwordBytesMax, let password = String(validating: argument.array, as: UTF8.self) else {
      login = .nobody
      return refuse(Reply(501, "Expected a password of at most \(limits.passwordBytesMax) bytes."), into: &actions)
    }
    let ticket = nextTicket.taken()
    phase = .asking(ticket, .login(user))
    actions.append(.ask(.login(ticket, user: user, password: password)))
  }

  mutating func noteLogin(_ ticket: Ticket, _ verdict: LoginVerdict, at now: Instant, into actions: inout [Action]) {
    guard case .asking(ticket, .login(let user)) = phase else { return }
    switch verdict {
    case .accepted:
      phase = .ready
      login = .user(user)
      strayCommands = 0
      say(Reply(230, "Logged in."), into: &actions)
    case .busy: finish(saying: Reply(421, "Too many logins at once; try again later."), into: &actions)
    case .wrong:
      login = .nobody
      wrongPasswords += 1
      phase = .penance(until: now + limits.loginPenalty)
    }
  }

  /// `HOST`: which of several servers behind one address.
  // RFC 7151 §3.2
  private mutating func judgeHost(_ command: Command, into actions: inout [Action]) {
    guard let argument = command.argument, !argument.isEmpty else { return refuse(Reply(501, "Expected a host name."), into: &actions) }
    guard login == .nobody else { return say(Reply(503, "HOST comes before USER."), into: &actions) }
    let name = argument.text.lowercased()
    let isKnown = setting.hosts.isEmpty || setting.hosts.contains { $0.lowercased() == name }
    if isKnown { say(Reply(220, "\(setting.greeting)"), into: &actions) } else { refuse(Reply(504, "No such host here."), into: &actions) }
  }

  // RFC 4217
  private mutating func secure(_ command: Command, at now: Instant, into actions: inout [Action]) {
    let argument = command.argument?.text.uppercased() ?? ""
    guard setting.offersTLS else { return refuse(Reply(502, "No TLS here."), into: &actions) }
    switch command.verb {
    case .auth:
      if isSecured { return say(Reply(503, "TLS is there already."), into: &actions) }
      // RFC 4217 §4: the older AUTH SSL protects data connections unasked, which nobody can tell from outside.
      guard argument == "TLS" || argument == "TLS-C" else { return refuse(Reply(504, "Only TLS."), into: &actions) }
      // RFC 4217 §4: whatever was said outside is forgotten, also what waited for a transfer's end.
      held = []
      reset(at: now, into: &actions)
      say(Reply(234, "TLS, please."), into: &actions)
      phase = .securing
      actions.append(.startTLS)
    case .pbsz:
      guard isSecured else { return refuse(Reply(503, "AUTH TLS comes first."), into: &actions) }
      guard !argument.isEmpty, CharacterClass.digits.containsAll(argument.utf8) else { return say(Reply(501, "Expected a number."), into: &actions) }
      hasBufferSize = true
      say(Reply(200, "PBSZ=0"), into: &actions)
    case .prot:
      // RFC 4217 §9
      guard hasBufferSize else { return refuse(Reply(503, "PBSZ comes first."), into: &actions) }
      switch argument {
      case "P", "C":
        if argument == "C", setting.requiresTLS { return say(Reply(534, "Data connections are inside TLS here."), into: &actions) }
        // What was prepared for the other kind of connection is of no use.
        dropWay(into: &actions)
        isProtected = argument == "P"
        say(Reply(200, isProtected ? "Data connections are inside TLS." : "Data connections are in the clear."), into: &actions)
      case "S", "E": say(Reply(536, "Only C and P."), into: &actions)
      default: say(Reply(504, "Only C and P."), into: &actions)
      }
    // RFC 4217 §6: who can strip TLS from a session can read the rest of it.
    default: say(Reply(533, "TLS stays."), into: &actions)
    }
  }

  // MARK: Paths and operations

  /// The path that a command names.
  func path(_ command: Command) throws(SyntaxError) -> TreePath {
    guard let argument = command.argument, !argument.isEmpty else { throw SyntaxError(expected: "a path", at: 0, rule: "RFC 959 §5.3.2") }
    return try TreePath(argument, in: folder, limits: limits)
  }

  /// The same where the current folder is meant when nothing is said.
  func optionalPath(_ command: Command) throws(SyntaxError) -> TreePath {
    guard let argument = command.argument, !argument.isEmpty else { return folder }
    return try TreePath(argument, in: folder, limits: limits)
  }

  private mutating func ask(
    _ operation: (TreePath) -> FileOperation, _ pending: (TreePath) -> Pending, _ path: TreePath, into actions: inout [Action]
  ) {
    let ticket = nextTicket.taken()
    phase = .asking(ticket, pending(path))
    actions.append(.ask(.operation(ticket, operation(path))))
  }

  /// `MFMT 20260314092653 path`
  private mutating func setTime(_ command: Command, into actions: inout [Action]) throws(SyntaxError) {
    let argument = command.argument ?? Buffer()
    guard let space = argument.firstIndex(of: 0x20), space + 1 < argument.count, let time = TimeValue.instant(argument[0..<space]) else {
      throw SyntaxError(expected: "a time of fourteen digits and a path", at: 0, rule: "draft-somers-ftp-mfxx §3.1")
    }
    ask({ .setModified($0, time) }, { .settingTime(time, $0) }, try TreePath(argument[(space + 1)..<argument.count], in: folder, limits: limits), into: &actions)
  }

  mutating func noteAnswer(_ ticket: Ticket, _ outcome: OperationOutcome, into actions: inout [Action]) {
    // A late answer to a question nobody waits for any more is no error.
    guard case .asking(ticket, let pending) = phase else { return }
    phase = .ready
    switch (pending, outcome) {
    case (.entering(let path), .done):
      folder = path
      say(Reply(250, "Done."), into: &actions)
    case (.entering, .failed(let failure)):
      say(ReplyTo.failure(failure), into: &actions)
      failedEntries += 1
      if failedEntries >= limits.failedEntriesMax { finish(saying: Reply(421, "Too many folders that are not there."), into: &actions) }
    case (.making(let path), .done): say(Reply(257, Self.quoted(path, "is there now.")), into: &actions)
    case (.removing, .done), (.renaming, .done): say(Reply(250, "Done."), into: &actions)
    case (.renameSource(let path), .done):
      renameSource = path
      say(Reply(350, "RNTO, please."), into: &actions)
    case (.size, .facts(let facts)):
      say(facts.kind == .file ? Reply(213, "\(facts.size)") : ReplyTo.failure(.isFolder), into: &actions)
    case (.modified, .facts(let facts)): say(Reply(213, TimeValue.text(facts.modified)), into: &actions)
    case (.facts(let path), .facts(let facts)):
      say(Reply(250, lines: ["Listing", facts.line(self.facts, name: path.absolute), "End"]), into: &actions)
    case (.listing(let path), .listing(let listing, let isFolder)):
      var lines = [Buffer("Status of \(path):")]
      lines += listing.array.split(separator: 0x0A).map { Buffer($0.last == 0x0D ? $0.dropLast() : $0) }
      say(Reply(isFolder ? 212 : 213, lines: lines + ["End"]), into: &actions)
    case (.space, .space(let bytes)): say(Reply(213, "\(bytes)"), into: &actions)
    case (.settingTime(let time, let path), .done):
      var text = Buffer("Modify=\(TimeValue.text(time)); ")
      text.append(path.absolute)
      say(Reply(213, text), into: &actions)
    case (_, .failed(let failure)): say(ReplyTo.failure(failure), into: &actions)
    default:
      Invariant.broken("an answer that does not fit its question")
      say(ReplyTo.failure(.broken), into: &actions)
    }
  }

  // MARK: Telling

  /// A path between quotation marks, those inside it doubled.
  // RFC 959 §App. II
  static func quoted(_ path: TreePath, _ rest: String) -> Buffer {
    var text = Buffer([UInt8(ascii: "\"")])
    for byte in path.absolute {
      text.append(byte)
      if byte == UInt8(ascii: "\"") { text.append(byte) }
    }
    text.append("\" \(rest)")
    return text
  }

  // RFC 2389 §3.2
  private var features: Reply {
    var lines: [Buffer] = ["Features:"]
    if setting.offersTLS { lines += ["AUTH TLS", "PBSZ", "PROT"] }
    lines += ["AVBL", "EPRT", "EPSV", "HOST", "MDTM", "MFMT"]
    // RFC 3659 §7.8: those that would be sent now have a star.
    lines.append(Buffer("MLST " + FactName.allCases.map { $0.rawValue + (facts.contains($0) ? "*;" : ";") }.joined()))
    return Reply(211, lines: lines + ["REST STREAM", "SIZE", "TVFS", "UTF8", "End"])
  }

  private var help: Reply {
    let verbs = Verb.registry.map(\.verb.rawValue)
    let rows = stride(from: 0, to: verbs.count, by: 10).map { Buffer(verbs[$0..<min($0 + 10, verbs.count)].joined(separator: " ")) }
    return Reply(214, lines: ["Known here:"] + rows + ["End"])
  }

  private var status: Reply {
    var lines: [Buffer] = ["How things stand:"]
    if case .user(let user) = login { lines.append(Buffer("Logged in as \(user)")) }
    lines.append(type == .image ? "TYPE I, STRU F, MODE S" : "TYPE A, STRU F, MODE S")
    if isSecured { lines.append(isProtected ? "Inside TLS, data connections too" : "Inside TLS, data connections in the clear") }
    if case .transferring(let transfer) = phase { lines.append(transfer.hasBegun ? "A transfer is under way" : "A data connection is awaited") }
    return Reply(211, lines: lines + ["End"])
  }

  // RFC 2389 §4
  private mutating func setOptions(_ command: Command, into actions: inout [Action]) {
    let words = (command.argument?.text ?? "").split(separator: " ", maxSplits: 1)
    switch words.first?.uppercased() {
    // Differs from RFC 2640 §2: names are UTF-8 always; turning it off would only make two kinds of names.
    case "UTF8" where words.count < 2 || words[1].uppercased() == "ON", "UTF-8" where words.count < 2 || words[1].uppercased() == "ON":
      say(Reply(200, "Always."), into: &actions)
    case "MLST":
      // RFC 3659 §7.9
      let wanted = words.count < 2 ? [] : words[1].split(separator: ";").map { $0.lowercased() }
      facts = FactName.allCases.filter { wanted.contains($0.rawValue) }
      say(Reply(200, "MLST OPTS \(facts.map { $0.rawValue + ";" }.joined())"), into: &actions)
    default: refuse(Reply(501, "No such option."), into: &actions)
    }
  }
}

extension Verb {
  /// Whether it is obeyed without a login.
  fileprivate var isOpenToAll: Bool {
    switch self {
    case .user, .pass, .quit, .rein, .noop, .syst, .help, .feat, .opts, .clnt, .host, .auth, .pbsz, .prot, .ccc: true
    default: false
    }
  }
}
