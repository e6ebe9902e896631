// Reads a multipart form as it arrives: bytes are pushed in, parts come out, however the bytes were cut. Holds a part's head at most.
// Not here: where files go (WebServer/Sites/FormReception), forms as plain text (FormFields.swift).
public import Bytes

/// The head of one part of a form.
// RFC 7578 §4.2
public struct PartHead: Sendable, Hashable {
  /// The form field it is the value of.
  public var name: String
  /// What the file is called where it comes from, without folders; nil: the part is no file. Never to be trusted as a path.
  public var fileName: String?
  /// As the client claims; nil: it claims nothing.
  public var contentType: String?
}

/// Reads one multipart/form-data body.
// RFC 2046 §5.1.1 multipart-body
public struct MultipartReader: Sendable {
  /// What came next. A part is `part`, any number of `data`, `partEnd`.
  public enum Event: Sendable, Hashable {
    case part(PartHead)
    case data(Buffer)
    case partEnd
    /// The last boundary is read; what follows it is thrown away.
    case end
  }

  private enum State: Sendable {
    /// Before the first boundary.
    case preamble(passed: Int)
    /// Right behind a boundary: its line ends, or it was the last.
    case boundaryEnd
    case head
    /// At the empty line behind a head, whose CRLF may already belong to the next boundary.
    case headEnd
    case data
    case done
  }

  private var state = State.preamble(passed: 0)
  /// Bytes not yet understood. Shorter than a part's head or a boundary once `next` has returned nil.
  private var pending: Buffer
  /// CRLF, two hyphens and the boundary.
  private let delimiter: [UInt8]
  private var parts = 0
  private let limits: FormLimits

  /// A reader for the content of a request with this Content-Type; nil when that is none of a multipart form.
  public init?(contentType: Buffer, limits: FormLimits = FormLimits()) {
    guard let type = ParameterizedValue(parsing: contentType), type.word == "multipart/form-data", let boundary = type["boundary"] else { return nil }
    self.init(boundary: boundary, limits: limits)
  }

  /// Nil for a boundary that cannot be one.
  // RFC 2046 §5.1.1: 1 to 70 characters, the last no space.
  public init?(boundary: Buffer, limits: FormLimits = FormLimits()) {
    let bytes = boundary.array
    guard (1...70).contains(bytes.count), bytes.last != 0x20, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    delimiter = Array("\r\n--".utf8) + bytes
    self.limits = limits
    // The first boundary needs no line end in front of it.
    pending = "\r\n"
  }

  public var isDone: Bool { if case .done = state { true } else { false } }

  /// Adds what arrived.
  public mutating func push(_ bytes: Buffer) {
    if isDone || bytes.isEmpty { return }
    if pending.isEmpty {
      pending = bytes
      return
    }
    // Joined in storage of its own: one buffer that is always added to at its end would grow with the whole body.
    var joined = Buffer(capacity: pending.count + bytes.count)
    joined.append(pending)
    joined.append(bytes)
    pending = joined
  }

  /// To be called when nothing more comes: throws when the form was cut short.
  public func finish() throws(Refusal) {
    if !isDone { throw Refusal(.badRequest, "expected the last boundary of the form, found the end of the content (RFC 2046 §5.1.1)") }
  }

  /// What came next; nil: more bytes are needed.
  public mutating func next() throws(Refusal) -> Event? {
    // Each turn takes bytes away, changes the state towards one that does, or returns.
    while true {
      switch state {
      case .preamble(let passed):
        let (length, isFound) = dataLength()
        pending.drop(length)
        if passed + length > limits.preambleBytesMax + 2 {
          throw Refusal(.badRequest, limit: "preambleBytesMax", allowed: limits.preambleBytesMax, unit: "bytes")
        }
        state = isFound ? .boundaryEnd : .preamble(passed: passed + length)
        if !isFound { return nil }
        pending.drop(delimiter.count)
      case .boundaryEnd:
        guard let isLast = try takeBoundaryEnd() else { return nil }
        if isLast {
          state = .done
          pending.clear()
          return .end
        }
        parts += 1
        if parts > limits.partsMax { throw Refusal(.contentTooLarge, limit: "partsMax", allowed: limits.partsMax, unit: "parts") }
        state = .head
      case .head:
        guard let head = try takeHead() else { return nil }
        state = .headEnd
        return .part(head)
      case .headEnd:
        // An empty part may leave its own line end out.
        guard let starts = pendingStarts(with: delimiter[...]) else { return nil }
        if !starts { pending.drop(2) }
        state = .data
      case .data:
        let (length, isFound) = dataLength()
        if length > 0, let data = pending.take(length) { return .data(data) }
        guard isFound else { return nil }
        pending.drop(delimiter.count)
        state = .boundaryEnd
        return .partEnd
      case .done:
        return nil
      }
    }
  }

  /// How many bytes of `pending` are certainly no part of a boundary, and whether one follows them.
  private func dataLength() -> (length: Int, isFound: Bool) {
    var start = 0
    while let place = pending.firstIndex(of: 0x0D, from: start) {
      switch pendingStarts(with: delimiter[...], at: place) {
      case true?: return (place, true)
      case nil: return (place, false)
      case false?: start = place + 1
      }
    }
    return (pending.count, false)
  }

  /// Whether `text` stands in `pending` at `offset`; nil: it may, more bytes will tell.
  private func pendingStarts(with text: ArraySlice<UInt8>, at offset: Int = 0) -> Bool? {
    pending.withUnsafeBytes { bytes in
      var index = offset
      for expected in text {
        guard index < bytes.count else { return nil }
        if bytes[index] != expected { return false }
        index += 1
      }
      return true
    }
  }

  /// Takes what may stand behind a boundary: `--`, or blanks and the line's end. Nil: more bytes are needed.
  private mutating func takeBoundaryEnd() throws(Refusal) -> Bool? {
    let hyphen = UInt8(ascii: "-")
    guard let first = pending[at: 0] else { return nil }
    if first == hyphen {
      guard let second = pending[at: 1] else { return nil }
      guard second == hyphen else { throw Refusal(expected: "'--' or the end of the line after the boundary", at: 0, "RFC 2046 §5.1.1") }
      return true
    }
    var index = 0
    while let byte = pending[at: index], Characters.isBlank(byte) { index += 1 }
    if index > limits.preambleBytesMax { throw Refusal(.badRequest, limit: "preambleBytesMax", allowed: limits.preambleBytesMax, unit: "bytes") }
    guard let carriage = pending[at: index] else { return nil }
    // Differs from RFC 2046 §5.1.1: a line that only begins like the boundary is refused, for readers would disagree about it.
    guard carriage == 0x0D else { throw Refusal(expected: "'--' or the end of the line after the boundary", found: Refusal.name(of: carriage), at: index, "RFC 2046 §5.1.1") }
    guard let feed = pending[at: index + 1] else { return nil }
    guard feed == 0x0A else { throw Refusal(expected: "LF after CR", found: Refusal.name(of: feed), at: index + 1, "RFC 2046 §5.1.1") }
    pending.drop(index + 2)
    return false
  }

  /// Takes a part's head, and leaves the CRLF of its empty line. Nil: it is not whole.
  private mutating func takeHead() throws(Refusal) -> PartHead? {
    var lines: [Buffer] = []
    var start = 0
    while true {
      let end = pending.firstIndex(of: 0x0A, from: start)
      // The bound counts to the line's end, so that the cuts do not matter.
      if (end ?? pending.count) > limits.partHeadBytesMax {
        throw Refusal(.contentTooLarge, limit: "partHeadBytesMax", allowed: limits.partHeadBytesMax, unit: "bytes")
      }
      guard let end else { return nil }
      guard end > start, pending[at: end - 1] == 0x0D else { throw Refusal(expected: "CRLF at the end of a line", found: "a bare LF", at: end, "RFC 2046 §5.1") }
      let line = pending[start..<(end - 1)]
      if line.isEmpty {
        pending.drop(start)
        return try Self.head(of: lines)
      }
      guard lines.count < limits.partFieldsMax else {
        throw Refusal(.contentTooLarge, limit: "partFieldsMax", allowed: limits.partFieldsMax, unit: "fields")
      }
      lines.append(line)
      start = end + 1
    }
  }

  // RFC 7578 §4.2: each part has a Content-Disposition with a name.
  private static func head(of lines: [Buffer]) throws(Refusal) -> PartHead {
    var head: PartHead?
    var contentType: String?
    for line in lines {
      let bytes = line.array
      if bytes.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
        throw Refusal(expected: "a field of a part without control bytes", at: 0, "RFC 7578 §4.8")
      }
      guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0, bytes[..<colon].allSatisfy(Characters.isToken) else {
        throw Refusal(expected: "a field name and ':' in the head of a part", at: 0, "RFC 7578 §4.8")
      }
      let value = line.withUnsafeBytes { $0.trimmed(colon + 1, $0.count) }
      switch line[0..<colon].text.lowercased() {
      case "content-disposition":
        guard head == nil else { throw Refusal(expected: "one Content-Disposition in a part", found: "two", at: 0, "RFC 7578 §4.2") }
        head = try disposition(line[value])
      case "content-type": contentType = line[value].text
      default: break
      }
    }
    guard var head else { throw Refusal(expected: "a Content-Disposition in each part", at: 0, "RFC 7578 §4.2") }
    head.contentType = contentType
    return head
  }

  private static func disposition(_ value: Buffer) throws(Refusal) -> PartHead {
    guard let read = ParameterizedValue(parsing: value), read.word == "form-data", let name = read["name"] else {
      throw Refusal(expected: "'form-data' with a name", at: 0, "RFC 7578 §4.2")
    }
    // RFC 7578 §4.2: folders in the name are nobody's business; backslashes are what Windows separates with.
    let fileName = read["filename"].map { text in
      let plain = unquoted(text)
      return String(plain[(plain.lastIndex { $0 == "/" || $0 == "\\" }.map { plain.index(after: $0) } ?? plain.startIndex)...])
    }
    return PartHead(name: unquoted(name), fileName: fileName)
  }

  /// Browsers write a quote as `%22`; their other two, for line ends, stay as they are, since line ends in names only do harm.
  // HTML §4.10.22.8
  private static func unquoted(_ text: Buffer) -> String {
    text.text.split(separator: "%22", omittingEmptySubsequences: false).joined(separator: "\"")
  }
}
