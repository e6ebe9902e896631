// Bounds of heads at the very byte where they bite: whether a head passes must not depend on where the network cut it.
// Not here: which status a head past its bounds gets (FramingTable.swift).
import Bytes
import HTTP
import TestKit
import Testing

@Suite("Bounds and cuts")
struct BoundCutTests {
  static let limits: Limits = {
    var limits = Limits()
    limits.startLineBytesMax = 20
    limits.fieldsBytesMax = 12
    return limits
  }()

  /// Whether the head in `pieces` is taken; nil: it never becomes whole.
  private func taken(_ pieces: [Buffer], _ read: (inout Buffer) throws -> Bool) -> Bool? {
    var waiting = Buffer()
    do {
      for piece in pieces {
        waiting.append(piece)
        if try read(&waiting) { return true }
      }
      return nil
    } catch { return false }
  }

  /// A head that is exactly as long as its bounds allow passes, one byte more does not.
  @Test("requests", arguments: [
    ("GET /4567890 HTTP/1.1\r\nHost: a\r\n\r\n", false), ("GET /456789 HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ("GET / HTTP/1.1\r\nHost: 789012\r\n\r\n", true), ("GET / HTTP/1.1\r\nHost: 7890123\r\n\r\n", false),
  ])
  func requests(_ text: String, _ isTaken: Bool) {
    for pieces in Cutter.cuts(of: Buffer(text)) {
      var reader = RequestReader(limits: Self.limits)
      #expect(taken(pieces) { try reader.next(from: &$0) != nil } == isTaken, "\(pieces)")
    }
  }

  @Test("responses", arguments: [
    ("HTTP/1.1 200 4567890\r\n\r\n", true), ("HTTP/1.1 200 45678901\r\n\r\n", false),
    ("HTTP/1.1 200 OK\r\nDate: 789012\r\n\r\n", true), ("HTTP/1.1 200 OK\r\nDate: 7890123\r\n\r\n", false),
  ])
  func responses(_ text: String, _ isTaken: Bool) {
    for pieces in Cutter.cuts(of: Buffer(text)) {
      var reader = ResponseReader(limits: Self.limits)
      #expect(taken(pieces) { try reader.next(from: &$0, answering: .get) != nil } == isTaken, "\(pieces)")
    }
  }

  @Test("ranges of more than any file has do not overflow", .spec("RFC 9110", "14.2"))
  func ranges() { #expect(ByteRanges(parsing: "bytes=0-,1-1", length: .max) == .whole) }
}
