// Dot-stuffing both ways in every cut, and what must not be taken for the end.
import Bytes
import TestKit
import Testing
import World

@Suite("Dot-stuffing", .spec("RFC 5321", "4.5.2"))
struct DotStuffingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    /// What goes over the wire, and perhaps more after it.
    var wire: String
    /// The text in it.
    var text: String
    /// What is left of the wire after the end; nil: the end has not come.
    var rest: String?
    var testDescription: String { "\(Buffer(wire))" }
  }

  static let cases = [
    Case(wire: ".\r\n", text: "", rest: ""),
    Case(wire: "a\r\n.\r\n", text: "a\r\n", rest: ""),
    Case(wire: "a\r\n.\r\nQUIT\r\n", text: "a\r\n", rest: "QUIT\r\n"),
    Case(wire: "..a\r\n.\r\n", text: ".a\r\n", rest: ""),
    Case(wire: ".a\r\n.\r\n", text: "a\r\n", rest: ""),
    Case(wire: "...\r\n.\r\n", text: "..\r\n", rest: ""),
    Case(wire: "a.\r\n.b.\r\n..\r\n.\r\n", text: "a.\r\nb.\r\n.\r\n", rest: ""),
    // None of these is the end: that is where mail is smuggled.
    Case(wire: "a\n.\r\n", text: "a\n.\r\n", rest: nil),
    Case(wire: "a\n.\n", text: "a\n.\n", rest: nil),
    Case(wire: "a\r\n.\n", text: "a\r\n\n", rest: nil),
    Case(wire: "a\r\n.\r", text: "a\r\n", rest: nil),
    Case(wire: "a\r.\r\n", text: "a\r.\r\n", rest: nil),
    Case(wire: "a\r\n.\rb\r\n.\r\nc", text: "a\r\n\rb\r\n", rest: "c"),
    Case(wire: "a\r\n.\r\r\n.\r\n", text: "a\r\n\r\r\n", rest: ""),
    Case(wire: "a\r\r\n.\r\n", text: "a\r\r\n", rest: ""),
    Case(wire: "\r\n.\r\n", text: "\r\n", rest: ""),
  ]

  @Test("reads in every cut", arguments: cases)
  func reads(_ c: Case) {
    for pieces in Cutter.cuts(of: Buffer(c.wire)) {
      var decoder = DotStuffing.Decoder()
      var waiting = Buffer()
      var text = Buffer()
      for piece in pieces {
        waiting.append(piece)
        if !decoder.hasEnded { _ = decoder.decode(&waiting, into: &text) }
      }
      #expect(text == Buffer(c.text), "\(pieces)")
      #expect((decoder.hasEnded ? waiting : nil) == c.rest.map { Buffer($0) }, "\(pieces)")
    }
  }

  @Test("tells of bare CR and LF", arguments: [
    ("a\r\n.\r\n", false, false), ("a\nb\r\n.\r\n", true, false), ("a\rb\r\n.\r\n", false, true), (".\rb\r\n.\r\n", false, true), (".\n\r\n.\r\n", true, false),
    ("a\r\r\n.\r\n", false, true),
  ])
  func loneOctets(_ wire: String, _ lineFeed: Bool, _ carriageReturn: Bool) {
    var decoder = DotStuffing.Decoder()
    var waiting = Buffer(wire)
    var text = Buffer()
    #expect(decoder.decode(&waiting, into: &text))
    #expect(decoder.hasBareLineFeed == lineFeed)
    #expect(decoder.hasBareCarriageReturn == carriageReturn)
  }

  @Test("writes, and what is written is read back, in random cuts")
  func roundTrip() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<300 {
      let lines = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        String((0..<Int.random(in: 0...3, using: &random)).map { _ in "..a".randomElement(using: &random) ?? "." }) + "\r\n"
      }
      let text = Buffer(lines.joined())
      for pieces in Cutter.random(text, count: 3, using: &random) {
        var encoder = DotStuffing.Encoder()
        var wire = Buffer()
        for piece in pieces { encoder.encode(piece, into: &wire) }
        encoder.finish(into: &wire)
        var decoder = DotStuffing.Decoder()
        var read = Buffer()
        #expect(decoder.decode(&wire, into: &read))
        #expect(read == text)
        #expect(wire.isEmpty)
      }
    }
  }

  @Test("a text without an end of line gets one before the dot")
  func unfinishedLine() {
    var encoder = DotStuffing.Encoder()
    var wire = Buffer()
    encoder.encode(".a", into: &wire)
    encoder.finish(into: &wire)
    #expect(wire == "..a\r\n.\r\n")
  }
}
