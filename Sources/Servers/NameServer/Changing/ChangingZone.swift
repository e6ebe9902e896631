// One zone that changes while it is served: updates wait in a line, are made one after the other, become durable together, are published, and
// only then are answered. Those who asked to be told are told.
// Not here: what an update does (ZoneContents.swift), telling (ZoneNotifier.swift), copying from a primary (SecondaryCopy.swift), who may ask (ZoneDesk.swift).
package import DNS
package import Storage
import Synchronization
import Trace
package import Transport
package import World

/// What a changing zone works with.
package struct ZoneMeans: Sendable {
  package var network: any Network
  package var records: any RecordStore
  package var source: AuthoritySource
  package var limits: Limits
  package var trace: TraceContext?
  /// For the identifiers of messages.
  package var seed: UInt64

  package init(
    network: any Network, records: any RecordStore, source: AuthoritySource, limits: Limits = Limits(), trace: TraceContext?, seed: UInt64
  ) {
    self.network = network
    self.records = records
    self.source = source
    self.limits = limits
    self.trace = trace
    self.seed = seed
  }
}

/// A zone that changes.
package final class ChangingZone: Sendable {
  package let apex: Name
  /// What others may do with it.
  package var rights: ZoneRights {
    get { state.withLock { $0.rights } }
    set { state.withLock { $0.rights = newValue } }
  }
  let means: ZoneMeans
  private let journal: ZoneJournal
  private let notifier: ZoneNotifier
  private let state: Mutex<State>

  /// Something to be done to the zone, one after the other.
  fileprivate enum Work: Sendable {
    case update(ZoneUpdate, CheckedContinuation<ResponseCode, Never>)
    case copy(ZoneTransfer, CheckedContinuation<Bool, Never>)
    case source(Zone, CheckedContinuation<Failure?, Never>)
  }

  fileprivate struct State {
    /// Nil: a secondary that has no copy yet.
    var contents: ZoneContents?
    /// The latest steps, the last one to `contents`.
    var steps: [ZoneDifference] = []
    var nextStep: UInt64 = 1
    /// Steps since the contents were kept whole.
    var sinceKept = 0
    var waiting: [Work] = []
    var isWorking = false
    var chance: SeededRandom
    var isStopped = false
    var rights: ZoneRights
  }

  private init(_ apex: Name, _ rights: ZoneRights, _ means: ZoneMeans) {
    self.apex = apex
    self.means = means
    journal = ZoneJournal(means.records, zone: apex, limits: means.limits)
    notifier = ZoneNotifier(apex, means)
    state = Mutex(State(chance: SeededRandom(seed: means.seed), rights: rights))
  }

  /// Why a zone cannot be opened.
  package enum Failure: Error, Sendable, CustomStringConvertible {
    case storage(StorageError)
    case zone(ZoneErrors)

    package var description: String {
      switch self {
      case .storage(let error): "\(error)"
      case .zone(let errors): "\(errors)"
      }
    }
  }

  /// Opens a zone that others may change. `source` is what it is made of: the first time it is the zone; later, what was changed in it since
  /// is changed in the zone too, and what others changed stays.
  package static func open(_ source: Zone, rights: ZoneRights, means: ZoneMeans) async throws(Failure) -> ChangingZone {
    let zone = ChangingZone(source.apex, rights, means)
    let made: ZoneContents
    let kept: ZoneJournal.Kept?
    do throws(StorageError) {
      made = try zone.contents(of: source)
      kept = try await zone.journal.load()
      if kept == nil { try await zone.journal.keep(made, source: source.records, at: 1, keepingFrom: 1) }
    } catch { throw .storage(error) }
    if let kept {
      zone.state.withLock { $0.take(kept) }
      try await zone.merge(made, since: kept.source)
    } else {
      zone.state.withLock { $0.contents = made }
    }
    do throws(ZoneErrors) { try zone.publish() } catch { throw .zone(error) }
    return zone
  }

  /// Whether a zone of ours at `apex` was opened before, so that others may have changed it.
  package static func isKept(_ apex: Name, _ means: ZoneMeans) async throws(StorageError) -> Bool {
    try await ZoneJournal(means.records, zone: apex, limits: means.limits).hasSource()
  }

  private func contents(of source: Zone) throws(StorageError) -> ZoneContents {
    guard let made = ZoneContents(apex: apex, records: source.records, limits: means.limits) else { throw .failed("no zone at \(apex)") }
    return made
  }

  /// Opens the copy of a zone that others change; what was copied last is served at once, if it has not expired.
  package static func openCopy(of apex: Name, rights: ZoneRights, means: ZoneMeans) async throws(Failure) -> (zone: ChangingZone, contact: Int64?) {
    let zone = ChangingZone(apex, rights, means)
    let kept: ZoneJournal.Kept?
    do throws(StorageError) { kept = try await zone.journal.load() } catch { throw .storage(error) }
    if let kept { zone.state.withLock { $0.take(kept) } }
    return (zone, kept?.contact)
  }

  /// The clock it goes by.
  package var clock: any WorldClock { means.network.clock }

  /// The SOA record; nil: there is nothing yet.
  package var start: ResourceRecord? { state.withLock { $0.contents?.start } }

  /// Stops telling others, and answering what comes from now on.
  package func stop() {
    state.withLock { $0.isStopped = true }
    notifier.stop()
  }

  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// An identifier for a message.
  func id() -> UInt16 { state.withLock { UInt16.random(in: 0 ... .max, using: &$0.chance) } }

  /// What a secondary gets that has version `since`; nil: nothing is here. Steps as far as they are known, else the whole zone.
  package func transfer(since: Serial?) -> (transfer: ZoneTransfer, start: ResourceRecord)? {
    let (contents, steps) = state.withLock { ($0.contents, $0.steps) }
    guard let contents else { return nil }
    guard let since else { return (.whole(contents.records), contents.start) }
    guard contents.serial.isNewer(than: since) else { return (.current, contents.start) }
    // RFC 1995 §4: without the steps from there on, the whole zone is the answer.
    guard let first = steps.lastIndex(where: { $0.before.startOfAuthority?.version == since }) else { return (.whole(contents.records), contents.start) }
    return (.steps(Array(steps[first...])), contents.start)
  }
}

extension ChangingZone.State {
  fileprivate mutating func take(_ kept: ZoneJournal.Kept) {
    contents = kept.contents
    steps = kept.steps
    nextStep = kept.nextStep
    sinceKept = kept.steps.count
  }
}

// Changing

extension ChangingZone {
  /// Makes an update, or says why not. When NOERROR is returned, it survives a power cut and is being answered from.
  package func update(_ update: ZoneUpdate) async -> ResponseCode {
    await withCheckedContinuation { continuation in
      guard enter(.update(update, continuation)) else { return continuation.resume(returning: .serverFailure) }
    }
  }

  /// Takes over what came from the primary. False: it could not be kept, or does not fit.
  func take(_ transfer: ZoneTransfer) async -> Bool {
    await withCheckedContinuation { continuation in
      guard enter(.copy(transfer, continuation)) else { return continuation.resume(returning: false) }
    }
  }

  /// Is made of `source` from now on: what was changed in it since the last time is changed in the zone, and what others changed stays. Nil: so
  /// it is, durably; else nothing has changed.
  package func rebase(onto source: Zone) async -> Failure? {
    await withCheckedContinuation { continuation in
      guard enter(.source(source, continuation)) else { return continuation.resume(returning: .storage(.failed("too many changes wait"))) }
    }
  }

  /// Why `rebase` could not do its work now, as far as that can be known before; nothing is changed.
  package func objection(to source: Zone) async -> Failure? {
    do throws(Failure) {
      let (made, known) = try await load(source)
      _ = try merged(made, since: known)
      return nil
    } catch { return error }
  }

  /// What `source` makes, and the records the zone was last made of.
  private func load(_ source: Zone) async throws(Failure) -> (made: ZoneContents, known: [ResourceRecord]) {
    do throws(StorageError) { return (try contents(of: source), try await journal.load()?.source ?? []) } catch { throw .storage(error) }
  }

  /// Puts work at the end of the line; false: the line is full.
  private func enter(_ work: Work) -> Bool {
    let (isTaken, mustStart) = state.withLock { state -> (Bool, Bool) in
      guard state.waiting.count < means.limits.updatesWaitingMax else { return (false, false) }
      state.waiting.append(work)
      defer { state.isWorking = true }
      return (true, !state.isWorking)
    }
    if mustStart { means.network.start { await self.work() } }
    return isTaken
  }

  /// Does what waits, in batches that share one wait for the disk. Only one task at a time is here, so only it changes the contents.
  private func work() async {
    while true {
      let batch = state.withLock { state -> [Work] in
        let batch = Array(state.waiting.prefix(means.limits.updateBatchMax))
        state.waiting.removeFirst(batch.count)
        if batch.isEmpty { state.isWorking = false }
        return batch
      }
      guard !batch.isEmpty else { return }
      var updates: [(ZoneUpdate, CheckedContinuation<ResponseCode, Never>)] = []
      for work in batch {
        switch work {
        case .update(let update, let continuation): updates.append((update, continuation))
        case .copy(let transfer, let continuation):
          await make(updates)
          updates = []
          continuation.resume(returning: await copy(transfer))
        case .source(let source, let continuation):
          await make(updates)
          updates = []
          continuation.resume(returning: await take(source))
        }
      }
      await make(updates)
    }
  }

  private func make(_ updates: [(ZoneUpdate, CheckedContinuation<ResponseCode, Never>)]) async {
    guard !updates.isEmpty, var contents = state.withLock({ $0.contents }) else {
      for (_, continuation) in updates { continuation.resume(returning: .serverFailure) }
      return
    }
    var steps: [ZoneDifference] = []
    var codes: [ResponseCode] = []
    for (update, _) in updates {
      do throws(ZoneUpdate.Refusal) {
        if let step = try contents.apply(update) { steps.append(step) }
        codes.append(.noError)
      } catch { codes.append(error.code) }
    }
    // What others were told may rest on a step that could not be kept: then nobody is told anything else than that.
    if await !make(steps, contents) { codes = codes.map { _ in .serverFailure } }
    for ((_, continuation), code) in zip(updates, codes) { continuation.resume(returning: code) }
  }

  /// Makes `steps`, which lead to `contents`, durable, and publishes them. False: the zone is as it was.
  private func make(_ steps: [ZoneDifference], _ contents: ZoneContents) async -> Bool {
    guard !steps.isEmpty else { return true }
    let number = state.withLock { $0.nextStep }
    do throws(StorageError) { try await journal.append(steps, from: number) } catch { return false }
    state.withLock { state in
      state.contents = contents
      state.steps += steps
      state.nextStep += UInt64(steps.count)
      state.sinceKept += steps.count
      let superfluous = max(0, state.steps.count - means.limits.journalStepsMax)
      state.steps.removeFirst(superfluous)
    }
    await keepIfDue()
    // The checks were made with the changes, so this zone is one.
    do throws(ZoneErrors) { try publish() } catch { Invariant.broken("an update made no zone: \(error)") }
    tell()
    return true
  }

  /// After many steps the contents are kept whole, so that a start reads few.
  private func keepIfDue() async {
    let (contents, number, count, isDue) = state.withLock { ($0.contents, $0.nextStep, $0.steps.count, $0.sinceKept >= means.limits.journalStepsMax) }
    guard isDue, let contents else { return }
    // When it fails, the steps are still there, and the next one tries again.
    guard (try? await journal.keep(contents, source: nil, at: number, keepingFrom: number - UInt64(count))) != nil else { return }
    state.withLock { $0.sinceKept = 0 }
  }

  private func take(_ source: Zone) async -> Failure? {
    do throws(Failure) {
      let before = start
      let (made, known) = try await load(source)
      try await merge(made, since: known)
      guard start != before else { return nil }
      do throws(ZoneErrors) { try publish() } catch { throw .zone(error) }
      tell()
      return nil
    } catch { return error }
  }

  /// What the zone is with what the user changed in the file since it was made of it; nil: that is nothing. Throws when that and what others changed make
  /// no zone.
  private func merged(_ made: ZoneContents, since source: [ResourceRecord]) throws(Failure) -> (before: ZoneContents, after: ZoneContents)? {
    guard let before = state.withLock({ $0.contents }), var soa = made.start.startOfAuthority else { return nil }
    let old = Set(source.filter { $0.type != .soa })
    let new = Set(made.records.filter { $0.type != .soa })
    var merged = before
    merged.apply(
      ZoneDifference(
        from: before.start, to: before.start, removed: source.filter { $0.type != .soa && !new.contains($0) },
        added: made.records.filter { $0.type != .soa && !old.contains($0) }))
    // What updates made of the SOA record stays until the file says something else than before.
    var former = source.first?.startOfAuthority
    former?.serial = soa.serial
    guard old != new || former != soa else { return nil }
    soa.serial = made.serial.isNewer(than: before.serial) ? soa.serial : before.serial.next.rawValue
    merged.apply(ZoneDifference(from: before.start, to: ResourceRecord(apex, ttl: made.start.ttl, .soa(soa))))
    do throws(ZoneErrors) { _ = try Zone(apex: apex, records: merged.records, limits: means.limits) } catch { throw .zone(error) }
    return (before, merged)
  }

  /// Makes that durable.
  private func merge(_ made: ZoneContents, since source: [ResourceRecord]) async throws(Failure) {
    guard let (before, merged) = try self.merged(made, since: source) else { return }
    // RFC 1995 §4: what really goes and comes, since others may have removed or added the same before.
    let step = before.difference(to: merged)
    let (number, count) = state.withLock { ($0.nextStep, min($0.steps.count + 1, means.limits.journalStepsMax)) }
    do throws(StorageError) {
      try await journal.keep(merged, source: made.records, at: number + 1, keepingFrom: number + 1 - UInt64(min(count, Int(number))), with: step)
    } catch { throw .storage(error) }
    state.withLock { [merged] state in
      state.contents = merged
      state.steps.append(step)
      state.steps.removeFirst(state.steps.count - count)
      state.nextStep = number + 1
      state.sinceKept = 0
    }
  }

  /// A copy's next version.
  private func copy(_ transfer: ZoneTransfer) async -> Bool {
    // Whoever keeps this zone now goes on from what is on the disk.
    guard !isStopped else { return false }
    switch transfer {
    case .current: return true
    case .whole(let records):
      guard let contents = ZoneContents(apex: apex, records: records, limits: means.limits) else { return false }
      // What makes no zone is not kept.
      do throws(ZoneErrors) { try publish(contents) } catch { return false }
      let number = state.withLock { $0.nextStep }
      guard (try? await journal.keep(contents, source: nil, at: number, keepingFrom: number)) != nil else { return false }
      state.withLock { state in
        state.contents = contents
        state.steps = []
        state.sinceKept = 0
      }
      tell()
      return true
    case .steps(let steps):
      guard var contents = state.withLock({ $0.contents }), steps.first?.before.startOfAuthority?.version == contents.serial else { return false }
      for step in steps { contents.apply(step) }
      do throws(ZoneErrors) { try publish(contents) } catch { return false }
      return await make(steps, contents)
    }
  }
}

// Publishing and telling

extension ChangingZone {
  /// Lets the contents be answered from.
  func publish() throws(ZoneErrors) {
    guard let contents = state.withLock({ $0.contents }) else { return }
    try publish(contents)
  }

  private func publish(_ contents: ZoneContents) throws(ZoneErrors) {
    // A transfer may come to its end when nobody wants the zone any more.
    guard !isStopped else { return }
    means.source.publish(try Zone(apex: apex, records: contents.records, limits: means.limits))
  }

  /// Lets nothing be answered from this zone any more.
  func withdraw() {
    // Its name may be somebody else's by now.
    guard !isStopped else { return }
    means.source.withdraw(apex)
  }

  /// Tells everybody who asked for it that there is a new version.
  private func tell() {
    if let start { notifier.tell(rights.notified, start) { self.id() } }
  }
}
