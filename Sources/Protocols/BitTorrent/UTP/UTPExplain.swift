// A uTP packet explained field by field. Read first: UTPPacket.swift, which reads it.
public import Bytes
public import Trace
import World

/// The datagram `bytes`, explained as a uTP packet.
public func explainUTP(_ bytes: Buffer) -> Explanation {
  let packet: UTPPacket
  do throws(SyntaxError) { packet = try UTPPacket.read(bytes) } catch {
    let all = bytes.isEmpty ? [] : [Field("bytes", "\(bytes.count) bytes", 0..<bytes.count, meaning: "no uTP packet", source: "BEP 29")]
    return Explanation(title: "no uTP packet", fields: all, problem: error.description)
  }
  var fields = headFields(packet, bytes)
  let end = bytes.count - packet.payload.count
  fields += extensionFields(bytes, end: end)
  if end < bytes.count {
    fields.append(
      Field(
        "payload", "\(packet.payload.count) bytes", end..<bytes.count, meaning: "the next stretch of the byte stream; its length is what the datagram has left",
        source: "BEP 29, overview"))
  }
  return Explanation(title: packet.description, fields: fields)
}

private func headFields(_ packet: UTPPacket, _ bytes: Buffer) -> [Field] {
  [
    Field("type", name(packet.kind), 0..<1, meaning: meaning(packet.kind), source: "BEP 29, type", children: [
      Field("version", "1", 0..<1, meaning: "the low four bits; there is no other version", source: "BEP 29, version")
    ]),
    Field("extension", "\(bytes[at: 1] ?? 0)", 1..<2, meaning: bytes[at: 1] == 0 ? "no extension follows" : extensionMeaning(bytes[at: 1] ?? 0), source: "BEP 29, extension"),
    Field(
      "connection id", "\(packet.connectionID)", 2..<4,
      meaning: packet.kind == .open
        ? "the number the caller will be answered with; it sends with the next one" : "tells the connections between two ports apart; each direction has its own number",
      source: "BEP 29, connection_id"),
    Field(
      "timestamp", "\(packet.timestamp) µs", 4..<8, meaning: "the sender's clock when it sent this; only differences mean anything", source: "BEP 29, timestamp_microseconds"),
    Field(
      "timestamp difference", "\(packet.difference) µs", 8..<12,
      meaning: packet.difference == 0
        ? "nothing has been measured yet" : "how long the last packet in the other direction was under way, by two clocks that may disagree: its growth is queueing delay",
      source: "BEP 29, timestamp_difference_microseconds"),
    Field(
      "window", "\(packet.window) bytes", 12..<16, meaning: packet.window == 0 ? "no room: nothing may be sent until there is" : "how much the sender of this has room for",
      source: "BEP 29, wnd_size"),
    Field(
      "sequence number", "\(packet.sequence)", 16..<18,
      meaning: packet.kind == .state || packet.kind == .reset ? "the number the next data will have; this packet uses none" : "counts packets, not bytes; over its end it begins again at 0",
      source: "BEP 29, seq_nr"),
    Field(
      "acknowledgement number", "\(packet.acknowledgement)", 18..<20,
      meaning: packet.kind == .open ? "nothing has come yet" : packet.kind == .reset ? "the packet that this answers" : "everything up to this packet has come", source: "BEP 29, ack_nr"),
  ]
}

private func name(_ kind: UTPPacket.Kind) -> String {
  switch kind {
  case .data: "0 DATA"
  case .finish: "1 FIN"
  case .state: "2 STATE"
  case .reset: "3 RESET"
  case .open: "4 SYN"
  }
}

private func meaning(_ kind: UTPPacket.Kind) -> String {
  switch kind {
  case .data: "carries bytes of the stream, and acknowledges"
  case .finish: "the last packet of this direction: nothing comes behind its number"
  case .state: "acknowledges, and carries nothing"
  case .reset: "the sender knows no such connection, or breaks it off"
  case .open: "asks for a connection"
  }
}

private func extensionMeaning(_ number: UInt8) -> String {
  switch number {
  case 0: "no extension follows"
  case UTPPacket.selectiveExtension: "a selective acknowledgement follows"
  case UTPPacket.paddingExtension: "padding follows: the packet tries how large a datagram passes"
  default: "extension \(number) follows; who does not know it skips it"
  }
}

private func extensionFields(_ bytes: Buffer, end: Int) -> [Field] {
  var fields: [Field] = []
  var number = bytes[at: 1] ?? 0
  var offset = UTPPacket.headBytes
  while number != 0, offset + 1 < end, let length = bytes[at: offset + 1].map(Int.init) {
    let range = offset..<min(end, offset + 2 + length)
    let next = bytes[at: offset] ?? 0
    if number == UTPPacket.selectiveExtension {
      fields.append(
        Field(
          "selective acknowledgement", arrived(bytes[(offset + 2)..<range.upperBound]), range,
          meaning: "a bit for each packet from the acknowledgement number + 2 on: these have come although one before them is missing", source: "BEP 29, selective ACK",
          children: [Field("next extension", "\(next)", offset..<(offset + 1), meaning: extensionMeaning(next), source: "BEP 29, extension")]))
    } else {
      fields.append(
        Field("extension \(number)", "\(length) bytes", range, meaning: number == UTPPacket.paddingExtension ? "padding" : "not known here, and skipped", source: "BEP 29, extension"))
    }
    number = next
    offset = range.upperBound
  }
  return fields
}

/// `+2, +5…+9`: which bits are set.
private func arrived(_ mask: Buffer) -> String {
  var runs: [ClosedRange<Int>] = []
  for (place, byte) in mask.array.enumerated() {
    for bit in 0..<8 where byte & 1 << UInt8(bit) != 0 {
      let number = place * 8 + bit + 2
      if let last = runs.last, last.upperBound + 1 == number { runs[runs.count - 1] = last.lowerBound...number } else { runs.append(number...number) }
    }
  }
  let shown = runs.prefix(16).map { $0.count == 1 ? "+\($0.lowerBound)" : "+\($0.lowerBound)…+\($0.upperBound)" }
  return shown.isEmpty ? "none" : shown.joined(separator: ", ") + (runs.count > 16 ? ", …" : "")
}
