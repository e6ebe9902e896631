// FETCH responses: what stands in one, as bytes to send and stretches of files to send.
// A message's content never becomes part of a line in memory: the line is sent up to it, then the content, then the rest.
public import Bytes
import World

extension FetchedMessage {
  /// The response about this message, where it has this number, in one piece. Stretches of files are left out.
  public func response(number: Int) -> Buffer {
    var writer = FetchWriter(number: number)
    for item in items { writer.add(item, isRecent: false) }
    writer.end()
    var bytes = Buffer()
    for case .bytes(let part) in writer.parts { bytes.append(part) }
    return bytes
  }
}

/// Writes one FETCH response.
struct FetchWriter {
  /// What is to be sent, in order.
  private(set) var parts: [Part] = []
  private var line = ResponseWriter()
  private var isFirst = true

  enum Part: Sendable {
    case bytes(Buffer)
    case file(FileSlice)
  }

  /// Up to this length content is copied into the line. Unit: bytes.
  private static let inlineBytesMax: Int = 4_096

  /// Begins a response about the message with this number.
  init(number: Int) { line.add("* \(number) FETCH (") }

  private mutating func begin(_ name: String) {
    if !isFirst { line.add(" ") }
    isFirst = false
    line.add(name)
    line.add(" ")
  }

  mutating func add(uid: UInt32) {
    begin("UID")
    line.add("\(uid)")
  }

  mutating func add(_ item: FetchedItem, isRecent: Bool) {
    switch item {
    case .uid: break
    case .flags(let flags):
      begin("FLAGS")
      line.add(words: flags.names + (isRecent ? ["\\Recent"] : []))
    case .internalDate(let date):
      begin("INTERNALDATE")
      line.add("\"\(date)\"")
    case .size(let size):
      begin("RFC822.SIZE")
      line.add("\(size)")
    case .envelope(let envelope):
      begin("ENVELOPE")
      line.add(envelope)
    case .body(let structure):
      begin("BODY")
      line.add(structure, isExtended: false)
    case .bodyStructure(let structure):
      begin("BODYSTRUCTURE")
      line.add(structure, isExtended: true)
    case .written(let item, let text):
      begin(item.rawValue)
      line.bytes.append(text)
    case .section(let request, let content):
      beginSection(request)
      add(content.stretch(request.partial))
    }
  }

  // RFC 3501 §9 msg-att-static
  private mutating func beginSection(_ request: SectionRequest) {
    if !isFirst { line.add(" ") }
    isFirst = false
    line.add(request.spelling.rawValue)
    if request.spelling == .body { line.add(request.section) }
    // RFC 3501 §7.4.2: the offset is told, the length is the string's own.
    if let partial = request.partial { line.add("<\(partial.offset)>") }
    line.add(" ")
  }

  private mutating func add(_ content: Content) {
    switch content {
    case .absent: line.add("NIL")
    case .bytes(let bytes):
      line.add("{\(bytes.count)}\r\n")
      if bytes.count <= Self.inlineBytesMax { return line.bytes.append(bytes) }
      parts.append(.bytes(line.takeAll()))
      parts.append(.bytes(bytes))
    case .file(let slice):
      line.add("{\(slice.length)}\r\n")
      parts.append(.bytes(line.takeAll()))
      if slice.length > 0 { parts.append(.file(slice)) }
    case .joined(let bytes, let slice):
      line.add("{\(content.count)}\r\n")
      line.bytes.append(bytes)
      parts.append(.bytes(line.takeAll()))
      if slice.length > 0 { parts.append(.file(slice)) }
    }
  }

  /// How much of what is to be sent is in memory.
  var bytesInMemory: Int { parts.reduce(0) { if case .bytes(let bytes) = $1 { $0 + bytes.count } else { $0 } } }

  /// Ends the response.
  mutating func end() {
    line.add(")\r\n")
    parts.append(.bytes(line.takeAll()))
  }
}

extension ResponseWriter {
  // RFC 3501 §9 section, with its brackets
  mutating func add(_ section: Section) {
    add("[")
    add(section.path.map { "\($0)" }.joined(separator: "."))
    if !section.path.isEmpty, section.text != .whole { add(".") }
    switch section.text {
    case .whole: break
    case .header: add("HEADER")
    case .text: add("TEXT")
    case .mime: add("MIME")
    case .fields(let names, let isNot):
      add(isNot ? "HEADER.FIELDS.NOT (" : "HEADER.FIELDS (")
      for (index, name) in names.enumerated() {
        if index > 0 { add(" ") }
        add(astring: Buffer(name))
      }
      add(")")
    }
    add("]")
  }
}

extension Content {
  /// The stretch that was asked for; past the end there is nothing.
  func stretch(_ partial: SectionRequest.Partial?) -> Content {
    guard let partial else { return self }
    let start = min(Int64(partial.offset), count)
    let length = min(Int64(partial.count), count - start)
    switch self {
    case .absent: return self
    case .bytes(let bytes): return .bytes(bytes[Int(start)..<Int(start + length)])
    case .file(let slice): return .file(FileSlice(file: slice.file, offset: slice.offset + start, length: length))
    case .joined(let bytes, let slice):
      let head = bytes[Int(min(start, Int64(bytes.count)))..<Int(min(start + length, Int64(bytes.count)))]
      let offset = max(0, start - Int64(bytes.count))
      let tail = FileSlice(file: slice.file, offset: slice.offset + offset, length: length - Int64(head.count))
      return head.isEmpty ? .file(tail) : .joined(head, tail)
    }
  }
}
