// The zones of a host as they are served: those that never change, those that others may change, and the copies of other servers' zones.
// Not here: reading their records (HomeZone.swift), the settings (ZoneSettings.swift).
import DNS
import NameServer
import Storage
import Trace
import Transport
import World

/// The zones of one host.
struct HomeNames: Sendable {
  /// What is answered from.
  let source = AuthoritySource(Authority(zones: []))
  private let settings: HostSettings
  private let dataDirectory: String
  private let network: SocketNetwork
  private let recorder: (any Recorder)?

  init(_ settings: HostSettings, dataDirectory: String, network: SocketNetwork, recorder: (any Recorder)?) {
    self.settings = settings
    self.dataDirectory = dataDirectory
    self.network = network
    self.recorder = recorder
  }

  /// Begins to answer for `zones`, those of the settings. The desk is nil where nobody else has to do with any zone.
  func open(_ zones: [Zone]) async throws(HomeHost.Failure) -> ZoneDesk? {
    source.publish(Authority(zones: zones))
    var shared: [Name: ZoneSettings] = [:]
    for (origin, setting) in [(settings.domain, settings.zone)] + settings.zones.map({ ($0.origin, $0.setting) }) where setting.isShared {
      if let name = try? Name(origin) { shared[name] = setting }
    }
    guard !shared.isEmpty || !settings.keys.all.isEmpty else { return nil }
    let desk = ZoneDesk(source, keys: TransactionKeys(settings.keys.all), clock: network.clock)
    let records: SQLiteRecords
    do throws(StorageError) { records = try SQLiteRecords(path: dataDirectory + "/zones.sqlite") } catch { throw .storage(error) }
    let trace = recorder.map { TraceContext(recorder: $0, host: settings.domain, role: .client) }
    do throws(ChangingZone.Failure) {
      for (name, setting) in shared.sorted(by: { $0.key < $1.key }) {
        let means = ZoneMeans(network: network, records: records, source: source, trace: trace, seed: UInt64.random(in: 0 ... .max))
        if !setting.primaries.isEmpty {
          desk.add(try await SecondaryCopy.start(of: name, from: setting.primaries, rights: setting.rights, means: means))
        } else if setting.rights.update.isEmpty, setting.rights.notified.isEmpty {
          desk.add(name, setting.rights)
        } else if let zone = zones.first(where: { $0.apex == name }) {
          desk.add(try await ChangingZone.open(zone, rights: setting.rights, means: means))
        }
      }
    } catch {
      switch error {
      case .storage(let error): throw .storage(error)
      case .zone(let errors): throw .names("\(errors)")
      }
    }
    return desk
  }
}
