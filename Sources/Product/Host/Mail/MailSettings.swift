// What a host is told about its mail: users, aliases, how careful to be.
// Not here: what is made of it (MailHost.swift).
package import Mail
package import MailServer
package import Settings
import Accounts
package import World

/// The `mail:` part of the settings. Each value has a default.
package struct MailSettings: Sendable, Hashable {
  /// The host's own name in mail; nil: `mail.` before the domain.
  package var name: String?
  /// Users and their password hashes, as `netstead password` writes them; those that `netstead user` keeps come on top.
  package var users: [SiteAccess.User] = []
  /// Addresses that stand for others, in the order of the file.
  package var aliases: [Alias] = []
  /// Domains whose mail is kept until their own servers can be reached again: their zones name this host as one more exchanger.
  package var backupFor: [String] = []
  package var care = Care.sorting
  /// What others are asked to do with mail that bears the domain's name and is not its own; nil: what the host's kind says by itself.
  package var policy: AuthorPolicy.Request?
  /// A server that takes all mail for elsewhere; nil: each domain's own.
  package var smartHost: Endpoint?
  /// Largest message. Unit: bytes.
  package var messageBytesMax = 52_428_800
  /// What each account may use. Unit: bytes.
  package var quotaBytes = 10 << 30

  /// An address that stands for others. A name without a domain is of the host's own.
  package struct Alias: Sendable, Hashable {
    package var name: String
    package var targets: [String]

    package init(name: String, targets: [String]) {
      self.name = name
      self.targets = targets
    }
  }

  package init() {}

  /// Reads the keys `name`, `users`, `aliases`, `backup-for`, `care`, `policy`, `smart-host`, `message-size` and `quota` of a mapping.
  package init(_ reader: SettingsReader) {
    name = reader.optional("name", .domainName)
    for entry in reader.entries("users") {
      guard let hash = entry.value.value(.passwordHash), let name = Self.checked(entry) else { continue }
      users.append(SiteAccess.User(name: name, hash: hash))
    }
    for entry in reader.entries("aliases") {
      let targets = entry.value.list().compactMap { $0.value(.mailboxName) }
      guard let name = Self.checked(entry) else { continue }
      aliases.append(Alias(name: name, targets: targets))
    }
    backupFor = reader.list("backup-for", .domainName)
    care = reader.value("care", .choice(standIn: .sorting), default: care)
    policy = reader.optional("policy", .choice(standIn: .none))
    smartHost = reader.optional("smart-host", .endpoint)
    messageBytesMax = reader.value("message-size", .size, default: messageBytesMax)
    quotaBytes = reader.value("quota", .size, default: quotaBytes)
  }

  /// The name of an entry, when it is a user's or an address.
  private static func checked(_ entry: SettingsEntry) -> String? {
    if address(entry.name, in: "invalid") != nil { return entry.name }
    entry.value.problem(at: entry.place, "expected a user's name or an address such as ada@example.org, found `\(entry.name)`")
    return nil
  }

  /// The address that `text` means: of `domain` where it names none.
  package static func address(_ text: String, in domain: String) -> MailAddress? {
    try? MailAddress(text.contains("@") ? text : "\(text)@\(domain)")
  }
}

extension SettingsForm where Value == String {
  /// A user's name or a whole address.
  package static var mailboxName: Self {
    Self(expected: "a user's name or an address such as ada@example.org", standIn: "nobody") { MailSettings.address($0, in: "invalid") == nil ? nil : $0 }
  }
}

extension SettingsForm where Value == Endpoint {
  /// An address and a port.
  package static var endpoint: Self {
    Self(expected: "an address and a port such as 192.0.2.1:25", standIn: Endpoint(.loopback, 25)) { Endpoint($0) }
  }
}
