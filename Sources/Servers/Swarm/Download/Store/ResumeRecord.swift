// What is remembered of a download between two runs, written and read. Not here: where it is kept (FolderFiles), what is believed (PieceStore).
package import BitTorrent
package import Bytes

/// The state of a download at its last synchronisation.
package struct ResumeRecord: Sendable, Hashable {
  /// The form that this program writes; another one is not read.
  static let version: Int64 = 1
  /// Longest record that is read. Unit: bytes. Past it: it is none.
  package static let bytesMax: Int64 = 8_388_608
  private static let digestLength = 20

  package var infoHash: InfoHash
  /// Pieces that were checked and are durable.
  package var holdings: PieceSet
  /// Whether the download was ended in order: nothing was written after this record.
  package var isClean: Bool
  package var files: [FileStamp]
  /// Unit: bytes.
  package var uploaded: Int64
  package var downloaded: Int64

  package init(infoHash: InfoHash, holdings: PieceSet, isClean: Bool, files: [FileStamp], uploaded: Int64 = 0, downloaded: Int64 = 0) {
    self.infoHash = infoHash
    self.holdings = holdings
    self.isClean = isClean
    self.files = files
    self.uploaded = uploaded
    self.downloaded = downloaded
  }

  /// A dictionary, and behind it its SHA-1.
  package var bytes: Buffer {
    var all = BencodeDictionary()
    all["clean"] = .integer(isClean ? 1 : 0)
    all["downloaded"] = .integer(downloaded)
    all["files"] = .list(files.map { .list([.integer($0.size), .integer($0.modified)]) })
    all["have"] = .bytes(holdings.bitfield)
    all["info hash"] = .bytes(Buffer(infoHash.bytes))
    all["pieces"] = .integer(Int64(holdings.pieceCount))
    all["uploaded"] = .integer(uploaded)
    all["version"] = .integer(Self.version)
    var bytes = all.encoded
    bytes.append(Self.digest(of: bytes))
    return bytes
  }

  /// Reads a record; nil: it is none of this version, or not whole.
  package init?(reading bytes: Buffer) {
    var content = bytes
    content.dropLast(Self.digestLength)
    guard bytes.count > Self.digestLength, Self.digest(of: content) == bytes[content.count..<bytes.count].array else { return nil }
    guard let all = (try? Bencode.read(content, limits: .file))?.dictionaryValue, all["version"]?.integerValue == Self.version,
      let infoHash = all["info hash"]?.bytesValue.flatMap({ InfoHash($0) }), let count = all["pieces"]?.countValue,
      let have = all["have"]?.bytesValue, let holdings = PieceSet(have, pieceCount: count), let files = all["files"]?.listValue
    else { return nil }
    var stamps: [FileStamp] = []
    for file in files {
      guard let numbers = file.listValue, numbers.count == 2, let size = numbers[0].integerValue, let modified = numbers[1].integerValue else { return nil }
      stamps.append(FileStamp(size: size, modified: modified))
    }
    self.init(
      infoHash: infoHash, holdings: holdings, isClean: all["clean"]?.integerValue == 1, files: stamps, uploaded: all["uploaded"]?.integerValue ?? 0,
      downloaded: all["downloaded"]?.integerValue ?? 0)
  }

  private static func digest(of bytes: Buffer) -> [UInt8] { PieceDigest.hash(bytes).bytes }
}
