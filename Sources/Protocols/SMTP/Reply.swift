// What a server says: a code, an enhanced code, lines of text; read and written.
// Read next: Replies.swift (the replies this project gives), ReplyReader.swift (replies out of a stream).
public import Bytes

/// An enhanced status code: what happened, about what, in detail.
// RFC 3463 §2
public struct EnhancedCode: Sendable, Hashable, CustomStringConvertible {
  /// 2: it worked, 4: not now, 5: never.
  public var category: UInt16
  /// What it is about: 1 the address, 2 the mailbox, 3 the system, 4 the network, 5 the protocol, 6 the content, 7 security.
  public var subject: UInt16
  public var detail: UInt16

  public init(_ category: UInt16, _ subject: UInt16, _ detail: UInt16) {
    self.category = category
    self.subject = subject
    self.detail = detail
  }

  /// `5.1.1`; nil for anything else.
  // RFC 3463 §2: status-code = class "." subject "." detail, the class 2, 4 or 5, the others of up to three digits.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "2" || parts[0] == "4" || parts[0] == "5" else { return nil }
    var numbers: [UInt16] = []
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(part) else { return nil }
      numbers.append(number)
    }
    self.init(numbers[0], numbers[1], numbers[2])
  }

  public var description: String { "\(category).\(subject).\(detail)" }
}

/// One reply.
// RFC 5321 §4.2
public struct Reply: Sendable, Hashable {
  /// 200 to 599.
  public var code: UInt16
  /// Nil: none, as in the greeting, after EHLO, and when more is asked for.
  public var enhanced: EnhancedCode?
  /// The text, at least one line, without codes.
  public var lines: [String]

  public init(_ code: UInt16, _ enhanced: EnhancedCode?, lines: [String]) {
    self.code = code
    self.enhanced = enhanced
    self.lines = lines.isEmpty ? [""] : lines
  }

  public init(_ code: UInt16, _ enhanced: EnhancedCode?, _ text: String) { self.init(code, enhanced, lines: [text]) }

  /// What a reply means for who asked.
  // RFC 5321 §4.2.1
  public enum Outcome: Sendable, Hashable {
    /// 2xx: done.
    case done
    /// 3xx: go on.
    case wantsMore
    /// 4xx: not now, try again later.
    case temporary
    /// 5xx: no, and trying again is no use.
    case permanent
  }

  public var outcome: Outcome {
    switch code / 100 {
    case 2: .done
    case 3: .wantsMore
    case 4: .temporary
    default: .permanent
    }
  }

  /// Whether it says no.
  public var isRefusal: Bool { code >= 400 }

  /// The text in one line.
  public var text: String { lines.joined(separator: " ") }
}

extension Reply: CustomStringConvertible {
  /// `550 5.1.1 No such mailbox`.
  public var description: String { "\(code) \(enhanced.map { "\($0) " } ?? "")\(text)" }
}

extension Reply {
  /// Longest line that is written, its end included. Unit: bytes. RFC 5321 §4.5.3.1.5 asks for 512. Past it: the text is cut.
  static var lineBytesMax: Int { 512 }

  /// The reply for the wire.
  // RFC 5321 §4.2: a hyphen behind the code of every line but the last. RFC 2034 §4: the enhanced code in every line.
  public var bytes: Buffer {
    var bytes = Buffer(capacity: 64)
    let prefix = enhanced.map { "\($0) " } ?? ""
    for (index, line) in lines.enumerated() {
      bytes.append("\(code)\(index + 1 < lines.count ? "-" : " ")\(prefix)")
      bytes.append(Self.harmless(line, bytesMax: Self.lineBytesMax - 6 - prefix.utf8.count))
      bytes.append("\r\n" as StaticString)
    }
    return bytes
  }

  /// A text that stays on its line: whatever it was made of, it cannot begin another reply.
  // RFC 5321 §4.2: textstring = 1*(%d09 / %d32-126)
  private static func harmless(_ text: String, bytesMax: Int) -> [UInt8] {
    text.utf8.prefix(bytesMax).map { (0x20...0x7E).contains($0) || $0 == 0x09 ? $0 : UInt8(ascii: "?") }
  }
}
