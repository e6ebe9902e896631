// A POP3 maildrop for workflows. Read before: MailboxClient.swift. Read next: POP3/ClientConversation.swift, which tells what comes.
import Bytes
import Mail
import POP3
import Synchronization
import Transport
import World

/// One connection with the maildrop open.
final class POP3Client: MailboxClient {
  private let news = Arrivals<ClientConversation.Question, MailboxClientFailure>()
  private let answers = Mutex<Answers<ClientConversation.Input>?>(nil)

  private init() {}

  static func open(at endpoint: Endpoint, over network: any Network, _ options: MailboxOptions) async throws(MailboxClientFailure) -> POP3Client {
    let client = POP3Client()
    let tls: ClientOptions.TLS =
      switch options.security {
      case .never: .never
      case .startTLS: .required
      case .fromTheStart: .fromTheStart
      }
    var speech = ClientOptions(options.credentials, tls: tls)
    if options.mayLogInInTheClear || endpoint.address.isLoopback { speech.logsIn = .always }
    do throws(NetworkError) {
      let answers = try await network.connect(ClientConversation(speech), to: endpoint, options: options.dialing, trace: options.trace) { question, _ in
        client.take(question)
        return nil
      }
      client.answers.withLock { $0 = answers }
    } catch { throw .network(error) }
    while let question = try await client.news.next() { if case .ready = question { return client } }
    throw .lost("the connection ended")
  }

  private func take(_ question: ClientConversation.Question) {
    guard case .ended(let failure) = question else { return news.add(question) }
    switch failure {
    case nil: news.end()
    case .refused(let refusal, at: .login): news.end(because: .login(refusal.text))
    case .refused(let refusal, _): news.end(because: .refused(refusal.text))
    case .tlsUnavailable: news.end(because: .insecure("the server does not offer TLS"))
    case .loginUnavailable(let why): news.end(because: .insecure(why))
    case .broken(let why, _): news.end(because: .broken(why))
    case .lost, .silent: news.end(because: .lost("\(failure.map { "\($0)" } ?? "")"))
    }
  }

  private func perform(_ order: POP3.Order, contentBytesMax: Int = 0) async throws(MailboxClientFailure) -> (answer: Answer, content: Buffer) {
    answers.withLock { $0 }?.give(.order(order))
    var content = Buffer()
    while let question = try await news.next() {
      switch question {
      case .content(let bytes):
        guard content.count + bytes.count <= contentBytesMax else { throw .tooLarge(contentBytesMax) }
        content.append(bytes)
        answers.withLock { $0 }?.give(.contentTaken(bytes.count))
      case .answered(.refused(let refusal)): throw .refused(refusal.text)
      case .answered(let answer): return (answer, content)
      case .ready, .ended: break
      }
    }
    throw .lost("the connection ended")
  }

  func list() async throws(MailboxClientFailure) -> [ListedMessage] {
    guard case .list(let sizes) = try await perform(.list).answer else { return [] }
    var identifiers: [Int: String] = [:]
    if case .uniqueIDs(let listed) = try await perform(.uniqueIDs).answer { for one in listed { identifiers[one.number] = one.value } }
    return sizes.map { ListedMessage(number: $0.number, size: $0.value, identifier: identifiers[$0.number] ?? "", flags: []) }
  }

  func message(_ number: Int, bytesMax: Int) async throws(MailboxClientFailure) -> Buffer {
    try await perform(.retrieve(number), contentBytesMax: bytesMax).content
  }

  func delete(_ number: Int) async throws(MailboxClientFailure) { _ = try await perform(.delete(number)) }

  func folders() async throws(MailboxClientFailure) -> [String] { ["INBOX"] }

  func close() async throws(MailboxClientFailure) {
    answers.withLock { $0 }?.give(.order(.quit))
    while try await news.next() != nil {}
  }
}
