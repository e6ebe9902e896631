// The extension by which a torrent's description passes between peers, for whoever has nothing but a magnet link.
// Read next: MetadataCollection.swift, which puts the parts together.
public import Bytes
import World

/// One message of ut_metadata.
// BEP 9
public enum MetadataMessage: Sendable, Hashable {
  /// How long a part is, but for the last. Unit: bytes.
  public static let partLength = 16_384

  /// Send this part.
  case request(Int)
  /// A part, and how long the whole is.
  case data(Int, total: Int, Buffer)
  /// This part is not to be had.
  case reject(Int)
  /// A kind that we do not know.
  case unknown(Int64)

  /// What the content of an extended message says.
  public init(reading content: Buffer) throws(ReadingFailure) {
    var rest = content
    let value = try Bencode.readFirst(from: &rest, limits: .message, order: .any)
    func failure(_ expected: String) -> ReadingFailure { .syntax(SyntaxError(expected: expected, at: 0, rule: "BEP 9 extension message")) }
    guard let kind = value["msg_type"]?.integerValue else { throw failure("msg_type") }
    guard (0...2).contains(kind) else {
      // BEP 9: unrecognized message ids must be ignored.
      self = .unknown(kind)
      return
    }
    guard let part = value["piece"]?.countValue, part <= Int(UInt32.max) else { throw failure("piece") }
    switch kind {
    case 1:
      guard let total = value["total_size"]?.countValue, total > 0 else { throw failure("total_size") }
      self = .data(part, total: total, rest)
      return
    case 0: self = .request(part)
    default: self = .reject(part)
    }
    guard rest.isEmpty else { throw failure("the end behind the dictionary") }
  }

  /// The dictionary of the message; the bytes of a part follow it.
  var head: BencodeDictionary {
    switch self {
    case .request(let part): ["msg_type": .integer(0), "piece": .integer(Int64(part))]
    case .data(let part, let total, _): ["msg_type": .integer(1), "piece": .integer(Int64(part)), "total_size": .integer(Int64(total))]
    case .reject(let part): ["msg_type": .integer(2), "piece": .integer(Int64(part))]
    case .unknown(let kind): ["msg_type": .integer(kind)]
    }
  }

  /// The content of the message.
  public var encoded: Buffer {
    var bytes = head.encoded
    if case .data(_, _, let part) = self { bytes.append(part) }
    return bytes
  }

  /// How many parts a description of `size` bytes has.
  public static func partCount(of size: Int) -> Int { (max(0, size) + partLength - 1) / partLength }

  /// Where part `part` of a description of `size` bytes lies; nil: there is none.
  public static func range(of part: Int, in size: Int) -> Range<Int>? {
    guard part >= 0, part < partCount(of: size) else { return nil }
    return (part * partLength)..<min(size, (part + 1) * partLength)
  }
}
