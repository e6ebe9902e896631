// Bytes that are no plain query: other opcodes, broken messages, EDNS, sizes, and thousands of mutated queries.
// Not here: what names and types are answered (AnswerTests.swift).
import Bytes
import DNS
import TestKit
import Testing
import Trace
import World

@testable import NameServer

private let zone: String = {
  var text = """
    big.test.      60 SOA ns.big.test. host.big.test. 1 2 3 4 5
    big.test.      60 NS ns.big.test.
    ns.big.test.   60 A 192.0.2.1
    www.big.test.  60 A 192.0.2.2
    *.w.big.test.  60 CNAME www.big.test.
    d.big.test.    60 DNAME w.big.test.
    tight.big.test. 60 NS ns.tight.big.test.
    beside.big.test. 60 NS ns.tight.big.test.

    """
  for index in 0..<40 { text += "many.big.test. 60 A 192.0.2.\(index)\n" }
  for index in 0..<1_500 { text += "more.big.test. 60 MX \(index) host\(index).mail.far.example.\n" }
  for index in 0..<30 { text += "ns.tight.big.test. 60 A 192.0.2.\(index)\n" }
  for index in 0..<900 { text += "huge.big.test. 60 TXT \(String(repeating: "x", count: 20))\(index)\n" }
  for index in 0..<900 { text += "both.big.test. 60 TXT \(String(repeating: "x", count: 20))\(index)\n" }
  for index in 0..<500 { text += "both.big.test. 60 MX \(index) host\(index).\(index % 2 == 0 ? "mail.far.example" : "big.test").\n" }
  return text
}()

/// A query with EDNS that is refused.
struct RefusedQuery: Sendable {
  var flags: [UInt8] = [0, 0]
  var questions: UInt8 = 1
  var type: UInt8 = 1
  var answers: UInt8 = 0
  var authorities: UInt8 = 0
  var code: ResponseCode
  /// Whether the OPT record can be found.
  var isWhole = true
}

@Suite("queries")
struct QueryTests {
  /// A header with this second half word, the rest of a query for www.big.test A.
  private func query(_ flags: [UInt8], questions: UInt8 = 1, rest: [UInt8]? = nil, counts: [UInt8] = [0, 0, 0, 0, 0, 0]) throws -> [UInt8] {
    [0xAB, 0xCD] + flags + [0, questions] + counts + (try rest ?? Name("www.big.test").wire + [0, 1, 0, 1])
  }

  @Test("what is no query gets what the rules say")
  func headers() throws {
    let responder = try responder([zone])
    // Too short for a header, and answers: nothing.
    for count in 0..<12 { #expect(responder.answer(bytes: Array(try query([1, 0]).prefix(count))).isEmpty) }
    #expect(responder.answer(bytes: try query([0x80, 0])).isEmpty)
    // RFC 8906 §3.2: opcodes nobody implements; RFC 1996, RFC 2136 ones we do not.
    for opcode in 1...15 as ClosedRange<UInt8> {
      let question = try Name("www.big.test").wire + [0, 1, 0, 1]
      #expect(responder.answer(bytes: try query([opcode << 3, 0])) == [0xAB, 0xCD, 0x80 | opcode << 3, 4, 0, 1, 0, 0, 0, 0, 0, 0] + question)
    }
    // RFC 9619: not exactly one question.
    for questions in [0, 2] as [UInt8] { #expect(responder.answer(bytes: try query([1, 0], questions: questions))[3] == 1) }
    // Cut off anywhere, or with something behind it.
    let whole = try query([1, 0])
    for count in 12..<whole.count { #expect(responder.answer(bytes: Array(whole.prefix(count)))[3] == 1) }
    #expect(responder.answer(bytes: whole + [0])[3] == 1)
    #expect(responder.answer(bytes: whole)[3] == 0)
    // RD and CD come back, AD and RA do not.
    #expect(Array(responder.answer(bytes: try query([1, 0xF0]))[2...3]) == [0x85, 0x10])
    // A pointer, a long label, a name over 255 bytes.
    for name in [[0xC0, 12], [64] + Array(repeating: 0x61, count: 64) + [0], Array(repeating: [2, 0x61, 0x61], count: 85).flatMap { $0 } + [0]] as [[UInt8]] {
      #expect(responder.answer(bytes: try query([1, 0], rest: name + [0, 1, 0, 1]))[3] == 1)
    }
    // Transfers and other classes.
    #expect(try responder.ask("www.big.test", .axfr).responseCode == .refused)
    #expect(try responder.ask("www.big.test", .a, class: .chaos).responseCode == .refused)
  }

  @Test("EDNS is answered with EDNS, and only then")
  func edns() throws {
    let responder = try responder([zone])
    #expect(try responder.ask("www.big.test", .a).edns == nil)
    let plain = try #require(try responder.ask("www.big.test", .a, edns: EDNS(flags: 0x8000)).edns)
    #expect(plain.payloadSize == 1232 && plain.version == 0 && plain.dnssecOK && plain.options.isEmpty)
    let unknown = EDNS(options: [EDNSOption(OptionCode(rawValue: 65_001), [1, 2, 3])])
    #expect(try responder.ask("www.big.test", .a, edns: unknown).answers.count == 1)
    // RFC 6891 §6.1.3.
    let later = try responder.ask("www.big.test", .a, edns: EDNS(version: 1))
    #expect(later.responseCode == .badVersion && later.answers.isEmpty && later.edns?.version == 0)
    let refused = try responder.ask("elsewhere.test", .a, edns: EDNS())
    #expect(refused.responseCode == .refused)
    #expect(refused.edns?.option(.extendedError)?.extendedError?.code == .notAuthoritative)
    // Two of them, one with an option cut off, one whose owner is not the root, too many options.
    let opt: [UInt8] = [0, 0, 41, 4, 208, 0, 0, 0, 0]
    let many = Array(repeating: [0, 10, 0, 0] as [UInt8], count: 33).flatMap { $0 }
    for (records, bytes) in [(2, opt + [0, 0] + opt + [0, 0]), (1, opt + [0, 3, 0, 1, 0]), (1, [1, 0x61] + opt + [0, 0]), (1, opt + [0, 132] + many)] as [(UInt8, [UInt8])] {
      let query = try query([1, 0], rest: Name("www.big.test").wire + [0, 1, 0, 1] + bytes, counts: [0, 0, 0, 0, 0, records])
      #expect(responder.answer(bytes: query)[3] == 1)
    }
  }

  @Test("a refusal gives back the question and speaks EDNS where the query did", .spec("RFC 6891", "6.1.1"), arguments: [
    RefusedQuery(flags: [0x10, 0], code: .notImplemented), RefusedQuery(flags: [0x28, 0], code: .notImplemented),
    RefusedQuery(type: 252, code: .refused), RefusedQuery(type: 251, authorities: 1, code: .refused),
    RefusedQuery(answers: 1, code: .formatError, isWhole: false), RefusedQuery(authorities: 1, code: .formatError), RefusedQuery(type: 41, code: .formatError),
    RefusedQuery(questions: 0, code: .formatError),
  ])
  func refusals(_ c: RefusedQuery) throws {
    let question: [UInt8] = c.questions == 0 ? [] : try Name("www.big.test").wire + [0, c.type, 0, 1]
    let record: [UInt8] = [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]
    let opt: [UInt8] = [0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0]
    let records = Array(repeating: record, count: Int(c.answers + c.authorities)).flatMap { $0 }
    let bytes = try query(c.flags, questions: c.questions, rest: question + records + opt, counts: [0, c.answers, 0, c.authorities, 0, 1])
    let reply = try Message(reading: Buffer(responder([zone]).answer(bytes: bytes)))
    #expect(reply.responseCode == c.code && reply.questions.count == Int(c.questions))
    #expect(reply.flags.opcode.rawValue == c.flags[0] >> 3 & 15)
    #expect((reply.edns != nil) == c.isWhole)
    #expect(reply.edns?.dnssecOK != false)
    #expect(reply.answers.isEmpty && reply.authorities.isEmpty && reply.additionals.isEmpty)
  }

  @Test("what does not fit is cut whole", arguments: [
    (nil, "many.big.test", 512, true), (1232, "many.big.test", 1232, false), (600, "many.big.test", 600, true),
    (65_535, "more.big.test", 1232, true), (100, "many.big.test", 512, true),
  ] as [(UInt16?, String, Int, Bool)])
  func truncates(_ c: (size: UInt16?, name: String, bound: Int, isTruncated: Bool)) throws {
    let type: RecordType = c.name.hasPrefix("more") ? .mx : .a
    let responder = try responder([zone])
    let query = Message.query(try Name(c.name), type, id: 1, recursionDesired: false, edns: c.size.map { EDNS(payloadSize: $0) })
    let bytes = responder.answer(bytes: query.wire().array)
    let message = try Message(reading: Buffer(bytes))
    #expect(bytes.count <= c.bound)
    #expect(message.flags.isTruncated == c.isTruncated)
    #expect(message.answers.isEmpty == c.isTruncated)
    #expect((message.edns == nil) == (c.size == nil))
  }

  @Test("over TCP large sets come whole, with right names also where pointers do not reach")
  func large() throws {
    let responder = try responder([zone])
    let mail = try responder.ask("more.big.test", .mx, over: .tcp)
    #expect(Set(mail.answers.compactMap(\.data.target)).count == 1_500)
    let text = try responder.ask("huge.big.test", .txt, over: .tcp)
    #expect(text.answers.count == 900)
    #expect(Set(text.answers.map(\.name)) == [try Name("huge.big.test")])
    let both = try responder.ask("both.big.test", .any, over: .tcp)
    let expected = try records(zone).filter { "\($0.name)" == "both.big.test." }
    #expect(both.answers.count == 1_400 && Set(both.answers) == Set(expected))
  }

  @Test("RFC 9471: the addresses inside a delegation, or TC; those beside it as far as they fit")
  func glue() throws {
    let responder = try responder([zone])
    #expect(try responder.ask("a.tight.big.test", .a).flags.isTruncated)
    #expect(try responder.ask("a.tight.big.test", .a, edns: EDNS()).additionals.count == 30)
    let beside = try responder.ask("a.beside.big.test", .a)
    #expect(!beside.flags.isTruncated && beside.authorities.count == 1 && beside.additionals.isEmpty)
  }

  @Test("mutated queries never trap, and every answer can be read", arguments: [1, 2, 3] as [UInt64])
  func mutated(_ seed: UInt64) throws {
    let responder = try responder([zone, ". 60 SOA a. b. 1 2 3 4 5\n. 60 NS a.\n"])
    var chance = SeededRandom(seed: seed)
    let names = ["www.big.test", "a.b.w.big.test", "x.d.big.test", "more.big.test", "huge.big.test", "tight.big.test", "nothing.big.test", "a"]
    var answered = 0
    for _ in 0..<20_000 {
      let name = names[Int.random(in: 0..<names.count, using: &chance)]
      var bytes = Message.query(try Name(name), [.a, .mx, .any, .txt, .cname][Int.random(in: 0..<5, using: &chance)], id: 7).wire().array
      for _ in 0..<Int.random(in: 0...4, using: &chance) {
        let place = Int.random(in: 0..<bytes.count, using: &chance)
        switch Int.random(in: 0..<3, using: &chance) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &chance)
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &chance), at: place)
        }
      }
      let isStream = Bool.random(using: &chance)
      let answer = responder.answer(bytes: bytes, over: isStream ? .tcp : .udp)
      guard !answer.isEmpty else { continue }
      answered += 1
      #expect(throws: Never.self) { try Message(reading: Buffer(answer)) }
      #expect(isStream || answer.count <= 1232)
    }
    #expect(answered > 10_000)
  }
}
