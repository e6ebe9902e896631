// What commands and codes mean, in one sentence each, for people. One table per registry.
// Read before: Explain.swift.

enum Words {
  /// A command: what it does, where that is written, what its arguments are called.
  struct Entry: Sendable {
    var meaning: String
    var source: String
    var arguments: [String]

    init(_ meaning: String, _ source: String, _ arguments: String...) {
      self.meaning = meaning
      self.source = source
      self.arguments = arguments
    }
  }

  static let commands: [String: Entry] = [
    "USER": Entry("Names who wants to log in.", "RFC 1939 §7", "user"),
    "PASS": Entry("Says the password: the line's whole rest.", "RFC 1939 §7", "password"),
    "APOP": Entry("Logs in with a digest; needs passwords kept in the clear.", "RFC 1939 §7", "user", "digest"),
    "AUTH": Entry("Logs in by a mechanism of SASL.", "RFC 5034 §4", "mechanism", "initial response"),
    "STLS": Entry("Asks for TLS: everything behind the answer is inside it.", "RFC 2595 §4"),
    "CAPA": Entry("Asks what the server can do.", "RFC 2449 §5"),
    "STAT": Entry("Asks how many messages there are, and how many bytes they have.", "RFC 1939 §5"),
    "LIST": Entry("Asks for the messages' sizes.", "RFC 1939 §5", "message"),
    "RETR": Entry("Fetches a message.", "RFC 1939 §5", "message"),
    "DELE": Entry("Marks a message; QUIT deletes it.", "RFC 1939 §5", "message"),
    "NOOP": Entry("Does nothing, to see whether the server is there.", "RFC 1939 §5"),
    "RSET": Entry("Takes all marks back.", "RFC 1939 §5"),
    "TOP": Entry("Fetches a message's head and some lines.", "RFC 1939 §7", "message", "lines"),
    "UIDL": Entry("Asks for names of the messages that never change.", "RFC 1939 §7", "message"),
    "QUIT": Entry("Deletes what is marked, and says goodbye.", "RFC 1939 §6"),
  ]

  // RFC 2449 §8.1, RFC 3206 §4, RFC 6856 §2
  static let codes: [String: String] = [
    "AUTH": "User and password do not fit.",
    "IN-USE": "The mailbox is open elsewhere.",
    "LOGIN-DELAY": "The client logged in a short while ago, and has to wait.",
    "SYS/TEMP": "Something is wrong at the server: later it may go.",
    "SYS/PERM": "Something is wrong at the server that waiting does not mend.",
    "UTF8": "The message needs a client that reads UTF-8.",
  ]

  static func meaning(ofArgument name: String) -> String {
    switch name {
    case "user": "Who."
    case "mechanism": "The way to log in."
    case "initial response": "User and password, in base64, which hides nothing: only TLS does."
    case "digest": "What proves that the client knows the password."
    case "message": "The message's number in this session."
    case "lines": "How many lines of the body are wanted."
    default: "An argument that does not belong here."
    }
  }
}
