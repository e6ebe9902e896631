// The messages of this module explained, field by field, for the console and `netstead trace --explain`.
public import Bytes
public import Trace
public import World

/// What `message` says, as one of this module's dialects; nil: not one of them.
public func explain(_ message: Buffer, as dialect: Dialect) -> Explanation? {
  switch dialect {
  case .uppercase: explainText(message)
  case .ping: explainPing(message)
  default: nil
  }
}

private func explainText(_ message: Buffer) -> Explanation {
  let content = textLength(message)
  var fields = [
    Field(
      "text", shown(message[0..<content]), 0..<content,
      meaning: "What was said. The service sends it back with each ASCII letter in upper case, every other byte as it was.",
      source: "Sockets uppercase")
  ]
  if content < message.count {
    fields.append(
      Field(
        "line end", "\(message[content..<message.count])", content..<message.count,
        meaning: "TCP is a stream without borders between messages: this marks where the line ends.", source: "Sockets uppercase"))
  }
  return Explanation(title: shown(message[0..<content]), fields: fields)
}

private func explainPing(_ message: Buffer) -> Explanation {
  do throws(SyntaxError) {
    let ping = try PingMessage(message)
    // Where the sequence number ends; a `PingMessage` was read, so there is such a place.
    let gap = message.firstIndex(of: UInt8(ascii: " "), from: 5) ?? message.count - 1
    let isAnswer = message[at: 0] == UInt8(ascii: "P")
    return Explanation(
      title: "\(isAnswer ? "answer to ping" : "ping") \(ping.sequence)",
      fields: [
        Field(
          "word", message[0..<4].text, 0..<4, meaning: isAnswer ? "Upper case: this is the server's answer." : "Lower case: this is a request.",
          source: "Sockets ping"),
        Field(
          "sequence", "\(ping.sequence)", 5..<gap,
          meaning: "Counts the pings, so that the client knows which one is answered: UDP loses, repeats and reorders.", source: "Sockets ping"),
        Field(
          "time", message[(gap + 1)..<message.count].text, (gap + 1)..<message.count,
          meaning: "When the request was sent, by the client's clock, in seconds since 1970. Arrival minus this is the round-trip time.",
          source: "Sockets ping"),
      ])
  } catch {
    var plain = explainText(message)
    plain.problem = error.description
    return plain
  }
}

/// How many bytes stand before the line end.
private func textLength(_ message: Buffer) -> Int {
  guard message[at: message.count - 1] == UInt8(ascii: "\n") else { return message.count }
  return message[at: message.count - 2] == UInt8(ascii: "\r") ? message.count - 2 : message.count - 1
}

/// The text for a title: escapes for what cannot be printed, and not too long.
private func shown(_ text: Buffer) -> String {
  let bytesShownMax = 60
  return text.count <= bytesShownMax ? "\(text)" : "\(text[0..<bytesShownMax])…"
}
