// Reads the YAML of one settings file into nodes with places, within bounds.
// It takes libyaml's events as Yams carries it: Yams' own nodes are built only after aliases were followed and keys hashed, which a few
// lines of nested aliases can make take for ever. Here an anchor or alias is refused where it stands.
// Read next: SettingsReader.swift, by which settings are looked up and typed.
import CYaml

/// One settings file, read.
public struct SettingsDocument: Sendable {
  /// The file's name, for errors.
  public let file: String
  /// Its one value; an empty file is an empty mapping.
  public let root: SettingsNode
  let limits: SettingsLimits

  /// Reads `text`, which came from `file`, or from a place in it.
  public init(file: String, text: String, at origin: TextPlace = .file, limits: SettingsLimits = SettingsLimits()) throws(SettingsProblems) {
    self.file = file
    self.limits = limits
    guard text.utf8.count <= limits.bytesMax else {
      throw SettingsProblems([
        SettingsProblem(
          file: file, place: origin.start, sentence: "expected at most \(limits.bytesMax) bytes, the file has \(text.utf8.count)")
      ])
    }
    var copy = text
    let outcome: Result<SettingsNode, Refusal> = copy.withUTF8 { bytes in
      let composer = Composer(bytes, at: origin, limits)
      do throws(Refusal) { return .success(try composer.document()) } catch { return .failure(error) }
    }
    switch outcome {
    case .success(let node): root = node
    case .failure(let refusal):
      throw SettingsProblems([SettingsProblem(file: file, place: refusal.place, sentence: refusal.sentence)])
    }
  }

  private init(file: String, root: SettingsNode, limits: SettingsLimits) {
    self.file = file
    self.root = root
    self.limits = limits
  }

  /// The same document with what `replace` makes of each key and text in their places.
  public func replacingTexts(_ replace: (String) -> String) -> SettingsDocument {
    SettingsDocument(file: file, root: root.replacingTexts(replace), limits: limits)
  }

  /// Hands a reader for the whole document to `read`; throws everything that was wrong if anything was.
  public func read<Value>(_ read: (SettingsReader) -> Value) throws(SettingsProblems) -> Value {
    let ledger = SettingsLedger()
    let value = SettingsReader.run(over: root, ledger, read)
    guard let value, ledger.isEmpty else { throw ledger.problems(in: file, limits) }
    return value
  }
}

/// Why the text is no settings file.
struct Refusal: Error {
  var place: Place
  var sentence: String
}

/// Builds nodes from libyaml's events. Lives as long as one reading.
private final class Composer {
  private var parser = yaml_parser_t()
  private var event = yaml_event_t()
  private var nodes = 0
  private let limits: SettingsLimits
  private let bytes: UnsafeBufferPointer<UInt8>
  private let origin: TextPlace

  /// `bytes` must outlive this object.
  init(_ bytes: UnsafeBufferPointer<UInt8>, at origin: TextPlace, _ limits: SettingsLimits) {
    self.limits = limits
    self.origin = origin
    self.bytes = bytes
    yaml_parser_initialize(&parser)
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_event_delete(&event)
    yaml_parser_delete(&parser)
  }

  private var place: Place { place(event.start_mark) }

  private func place(_ mark: yaml_mark_t) -> Place {
    origin.place(of: Place(line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1))
  }

  private func advance() throws(Refusal) {
    yaml_event_delete(&event)
    guard yaml_parser_parse(&parser, &event) == 1 else {
      let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
      let context = parser.context.map { String(cString: $0) + ", " } ?? ""
      // A reader error (a byte that no YAML file may have) knows its place only by the scanner's position.
      let mark = parser.error == YAML_READER_ERROR ? parser.mark : parser.problem_mark
      throw Refusal(place: place(mark), sentence: "not YAML: \(context)\(problem)")
    }
  }

  func document() throws(Refusal) -> SettingsNode {
    try advance()  // the stream begins
    try advance()
    guard event.type != YAML_STREAM_END_EVENT else {
      return SettingsNode(place: origin.start, content: .mapping([]))
    }
    try advance()
    var root = try node(depth: 1)
    if case .scalar("", isQuoted: false) = root.content { root.content = .mapping([]) }
    try advance()  // the document ends
    try advance()
    guard event.type == YAML_STREAM_END_EVENT else {
      throw Refusal(place: place, sentence: "expected the end of the file, found a second document")
    }
    return root
  }

  /// The value that begins with the current event.
  private func node(depth: Int) throws(Refusal) -> SettingsNode {
    nodes += 1
    guard nodes <= limits.nodesMax else { throw Refusal(place: place, sentence: "expected at most \(limits.nodesMax) values in one file") }
    guard depth <= limits.depthMax else {
      throw Refusal(place: place, sentence: "expected lists and mappings at most \(limits.depthMax) deep")
    }
    let start = place
    switch event.type {
    case YAML_SCALAR_EVENT:
      try refuseAnchor(event.data.scalar.anchor, at: start)
      let bytes = UnsafeBufferPointer(start: event.data.scalar.value, count: event.data.scalar.length)
      let text = String(decoding: bytes, as: UTF8.self)
      let style = event.data.scalar.style
      var node = SettingsNode(place: start, content: .scalar(text, isQuoted: style != YAML_PLAIN_SCALAR_STYLE))
      if style == YAML_LITERAL_SCALAR_STYLE { node.textPlace = textPlace(ofBlockOn: Int(clamping: event.start_mark.line) &+ 1) }
      if style == YAML_PLAIN_SCALAR_STYLE { node.textPlace = start }
      return node
    case YAML_SEQUENCE_START_EVENT:
      try refuseAnchor(event.data.sequence_start.anchor, at: start)
      return SettingsNode(place: start, content: .sequence(try sequence(depth: depth)))
    case YAML_MAPPING_START_EVENT:
      try refuseAnchor(event.data.mapping_start.anchor, at: start)
      return SettingsNode(place: start, content: .mapping(try mapping(depth: depth)))
    default:
      throw Refusal(place: start, sentence: "expected a value; aliases (`*name`) are not used in settings")
    }
  }

  /// Where the text of the literal block that begins on line `line` begins: below, as far in as its first line that is not blank.
  private func textPlace(ofBlockOn line: Int) -> Place {
    var index = line < lineStarts.count ? lineStarts[line] : bytes.count
    var column = 1
    while index < bytes.count, [UInt8(ascii: " "), UInt8(ascii: "\r"), UInt8(ascii: "\n")].contains(bytes[index]) {
      column = bytes[index] == UInt8(ascii: " ") ? column + 1 : 1
      index += 1
    }
    return origin.place(of: Place(line: line + 1, column: column))
  }

  /// Where each line begins. Unit: bytes.
  private lazy var lineStarts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }

  private func refuseAnchor(_ anchor: UnsafeMutablePointer<yaml_char_t>?, at place: Place) throws(Refusal) {
    guard anchor == nil else { throw Refusal(place: place, sentence: "expected a value; anchors (`&name`) are not used in settings") }
  }

  private func sequence(depth: Int) throws(Refusal) -> [SettingsNode] {
    var items: [SettingsNode] = []
    try advance()
    while event.type != YAML_SEQUENCE_END_EVENT {
      items.append(try node(depth: depth + 1))
      try advance()
    }
    return items
  }

  private func mapping(depth: Int) throws(Refusal) -> [SettingsNode.Entry] {
    var entries: [SettingsNode.Entry] = []
    var lines: [String: Int] = [:]
    try advance()
    while event.type != YAML_MAPPING_END_EVENT {
      let key = try node(depth: depth + 1)
      guard case .scalar(let name, _) = key.content else { throw Refusal(place: key.place, sentence: "expected a key, found \(key.found)") }
      if let line = lines[name] {
        throw Refusal(place: key.place, sentence: "key `\(name)` stands twice; it stood first on line \(line)")
      }
      lines[name] = key.place.line
      try advance()
      entries.append(SettingsNode.Entry(key: name, place: key.place, value: try node(depth: depth + 1)))
      try advance()
    }
    return entries
  }
}
