// What a simulated swarm is: the file, the lines, who gives and who only takes, who comes and goes. Plain values.
// Read next: SwarmSimulation.swift. Not here: which block is asked of whom and who is served; those are the production policies of the Swarm server.
package import Swarm

/// A swarm to simulate.
package struct SwarmRules: Sendable {
  /// Unit: pieces.
  package var pieceCount = 256
  /// A multiple of a block. Unit: bytes.
  package var pieceLength = 32_768
  /// Unit: bits per second.
  package var seedUpload = 640_000.0
  package var peers: [Peer]
  package var order = PieceOrder.rarestFirst
  /// How slots are given.
  package var slots = Choker.Rules()
  /// How many others each peer looks for. Unit: peers.
  package var neighbours = 50
  /// How many blocks one peer asks of another at a time. Unit: blocks.
  package var depth = 4
  /// When the seed leaves; nil: never.
  package var seedLeaves: Departure?
  /// How long a peer that has everything stays and gives. Unit: seconds; nil: to the end.
  package var staysFor: Double?

  package init(peers: [Peer]) { self.peers = peers }

  /// `count` peers of one kind, there from the beginning.
  package init(_ count: Int, upload: Double, download: Double) {
    self.init(peers: [Peer](repeating: Peer(line: Distribution.Line(upload: upload, download: download)), count: count))
  }

  /// One who wants the file.
  package struct Peer: Sendable, Equatable {
    package var line: Distribution.Line
    /// Serves nobody.
    package var isFreeRider = false
    /// When it comes. Unit: seconds.
    package var arrives = 0.0
    /// When it leaves without a word, done or not; nil: never. Unit: seconds.
    package var leaves: Double?

    package init(line: Distribution.Line) { self.line = line }
  }

  package enum Departure: Sendable, Equatable {
    /// Unit: seconds.
    case at(Double)
    /// When it has sent so much, counted in files.
    case afterCopies(Double)
    /// When every piece is had by somebody else who is there.
    case whenCopied
  }

  /// Unit: bytes.
  package var fileLength: Int { pieceCount * pieceLength }

  /// The same as the textbook has it: who gives nothing has no upload.
  package var distribution: Distribution {
    Distribution(
      fileBits: Double(fileLength) * 8, seedUpload: seedUpload,
      peers: peers.map { Distribution.Line(upload: $0.isFreeRider ? 0 : $0.line.upload, download: $0.line.download) })
  }
}

/// How large a simulated swarm may be.
package struct SwarmModelLimits: Sendable, Equatable {
  /// Most peers. Unit: peers. Past it: the swarm is refused.
  package var peersMax = 10_000
  /// Most pieces. Unit: pieces. Past it: the swarm is refused.
  package var piecesMax = 16_384
  /// Most blocks that all peers together want. Unit: blocks. Past it: the swarm is refused.
  package var blocksMax = 20_000_000
  /// Longest run. Unit: seconds of virtual time. Past it: it ends, and whoever is not done is not.
  package var timeMax = 7 * 86_400.0
  /// Longest time in which nothing arrives. Unit: seconds of virtual time. Past it: the run ends.
  package var quietMax = 300.0

  package init() {}
}
