// Peers that run, as the console shows them: plain values that whoever runs them fills anew for each page, since the console knows no swarms.
// Read next: Pages/PeersPage.swift.

/// Swarms, the hash table and trackers at one moment.
package struct ConsolePeers: Sendable {
  package var swarms: [Swarm] = []
  package var nodes: [Node] = []
  package var trackers: [Tracker] = []

  package init() {}

  /// One torrent.
  package struct Swarm: Sendable {
    package var name: String
    /// In hexadecimal.
    package var hash: String
    package var pieceCount: Int
    package var members: [Member]
    /// How anybody gets it; empty: not known.
    package var link: String

    package init(name: String, hash: String, pieceCount: Int, members: [Member], link: String = "") {
      self.name = name
      self.hash = hash
      self.pieceCount = pieceCount
      self.members = members
      self.link = link
    }
  }

  /// One peer of a torrent.
  package struct Member: Sendable {
    /// The host's name.
    package var host: String
    /// `downloading`, `seeding`.
    package var phase: String
    /// For each piece, whether it is here.
    package var pieces: [Bool]
    /// Unit: bytes per second.
    package var downloadRate: Double
    package var uploadRate: Double
    package var partners: [Partner]

    package init(host: String, phase: String, pieces: [Bool], downloadRate: Double, uploadRate: Double, partners: [Partner]) {
      self.host = host
      self.phase = phase
      self.pieces = pieces
      (self.downloadRate, self.uploadRate) = (downloadRate, uploadRate)
      self.partners = partners
    }
  }

  /// Somebody a peer is connected with.
  package struct Partner: Sendable {
    package var host: String
    /// Whether the peer serves it, and why it does, or does not any more.
    package var isServed: Bool
    package var reason: String
    /// Whether it wants something of the peer.
    package var isInterested: Bool
    /// Unit: bytes.
    package var sent: Int64
    package var received: Int64

    package init(host: String, isServed: Bool, reason: String, isInterested: Bool, sent: Int64, received: Int64) {
      self.host = host
      (self.isServed, self.reason, self.isInterested) = (isServed, reason, isInterested)
      (self.sent, self.received) = (sent, received)
    }
  }

  /// A node of the hash table.
  package struct Node: Sendable {
    package var host: String
    package var endpoint: String
    /// `IPv4`, `IPv6`: the families are two networks.
    package var network: String
    /// In hexadecimal.
    package var id: String
    /// From 0 to 1: where the id lies among all that there are.
    package var place: Double
    package var contacts: [Contact]

    package init(host: String, endpoint: String, network: String, id: String, place: Double, contacts: [Contact]) {
      self.host = host
      (self.endpoint, self.network) = (endpoint, network)
      (self.id, self.place) = (id, place)
      self.contacts = contacts
    }
  }

  /// Whom a node knows.
  package struct Contact: Sendable {
    package var host: String
    package var id: String
    /// How many bits at the front its id shares with the node's own: the number of the bucket it belongs to.
    package var bucket: Int

    package init(host: String, id: String, bucket: Int) {
      (self.host, self.id, self.bucket) = (host, id, bucket)
    }
  }

  /// A tracker, by its names for what it counts.
  package struct Tracker: Sendable {
    package var host: String
    package var counts: [(name: String, value: Int)]

    package init(host: String, counts: [(name: String, value: Int)]) {
      self.host = host
      self.counts = counts
    }
  }
}
