// Whole downloads between our peers on virtual links, in virtual time, from a seed.
import BitTorrent
import Bytes
import SimulatedTransport
import Storage
import Synchronization
import TestKit
import Testing
import Trace
import Transport
import World

@testable import Swarm

@Suite("Downloads over virtual links")
struct DownloadTests {
  @Test("a file from one seed, of every size", arguments: [1, 16_383, 16_384, 32_768, 32_769, 100_000, 1_000_000], [0.0, 0.02])
  func sizes(_ length: Int, _ loss: Double) throws {
    let (content, torrent) = try makeTorrent(length)
    try SwarmScene(2, link: Link(delay: .milliseconds(10), loss: loss)).run { scene in
      let seed = try await scene.start(1)
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: length, content: content) }
      let peer = try await scene.start(2)
      let files = MemoryFiles(length: length)
      let session = try await peer.add(torrent, trackers: [], peers: [SwarmScene.endpoint(1)]) { _ in files }
      await session?.satisfied()
      #expect(files.content == content)
      #expect(session?.status.phase == .seeding && session?.status.left == 0 && session?.status.downloaded == Int64(length))
      #expect(ResumeRecord(reading: files.record() ?? Buffer())?.holdings.isFull == true)
      await peer.close(grace: .zero)
      await seed.close(grace: .zero)
    }
  }

  @Test("over uTP as over TCP, and over the one when the other is not there", arguments: [[PeerCarrier.utp], [.utp, .tcp], [.tcp, .utp]], [PeerCarrier.utp, .tcp])
  func carriers(_ ours: [PeerCarrier], _ theirs: PeerCarrier) throws {
    guard ours.contains(theirs) else { return }
    let (content, torrent) = try makeTorrent(300_000)
    let scene = SwarmScene(2, link: Link(delay: .milliseconds(10), loss: 0.01))
    try scene.run { scene in
      let seed = try await scene.start(1) { $0.carriers = [theirs] }
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      let peer = try await scene.start(2) { $0.carriers = ours }
      let files = MemoryFiles(length: content.count)
      let session = try await peer.add(torrent, trackers: [], peers: [SwarmScene.endpoint(1)]) { _ in files }
      await session?.satisfied()
      #expect(files.content == content)
      await peer.close(grace: .zero)
      await seed.close(grace: .zero)
    }
    let carried = scene.trace.conversations.filter { $0.dialect == .bittorrent }.map(\.carrier)
    #expect(Set(carried) == [theirs == .utp ? .utp : .tcp])
  }

  @Test("five peers share one seed's upload: they get most from one another, and each decision has its reason")
  func sharing() throws {
    let (content, torrent) = try makeTorrent(2_000_000)
    let scene = SwarmScene(6, link: Link(delay: .milliseconds(20), bandwidth: 120_000))
    try scene.run { scene in
      let seed = try await scene.start(1)
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      var sessions: [(TorrentSession, MemoryFiles, SwarmService)] = []
      for number in 2...6 {
        // So few slots that they have to be earned.
        let peer = try await scene.start(number) { $0.participation.choking.regularSlots = 2 }
        let files = MemoryFiles(length: content.count)
        let session = try #require(try await peer.add(torrent, trackers: [], peers: (1...6).map(SwarmScene.endpoint)) { _ in files })
        sessions.append((session, files, peer))
      }
      for (session, files, _) in sessions {
        await session.satisfied()
        #expect(files.content == content)
      }
      let given = seed.sessions[0].status.uploaded
      #expect(given < 3 * Int64(content.count), "the seed gave \(given) bytes of \(5 * content.count)")
      for (_, _, peer) in sessions { await peer.close(grace: .zero) }
      await seed.close(grace: .zero)
    }
    #expect(scene.notes.contains { $0.hasPrefix("unchoked: it sent us ") })
    #expect(scene.notes.contains { $0.hasPrefix("unchoked: a slot is free") })
    let problems = scene.trace.events.filter { $0.kind == .problem }.map(\.text)
    #expect(problems.isEmpty)
  }

  @Test("a magnet: the description comes from a peer, then the file", arguments: [100_000, 3_000_000])
  func magnet(_ length: Int) throws {
    // A long name and short pieces: a description of several parts.
    let (content, torrent) = try makeTorrent(length, pieceLength: 16_384 / 16 * 4)
    try SwarmScene(2).run { scene in
      let seed = try await scene.start(1)
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: length, content: content) }
      let peer = try await scene.start(2)
      let files = MemoryFiles(length: length)
      let session = peer.add(Magnet(torrent.infoHash), peers: [SwarmScene.endpoint(1)]) { found in
        #expect(found == torrent)
        return files
      }
      #expect(session?.status.phase == .learning)
      await session?.satisfied()
      #expect(files.content == content && session?.status.name == "data.bin")
      await peer.close(grace: .zero)
      await seed.close(grace: .zero)
    }
  }

  @Test("peers without a tracker find one another by the hash table, whose nodes they are; a private torrent's do not", arguments: [false, true], [[PeerCarrier.tcp, .utp], [.tcp]])
  func hashTable(_ isPrivate: Bool, _ carriers: [PeerCarrier]) throws {
    let (content, torrent) = try makeTorrent(100_000, isPrivate: isPrivate)
    let scene = SwarmScene(4)
    try scene.run { scene in
      @Sendable func start(_ number: Int) async throws -> SwarmService {
        try await scene.start(number) { setting in
          setting.carriers = carriers
          var node = DHTSetting(bootstrap: number == 1 ? [] : [SwarmScene.endpoint(1)], at: SwarmScene.endpoint(number).address)
          node.spread = .relaxed
          setting.node = node
        }
      }
      let clock = scene.network(1).clock
      // The first has no torrent: it is a node alone.
      var services = [try await start(1), try await start(2)]
      _ = try await services[1].add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      let files = [MemoryFiles(length: content.count), MemoryFiles(length: content.count)]
      for (number, files) in zip(3..., files) {
        services.append(try await start(number))
        // A magnet does not say that a torrent is private.
        if isPrivate {
          _ = try await services[number - 1].add(torrent, trackers: []) { _ in files }
        } else {
          await services[number - 1].add(Magnet(torrent.infoHash)) { _ in files }?.satisfied()
        }
      }
      if isPrivate { try await clock.sleep(until: clock.now + .seconds(300)) }
      #expect(files.allSatisfy { ($0.content == content) == !isPrivate })
      for service in services.reversed() { await service.close(grace: .zero) }
    }
    #expect(scene.trace.conversations.contains { $0.dialect == .bittorrent } == !isPrivate)
    #expect(scene.trace.conversations.contains { $0.dialect == .dht })
  }

  @Test("two alone find one another by their own two nodes, whoever of them was there first, and how long", arguments: [true, false], [0, 20, 2_000])
  func pair(_ isSeedFirst: Bool, _ wait: Int) throws {
    let (content, torrent) = try makeTorrent(100_000)
    try SwarmScene(2).run { scene in
      let files = MemoryFiles(length: content.count)
      let clock = scene.network(1).clock
      var services: [SwarmService] = []
      var session: TorrentSession?
      for number in 1...2 {
        services.append(try await scene.start(number) { $0.node = DHTSetting(bootstrap: number == 1 ? [] : [SwarmScene.endpoint(1)], at: SwarmScene.endpoint(1).address) })
        if (number == 1) == isSeedFirst {
          _ = try await services[number - 1].add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
        } else {
          session = services[number - 1].add(Magnet(torrent.infoHash)) { _ in files }
        }
        if number == 1 { try await clock.sleep(until: clock.now + .seconds(wait)) }
      }
      let begin = clock.now
      await session?.satisfied()
      #expect(files.content == content && clock.now - begin < .seconds(120), "\(clock.now - begin)")
      for service in services { await service.close(grace: .zero) }
    }
  }

  @Test("a node that a peer names is got to know", .spec("BEP 5"))
  func nodesOfPeers() throws {
    let (content, torrent) = try makeTorrent(100_000)
    try SwarmScene(2).run { scene in
      var services: [SwarmService] = []
      for number in 1...2 {
        services.append(try await scene.start(number) { $0.node = DHTSetting() })
        let files = MemoryFiles(length: content.count, content: number == 1 ? content : nil)
        let session = try await services[number - 1].add(torrent, trackers: [], peers: number == 2 ? [SwarmScene.endpoint(1)] : []) { _ in files }
        await session?.satisfied()
      }
      let clock = scene.network(1).clock
      try await clock.sleep(until: clock.now + .seconds(5))
      for (service, other) in zip(services, [2, 1]) {
        #expect(await service.node?.currentState()?.contacts.map(\.endpoint) == [SwarmScene.endpoint(other)])
        await service.close(grace: .zero)
      }
    }
  }

  @Test("peers are heard of from peers; not where the torrent is private", arguments: [false, true])
  func exchange(_ isPrivate: Bool) throws {
    let (content, torrent) = try makeTorrent(300_000, isPrivate: isPrivate)
    try SwarmScene(3).run { scene in
      // The seed knows nobody; peer 3 knows peer 2 only, which knows the seed.
      let seed = try await scene.start(1)
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      // Its disk is full: it stays, and has nothing to give.
      let middle = try await scene.start(2)
      let full = MemoryFiles(length: content.count)
      full.fail(with: .full)
      _ = try await middle.add(torrent, trackers: [], peers: [SwarmScene.endpoint(1)]) { _ in full }
      let last = try await scene.start(3)
      let files = MemoryFiles(length: content.count)
      let session = try await last.add(torrent, trackers: [], peers: [SwarmScene.endpoint(2)]) { _ in files }
      try await scene.network(3).clock.sleep(until: scene.network(3).clock.now + .seconds(150))
      #expect((files.content == content) == !isPrivate)
      #expect((session?.status.phase == .seeding) == !isPrivate)
      for peer in [last, middle, seed] { await peer.close(grace: .zero) }
    }
  }

  @Test("a tracker that is told and asked: started, completed, stopped") func tracker() throws {
    let (content, torrent) = try makeTorrent(200_000)
    let told = Mutex<[String]>([])
    let tracker: @Sendable (Int) -> PeerSources = { number in
      PeerSources(announce: { request, url, _ in
        told.withLock { $0.append("\(number) \(request.event.word) left \(request.left) down \(request.downloaded)") }
        #expect(url == "http://tracker.test/announce" && request.port == 6_881)
        var reply = AnnounceReply(interval: 1_800)
        reply.peers = [TrackerPeer(SwarmScene.endpoint(1)), TrackerPeer(SwarmScene.endpoint(2))]
        return reply
      })
    }
    try SwarmScene(2).run { scene in
      let tiers = [["http://tracker.test/announce"]]
      let seed = try await scene.start(1, sources: tracker(1))
      _ = try await seed.add(torrent, trackers: tiers) { _ in MemoryFiles(length: content.count, content: content) }
      let peer = try await scene.start(2, sources: tracker(2))
      let files = MemoryFiles(length: content.count)
      let session = try await peer.add(torrent, trackers: tiers) { _ in files }
      await session?.satisfied()
      #expect(files.content == content)
      try await scene.network(1).clock.sleep(until: scene.network(1).clock.now + .seconds(3))
      await peer.close(grace: .zero)
      await seed.close(grace: .zero)
    }
    #expect(told.withLock { $0 } == [
      "1 started left 0 down 0", "2 started left 200000 down 0", "2 completed left 0 down 200000", "2 stopped left 0 down 200000", "1 stopped left 0 down 0",
    ])
  }

  @Test("one of two seeds lies: it is found out and banned, the file is whole")
  func liar() throws {
    let (content, torrent) = try makeTorrent(1_500_000, pieceLength: 131_072)
    let scene = SwarmScene(3)
    try scene.run { scene in
      let honest = try await scene.start(1)
      _ = try await honest.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      let liar = try await scene.start(2)
      let lies = MemoryFiles(length: content.count, content: content)
      _ = try await liar.add(torrent, trackers: []) { _ in lies }
      for offset in stride(from: 5_000, to: content.count, by: 65_536) { lies.spoil(at: offset) }
      let peer = try await scene.start(3)
      let files = MemoryFiles(length: content.count)
      let session = try await peer.add(torrent, trackers: [], peers: [SwarmScene.endpoint(1), SwarmScene.endpoint(2)]) { _ in files }
      await session?.satisfied()
      #expect(files.content == content)
      #expect(session?.status.wasted ?? 0 > 0)
      for service in [peer, liar, honest] { await service.close(grace: .zero) }
    }
    #expect(scene.notes.contains { $0.hasPrefix("banned: ") })
    #expect(scene.notes.contains { $0.contains("is wrong: its hash is not the torrent's") })
  }

  @Test("a full disk: nothing more is asked for, and it is tried again later") func fullDisk() throws {
    let (content, torrent) = try makeTorrent(500_000)
    try SwarmScene(2).run { scene in
      let seed = try await scene.start(1)
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      let peer = try await scene.start(2)
      let files = MemoryFiles(length: content.count)
      files.fail(with: .full)
      let session = try await peer.add(torrent, trackers: [], peers: [SwarmScene.endpoint(1)]) { _ in files }
      let clock = scene.network(2).clock
      try await clock.sleep(until: clock.now + .seconds(60))
      #expect(session?.status.trouble?.contains("the disk does not take what comes") == true)
      let wasted = seed.sessions[0].status.uploaded
      #expect(wasted < Int64(content.count) * 2)
      files.fail(with: nil)
      try await clock.sleep(until: clock.now + .seconds(300))
      #expect(seed.sessions[0].status.uploaded == wasted)
      await session?.satisfied()
      #expect(files.content == content)
      await peer.close(grace: .zero)
      await seed.close(grace: .zero)
    }
  }

  @Test("a download goes on where it was cut off, ended in order or not", arguments: [true, false])
  func resumed(_ isClean: Bool) throws {
    let (content, torrent) = try makeTorrent(1_000_000)
    try SwarmScene(3, link: Link(delay: .milliseconds(10), bandwidth: 1_000_000)).run { scene in
      let seed = try await scene.start(1)
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      let files = MemoryFiles(length: content.count)
      let clock = scene.network(2).clock
      let first = try await scene.start(2)
      let session = try await first.add(torrent, trackers: [], peers: [SwarmScene.endpoint(1)]) { _ in files }
      try await clock.sleep(until: clock.now + .seconds(7))
      let had = session?.status.piecesHad ?? 0
      #expect(had > 0 && had < torrent.sizes.count)
      if isClean { await first.close(grace: .zero) }
      let second = try await scene.start(3)
      let again = try await second.add(torrent, trackers: [], peers: [SwarmScene.endpoint(1)]) { _ in files }
      #expect(again?.status.piecesHad ?? 0 >= had)
      await again?.satisfied()
      #expect(files.content == content)
      #expect(again?.status.downloaded ?? 0 <= Int64(content.count) + 40 * 32_768)
      for service in [second, first, seed] { await service.close(grace: .zero) }
    }
  }

  @Test("the same seed gives the same trace") func repeated() throws {
    func run(_ seed: UInt64) throws -> [String] {
      let (content, torrent) = try makeTorrent(400_000)
      let scene = SwarmScene(4, seed: seed, link: Link(delay: .milliseconds(10), loss: 0.01))
      try scene.run { scene in
        let first = try await scene.start(1)
        _ = try await first.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
        var sessions: [(TorrentSession, SwarmService)] = []
        for number in 2...4 {
          let peer = try await scene.start(number)
          if let session = try await peer.add(torrent, trackers: [], peers: (1...4).map(SwarmScene.endpoint), files: { _ in MemoryFiles(length: content.count) }) {
            sessions.append((session, peer))
          }
        }
        for (session, _) in sessions { await session.satisfied() }
        for (_, peer) in sessions { await peer.close(grace: .zero) }
        await first.close(grace: .zero)
      }
      return scene.trace.events.map { "\($0.time.nanoseconds) \($0.conversation) \($0.kind) \($0.length) \($0.text)" }
    }
    let one = try run(3)
    #expect(try one == run(3))
    #expect(try one != run(4))
  }

  @Test("who takes and never gives is served last; the torrent of a stranger is refused") func stranger() throws {
    let (content, torrent) = try makeTorrent(100_000)
    let (_, other) = try makeTorrent(50_000, name: "other")
    let scene = SwarmScene(2)
    try scene.run { scene in
      let seed = try await scene.start(1)
      _ = try await seed.add(torrent, trackers: []) { _ in MemoryFiles(length: content.count, content: content) }
      let peer = try await scene.start(2)
      let session = try await peer.add(other, trackers: [], peers: [SwarmScene.endpoint(1)]) { _ in MemoryFiles(length: 50_000) }
      let clock = scene.network(2).clock
      try await clock.sleep(until: clock.now + .seconds(400))
      #expect(session?.status.peers == 0)
      await peer.close(grace: .zero)
      await seed.close(grace: .zero)
    }
    #expect(scene.notes.contains("nobody here has the torrent \(other.infoHash)"))
  }
}
