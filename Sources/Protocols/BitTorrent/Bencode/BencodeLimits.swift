// How much bencoding is read from whom. Each bound has its unit and what happens past it.
// Read next: BencodeScanner.swift.

/// What a reader of bencoding is prepared to build.
public struct BencodeLimits: Sendable, Hashable {
  /// Longest input. Unit: bytes. Past it: refused before anything is read.
  public var bytesMax: Int
  /// Most lists and dictionaries inside one another. Unit: levels. Past it: refused; nothing here calls itself for a level.
  public var depthMax: Int
  /// Most numbers, runs of bytes, lists, dictionaries and ends together. Unit: tokens. Past it: refused: a byte of input can cost
  /// thirty bytes of memory.
  public var tokensMax: Int

  public init(bytesMax: Int, depthMax: Int, tokensMax: Int) {
    self.bytesMax = bytesMax
    self.depthMax = depthMax
    self.tokensMax = tokensMax
  }

  /// For a torrent file that a person chose.
  public static let file = BencodeLimits(bytesMax: 10_485_760, depthMax: 100, tokensMax: 3_000_000)
  /// For the part of a torrent that strangers send.
  public static let metadata = BencodeLimits(bytesMax: 31_457_280, depthMax: 100, tokensMax: 2_500_000)
  /// For a message of a peer.
  public static let message = BencodeLimits(bytesMax: 1_048_576, depthMax: 16, tokensMax: 20_000)
  /// For a datagram.
  public static let datagram = BencodeLimits(bytesMax: 65_536, depthMax: 16, tokensMax: 2_000)
}

/// What is asked of the order of a dictionary's keys when it is read.
public enum KeyOrder: Sendable, Hashable {
  /// Sorted, as the document asks.
  case sorted
  /// Any: some programs on the wire do not sort. No key comes twice all the same.
  case any
}
