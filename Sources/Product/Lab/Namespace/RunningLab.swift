// The note a running lab leaves in the runtime folder: who it is, where its console is, what a program needs to find its way in it.
// Written by `netstead lab`, read by `lab exec`, `lab shell`, `lab env` and `doctor`.
import FoundationEssentials
import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A lab that runs.
package struct RunningLab: Codable, Sendable, Equatable {
  package var schema = 1
  /// The process inside the namespaces.
  package var process: Int32
  /// When that process started, in the kernel's ticks, so that another process with its number is not mistaken for it.
  package var started: String
  /// `namespace` or `loopback`.
  package var mode: String
  /// The console's address; nil: it has none.
  package var console: String?
  /// The world's title.
  package var world: String
  /// The host as which commands speak.
  package var client: String
  /// What programs find in their environment, in order.
  package var environment: [Variable]

  /// One environment variable.
  package struct Variable: Codable, Sendable, Equatable {
    package var name: String
    package var value: String
  }

  /// The name of its file.
  static let file = "lab.json"

  /// The note of this process.
  package init(_ world: WorldDescription, _ plan: AddressPlan, folder: RuntimeFolder, console: String?, api: String?, authorities: String?, magnet: String? = nil) {
    process = getpid()
    started = RunningLab.start(of: getpid()) ?? ""
    mode = plan.kind.rawValue
    self.console = console
    self.world = world.title
    client = world.client
    environment = LabEnvironment.variables(world, plan, folder: folder, console: console, api: api, authorities: authorities, magnet: magnet)
  }

  /// The lab that runs now according to `folder`; nil: none does.
  package static func find(in folder: RuntimeFolder) -> RunningLab? {
    guard let text = folder.read(file), let lab = try? JSONDecoder().decode(RunningLab.self, from: Data(text.utf8)), lab.schema == 1,
      start(of: lab.process) == lab.started
    else { return nil }
    return lab
  }

  /// Leaves the note.
  package func announce(in folder: RuntimeFolder) throws(RuntimeFolderError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { throw RuntimeFolderError(description: "the lab's note cannot be written as JSON") }
    _ = try folder.write(String(decoding: data, as: UTF8.self) + "\n", to: RunningLab.file)
  }

  /// Takes the note back.
  package func retire(from folder: RuntimeFolder) { folder.remove(RunningLab.file) }

  /// When a process started, by the kernel's account; nil: there is no such process.
  static func start(of process: Int32) -> String? {
    guard let line = SystemFile.text("/proc/\(process)/stat", bytesMax: 65_536), let end = line.lastIndex(of: ")") else { return nil }
    // The fields after the program's name, which may hold anything: the start time is field 22, the 20th of these.
    let fields = line[line.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? String(fields[19]) : nil
  }
}

/// What programs in the lab find in their environment.
package enum LabEnvironment {
  /// The variables, in the order they are printed.
  static func variables(
    _ world: WorldDescription, _ plan: AddressPlan, folder: RuntimeFolder, console: String?, api: String?, authorities: String?, magnet: String?
  ) -> [RunningLab.Variable] {
    var list: [(String, String)] = [("NETSTEAD_LAB", plan.kind.rawValue), (RuntimeFolder.variable, folder.path), ("NETSTEAD_CLIENT", world.client)]
    if plan.kind == .namespace, let network = Reexecution.network() { list.append((Reexecution.networkVariable, network)) }
    if let console { list.append(("NETSTEAD_CONSOLE", console)) }
    if let resolver = world.resolver(near: world.host(world.client)).flatMap({ plan.endpoints(of: $0, port: 53).first }) {
      list.append(("NETSTEAD_RESOLVER", resolver.description))
    }
    list += services(world, plan)
    if let magnet { list.append(("NETSTEAD_TORRENT", magnet)) }
    if let api { list.append(("NETSTEAD_API", api)) }
    list.append(("NETSTEAD_PORT_OFFSET", String(plan.port(53) - 53)))
    if let authorities {
      for name in ["NETSTEAD_CA_FILE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] { list.append((name, authorities)) }
    }
    for host in world.hosts {
      guard let address = plan.addresses(of: host).first else { continue }
      list.append((name(of: host.name), address.description))
    }
    return list.map { RunningLab.Variable(name: $0.0, value: $0.1) }
  }

  /// Where the world's first servers of each kind are: by name inside a namespace, where names resolve and certificates bear them; else by address.
  private static func services(_ world: WorldDescription, _ plan: AddressPlan) -> [(String, String)] {
    func place(_ name: String, _ port: UInt16) -> String? {
      guard let host = world.host(name), let endpoint = plan.endpoints(of: host, port: port).first else { return nil }
      return plan.kind == .namespace ? "\(world.domainName(of: host)):\(endpoint.port)" : endpoint.description
    }
    var list: [(String, String)] = []
    if let mail = world.mail.first {
      for (name, port) in [("SMTP", 25 as UInt16), ("SUBMISSION", 587), ("IMAP", 143), ("POP3", 110)] {
        if let place = place(mail.host, port) { list.append(("NETSTEAD_" + name, place)) }
      }
    }
    if let files = world.files.first, let place = place(files.host, 21) { list.append(("NETSTEAD_FTP", place)) }
    if let site = world.sites.first, let place = place(site.host, 80) {
      list.append(("NETSTEAD_HTTP", "http://" + (plan.kind == .namespace ? site.name : place)))
    }
    return list
  }

  /// The variable that holds a host's address.
  static func name(of host: String) -> String { "NETSTEAD_HOST_" + String(host.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }) }
}
