// Entrances of FTP: both ends of a session, data connections' text, listings of any server, and the small grammars inside.
import Bytes
import FTP
import FileServer
import Trace
import Transport
import World

let ftpEntrances: [Entrance] = [
  Entrance("ftp-command") { bytes in
    for range in FTP.ServerConversation.secrets(in: bytes) {
      must(range.lowerBound >= 0 && range.lowerBound <= range.upperBound && range.upperBound <= bytes.count, "a secret lies in its message")
    }
    guard let command = try? FTP.Command(reading: bytes) else { return }
    var line = command.line
    must(line[(line.count - 2)..<line.count] == "\r\n", "a command ends its line")
    line.dropLast(2)
    must((try? FTP.Command(reading: line)) == command, "a command reads back: \(line)")
    let folder = (try? TreePath("a/b", in: .root)) ?? .root
    guard let argument = command.argument, let path = try? TreePath(argument, in: folder) else { return }
    must((try? TreePath(Buffer(path.absolute), in: .root)) == path, "a path reads back")
    must(path.bytes.count <= 4_096 && !path.bytes.contains { $0 < 0x20 || $0 == 0x7F }, "a path is bounded and can be listed")
    for name in path.bytes.split(separator: 0x2F, omittingEmptySubsequences: false) where !path.isRoot {
      must(ListingReader.isSafe(Array(name)), "no name leads elsewhere")
    }
    if let pattern = NamePattern(path.name) { _ = pattern.matches(argument.array) }
  },
  Entrance("ftp-reply") { bytes in
    let whole = replies([bytes])
    must(replies(bytes.singles) == whole && replies(bytes.pieces) == whole, "replies do not depend on cuts")
    for reply in whole.found {
      must(replies([reply.bytes]).found.first?.code == reply.code, "a reply reads back")
    }
  },
  Entrance("ftp-places") { bytes in
    if let endpoint = try? HostPort.numbers(bytes) {
      let text = HostPort.numbers(of: endpoint)
      must(text.flatMap { try? HostPort.numbers(Buffer($0)) } == endpoint, "six numbers read back")
    }
    if case .endpoint(let endpoint)? = try? HostPort.extended(bytes) {
      must((try? HostPort.extended(Buffer(HostPort.extended(of: endpoint)))) == .endpoint(endpoint), "an extended place reads back")
    }
    if let endpoint = try? HostPort.passive(bytes) { must(HostPort.numbers(of: endpoint) != nil, "a passive place is one of IPv4") }
    if let port = try? HostPort.extendedPassive(bytes) { must(port > 0, "a port is no zero") }
    if let time = TimeValue.instant(bytes) { must(TimeValue.text(time) == bytes[0..<14].text || bytes[12..<14].text == "60", "a time reads back") }
    if let address = FileAddress(bytes.text) {
      must(FileAddress(address.description)?.names == address.names, "an address reads back: \(address)")
      must(!address.path.array.contains { $0 < 0x20 }, "an address holds no line's end")
    }
  },
  Entrance("ftp-listing") { bytes in
    guard let choice = bytes[at: 0] else { return }
    let form: ListingReader.Form = [.any, .facts, .names][Int(choice) % 3]
    let rest = bytes[1..<bytes.count]
    let whole = items([rest], form)
    must(items(rest.singles, form) == whole && items(rest.pieces, form) == whole, "a listing does not depend on cuts")
    for item in whole {
      must(ListingReader.isSafe(item.name), "no name leads elsewhere")
      must(item.size ?? 0 >= 0, "no size is negative")
    }
    let facts = whole.map { FileFacts(name: $0.name, kind: .file, size: $0.size ?? 0, modified: $0.modified ?? .simulationStart) }
    for form in [ListingForm.long, .names, .facts(FactName.allCases)] {
      let written = ListingWriter(form, at: .simulationStart).bytes(of: facts)
      let reader: ListingReader.Form = if case .long = form { .any } else if case .names = form { .names } else { .facts }
      must(items([written], reader).map(\.name) == facts.map(\.name), "what is listed reads back: \(written)")
    }
  },
  Entrance("ftp-text") { bytes in
    let whole = sent([bytes])
    must(sent(bytes.singles) == whole && sent(bytes.pieces) == whole, "line ends do not depend on cuts")
    let read = stored([bytes])
    must(stored(bytes.singles) == read && stored(bytes.pieces) == read, "reading line ends does not depend on cuts")
    if bytes.firstIndex(of: 0x0D) == nil { must(stored([whole]) == bytes, "text comes back as it was") }
  },
  Entrance("ftp-server") { bytes in
    // The first byte says which kind of server.
    guard let choice = bytes[at: 0] else { return }
    mustNotDependOnCuts(bytes[1..<bytes.count]) { served($0, offersTLS: choice % 2 == 1) }
  },
  Entrance("ftp-client") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      // The tickets of commands that get nothing more.
      var ended: [Ticket] = []
      let driver = ConversationDriver(FTP.ClientConversation(greeting: Ticket(number: 9)), trace: nil) { question, _ in
        told.add(question)
        switch question {
        case .replied(let ticket, let reply) where reply.kind != .preliminary: ended.append(ticket)
        case .failed(let ticket, _): ended.append(ticket)
        case .replied, .secured, .ended: break
        }
        return nil
      }
      let wire = Wire(driver)
      for (number, verb) in [Verb.user, .retr, .quit].enumerated() {
        driver.answers.give(.perform(Ticket(number: UInt64(number)), FTP.Command(verb, "a")))
      }
      driver.answers.give(.interrupt(Ticket(number: 8), FTP.Command(.abor)))
      wire.receive(Buffer())
      let story = Story(of: wire, told, pieces)
      must(ended.sorted { $0.number < $1.number }.map(\.number) == [0, 1, 2, 8, 9], "each command has one end: \(ended) \(story.told)")
      must(story.told.count { $0 == AnyHashable(FTP.ClientConversation.Question.ended) } == 1, "a session ends once: \(story.told)")
      return story
    }
  },
  Entrance("ftp-explain") { bytes in
    for (dialect, sender) in [(Dialect.ftp, ConversationInfo.Role?.none), (.ftp, .client), (.ftp, .server), (.ftpData, nil)] {
      guard let explanation = FTP.explain(bytes, as: dialect, from: sender) else { fatalError("broken promise: every message of \(dialect) is explained") }
      mustCover(bytes, explanation)
    }
  },
]

private func replies(_ pieces: [Buffer]) -> (found: [FTP.Reply], failure: SyntaxError?) {
  var reader = ReplyReader()
  var waiting = Buffer()
  var found: [FTP.Reply] = []
  for piece in pieces {
    waiting.append(piece)
    do throws(SyntaxError) { while let reply = try reader.next(from: &waiting) { found.append(reply) } } catch { return (found, error) }
  }
  return (found, nil)
}

private func == (a: (found: [FTP.Reply], failure: SyntaxError?), b: (found: [FTP.Reply], failure: SyntaxError?)) -> Bool {
  a.found == b.found && a.failure == b.failure
}

private func items(_ pieces: [Buffer], _ form: ListingReader.Form) -> [ListingItem] {
  var reader = ListingReader(form, at: .simulationStart)
  var waiting = Buffer()
  for piece in pieces {
    waiting.append(piece)
    reader.read(&waiting)
  }
  reader.finish(&waiting)
  return reader.items
}

private func sent(_ pieces: [Buffer]) -> Buffer {
  var writer = LineEndWriter()
  var out = Buffer()
  for piece in pieces { out.append(writer.sent(piece)) }
  return out
}

private func stored(_ pieces: [Buffer]) -> Buffer {
  var reader = LineEndReader()
  var out = Buffer()
  for piece in pieces { out.append(reader.stored(piece)) }
  out.append(reader.rest())
  return out
}

/// A session whose owner says yes to most things, at once.
private func served(_ pieces: [Buffer], offersTLS: Bool) -> Story {
  let told = Told()
  let conversation = FTP.ServerConversation(peer: Address(203, 0, 113, 2), setting: .init(offersTLS: offersTLS))
  let driver = ConversationDriver(conversation, trace: nil) { question, _ in
    told.add(question)
    switch question {
    case .login(let ticket, let user, _): return .loggedIn(ticket, user.utf8.count % 5 == 4 ? .wrong : .accepted)
    case .operation(let ticket, let operation): return .answered(ticket, outcome(operation))
    case .openPassive(let ticket, _): return .passiveOpened(ticket, Endpoint(Address(192, 0, 2, 1), 5_001))
    case .transfer(let ticket, let order):
      if case .active(let endpoint) = order.way {
        must(endpoint.address == Address(203, 0, 113, 2) && endpoint.port >= 1_024, "content goes to the client alone: \(endpoint)")
      }
      return .transferEnded(ticket, order.isUpload ? .failed(.full) : .complete)
    case .logout, .closePassive, .abort, .ended: return nil
    }
  }
  let story = Story(of: Wire(driver), told, pieces)
  must(story.told.count { $0 == AnyHashable(FTP.ServerConversation.Question.ended) } == 1, "a session ends once: \(story.told)")
  let lines = story.sent.array.split(separator: 0x0A, omittingEmptySubsequences: false)
  must(lines.dropLast().allSatisfy { $0.last == 0x0D } && lines.last?.isEmpty == true, "replies are lines: \(story.sent)")
  return story
}

private func outcome(_ operation: FileOperation) -> OperationOutcome {
  switch operation {
  case .facts(let path): path.bytes.count % 2 == 0 ? .failed(.absent) : .facts(FileFacts(name: path.name, kind: .file, size: 1, modified: .simulationStart))
  case .list(let path, _): .listing(ListingWriter(.long, at: .simulationStart).bytes(of: [FileFacts(name: path.name, kind: .file, size: 1, modified: .simulationStart)]), isFolder: false)
  case .space: .space(1)
  default: .done
  }
}
