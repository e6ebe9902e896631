// Why a message is refused, and what the peer is told. Made from the three failures of World; never from the peer's own bytes alone.
import World

/// A message that cannot be accepted: the status for it, and a sentence saying what was expected, what was found and where.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
  public var status: Status
  public var explanation: String

  public init(_ status: Status, _ explanation: String) {
    self.status = status
    self.explanation = explanation
  }

  /// The bytes are not in the grammar.
  init(expected: String, found: String = "", at offset: Int, _ rule: String, status: Status = .badRequest) {
    self.init(status, SyntaxError(expected: expected, found: found, at: offset, rule: rule).description)
  }

  /// More than we agreed to hold.
  init(_ status: Status, limit: String, allowed: Int, unit: String) {
    self.init(status, LimitReached(limit, allowed: allowed, unit: unit).description)
  }

  public var description: String { "\(status.rawValue): \(explanation)" }

  /// The answer to a refused request. Nothing after it can be trusted to be a request, so the connection ends.
  public var response: Response {
    Response.text(status, "\(status)\n\n\(explanation)\n", afterwards: .close)
  }

  /// A byte as a refusal names it.
  static func name(of byte: UInt8) -> String {
    switch byte {
    case 0x0D: "a bare CR"
    case 0x0A: "a bare LF"
    case 0x09: "a TAB"
    case 0x20: "a space"
    case 0x00: "NUL"
    case 0x21...0x7E: "'\(Character(Unicode.Scalar(byte)))'"
    default: "byte 0x\(String(byte, radix: 16))"
    }
  }
}
