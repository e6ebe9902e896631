// Every bound on what a torrent may describe, with its unit, its default and what happens past it.

/// What is taken of a torrent's description. Past a bound that says nothing else the torrent is refused.
public struct MetainfoLimits: Sendable, Hashable {
  /// How the bencoding of the file is bounded.
  public var bencode = BencodeLimits.file
  /// Most pieces. Unit: pieces.
  public var piecesMax = 2_097_152
  /// Longest piece. Unit: bytes.
  public var pieceLengthMax = 536_870_912
  /// Most files. Unit: files.
  public var filesMax = 500_000
  /// Most folders below one another. Unit: names.
  public var pathDepthMax = 100
  /// Longest name of a file or folder. Unit: bytes.
  public var nameBytesMax = 255
  /// Most trackers, web seeds and nodes, of each kind. Unit: entries. Past it: the others are not heeded.
  public var placesMax = 200
  /// Longest address or remark. Unit: bytes. Past it: it is not heeded.
  public var textBytesMax = 4_096
  /// Longest magnet link. Unit: bytes. Past it: refused.
  public var magnetBytesMax = 65_536

  public init() {}
}
