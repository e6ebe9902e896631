// Lists with preferences: `Accept-Encoding: br;q=1.0, gzip;q=0.8, *;q=0`.
public import Bytes

/// A field's list of names with their weights.
// RFC 9110 §12.4.2
public struct QualityList: Sendable, Hashable {
  public struct Element: Sendable, Hashable {
    /// In lower case.
    public var name: String
    /// Unit: thousandths, 0 (not acceptable) to 1000.
    public var quality: Int
  }

  public private(set) var elements: [Element] = []

  /// Most elements looked at. Unit: elements. Past it: the rest is ignored.
  static var elementsMax: Int { 64 }

  /// Reads `value`. An element whose weight is malformed is left out.
  public init(parsing value: Buffer) {
    elements = value.withUnsafeBytes { bytes in
      var found: [Element] = []
      bytes.eachElement(of: 0..<bytes.count) { range in
        if let element = Self.element(bytes, range) { found.append(element) }
        return found.count < Self.elementsMax
      }
      return found
    }
  }

  /// The weight of `name`, which is in lower case: its own, else that of `*`; nil: the list says nothing about it.
  public func quality(of name: String) -> Int? {
    elements.first { $0.name == name }?.quality ?? elements.first { $0.name == "*" }?.quality
  }

  /// The one of `offered` the client likes best; among equals the first. Nil: none is acceptable.
  public func best(of offered: [String]) -> String? {
    var best: (name: String, quality: Int)?
    for name in offered {
      guard let quality = quality(of: name), quality > (best?.quality ?? 0) else { continue }
      best = (name, quality)
    }
    return best?.name
  }

  private static func element(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Element? {
    let semicolon = bytes.first(UInt8(ascii: ";"), in: range.lowerBound, range.upperBound)
    let name = bytes.trimmed(range.lowerBound, semicolon)
    guard !name.isEmpty else { return nil }
    var quality = 1_000
    var start = semicolon + 1
    while start < range.upperBound {
      let end = bytes.first(UInt8(ascii: ";"), in: start, range.upperBound)
      let parameter = bytes.trimmed(start, end)
      if parameter.count >= 2, bytes[parameter.lowerBound] | 0x20 == UInt8(ascii: "q"), bytes[parameter.lowerBound + 1] == UInt8(ascii: "=") {
        guard let value = weight(bytes, (parameter.lowerBound + 2)..<parameter.upperBound) else { return nil }
        quality = value
      }
      start = end + 1
    }
    return Element(name: String(decoding: bytes[name], as: UTF8.self).lowercased(), quality: quality)
  }

  // RFC 9110 §12.4.2 qvalue
  private static func weight(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    guard let first = range.first, range.count <= 5, bytes[first] == 0x30 || bytes[first] == 0x31 else { return nil }
    var value = Int(bytes[first] - 0x30) * 1_000
    guard range.count > 1 else { return value }
    guard bytes[first + 1] == UInt8(ascii: ".") else { return nil }
    var unit = 100
    for index in (first + 2)..<range.upperBound {
      guard Characters.isDigit(bytes[index]) else { return nil }
      value += Int(bytes[index] - 0x30) * unit
      unit /= 10
    }
    return value <= 1_000 ? value : nil
  }
}
