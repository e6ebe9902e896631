// What one side of a connection said, put together from its messages and read line by line, each line with the message it began in: a line or a
// listing may have passed in several pieces.
// Read next: POP3Facts.swift, IMAPFacts.swift, which read their protocols from it.
import Bytes
import Trace

/// One direction of one connection.
struct SpokenLines {
  /// A line without its end, and where it stood.
  struct Line {
    var text: String
    var passed: TraceFacts.Passed
    /// Unit: bytes, with the line's end.
    var length: Int
  }

  private var bytes = Buffer()
  private var starts: [(offset: Int, passed: TraceFacts.Passed)] = []
  private(set) var offset = 0

  /// Most bytes of one direction that are read. Unit: bytes. Past it: the rest makes no facts.
  private static var bytesMax: Int { 4 << 20 }

  /// What `dialogue` has in each direction.
  static func both(of dialogue: Dialogue, _ connection: Int) -> (client: SpokenLines, server: SpokenLines) {
    var (client, server) = (SpokenLines(), SpokenLines())
    for passage in dialogue.passages().prefix(TraceFacts.messagesMax) {
      let passed = TraceFacts.Passed(passage: passage, dialogue: dialogue, connection: connection)
      if passage.direction == .toServer { client.add(passed) } else { server.add(passed) }
    }
    return (client, server)
  }

  private mutating func add(_ passed: TraceFacts.Passed) {
    guard bytes.count < Self.bytesMax else { return }
    starts.append((bytes.count, passed))
    bytes.append(passed.passage.event.bytes)
  }

  var isAtEnd: Bool { offset >= bytes.count }

  /// The message in which the byte at `place` passed.
  private func passed(at place: Int) -> TraceFacts.Passed? { starts.last { $0.offset <= place }?.passed }

  /// The next line; nil: nothing is left.
  mutating func next() -> Line? {
    guard let end = bytes.firstIndex(of: 0x0A, from: offset), let passed = passed(at: offset) else { return nil }
    var text = bytes[offset..<end]
    if text[at: text.count - 1] == 0x0D { text = text[0..<(text.count - 1)] }
    let length = end + 1 - offset
    offset = end + 1
    return Line(text: text.text, passed: passed, length: length)
  }

  /// So many bytes as they stand, fewer when not all of them came.
  mutating func take(_ count: Int) -> Buffer {
    let end = min(bytes.count, offset + max(0, count))
    defer { offset = end }
    return bytes[offset..<end]
  }

  /// Lines up to one that is a lone dot, dots that were put in taken out.
  // RFC 1939 §3
  mutating func listing() -> [String] {
    var lines: [String] = []
    while let line = next(), line.text != "." { lines.append(line.text.hasPrefix(".") ? String(line.text.dropFirst()) : line.text) }
    return lines
  }

  /// The same as bytes, each line with its end.
  mutating func message() -> Buffer {
    var content = Buffer()
    while let end = bytes.firstIndex(of: 0x0A, from: offset) {
      var line = bytes[offset..<(end + 1)]
      offset = end + 1
      if line[at: 0] == UInt8(ascii: ".") {
        line = line[1..<line.count]
        if line.count == 1 || line.count == 2 && line[at: 0] == 0x0D { break }
      }
      content.append(line)
    }
    return content
  }
}

/// A letter that passed, before it is read.
struct FetchedLetter {
  var content: Buffer
  /// The message it began in.
  var passed: TraceFacts.Passed
  var number: Int
  var mailbox: String
  var way: String
}
