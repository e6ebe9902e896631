// The world's own API over HTTP, for tests: what came, what is made so, what is broken, what time it is. Served on loopback inside the world, to
// loopback names alone. Answers are JSON, but for letters, which are as they came; what is wrong is told in JSON too.
// Not here: listening (the executable), HTTP itself (WebServer). Read next: APIRequest.swift, then the file of each kind of request.
import Bytes
package import HTTP
import Settings
package import Trace
package import Transport
package import WebServer
package import World

/// Answers the API's requests.
package final class LabAPI: Application {
  /// How much one request may ask for.
  package struct Limits: Sendable, Hashable {
    /// Largest body. Unit: bytes. Past it: 413.
    package var bodyBytesMax = 65_536
    /// Longest wait for something to happen. Past it: 400.
    package var waitMax = Duration.seconds(60)
    /// Most events of one answer. Unit: events. Past it: the reader goes on from the last one's number.
    package var eventsMax = 10_000
    /// Most records of one answer. Unit: records. Past it: 400, for the choice is too wide.
    package var recordsMax = 10_000
    /// Most accounts made. Unit: accounts. Past it: 409.
    package var accountsMax = 10_000
    /// Most records of one name and type. Unit: records. Past it: 400.
    package var recordSetMax = 100

    package init() {}
  }

  let servers: RaisedWorld
  let controls: WorldControls
  let letters: LetterJournal
  let faults: WorldFaults
  let trace: TraceStore
  let worldClock: any WorldClock
  let shift: ClockShift
  let accounts: AccountDesk
  let limits: Limits
  /// What was ordered, for the report.
  package let orders: OrderBook

  /// `worldClock` is the one that `shift` moves, `realClock` nobody moves.
  package init(
    _ servers: RaisedWorld, controls: WorldControls, letters: LetterJournal, faults: WorldFaults, trace: TraceStore, worldClock: any WorldClock,
    shift: ClockShift, realClock: any WorldClock, limits: Limits = Limits()
  ) {
    self.servers = servers
    self.controls = controls
    self.letters = letters
    self.faults = faults
    self.trace = trace
    self.worldClock = worldClock
    self.shift = shift
    self.limits = limits
    accounts = AccountDesk(servers, accountsMax: limits.accountsMax)
    orders = OrderBook(realClock)
  }

  /// The API as a site of its own. Whoever calls it by another name than a loopback one is refused: such a name may be somebody else's page.
  package var sites: SiteSwitch {
    SiteSwitch(SiteSet([Site(names: ["localhost", "127.0.0.1", "[::1]"], content: .application(self))], fallback: nil))
  }

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    .workflow { exchange in exchange.respond(await self.answer(exchange).response) }
  }

  private func answer(_ exchange: WebServer.Exchange) async -> APIAnswer {
    let request = APIRequest(exchange, limits)
    do {
      let answer = try await answer(request)
      if request.isOrder { orders.add(request) }
      return answer
    } catch let failure as APIFailure {
      return failure.answer
    } catch {
      return APIFailure(.internalServerError, "\(error)").answer
    }
  }

  private func answer(_ request: APIRequest) async throws -> APIAnswer {
    switch (request.method, request.path.first, request.path.count) {
    case ("GET", nil, 0): return index
    case ("GET", "messages", 1): return try await messages(request)
    case ("GET", "messages", 2): return try message(request)
    case ("DELETE", "messages", 1): return try await deleteMessages()
    case ("POST", "accounts", 1): return try await makeAccount(request)
    case ("GET", "records", 1): return try records(request)
    case ("POST", "records", 1): return try await setRecords(request)
    case ("DELETE", "records", 1): return try await removeRecords(request)
    case ("GET", "faults", 1): return faultList
    case ("POST", "faults", 1): return try await makeFault(request)
    case ("DELETE", "faults", 1), ("DELETE", "faults", 2): return try removeFaults(request)
    case ("GET", "events", 1): return try await events(request)
    case ("GET", "clock", 1): return time
    case ("POST", "clock", 2) where request.path[1] == "advance": return try await advance(request)
    default: throw missing(request)
    }
  }

  /// What there is, as text for those who look.
  private static let kinds: [(path: String, methods: [String])] = [
    ("/messages", ["GET", "DELETE"]), ("/messages/ID", ["GET"]), ("/accounts", ["POST"]), ("/records", ["GET", "POST", "DELETE"]),
    ("/faults", ["GET", "POST", "DELETE"]), ("/faults/ID", ["DELETE"]), ("/events", ["GET"]), ("/clock", ["GET"]), ("/clock/advance", ["POST"]),
  ]

  private var index: APIAnswer {
    .json { object in
      object.value("world", servers.world.title)
      object.array("requests") { array in
        for kind in Self.kinds { for method in kind.methods { array.value(nil, "\(method) \(kind.path)") } }
      }
    }
  }

  private func missing(_ request: APIRequest) -> APIFailure {
    let own = Self.kinds.first { kind in
      let parts = kind.path.split(separator: "/")
      return parts.count == request.path.count && zip(parts, request.path).allSatisfy { $0 == $1 || $0 == "ID" }
    }
    guard let own else { return APIFailure(.notFound, "expected one of \(Self.kinds.map(\.path).joined(separator: ", ")), found /\(request.path.joined(separator: "/"))") }
    var failure = APIFailure(.methodNotAllowed, "expected \(own.methods.joined(separator: " or ")), found \(request.method)")
    failure.allowed = own.methods
    return failure
  }
}
