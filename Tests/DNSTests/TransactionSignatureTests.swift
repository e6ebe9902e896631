// Signatures: a message that dig signed, every way to be refused, answers of many messages. Not here: real programs (PeerTests).
import Bytes
import DNS
import Testing
import TestKit
import Trace
import World

@Suite("signed messages")
struct TransactionSignatureTests {
  private static let now = Instant(secondsSince1970: 1_767_225_600)
  private static func key(_ name: String = "lab.key", _ algorithm: TransactionAlgorithm = .sha256, _ secret: String = "a secret of 24 bytes....") throws -> TransactionKey {
    TransactionKey(try Name(name), algorithm, secret: Array(secret.utf8))
  }

  private static func query(_ id: UInt16 = 7) throws -> Buffer { try Message.query(Name("www.garnet.test"), .a, id: id).wire() }

  @Test("a request and its answer, with each algorithm", .spec("RFC 8945", "5.3"), arguments: TransactionAlgorithm.allCases)
  func exchange(_ algorithm: TransactionAlgorithm) throws {
    let key = try Self.key("lab.key", algorithm)
    var (request, client) = TransactionSession.signing(try Self.query(), with: key, at: Self.now)
    #expect(request.count <= (try Self.query()).count + TransactionSession.size(with: key))
    guard case .signed(let bare, var server) = TransactionKeys([key]).judge(request, at: Self.now) else {
      Issue.record("not taken")
      return
    }
    #expect(bare == (try Self.query()))
    let answer = try Message(reading: bare).reply().wire()
    #expect(try client.check(server.sign(answer, at: Self.now), at: Self.now) == answer)
    #expect(client.isSettled)
  }

  /// One request and what becomes of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let what: String
    let key: String
    let algorithm: TransactionAlgorithm
    let secret: String
    let late: Int64
    let expected: ResponseCode
    var testDescription: String { what }
  }

  static let cases = [
    Case(what: "another name", key: "other.key", algorithm: .sha256, secret: "s", late: 0, expected: .badKey),
    Case(what: "another algorithm", key: "lab.key", algorithm: .sha512, secret: "s", late: 0, expected: .badKey),
    Case(what: "another secret", key: "lab.key", algorithm: .sha256, secret: "t", late: 0, expected: .badSignature),
    Case(what: "six minutes late", key: "lab.key", algorithm: .sha256, secret: "s", late: 301, expected: .badTime),
    Case(what: "six minutes early", key: "lab.key", algorithm: .sha256, secret: "s", late: -301, expected: .badTime),
  ]

  @Test("what is not taken is answered with the reason", .spec("RFC 8945", "5.2"), arguments: cases)
  func refusals(_ c: Case) throws {
    let key = try Self.key(c.key, c.algorithm, c.secret)
    let (signed, session) = TransactionSession.signing(try Self.query(6), with: key, at: Self.now)
    // Somebody passed it on under an identifier of their own.
    var request = signed
    request.overwrite(at: 0, with: UInt16(7))
    let here = Self.now + .seconds(c.late)
    guard case .refused(let answer, let code) = TransactionKeys([try Self.key("lab.key", .sha256, "s")]).judge(request, at: here) else {
      Issue.record("taken")
      return
    }
    #expect(code == c.expected)
    let message = try Message(reading: answer)
    #expect(message.responseCode == .notAuthoritative && message.id == 7 && message.questions.count == 1 && message.flags.isResponse)
    var client = session
    #expect(throws: TransactionFailure.refused(c.expected)) { try client.check(answer, at: Self.now) }
    let signature = try #require(try SignedMessage(reading: answer)).signature
    #expect(signature.error == c.expected)
    if c.expected == .badTime {
      // RFC 8945 §5.2.3: signed, with our time beside theirs.
      #expect(signature.code.count == 32 && signature.otherData.count == 6 && signature.timeSigned == UInt64(Self.now.secondsSince1970))
      #expect(signature.otherData.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } == UInt64(here.secondsSince1970))
    } else {
      #expect(signature.code.isEmpty)
    }
  }

  @Test("just inside the window is in time", arguments: [-300, 300] as [Int64])
  func timely(_ late: Int64) throws {
    let key = try Self.key()
    let (request, _) = TransactionSession.signing(try Self.query(), with: key, at: Self.now)
    guard case .signed = TransactionKeys([key]).judge(request, at: Self.now + .seconds(late)) else {
      Issue.record("not taken")
      return
    }
  }

  @Test("every bit of a signed message counts")
  func bits() throws {
    let key = try Self.key()
    let keys = TransactionKeys([key])
    let (request, _) = TransactionSession.signing(try Self.query(), with: key, at: Self.now)
    for index in 0..<request.count {
      var bytes = request.array
      bytes[index] ^= 1
      // The identifier may change on the way: the signed one stands in the record. Names have no case, so another letter is one bit more.
      if index < 2 { continue }
      if case .signed = keys.judge(Buffer(bytes), at: Self.now) { Issue.record("byte \(index) does not count") }
    }
  }

  @Test("a code cut short is taken down to half, not below", .spec("RFC 8945", "5.2.2.1"))
  func truncated() throws {
    let key = try Self.key()
    let (request, _) = TransactionSession.signing(try Self.query(), with: key, at: Self.now)
    let signed = try #require(try SignedMessage(reading: request))
    for (size, isTaken) in [(32, true), (16, true), (15, false), (0, false)] {
      var signature = signed.signature
      signature.code = Array(signature.code.prefix(size))
      var message = try Message(reading: signed.bare)
      message.additionals.append(signature.record)
      let judgement = TransactionKeys([key]).judge(message.wire(), at: Self.now)
      if case .signed = judgement { #expect(isTaken, "\(size)") } else { #expect(!isTaken, "\(size)") }
    }
  }

  @Test("an answer of many messages: some unsigned, one missing, one exchanged, too many unsigned", .spec("RFC 8945", "5.3.1"))
  func many() throws {
    let key = try Self.key()
    let (request, client) = TransactionSession.signing(try Self.query(), with: key, at: Self.now)
    guard case .signed(_, var server) = TransactionKeys([key]).judge(request, at: Self.now) else {
      Issue.record("not taken")
      return
    }
    let messages = try (0..<4).map { _ in try Message(reading: try Self.query()).reply().wire() }
    let answer = messages.map { server.sign($0, at: Self.now) }
    var whole = client
    for message in answer { _ = try whole.check(message, at: Self.now) }
    #expect(whole.isSettled)
    var gap = client
    _ = try gap.check(answer[0], at: Self.now)
    #expect(throws: TransactionFailure.badCode) { try gap.check(answer[2], at: Self.now) }
    var unsigned = client
    #expect(throws: TransactionFailure.notSigned) { try unsigned.check(messages[0], at: Self.now) }
    _ = try unsigned.check(answer[0], at: Self.now)
    for _ in 0..<99 { _ = try unsigned.check(messages[1], at: Self.now) }
    #expect(!unsigned.isSettled)
    #expect(throws: TransactionFailure.notSigned) { try unsigned.check(messages[1], at: Self.now) }
  }

  @Test("a signature before the last record, or twice, is no message", .spec("RFC 8945", "5.1"))
  func places() throws {
    let key = try Self.key()
    let (request, _) = TransactionSession.signing(try Self.query(), with: key, at: Self.now)
    let (twice, _) = TransactionSession.signing(request, with: key, at: Self.now)
    guard case .malformed(let error) = TransactionKeys([key]).judge(twice, at: Self.now) else {
      Issue.record("taken")
      return
    }
    #expect(error.expected == "a TSIG record only as the last one")
    guard case .unsigned = TransactionKeys([key]).judge(try Self.query(), at: Self.now) else {
      Issue.record("signed")
      return
    }
  }

  @Test("explained field by field")
  func explained() throws {
    let (request, _) = TransactionSession.signing(try Self.query(), with: try Self.key(), at: Self.now)
    let explanation = explain(request)
    #expect(explanation.problem == nil)
    let record = try #require(explanation.fields.last)
    let data = try #require(record.children.last)
    #expect(data.children.map { "\($0.name) = \($0.value)" }.filter { !$0.hasPrefix("MAC =") } == [
      "Algorithm = hmac-sha256.", "Time signed = 1767225600 (2026-01-01 00:00:00)", "Fudge = 300 s", "MAC size = 32 bytes", "Original identifier = 7",
      "Error = NOERROR", "Other data size = 0 bytes",
    ])
    #expect(data.source == "RFC 8945 §4.2" && record.meaning == "Gives who signed the message, and with which code.")
  }
}
