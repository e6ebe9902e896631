// Listings as the server sends them: for people as `ls` writes them, names alone, and facts for programs.
public import Bytes
public import World

/// In which form a folder is listed.
public enum ListingForm: Sendable, Hashable {
  /// LIST: as `ls -l` would.
  case long
  /// NLST: names.
  case names
  /// MLSD: facts, those the client chose.
  case facts([FactName])
}

/// Writes listings.
public struct ListingWriter: Sendable {
  private let form: ListingForm
  private let now: Instant

  public init(_ form: ListingForm, at now: Instant) {
    self.form = form
    self.now = now
  }

  /// The lines of `items`, with their ends. Names that no line can hold are left out.
  // RFC 1123 §4.1.2.7: LIST and NLST are sent as text, whatever TYPE says.
  public func bytes(of items: some Sequence<FileFacts>) -> Buffer {
    var out = Buffer(capacity: 4_096)
    for item in items where !item.name.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      switch form {
      case .long: append(item, to: &out)
      case .names: out.append(item.name)
      case .facts(let facts): out.append(item.line(facts))
      }
      out.append("\r\n")
    }
    return out
  }

  /// `-rw-r--r--   1 ftp      ftp          1835008 Nov 02  2025 name`
  private func append(_ item: FileFacts, to out: inout Buffer) {
    let mode: StaticString =
      switch (item.kind, item.isWritable) {
      case (.file, true): "-rw-r--r--"
      case (.file, false): "-r--r--r--"
      case (.folder, true): "drwxr-xr-x"
      case (.folder, false): "dr-xr-xr-x"
      }
    out.append(mode)
    out.append("   1 ftp      ftp      ")
    let size = String(item.size)
    out.append(String(repeating: " ", count: max(0, 12 - size.utf8.count)) + size + " ")
    let time = CivilTime(item.modified)
    out.append("\(CivilTime.months[time.month - 1]) \(CivilTime.padded(time.day, 2)) ")
    // As `ls` does: the time of day for half a year, then the year.
    let age = item.modified.duration(to: now)
    if (Duration.seconds(-60)...Self.halfYear).contains(age) {
      out.append("\(CivilTime.padded(time.hour, 2)):\(CivilTime.padded(time.minute, 2))")
    } else {
      out.append(" \(CivilTime.padded(time.year, 4))")
    }
    out.append(0x20)
    out.append(item.name)
  }

  private static let halfYear = Duration.seconds(15_778_476)
}
