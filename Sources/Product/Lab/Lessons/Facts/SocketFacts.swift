// Connections, datagrams, pings and packets as facts: what is there below every protocol.
import Bytes
import Sockets
import Trace
import World

/// Reads what sockets did as facts.
struct SocketFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  /// Every connection, or every pair of endpoints that exchanged datagrams.
  func connections(_ carrier: ConversationInfo.Carriage) -> [LessonValue] {
    trace.dialogues.enumerated().filter { $1.exchange.best.info.carrier == carrier }.map { index, dialogue in
      let exchange = dialogue.exchange
      let passages = dialogue.passages()
      let toServer = passages.filter { $0.direction == .toServer }
      let toClient = passages.filter { $0.direction == .toClient }
      let isClosed = exchange.records.contains { $0.closed != nil }
      return .fact(
        LessonFact(.connection, [
          "client": .text(trace.client(exchange)), "server": .text(trace.server(exchange)),
          "clientAddress": .text("\(exchange.clientEndpoint.address)"), "serverAddress": .text("\(exchange.serverEndpoint.address)"),
          "clientPort": .number(Double(exchange.clientEndpoint.port)), "serverPort": .number(Double(exchange.serverEndpoint.port)),
          "protocol": .text(exchange.best.info.dialect.rawValue), "opened": trace.moment(exchange.opened),
          "closed": isClosed ? trace.moment(exchange.last) : .nothing, "messagesToServer": .number(Double(toServer.count)),
          "messagesToClient": .number(Double(toClient.count)), "bytesToServer": .number(Double(toServer.reduce(0) { $0 + $1.event.length })),
          "bytesToClient": .number(Double(toClient.reduce(0) { $0 + $1.event.length })), "connection": .number(Double(index)),
        ], message: passages.first?.event.sequence ?? Self.sign(of: dialogue)))
    }
  }

  /// What to look at in a connection of which no message arrived: what was said into the void, or that it was opened.
  private static func sign(of dialogue: Dialogue) -> UInt64? {
    let events = dialogue.client + dialogue.server
    return (events.first { $0.kind == .sent } ?? events.first)?.sequence
  }

  func message(_ passed: TraceFacts.Passed) -> LessonFact {
    var members = trace.members(of: passed)
    let exchange = passed.dialogue.exchange
    let isToServer = passed.passage.direction == .toServer
    let (client, server) = (Double(exchange.clientEndpoint.port), Double(exchange.serverEndpoint.port))
    members["protocol"] = .text(passed.dialect.rawValue)
    members["carrier"] = .text(passed.carrier.rawValue)
    members["fromPort"] = .number(isToServer ? client : server)
    members["toPort"] = .number(isToServer ? server : client)
    members["toServer"] = .truth(isToServer)
    if let text = passed.passage.event.bytes.printableText { members["text"] = .text(text) }
    return LessonFact(.message, members, message: passed.passage.event.sequence)
  }

  /// Every ping that was sent, with its answer's arrival.
  func pings(_ passed: [TraceFacts.Passed]) -> [LessonValue] {
    var arrivals: [Key: Instant] = [:]
    for one in passed where one.dialect == .ping && one.passage.direction == .toClient && !one.isLost {
      guard let ping = try? PingMessage(one.passage.event.bytes), let arrived = one.passage.received else { continue }
      let key = Key(connection: one.connection, sequence: ping.sequence)
      arrivals[key] = min(arrivals[key] ?? arrived, arrived)
    }
    return passed.filter { $0.dialect == .ping && $0.passage.direction == .toServer && $0.passage.fate != .repeated }.compactMap { one in
      guard let ping = try? PingMessage(one.passage.event.bytes) else { return nil }
      var members = trace.members(of: one)
      let arrived = arrivals[Key(connection: one.connection, sequence: ping.sequence)]
      members["sequence"] = .number(Double(ping.sequence))
      members["answered"] = .truth(arrived != nil)
      if let arrived { members["roundTrip"] = .duration(Double(arrived.nanoseconds &- ping.sentAt.nanoseconds)) }
      return .fact(LessonFact(.ping, members, message: one.passage.event.sequence))
    }
  }

  private struct Key: Hashable {
    var connection: Int
    var sequence: Int
  }

  /// Every packet that the links saw, from the store that the simulator's log of packets wrote.
  func packets(of store: TraceStore?) -> (tcp: [LessonValue], udp: [LessonValue]) {
    guard let store else { return ([], []) }
    var facts: (tcp: [LessonValue], udp: [LessonValue]) = ([], [])
    var lost: Set<UInt64> = []
    let events = store.events(after: 0).events
    // A loss is told right after the packet's own note, at the same moment and in the same flow.
    for (index, event) in events.enumerated() where event.kind == .lost && index > 0 && !Self.isOnlyRemark(event.text) {
      let before = events[index - 1]
      if before.conversation == event.conversation, before.time == event.time {
        lost.insert(before.sequence)
      } else if let sent = events[..<index].last(where: { $0.kind == .note && $0.conversation == event.conversation && event.text.hasSuffix(": " + $0.text) }) {
        // It crossed the link, and its target threw it away.
        lost.insert(sent.sequence)
      }
    }
    for event in events where event.kind == .note {
      guard let info = store.conversation(event.conversation)?.info else { continue }
      let words = Set(event.text.split(separator: " "))
      let fact = LessonFact(.packet, [
        "from": .text(trace.name(info.local.address)), "to": .text(trace.name(info.remote.address)), "time": trace.moment(event.time),
        "carrier": .text(info.carrier.rawValue), "bytes": .number(Double(event.length)), "syn": .truth(words.contains("SYN")),
        "fin": .truth(words.contains("FIN")), "reset": .truth(words.contains("RST")), "again": .truth(words.contains("(again)")),
        "lost": .truth(lost.contains(event.sequence)),
      ])
      if info.carrier == .tcp { facts.tcp.append(.fact(fact)) } else { facts.udp.append(.fact(fact)) }
    }
    return facts
  }

  /// What the links say of packets that arrive all the same.
  private static func isOnlyRemark(_ text: String) -> Bool { text.hasPrefix("duplicated") || text.hasPrefix("held back") }
}
