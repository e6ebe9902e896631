// The users that `netstead user` keeps beside the data of a host: a small file, replaced whole, looked at again while the host runs.
// Not here: users that stand in the settings (MailSettings, SiteAccess), what they may do.
import Accounts
package import Transport

/// The accounts of one data folder: names and password hashes.
package struct AccountFile: Sendable {
  private let file: KeptFile

  package init(dataDirectory: String) { file = KeptFile(directory: dataDirectory, name: "accounts") }

  package var path: String { file.path }

  /// Why the file cannot be used.
  package enum Failure: Error, CustomStringConvertible {
    case file(CertificateError)
    /// A line is no `name: hash`. Counts from 1.
    case line(String, Int)

    package var description: String {
      switch self {
      case .file(let error): "\(error)"
      case .line(let path, let number): "\(path):\(number): expected `name: hash` as `netstead user add` writes it"
      }
    }
  }

  /// The accounts, in order of their names; none when there is no file.
  package func read() throws(Failure) -> [SiteAccess.User] {
    let text: String?
    do { text = try file.read() } catch { throw .file(error) }
    var users: [SiteAccess.User] = []
    for (index, line) in (text ?? "").split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      guard let colon = line.lastIndex(of: ":"), let hash = PasswordHash(String(line[line.index(after: colon)...].drop { $0 == " " })) else {
        throw .line(path, index + 1)
      }
      users.append(SiteAccess.User(name: String(line[..<colon]), hash: hash))
    }
    return users
  }

  /// Writes the accounts. After a crash there are the old ones or the new ones.
  package func write(_ users: [SiteAccess.User]) throws(Failure) {
    let lines = users.sorted { $0.name < $1.name }.map { "\($0.name): \($0.hash)\n" }
    do { try file.write("# Users of this host; made by `netstead user`.\n" + lines.joined(), mode: 0o600) } catch { throw .file(error) }
  }
}
