// Line ends watched and mended, in every cut.
import Bytes
import TestKit
import Testing
import World

@Suite("Line endings", .spec("RFC 5321", "2.3.8"))
struct LineEndingsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var completed: String
    var blanked: String
    var isBare: Bool
    var longest: Int
    var testDescription: String { "\(Buffer(text))" }

    init(_ text: String, completed: String, blanked: String, isBare: Bool = true, longest: Int) {
      (self.text, self.completed, self.blanked, self.isBare, self.longest) = (text, completed, blanked, isBare, longest)
    }
  }

  static let cases = [
    Case("", completed: "", blanked: "", isBare: false, longest: 0),
    Case("a", completed: "a\r\n", blanked: "a\r\n", isBare: false, longest: 3),
    Case("a\r\n", completed: "a\r\n", blanked: "a\r\n", isBare: false, longest: 3),
    Case("\r\n\r\n", completed: "\r\n\r\n", blanked: "\r\n\r\n", isBare: false, longest: 2),
    Case("ab\r\nc\r\n", completed: "ab\r\nc\r\n", blanked: "ab\r\nc\r\n", isBare: false, longest: 4),
    Case("a\nb", completed: "a\r\nb\r\n", blanked: "a b\r\n", longest: 5),
    Case("a\rb", completed: "a\r\nb\r\n", blanked: "a b\r\n", longest: 5),
    Case("\n.\n", completed: "\r\n.\r\n", blanked: " . \r\n", longest: 5),
    Case("\r.\r", completed: "\r\n.\r\n", blanked: " . \r\n", longest: 5),
    Case("\r.\n", completed: "\r\n.\r\n", blanked: " . \r\n", longest: 5),
    Case("\n\r", completed: "\r\n\r\n", blanked: "  \r\n", longest: 4),
    Case("a\r\r\nb\r\n", completed: "a\r\n\r\nb\r\n", blanked: "a \r\nb\r\n", longest: 4),
    Case("a\r\n\nb", completed: "a\r\n\r\nb\r\n", blanked: "a\r\n b\r\n", longest: 4),
    Case("0123456789abcdef\n0123456789\r\n", completed: "0123456789abcdef\r\n0123456789\r\n", blanked: "0123456789abcdef 0123456789\r\n", longest: 29),
  ]

  /// What passes of a text in pieces, and the watcher afterwards.
  static func passed(_ pieces: [Buffer], _ rule: LineEndings.Rule) -> (text: Buffer, LineEndings) {
    var endings = LineEndings(rule)
    var out = Buffer()
    for piece in pieces { out.append(endings.pass(piece)) }
    out.append(endings.finish())
    return (out, endings)
  }

  @Test("in every cut", arguments: cases)
  func cut(_ c: Case) {
    for pieces in Cutter.cuts(of: Buffer(c.text)) {
      let completed = Self.passed(pieces, .completed)
      #expect(completed.text == Buffer(c.completed), "\(pieces)")
      #expect(completed.1.hasBareOctets == c.isBare)
      let blanked = Self.passed(pieces, .blanked)
      #expect(blanked.text == Buffer(c.blanked), "\(pieces)")
      #expect(blanked.1.longestLineBytes == c.longest, "\(pieces)")
      let kept = Self.passed(pieces, .kept)
      #expect(kept.text == Buffer(c.text) + (c.text.isEmpty || c.text.hasSuffix("\r\n") ? "" : "\r\n"), "\(pieces)")
      #expect(kept.1.hasBareOctets == c.isBare)
    }
  }

  @Test("a piece without faults passes as it is")
  func untouched() {
    var endings = LineEndings(.completed)
    let piece: Buffer = "one\r\ntwo\r\nthree"
    #expect(endings.pass(piece) == piece)
    #expect(endings.pass("\r\n") == "\r\n")
    #expect(endings.finish() == Buffer())
  }

  @Test("any text, any cut: no octet stands alone afterwards")
  func anything() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2_000 {
      let text = Buffer((0..<Int.random(in: 0...40, using: &random)).map { _ in [13, 10, 46, 97, 0, 255].randomElement(using: &random) ?? 0 } as [UInt8])
      for rule in [LineEndings.Rule.completed, .blanked] {
        let whole = Self.passed([text], rule).text
        for pieces in Cutter.random(text, count: 3, using: &random) { #expect(Self.passed(pieces, rule).text == whole) }
        let bytes = whole.array
        for (index, byte) in bytes.enumerated() {
          if byte == 13 { #expect(index + 1 < bytes.count && bytes[index + 1] == 10, "\(text)") }
          if byte == 10 { #expect(index > 0 && bytes[index - 1] == 13, "\(text)") }
        }
      }
    }
  }
}

private func + (a: Buffer, b: Buffer) -> Buffer {
  var sum = a
  sum.append(b)
  return sum
}
