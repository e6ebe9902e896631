// http and https addresses: read from text, completed from references as redirects carry them.
// Not here: looking names up, connecting (WebClient).
import Bytes
import World

/// An http or https URL, taken apart.
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  package var isSecure: Bool
  /// In lower case; an IPv6 address without its brackets.
  package var host: String
  package var port: UInt16
  /// Path and query as they stand in the request line.
  package var target: String

  /// Reads `http://host:port/path?query`; without a scheme it is `http`. The fragment is left out. Nil for anything else.
  // RFC 3986 §3
  package init?(_ text: String) {
    let text = text.percentEncodedBeyondASCII
    var rest = text[...]
    isSecure = false
    if let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://") {
      switch rest[..<colon].lowercased() {
      case "http": isSecure = false
      case "https": isSecure = true
      default: return nil
      }
      rest = rest[rest.index(colon, offsetBy: 3)...]
    }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    let authority = rest[..<end]
    // RFC 9110 §4.2.4: user and password in an http address are not for us to send.
    guard !authority.contains("@"), let (host, port) = Self.split(authority, isSecure ? 443 : 80) else { return nil }
    self.host = host
    self.port = port
    target = Self.target(rest[end...])
  }

  /// `http://host/path`, the port only where it is not the scheme's own.
  package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }

  /// The Host field's value.
  package var authority: String { Self.authority(host: host, port: port, isSecure: isSecure) }

  /// Host and port, always both.
  package var place: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

  static func authority(host: String, port: UInt16, isSecure: Bool) -> String {
    let shown = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? shown : "\(shown):\(port)"
  }

  /// The address that `reference` means when it is found here; nil when it is no http or https address.
  // RFC 3986 §5.2.2
  package func resolving(_ reference: String) -> WebAddress? {
    let reference = reference.percentEncodedBeyondASCII
    if let colon = reference.firstIndex(of: ":"), reference[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) }), colon != reference.startIndex {
      return reference[colon...].hasPrefix("://") ? WebAddress(reference) : nil
    }
    if reference.hasPrefix("//") { return WebAddress((isSecure ? "https:" : "http:") + reference) }
    var other = self
    let path = target.prefix { $0 != "?" }
    if reference.hasPrefix("/") {
      other.target = Self.target(reference[...])
    } else if reference.hasPrefix("?") {
      other.target = Self.target(path + reference[...])
    } else if !reference.isEmpty, !reference.hasPrefix("#") {
      let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
      other.target = Self.target(folder + reference[...])
    }
    return other
  }

  private static func split(_ authority: Substring, _ standard: UInt16) -> (String, UInt16)? {
    var host = authority
    var port = standard
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
      let digits = authority[authority.index(after: colon)...]
      host = authority[..<colon]
      if !digits.isEmpty {
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(digits), number > 0 else { return nil }
        port = number
      }
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      // RFC 3986 §3.2.2: an IPv6 address, and nothing else.
      host = host.dropFirst().dropLast()
      guard host.contains(":"), Address(String(host)) != nil else { return nil }
    } else if host.utf8.contains(where: { ":[]".utf8.contains($0) }) {
      return nil
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }) else { return nil }
    // RFC 1035 §2.3.1: a name has no empty label.
    guard !host.contains("..") else { return nil }
    // A dot at the end means the root: the same host.
    if host.count > 1, host.hasSuffix(".") { host = host.dropLast() }
    return (host.lowercased(), port)
  }

  /// Path and query without fragment and dot segments; what may not stand in a request line is percent-encoded.
  private static func target(_ text: some StringProtocol) -> String {
    let whole = String(text.prefix { $0 != "#" })
    let query = whole.firstIndex(of: "?").map { String(whole[$0...]) } ?? ""
    let path = whole.prefix { $0 != "?" }
    return encoded(withoutDots(path.isEmpty ? "/" : String(path)) + query)
  }

  // RFC 3986 §5.2.4
  private static func withoutDots(_ path: String) -> String {
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        _ = kept.popLast()
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return "/" + kept.joined(separator: "/")
  }

  private static func encoded(_ target: String) -> String {
    var out = ""
    for byte in target.utf8 {
      switch byte {
      case 0x21...0x7E where byte != 0x22 && byte != 0x3C && byte != 0x3E && byte != 0x5C: out.unicodeScalars.append(Unicode.Scalar(byte))
      default: out += "%" + Hexadecimal.text(byte).uppercased()
      }
    }
    return out
  }
}
