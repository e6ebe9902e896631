// A trace as a pcapng file for Wireshark and tshark: section, interface, host names, TLS secrets, then the packets.
// Datagrams are what passed; a TCP conversation is dressed in the packets that would have carried it (PacketFlow.swift).
// The format is draft-ietf-opsawg-pcapng; block and option numbers are its.
public import Bytes
public import World

/// Writes captures.
public struct PacketCapture: Sendable {
  /// The names for addresses, as Wireshark shall show them.
  public var names: [(address: Address, name: String)]
  /// Lines of the TLS key log (NSS format).
  public var secrets: [String]
  private let explain: ExplainMessage?

  /// With `explain`, the packet that begins a message bears the message's title as its comment.
  public init(names: [(address: Address, name: String)] = [], secrets: [String] = [], explain: ExplainMessage? = nil) {
    self.names = names
    self.secrets = secrets
    self.explain = explain
  }

  /// All that `store` still keeps.
  public func file(of store: TraceStore) -> Buffer {
    var capture = self
    capture.secrets += store.tlsSecrets
    return capture.file(of: store.exchanges().reversed().map { store.dialogue(of: $0) })
  }

  /// The packets of `dialogues`, in the order of their times.
  public func file(of dialogues: [Dialogue]) -> Buffer {
    var packets = dialogues.flatMap { PacketFlow.packets(of: $0, explain: explain) }.enumerated().map { ($0, $1) }
    packets.sort { ($0.1.time, $0.0) < ($1.1.time, $1.0) }
    var file = Buffer(capacity: packets.reduce(1_024) { $0 + $1.1.captured.count + $1.1.comment.utf8.count + 48 })
    sectionHeader(into: &file)
    interface(into: &file)
    nameResolution(into: &file)
    // Decryption secrets come before the packets they decrypt.
    decryptionSecrets(into: &file)
    for (_, packet) in packets { enhancedPacket(packet, into: &file) }
    return file
  }

  // MARK: Blocks

  private func sectionHeader(into file: inout Buffer) {
    block(0x0A0D_0D0A, into: &file) { body in
      body.appendLittle(0x1A2B_3C4D as UInt32)
      body.appendLittle(1 as UInt16)
      body.appendLittle(0 as UInt16)
      // The section's length is not said in advance.
      body.appendLittle(UInt64.max)
      option(4, Buffer("Netstead"), into: &body)
      endOfOptions(into: &body)
    }
  }

  private func interface(into file: inout Buffer) {
    block(1, into: &file) { body in
      // LINKTYPE_RAW: each packet begins with its IPv4 or IPv6 header.
      body.appendLittle(101 as UInt16)
      body.appendLittle(0 as UInt16)
      body.appendLittle(0 as UInt32)
      option(2, Buffer("netstead"), into: &body)
      // Times are in units of 10^-9 seconds.
      option(9, [9], into: &body)
      endOfOptions(into: &body)
    }
  }

  private func nameResolution(into file: inout Buffer) {
    guard !names.isEmpty else { return }
    block(4, into: &file) { body in
      for (address, name) in names {
        var record = Buffer(address.bytes)
        record.append(name)
        record.append(0)
        let kind: UInt16 = if case .v4 = address { 1 } else { 2 }
        // The same shape as an option: kind, length, value, padding.
        option(kind, record, into: &body)
      }
      endOfOptions(into: &body)
    }
  }

  private func decryptionSecrets(into file: inout Buffer) {
    guard !secrets.isEmpty else { return }
    var log = Buffer()
    for line in secrets {
      log.append(line)
      log.append(UInt8(ascii: "\n"))
    }
    block(10, into: &file) { body in
      // "TLSK": a TLS key log.
      body.appendLittle(0x544C_534B as UInt32)
      body.appendLittle(UInt32(truncatingIfNeeded: log.count))
      body.append(log)
      body.pad()
    }
  }

  private func enhancedPacket(_ packet: PacketFlow.Packet, into file: inout Buffer) {
    block(6, into: &file) { body in
      let time = UInt64(bitPattern: packet.time.nanoseconds)
      body.appendLittle(0 as UInt32)
      body.appendLittle(UInt32(truncatingIfNeeded: time >> 32))
      body.appendLittle(UInt32(truncatingIfNeeded: time))
      body.appendLittle(UInt32(truncatingIfNeeded: packet.captured.count))
      body.appendLittle(UInt32(truncatingIfNeeded: packet.length))
      body.append(packet.captured)
      body.pad()
      guard !packet.comment.isEmpty else { return }
      option(1, Buffer(packet.comment), into: &body)
      endOfOptions(into: &body)
    }
  }

  /// A block: its type, its length at both ends.
  private func block(_ type: UInt32, into file: inout Buffer, _ fill: (inout Buffer) -> Void) {
    var body = Buffer()
    fill(&body)
    let length = UInt32(truncatingIfNeeded: body.count + 12)
    file.appendLittle(type)
    file.appendLittle(length)
    file.append(body)
    file.appendLittle(length)
  }

  private func option(_ code: UInt16, _ value: Buffer, into body: inout Buffer) {
    let value = value[0..<Int(UInt16.max)]
    body.appendLittle(code)
    body.appendLittle(UInt16(truncatingIfNeeded: value.count))
    body.append(value)
    body.pad()
  }

  private func endOfOptions(into body: inout Buffer) { body.appendLittle(0 as UInt32) }
}

extension Buffer {
  fileprivate mutating func appendLittle<T: FixedWidthInteger>(_ value: T) { append(integer: value.byteSwapped) }

  /// Fills up to a multiple of four bytes.
  fileprivate mutating func pad() {
    while count % 4 != 0 { append(0 as UInt8) }
  }
}
