// Random messages from seeds: what is written is read back, what is cut is refused, what is damaged never stops the process.
import Bytes
import DNS
import Testing
import TestKit
import Trace
import World

@Suite struct MessagePropertyTests {
  @Test("what is written is read back", arguments: 1...20 as ClosedRange<UInt64>)
  func roundTrip(_ seed: UInt64) throws {
    var generator = MessageGenerator(seed: seed)
    for number in 0..<100 {
      let message = generator.message()
      let wire = message.wire()
      #expect(try Message(reading: wire) == message, "seed \(seed), message \(number)")
      // A second writing gives the same bytes: the value holds everything.
      #expect(try Message(reading: wire).wire() == wire)
      let kept = try Message(reading: message.wire(compression: .keepingCase))
      #expect(kept == message)
      for (a, b) in zip(kept.answers, message.answers) { #expect(a.name.isIdentical(to: b.name)) }
    }
  }

  @Test("text is read back too", arguments: 1...5 as ClosedRange<UInt64>)
  func textRoundTrip(_ seed: UInt64) throws {
    var generator = MessageGenerator(seed: seed)
    let records = (0..<300).map { _ in generator.record() }
    for record in records {
      #expect(try ResourceRecord(record.description) == record, "seed \(seed): \(record)")
      #expect(try Name(record.name.description).isIdentical(to: record.name))
    }
    let origin = try Name("garnet.test")
    let text = MasterFileText.text(of: records, origin: origin)
    let read = MasterFileReader.records(Buffer(text), file: "z", origin: .root)
    #expect(read.problems.isEmpty && read.records == records)
  }

  @Test("a message cut off anywhere is refused, and explained", arguments: 1...5 as ClosedRange<UInt64>)
  func cut(_ seed: UInt64) throws {
    var generator = MessageGenerator(seed: seed)
    for _ in 0..<8 {
      let wire = generator.message().wire()
      for length in 0..<wire.count {
        #expect(throws: SyntaxError.self) { try Message(reading: wire[0..<length]) }
        let explanation = explain(wire[0..<length])
        #expect(explanation.problem != nil)
        expectCovered(explanation, length)
      }
      expectCovered(explain(wire), wire.count)
      #expect(explain(wire).problem == nil)
    }
  }

  @Test("damaged messages never stop the process, and what is read can be written", arguments: 1...10 as ClosedRange<UInt64>)
  func damaged(_ seed: UInt64) throws {
    var generator = MessageGenerator(seed: seed)
    var read = 0
    for _ in 0..<250 {
      let wire = generator.message().wire().array
      for number in 0..<40 {
        let bytes = Buffer(generator.damaged(wire))
        let message = try? Message(reading: bytes)
        if number % 20 == 0 {
          let explanation = explain(bytes)
          expectCovered(explanation, bytes.count)
          #expect((explanation.problem == nil) == (message != nil), "seed \(seed): \(explanation.problem ?? "explained") of \(bytes.array)")
        }
        guard let message else { continue }
        read += 1
        if number % 4 == 0 {
          // What came in with names whole may be too long to go out only when it was near 64 KiB: not here.
          #expect(try Message(reading: message.wire()) == message)
          _ = message.wire(maximumSize: 100)
          _ = message.presentation
        }
      }
    }
    #expect(read > 100)
  }

  @Test("any bytes at all", arguments: 1...4 as ClosedRange<UInt64>)
  func noise(_ seed: UInt64) {
    var generator = MessageGenerator(seed: seed)
    for _ in 0..<2000 {
      let bytes = Buffer(MessageTests.header(1, 1) + generator.bytes(upTo: 60))
      _ = try? Message(reading: bytes)
      expectCovered(explain(bytes), bytes.count)
      _ = MasterFileReader.records(Buffer(generator.bytes(upTo: 80)), file: "z", origin: .root)
    }
  }
}

/// Every byte lies in a field, each part in its whole, and no field is past the end.
func expectCovered(_ explanation: Explanation, _ count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
  var covered = Array(repeating: false, count: count)
  func visit(_ field: Field, within outer: Range<Int>) {
    guard field.range.lowerBound >= outer.lowerBound, field.range.upperBound <= outer.upperBound else {
      Issue.record("\(field.name) \(field.range) lies outside \(outer)", sourceLocation: sourceLocation)
      return
    }
    if field.children.isEmpty { for index in field.range { covered[index] = true } }
    for child in field.children { visit(child, within: field.range) }
    if field.meaning.isEmpty || field.source.isEmpty { Issue.record("\(field.name) has no meaning or source", sourceLocation: sourceLocation) }
  }
  for field in explanation.fields { visit(field, within: 0..<count) }
  if let gap = covered.firstIndex(of: false) { Issue.record("byte \(gap) of \(count) is not explained", sourceLocation: sourceLocation) }
}
