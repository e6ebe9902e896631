// What a torrent describes: its files, its pieces, their hashes. These are the bytes that are hashed to name it, so they are kept as they came.
// Not here: trackers and other places (Metainfo.swift), where pieces lie in files (PieceLayout.swift), making one (TorrentMaker.swift).
public import Bytes
import World

/// The content of one torrent.
// BEP 3 info dictionary
public struct Torrent: Sendable, Hashable {
  /// One file.
  public struct File: Sendable, Hashable {
    /// Folders and name, below the place where the torrent is kept; each is safe to be a name in one folder.
    public var path: [String]
    /// Unit: bytes.
    public var length: Int
    /// Unit: bytes from the start of the first piece.
    public var offset: Int
    public var attributes: Attributes

    public init(path: [String], length: Int, offset: Int = 0, attributes: Attributes = []) {
      self.path = path
      self.length = length
      self.offset = offset
      self.attributes = attributes
    }
  }

  // BEP 47
  public struct Attributes: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Zeros that bring the next file to the start of a piece: never written, served if asked for.
    public static let padding = Attributes(rawValue: 1)
    public static let executable = Attributes(rawValue: 2)
    public static let hidden = Attributes(rawValue: 4)
    /// A link, which is not made here.
    public static let link = Attributes(rawValue: 8)
  }

  public let infoHash: InfoHash
  /// The exact bytes of the `info` value.
  public let bytes: Buffer
  /// What the torrent is called: the name of its file, or of the folder its files are in.
  public let name: String
  public let sizes: PieceSizes
  /// In the order of their bytes.
  public let files: [File]
  /// Whether there is one file and no folder.
  public let isSingleFile: Bool
  // BEP 27
  public let isPrivate: Bool
  /// Whether version 2 describes the same files; only the other half is read.
  // BEP 52
  public let isHybrid: Bool
  /// Twenty bytes for each piece.
  private let hashes: Buffer

  /// What the hash of this piece has to be; nil: there is no such piece.
  public func hash(of piece: Int) -> Bits160? {
    guard piece >= 0, piece < sizes.count else { return nil }
    return Bits160(hashes[(20 * piece)..<(20 * piece + 20)])
  }

  /// Whether `bytes` are this piece.
  public func verify(_ bytes: Buffer, asPiece piece: Int) -> Bool {
    bytes.count == sizes.size(of: piece) && hash(of: piece) == PieceDigest.hash(bytes)
  }

  /// Where pieces lie in the files.
  public var layout: PieceLayout { PieceLayout(sizes: sizes, files: files) }

  /// The torrent that the exact bytes of an `info` value describe.
  // Differs from BEP 3: keys may come in any order, since other programs take such torrents; the name is the hash of the bytes all the same.
  public init(reading info: Buffer, limits: MetainfoLimits = MetainfoLimits()) throws(ReadingFailure) {
    let value = try Bencode.read(info, limits: limits.bencode, order: .any)
    guard let all = value.dictionaryValue else { throw Self.failure("a dictionary as info", "another value") }
    let version = all["meta version"]?.integerValue ?? 1
    guard let hashes = all["pieces"]?.bytesValue else {
      if version > 1 { throw Self.failure("pieces", "version \(version) alone, which is not supported: only torrents that version 1 describes too can be read") }
      throw Self.failure("pieces", "none")
    }
    guard hashes.count % 20 == 0 else { throw Self.failure("20 bytes of pieces for each piece", "\(hashes.count) bytes") }
    guard hashes.count / 20 <= limits.piecesMax else { throw .tooMuch(LimitReached("piecesMax", allowed: limits.piecesMax, unit: "pieces")) }
    guard let pieceLength = all["piece length"]?.countValue, pieceLength > 0 else {
      throw Self.failure("a piece length above zero", all["piece length"]?.integerValue.map(String.init) ?? "none")
    }
    guard pieceLength <= limits.pieceLengthMax else { throw .tooMuch(LimitReached("pieceLengthMax", allowed: limits.pieceLengthMax, unit: "bytes")) }
    name = try Self.name(all["name.utf-8"]?.bytesValue ?? all["name"]?.bytesValue, limits)
    switch (all["length"], all["files"]) {
    case (let length?, nil):
      isSingleFile = true
      files = [File(path: [name], length: try Self.length(length), attributes: Self.attributes(all["attr"]))]
    case (nil, let list?):
      isSingleFile = false
      files = try Self.files(list, limits)
    case (_?, _?): throw Self.failure("either length or files", "both")
    case (nil, nil): throw Self.failure("either length or files", "neither")
    }
    let total = files.last.map { $0.offset + $0.length } ?? 0
    guard total > 0 else { throw Self.failure("at least one byte of content", "none") }
    guard let sizes = PieceSizes(pieceLength: pieceLength, totalLength: total) else { throw Self.failure("sizes below 2^63 bytes", "\(total) bytes") }
    guard sizes.count == hashes.count / 20 else {
      throw Self.failure("\(sizes.count) pieces of \(pieceLength) bytes for \(total) bytes", "\(hashes.count / 20)")
    }
    self.sizes = sizes
    self.hashes = hashes
    isPrivate = all["private"]?.integerValue == 1
    isHybrid = version > 1
    bytes = info
    infoHash = InfoHash(hashing: info)
  }

  // MARK: Files

  private static func files(_ list: BencodeValue, _ limits: MetainfoLimits) throws(ReadingFailure) -> [File] {
    guard let items = list.listValue, !items.isEmpty else { throw failure("a list of files", "another value, or an empty list") }
    guard items.count <= limits.filesMax else { throw .tooMuch(LimitReached("filesMax", allowed: limits.filesMax, unit: "files")) }
    var files: [File] = []
    var offset = 0
    for item in items {
      guard let length = item["length"] else { throw failure("a length of each file", "none") }
      let size = try Self.length(length)
      guard let parts = (item["path.utf-8"] ?? item["path"])?.listValue, !parts.isEmpty else { throw failure("a path of each file", "none") }
      guard parts.count <= limits.pathDepthMax else { throw .tooMuch(LimitReached("pathDepthMax", allowed: limits.pathDepthMax, unit: "names")) }
      var path: [String] = []
      for part in parts { path.append(try name(part.bytesValue, limits)) }
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else { throw failure("sizes below 2^63 bytes", "more") }
      files.append(File(path: path, length: size, offset: offset, attributes: attributes(item["attr"])))
      offset = end
    }
    try refuseClashes(of: files)
    return files
  }

  /// Two files in one place, or a file where a folder has to be, would be written over one another.
  private static func refuseClashes(of files: [File]) throws(ReadingFailure) {
    // In the order of their paths a file stands right before what is inside it.
    let paths = files.filter { $0.attributes.isDisjoint(with: [.padding, .link]) }.map(\.path).sorted { $0.lexicographicallyPrecedes($1) }
    for (path, next) in zip(paths, paths.dropFirst()) where next.starts(with: path) {
      throw failure("each file in a place of its own", "\"\(path.joined(separator: "/"))\" where \"\(next.joined(separator: "/"))\" is")
    }
  }

  private static func length(_ value: BencodeValue) throws(ReadingFailure) -> Int {
    guard let length = value.countValue else { throw failure("a length of zero or more", value.integerValue.map(String.init) ?? "no number") }
    return length
  }

  /// A name that is one in a folder, and leads nowhere else on any system.
  private static func name(_ bytes: Buffer?, _ limits: MetainfoLimits) throws(ReadingFailure) -> String {
    guard let bytes else { throw failure("a name", "none") }
    let name = bytes.text
    guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) else {
      throw failure("a name without / \\ and NUL that is neither empty nor . nor ..", "\"\(bytes[0..<80])\"")
    }
    guard name.utf8.count <= limits.nameBytesMax else { throw .tooMuch(LimitReached("nameBytesMax", allowed: limits.nameBytesMax, unit: "bytes")) }
    return name
  }

  private static func attributes(_ value: BencodeValue?) -> Attributes {
    var attributes: Attributes = []
    for letter in value?.bytesValue?.array ?? [] {
      switch letter {
      case UInt8(ascii: "p"): attributes.insert(.padding)
      case UInt8(ascii: "x"): attributes.insert(.executable)
      case UInt8(ascii: "h"): attributes.insert(.hidden)
      case UInt8(ascii: "l"): attributes.insert(.link)
      default: break
      }
    }
    return attributes
  }

  /// What is wrong lies in what the bytes say, not in one of them.
  private static func failure(_ expected: String, _ found: String) -> ReadingFailure {
    .syntax(SyntaxError(expected: expected, found: found, at: 0, rule: "BEP 3 info dictionary"))
  }
}
