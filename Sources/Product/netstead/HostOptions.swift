// Which domain is hosted, with which settings, and where its data lives: what `up` and `doctor` are told alike.
// Not here: the settings' form (Host/HostSettings).
import ArgumentParser
import Host
import Lab
import Settings
import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The host's settings, from a file and from the command line, which has the last word.
struct HostOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The settings; ./netstead.yaml when it is there.", valueName: "file"))
  var settings: String?

  @Option(help: ArgumentHelp("The domain, instead of the settings' own.", valueName: "name"))
  var domain: String?

  @Option(help: ArgumentHelp("An address to listen at, instead of the settings' own; may be repeated.", valueName: "address"))
  var listen: [String] = []

  @Option(help: ArgumentHelp("An address at which the domain is found from outside, instead of the settings' own; may be repeated.", valueName: "address"))
  var publish: [String] = []

  @Option(help: ArgumentHelp("Where durable data lives; $XDG_DATA_HOME/netstead when not given.", valueName: "folder"))
  var data: String?

  /// The settings as they hold.
  func read() throws -> HostSettings {
    var settings = try readFile()
    if let domain {
      guard let name = SettingsForm<String>.domainName.read(domain) else { throw ToolFailure(.usage, "--domain: expected a domain name such as example.org, found `\(domain)`") }
      settings.domain = name
    }
    if !listen.isEmpty { settings.addresses = try listen.map { try address($0, "--listen") } }
    if !publish.isEmpty { settings.published = try publish.map { try address($0, "--publish") } }
    return settings
  }

  private func address(_ text: String, _ option: String) throws -> Address {
    guard let address = Address(text) else { throw ToolFailure(.usage, "\(option): expected an address, found `\(text)`") }
    return address
  }

  private func readFile() throws -> HostSettings {
    let isPrivileged = geteuid() == 0
    let standard = "netstead.yaml"
    guard let file = settings ?? (SystemFile.exists(standard) ? standard : nil) else {
      var settings = HostSettings()
      settings.ports = HostSettings.Ports(isPrivileged: isPrivileged)
      return settings
    }
    guard let text = SystemFile.text(file, bytesMax: SettingsLimits().bytesMax) else {
      throw ToolFailure(.usage, "\(file) cannot be read, or is larger than 1 MiB")
    }
    do { return try HostSettings(file: file, text: text, isPrivileged: isPrivileged) } catch { throw ToolFailure(.usage, "\(error)") }
  }

  /// The data folder, made with those above it if it is not there.
  func dataFolder(_ settings: HostSettings) throws -> String {
    let folder = folderName(settings)
    // Each folder on the way, as `mkdir -p` does.
    var path = folder.hasPrefix("/") ? "" : "."
    for part in folder.split(separator: "/") {
      path += "/" + part
      if mkdir(path, 0o700) != 0, errno != EEXIST { throw ToolFailure(.unreachable, "\(path) cannot be made: \(SystemError.text(errno))") }
    }
    return folder
  }

  /// Where the data folder is, or would be.
  func folderName(_ settings: HostSettings) -> String { data ?? (settings.dataDirectory.isEmpty ? Terminal.dataFolder : settings.dataDirectory) }
}
