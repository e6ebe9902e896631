// `netstead up`: one domain on this machine, with its zone, its web site, and HTTPS by the local authority.
// Not here: settings (HostSettings), how a service is started (Assembly), the console (it stands beside this layer).
import Bytes
import DNS
package import NameServer
import Storage
package import Trace
package import Transport
package import WebServer
package import World

/// A domain hosted by this process.
package final class HomeHost: Sendable {
  package let settings: HostSettings
  package let assembly: Assembly
  /// PEM of the authority that made the certificates, for clients that shall trust it.
  package let authorityPEM: String
  private let authority: AuthoritySource

  /// Why a host cannot start.
  package enum Failure: Error, CustomStringConvertible {
    case zone(HomeZone.Failure)
    case network(NetworkError)
    case certificates(String)
    /// A file named in the settings cannot be read.
    case file(String)

    package var description: String {
      switch self {
      case .zone(let failure): "\(failure)"
      case .network(let error): "\(error)"
      case .certificates(let why): why
      case .file(let path): "\(path) cannot be read"
      }
    }
  }

  /// Starts everything the settings ask for, or nothing. `dataDirectory` must exist.
  package static func start(
    _ settings: HostSettings, dataDirectory: String, network: SocketNetwork, recorder: (any Recorder)?,
    lookUp: @escaping WebClient.LookUp = { _ in [] }
  ) async throws(Failure) -> HomeHost {
    let now = network.clock.now
    let certificates: CertificateAuthority
    let identity: TLSIdentity
    do {
      certificates = try CertificateAuthority.kept(in: dataDirectory + "/authority", at: now)
      identity = try certificates.issue(
        for: [settings.domain, "www.\(settings.domain)", "localhost"] + settings.reverseProxies.flatMap(\.names) + settings.addresses.map(\.description),
        at: now)
    } catch { throw .certificates("\(error)") }
    let authority = AuthoritySource(Authority(zones: try zones(settings, at: now)))
    let means = HomeProxies(settings: settings, dataDirectory: dataDirectory, network: network, recorder: recorder, lookUp: lookUp)
    let sites = SiteSwitch(SiteSet([site(settings, at: now)] + (try means.reverseSites())))
    let forward = try means.forwardSites()
    let host = HomeHost(
      settings: settings, assembly: Assembly(name: settings.domain, network: network, recorder: recorder),
      authorityPEM: certificates.authorityPEM, authority: authority)
    do throws(NetworkError) {
      for address in settings.addresses {
        try await host.assembly.serveNames(
          authority, at: Endpoint(address, port(settings.ports.dns)), loop: DatagramLoopLimits(threads: max(1, settings.loops)))
        try await host.assembly.serveSites(sites, at: Endpoint(address, port(settings.ports.http)), isSharded: true)
        try await host.assembly.serveSites(
          sites, at: Endpoint(address, port(settings.ports.https)), tls: TLSServerOptions(identities: [identity]), isSharded: true)
        if let forward, let port = settings.forwardProxy?.port { try await host.assembly.serveProxy(forward, at: Endpoint(address, Self.port(port))) }
      }
    } catch {
      await host.assembly.stop(grace: .zero)
      throw .network(error)
    }
    return host
  }

  private init(settings: HostSettings, assembly: Assembly, authorityPEM: String, authority: AuthoritySource) {
    self.settings = settings
    self.assembly = assembly
    self.authorityPEM = authorityPEM
    self.authority = authority
  }

  /// All zones of the settings: the domain's own and those in files.
  package static func zones(_ settings: HostSettings, at now: Instant) throws(Failure) -> [Zone] {
    let published = settings.published.isEmpty ? settings.addresses : settings.published
    // RFC 1982 §3: a serial that grows with time, so that a restart never looks older.
    let serial = UInt32(truncatingIfNeeded: now.secondsSince1970)
    var zones: [Zone] = []
    do throws(HomeZone.Failure) {
      zones.append(
        try HomeZone.zone(
          origin: settings.domain, file: "the zone of \(settings.domain)",
          text: HomeZone.text(
            domain: settings.domain, addresses: published, serial: serial, records: settings.records, sites: settings.reverseProxies.flatMap(\.names))))
    } catch { throw .zone(error) }
    for zone in settings.zones {
      let bytes: Buffer?
      do throws(StorageError) { bytes = try SystemFiles().read(zone.file) } catch { throw .file(zone.file) }
      guard let bytes else { throw .file(zone.file) }
      do throws(HomeZone.Failure) {
        zones.append(try HomeZone.zone(origin: zone.origin, file: zone.file, text: bytes.text))
      } catch { throw .zone(error) }
    }
    return zones
  }

  /// The web site: the folder of the settings, or a page that says what to do.
  private static func site(_ settings: HostSettings, at now: Instant) -> Site {
    let tree: any FileTree = (try? ServedFolder(path: settings.webRoot)).map { DiskTree($0) } ?? WelcomePage.tree(for: settings, at: now)
    var site = Site(names: [settings.domain, "www.\(settings.domain)"], content: .files(tree))
    site.listsFolders = settings.listsFolders
    return site
  }

  private static func port(_ number: Int) -> UInt16 { UInt16(clamping: number) }
}
