// What a client is told when something could not be done: one switch for the whole protocol. No paths and no words of the system.
import Bytes
import World

/// The reply to each failure.
enum ReplyTo {
  // RFC 959 §4.2.2, RFC 3659 §5.4
  static func failure(_ failure: FileFailure, hasBegun: Bool = false) -> Reply {
    switch failure {
    case .absent: Reply(550, "There is nothing of that name.")
    case .denied: Reply(550, "Permission denied.")
    case .exists: Reply(550, "Something of that name is there already.")
    case .notEmpty: Reply(550, "The folder is not empty.")
    case .isFolder: Reply(550, "That is a folder.")
    case .notFolder: Reply(550, "That is no folder.")
    case .badName: Reply(553, "That name is not allowed.")
    case .badOffset: Reply(554, "The file does not reach that far.")
    // RFC 959 §4.2.2: 452 when it is known before, 552 when it happens in the middle.
    case .full: hasBegun ? Reply(552, "No room left; the transfer is broken off.") : Reply(452, "No room left.")
    case .busy: Reply(450, "Busy; try again later.")
    case .broken: Reply(451, "The server failed.")
    }
  }

  static func end(_ end: TransferEnd, hasBegun: Bool) -> Reply {
    switch end {
    case .complete: Reply(226, "Transfer complete.")
    case .notConnected: Reply(425, "No data connection.")
    case .broken: Reply(426, "The data connection broke; transfer aborted.")
    case .aborted: Reply(426, "Transfer aborted.")
    case .failed(let failure): Self.failure(failure, hasBegun: hasBegun)
    }
  }

  static func argument(_ error: SyntaxError) -> Reply { Reply(501, "Expected \(error.expected).") }
}
