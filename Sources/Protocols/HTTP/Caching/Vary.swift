// Vary: which request fields chose a response, and whether another request would have been answered by the same.
// Not here: how responses with different keys are kept (the cache).
public import Bytes

/// The field names of all Vary fields of a response.
// RFC 9111 §4.1, RFC 9110 §12.5.5
public struct Vary: Sendable, Hashable {
  /// In lower case, in alphabetical order, each once.
  public private(set) var names: [String] = []
  /// Whether a `*` stood in any of them: nothing answers another request.
  public private(set) var isEverything = false

  /// Most names looked at. Unit: names. Past it: it counts as `*`.
  static let namesMax = 32

  public init(of fields: Fields) {
    var found: [String] = []
    for value in fields.values(of: .vary) {
      value.withUnsafeBytes { bytes in
        bytes.eachElement(of: 0..<bytes.count) { element in
          guard !element.isEmpty else { return true }
          if bytes.spells("*", element) || !element.allSatisfy({ Characters.isToken(bytes[$0]) }) || found.count >= Self.namesMax {
            isEverything = true
            return false
          }
          found.append(String(decoding: bytes[element], as: UTF8.self).lowercased())
          return true
        }
      }
    }
    names = found.sorted().reduce(into: []) { names, name in if names.last != name { names.append(name) } }
  }

  /// What `request` has in these fields: equal keys mean that the same response answers.
  public func key(of request: Fields) -> Buffer {
    var key = Buffer()
    for name in names {
      key.append(name)
      let values = request.values(of: FieldName(name))
      // A field that is not there differs from an empty one.
      key.append(values.isEmpty ? "\n" : ":" as StaticString)
      for value in values { Self.append(normalised: value, to: &key) }
      if !values.isEmpty { key.append("\n" as StaticString) }
    }
    return key
  }

  /// Blanks around commas do not count, nor whether a list came in one field or several.
  // RFC 9111 §4.1
  private static func append(normalised value: Buffer, to key: inout Buffer) {
    value.withUnsafeBytes { bytes in
      bytes.eachElement(of: 0..<bytes.count) { element in
        key.append(bytes[element])
        key.append("," as StaticString)
        return true
      }
    }
  }
}
