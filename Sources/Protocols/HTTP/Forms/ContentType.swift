// Field values of the form `word; name=value; name="value"`: Content-Type and Content-Disposition.
// Not here: which media type a file has (Negotiation/MediaType.swift).
public import Bytes

/// A word with parameters.
// RFC 9110 §5.6.6 parameters
public struct ParameterizedValue: Sendable, Hashable {
  /// In lower case: `multipart/form-data`.
  public var word: String
  /// Names in lower case, in their order; quotes undone.
  public var parameters: [(name: String, value: Buffer)]

  /// Most parameters read. Unit: parameters. Past it: the value is none.
  static var parametersMax: Int { 16 }

  /// Reads a field's value; nil for anything that is not of this form.
  public init?(parsing value: Buffer) {
    let read = value.withUnsafeBytes { bytes -> (String, [(String, Buffer)])? in
      let semicolon = bytes.first(UInt8(ascii: ";"), in: 0, bytes.count)
      let word = bytes.trimmed(0, semicolon)
      guard !word.isEmpty, bytes[word].allSatisfy({ Characters.isToken($0) || $0 == UInt8(ascii: "/") }) else { return nil }
      var reader = Reader(bytes: bytes, index: semicolon)
      var parameters: [(String, Buffer)] = []
      while reader.index < bytes.count {
        guard parameters.count < Self.parametersMax else { return nil }
        switch reader.next() {
        case .parameter(let name, let value): parameters.append((name, value))
        case .nothing: continue
        case .broken: return nil
        }
      }
      return (String(decoding: bytes[word], as: UTF8.self).lowercased(), parameters)
    }
    guard let read else { return nil }
    (word, parameters) = read
  }

  /// The first parameter called `name`, which is in lower case.
  public subscript(name: String) -> Buffer? { parameters.first { $0.name == name }?.value }

  public static func == (a: Self, b: Self) -> Bool { a.word == b.word && a.parameters.elementsEqual(b.parameters) { $0 == $1 } }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(word)
    for (name, value) in parameters {
      hasher.combine(name)
      hasher.combine(value)
    }
  }

  /// Reads one parameter after the other.
  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    /// At a `;`, or at the end.
    var index: Int

    enum Step {
      case parameter(String, Buffer)
      /// A `;` with nothing behind it.
      case nothing
      case broken
    }

    mutating func next() -> Step {
      index += 1
      skipBlanks()
      if index >= bytes.count || bytes[index] == UInt8(ascii: ";") { return .nothing }
      let start = index
      while index < bytes.count, Characters.isToken(bytes[index]) { index += 1 }
      let name = String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
      guard index > start, index < bytes.count, bytes[index] == UInt8(ascii: "=") else { return .broken }
      index += 1
      guard let value = index < bytes.count && bytes[index] == UInt8(ascii: "\"") ? quoted() : plain() else { return .broken }
      skipBlanks()
      return index == bytes.count || bytes[index] == UInt8(ascii: ";") ? .parameter(name, value) : .broken
    }

    private mutating func skipBlanks() { while index < bytes.count, Characters.isBlank(bytes[index]) { index += 1 } }

    // Differs from RFC 9110 §5.6.2: what is not quoted may hold any visible byte but `;`, as some clients write boundaries.
    private mutating func plain() -> Buffer? {
      let start = index
      while index < bytes.count, bytes[index] > 0x20, bytes[index] != UInt8(ascii: ";"), bytes[index] != UInt8(ascii: "\""), bytes[index] != 0x7F { index += 1 }
      return index > start ? Buffer(bytes[start..<index]) : nil
    }

    /// A backslash takes the next byte's meaning only before `"` and `\`: some browsers sent paths of Windows unescaped.
    // RFC 9110 §5.6.4 quoted-string
    private mutating func quoted() -> Buffer? {
      var out = Buffer()
      index += 1
      while index < bytes.count {
        var byte = bytes[index]
        if byte == UInt8(ascii: "\"") {
          index += 1
          return out
        }
        if byte == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") || bytes[index + 1] == UInt8(ascii: "\\") {
          index += 1
          byte = bytes[index]
        }
        if byte < 0x20 && byte != 0x09 || byte == 0x7F { return nil }
        out.append(byte)
        index += 1
      }
      return nil
    }
  }
}
