// Where mail for a domain goes: its exchangers in the order in which they are tried.
// Not here: talking to them (Sending.swift), when to try again (Queue).
import DNS
import Mail
import SMTP
import Trace
package import World

/// One server to be tried.
package struct Exchanger: Sendable, Hashable {
  /// Its name, which its certificate bears; an address in brackets where there is no name.
  package var name: String
  package var endpoint: Endpoint

  package init(name: String, endpoint: Endpoint) {
    self.name = name
    self.endpoint = endpoint
  }
}

/// What is known of the way to a domain.
enum Route: Sendable, Hashable {
  case exchangers([Exchanger])
  /// There is no way, and there will be none.
  case nowhere(Reply)
  /// Not known at the moment.
  case unknown(Reply)
}

extension PostOffice {
  /// The way to `destination`.
  // RFC 5321 §5.1
  func route(to destination: MailDomain, because cause: ConversationID?, using random: inout some RandomNumberGenerator) async -> Route {
    if let smartHost { return .exchangers([smartHost]) }
    guard case .name(let text) = destination else {
      if case .literal(let address) = destination { return .exchangers([Exchanger(name: destination.description, endpoint: Endpoint(address, exchangePort))]) }
      return .nowhere(.noSuchDomain)
    }
    guard let domain = try? Name(text) else { return .nowhere(.noSuchDomain) }
    let names: [Name]
    switch await lookUps(domain, .mx, cause) {
    case .failed: return .unknown(.routeUnknown)
    case .noName: return .nowhere(.noSuchDomain)
    case .records(let records):
      let exchanges = records.prefix(limits.recordsMax).compactMap { record -> (preference: UInt16, name: Name, tie: UInt64)? in
        if case .mx(let preference, let name) = record { (preference, name, random.next()) } else { nil }
      }
      // RFC 7505 §3: a lone dot says that the domain takes no mail.
      if exchanges.count == 1, exchanges[0].name.isRoot { return .nowhere(.takesNoMail) }
      let ours = exchanges.filter { (try? MailDomain("\($0.name)".trimmedDot)) == name }.map(\.preference).min()
      // RFC 5321 §5.1: from whoever is not nearer than we are it would come back to us.
      let nearer = exchanges.filter { exchange in ours.map { exchange.preference < $0 } ?? true }
      if nearer.isEmpty, !exchanges.isEmpty { return .nowhere(.comesBack) }
      // RFC 5321 §5.1: those of one preference share the load. Without any, the domain itself is its exchanger.
      names = nearer.isEmpty ? [domain] : nearer.sorted { ($0.preference, $0.tie) < ($1.preference, $1.tie) }.map(\.name)
    }
    return await exchangers(names, because: cause)
  }

  private func exchangers(_ names: [Name], because cause: ConversationID?) async -> Route {
    var found: [Exchanger] = []
    var isUncertain = false
    for name in names.prefix(limits.exchangersMax) {
      for type in [RecordType.aaaa, .a] {
        switch await lookUps(name, type, cause) {
        case .failed: isUncertain = true
        case .noName: break
        case .records(let records):
          for record in records.prefix(limits.recordsMax) {
            guard let address = record.address else { continue }
            found.append(Exchanger(name: "\(name)".trimmedDot, endpoint: Endpoint(address, exchangePort)))
          }
        }
      }
      if found.count >= limits.addressesMax { break }
    }
    if found.isEmpty { return isUncertain ? .unknown(.routeUnknown) : .nowhere(.noAddress) }
    return .exchangers(Array(found.prefix(limits.addressesMax)))
  }
}

extension String {
  /// Without the dot at the end of an absolute name.
  fileprivate var trimmedDot: String { hasSuffix(".") && count > 1 ? String(dropLast()) : self }
}

extension Reply {
  static let noSuchDomain = Reply(550, EnhancedCode(5, 1, 2), "There is no such domain")
  // RFC 7505 §4.2
  static let takesNoMail = Reply(556, EnhancedCode(5, 1, 10), "The domain takes no mail")
  static let comesBack = Reply(554, EnhancedCode(5, 4, 6), "Mail for this domain would come back to us")
  static let noAddress = Reply(550, EnhancedCode(5, 4, 4), "The domain's mail servers have no address")
  static let routeUnknown = Reply(451, EnhancedCode(4, 4, 3), "The name servers of the domain do not answer")
  static let unreachable = Reply(451, EnhancedCode(4, 4, 1), "The mail server does not answer")
  /// RFC 3463 §3.3
  static let mailboxStaysFull = Reply(552, EnhancedCode(5, 2, 2), "The mailbox is full")
  // RFC 6152 §3
  static func notInSevenBits(_ server: String) -> Reply {
    Reply(554, EnhancedCode(5, 6, 3), "\(server) takes seven bits only, and the message cannot be changed without harm")
  }
  /// Our own copy is gone.
  static let contentLost = Reply(554, EnhancedCode(5, 3, 0), "The message was lost here")
  static let expired = Reply(554, EnhancedCode(5, 4, 7), "It was tried for too long")
}
