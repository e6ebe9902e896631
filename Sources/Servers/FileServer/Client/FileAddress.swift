// Where a file is: `ftp://user:password@host:port/path`. Not here: getting it (FileClient.swift).
package import Bytes
import FTP

/// An address of a file or folder.
// RFC 1738 §3.2
package struct FileAddress: Sendable, Hashable, CustomStringConvertible {
  package var host: String
  package var port: UInt16
  /// Nil: anonymous.
  package var user: String?
  package var password: String?
  /// Names from the folder that a login begins in, each to be entered; bytes, since names have no encoding.
  package var names: [[UInt8]]
  /// Whether the last name is a folder's.
  package var isFolder: Bool
  /// `;type=a`, `;type=i`, `;type=d`; nil: not said.
  package var type: Character?

  /// Reads a URL; `ftp://` may be left out. Nil for anything else.
  package init?(_ text: some StringProtocol) {
    let text = text.percentEncodedBeyondASCII
    var rest = Substring(text)
    if let mark = rest.firstRange(of: "://") {
      guard rest[..<mark.lowerBound].lowercased() == "ftp" else { return nil }
      rest = rest[mark.upperBound...]
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash]
    var path = rest[slash...].dropFirst()
    if let at = authority.lastIndex(of: "@") {
      let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let user = parts.first.flatMap({ Self.decodedText($0) }), !user.isEmpty else { return nil }
      self.user = user
      if parts.count > 1 {
        guard let password = Self.decodedText(parts[1]) else { return nil }
        self.password = password
      }
      authority = authority[authority.index(after: at)...]
    }
    port = 21
    if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
      host = String(authority[authority.index(after: authority.startIndex)..<close])
      authority = authority[authority.index(after: close)...]
    } else {
      let colon = authority.firstIndex(of: ":") ?? authority.endIndex
      host = String(authority[..<colon])
      authority = authority[colon...]
    }
    if !authority.isEmpty {
      guard authority.first == ":", let number = UInt16(authority.dropFirst()), number > 0 else { return nil }
      port = number
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "/") }) else { return nil }
    if let mark = path.firstRange(of: ";type=") {
      let letter = path[mark.upperBound...].lowercased()
      guard letter.count == 1, let first = letter.first, "aid".contains(first) else { return nil }
      type = first
      path = path[..<mark.lowerBound]
    }
    isFolder = path.isEmpty || path.last == "/"
    names = []
    for part in path.split(separator: "/", omittingEmptySubsequences: true) {
      guard let name = Self.decoded(part), !name.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
      names.append(name)
    }
  }

  /// From the folder a login begins in; empty: that folder.
  package var path: Buffer { Buffer(names.joined(separator: [UInt8(ascii: "/")])) }

  /// Without the password.
  package var description: String {
    let place = host.contains(":") ? "[\(host)]" : host
    let port = port == 21 ? "" : ":\(port)"
    let path = names.map { Self.encoded($0) }.joined(separator: "/")
    return "ftp://\(user.map { Self.encoded(Array($0.utf8)) + "@" } ?? "")\(place)\(port)/\(path)\(isFolder && !names.isEmpty ? "/" : "")\(type.map { ";type=\($0)" } ?? "")"
  }

  // RFC 3986 §2.1
  private static func decoded(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(Self.hex), let low = rest.popFirst().flatMap(Self.hex) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func decodedText(_ text: Substring) -> String? { decoded(text).flatMap { String(validating: $0, as: UTF8.self) } }

  private static func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  private static func encoded(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      CharacterClass.unreserved.contains(byte) ? String(UnicodeScalar(byte)) : "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
    }.joined()
  }
}
