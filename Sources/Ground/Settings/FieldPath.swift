// Where in a document a place is, in the words of those who made it by a program: `between[1]`, `records[0].type`.

extension SettingsDocument {
  /// The path of the innermost key or item that begins at `place`; nil: nothing but the document itself does.
  public func path(to place: Place) -> String? {
    let path = root.path(to: place)
    return path?.isEmpty == true ? nil : path
  }
}

extension SettingsNode {
  fileprivate func path(to wanted: Place) -> String? {
    switch content {
    case .scalar: break
    case .sequence(let nodes):
      for (index, node) in nodes.enumerated() { if let rest = node.path(to: wanted) { return "[\(index)]" + (rest.isEmpty || rest.hasPrefix("[") ? rest : "." + rest) } }
    case .mapping(let entries):
      for entry in entries {
        if entry.place == wanted { return entry.key }
        if let rest = entry.value.path(to: wanted) { return entry.key + (rest.isEmpty || rest.hasPrefix("[") ? rest : "." + rest) }
      }
    }
    return place == wanted ? "" : nil
  }
}
