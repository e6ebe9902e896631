// Header fields to be sent: kept as the lines they will be on the wire, so that sending them is one copy.
// Not here: the fields the writers add themselves (Date, Connection, Content-Length, Transfer-Encoding: H1/).
public import Bytes

/// Header fields to be sent, already as lines.
public struct FieldLines: Sendable, Hashable {
  /// The lines, each with its CRLF.
  public private(set) var bytes: Buffer
  /// Whether a Date of somebody else is among them; then the writer adds none.
  private(set) var carriesDate = false

  public init() { bytes = Buffer() }

  public var isEmpty: Bool { bytes.isEmpty }

  /// Adds a field. Fields that say how long the message is, or what becomes of the connection, are the writer's business and are not
  /// taken; control bytes in the value become spaces, so that a value can never begin another field; a name that is none is not taken.
  @discardableResult
  public mutating func append(_ name: FieldName, _ value: String) -> Bool {
    var text = value
    return text.withUTF8 { append(name, UnsafeRawBufferPointer($0)) }
  }

  @discardableResult
  public mutating func append(_ name: FieldName, _ value: Buffer) -> Bool {
    value.withUnsafeBytes { append(name, $0) }
  }

  @discardableResult
  public mutating func append(_ name: FieldName, _ value: some BinaryInteger) -> Bool { append(name, String(value)) }

  /// Adds a field that this server wrote itself and that needs no check.
  mutating func append(trusted name: FieldName, _ value: StaticString) {
    bytes.append(name.text)
    bytes.append(": " as StaticString)
    bytes.append(value)
    bytes.append("\r\n" as StaticString)
  }

  /// Adds a field as it was received: its bytes were checked then.
  mutating func append(received place: FieldPlace, of head: Buffer, _ name: FieldName) {
    if name == .date {
      // RFC 9110 §6.6.1: a proxy does not change it; a second one would only confuse.
      if carriesDate { return }
      carriesDate = true
    }
    head.withUnsafeBytes { all in
      bytes.append(all[place.name])
      bytes.append(": " as StaticString)
      bytes.append(all[place.value])
      bytes.append("\r\n" as StaticString)
    }
  }

  /// Whether there is a field called `name`.
  public func contains(_ name: FieldName) -> Bool { value(of: name) != nil }

  /// The value of the first field called `name`. Nil: there is none.
  public func value(of name: FieldName) -> Buffer? {
    let wanted = name.text
    return bytes.withUnsafeBytes { all in
      var start = 0
      while start < all.count {
        let end = all.firstControl(from: start)
        let colon = all.first(0x3A, in: start, end)
        if colon &- start == wanted.utf8.count, String(decoding: all[start..<colon], as: UTF8.self).lowercased() == wanted.lowercased() {
          return bytes[(colon &+ 2)..<end]
        }
        start = end &+ 2
      }
      return nil
    }
  }

  private mutating func append(_ name: FieldName, _ value: UnsafeRawBufferPointer) -> Bool {
    switch name {
    // RFC 9112 §6, §9.6: the writer knows these from the body and the connection.
    case .contentLength, .transferEncoding, .connection, .keepAlive, .proxyConnection, .date: return false
    default: break
    }
    if name.code == 0 {
      guard !name.unlisted.isEmpty, name.unlisted.utf8.allSatisfy(Characters.isToken) else { return false }
    }
    bytes.append(name.text)
    bytes.append(": " as StaticString)
    if value.firstControl(from: 0) == value.count {
      bytes.append(value)
    } else {
      // RFC 9110 §5.5: CR, LF and NUL in a value are dangerous; a space is the replacement it offers.
      bytes.append(value.lazy.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F ? 0x20 : $0 })
    }
    bytes.append("\r\n" as StaticString)
    return true
  }
}
