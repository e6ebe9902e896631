// The YAML form of a world: reads it through Settings, checks that everything named exists, and tells every error with its place.
// Not here: the values themselves (WorldDescription), the built-in world's text (DefaultWorld).
import DNS
import Host
import HTTP
import NameServer
package import Settings
import Transport
import World

extension WorldDescription {
  /// Reads a world from the YAML `text` of `file`.
  package init(file: String, text: String) throws(SettingsProblems) {
    self = try SettingsDocument(file: file, text: text).read { WorldReader(file: file).read($0) }
  }

  /// This world with what the YAML `text`, which stands in `file`, adds: any part of a world's file.
  package func adding(file: String, text: String, at place: TextPlace = .file) throws(SettingsProblems) -> WorldDescription {
    try SettingsDocument(file: file, text: text, at: place).read { WorldReader(file: file, onTopOf: self).read($0) }
  }
}

/// Reads one world. Kept only while reading.
final class WorldReader {
  private let file: String
  var world = WorldDescription()
  private var takenAddresses: [Address: String] = [:]
  /// 127.0.0.1 is the machine itself.
  private var takenPlaces: [Address: String] = [.loopback: "localhost"]

  init(file: String) { self.file = file }

  /// Adds to a world that was read before.
  init(file: String, onTopOf known: WorldDescription) {
    self.file = file
    world = known
    for host in known.hosts {
      for address in host.addresses {
        takenAddresses[address] = host.name
        if let real = AddressPlan(.loopback).address(address) { takenPlaces[real] = host.name }
      }
    }
  }

  func read(_ reader: SettingsReader) -> WorldDescription {
    _ = reader.value("schema", .integer(1...1), default: 1)
    world.title = reader.value("title", .text, default: world.title)
    world.domain = reader.value("domain", .worldName, default: world.domain)
    for entry in reader.entries("nets") { readNet(entry) }
    for entry in reader.entries("hosts") { readHost(entry) }
    let clients = world.hosts(as: .client)
    world.client = reader.item("client").map { existing($0) } ?? (world.client.isEmpty ? clients.first?.name ?? "" : world.client)
    if clients.isEmpty { reader.problem(at: "hosts", "expected at least one host with role client") }
    for item in reader.list("links") { readLink(item) }
    world.keys = ZoneKeys(reader, besides: world.keys)
    for entry in reader.entries("zones") { readZone(entry) }
    for entry in reader.entries("sites") { readSite(entry) }
    for item in reader.list("programs") { readProgram(item) }
    readContentNetwork(reader)
    for entry in reader.entries("resolvers") { readResolver(entry) }
    for entry in reader.entries("clocks") { readClock(entry) }
    for entry in reader.entries("length-conflicts") {
      checkHost(entry)
      if let rule: LengthConflict = entry.value.value(.choice(standIn: .refused)) { world.lengthConflicts[entry.name] = rule }
    }
    for entry in reader.entries("certificates") {
      if !world.sites.contains(where: { $0.name == entry.name }) { entry.value.problem(at: entry.place, "expected the name of a site, found `\(entry.name)`") }
      if let wrong: WrongCertificate = entry.value.value(.choice(standIn: .expired)) { world.wrongCertificates[entry.name] = wrong }
    }
    for entry in reader.entries("newest-tls") {
      checkHost(entry)
      if let version = entry.value.value(.tlsVersion) { world.newestTLS[entry.name] = version }
    }
    for item in reader.list("proxies") { readProxy(item) }
    for entry in reader.entries("mail") { readMail(entry) }
    for entry in reader.entries("ftp") { readFileServer(entry) }
    for entry in reader.entries("registrars") { readRegistrar(entry) }
    for entry in reader.entries("torrents") { if let swarm = SwarmDescription(entry, hosts: world.hosts.map(\.name)) { world.swarms.append(swarm) } }
    for entry in reader.entries("trackers") { readTracker(entry) }
    for entry in reader.entries("dht") { readNode(entry) }
    checkZones(reader)
    return world
  }

  /// The name of a host, which must exist.
  func existing(_ item: SettingsItem) -> String {
    guard let name = item.value(.text) else { return "" }
    let names = world.hosts.map(\.name)
    if !names.contains(name) {
      let near = NearestWord.of(name, among: names)
      item.problem("expected the name of a host, found `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
    return name
  }

  private func existing(_ items: [SettingsItem]) -> [String] { items.map { existing($0) } }

  // MARK: Nets, hosts, links

  private func readNet(_ entry: SettingsEntry) {
    let net = entry.value.mapping { reader in
      NetDescription(
        name: entry.name, prefixes: reader.list("prefixes", .prefix), attachment: LinkChange(reader), insideDelay: reader.optional("inside", .duration))
    }
    if let net { world.nets.append(net) }
  }

  private func readHost(_ entry: SettingsEntry) {
    if !DomainName.isValid(entry.name) { entry.value.problem(at: entry.place, "expected a host's name in small letters, found `\(entry.name)`") }
    let host = entry.value.mapping { reader in
      HostDescription(
        name: entry.name, role: reader.value("role", .choice(standIn: .server), default: .server), addresses: addresses(reader, entry.name),
        net: "", attachment: reader.mapping("attachment") { LinkChange($0) } ?? LinkChange(), guards: reader.mapping("dns") { AnswerGuardSettings($0) },
        resolving: reader.mapping("resolver") { ResolvingSettings($0) } ?? ResolvingSettings(),
        clock: reader.mapping("clock") { HostClock($0) } ?? HostClock())
    }
    guard var host else { return }
    let name = world.domainName(of: host)
    if !DomainName.isReserved(name) {
      entry.value.problem(at: entry.place, "expected a name below test, example, invalid or arpa, so that it exists nowhere else, found `\(name)`")
    }
    host.net = world.nets.first { net in host.addresses.contains { address in net.prefixes.contains { $0.contains(address) } } }?.name ?? ""
    world.hosts.append(host)
  }

  private func addresses(_ reader: SettingsReader, _ host: String) -> [Address] {
    let items = reader.list("addresses")
    if items.isEmpty { reader.problem(at: "addresses", "expected at least one address for host `\(host)`") }
    return items.compactMap { item in
      guard let address = item.value(.address) else { return nil }
      if !ReservedAddresses.contains(address) {
        item.problem("expected an address reserved for documentation or private use, found \(address)")
      } else if !world.nets.contains(where: { net in net.prefixes.contains { $0.contains(address) } }) {
        item.problem("expected an address of one of the nets, found \(address)")
      } else if let owner = takenAddresses[address] {
        item.problem("\(address) is already the address of host `\(owner)`")
      } else if let real = AddressPlan(.loopback).address(address), let owner = takenPlaces[real] {
        item.problem("\(address) and an address of host `\(owner)` would both be found at \(real) outside a namespace")
      }
      takenAddresses[address] = host
      if let real = AddressPlan(.loopback).address(address) { takenPlaces[real] = host }
      return address
    }
  }

  private func readLink(_ item: SettingsItem) {
    let link = item.mapping { reader in
      let ends = reader.list("between")
      if ends.count != 2 { reader.problem(at: "between", "expected the names of two hosts") }
      let names = existing(ends)
      return LinkDescription(first: names.first ?? "", second: names.last ?? "", change: LinkChange(reader))
    }
    if let link { world.links.append(link) }
  }

  // MARK: Zones, sites, programs

  private func readZone(_ entry: SettingsEntry) {
    if entry.name != "." {
      if !DomainName.isValid(entry.name) { entry.value.problem(at: entry.place, "expected a zone's name in small letters, found `\(entry.name)`") }
      else if !DomainName.isReserved(entry.name) {
        entry.value.problem(at: entry.place, "expected a zone below test, example, invalid or arpa, so that it exists nowhere else, found `\(entry.name)`")
      }
    }
    let zone = entry.value.mapping { reader in
      let servers = existing(reader.list("served-by"))
      if servers.isEmpty { reader.problem(at: "served-by", "expected at least one host that serves zone `\(entry.name)`") }
      let text = reader.optional("records", .text)
      let file = reader.optional("file", .text)
      if text != nil, file != nil { reader.problem(at: "file", "expected either `records` or `file`, found both") }
      var zone = ZoneDescription(
        origin: entry.name, servers: servers, timeToLive: reader.value("ttl", .integer(0...2_147_483_647), default: 3_600),
        serial: reader.value("serial", .integer(0...4_294_967_295), default: 1), records: file.map { .file($0) } ?? .text(text ?? ""),
        place: RecordsPlace(file: self.file, reader, key: "records"))
      zone.rights.transfer = ZoneSettings.grants(reader, "transfer-to", world.keys)
      zone.rights.update = ZoneSettings.grants(reader, "update-by", world.keys)
      zone.copyKey = key(reader, "copy-key")
      if servers.count < 2, zone.copyKey != nil { reader.problem(at: "copy-key", "expected at least two servers, of which the others copy the first") }
      return zone
    }
    if let zone { world.zones.append(zone) }
  }

  /// The key that `key` names.
  private func key(_ reader: SettingsReader, _ key: String) -> TransactionKey? {
    guard let name = reader.optional(key, .text) else { return nil }
    let found = (try? Name(name)).flatMap { world.keys[$0] }
    if found == nil { reader.problem(at: key, "no key `\(name)` under `keys`") }
    return found
  }

  private func readRegistrar(_ entry: SettingsEntry) {
    if !DomainName.isValid(entry.name) || !DomainName.isReserved(entry.name) {
      entry.value.problem(at: entry.place, "expected a site's name below test, example or invalid, in small letters, found `\(entry.name)`")
    }
    if world.sites.contains(where: { $0.allNames.contains(entry.name) }) { entry.value.problem(at: entry.place, "there is a site called `\(entry.name)` already") }
    let registrar = entry.value.mapping { reader -> RegistrarDescription? in
      let zone = reader.required("zone", .text)
      if !world.zones.contains(where: { $0.origin == zone }) { reader.problem(at: "zone", "expected a zone of `zones`, found `\(zone)`") }
      let host = reader.item("host").map { existing($0) } ?? reader.required("host", .text)
      if reader.item("key") == nil { reader.problem(at: "key", "expected key `key` with the name of one of `keys`, which is missing") }
      return key(reader, "key").map { RegistrarDescription(name: entry.name, host: host, zone: zone, key: $0) }
    }
    if let registrar, let registrar { world.registrars.append(registrar) }
  }

  private func readSite(_ entry: SettingsEntry) {
    let site = entry.value.mapping { reader in
      var host = reader.item("host").map { existing($0) }
      if host == nil {
        host = world.hosts.first { world.domainName(of: $0) == entry.name }?.name
        if host == nil { reader.problem(at: "host", "expected key `host` with the name of a host, since none is called `\(entry.name)`") }
      }
      let folder = reader.optional("folder", .text)
      let files = reader.entries("files").compactMap { readFile($0) }
      let video = reader.mapping("video") { $0.value("segments", .integer(1...300), default: 15) }
      if video != nil, folder != nil || !files.isEmpty { reader.problem(at: "video", "expected one of `files`, `folder` and `video`, found more") }
      if folder != nil, !files.isEmpty { reader.problem(at: "folder", "expected either `files` or `folder`, found both") }
      let access = SiteAccess(reader)
      if access.application != nil, folder != nil || video != nil || !files.isEmpty {
        reader.problem(at: "application", "expected one of `application`, `files`, `folder` and `video`, found more")
      }
      if !access.writable.isEmpty, folder == nil { reader.problem(at: "write", "expected `folder` beside `write`, for files in the world's file stay as they are") }
      return SiteDescription(
        name: entry.name, host: host ?? "", names: reader.list("names", .worldName), aliases: reader.list("aliases", .worldName),
        content: video.map { .video(segmentCount: $0) } ?? folder.map { .folder($0) } ?? .files(files), access: access,
        maxAge: reader.optional("max-age", .duration))
    }
    if let site { world.sites.append(site) }
  }

  /// `/path: text`, or `/path: {text: …, repeat: 100, age: 3d}`.
  private func readFile(_ entry: SettingsEntry) -> SiteFile? {
    if !entry.name.hasPrefix("/") || entry.name.split(separator: "/").contains("..") {
      entry.value.problem(at: entry.place, "expected a path that begins with `/`, without `..`, found `\(entry.name)`")
    }
    guard entry.value.shape == .mapping else {
      return entry.value.value(.text).map { SiteFile(path: entry.name, text: $0, repetitions: 1) }
    }
    return entry.value.mapping { reader in
      SiteFile(
        path: entry.name, text: reader.required("text", .text), repetitions: reader.value("repeat", .integer(1...10_000), default: 1),
        age: reader.value("age", .duration, default: .zero))
    }
  }

  private func readProxy(_ item: SettingsItem) {
    let proxy = item.mapping { reader in
      let ports = reader.list("tunnel-ports", .integer(1...65_535))
      return ProxyDescription(
        host: reader.item("host").map { existing($0) } ?? reader.required("host", .text), port: UInt16(reader.value("port", .integer(1...65_535), default: 3_128)),
        clients: reader.list("clients", .prefix), cacheBytesMax: reader.value("cache", .size, default: 67_108_864), tunnelPorts: ports.isEmpty ? [443] : ports)
    }
    guard let proxy else { return }
    if world.proxies.contains(where: { $0.host == proxy.host && $0.port == proxy.port })
      || world.programs.contains(where: { $0.host == proxy.host && $0.port == proxy.port && !$0.kind.isDatagram })
    {
      item.problem("expected a free port, TCP port \(proxy.port) of host `\(proxy.host)` is taken")
    }
    world.proxies.append(proxy)
  }

  private func readMail(_ entry: SettingsEntry) {
    if !DomainName.isValid(entry.name) || !DomainName.isReserved(entry.name) {
      entry.value.problem(at: entry.place, "expected a domain below test, example or invalid, in small letters, found `\(entry.name)`")
    }
    let mail = entry.value.mapping { reader in
      let host = reader.item("host").map { existing($0) } ?? reader.required("host", .text)
      var settings = MailSettings(reader)
      settings.name = settings.name ?? world.host(host).map { world.domainName(of: $0) }
      return MailDescription(domain: entry.name, host: host, settings: settings, preference: reader.value("preference", .integer(0...65_535), default: 10))
    }
    guard let mail else { return }
    if world.mail.contains(where: { $0.host == mail.host }) {
      entry.value.problem(at: entry.place, "host `\(mail.host)` takes the mail of another domain already")
    }
    world.mail.append(mail)
  }

  private func readFileServer(_ entry: SettingsEntry) {
    checkHost(entry)
    let server = entry.value.mapping { reader in
      let writers = reader.list("write", .text)
      let users = reader.entries("users").compactMap { entry in
        entry.value.value(.passwordHash).map { FileServerDescription.User(name: entry.name, hash: $0, mayWrite: writers.contains(entry.name)) }
      }
      for name in writers where !users.contains(where: { $0.name == name }) { reader.problem(at: "write", "expected a name of `users`, found `\(name)`") }
      return FileServerDescription(
        host: entry.name, isOpen: reader.value("anonymous", .boolean, default: true), users: users,
        content: reader.entries("files").compactMap { readFile($0) }, room: reader.value("room", .size, default: 1_048_576))
    }
    if let server { world.files.append(server) }
  }

  /// An entry's key must be the name of a host.
  func checkHost(_ entry: SettingsEntry) {
    guard !world.hosts.contains(where: { $0.name == entry.name }) else { return }
    let near = NearestWord.of(entry.name, among: world.hosts.map(\.name))
    entry.value.problem(at: entry.place, "expected the name of a host, found `\(entry.name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
  }

  private func readTracker(_ entry: SettingsEntry) {
    checkHost(entry)
    let tracker = entry.value.mapping { TrackerDescription(host: entry.name, interval: $0.value("interval", .duration, default: .seconds(1_200))) }
    if let tracker { world.trackers.append(tracker) }
  }

  private func readNode(_ entry: SettingsEntry) {
    checkHost(entry)
    let node = entry.value.mapping { NodeDescription(host: entry.name, isGuarded: $0.value("guarded", .boolean, default: false)) }
    if let node { world.nodes.append(node) }
  }

  private func readProgram(_ item: SettingsItem) {
    let program = item.mapping { reader in
      ProgramDescription(
        host: reader.item("host").map { existing($0) } ?? reader.required("host", .text),
        kind: reader.required("program", .choice(standIn: .ping)), port: UInt16(reader.required("port", .integer(1...65_535))),
        loss: reader.value("loss", .share, default: 0))
    }
    guard let program else { return }
    if world.programs.contains(where: { $0.host == program.host && $0.port == program.port && $0.kind.isDatagram == program.kind.isDatagram }) {
      item.problem("expected a free port, \(program.kind.isDatagram ? "UDP" : "TCP") port \(program.port) of host `\(program.host)` is taken")
    }
    world.programs.append(program)
  }

  /// Zones need a root to hang from; hosts, sites and pointers need a zone to stand in.
  private func checkZones(_ reader: SettingsReader) {
    guard !world.zones.isEmpty else { return }
    if !world.zones.contains(where: { $0.origin == "." }) { reader.problem(at: "zones", "expected a root zone, `.`, among the zones") }
    if !world.zones.contains(where: { $0.origin == world.domain }) {
      reader.problem(at: "zones", "expected zone `\(world.domain)`, in which the hosts with short names stand")
    }
  }
}

extension ResolvingSettings {
  init(_ reader: SettingsReader) {
    clients = reader.list("allow-recursion", .prefix)
    sendsCookies = reader.value("send-cookie", .boolean, default: false)
    mixesCase = reader.value("use-caps-for-id", .boolean, default: false)
    sourcePort = reader.optional("query-source-port", .integer(1_024...65_535)).map { UInt16(clamping: $0) }
    countsIdentifiers = reader.value("predictable-ids", .boolean, default: false)
    waitsOn = reader.value("ignores-forgeries", .boolean, default: false)
    care = ResolverCare(reader)
  }
}

extension SettingsForm where Value == String {
  /// A domain name of small letters, digits and hyphens.
  static var worldName: Self { Self(expected: "a domain name in small letters", standIn: "") { DomainName.isValid($0) ? $0 : nil } }
}

extension SettingsForm where Value == TLSVersion {
  /// A version of TLS.
  static var tlsVersion: Self { Self(expected: "a version of TLS: 1.0, 1.1, 1.2 or 1.3", standIn: .v1_3) { TLSVersion($0) } }
}

extension SettingsForm where Value == AddressPrefix {
  /// A range of addresses.
  static var prefix: Self {
    Self(expected: "a range of addresses such as 192.0.2.0/24", standIn: AddressPrefix(address: .any, length: 32)) { AddressPrefix($0) }
  }
}

/// The names a world may use.
enum DomainName {
  /// RFC 1123 §2.1: letters, digits, hyphens inside; here in small letters.
  static func isValid(_ name: String) -> Bool {
    name.utf8.count <= 253 && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
        && label.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
    }
  }

  /// RFC 2606 §2 and §3, RFC 6761: names that nobody can own.
  static func isReserved(_ name: String) -> Bool {
    ["test", "example", "invalid", "arpa", "example.com", "example.net", "example.org"].contains { ZoneText.name(name, isIn: $0) }
  }
}

/// The addresses a world may use: RFC 5737, RFC 3849, RFC 1918, RFC 2544, RFC 6598.
enum ReservedAddresses {
  static let prefixes = [
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "100.64.0.0/10",
    "2001:db8::/32",
  ].compactMap { AddressPrefix($0) }

  static func contains(_ address: Address) -> Bool { prefixes.contains { $0.contains(address) } }
}

extension LinkChange {
  /// What a mapping of settings says about an attachment or a link.
  init(_ reader: SettingsReader) {
    delay = reader.optional("delay", .duration)
    jitter = reader.optional("jitter", .duration)
    loss = reader.optional("loss", .share)
    duplicated = reader.optional("duplicated", .share)
    reordered = reader.optional("reordered", .share)
    rateDown = reader.optional("rate-down", .rate)
    rateUp = reader.optional("rate-up", .rate)
    queueBytesMax = reader.optional("queue", .size)
    packetBytesMax = reader.optional("packet", .size)
    isCut = reader.optional("cut", .boolean)
  }
}
