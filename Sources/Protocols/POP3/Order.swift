// What a client's owner may want of a mailbox, and what it is told.
// Read next: ClientConversation.swift.

/// One thing to be done.
public enum Order: Sendable, Hashable {
  case status
  case list
  case uniqueIDs
  case retrieve(Int)
  case top(Int, lines: Int)
  case delete(Int)
  case reset
  case noOperation
  /// Delete what is marked, and leave.
  case quit
}

/// What came of it.
public enum Answer: Sendable, Hashable {
  /// Nothing more is to be said.
  case done
  /// Messages and their bytes.
  case status(messages: Int, bytes: Int64)
  case list([Listed<Int64>])
  case uniqueIDs([Listed<String>])
  /// The message's last piece has been handed over.
  case messageEnd
  /// The server says no.
  case refused(Refusal)
}

/// A message's number and what is known of it.
public struct Listed<Value: Sendable & Hashable>: Sendable, Hashable {
  public var number: Int
  public var value: Value

  public init(number: Int, _ value: Value) {
    self.number = number
    self.value = value
  }
}

/// An answer that begins with `-ERR`.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// What stands in brackets, in capitals: `IN-USE`; nil: nothing does.
  // RFC 2449 §8
  public var code: String?
  public var text: String

  public init(code: String? = nil, _ text: String) {
    self.code = code
    self.text = text
  }

  public var description: String { "-ERR \(code.map { "[\($0)] " } ?? "")\(text)" }
}

/// How far a conversation had come.
public enum Step: String, Sendable, Hashable {
  case greeting
  case capabilities = "CAPA"
  case startTLS = "STLS"
  case handshake = "TLS handshake"
  case login
  case idle = "between orders"
  case order
  case farewell = "QUIT"
}

/// Why a connection came to nothing.
public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
  /// The server does not want us.
  case refused(Refusal, at: Step)
  /// The connection went.
  case lost(at: Step)
  /// No word in time.
  case silent(at: Step)
  /// TLS is wanted and not to be had.
  case tlsUnavailable
  /// There is no way to log in.
  case loginUnavailable(String)
  /// The server broke the protocol.
  case broken(String, at: Step)

  public var description: String {
    switch self {
    case .refused(let refusal, let step): "\(step.rawValue): \(refusal)"
    case .lost(let step): "\(step.rawValue): the connection went"
    case .silent(let step): "\(step.rawValue): no answer in time"
    case .tlsUnavailable: "the server does not offer TLS"
    case .loginUnavailable(let why): "cannot log in: \(why)"
    case .broken(let what, let step): "\(step.rawValue): \(what)"
    }
  }
}
