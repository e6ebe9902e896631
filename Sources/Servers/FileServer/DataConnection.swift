// A data connection and the transfer that wants it: whichever is there first waits for the other.
// Not here: its conversation (FTP/DataConversation), listening for it (PassivePorts), what passes on it (TransferRun).
import Bytes
import FTP
import Synchronization
import Trace
import Transport
import World

/// What happens on a data connection.
enum DataEvent: Sendable {
  case received(Buffer)
  case receivedAll
  case more
  case broken
  /// It is gone; whether everything that was to be sent had left.
  case closed(isClean: Bool)
}

/// The way to a data connection from any thread.
final class DataChannel: Sendable {
  private struct State {
    var isOpen = false
    var isOver = false
    /// Said before the connection was ready to hear it.
    var early: [DataConversation.Input] = []
    var handler: (@Sendable (DataEvent) -> Void)?
  }

  private let state = Mutex(State())
  private let answers: Answers<DataConversation.Input>

  init(_ answers: Answers<DataConversation.Input>) { self.answers = answers }

  /// Tells the connection something, once it is ready.
  func give(_ input: DataConversation.Input) {
    let isOpen = state.withLock { state in
      if !state.isOpen, !state.isOver { state.early.append(input) }
      return state.isOpen
    }
    if isOpen { answers.give(input) }
  }

  /// From now on `handler` hears what happens. False: it is over already.
  func attend(_ handler: @escaping @Sendable (DataEvent) -> Void) -> Bool {
    state.withLock { state in
      if !state.isOver { state.handler = handler }
      return !state.isOver
    }
  }

  fileprivate func open() {
    let early = state.withLock { state in
      defer { state.early = [] }
      state.isOpen = true
      return state.early
    }
    for input in early { answers.give(input) }
  }

  fileprivate func tell(_ event: DataEvent) {
    let handler = state.withLock { state in
      if case .closed = event { state.isOver = true }
      return state.handler
    }
    handler?(event)
    if case .closed = event { state.withLock { $0.handler = nil } }
  }
}

/// The end that speaks on a data connection.
final class DataConnection: DrivenEnd {
  let driver: ConversationDriver<DataConversation>
  private let channel: DataChannel
  /// Told when the connection is there; inside TLS before the handshake, since the client begins it only when it is told of the transfer.
  private var whenAttached: ((DataChannel) -> Void)?

  init(limits: FTP.Limits, trace: TraceContext?, whenAttached: @escaping (DataChannel) -> Void) {
    let box = ChannelBox()
    driver = ConversationDriver(DataConversation(limits: limits), trace: trace) { question, _ in
      switch question {
      case .opened: box.channel?.open()
      case .received(let bytes): box.channel?.tell(.received(bytes))
      case .receivedAll: box.channel?.tell(.receivedAll)
      case .more: box.channel?.tell(.more)
      case .broken: box.channel?.tell(.broken)
      }
      return nil
    }
    channel = DataChannel(driver.answers)
    box.channel = channel
    self.whenAttached = whenAttached
  }

  /// Lets the driver's owner know the channel that is made of the driver.
  private final class ChannelBox { var channel: DataChannel? }

  func attached(to carrier: any Carrier) {
    driver.attached(to: carrier)
    announce()
  }

  func opened(on carrier: any Carrier) {
    driver.opened(on: carrier)
    announce()
  }

  private func announce() {
    whenAttached?(channel)
    whenAttached = nil
  }

  func closed(because reason: String) {
    driver.closed(because: reason)
    channel.tell(.closed(isClean: reason == Ending.closed.rawValue || reason == Ending.closedByPeer.rawValue))
  }
}

/// Where a data connection and its transfer meet, once.
final class DataSlot: Sendable {
  private enum State {
    case empty
    case connected(DataChannel)
    case awaited(@Sendable (DataChannel?) -> Void)
    case over
  }

  private let state = Mutex(State.empty)

  /// A connection came. False: it is not wanted.
  func put(_ channel: DataChannel) -> Bool {
    let (isWanted, waiter) = state.withLock { state -> (Bool, (@Sendable (DataChannel?) -> Void)?) in
      switch state {
      case .empty:
        state = .connected(channel)
        return (true, nil)
      case .awaited(let waiter):
        state = .over
        return (true, waiter)
      case .connected, .over: return (false, nil)
      }
    }
    waiter?(channel)
    return isWanted
  }

  /// Calls `then` with the connection when it is there, or with nil when none will come.
  func take(_ then: @escaping @Sendable (DataChannel?) -> Void) {
    let (isKnown, channel) = state.withLock { state -> (Bool, DataChannel?) in
      switch state {
      case .empty:
        state = .awaited(then)
        return (false, nil)
      case .connected(let channel):
        state = .over
        return (true, channel)
      case .awaited, .over: return (true, nil)
      }
    }
    if isKnown { then(channel) }
  }

  /// Nobody waits any more; a connection that came and was not taken goes.
  func close() {
    let (waiter, channel) = state.withLock { state -> ((@Sendable (DataChannel?) -> Void)?, DataChannel?) in
      defer { state = .over }
      switch state {
      case .awaited(let waiter): return (waiter, nil)
      case .connected(let channel): return (nil, channel)
      case .empty, .over: return (nil, nil)
      }
    }
    channel?.give(.abort)
    waiter?(nil)
  }
}
