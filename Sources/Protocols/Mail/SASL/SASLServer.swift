// The server's half of an authentication: challenges out, the client's lines in, credentials at the end.
// Not here: the command that begins it and the line around each challenge (each protocol), whether the password is right (the owner).
public import Bytes
import World

extension SASL {
  /// One exchange, seen from the server.
  ///
  /// After `begin` each `.challenge` is answered by one line, handed to `take`, until the step is another.
  public struct Server: Sendable {
    /// What is to be done next.
    public enum Step: Sendable, Hashable {
      /// Send this challenge, which is base64 already, and hand in the line that comes.
      case challenge(String)
      /// The client has said everything: ask whether it is true.
      case credentials(Credentials)
      /// The exchange is over without.
      case failed(Failure)
    }

    private enum State: Sendable {
      /// PLAIN: the one message is awaited.
      case message
      /// LOGIN: the user is awaited.
      case user
      /// LOGIN: the password is awaited.
      case password(user: String)
    }

    public let mechanism: Mechanism
    private var state: State
    private let limits: Limits

    public init(_ mechanism: Mechanism, limits: Limits = Limits()) {
      self.mechanism = mechanism
      self.limits = limits
      state = mechanism == .login ? .user : .message
    }

    /// Begins, with what stood behind the mechanism's name; nil: nothing stood there.
    public mutating func begin(initialResponse: Buffer?) -> Step {
      guard let initialResponse else { return .challenge(challenge) }
      // RFC 4954 §4, RFC 5034 §4, RFC 4959 §3: "=" stands for an initial response that is there and empty.
      if initialResponse == "=" { return understand([]) }
      return take(initialResponse)
    }

    /// Takes a line of the client, without its end.
    public mutating func take(_ line: Buffer) -> Step {
      if line == "*" { return .failed(.cancelled) }
      guard line.count <= limits.responseBytesMax else {
        return .failed(.tooLong(LimitReached("responseBytesMax", allowed: limits.responseBytesMax, unit: "bytes")))
      }
      guard let message = Base64.bytes(line.array), line.count % 4 == 0 else {
        return .failed(.malformed(SyntaxError(expected: "base64", at: 0, rule: "RFC 4648 §4")))
      }
      return understand(message)
    }

    /// What the server asks in this state, in base64.
    private var challenge: String {
      switch state {
      // RFC 4616 §2: the server has nothing to say before the client's one message.
      case .message: ""
      case .user: Base64.text("Username:".utf8)
      case .password: Base64.text("Password:".utf8)
      }
    }

    private mutating func understand(_ message: [UInt8]) -> Step {
      do throws(SyntaxError) {
        switch state {
        case .message: return .credentials(try plain(message))
        case .user:
          state = .password(user: try text(message[...], called: "user", bytesMax: limits.nameBytesMax))
          return .challenge(challenge)
        case .password(let user):
          return .credentials(Credentials(user: user, password: try text(message[...], called: "password", bytesMax: limits.passwordBytesMax)))
        }
      } catch {
        return .failed(.malformed(error))
      }
    }

    /// Reads `[authzid] NUL authcid NUL passwd`.
    // RFC 4616 §2
    private func plain(_ message: [UInt8]) throws(SyntaxError) -> Credentials {
      let parts = message.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count == 3 else {
        throw SyntaxError(expected: "two NULs", found: "\(message.count { $0 == 0 })", at: 0, rule: "RFC 4616 §2")
      }
      let actingAs = parts[0].isEmpty ? "" : try text(parts[0], called: "authzid", bytesMax: limits.nameBytesMax)
      return Credentials(
        actingAs: actingAs, user: try text(parts[1], called: "authcid", bytesMax: limits.nameBytesMax),
        password: try text(parts[2], called: "passwd", bytesMax: limits.passwordBytesMax))
    }

    /// Text that is UTF-8, not empty, without NUL.
    private func text(_ bytes: ArraySlice<UInt8>, called name: String, bytesMax: Int) throws(SyntaxError) -> String {
      // No values of the client in the error: it goes into the trace.
      guard !bytes.isEmpty, bytes.count <= bytesMax, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
        throw SyntaxError(expected: "\(name) of 1 to \(bytesMax) bytes of UTF-8 without NUL", at: bytes.startIndex, rule: "RFC 4616 §2")
      }
      return text
    }
  }
}
