// The settings file: what is read, and what each mistake is told.
import BitTorrent
import DNS
import MailServer
import NameServer
import Settings
import Swarm
import TestKit
import Testing
import Transport
import World

@testable import Host

@Suite("netstead.yaml")
struct HostSettingsTests {
  @Test("an empty file is home.test on loopback, ports plus 8000 without privilege")
  func defaults() throws {
    let settings = try HostSettings(file: "netstead.yaml", text: "", isPrivileged: false)
    #expect(settings.domain == "home.test")
    #expect(settings.addresses == [.loopback])
    #expect([settings.ports.dns, settings.ports.http, settings.ports.https, settings.ports.console] == [8053, 8080, 8443, 8000])
    let root = try HostSettings(file: "netstead.yaml", text: "domain: no.example\n", isPrivileged: true)
    #expect([root.ports.dns, root.ports.http, root.ports.https, root.ports.console] == [53, 80, 443, 8000])
    #expect(root.domain == "no.example")
  }

  @Test("the example of docs/MAIL.md is read as it stands there, with every key of the table")
  func mailExample() throws {
    let page = String(decoding: try #require(contents(of: repositoryRoot + "/docs/MAIL.md")), as: UTF8.self)
    let yaml = String(try needed(page.split(separator: "```").first { $0.hasPrefix("yaml\n") }).dropFirst(5))
    let mail = try #require(try HostSettings(file: "n.yaml", text: yaml, isPrivileged: false).mail)
    #expect(mail.name == "mail.garnet.test" && mail.users.map(\.name) == ["ada"] && mail.aliases.map(\.name) == ["sales", "*"] && mail.backupFor == ["cobalt.test"])
    #expect(mail.care == .sorting && mail.smartHost == Endpoint(Address(192, 0, 2, 25), 25) && mail.messageBytesMax == 50 << 20 && mail.quotaBytes == 10 << 30)
    let keys = yaml.split(separator: "\n").filter { $0.hasPrefix("  ") }.compactMap { $0.split(separator: ":").first?.dropFirst(2) }
    #expect(keys.count == 9)
    for key in keys { #expect(page.contains("\n| `\(key)` |"), "\(key)") }
  }

  @Test("the example of docs/HOSTING.md is read as it stands there, with every key of the table")
  func hostingExample() throws {
    let page = String(decoding: try #require(contents(of: repositoryRoot + "/docs/HOSTING.md")), as: UTF8.self)
    let yaml = String(try needed(page.split(separator: "```").first { $0.hasPrefix("yaml\n") }).dropFirst(5))
    let settings = try HostSettings(file: "n.yaml", text: yaml, isPrivileged: false)
    #expect(settings.domain == "garnet.test" && settings.published == [Address(192, 0, 2, 80)] && settings.onion?.control == Endpoint(.loopback, 9_051))
    #expect(settings.mail != nil && settings.files != nil && settings.torrents != nil && settings.tracker != nil && settings.forwardProxy != nil)
    #expect(settings.site.users.map(\.name) == ["ada"] && settings.reverseProxies.count == 1 && settings.zones.map(\.origin) == ["cobalt.test"])
    let keys = yaml.split(separator: "\n").filter { !$0.hasPrefix(" ") }.compactMap { $0.split(separator: ":").first }
    #expect(keys.count == 16 && settings.dynamic?.interface == "ppp0" && settings.balanced.first?.servers.map(\.weight) == [3, nil])
    for key in keys { #expect(page.contains("\n| `\(key)` |"), "\(key)") }
  }

  @Test("keys, and who may copy and change zones")
  func names() throws {
    let text = """
      ports: {dns: 8053}
      dns:
        keys:
          - {name: lab.key, secret: "c2VjcmV0IGZvciB0aGUgbGFi"}
        update-by: [key lab.key, 192.0.2.0/24, 192.0.2.7 key lab.key]
        notify: [192.0.2.2, "192.0.2.3:5353 key lab.key"]
        zones: [{origin: copy.test, primary: ["192.0.2.1 key lab.key"]}]

      """
    let settings = try HostSettings(file: "n.yaml", text: text, isPrivileged: false)
    let key = try #require(settings.keys.all.first)
    #expect(key.algorithm == .sha256 && key.secret == Array("secret for the lab".utf8))
    let range = AddressRange("192.0.2.0/24")
    let one = AddressRange("192.0.2.7")
    #expect(settings.zone.rights.update == [ZoneGrant(key: key.name), ZoneGrant(addresses: range), ZoneGrant(addresses: one, key: key.name)])
    #expect(settings.zone.rights.notified == [
      ZonePeer(Endpoint(Address(192, 0, 2, 2), 8053)), ZonePeer(Endpoint(Address(192, 0, 2, 3), 5353), key: key),
    ])
    #expect(settings.zone.rights.transfer.isEmpty, "nobody, unless told otherwise")
    #expect(settings.zones.first?.setting.primaries == [ZonePeer(Endpoint(Address(192, 0, 2, 1), 8053), key: key)])
  }

  @Test("a mistake about zones is told where it stands", arguments: [
    Case(text: "dns:\n  update-bye: [key a]\n", problem: "n.yaml:2:3: unknown key `update-bye`; did you mean `update-by`?"),
    Case(text: "dns:\n  keys: [{name: lab.key, secret: short}]\n", problem: "n.yaml:2:34: expected a secret of at least 16 bytes"),
    Case(text: "dns:\n  keys: [{name: a, algorithm: md5, secret: c2VjcmV0IGZvciB0aGUgbGFi}]\n", problem: "n.yaml:2:31: expected one of hmac-sha1, "),
    Case(
      text: "dns:\n  keys: [{name: lab.key, secret: c2VjcmV0IGZvciB0aGUgbGFi}]\n  transfer-to: [key lab.kez]\n",
      problem: "n.yaml:3:17: no key `lab.kez` under `keys`; did you mean `lab.key`?"),
    Case(text: "dns:\n  transfer-to: [here]\n", problem: "n.yaml:2:17: expected an address or a range such as 192.0.2.0/24, found `here`"),
    Case(text: "dns:\n  notify: [192.0.2.0/24]\n", problem: "n.yaml:2:12: expected an address such as 192.0.2.1 or 192.0.2.1:53, found `192.0.2.0/24`"),
    Case(
      text: "dns:\n  zones:\n    - {origin: a.test, primary: [192.0.2.1], update-by: [192.0.2.2]}\n",
      problem: "n.yaml:3:57: a zone with `primary` is a copy"),
  ])
  func zoneMistakes(_ example: Case) {
    do throws(SettingsProblems) {
      _ = try HostSettings(file: "n.yaml", text: example.text, isPrivileged: false)
      Issue.record("read")
    } catch {
      #expect(error.description.hasPrefix(example.problem), "\(error)")
    }
  }

  @Test("paths are relative to the settings' file")
  func paths() throws {
    let text = "data: d\nweb: {root: site}\ndns: {zones: [{origin: a.test, file: a.zone}, {origin: b.test, file: /z/b.zone}]}\n"
    let settings = try HostSettings(file: "/etc/x/n.yaml", text: text, isPrivileged: false)
    #expect([settings.dataDirectory, settings.webRoot] + settings.zones.map(\.file) == ["/etc/x/d", "/etc/x/site", "/etc/x/a.zone", "/z/b.zone"])
    let near = try HostSettings(file: "n.yaml", text: text, isPrivileged: false)
    #expect([near.dataDirectory, near.webRoot] + near.zones.map(\.file) == ["d", "site", "a.zone", "/z/b.zone"])
  }

  @Test("what would keep the host from starting is told where it stands", arguments: [
    Case(text: "dns:\n  records: |\n    text TXT fine\n    bad A 1.2.3\n", problem: "n.yaml:4:11: expected "),
    Case(text: "dns:\n  records: |\n    www CNAME elsewhere\n", problem: "n.yaml:3:5: "),
    Case(text: "dns:\n  records: |\n    elsewhere.example. A 192.0.2.1\n", problem: "n.yaml:3:5: "),
    Case(text: "web:\n  root: /no/such/folder\n", problem: "n.yaml:2:9: expected a folder that can be served, found `/no/such/folder`"),
    Case(text: "ftp: {root: /no/such/folder, anonymous: yes}\n", problem: "n.yaml:1:13: expected a folder that can be served, found `/no/such/folder`"),
    Case(text: "torrents: {folder: /no/such/folder}\n", problem: "n.yaml:1:20: expected a folder that can be read, found `/no/such/folder`"),
    Case(text: "dns: {zones: [{origin: a.test, file: /no/such.zone}]}\n", problem: "/no/such.zone cannot be read"),
  ])
  func problems(_ example: Case) throws {
    let problems = HomeHost.problems(of: try HostSettings(file: "n.yaml", text: example.text, isPrivileged: false))
    #expect(problems.count == 1 && problems.first?.hasPrefix(example.problem) == true, "\(problems)")
    #expect(HomeHost.problems(of: HostSettings()).isEmpty)
  }

  @Test("the certificate is issued again before it ends", .timeLimit(.minutes(1)))
  func renewal() async throws {
    let clock = SystemClock()
    let authority = try CertificateAuthority(at: clock.now)
    let identities = TLSIdentities([try authority.issue(for: ["home.test"], at: clock.now)])
    let first = identities.current
    let key = try #require(first.first?.key)
    let renewal = Task { await HomeHost.renew(identities, for: ["home.test"], keyPEM: key, by: authority, every: .milliseconds(10), clock) }
    while identities.current == first { try await clock.sleep(until: clock.now + .milliseconds(5)) }
    renewal.cancel()
    await renewal.value
    #expect(identities.current.map(\.names) == [["home.test"]])
    // What the DNS says of the key stays true.
    #expect(identities.current.first?.publicKeyHash == first.first?.publicKeyHash && first.first?.publicKeyHash?.count == 32)
  }

  @Test("proxies: a site in front of another server, and a proxy for clients; none unless asked for")
  func proxies() throws {
    let none = try HostSettings(file: "n.yaml", text: "web: {root: public}", isPrivileged: false)
    #expect(none.reverseProxies.isEmpty && none.forwardProxy == nil)
    let text = """
      web:
        reverse-proxy:
          - {names: [app.home.test, b.home.test], upstream: "http://127.0.0.1:3000", cache: {memory: 1MiB, stale-if-error: 60s}}
          - {names: [c.home.test], upstream: "https://inside.test", preserve-host: no}
      forward-proxy: {allow: [192.0.2.0/24, "2001:db8::1"], connect-ports: [443, 8443]}
      """
    let settings = try HostSettings(file: "n.yaml", text: text, isPrivileged: false)
    #expect(settings.reverseProxies.map(\.names) == [["app.home.test", "b.home.test"], ["c.home.test"]])
    #expect(settings.reverseProxies.map(\.keepsHost) == [true, false] && settings.reverseProxies.map { $0.cache == nil } == [false, true])
    #expect(settings.reverseProxies.first?.cache?.memoryBytesMax == 1_048_576 && settings.reverseProxies.first?.cache?.staleIfError == .seconds(60))
    let forward = try #require(settings.forwardProxy)
    #expect(forward.port == 3_128 && forward.clients.count == 2 && forward.tunnelPorts == [443, 8_443] && forward.cache == nil)
    #expect(forward.clients.contains { $0.contains(Address(192, 0, 2, 77)) } && !forward.clients.contains { $0.contains(.loopback) })
  }

  private static let hash = "$scrypt$ln=14,r=8,p=5$4kG3+PIHC4oB//Bmb1MKTA$SbrQlK6f1375NTZ6IAnJ3U/0DDE5cgbGurP5jZjUo5Y"

  @Test("torrents that are seeded")
  func torrents() throws {
    #expect(try HostSettings(file: "n.yaml", text: "", isPrivileged: false).torrents == nil)
    let settings = try HostSettings(file: "/etc/n.yaml", text: "torrents: {folder: t, data: /d, utp: no}\nports: {torrents: 7000}\n", isPrivileged: false)
    #expect(settings.ports.torrents == 7_000 && settings.torrents?.folder.path == "/etc/t" && settings.torrents?.data?.path == "/d")
    #expect(settings.torrents?.carriers == [.tcp])
    let plain = try HostSettings(file: "n.yaml", text: "torrents: {folder: t}", isPrivileged: true)
    #expect(plain.ports.torrents == 6_881 && plain.torrents?.data == nil && plain.torrents?.carriers == [.tcp, .utp] && plain.torrents?.nodes == nil)
    let found = try HostSettings(file: "n.yaml", text: "torrents: {folder: t, nodes: ['192.0.2.1:6881']}", isPrivileged: true)
    #expect(found.torrents?.nodes == [Endpoint(Address(192, 0, 2, 1), 6_881)])
  }

  @Test("a file server: none unless asked for; who may come in, to which folder, with which right")
  func files() throws {
    #expect(try HostSettings(file: "n.yaml", text: "", isPrivileged: false).files == nil)
    let text = "ftp:\n  root: f\n  anonymous: yes\n  users: {a: '\(Self.hash)', b: '\(Self.hash)'}\n  write: [b]\n  roots: {b: /own}\n  passive-ports: 50000-50099\n  passive-address: 192.0.2.1\n  tls: required\nports: {ftp: 2121}\n"
    let settings = try HostSettings(file: "/etc/n.yaml", text: text, isPrivileged: false)
    let files = try #require(settings.files)
    #expect(settings.ports.ftp == 2_121 && files.root.path == "/etc/f" && files.isOpen && files.passivePorts == 50_000...50_099)
    #expect(files.users.map(\.name) == ["a", "b"] && files.users.map(\.mayWrite) == [false, true] && files.users.map(\.root?.path) == [nil, "/own"])
    #expect(files.passiveAddress == Address(192, 0, 2, 1) && files.security == .required)
    let plain = try HostSettings(file: "n.yaml", text: "ftp: {root: f, anonymous: yes}", isPrivileged: true)
    #expect(plain.ports.ftp == 21 && plain.files?.security == .offered && plain.files?.users.isEmpty == true)
  }

  @Test("a tracker: none unless asked for; for any torrent or for those that are listed")
  func tracker() throws {
    #expect(try HostSettings(file: "n.yaml", text: "", isPrivileged: false).tracker == nil)
    let open = try HostSettings(file: "n.yaml", text: "tracker: {open: yes, interval: 10m}\nports: {tracker: 7000}", isPrivileged: true)
    #expect(open.ports.tracker == 7_000 && open.tracker?.setting.listed == nil && open.tracker?.setting.interval == .seconds(600))
    let hash = "0123456789ABCDEF0123456789abcdef01234567"
    let listed = try HostSettings(file: "n.yaml", text: "tracker: {torrents: [\(hash)]}", isPrivileged: true)
    #expect(listed.ports.tracker == 6_969 && listed.tracker?.setting.listed?.map(\.hex) == [hash.lowercased()])
  }

  struct Case: Sendable {
    var text: String
    var problem: String
  }

  struct Change: Sendable {
    var before = ""
    var after: String
    /// What holds after a restart only.
    var later: [String] = []
  }

  @Test("settings read again: what takes effect, and what needs a restart", arguments: [
    Change(after: "web: {redirects: {/a: /b}}\ndns: {records: 'a A 192.0.2.1'}\npublish: [192.0.2.7]\npublish-from: {interface: e}"),
    Change(after: "domain: b.test\nlisten: [127.0.0.2]\nloops: 2\ndata: d", later: ["domain", "listen", "data", "loops"]),
    Change(after: "ports: {http: 81}\ntrace: {on: no, memory: 2MiB}", later: ["ports", "trace"]),
    Change(after: "mail: {}\nftp: {root: f, anonymous: yes}\nforward-proxy: {}", later: ["forward-proxy", "mail", "ftp"]),
    Change(before: "mail: {name: m.test, quota: 1GiB}", after: "mail: {care: refusing, policy: reject}", later: ["mail: name", "mail: quota"]),
    Change(before: "mail: {}", after: "", later: ["mail"]),
    Change(before: "ftp: {root: f, anonymous: yes, tls: off}", after: "ftp: {root: g, users: {a: '\(hash)'}}", later: ["ftp: tls"]),
    Change(before: "forward-proxy: {port: 1}", after: "forward-proxy: {port: 2, allow: [127.0.0.0/8]}", later: ["forward-proxy: port"]),
    Change(after: "tracker: {open: yes}\nonion: {}\ndns: {answer-cookie: no}", later: ["tracker", "onion", "dns: rate-limit and cookies"]),
  ])
  func again(_ change: Change) throws {
    let before = try HostSettings(file: "n.yaml", text: change.before, isPrivileged: false)
    let after = try HostSettings(file: "n.yaml", text: change.after, isPrivileged: false)
    let (settings, later) = before.adopting(after)
    #expect(later == change.later)
    // With nothing left over it is what was told; and told again it is no change.
    if later.isEmpty { #expect(settings == after) }
    #expect(settings.adopting(settings).later.isEmpty && settings.domain == before.domain && settings.ports == before.ports)
    #expect(settings.mail?.care == (before.mail == nil || after.mail == nil ? before.mail : after.mail)?.care)
  }

  @Test("mistakes are told with line and column", arguments: [
    Case(text: "domian: a.test", problem: "n.yaml:1:1: unknown key `domian`; did you mean `domain`?"),
    Case(text: "domain: a_b", problem: "n.yaml:1:9: expected a domain name such as example.org, found `a_b`"),
    Case(text: "ports:\n  dns: 70000", problem: "n.yaml:2:8: expected a whole number from 0 to 65535, found `70000`"),
    Case(text: "trace: {memory: 5kB}", problem: "n.yaml:1:17: expected a size from 1MiB to 1GiB"),
    Case(text: "listen: [127.0.0.1, 1.2.3]", problem: "n.yaml:1:21: expected an IPv4 or IPv6 address, found `1.2.3`"),
    Case(
      text: "web: {reverse-proxy: [{names: [a.test], upstream: \"127.0.0.1:3000/x\"}]}",
      problem: "n.yaml:1:51: expected an address such as http://127.0.0.1:3000, without a path, found `127.0.0.1:3000/x`"),
    Case(text: "torrents: {data: d}", problem: "n.yaml:1:11: expected key `folder` with a text, which is missing"),
    Case(text: "ftp: {anonymous: yes}", problem: "n.yaml:1:6: expected key `root` with a text, which is missing"),
    Case(text: "ftp: {root: f}", problem: "n.yaml:1:13: expected `anonymous: yes` or `users` beside `root`: nobody could come in"),
    Case(text: "ftp: {root: f, anonymous: yes, write: [c]}", problem: "n.yaml:1:39: expected a name of `users`, found `c`"),
    Case(text: "ftp: {root: f, users: {a: secret}}", problem: "n.yaml:1:27: expected a password's hash as `netstead password` writes it, found `secret`"),
    Case(text: "ftp: {root: f, anonymous: yes, passive-ports: 80-90}", problem: "n.yaml:1:47: expected ports such as 50000-50999, from 1024, found `80-90`"),
    Case(text: "ftp: {root: f, anonymous: yes, tls: maybe}", problem: "n.yaml:1:37: expected one of off, offered, required, found `maybe`"),
    Case(text: "tracker: {open: no}", problem: "n.yaml:1:17: expected `open: yes` or `torrents`: nothing would be served"),
    Case(text: "tracker: {torrents: [abc]}", problem: "n.yaml:1:22: expected an info hash of forty hexadecimal digits, found `abc`"),
    Case(text: "onion: {control: nowhere}", problem: "n.yaml:1:18: expected an address and a port such as 192.0.2.1:25, found `nowhere`"),
    Case(text: "tracker: {open: yes, interval: 1s}", problem: "n.yaml:1:32: expected a time from 1m to 1d"),
    Case(text: "dns: {balance: [{name: a, addresses: [192.0.2.1 weight many]}]}", problem: "n.yaml:1:39: expected an address such as 192.0.2.80, then perhaps `weight 3` (0 to 1000), found `192.0.2.1 weight many`"),
    Case(text: "dns: {balance: [{name: a, addresses: [192.0.2.1]}, {name: a, addresses: [192.0.2.2]}]}", problem: "n.yaml:1:16: expected each name once, found `a` again"),
    Case(text: "dns: {balance: [{name: a, addresses: [192.0.2.1], check: 'https://a.test/'}]}", problem: "n.yaml:1:58: expected a page such as http://www.example.org/health, found `https://a.test/`"),
    Case(text: "mail: {policy: maybe}", problem: "n.yaml:1:16: expected one of none, quarantine, reject, found `maybe`"),
    Case(text: "publish-from: {interface: e, evry: 1h}", problem: "n.yaml:1:30: unknown key `evry`; did you mean `every`?"),
    Case(text: "publish-from: {interface: e, every: 0s}", problem: "n.yaml:1:37: expected a time from 1s to 1d"),
    Case(text: "forward-proxy: {allow: [192.0.2.0/33]}", problem: "n.yaml:1:25: expected an address or a range such as 192.0.2.0/24, found `192.0.2.0/33`"),
  ])
  func mistakes(_ example: Case) {
    do {
      _ = try HostSettings(file: "n.yaml", text: example.text, isPrivileged: false)
      Issue.record("accepted: \(example.text)")
    } catch { #expect(error.problems.map(\.description) == [example.problem]) }
  }
}
