// What a server's response means for the question, and what of it may be believed: only what was asked for, only from inside the zone
// that this server was asked about. Everything else in the message is ignored, whatever it says.
// Not here: asking and keeping (Resolution.swift).
import DNS
import World

/// A response understood.
enum ResponseMeaning: Sendable, Hashable {
  /// The chain that led there, if any, and the records asked for.
  case records(chain: [ResourceRecord], [ResourceRecord])
  /// The chain leads to this name, about which the response says nothing we may believe.
  case alias(chain: [ResourceRecord], Name)
  /// The last name of the chain has no such records.
  case noData(chain: [ResourceRecord], Name, soa: ResourceRecord?)
  /// The last name of the chain does not exist.
  case noName(chain: [ResourceRecord], Name, soa: ResourceRecord?)
  /// Somebody further down is to be asked.
  case referral(Delegation, ttl: UInt32)
  /// No help: why, in a few words.
  case useless(String)
}

extension ResponseMeaning {
  /// The meaning of `response` to a question for `name` and `type` that was put to a server of `zone`.
  init(_ response: Message, name: Name, type: RecordType, zone: Name, limits: Limits) {
    guard [.noError, .noSuchName, .nameExists].contains(response.responseCode) else {
      self = .useless("\(response.responseCode)")
      return
    }
    // Outside its zone a server's word counts for nothing.
    let answers = response.answers.filter { $0.class == .internet && $0.name.isSubdomain(of: zone) }
    var chain: [ResourceRecord] = []
    var current = name
    while true {
      let found = answers.filter { $0.name == current && $0.type == type }
      if !found.isEmpty {
        self = response.flags.isAuthoritative ? .records(chain: chain, found) : .useless("answers without authority")
        return
      }
      guard type != .cname, let link = Self.link(from: current, in: answers) else { break }
      chain += link.records
      guard !chain.contains(where: { $0.type == .cname && $0.name == link.target }), chain.count <= 2 * limits.chainMax else {
        self = .useless("a chain of aliases that never ends")
        return
      }
      current = link.target
      if !current.isSubdomain(of: zone) { break }
    }
    self = Self.withoutData(response, chain, current, zone: zone, limits)
  }

  /// The step an alias or a redirection takes from `name`.
  private static func link(from name: Name, in answers: [ResourceRecord]) -> (records: [ResourceRecord], target: Name)? {
    let redirection = answers.first { $0.type == .dname && $0.name != name && name.isSubdomain(of: $0.name) }
    if let redirection, let base = redirection.data.target, let target = name.replacing(suffix: redirection.name, with: base) {
      // RFC 6672 §3.1: the CNAME that belongs to a DNAME follows from it; what the server wrote there does not matter.
      return ([redirection, ResourceRecord(name, ttl: redirection.ttl, .cname(target))], target)
    }
    guard let alias = answers.first(where: { $0.name == name && $0.type == .cname }), let target = alias.data.target else { return nil }
    return ([alias], target)
  }

  private static func withoutData(
    _ response: Message, _ chain: [ResourceRecord], _ name: Name, zone: Name, _ limits: Limits
  ) -> ResponseMeaning {
    let isOurs = name.isSubdomain(of: zone)
    let soa = response.authorities.first { $0.type == .soa && $0.name.isSubdomain(of: zone) && name.isSubdomain(of: $0.name) }
    let isNegative = response.flags.isAuthoritative && isOurs
    if response.responseCode == .nameExists, chain.isEmpty { return .useless("YXDOMAIN without a redirection") }
    if isNegative, response.responseCode == .noSuchName, chain.isEmpty || soa != nil { return .noName(chain: chain, name, soa: soa) }
    if isNegative, response.responseCode == .noError, soa != nil { return .noData(chain: chain, name, soa: soa) }
    if !chain.isEmpty {
      return response.flags.isAuthoritative ? .alias(chain: chain, name) : .useless("answers without authority")
    }
    if response.responseCode == .noError, let (delegation, ttl) = referral(response, name, zone, limits) {
      return .referral(delegation, ttl: ttl)
    }
    if isNegative, response.responseCode == .noError, !response.authorities.contains(where: { $0.type == .ns }) {
      return .noData(chain: [], name, soa: nil)
    }
    return .useless(response.flags.isAuthoritative ? "an answer that says nothing" : "neither an answer nor a referral downwards (lame)")
  }

  /// RFC 1034 §5.3.3 step 4b: the servers of a zone nearer to the name than this one, with the addresses this zone may give for them.
  private static func referral(
    _ response: Message, _ name: Name, _ zone: Name, _ limits: Limits
  ) -> (Delegation, UInt32)? {
    let servers = response.authorities.filter {
      $0.type == .ns && $0.class == .internet && $0.name != zone && $0.name.isSubdomain(of: zone) && name.isSubdomain(of: $0.name)
    }
    guard let deepest = servers.max(by: { $0.name.labelCount < $1.name.labelCount })?.name else { return nil }
    let own = servers.filter { $0.name == deepest }
    var ttl = own.map(\.ttl).min() ?? 0
    var delegation = Delegation(zone: deepest, servers: [])
    for server in own.prefix(limits.delegationServersMax) {
      guard let target = server.data.target, !delegation.servers.contains(where: { $0.name == target }) else { continue }
      let glue = response.additionals.filter { $0.name == target && $0.class == .internet && $0.name.isSubdomain(of: zone) }
      let addresses = glue.prefix(limits.serverAddressesMax).compactMap { record -> Address? in
        guard let address = record.data.address, address.isUsableServer else { return nil }
        ttl = min(ttl, record.ttl)
        return address
      }
      delegation.servers.append(Delegation.Server(target, addresses))
    }
    return (delegation, ttl)
  }
}

extension Address {
  /// Whether a server may be there at all: not at "any address", not at a group's.
  var isUsableServer: Bool {
    switch self {
    case .v4(let value): value >> 24 != 0 && value >> 28 < 14
    case .v6(let high, let low): (high, low) != (0, 0) && high >> 56 != 0xFF
    }
  }
}
