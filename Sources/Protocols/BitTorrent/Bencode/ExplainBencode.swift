// Bencoding explained: a field for each value, with those inside it. What they mean is told by who knows the message.
// Read first: BencodeScanner.swift.
import Bytes
import Trace
import World

/// What one value of a message means.
struct BencodeWords {
  var meaning: String
  var source: String
  /// The value as a human writes it; nil: as its kind is written anyway.
  var value: String?

  init(_ meaning: String, _ source: String, value: String? = nil) {
    self.meaning = meaning
    self.source = source
    self.value = value
  }
}

extension Bencode {
  /// A list or dictionary that is not whole yet.
  private struct Frame {
    var name: String
    var path: String
    var start: Int
    var isList: Bool
    var children: [Field] = []
  }

  /// The value at the front of `bytes` from `start` on as a field called `name`, and where it ends. `words` is asked with the value's path (keys
  /// and indices with dots between; the whole has the empty path) and, for runs of bytes, the run.
  static func explained(
    _ bytes: Buffer, from start: Int, name: String, limits: BencodeLimits = .message, words: (_ path: String, _ run: Buffer?) -> BencodeWords
  ) throws(ReadingFailure) -> (field: Field, end: Int) {
    var scanner = BencodeScanner(bytes[start..<bytes.count], limits: limits, order: .any)
    var frames: [Frame] = []
    var key: (name: String, start: Int)?
    var whole: Field?
    while true {
      let begin = start + scanner.offset
      guard let token = try scanner.next() else { break }
      let end = start + scanner.offset
      if case .key(let range) = token {
        key = (shown(bytes[(start + range.lowerBound)..<(start + range.upperBound)]), begin)
        continue
      }
      // What the value is called: its key, its place in a list, or nothing.
      let own = key?.name ?? frames.last.map { $0.isList ? "\($0.children.count)" : "" } ?? name
      let path = frames.isEmpty ? "" : frames.last.map { $0.path.isEmpty ? own : $0.path + "." + own } ?? own
      let from = key?.start ?? begin
      let field: Field
      switch token {
      case .integer(let value):
        let told = words(path, nil)
        field = Field(own, told.value ?? "\(value)", from..<end, meaning: told.meaning, source: told.source)
      case .bytes(let range):
        let run = bytes[(start + range.lowerBound)..<(start + range.upperBound)]
        let told = words(path, run)
        field = Field(own, told.value ?? shown(run), from..<end, meaning: told.meaning, source: told.source)
      case .list, .dictionary:
        frames.append(Frame(name: own, path: path, start: from, isList: token == .list))
        key = nil
        continue
      case .end:
        guard let frame = frames.popLast() else { continue }
        let told = words(frame.path, nil)
        let count = frame.children.count
        let kind = frame.isList ? "list of \(count) \(count == 1 ? "item" : "items")" : "dictionary of \(count) \(count == 1 ? "entry" : "entries")"
        field = Field(frame.name, told.value ?? kind, frame.start..<end, meaning: told.meaning, source: told.source, children: frame.children)
      case .key: continue
      }
      key = nil
      if frames.isEmpty { whole = field } else { frames[frames.count - 1].children.append(field) }
    }
    guard let whole else { throw .syntax(SyntaxError(expected: "a value", at: start, rule: "BEP 3 bencoding")) }
    return (whole, start + scanner.offset)
  }

  /// A run of bytes for a human: as text where it is text, else in hexadecimal.
  static func shown(_ run: Buffer) -> String {
    let front = run[0..<80]
    let isText = front.withUnsafeBytes { $0.allSatisfy { $0 >= 0x20 && $0 != 0x7F } } && String(validating: run.array, as: UTF8.self) != nil
    if isText { return front.text + (run.count > front.count ? "…" : "") }
    return run.count <= 32 ? Hexadecimal.text(run.array) : "\(run.count) bytes, \(Hexadecimal.text(run[0..<16].array))…"
  }
}
