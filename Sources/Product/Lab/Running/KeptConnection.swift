// A page and what it embeds over one connection: one request after the other, or all of them without waiting for answers.
// Not here: pages over connections of one object each (PageDeeds.swift), the dialogue itself (HTTP/H1/ClientConversation).
import Bytes
import HTTP
import SimulatedTransport
import Transport
import WebServer
import World

extension ScenarioRun {
  /// Loads a page with what it embeds from its own site.
  // Not done: RFC 9112 §9.3.1, a request again on another connection when the server closes this one; the load then fails.
  func loadKept(_ client: SimulatedNetwork, _ url: String, isPipelined: Bool, as host: String) async -> Result.Outcome {
    guard let address = WebAddress(url) else { return .failed("`\(url)` is no address of a page") }
    do {
      guard let server = try await lookUp(client, as: host)(address.host, nil).first else { return .failed("no address for \(address.host)") }
      let connection = try await KeptConnection(client, to: Endpoint(server, address.port), trace: trace(host))
      defer { connection.retire() }
      connection.ask(address)
      let page = try await connection.answer(bytesMax: Self.pageBytesMax)
      let objects = EmbeddedObjects.addresses(in: page.body.text).prefix(Self.objectsMax).compactMap { address.resolving($0) }
        .filter { $0.authority == address.authority }
      if isPipelined { for object in objects { connection.ask(object) } }
      for object in objects {
        if !isPipelined { connection.ask(object) }
        _ = try await connection.answer(bytesMax: Self.pageBytesMax)
      }
      return .page(Int(page.status.rawValue))
    } catch { return .failed("\(error)") }
  }
}

/// One connection to a web server that is used again and again. Answers come in the order of the requests.
private final class KeptConnection: Sendable {
  private let answers: Answers<ClientConversation.Input>
  private let stream: AsyncStream<ClientConversation.Question>

  init(_ client: SimulatedNetwork, to endpoint: Endpoint, trace: TraceContext) async throws(NetworkError) {
    let (stream, queue) = AsyncStream.makeStream(of: ClientConversation.Question.self)
    self.stream = stream
    answers = try await client.connect(ClientConversation(), to: endpoint, trace: trace) { question, _ in
      queue.yield(question)
      switch question {
      case .bodyPart(let ticket, let bytes): return .takeBody(ticket, bytes.count)
      case .ended: queue.finish()
      default: break
      }
      return nil
    }
  }

  func ask(_ address: WebAddress) {
    var fields = FieldLines()
    fields.append(.userAgent, "Netstead")
    fields.append(.accept, "*/*")
    answers.give(.send(Ticket(), Request(.get, address.target, authority: address.authority, fields: fields)))
  }

  /// The next answer, whole.
  func answer(bytesMax: Int) async throws -> (status: Status, body: Buffer) {
    var status: Status?
    var body = Buffer()
    for await question in stream {
      switch question {
      case .responseHead(_, let head): status = head.status
      case .bodyPart(_, let bytes):
        guard body.count + bytes.count <= bytesMax else { throw WebClientFailure.bodyTooLong(bytesMax) }
        body.append(bytes)
      case .responseEnd:
        if let status { return (status, body) }
      case .failed(_, let failure): throw WebClientFailure.conversation(failure)
      default: break
      }
    }
    throw WebClientFailure.conversation(.init(kind: .closedEarly, explanation: "the connection ended without an answer", isRepeatable: true))
  }

  func retire() { answers.give(.retire) }
}
