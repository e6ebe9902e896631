// The twelve bytes every message begins with, and the question entries that follow them (RFC 1035 §4.1.1, §4.1.2).
import World

/// The second sixteen bits of a message.
///
///       0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
///     |QR|   OPCODE  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
public struct Flags: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No bit set: a standard query.
  public init() { rawValue = 0 }

  /// QR: this is an answer.
  public var isResponse: Bool { get { self[15] } set { self[15] = newValue } }
  /// What is asked for.
  public var opcode: Opcode {
    get { Opcode(rawValue: UInt8(truncatingIfNeeded: rawValue >> 11)) }
    set { rawValue = rawValue & 0x87FF | UInt16(newValue.rawValue) << 11 }
  }
  /// AA: the answering server is an authority for the name.
  public var isAuthoritative: Bool { get { self[10] } set { self[10] = newValue } }
  /// TC: the whole did not fit.
  public var isTruncated: Bool { get { self[9] } set { self[9] = newValue } }
  /// RD: the asker wants the server to do the asking around.
  public var recursionDesired: Bool { get { self[8] } set { self[8] = newValue } }
  /// RA: the server would do so.
  public var recursionAvailable: Bool { get { self[7] } set { self[7] = newValue } }
  /// Z: must be zero.
  public var reserved: Bool { get { self[6] } set { self[6] = newValue } }
  /// AD (RFC 4035 §3.2.3): the data was validated.
  public var isAuthenticated: Bool { get { self[5] } set { self[5] = newValue } }
  /// CD (RFC 4035 §3.2.2): the asker validates by itself.
  public var checkingDisabled: Bool { get { self[4] } set { self[4] = newValue } }
  /// The low four bits of the response code.
  public var responseCode: ResponseCode {
    get { ResponseCode(rawValue: rawValue & 15) }
    set { rawValue = rawValue & 0xFFF0 | newValue.rawValue & 15 }
  }

  private subscript(bit: UInt16) -> Bool {
    get { rawValue >> bit & 1 == 1 }
    set { rawValue = newValue ? rawValue | 1 << bit : rawValue & ~(1 << bit) }
  }

  /// The names of the bits that are set, in their order, lower case: `qr aa rd`.
  public var names: String {
    let bits: [(UInt16, String)] = [(15, "qr"), (10, "aa"), (9, "tc"), (8, "rd"), (7, "ra"), (6, "z"), (5, "ad"), (4, "cd")]
    return bits.filter { self[$0.0] }.map(\.1).joined(separator: " ")
  }
}

/// The header as it stands on the wire, counts and all. `Message` computes the counts itself.
public struct Header: Hashable, Sendable {
  public var id: UInt16
  public var flags: Flags
  public var questionCount: UInt16
  public var answerCount: UInt16
  public var authorityCount: UInt16
  public var additionalCount: UInt16

  public init(
    id: UInt16, flags: Flags, questionCount: UInt16 = 0, answerCount: UInt16 = 0, authorityCount: UInt16 = 0, additionalCount: UInt16 = 0
  ) {
    self.id = id
    self.flags = flags
    self.questionCount = questionCount
    self.answerCount = answerCount
    self.authorityCount = authorityCount
    self.additionalCount = additionalCount
  }
}

/// What is asked.
public struct Question: Hashable, Sendable {
  public var name: Name
  public var type: RecordType
  public var `class`: RecordClass

  public init(_ name: Name, _ type: RecordType, class: RecordClass = .internet) {
    self.name = name
    self.type = type
    self.class = `class`
  }
}

extension Question: CustomStringConvertible {
  public var description: String { "\(name) \(self.class) \(type)" }
}
