// What of a message is signed when small changes on the way shall not matter (relaxed), or no change at all is borne (simple).
// Bodies come in pieces cut anywhere and are hashed at once, so that no body is ever held.
// Read next: SignatureField.swift.
import Bytes
import Crypto

/// How a head or a body is made ready for hashing.
// RFC 6376 §3.4
enum Canonicalization: String, Hashable, Sendable {
  case simple
  case relaxed

  /// A whole field, its line end with it, as it is hashed.
  // RFC 6376 §3.4.1, §3.4.2
  func field(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    switch self {
    case .simple:
      var content = bytes
      if content.last == 0x0A { content.removeLast() }
      if content.last == 0x0D { content.removeLast() }
      return content + [0x0D, 0x0A]
    case .relaxed:
      guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return bytes + [] }
      var out = ASCII.trimmed(bytes[..<colon]).map(ASCII.lowercased)
      out.reserveCapacity(bytes.count)
      out.append(UInt8(ascii: ":"))
      let start = out.count
      var isBlank = false
      for byte in bytes[(colon + 1)...] {
        if ASCII.isSpace(byte) {
          // Line ends vanish, for a blank follows each fold.
          isBlank = isBlank || byte.isBlank
        } else {
          if isBlank, out.count > start { out.append(0x20) }
          isBlank = false
          out.append(byte)
        }
      }
      return out + [0x0D, 0x0A]
    }
  }
}

/// Hashes a body while it comes in.
// RFC 6376 §3.4.3, §3.4.4, §3.7
struct BodyDigest: Sendable {
  private let canonicalization: Canonicalization
  /// How many bytes are hashed; nil: all.
  let limit: Int?
  private var hash = SHA256()
  /// How long the body is once it is made ready. Unit: bytes.
  private(set) var length = 0
  /// Line ends, a run of blanks, and a CR that what follows decides about.
  private var emptyLines = 0
  private var hasBlank = false
  private var hasCarriage = false

  init(_ canonicalization: Canonicalization, limit: Int? = nil) {
    self.canonicalization = canonicalization
    self.limit = limit
  }

  /// Takes the next piece.
  mutating func take(_ piece: Buffer) {
    var ready: [UInt8] = []
    ready.reserveCapacity(piece.count + 2)
    piece.withUnsafeBytes { bytes in
      for byte in bytes {
        if hasCarriage {
          hasCarriage = false
          if byte == 0x0A {
            // RFC 6376 §3.4.4: blanks at a line's end vanish.
            hasBlank = false
            emptyLines += 1
            continue
          }
          flush(&ready)
          ready.append(0x0D)
        }
        switch byte {
        case 0x0D: hasCarriage = true
        case 0x20 where canonicalization == .relaxed, 0x09 where canonicalization == .relaxed: hasBlank = true
        default:
          flush(&ready)
          ready.append(byte)
        }
        if ready.count >= 65_536 { add(&ready) }
      }
    }
    add(&ready)
  }

  /// Writes what waited for content to follow.
  private mutating func flush(_ ready: inout [UInt8]) {
    while emptyLines > 0 {
      ready.append(0x0D)
      ready.append(0x0A)
      emptyLines -= 1
      if ready.count >= 65_536 { add(&ready) }
    }
    if hasBlank { ready.append(0x20) }
    hasBlank = false
  }

  private mutating func add(_ ready: inout [UInt8]) {
    let room = limit.map { max(0, $0 - length) } ?? ready.count
    hash.update(data: ready.prefix(room))
    length += ready.count
    ready.removeAll(keepingCapacity: true)
  }

  /// The hash and the length of what was taken, the body being at its end.
  func ended() -> (hash: [UInt8], length: Int) {
    var copy = self
    var ready: [UInt8] = []
    if copy.hasCarriage {
      copy.flush(&ready)
      ready.append(0x0D)
      copy.emptyLines = 0
    }
    // RFC 6376 §3.4.3: one line end at the end in any case; §3.4.4: none when there is nothing else.
    if canonicalization == .simple || copy.length + ready.count > 0 { ready += [0x0D, 0x0A] }
    copy.add(&ready)
    return (Array(copy.hash.finalize()), copy.length)
  }
}
