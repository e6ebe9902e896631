// Every line of a message ends in CR LF: who brings one with other ends gets it with these.
import Bytes

/// Turns bare CR and bare LF into CR LF, in pieces.
// RFC 5322 §2.3: CR and LF occur only together.
struct LineEnds: Sendable, Hashable {
  /// The last byte was a CR, which is not handed on before it is known what follows.
  private var hasReturn = false

  /// The piece, its lines ended.
  mutating func take(_ piece: Buffer) -> Buffer {
    // Most pieces are right as they are.
    if !hasReturn, isRight(piece) { return piece }
    var out = Buffer(capacity: piece.count + piece.count / 32 + 2)
    piece.withUnsafeBytes { bytes in
      for byte in bytes {
        if hasReturn {
          hasReturn = false
          out.append("\r\n" as StaticString)
          if byte == UInt8(ascii: "\n") { continue }
        }
        switch byte {
        case UInt8(ascii: "\r"): hasReturn = true
        case UInt8(ascii: "\n"): out.append("\r\n" as StaticString)
        default: out.append(byte)
        }
      }
    }
    return out
  }

  /// What is still held at the end.
  mutating func end() -> Buffer {
    defer { hasReturn = false }
    return hasReturn ? "\r\n" : Buffer()
  }

  private func isRight(_ piece: Buffer) -> Bool {
    piece.withUnsafeBytes { bytes in
      var previous: UInt8 = 0
      for byte in bytes {
        if (byte == UInt8(ascii: "\n")) != (previous == UInt8(ascii: "\r")) { return false }
        previous = byte
      }
      return previous != UInt8(ascii: "\r")
    }
  }
}
