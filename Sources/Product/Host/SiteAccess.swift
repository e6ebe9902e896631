// What the settings may say about any site beside its content: what runs in it, who may enter or change what, what moved, its own error pages.
// The same words in `netstead.yaml` and in a lab's world. Not here: what is made of it (SiteAssembly.swift).
package import Accounts
import HTTP
package import Settings
package import WebServer

/// A part of this program that a site can be.
package enum SiteApplication: String, Sendable, CaseIterable {
  /// A small shop that remembers its visitors.
  case shop
  /// A picture for other people's pages that tells who saw it where.
  case tracker
  /// Greetings in the reader's language, for studies beside a cache.
  case greetings
}

/// The settings of one site.
package struct SiteAccess: Sendable, Hashable {
  /// Nil: the site is files.
  package var application: SiteApplication?
  /// Names and password hashes, as `netstead password` writes them. In the order of the file.
  package var users: [User] = []
  /// Paths at and below which every request needs a user.
  package var protected: [String] = []
  /// Paths at and below which users may put files and remove them.
  package var writable: [String] = []
  /// Largest file that may be put there. Unit: bytes.
  package var fileBytesMax = 1_073_741_824
  package var redirects: [SiteRedirect] = []
  /// Files of the site shown for an error, by status.
  package var errorPages: [UInt16: String] = [:]

  package struct User: Sendable, Hashable {
    package var name: String
    package var hash: PasswordHash

    package init(name: String, hash: PasswordHash) {
      self.name = name
      self.hash = hash
    }
  }

  package init() {}

  /// Reads the keys `application`, `users`, `protect`, `write`, `file-size`, `redirects` and `error-pages` of a mapping.
  package init(_ reader: SettingsReader) {
    application = reader.optional("application", .choice(standIn: .shop))
    for entry in reader.entries("users") {
      guard let hash = entry.value.value(.passwordHash) else { continue }
      if entry.name.isEmpty || entry.name.contains(":") { entry.value.problem(at: entry.place, "expected a user's name without a colon, found `\(entry.name)`") }
      users.append(User(name: entry.name, hash: hash))
    }
    protected = reader.list("protect", .sitePath)
    writable = reader.list("write", .sitePath)
    fileBytesMax = reader.value("file-size", .size, default: fileBytesMax)
    for entry in reader.entries("redirects") {
      guard let target = entry.value.value(.text) else { continue }
      if let redirect = SiteRedirect(from: entry.name, to: target) {
        redirects.append(redirect)
      } else {
        entry.value.problem(at: entry.place, "expected a path that begins with `/`, and an address or another path, found `\(entry.name): \(target)`")
      }
    }
    for entry in reader.entries("error-pages") {
      guard let path = entry.value.value(.sitePath) else { continue }
      if let status = UInt16(entry.name), (400...599).contains(status) {
        errorPages[status] = String(path.drop { $0 == "/" })
      } else {
        entry.value.problem(at: entry.place, "expected a status from 400 to 599, found `\(entry.name)`")
      }
    }
    if users.isEmpty {
      // Nobody may change anything without a name, and an area for nobody is a mistake.
      for key in ["write", "protect"] where !(key == "write" ? writable : protected).isEmpty {
        reader.problem(at: key, "expected `users` beside `\(key)`; netstead password makes their lines")
      }
    }
  }
}

extension SettingsForm where Value == PasswordHash {
  /// A password's hash.
  package static var passwordHash: Self {
    Self(expected: "a password's hash as `netstead password` writes it", standIn: .nobodys) { PasswordHash($0) }
  }
}

extension SettingsForm where Value == String {
  /// A path of a site.
  package static var sitePath: Self { Self(expected: "a path that begins with `/`, without `..`", standIn: "/") { PathArea($0) == nil ? nil : $0 } }
}
