// `netstead password`: makes the line of the settings that lets a user in. The password comes from standard input, never from the arguments.
import Accounts
import ArgumentParser
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Makes a password's hash.
struct PasswordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "password", abstract: "Make a user's line for the settings.",
    discussion: """
      Reads the password from standard input and prints `name: hash`, to be put below `users`. The hash is salted scrypt: from it nobody
      reads the password.

      Examples:
        netstead password alice
        printf %s ruby-red | netstead password alice >> users.yaml
      """)

  @Argument(help: "The user's name.")
  var name: String

  func run() throws {
    if name.isEmpty || name.contains(where: { ":#'\"\n".contains($0) }) { throw ToolFailure(.usage, "expected a name without colon, quotes and #") }
    Terminal.say("\(name): '\(try Self.hashFromInput())'")
  }

  /// The hash of the password that standard input says.
  static func hashFromInput() throws -> PasswordHash {
    let isTerminal = isatty(0) == 1
    if isTerminal { Terminal.talk("password (not shown):") }
    guard let password = isTerminal ? unseen() : readLine(strippingNewline: true), !password.isEmpty else { throw ToolFailure(.usage, "no password was given") }
    var random = SystemRandomNumberGenerator()
    guard let hash = PasswordHash(password, using: &random) else { throw ToolFailure(.refused, "there is not memory enough to make the hash") }
    return hash
  }

  /// A line that is typed without being shown.
  private static func unseen() -> String? {
    var before = termios()
    guard tcgetattr(0, &before) == 0 else { return readLine(strippingNewline: true) }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(0, TCSAFLUSH, &silent)
    defer { tcsetattr(0, TCSAFLUSH, &before) }
    return readLine(strippingNewline: true)
  }
}
