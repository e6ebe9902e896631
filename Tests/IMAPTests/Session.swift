// A client and a server, each on a connection in memory, that talk to each other until both are at rest.
// Read before: Account.swift.
import Bytes
import IMAP
import Mail
import TestKit
import Transport
import World

/// Both ends of one connection.
final class Session {
  let account: Account
  private(set) var told: [ClientConversation.Question] = []
  private(set) var clientSaid = Buffer()
  private(set) var serverSaid = Buffer()
  private var client: MemoryConnection?
  private var server: MemoryConnection?
  private let clientAnswers: Answers<ClientConversation.Input>
  private let serverAnswers: Answers<ServerConversation.Input>
  private var tickets = Ticket()
  /// Under which ticket the mailbox was selected, for changes that others make.
  private(set) var selected: Ticket?

  init(_ account: Account = .alice(), options: ServerConversation.Options = .loopback, limits: IMAP.Limits = IMAP.Limits(), hides: [String] = []) {
    self.account = account
    var tellClient: (ClientConversation.Question) -> Void = { _ in }
    let clientDriver = ConversationDriver(ClientConversation(limits: limits), trace: nil) { question, _ in
      tellClient(question)
      return nil
    }
    var noteSelect: (Ticket) -> Void = { _ in }
    let serverDriver = ConversationDriver(ServerConversation(options, limits: limits), trace: nil) { question, answers in
      if case .select(let ticket, _, _) = question { noteSelect(ticket) }
      for input in account.inputs(question) { answers.give(input) }
      return nil
    }
    clientAnswers = clientDriver.answers
    serverAnswers = serverDriver.answers
    hidden = hides
    tellClient = { [unowned self] in told.append($0) }
    noteSelect = { [unowned self] in selected = $0 }
    server = MemoryConnection(serverDriver)
    client = MemoryConnection(clientDriver)
    settle()
  }

  /// Capabilities that the client does not get to see.
  private let hidden: [String]

  /// Lets both talk until nobody has anything to say.
  func settle() {
    while true {
      let fromServer = server?.takeOutput() ?? Buffer()
      let fromClient = client?.takeOutput() ?? Buffer()
      if fromServer.isEmpty, fromClient.isEmpty { return }
      serverSaid.append(fromServer)
      clientSaid.append(fromClient)
      if !fromClient.isEmpty { server?.receive(fromClient) }
      if !fromServer.isEmpty { client?.receive(hiding(fromServer)) }
    }
  }

  private func hiding(_ bytes: Buffer) -> Buffer {
    guard !hidden.isEmpty else { return bytes }
    var text = String(decoding: bytes.array, as: UTF8.self)
    for name in hidden { while let range = text.firstRange(of: " \(name)") { text.replaceSubrange(range, with: "") } }
    return Buffer(text)
  }

  /// Gives an order and lets it be done; what the client was told meanwhile, and how it went.
  func run(_ order: ClientConversation.Order) -> (told: [ClientConversation.Question], completion: Response.Completion?) {
    told = []
    let ticket = tickets.taken()
    clientAnswers.give(.order(ticket, order))
    settle()
    var completion: Response.Completion?
    for case .done(ticket, let done) in told { completion = done }
    return (told.filter { if case .done = $0 { false } else { true } }, completion)
  }

  func run(_ command: Command) -> (told: [ClientConversation.Question], completion: Response.Completion?) { run(.command(command)) }

  func stopIdling() -> [ClientConversation.Question] {
    told = []
    clientAnswers.give(.stopIdling)
    settle()
    return told
  }

  /// Something happens to the selected mailbox.
  func happen(_ change: MailboxChange) -> [ClientConversation.Question] {
    told = []
    if let selected { serverAnswers.give(.changed(selected, change)) }
    settle()
    return told
  }

  func alert(_ text: String) {
    serverAnswers.give(.alert(text))
    settle()
  }

  func advance(by duration: Duration) {
    server?.advance(by: duration)
    client?.advance(by: duration)
    settle()
  }

  /// The responses among what the client was told.
  static func responses(_ told: [ClientConversation.Question]) -> [Response] { told.compactMap { if case .response(let response) = $0 { response } else { nil } } }

  /// A session that has logged in and selected.
  static func selected(_ name: Buffer = "INBOX", _ account: Account = .alice(), limits: IMAP.Limits = IMAP.Limits()) -> Session {
    let session = Session(account, limits: limits)
    _ = session.run(.logIn(.init(user: "alice", password: "secret")))
    _ = session.run(.select(name))
    return session
  }
}
