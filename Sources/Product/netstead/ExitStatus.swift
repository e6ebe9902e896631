// What the exit code of every command means. The man pages print this table.

/// Exit codes.
enum ExitStatus: Int32, CaseIterable {
  case done = 0
  case refused = 1
  case usage = 2
  case unresolved = 3
  case unreachable = 4
  case insecure = 5
  case unauthenticated = 6
  case brokenPeer = 7
  case interrupted = 130

  /// One sentence for the manual.
  var meaning: String {
    switch self {
    case .done: "Done."
    case .refused: "The protocol said no: the name does not exist, the page is not there, the check failed."
    case .usage: "The command or a file it read was not understood."
    case .unresolved: "A name could not be resolved."
    case .unreachable: "No connection, or no answer in time."
    case .insecure: "TLS, a certificate or a signature is not to be trusted."
    case .unauthenticated: "The peer did not accept who we are."
    case .brokenPeer: "The peer broke the protocol."
    case .interrupted: "Interrupted."
    }
  }
}

/// Why a command ends with something other than 0: the sentence goes to standard error.
struct ToolFailure: Error {
  var status: ExitStatus
  var sentence: String

  init(_ status: ExitStatus, _ sentence: String = "") {
    self.status = status
    self.sentence = sentence
  }
}
