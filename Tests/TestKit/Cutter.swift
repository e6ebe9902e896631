// All the ways to cut a byte string: a parser of streams must not care where the network happened to cut.
package import Bytes
package import World

/// Cuts byte strings into pieces.
package enum Cutter {
  /// Longest string that is cut at every two places; longer ones are cut at every one place only. Unit: bytes.
  package static var twoCutsMax: Int { 48 }

  /// The string whole, byte by byte, at every one place, and for short strings at every two places.
  package static func cuts(of bytes: Buffer) -> [[Buffer]] {
    var ways = [[bytes], single(bytes)]
    guard bytes.count > 1 else { return ways }
    for first in 1..<bytes.count {
      ways.append([bytes[0..<first], bytes[first..<bytes.count]])
      guard bytes.count <= twoCutsMax, first + 1 < bytes.count else { continue }
      for second in (first + 1)..<bytes.count {
        ways.append([bytes[0..<first], bytes[first..<second], bytes[second..<bytes.count]])
      }
    }
    return ways
  }

  /// Each byte on its own.
  package static func single(_ bytes: Buffer) -> [Buffer] { (0..<bytes.count).map { bytes[$0..<($0 + 1)] } }

  /// `count` random ways to cut, none with an empty piece.
  package static func random(_ bytes: Buffer, count: Int, using random: inout SeededRandom) -> [[Buffer]] {
    (0..<count).map { _ in
      var pieces: [Buffer] = []
      var start = 0
      while start < bytes.count {
        let end = Int.random(in: (start + 1)...bytes.count, using: &random)
        pieces.append(bytes[start..<end])
        start = end
      }
      return pieces
    }
  }
}
