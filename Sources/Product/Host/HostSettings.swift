// What `netstead up` may be told, with the default of each value: the one settings file, `netstead.yaml`.
// Not here: what is made of it (Assembly.swift), the YAML reader (Ground/Settings).
package import Settings
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
  /// Records added to the domain's zone, in master-file form.
  package var records = ""
  /// Where they stand; nil: nowhere.
  package var recordsPlace: RecordsPlace?
  /// Other zones served: origin and master file.
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
    package var console: Int
    /// Whether the settings chose the console's port; otherwise the next one will do when this one is taken.
    package var isConsoleChosen = false

    /// The standard ports, or each plus 8000 where ports below 1024 need a privilege that is not there.
    package init(isPrivileged: Bool) {
      let shift = isPrivileged ? 0 : 8_000
      (dns, http, https, console) = (53 + shift, 80 + shift, 443 + shift, 8_000)
    }
  }

  /// A zone in a file of its own.
  package struct ZoneFile: Sendable, Hashable {
    package var origin: String
    package var file: String
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
      if let console = reader.optional("console", port) { (ports.console, ports.isConsoleChosen) = (console, true) }
    }
    _ = reader.mapping("web") { reader in
      if let root = reader.optional("root", .text), let place = reader.place(of: "root") {
        webRoot = path(root)
        webRootProblem = SettingsProblem(file: file, place: place, sentence: "expected a folder that can be served, found `\(webRoot)`")
      }
      listsFolders = reader.value("listing", .boolean, default: listsFolders)
      site = SiteAccess(reader)
    }
    _ = reader.mapping("dns") { reader in
      records = reader.value("records", .text, default: records)
      recordsPlace = RecordsPlace(file: file, reader, key: "records")
      zones = reader.list("zones").compactMap { item in
        item.mapping { ZoneFile(origin: $0.required("origin", .domainName), file: path($0.required("file", .text))) }
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

extension SettingsForm where Value == String {
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
