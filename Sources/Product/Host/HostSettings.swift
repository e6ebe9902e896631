// What `netstead up` may be told, with the default of each value: the one settings file, `netstead.yaml`.
// Not here: what is made of it (Assembly.swift), the YAML reader (Ground/Settings).
package import Settings
import WebServer
package import World

/// Everything one host is told. Each value has a default; with none the host is `home.test` on loopback.
package struct HostSettings: Sendable, Hashable {
  /// The domain hosted.
  package var domain = "home.test"
  /// The addresses listened at. Loopback unless told otherwise: nothing is offered to strangers by accident.
  package var addresses: [Address] = [.loopback]
  /// The addresses published in the domain's zone; empty: the ones listened at.
  package var published: [Address] = []
  /// Where everything durable lives; empty: chosen by the executable (`$XDG_DATA_HOME/netstead`).
  package var dataDirectory = ""
  package var ports = Ports(isPrivileged: false)
  /// The folder served as the web site. While the one nobody chose does not exist, a welcome page is.
  package var webRoot = "public"
  /// What is told when a folder that the settings chose cannot be served; nil: they chose none.
  package var webRootProblem: SettingsProblem?
  /// Whether a folder without an index page shows what is in it.
  package var listsFolders = false
  /// What else the web site does: its users, what they may change, what moved.
  package var site = SiteAccess()
  /// Sites whose answers come from other servers.
  package var reverseProxies: [ReverseProxy] = []
  /// A proxy for clients; nil: none.
  package var forwardProxy: ForwardProxy?
  /// Mail for the domain; nil: none, unless somebody has an account.
  package var mail: MailSettings?
  /// A file server; nil: none.
  package var files: FileServing?
  /// Torrents that are seeded; nil: none.
  package var torrents: TorrentServing?
  /// A BitTorrent tracker; nil: none.
  package var tracker: TrackerServing?
  /// The web site as an onion service; nil: it is none.
  package var onion: OnionServing?
  /// Records added to the domain's zone, in master-file form.
  package var records = ""
  /// Where they stand; nil: nowhere.
  package var recordsPlace: RecordsPlace?
  /// Keys shared with other name servers and with those who change zones.
  package var keys = ZoneKeys()
  /// What keeps the name server from being used against others.
  package var guards = AnswerGuardSettings()
  /// Who may copy or change the domain's zone.
  package var zone = ZoneSettings()
  /// Other zones served: from master files, or copied from other servers.
  package var zones: [ZoneFile] = []
  /// Whether conversations are recorded for the console.
  package var isTraced = true
  /// Most memory the trace holds. Unit: bytes. Past it: the oldest events are forgotten, and counted.
  package var traceBytesMax = 16 * 1_048_576
  /// Event loops, and as many threads that answer questions over UDP. Unit: threads; 0: one a core.
  package var loops = 0

  package init() {}

  /// The ports of one host.
  package struct Ports: Sendable, Hashable {
    package var dns: Int
    package var http: Int
    package var https: Int
    package var ftp: Int
    package var console: Int
    package var smtp: Int
    package var submission: Int
    package var submissions: Int
    package var pop3: Int
    package var pop3s: Int
    package var imap: Int
    package var imaps: Int
    /// Peers, over TCP and uTP.
    package var torrents = 6_881
    /// Both UDP and HTTP.
    package var tracker = 6_969
    /// Whether the settings chose the console's port; otherwise the next one will do when this one is taken.
    package var isConsoleChosen = false

    /// The port for mail's standard one.
    func mail(_ standard: UInt16) -> UInt16 {
      let port =
        switch standard {
        case 25: smtp
        case 587: submission
        case 465: submissions
        case 110: pop3
        case 995: pop3s
        case 143: imap
        default: imaps
        }
      return UInt16(clamping: port)
    }

    /// The standard ports, or each plus 8000 where ports below 1024 need a privilege that is not there.
    package init(isPrivileged: Bool) {
      let shift = isPrivileged ? 0 : 8_000
      (dns, http, https, ftp, console) = (53 + shift, 80 + shift, 443 + shift, 21 + shift, 8_000)
      (smtp, submission, submissions) = (25 + shift, 587 + shift, 465 + shift)
      (pop3, pop3s, imap, imaps) = (110 + shift, 995 + shift, 143 + shift, 993 + shift)
    }
  }

  /// A site in front of another server.
  package struct ReverseProxy: Sendable, Hashable {
    package var names: [String]
    package var upstream: String
    /// Whether the upstream sees the Host field of the client.
    package var keepsHost: Bool
    /// Nil: nothing is kept.
    package var cache: Cache?
  }

  /// A proxy for the clients of a network.
  package struct ForwardProxy: Sendable, Hashable {
    package var port: Int
    package var clients: [AddressRange]
    package var tunnelPorts: [Int]
    package var cache: Cache?
  }

  /// What a proxy keeps.
  package struct Cache: Sendable, Hashable {
    /// Unit: bytes.
    package var memoryBytesMax = 67_108_864
    /// In the data folder; zero: in memory only. Unit: bytes.
    package var diskBytesMax = 1_073_741_824
    /// Largest response kept. Unit: bytes.
    package var objectBytesMax = 268_435_456
    /// Where the origin does not say: how long a stale response serves while it is validated, and when the origin fails.
    package var staleWhileRevalidate = Duration.zero
    package var staleIfError = Duration.zero
  }

  /// A zone in a file of its own, or the copy of one.
  package struct ZoneFile: Sendable, Hashable {
    package var origin: String
    /// Empty: the zone is a copy.
    package var file: String
    package var setting = ZoneSettings()
  }

  /// Reads settings. Throws every problem found, each with file, line and column.
  package init(file: String, text: String, isPrivileged: Bool) throws(SettingsProblems) {
    let document = try SettingsDocument(file: file, text: text)
    self = try document.read { Self($0, file: file, isPrivileged: isPrivileged) }
  }

  private init(_ reader: SettingsReader, file: String, isPrivileged: Bool) {
    // Paths are relative to the file they stand in, wherever the program was started.
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    func path(_ text: String) -> String { text.isEmpty || text.hasPrefix("/") ? text : folder + text }
    ports = Ports(isPrivileged: isPrivileged)
    domain = reader.value("domain", .domainName, default: domain)
    let listened = reader.list("listen", .address)
    if !listened.isEmpty { addresses = listened }
    published = reader.list("publish", .address)
    dataDirectory = path(reader.value("data", .text, default: dataDirectory))
    loops = reader.value("loops", .integer(0...256), default: loops)
    _ = reader.mapping("ports") { reader in
      let port = SettingsForm<Int>.integer(0...65_535)
      ports.dns = reader.value("dns", port, default: ports.dns)
      ports.http = reader.value("http", port, default: ports.http)
      ports.https = reader.value("https", port, default: ports.https)
      ports.smtp = reader.value("smtp", port, default: ports.smtp)
      ports.submission = reader.value("submission", port, default: ports.submission)
      ports.submissions = reader.value("submissions", port, default: ports.submissions)
      ports.pop3 = reader.value("pop3", port, default: ports.pop3)
      ports.pop3s = reader.value("pop3s", port, default: ports.pop3s)
      ports.imap = reader.value("imap", port, default: ports.imap)
      ports.imaps = reader.value("imaps", port, default: ports.imaps)
      ports.ftp = reader.value("ftp", port, default: ports.ftp)
      ports.torrents = reader.value("torrents", port, default: ports.torrents)
      ports.tracker = reader.value("tracker", port, default: ports.tracker)
      if let console = reader.optional("console", port) { (ports.console, ports.isConsoleChosen) = (console, true) }
    }
    _ = reader.mapping("web") { reader in
      if let root = reader.optional("root", .text), let place = reader.place(of: "root") {
        webRoot = path(root)
        webRootProblem = SettingsProblem(file: file, place: place, sentence: "expected a folder that can be served, found `\(webRoot)`")
      }
      listsFolders = reader.value("listing", .boolean, default: listsFolders)
      site = SiteAccess(reader)
      reverseProxies = reader.list("reverse-proxy").compactMap { item in item.mapping { Self.reverseProxy($0) } }
    }
    forwardProxy = reader.mapping("forward-proxy") { reader in
      let ports = reader.list("connect-ports", .integer(1...65_535))
      return ForwardProxy(
        port: reader.value("port", .integer(0...65_535), default: 3_128), clients: reader.list("allow", .addressRange),
        tunnelPorts: ports.isEmpty ? [443] : ports, cache: Self.cache(reader))
    }
    mail = reader.mapping("mail") { MailSettings($0) }
    files = reader.mapping("ftp") { FileServing($0, file: file, path: path) }
    torrents = reader.mapping("torrents") { TorrentServing($0, file: file, path: path) }
    tracker = reader.mapping("tracker") { TrackerServing($0) }
    onion = reader.mapping("onion") { OnionServing($0) }
    _ = reader.mapping("dns") { reader in
      records = reader.value("records", .text, default: records)
      recordsPlace = RecordsPlace(file: file, reader, key: "records")
      guards = AnswerGuardSettings(reader)
      keys = ZoneKeys(reader)
      zone = ZoneSettings(reader, keys, port: ports.dns, mayBeCopy: false)
      zones = reader.list("zones").compactMap { item in
        item.mapping { reader in
          let origin = reader.required("origin", .domainName)
          let setting = ZoneSettings(reader, keys, port: ports.dns, mayBeCopy: true)
          let isCopy = !setting.primaries.isEmpty
          if isCopy, reader.optional("file", .text) != nil { reader.problem(at: "file", "a zone with `primary` is copied from there: leave out `file`") }
          return ZoneFile(origin: origin, file: isCopy ? "" : path(reader.required("file", .text)), setting: setting)
        }
      }
    }
    _ = reader.mapping("trace") { reader in
      isTraced = reader.value("on", .boolean, default: isTraced)
      traceBytesMax = reader.value("memory", .size, default: traceBytesMax)
      if !(1_048_576...1_073_741_824).contains(traceBytesMax) {
        reader.problem(at: "memory", "expected a size from 1MiB to 1GiB")
      }
    }
  }
}

extension HostSettings {
  private static func reverseProxy(_ reader: SettingsReader) -> ReverseProxy {
    let names = reader.list("names", .domainName)
    if names.isEmpty { reader.problem(at: "names", "expected at least one name that this site answers to") }
    return ReverseProxy(
      names: names, upstream: reader.required("upstream", .upstream), keepsHost: reader.value("preserve-host", .boolean, default: true),
      cache: cache(reader))
  }

  /// `cache: {…}`, or `cache: {}` for the defaults; without the key nothing is kept.
  private static func cache(_ reader: SettingsReader) -> Cache? {
    reader.mapping("cache") { reader in
      var cache = Cache()
      cache.memoryBytesMax = reader.value("memory", .size, default: cache.memoryBytesMax)
      cache.diskBytesMax = reader.value("disk", .size, default: cache.diskBytesMax)
      cache.objectBytesMax = reader.value("object", .size, default: cache.objectBytesMax)
      cache.staleWhileRevalidate = reader.value("stale-while-revalidate", .duration, default: cache.staleWhileRevalidate)
      cache.staleIfError = reader.value("stale-if-error", .duration, default: cache.staleIfError)
      return cache
    }
  }
}

extension SettingsForm where Value == AddressRange {
  /// A range of addresses.
  package static var addressRange: Self {
    Self(expected: "an address or a range such as 192.0.2.0/24", standIn: .loopback) { AddressRange($0) }
  }
}

extension SettingsForm where Value == String {
  /// The server behind a reverse proxy.
  package static var upstream: Self {
    Self(expected: "an address such as http://127.0.0.1:3000, without a path", standIn: "http://127.0.0.1:1") { UpstreamServer($0) == nil ? nil : $0 }
  }

  /// A domain name of letters, digits and hyphens: labels of 1 to 63, 253 in all, without a final dot.
  package static var domainName: Self {
    Self(expected: "a domain name such as example.org", standIn: "invalid") { text in
      let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      let isName = text.utf8.count <= 253 && labels.allSatisfy { label in
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
          && label.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-") }
      }
      return isName ? text.lowercased() : nil
    }
  }
}
