// Writes what passes in a model into a trace, as if its nodes were hosts that exchange datagrams: so ladders, lists and lessons show it as they
// show everything else. Each message is one line of text (ModelLine explains it); why something was done is a note in the same conversation.
import Bytes
import Trace
import World

/// The recorder of one model's run.
final class ModelTrace {
  private let recorder: any Recorder
  private let start: Instant
  private let kind: ModelKind
  /// Only what these numbers say or hear is recorded; nil: everything.
  private let watched: Set<UInt32>?
  private var pairs: [Pair: Ends] = [:]
  /// The last conversation of each, for what it does by itself.
  private var latest: [UInt32: ConversationID] = [:]

  /// Two numbers, the one that spoke first before the other.
  private struct Pair: Hashable {
    var low: UInt32
    var high: UInt32
  }

  private struct Ends {
    var client: UInt32
    var clientID: ConversationID
    var serverID: ConversationID?
  }

  init(_ kind: ModelKind, recorder: any Recorder, start: Instant, watched: Set<UInt32>? = nil) {
    self.kind = kind
    self.recorder = recorder
    self.start = start
    self.watched = watched
  }

  /// `line` leaves `sender` for `receiver`. Unit of time: milliseconds since the model began.
  func sent(_ line: String, from sender: UInt32, to receiver: UInt32, at time: Double) {
    guard sender != receiver, isWatched(sender) || isWatched(receiver) else { return }
    write(.sent, line, in: end(of: sender, with: receiver, at: time), at: time)
  }

  func received(_ line: String, from sender: UInt32, by receiver: UInt32, at time: Double) {
    guard sender != receiver, isWatched(sender) || isWatched(receiver) else { return }
    write(.received, line, in: end(of: receiver, with: sender, at: time), at: time)
  }

  /// `number` does something by itself.
  func note(_ sentence: String, by number: UInt32, about other: UInt32?, at time: Double) {
    guard isWatched(number) || other.map({ isWatched($0) }) ?? false else { return }
    guard let conversation = other.flatMap({ $0 == number ? nil : end(of: number, with: $0, at: time) }) ?? latest[number] else { return }
    latest[number] = conversation
    recorder.record(.note, in: conversation, at: instant(time), text: sentence)
  }

  private func isWatched(_ number: UInt32) -> Bool { watched?.contains(number) ?? true }
  private func instant(_ time: Double) -> Instant { start.advanced(by: .microseconds(Int((time * 1_000).rounded()))) }

  private func write(_ event: Event.Kind, _ line: String, in conversation: ConversationID, at time: Double) {
    let bytes = Buffer(line)
    recorder.record(event, in: conversation, at: instant(time), bytes: bytes.span, length: bytes.count, text: "")
  }

  /// The record that `number` keeps of what passes between it and `other`.
  private func end(of number: UInt32, with other: UInt32, at time: Double) -> ConversationID {
    let pair = Pair(low: min(number, other), high: max(number, other))
    var ends = pairs[pair] ?? Ends(client: number, clientID: open(number, other, .client, at: time))
    defer {
      pairs[pair] = ends
      latest[number] = number == ends.client ? ends.clientID : ends.serverID
    }
    guard ends.client != number else { return ends.clientID }
    let id = ends.serverID ?? open(number, other, .server, at: time)
    ends.serverID = id
    return id
  }

  private func open(_ number: UInt32, _ other: UInt32, _ role: ConversationInfo.Role, at time: Double) -> ConversationID {
    recorder.open(
      ConversationInfo(
        host: kind.name(of: number), role: role, carrier: .udp, dialect: kind.dialect, local: kind.endpoint(of: number), remote: kind.endpoint(of: other)),
      at: instant(time))
  }
}

extension ModelTrace: RingRecording {
  var hearsMessages: Bool { true }

  func sent(_ line: String, from: RingContact, to: RingContact, at time: Int) { sent(line, from: from.id, to: to.id, at: Double(time)) }
  func received(_ line: String, from: RingContact, by: RingContact, at time: Int) { received(line, from: from.id, by: by.id, at: Double(time)) }
  func note(_ sentence: String, by node: RingContact, about: RingContact?, at time: Int) { note(sentence, by: node.id, about: about?.id, at: Double(time)) }
}

extension ModelTrace: SwarmRecording {
  func said(_ line: String, from: Int, to: Int, at milliseconds: Double) {
    let (from, to) = (UInt32(truncatingIfNeeded: from), UInt32(truncatingIfNeeded: to))
    sent(line, from: from, to: to, at: milliseconds)
    received(line, from: from, by: to, at: milliseconds)
  }

  func note(_ sentence: String, by member: Int, about other: Int?, at milliseconds: Double) {
    note(sentence, by: UInt32(truncatingIfNeeded: member), about: other.map { UInt32(truncatingIfNeeded: $0) }, at: milliseconds)
  }
}

/// The models there are, and how their nodes are called and addressed.
enum ModelKind: UInt64, CaseIterable {
  case ring = 1
  case swarm = 2

  var dialect: Dialect { self == .ring ? .ring : .swarmModel }

  // RFC 3849 §4: these addresses are for documentation only, so nobody has them.
  private static var network: UInt64 { 0x2001_0DB8_0000_0000 }
  private static var port: UInt16 { 6_881 }

  func endpoint(of number: UInt32) -> Endpoint { Endpoint(.v6(Self.network | rawValue, UInt64(number)), Self.port) }

  func name(of number: UInt32) -> String {
    switch self {
    case .ring: "n\(number)"
    case .swarm: number == 0 ? "seed" : "peer\(number)"
    }
  }

  /// What the node at an address is called; nil: it belongs to no model.
  static func name(at address: Address) -> String? {
    guard case .v6(let high, let low) = address, let kind = allCases.first(where: { network | $0.rawValue == high }), let number = UInt32(exactly: low) else { return nil }
    return kind.name(of: number)
  }

  /// Whether a dialect is a model's.
  static func speaks(_ dialect: Dialect) -> Bool { allCases.contains { $0.dialect == dialect } }
}

extension WorldDescription {
  /// What the host or the model's node at an address is called.
  func name(at address: Address) -> String? { host(at: address)?.name ?? ModelKind.name(at: address) }
}
