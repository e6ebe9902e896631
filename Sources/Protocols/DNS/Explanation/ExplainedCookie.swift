// The halves of a cookie, explained. Not here: making and judging one (Cookies/ServerCookie.swift).
import Bytes
import Trace

extension Explainer {
  /// The parts of a cookie option whose data stand at `range` (bytes of what is shown); empty when the data are damaged.
  static func cookieFields(_ option: EDNSOption, at range: Range<Int>) -> [Field] {
    guard let cookie = option.cookie, range.count == option.data.count else { return [] }
    let start = range.lowerBound
    let server = start + ServerCookie.clientSize
    var fields = [
      Field(
        "Client's half", Hexadecimal.text(cookie.client), start..<server,
        meaning: "Drawn by the asker, who believes no answer without it.", source: "RFC 7873 §4.1")
    ]
    if cookie.server.count == ServerCookie.size, cookie.server[0] == 1 {
      let time = cookie.server[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let source = "RFC 9018 §4"
      fields += [
        Field("Version", "1", server..<(server + 1), meaning: "How the rest is made.", source: source),
        Field("Reserved", Hexadecimal.text(cookie.server[1..<4]), (server + 1)..<(server + 4), meaning: "Zero, unless a server has a use for it.", source: source),
        Field(
          "Made", "\(time) s after 1970", (server + 4)..<(server + 8), meaning: "The server replaces it after half an hour, and takes it for an hour.",
          source: "RFC 9018 §4.3"),
        Field(
          "Hash", Hexadecimal.text(cookie.server[8...]), (server + 8)..<range.upperBound,
          meaning: "Of all before it and the asker's address, with a key that only the server has: it gives this to nobody at another address.",
          source: "RFC 9018 §4.4"),
      ]
    } else if !cookie.server.isEmpty {
      fields.append(
        Field(
          "Server's half", Hexadecimal.text(cookie.server), server..<range.upperBound,
          meaning: "Made by the server for this address: who shows it gets what is sent there.", source: "RFC 7873 §4.2"))
    }
    return fields
  }
}
