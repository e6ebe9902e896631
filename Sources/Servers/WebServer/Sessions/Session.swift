// What a server remembers of one visitor, the secret name the visitor has for it, and both as bytes.
// Not here: where sessions are kept and for how long (SessionStore.swift), the cookie that carries the name (SessionCookie.swift).
package import Bytes
import Crypto
package import HTTP
package import World

/// The secret that leads a visitor back to a session: 128 bits of chance.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
  /// 32 hexadecimal digits.
  package let description: String

  /// A fresh one.
  package init(using random: inout some RandomNumberGenerator) {
    description = (0..<2).map { _ in
      let digits = String(random.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }

  /// The one a cookie carries; nil for anything that never was one.
  package init?(_ text: Buffer) {
    let bytes = text.array
    guard bytes.count == 32, bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
    description = text.text
  }

  /// Under what the session is stored: who reads the table learns no name that would open a session, and how long a look-up takes tells
  /// nothing about the names in it.
  package var key: Buffer {
    var hash = SHA256()
    hash.update(data: Array(description.utf8))
    return Buffer(hash.finalize())
  }
}

/// One visitor, as the server remembers them.
package struct Session: Sendable, Hashable {
  /// How many sessions there were when it began, this one counted.
  package var number: Int
  package var created: Instant
  package var lastSeen: Instant
  /// Who logged in; nil: nobody did.
  package var user: String?
  /// What the application remembers, by name.
  package private(set) var values = FormFields()

  package init(number: Int, created: Instant) {
    self.number = number
    self.created = created
    lastSeen = created
  }

  package subscript(name: String) -> String? {
    get { values[name] }
    set {
      values.all.removeAll { $0.name == name }
      if let newValue { values.append(name, newValue) }
    }
  }

  // MARK: As a record

  /// The session as a record's value: a form, so that whoever opens the database can read it.
  var record: Buffer {
    var fields = FormFields([
      .init("number", "\(number)"), .init("created", "\(created.nanoseconds)"), .init("seen", "\(lastSeen.nanoseconds)"),
    ])
    if let user { fields.append("user", user) }
    for value in values.all { fields.append(Self.prefix + value.name, value.value) }
    return fields.encoded
  }

  /// Nil for what is no session's record.
  init?(record: Buffer) {
    guard let fields = try? FormFields(parsing: record), let number = fields["number"].flatMap({ Int($0) }),
      let created = fields["created"].flatMap({ Int64($0) }), let seen = fields["seen"].flatMap({ Int64($0) })
    else { return nil }
    self.number = number
    self.created = Instant(nanoseconds: created)
    lastSeen = Instant(nanoseconds: seen)
    user = fields["user"]
    for field in fields.all where field.name.hasPrefix(Self.prefix) { values.append(String(field.name.dropFirst(Self.prefix.count)), field.value) }
  }

  private static let prefix = "value-"
}
