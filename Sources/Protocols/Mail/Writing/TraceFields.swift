// The fields that servers put in front of a message: where it came from, who is told when it fails, whose mailbox it is for.
// Not here: what was found out about its sender (AuthenticationResults.swift).
public import Bytes
public import World

/// Writers of trace fields, each with its line end.
// RFC 5321 §4.4
public enum TraceFields {
  /// What a server knows about how a message came.
  public struct Arrival: Hashable, Sendable {
    /// As the client called itself.
    public var helo: String
    public var client: Address
    /// The name the client's address has, where it was proved.
    public var clientName: String?
    /// The server's own name.
    public var server: String
    /// `ESMTPS` and the like (RFC 3848).
    public var protocolName: String
    /// Under which the server's records have it.
    public var id: String
    /// Only where there is one: others must not learn of each other.
    public var recipient: MailAddress?
    public var time: Instant

    public init(helo: String, client: Address, clientName: String? = nil, server: String, protocolName: String, id: String, recipient: MailAddress? = nil, time: Instant) {
      self.helo = helo
      self.client = client
      self.clientName = clientName
      self.server = server
      self.protocolName = protocolName
      self.id = id
      self.recipient = recipient
      self.time = time
    }
  }

  /// `Received: from …`
  // RFC 5321 §4.4 Time-stamp-line
  public static func received(_ arrival: Arrival) -> Buffer {
    let tcp = [arrival.clientName.map(word), MailDomain.literal(arrival.client).description].compactMap { $0 }.joined(separator: " ")
    let forWhom = arrival.recipient.map { "\r\n\tfor <\($0)>" } ?? ""
    return Buffer(
      "Received: from \(word(arrival.helo)) (\(tcp))\r\n\tby \(word(arrival.server)) with \(word(arrival.protocolName)) id \(word(arrival.id))\(forWhom);\r\n"
        + "\t\(MailDate(arrival.time).text)\r\n")
  }

  /// `Return-Path: <…>`: added once, at the final delivery.
  public static func returnPath(_ sender: ReversePath) -> Buffer { Buffer("Return-Path: \(sender)\r\n") }

  /// `Delivered-To: …`: by it a loop of forwarding is seen.
  public static func deliveredTo(_ recipient: MailAddress) -> Buffer { Buffer("Delivered-To: \(recipient)\r\n") }

  /// One word of a foreign text: nothing in it ends the field, a comment or the word.
  private static func word(_ text: String) -> String {
    let clean = String(String.UnicodeScalarView(text.unicodeScalars.filter { (0x21...0x7E).contains($0.value) && !"()<>;,\\\"".unicodeScalars.contains($0) }.prefix(255)))
    return clean.isEmpty ? "unknown" : clean
  }
}
