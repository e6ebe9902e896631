// Makes a torrent of files: their names and sizes first, then their bytes one behind the other, in any portions.
// Not here: reading the files (the owner's).
public import Bytes
import World

/// A torrent that is being made.
public struct TorrentMaker: Sendable {
  /// What the torrent will be called.
  public let name: String
  /// The files in their order; nil: the torrent is one file.
  private let files: [Torrent.File]?
  public let sizes: PieceSizes
  public var isPrivate = false
  private var hasher: PieceHasher

  /// A torrent of one file.
  public init?(name: String, length: Int, pieceLength: Int? = nil) { self.init(name: name, files: nil, length: length, pieceLength: pieceLength) }

  /// A torrent of a folder; `files` have their paths below it.
  public init?(name: String, files: [Torrent.File], pieceLength: Int? = nil) {
    var length = 0
    for file in files {
      let (sum, overflow) = length.addingReportingOverflow(file.length)
      guard !overflow, file.length >= 0 else { return nil }
      length = sum
    }
    self.init(name: name, files: files, length: length, pieceLength: pieceLength)
  }

  private init?(name: String, files: [Torrent.File]?, length: Int, pieceLength: Int?) {
    guard let sizes = PieceSizes(pieceLength: pieceLength ?? Self.pieceLength(for: length), totalLength: length) else { return nil }
    self.name = name
    self.files = files
    self.sizes = sizes
    hasher = PieceHasher(pieceLength: sizes.pieceLength)
  }

  /// A length for the pieces of so many bytes: a power of two, so that there are about a thousand to two thousand of them; never below 32 KiB
  /// (two blocks), never above 16 MiB (a wrong piece costs that much).
  public static func pieceLength(for totalLength: Int) -> Int {
    var length = 32_768
    while length < 16_777_216, totalLength / length > 2_000 { length *= 2 }
    return length
  }

  /// The next bytes of the files.
  public mutating func add(_ bytes: Buffer) { hasher.add(bytes) }

  /// How many bytes were added. Unit: bytes.
  public var addedLength: Int { hasher.totalLength }

  /// The torrent, when all bytes were added. Thrown: they were more or fewer than the files' sizes, or a name is none.
  public mutating func finish() throws(ReadingFailure) -> Torrent {
    guard addedLength == sizes.totalLength else {
      throw .syntax(SyntaxError(expected: "\(sizes.totalLength) bytes of content", found: "\(addedLength)", at: addedLength, rule: "BEP 3 info dictionary"))
    }
    var info: BencodeDictionary = ["name": .text(name), "piece length": .integer(Int64(sizes.pieceLength)), "pieces": .bytes(hasher.finish())]
    if let files {
      info["files"] = .list(files.map { .dictionary(["length": .integer(Int64($0.length)), "path": .list($0.path.map { .text($0) })]) })
    } else {
      info["length"] = .integer(Int64(sizes.totalLength))
    }
    if isPrivate { info["private"] = .integer(1) }
    // Read back: what we make obeys what we ask of others.
    return try Torrent(reading: info.encoded)
  }
}
