// A request's path as the path of a file: decoded once, never leading anywhere but down.
// Not here: opening the file (Storage/ServedFolder, which checks again).
import Bytes
import HTTP

/// A decoded path without a leading slash; a slash at its end means a folder.
struct SafePath: Hashable, Sendable {
  let bytes: [UInt8]

  /// Decodes `path` as received. Refused are broken percent signs, NUL, decoded slashes, backslashes, `.` and `..`.
  // RFC 3986 §3.3; a decoded slash would let one server's name be another's path.
  init?(_ path: Buffer) {
    let received = path.array
    guard received.first == UInt8(ascii: "/") else { return nil }
    var decoded: [UInt8] = []
    var index = 1
    while index < received.count {
      var byte = received[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < received.count, let value = UInt8(String(decoding: received[(index + 1)...(index + 2)], as: UTF8.self), radix: 16),
          received[index + 1] != UInt8(ascii: "+")
        else { return nil }
        guard value != 0, value != UInt8(ascii: "/") else { return nil }
        byte = value
        index += 2
      }
      guard byte != UInt8(ascii: "\\") else { return nil }
      // Slashes in a row count as one.
      if byte != UInt8(ascii: "/") || (decoded.last != byte && !decoded.isEmpty) { decoded.append(byte) }
      index += 1
    }
    for segment in decoded.split(separator: UInt8(ascii: "/")) where segment.elementsEqual([0x2E]) || segment.elementsEqual([0x2E, 0x2E]) { return nil }
    bytes = decoded
  }
}
