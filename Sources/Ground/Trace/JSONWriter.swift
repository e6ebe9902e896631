// Writing JSON (RFC 8259) straight into bytes, keys in the order they are written. Not here: reading JSON.
public import Bytes

/// Writes one JSON text. The caller opens and closes what belongs together; commas are put by the writer.
public struct JSONWriter: Sendable {
  public private(set) var bytes: Buffer
  private var needsComma = false

  public init(capacity: Int = 1_024) { bytes = Buffer(capacity: capacity) }

  /// Opens an object; as a member when `key` is given.
  public mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
    begin(key)
    enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  /// Opens an array; as a member when `key` is given.
  public mutating func array(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
    begin(key)
    enclose(UInt8(ascii: "["), UInt8(ascii: "]"), body)
  }

  public mutating func value(_ key: StaticString? = nil, _ text: String) {
    begin(key)
    quote(text)
  }

  public mutating func value(_ key: StaticString? = nil, _ number: some BinaryInteger) {
    begin(key)
    bytes.append(String(number))
  }

  public mutating func value(_ key: StaticString? = nil, _ truth: Bool) {
    begin(key)
    bytes.append(truth ? "true" as StaticString : "false")
  }

  /// A string of lower-case hexadecimal digits.
  public mutating func hex(_ key: StaticString, _ data: Buffer) {
    begin(key)
    bytes.append(UInt8(ascii: "\""))
    data.withUnsafeBytes { data in
      for byte in data {
        bytes.append(Hexadecimal.digit(byte >> 4))
        bytes.append(Hexadecimal.digit(byte))
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Ends a line of JSON lines: what follows is a text of its own.
  public mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  private mutating func begin(_ key: StaticString?) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
    guard let key else { return }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(key)
    bytes.append("\":" as StaticString)
  }

  private mutating func enclose(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
    bytes.append(open)
    needsComma = false
    body(&self)
    bytes.append(close)
    needsComma = true
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { units in
      var start = 0
      for (index, unit) in units.enumerated() {
        // RFC 8259 §7: quotation mark, reverse solidus and control characters; DEL is escaped too, terminals do not like it.
        guard unit < 0x20 || unit == 0x22 || unit == 0x5C || unit == 0x7F else { continue }
        bytes.append(units[start..<index])
        start = index + 1
        escape(unit)
      }
      bytes.append(units[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ unit: UInt8) {
    switch unit {
    case 0x0A: bytes.append("\\n" as StaticString)
    case 0x0D: bytes.append("\\r" as StaticString)
    case 0x09: bytes.append("\\t" as StaticString)
    case 0x22: bytes.append("\\\"" as StaticString)
    case 0x5C: bytes.append("\\\\" as StaticString)
    default:
      bytes.append("\\u00" as StaticString)
      bytes.append(Hexadecimal.digit(unit >> 4))
      bytes.append(Hexadecimal.digit(unit))
    }
  }
}
