// A program for benchmarks: a tracker, one thread for datagrams, and the load for any tracker over UDP.
//   netstead-bench-tracker serve PORT LIST                  serves the torrents of LIST (hexadecimal, one a line) at 127.0.0.1:PORT
//   netstead-bench-tracker load PORT LIST KIND SECONDS      asks the tracker there; KIND is connect, announce or scrape
// Not here: comparing (bench_tracker.py).
import BitTorrent
import Bytes
import Glibc
import Swarm
import Transport
import World

@main
struct TrackerBench {
  static func main() async throws {
    let words = CommandLine.arguments
    guard words.count >= 4, let port = UInt16(words[2]), let torrents = Self.torrents(words[3]) else { return usage() }
    switch (words[1], words.count) {
    case ("serve", 4):
      var setting = TrackerSetting()
      setting.listed = Set(torrents)
      let network = SocketNetwork(loops: 1)
      let service = try await TrackerService.start(
        network: network, endpoints: [Endpoint(.loopback, port)], setting: setting, loop: DatagramLoopLimits(threads: 1), chance: SystemRandomNumberGenerator())
      print("serving \(torrents.count) torrents at \(service.endpoints)")
      try await Task.sleep(for: .seconds(86_400 * 365))
    case ("load", 6):
      guard let kind = Load.Kind(rawValue: words[4]), let seconds = Double(words[5]) else { return usage() }
      var load = Load(port: port, torrents: torrents, kind: kind)
      let (answers, bytes) = load.run(seconds: seconds)
      print("\(answers) answers, \(bytes) bytes, \(load.lost) lost")
    default: usage()
    }
  }

  private static func usage() { print("usage: netstead-bench-tracker serve PORT LIST | load PORT LIST connect|announce|scrape SECONDS") }

  private static func torrents(_ path: String) -> [InfoHash]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var torrents: [InfoHash] = []
    while let line = readLine(file) { if let hash = InfoHash(hex: line) { torrents.append(hash) } }
    return torrents
  }

  private static func readLine(_ file: UnsafeMutablePointer<FILE>) -> String? {
    var room = [CChar](repeating: 0, count: 128)
    guard fgets(&room, 128, file) != nil else { return nil }
    return String(decoding: room.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Many peers behind some addresses of this machine.
private struct Load {
  enum Kind: String { case connect, announce, scrape }

  /// Addresses asked from, each with a socket of its own.
  private static let addresses = 32
  /// Datagrams that each has on the way at a time.
  private static let window = 8
  /// Ports that the peers of one address say they listen at.
  private static let ports: UInt16 = 250

  private let torrents: [InfoHash]
  private let kind: Kind
  private var sockets: [Int32] = []
  private var connections: [UInt64] = []
  private var chance = SeededRandom(seed: 1)
  private(set) var lost = 0

  init(port: UInt16, torrents: [InfoHash], kind: Kind) {
    self.torrents = torrents
    self.kind = kind
    for number in 0..<Self.addresses {
      let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      Self.withAddress(0x7F00_0101 + UInt32(number), 0) { _ = bind(socket, $0, $1) }
      Self.withAddress(0x7F00_0001, port) { _ = connect(socket, $0, $1) }
      var wait = timeval(tv_sec: 0, tv_usec: 200_000)
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
      sockets.append(socket)
      connections.append(0)
    }
  }

  private static func withAddress(_ address: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Void) {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = address.bigEndian
    withUnsafePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }

  /// Asks for this long; how many answers came, and how long they were together.
  mutating func run(seconds: Double) -> (answers: Int, bytes: Int) {
    var room = [UInt8](repeating: 0, count: 2_048)
    for (place, socket) in sockets.enumerated() {
      send(UDPTrackerRequest.connect(transaction: 1).bytes, socket)
      let count = recv(socket, &room, room.count, 0)
      if count == 16, case .connected(_, let id)? = try? UDPTrackerReply(Buffer(room[..<16]), isV6: false) { connections[place] = id }
    }
    var requests = sockets.indices.map { place in (0..<Self.window).map { _ in request(place) } }
    var (answers, bytes) = (0, 0)
    let end = now() + seconds
    while now() < end {
      for (place, socket) in sockets.enumerated() {
        for number in 0..<Self.window {
          if answers % 7 == 0 { requests[place][number] = request(place) }
          send(requests[place][number], socket)
        }
      }
      for socket in sockets {
        for _ in 0..<Self.window {
          let count = recv(socket, &room, room.count, 0)
          if count > 0, room[3] != 3 {
            answers += 1
            bytes += count
          } else {
            lost += 1
          }
        }
      }
    }
    return (answers, bytes)
  }

  private func send(_ bytes: Buffer, _ socket: Int32) { bytes.withUnsafeBytes { _ = Glibc.send(socket, $0.baseAddress, $0.count, 0) } }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// A request of one of the peers behind an address.
  private mutating func request(_ place: Int) -> Buffer {
    let torrent = torrents[Int.random(in: 0..<torrents.count, using: &chance)]
    switch kind {
    case .connect: return UDPTrackerRequest.connect(transaction: 1).bytes
    case .scrape: return UDPTrackerRequest.scrape(connection: connections[place], transaction: 1, [torrent]).bytes
    case .announce:
      var request = AnnounceRequest(infoHash: torrent, peerID: .random(using: &chance), port: UInt16.random(in: 1...Self.ports, using: &chance))
      request.left = UInt64.random(in: 0...3, using: &chance)
      request.peersWanted = 30
      return UDPTrackerRequest.announce(connection: connections[place], transaction: 1, request).bytes
    }
  }
}
