// The ping client: sends numbered datagrams, one at a time, waits for each answer until a timer ends, and keeps the statistics.
public import Bytes
public import World

/// Sends a number of pings and reports what became of each.
public struct PingDatagramClient: DatagramConversation {
  public enum Input: Sendable, Hashable {
    case opened
    case received(Buffer, from: Endpoint)
    case answerOverdue
  }

  /// What it tells its owner. None of these is answered.
  public enum Question: Sendable, Hashable {
    case answered(sequence: Int, roundTrip: Duration)
    case lost(sequence: Int)
    case finished(PingStatistics)
  }

  private let server: Endpoint
  private let count: Int
  private let answerTimeMax: Duration
  /// The ping that is not answered yet.
  private var outstanding: PingMessage?
  public private(set) var statistics = PingStatistics()
  public private(set) var deadline: Instant?

  /// A client that sends `count` pings to `server` and counts one as lost when no answer comes within `answerTimeMax`.
  public init(server: Endpoint, count: Int = 10, answerTimeMax: Duration = .seconds(1)) {
    self.server = server
    self.count = count
    self.answerTimeMax = answerTimeMax
  }

  public static var dialect: Dialect { .ping }

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
      pingNext(at: now, into: &actions)
    case .received(let bytes, server):
      noteAnswer(bytes, at: now, into: &actions)
    case .received(_, let remote):
      actions.append(.note("ignored: \(remote) was not asked", about: remote))
    case .answerOverdue:
      guard let ping = outstanding else { break }
      actions.append(.ask(.lost(sequence: ping.sequence)))
      pingNext(at: now, into: &actions)
    }
  }

  private mutating func noteAnswer(_ bytes: Buffer, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    do throws(SyntaxError) {
      let answer = try PingMessage(bytes)
      // The sequence number tells a late or repeated answer from the one awaited.
      guard let ping = outstanding, answer == ping else {
        actions.append(.note("too late: answer \(answer.sequence)", about: server))
        return
      }
      let roundTrip = ping.sentAt.duration(to: now)
      statistics.note(roundTrip)
      actions.append(.ask(.answered(sequence: ping.sequence, roundTrip: roundTrip)))
      pingNext(at: now, into: &actions)
    } catch {
      actions.append(.note("ignored: \(error)", about: server))
    }
  }

  private mutating func pingNext(at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard statistics.sent < count else {
      outstanding = nil
      deadline = nil
      actions.append(.ask(.finished(statistics)))
      return
    }
    statistics.sent += 1
    let ping = PingMessage(sequence: statistics.sent, sentAt: now)
    outstanding = ping
    deadline = now + answerTimeMax
    actions.append(.send(ping.bytes, to: server))
  }

  public var acceptsBytes: Bool { true }
  public var stateName: String { outstanding.map { "awaiting answer \($0.sequence)" } ?? "finished" }
}

/// What became of the pings.
public struct PingStatistics: Sendable, Hashable, CustomStringConvertible {
  public internal(set) var sent = 0
  public private(set) var received = 0
  public private(set) var shortest: Duration?
  public private(set) var longest: Duration?
  private var total = Duration.zero

  public init() {}

  /// Unit: share of those sent, 0 to 1.
  public var lossShare: Double { sent == 0 ? 0 : Double(sent - received) / Double(sent) }

  /// Nil: nothing came back.
  public var average: Duration? { received == 0 ? nil : total / received }

  mutating func note(_ roundTrip: Duration) {
    received += 1
    total += roundTrip
    shortest = min(shortest ?? roundTrip, roundTrip)
    longest = max(longest ?? roundTrip, roundTrip)
  }

  public var description: String {
    let counts = "\(sent) sent, \(received) received, \(Int((lossShare * 100).rounded())) % lost"
    guard let shortest, let average, let longest else { return counts }
    return counts + ", round trip min \(shortest), average \(average), max \(longest)"
  }
}
