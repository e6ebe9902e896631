// One connection behind a link: an end to the carrier below, a carrier to the end above.
// Bytes wait twice: until the link's queue has room for them, then until they have arrived. Read next: Transport/LinkDirection.swift.
import Bytes
import NIOCore
import World

/// Delays and paces what passes.
final class ShapedStream: StreamEnd, Carrier, @unchecked Sendable {
  // Unchecked: all of it happens on the connection's loop; other threads only hand work there.
  private enum Outgoing {
    case bytes(Buffer)
    case file(FileSlice)
  }

  private let end: any StreamEnd
  private let shaping: Shaping
  private var random: SeededRandom
  private var below: (any Carrier)?
  private var shapesBothWays = false

  private var waiting = CircularBuffer<Outgoing>()
  private var outgoingLink = LinkDirection()
  private var out = InFlight<Buffer>()
  private var outBytes = 0
  private var closing: Closing?
  /// TLS begins when everything said so far has departed.
  private var tlsIsDue = false

  private var incomingLink = LinkDirection()
  private var incoming = InFlight<Buffer>()
  private var incomingBytes = 0
  private var peerHasClosed = false
  private var wantsReading = true
  private var isReadingBelow = true

  private var congestionTold = false
  private var isCongestedBelow = false
  private var isCutOut = false
  private var isCutIn = false
  /// While something waits for a link that is cut: when to look again.
  private var lookAgain: Instant?
  /// When the end's farewell is given up that the cut link does not take.
  private var farewellEnds: Instant?

  /// How often a cut link is looked at. Unit: time.
  private static let cutInterval = Duration.milliseconds(50)
  /// How long a closed connection waits for a cut link to become whole. Unit: time. Past it: closed at once, what waits is thrown away.
  private static let farewellTimeMax = Duration.seconds(30)
  /// Longest piece of a file on its way at once. Unit: bytes.
  private static let pieceBytes = 65_536

  init(_ end: any StreamEnd, shaping: Shaping, random: SeededRandom) {
    self.end = end
    self.shaping = shaping
    self.random = random
  }

  // MARK: The end's face, to the carrier below

  func attached(to carrier: any Carrier) {
    below = carrier
    shapesBothWays = !shaping.isInside(carrier.remote.address)
    end.attached(to: self)
  }

  func opened(on carrier: any Carrier) {
    below = carrier
    shapesBothWays = !shaping.isInside(carrier.remote.address)
    end.opened(on: self)
    turn()
  }

  func received(_ bytes: Buffer) {
    guard shapesBothWays, let below else {
      end.received(bytes)
      return turn()
    }
    let link = shaping.link(below.remote.address, below.local.address)
    if link == .perfect, incoming.isEmpty, wantsReading {
      end.received(bytes)
    } else {
      // What came while the link was cut was, for all the end knows, sent again when it was whole: it waits in `turn`.
      var link = link
      if link.isCut { link.loss = 0 }
      incoming.add(bytes, arriving: incomingLink.arrival(ofStreamBytes: bytes.count, over: link, at: below.now, using: &random))
      incomingBytes += bytes.count
    }
    turn()
  }

  func peerClosed() {
    peerHasClosed = true
    turn()
  }

  func deadlineReached() {
    if let below, let deadline = end.deadline, deadline <= below.now { end.deadlineReached() }
    turn()
  }

  func congested(_ isCongested: Bool) {
    isCongestedBelow = isCongested
    turn()
  }

  func retired() {
    end.retired()
    turn()
  }

  func secured() {
    end.secured()
    turn()
  }

  func closed(because reason: String) {
    waiting.removeAll()
    end.closed(because: reason)
    below = nil
  }

  func wire(_ bytes: Buffer, sent: Bool) { end.wire(bytes, sent: sent) }
  var wantsWire: Bool { end.wantsWire }

  var deadline: Instant? {
    // What cannot go on before the peer below takes something waits for `congested`, not for a time.
    let times = [end.deadline, isCongestedBelow || isCutOut ? nil : out.next, wantsReading && !isCutIn ? incoming.next : nil, lookAgain]
    return times.lazy.compactMap { $0 }.min()
  }

  // MARK: The carrier's face, to the end above

  var now: Instant { below?.now ?? Instant(nanoseconds: 0) }
  var local: Endpoint { below?.local ?? .unknown }
  var remote: Endpoint { below?.remote ?? .unknown }
  var isEncrypted: Bool { below?.isEncrypted ?? false }
  var negotiatedProtocol: String? { below?.negotiatedProtocol }
  var wasCutShort: Bool { below?.wasCutShort ?? false }

  func send(_ bytes: Buffer) {
    guard closing == nil else { return }
    if !bytes.isEmpty { waiting.append(.bytes(bytes)) }
  }

  func send(_ file: FileSlice) {
    guard closing == nil else { return }
    if file.length > 0 { waiting.append(.file(file)) }
  }

  func flush() { depart() }

  func setReading(_ isOn: Bool) { wantsReading = isOn }

  func close(_ how: Closing) {
    closing = how
    if how == .now { below?.close(.now) } else { depart() }
  }

  var canStartTLS: Bool { below?.canStartTLS ?? false }

  func startTLS() {
    // What is still on its way here came in the clear.
    guard incoming.isEmpty else { return close(.now) }
    tlsIsDue = true
    depart()
  }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    below?.onLoop {
      work()
      self.turn()
    }
  }

  // MARK: The link

  /// Does everything whose time has come. Called when the end above has returned, never from inside it.
  private func turn() {
    guard let below else { return }
    depart()
    let link = shaping.link(below.remote.address, below.local.address)
    isCutIn = shapesBothWays && link.isCut
    while !isCutIn, wantsReading, let bytes = incoming.take(at: below.now) {
      incomingBytes -= bytes.count
      end.received(bytes)
    }
    if !isCutIn, peerHasClosed, incoming.isEmpty, wantsReading {
      peerHasClosed = false
      end.peerClosed()
    }
    depart()
    let isCongested = isCongestedBelow || !waiting.isEmpty
    if isCongested != congestionTold {
      congestionTold = isCongested
      end.congested(isCongested)
      depart()
    }
    let isHeldOut = isCutOut && (!waiting.isEmpty || !out.isEmpty || closing != nil)
    let isHeldIn = isCutIn && (!incoming.isEmpty || peerHasClosed)
    lookAgain = isHeldOut || isHeldIn ? below.now + Self.cutInterval : nil
    let mayRead = wantsReading && incomingBytes <= link.queueBytesMax
    if mayRead != isReadingBelow {
      isReadingBelow = mayRead
      below.setReading(mayRead)
    }
  }

  /// Moves what waits onto the link while its queue has room, and what has arrived to the carrier below.
  private func depart() {
    guard let below else { return }
    let link = shaping.link(below.local.address, below.remote.address)
    let now = below.now
    isCutOut = link.isCut
    if isCutOut {
      guard closing != nil else { return }
      let ends = farewellEnds ?? now + Self.farewellTimeMax
      farewellEnds = ends
      if ends <= now { below.close(.now) }
      return
    }
    farewellEnds = nil
    while let first = waiting.first, out.isEmpty || outBytes < link.queueBytesMax {
      if link == .perfect, out.isEmpty, !isCongestedBelow {
        waiting.removeFirst()
        switch first {
        case .bytes(let bytes): below.send(bytes)
        case .file(let slice): below.send(slice)
        }
      } else {
        guard let piece = takePiece(of: first, over: link) else {
          // A file that became shorter cannot be answered for any more.
          return below.close(.now)
        }
        outBytes += piece.count
        out.add(piece, arriving: outgoingLink.arrival(ofStreamBytes: piece.count, over: link, at: now, using: &random))
      }
    }
    while !isCongestedBelow, let bytes = out.take(at: now) {
      outBytes -= bytes.count
      below.send(bytes)
    }
    below.flush()
    guard waiting.isEmpty, out.isEmpty else { return }
    if tlsIsDue {
      tlsIsDue = false
      below.startTLS()
    }
    if let how = closing { below.close(how) }
  }

  /// Takes as much off the first thing waiting as the link transmits in a short while, so that bytes flow rather than come in lumps.
  private func takePiece(of first: Outgoing, over link: Link) -> Buffer? {
    let short = link.bandwidth.map { max(link.mtu, $0 / 8 / 100) } ?? Self.pieceBytes
    let most = max(1, min(short, Self.pieceBytes))
    switch first {
    case .bytes(var bytes):
      guard bytes.count > most, let piece = bytes.take(most) else {
        waiting.removeFirst()
        return bytes
      }
      waiting[waiting.startIndex] = .bytes(bytes)
      return piece
    case .file(var slice):
      let length = min(slice.length, Int64(most))
      guard let piece = slice.file.read(at: slice.offset, length: Int(length)), piece.count == length else { return nil }
      slice.offset += length
      slice.length -= length
      if slice.length == 0 { waiting.removeFirst() } else { waiting[waiting.startIndex] = .file(slice) }
      return piece
    }
  }
}
