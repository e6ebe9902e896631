// `netstead user`: who has an account on a host: adds, removes, lists, changes passwords. A host that runs sees it within seconds.
// Not here: the file itself (Host/Mail/AccountFile.swift).
import Accounts
import ArgumentParser
import Host

/// Accounts of a host.
struct UserCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Add, remove and list the users of a host.",
    discussion: """
      Users have a mailbox and may log in for mail and files. Their password hashes are kept in the data folder of `netstead up`.

      Examples:
        netstead user add ada
        printf %s ruby-red | netstead user add ada@example.org --data ./data
        netstead user list
        netstead user remove ada
      """, subcommands: [Add.self, Password.self, Remove.self, List.self])

  struct DataOption: ParsableArguments {
    @Option(help: ArgumentHelp("Where durable data lives; $XDG_DATA_HOME/netstead when not given.", valueName: "folder"))
    var data: String?

    var file: AccountFile { AccountFile(dataDirectory: data ?? Terminal.dataFolder) }

    func read() throws -> [SiteAccess.User] {
      do { return try file.read() } catch { throw ToolFailure(.refused, "\(error)") }
    }

    func write(_ users: [SiteAccess.User]) throws {
      do { try file.write(users) } catch { throw ToolFailure(.refused, "\(error)") }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add a user; the password comes from standard input.")
    @Argument(help: "The user's name, or a whole address.") var name: String
    @OptionGroup var data: DataOption

    func run() throws {
      guard MailSettings.address(name, in: "invalid") != nil, !name.contains(":") else {
        throw ToolFailure(.usage, "expected a user's name or an address such as ada@example.org")
      }
      var users = try data.read()
      if users.contains(where: { $0.name == name }) { throw ToolFailure(.refused, "\(name) is a user already; netstead user password \(name) changes the password") }
      users.append(SiteAccess.User(name: name, hash: try PasswordCommand.hashFromInput()))
      try data.write(users)
      Terminal.talk("\(name) is a user now")
    }
  }

  struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change a user's password; it comes from standard input.")
    @Argument(help: "The user's name as it was added.") var name: String
    @OptionGroup var data: DataOption

    func run() throws {
      var users = try data.read()
      guard let index = users.firstIndex(where: { $0.name == name }) else { throw ToolFailure(.refused, "there is no user \(name)") }
      users[index].hash = try PasswordCommand.hashFromInput()
      try data.write(users)
      Terminal.talk("\(name) has a new password")
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a user; what is in the mailboxes stays.")
    @Argument(help: "The user's name as it was added.") var name: String
    @OptionGroup var data: DataOption

    func run() throws {
      var users = try data.read()
      guard users.contains(where: { $0.name == name }) else { throw ToolFailure(.refused, "there is no user \(name)") }
      users.removeAll { $0.name == name }
      try data.write(users)
      Terminal.talk("\(name) is no user any more")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the users.")
    @OptionGroup var data: DataOption

    func run() throws {
      for user in try data.read() { Terminal.say(user.name) }
    }
  }
}
