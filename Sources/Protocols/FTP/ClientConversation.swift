// The client's half of a session on its control connection: one command at a time, each with its replies.
// Not here: what is asked in which order (Servers/FileServer/Client), what passes on a data connection (DataConversation).
public import Bytes
public import World

/// One session, seen from the client.
///
/// The owner hands in commands under tickets; each gets its replies in order, the last of which is not preliminary. The server's greeting is
/// the reply to the ticket that `init` was given.
public struct ClientConversation: StreamConversation {
  public enum Input: Sendable {
    case reply(Reply)
    /// What came is no reply.
    case refused(SyntaxError)
    case connection(ConnectionEvent)
    // From the owner.
    case perform(Ticket, Command)
    /// Say this at once, although a reply is awaited: for ABOR. Its replies come under its own ticket after those awaited.
    case interrupt(Ticket, Command)
    /// Begin TLS here, nothing being awaited.
    case secure(Ticket)
    /// End without a word.
    case close
  }

  /// Why a session is over before it was closed.
  public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The server's bytes are no reply.
    case notFTP(String)
    case timedOut
    /// The connection ended while a reply was awaited.
    case closedEarly
    /// More commands wait than `waitingCommandsMax`.
    case tooMany

    public var description: String {
      switch self {
      case .notFTP(let why): "the server does not speak FTP: \(why)"
      case .timedOut: "the server did not reply in time"
      case .closedEarly: "the server ended the session"
      case .tooMany: "too many commands wait"
      }
    }
  }

  public enum Question: Sendable, Hashable {
    case replied(Ticket, Reply)
    /// TLS stands, asked for by this ticket.
    case secured(Ticket)
    /// This command gets no more replies.
    case failed(Ticket, Failure)
    /// The connection is over.
    case ended
  }

  public static var dialect: Dialect { .ftp }

  private enum Phase: Sendable, Hashable {
    case open
    case securing(Ticket)
    case closed
  }

  private var phase = Phase.open
  private var reader: ReplyReader
  /// Tickets that wait for replies to what was sent, oldest first.
  private var awaited: [Ticket]
  private var waiting: [(ticket: Ticket, command: Command)] = []
  /// Whether the awaited reply is the one after a transfer.
  private var isTransferring = false
  public private(set) var deadline: Instant?
  private let limits: Limits

  /// A session whose greeting answers `greeting`.
  public init(greeting: Ticket, limits: Limits = Limits()) {
    awaited = [greeting]
    reader = ReplyReader(limits: limits)
    self.limits = limits
  }

  public var acceptsBytes: Bool { phase == .open }

  public var stateName: String {
    switch phase {
    case .open: awaited.isEmpty ? "idle" : isTransferring ? "transferring" : "reply awaited"
    case .securing: "TLS handshake"
    case .closed: "closed"
    }
  }

  public static func secrets(in bytes: Buffer) -> [Range<Int>] { ServerConversation.secrets(in: bytes) }

  public mutating func next(from bytes: inout Buffer) -> Input? {
    do throws(SyntaxError) { return try reader.next(from: &bytes).map { .reply($0) } } catch { return .refused(error) }
  }

  public func input(for event: ConnectionEvent) -> Input? { .connection(event) }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Question>]) {
    switch (phase, input) {
    case (.closed, .perform(let ticket, _)), (.closed, .interrupt(let ticket, _)), (.closed, .secure(let ticket)):
      actions.append(.ask(.failed(ticket, .closedEarly)))
    case (.closed, _): break
    case (_, .reply(let reply)): note(reply, into: &actions)
    case (_, .refused(let error)):
      actions.append(.problem("\(error)"))
      fail(.notFTP("\(error)"), into: &actions)
    case (_, .perform(let ticket, let command)):
      if awaited.isEmpty, phase == .open {
        send(command, ticket, into: &actions)
      } else if waiting.count < limits.waitingCommandsMax {
        waiting.append((ticket, command))
      } else {
        actions.append(.ask(.failed(ticket, .tooMany)))
      }
    case (_, .interrupt(let ticket, let command)): send(command, ticket, into: &actions)
    case (.open, .secure(let ticket)):
      phase = .securing(ticket)
      actions.append(.startTLS)
    case (.securing(let ticket), .connection(.secured)):
      phase = .open
      actions.append(.ask(.secured(ticket)))
      sendNext(into: &actions)
    case (_, .connection(.peerClosed)), (_, .connection(.lost)): fail(.closedEarly, into: &actions)
    case (_, .connection(.deadlineReached)): fail(.timedOut, into: &actions)
    case (_, .close): fail(.closedEarly, into: &actions)
    case (_, _): break
    }
    if phase == .closed || (awaited.isEmpty && phase == .open) {
      deadline = nil
    } else {
      // Each sign of life renews the patience; during a transfer the data connection has its own.
      deadline = now + (isTransferring ? limits.transferReplyTimeout : limits.replyTimeout)
    }
  }

  private mutating func note(_ reply: Reply, into actions: inout [StreamAction<Question>]) {
    guard let ticket = awaited.first else {
      // RFC 959 §5.4: 421 may come at any time; nothing else may.
      if reply.code == 421 {
        actions.append(.note("the server ends the session: \(reply.text)"))
      } else {
        actions.append(.problem("a reply that nobody waits for: \(reply)"))
      }
      return
    }
    actions.append(.ask(.replied(ticket, reply)))
    if reply.kind == .preliminary {
      isTransferring = true
      return
    }
    isTransferring = false
    awaited.removeFirst()
    if awaited.isEmpty { sendNext(into: &actions) }
  }

  private mutating func sendNext(into actions: inout [StreamAction<Question>]) {
    guard !waiting.isEmpty, phase == .open, awaited.isEmpty else { return }
    let next = waiting.removeFirst()
    send(next.command, next.ticket, into: &actions)
  }

  private mutating func send(_ command: Command, _ ticket: Ticket, into actions: inout [StreamAction<Question>]) {
    awaited.append(ticket)
    actions.append(.send(command.line))
  }

  private mutating func fail(_ failure: Failure, into actions: inout [StreamAction<Question>]) {
    var tickets = awaited + waiting.map(\.ticket)
    if case .securing(let ticket) = phase { tickets.append(ticket) }
    phase = .closed
    awaited = []
    waiting = []
    for ticket in tickets { actions.append(.ask(.failed(ticket, failure))) }
    actions.append(.ask(.ended))
    actions.append(.close(.afterFlush))
  }
}
