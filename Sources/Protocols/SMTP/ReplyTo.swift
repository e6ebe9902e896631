// What a client is told when its line cannot be read: one switch for all faults.
// Read before: Command.swift.
import World

extension Reply {
  /// The reply to a line that is no command.
  init(to fault: Command.Fault) {
    switch fault {
    case .unknown: self = .unknownCommand
    case .malformed(let error): self.init(501, EnhancedCode(5, 5, 4), "Expected \(error.expected)")
    // RFC 3463 §3.2
    case .malformedSender(let error): self.init(501, EnhancedCode(5, 1, 7), "Expected \(error.expected)")
    case .malformedRecipient(let error): self.init(501, EnhancedCode(5, 1, 3), "Expected \(error.expected)")
    // RFC 5321 §4.1.1.11
    case .unknownParameter(let error): self.init(555, EnhancedCode(5, 5, 4), "Expected \(error.expected)")
    }
  }
}

extension Command.Fault: CustomStringConvertible {
  /// For the trace.
  public var description: String {
    switch self {
    case .unknown: "expected a command (RFC 5321 §4.1.1)"
    case .malformed(let error), .malformedSender(let error), .malformedRecipient(let error), .unknownParameter(let error): "\(error)"
    }
  }
}
