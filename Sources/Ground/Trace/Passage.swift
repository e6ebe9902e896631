// A message on its way from one end to the other. When both ends recorded it, their two events become one passage with the time it
// left and the time it arrived; a datagram that only its sender knows was lost, one that arrived twice was repeated.
import Bytes
public import World

/// The events of an exchange, each end's by itself.
public struct Dialogue: Sendable, Hashable {
  public var exchange: Exchange
  /// What the server's record holds, oldest first.
  public var server: [Event]
  /// What the client's records hold, oldest first.
  public var client: [Event]
  /// The stretches that count, by the numbers of their events: a story holds only what belongs to it. Nil: all of it.
  public var spans: [Range<UInt64>]?

  public init(exchange: Exchange, server: [Event], client: [Event], spans: [Range<UInt64>]? = nil) {
    self.exchange = exchange
    self.server = server
    self.client = client
    self.spans = spans
  }

  /// Whether `event` is in a stretch that counts.
  public func holds(_ event: Event) -> Bool { spans?.contains { $0.contains(event.sequence) } ?? true }

  /// The events of the record to show and export.
  public var best: [Event] { exchange.server == nil ? client : server }
}

/// One message between the two ends.
public struct Passage: Sendable, Hashable {
  public enum Direction: Sendable, Hashable { case toServer, toClient }
  public enum Fate: Sendable, Hashable { case arrived, lost, repeated }

  public var direction: Direction
  /// The event to show: its bytes, its number.
  public var event: Event
  /// The other end's event of the same message.
  public var mirror: Event?
  /// When it left; nil: its sender did not record it.
  public var sent: Instant?
  /// When it arrived; nil: its receiver did not record it.
  public var received: Instant?
  public var fate: Fate

  /// The moment that orders it among others.
  public var time: Instant { sent ?? received ?? event.time }
}

extension Dialogue {
  /// The messages in the order of their times. With `wire`, what passed on the wire of an encrypted conversation instead.
  public func passages(wire: Bool = false) -> [Passage] {
    // Found among all events, since a message's place in a stream is known by what came before it.
    var all = (passages(.toServer, wire: wire) + passages(.toClient, wire: wire)).filter { holds($0.event) }
    all.sort { ($0.time, $0.event.sequence) < ($1.time, $1.event.sequence) }
    return all
  }

  private func passages(_ direction: Passage.Direction, wire: Bool) -> [Passage] {
    let sentKind: Event.Kind = wire ? .wireSent : .sent
    let receivedKind: Event.Kind = wire ? .wireReceived : .received
    let sender = direction == .toServer ? client : server
    let receiver = direction == .toServer ? server : client
    let left = sender.filter { $0.kind == sentKind }
    let came = receiver.filter { $0.kind == receivedKind }
    return exchange.best.info.carrier == .udp
      ? datagrams(direction, left, came, isReceiverKnown: !receiver.isEmpty) : stretches(direction, left, came)
  }

  /// Datagrams are matched by their bytes. From the last arrival backwards, each belongs to the newest unmatched one that had left by then:
  /// so a question asked again and answered once was lost the first time.
  private func datagrams(_ direction: Passage.Direction, _ left: [Event], _ came: [Event], isReceiverKnown: Bool) -> [Passage] {
    var waiting: [Buffer: [Int]] = [:]
    for (index, event) in left.enumerated() { waiting[event.bytes, default: []].append(index) }
    var arrivals: [Int: Event] = [:]
    var lastMatched: [Buffer: Int] = [:]
    var extra: [Passage] = []
    for event in came.reversed() {
      while let newest = waiting[event.bytes]?.last, left[newest].time > event.time { waiting[event.bytes]?.removeLast() }
      if let index = waiting[event.bytes]?.popLast() {
        arrivals[index] = event
        lastMatched[event.bytes] = index
      } else if let index = lastMatched[event.bytes], let later = arrivals[index], left[index].time <= event.time {
        // One more arrival than departures: the link repeated it, and this is the first of the two.
        arrivals[index] = event
        extra.append(Passage(direction: direction, event: later, mirror: left[index], sent: nil, received: later.time, fate: .repeated))
      } else {
        // Its sender is not one of ours.
        extra.append(Passage(direction: direction, event: event, mirror: nil, sent: nil, received: event.time, fate: .arrived))
      }
    }
    let matched = left.enumerated().map { index, event in
      let arrival = arrivals[index]
      return Passage(
        direction: direction, event: shown(event, arrival, direction), mirror: arrival.map { other(event, $0, direction) }, sent: event.time,
        received: arrival?.time, fate: arrival == nil && isReceiverKnown ? .lost : .arrived)
    }
    return matched + extra
  }

  /// The server's event is the one to show, like everywhere; the other is its mirror.
  private func shown(_ sent: Event, _ received: Event?, _ direction: Passage.Direction) -> Event {
    direction == .toServer ? received ?? sent : sent
  }

  private func other(_ sent: Event, _ received: Event, _ direction: Passage.Direction) -> Event {
    direction == .toServer ? sent : received
  }

  /// In a stream the two ends may cut messages differently, so the other end's time is that of the byte at the same place.
  private func stretches(_ direction: Passage.Direction, _ left: [Event], _ came: [Event]) -> [Passage] {
    let isServerKnown = exchange.server != nil
    let own = isServerKnown == (direction == .toClient) ? left : came
    let others = isServerKnown == (direction == .toClient) ? came : left
    let isOwnSent = isServerKnown == (direction == .toClient)
    var otherEnds: [Int] = []
    var total = 0
    for event in others {
      total += event.length
      otherEnds.append(total)
    }
    var end = 0
    var index = 0
    return own.map { event in
      end += event.length
      while index < others.count, otherEnds[index] < end { index += 1 }
      let mirror = index < others.count ? others[index] : nil
      // Where one end's beginning is no longer kept the places do not fit; a message never arrives before it left.
      let fits = mirror.map { isOwnSent ? $0.time >= event.time : $0.time <= event.time } ?? false
      let time = fits ? mirror?.time : nil
      return Passage(
        direction: direction, event: event, mirror: fits ? mirror : nil, sent: isOwnSent ? event.time : time,
        received: isOwnSent ? time : event.time, fate: .arrived)
    }
  }
}
