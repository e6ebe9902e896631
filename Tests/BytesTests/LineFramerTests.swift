// One table of byte strings, run with every combination of rules against a second, plain reading of those rules, and cut in every way.
import Bytes
import TestKit
import Testing

/// The rules again, written the slow and obvious way: one byte after the other over the whole string.
private func expected(_ text: String, _ rules: LineRules) -> [LineFramer.Found] {
  var found: [LineFramer.Found] = []
  var line: [UInt8] = []
  var isSkipping = false
  var isTooLong = false
  var previousEndedByCR = false
  func isEnd(_ byte: UInt8) -> Int? {
    if byte == 10, line.dropLast().last == 13 { return 2 }
    if byte == 10, rules.bareLineFeed == .endsLine { return 1 }
    if byte == 13, rules.bareCarriageReturn == .endsLine { return 1 }
    return nil
  }
  for byte in text.utf8 {
    let afterCR = previousEndedByCR
    previousEndedByCR = false
    if afterCR, byte == 10 { continue }
    line.append(byte)
    if let length = isEnd(byte) {
      if isTooLong { found.append(.tooLong) } else if !isSkipping { found.append(.line(Buffer(line.dropLast(length)))) }
      previousEndedByCR = byte == 13
      line = []
      (isSkipping, isTooLong) = (false, false)
      continue
    }
    if isSkipping || isTooLong { continue }
    let afterBareCR = byte != 10 && line.dropLast().last == 13
    if afterBareCR, rules.bareCarriageReturn == .refused {
      found.append(.refused(.carriageReturn, at: line.count - 2))
      isSkipping = true
      line = [byte]
    } else if byte == 10, rules.bareLineFeed == .refused {
      found.append(.refused(.lineFeed, at: line.count - 1))
      isSkipping = true
      line = []
    } else if line.count >= rules.lineBytesMax {
      if rules.pastTheBound == .fails { return found + [.tooLong] }
      isTooLong = true
    }
  }
  return found
}

private func frame(_ pieces: [Buffer], _ rules: LineRules) -> [LineFramer.Found] {
  var framer = LineFramer(rules)
  var waiting = Buffer()
  var found: [LineFramer.Found] = []
  for piece in pieces {
    waiting.append(piece)
    while let next = framer.next(from: &waiting) { found.append(next) }
  }
  return found
}

private let allRules: [LineRules] = LoneOctetRule.allCases.flatMap { lineFeed in
  LoneOctetRule.allCases.flatMap { carriageReturn in
    LineRules.PastTheBound.allCases.map {
      LineRules(lineBytesMax: 8, bareLineFeed: lineFeed, bareCarriageReturn: carriageReturn, pastTheBound: $0)
    }
  }
}

private let table = [
  "", "\r\n", "\r\n\r\n", "a\r\n", "a\r\nb\r\n", "abc", "abc\r", "a\nb\r\n", "a\rb\r\n", "\n\r\n", "\r\r\n", "a\r\r\nb\r\n", "\n\n\r\n", "\r\n\n",
  "a\n\r\nb\r\n", "a\r\n\nb\r\n", "a\r\rb\r\n", "abcdef\r\n", "abcdefg\r\n", "abcdefg\n", "abcdefgh\r\n", "abcdefghijkl\r\nok\r\n", "abcdef\rg\r\nok\r\n",
  "abcdefg\rh\r\nok\r\n", "abcdefgh\n\r\nok\r\n", "abcdefghi\rj\nk\r\nok\r\n", "abcdefghi\r\r\nok\r\n", "a\n.\r\nb\n.\r\n", "a\r\n.\r\n", "\r", "\n",
  "abcdefgh\r", "abcdefghijk\rok\r", "abcdefghijk\r\nok\r\n", "é\r\n", "a\u{0}b\r\n",
]

@Suite("Line framer")
struct LineFramerTests {
  @Test("every rule set finds the same in every cut", .spec("RFC 5321", "2.3.8"), arguments: allRules)
  func everyCut(_ rules: LineRules) {
    for text in table {
      let expected = expected(text, rules)
      for pieces in Cutter.cuts(of: Buffer(text)) {
        #expect(frame(pieces, rules) == expected, "\(Buffer(text)) cut \(pieces) under \(rules)")
      }
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var rules: LineRules
    var found: [LineFramer.Found]
    var testDescription: String { "\(Buffer(text))" }
  }

  @Test("what strict lines look like", arguments: [
    Case(text: "HELO a\r\nQUIT\r\n", rules: LineRules(lineBytesMax: 512), found: [.line("HELO a"), .line("QUIT")]),
    Case(text: "one\ntwo\r\nthree\r\n", rules: LineRules(lineBytesMax: 512), found: [.refused(.lineFeed, at: 3), .line("three")]),
    Case(text: "one\rtwo\r\nthree\r\n", rules: LineRules(lineBytesMax: 512), found: [.refused(.carriageReturn, at: 3), .line("three")]),
    Case(text: "12345\r\n6\r\n", rules: LineRules(lineBytesMax: 6), found: [.tooLong, .line("6")]),
    Case(text: "1234\r\n6\r\n", rules: LineRules(lineBytesMax: 6), found: [.line("1234"), .line("6")]),
    Case(text: "12345\r\n6\r\n", rules: LineRules(lineBytesMax: 6, pastTheBound: .fails), found: [.tooLong]),
    Case(text: "a\nb\r\nc\rd\r\n", rules: LineRules(lineBytesMax: 9, bareLineFeed: .endsLine, bareCarriageReturn: .endsLine),
      found: [.line("a"), .line("b"), .line("c"), .line("d")]),
    Case(text: "a\nb\rc\r\n", rules: LineRules(lineBytesMax: 9, bareLineFeed: .isContent, bareCarriageReturn: .isContent), found: [.line("a\nb\rc")]),
  ])
  func strict(_ c: Case) { #expect(frame([Buffer(c.text)], c.rules) == c.found) }

  @Test("an endless line is neither kept nor looked at twice")
  func endless() {
    var framer = LineFramer(LineRules(lineBytesMax: 1_000))
    var waiting = Buffer()
    for _ in 0..<10_000 {
      waiting.append([UInt8](repeating: 65, count: 100))
      #expect(framer.next(from: &waiting) == nil)
      #expect(waiting.count <= 1_100)
    }
    waiting.append("\r\nok\r\n")
    #expect(framer.next(from: &waiting) == .tooLong)
    #expect(framer.next(from: &waiting) == .line("ok"))
  }

  @Test("a long line byte by byte takes linear time")
  func linear() {
    var framer = LineFramer(LineRules(lineBytesMax: 200_001))
    var waiting = Buffer()
    var found: [LineFramer.Found] = []
    for _ in 0..<200_000 - 1 {
      waiting.append(UInt8(65))
      if let next = framer.next(from: &waiting) { found.append(next) }
    }
    waiting.append("\r\n")
    #expect(framer.next(from: &waiting).map { if case .line(let line) = $0 { line.count == 199_999 } else { false } } == true)
    #expect(found.isEmpty)
  }
}
