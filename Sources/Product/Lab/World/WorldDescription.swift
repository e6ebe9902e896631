// What a lab's world consists of, as plain values: hosts, links, zones, sites, socket programs.
// Not here: its YAML form (WorldReader), what follows from it (ZoneText, LinkQuality.path), running it.
package import Accounts
package import DNS
package import Host
package import HTTP
package import NameServer
package import Transport
package import World

/// A whole world. Everything in it stands in the order of the file.
package struct WorldDescription: Sendable, Equatable {
  package var title: String
  /// The zone in which hosts with a one-word name get theirs: host `pc` is `pc.test`.
  package var domain: String
  /// The host as which the learner's programs speak.
  package var client: String
  package var nets: [NetDescription] = []
  package var hosts: [HostDescription] = []
  package var links: [LinkDescription] = []
  package var zones: [ZoneDescription] = []
  /// Keys shared between name servers, and with those who change zones.
  package var keys = ZoneKeys()
  package var registrars: [RegistrarDescription] = []
  package var sites: [SiteDescription] = []
  package var programs: [ProgramDescription] = []
  package var edges: [EdgeDescription] = []
  package var nearness: [NearnessDescription] = []
  package var steering: [SteeringDescription] = []
  package var proxies: [ProxyDescription] = []
  /// What web servers and proxies do with a request that gives both a length and a coding; those not named refuse it.
  package var lengthConflicts: [String: LengthConflict] = [:]
  /// Sites whose certificates are wrong on purpose, by their first names.
  package var wrongCertificates: [String: WrongCertificate] = [:]
  /// The newest version of TLS that a host's web server speaks; those not named speak all there are.
  package var newestTLS: [String: TLSVersion] = [:]
  package var mail: [MailDescription] = []
  package var files: [FileServerDescription] = []
  package var swarms: [SwarmDescription] = []
  package var trackers: [TrackerDescription] = []
  package var nodes: [NodeDescription] = []

  package init(title: String = "", domain: String = "test", client: String = "") {
    self.title = title
    self.domain = domain
    self.client = client
  }

  /// The host with this name.
  package func host(_ name: String) -> HostDescription? { hosts.first { $0.name == name } }

  /// The host's name in the DNS, without a dot at the end.
  package func domainName(of host: HostDescription) -> String { host.name.contains(".") ? host.name : "\(host.name).\(domain)" }

  /// The host that has this address.
  package func host(at address: Address) -> HostDescription? { hosts.first { $0.addresses.contains(address) } }

  /// The hosts of one role.
  package func hosts(as role: HostDescription.Role) -> [HostDescription] { hosts.filter { $0.role == role } }

  /// How the web servers and proxies of a host read.
  func readingLimits(of host: String) -> HTTP.Limits {
    var limits = HTTP.Limits()
    limits.lengthConflict = lengthConflicts[host] ?? .refused
    return limits
  }

  /// Where a resolver starts: the servers of the root zone.
  package var rootServers: [HostDescription] { zones.first { $0.origin == "." }.map { $0.servers.compactMap { host($0) } } ?? [] }
}

/// A host.
package struct HostDescription: Sendable, Equatable {
  /// `pc`, or a whole domain name: `www.garnet.test`.
  package var name: String
  package var role: Role
  package var addresses: [Address]
  /// The net it is in, by name.
  package var net: String
  /// What differs between its attachment and its net's.
  package var attachment: LinkChange
  /// What guards its name server; nil: nothing.
  package var guards: AnswerGuardSettings?
  /// How it resolves names for others.
  package var resolving = ResolvingSettings()
  /// What its clock says, in virtual time. On real sockets every host has the machine's.
  package var clock: HostClock

  package enum Role: String, Sendable, CaseIterable {
    /// It serves zones, sites or programs.
    case server
    /// It answers everybody's questions about names by asking others.
    case resolver
    /// Nothing runs there but what the learner starts.
    case client
  }

  package init(
    name: String, role: Role = .server, addresses: [Address], net: String, attachment: LinkChange = LinkChange(),
    guards: AnswerGuardSettings? = nil, resolving: ResolvingSettings = ResolvingSettings(), clock: HostClock = HostClock()
  ) {
    self.clock = clock
    self.guards = guards
    self.resolving = resolving
    self.name = name
    self.role = role
    self.addresses = addresses
    self.net = net
    self.attachment = attachment
  }
}

/// How a resolver of a world is set up, in the words of BIND and Unbound.
package struct ResolvingSettings: Sendable, Equatable {
  /// Who is answered; empty: everybody.
  package var clients: [AddressPrefix] = []
  package var sendsCookies = false
  /// Whether letters go out in mixed case, for the answer to repeat.
  package var mixesCase = false
  /// The port all questions are sent from; nil: another one for each.
  package var sourcePort: UInt16?
  /// Whether identifiers follow one another, as they did thirty years ago.
  package var countsIdentifiers = false
  /// Whether a wrong answer is left aside and the right one waited for; otherwise it is asked again over TCP.
  package var waitsOn = false
  package var care = ResolverCare()

  package init() {}
}

/// A net: a range of addresses, and how hosts are attached to it.
package struct NetDescription: Sendable, Equatable {
  package var name: String
  package var prefixes: [AddressPrefix]
  package var attachment: LinkChange
  /// The delay between two hosts of this net, which need not leave it; nil: that of both their attachments.
  package var insideDelay: Duration?
}

/// A link between two hosts that differs from what their attachments make it, in both directions.
package struct LinkDescription: Sendable, Equatable {
  package var first: String
  package var second: String
  package var change: LinkChange
}

/// A zone: its name, its servers, and its records beyond those that follow from the world (SOA, NS, glue, addresses, pointers).
package struct ZoneDescription: Sendable, Equatable {
  /// Without a dot at the end; the root is `.`.
  package var origin: String
  package var servers: [String]
  /// Unit: seconds.
  package var timeToLive: Int
  package var serial: Int
  package var records: Source
  /// Where records that stand in the world's own file begin.
  package var place: RecordsPlace?
  /// Who may copy and change it, beside its own servers.
  package var rights = ZoneRights()
  /// The key with which the other servers copy it from the first one; nil: all of them have it from the world's file.
  package var copyKey: TransactionKey?
  /// Whether the zone above knows it. One that it does not know is there for whoever asks its servers.
  package var isDelegated = true

  /// Whether it is more than a file that everybody may ask about.
  package var isShared: Bool { copyKey != nil || rights != ZoneRights() }

  package enum Source: Sendable, Equatable {
    /// The text of a master file (RFC 1035 §5), which may be empty.
    case text(String)
    /// A master file, relative to the world's file.
    case file(String)
  }
}

/// A web site.
package struct SiteDescription: Sendable, Equatable {
  /// Its first name.
  package var name: String
  package var host: String
  /// More names with address records of their own.
  package var names: [String]
  /// Names that are CNAMEs of the first.
  package var aliases: [String]
  package var content: Content
  /// What runs in it, who may enter, what moved.
  package var access = SiteAccess()
  /// How long caches may use its answers, as Cache-Control says it; nil: it says nothing.
  package var maxAge: Duration?

  package enum Content: Sendable, Equatable {
    case files([SiteFile])
    /// A folder, relative to the world's file.
    case folder(String)
    /// A clip made by computation, with the page that plays it.
    case video(segmentCount: Int)
  }

  /// Every name it answers to.
  package var allNames: [String] { [name] + names + aliases }
}

/// A file of a site, written in the world's file.
package struct SiteFile: Sendable, Equatable {
  /// Begins with `/`.
  package var path: String
  package var text: String
  /// The text is repeated this often, `{n}` replaced by the count; 1: as it stands.
  package var repetitions: Int
  /// How long ago it was last changed when the world begins.
  package var age = Duration.zero

  /// What is served.
  package var body: String {
    if repetitions == 1 { return text }
    let parts = text.split(separator: "{n}", omittingEmptySubsequences: false)
    return (1...max(1, repetitions)).map { parts.joined(separator: String($0)) }.joined()
  }
}

/// A site at which names of a zone are registered.
package struct RegistrarDescription: Sendable, Equatable {
  /// The site's name.
  package var name: String
  package var host: String
  /// The zone whose names it sells; its first server is told of each.
  package var zone: String
  package var key: TransactionKey
}

/// A forward proxy between the clients of a net and the rest of the world.
package struct ProxyDescription: Sendable, Equatable {
  package var host: String
  package var port: UInt16
  /// Who may use it; empty: whoever is in its own net.
  package var clients: [AddressPrefix]
  /// Unit: bytes. Zero: it keeps nothing.
  package var cacheBytesMax: Int
  /// Ports that tunnels may lead to.
  package var tunnelPorts: [Int]
}

/// The mail of a domain.
package struct MailDescription: Sendable, Equatable {
  package var domain: String
  /// The host whose server takes it.
  package var host: String
  package var settings: MailSettings
  /// How much the domain's exchangers are preferred over those its zone names besides; the smaller the more.
  package var preference: Int
}

/// A file server, with its files in memory.
package struct FileServerDescription: Sendable, Equatable {
  package var host: String
  /// Whether anybody may read.
  package var isOpen: Bool
  package var users: [User]
  package var content: [SiteFile]
  /// Most that all its files hold. Unit: bytes. Past it: uploads are refused.
  package var room: Int

  package struct User: Sendable, Equatable {
    package var name: String
    package var hash: PasswordHash
    package var mayWrite: Bool
  }
}

/// A BitTorrent tracker that serves any torrent.
package struct TrackerDescription: Sendable, Equatable {
  package var host: String
  /// How often a peer is to announce itself.
  package var interval: Duration
}

/// A node of BitTorrent's hash table, which also keeps blocks of the GNU Name System.
package struct NodeDescription: Sendable, Equatable {
  package var host: String
  /// Whether it leaves out nodes whose id does not belong to their address, and takes one node of a network.
  package var isGuarded: Bool
}

/// A socket program.
package struct ProgramDescription: Sendable, Equatable {
  package var host: String
  package var kind: Kind
  package var port: UInt16
  /// The share of datagrams it loses on purpose. From 0 to 1.
  package var loss: Double

  package enum Kind: String, Sendable, CaseIterable {
    /// Upper case over TCP, one client after the other.
    case uppercaseIterative = "uppercase-iterative"
    /// Upper case over TCP, all clients at once.
    case uppercaseConcurrent = "uppercase-concurrent"
    /// Upper case over UDP.
    case uppercaseDatagram = "uppercase-datagram"
    /// Answers UDP pings, save those it loses.
    case ping

    package var isDatagram: Bool { self == .uppercaseDatagram || self == .ping }
  }
}

/// A range of addresses.
package struct AddressPrefix: Sendable, Equatable, CustomStringConvertible {
  package var address: Address
  /// Unit: bits, 0 to 32 or 128.
  package var length: Int

  init(address: Address, length: Int) {
    self.address = address
    self.length = length
  }

  /// `192.0.2.0/24`, `2001:db8:2::/48`; nil for anything else, also when bits are set after the prefix.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = Address(parts[0]), let length = Int(parts[1]), (0...address.bytes.count * 8).contains(length)
    else { return nil }
    self.address = address
    self.length = length
    guard AddressPrefix.masked(address, length) == address.bytes else { return nil }
  }

  package func contains(_ other: Address) -> Bool {
    other.bytes.count == address.bytes.count && AddressPrefix.masked(other, length) == address.bytes
  }

  package var description: String { "\(address)/\(length)" }

  private static func masked(_ address: Address, _ length: Int) -> [UInt8] {
    address.bytes.enumerated().map { index, byte in
      let kept = min(8, max(0, length - index * 8))
      return kept == 0 ? 0 : byte & (0xFF << (8 - kept))
    }
  }
}
