// A tracker on the network: UDP and HTTP at one and the same port.
// Read next: TrackerResponder.swift (UDP), TrackerPages.swift (HTTP), TrackerBook.swift (what both answer).
import BitTorrent
import HTTP
package import Transport
package import World

/// A tracker that runs.
package final class TrackerService: Sendable {
  package let book: TrackerBook
  /// Where it is asked, each over UDP and TCP.
  package let endpoints: [Endpoint]
  private let listeners: [any Listener]

  /// Most ports tried when any will do. Unit: ports. Past it: the last one's failure is told.
  private static let portsTriedMax = 32

  private init(_ book: TrackerBook, _ endpoints: [Endpoint], _ listeners: [any Listener]) {
    self.book = book
    self.endpoints = endpoints
    self.listeners = listeners
  }

  /// Answers at `endpoints` (port 0: one that is free for both) until it is closed, all from one memory. `chance` makes the key of connection
  /// ids. With `loop`, on real sockets only, datagrams are answered by threads of their own that do nothing else (see `DatagramLoop`).
  package static func start(
    network: any Network, endpoints: [Endpoint], setting: TrackerSetting = TrackerSetting(), loop: DatagramLoopLimits? = nil, trace: TraceContext? = nil,
    chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) -> TrackerService {
    var chance = chance
    let seed = SeededRandom(seed: chance.next())
    let ids = ConnectionIDs(key: HashKey(using: &chance), since: network.clock.now, limits: setting.protocolLimits)
    let book = TrackerBook(setting, since: network.clock.now, chance: seed)
    var listeners: [any Listener] = []
    var actual: [Endpoint] = []
    for endpoint in endpoints {
      do throws(NetworkError) {
        let (datagrams, connections) = try await start(network, endpoint, book, ids, loop, trace, seed.derived("\(endpoint)"))
        listeners += [datagrams, connections]
        actual.append(datagrams.endpoint)
      } catch {
        for listener in listeners { await listener.close(grace: .zero) }
        throw error
      }
    }
    return TrackerService(book, actual, listeners)
  }

  /// The two listeners of one endpoint. A port that is free for the one may be taken for the other; where any will do, another is tried.
  private static func start(
    _ network: any Network, _ endpoint: Endpoint, _ book: TrackerBook, _ ids: ConnectionIDs, _ loop: DatagramLoopLimits?, _ trace: TraceContext?,
    _ seed: SeededRandom
  ) async throws(NetworkError) -> (datagrams: any Listener, connections: any Listener) {
    var triesLeft = endpoint.port == 0 ? portsTriedMax : 1
    while true {
      let datagrams = try await bind(network, endpoint, book, ids, loop, trace, seed)
      do throws(NetworkError) {
        return (datagrams, try await listen(network, datagrams.endpoint, book, trace))
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
        return .respond(ticket, pages.response(to: head, from: remote, at: clock.now) ?? .text(.notFound, "This is a BitTorrent tracker: ask /announce, /scrape or /stats.\n"))
      }
    }
  }

  /// Stops answering; connections get until `grace` is over.
  package func close(grace: Duration) async { for listener in listeners { await listener.close(grace: grace) } }
}
