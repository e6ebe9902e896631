// Forms and queries as text: name=value pairs joined by `&`, read as leniently as browsers write, written as browsers write them.
// Not here: forms with files in them (MultipartReader.swift). Read next: FormLimits at the end, which bounds both.
public import Bytes

/// The fields of a form, or the pairs of a query.
// application/x-www-form-urlencoded, WHATWG URL §5
public struct FormFields: Sendable, Hashable {
  public struct Field: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// In the order they came.
  public var all: [Field]

  public init(_ fields: [Field] = []) { all = fields }

  /// Reads `a=1&b=two+words`. What is not UTF-8 is repaired; a `%` without two digits stands for itself.
  public init(parsing text: Buffer, limits: FormLimits = FormLimits()) throws(Refusal) {
    guard text.count <= limits.textBytesMax else { throw Refusal(.contentTooLarge, limit: "textBytesMax", allowed: limits.textBytesMax, unit: "bytes") }
    all = []
    var start = 0
    while start < text.count {
      let end = text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count
      let pair = start..<end
      start = end + 1
      if pair.isEmpty { continue }
      guard all.count < limits.fieldsMax else { throw Refusal(.contentTooLarge, limit: "fieldsMax", allowed: limits.fieldsMax, unit: "fields") }
      let equals = text.firstIndex(of: UInt8(ascii: "="), from: pair.lowerBound).flatMap { $0 < pair.upperBound ? $0 : nil }
      let name = text[pair.lowerBound..<(equals ?? pair.upperBound)]
      all.append(Field(Self.decoded(name), equals.map { Self.decoded(text[($0 + 1)..<pair.upperBound]) } ?? ""))
    }
  }

  /// The first value called `name`.
  public subscript(name: String) -> String? { all.first { $0.name == name }?.value }

  /// All values called `name`.
  public func values(of name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }

  public mutating func append(_ name: String, _ value: String) { all.append(Field(name, value)) }

  /// The fields as the content of a request, or as a query.
  public var encoded: Buffer {
    var out = Buffer()
    for field in all {
      if !out.isEmpty { out.append(UInt8(ascii: "&")) }
      Self.append(field.name, to: &out)
      out.append(UInt8(ascii: "="))
      Self.append(field.value, to: &out)
    }
    return out
  }

  static func decoded(_ text: Buffer) -> String {
    text.withUnsafeBytes { bytes in
      var out: [UInt8] = []
      out.reserveCapacity(bytes.count)
      var index = 0
      while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "+"): out.append(0x20)
        case UInt8(ascii: "%"):
          if index + 2 < bytes.count, let high = Hexadecimal.value(of: bytes[index + 1]), let low = Hexadecimal.value(of: bytes[index + 2]) {
            out.append(high << 4 | low)
            index += 2
          } else {
            out.append(bytes[index])
          }
        case let byte: out.append(byte)
        }
        index += 1
      }
      return String(decoding: out, as: UTF8.self)
    }
  }

  // WHATWG URL §5.2: letters, digits and `*-._` stay, the space becomes `+`.
  private static func append(_ text: String, to out: inout Buffer) {
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2A, 0x2D, 0x2E, 0x5F: out.append(byte)
      case 0x20: out.append(UInt8(ascii: "+"))
      default:
        out.append(UInt8(ascii: "%"))
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
      }
    }
  }
}

/// How large forms may be.
public struct FormLimits: Sendable, Hashable {
  /// Longest form or query as text. Unit: bytes. Past it: refused, 413.
  public var textBytesMax = 1_048_576
  /// Most fields of a form as text. Unit: fields. Past it: refused, 413.
  public var fieldsMax = 1_000
  /// Most parts of a multipart form. Unit: parts. Past it: refused, 413.
  public var partsMax = 100
  /// Largest head of a part. Unit: bytes. Past it: refused, 413.
  public var partHeadBytesMax = 8_192
  /// Most fields in the head of a part. Unit: fields. Past it: refused, 413.
  public var partFieldsMax = 16
  /// Longest text before the first part, and longest blanks behind a boundary. Unit: bytes. Past it: refused, 400.
  public var preambleBytesMax = 1_024
  /// Longest value of a part that is no file. Unit: bytes. Past it: refused, 413.
  public var valueBytesMax = 65_536
  /// Largest file. Unit: bytes. Past it: refused, 413, and nothing of it stays.
  public var fileBytesMax: Int64 = 16_777_216
  /// All files of one form together. Unit: bytes. Past it: refused, 413, and nothing of them stays.
  public var filesBytesMax: Int64 = 67_108_864

  public init() {}
}
