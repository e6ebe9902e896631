// Takes each request of one connection to the site it is for, and keeps the exchanges that applications still work on.
// Not here: what a site answers (SiteResponder, Application).
import Bytes
import HTTP
import Transport
import World

/// The owner of one connection's conversation. Lives on the connection's loop.
final class Routing {
  private let sites: SiteSwitch
  private let names: [String]?
  private let start: WebService.Start
  var carrier: (any Carrier)?

  private var current: SiteSet
  private var exchanges: Int
  /// The authority of the last request as received, and who answers for it: most connections ask for one site only.
  private var authority: Buffer?
  private var member: SiteSet.Member?
  /// What applications work on. Bounded by the conversation's `pipelinedMax`.
  private var working: [(ticket: Ticket, exchange: Exchange)] = []

  init(sites: SiteSwitch, names: [String]?, start: @escaping WebService.Start) {
    self.sites = sites
    self.names = names
    self.start = start
    exchanges = sites.exchanges
    current = sites.sites
  }

  /// Answers one question of the conversation.
  func take(_ question: ServerConversation.Question, _ answers: Answers<ServerConversation.Input>) -> ServerConversation.Input? {
    switch question {
    case .request(let ticket, let request):
      return answer(request, ticket, answers)
    case .requestBody(let ticket, let piece):
      working(on: ticket)?.note(body: piece)
    case .requestEnd(let ticket, trailers: _):
      working(on: ticket)?.noteBodyEnd()
    case .abandoned(let ticket):
      working(on: ticket)?.noteAbandoned()
    case .holdParts(let ticket):
      working(on: ticket)?.note(held: true)
    case .resumeParts(let ticket):
      working(on: ticket)?.note(held: false)
    case .partTaken(let ticket, let count):
      working(on: ticket)?.note(taken: count)
    case .retired(let ticket):
      working(on: ticket)?.noteRetired()
    }
    return nil
  }

  private func working(on ticket: Ticket) -> Exchange? { working.first { $0.ticket == ticket }?.exchange }

  @inline(__always)
  private func answer(
    _ request: RequestHead, _ ticket: Ticket, _ answers: Answers<ServerConversation.Input>
  ) -> ServerConversation.Input? {
    guard let carrier else { return nil }
    if sites.exchanges != exchanges { lookAgain() }
    if request.authority != authority { choose(for: request) }
    switch member {
    case .files(let responder):
      return .respond(ticket, responder.answer(request, at: carrier.now))
    case .application(let application):
      // No application is a tunnel or a mirror.
      if request.method == .connect || request.method == .trace { return .respond(ticket, Self.notAllowed(request)) }
      return obey(application.answer(request, at: carrier.now), request, ticket, answers, on: carrier)
    case .proxy(let proxy):
      let client = ProxyClient(remote: carrier.remote, local: carrier.local, isSecure: carrier.isEncrypted, conversation: answers.conversation)
      return obey(proxy.answer(request, from: client, at: carrier.now), request, ticket, answers, on: carrier)
    case nil:
      // RFC 9110 §15.5.20: this connection's certificate, or this server, is not the one for that name.
      return .respond(ticket, .text(.misdirectedRequest, "421 Misdirected Request\n\nThis server does not speak for that name.\n"))
    }
  }

  /// The sites were exchanged.
  private func lookAgain() {
    exchanges = sites.exchanges
    current = sites.sites
    authority = nil
  }

  /// Finds out who answers for this request's authority.
  private func choose(for request: RequestHead) {
    authority = request.authority
    let host = request.host
    // RFC 9110 §7.4: inside TLS only for the names that the certificate speaks for.
    if let names, !host.isEmpty, !isCovered(host, by: names) { member = nil } else { member = current.member(for: host) }
  }

  private static func notAllowed(_ request: RequestHead) -> Response {
    var fields = FieldLines()
    fields.append(.allow, "GET, HEAD, POST, PUT, DELETE, OPTIONS")
    return Response(.methodNotAllowed, fields: fields, afterwards: request.method == .connect ? .close : .keepOpen)
  }

  /// Gives the answer, or starts the workflow that will.
  private func obey(
    _ answer: ApplicationAnswer, _ request: RequestHead, _ ticket: Ticket, _ answers: Answers<ServerConversation.Input>, on carrier: any Carrier
  ) -> ServerConversation.Input? {
    switch answer {
    case .response(let response):
      return .respond(ticket, response)
    case .workflow(let staysOnLoop, let work):
      let exchange = Exchange(request, ticket, answers, on: carrier)
      working.append((ticket, exchange))
      nonisolated(unsafe) let hop = carrier
      nonisolated(unsafe) let routing = self
      start(staysOnLoop) {
        await work(exchange)
        exchange.end()
        hop.onLoop { routing.working.removeAll { $0.ticket == ticket } }
      }
      return nil
    }
  }
}
