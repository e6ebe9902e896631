// In the lab both ends of a conversation record it, each as its own. Here the two records are put together again, by their endpoints and
// times, so that lists, ladders and captures show each conversation once. Read next: Passage.swift, which does the same for messages.
public import Bytes
public import World

/// Explains the bytes of a message; nil when it cannot. The product hands in the protocols' own `explain`.
public typealias ExplainMessage = @Sendable (_ dialect: Dialect, _ info: ConversationInfo, _ kind: Event.Kind, _ bytes: Buffer) -> Explanation?

/// One conversation as all ends that recorded it saw it.
public struct Exchange: Sendable, Hashable {
  /// The server's record, when the server is one of our hosts.
  public var server: ConversationRecord?
  /// The client's record, when the client is one of our hosts. Over UDP there can be several, since the server's end knows no beginning.
  public var clients: [ConversationRecord]

  /// The record to show and export: the server's if there is one.
  public let best: ConversationRecord

  public init?(server: ConversationRecord?, clients: [ConversationRecord]) {
    guard let best = server ?? clients.first else { return nil }
    self.server = server
    self.clients = clients
    self.best = best
  }

  public var id: ConversationID { best.id }
  public var clientEndpoint: Endpoint { best.info.clientEndpoint }
  /// Where the server listens. A server bound to every address only knows its port; the client's record knows more.
  public var serverEndpoint: Endpoint {
    let own = best.info.serverEndpoint
    return own.address.isUnspecified ? clients.first?.info.serverEndpoint ?? own : own
  }
  public var opened: Instant { min(server?.opened ?? best.opened, clients.first?.opened ?? best.opened) }
  public var last: Instant { clients.reduce(best.last) { max($0, $1.last) } }
  /// Every record that is part of this.
  public var records: [ConversationRecord] { (server.map { [$0] } ?? []) + clients }

  /// The description by the end that recorded `event`: only with it is clear which way the message went.
  public func info(for event: Event) -> ConversationInfo {
    records.first { $0.id == event.conversation }?.info ?? best.info
  }

  /// What a message of this exchange says.
  public func explanation(of event: Event, by explain: ExplainMessage?) -> Explanation? {
    let info = info(for: event)
    return explain?(info.dialect, info, event.kind, event.bytes)
  }

  /// Puts `records` together; the result is in the order of the best record's number, newest first.
  public static func pairing(_ records: [ConversationRecord]) -> [Exchange] {
    var servers: [Key: [ConversationRecord]] = [:]
    var clientsOf: [ConversationID: [ConversationRecord]] = [:]
    var alone: [ConversationRecord] = []
    let inOrder = records.sorted { $0.id < $1.id }
    for record in inOrder where record.info.role == .server { servers[Key(record.info), default: []].append(record) }
    for record in inOrder where record.info.role == .client {
      let match = servers[Key(record.info)]?.filter { isSame($0, record, taken: clientsOf[$0.id] != nil) }
        .min { apart($0, record) < apart($1, record) }
      if let match { clientsOf[match.id, default: []].append(record) } else { alone.append(record) }
    }
    let paired = inOrder.filter { $0.info.role == .server }.compactMap { Exchange(server: $0, clients: clientsOf[$0.id] ?? []) }
    return (paired + alone.compactMap { Exchange(server: nil, clients: [$0]) }).sorted { $1.id < $0.id }
  }

  /// What both ends agree on, whatever address the server's socket is bound to.
  struct Key: Hashable, Sendable {
    var carrier: ConversationInfo.Carriage
    var client: Endpoint
    var port: UInt16

    init(_ info: ConversationInfo) {
      carrier = info.carrier
      client = info.clientEndpoint
      port = info.serverEndpoint.port
    }
  }

  /// How far the two ends' clocks and the link's delay may put the same moment apart.
  private static var slack: Duration { .seconds(2) }

  private static func isSame(_ server: ConversationRecord, _ client: ConversationRecord, taken: Bool) -> Bool {
    let address = server.info.serverEndpoint.address
    guard address == client.info.serverEndpoint.address || address.isUnspecified else { return false }
    // A connection has one client; a port number may be used again later.
    if server.info.carrier != .udp, taken { return false }
    return client.opened <= server.last + slack && server.opened <= client.last + slack
  }

  private static func apart(_ a: ConversationRecord, _ b: ConversationRecord) -> UInt64 { (a.opened.nanoseconds &- b.opened.nanoseconds).magnitude }
}

extension ConversationInfo {
  public var clientEndpoint: Endpoint { role == .client ? local : remote }
  public var serverEndpoint: Endpoint { role == .client ? remote : local }
}

extension Address {
  /// Whether it is the address that stands for all of a host's addresses.
  var isUnspecified: Bool { self == .any || self == .v6(0, 0) }
}

extension TraceStore {
  /// The newest conversations with their two ends put together, newest first.
  public func exchanges(limit: Int = .max) -> [Exchange] {
    Array(Exchange.pairing(conversations(limit: limit == .max ? .max : limit &* 2 &+ 64)).prefix(limit))
  }

  /// The exchange that `id` is an end of; nil: unknown, or forgotten.
  public func exchange(of id: ConversationID) -> Exchange? {
    guard let record = conversation(id) else { return nil }
    let related = conversations().filter { Exchange.Key($0.info) == Exchange.Key(record.info) }
    return Exchange.pairing(related).first { $0.records.contains { $0.id == id } }
  }

  /// Everything that was said in an exchange.
  public func dialogue(of exchange: Exchange, limit: Int = .max) -> Dialogue {
    Dialogue(
      exchange: exchange, server: exchange.server.map { events(of: $0.id, limit: limit) } ?? [],
      client: exchange.clients.flatMap { events(of: $0.id, limit: limit) })
  }
}
