// A tracker on the network: UDP and HTTP at one and the same port.
// Read next: TrackerResponder.swift (UDP), TrackerPages.swift (HTTP), TrackerBook.swift (what both answer).
import BitTorrent
import HTTP
package import Transport
package import World

/// A tracker that runs.
package final class TrackerService: Sendable {
  package let book: TrackerBook
  /// Where it is asked, over UDP and TCP.
  package let endpoint: Endpoint
  private let listeners: [any Listener]

  /// Most ports tried when any will do. Unit: ports. Past it: the last one's failure is told.
  private static let portsTriedMax = 32

  private init(_ book: TrackerBook, _ endpoint: Endpoint, _ listeners: [any Listener]) {
    self.book = book
    self.endpoint = endpoint
    self.listeners = listeners
  }

  /// Answers at `endpoint` (port 0: one that is free for both) until it is closed. `chance` makes the key of connection ids. With `loop`, on real
  /// sockets only, datagrams are answered by threads of their own that do nothing else (see `DatagramLoop`).
  package static func start(
    network: any Network, endpoint: Endpoint, setting: TrackerSetting = TrackerSetting(), loop: DatagramLoopLimits? = nil, trace: TraceContext? = nil,
    chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) -> TrackerService {
    var chance = chance
    let seed = SeededRandom(seed: chance.next())
    let ids = ConnectionIDs(key: HashKey(using: &chance), since: network.clock.now, limits: setting.protocolLimits)
    let book = TrackerBook(setting, since: network.clock.now, chance: seed)
    var triesLeft = endpoint.port == 0 ? portsTriedMax : 1
    while true {
      let datagrams = try await bind(network, endpoint, book, ids, loop, trace, seed)
      do throws(NetworkError) {
        let connections = try await listen(network, datagrams.endpoint, book, trace)
        return TrackerService(book, datagrams.endpoint, [datagrams, connections])
      } catch {
        await datagrams.close(grace: .zero)
        triesLeft -= 1
        guard case .addressInUse = error, triesLeft > 0 else { throw error }
      }
    }
  }

  private static func bind(
    _ network: any Network, _ endpoint: Endpoint, _ book: TrackerBook, _ ids: ConnectionIDs, _ loop: DatagramLoopLimits?, _ trace: TraceContext?,
    _ seed: SeededRandom
  ) async throws(NetworkError) -> any Listener {
    guard let loop else {
      return try await network.bind(endpoint, options: BindOptions()) {
        DatagramDriver(TrackerConversation(TrackerResponder(book, ids: ids, chance: seed.derived("intervals"))), trace: trace)
      }
    }
    let clock = network.clock
    return try DatagramLoop(at: endpoint, limits: loop, clock: clock, dialect: .udpTracker, trace: trace) { thread in
      var responder = TrackerResponder(book, ids: ids, chance: seed.derived("intervals \(thread)"))
      return { datagram, client, room in responder.answer(datagram.bytes, from: client, at: clock.now, into: room) }
    }
  }

  private static func listen(_ network: any Network, _ endpoint: Endpoint, _ book: TrackerBook, _ trace: TraceContext?) async throws(NetworkError) -> any Listener {
    let pages = TrackerPages(book)
    let clock = network.clock
    return try await network.listen(at: endpoint, options: ListenOptions()) { remote, _ in
      ConversationDriver(HTTP.ServerConversation(), trace: trace) { question, _ in
        guard case .request(let ticket, let head) = question else { return nil }
        return .respond(ticket, pages.response(to: head, from: remote, at: clock.now) ?? .text(.notFound, "This is a BitTorrent tracker: ask /announce or /scrape.\n"))
      }
    }
  }

  /// Stops answering; connections get until `grace` is over.
  package func close(grace: Duration) async { for listener in listeners { await listener.close(grace: grace) } }
}
