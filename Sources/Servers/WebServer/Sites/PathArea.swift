// A part of a site: everything at and below one path. Compared name by name after decoding, so that no spelling of a path gets around it.
package import HTTP

/// Everything at and below a path of a site.
package struct PathArea: Sendable, Hashable {
  /// Decoded.
  private let segments: [String]

  /// `/staff`: the path as people write it, `/` being the whole site. Nil for what is no path.
  package init?(_ path: String) {
    guard path.hasPrefix("/") else { return nil }
    segments = path.split(separator: "/").map(String.init)
    if segments.contains(where: { $0 == "." || $0 == ".." }) { return nil }
  }

  /// Whether `path` lies here.
  package func contains(_ path: SafePath) -> Bool { path.segments.starts(with: segments) }
}
