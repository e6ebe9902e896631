// When a torrent asks the hash table: soon again while nobody is connected, or while no node has heard of it; else seldom.
// Not here: when trackers are asked (Policy/DepthTests), peers that find one another so (DownloadTests).
import BitTorrent
import SimulatedTransport
import Synchronization
import TestKit
import Testing
import Transport
import World

@testable import Swarm

@Suite("when the hash table is asked")
struct AnnouncerTests {
  // BEP 5
  @Test("searches of two thousand seconds", arguments: [
    // heard by so many nodes at each search, whether alone, seconds of the searches
    (heard: [8], isAlone: false, at: [0, 900, 1_800]),
    (heard: [0, 0, 8], isAlone: false, at: [0, 10, 30, 930, 1_830]),
    (heard: [8], isAlone: true, at: [0, 10, 30, 70, 150, 310, 630, 1_270]),
    (heard: [0], isAlone: true, at: [0, 10, 30] + Array(stride(from: 70, to: 2_000, by: 60))),
  ])
  func searches(_ example: (heard: [Int], isAlone: Bool, at: [Int])) throws {
    let internet = SimulatedInternet(seed: 1) { _, _ in Link(delay: .milliseconds(1)) }
    let host = internet.addHost("peer", Address("192.0.2.1")!)
    let searched = Mutex<[Int]>([])
    var sources = PeerSources()
    let start = host.clock.now
    sources.search = { _, _, _ in
      searched.withLock { all in
        all.append(Int((host.clock.now - start).components.seconds))
        return example.heard.indices.contains(all.count - 1) ? example.heard[all.count - 1] : example.heard.last ?? 0
      }
    }
    let announcer = Announcer(
      InfoHash(.zero), tiers: [], port: 6_881, sources: sources, peer: PeerID(.zero), network: host, chance: SeededRandom(seed: 1))
    try internet.run(atMost: .seconds(3_000)) {
      for _ in 0..<2_000 {
        announcer.announceIfDue(Announcer.Progress(isAlone: example.isAlone)) { _, _ in }
        try await host.clock.sleep(until: host.clock.now + .seconds(1))
      }
    }
    #expect(searched.withLock { $0 } == example.at)
  }
}
