// Reads what a tap on the wire sees of one TLS connection: records of both directions, however the network cut them, and the messages in them
// until encryption begins. It has no keys. Read next: Explain.swift, which reads one piece by itself.
public import Bytes

/// Both directions of one connection.
public struct WireReader: Sendable {
  public enum Direction: Sendable, Hashable { case toServer, toClient }

  /// One direction.
  private struct Side {
    var incoming = Buffer()
    /// The beginning of a message that is not whole.
    var message = Buffer()
    /// RFC 5246 §7.1: what follows ChangeCipherSpec is encrypted, in 1.2 and before.
    var hasChanged = false
    /// What came is no TLS.
    var isLost = false
  }

  private let limits: Limits
  private var toServer = Side()
  private var toClient = Side()
  /// What the server chose, once it has.
  private var version: Version?

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Whether a direction has turned out to be something else than TLS.
  public var isLost: Bool { toServer.isLost || toClient.isLost }
  /// Bytes of a record that is not whole, and of a message that is not. Unit: bytes.
  public func waiting(_ direction: Direction) -> Int { direction == .toServer ? toServer.incoming.count : toClient.incoming.count }

  /// The records that `bytes` complete.
  public mutating func take(_ bytes: Buffer, _ direction: Direction) -> [Record] {
    var side = direction == .toServer ? toServer : toClient
    defer { if direction == .toServer { toServer = side } else { toClient = side } }
    guard !side.isLost else { return [] }
    side.incoming.append(bytes)
    var records: [Record] = []
    while let record = next(&side) { records.append(record) }
    if side.incoming.isEmpty { side.incoming = Buffer() } else { side.incoming.reclaim(past: limits.recordBytesMax) }
    return records
  }

  private mutating func next(_ side: inout Side) -> Record? {
    guard !side.isLost, let type = side.incoming[at: 0], let major = side.incoming[at: 1], let minor = side.incoming[at: 2] else { return nil }
    // RFC 8446 §5.1: the types that there are, and a version that begins with 3.
    guard (20...24).contains(type), major == 3 else {
      side.isLost = true
      return nil
    }
    guard let high = side.incoming[at: 3], let low = side.incoming[at: 4] else { return nil }
    let length = Int(high) << 8 | Int(low)
    guard length <= limits.recordBytesMax else {
      side.isLost = true
      return nil
    }
    guard let bytes = side.incoming.take(Record.headBytes + length) else { return nil }
    var record = Record(type: ContentType(rawValue: type), version: Version(rawValue: UInt16(major) << 8 | UInt16(minor)), bytes: bytes, isEncrypted: false)
    fill(&record, &side)
    return record
  }

  private mutating func fill(_ record: inout Record, _ side: inout Side) {
    let content = Record.headBytes..<record.bytes.count
    switch record.type {
    case .changeCipherSpec:
      side.hasChanged = true
    case .alert:
      // A whole alert is two bytes; more is an encrypted one.
      record.isEncrypted = hasKeys(side) || content.count != 2
      guard !record.isEncrypted else { break }
      record.alert = Record.Alert(isFatal: record.bytes[at: 5] == 2, reason: AlertReason(rawValue: record.bytes[at: 6] ?? 0))
    case .handshake where !hasKeys(side):
      readMessages(&record, &side)
    default:
      record.isEncrypted = true
    }
  }

  /// RFC 8446 §5: in 1.3 ChangeCipherSpec means nothing, and what is encrypted calls itself application data.
  private func hasKeys(_ side: Side) -> Bool { side.hasChanged && version != .v1_3 }

  private mutating func readMessages(_ record: inout Record, _ side: inout Side) {
    let isContinued = !side.message.isEmpty
    var bytes = record.bytes
    var start = Record.headBytes
    if !isContinued, !Self.beginsInTheClear(bytes) {
      record.isEncrypted = true
      return
    }
    if isContinued {
      side.message.append(record.bytes[start..<record.bytes.count])
      (bytes, start) = (side.message, 0)
    }
    while let length = Self.length(of: bytes, at: start) {
      guard length <= limits.messageBytesMax else {
        side.isLost = true
        break
      }
      let end = start + 4 + length
      guard end <= bytes.count else { break }
      let message = HandshakeMessage(bytes, at: start, body: (start + 4)..<end, limits: limits)
      if case .serverHello(let hello) = message.content { version = hello.version }
      record.messages.append(message)
      start = end
    }
    side.message = start < bytes.count ? bytes[start..<bytes.count] : Buffer()
    record.isBroken = isContinued || !side.message.isEmpty
  }

  /// Whether a record begins with a message: who reads from the middle on has not seen that keys were agreed on. HelloRequest, which is all zeros as
  /// much of what is encrypted in 1.2 begins, stands alone (RFC 5246 §7.4.1.1).
  private static func beginsInTheClear(_ record: Buffer) -> Bool {
    guard let type = record[at: Record.headBytes] else { return true }
    return type == 0 ? record.count == Record.headBytes + 4 : HandshakeType.names[type] != nil
  }

  /// RFC 8446 §4: a type and three bytes of length.
  private static func length(of bytes: Buffer, at start: Int) -> Int? {
    guard let high = bytes[at: start + 1], let middle = bytes[at: start + 2], let low = bytes[at: start + 3] else { return nil }
    return Int(high) << 16 | Int(middle) << 8 | Int(low)
  }
}
