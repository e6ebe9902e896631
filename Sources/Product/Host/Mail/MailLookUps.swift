// The mail server's questions about names, asked of a resolver.
// Not here: what is asked (MailServer, Mail/SPF, Mail/DKIM), resolving (NameServer).
package import DNS
import Mail
package import MailServer
import Synchronization
import Trace
package import World

/// Asks a resolver for the mail server.
package enum MailLookUps {
  /// Look-ups at `resolver`, through `client`; nil: nobody to ask, so nothing is known. Names below `ownDomain` are asked of `ownServer`.
  package static func through(
    _ client: NameClient, resolver: @escaping @Sendable () -> Endpoint?, own: (domain: Name, server: Endpoint)? = nil, chance: SeededRandom
  ) -> LookUps {
    let numbers = Mutex(chance)
    return { name, type, cause in
      let isOwn = own.map { name.isSubdomain(of: $0.domain) } ?? false
      guard let server = isOwn ? own?.server : resolver() else { return .failed }
      let id = numbers.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) }
      guard case .answered(let answer) = await client.ask(.query(name, type, id: id), server, because: cause) else { return .failed }
      switch answer.message.responseCode {
      case .noError: return .records(answer.message.answers.map(\.data).filter { $0.type == type })
      case .noSuchName: return .noName
      default: return .failed
      }
    }
  }
}
