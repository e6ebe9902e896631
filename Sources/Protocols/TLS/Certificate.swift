// What a certificate says of whom and until when: as much of X.509 as a reader of the wire wants to know. Nothing is verified here.
public import Bytes
public import World

/// One certificate, read. RFC 5280 §4.1.
public struct Certificate: Sendable, Hashable {
  /// The common names of the one it is for and of the one who signed it; empty without one.
  public var subject = ""
  public var issuer = ""
  /// The DNS names it is for (RFC 5280 §4.2.1.6).
  public var names: [String] = []
  /// From when until when it holds, as dates and times of UTC: `2026-01-01 00:00:00`.
  public var from = ""
  public var until = ""

  /// Reads DER.
  public init(_ bytes: Buffer, limits: Limits = Limits()) throws(SyntaxError) {
    var outer = try Element.next(Cursor(bytes, 0..<bytes.count, rule: "RFC 5280 §4.1")).inside(0x30)
    var body = try Element.take(&outer).inside(0x30)
    // An explicit version is there in every certificate since 1996.
    if try Element.peek(body).tag == 0xA0 { _ = try Element.take(&body) }
    _ = try Element.take(&body)
    _ = try Element.take(&body)
    issuer = try Self.commonName(Element.take(&body))
    var validity = try Element.take(&body).inside(0x30)
    from = try Self.time(Element.take(&validity))
    until = try Self.time(Element.take(&validity))
    subject = try Self.commonName(Element.take(&body))
    while !body.isAtEnd {
      let element = try Element.take(&body)
      guard element.tag == 0xA3 else { continue }
      names = try Self.names(element, limits)
    }
  }

  /// RFC 5280 §4.1.2.4: sequences of sets of an attribute's type and value.
  private static func commonName(_ name: Element) throws(SyntaxError) -> String {
    var sets = try name.inside(0x30)
    var found = ""
    while !sets.isAtEnd {
      var set = try Element.take(&sets).inside(0x31)
      while !set.isAtEnd {
        var pair = try Element.take(&set).inside(0x30)
        let type = try Element.take(&pair)
        let value = try Element.take(&pair)
        if type.bytes == [0x55, 0x04, 0x03] { found = value.text }
      }
    }
    return found
  }

  /// RFC 5280 §4.1.2.5: UTCTime has two digits for the year, GeneralizedTime four.
  private static func time(_ element: Element) throws(SyntaxError) -> String {
    var digits = Array(element.text.utf8)
    guard element.tag == 0x17 && digits.count == 13 || element.tag == 0x18 && digits.count == 15, digits.removeLast() == UInt8(ascii: "Z"),
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw element.error("a time") }
    if element.tag == 0x17 { digits = Array(digits[0] < UInt8(ascii: "5") ? "20".utf8 : "19".utf8) + digits }
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8)) \(part(8..<10)):\(part(10..<12)):\(part(12..<14))"
  }

  private static func names(_ extensions: Element, _ limits: Limits) throws(SyntaxError) -> [String] {
    var all = Cursor(extensions.source, extensions.content, rule: "RFC 5280 §4.1.2.9")
    all = try Element.take(&all).inside(0x30)
    while !all.isAtEnd {
      var one = try Element.take(&all).inside(0x30)
      guard try Element.take(&one).bytes == [0x55, 0x1D, 0x11] else { continue }
      var value = try Element.take(&one)
      if value.tag == 0x01 { value = try Element.take(&one) }
      var list = Cursor(value.source, value.content, rule: "RFC 5280 §4.2.1.6")
      list = try Element.take(&list).inside(0x30)
      var names: [String] = []
      while !list.isAtEnd, names.count < limits.valuesMax {
        let name = try Element.take(&list)
        if name.tag == 0x82 { names.append(name.text) }
      }
      return names
    }
    return []
  }
}

/// One element of DER. ITU-T X.690 §8.1: a tag, a length, so many bytes.
private struct Element {
  var tag: UInt8
  var content: Range<Int>
  var source: Buffer

  var bytes: [UInt8] { source[content].array }
  var text: String { source[content].text }

  static func next(_ cursor: Cursor) throws(SyntaxError) -> Element {
    var cursor = cursor
    return try take(&cursor)
  }

  static func peek(_ cursor: Cursor) throws(SyntaxError) -> Element { try next(cursor) }

  static func take(_ cursor: inout Cursor) throws(SyntaxError) -> Element {
    let tag = try cursor.number(1, "a tag")
    var length = try cursor.number(1, "a length")
    if length >= 0x80 {
      guard (0x81...0x83).contains(length) else { throw SyntaxError(expected: "a length of at most three bytes", at: cursor.offset, rule: cursor.rule) }
      length = try cursor.number(length - 0x80, "a length")
    }
    return Element(tag: UInt8(tag), content: try cursor.range(length, "\(length) bytes"), source: cursor.bytes)
  }

  /// What stands inside it, if it is of this kind.
  func inside(_ wanted: UInt8) throws(SyntaxError) -> Cursor {
    guard tag == wanted else { throw error("tag \(wanted)") }
    return Cursor(source, content, rule: "RFC 5280 §4.1")
  }

  func error(_ expected: String) -> SyntaxError { SyntaxError(expected: expected, found: "tag \(tag)", at: content.lowerBound, rule: "RFC 5280 §4.1") }
}
