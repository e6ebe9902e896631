// What a lesson changes in the mail of a domain: passwords that are drawn, more addresses, how careful the server is, for whom it stands in.
// Not here: the mail of a world (World/WorldReader.swift, Host/Mail/MailSettings.swift).
import Accounts
package import Host
package import MailServer
import Settings
import World

/// The changes for one domain.
package struct LessonMail: Sendable, Equatable {
  package var domain: String
  package var users: [User] = []
  package var aliases: [MailSettings.Alias] = []
  /// Nil: as the world says.
  package var care: Care?
  package var backupFor: [String] = []

  /// Somebody with a mailbox. Who has one already gets this password.
  package struct User: Sendable, Equatable {
    package var name: String
    package var password: String
  }

  /// `garnet.test: {users: {writer: PASSWORD}, aliases: {club: [reader@cobalt.test]}, care: marking, backup-for: [cobalt.test]}`
  init?(_ entry: SettingsEntry) {
    let read = entry.value.mapping { reader in
      (
        users: reader.entries("users").compactMap { user in user.value.value(.text).map { User(name: user.name, password: $0) } },
        aliases: reader.entries("aliases").map { MailSettings.Alias(name: $0.name, targets: $0.value.list().compactMap { $0.value(.mailboxName) }) },
        care: reader.optional("care", .choice(standIn: Care.marking)), backupFor: reader.list("backup-for", .domainName)
      )
    }
    guard let read else { return nil }
    domain = entry.name
    (users, aliases, care, backupFor) = read
  }

  func change(_ world: inout WorldDescription, of lesson: String, using salts: inout SeededRandom) throws(LessonRun.Failure) {
    guard let index = world.mail.firstIndex(where: { $0.domain == domain }) else {
      throw .world("lesson \(lesson) changes the mail of `\(domain)`, which the world does not have")
    }
    for user in users {
      // As cheap as a hash can be: a lesson's passwords guard nothing, and its runs must not take long.
      guard let hash = PasswordHash(user.password, costLog: 1, using: &salts) else { continue }
      world.mail[index].settings.users.removeAll { $0.name == user.name }
      world.mail[index].settings.users.append(SiteAccess.User(name: user.name, hash: hash))
    }
    world.mail[index].settings.aliases += aliases
    world.mail[index].settings.backupFor += backupFor
    if let care { world.mail[index].settings.care = care }
  }
}
