// What keeps an authority from being made a weapon: cookies (RFC 7873, RFC 9018), which show that an asker gets what is sent to its address, and
// rates (ResponseRate.swift) for all who cannot show it.
// Not here: how answers are made (Authoritative/Answer.swift), where cookies stand in a message (Authoritative/Authority.swift).
import Bytes
package import DNS
import Trace
package import World

/// How cookies are given, in the words of BIND.
package struct CookieSetting: Sendable, Hashable {
  /// Whether cookies are answered with cookies.
  package var answers = true
  /// Whether whoever knows cookies must show one of ours over UDP before anything else is said.
  package var requiresServerCookie = false
  /// Shared by all servers behind one address; nil: by chance, for as long as the server runs.
  package var secrets: CookieSecrets?

  package init() {}
}

/// What guards an authority.
package final class AnswerGuards: Sendable {
  package let cookies: CookieSetting
  package let rate: ResponseRate
  let secrets: CookieSecrets
  let clock: any WorldClock

  package init(
    cookies: CookieSetting = CookieSetting(), rate: ResponseRateSetting = ResponseRateSetting(), clock: any WorldClock,
    chance: inout some RandomNumberGenerator, limits: Limits = Limits()
  ) {
    self.cookies = cookies
    self.clock = clock
    secrets = cookies.secrets ?? CookieSecrets(current: SipKey(using: &chance))
    self.rate = ResponseRate(rate, key: SipKey(using: &chance), limits: limits)
  }

  /// Whether the desk's answer to somebody who has shown nothing is sent: it is counted as any other. It is no larger than its question, so it is not cut.
  func lets(_ answer: Buffer, to client: Address) -> Bool {
    guard rate.limits(client), answer.count >= DNS.Limits.Format.headerSize else { return true }
    let kind = answer.withUnsafeBytes { $0.baseAddress.map { ResponseClass($0) } ?? .error }
    if case .drop = rate.judge(client, kind, at: clock.now) { return false }
    return true
  }

  /// Why an answer of `kind` to `client` was not sent as it is; nil: it was.
  func complaint(about verdict: ResponseRate.Verdict, _ kind: ResponseClass, _ client: Address) -> String? {
    let what: String
    switch verdict {
    case .send: return nil
    case .cut: what = "sent cut"
    case .drop: what = "not answered"
    }
    return "\(what): more than \(rate.setting.responsesPerSecond) \(kind) a second to \(rate.shown(client))"
  }
}
