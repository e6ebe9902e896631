// One torrent that runs: its participation joined to the network and the disk. Whatever happens goes through `act`, under one lock; what is ordered is
// done in the order it was decided.
// Read before: Participation.swift (what is decided). Read next: PeerLink.swift (connections), PieceStore.swift (the disk), SwarmService.swift (its owner).
package import BitTorrent
import Bytes
package import Storage
import Synchronization
import Trace
import Transport
package import World

/// A torrent that runs.
package final class TorrentSession: Sendable {
  /// What all torrents of a service share.
  struct Surroundings: Sendable {
    var network: any Network
    /// Over what peers are called, the preferred one first: TCP, uTP.
    var carriers: [any Network]
    /// The address to call from; nil: the system chooses.
    var source: Address?
    var trace: TraceContext?
    var disk: PieceStore.Disk
    var peer: PeerConversation.Setting
  }

  /// Where a torrent's bytes shall lie, once it is known what they are.
  package typealias FilesMaker = @Sendable (Torrent) throws(FolderError) -> any ContentFiles

  private struct State {
    var participation: Participation
    var links: [PeerNumber: PeerLink] = [:]
    var content: Torrent?
    var store: PieceStore?
    var phase = TorrentStatus.Phase.learning
    /// Why it cannot go on; `trouble` may pass, this does not.
    var failure: String?
    var trouble: String?
    var hasChanged = false
    var recordedAt: Instant
    var isRecording = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  package let infoHash: InfoHash
  let surroundings: Surroundings
  private let makeFiles: FilesMaker
  private let announcer: Announcer
  private let nodeHeard: PeerSources.NodeHeard?
  private let state: Mutex<State>
  private let limits: SwarmLimits

  init(
    infoHash: InfoHash, setting: Participation.Setting, trackers: [[String]], sources: PeerSources, surroundings: Surroundings, chance: SeededRandom,
    files: @escaping FilesMaker
  ) {
    self.infoHash = infoHash
    self.surroundings = surroundings
    makeFiles = files
    limits = setting.limits
    nodeHeard = sources.nodeHeard
    announcer = Announcer(
      infoHash, tiers: trackers, port: setting.listeningPort ?? 0, sources: sources, peer: surroundings.peer.peer, network: surroundings.network,
      chance: chance.derived("announcements"))
    var setting = setting
    setting.id = surroundings.peer.peer
    state = Mutex(
      State(participation: Participation(infoHash: infoHash, setting: setting, chance: chance), recordedAt: surroundings.network.clock.now))
  }

  private var now: Instant { surroundings.network.clock.now }

  // MARK: The one entrance

  /// Lets something happen and does what is ordered. What the peer `asking` is ordered to ask for is returned, to leave with what is being sent.
  @discardableResult
  private func act(asking: PeerNumber? = nil, _ body: (inout Participation, Instant, inout [Deed]) -> Void) -> PeerConversation.Input? {
    let now = now
    let (rest, answer, store) = state.withLock { state -> ([Deed], [BlockRequest], PieceStore?) in
      var deeds: [Deed] = []
      body(&state.participation, now, &deeds)
      var rest: [Deed] = []
      var requests: [BlockRequest] = []
      for deed in deeds {
        switch deed {
        case .tell(let number, let orders):
          if number == asking, orders.count == 1, case .request(let more) = orders[0] { requests += more } else { state.links[number]?.give(orders) }
        case .serve(let number, let request):
          guard let store = state.store else { continue }
          let isSpoilt = state.participation.peers[number]?.misdeed == .spoil
          state.links[number]?.serve(request, from: store, atOnce: limits.servedAtOnceMax, isSpoilt: isSpoilt) { [weak self] piece in
            self?.act { $0.unreadable(piece, at: $1, into: &$2) }
          }
        // Before anybody is asked for the piece again.
        case .discard(let piece): state.store?.discard(piece)
        case .store, .call, .learned, .satisfied: rest.append(deed)
        }
      }
      return (rest, requests, state.store)
    }
    for deed in rest { perform(deed, store) }
    return answer.isEmpty ? nil : .orders([.request(answer)])
  }

  private func perform(_ deed: Deed, _ store: PieceStore?) {
    switch deed {
    case .store(let index, let bytes, let wantsDigests):
      store?.add(index, bytes, wantsDigests: wantsDigests) { [weak self] outcome in self?.checked(index.piece, outcome) }
    case .call(let endpoint): surroundings.network.start { await self.call(endpoint) }
    case .learned(let info): surroundings.network.start { await self.learned(info) }
    case .satisfied:
      surroundings.network.start {
        await self.finish()
        self.announcer.completed()
      }
    case .tell, .serve, .discard: break
    }
  }

  // MARK: Its life

  /// Begins with what is known: looks at what is on the disk, then takes part. Runs until `close`.
  package func begin(_ content: Torrent) async throws(FolderError) {
    let files = try makeFiles(content)
    let store = PieceStore(content, files: files, disk: surroundings.disk)
    let chance = state.withLock { state in
      state.phase = .checking
      state.content = content
      state.store = store
      return state.participation.chance.derived("inventory")
    }
    let inventory = await onDisk {
      var chance = chance
      return store.inventory(using: &chance)
    }
    let holdings = await store.holdings(inventory)
    state.withLock { $0.hasChanged = !inventory.doubtful.isEmpty }
    act { participation, now, deeds in
      participation.begin(
        sizes: content.sizes, holdings: holdings, metadata: content.bytes, isPrivate: content.isPrivate, uploaded: inventory.uploaded,
        downloaded: inventory.downloaded, at: now, into: &deeds)
    }
    let isSatisfied = state.withLock { state in
      if state.phase == .checking { state.phase = .downloading }
      return state.participation.isSatisfied
    }
    if isSatisfied { await finish() }
  }

  /// The look at the clock, once a second.
  func run() async {
    while state.withLock({ $0.phase != .stopped }) {
      act { $0.tick(at: $1, into: &$2) }
      announcer.announceIfDue(progress) { [weak self] in self?.heard(of: $0, from: $1) }
      recordIfDue()
      do { try await surroundings.network.clock.sleep(until: now + .seconds(1)) } catch { return }
    }
  }

  private var progress: Announcer.Progress {
    state.withLock { state in
      let participation = state.participation
      return Announcer.Progress(
        uploaded: participation.uploaded, downloaded: participation.downloaded, left: participation.left,
        isPrivate: state.content?.isPrivate ?? false, isAlone: participation.peers.isEmpty)
    }
  }

  /// A magnet's description has come.
  private func learned(_ info: Buffer) async {
    guard let content = try? Torrent(reading: info) else { return fail("the torrent's description cannot be used") }
    do throws(FolderError) { try await begin(content) } catch { fail("the files cannot be made: \(error)") }
  }

  private func fail(_ reason: String) {
    let waiters = state.withLock { state in
      state.failure = reason
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Everything that is wanted is here.
  private func finish() async {
    guard let store = state.withLock({ $0.store }) else { return }
    let trouble = await onDisk { () -> String? in
      do throws(FolderError) {
        try store.files.finish()
        return nil
      } catch { return "\(error)" }
    }
    await record(isClean: false)
    let waiters = state.withLock { state in
      if state.phase == .downloading { state.phase = .seeding }
      state.trouble = trouble
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when everything that is wanted is here and durable, or something made that impossible, or the torrent was closed.
  package func satisfied() async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLock { state in
        if state.phase == .seeding || state.phase == .stopped || state.failure != nil { return true }
        state.waiters.append(continuation)
        return false
      }
      if isDone { continuation.resume() }
    }
  }

  /// Ends it: peers are left, what is here is made durable and recorded.
  package func close() async {
    let (isFirst, waiters) = state.withLock { state in
      defer { (state.phase, state.waiters) = (.stopped, []) }
      return (state.phase != .stopped, state.waiters)
    }
    for waiter in waiters { waiter.resume() }
    guard isFirst else { return }
    act { $0.end(into: &$2) }
    await record(isClean: true)
    await announcer.farewell(progress)
  }

  // MARK: Records

  private func recordIfDue() {
    let isDue = state.withLock { state in
      guard state.hasChanged, !state.isRecording, state.recordedAt.duration(to: now) >= limits.recordInterval else { return false }
      return true
    }
    if isDue { surroundings.network.start { await self.record(isClean: false) } }
  }

  private func record(isClean: Bool) async {
    let work = state.withLock { state -> (PieceStore, PieceSet, Int64, Int64)? in
      guard let store = state.store, let holdings = state.participation.holdings, !state.isRecording || isClean else { return nil }
      state.isRecording = true
      state.hasChanged = false
      return (store, holdings, state.participation.uploaded, state.participation.downloaded)
    }
    guard let (store, holdings, uploaded, downloaded) = work else { return }
    let isKept = await onDisk {
      (try? store.keepRecord(holdings, isClean: isClean, uploaded: uploaded, downloaded: downloaded)) != nil
    }
    state.withLock { state in
      state.isRecording = false
      state.recordedAt = now
      if !isKept { state.hasChanged = true }
    }
  }

  private func onDisk<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in surroundings.disk { continuation.resume(returning: work()) } }
  }

  // MARK: Peers

  /// Somebody told us of peers.
  package func heard(of endpoints: [Endpoint], from source: PeerSource) { act { $0.heard(of: endpoints, from: source, at: $1, into: &$2) } }

  private func call(_ endpoint: Endpoint) async {
    var trace = surroundings.trace
    trace?.role = .client
    for carrier in surroundings.carriers {
      let link = PeerLink(to: endpoint, for: self)
      do throws(NetworkError) {
        _ = try await carrier.connect(
          PeerConversation(.caller(infoHash), setting: surroundings.peer), to: endpoint,
          options: DialOptions(from: surroundings.source, timeout: limits.callTimeout), trace: trace
        ) { question, answers in link.take(question, answers) }
        return
      } catch {}
    }
    act { $0.callFailed(endpoint, at: $1, into: &$2) }
  }

  /// A peer has shaken hands.
  func admit(_ handshake: PeerHandshake, _ link: PeerLink) -> PeerConversation.Input {
    var answer = PeerConversation.Input.refuse("the torrent is not ready")
    let now = now
    let (rest, store) = state.withLock { state -> ([Deed], PieceStore?) in
      guard state.phase != .checking, state.phase != .stopped else { return ([], nil) }
      var deeds: [Deed] = []
      switch state.participation.admit(handshake, from: link.remote, isCalled: link.isCalled, at: now, into: &deeds) {
      case .welcome(let number, let terms):
        state.links[number] = link
        link.joined(self, as: number)
        answer = .accept(terms)
      case .unwelcome(let reason): answer = .refuse(reason)
      }
      var rest: [Deed] = []
      for deed in deeds { if case .tell(let number, let orders) = deed { state.links[number]?.give(orders) } else { rest.append(deed) } }
      return (rest, state.store)
    }
    for deed in rest { perform(deed, store) }
    return answer
  }

  /// A connection has ended.
  func ended(_ number: PeerNumber?, _ link: PeerLink, because reason: String) {
    guard let number else {
      if link.isCalled { act { $0.callFailed(link.remote, at: $1, into: &$2) } }
      return
    }
    act { $0.left(number, at: $1, into: &$2) }
    state.withLock { $0.links[number] = nil }
  }

  /// What a peer's conversation says.
  func take(_ question: PeerConversation.Question, from number: PeerNumber, at remote: Endpoint) -> PeerConversation.Input? {
    switch question {
    case .port(let port):
      nodeHeard?(Endpoint(remote.address, port))
      return nil
    case .cancelled(let request):
      state.withLock { $0.links[number] }?.cancel(request)
      return nil
    default: break
    }
    return act(asking: number) { participation, now, deeds in
      switch question {
      case .received(let block): participation.received(number, block, at: now, into: &deeds)
      case .requested(let request): participation.requested(number, request, at: now, into: &deeds)
      case .has(let piece): participation.has(number, piece, at: now, into: &deeds)
      case .holds(let holdings): participation.holds(number, holdings, at: now, into: &deeds)
      case .choked: participation.choked(number, true, at: now, into: &deeds)
      case .unchoked: participation.choked(number, false, at: now, into: &deeds)
      case .interested: participation.interested(number, true, at: now, into: &deeds)
      case .notInterested: participation.interested(number, false, at: now, into: &deeds)
      case .rejected(let request): participation.rejected(number, request, at: now, into: &deeds)
      case .allowedFast(let piece): participation.allowedFast(number, piece, at: now, into: &deeds)
      case .extended(let handshake): participation.extended(number, handshake, at: now, into: &deeds)
      case .metadata(let part, let bytes, _): participation.metadata(number, part, bytes, at: now, into: &deeds)
      case .metadataRejected: participation.metadataRejected(number, at: now, into: &deeds)
      case .exchanged(let list): participation.heard(of: list.added.map(\.endpoint), from: .exchange, at: now, into: &deeds)
      // What is suggested may be had from anybody.
      case .cancelled, .suggested, .port, .handshake, .ended: break
      }
    }
  }

  private func checked(_ piece: Int, _ outcome: PieceOutcome) {
    act { $0.checked(piece, outcome, at: $1, into: &$2) }
    state.withLock { state in
      state.hasChanged = true
      if case .notWritten(let error) = outcome { state.trouble = "the disk does not take what comes: \(error)" }
      // What was being written beside it says nothing of the disk as it is now.
      else if !state.participation.isPaused { state.trouble = nil }
    }
  }

  // MARK: How it is doing

  package var content: Torrent? { state.withLock { $0.content } }

  /// What is here, and how it stands with each peer, in the order they came.
  package var standing: (holdings: PieceSet?, peers: [PeerState]) {
    state.withLock { state in (state.participation.holdings, state.participation.numbers.compactMap { state.participation.peers[$0] }) }
  }

  package var status: TorrentStatus {
    let now = now
    return state.withLock { state in
      var status = TorrentStatus(phase: state.phase, infoHash: infoHash)
      let participation = state.participation
      status.name = state.content?.name
      status.totalLength = state.content.map { Int64($0.sizes.totalLength) }
      status.left = participation.left
      status.pieces = state.content?.sizes.count ?? 0
      status.piecesHad = participation.holdings?.count ?? 0
      status.peers = participation.peers.count
      status.seeds = participation.peers.values.count { $0.isSeed }
      status.downloaded = participation.downloaded
      status.uploaded = participation.uploaded
      status.wasted = participation.wasted
      for var peer in participation.peers.values {
        status.downloadRate += peer.depth.rate(at: now)
        status.uploadRate += peer.uploadMeter.rate(at: now)
      }
      status.failure = state.failure
      status.trouble = state.trouble ?? announcer.trouble
      return status
    }
  }
}
