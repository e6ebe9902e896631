// Which Content-Type a file name's ending means. One table, sorted; unknown endings are plain bytes.
// Not here: sniffing contents (we never do, and forbid browsers to).

/// The media types of file names.
package enum MediaTypes {
  /// The type of the file called `name`.
  package static func type(ofFileNamed name: some Collection<UInt8>) -> String {
    let ending = name.reversed().prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "/") }
    guard ending.count < name.count, ending.count <= 12 else { return unknown }
    let lowered = String(decoding: ending.reversed().map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    return byEnding[lowered] ?? unknown
  }

  /// For endings not in the table: RFC 9110 §8.3 lets the recipient treat a missing type as these bytes, so we say so ourselves.
  package static let unknown = "application/octet-stream"

  private static let byEnding: [String: String] = [
    "7z": "application/x-7z-compressed", "aac": "audio/aac", "apng": "image/apng", "atom": "application/atom+xml",
    "avi": "video/x-msvideo", "avif": "image/avif", "bin": unknown, "bmp": "image/bmp",
    "br": "application/x-brotli", "bz2": "application/x-bzip2", "c": text, "cbor": "application/cbor", "cer": "application/pkix-cert",
    "conf": text, "crl": "application/pkix-crl", "crt": "application/x-x509-ca-cert", "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8", "deb": "application/vnd.debian.binary-package", "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "eml": "message/rfc822", "epub": "application/epub+zip",
    "flac": "audio/flac", "gif": "image/gif", "gz": "application/gzip", "h": text, "htm": html, "html": html,
    "ico": "image/vnd.microsoft.icon", "ics": "text/calendar; charset=utf-8", "iso": unknown, "jar": "application/java-archive",
    "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": script, "json": "application/json", "jsonl": "application/jsonl",
    "jxl": "image/jxl", "log": text, "m3u8": "application/vnd.apple.mpegurl", "m4a": "audio/mp4", "m4s": "video/iso.segment", "m4v": "video/mp4",
    "map": "application/json", "md": "text/markdown; charset=utf-8", "mid": "audio/midi", "mjs": script, "mkv": "video/matroska",
    "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4", "mpd": "application/dash+xml", "mpeg": "video/mpeg",
    "odp": "application/vnd.oasis.opendocument.presentation", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text", "oga": "audio/ogg", "ogg": "audio/ogg", "ogv": "video/ogg", "opus": "audio/ogg",
    "otf": "font/otf", "pcap": "application/vnd.tcpdump.pcap", "pdf": "application/pdf", "pem": "application/x-pem-file", "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint", "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "rss": "application/rss+xml",
    "rtf": "application/rtf", "sh": text, "svg": "image/svg+xml", "swift": text, "tar": "application/x-tar", "tif": "image/tiff",
    "tiff": "image/tiff", "toml": "application/toml", "torrent": "application/x-bittorrent", "ts": "video/mp2t", "ttf": "font/ttf", "txt": text,
    "vtt": "text/vtt; charset=utf-8", "wasm": "application/wasm", "wav": "audio/wav", "weba": "audio/webm", "webm": "video/webm",
    "webmanifest": "application/manifest+json", "webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2", "xhtml": "application/xhtml+xml",
    "xls": "application/vnd.ms-excel", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xml": "application/xml",
    "xz": "application/x-xz", "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip", "zone": "text/dns; charset=utf-8",
    "zst": "application/zstd",
  ]

  private static let text = "text/plain; charset=utf-8"
  private static let html = "text/html; charset=utf-8"
  private static let script = "text/javascript; charset=utf-8"
}
