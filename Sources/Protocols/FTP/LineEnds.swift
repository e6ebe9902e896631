// Text on the data connection in TYPE A: lines end with CR LF there and with LF in files. Both ways, piece by piece.
public import Bytes

/// Makes CR LF of each LF.
// RFC 959 §3.1.1.1: the sender writes lines as NVT-ASCII has them. A LF that follows a CR already is one of those.
public struct LineEndWriter: Sendable {
  private var isAfterReturn = false

  public init() {}

  /// `bytes` of a file as they are sent.
  public mutating func sent(_ bytes: Buffer) -> Buffer {
    guard bytes.firstIndex(of: lineFeed) != nil else {
      if let last = bytes[at: bytes.count - 1] { isAfterReturn = last == carriageReturn }
      return bytes
    }
    var out = Buffer(capacity: bytes.count + bytes.count / 16 + 16)
    bytes.withUnsafeBytes { all in
      var start = 0
      for index in all.indices {
        if all[index] == lineFeed, !isAfterReturn {
          out.append(all[start..<index])
          out.append(carriageReturn)
          start = index
        }
        isAfterReturn = all[index] == carriageReturn
      }
      out.append(all[start...])
    }
    return out
  }
}

/// Makes LF of each CR LF. A CR without LF stays what it is.
public struct LineEndReader: Sendable {
  /// A CR came last; whether it ends a line is not known yet.
  private var hasReturn = false

  public init() {}

  /// `bytes` that came as they stand in a file.
  public mutating func stored(_ bytes: Buffer) -> Buffer {
    if bytes.isEmpty || (!hasReturn && bytes.firstIndex(of: carriageReturn) == nil) { return bytes }
    var out = Buffer(capacity: bytes.count + 1)
    bytes.withUnsafeBytes { all in
      var start = 0
      for index in all.indices {
        if hasReturn {
          hasReturn = false
          if all[index] != lineFeed { out.append(carriageReturn) }
        }
        if all[index] == carriageReturn {
          out.append(all[start..<index])
          start = index + 1
          hasReturn = true
        }
      }
      out.append(all[start...])
    }
    return out
  }

  /// What is left when nothing more comes.
  public mutating func rest() -> Buffer {
    defer { hasReturn = false }
    return hasReturn ? Buffer([carriageReturn]) : Buffer()
  }
}

private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")
