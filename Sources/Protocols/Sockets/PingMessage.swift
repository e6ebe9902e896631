// The ping datagram: the word, a sequence number, the time it was sent. The server answers it in upper case.
public import Bytes
public import World

/// `ping 7 1767225600.250000000` out, `PING 7 1767225600.250000000` back.
public struct PingMessage: Sendable, Hashable {
  /// Which ping this is: 1 for the first.
  public var sequence: Int
  /// When it was sent, by the sender's clock. Nobody else reads it, so clocks need not agree.
  public var sentAt: Instant

  public init(sequence: Int, sentAt: Instant) {
    self.sequence = sequence
    self.sentAt = sentAt
  }

  /// The bytes of the request.
  public var bytes: Buffer { Buffer("ping \(sequence) \(Self.text(sentAt))") }

  /// Reads a request or an answer; letters count in either case.
  public init(_ bytes: Buffer) throws(SyntaxError) {
    let words = uppercase(bytes).text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.first == "PING" else { throw SyntaxError(expected: "the word ping", at: 0, rule: "Sockets ping") }
    guard words.count == 3 else { throw SyntaxError(expected: "three words", found: "\(words.count)", at: 0, rule: "Sockets ping") }
    guard let sequence = Self.number(words[1]) else { throw SyntaxError(expected: "a sequence number", at: 5, rule: "Sockets ping") }
    guard let sentAt = Self.instant(words[2]) else {
      throw SyntaxError(expected: "seconds, a point, nine digits", at: 6 + words[1].utf8.count, rule: "Sockets ping")
    }
    self.init(sequence: Int(sequence), sentAt: sentAt)
  }

  private static func text(_ time: Instant) -> String {
    let part = String(time.nanoseconds - time.secondsSince1970 * 1_000_000_000)
    return "\(time.secondsSince1970)." + String(repeating: "0", count: 9 - part.utf8.count) + part
  }

  private static func instant(_ text: Substring) -> Instant? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 9, let seconds = number(parts[0]), let part = number(parts[1]),
      seconds <= secondsMax
    else { return nil }
    return Instant(secondsSince1970: seconds) + .nanoseconds(part)
  }

  /// The last whole second that an instant can hold with any part of it. Unit: seconds since 1970.
  private static let secondsMax = Int64.max / 1_000_000_000 - 1

  /// A number of one to ten digits and nothing else.
  private static func number(_ text: Substring) -> Int64? {
    (1...10).contains(text.utf8.count) && text.utf8.allSatisfy(CharacterClass.digits.contains) ? Int64(text) : nil
  }
}
