// One connection to a peer: its conversation's questions go to the torrent's session, what the session orders goes back. Blocks are read for it on the
// disk's threads. Read before: TorrentSession.swift.
import BitTorrent
import Bytes
import Synchronization
import Transport
import World

/// The owner of one peer conversation.
final class PeerLink: Sendable {
  typealias Input = PeerConversation.Input

  private struct State {
    var answers: Answers<Input>?
    var session: TorrentSession?
    /// As the torrent counts it; nil: it has not shaken hands.
    var number: PeerNumber?
    /// Blocks to be read for it.
    var requests: [BlockRequest] = []
    var isServing = false
    var isOver = false
  }

  let remote: Endpoint
  let isCalled: Bool
  private let state: Mutex<State>
  /// Finds the session that a calling peer wants.
  private let find: @Sendable (InfoHash) -> TorrentSession?

  /// A connection that we begin.
  init(to remote: Endpoint, for session: TorrentSession) {
    self.remote = remote
    isCalled = true
    state = Mutex(State(session: session))
    find = { _ in nil }
  }

  /// A connection that somebody else begins.
  init(from remote: Endpoint, find: @escaping @Sendable (InfoHash) -> TorrentSession?) {
    self.remote = remote
    isCalled = false
    state = Mutex(State())
    self.find = find
  }

  /// Answers a question of the conversation, at once or later.
  func take(_ question: PeerConversation.Question, _ answers: Answers<Input>) -> Input? {
    if case .handshake(let handshake) = question { return judge(handshake, answers) }
    let (session, number) = state.withLock { ($0.session, $0.number) }
    if case .ended(let reason) = question { return end(session, number, because: answers.ending ?? reason) }
    guard let session, let number else { return nil }
    return session.take(question, from: number, at: remote)
  }

  private func judge(_ handshake: PeerHandshake, _ answers: Answers<Input>) -> Input? {
    let session = state.withLock { state in
      state.answers = answers
      return state.session
    }
    guard let session = session ?? find(handshake.infoHash) else { return .refuse("nobody here has the torrent \(handshake.infoHash)") }
    return session.admit(handshake, self)
  }

  /// The torrent has taken the peer in.
  func joined(_ session: TorrentSession, as number: PeerNumber) {
    state.withLock { state in
      state.session = session
      state.number = number
    }
  }

  private func end(_ session: TorrentSession?, _ number: PeerNumber?, because reason: String) -> Input? {
    let isFirst = state.withLock { state in
      defer { (state.isOver, state.requests, state.session) = (true, [], nil) }
      return !state.isOver
    }
    if isFirst { session?.ended(number, self, because: reason) }
    return nil
  }

  /// Tells the conversation. Never runs it on the way.
  func give(_ orders: [PeerOrder]) { state.withLock { $0.answers }?.give(.orders(orders)) }

  // MARK: Blocks for the peer

  /// A block is not wanted any more: it is not read, if that has not begun. Whoever asks and takes it back again and again gets no list of reads.
  func cancel(_ request: BlockRequest) {
    state.withLock { state in
      if let place = state.requests.firstIndex(of: request) { state.requests.remove(at: place) }
    }
  }

  /// Reads a block on the disk's threads and sends it, with a wrong bit if it is to be spoilt.
  func serve(_ request: BlockRequest, from store: PieceStore, atOnce: Int, isSpoilt: Bool, unreadable: @escaping @Sendable (Int) -> Void) {
    let isDue = state.withLock { state in
      guard !state.isOver else { return false }
      state.requests.append(request)
      defer { state.isServing = true }
      return !state.isServing
    }
    guard isDue else { return }
    store.disk { [self] in
      while true {
        let batch = state.withLock { state in
          let batch = Array(state.requests.prefix(atOnce))
          state.requests.removeFirst(batch.count)
          if batch.isEmpty { state.isServing = false }
          return batch
        }
        if batch.isEmpty { return }
        let orders = store.answers(to: batch, unreadable: unreadable)
        give(isSpoilt ? orders.map(\.spoilt) : orders)
      }
    }
  }
}

extension PeerOrder {
  /// The same with the first bit of a block turned over.
  fileprivate var spoilt: PeerOrder {
    guard case .block(let request, let parts) = self, case .bytes(let bytes)? = parts.first, let first = bytes[at: 0] else { return self }
    return .block(request, [.bytes(Buffer([first ^ 0x80] + bytes.array.dropFirst()))] + parts.dropFirst())
  }
}

extension PieceStore {
  /// Read at a time. Unit: bytes.
  private static let stretch = 65_536

  /// The blocks that were asked for, those that follow one another read together. On a thread of the disk.
  func answers(to requests: [BlockRequest], unreadable: (Int) -> Void) -> [PeerOrder] {
    var orders: [PeerOrder] = []
    var rest = requests[...]
    while let first = rest.popFirst() {
      var run = [first]
      var length = first.length
      while let next = rest.first, next.piece == first.piece, next.offset == first.offset + length, length + next.length <= Self.stretch {
        run.append(next)
        length += next.length
        rest.removeFirst()
      }
      let bytes = files.read(at: Int64(sizes.range(of: first.piece).lowerBound + first.offset), length: length)
      if bytes == nil { unreadable(first.piece) }
      for request in run {
        let start = request.offset - first.offset
        orders.append(bytes.map { .block(request, [.bytes($0[start..<start + request.length])]) } ?? .reject(request))
      }
    }
    return orders
  }
}
