// The packets that carry, or would have carried, an exchange: datagrams as they were, streams with handshake, segments and end.
// Not here: the file format (PacketCapture.swift), headers and checksums (PacketHeaders.swift).
import Bytes
import World

/// Makes packets from a dialogue.
struct PacketFlow {
  /// One packet, from the first byte of its IP header.
  struct Packet: Sendable, Hashable {
    var time: Instant
    /// What is known of it: less than `length` when the trace kept only a message's beginning.
    var captured: Buffer
    /// Unit: bytes, of the whole packet.
    var length: Int
    /// What our explanation says about the message that begins here.
    var comment = ""
  }

  static func packets(of dialogue: Dialogue, explain: ExplainMessage?) -> [Packet] {
    let exchange = dialogue.exchange
    guard exchange.clientEndpoint.address.isSameFamily(as: exchange.serverEndpoint.address) else { return [] }
    switch exchange.best.info.carrier {
    case .udp: return datagrams(of: dialogue, explain: explain)
    // Its datagrams are another dialogue.
    case .utp: return []
    case .tcp:
      var flow = PacketFlow(dialogue, explain: explain)
      for event in dialogue.best { flow.add(event) }
      return flow.packets
    }
  }

  // MARK: Datagrams

  private static func datagrams(of dialogue: Dialogue, explain: ExplainMessage?) -> [Packet] {
    let exchange = dialogue.exchange
    return dialogue.passages().map { passage in
      let isToServer = passage.direction == .toServer
      let headers = PacketHeaders(
        from: isToServer ? exchange.clientEndpoint : exchange.serverEndpoint, to: isToServer ? exchange.serverEndpoint : exchange.clientEndpoint)
      let event = passage.event
      let title = exchange.explanation(of: event, by: explain)?.title ?? ""
      let fate =
        switch passage.fate {
        case .arrived: ""
        case .lost: title.isEmpty ? "lost on the way" : " (lost on the way)"
        case .repeated: title.isEmpty ? "repeated on the way" : " (repeated on the way)"
        }
      let packet = headers.datagram(event.bytes, length: event.length, identification: UInt16(truncatingIfNeeded: event.sequence))
      return Packet(time: passage.time, captured: packet.captured, length: packet.length, comment: title + fate)
    }
  }

  // MARK: Streams

  private let info: ConversationInfo
  private let explain: ExplainMessage?
  private let toServer: PacketHeaders
  private let toClient: PacketHeaders
  /// Whether the wire's own bytes are shown: from the beginning, or since TLS was begun.
  private var isEncrypted: Bool
  private let segmentMax: Int
  private var clientSequence: UInt32
  private var serverSequence: UInt32
  private var identification: UInt16 = 0
  private var isOver = false
  /// What the next encrypted packet carries, when the message was recorded before it was encrypted.
  private var pendingTitle = ""
  private var packets: [Packet] = []

  private init(_ dialogue: Dialogue, explain: ExplainMessage?) {
    let exchange = dialogue.exchange
    info = exchange.best.info
    self.explain = explain
    toServer = PacketHeaders(from: exchange.clientEndpoint, to: exchange.serverEndpoint)
    toClient = PacketHeaders(from: exchange.serverEndpoint, to: exchange.clientEndpoint)
    isEncrypted = info.encrypted
    // What fits into an Ethernet frame of 1,500 bytes.
    segmentMax = 1_500 - toServer.overhead(.tcp)
    // Any number will do; the same trace shall give the same file.
    var chance = SeededRandom(seed: exchange.id.number)
    clientSequence = UInt32(truncatingIfNeeded: chance.next())
    serverSequence = UInt32(truncatingIfNeeded: chance.next())
  }

  private mutating func add(_ event: Event) {
    guard !isOver else { return }
    let isToServer = event.kind.isOutgoing == (info.role == .client)
    switch event.kind {
    case .opened: handshake(at: event.time)
    case .sent, .received:
      let title = explain?(info.dialect, info, event.kind, event.bytes)?.title ?? ""
      if !isEncrypted { message(event, isToServer: isToServer, title: title) } else { comment(title, on: event.kind) }
    case .wireSent, .wireReceived:
      guard isEncrypted else { return }
      message(event, isToServer: isToServer, title: event.kind == .wireSent ? pendingTitle : "")
      if event.kind == .wireSent { pendingTitle = "" }
    case .closed: end(event)
    case .tlsBegun: isEncrypted = true
    case .continued, .note, .problem, .lost: break
    }
  }

  /// A message inside TLS: what is sent is encrypted after it was recorded, what is received before.
  private mutating func comment(_ title: String, on kind: Event.Kind) {
    if kind == .sent {
      pendingTitle = title
    } else if let index = packets.indices.last, packets[index].comment.isEmpty {
      packets[index].comment = title
    }
  }

  private mutating func handshake(at time: Instant) {
    segment(isToServer: true, .syn, at: time)
    clientSequence &+= 1
    segment(isToServer: false, .synAcknowledged, at: time)
    serverSequence &+= 1
    segment(isToServer: true, .acknowledged, at: time)
  }

  /// The last words: a reset, or each side's FIN, from the side that ended it first; nothing where nothing was heard any more.
  private mutating func end(_ event: Event) {
    isOver = true
    let ending = Ending(rawValue: event.text) ?? .closed
    let isFirstToServer = (info.role == .client) != ending.isByPeer
    switch ending.farewell {
    case .finish: break
    case .reset: return segment(isToServer: isFirstToServer, .reset, at: event.time)
    case .nothing: return
    }
    for isToServer in [isFirstToServer, !isFirstToServer] {
      segment(isToServer: isToServer, .finished, at: event.time)
      if isToServer { clientSequence &+= 1 } else { serverSequence &+= 1 }
    }
    segment(isToServer: isFirstToServer, .acknowledged, at: event.time)
  }

  /// A message in segments. What the trace did not keep is counted in large segments that hold no bytes.
  private mutating func message(_ event: Event, isToServer: Bool, title: String) {
    var offset = 0
    while offset < event.length {
      let isKept = offset < event.bytes.count
      let length = min(event.length - offset, isKept ? segmentMax : 65_535 - toServer.overhead(.tcp))
      let bytes = event.bytes[offset..<(offset + length)]
      segment(
        isToServer: isToServer, offset + length == event.length ? .pushed : .acknowledged, at: event.time, bytes, length: length,
        comment: offset == 0 ? title : "")
      offset += length
    }
  }

  private mutating func segment(
    isToServer: Bool, _ flags: PacketHeaders.Flags, at time: Instant, _ bytes: Buffer = Buffer(), length: Int = 0, comment: String = ""
  ) {
    let headers = isToServer ? toServer : toClient
    identification &+= 1
    let packet = headers.segment(
      bytes, length: length, sequence: isToServer ? clientSequence : serverSequence, acknowledging: isToServer ? serverSequence : clientSequence,
      flags: flags, identification: identification)
    packets.append(Packet(time: time, captured: packet.captured, length: packet.length, comment: comment))
    let advance = UInt32(truncatingIfNeeded: length)
    if isToServer { clientSequence &+= advance } else { serverSequence &+= advance }
  }
}

extension Address {
  fileprivate func isSameFamily(as other: Address) -> Bool {
    switch (self, other) {
    case (.v4, .v4), (.v6, .v6): true
    default: false
    }
  }
}
