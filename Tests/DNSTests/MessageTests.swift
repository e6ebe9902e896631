// Messages: known bytes, compression, truncation, EDNS, what is refused and where.
import Bytes
import DNS
import Testing
import Trace
import World

/// `www.garnet.test A` with identifier 0x1234 and RD, without EDNS.
let queryBytes = hex("1234 0100 0001 0000 0000 0000 03777777 066761726e6574 0474657374 00 0001 0001")

@Suite struct MessageTests {
  @Test("a query as bytes, both ways")
  func query() throws {
    let query = try Message.query(Name("www.garnet.test"), .a, id: 0x1234, edns: nil)
    #expect(query.wire().array == queryBytes)
    #expect(try Message(reading: Buffer(queryBytes)) == query)
    #expect(query.replySizeMax == 512)
    let asked = try Message.query(Name("www.garnet.test"), .a, id: 0x1234)
    #expect(asked.wire().array == hex("1234 0100 0001 0000 0000 0001") + queryBytes[12...] + hex("00 0029 04d0 00000000 0000"))
    #expect(asked.replySizeMax == 1232)
  }

  @Test("an answer with compressed names")
  func compressed() throws {
    let query = try Message(reading: Buffer(queryBytes))
    var answer = query.reply()
    answer.flags.isAuthoritative = true
    answer.answers = [try ResourceRecord("www.garnet.test. 300 CNAME web.garnet.test."), try ResourceRecord("WEB.garnet.test. 300 A 192.0.2.80")]
    answer.authorities = [try ResourceRecord("garnet.test. 300 SRV 1 2 3 www.garnet.test.")]
    let wire = hex("1234 8500 0001 0002 0001 0000") + queryBytes[12...]
      + hex("c00c 0005 0001 0000012c 0006 03776562 c010")
      + hex("c02d 0001 0001 0000012c 0004 c0000250")
      // RFC 2782: the target of a SRV record is not compressed.
      + hex("c010 0021 0001 0000012c 0017 000100020003 03777777066761726e6574047465737400")
    #expect(answer.wire().array == wire)
    #expect(try Message(reading: Buffer(wire)) == answer)
    let kept = answer.wire(compression: .keepingCase)
    #expect(kept.count == wire.count + 4)
    #expect(try Message(reading: kept).answers[1].name.isIdentical(to: Name("WEB.garnet.test")))
  }

  @Test("flags and response codes")
  func flags() throws {
    var flags = Flags()
    #expect(flags.names == "" && !flags.isResponse)
    flags.isResponse = true
    flags.opcode = .update
    flags.isAuthoritative = true
    flags.responseCode = .refused
    #expect(flags.rawValue == 0xAC05 && flags.names == "qr aa")
    flags.isTruncated = true
    flags.recursionDesired = true
    flags.recursionAvailable = true
    flags.reserved = true
    flags.isAuthenticated = true
    flags.checkingDisabled = true
    flags.opcode = .query
    #expect(flags.rawValue == 0x87F5 && flags.names == "qr aa tc rd ra z ad cd")
    flags.isAuthoritative = false
    #expect(flags.rawValue == 0x83F5)
    var message = Message(id: 0, edns: EDNS())
    message.responseCode = .badVersion
    #expect(message.flags.rawValue == 0 && message.edns?.extendedResponse == 1)
    #expect(try Message(reading: message.wire()).responseCode == .badVersion)
    var plain = Message(id: 0)
    plain.responseCode = .badCookie
    #expect(plain.responseCode == .recordsExist)
  }

  @Test("EDNS options")
  func options() throws {
    var edns = EDNS(payloadSize: 4096, options: [
      .extendedError(.noReachableAuthority, "all three are silent"), .cookie(client: Array(1...8)), .nsid("ns1"), .padding(3),
    ])
    edns.dnssecOK = true
    let message = Message(id: 1, edns: edns)
    let read = try Message(reading: message.wire())
    #expect(read == message && read.edns?.dnssecOK == true)
    let error = try #require(read.edns?.option(.extendedError)?.extendedError)
    #expect(error.code == .noReachableAuthority && error.text == "all three are silent")
    #expect(read.edns?.option(.expire) == nil && read.edns?.option(.nsid)?.extendedError == nil)
  }

  struct Damaged: Sendable {
    var what: String
    var bytes: [UInt8]
    var offset: Int
  }

  /// An empty header with these counts.
  static func header(_ questions: Int, _ answers: Int = 0, _ authorities: Int = 0, _ additionals: Int = 0) -> [UInt8] {
    [0, 0, 0, 0] + [questions, answers, authorities, additionals].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
  }
  static let opt = hex("00 0029 04d0 00000000 0000")

  @Test("damaged messages, and where", arguments: [
    Damaged(what: "nothing", bytes: [], offset: 0),
    Damaged(what: "half a header", bytes: Array(queryBytes[..<7]), offset: 6),
    Damaged(what: "trailing bytes", bytes: queryBytes + [1, 2], offset: 33),
    Damaged(what: "no question", bytes: header(1), offset: 12),
    Damaged(what: "a label cut off", bytes: header(1) + hex("0361"), offset: 13),
    Damaged(what: "a name without end", bytes: header(1) + hex("0161"), offset: 14),
    Damaged(what: "a pointer to itself", bytes: header(1) + hex("c00c 0001 0001"), offset: 12),
    Damaged(what: "a pointer forward", bytes: header(1) + hex("c010 0001 0001 00"), offset: 12),
    Damaged(what: "a pointer to the label before it", bytes: header(1) + hex("0161 c00c 0001 0001"), offset: 14),
    Damaged(what: "half a pointer", bytes: header(1) + hex("c0"), offset: 13),
    Damaged(what: "label type 01", bytes: header(1) + hex("41 00 0001 0001"), offset: 12),
    Damaged(what: "label type 10", bytes: header(1) + hex("80 00 0001 0001"), offset: 12),
    Damaged(what: "a name too long", bytes: header(1) + Array(repeating: [63] + Array(repeating: 97, count: 63), count: 4).flatMap { $0 } + [0, 0, 1, 0, 1], offset: 204),
    Damaged(what: "a question without class", bytes: header(1) + hex("00 0001"), offset: 15),
    Damaged(what: "data cut off", bytes: header(0, 1) + hex("00 0001 0001 00000000 0004 c00002"), offset: 23),
    Damaged(what: "A of three bytes", bytes: header(0, 1) + hex("00 0001 0001 00000000 0003 c00002"), offset: 23),
    Damaged(what: "A of five bytes", bytes: header(0, 1) + hex("00 0001 0001 00000000 0005 c000020100"), offset: 27),
    Damaged(what: "A of none", bytes: header(0, 1) + hex("00 0001 0001 00000000 0000"), offset: 23),
    Damaged(what: "a name past its data", bytes: header(0, 1) + hex("00 0002 0001 00000000 0002 0161 00"), offset: 25),
    Damaged(what: "a string past its data", bytes: header(0, 1) + hex("00 0010 0001 00000000 0002 0561 6161616161"), offset: 24),
    Damaged(what: "TXT of none", bytes: header(0, 1) + hex("00 0010 0001 00000000 0000"), offset: 23),
    Damaged(what: "two OPT records", bytes: header(0, 0, 0, 2) + opt + opt, offset: 23),
    Damaged(what: "OPT as an answer", bytes: header(0, 1) + opt, offset: 12),
    Damaged(what: "OPT of a name", bytes: header(0, 0, 0, 1) + hex("0161") + opt, offset: 12),
    Damaged(what: "an option cut off", bytes: header(0, 0, 0, 1) + hex("00 0029 04d0 00000000 0005 0003 0002 61"), offset: 27),
    Damaged(what: "half an option", bytes: header(0, 0, 0, 1) + hex("00 0029 04d0 00000000 0003 0003 00"), offset: 23),
    Damaged(
      what: "33 options", bytes: header(0, 0, 0, 1) + hex("00 0029 04d0 00000000 0084") + Array(repeating: hex("0003 0000"), count: 33).flatMap { $0 },
      offset: 23 + 32 * 4),
  ])
  func damaged(_ c: Damaged) {
    let error = #expect(throws: SyntaxError.self, "\(c.what)") { try Message(reading: Buffer(c.bytes)) }
    #expect(error?.offset == c.offset, "\(c.what): \(error?.description ?? "")")
    let explanation = explain(Buffer(c.bytes))
    #expect(explanation.problem != nil, "\(c.what)")
  }

  @Test("32 options are allowed")
  func manyOptions() throws {
    let message = Message(id: 0, edns: EDNS(options: Array(repeating: EDNSOption(.nsid), count: 32)))
    #expect(try Message(reading: message.wire()) == message)
  }

  @Test("a chain of pointers is bounded")
  func pointerChain() throws {
    // In the data of a record of an unknown type: a root name and pointers, each to the one before.
    func message(_ pointers: Int) -> [UInt8] {
      let data = [0] + (0..<pointers).flatMap { number -> [UInt8] in
        let target = number == 0 ? 23 : 24 + 2 * (number - 1)
        return [0xC0 | UInt8(target >> 8), UInt8(target & 255)]
      }
      let last = 24 + 2 * (pointers - 1)
      return MessageTests.header(0, 2) + hex("00 ff00 0001 00000000") + [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
        + [0xC0 | UInt8(last >> 8), UInt8(last & 255)] + hex("0001 0001 00000000 0004 c0000201")
    }
    #expect(try Message(reading: Buffer(message(126))).answers[1].name == .root)
    #expect(throws: SyntaxError.self) { try Message(reading: Buffer(message(127))) }
    #expect(throws: SyntaxError.self) { try Message(reading: Buffer(message(4000))) }
  }

  @Test("a TTL with its highest bit counts as zero")
  func highTTL() throws {
    let bytes = MessageTests.header(0, 1) + hex("00 0001 0001 80000001 0004 c0000201")
    #expect(try Message(reading: Buffer(bytes)).answers[0].ttl == 0)
  }

  @Test("old types come out with their names whole")
  func oldTypes() throws {
    let bytes = MessageTests.header(1, 1) + hex("0161 00 0011 0001 c00c 0011 0001 00000000 0004 c00c c00c")
    let record = try Message(reading: Buffer(bytes)).answers[0]
    #expect(record.data == .unknown(.rp, [1, 97, 0, 1, 97, 0]))
    #expect(record.description == "a. 0 IN RP a. a.")
  }
}

@Suite struct TruncationTests {
  static func answer(_ count: Int, edns: EDNS? = nil) throws -> Message {
    var message = try Message.query(Name("www.garnet.test"), .a, id: 7).reply(edns: edns)
    message.answers = try (0..<count).map { try ResourceRecord("www.garnet.test. 300 A 192.0.2.\($0)") }
    return message
  }

  @Test("what does not fit: TC, question and OPT only")
  func truncated() throws {
    let edns = EDNS(options: [.nsid("ns1")])
    let message = try TruncationTests.answer(40, edns: edns)
    #expect(message.wire().count == 33 + 40 * 16 + 18)
    let cut = try Message(reading: message.wire(maximumSize: 512))
    #expect(cut.flags.isTruncated && cut.answers.isEmpty && cut.questions == message.questions && cut.edns == edns)
    #expect(try Message(reading: message.wire(maximumSize: 33 + 40 * 16 + 18)) == message)
    #expect(try Message(reading: message.wire(maximumSize: 33 + 40 * 16 + 17)).flags.isTruncated)
  }

  @Test("every size gives a message that can be read and is no longer")
  func everySize() throws {
    var message = try TruncationTests.answer(4, edns: EDNS(options: [.nsid("ns1")]))
    message.authorities = [try ResourceRecord("garnet.test. 300 NS ns1.garnet.test.")]
    message.additionals = try ["192.0.2.1", "192.0.2.2"].map { try ResourceRecord("ns1.garnet.test. 300 A \($0)") }
    let whole = message.wire().count
    for size in 0...(whole + 2) {
      let wire = message.wire(maximumSize: size)
      #expect(wire.count <= max(12, size))
      let read = try Message(reading: wire)
      #expect(read.id == message.id)
      #expect(read.answers.isEmpty ? read.flags.isTruncated : read.answers == message.answers && read.authorities == message.authorities)
      #expect([0, 2].contains(read.additionals.count))
      if size < 12 + 21 { #expect(read.questions.isEmpty) }
    }
  }

  @Test("additional records give way without TC, but not the glue of a referral")
  func additionals() throws {
    var message = try TruncationTests.answer(0)
    message.authorities = [try ResourceRecord("garnet.test. 300 NS ns1.garnet.test."), try ResourceRecord("garnet.test. 300 NS ns.cobalt.test.")]
    let glue = try ResourceRecord("ns1.garnet.test. 300 A 192.0.2.1")
    let sibling = try ResourceRecord("ns.cobalt.test. 300 A 192.0.2.2")
    message.additionals = [glue, sibling]
    let whole = message.wire().count
    let withoutSibling = try Message(reading: message.wire(maximumSize: whole - 1))
    #expect(withoutSibling.additionals == [glue] && !withoutSibling.flags.isTruncated)
    message.additionals = [sibling, glue]
    #expect(try Message(reading: message.wire(maximumSize: whole - 1)).flags.isTruncated)
    message.flags.isAuthoritative = true
    let authoritative = try Message(reading: message.wire(maximumSize: whole - 1))
    #expect(authoritative.additionals == [sibling] && !authoritative.flags.isTruncated)
  }

  @Test("a signature stays last, after OPT")
  func signature() throws {
    let tsig = ResourceRecord(try Name("key.test"), class: .any, ttl: 0, .unknown(.tsig, [1, 2, 3]))
    let message = Message(id: 1, additionals: [tsig], edns: EDNS())
    let wire = message.wire()
    #expect(wire[12..<23].array == MessageTests.opt)
    #expect(try Message(reading: wire) == message)
    #expect(try Message(reading: message.wire(maximumSize: wire.count - 1)).flags.isTruncated)
  }

  @Test("names that lie past the reach of pointers are written whole")
  func pastReach() throws {
    var message = Message(id: 1)
    message.answers = [ResourceRecord(.root, ttl: 0, .unknown(RecordType(rawValue: 65280), Array(repeating: 0, count: 20_000)))]
    message.answers += try (0..<3).map { _ in try ResourceRecord("host.garnet.test. 0 NS ns.garnet.test.") }
    #expect(try Message(reading: message.wire()) == message)
  }

  @Test("the largest zone of names stays within bounds")
  func manyNames() throws {
    var message = Message(id: 1)
    message.answers = try (0..<1000).map { try ResourceRecord("host\($0).zone\($0 % 90).test. 0 NS ns\($0).garnet.test.") }
    let wire = message.wire()
    #expect(try Message(reading: wire) == message)
  }
}
