// Paths as a session sees them: names below one root that nobody gets above. Purely words; what is there is the owner's to look up, and the
// owner's own check of links comes on top.
public import Bytes
public import World

/// A place in the served tree.
public struct TreePath: Sendable, Hashable, CustomStringConvertible {
  /// The names from the root down, joined by `/`, without one at either end; empty: the root. No name is empty, `.` or `..`.
  public private(set) var bytes: [UInt8] = []

  public static let root = TreePath()

  public init() {}

  /// What `text` means to a session that is in `folder`.
  // RFC 3659 §6 TVFS: names joined by slashes, `.` and `..` as everybody knows them; the root is its own parent.
  public init(_ text: Buffer, in folder: TreePath, limits: Limits = Limits()) throws(SyntaxError) {
    let rule = "RFC 3659 §6"
    guard text.count <= limits.pathBytesMax else { throw SyntaxError(expected: "a path of at most \(limits.pathBytesMax) bytes", at: limits.pathBytesMax, rule: rule) }
    if text[at: 0] != Self.slash { bytes = folder.bytes }
    var depth = bytes.isEmpty ? 0 : bytes.count { $0 == Self.slash } + 1
    var name: [UInt8] = []
    for index in 0...text.count {
      let byte = text[at: index]
      if let byte, byte != Self.slash {
        // No name with a line's end could be listed, and none with NUL be stored.
        guard byte >= 0x20, byte != 0x7F else { throw SyntaxError(expected: "a path without control characters", at: index, rule: rule) }
        name.append(byte)
        continue
      }
      switch name {
      case [], [0x2E]: break
      case [0x2E, 0x2E]:
        bytes = parentBytes
        depth = max(0, depth - 1)
      default:
        guard depth < limits.pathDepthMax else { throw SyntaxError(expected: "at most \(limits.pathDepthMax) folders below one another", at: index, rule: rule) }
        depth += 1
        if !bytes.isEmpty { bytes.append(Self.slash) }
        bytes += name
      }
      name.removeAll(keepingCapacity: true)
    }
    guard bytes.count <= limits.pathBytesMax else { throw SyntaxError(expected: "a path of at most \(limits.pathBytesMax) bytes", at: text.count, rule: rule) }
  }

  private static let slash = UInt8(ascii: "/")

  private var parentBytes: [UInt8] { bytes.lastIndex(of: Self.slash).map { Array(bytes[..<$0]) } ?? [] }

  public var isRoot: Bool { bytes.isEmpty }

  /// The folder it lies in; the root lies in itself.
  public var parent: TreePath {
    var parent = self
    parent.bytes = parentBytes
    return parent
  }

  /// The last name; empty for the root.
  public var name: [UInt8] { bytes.lastIndex(of: Self.slash).map { Array(bytes[($0 + 1)...]) } ?? bytes }

  /// The place called `name` in this folder. `name` is one name, as a listing holds it.
  public func appending(_ name: [UInt8]) -> TreePath {
    var path = self
    if !path.bytes.isEmpty { path.bytes.append(Self.slash) }
    path.bytes += name
    return path
  }

  /// From the root, with the slash before it, as PWD tells it.
  public var absolute: [UInt8] { [Self.slash] + bytes }

  public var description: String { String(decoding: absolute, as: UTF8.self) }
}

/// `*` and `?` in the last name of a path to be listed.
public struct NamePattern: Sendable, Hashable {
  public var bytes: [UInt8]

  /// Nil when `name` has neither.
  public init?(_ name: [UInt8]) {
    guard name.contains(Self.any) || name.contains(Self.one) else { return nil }
    bytes = name
  }

  private static let any = UInt8(ascii: "*")
  private static let one = UInt8(ascii: "?")

  /// Whether `name` fits. Takes at most as many steps as both lengths multiplied.
  public func matches(_ name: [UInt8]) -> Bool {
    var at = 0
    var inName = 0
    // Where the last star stood, and how much of the name it has eaten: only the last one ever has to give way.
    var star: (at: Int, eaten: Int)?
    while inName < name.count {
      if at < bytes.count, bytes[at] == Self.any {
        star = (at, inName)
        at += 1
      } else if at < bytes.count, bytes[at] == Self.one || bytes[at] == name[inName] {
        at += 1
        inName += 1
      } else if let last = star {
        star = (last.at, last.eaten + 1)
        at = last.at + 1
        inName = last.eaten + 1
      } else {
        return false
      }
    }
    return bytes[at...].allSatisfy { $0 == Self.any }
  }
}
