// Listings as a client gets them from servers of every age: facts, `ls`, NetWare, DOS, EPLF, VMS, OS/400, MVS, OS/2. Each line is judged
// by itself. Names that could lead a program that writes them to disk elsewhere are dropped here, once for all.
// Read next: ListingForms.swift, the forms.
public import Bytes
public import World

/// One name of a listing.
public struct ListingItem: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case file, folder
    /// A symbolic link, and what it says it leads to.
    case link(to: [UInt8])
    /// Devices, pipes, and what nobody can tell.
    case other
  }

  /// Never empty, `.` or `..`; holds no `/` and no control characters.
  public var name: [UInt8]
  public var kind: Kind
  /// Unit: bytes; nil: unknown, or counted in something else.
  public var size: Int64?
  public var modified: Instant?
  /// Whether `modified` is in UTC for sure and to the second; listings for people are in the server's own zone, whichever that is.
  public var isTimeExact: Bool

  public init(name: [UInt8], kind: Kind, size: Int64? = nil, modified: Instant? = nil, isTimeExact: Bool = false) {
    self.name = name
    self.kind = kind
    self.size = size
    self.modified = modified
    self.isTimeExact = isTimeExact
  }
}

/// Reads a listing piece by piece.
public struct ListingReader: Sendable {
  /// What was asked for.
  public enum Form: Sendable, Hashable {
    /// MLSD.
    case facts
    /// LIST, in whatever form it comes.
    case any
    /// NLST.
    case names
  }

  private let form: Form
  private let now: Instant
  private let itemsMax: Int
  private var framer: LineFramer
  /// A name that VMS wrote on a line of its own, since it was long.
  private var longName: Buffer?
  public private(set) var items: [ListingItem] = []
  /// Lines that are no names: totals, remarks, errors, and names that are not to be trusted.
  public private(set) var skipped = 0
  /// Whether there were more names than are kept.
  public private(set) var isCut = false

  public init(_ form: Form, at now: Instant, limits: Limits = Limits()) {
    self.form = form
    self.now = now
    itemsMax = limits.listingItemsMax
    framer = LineFramer(LineRules(lineBytesMax: limits.listingLineBytesMax, bareLineFeed: .endsLine, bareCarriageReturn: .isContent))
  }

  /// Reads the whole lines at the front of `bytes`.
  public mutating func read(_ bytes: inout Buffer) {
    while let found = framer.next(from: &bytes) {
      if case .line(let line) = found { take(line) } else { skipped += 1 }
    }
  }

  /// Reads what is left when nothing more comes: a last line without an end.
  public mutating func finish(_ bytes: inout Buffer) {
    read(&bytes)
    let rest = bytes.takeAll()
    if !rest.isEmpty { take(rest) }
  }

  private mutating func take(_ line: Buffer) {
    guard var item = read(line: line) else {
      skipped += 1
      return
    }
    if case .folder = item.kind, item.name.last == UInt8(ascii: "/") { item.name.removeLast() }
    guard Self.isSafe(item.name) else {
      skipped += 1
      return
    }
    guard items.count < itemsMax else {
      isCut = true
      return
    }
    items.append(item)
  }

  private mutating func read(line: Buffer) -> ListingItem? {
    switch form {
    case .facts: return ListingForms.facts(line)
    case .names:
      // Some servers put the folder before each name.
      let slash = line.array.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
      return ListingItem(name: Array(line.array[slash...]), kind: .other)
    case .any:
      if let name = longName {
        longName = nil
        if let item = ListingForms.vms(name, rest: line) { return item }
      }
      if let item = ListingForms.any(line, now) { return item }
      if ListingForms.isLongVMSName(line) { longName = line }
      return nil
    }
  }

  /// Whether a file of this name can be made in a folder of ours without leading out of it.
  public static func isSafe(_ name: [UInt8]) -> Bool {
    !name.isEmpty && name != [0x2E] && name != [0x2E, 0x2E] && !name.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F }
  }
}
