// A resolver on the network: what clients see of it over UDP and TCP. What is in the cache is answered where the question was read.
// Not here: finding out (Resolution.swift). Read next: DNS/TCPServerConversation.swift.
package import Bytes
package import DNS
import Trace
package import Transport
package import World

/// The judgement on a client's message, shared by UDP and TCP.
struct ClientQuestion: Sendable {
  /// What is to be done with it.
  enum Verdict: Sendable {
    /// Nothing is to be said.
    case ignore
    /// The reply, and the most bytes the client takes of it over UDP.
    case answer(Message, size: Int)
    case resolve(ClientQuestion)
  }

  let query: Message
  let question: Question

  /// Judges `bytes` from `client`; what the cache has is answered at once.
  static func judge(_ bytes: Buffer, from client: Endpoint, _ resolver: Resolver) -> Verdict {
    guard client.port != 0, bytes.count >= DNS.Limits.Format.headerSize, let flags = bytes[at: 2], flags & 0x80 == 0 else { return .ignore }
    guard let query = try? Message(reading: bytes) else {
      return .answer(malformed(bytes, resolver.settings.limits), size: DNS.Limits.Format.datagramMax)
    }
    let size = datagramSize(for: query, resolver.settings.limits)
    func reply(_ code: ResponseCode, _ failure: Failure? = nil) -> Verdict {
      .answer(ClientQuestion.reply(to: query, ResolverAnswer(code, failure: failure), resolver), size: size)
    }
    guard query.flags.opcode == .query else { return reply(.notImplemented) }
    guard query.questions.count == 1, let question = query.questions.first else { return reply(.formatError) }
    if let edns = query.edns, edns.version > 0 { return reply(.badVersion) }
    guard resolver.serves(client.address) else {
      return reply(.refused, Failure(.prohibited, "this resolver does not serve \(client.address)"))
    }
    if let domain = resolver.tunnel(question, from: client.address) {
      return reply(.refused, Failure(.prohibited, "questions below \(domain) look like a tunnel"))
    }
    if let answer = resolver.remembered(question) { return .answer(ClientQuestion.reply(to: query, answer, resolver), size: size) }
    // RFC 1034 §4.3.1: who does not want us to ask around gets what we have, and that is nothing.
    guard query.flags.recursionDesired else {
      return reply(.refused, Failure(.notAuthoritative, "not in the cache, and recursion was not asked for"))
    }
    return .resolve(ClientQuestion(query: query, question: question))
  }

  /// Finds the answer out, for a client that asked in `conversation`.
  func resolved(by resolver: Resolver, in conversation: ConversationID?) async -> Message {
    ClientQuestion.reply(to: query, await resolver.resolve(question, because: conversation), resolver)
  }

  /// The refusal of a message that cannot be read as one: with the question and with EDNS, as far as those could be read.
  private static func malformed(_ bytes: Buffer, _ limits: Limits) -> Message {
    var reply = Message(id: UInt16(bytes[at: 0] ?? 0) << 8 | UInt16(bytes[at: 1] ?? 0))
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      var query = Query(start, bytes.count)
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DNS.Limits.Format.labelsMax + 1) { starts in
        if let starts = starts.baseAddress { _ = query.read(labelStarts: starts, optionsMax: limits.optionsMax) }
      }
      // RFC 1035 §4.1.1, RFC 4035 §3.1.6: opcode, RD and CD come back as they came.
      reply.flags = Flags(rawValue: query.flags & 0x7910)
      if query.questionEnd > DNS.Limits.Format.headerSize, let name = try? Name(wire: Array(bytes[12..<(12 + query.nameCount)])) {
        reply.questions = [DNS.Question(name, RecordType(rawValue: query.type), class: RecordClass(rawValue: query.class))]
      }
      if query.hasEDNS { reply.edns = EDNS(payloadSize: UInt16(clamping: limits.datagramMax), flags: query.dnssecOK ? 0x8000 : 0) }
    }
    reply.flags.isResponse = true
    reply.responseCode = .formatError
    return reply
  }

  fileprivate static func reply(to query: Message, _ answer: ResolverAnswer, _ resolver: Resolver) -> Message {
    let answer = resolver.screened(answer)
    // RFC 6891 §6.1.1: EDNS is answered with EDNS, and only then.
    var edns: EDNS?
    if let asked = query.edns {
      edns = EDNS(payloadSize: UInt16(clamping: resolver.settings.limits.datagramMax), flags: asked.flags & 0x8000)
      if let failure = answer.failure { edns?.options.append(.extendedError(failure.code, failure.text)) }
    }
    var reply = query.reply(edns: edns)
    reply.flags.recursionAvailable = true
    reply.responseCode = answer.code
    reply.answers = answer.answers
    reply.authorities = answer.authorities
    return reply
  }

  /// The most bytes the asker takes over UDP.
  static func datagramSize(for query: Message, _ limits: Limits) -> Int {
    max(DNS.Limits.Format.datagramMax, min(Int(query.edns?.payloadSize ?? 0), limits.datagramMax))
  }
}

/// Answers clients over UDP.
package struct ResolverConversation: DatagramConversation {
  /// A question to be resolved; the answer comes back as an input with this ticket.
  package struct Question: Sendable {
    var ticket: Ticket
    var client: ClientQuestion
  }

  /// What can happen.
  package enum Input: Sendable {
    case received(Buffer, from: Endpoint)
    case resolved(Ticket, Message)
  }

  /// A client that waits.
  private struct Waiting: Sendable {
    var client: Endpoint
    var since: Instant
    var size: Int
  }

  private let resolver: Resolver
  private var waiting: [Ticket: Waiting] = [:]
  private var waitingPerClient: [Address: Int] = [:]
  private var nextTicket = Ticket()

  package init(_ resolver: Resolver) { self.resolver = resolver }

  package static var dialect: Dialect { .dns }
  package var stateName: String { waiting.isEmpty ? "idle" : "resolving" }
  package var acceptsBytes: Bool { true }
  package var deadline: Instant? { nil }

  package func input(for event: DatagramEvent) -> Input? {
    guard case .received(let bytes, let remote) = event else { return nil }
    return .received(bytes, from: remote)
  }

  package mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch input {
    case .received(let bytes, let client): receive(bytes, from: client, now, into: &actions)
    case .resolved(let ticket, let message): give(message, ticket, now, into: &actions)
    }
  }

  private mutating func receive(_ bytes: Buffer, from client: Endpoint, _ now: Instant, into actions: inout [DatagramAction<Question>]) {
    let limits = resolver.settings.limits
    switch ClientQuestion.judge(bytes, from: client, resolver) {
    case .ignore: break
    case .answer(let reply, let size): actions.append(.send(reply.wire(maximumSize: size), to: client))
    case .resolve(let question):
      let own = waitingPerClient[client.address, default: 0]
      guard waiting.count < limits.recursionsMax, own < limits.recursionsPerClientMax else {
        actions.append(.note("recursionsMax or recursionsPerClientMax reached", about: client))
        let failure = Failure(.other, "recursionsMax or recursionsPerClientMax: too many questions are being resolved already")
        let reply = ClientQuestion.reply(to: question.query, ResolverAnswer(.serverFailure, failure: failure), resolver)
        return actions.append(.send(reply.wire(maximumSize: ClientQuestion.datagramSize(for: question.query, limits)), to: client))
      }
      let ticket = nextTicket.taken()
      waiting[ticket] = Waiting(client: client, since: now, size: ClientQuestion.datagramSize(for: question.query, limits))
      waitingPerClient[client.address] = own + 1
      actions.append(.ask(Question(ticket: ticket, client: question)))
    }
  }

  private mutating func give(_ message: Message, _ ticket: Ticket, _ now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard let client = waiting.removeValue(forKey: ticket) else { return }
    let own = waitingPerClient[client.client.address, default: 1] - 1
    waitingPerClient[client.client.address] = own > 0 ? own : nil
    guard now - client.since <= resolver.settings.limits.datagramAnswerTimeMax else {
      return actions.append(.note("the answer came too late to be sent; the client finds it in the cache when it asks again", about: client.client))
    }
    actions.append(.send(message.wire(maximumSize: client.size), to: client.client))
  }
}

/// The resolver's two listeners.
package struct ResolverService: Sendable {
  private let listeners: NameListeners
  /// Where questions are taken, over UDP and TCP.
  package var endpoint: Endpoint { listeners.endpoint }

  /// Takes questions at `endpoint` (port 0: one port that is free for both).
  package static func start(
    network: any Network, endpoint: Endpoint, resolver: Resolver, trace: TraceContext?, limits: DNS.Limits = DNS.Limits()
  ) async throws(NetworkError) -> ResolverService {
    let listeners = try await NameListeners.start(at: endpoint) { () async throws(NetworkError) in
      try await network.bind(endpoint, options: BindOptions()) {
        DatagramDriver(ResolverConversation(resolver), trace: trace) { question, answers in
          let conversation = answers.conversation
          network.start { answers.give(.resolved(question.ticket, await question.client.resolved(by: resolver, in: conversation))) }
          return nil
        }
      }
    } listen: { (endpoint) async throws(NetworkError) in
      try await network.listen(at: endpoint, options: ListenOptions()) { remote, _ in
        ConversationDriver(TCPServerConversation(limits: limits), trace: trace) { query, answers in
          switch ClientQuestion.judge(query.message, from: remote, resolver) {
          case .ignore: return .answered(query.ticket, nil)
          case .answer(let message, _): return .answered(query.ticket, message.wire())
          case .resolve(let question):
            let conversation = answers.conversation
            network.start { answers.give(.answered(query.ticket, await question.resolved(by: resolver, in: conversation).wire())) }
            return nil
          }
        }
      }
    }
    return ResolverService(listeners: listeners)
  }

  /// Stops taking questions; connections get until `grace` is over.
  package func close(grace: Duration) async { await listeners.close(grace: grace) }
}
