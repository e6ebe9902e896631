// One datagram port behind links: an end to the carrier below, a carrier to the end above. Read next: Transport/LinkDirection.swift.
import Bytes
import World

/// Delays, loses and repeats what passes.
final class ShapedPort: DatagramEnd, DatagramCarrier, @unchecked Sendable {
  // Unchecked: all of it happens on the port's loop; other threads only hand work there.
  private let end: any DatagramEnd
  private let shaping: Shaping
  private var random: SeededRandom
  private var below: (any DatagramCarrier)?
  private var out = InFlight<(Buffer, Endpoint)>()
  private var incoming = InFlight<(Buffer, Endpoint)>()
  private var outBytes = 0
  private var incomingBytes = 0
  private var outgoingLinks: [Address: LinkDirection] = [:]
  private var incomingLinks: [Address: LinkDirection] = [:]

  /// Most peers whose links are remembered as busy. Unit: addresses. Past it: all are forgotten, and count as idle.
  private static let linksMax = 4_096

  /// Most bytes under way in one direction of one port, where no bandwidth bounds them. Unit: bytes. Past it: dropped and reported.
  static let bytesUnderWayMax = 16 << 20

  init(_ end: any DatagramEnd, shaping: Shaping, random: SeededRandom) {
    self.end = end
    self.shaping = shaping
    self.random = random
  }

  // MARK: The end's face, to the carrier below

  func opened(on carrier: any DatagramCarrier) {
    below = carrier
    end.opened(on: self)
    turn()
  }

  func received(_ bytes: Buffer, from remote: Endpoint) {
    guard let below, !shaping.isInside(remote.address) else {
      end.received(bytes, from: remote)
      return turn()
    }
    let link = shaping.link(remote.address, below.local.address)
    let fate = fate(of: bytes, over: link, in: &incomingLinks, remote.address, at: below.now)
    for arrival in arrivals(fate, from: remote, to: below.local) where admits(bytes, &incomingBytes, from: remote, to: below.local) {
      incoming.add((bytes, remote), arriving: arrival)
    }
    turn()
  }

  func deadlineReached() {
    if let below, let deadline = end.deadline, deadline <= below.now { end.deadlineReached() }
    turn()
  }

  func closed() {
    end.closed()
    below = nil
  }

  var deadline: Instant? { [end.deadline, out.next, incoming.next].lazy.compactMap { $0 }.min() }

  // MARK: The carrier's face, to the end above

  var now: Instant { below?.now ?? Instant(nanoseconds: 0) }
  var local: Endpoint { below?.local ?? .unknown }

  func send(_ bytes: Buffer, to remote: Endpoint) {
    guard let below else { return }
    let link = shaping.link(below.local.address, remote.address)
    if link == .perfect { return below.send(bytes, to: remote) }
    let fate = fate(of: bytes, over: link, in: &outgoingLinks, remote.address, at: below.now)
    for arrival in arrivals(fate, from: below.local, to: remote) where admits(bytes, &outBytes, from: below.local, to: remote) {
      out.add((bytes, remote), arriving: arrival)
    }
  }

  func flush() { below?.flush() }

  func close() { below?.close() }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    below?.onLoop {
      work()
      self.turn()
    }
  }

  // MARK: The links

  /// Does everything whose time has come. Called when the end above has returned, never from inside it.
  private func turn() {
    guard let below else { return }
    while let (bytes, remote) = incoming.take(at: below.now) {
      incomingBytes -= Self.weight(of: bytes)
      end.received(bytes, from: remote)
    }
    end.settled()
    while let (bytes, remote) = out.take(at: below.now) {
      outBytes -= Self.weight(of: bytes)
      below.send(bytes, to: remote)
    }
    below.flush()
  }

  /// What a datagram under way costs: an empty one costs memory too. Unit: bytes.
  private static func weight(of bytes: Buffer) -> Int { bytes.count + 128 }

  /// Counts one more datagram under way; false, and reported, when that is too much.
  private func admits(_ bytes: Buffer, _ underWay: inout Int, from: Endpoint, to: Endpoint) -> Bool {
    guard underWay + Self.weight(of: bytes) <= Self.bytesUnderWayMax else {
      shaping.report(from, to, "lost: more than \(Self.bytesUnderWayMax) bytes are under way")
      return false
    }
    underWay += Self.weight(of: bytes)
    return true
  }

  /// Headers below a datagram's bytes. Unit: bytes.
  private static let overhead = 28

  private func fate(
    of bytes: Buffer, over link: Link, in links: inout [Address: LinkDirection], _ address: Address, at now: Instant
  ) -> LinkDirection.Fate {
    if links.count >= Self.linksMax, links[address] == nil { links.removeAll(keepingCapacity: true) }
    return links[address, default: LinkDirection()].carry(bytes.count + Self.overhead, over: link, at: now, using: &random)
  }

  private func arrivals(_ fate: LinkDirection.Fate, from: Endpoint, to: Endpoint) -> [Instant] {
    switch fate {
    case .lost(let why):
      shaping.report(from, to, why)
      return []
    case .arrives(let times, let remark):
      if let remark { shaping.report(from, to, remark) }
      return times
    }
  }
}
