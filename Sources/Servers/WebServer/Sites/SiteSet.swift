// All sites of one server: which one a request is for. A snapshot that never changes, exchanged as a whole when the settings do.
// Not here: what a site answers (SiteResponder). Read next: WebService.swift, which asks.
import Bytes
import HTTP
import Synchronization

/// The sites of one server, with what each of them keeps in memory.
package final class SiteSet: Sendable {
  /// One site made ready to answer.
  package enum Member: Sendable {
    case files(SiteResponder)
    case application(any Application)
    case proxy(Proxy)
  }

  let members: [Member]
  private let exact: [String: Int]
  /// By what follows the `*`, dot included.
  private let wildcards: [String: Int]
  private let fallback: Int?

  /// Makes a set. `fallback` is the place of the site for requests that name none of them; nil: they are refused with 421.
  package init(_ sites: [Site], fallback: Int? = 0) {
    var exact: [String: Int] = [:]
    var wildcards: [String: Int] = [:]
    members = sites.map { Self.member($0) }
    for (index, site) in sites.enumerated() {
      for name in site.names.map({ $0.lowercased() }) {
        // The first site that claims a name has it.
        if name.hasPrefix("*.") {
          let suffix = String(name.dropFirst())
          if wildcards[suffix] == nil { wildcards[suffix] = index }
        } else if exact[name] == nil {
          exact[name] = index
        }
      }
    }
    self.exact = exact
    self.wildcards = wildcards
    self.fallback = fallback.flatMap { sites.indices.contains($0) ? $0 : nil }
  }

  /// The site ready to answer, behind its front when it has one.
  private static func member(_ site: Site) -> Member {
    let inside: SiteInterior
    switch site.content {
    case .files(let tree):
      let responder = SiteResponder(site, tree: tree)
      inside = site.writing.map { .application(WritableFiles(responder, $0)) } ?? .files(responder)
    case .application(let application): inside = .application(application)
    // A proxy judges for itself who may ask it for what.
    case .proxy(let proxy): return .proxy(proxy)
    }
    if site.redirects.isEmpty, site.protection == nil, site.doors.isEmpty { return inside.member }
    return .application(SiteFront(inside, doors: site.doors, redirects: site.redirects, protection: site.protection))
  }

  /// The site for `host` (lower case, without port): the one with exactly this name, else the longest wildcard, else the fallback.
  package func member(for host: String) -> Member? {
    if let index = exact[host] ?? wildcard(for: host) ?? fallback { return members[index] }
    return nil
  }

  /// Ends what sites hold open beyond their visitors' connections: those of proxies to others.
  package func close() {
    for case .proxy(let proxy) in members { proxy.close() }
  }

  private func wildcard(for host: String) -> Int? {
    guard !wildcards.isEmpty else { return nil }
    var rest = host[...]
    // A host name has at most 127 labels (RFC 1035 §2.3.4), so this ends soon.
    while let dot = rest.firstIndex(of: ".") {
      // `*` stands for at least one label.
      if dot > rest.startIndex, let index = wildcards[String(rest[dot...])] { return index }
      rest = rest[rest.index(after: dot)...]
    }
    return nil
  }
}

/// Whether `host` is one of `names`, which may be wildcards for exactly one label, as in certificates.
// RFC 9525 §6.3: the `*` is the whole leftmost label and stands for one label.
func isCovered(_ host: String, by names: [String]) -> Bool {
  names.contains { pattern in
    let pattern = pattern.lowercased()
    if pattern == host || "[\(pattern)]" == host { return true }
    guard pattern.hasPrefix("*."), let dot = host.firstIndex(of: ".") else { return false }
    return dot > host.startIndex && host[dot...] == pattern.dropFirst()
  }
}

/// Where the current set of sites stands. Connections look here between requests.
package final class SiteSwitch: Sendable {
  private let current: Mutex<SiteSet>
  /// Counts the exchanges, so that a connection sees with one load that nothing has changed.
  private let generation = Atomic<Int>(0)

  package init(_ sites: SiteSet) { current = Mutex(sites) }

  /// Puts `sites` in the place of the former set. Requests already being answered finish with that one.
  package func replace(with sites: SiteSet) {
    current.withLock { $0 = sites }
    generation.add(1, ordering: .releasing)
  }

  /// How often the set was exchanged.
  package var exchanges: Int { generation.load(ordering: .acquiring) }
  package var sites: SiteSet { current.withLock { $0 } }
}
