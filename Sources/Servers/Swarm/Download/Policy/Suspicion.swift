// Who sent what was wrong: addresses behind wrong pieces go on parole, who is found out is banned. By address, since a new connection is cheap.
// Not here: how a piece is checked (PieceStore), how a banned one is kept out (KnownPeers).
package import BitTorrent
package import World

/// The ledger of wrong pieces.
package struct Suspicion: Sendable {
  /// How often an address may have had a part in a wrong piece. Unit: pieces. Past it: it is banned, whoever wrote the wrong block.
  package static let partsMax = 5
  /// Wrong pieces whose blocks are remembered. Unit: pieces. Past it: the oldest is forgotten.
  package static let piecesMax = 64
  /// Addresses on parole. Unit: addresses. Past it: the oldest is released.
  package static let paroledMax = 1_024

  /// The digest of one block and who sent it.
  package struct Authored: Sendable, Hashable {
    package var author: Address
    package var digest: Bits160

    package init(author: Address, digest: Bits160) {
      self.author = author
      self.digest = digest
    }
  }

  /// An address to be kept out, and why, in a sentence.
  package struct Ban: Sendable, Hashable {
    package var address: Address
    package var reason: String
  }

  /// What follows from a piece.
  package struct Verdict: Sendable, Hashable {
    package var banned: [Ban] = []
    package var onParole: [Address] = []
    package var released: [Address] = []

    package init() {}
  }

  private var remembered: [Int: [[Authored]]] = [:]
  private var order: [Int] = []
  /// Wrong pieces each had a part in; whoever is here is on parole.
  private var parts: [Address: Int] = [:]
  private var paroleOrder: [Address] = []

  package init() {}

  package func isOnParole(_ address: Address) -> Bool { parts[address] != nil }
  /// Whether the piece was wrong before: then the blocks' digests are wanted also when it is right.
  package func remembers(_ piece: Int) -> Bool { remembered[piece] != nil }

  /// A piece was wrong.
  package mutating func wrong(_ piece: Int, blocks: [Authored]) -> Verdict {
    var verdict = Verdict()
    let authors = unique(blocks.map(\.author))
    if authors.count == 1, let only = authors.first {
      verdict.banned.append(Ban(address: only, reason: "banned: piece \(piece) is wrong, and all of it came from there"))
      return verdict
    }
    if remembered[piece] == nil { order.append(piece) }
    remembered[piece, default: []].append(blocks)
    if order.count > Self.piecesMax { remembered[order.removeFirst()] = nil }
    for author in authors {
      let count = parts[author, default: 0] + 1
      if count >= Self.partsMax {
        release(author)
        verdict.banned.append(Ban(address: author, reason: "banned: it had a part in \(Self.partsMax) wrong pieces"))
        continue
      }
      if parts.updateValue(count, forKey: author) == nil {
        paroleOrder.append(author)
        verdict.onParole.append(author)
        if paroleOrder.count > Self.paroledMax, let oldest = paroleOrder.first { release(oldest) }
      }
    }
    return verdict
  }

  /// A piece was right. Who had sent a block of it that differs is found out; whom all of it came from now is trusted again.
  package mutating func right(_ piece: Int, blocks: [Authored]) -> Verdict {
    var verdict = Verdict()
    if let before = remembered.removeValue(forKey: piece) {
      order.removeAll { $0 == piece }
      let liars = unique(before.flatMap { zip($0, blocks).filter { $0.digest != $1.digest }.map(\.0.author) })
      for liar in liars {
        release(liar)
        verdict.banned.append(Ban(address: liar, reason: "banned: it sent a wrong block of piece \(piece)"))
      }
    }
    let authors = unique(blocks.map(\.author))
    if authors.count == 1, let only = authors.first, isOnParole(only) {
      release(only)
      verdict.released.append(only)
    }
    return verdict
  }

  private mutating func release(_ address: Address) {
    if parts.removeValue(forKey: address) != nil { paroleOrder.removeAll { $0 == address } }
  }

  private func unique(_ addresses: [Address]) -> [Address] {
    var seen: Set<Address> = []
    return addresses.filter { seen.insert($0).inserted }
  }
}
