// Where the bytes of a torrent lie in its files: pieces know nothing of files, and most pieces of small files span several.
// Read first: PieceSizes.swift.

/// The files of a torrent as one run of bytes.
public struct PieceLayout: Sendable, Hashable {
  /// A stretch of one file.
  public struct Extent: Sendable, Hashable {
    /// The index of the file.
    public var file: Int
    /// Unit: bytes from the beginning of the file.
    public var offset: Int
    /// Unit: bytes.
    public var length: Int
    /// Whether these are zeros that are kept nowhere.
    public var isPadding: Bool
  }

  public let sizes: PieceSizes
  /// In the order of their bytes, without gaps.
  public let files: [Torrent.File]

  /// A layout of files that follow one another without gaps.
  public init(sizes: PieceSizes, files: [Torrent.File]) {
    self.sizes = sizes
    self.files = files
  }

  /// The stretches of files that these bytes are, in order; none where there are no such bytes.
  public func extents(of range: Range<Int>) -> [Extent] {
    let wanted = range.clamped(to: 0..<sizes.totalLength)
    guard !wanted.isEmpty else { return [] }
    var found: [Extent] = []
    var index = firstFile(endingBehind: wanted.lowerBound)
    while index < files.count, files[index].offset < wanted.upperBound {
      let file = files[index]
      let part = wanted.clamped(to: file.offset..<(file.offset + file.length))
      if !part.isEmpty {
        found.append(Extent(file: index, offset: part.lowerBound - file.offset, length: part.count, isPadding: file.attributes.contains(.padding)))
      }
      index += 1
    }
    return found
  }

  /// The stretches that this piece is.
  public func extents(ofPiece piece: Int) -> [Extent] { extents(of: sizes.range(of: piece)) }

  /// The stretches that this block is.
  public func extents(of request: BlockRequest) -> [Extent] {
    guard sizes.contains(request) else { return [] }
    let start = sizes.range(of: request.piece).lowerBound + request.offset
    return extents(of: start..<(start + request.length))
  }

  /// The pieces that have bytes of this file; none: it is empty, or there is none.
  public func pieces(ofFile file: Int) -> Range<Int> {
    guard files.indices.contains(file), files[file].length > 0 else { return 0..<0 }
    let start = files[file].offset
    return (start / sizes.pieceLength)..<((start + files[file].length - 1) / sizes.pieceLength + 1)
  }

  /// The first file that has bytes at or behind `place`.
  private func firstFile(endingBehind place: Int) -> Int {
    var low = 0
    var high = files.count
    while low < high {
      let middle = (low + high) / 2
      if files[middle].offset + files[middle].length > place { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
