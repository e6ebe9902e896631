// The uppercase service over UDP, both ends: one datagram in, one datagram out, no connection, no state between them.
// Not here: datagrams with numbers, so that one sees which were lost (PingDatagramConversation.swift).
public import Bytes
public import World

/// The server: answers each datagram with its upper-case form.
public struct UppercaseDatagramConversation: DatagramConversation {
  /// It decides everything itself.
  public typealias Question = Never

  public enum Input: Sendable, Hashable {
    case received(Buffer, from: Endpoint)
  }

  private let port: UInt16
  private let limits: Limits

  /// A service at `port`. It never answers a datagram from that port number: its sender is such a service too.
  public init(port: UInt16, limits: Limits = Limits()) {
    self.port = port
    self.limits = limits
  }

  public static var dialect: Dialect { .uppercase }

  public func input(for event: DatagramEvent) -> Input? {
    guard case .received(let bytes, let remote) = event else { return nil }
    return .received(bytes, from: remote)
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Never>]) {
    switch input {
    case .received(_, let remote) where remote.port == port || remote.port < limits.clientPortMin:
      actions.append(.note("not answered: port \(remote.port) belongs to a service", about: remote))
    case .received(let bytes, let remote):
      // As many bytes out as in, so nobody can use this service to make a small attack big.
      actions.append(.send(uppercase(bytes), to: remote))
    }
  }

  public var deadline: Instant? { nil }
  public var acceptsBytes: Bool { true }
  public var stateName: String { "serving" }
}

/// The client: sends texts one after the other, and delivers what comes back, or that nothing did.
public struct UppercaseDatagramClient: DatagramConversation {
  public enum Input: Sendable, Hashable {
    case opened
    case received(Buffer, from: Endpoint)
    case answerOverdue
  }

  /// What it tells its owner. None of these is answered.
  public enum Question: Sendable, Hashable {
    /// The answer to `line`; nil: none came in time.
    case deliver(line: String, answer: String?)
    /// Every text was sent, and answered or given up.
    case finished
  }

  private let server: Endpoint
  private let limits: Limits
  private var unsaid: ArraySlice<String>
  /// What was sent and is not answered yet.
  private var said: String?
  public private(set) var deadline: Instant?

  public init(lines: [String], to server: Endpoint, limits: Limits = Limits()) {
    self.server = server
    self.limits = limits
    unsaid = lines[...]
  }

  public static var dialect: Dialect { .uppercase }

  public func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .opened: .opened
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .answerOverdue
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    switch input {
    case .opened:
      sayNext(at: now, into: &actions)
    // UDP brings what anybody sends: only the server's word for what was said counts.
    case .received(let bytes, server):
      guard let line = said, bytes == uppercase(Buffer(line)) else { break }
      actions.append(.ask(.deliver(line: line, answer: bytes.text)))
      sayNext(at: now, into: &actions)
    case .received(_, let remote):
      actions.append(.note("ignored: \(remote) was not asked", about: remote))
    case .answerOverdue:
      guard let line = said else { break }
      actions.append(.ask(.deliver(line: line, answer: nil)))
      sayNext(at: now, into: &actions)
    }
  }

  private mutating func sayNext(at now: Instant, into actions: inout [DatagramAction<Question>]) {
    said = unsaid.popFirst()
    deadline = said == nil ? nil : now + limits.answerTimeMax
    actions.append(said.map { .send(Buffer($0), to: server) } ?? .ask(.finished))
  }

  public var acceptsBytes: Bool { true }
  public var stateName: String { said == nil ? "finished" : "awaiting the answer" }
}
