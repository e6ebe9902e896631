// An IMAP mailbox for workflows. Read before: MailboxClient.swift. Read next: IMAP/Client/ClientConversation.swift, which tells what comes.
import Bytes
import IMAP
import Mail
import Synchronization
import Transport
import World

/// One connection with one mailbox selected.
final class IMAPClient: MailboxClient {
  private let news = Arrivals<ClientConversation.Question, MailboxClientFailure>()
  private let answers = Mutex<Answers<ClientConversation.Input>?>(nil)
  private let tickets = Mutex(Ticket())

  /// Most responses to one order that are kept. Unit: responses. Past it: the server broke the protocol.
  private static let responsesMax = 1_000_000

  private init() {}

  static func open(
    _ mailbox: String, at endpoint: Endpoint, over network: any Network, _ options: MailboxOptions
  ) async throws(MailboxClientFailure) -> IMAPClient {
    let client = IMAPClient()
    do throws(NetworkError) {
      let conversation = ClientConversation(security: options.security == .startTLS ? .startTLS : .asItIs)
      let answers = try await network.connect(conversation, to: endpoint, options: options.dialing, trace: options.trace) { question, _ in
        client.take(question)
        return nil
      }
      client.answers.withLock { $0 = answers }
    } catch { throw .network(error) }
    var isLoggedIn = false
    waiting: while let question = try await client.news.next() {
      if case .ready(_, let isIn) = question {
        isLoggedIn = isIn
        break waiting
      }
    }
    if !isLoggedIn {
      guard options.security != .never || options.mayLogInInTheClear || endpoint.address.isLoopback else {
        throw .insecure("a password is not said in the clear to \(endpoint)")
      }
      do throws(MailboxClientFailure) { _ = try await client.perform(.logIn(options.credentials)) } catch {
        if case .refused(let text) = error { throw .login(text) }
        throw error
      }
    }
    _ = try await client.perform(.command(.select(ModifiedUTF7.bytes(mailbox))))
    return client
  }

  private func take(_ question: ClientConversation.Question) {
    guard case .ended(let ending) = question else { return news.add(question) }
    switch ending {
    case .finished: news.end()
    case .dismissed(let text): news.end(because: .refused(text.text))
    case .lost: news.end(because: .lost("without a word"))
    case .timedOut: news.end(because: .lost("no answer in time"))
    case .unsafe(let why): news.end(because: .insecure(why))
    case .broken(let why): news.end(because: .broken(why))
    }
  }

  /// What came of one order.
  private struct Outcome {
    var responses: [Response] = []
    var content = Buffer()
  }

  /// Gives an order and waits for its end.
  private func perform(_ order: ClientConversation.Order, contentBytesMax: Int = 0) async throws(MailboxClientFailure) -> Outcome {
    let ticket = tickets.withLock { $0.taken() }
    answers.withLock { $0 }?.give(.order(ticket, order))
    var outcome = Outcome()
    while let question = try await news.next() {
      switch question {
      case .response(let response):
        guard outcome.responses.count < Self.responsesMax else { throw .broken("more than \(Self.responsesMax) responses to one command") }
        outcome.responses.append(response)
      case .content(let bytes):
        guard outcome.content.count + bytes.count <= contentBytesMax else { throw .tooLarge(contentBytesMax) }
        outcome.content.append(bytes)
      case .done(ticket, let completion):
        guard completion.status == .ok else { throw .refused(completion.text.text) }
        return outcome
      case .ready, .idling, .contentBegins, .contentEnds, .done, .ended: break
      }
    }
    throw .lost("the connection ended")
  }

  func list() async throws(MailboxClientFailure) -> [ListedMessage] {
    let fetch = Command.Fetch(.sequence, .all, [.uid, .flags, .size, .envelope])
    let outcome = try await perform(.command(.fetch(fetch)))
    return outcome.responses.compactMap { response in
      guard case .fetch(let answer) = response, let uid = answer.uid else { return nil }
      let author = answer.envelope?.from.first.map { "\($0.mailbox?.text ?? "")@\($0.host?.text ?? "")" }
      return ListedMessage(
        number: Int(answer.number), size: answer.size ?? 0, identifier: String(uid), flags: answer.flags ?? [],
        subject: answer.envelope?.subject.map { EncodedWords.text(of: $0) }, from: author)
    }
  }

  private func set(_ number: Int) -> SequenceSet {
    SequenceSet([SequenceSet.Span(.number(UInt32(clamping: number)), .number(UInt32(clamping: number)))])
  }

  func message(_ number: Int, bytesMax: Int) async throws(MailboxClientFailure) -> Buffer {
    let fetch = Command.Fetch(.sequence, set(number), [.section(SectionRequest(Section()))])
    let outcome = try await perform(.command(.fetch(fetch)), contentBytesMax: bytesMax)
    if !outcome.content.isEmpty { return outcome.content }
    for case .fetch(let answer) in outcome.responses { if let bytes = answer.sections.first?.bytes { return bytes } }
    throw .refused("there is no message \(number)")
  }

  func delete(_ number: Int) async throws(MailboxClientFailure) {
    let store = Command.Store(.sequence, set(number), .add, Flags([.deleted]), isSilent: true)
    _ = try await perform(.command(.store(store)))
  }

  func folders() async throws(MailboxClientFailure) -> [String] {
    let outcome = try await perform(.command(.list(reference: Buffer(), pattern: "*")))
    return outcome.responses.compactMap { if case .list(let name) = $0 { name.text } else { nil } }
  }

  func close() async throws(MailboxClientFailure) {
    // CLOSE expunges without telling about it, then goodbye.
    _ = try await perform(.command(.close))
    let ticket = tickets.withLock { $0.taken() }
    answers.withLock { $0 }?.give(.order(ticket, .logOut))
    while try await news.next() != nil {}
  }
}
