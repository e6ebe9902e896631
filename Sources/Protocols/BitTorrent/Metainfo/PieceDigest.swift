// Hashing of pieces: one piece as its bytes come, and all pieces of a run of bytes for a torrent that is being made.
// Read next: Torrent.swift, which holds the hashes that pieces are held against.
public import Bytes
import Crypto

/// The SHA-1 of one piece while its bytes come in order.
public struct PieceDigest: Sendable {
  private var hash = Insecure.SHA1()

  public init() {}

  /// The hash of `bytes`.
  public static func hash(_ bytes: Buffer) -> Bits160 {
    var digest = PieceDigest()
    digest.add(bytes)
    return digest.finish()
  }

  /// The next bytes.
  public mutating func add(_ bytes: Buffer) { bytes.withUnsafeBytes { hash.update(bufferPointer: $0) } }

  /// The hash of everything that was added.
  public func finish() -> Bits160 { Bits160(Array(hash.finalize())) ?? .zero }
}

/// Cuts a run of bytes into pieces and hashes each: bytes in, hashes out.
public struct PieceHasher: Sendable {
  public let pieceLength: Int
  /// Unit: bytes.
  public private(set) var totalLength = 0
  private var hashes = Buffer()
  private var current = PieceDigest()

  /// A hasher of pieces of this length, at least one byte.
  public init(pieceLength: Int) { self.pieceLength = max(1, pieceLength) }

  /// The next bytes, in any portions.
  public mutating func add(_ bytes: Buffer) {
    var rest = bytes
    while !rest.isEmpty {
      let room = pieceLength - totalLength % pieceLength
      let portion = rest.take(min(room, rest.count)) ?? Buffer()
      current.add(portion)
      totalLength += portion.count
      if totalLength % pieceLength == 0 { endPiece() }
    }
  }

  private mutating func endPiece() {
    hashes.append(current.finish())
    current = PieceDigest()
  }

  /// The hashes of all pieces one behind the other, the last piece as short as it is.
  public mutating func finish() -> Buffer {
    if totalLength % pieceLength != 0 { endPiece() }
    return hashes
  }
}
