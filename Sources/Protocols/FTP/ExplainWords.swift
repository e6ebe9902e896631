// What reply codes mean, by their digits and each by itself. Read before: Explain.swift.
import Bytes
import World

/// Sentences about reply codes.
enum CodeWords {
  // RFC 959 §4.2.1
  static func first(_ digit: Int) -> String {
    switch digit {
    case 1: "Preliminary: it begins, and another reply will follow."
    case 2: "Completed: what was asked is done."
    case 3: "Intermediate: so far so good, the next command belongs to it."
    case 4: "Failed for now: the same command may succeed later."
    default: "Failed: the same command would fail again."
    }
  }

  static func second(_ digit: Int) -> String {
    switch digit {
    case 0: "About the command's form."
    case 1: "Something to know."
    case 2: "About connections."
    case 3: "About who is there."
    case 5: "About files."
    default: "Not used."
    }
  }

  /// The document that defines a code.
  static func source(_ code: Int) -> String {
    switch code {
    case 229, 522: "RFC 2428 §3"
    case 234, 334, 431, 533, 534, 536, 521: "RFC 4217 §10"
    case 554, 555: "RFC 3659 §5.4"
    default: "RFC 959 §4.2.2"
    }
  }

  static func meaning(_ code: Int) -> String {
    meanings[code].map(\.description) ?? first(code / 100)
  }

  private static let meanings: [Int: StaticString] = [
    110: "A mark to restart from.",
    120: "Ready in some minutes.",
    125: "The data connection is open already; content begins to pass.",
    150: "The file is open and the data connection is made or will be; content begins to pass.",
    200: "Done.",
    202: "Not needed here, so nothing was done.",
    211: "How things stand, or what the server can do.",
    212: "What is in a folder.",
    213: "What is known about a file.",
    214: "Help.",
    215: "What kind of system this is.",
    220: "Somebody is there, and ready for a login.",
    221: "Goodbye; the control connection ends.",
    225: "A data connection was open, and nothing passed on it.",
    226: "Everything has passed, and the data connection is closed. Of an upload: it is kept.",
    227: "Passive mode: the server listens here, and the client is to call.",
    229: "Passive mode: the server listens at this port, at the address it is known by.",
    230: "The login succeeded.",
    232: "The login succeeded by TLS.",
    234: "Agreed: the TLS handshake begins with the next byte.",
    250: "Done.",
    257: "The path is between the quotation marks.",
    331: "The name is noted; the password is awaited.",
    332: "An account is awaited.",
    334: "More is needed for security.",
    350: "Noted; the command it belongs to is awaited.",
    421: "The server ends the session.",
    425: "No data connection could be made.",
    426: "The data connection ended before everything had passed.",
    430: "Wrong name or password.",
    431: "TLS is not to be had at the moment.",
    450: "The file is busy.",
    451: "The server failed.",
    452: "No room left on the server.",
    500: "Not a command.",
    501: "The command's argument is wrong.",
    502: "The command is known and not offered.",
    503: "The command comes at the wrong time.",
    504: "The command is not offered with this argument.",
    521: "Data connections have to be inside TLS.",
    522: "This family of addresses, or a data connection without TLS, is not offered.",
    530: "Nobody is logged in, or the login failed.",
    532: "An account is needed to store files.",
    533: "This protection is not allowed.",
    534: "Refused by the server's rules.",
    536: "This level of protection is not offered.",
    550: "Not there, or not allowed.",
    551: "The kind of page is unknown.",
    552: "The room or the user's share was used up in the middle.",
    553: "The name is not allowed.",
    554: "A transfer cannot begin at that byte.",
  ]
}

/// Sentences about arguments.
enum ArgumentWords {
  static func meaning(of verb: Verb, _ argument: Buffer) -> String {
    let text = argument.text.uppercased()
    switch verb {
    case .type:
      if text.hasPrefix("A") { return "Text: lines end with CR LF on the way, whatever they end with at either side." }
      if text.hasPrefix("I") || text.hasPrefix("L") { return "Image: byte for byte." }
      return "A kind of content that hardly anybody offers any more."
    case .mode: return text == "S" ? "Stream: the end of the connection is the end of the file." : "Hardly anybody offers it any more."
    case .stru: return text == "F" ? "File: bytes and nothing else." : "Hardly anybody offers it any more."
    case .prot:
      return text == "P" ? "Private: data connections are inside TLS." : text == "C" ? "Clear: data connections are not protected." : "A level that TLS does not have."
    case .rest: return "So many bytes are there already and are left out."
    case .epsv: return text == "ALL" ? "From now on only EPSV: a box in between that rewrites addresses may stop looking." : "1 is IPv4, 2 is IPv6."
    case .pass, .acct: return "A secret: the trace does not keep it."
    default:
      guard let entry = verb.entry, entry.argument.description == "path" else { return "What the command is about." }
      return argument[at: 0] == UInt8(ascii: "/") ? "From the root of what is served." : "Seen from the current folder."
    }
  }
}
