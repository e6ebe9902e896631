// The text form of names: dots, \X and \DDD, relative names and @ (RFC 1035 §5.1, RFC 4343 §2.1).
// Not here: files of them (MasterFile/).
public import World

extension Name {
  /// The name written as `text`. It is absolute with or without the final dot; `.` is the root. Offsets in errors count UTF-8 bytes.
  public init(_ text: some StringProtocol) throws(SyntaxError) {
    var text = String(text)
    let outcome: Result<Name, SyntaxError> = text.withUTF8 { bytes in
      do throws(SyntaxError) {
        return .success(try Name(text: UnsafeRawBufferPointer(bytes), relativeTo: .root))
      } catch { return .failure(error) }
    }
    self = try outcome.get()
  }

  /// The name written as `text`; without a final dot it continues with `origin`, and `@` is `origin` itself.
  init(text: UnsafeRawBufferPointer, relativeTo origin: Name) throws(SyntaxError) {
    if text.count == 1, text[0] == UInt8(ascii: "@") {
      self = origin
      return
    }
    if text.count == 1, text[0] == UInt8(ascii: ".") {
      self = .root
      return
    }
    self.init(proven: try Name.wire(text, relativeTo: origin))
  }

  private static func wire(_ text: UnsafeRawBufferPointer, relativeTo origin: Name) throws(SyntaxError) -> [UInt8] {
    guard !text.isEmpty else { throw SyntaxError(expected: "a domain name", found: "nothing", at: 0, rule: "RFC 1035 §5.1") }
    var wire: [UInt8] = []
    wire.reserveCapacity(text.count + 1 + origin.wire.count)
    wire.append(0)
    var labelStart = 0
    var index = 0
    var isAbsolute = false
    while index < text.count {
      var byte = text[index]
      if byte == UInt8(ascii: ".") {
        let length = wire.count - labelStart - 1
        guard length > 0 else { throw SyntaxError(expected: "a label before the dot", at: index, rule: "RFC 1035 §5.1") }
        wire[labelStart] = UInt8(truncatingIfNeeded: length)
        labelStart = wire.count
        wire.append(0)
        index += 1
        isAbsolute = index == text.count
        continue
      }
      let start = index
      if byte == UInt8(ascii: "\\") { byte = try unescaped(text, &index) } else { index += 1 }
      wire.append(byte)
      guard wire.count - labelStart - 1 <= Limits.Format.labelMax else {
        throw SyntaxError(expected: "a label of at most 63 bytes", at: start, rule: "RFC 1035 §2.3.4")
      }
      guard wire.count < Limits.Format.nameMax else {
        throw SyntaxError(expected: "a name of at most 255 bytes", at: start, rule: "RFC 1035 §2.3.4")
      }
    }
    if isAbsolute { return wire }
    wire[labelStart] = UInt8(truncatingIfNeeded: wire.count - labelStart - 1)
    guard wire.count + origin.wire.count <= Limits.Format.nameMax else {
      throw SyntaxError(
        expected: "a name of at most 255 bytes with its origin", found: "\(wire.count + origin.wire.count)", at: 0, rule: "RFC 1035 §2.3.4")
    }
    wire += origin.wire
    return wire
  }

  /// RFC 1035 §5.1: `\DDD` is the byte with that decimal value, `\X` is X itself. `index` stands on the backslash and moves past it all.
  static func unescaped(_ text: UnsafeRawBufferPointer, _ index: inout Int) throws(SyntaxError) -> UInt8 {
    let start = index
    guard index + 1 < text.count else {
      throw SyntaxError(expected: "a character after the backslash", found: "the end", at: start, rule: "RFC 1035 §5.1")
    }
    let first = text[index + 1]
    guard first &- 0x30 < 10 else {
      index += 2
      return first
    }
    guard index + 3 < text.count, text[index + 2] &- 0x30 < 10, text[index + 3] &- 0x30 < 10 else {
      throw SyntaxError(expected: "three decimal digits after the backslash", at: start, rule: "RFC 1035 §5.1")
    }
    let value = Int(first &- 0x30) * 100 + Int(text[index + 2] &- 0x30) * 10 + Int(text[index + 3] &- 0x30)
    guard value <= 255 else {
      throw SyntaxError(expected: "a value of at most 255 after the backslash", found: "\(value)", at: start, rule: "RFC 1035 §5.1")
    }
    index += 4
    return UInt8(truncatingIfNeeded: value)
  }
}

extension Name: CustomStringConvertible {
  /// The name with its final dot; what would be misread in a master file is escaped.
  public var description: String {
    if isRoot { return "." }
    var text = ""
    text.reserveCapacity(wire.count + 8)
    var index = 0
    while wire[index] != 0 {
      let end = index + 1 + Int(wire[index])
      index += 1
      while index < end {
        Name.appendEscaped(wire[index], to: &text)
        index += 1
      }
      text += "."
    }
    return text
  }

  /// The name without its final dot, as addresses and programs outside DNS write it; the root stays `.`.
  public var undotted: String { isRoot ? "." : String(description.dropLast()) }

  private static func appendEscaped(_ byte: UInt8, to text: inout String) {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\""),
      UInt8(ascii: "@"), UInt8(ascii: "$"):
      text += "\\"
      text.unicodeScalars.append(Unicode.Scalar(byte))
    case 0x21...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
    default: appendDecimal(byte, to: &text)
    }
  }

  /// `\DDD`.
  static func appendDecimal(_ byte: UInt8, to text: inout String) {
    text += byte < 10 ? "\\00" : byte < 100 ? "\\0" : "\\"
    text += String(byte)
  }
}
