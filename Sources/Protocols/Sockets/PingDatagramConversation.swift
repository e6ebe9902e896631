// The ping server: answers each datagram in upper case, but loses a settable share of them on purpose, so that a client written
// against it learns to live with loss. Read next: PingDatagramClient.swift.
public import Bytes
public import World

/// A server that loses datagrams.
public struct PingDatagramConversation: DatagramConversation {
  /// It decides everything itself.
  public typealias Question = Never

  public enum Input: Sendable, Hashable {
    case received(Buffer, from: Endpoint)
  }

  private let port: UInt16
  private let lossShare: Double
  private var chance: SeededRandom
  private let limits: Limits

  /// A service at `port` that loses `lossShare` of the datagrams (0 none, 1 all), drawn from `chance`.
  public init(port: UInt16, lossShare: Double, chance: SeededRandom, limits: Limits = Limits()) {
    self.port = port
    self.lossShare = lossShare
    self.chance = chance
    self.limits = limits
  }

  public static var dialect: Dialect { .ping }

  public func input(for event: DatagramEvent) -> Input? {
    guard case .received(let bytes, let remote) = event else { return nil }
    return .received(bytes, from: remote)
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Never>]) {
    guard case .received(let bytes, let remote) = input else { return }
    guard remote.port != port, remote.port >= limits.clientPortMin else {
      actions.append(.note("not answered: port \(remote.port) belongs to a service", about: remote))
      return
    }
    if Double.random(in: 0..<1, using: &chance) < lossShare {
      actions.append(.note("lost on purpose", about: remote))
    } else {
      actions.append(.send(uppercase(bytes), to: remote))
    }
  }

  public var deadline: Instant? { nil }
  public var acceptsBytes: Bool { true }
  public var stateName: String { "serving" }
}
