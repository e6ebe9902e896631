// Percent-encoding as addresses on the web and of files share it. Not here: what each part of an address may hold (WebAddress, FileAddress).

extension StringProtocol {
  /// With every byte beyond ASCII percent-encoded: a combining mark behind a `#` or `/` would make another character of it.
  // RFC 3986 §2.1
  package var percentEncodedBeyondASCII: String {
    guard !utf8.allSatisfy({ $0 < 0x80 }) else { return String(self) }
    return utf8.reduce(into: "") { plain, byte in
      if byte < 0x80 { plain.unicodeScalars.append(Unicode.Scalar(byte)) } else { plain += "%" + Hexadecimal.text(byte).uppercased() }
    }
  }
}
