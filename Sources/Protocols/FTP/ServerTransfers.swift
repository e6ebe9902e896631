// Commands about the data connection: in which form content passes, where it goes, and the transfers themselves.
// Read before: ServerConversation.swift, ServerCommands.swift. Read next: Servers/FileServer/Session.swift, which makes them.
import Bytes
import World

extension ServerConversation {
  // MARK: Form

  // RFC 959 §3.1.1, RFC 1123 §4.1.2.1
  mutating func setType(_ command: Command, into actions: inout [Action]) {
    let words = (command.argument?.text ?? "").uppercased().split(separator: " ").map(String.init)
    switch words {
    case ["A"], ["A", "N"]: type = .text
    case ["I"], ["L", "8"]: type = .image
    case ["A", "T"], ["A", "C"], ["E"], ["E", "N"], ["E", "T"], ["E", "C"]: return say(Reply(504, "Only A, I and L 8."), into: &actions)
    case _ where words.count == 2 && words[0] == "L" && CharacterClass.digits.containsAll(words[1].utf8):
      return say(Reply(504, "Bytes have eight bits here."), into: &actions)
    default: return say(Reply(501, "Expected a type."), into: &actions)
    }
    say(Reply(200, type == .image ? "TYPE I" : "TYPE A"), into: &actions)
  }

  mutating func setLetter(_ command: Command, allowed: String, others: String, into actions: inout [Action]) {
    let letter = command.argument?.text.uppercased() ?? ""
    if letter == allowed { return say(Reply(200, "Done."), into: &actions) }
    say(letter.utf8.count == 1 && others.contains(letter) ? Reply(504, "Only \(allowed).") : Reply(501, "Expected \(allowed)."), into: &actions)
  }

  // RFC 3659 §5.3
  mutating func setRestart(_ command: Command, into actions: inout [Action]) throws(SyntaxError) {
    restart = nil
    guard let argument = command.argument, let offset = ListingForms.decimal(argument) else {
      throw SyntaxError(expected: "a number of bytes", at: 0, rule: "RFC 3659 §5.3")
    }
    restart = offset
    say(Reply(350, "The next transfer begins at byte \(offset)."), into: &actions)
  }

  // MARK: Where it goes

  /// PORT and EPRT.
  mutating func setActive(_ command: Command, into actions: inout [Action]) throws(SyntaxError) {
    // Whatever comes of it, what was said before holds no more.
    dropWay(into: &actions)
    // RFC 2428 §4: after EPSV ALL a client never asks for anything else; if something does, it is not the client.
    if isExtendedOnly { return say(Reply(503, "EPSV ALL was said."), into: &actions) }
    // Not done: RFC 4217 §7, active mode inside TLS; whoever calls would have to be the TLS server of that connection.
    if isProtected { return say(Reply(502, "Inside TLS data connections are passive here."), into: &actions) }
    let argument = command.argument ?? Buffer()
    let endpoint: Endpoint
    if command.verb == .port {
      endpoint = try HostPort.numbers(argument)
    } else {
      guard case .endpoint(let named) = try HostPort.extended(argument), HostPort.Family(named.address) == HostPort.Family(peer) else {
        return say(otherFamily, into: &actions)
      }
      endpoint = named
    }
    // RFC 2577 §3: content goes to the client alone, and to no port where a service of its machine listens.
    guard endpoint.address == peer, endpoint.port >= 1_024 else {
      actions.append(.problem("\(command.verb.rawValue) named \(endpoint), which is not a free port of \(peer) (RFC 2577 §3)"))
      return say(Reply(501, "Only your own address, and ports from 1024."), into: &actions)
    }
    way = .active(endpoint)
    say(Reply(200, "Done."), into: &actions)
  }

  // RFC 2428 §2, §3
  private var otherFamily: Reply { Reply(522, "Network protocol not supported, use (\(HostPort.Family(peer).rawValue))") }

  /// PASV and EPSV.
  mutating func openPassive(_ command: Command, into actions: inout [Action]) throws(SyntaxError) {
    if command.verb == .pasv {
      if isExtendedOnly { return say(Reply(503, "EPSV ALL was said."), into: &actions) }
      guard case .v4 = peer else { return say(Reply(425, "There is no IPv4 address here; EPSV does it."), into: &actions) }
    } else if let argument = command.argument, !argument.isEmpty {
      let word = argument.text.uppercased()
      if word == "ALL" {
        isExtendedOnly = true
        return say(Reply(200, "EPSV only from here on."), into: &actions)
      }
      guard ListingForms.number(argument.array) != nil else { throw SyntaxError(expected: "a family, ALL, or nothing", at: 0, rule: "RFC 2428 §3") }
      guard word == "\(HostPort.Family(peer).rawValue)" else { return say(otherFamily, into: &actions) }
    }
    let ticket = nextTicket.taken()
    way = nil
    phase = .asking(ticket, .passive(isExtended: command.verb == .epsv))
    actions.append(.ask(.openPassive(ticket, isProtected: isProtected)))
  }

  mutating func notePassive(_ ticket: Ticket, _ endpoint: Endpoint?, into actions: inout [Action]) {
    guard case .asking(ticket, .passive(let isExtended)) = phase else { return }
    phase = .ready
    guard let endpoint else { return say(Reply(425, "No port is free."), into: &actions) }
    if isExtended {
      way = .passive
      say(Reply(229, "Entering Extended Passive Mode (|||\(endpoint.port)|)"), into: &actions)
    } else if let numbers = HostPort.numbers(of: endpoint) {
      way = .passive
      say(Reply(227, "Entering Passive Mode (\(numbers))."), into: &actions)
    } else {
      actions.append(.ask(.closePassive))
      say(Reply(425, "There is no IPv4 address here; EPSV does it."), into: &actions)
    }
  }

  /// Forgets where the next data connection was to go.
  mutating func dropWay(into actions: inout [Action]) {
    if way == .passive { actions.append(.ask(.closePassive)) }
    way = nil
  }

  // MARK: Transfers

  mutating func transfer(_ command: Command, at now: Instant, into actions: inout [Action]) throws(SyntaxError) {
    let offset = restart
    // RFC 3659 §5.3: REST is for the next transfer and no other.
    restart = nil
    let content: TransferOrder.Content
    switch command.verb {
    case .retr: content = .retrieve(try path(command), from: offset ?? 0)
    case .stor: content = .store(try path(command), at: offset ?? 0)
    case .appe: content = .append(try path(command))
    case .stou: content = .storeUnique(folder)
    case .mlsd: content = .list(try optionalPath(command), nil, .facts(facts))
    default:
      let (path, pattern) = try listed(command, usesPattern: true)
      content = .list(path, pattern, command.verb == .list ? .long : .names)
    }
    if let offset, offset > 0 {
      switch content {
      // RFC 3659 §5.3: offsets count bytes as TYPE I sends them.
      case .retrieve, .store:
        if type == .text { return say(Reply(504, "REST needs TYPE I."), into: &actions) }
      case .append: return say(Reply(503, "APPE begins at the end; REST does not go with it."), into: &actions)
      case .storeUnique, .list: break
      }
    }
    if setting.requiresTLS, !isProtected { return say(Reply(522, "PROT P comes first."), into: &actions) }
    guard let way else { return say(Reply(425, "PASV, EPSV, PORT or EPRT comes first."), into: &actions) }
    // RFC 959 §3.2: in stream mode the end of the connection is the end of the file, so each transfer has its own.
    self.way = nil
    let order = TransferOrder(content, type: type, way: way, isProtected: isProtected)
    let ticket = nextTicket.taken()
    let patience = way == .passive ? limits.passiveTimeout : limits.activeTimeout
    phase = .transferring(Transfer(ticket: ticket, order: order, beginDeadline: now + patience))
    actions.append(.ask(.transfer(ticket, order)))
  }

  /// What a listing is of: options as `ls` has them are passed over, `*` and `?` in the last name choose.
  func listed(_ command: Command, usesPattern: Bool) throws(SyntaxError) -> (TreePath, NamePattern?) {
    var rest = command.argument ?? Buffer()
    while rest[at: 0] == UInt8(ascii: "-") {
      let end = rest.firstIndex(of: 0x20) ?? rest.count
      rest.drop(end)
      while rest[at: 0] == 0x20 { rest.drop(1) }
    }
    guard !rest.isEmpty else { return (folder, nil) }
    let path = try TreePath(rest, in: folder, limits: limits)
    guard usesPattern, let pattern = NamePattern(path.name) else { return (path, nil) }
    return (path.parent, pattern)
  }

  mutating func noteBegin(_ ticket: Ticket, _ size: Int64?, _ name: [UInt8]?, into actions: inout [Action]) {
    guard case .transferring(var transfer) = phase, transfer.ticket == ticket, !transfer.hasBegun else { return }
    transfer.hasBegun = true
    phase = .transferring(transfer)
    if let name {
      // RFC 1123 §4.1.2.9
      var text: Buffer = "FILE: "
      text.append(name)
      return say(Reply(150, text), into: &actions)
    }
    let form = transfer.order.type == .image ? "BINARY" : "ASCII"
    if case .list = transfer.order.content { return say(Reply(150, "Here comes the listing."), into: &actions) }
    say(Reply(150, "Opening \(form) mode data connection\(size.map { " (\($0) bytes)" } ?? "")."), into: &actions)
  }

  mutating func noteEnd(_ ticket: Ticket, _ end: TransferEnd, at now: Instant, into actions: inout [Action]) {
    guard case .transferring(let transfer) = phase, transfer.ticket == ticket else { return }
    phase = .ready
    renewSilence(at: now)
    let end = transfer.isLate && end == .aborted ? TransferEnd.notConnected : end
    say(ReplyTo.end(end, hasBegun: transfer.hasBegun), into: &actions)
    // RFC 959 §4.1.3: first what became of the transfer, then that ABOR was obeyed.
    if transfer.isAborting { say(Reply(226, "ABOR done."), into: &actions) }
  }

  mutating func abort(_ transfer: Transfer, into actions: inout [Action]) {
    var transfer = transfer
    transfer.isAborting = true
    phase = .transferring(transfer)
    actions.append(.ask(.abort(transfer.ticket)))
  }
}
