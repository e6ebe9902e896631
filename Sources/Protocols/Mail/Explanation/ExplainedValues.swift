// The insides of field values for people: addresses, parameters, tags, verdicts, the words of Received; each with its place.
// Read before: FieldMeanings.swift.
import Bytes
import Trace

/// Takes one value apart.
struct ExplainedValues {
  private let bytes: [UInt8]
  /// Where the value begins in the message.
  private let start: Int

  /// Most parts of one value that are explained. Past it: the rest stays together.
  private static var partsMax: Int { 64 }
  /// Longest value that is taken apart. Unit: bytes.
  private static var bytesMax: Int { 8_192 }

  init(_ head: Buffer, _ value: Range<Int>, movedBy distance: Int) {
    bytes = value.count <= Self.bytesMax ? head[value].array : []
    start = value.lowerBound + distance
  }

  func children(_ shape: FieldMeaning.Shape) -> [Field] {
    switch shape {
    case .text: []
    case .addresses: addresses()
    case .date: date(0..<bytes.count)
    case .parameters: parameters()
    case .tags: tags()
    case .results: results()
    case .trace: trace()
    case .identifiers: identifiers()
    }
  }

  private func place(_ range: Range<Int>) -> Range<Int> { (start + range.lowerBound)..<(start + range.upperBound) }
  private func text(_ range: Range<Int>) -> String { Charset.assumed(Buffer(bytes[range].filter { $0 != 0x0D && $0 != 0x0A })) }

  /// The stretches between `separators`, quotes and comments kept whole, blanks at their ends taken off.
  private func stretches(_ range: Range<Int>, at separators: CharacterClass) -> [Range<Int>] {
    var stretches: [Range<Int>] = []
    var from = range.lowerBound
    var depth = 0
    var isQuoted = false
    var index = range.lowerBound
    while index < range.upperBound, stretches.count < Self.partsMax {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\\") {
        index += 1
      } else if byte == UInt8(ascii: "\""), depth == 0 {
        isQuoted.toggle()
      } else if !isQuoted, byte == UInt8(ascii: "(") {
        depth += 1
      } else if !isQuoted, byte == UInt8(ascii: ")") {
        depth = max(0, depth - 1)
      } else if !isQuoted, depth == 0, separators.contains(byte) {
        stretches.append(from..<index)
        from = index + 1
      }
      index += 1
    }
    if from < range.upperBound { stretches.append(from..<range.upperBound) }
    return stretches.map(trimmed).filter { !$0.isEmpty }
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    let inner = ASCII.trimmed(bytes[range])
    return inner.isEmpty ? range.lowerBound..<range.lowerBound : inner.startIndex..<inner.endIndex
  }

  private func addresses() -> [Field] {
    stretches(0..<bytes.count, at: CharacterClass(",;")).map { range in
      let entry = AddressList(reading: Buffer(bytes[range])).mailboxes.first
      let name = entry?.displayName.map { "“\($0)”, " } ?? ""
      let meaning = entry?.address.map { "\(name)at \($0.description)." } ?? (entry == nil ? "No address." : "\(name)not an address that mail can be sent to.")
      return Field("address", text(range), place(range), meaning: meaning.prefix(1).uppercased() + meaning.dropFirst(), source: "RFC 5322 §3.4")
    }
  }

  private func date(_ range: Range<Int>) -> [Field] {
    let inner = trimmed(range)
    guard !inner.isEmpty else { return [] }
    let read = MailDate(reading: Buffer(bytes[inner]))
    return [Field("date-time", text(inner), place(inner), meaning: read.map { "\(MailDate($0.instant).text) as the world counts." } ?? "No date that can be read.", source: "RFC 5322 §3.3")]
  }

  /// `name=value` at its first equals sign.
  private func named(_ range: Range<Int>, _ meanings: [String: String], _ source: String) -> Field {
    let equals = bytes[range].firstIndex(of: UInt8(ascii: "=")) ?? range.upperBound
    let name = ASCII.lowercased(ASCII.trimmed(bytes[range.lowerBound..<equals]))
    let value = equals < range.upperBound ? trimmed((equals + 1)..<range.upperBound) : range.upperBound..<range.upperBound
    let plain = String(name.prefix { $0 != "*" })
    return Field(name.isEmpty ? "?" : name, text(value), place(range), meaning: meanings[plain] ?? "A detail this program has no description of.", source: source)
  }

  private func parameters() -> [Field] {
    stretches(0..<bytes.count, at: CharacterClass(";")).dropFirst().map { named($0, FieldMeaning.parameters, "RFC 2045 §5.1") }
  }

  private func tags() -> [Field] {
    // No quotes and comments here: a parenthesis is as good as any other byte.
    var fields: [Field] = []
    var from = 0
    for (index, byte) in (bytes + [UInt8(ascii: ";")]).enumerated() where byte == UInt8(ascii: ";") {
      let range = trimmed(from..<index)
      from = index + 1
      if !range.isEmpty, fields.count < Self.partsMax { fields.append(named(range, FieldMeaning.tags, "RFC 6376 §3.5")) }
    }
    return fields
  }

  private func results() -> [Field] {
    stretches(0..<bytes.count, at: CharacterClass(";")).enumerated().map { index, range in
      if index == 0 { return Field("server", text(range), place(range), meaning: "Who says so.", source: "RFC 8601 §2.5") }
      let word = ASCII.lowercased(bytes[range].prefix { CharacterClass.letters.contains($0) || CharacterClass.digits.contains($0) || $0 == UInt8(ascii: "-") })
      // `i=1` in ARC is no method.
      return Field(word, text(range), place(range), meaning: FieldMeaning.methods[word] ?? FieldMeaning.tags[word] ?? "A method this program has no description of.", source: "RFC 8601 §2.7")
    }
  }

  private func identifiers() -> [Field] {
    let all = stretches(0..<bytes.count, at: CharacterClass(" \t\r\n,"))
    return all.count < 2 ? [] : all.map { Field("identifier", text($0), place($0), meaning: "A message.", source: "RFC 5322 §3.6.4") }
  }

  // RFC 5321 §4.4 Time-stamp-line
  private func trace() -> [Field] {
    let parts = stretches(0..<bytes.count, at: CharacterClass(";"))
    guard let first = parts.first else { return [] }
    var fields: [Field] = []
    var open: (word: String, start: Int)?
    func close(at end: Int) {
      guard let (word, start) = open else { return }
      let range = trimmed(start..<end)
      let value = trimmed(min(start + word.utf8.count, range.upperBound)..<range.upperBound)
      fields.append(Field(word, text(value), place(range), meaning: FieldMeaning.traceWords[word] ?? "", source: "RFC 5321 §4.4"))
    }
    for range in stretches(first, at: CharacterClass(" \t\r\n")) {
      let word = ASCII.lowercased(bytes[range])
      guard FieldMeaning.traceWords[word] != nil else { continue }
      close(at: range.lowerBound)
      open = (word, range.lowerBound)
    }
    close(at: first.upperBound)
    if parts.count > 1, let last = parts.last { fields += date(last) }
    return fields
  }
}
