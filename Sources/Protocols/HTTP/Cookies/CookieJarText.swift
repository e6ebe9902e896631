// A jar as the text file that curl, wget and browsers' exporters write and read: one cookie a line, seven columns.
// Not here: files (the tools), what a jar does (CookieJar.swift).
public import Bytes
public import World

extension CookieJar {
  private static let hiddenPrefix = "#HttpOnly_"

  /// Adds the cookies written in `text`. Lines that are none (comments, other formats) are passed over.
  public mutating func read(_ text: Buffer, at now: Instant) {
    var start = 0
    var count = 0
    while start < text.count, count < limits.cookiesMax * 2 {
      let end = text.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? text.count
      var line = text[start..<end]
      if line[at: line.count - 1] == UInt8(ascii: "\r") { line.dropLast(1) }
      if let stored = Self.cookie(of: line) { restore(stored, at: now) }
      start = end + 1
      count += 1
    }
  }

  /// domain, whether hosts below it count, path, whether only in secret, expiry in seconds (0: the session's), name, value
  private static func cookie(of line: Buffer) -> StoredCookie? {
    let isHTTPOnly = line.text.hasPrefix(hiddenPrefix)
    if !isHTTPOnly, line[at: 0] == UInt8(ascii: "#") { return nil }
    let columns = columns(of: line)
    guard columns.count == 7, let seconds = Int64(columns[4].text), columns[2][at: 0] == UInt8(ascii: "/") else { return nil }
    var domain = columns[0].text.lowercased()[...]
    if isHTTPOnly { domain = domain.dropFirst(hiddenPrefix.count) }
    if domain.hasPrefix(".") { domain = domain.dropFirst() }
    guard !domain.isEmpty else { return nil }
    return StoredCookie(
      cookie: Cookie(name: columns[5], value: columns[6]), domain: String(domain), isHostOnly: columns[1] != "TRUE", path: columns[2],
      expires: seconds == 0 ? nil : Instant(secondsSince1970: min(max(seconds, 0), 9_223_372_036)), isSecure: columns[3] == "TRUE", isHTTPOnly: isHTTPOnly,
      sameSite: nil)
  }

  /// What stands between the tabs; what is behind the seventh belongs to the value.
  private static func columns(of line: Buffer) -> [Buffer] {
    var columns: [Buffer] = []
    var start = 0
    while columns.count < 6, let tab = line.firstIndex(of: UInt8(ascii: "\t"), from: start) {
      columns.append(line[start..<tab])
      start = tab + 1
    }
    columns.append(line[start..<Swift.max(start, line.count)])
    return columns
  }

  /// The jar as text, cookies of the running session included, as curl does it.
  public var text: Buffer {
    var out: Buffer = "# Netscape HTTP Cookie File\n# Written by netstead http. Edit at your own risk.\n\n"
    for stored in cookies.sorted(by: { $0.order < $1.order }) {
      // The format has no way to write these; a browser never stores them.
      let all = [stored.cookie.name, stored.cookie.value, stored.path]
      if all.contains(where: { $0.firstIndex(of: 0x0A) != nil || $0.firstIndex(of: 0x0D) != nil }) || stored.cookie.name.firstIndex(of: 0x09) != nil
        || stored.path.firstIndex(of: 0x09) != nil
      {
        continue
      }
      out.append("\(stored.isHTTPOnly ? Self.hiddenPrefix : "")\(stored.isHostOnly ? "" : ".")\(stored.domain)\t\(stored.isHostOnly ? "FALSE" : "TRUE")\t")
      out.append(stored.path)
      out.append("\t\(stored.isSecure ? "TRUE" : "FALSE")\t\(max(0, stored.expires?.secondsSince1970 ?? 0))\t")
      out.append(stored.cookie.name)
      out.append("\t")
      out.append(stored.cookie.value)
      out.append("\n")
    }
    return out
  }
}
