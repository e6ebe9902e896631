// The world's file: the built-in one is whole, errors are told with their places, zones of parents and children agree.
import DNS
@testable import Lab
import Host
import Settings
import TestKit
import Testing
import Transport
import World

@Suite("The world")
struct WorldTests {
  /// The built-in world.
  static func builtIn() throws -> WorldDescription { try WorldDescription(file: DefaultWorld.name, text: DefaultWorld.text) }

  @Test("the built-in world is read without a problem, and has what the lessons need")
  func isWhole() throws {
    let world = try Self.builtIn()
    #expect(world.client == "pc")
    #expect(world.hosts(as: .client).map(\.name) == ["pc", "pc2", "phone", "rogue", "pc-america", "pc2-america", "pc-asia", "pc2-asia"])
    #expect(world.hosts(as: .resolver).map(\.name) == ["resolver", "resolver-old", "resolver-careful", "resolver-america", "resolver-asia"])
    #expect(world.resolver(near: world.host("pc"))?.name == "resolver" && world.resolver(near: world.host("pc-asia"))?.name == "resolver-asia")
    #expect(world.rootServers.map(\.name) == ["root1", "root2", "root3"])
    #expect(world.host("pc")?.addresses == [Address(203, 0, 113, 10), .v6(0x2001_0db8_0113_0000, 0x10)])
    #expect(world.sites.map(\.name) == [
      "www.garnet.test", "shop.garnet.test", "ads.test", "hello.garnet.test", "stories.garnet.test", "www.cobalt.test", "origin.garnet.test",
    ])
    #expect(world.programs.map(\.port) == [6_789, 6_790, 9_876, 12_000])
    #expect(world.programs[3].loss == 0.3)
    for host in world.hosts {
      #expect(host.addresses.count == 2)
      #expect(!host.net.isEmpty)
    }
  }

  @Test("each page of the built-in sites that a page refers to on its own site is there, save the one that is not")
  func pagesExist() throws {
    for site in try Self.builtIn().sites {
      guard case .files(let files) = site.content, site.access.application == nil else { continue }
      #expect(files.contains { $0.path == "/index.html" })
      for file in files where file.path.hasSuffix(".html") {
        for piece in file.text.split(separator: "=\"/").dropFirst() {
          let path = "/" + piece.prefix { $0 != "\"" }
          if path == "/" || path == "/nowhere.html" { continue }
          #expect(files.contains { $0.path == path }, "\(site.name)\(file.path) refers to \(path)")
        }
      }
    }
    let long = try Self.builtIn().sites.flatMap { site -> [SiteFile] in
      if case .files(let files) = site.content { files } else { [] }
    }.first { $0.path == "/long.html" }
    let body = try #require(long?.body)
    #expect(body.utf8.count > 60_000)
    #expect(body.contains("<p id=\"p300\">Paragraph 300."))
  }

  @Test("every address of every host has a pointer in a zone that the root leads to")
  func pointers() throws {
    let world = try Self.builtIn()
    let texts = ZoneText(world, AddressPlan(.namespace))
    for host in world.hosts {
      for address in host.addresses {
        let name = ZoneText.reverseName(of: address)
        let zone = try #require(texts.zone(of: name), "\(address)")
        #expect(zone.origin.hasSuffix(".arpa") && zone.origin != "arpa", "\(address) stands in \(zone.origin)")
        #expect(texts.masterFile(of: zone).contains("\(name). PTR \(world.domainName(of: host)).\n"), "\(address)")
        #expect(texts.parent(of: zone)?.origin == "arpa")
      }
    }
  }

  @Test("delegations, glue, addresses and pointers follow from the hosts")
  func zonesAgree() throws {
    let world = try Self.builtIn()
    let texts = ZoneText(world, AddressPlan(.namespace))
    /// The lines of one zone's master file.
    func lines(_ origin: String) throws -> [String] {
      let zone = try needed(world.zones.first { $0.origin == origin })
      return texts.masterFile(of: zone).split(separator: "\n").map(String.init)
    }
    let root = try lines(".")
    #expect(root.prefix(4) == ["$ORIGIN .", "$TTL 86400", "@ SOA root1.test. hostmaster. 1 7200 900 1209600 300", "@ NS root1.test."])
    #expect(root.contains("test. NS tld1.test."))
    #expect(root.contains("tld1.test. A 192.0.2.11"))
    #expect(root.contains("root1.test. AAAA 2001:db8:2::1"))
    #expect(!root.contains { $0.hasPrefix("garnet.test.") || $0.hasPrefix("pc.test.") })
    let test = try lines("test")
    #expect(test.contains("garnet.test. NS ns2.garnet.test."))
    #expect(test.contains("ns2.garnet.test. A 198.51.100.12"))
    #expect(test.contains("pc.test. A 203.0.113.10"))
    #expect(!test.contains { $0.hasPrefix("www.garnet.test.") })
    let garnet = try lines("garnet.test")
    #expect(garnet.contains("garnet.test. A 198.51.100.10"))
    #expect(garnet.contains("shop.garnet.test. AAAA 2001:db8:100::13"))
    #expect(garnet.contains("stories.garnet.test. AAAA 2001:db8:100::10"))
    #expect(try lines("cobalt.test").contains("web.cobalt.test. CNAME www.cobalt.test."))
    #expect(try lines("100.51.198.in-addr.arpa").contains("10.100.51.198.in-addr.arpa. PTR www.garnet.test."))
    #expect(try lines("8.b.d.0.1.0.0.2.ip6.arpa").contains(
      "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.1.1.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR pc.test."))
    // Every zone but the root is delegated by exactly one other, to the servers it names itself.
    for zone in world.zones where zone.origin != "." {
      let parent = try #require(texts.parent(of: zone))
      let delegation = try lines(parent.origin).filter { $0.hasPrefix(zone.origin + ". NS ") }.map { $0.split(separator: " ").last }
      let own = try lines(zone.origin).filter { $0.hasPrefix("@ NS ") }.map { $0.split(separator: " ").last }
      #expect(delegation == own)
    }
  }

  @Test("outside a namespace hosts are loopback addresses, all different, and low ports move up")
  func loopbackPlan() throws {
    let plan = AddressPlan(.loopback)
    let world = try Self.builtIn()
    let addresses = world.hosts.flatMap { plan.addresses(of: $0) }
    #expect(Set(addresses).count == world.hosts.count)
    #expect(addresses.allSatisfy { $0.isLoopback })
    #expect(plan.address(Address(192, 0, 2, 11)) == Address(127, 0, 2, 11))
    let www = try #require(world.host("www.garnet.test"))
    #expect(plan.endpoints(of: www, port: 80) == [Endpoint(Address(127, 51, 100, 10), 8_080)])
    #expect([53, 80, 443, 1_023, 1_024, 6_789].map { plan.port($0) } == [8_053, 8_080, 8_443, 9_023, 1_024, 6_789])
    let zone = try needed(world.zones.first { $0.origin == "cobalt.test" })
    let text = ZoneText(world, plan).masterFile(of: zone)
    #expect(text.contains("www.cobalt.test. A 127.51.100.20\n"))
    #expect(!text.contains("AAAA"))
  }

  @Test("an address that a zone's records write by hand is moved as the hosts' own are")
  func placedRecords() {
    let plan = AddressPlan(.loopback)
    let byHand = RecordData.a(0xC633_6414)
    #expect(plan.placed(byHand) == .a(0x7F33_6414))
    #expect(plan.placed(.a(0x7F33_6414)) == .a(0x7F33_6414))
    #expect(plan.placed(.aaaa(0x2001_0DB8_0000_0000, 7)) == nil)
    #expect(AddressPlan(.namespace).placed(byHand) == byHand)
    #expect(AddressPlan(.namespace).placed(.aaaa(0x2001_0DB8_0000_0000, 7)) == .aaaa(0x2001_0DB8_0000_0000, 7))
  }

  @Test("a path is both ends' attachments together, unless a link says otherwise")
  func paths() throws {
    var world = try Self.builtIn()
    let pc = try #require(world.host("pc"))
    let root = try #require(world.host("root1"))
    #expect(world.path(from: pc, to: root).delay == .milliseconds(3))
    #expect(world.path(from: pc, to: root).bandwidth == 5_000_000)
    #expect(world.path(from: root, to: pc).bandwidth == 20_000_000)
    #expect(world.path(from: pc, to: pc) == .perfect)
    var change = LinkChange()
    change.loss = 0.5
    world.links.append(LinkDescription(first: "root1", second: "pc", change: change))
    #expect(world.path(from: pc, to: root).loss == 0.5)
    #expect(world.path(from: pc, to: root).delay == .milliseconds(3))
    world.hosts[world.hosts.firstIndex { $0.name == "pc" } ?? 0].attachment.loss = 0.5
    world.nets[0].attachment.loss = 0.5
    world.links = []
    let lossy = try #require(world.host("pc"))
    #expect(world.path(from: lossy, to: root).loss == 0.75)
  }

  @Test("a host's clock, and one put right later", arguments: [
    ("clock: {}", HostClock()), ("clock: {drift: 50ppm}", HostClock(drift: 50)), ("clock: {drift: -100_000 ppm, offset: -1h30m}", HostClock(offset: .seconds(-5_400), drift: -100_000)),
    ("clock: {offset: 20000d}", HostClock(offset: HostClock.offsetMax)),
  ])
  func clocks(_ text: String, _ clock: HostClock) throws {
    let small = Self.small.replacing("[192.0.2.1]", with: "[192.0.2.1], \(text)")
    #expect(try WorldDescription(file: "w.yaml", text: small).host("pc")?.clock == clock)
    #expect(try WorldDescription(file: "w.yaml", text: small + "clocks: {pc: {offset: 1s}}").host("pc")?.clock == HostClock(offset: .seconds(1)))
    #expect(try WorldDescription(file: "w.yaml", text: Self.small).adding(file: "l.yaml", text: "clocks: {pc: {\(text.dropFirst(8).dropLast(1))}}").host("pc")?.clock == clock)
  }

  struct Bad: Sendable {
    var text: String
    var problems: [String]
  }

  /// A world with one net and one client, which is little but whole.
  static let small = "nets: {n: {prefixes: [192.0.2.0/24]}}\nhosts:\n  pc: {role: client, addresses: [192.0.2.1]}\n"

  @Test("errors in the records of a world's zone are told where they stand", arguments: [
    ("    records: |\n      x A 1.2.3", "w.yaml:9:11: expected "), ("    records: \"x A 1.2.3\"", "w.yaml:8:14: expected "),
    ("    records: x A 1.2.3", "w.yaml:8:18: expected "), ("    records: |\n\n      ok A 192.0.2.9\n      pc CNAME ok", "w.yaml:11:7: "),
    ("    file: nowhere.zone", "here/nowhere.zone cannot be read"),
  ])
  func tellsRecords(_ records: String, _ problem: String) throws {
    let world = try WorldDescription(file: "w.yaml", text: Self.small + "zones:\n  .: {served-by: [pc]}\n  test:\n    served-by: [pc]\n" + records)
    let problems = RaisedWorld.problems(of: world, folder: "here")
    #expect(problems.count == 1 && problems.first?.hasPrefix(problem) == true, "\(problems)")
  }

  @Test("errors of a world tell where and what", arguments: [
    Bad(text: "hosts: {}", problems: ["1:8: expected at least one host with role client"]),
    Bad(text: small + "  pd: {adresses: [192.0.2.2]}", problems: [
      "4:7: expected at least one address for host `pd`", "4:8: unknown key `adresses`; did you mean `addresses`?",
    ]),
    Bad(text: small + "  pd: {addresses: [192.0.2.1]}", problems: ["4:20: 192.0.2.1 is already the address of host `pc`"]),
    Bad(text: small + "  pd: {addresses: [8.8.8.8]}", problems: ["4:20: expected an address reserved for documentation or private use, found 8.8.8.8"]),
    Bad(text: small + "  pd: {addresses: [10.0.0.2]}", problems: ["4:20: expected an address of one of the nets, found 10.0.0.2"]),
    Bad(text: small + "  www.bank.com: {addresses: [192.0.2.2]}", problems: [
      "4:3: expected a name below test, example, invalid or arpa, so that it exists nowhere else, found `www.bank.com`"
    ]),
    Bad(text: small + "  PD: {addresses: [192.0.2.2]}", problems: ["4:3: expected a host's name in small letters, found `PD`"]),
    Bad(text: small + "  pd: {role: clint, addresses: [192.0.2.2]}", problems: [
      "4:14: expected one of server, resolver, client, found `clint`; did you mean `client`?"
    ]),
    Bad(text: small + "client: pd", problems: ["4:9: expected the name of a host, found `pd`; did you mean `pc`?"]),
    Bad(text: small + "certificates: {www.test: expired}", problems: ["4:16: expected the name of a site, found `www.test`"]),
    Bad(text: small + "newest-tls: {pc: 1.4}", problems: ["4:18: expected a version of TLS: 1.0, 1.1, 1.2 or 1.3, found `1.4`"]),
    Bad(text: small.replacing("[192.0.2.1]}", with: "[192.0.2.1], clock: {drift: 50, offset: late, skew: 1}}"), problems: [
      "3:61: expected a drift such as 50ppm or -20ppm, at most 100000ppm either way, found `50`",
      "3:73: expected an offset such as 2s or -1h30m, at most 20000d either way, found `late`", "3:79: unknown key `skew`",
    ]),
    Bad(text: small + "clocks: {pd: {drift: 1ppm}, pc: {drift: -100001ppm, offset: -20001d}}", problems: [
      "4:10: expected the name of a host, found `pd`; did you mean `pc`?",
      "4:41: expected a drift such as 50ppm or -20ppm, at most 100000ppm either way, found `-100001ppm`",
      "4:61: expected an offset such as 2s or -1h30m, at most 20000d either way, found `-20001d`",
    ]),
    Bad(text: small + "links: [{between: [pc], delay: fast}]", problems: [
      "4:19: expected the names of two hosts", "4:32: expected a duration such as 10ms, 5s or 1h30m, found `fast`",
    ]),
    Bad(text: small + "zones: {test: {served-by: [pc]}}", problems: ["4:8: expected a root zone, `.`, among the zones"]),
    Bad(text: small + "zones: {.: {served-by: [pc]}, test: {served-by: [px], file: a, records: b}}", problems: [
      "4:50: expected the name of a host, found `px`; did you mean `pc`?", "4:61: expected either `records` or `file`, found both",
    ]),
    Bad(text: small + "sites: {www.test: {files: {index: x}}}", problems: [
      "4:19: expected key `host` with the name of a host, since none is called `www.test`",
      "4:28: expected a path that begins with `/`, without `..`, found `index`",
    ]),
    Bad(text: small + "programs: [{host: pc, program: ping, port: 7}, {host: pc, program: uppercase-datagram, port: 7}]", problems: [
      "4:48: expected a free port, UDP port 7 of host `pc` is taken"
    ]),
    Bad(text: "nets: {n: {prefixes: [10.0.0.0/8, 192.0.2.1/24]}}\nhosts:\n  pc: {role: client, addresses: [10.0.0.1]}\n", problems: [
      "1:35: expected a range of addresses such as 192.0.2.0/24, found `192.0.2.1/24`",
      "3:34: 10.0.0.1 and an address of host `localhost` would both be found at 127.0.0.1 outside a namespace",
    ]),
  ])
  func tellsErrors(_ c: Bad) {
    do throws(SettingsProblems) {
      _ = try WorldDescription(file: "w.yaml", text: c.text)
      Issue.record("accepted: \(c.text)")
    } catch {
      #expect(error.problems.map(\.description) == c.problems.map { "w.yaml:" + $0 })
    }
  }
}
