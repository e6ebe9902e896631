// What a lesson changes in the mail of a domain: more addresses, how careful the server is, for whom it stands in.
// Not here: the mail of a world (World/WorldReader.swift, Host/Mail/MailSettings.swift), who has a password (LessonMember).
package import Host
package import MailServer
import Settings

/// The changes for one domain.
package struct LessonMail: Sendable, Equatable {
  package var domain: String
  package var aliases: [MailSettings.Alias] = []
  /// Nil: as the world says.
  package var care: Care?
  package var backupFor: [String] = []

  /// `garnet.test: {aliases: {club: [reader@cobalt.test]}, care: marking, backup-for: [cobalt.test]}`
  init?(_ entry: SettingsEntry) {
    let read = entry.value.mapping { reader in
      (
        aliases: reader.entries("aliases").map { MailSettings.Alias(name: $0.name, targets: $0.value.list().compactMap { $0.value(.mailboxName) }) },
        care: reader.optional("care", .choice(standIn: Care.marking)), backupFor: reader.list("backup-for", .domainName)
      )
    }
    guard let read else { return nil }
    domain = entry.name
    (aliases, care, backupFor) = read
  }

  func change(_ world: inout WorldDescription, of lesson: String) throws(LessonRun.Failure) {
    guard let index = world.mail.firstIndex(where: { $0.domain == domain }) else {
      throw .world("lesson \(lesson) changes the mail of `\(domain)`, which the world does not have")
    }
    world.mail[index].settings.aliases += aliases
    world.mail[index].settings.backupFor += backupFor
    if let care { world.mail[index].settings.care = care }
  }
}
