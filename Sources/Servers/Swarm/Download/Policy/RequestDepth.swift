// How many blocks are asked of one peer at a time: enough that its line is never idle, no more. Not here: which blocks (PiecePicker).
import BitTorrent
package import World

/// How much comes, measured over the last seconds.
package struct RateMeter: Sendable, Hashable {
  /// Unit: bytes per second.
  package private(set) var rate = 0.0
  private var sinceMark = 0
  private var mark: Instant?
  /// Over how long is averaged.
  private static let span = 5.0

  package init() {}

  package mutating func add(_ bytes: Int, at now: Instant) {
    settle(at: now)
    sinceMark += bytes
  }

  /// The rate as it is now. Unit: bytes per second.
  package mutating func rate(at now: Instant) -> Double {
    settle(at: now)
    return rate
  }

  private mutating func settle(at now: Instant) {
    guard let mark else { return self.mark = now }
    let seconds = Double(now.nanoseconds &- mark.nanoseconds) / 1e9
    guard seconds >= 0.25 else { return }
    let weight = min(1, seconds / Self.span)
    rate += (Double(sinceMark) / seconds - rate) * weight
    sinceMark = 0
    self.mark = now
  }
}

/// The number of requests under way at one peer.
package struct RequestDepth: Sendable, Hashable {
  /// How deep at least and at most. Unit: requests.
  package static let depthMin = 2
  package static let depthMax = 500
  /// So much of what a peer sends is asked for ahead. Unit: seconds.
  package static let aheadSeconds = 3.0
  /// What a peer that does not say it is taken to accept. Unit: requests.
  package static let acceptedUnsaid = 250
  /// A peer that sends nothing for so long while asked is snubbing us.
  package static let snubTime = Duration.seconds(60)
  /// A peer that sends nothing for so long gets one request at a time.
  package static let slowTime = Duration.seconds(20)
  /// Under this a peer sends a whole piece itself. Unit: seconds.
  package static let wholePieceSeconds = 20.0

  package private(set) var meter = RateMeter()
  /// What the peer accepts. Unit: requests.
  package var accepted = RequestDepth.acceptedUnsaid
  /// Grows by one with each block until the rate does not grow any more.
  private var isStarting = true
  private var depth = RequestDepth.depthMin
  private var rateBefore = 0.0
  private var judgedAt: Instant?
  private var cameLast: Instant?
  private var askedSince: Instant?
  package private(set) var isSlow = false
  package private(set) var isSnubbing = false

  package init() {}

  /// How many may be under way.
  package var limit: Int {
    if isSlow || isSnubbing { return 1 }
    return max(1, min(depth, accepted, Self.depthMax))
  }

  /// Blocks were asked for, where none was under way.
  package mutating func asked(at now: Instant) { if askedSince == nil { askedSince = now } }

  /// Nothing is under way any more.
  package mutating func emptied() { askedSince = nil }

  /// A block came.
  package mutating func came(_ bytes: Int, at now: Instant) {
    meter.add(bytes, at: now)
    cameLast = now
    askedSince = now
    isSlow = false
    isSnubbing = false
    let rate = meter.rate(at: now)
    if isStarting {
      depth = min(depth + 1, Self.depthMax)
      if let judged = judgedAt {
        if judged.duration(to: now) >= .seconds(1) {
          // Flat: not a tenth more than a second ago.
          if rate < rateBefore * 1.1, rate > 0 { isStarting = false }
          (rateBefore, judgedAt) = (rate, now)
        }
      } else {
        judgedAt = now
      }
    } else {
      let wanted = Int(rate * Self.aheadSeconds / Double(BlockRequest.lengthMax)) + 1
      depth = max(Self.depthMin, min(wanted, Self.depthMax))
    }
  }

  /// Looks at the clock. True: the peer has just begun to snub us, what it was asked for is to be asked of others.
  package mutating func checked(at now: Instant) -> Bool {
    _ = meter.rate(at: now)
    guard let askedSince else { return false }
    let silence = max(cameLast ?? askedSince, askedSince).duration(to: now)
    if silence >= Self.slowTime { isSlow = true }
    guard silence >= Self.snubTime, !isSnubbing else { return false }
    isSnubbing = true
    isStarting = true
    depth = Self.depthMin
    return true
  }

  /// Unit: bytes per second.
  package mutating func rate(at now: Instant) -> Double { meter.rate(at: now) }

  /// How fast the peer is.
  package var pace: Pace {
    switch meter.rate {
    case ..<8_192: .slow
    case ..<524_288: .medium
    default: .fast
    }
  }

  /// Whether the peer sends a piece of this length soon enough alone.
  package func takesWholePieces(of pieceLength: Int) -> Bool { meter.rate * Self.wholePieceSeconds >= Double(pieceLength) }
}
