// A dialogue as a text file: what the client says, what the server must answer. Kept in Tests/Transcripts/<protocol>/<name>.txt.
//
//     # what this shows                      a comment
//     ends raw                               header: nothing is added to a line (otherwise each ends in CR LF)
//     C: EHLO a.test                         the client says this
//     S: 250 *                               the server must say this; * stands for any bytes
//     wait 60s                               time passes
//     C closes                               the client says nothing more
//     S closes                               the server closes
//
// In a line \r \n \t \\ \* and \xNN stand for bytes. Read next: TranscriptPlayer.swift.
package import Bytes
import Testing

/// One such file.
package struct Script: Sendable {
  /// The two who talk.
  package enum Party: Sendable { case client, server }

  package enum Event: Sendable, Equatable {
    case says(Party, Pattern)
    case closes(Party)
    case wait(Duration)
  }

  /// An event and the line of the file it stands in.
  package struct Step: Sendable {
    package var event: Event
    package var line: Int
  }

  package var name: String
  package var isRaw: Bool
  package var steps: [Step]

  /// Every transcript of `Tests/Transcripts/<folder>`, by name. A file that cannot be read becomes one with a step that fails.
  package static func all(_ folder: String) -> [Script] {
    let path = "\(repositoryRoot)/Tests/Transcripts/\(folder)"
    let files = names(in: path).filter { $0.hasSuffix(".txt") }
    precondition(!files.isEmpty, "no transcripts in \(path)")
    return files.map { file in
      guard let bytes = contents(of: "\(path)/\(file)") else { preconditionFailure("cannot read \(path)/\(file)") }
      do { return try Script(named: "\(folder)/\(file)", String(decoding: bytes, as: UTF8.self)) } catch { preconditionFailure("\(error)") }
    }
  }

  package init(named name: String, _ text: String) throws(TranscriptFailure) {
    self.name = name
    isRaw = false
    steps = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      try read(line, number: index + 1)
    }
  }

  private mutating func read(_ line: Substring, number: Int) throws(TranscriptFailure) {
    func add(_ event: Event) { steps.append(Step(event: event, line: number)) }
    if line.isEmpty || line.hasPrefix("#") { return }
    if line == "ends raw", steps.isEmpty { return isRaw = true }
    if line == "C closes" { return add(.closes(.client)) }
    if line == "S closes" { return add(.closes(.server)) }
    if line.hasPrefix("wait "), line.hasSuffix("s"), let seconds = Int(line.dropFirst(5).dropLast()) { return add(.wait(.seconds(seconds))) }
    let party: Party? = line.hasPrefix("C:") ? .client : line.hasPrefix("S:") ? .server : nil
    let said = line.dropFirst(line.dropFirst(2).hasPrefix(" ") ? 3 : 2)
    guard let party, var pattern = Pattern(said) else {
      throw TranscriptFailure(name, number, expected: "C: S: closes wait, or a comment", found: String(line))
    }
    if !isRaw { pattern.append("\r\n") }
    add(.says(party, pattern))
  }
}

extension Script: CustomTestStringConvertible {
  package var testDescription: String { name }
}

/// Bytes with gaps.
package struct Pattern: Sendable, Equatable, CustomStringConvertible {
  /// Nil: any bytes, also none.
  private var parts: [UInt8?] = []

  /// These bytes and no gap.
  package init(literal bytes: Buffer) { parts = bytes.array }

  /// Reads the form used in transcripts; nil: a backslash with nothing known after it.
  package init?(_ text: Substring) {
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        parts.append(byte == UInt8(ascii: "*") ? .none : byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "r"): parts.append(13)
      case UInt8(ascii: "n"): parts.append(10)
      case UInt8(ascii: "t"): parts.append(9)
      case UInt8(ascii: "\\"): parts.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "*"): parts.append(UInt8(ascii: "*"))
      case UInt8(ascii: "x"):
        guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else { return nil }
        parts.append(value)
        rest = rest.dropFirst(2)
      default: return nil
      }
    }
  }

  mutating func append(_ text: StaticString) { text.withUTF8Buffer { for byte in $0 { parts.append(byte) } } }

  /// The bytes to send; nil: there is a gap.
  package var bytes: Buffer? {
    let bytes = parts.compactMap { $0 }
    return bytes.count == parts.count ? Buffer(bytes) : nil
  }

  /// How many bytes at the front of `bytes` it covers; nil: it does not, or not yet. A gap takes as little as it can, but at the
  /// pattern's end all there is.
  package func length(in bytes: Buffer) -> Int? {
    let bytes = bytes.array
    var place = 0
    var part = 0
    // Where to go on when the bytes after the last gap do not fit.
    var retry: (place: Int, part: Int)?
    while part < parts.count {
      if parts[part] == nil {
        part += 1
        if part == parts.count { return bytes.count }
        retry = (place, part)
      } else if place < bytes.count, bytes[place] == parts[part] {
        place += 1
        part += 1
      } else if place < bytes.count, let last = retry, last.place < bytes.count {
        retry = (last.place + 1, last.part)
        (place, part) = (last.place + 1, last.part)
      } else {
        return nil
      }
    }
    return place
  }

  package var description: String {
    parts.map { part in part.map { $0 == UInt8(ascii: "*") ? "\\*" : "\(Buffer([$0]))" } ?? "*" }.joined()
  }
}

/// Where a transcript and a conversation disagree.
package struct TranscriptFailure: Error, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ file: String, _ line: Int, expected: String, found: String) {
    description = "\(file):\(line): expected \(expected), found \(found)"
  }
}
