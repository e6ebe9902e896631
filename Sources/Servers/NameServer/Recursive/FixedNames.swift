// Names that are never asked of anybody: their answers are fixed by document (RFC 6761), and types that no question may have.
import DNS
import World

extension Resolver {
  /// The answer that does not depend on any server; nil: it does.
  static func fixed(_ question: Question) -> ResolverAnswer? {
    guard question.class == .internet else {
      return ResolverAnswer(.refused, failure: Failure(.notSupported, "only the class IN is resolved"))
    }
    switch question.type {
    // RFC 8482 §4.2: nobody needs everything at once, except who floods others with it.
    case .any:
      return ResolverAnswer(.noError, answers: [
        ResourceRecord(question.name, ttl: 3_789, .hinfo(cpu: Array("RFC8482".utf8), system: []))
      ])
    case .axfr, .ixfr: return ResolverAnswer(.refused, failure: Failure(.notSupported, "a resolver has no zones to transfer"))
    case .opt, .tsig: return ResolverAnswer(.formatError)
    default: break
    }
    // RFC 6761 §6.3.
    if local.contains(where: { question.name.isSubdomain(of: $0) }) {
      switch question.type {
      case .a: return ResolverAnswer(.noError, answers: [ResourceRecord(question.name, ttl: 3_600, RecordData(.loopback))])
      case .aaaa: return ResolverAnswer(.noError, answers: [ResourceRecord(question.name, ttl: 3_600, RecordData(.loopback6))])
      default: return ResolverAnswer(.noError)
      }
    }
    return nowhere.contains { question.name.isSubdomain(of: $0) } ? ResolverAnswer(.noSuchName) : nil
  }

  private static let local = ["localhost"].compactMap { try? Name($0) }
  // RFC 6761 §6.4, RFC 7686 §2.
  private static let nowhere = ["invalid", "onion"].compactMap { try? Name($0) }
}
