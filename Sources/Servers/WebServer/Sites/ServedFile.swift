// One file ready to be sent: its validators, its responses serialised once, its bytes or its descriptor.
// Not here: when it is still current (OpenFileCache), conditions and ranges (SiteResponder).
import Bytes
import HTTP
import Storage
import World

/// A file as a representation: immutable, so that all loops may send it at once.
final class ServedFile: Sendable {
  /// Where the bytes come from.
  enum Source: Sendable {
    case memory(Buffer)
    case disk(OpenFile)
  }

  /// Where it stands in the tree.
  let path: [UInt8]
  let status: FileStatus
  let source: Source
  let size: Int64
  let entityTag: EntityTag
  let type: String
  /// The content coding of a precompressed sibling; nil: none.
  let coding: ContentCoding?
  /// The same content in other codings, in the order we prefer them.
  let siblings: [ServedFile]
  /// Fields of every 200, 206 and 304 of this file.
  let commonFields: [(FieldName, String)]
  /// Fields of every 200 and 206 as well: what the content is.
  let contentFields: [(FieldName, String)]
  /// The answer to a plain GET.
  let whole: PreparedResponse
  /// The answer to a GET whose condition says that the client has it already.
  let unchanged: PreparedResponse

  /// Nil when the file cannot be read whole although it is small, or when a response cannot be prepared.
  init?(path: [UInt8], file: TreeFile, coding: ContentCoding?, of original: (path: [UInt8], type: String?)?, siblings: [ServedFile], site: Site) {
    self.path = path
    self.siblings = siblings
    self.coding = coding
    status = file.status
    switch file.content {
    case .memory(let bytes):
      source = .memory(bytes)
      size = Int64(bytes.count)
    case .disk(let open) where open.status.size <= Int64(site.limits.fileInMemoryBytesMax):
      guard let bytes = open.read(at: 0, length: Int(open.status.size)) else { return nil }
      source = .memory(bytes)
      size = Int64(bytes.count)
    case .disk(let open):
      source = .disk(open)
      size = open.status.size
    }
    // The length that was read counts: a file that shrank in between must not announce the length it had.
    entityTag = Self.tag(status, size: size)
    type = original?.type ?? file.type ?? MediaType.ofFile(named: Self.name(original?.path ?? path))
    var common = [(FieldName.etag, entityTag.description), (.lastModified, DateText.bytes(of: status.modified).text)]
    // RFC 9110 §12.5.5: which of the codings is sent depends on Accept-Encoding, also when this one is the plain file.
    if coding != nil || !siblings.isEmpty { common.append((.vary, "Accept-Encoding")) }
    if site.namesServer { common.append((.server, "Netstead")) }
    common += site.extraFields.map { ($0.name, $0.value) }
    var content: [(FieldName, String)] = [(.contentType, type)]
    if let coding { content.append((.contentEncoding, coding.name)) }
    // Browsers must not guess another type from the contents, or an uploaded text could become a script.
    content += [(.acceptRanges, "bytes"), (.contentTypeOptions, "nosniff")]
    commonFields = common
    contentFields = content
    let body: Response.Body =
      switch source {
      case .memory(let bytes): .bytes(bytes)
      case .disk(let open): .file(FileSlice(file: open, offset: 0, length: size))
      }
    guard let whole = PreparedResponse(Response(.ok, fields: FieldLines(common + content), body: body)),
      let unchanged = PreparedResponse(Response(.notModified, fields: FieldLines(common), body: .none))
    else { return nil }
    self.whole = whole
    self.unchanged = unchanged
  }

  /// What holding this file costs in memory. Unit: bytes.
  var heldBytes: Int {
    let own = if case .memory(let bytes) = source { bytes.count } else { 0 }
    return siblings.reduce(own) { $0 + $1.heldBytes }
  }

  /// The version, for judging conditions.
  var version: Preconditions.Current { Preconditions.Current(tag: entityTag, lastModified: status.modified) }

  private static func name(_ path: [UInt8]) -> String {
    String(decoding: path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...], as: UTF8.self)
  }

  /// A stretch of the file as a response body.
  func body(_ range: Range<Int64>) -> Response.Body {
    switch source {
    case .memory(let bytes): .bytes(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    case .disk(let open): .file(FileSlice(file: open, offset: range.lowerBound, length: range.upperBound - range.lowerBound))
    }
  }

  /// The same stretch in memory; nil when the disk fails.
  func bytes(_ range: Range<Int64>) -> Buffer? {
    switch source {
    case .memory(let bytes): bytes[Int(range.lowerBound)..<Int(range.upperBound)]
    case .disk(let open): open.read(at: range.lowerBound, length: Int(range.upperBound - range.lowerBound))
    }
  }

  // RFC 9110 §8.8.3: a strong tag, for any change of the file changes its time, its size or (when it is replaced) its inode.
  static func tag(_ status: FileStatus, size: Int64) -> EntityTag {
    let words = [UInt64(bitPattern: status.modified.nanoseconds), UInt64(size), status.inode]
    return EntityTag(Buffer(words.map { String($0, radix: 36) }.joined(separator: "-")))
  }
}

extension FieldLines {
  /// These fields, in this order.
  init(_ fields: [(FieldName, String)]) {
    self.init()
    for (name, value) in fields { append(name, value) }
  }
}

/// The codings that precompressed siblings come in.
enum ContentCoding: CaseIterable, Sendable {
  // In the order we prefer them: smallest content first.
  case brotli, zstandard, gzip

  /// As in Content-Encoding (RFC 9110 §18.6 registry).
  var name: String {
    switch self {
    case .brotli: "br"
    case .zstandard: "zstd"
    case .gzip: "gzip"
    }
  }

  /// How the sibling's name ends.
  var ending: String {
    switch self {
    case .brotli: ".br"
    case .zstandard: ".zst"
    case .gzip: ".gz"
    }
  }
}
