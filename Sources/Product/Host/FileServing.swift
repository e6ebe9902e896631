// What the settings may say about a file server, and the accounts made of it. Not here: how it is started (Assembly), what it does
// (Servers/FileServer).
package import Accounts
import FTP
import FileServer
package import Settings
import FTP
import Storage
import Transport
package import World

/// The settings of a file server.
package struct FileServing: Sendable, Hashable {
  /// A folder, and what is told when it cannot be served.
  package struct Root: Sendable, Hashable {
    package var path: String
    package var problem: SettingsProblem
  }

  package struct User: Sendable, Hashable {
    package var name: String
    package var hash: PasswordHash
    /// Nil: the one of all.
    package var root: Root?
    package var mayWrite: Bool
  }

  /// Whether sessions are inside TLS.
  package enum Security: String, Sendable, CaseIterable { case off, offered, required }

  /// What is served.
  package var root: Root
  /// Whether anybody may read it.
  package var isOpen = false
  /// In the order of the file.
  package var users: [User] = []
  /// Nil: any.
  package var passivePorts: ClosedRange<UInt16>?
  package var passiveAddress: Address?
  package var security = Security.offered

  /// Reads the keys `root`, `anonymous`, `users`, `write`, `roots`, `passive-ports`, `passive-address` and `tls` of a mapping in `file`, whose
  /// relative paths `path` completes.
  package init(_ reader: SettingsReader, file: String, path: (String) -> String) {
    func root(_ text: String, at place: Place?) -> Root {
      let whole = path(text)
      return Root(
        path: whole,
        problem: SettingsProblem(file: file, place: place ?? Place(line: 1, column: 1), sentence: "expected a folder that can be served, found `\(whole)`"))
    }
    self.root = root(reader.required("root", .text), at: reader.place(of: "root"))
    isOpen = reader.value("anonymous", .boolean, default: isOpen)
    let writers = reader.list("write", .text)
    let roots = reader.entries("roots").compactMap { entry in
      entry.value.value(.text).map { (name: entry.name, root: root($0, at: entry.value.place)) }
    }
    let listed = reader.entries("users")
    for entry in listed {
      guard let hash = entry.value.value(.passwordHash) else { continue }
      if !(1...127).contains(entry.name.utf8.count) || entry.name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
        entry.value.problem(at: entry.place, "expected a user's name of at most 127 bytes without spaces, found `\(entry.name)`")
      }
      users.append(User(name: entry.name, hash: hash, root: roots.first { $0.name == entry.name }?.root, mayWrite: writers.contains(entry.name)))
    }
    for (key, names) in [("write", writers), ("roots", roots.map(\.name))] {
      for name in names where !users.contains(where: { $0.name == name }) { reader.problem(at: key, "expected a name of `users`, found `\(name)`") }
    }
    passivePorts = reader.optional("passive-ports", .portRange)
    passiveAddress = reader.optional("passive-address", .address)
    security = reader.optional("tls", .choice(standIn: .offered)) ?? security
    if !isOpen, listed.isEmpty { reader.problem(at: "root", "expected `anonymous: yes` or `users` beside `root`: nobody could come in") }
  }

  /// The accounts over folders on disk. Throws for a folder that cannot be served.
  func accounts(random: inout some RandomNumberGenerator) throws(HomeHost.Failure) -> FileAccounts {
    var accounts: [String: FileAccount] = [:]
    for user in users { accounts[user.name] = FileAccount(area: try Self.area(user.root ?? root, mayWrite: user.mayWrite), mayWrite: user.mayWrite) }
    let book = PasswordBook(Dictionary(users.map { ($0.name, $0.hash) }) { first, _ in first }, random: &random)
    return FileAccounts(users: accounts, book: book, anonymous: isOpen ? FileAccount(area: try Self.area(root, mayWrite: false), mayWrite: false) : nil)
  }

  private static func area(_ root: Root, mayWrite: Bool) throws(HomeHost.Failure) -> DiskArea {
    do throws(FolderError) { return mayWrite ? try DiskArea(writing: root.path) : try DiskArea(reading: root.path) } catch { throw .settings(root.problem) }
  }

  /// What the server is told. `identity` is what it shows inside TLS; nil: it has none.
  func setting(greeting: String, tls: TLSServerOptions?) -> FileServerSetting {
    var setting = FileServerSetting(greeting: greeting)
    setting.passivePorts = passivePorts
    setting.passiveAddress = passiveAddress
    if security != .off { setting.tls = tls }
    setting.session.requiresTLS = security == .required
    return setting
  }
}

extension SettingsForm where Value == ClosedRange<UInt16> {
  /// Ports from one to another.
  package static var portRange: Self {
    Self(expected: "ports such as 50000-50999, from 1024", standIn: 1_024...1_024) { text in
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let low = UInt16(parts[0]), let high = UInt16(parts[1]), low >= 1_024, low <= high else { return nil }
      return low...high
    }
  }
}
