// How long a file takes to reach everybody: the two bounds of the textbook, and the schedule of streams that meets the second.
// Pure arithmetic. Not here: a swarm that has to find its way in blocks (SwarmSimulation.swift).

/// A file and those who want it.
package struct Distribution: Sendable, Equatable {
  /// F. Unit: bits.
  package var fileBits: Double
  /// u_s. Unit: bits per second.
  package var seedUpload: Double
  package var peers: [Line]

  /// What a peer's line carries.
  package struct Line: Sendable, Equatable {
    /// u_i. Unit: bits per second.
    package var upload: Double
    /// d_i. Unit: bits per second.
    package var download: Double

    package init(upload: Double, download: Double) {
      self.upload = upload
      self.download = download
    }
  }

  package init(fileBits: Double, seedUpload: Double, peers: [Line]) {
    self.fileBits = fileBits
    self.seedUpload = seedUpload
    self.peers = peers
  }

  package var slowestDownload: Double { peers.map(\.download).min() ?? .infinity }
  package var uploadSum: Double { peers.reduce(0) { $0 + $1.upload } }

  /// No client-server distribution is quicker: max(NF/u_s, F/d_min). Unit: seconds.
  package var clientServerBound: Double { max(Double(peers.count) * fileBits / seedUpload, fileBits / slowestDownload) }

  /// No distribution at all is quicker: max(F/u_s, F/d_min, NF/(u_s + Σu_i)). Unit: seconds.
  package var peerToPeerBound: Double {
    max(fileBits / seedUpload, fileBits / slowestDownload, Double(peers.count) * fileBits / (seedUpload + uploadSum))
  }

  /// Which of the three makes the bound.
  package var bottleneck: Bottleneck {
    switch peerToPeerBound {
    case fileBits / seedUpload: .seed
    case fileBits / slowestDownload: .slowestPeer
    default: .everybody
    }
  }

  package enum Bottleneck: String, Sendable {
    /// One copy has to leave the seed.
    case seed
    case slowestPeer = "slowest peer"
    /// All uploads together have to carry N copies.
    case everybody
  }

  /// Streams that meet the peer-to-peer bound, as if bits were water: to each peer the seed sends a stream of its own, which the peer passes on to all
  /// others, and if something is left of the seed's line, one more stream to everybody.
  package var schedule: FluidSchedule {
    let count = Double(peers.count)
    let others = max(1, count - 1)
    let rate = fileBits / peerToPeerBound
    // What the peers can pass on of streams of their own, and what the seed has to give everybody besides.
    let passedOn = uploadSum / others
    guard peers.count > 1, passedOn < seedUpload else {
      // The peers can pass on whatever the seed sends.
      let sum = max(uploadSum, .leastNonzeroMagnitude)
      return FluidSchedule(own: peers.count > 1 ? peers.map { rate * $0.upload / sum } : peers.map { _ in 0 }, common: peers.count > 1 ? 0 : rate)
    }
    let common = (seedUpload - passedOn) / count
    let scale = rate / (passedOn + common)
    return FluidSchedule(own: peers.map { scale * $0.upload / others }, common: scale * common)
  }

  /// When the last block has come if a server alone sends every block to one peer after the other, and each line takes in one at a time. Unit: seconds.
  package func timeFromServer(blocks: Int) -> Double {
    let block = fileBits / Double(max(1, blocks))
    var now = 0.0
    var busyUntil = peers.map { _ in 0.0 }
    for _ in 0..<max(1, blocks) {
      for (index, peer) in peers.enumerated() {
        now += block / seedUpload
        busyUntil[index] = max(now, busyUntil[index]) + block / peer.download
      }
    }
    return busyUntil.max() ?? 0
  }

  /// How long the file takes when it flows by `schedule`. Unit: seconds.
  package func time(by schedule: FluidSchedule) -> Double { fileBits / schedule.rate }

  /// What a schedule asks of a line that it does not have; nil: it can be done.
  package func objection(to schedule: FluidSchedule) -> String? {
    let slack = 1 + 1e-9
    let others = Double(max(0, peers.count - 1))
    if schedule.own.reduce(0, +) + schedule.common * Double(peers.count) > seedUpload * slack { return "the seed uploads more than its line carries" }
    for (index, peer) in peers.enumerated() {
      if schedule.own[index] * others > peer.upload * slack { return "peer \(index + 1) uploads more than its line carries" }
      if schedule.rate > peer.download * slack { return "peer \(index + 1) downloads more than its line carries" }
    }
    return nil
  }
}

/// Streams from the seed. Unit: bits per second.
package struct FluidSchedule: Sendable, Equatable {
  /// To each peer, which passes it on to every other.
  package var own: [Double]
  /// To every peer, passed on by nobody.
  package var common: Double

  /// What every peer receives.
  package var rate: Double { own.reduce(0, +) + common }
}

/// A swarm as two amounts, peers that download and seeds, that change smoothly (Qiu and Srikant, SIGCOMM 2004).
package struct FluidSwarm: Sendable, Equatable {
  /// λ: newcomers. Unit: peers per second.
  package var arrivals: Double
  /// μ: what a peer uploads. Unit: files per second.
  package var upload: Double
  /// c: what it can download. Unit: files per second.
  package var download: Double
  /// γ: seeds that leave. Unit: share per second.
  package var departures: Double
  /// θ: downloads given up. Unit: share per second.
  package var givenUp = 0.0
  /// η: how much of a downloader's upload others can use. From 0 to 1.
  package var usefulness = 1.0
  /// x
  package private(set) var downloaders = 0.0
  /// y
  package private(set) var seeds = 1.0

  package init(arrivals: Double, upload: Double, download: Double, departures: Double) {
    self.arrivals = arrivals
    self.upload = upload
    self.download = download
    self.departures = departures
  }

  /// Lets time pass, in small steps. Unit: seconds.
  package mutating func run(for seconds: Double, step: Double = 0.5) {
    for _ in 0..<Int((seconds / step).rounded()) {
      let done = min(download * downloaders, upload * (usefulness * downloaders + seeds))
      let (x, y) = (arrivals - givenUp * downloaders - done, done - departures * seeds)
      downloaders = max(0, downloaders + x * step)
      seeds = max(0, seeds + y * step)
    }
  }

  /// How long a download takes on average when nothing changes any more (Little's law). Unit: seconds.
  package var meanTime: Double { downloaders / arrivals }

  /// The same by the formula: 1/β with β = min(c, η / (1/μ − 1/γ)), when nobody gives up. Unit: seconds.
  package var meanTimeByFormula: Double { max(1 / download, (1 / upload - 1 / departures) / usefulness) }
}
