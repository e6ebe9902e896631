// What is known about one name of a tree, and its line in MLSD and MLST. Not here: listings for people (ListingWriter).
public import Bytes
public import World

/// The facts of RFC 3659 that this program knows.
// RFC 3659 §7.5
public enum FactName: String, Sendable, Hashable, CaseIterable {
  case type, size, modify, perm, unique
}

/// What is known about one name.
public struct FileFacts: Sendable, Hashable {
  public enum Kind: Sendable, Hashable { case file, folder }

  /// As on disk; no encoding is promised.
  public var name: [UInt8]
  public var kind: Kind
  /// Unit: bytes.
  public var size: Int64
  public var modified: Instant
  /// The same for all names of one and the same file; empty: unknown.
  public var unique: String
  /// Whether whoever asks may change it.
  public var isWritable: Bool

  public init(name: [UInt8], kind: Kind, size: Int64, modified: Instant, unique: String = "", isWritable: Bool = false) {
    self.name = name
    self.kind = kind
    self.size = size
    self.modified = modified
    self.unique = unique
    self.isWritable = isWritable
  }

  /// What may be done with it, in the letters of the perm fact.
  // RFC 3659 §7.5.5: files a(ppend) d(elete) f(rename) r(etrieve) w(store); folders c(reate) d(elete) e(nter) f(rename) l(ist) m(kdir) p(urge).
  var permissions: String {
    switch kind {
    case .file: isWritable ? "adfrw" : "r"
    case .folder: isWritable ? "cdeflmp" : "el"
    }
  }

  /// `type=file;size=…; name`, without a line end.
  // RFC 3659 §7.2
  public func line(_ facts: [FactName] = FactName.allCases, name: [UInt8]? = nil) -> Buffer {
    var line = Buffer(capacity: 96)
    for fact in facts {
      switch fact {
      case .type: line.append(kind == .file ? "type=file;" : "type=dir;")
      // RFC 3659 §7.5.7: the size of a folder means nothing to anybody.
      case .size: if kind == .file { line.append("size=\(size);") }
      case .modify: line.append("modify=\(TimeValue.text(modified));")
      case .perm: line.append("perm=\(permissions);")
      case .unique: if !unique.isEmpty { line.append("unique=\(unique);") }
      }
    }
    line.append(0x20)
    line.append(name ?? self.name)
    return line
  }
}
