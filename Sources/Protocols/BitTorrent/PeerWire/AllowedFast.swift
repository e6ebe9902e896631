// Which pieces a peer may have although it is choked: a few, the same at every end, by its address and the torrent.
// Read next: PeerServing.swift.
import Bytes
import Crypto
public import World

/// The allowed fast set.
// BEP 6 allowed fast set generation
public enum AllowedFast {
  /// The first `count` pieces that a peer at `address` may have of a torrent with `pieceCount` pieces. Only addresses of IPv4 have some.
  public static func pieces(_ count: Int, for address: Address, of infoHash: InfoHash, pieceCount: Int) -> [Int] {
    guard case .v4(let value) = address, pieceCount > 0 else { return [] }
    let wanted = min(count, pieceCount)
    var found: [Int] = []
    // The three most significant bytes only: one network, one set.
    var state = Buffer((value & 0xFFFF_FF00).bigEndianBytes + infoHash.bytes)
    // Each turn finds up to five; past this many the last few of a small torrent are found too rarely to wait for.
    for _ in 0..<1_000 where found.count < wanted {
      state = Buffer(Array(state.withUnsafeBytes { Insecure.SHA1.hash(data: $0) }))
      for place in stride(from: 0, to: 20, by: 4) where found.count < wanted {
        let piece = (state.number(at: place) ?? 0) % pieceCount
        if !found.contains(piece) { found.append(piece) }
      }
    }
    return found
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) } }
}
