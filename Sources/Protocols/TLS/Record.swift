// One record of TLS as it passes on the wire: five bytes in the clear, then what they announce, in the clear or encrypted.
// Read next: WireReader.swift, which makes records of bytes.
public import Bytes
import Trace

/// A whole record.
public struct Record: Sendable, Hashable {
  /// How many bytes stand before the content (RFC 8446 §5.1).
  public static let headBytes = 5

  public var type: ContentType
  /// What the head says; since 1.3 always 1.2, or 1.0 for a first greeting.
  public var version: Version
  /// With its head.
  public var bytes: Buffer
  /// Whether only who has the keys can read its content.
  public var isEncrypted: Bool
  /// The messages that came to their ends in it.
  public var messages: [HandshakeMessage] = []
  /// Why somebody complains; nil: it is no alert, or an encrypted one.
  public var alert: Alert?
  /// Whether a message begun in it is not whole yet, or one from before went on: places in messages are not its own then.
  public var isBroken = false

  public struct Alert: Sendable, Hashable {
    /// Whether the connection ends with it (RFC 8446 §6: almost always).
    public var isFatal: Bool
    public var reason: AlertReason
  }

  /// The same record with zeros in place of everything that no second run would send again.
  public var repeatable: Buffer {
    let whole = Self.headBytes..<bytes.count
    let ranges: [Range<Int>] = isEncrypted || isBroken ? [whole] : messages.flatMap(\.unrepeatable)
    var shown = bytes.array
    for range in ranges { for index in range.clamped(to: shown.indices) { shown[index] = 0 } }
    return Buffer(shown)
  }

  /// One line for lists.
  public var title: String {
    let length = bytes.count - Self.headBytes
    if isEncrypted { return "\(type == .applicationData ? "" : "\(type), ")\(length) bytes encrypted" }
    if let alert { return "alert \(alert.reason)" }
    if messages.isEmpty { return type == .handshake ? "\(length) bytes of a message" : "\(type)" }
    return messages.map(\.title).joined(separator: "; ")
  }

  /// The record as a field of what it came in, from `start` on.
  func field(from start: Int) -> Field {
    let content = Self.headBytes..<bytes.count
    let meaning = isEncrypted ? "Who has no keys sees how long it is, and when it came." : "A piece of TLS."
    var whole = Field("record", title, 0..<bytes.count, meaning: meaning, source: "RFC 8446 §5.1")
    guard !isEncrypted else { return whole.moved(by: start) }
    whole.children = [
      Field(
        "head", "\(type), \(version), \(content.count) bytes", 0..<Self.headBytes, meaning: "What follows and how much of it. Everybody can read this.",
        source: "RFC 8446 §5.1")
    ]
    if let alert {
      whole.children.append(Field("alert", "\(alert.reason)", content, meaning: alert.isFatal ? "The connection ends here." : "A remark.", source: "RFC 8446 §6"))
    } else if !isBroken {
      whole.children += messages.flatMap(\.fields)
    }
    return whole.moved(by: start)
  }
}

extension Field {
  fileprivate func moved(by distance: Int) -> Field {
    var moved = self
    moved.range = (range.lowerBound + distance)..<(range.upperBound + distance)
    moved.children = children.map { $0.moved(by: distance) }
    return moved
  }
}
