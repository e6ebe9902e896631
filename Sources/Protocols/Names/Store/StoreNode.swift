// A node that keeps blocks: what it is nearest to it keeps, everything else it passes on. It sees blinded keys and sealed records only.
// Read next: BlockStorage.swift (what it checks before it keeps), StoreClient.swift.
public import Bytes
public import World

/// The node's end of all dialogues at its port.
public struct StoreNode: DatagramConversation {
  /// It decides everything itself.
  public typealias Question = Never

  public enum Input: Sendable, Hashable {
    case received(Buffer, from: Endpoint)
    case answerOverdue
  }

  /// Another node.
  public struct Neighbour: Sendable, Hashable {
    public var place: NodePlace
    public var endpoint: Endpoint
    public init(_ place: NodePlace, _ endpoint: Endpoint) { (self.place, self.endpoint) = (place, endpoint) }
  }

  /// A request that was passed on.
  private struct Passed: Sendable {
    var asker: Endpoint
    var id: UInt16
    var to: Endpoint
    var query: BlockQuery
    var deadline: Instant
  }

  public static let port: UInt16 = 2_086

  private let place: NodePlace
  private let neighbours: [Neighbour]
  private let limits: Limits
  public private(set) var shelf: BlockShelf
  private var passed: [UInt16: Passed] = [:]
  private var nextID: UInt16 = 0
  /// Unit: bytes answered, signatures checked.
  private var (answers, checks): (Allowance, Allowance)
  public private(set) var deadline: Instant?

  /// Most requests waiting for another node's answer. Unit: requests. Past it: the newest is answered that nothing is there.
  private static let passedMax = 1_024
  /// Most nodes a request passes through. Unit: nodes. Past it: the node it came to answers.
  private static let hopsMax: UInt8 = 16
  /// How long another node's answer is waited for.
  private static let patience = Duration.seconds(2)

  public init(_ place: NodePlace, neighbours: [Neighbour], limits: Limits = Limits()) {
    self.place = place
    self.neighbours = neighbours
    self.limits = limits
    shelf = BlockShelf(limits: limits)
    answers = Allowance(perSecond: limits.answerBytesPerSecondMax)
    checks = Allowance(perSecond: limits.checksPerSecondMax)
  }

  public static var dialect: Dialect { .blockStore }

  public func input(for event: DatagramEvent) -> Input? {
    switch event {
    case .opened: nil
    case .received(let bytes, let remote): .received(bytes, from: remote)
    case .deadlineReached: .answerOverdue
    }
  }

  public mutating func handle(_ input: Input, at now: Instant, into actions: inout [DatagramAction<Never>]) {
    switch input {
    case .received(let bytes, let remote):
      do throws(SyntaxError) {
        let message = try StoreMessage(reading: bytes, limits: limits)
        if message.kind.isRequest { serve(message, for: remote, at: now, into: &actions) } else { passBack(message, from: remote, into: &actions) }
      } catch { actions.append(.note("ignored: \(error)", about: remote)) }
    case .answerOverdue:
      for (id, request) in passed.sorted(by: { $0.key < $1.key }) where request.deadline <= now {
        passed[id] = nil
        actions.append(.send(StoreMessage(.missing, id: request.id, query: request.query).bytes, to: request.asker))
      }
    }
    deadline = passed.values.map(\.deadline).min()
  }

  private mutating func serve(_ message: StoreMessage, for remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Never>]) {
    func answer(_ kind: StoreMessage.Kind, _ block: [UInt8] = []) {
      guard answers.spend(StoreMessage.headSize + block.count, at: now) else { return actions.append(.note("not answered: answerBytesPerSecondMax", about: remote)) }
      actions.append(.send(StoreMessage(kind, hops: message.hops, id: message.id, query: message.query, block: block).bytes, to: remote))
    }
    if message.kind == .get, let block = shelf.get(message.query, at: now) { return answer(.found, block) }
    if message.hops < Self.hopsMax, let nearer = nearest(to: message.query) {
      return passOn(message, to: nearer, for: remote, at: now, into: &actions)
    }
    guard message.kind == .put else { return answer(.missing) }
    // No answer: whoever asks, asks again.
    guard shelf.holds(message.block, under: message.query) || checks.spend(1, at: now) else { return actions.append(.note("not looked at: checksPerSecondMax", about: remote)) }
    do throws(BlockShelf.Refusal) {
      try shelf.put(message.query, message.block, at: now)
      answer(.stored)
    } catch {
      actions.append(.note("not kept: \(error)", about: remote))
      answer(.refused)
    }
  }

  /// The neighbour that is nearest to `query`; nil: this node is.
  private func nearest(to query: BlockQuery) -> Neighbour? {
    var best: Neighbour?
    for neighbour in neighbours where neighbour.place.isNearer(to: query, than: best?.place ?? place) { best = neighbour }
    return best
  }

  private mutating func passOn(_ message: StoreMessage, to nearer: Neighbour, for remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Never>]) {
    guard passed.count < Self.passedMax else {
      actions.append(.note("not passed on: \(Self.passedMax) requests wait already", about: remote))
      actions.append(.send(StoreMessage(.missing, hops: message.hops, id: message.id, query: message.query).bytes, to: remote))
      return
    }
    while passed[nextID] != nil { nextID &+= 1 }
    passed[nextID] = Passed(asker: remote, id: message.id, to: nearer.endpoint, query: message.query, deadline: now + Self.patience)
    var copy = message
    copy.id = nextID
    copy.hops += 1
    nextID &+= 1
    actions.append(.note("passed on to \(nearer.endpoint), which is nearer to the key", about: remote))
    actions.append(.send(copy.bytes, to: nearer.endpoint))
  }

  private mutating func passBack(_ message: StoreMessage, from remote: Endpoint, into actions: inout [DatagramAction<Never>]) {
    guard let request = passed[message.id], request.to == remote, request.query == message.query else {
      actions.append(.note("ignored: \(remote) was not asked", about: remote))
      return
    }
    passed[message.id] = nil
    var copy = message
    copy.id = request.id
    actions.append(.send(copy.bytes, to: request.asker))
  }

  public var acceptsBytes: Bool { true }
  public var stateName: String { "keeping" }
}
