// `netstead torrent get` and `seed`: a peer for as long as the command runs. Read before: TorrentCommand.swift.
import ArgumentParser
import BitTorrent
import Bytes
import Host
import Storage
import Swarm
import Trace
import Transport
import World

/// What getting and seeding have in common.
struct SwarmOptions: ParsableArguments {
  @Option(name: [.customShort("d"), .customLong("data")], help: ArgumentHelp("The folder the files are in, or go to; `get` makes the last one of its path.", valueName: "folder"))
  var data = "."

  @Option(help: ArgumentHelp("Where other peers can call. Beyond this machine only when an address says so.", valueName: "address:port"))
  var listen: String?

  @Option(help: ArgumentHelp("A peer to call; several may be given.", valueName: "host:port"))
  var peer: [String] = []

  @Option(help: ArgumentHelp("What peers are called over, the preferred one first: tcp, utp.", valueName: "list"))
  var over = "tcp,utp"

  @Flag(name: .customLong("no-trackers"), help: "Ask no trackers.")
  var noTrackers = false

  @Flag(help: "Find peers by the hash table too; on where a node is named, here or in the torrent, and for magnet links without trackers. Never for private torrents.")
  var dht = false

  @Option(help: ArgumentHelp("A node of the hash table to begin at; several may be given.", valueName: "host:port"))
  var node: [String] = []

  mutating func validate() throws {
    if let listen, Endpoint(listen) == nil { throw ValidationError("--listen: expected an address and a port such as 0.0.0.0:6881, found `\(listen)`.") }
    if carriers.isEmpty || carriers.count != over.split(separator: ",").count {
      throw ValidationError("--over: expected tcp, utp or both with a comma between them, found `\(over)`.")
    }
  }

  /// Whether peers are looked for in the hash table.
  func usesHashTable(for source: TorrentSource) throws -> Bool {
    let isWanted = dht || !node.isEmpty
    switch source {
    // BEP 27
    case .file(let metainfo) where isWanted && metainfo.torrent.isPrivate: throw ToolFailure(.usage, "a private torrent's peers come from its trackers alone, not from the hash table")
    // BEP 5: a torrent may name nodes itself.
    case .file(let metainfo): return isWanted || (!metainfo.nodes.isEmpty && !metainfo.torrent.isPrivate)
    case .magnet(let magnet): return isWanted || magnet.trackers.isEmpty
    }
  }

  /// Where to listen, when nothing is said about it.
  func place(_ port: UInt16) -> Endpoint { listen.flatMap { Endpoint($0) } ?? Endpoint(.loopback, port) }

  var carriers: [PeerCarrier] { over.split(separator: ",").compactMap { PeerCarrier(rawValue: String($0)) } }
}

/// A peer at work for one command.
struct SwarmRun {
  let session: ToolSession
  let service: SwarmService
  let threads: DiskThreads
  let folder: WritableFolder
  private let options: SwarmOptions

  init(_ options: SwarmOptions, _ messages: MessageOptions, _ colour: ColourOptions, for source: TorrentSource, order: PieceOrder = .rarestFirst, port: UInt16) async throws {
    self.options = options
    var session = ToolSession(messages, colour, timeout: TimeSpan(duration: .seconds(30)))
    session.talksOnly = true
    self.session = session
    threads = try DiskThreads(count: 4)
    do { folder = try WritableFolder(ServedFolder(path: options.data)) } catch { throw ToolFailure(.usage, "\(options.data) is no folder that can be written to") }
    let place = options.place(port)
    var setting = SwarmService.Setting()
    setting.carriers = options.carriers
    setting.participation.order = order
    // Strangers do not make us call inside a network from a place that faces the world.
    setting.participation.calling.callsInnerAddresses = options.listen == nil || AddressRange.inner.dropFirst().contains { $0.contains(place.address) }
    if try options.usesHashTable(for: source) { setting.node = DHTSetting(bootstrap: try await Self.entrances(options, source, session, place), at: place.address, items: ZoneBlockRule()) }
    // What nobody wants to see is not kept: a trace of every block costs more than the block.
    let isWatched = messages.showsMessages || messages.jsonl || messages.pcap != nil
    let trace = isWatched ? session.trace : nil
    let disk = threads
    do throws(NetworkError) {
      service = try await SwarmService.start(
        network: session.network, endpoint: place, setting: setting, sources: Self.sources(options, session, trace), trace: trace, disk: { disk.perform($0) },
        chance: SystemRandomNumberGenerator())
    } catch { throw ToolFailure(error) }
  }

  private static func sources(_ options: SwarmOptions, _ session: ToolSession, _ trace: TraceContext?) -> PeerSources {
    guard !options.noTrackers else { return PeerSources() }
    let client = TrackerClient(
      network: session.network, resolve: { name in (try? await session.names.addresses(of: name, client: session.client)) ?? [] }, trace: trace,
      chance: SystemRandomNumberGenerator())
    return PeerSources(announce: { request, url, timeout in
      guard let tracker = TrackerURL(url) else { throw ToolFailure(.usage, "expected http://host:port/announce or udp://host:port") }
      return try await client.announce(request, to: tracker, timeout: timeout)
    })
  }

  /// The nodes to begin at.
  private static func entrances(_ options: SwarmOptions, _ source: TorrentSource, _ session: ToolSession, _ place: Endpoint) async throws -> [Endpoint] {
    var entrances = try await endpoints(options.node, session)
    if let far = entrances.first(where: { place.address.isLoopback && !$0.address.isLoopback }) {
      throw ToolFailure(.usage, "--node: \(far) cannot be reached from \(place.address): say with --listen where to be reached from there")
    }
    if case .file(let metainfo) = source {
      for node in metainfo.nodes {
        let addresses = (try? await session.names.addresses(of: node.host, client: session.client)) ?? []
        // What cannot be reached from here is no use.
        entrances += addresses.filter { $0.isLoopback || !place.address.isLoopback }.map { Endpoint($0, node.port) }
      }
    }
    return entrances
  }

  /// Where `host:port` is, for each.
  static func endpoints(_ texts: [String], _ session: ToolSession) async throws -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for text in texts {
      guard let place = Place(text) else { throw ToolFailure(.usage, "expected host:port, found `\(text)`") }
      endpoints += try await session.names.addresses(of: place.host, client: session.client).map { Endpoint($0, place.port) }
    }
    return endpoints
  }

  /// Takes part in the swarm of `source`.
  func join(_ source: TorrentSource, files: @escaping TorrentSession.FilesMaker) async throws -> TorrentSession {
    var peers = try await Self.endpoints(options.peer, session)
    let torrent: TorrentSession?
    switch source {
    case .file(let metainfo):
      do throws(FolderError) { torrent = try await service.add(metainfo.torrent, trackers: metainfo.trackers, peers: peers, files: files) } catch {
        throw ToolFailure(.usage, "\(options.data): \(error)")
      }
    case .magnet(let magnet):
      for place in magnet.peers where place.endpoint == nil {
        peers += ((try? await session.names.addresses(of: place.host, client: session.client)) ?? []).map { Endpoint($0, place.port) }
      }
      torrent = service.add(magnet, peers: peers, files: files)
    }
    guard let torrent else { throw ToolFailure(.usage, "the torrent is there already") }
    return torrent
  }

  /// Leaves, and shows what was said.
  func finish(besides json: JSONOption? = nil) async throws {
    await service.close(grace: .zero)
    try session.finish(besides: json)
  }
}

/// `netstead torrent get`
struct TorrentGetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Get what a torrent file or a magnet link names.",
    discussion: "A download that was cut off goes on where it ended. Ends when everything is here, or when nothing has come for --patience.")

  @Argument(help: "The torrent file or magnet link.")
  var torrent: String

  @Option(help: "Which pieces come first: rarest-first, random or sequential.")
  var order = PieceOrder.rarestFirst

  @Option(help: ArgumentHelp("Give up when nothing has come for so long.", valueName: "time"))
  var patience = TimeSpan(duration: .seconds(120))

  @Option(help: ArgumentHelp("Go on seeding for so long.", valueName: "time"))
  var seed: TimeSpan?

  @OptionGroup var options: SwarmOptions
  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  mutating func validate() throws { try messages.validate(beside: json) }

  func run() async throws {
    let source = try TorrentSource(torrent)
    do throws(StorageError) { try SystemFiles().makeDirectory(options.data) } catch { throw ToolFailure(.usage, "\(options.data) cannot be made: \(error)") }
    let run = try await SwarmRun(options, messages, colour, for: source, order: order, port: 0)
    let folder = run.folder
    if case .file(let metainfo) = source, let obstacle = FolderFiles(folder, torrent: metainfo.torrent).obstacle() { throw ToolFailure(.usage, obstacle) }
    let interruption = InterruptionWatch()
    let download = try await run.join(source) { torrent throws(FolderError) in
      let files = FolderFiles(folder, torrent: torrent)
      // Of a magnet's files nobody knew before.
      if files.obstacle() != nil { throw .exists }
      return files
    }
    let failure = await Self.wait(for: download, interruption, patience.duration, isWatched: Terminal.isTalkWatched)
    if failure == nil, let seed { await Self.linger(seed.duration, interruption) }
    let status = download.status
    try await run.finish(besides: json)
    if let failure { throw failure }
    if let content = download.content { FolderFiles(folder, torrent: content).dropRecord() }
    if json.json { Terminal.say(Self.json(status)) } else if !messages.jsonl { Terminal.say(status.name ?? "") }
    if interruption.hasCome, seed == nil { throw ToolFailure(.interrupted) }
  }

  /// Nil: everything is here.
  private static func wait(for download: TorrentSession, _ interruption: InterruptionWatch, _ patience: Duration, isWatched: Bool) async -> ToolFailure? {
    let clock = SystemClock()
    var last = (bytes: Int64(-1), pieces: -1, at: clock.now)
    var round = 0
    while true {
      let status = download.status
      if let failure = status.failure { return ToolFailure(.brokenPeer, failure) }
      if status.phase == .seeding { return nil }
      if interruption.hasCome { return ToolFailure(.interrupted) }
      if status.downloaded != last.bytes || status.piecesHad != last.pieces { last = (status.downloaded, status.piecesHad, clock.now) }
      if last.at.duration(to: clock.now) >= patience {
        return ToolFailure(.unreachable, status.trouble ?? "nothing has come for \(patience.components.seconds) seconds (\(status.peers) peers)")
      }
      if isWatched, round % 50 == 49 { Terminal.talk(line(status)) }
      round += 1
      try? await clock.sleep(until: clock.now + .milliseconds(100))
    }
  }

  private static func linger(_ time: Duration, _ interruption: InterruptionWatch) async {
    let clock = SystemClock()
    let end = clock.now + time
    while clock.now < end, !interruption.hasCome { try? await clock.sleep(until: clock.now + .milliseconds(100)) }
  }

  /// How far it is, in one line.
  static func line(_ status: TorrentStatus) -> String {
    guard let total = status.totalLength, let left = status.left, total > 0 else { return "looking for somebody who knows what it is (\(status.peers) peers)" }
    let share = (total - left) * 100 / total
    let trouble = status.trouble.map { "; \($0)" } ?? ""
    return "\(share) % of \(total) bytes, \(Int(status.downloadRate / 1_024)) KiB/s, \(status.peers) peers (\(status.seeds) with everything)\(trouble)"
  }

  private static func json(_ status: TorrentStatus) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      if let name = status.name { writer.value("name", name) }
      writer.value("infohash", status.infoHash.hex)
      writer.value("length", Int(status.totalLength ?? 0))
      writer.value("downloaded", Int(status.downloaded))
      writer.value("uploaded", Int(status.uploaded))
      writer.value("wasted", Int(status.wasted))
    }
    return writer.bytes.text
  }
}

/// `netstead torrent seed`
struct TorrentSeedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed", abstract: "Give others what a torrent names, until Ctrl-C.", discussion: "The files are compared with the torrent first; nothing is written.")

  @Argument(help: "The torrent file.")
  var torrent: String

  @OptionGroup var options: SwarmOptions
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  func run() async throws {
    let source = TorrentSource.file(try TorrentSource(torrent).described())
    let run = try await SwarmRun(options, messages, colour, for: source, port: 6_881)
    let folder = run.folder
    let session = try await run.join(source) { FolderFiles(folder, torrent: $0, isReadOnly: true) }
    guard session.status.phase == .seeding else {
      let status = session.status
      try await run.finish()
      throw ToolFailure(.refused, "\(status.piecesHad) of \(status.pieces) pieces are right in \(options.data): only whole torrents are seeded")
    }
    Terminal.talk("seeding \(TorrentText.shown(session.status.name ?? "")) at \(run.service.endpoint)")
    await Signals.interruption()
    try await run.finish()
  }
}

extension PieceOrder: ExpressibleByArgument {}
