// A small swarm on virtual links: peers with their files in memory, all of them the real service.
import BitTorrent
import Bytes
import Foundation
import SimulatedTransport
import Storage
import Synchronization
import TestKit
import Trace
import Transport
import World

@testable import Swarm

/// `length` bytes that repeat nowhere, and the torrent of them.
func makeTorrent(_ length: Int, pieceLength: Int = 32_768, name: String = "data.bin", isPrivate: Bool = false) throws -> (content: [UInt8], torrent: Torrent) {
  var chance = SeededRandom(seed: UInt64(length))
  var content: [UInt8] = []
  while content.count < length { withUnsafeBytes(of: chance.next()) { content += $0 } }
  content.removeLast(content.count - length)
  var maker = TorrentMaker(name: name, length: length, pieceLength: pieceLength)!
  maker.isPrivate = isPrivate
  maker.add(Buffer(content))
  return (content, try maker.finish())
}

/// Peers at 203.0.113.1 and up, each listening at 6881.
final class SwarmScene: Sendable {
  let internet: SimulatedInternet
  let trace = TestRecorder()
  let seed: UInt64
  private let hosts: [SimulatedNetwork]

  init(_ count: Int, seed: UInt64 = 7, link: Link = Link(delay: .milliseconds(10))) {
    self.seed = seed
    internet = SimulatedInternet(seed: seed) { _, _ in link }
    let internet = internet
    hosts = (1...count).map { internet.addHost("peer\($0)", Address(203, 0, 113, UInt8($0))) }
  }

  static func endpoint(_ number: Int) -> Endpoint { Endpoint(Address(203, 0, 113, UInt8(number)), 6_881) }
  func network(_ number: Int) -> SimulatedNetwork { hosts[number - 1] }

  /// Starts peer `number`, counted from 1.
  func start(_ number: Int, sources: PeerSources = PeerSources(), _ change: (inout SwarmService.Setting) -> Void = { _ in }) async throws -> SwarmService {
    var setting = SwarmService.Setting()
    change(&setting)
    let network = network(number)
    return try await SwarmService.start(
      network: network, endpoint: Self.endpoint(number), setting: setting, sources: sources,
      trace: TraceContext(recorder: trace, host: "peer\(number)", role: .server), disk: { work in network.start { work() } },
      chance: SeededRandom(seed: seed &* 1_000 &+ UInt64(number)))
  }

  /// What was noted in conversations, in order.
  var notes: [String] { trace.events.filter { $0.kind == .note }.map(\.text) }

  func run(atMost: Duration = .seconds(3_600), _ work: @escaping @Sendable (SwarmScene) async throws -> Void) throws {
    try internet.run(atMost: atMost) { [self] in try await work(self) }
  }
}

/// Does `work` with a folder that is gone afterwards.
func withFolder<R>(_ work: (String) async throws -> R) async throws -> R {
  let path = NSTemporaryDirectory() + "netstead-swarm-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await work(path)
}
