// Makes the facts of one run from its trace: both ends' records put together (Exchange, Passage), each message read by its own protocol.
// Nothing is remembered that the trace does not hold, so whoever reads the trace can know every key.
// Read next: HTTPFacts.swift, DNSFacts.swift, SMTPFacts.swift, POP3Facts.swift, IMAPFacts.swift, FTPFacts.swift, NamesFacts.swift, SwarmFacts.swift, SocketFacts.swift.
import Bytes
import Trace
import World

/// Reads a trace as facts.
struct TraceFacts {
  let dialogues: [Dialogue]
  let start: Instant
  private let names: @Sendable (Address) -> String?

  /// Most conversations and messages read. Past it: the rest makes no facts.
  static var exchangesMax: Int { 4_096 }
  static var messagesMax: Int { 50_000 }

  /// Reads `store`. `start` is the moment that counts as zero; `names` knows hosts by their addresses. Only what `hosts` begin counts: what
  /// others do by themselves, such as watching edges, is no part of a lesson. Models are.
  init(_ store: TraceStore, start: Instant, openedBy hosts: Set<String>, names: @escaping @Sendable (Address) -> String?) {
    self.start = start
    self.names = names
    // The links' own notes are read by SocketFacts, from a store of their own.
    let exchanges = store.exchanges(limit: Self.exchangesMax).filter { $0.best.info.host != LessonRun.linkHost }
    dialogues = exchanges.filter { ModelKind.speaks($0.best.info.dialect) || hosts.contains($0.clients.first?.info.host ?? names($0.clientEndpoint.address) ?? "") }.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }.map { store.dialogue(of: $0, limit: Self.messagesMax) }
  }

  /// The members `http`, `dns`, `smtp`, `pop3`, `imap`, `fetched`, `ftp`, `tls`, `names`, `torrent`, `dht`, `utp`, `tcp`, `udp`, `message`
  /// and `ping` of the whole.
  func members(packets: TraceStore?) -> [String: LessonValue] {
    var passed: [Passed] = []
    for (index, dialogue) in dialogues.enumerated() {
      passed += dialogue.passages().prefix(Self.messagesMax).map { Passed(passage: $0, dialogue: dialogue, connection: index) }
    }
    let web = HTTPFacts(self).facts()
    let names = DNSFacts(self).facts(of: passed)
    let maildrops = POP3Facts(self).facts()
    let mailboxes = IMAPFacts(self).facts()
    let fetched = FetchedLetterFacts(self).facts(of: maildrops.letters + mailboxes.letters)
    let sockets = SocketFacts(self)
    let all = sockets.packets(of: packets)
    let inOrder = passed.sorted { ($0.passage.time, $0.passage.event.sequence) < ($1.passage.time, $1.passage.event.sequence) }
    let members: [String: LessonValue] = [
      "http": .fact(LessonFact(.http, ["request": .list(web.requests), "response": .list(web.responses)])),
      "dns": .fact(LessonFact(.dns, ["query": .list(names.queries), "response": .list(names.responses)])),
      "tcp": .fact(LessonFact(.tcp, ["connection": .list(sockets.connections(.tcp)), "packet": .list(all.tcp)])),
      "udp": .fact(
        LessonFact(.udp, [
          "exchange": .list(sockets.connections(.udp)), "packet": .list(all.udp),
          "datagram": .list(inOrder.filter { $0.carrier == .udp }.map { .fact(sockets.message($0)) }),
        ])),
      "tls": .fact(TLSFacts(self).facts()), "smtp": .fact(SMTPFacts(self).facts()), "ftp": .fact(FTPFacts(self).facts()),
      "names": .fact(NamesFacts().facts(of: web.responses)),
      "pop3": .fact(LessonFact(.pop3, ["command": TraceFacts.inOrder(maildrops.commands), "reply": TraceFacts.inOrder(maildrops.replies)])),
      "imap": .fact(LessonFact(.imap, ["command": TraceFacts.inOrder(mailboxes.commands), "response": TraceFacts.inOrder(mailboxes.responses)])), "fetched": TraceFacts.inOrder(fetched),
      "note": TraceFacts.inOrder(notes()), "message": .list(inOrder.map { .fact(sockets.message($0)) }), "ping": .list(sockets.pings(passed)),
    ]
    return members.merging(SwarmFacts(self).facts(of: passed)) { $1 }
  }

  /// What somebody did by itself, and why.
  private func notes() -> [Draft] {
    dialogues.enumerated().flatMap { index, dialogue in
      (dialogue.client + dialogue.server).filter { $0.kind == .note }.prefix(Self.messagesMax).map { event in
        let info = dialogue.exchange.info(for: event)
        let fact = LessonFact(.note, [
          "host": .text(info.host), "other": .text(name(info.remote.address)), "time": moment(event.time), "text": .text(event.text),
          "connection": .number(Double(index)),
        ], message: event.sequence)
        return Draft(fact, at: event)
      }
    }
  }

  /// A message with the dialogue it belongs to.
  struct Passed {
    var passage: Passage
    var dialogue: Dialogue
    var connection: Int

    var carrier: ConversationInfo.Carriage { dialogue.exchange.best.info.carrier }
    var dialect: Dialect { dialogue.exchange.best.info.dialect }
    /// Every host of a lesson records what it gets, so a datagram that nobody recorded getting never came.
    var isLost: Bool { passage.fate == .lost || carrier == .udp && passage.received == nil }
  }

  /// A fact with what orders it among others.
  struct Draft {
    var fact: LessonFact
    fileprivate var time: Instant
    fileprivate var sequence: UInt64

    init(_ passed: Passed, _ fact: LessonFact) {
      self.fact = fact
      time = passed.passage.time
      sequence = passed.passage.event.sequence
    }

    init(_ fact: LessonFact, at event: Event) {
      self.fact = fact
      time = event.time
      sequence = event.sequence
    }
  }

  /// The facts in the order of their times.
  static func inOrder(_ drafts: [Draft]) -> LessonValue {
    .list(drafts.sorted { ($0.time, $0.sequence) < ($1.time, $1.sequence) }.map { .fact($0.fact) })
  }

  // MARK: What all messages share

  func client(_ exchange: Exchange) -> String { exchange.clients.first?.info.host ?? name(exchange.clientEndpoint.address) }
  func server(_ exchange: Exchange) -> String { exchange.server?.info.host ?? name(exchange.serverEndpoint.address) }
  func name(_ address: Address) -> String { names(address) ?? address.description }

  func moment(_ instant: Instant?) -> LessonValue { instant.map { .duration(Double($0.nanoseconds &- start.nanoseconds)) } ?? .nothing }

  /// The members every message has.
  func members(of passed: Passed) -> [String: LessonValue] {
    let exchange = passed.dialogue.exchange
    let isToServer = passed.passage.direction == .toServer
    let (left, arrived) = (passed.passage.sent ?? passed.passage.time, passed.isLost ? nil : passed.passage.received)
    return [
      "underWay": arrived.map { .duration(Double($0.nanoseconds &- left.nanoseconds)) } ?? .nothing,
      "from": .text(isToServer ? client(exchange) : server(exchange)), "to": .text(isToServer ? server(exchange) : client(exchange)),
      "bytes": .number(Double(passed.passage.event.length)), "time": moment(left), "arrived": moment(arrived), "lost": .truth(passed.isLost),
      "connection": .number(Double(passed.connection)),
    ]
  }
}
