// What the trace must not show: passwords, as they stand in AUTH and in the lines that answer its challenges.
// Read before: ServerConversation.swift.
public import Bytes

/// Where secrets stand in lines of SMTP.
enum Secrets {
  /// The initial responses of AUTH commands.
  // RFC 4954 §4
  static func ranges(in bytes: Buffer) -> [Range<Int>] {
    guard bytes.count > 5, bytes[0..<5].array.map(uppercase).elementsEqual("AUTH ".utf8) else { return [] }
    let end = bytes.firstIndex(of: 0x0D) ?? bytes.firstIndex(of: 0x0A) ?? bytes.count
    guard let start = bytes.firstIndex(of: 0x20, from: 5), start + 1 < end else { return [] }
    return [(start + 1)..<end]
  }
}

extension ServerConversation {
  public static func secrets(in bytes: Buffer) -> [Range<Int>] { Secrets.ranges(in: bytes) }

  public func secretsNow(in bytes: Buffer, sent: Bool) -> [Range<Int>] {
    if !sent, isInsideExchange { return [0..<bytes.count] }
    return Self.secrets(in: bytes)
  }

  /// Whether what the client says is a response, which is a secret as a whole.
  var isInsideExchange: Bool {
    switch state {
    case .authenticating, .closed(insideExchange: true): true
    default: false
    }
  }
}
