// The $GENERATE directive: a template, and the numbers it is filled with. BIND's extension, not in any RFC.
import World

/// One $GENERATE: which numbers, and the entry with `$` where each goes.
struct Generation {
  let numbers: StrideThrough<Int>
  private let template: [UInt8]

  /// `start-stop[/step]` and the rest of the entry.
  init(from fields: inout TextFields, recordsMax: Int) throws(SyntaxError) {
    let token = try fields.token("a range like 1-10 or 1-10/2", Generation.rule)
    let parts = fields.text(of: token).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    let step = parts.count == 2 ? Int(parts[1]) : 1
    guard ends.count == 2, let first = ends[0], let last = ends[1], let step, first >= 0, last >= first, last <= Int(Int32.max),
      (1...Int(Int32.max)).contains(step)
    else { throw fields.unexpected(token, "a range like 1-10 or 1-10/2", Generation.rule) }
    guard (last - first) / step < recordsMax else {
      throw fields.unexpected(token, "a range of at most \(recordsMax) numbers", Generation.rule)
    }
    numbers = stride(from: first, through: last, by: step)
    var template: [UInt8] = []
    while let token = fields.peeked {
      _ = try fields.token("a template", Generation.rule)
      let quote: [UInt8] = token.isQuoted ? [UInt8(ascii: "\"")] : []
      template += quote + fields.bytes(of: token) + quote + [0x20]
    }
    guard !template.isEmpty else { throw SyntaxError(expected: "an owner and data", at: fields.place, rule: Generation.rule) }
    self.template = template
  }

  private static let rule = "$GENERATE"

  /// The entry with `number` in place of each `$` and `${offset,width,base}`; a `$` after a backslash stays.
  func entry(for number: Int) throws(SyntaxError) -> [UInt8] {
    var entry: [UInt8] = []
    var index = 0
    while index < template.count {
      let byte = template[index]
      index += 1
      if byte == UInt8(ascii: "\\"), index < template.count {
        entry += [byte, template[index]]
        index += 1
      } else if byte != UInt8(ascii: "$") {
        entry.append(byte)
      } else if index < template.count, template[index] == UInt8(ascii: "{") {
        guard let close = template[index...].firstIndex(of: UInt8(ascii: "}")) else {
          throw SyntaxError(expected: "a closing brace", at: index, rule: Generation.rule)
        }
        entry += try formatted(number, String(decoding: template[(index + 1)..<close], as: UTF8.self)).utf8
        index = close + 1
      } else {
        entry += String(number).utf8
      }
    }
    return entry
  }

  /// The number moved, padded and in the base that `format` says: `offset[,width[,d|o|x|X]]`.
  private func formatted(_ number: Int, _ format: String) throws(SyntaxError) -> String {
    let parts = format.split(separator: ",", omittingEmptySubsequences: false)
    let bases: [Substring: Int] = ["d": 10, "o": 8, "x": 16, "X": 16]
    let base = parts.count > 2 ? parts[2] : "d"
    guard (1...3).contains(parts.count), let offset = Int32(parts[0]), let width = parts.count > 1 ? UInt8(parts[1]) : 0,
      let radix = bases[base], number + Int(offset) >= 0
    else {
      throw SyntaxError(expected: "an offset, a width and a base like ${0,3,d}", found: "'${\(format)}'", at: 0, rule: Generation.rule)
    }
    let digits = String(number + Int(offset), radix: radix, uppercase: base == "X")
    return String(repeating: "0", count: Swift.max(0, Int(width) - digits.count)) + digits
  }
}
