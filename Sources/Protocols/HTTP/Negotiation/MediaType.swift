// Which media type a file has, by the last part of its name.

/// Media types for Content-Type.
public enum MediaType {
  /// The type of a file called `name`; `application/octet-stream` when nothing better is known. Text comes with its charset.
  public static func ofFile(named name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return unknown }
    return types[name[name.index(after: dot)...].lowercased()] ?? unknown
  }

  public static let unknown = "application/octet-stream"

  private static let types: [String: String] = [
    "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "xhtml": "application/xhtml+xml",
    "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8", "log": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8", "ics": "text/calendar; charset=utf-8", "vcf": "text/vcard; charset=utf-8", "vtt": "text/vtt; charset=utf-8",
    "xml": "application/xml", "atom": "application/atom+xml", "rss": "application/rss+xml", "xsl": "application/xslt+xml",
    "json": "application/json", "jsonl": "application/jsonl", "map": "application/json", "jsonld": "application/ld+json",
    "webmanifest": "application/manifest+json", "geojson": "application/geo+json", "yaml": "application/yaml", "yml": "application/yaml",
    "toml": "application/toml", "wasm": "application/wasm", "pdf": "application/pdf", "ps": "application/postscript", "rtf": "application/rtf",
    "epub": "application/epub+zip", "zip": "application/zip", "gz": "application/gzip", "tgz": "application/gzip", "zst": "application/zstd",
    "br": "application/octet-stream", "bz2": "application/x-bzip2", "xz": "application/x-xz", "tar": "application/x-tar",
    "7z": "application/x-7z-compressed", "iso": "application/octet-stream", "torrent": "application/x-bittorrent",
    "pcap": "application/vnd.tcpdump.pcap", "pem": "application/x-pem-file", "crt": "application/x-x509-ca-cert",
    "doc": "application/msword", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint", "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif",
    "svg": "image/svg+xml", "ico": "image/vnd.microsoft.icon", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff",
    "heic": "image/heic", "jxl": "image/jxl", "apng": "image/apng",
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "aac": "audio/aac", "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
    "flac": "audio/flac", "mid": "audio/midi", "weba": "audio/webm",
    "mp4": "video/mp4", "m4v": "video/mp4", "m4s": "video/iso.segment", "webm": "video/webm", "ogv": "video/ogg", "mov": "video/quicktime",
    "mkv": "video/matroska", "avi": "video/x-msvideo", "mpeg": "video/mpeg", "mpg": "video/mpeg", "ts": "video/mp2t",
    "mpd": "application/dash+xml", "m3u8": "application/vnd.apple.mpegurl",
    "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf", "eml": "message/rfc822",
  ]
}
