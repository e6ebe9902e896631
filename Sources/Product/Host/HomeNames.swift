// The zones of a host as they are served: those that never change, those that others may change, and the copies of other servers' zones. What the
// settings say of them may change while they are served.
// Not here: reading their records (HomeZone.swift), the settings (ZoneSettings.swift).
import DNS
import NameServer
import Storage
import Synchronization
import Trace
import Transport
import World

/// The zones of one host.
final class HomeNames: Sendable {
  /// What is answered from.
  let source = AuthoritySource(Authority(zones: []))
  let desk: ZoneDesk
  private let dataDirectory: String
  private let network: SocketNetwork
  private let trace: TraceContext?
  private let state = Mutex(State())

  private struct State {
    /// Nil: no zone changes here.
    var records: SQLiteRecords?
    var changing: [Name: ChangingZone] = [:]
    var copies: [Name: SecondaryCopy] = [:]
    /// Zones of which others know something.
    var shared: [Name: ZoneSettings] = [:]
    /// Nil: no name's addresses take turns.
    var steering: Steering?
    var balanced: [BalancedName] = []
  }

  init(_ settings: HostSettings, dataDirectory: String, network: SocketNetwork, recorder: (any Recorder)?) {
    self.dataDirectory = dataDirectory
    self.network = network
    trace = recorder.map { TraceContext(recorder: $0, host: settings.domain, role: .client) }
    desk = ZoneDesk(source, keys: TransactionKeys(), clock: network.clock)
  }

  /// Answers for `zones`, those of `settings`, from now on, and for no others. A zone whose records are as they were keeps its serial. When this
  /// throws, what was answered for before still is, but for zones that others change, and that were done before one could not be. One caller at a time.
  func serve(_ zones: [Zone], _ settings: HostSettings) async throws(HomeHost.Failure) {
    var shared: [Name: ZoneSettings] = [:]
    for (origin, setting) in [(settings.domain, settings.zone)] + settings.zones.map({ ($0.origin, $0.setting) }) where setting.isShared {
      if let name = try? Name(origin) { shared[name] = setting }
    }
    let before = state.withLock { $0 }
    var after = State(records: before.records, shared: shared)
    let answered = source.authority
    do throws(HomeHost.Failure) { try await open(zones, before, &after) } catch {
      undo(before, after, answered)
      throw error
    }
    after.balanced = settings.balanced
    after.steering = before.balanced == settings.balanced ? before.steering : Balance.steering(settings, network, trace: trace)
    publish(zones, before, after)
    if after.steering !== before.steering { before.steering?.stop() }
    desk.replace(TransactionKeys(settings.keys.all))
    for name in before.shared.keys where shared[name] != before.shared[name] { desk.remove(name, keeping: [after.changing[name], after.copies[name]?.zone]) }
    for (name, zone) in after.changing { zone.rights = shared[name]?.rights ?? ZoneRights() }
    for (name, setting) in shared {
      if let zone = after.changing[name] {
        desk.add(zone)
      } else if let copy = after.copies[name] {
        copy.zone.rights = setting.rights
        copy.follow(setting.primaries)
        desk.add(copy)
      } else {
        desk.add(name, setting.rights)
      }
    }
    state.withLock { [after] in $0 = after }
  }

  /// Opens what others change and what is copied, and tells the zones that go on what they are made of now: last, since that is kept on the disk.
  private func open(_ zones: [Zone], _ before: State, _ after: inout State) async throws(HomeHost.Failure) {
    // Of two zones with one apex the later one counts.
    let zones = zones.filter { zone in zones.last { $0.apex == zone.apex } === zone }
    let known = zones.compactMap { zone in before.changing[zone.apex].map { (zone: $0, source: zone) } }
    for (zone, source) in known { if let failure = await zone.objection(to: source) { throw HomeHost.Failure(failure) } }
    for zone in zones where before.changing[zone.apex] == nil {
      let (name, rights) = (zone.apex, after.shared[zone.apex]?.rights ?? ZoneRights())
      // What others changed stays when they may not any more.
      var isKept = !rights.update.isEmpty || !rights.notified.isEmpty
      if !isKept { isKept = try await wasChanged(name, &after.records) }
      if isKept { after.changing[name] = try await changing(zone, rights, &after.records) }
    }
    for (name, setting) in after.shared.sorted(by: { $0.key < $1.key }) where !setting.primaries.isEmpty {
      after.copies[name] = try await copy(of: name, setting, &after.records, known: before.copies[name])
    }
    for (zone, source) in known {
      after.changing[zone.apex] = zone
      if let failure = await zone.rebase(onto: source) { throw HomeHost.Failure(failure) }
    }
  }

  /// Closes what was opened for `after`, and lets its names be answered as `answered` has them.
  private func undo(_ before: State, _ after: State, _ answered: Authority) {
    let opened = after.changing.values.filter { before.changing[$0.apex] !== $0 } + after.copies.values.filter { before.copies[$0.zone.apex] !== $0 }.map(\.zone)
    for zone in opened { zone.stop() }
    source.change { authority in
      opened.reduce(authority) { authority, zone in authority.replacing(zone.apex, with: answered.zones.first { $0.apex == zone.apex }) }
    }
  }

  private func publish(_ zones: [Zone], _ before: State, _ after: State) {
    let fixed = zones.filter { after.changing[$0.apex] == nil }
    source.change { authority in
      let kept = fixed.map { zone in
        authority.zones.first { $0.apex == zone.apex && before.changing[zone.apex] == nil && $0.says(theSameAs: zone) } ?? zone
      }
      return Authority(zones: kept + authority.zones.filter { after.changing[$0.apex] != nil || after.copies[$0.apex] != nil }, steering: after.steering)
    }
  }

  /// Asks nobody how it is any more.
  func stop() { state.withLock { $0.steering }?.stop() }

  private static let recordsFile = "zones.sqlite"

  private func means(_ records: inout SQLiteRecords?) throws(HomeHost.Failure) -> ZoneMeans {
    let opened: SQLiteRecords
    do throws(StorageError) { if let records { opened = records } else { opened = try SQLiteRecords(path: dataDirectory + "/" + Self.recordsFile) } } catch { throw .storage(error) }
    records = opened
    return ZoneMeans(network: network, records: opened, source: source, trace: trace, seed: UInt64.random(in: 0 ... .max))
  }

  /// Whether the zone `name` of ours was one that others change.
  private func wasChanged(_ name: Name, _ records: inout SQLiteRecords?) async throws(HomeHost.Failure) -> Bool {
    do throws(StorageError) {
      if records == nil, try !SystemFiles().names(in: dataDirectory).contains(Self.recordsFile) { return false }
    } catch { throw .storage(error) }
    let means = try means(&records)
    do throws(StorageError) { return try await ChangingZone.isKept(name, means) } catch { throw .storage(error) }
  }

  private func copy(
    of name: Name, _ setting: ZoneSettings, _ records: inout SQLiteRecords?, known: SecondaryCopy?
  ) async throws(HomeHost.Failure) -> SecondaryCopy {
    if let known { return known }
    let means = try means(&records)
    do throws(ChangingZone.Failure) { return try await SecondaryCopy.start(of: name, from: setting.primaries, rights: setting.rights, means: means) } catch {
      throw HomeHost.Failure(error)
    }
  }

  private func changing(_ zone: Zone, _ rights: ZoneRights, _ records: inout SQLiteRecords?) async throws(HomeHost.Failure) -> ChangingZone {
    let means = try means(&records)
    do throws(ChangingZone.Failure) { return try await ChangingZone.open(zone, rights: rights, means: means) } catch { throw HomeHost.Failure(error) }
  }
}

extension Zone {
  /// Whether only the serial differs.
  fileprivate func says(theSameAs other: Zone) -> Bool {
    guard recordCount == other.recordCount else { return false }
    var (mine, theirs) = (authority, other.authority)
    mine.serial = 0
    theirs.serial = 0
    return mine == theirs && records.filter { $0.type != .soa } == other.records.filter { $0.type != .soa }
  }
}

extension HomeHost.Failure {
  fileprivate init(_ failure: ChangingZone.Failure) {
    switch failure {
    case .storage(let error): self = .storage(error)
    case .zone(let errors): self = .names("\(errors)")
    }
  }
}
