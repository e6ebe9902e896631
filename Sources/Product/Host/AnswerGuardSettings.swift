// What settings say of the guards of a name server, in BIND's words. The same in `netstead.yaml` and in a lab's world.
// Not here: the guards (NameServer/Guarding).
import Bytes
import DNS
package import NameServer
package import Settings
package import World

/// The settings of the guards.
package struct AnswerGuardSettings: Sendable, Hashable {
  package var rate = ResponseRateSetting()
  package var cookies = CookieSetting()
  /// Unit: accounts.
  package var ratesMax = NameServer.Limits().ratesMax

  package init() {}

  /// Reads `rate-limit`, `answer-cookie`, `require-server-cookie` and `cookie-secret`.
  package init(_ reader: SettingsReader) {
    _ = reader.mapping("rate-limit") { reader in
      rate.responsesPerSecond = reader.value("responses-per-second", .integer(0...1_000_000), default: rate.responsesPerSecond)
      rate.window = reader.value("window", .integer(1...3_600), default: rate.window)
      rate.slip = reader.value("slip", .integer(0...10), default: rate.slip)
      rate.v4Length = reader.value("ipv4-prefix-length", .integer(8...32), default: rate.v4Length)
      rate.v6Length = reader.value("ipv6-prefix-length", .integer(16...64), default: rate.v6Length)
      if reader.item("exempt-clients") != nil { rate.exempt = reader.list("exempt-clients", .addressRange) }
      ratesMax = reader.value("max-table-size", .integer(64...16_777_216), default: ratesMax)
    }
    cookies.answers = reader.value("answer-cookie", .boolean, default: cookies.answers)
    cookies.requiresServerCookie = reader.value("require-server-cookie", .boolean, default: cookies.requiresServerCookie)
    let secrets = reader.list("cookie-secret", .cookieSecret)
    if secrets.count > 2 { reader.problem(at: "cookie-secret", "expected one secret, or two: the one in use and the one before it") }
    if let current = secrets.first { cookies.secrets = CookieSecrets(current: current, previous: secrets.dropFirst().first) }
    if cookies.requiresServerCookie, !cookies.answers {
      reader.problem(at: "require-server-cookie", "nobody can show a cookie where `answer-cookie` is off")
    }
  }

  /// The guards themselves.
  package func guards(clock: any WorldClock, chance: inout some RandomNumberGenerator) -> AnswerGuards {
    var limits = NameServer.Limits()
    limits.ratesMax = ratesMax
    return AnswerGuards(cookies: cookies, rate: rate, clock: clock, chance: &chance, limits: limits)
  }
}

extension SettingsForm where Value == SipKey {
  /// A secret of cookies.
  static var cookieSecret: Self {
    Self(expected: "a secret of 32 hexadecimal digits", standIn: SipKey(low: 0, high: 0)) { text in Hexadecimal.bytes(text.utf8).flatMap { SipKey($0) } }
  }
}
