// Records as a master file: what MasterFileReader reads back to the same records.

/// The text form of zones, written.
public enum MasterFileText {
  /// `records` in their order, names relative to `origin` where they can be, an owner only where it changes.
  public static func text(of records: some Sequence<ResourceRecord>, origin: Name) -> String {
    var text = "$ORIGIN \(origin)\n"
    var lastOwner: Name?
    for record in records {
      let owner = record.name == lastOwner ? "" : relative(record.name, to: origin)
      text += "\(owner)\t\(record.ttl)\t\(record.class)\t\(record.type)\t\(record.data)\n"
      lastOwner = record.name
    }
    return text
  }

  /// `name` without the ending it shares with `origin`.
  private static func relative(_ name: Name, to origin: Name) -> String {
    if name == origin { return "@" }
    guard !origin.isRoot, name.isSubdomain(of: origin), let prefix = name.replacing(suffix: origin, with: .root) else {
      return name.description
    }
    return prefix.undotted
  }
}
